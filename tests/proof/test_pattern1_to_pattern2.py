# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pattern 1 by itself, and Analytics added to it later."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from converged import IS_NODES, LOAD_BALANCERS, ROOT, WORKERS, Lab


@pytest.fixture
def pattern1_inventory(tmp_path: Path) -> Path:
    """inventories/demo without Analytics hosts."""
    inventory = tmp_path / "pattern1"
    inventory.mkdir()
    hosts = yaml.safe_load((ROOT / "inventories/demo/hosts.yml").read_text())
    for group in ("wso2is_analytics", "wso2is_dashboards"):
        del hosts["all"]["children"][group]
    (inventory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    (inventory / "group_vars").symlink_to(ROOT / "inventories/demo/group_vars")
    return inventory


def test_pattern1_then_pattern2(lab: Lab, pattern1_inventory: Path) -> None:
    deployed = lab.play("pattern1", log="pattern1", inventory=pattern1_inventory)
    assert deployed.code == 0, deployed.output[-5000:]
    assert set(deployed.changed) == {*IS_NODES, *LOAD_BALANCERS}

    unchanged = lab.play("pattern1", log="pattern1-unchanged", inventory=pattern1_inventory)
    assert unchanged.code == 0, unchanged.output[-5000:]
    assert unchanged.changed == {}

    # prove.yml expects pattern 2 unless it is told.
    proven = lab.play("prove", "-e", "wso2is_pattern=1", log="pattern1-prove", inventory=pattern1_inventory)
    assert proven.code == 0, proven.output[-5000:]
    assert "5 facts proven" in proven.output

    started = {node: lab.started(node, "wso2is") for node in IS_NODES}
    added = lab.play("pattern2", log="pattern1-to-2")
    assert added.code == 0, added.output[-5000:]
    assert {*IS_NODES, *WORKERS} <= set(added.changed)
    # The nodes are told where to send events, which they read when they start.
    assert all(lab.started(node, "wso2is") > started[node] for node in IS_NODES)

    again = lab.play("prove", log="pattern1-to-2-prove")
    assert again.code == 0, again.output[-5000:]
    assert "7 facts proven" in again.output
