# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rollback.yml: another release, and back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from converged import IS_NODES, Run
from scenario import Scenario
from under_load import another_pack, none_drained

CURRENT = "/opt/wso2/is/current"


def releases(scenario: Scenario) -> set[str]:
    return {os.path.basename(scenario.on(node, "readlink", "-f", CURRENT).strip()) for node in IS_NODES}


def test_nothing_to_go_back_to(scenario: Scenario, play: Callable[..., Run]) -> None:
    run = play("rollback", log="refused-rollback")
    assert run.code not in (0, 4)
    assert "No server keeps a release that it ran before the present one." in " ".join(run.output.split())
    assert run.changed == {}


def test_there_and_back(scenario: Scenario, play: Callable[..., Run], tmp_path: Path) -> None:
    (first,) = releases(scenario)
    pack = another_pack(scenario, tmp_path / "wso2is-5.8.0-update.zip")
    there = scenario.converge("-e", f"wso2is_pack={pack}", "-e", "is_node_java_options=-Dupdate=1", log="update")
    assert there.code == 0, there.output[-5000:]
    (second,) = releases(scenario)
    assert second != first

    check = play("rollback", "--check", log="rollback-check")
    assert check.code == 0, check.output[-5000:]
    assert f"is1, wso2is: {second} back to {first}" in " ".join(check.output.split())
    assert releases(scenario) == {second}

    back = play("rollback")
    assert back.code == 0, back.output[-5000:]
    assert releases(scenario) == {first}
    assert none_drained(scenario)
    for node in IS_NODES:
        assert "-Dupdate" not in scenario.on(node, "cat", "/opt/wso2/is/etc/is.env")
    # With the inventory of then there is nothing to do.
    after = scenario.converge(log="after-rollback")
    assert (after.code, after.changed) == (0, {}), after.output[-5000:]
