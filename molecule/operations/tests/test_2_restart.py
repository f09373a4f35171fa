# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""restart.yml: every node again, one at a time, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable

from converged import IS_NODES, Run
from scenario import Scenario
from under_load import none_drained


def test_check_mode_says_the_plan(scenario: Scenario, play: Callable[..., Run]) -> None:
    started = {node: scenario.started(node, "wso2is") for node in IS_NODES}
    run = play("restart", "--check", log="restart-check")
    assert run.code == 0, run.output[-5000:]
    assert "is1: restart wso2is" in run.output and "is2: restart wso2is" in run.output
    assert {node: scenario.started(node, "wso2is") for node in IS_NODES} == started


def test_one_after_the_other(scenario: Scenario, play: Callable[..., Run]) -> None:
    started = {node: scenario.started(node, "wso2is") for node in IS_NODES}
    run = play("restart")
    assert run.code == 0, run.output[-5000:]
    after = {node: scenario.started(node, "wso2is") for node in IS_NODES}
    assert all(after[node] > started[node] for node in IS_NODES)
    # The second one went down when the first one was up again.
    stopped = int(scenario.unit("is2", "wso2is", "InactiveEnterTimestampMonotonic")["InactiveEnterTimestampMonotonic"])
    assert stopped > after["is1"]
    assert none_drained(scenario)
    assert [item for node in IS_NODES for item in run.executions_on(node) if "carbon_files" in item] == []


def test_one_of_them(scenario: Scenario, play: Callable[..., Run]) -> None:
    started = scenario.started("is1", "wso2is")
    alone = play("restart", "--limit", "localhost,is2", log="restart-limit")
    assert alone.code not in (0, 4)
    said = " ".join(alone.output.split())
    assert "is2 is to be stopped, and lb1, which sends requests there, is not in this run" in said
    assert "Nothing was stopped." in said
    before = scenario.started("is2", "wso2is")
    run = play("restart", "--limit", "localhost,is2,lb1", log="restart-one")
    assert run.code == 0, run.output[-5000:]
    assert scenario.started("is2", "wso2is") > before
    assert scenario.started("is1", "wso2is") == started


def test_nobody_is_left_who_serves(scenario: Scenario, play: Callable[..., Run]) -> None:
    """A node that is down already: the other one must not be stopped."""
    scenario.on("is2", "systemctl", "stop", "wso2is")
    started = scenario.started("is1", "wso2is")
    run = play("restart", log="restart-alone")
    # It returns when the server is ready.
    scenario.on("is2", "systemctl", "start", "wso2is")
    assert run.code not in (0, 4)
    said = " ".join(run.output.split())
    assert "is1 is to be stopped, and lb1 would reach no other node: health of is2: " in said
    assert "is1 was not stopped." in said
    assert scenario.started("is1", "wso2is") == started
    assert none_drained(scenario)
