# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""add_node.yml and remove_node.yml: a third node comes and goes, and the others run through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from converged import IS_NODES, Run
from scenario import Scenario
from under_load import balanced, none_drained

# The inventory of the third node, given beside the other one.
THREE = str(Path(__file__).parents[1] / "inventory/three.yml")
AXIS2 = "/opt/wso2/is/current/repository/conf/axis2/axis2.xml"


@pytest.fixture(scope="module")
def started(scenario: Scenario) -> dict[str, int]:
    return {node: scenario.started(node, "wso2is") for node in IS_NODES}


@pytest.fixture(scope="module")
def empty(scenario: Scenario) -> set[str]:
    """Paths of the third host before anything of ours is there."""
    return traces(scenario)


def traces(scenario: Scenario) -> set[str]:
    places = "/opt /etc/systemd/system /etc/sysctl.d /var/lib/wso2 /var/log/wso2"
    look = f"find {places} -not -type d 2>/dev/null; getent passwd wso2carbon || true"
    return set(scenario.on("is3", "sh", "-c", look).splitlines())


def test_is_refused_without_a_name(play: Callable[..., Run], empty: set[str], started: dict[str, int]) -> None:
    run = play("remove_node", "-e", "wso2is_removed=is9", log="refused-remove")
    assert run.code not in (0, 4)
    said = " ".join(run.output.split())
    assert "wso2is_removed is is9; required are one or several of is1, is2" in said
    assert run.executions == []


def test_two_are_needed(play: Callable[..., Run]) -> None:
    run = play("remove_node", "-e", "wso2is_removed=is2", log="refused-last")
    assert run.code not in (0, 4)
    assert "Nothing was changed." in run.output
    assert run.changed == {}


def test_scale_out(scenario: Scenario, play: Callable[..., Run], started: dict[str, int], empty: set[str]) -> None:
    run = play("add_node", "-i", THREE)
    assert run.code == 0, run.output[-5000:]
    assert {node: scenario.started(node, "wso2is") for node in IS_NODES} == started
    for node in (*IS_NODES, "is3"):
        assert scenario.on(node, "grep", "-c", "<hostName>", AXIS2).strip() == "3"
    assert "route=is3 " in balanced(scenario) and none_drained(scenario)

    after = scenario.converge("-i", THREE, log="after-scale-out")
    assert (after.code, after.changed) == (0, {}), after.output[-5000:]
    assert {node: scenario.started(node, "wso2is") for node in IS_NODES} == started


def test_is_not_taken_out_of_a_part(scenario: Scenario, play: Callable[..., Run], started: dict[str, int]) -> None:
    """The others would keep sending requests to it."""
    serves = scenario.started("is3", "wso2is")
    for limit in ("localhost,is3", "is3", "localhost,is1,is2,is3"):
        run = play("remove_node", "-i", THREE, "-e", "wso2is_removed=is3", "--limit", limit, log="refused-part")
        assert run.code not in (0, 4)
        said = " ".join(run.output.split())
        assert "lb1" in said and "not in this run, and would keep sending requests to is3. Leave out --limit." in said
    assert scenario.started("is3", "wso2is") == serves
    assert {node: scenario.started(node, "wso2is") for node in IS_NODES} == started
    assert "route=is3 " in balanced(scenario) and none_drained(scenario)


def test_scale_in(scenario: Scenario, play: Callable[..., Run], started: dict[str, int], empty: set[str]) -> None:
    run = play("remove_node", "-i", THREE, "-e", "wso2is_removed=is3")
    assert run.code == 0, run.output[-5000:]
    assert "Now take is3 out of the inventory" in run.output
    assert traces(scenario) == empty
    assert "is3" not in balanced(scenario) and none_drained(scenario)
    for node in IS_NODES:
        assert scenario.on(node, "grep", "-c", "<hostName>", AXIS2).strip() == "2"

    after = scenario.converge(log="after-scale-in")
    assert (after.code, after.changed) == (0, {}), after.output[-5000:]
    assert {node: scenario.started(node, "wso2is") for node in IS_NODES} == started
