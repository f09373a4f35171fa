# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts before anything is installed: what they lack, and that check mode runs through and leaves them as they are."""

from __future__ import annotations

import re

import pytest
from converged import HOSTS, IS_NODES, LOAD_BALANCERS, WORKERS, Lab, passwords_in


@pytest.mark.parametrize("node", HOSTS)
@pytest.mark.parametrize("program", ["java", "nginx", "psql"])
def test_programs_are_absent(lab: Lab, node: str, program: str) -> None:
    assert lab.on(node, "sh", "-c", f"command -v {program} || echo absent") == "absent"


@pytest.mark.parametrize(("playbook", "hosts"), [("pattern1", IS_NODES + LOAD_BALANCERS), ("pattern2", HOSTS)])
def test_check_mode_runs_through_and_changes_nothing(lab: Lab, playbook: str, hosts: tuple[str, ...]) -> None:
    before = {node: lab.differences(node) for node in HOSTS}
    # -vvv: whatever could be printed is looked through for passwords.
    run = lab.play(playbook, "--check", "--diff", "-vvv", log=f"{playbook}-check-empty")
    assert run.code == 0, run.output[-5000:]
    assert set(run.changed) == set(hosts), "every host has something to be done"
    assert {node: lab.differences(node) for node in HOSTS} == before
    assert lab.on("is1", "ls", "-A", "/mnt/wso2is-shared") == ""
    # The diff is against the pack's own file where no release is installed.
    assert re.search(r"^-\s+<!--<clustering|^-.*enable=\"false\"|^\+.*enable=\"true\"", run.output, re.MULTILINE)
    assert passwords_in(run.output) == []


@pytest.mark.parametrize("node", WORKERS + IS_NODES)
def test_diff_shows_what_would_be_written(lab: Lab, node: str) -> None:
    output = (lab.logs / "pattern2-check-empty.log").read_text()
    file = "conf/worker/deployment.yaml" if node in WORKERS else "repository/conf/axis2/axis2.xml"
    address = lab.on(node, "hostname", "-i").split()[0]
    assert re.search(rf"^--- before: /opt/wso2/.*/{re.escape(file)}", output, re.MULTILINE)
    assert re.search(rf"^\+.*{re.escape(address)}", output, re.MULTILINE)
