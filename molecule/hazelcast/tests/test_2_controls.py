# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls: a cluster that is not whole is noticed. They come last, because they break it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from converged import Run
from scenario import Scenario

LOG = "/opt/wso2/is/current/repository/logs/wso2carbon.log"
AXIS2 = "/opt/wso2/is/current/repository/conf/axis2/axis2.xml"
DROP = "add table inet cut; add chain inet cut in {type filter hook input priority 0;}"
DROP += "".join(f"; add rule inet cut in tcp {end} 4000 drop" for end in ("dport", "sport"))


@pytest.fixture
def only_verify(tmp_path: Path) -> Path:
    """A playbook that only looks at the cluster."""
    roles = [
        {"role": "identityops.wso2is.preflight", "preflight_is_nodes": "{{ groups['wso2is_nodes'] }}"},
        {"role": "identityops.wso2is.hazelcast"},
    ]
    path = tmp_path / "verify.yml"
    path.write_text(yaml.safe_dump([{"hosts": "wso2is_nodes", "gather_facts": False, "roles": roles}]))
    return path


def look(scenario: Scenario, playbook: Path, log: str) -> Run:
    """What the role says of the cluster, without patience."""
    run = scenario.run(playbook, *scenario.arguments, "-e", "hazelcast_verify_timeout=2", log=log)
    assert run.changed == {}
    return run


def test_a_whole_cluster_passes(scenario: Scenario, only_verify: Path) -> None:
    assert look(scenario, only_verify, "control-whole").code == 0


def test_a_node_whose_port_is_dropped_is_noticed(scenario: Scenario, only_verify: Path) -> None:
    scenario.on("is2", "nft", DROP)
    try:
        # What hazelcast_max_no_heartbeat_seconds says, and Hazelcast's own intervals.
        scenario.wait(60, lambda: "Members [1]" in scenario.on("is1", "grep", "^Members", LOG).splitlines()[-1])
        run = look(scenario, only_verify, "control-dropped")
    finally:
        scenario.on("is2", "nft", "delete table inet cut")
    assert run.code == 2, run.output
    said = " ".join(run.output.split())
    assert "the cluster is split (is1 | is2): " in said, run.output
    assert "let TCP port 4000 through between the nodes in both directions" in said, run.output


def test_a_node_with_clustering_off_is_noticed(scenario: Scenario, only_verify: Path) -> None:
    scenario.on("is2", "sed", "-i", "/<clustering/,/>/s/true/false/", AXIS2)
    scenario.on("is2", "systemctl", "restart", "wso2is")
    run = look(scenario, only_verify, "control-off")
    assert run.code == 2, run.output
    said = " ".join(run.output.split())
    assert "is2: clustering is switched off in repository/conf/axis2/axis2.xml, so port 4000 is not open" in said, (
        run.output
    )
