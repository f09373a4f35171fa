# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two workers of which one receives, a dashboard on each host, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from scenario import Scenario

NODES = ("analytics1", "analytics2")


def receiving(scenario: Scenario) -> list[str]:
    """The workers with an open receiver."""
    return [node for node in NODES if {7612, 7712} <= scenario.listening(node)]


@pytest.mark.parametrize("runtime", ["worker", "dashboard"])
@pytest.mark.parametrize("node", NODES)
def test_units_run_unprivileged(scenario: Scenario, node: str, runtime: str) -> None:
    unit = f"wso2is-analytics-{runtime}"
    service = scenario.host(node).service(unit)
    assert service.is_running
    assert service.is_enabled
    shown = scenario.unit(node, unit, "User", "Group", "NRestarts", "ProtectSystem")
    assert shown == {"User": "wso2carbon", "Group": "wso2", "NRestarts": "0", "ProtectSystem": "strict"}


@pytest.mark.parametrize("node", NODES)
def test_release_and_ports(scenario: Scenario, node: str) -> None:
    release = scenario.host(node).file("/opt/wso2/analytics/current-worker").linked_to
    assert release.startswith("/opt/wso2/analytics/releases/wso2is-analytics-5.8.0-")
    assert scenario.host(node).file("/opt/wso2/analytics/current-dashboard").linked_to == release
    assert {9090, 9091, 9643} <= scenario.listening(node)


@pytest.mark.parametrize("node", NODES)
def test_dashboard_answers(scenario: Scenario, node: str) -> None:
    assert scenario.ask(node, "https://localhost:9643/portal").status == 200


def test_workers_have_ids_of_their_own(scenario: Scenario) -> None:
    found = {
        node: scenario.on(
            node,
            "sed",
            "-n",
            "/^wso2.carbon:/,/^[a-z]/s/^  id: *//p",
            "/opt/wso2/analytics/current-worker/conf/worker/deployment.yaml",
        )
        for node in NODES
    }
    assert found == {node: f"{node}-worker" for node in NODES}


def test_cost_of_an_unchanged_run(scenario: Scenario) -> None:
    run = scenario.unchanged_run
    # preflight, jdk, and release and files of each of the two runtimes
    assert [len(run.executions_on(node)) for node in NODES] == [6, 6], run.executions


def test_exactly_one_receives_and_the_other_takes_over(scenario: Scenario) -> None:
    before = receiving(scenario)
    assert len(before) == 1
    other = next(node for node in NODES if node not in before)
    scenario.on(before[0], "systemctl", "stop", "wso2is-analytics-worker")
    # Five heartbeats of a second, and the start of the receiver.
    scenario.wait(60, lambda: receiving(scenario) == [other])
    scenario.on(before[0], "systemctl", "start", "wso2is-analytics-worker")
    assert receiving(scenario) == [other], "the one that came back waits"


def test_a_changed_setting_restarts_the_passive_worker_first(scenario: Scenario) -> None:
    (active,) = receiving(scenario)
    passive = next(node for node in NODES if node != active)
    worker, dashboard = "wso2is-analytics-worker", "wso2is-analytics-dashboard"
    dashboards = {node: scenario.started(node, dashboard) for node in NODES}
    run = scenario.converge("-e", "analytics_worker_heap_mb=200", log="changed-heap")
    assert run.code == 0, run.output[-5000:]
    assert scenario.started(passive, worker) < scenario.started(active, worker)
    assert receiving(scenario) == [passive], "it took over, and the one that came back waits"
    assert "becoming the Active Node" in scenario.on(passive, "cat", "/var/log/wso2/analytics/worker/carbon.log")
    assert {node: scenario.started(node, dashboard) for node in NODES} == dashboards
    assert {"-Xmx200m" in scenario.on(node, "cat", "/opt/wso2/analytics/etc/worker.env") for node in NODES} == {True}


def test_another_runtime_is_refused(scenario: Scenario, tmp_path: Path) -> None:
    role = {"role": "identityops.wso2is.analytics", "analytics_runtime": "both"}
    (tmp_path / "both.yml").write_text(
        yaml.safe_dump([{"hosts": "wso2is_analytics", "gather_facts": False, "roles": [role]}])
    )
    words = ("analytics_runtime", "worker, dashboard", "both")
    scenario.refuse(log="refused-runtime", words=words, playbook=tmp_path / "both.yml")


def test_an_empty_password_is_refused(scenario: Scenario) -> None:
    words = ("analytics_admin_password", "not set", "a password", "Nothing was changed.")
    scenario.refuse("-e", json.dumps({"analytics_admin_password": ""}), log="refused-password", words=words)


def test_a_heap_that_is_no_number_is_refused(scenario: Scenario) -> None:
    words = ("analytics_worker_heap_mb", "'lots'", "a whole number", "Nothing was changed.")
    scenario.refuse("-e", "analytics_worker_heap_mb=lots", log="refused-heap", words=words)
