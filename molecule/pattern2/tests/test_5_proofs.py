# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fidelity.yml holds, prove.yml proves a deployment that is whole, and says what does not hold in one that is not."""

from __future__ import annotations

import re

import pytest
from converged import HOSTS, IS_NODES, WORKERS, Lab, Run, passwords_in

AXIS2 = "/opt/wso2/is/current/repository/conf/axis2/axis2.xml"
CLUSTER = "every node sees 2 live members"
CLAIM = "a claim changed on one node is fresh on the others"


def facts(run: Run) -> dict[str, tuple[bool, str]]:
    """Whether each fact is proven, and what was seen, by its title."""
    lines = re.findall(r"^ +(proven|FAILED)  ([^:]+): (.*)$", run.output, re.MULTILINE)
    return {title: (word == "proven", text) for word, title, text in lines}


def test_every_assumption_on_real_packs_holds_on_practice_packs(lab: Lab) -> None:
    run = lab.play("fidelity", log="fidelity")
    assert run.code == 0, run.output[-8000:]
    assert run.changed == {}
    assert len(re.findall(r"\d+ assumptions hold, 0 do not", run.output)) == len(IS_NODES) + len(WORKERS)


def test_everything_is_proven(lab: Lab) -> None:
    run = lab.play("prove", log="prove")
    found = facts(run)
    assert run.code == 0, run.output[-5000:]
    assert len(found) == 7, found
    assert all(proven for proven, _text in found.values())
    assert {CLUSTER, CLAIM} <= set(found)


@pytest.fixture(scope="module")
def control(lab: Lab) -> Run:
    """prove.yml where clustering was switched off by hand on both nodes, as nobody would notice."""
    for node in IS_NODES:
        assert lab.on(node, "grep", "-c", '<clustering .*enable="true"', AXIS2) == "1"
        lab.on(node, "sed", "-i", '/<clustering /s/enable="true"/enable="false"/', AXIS2)
        lab.on(node, "systemctl", "restart", "wso2is")
    return lab.play("prove", log="prove-without-clustering")


def test_without_clustering_the_stale_claim_is_reported(control: Run) -> None:
    found = facts(control)
    assert control.code not in (0, 4), control.output[-5000:]
    assert found[CLUSTER][0] is False
    assert found[CLAIM][0] is False
    assert "still the old value" in found[CLAIM][1]
    assert f"2 of 7 facts do not hold: {CLUSTER}; {CLAIM}" in control.output


@pytest.mark.usefixtures("control")
def test_the_next_run_repairs_it_and_shows_no_secret(lab: Lab) -> None:
    run = lab.play("pattern2", "-vvv", "--diff", log="repair")
    assert run.code == 0, run.output[-5000:]
    # The load balancer sends requests elsewhere while a node has its turn.
    assert set(run.changed) == {*IS_NODES, "lb1"}
    for node in IS_NODES:
        assert lab.on(node, "grep", "-c", '<clustering .*enable="true"', AXIS2) == "1"
    assert re.search(r'^\+ *<clustering .*enable="true"', run.output, re.MULTILINE), "the diff shows what was repaired"
    assert passwords_in(run.output) == []
    for node in HOSTS:
        assert passwords_in(lab.on(node, "journalctl", "--no-pager")) == []


def test_and_the_cluster_is_whole_again(lab: Lab) -> None:
    run = lab.play("verify", log="verify")
    assert run.code == 0, run.output[-5000:]
    assert run.changed == {}
