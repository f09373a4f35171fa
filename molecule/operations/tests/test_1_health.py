# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the cluster is, when it is well and when it is broken on purpose. What a test breaks, it puts back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from converged import Run, passwords_in
from scenario import Scenario

NODES = ("is1", "is2")
# The inventory of the lab has Analytics too, which this scenario does not run.
PATTERN = ("-e", "wso2is_pattern=1")
LOG = "/opt/wso2/is/current/repository/logs/wso2carbon.log"
DROP = "add table inet cut; add chain inet cut in {type filter hook input priority 0;}"
DROP += "".join(f"; add rule inet cut in tcp {end} 4000 drop" for end in ("dport", "sport"))

Play = Callable[..., Run]
Look = Callable[..., tuple[Run, dict[str, Any]]]


@pytest.fixture
def look(play: Play, tmp_path: Path) -> Look:
    """Runs the playbook; the run, and the report that it wrote."""

    def run(log: str, *arguments: str) -> tuple[Run, dict[str, Any]]:
        report = tmp_path / f"{log}.json"
        found = play("health", "-e", f"health_report={report}", *PATTERN, *arguments, log=log)
        assert found.changed == {}
        assert passwords_in(found.output + report.read_text()) == []
        return found, json.loads(report.read_text())

    return run


def problems(report: dict[str, Any]) -> list[str]:
    """What the report says is wrong."""
    return [row["text"] for row in report["problems"]]


def said(run: Run) -> str:
    """What a run printed, as one line."""
    return " ".join(run.output.split())


def members(scenario: Scenario, node: str) -> str:
    """The last list of members in the log of a node."""
    return scenario.on(node, "grep", "-o", r"^Members \[[0-9]*\]", LOG).splitlines()[-1]


@contextmanager
def stopped(scenario: Scenario, node: str) -> Iterator[None]:
    """A node whose server does not run for a while."""
    scenario.on(node, "systemctl", "stop", "wso2is")
    try:
        yield
    finally:
        # It returns when the server is ready.
        scenario.on(node, "systemctl", "start", "wso2is")
        scenario.wait(60, lambda: all(members(scenario, name) == "Members [2]" for name in NODES))


def test_a_cluster_that_is_well(scenario: Scenario, look: Look) -> None:
    run, report = look("health-well")
    assert run.code == 0, run.output
    assert report["healthy"], report
    assert problems(report) == []
    release = scenario.on("is1", "readlink", "/opt/wso2/is/current").rsplit("/", 1)[-1]
    for row in report["nodes"]:
        assert (row["unit_state"], row["enabled"], row["ready"]) == ("active", True, True)
        assert (row["version"], row["release"]) == ("5.8.0", release)
        assert sorted(row["members"]["seen"]) == list(NODES)
        assert (row["balancing"], row["in_rotation"], row["drained_by"]) == ({"lb1": "in"}, True, [])
        assert row["certificate"]["days_left"] > 0
        assert row["heap"]["limit_mb"] == row["heap"]["configured_mb"]
        assert 0 < row["heap"]["used_mb"] <= row["heap"]["limit_mb"]
        assert row["artifacts"] == "mounted"
        assert row["disks"][0]["free_mb"] > 0
        assert [entry["reason"] for entry in row["databases"]] == [None] * 3
        assert all(entry["milliseconds"] > 0 for entry in row["databases"])
    (front,) = report["load_balancers"]
    assert (front["unit_state"], front["answers"]) == ("active", True)
    assert front["certificates"][0]["days_left"] > 0
    assert "IDENTITY SERVER" in run.output
    assert "HEALTHY. https://login.wso2is.test" in run.output


def test_it_costs_one_execution_a_node(play: Play) -> None:
    run = play("health", "--check", *PATTERN, log="health-cost")
    assert (run.code, run.changed) == (0, {})
    assert {host: len(run.executions_on(host)) for host in (*NODES, "lb1")} == {"is1": 1, "is2": 1, "lb1": 2}
    assert "BALANCING" in run.output


def test_a_stopped_node(scenario: Scenario, look: Look) -> None:
    with stopped(scenario, "is2"):
        run, report = look("health-stopped")
    assert run.code == 2, run.output
    assert len(problems(report)) == 1, problems(report)
    assert problems(report)[0].startswith("is2: the server does not run; start it, the unit says why it cannot")
    assert report["nodes"][0]["members"]["seen"] == ["is1"]
    assert (report["nodes"][1]["unit_state"], report["nodes"][1]["in_rotation"]) == ("inactive", False)
    assert "1 of 2, not is2" in run.output
    assert "NOT HEALTHY, 1 problem." in run.output


def test_a_split_cluster(scenario: Scenario, look: Look) -> None:
    scenario.on("is2", "nft", DROP)
    try:
        scenario.wait(90, lambda: all(members(scenario, name) == "Members [1]" for name in NODES))
        run, report = look("health-split")
    finally:
        scenario.on("is2", "nft", "delete table inet cut")
        scenario.on("is2", "systemctl", "restart", "wso2is")
        scenario.wait(90, lambda: all(members(scenario, name) == "Members [2]" for name in NODES))
    assert run.code == 2, run.output
    assert [text for text in problems(report) if text.startswith("the cluster is split (is1 | is2): ")]
    assert "let TCP port 4000 through between the nodes in both directions" in said(run)
    # Both serve all the same, which is why nobody else notices.
    assert [row["ready"] for row in report["nodes"]] == [True, True]


def test_a_node_that_the_operator_drained(play: Play, look: Look) -> None:
    assert play("pattern1", "-e", '{"load_balancer_drained": ["is1"]}', log="health-drain").code == 0
    try:
        run, report = look("health-drained")
    finally:
        play("pattern1", log="health-undrain")
    assert run.code == 0, run.output
    assert report["healthy"]
    assert report["nodes"][0]["balancing"] == {"lb1": "drained"}
    assert (report["nodes"][0]["in_rotation"], report["nodes"][0]["drained_by"]) == (False, ["operator"])
    assert [row["text"].split(":")[0] for row in report["warnings"]] == ["is1 is drained by the operator on lb1"]
    assert "DRAINED by operator" in run.output


def test_a_host_that_is_not_reached(look: Look, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.yml"
    elsewhere.write_text("wso2is_nodes: {hosts: {is2: {ansible_host: no-such-container}}}\n")
    run, report = look("health-unreachable", f"--inventory={elsewhere}")
    assert run.code == 2, run.output
    (text,) = problems(report)
    assert text.startswith(
        "is2: it could not be asked (Error response from daemon: No such container: no-such-container)"
    )
    assert "is1 sees it in the cluster" in text
    # The others are shown all the same.
    assert [row["ready"] for row in report["nodes"]] == [True, None]
    assert report["load_balancers"][0]["answers"] is True


def test_all_is_well_again(look: Look) -> None:
    run, report = look("health-again")
    assert run.code == 0, run.output
    assert (problems(report), report["warnings"]) == ([], [])
