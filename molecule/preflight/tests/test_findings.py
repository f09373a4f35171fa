# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it finds, on Debian 13 and 12, and what it costs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from converged import passwords_in
from scenario import Scenario, findings

SYSTEMS = {"is1": "13", "is2": "12", "lb1": "12"}


def test_cost(scenario: Scenario) -> None:
    """One execution a host."""
    run = scenario.unchanged_run
    assert {host: len(run.executions_on(host)) for host in SYSTEMS} == dict.fromkeys(SYSTEMS, 1)


@pytest.mark.parametrize("node", SYSTEMS)
def test_system(scenario: Scenario, node: str) -> None:
    assert f'VERSION_ID="{SYSTEMS[node]}"' in scenario.on(node, "cat", "/etc/os-release").splitlines()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"hazelcast_port": 9443}, ("is1", "is2", "port", "9443", "hazelcast_port")),
        ({"wso2is_public_hots": "x.example.com"}, ("wso2is_public_hots", "wso2is_public_host")),
        ({"wso2is_keystore_password": "wrong"}, ("wso2is_keystore_password",)),
        ({"is_node_heap_mb": "many"}, ("is_node_heap_mb", "many")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_found_in_the_inventory(scenario: Scenario, variables: dict[str, object], words: tuple[str, ...]) -> None:
    run = scenario.refuse("-e", json.dumps(variables), log=f"refused-{next(iter(variables))}", words=words)
    assert run.code == 2
    assert run.executions == [], "no host was asked"


def databases(scenario: Scenario, **changes: object) -> str:
    """Variables with other databases; the first user has the right to nothing but to log in."""
    given = {
        name: {"name": f"is_{name}", "username": f"is_{name}", "password": f"is_{name}-pw"}
        for name in ("user", "identity", "workflow")
    }
    return json.dumps({"wso2is_databases": {**given, **changes}})


def test_what_the_databases_say(scenario: Scenario) -> None:
    wrong = {"name": "is_user", "username": "is_user", "password": "not-this-one"}
    absent = {"name": "is_absent", "username": "is_identity", "password": "is_identity-pw"}
    closed = {"name": "is_workflow", "username": "is_workflow", "password": "is_workflow-pw", "port": 5439}
    variables = databases(scenario, user=wrong, identity=absent, workflow=closed)
    run = scenario.refuse("-e", variables, log="databases", words=("3 errors",))
    found = [row for row in findings(run.output) if row.startswith("error | is1, is2 | database")]
    for words in (
        ("wso2is_databases.user", "password is wrong"),
        ("wso2is_databases.identity", "no such database"),
        (":5439 is not reached: Connection refused"),
    ):
        assert [row for row in found if all(word in row for word in words)], (words, found)


def test_tables_and_character_set(scenario: Scenario) -> None:
    """Half a schema, of another owner, and a database in another character set."""
    scenario.sql("postgres", "CREATE DATABASE is_latin OWNER is_user ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    scenario.sql("is_identity", "CREATE TABLE idn_oauth_consumer_apps (id int)")
    try:
        latin = {"name": "is_latin", "username": "is_user", "password": "is_user-pw"}
        run = scenario.refuse("-e", databases(scenario, user=latin), log="tables", words=("3 errors",))
    finally:
        scenario.sql("is_identity", "DROP TABLE idn_oauth_consumer_apps")
        scenario.sql("postgres", "DROP DATABASE is_latin")
    found = [row for row in findings(run.output) if row.startswith("error | is1 | database")]
    for words in (
        ("LATIN1", "UTF8"),
        ("idn_oauth_consumer_apps but not idn_base_table"),
    ):
        assert [row for row in found if all(word in row for word in words)], (words, found)


def test_jdk_and_names(scenario: Scenario) -> None:
    variables = json.dumps({"jdk_home": "/opt/jdk8", "wso2is_database_host": "db.absent.test"})
    run = scenario.refuse("-e", variables, log="names", words=("3 errors",))
    rows = findings(run.output)
    assert [row for row in rows if row.startswith("error | is1, is2 | database | db.absent.test does not resolve")], (
        rows
    )
    for node in ("is1", "is2"):
        assert [row for row in rows if row.startswith(f"error | {node} | java | /opt/jdk8: no bin/java")], rows


def test_the_report(scenario: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    run = scenario.converge("-e", f"preflight_report={path}", log="report")
    assert run.code == 0, run.output[-3000:]
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["summary"] == "No findings." or "error" not in report["summary"]
    assert set(report["hosts"]) == set(SYSTEMS)
    services = report["hosts"]["is1"]["services"]
    assert len(services) == 3
    assert all(about["encoding"] == "UTF8" and about["creates"] for about in services.values()), services
    assert passwords_in(path.read_text(encoding="utf-8")) == []


@pytest.fixture(params=["is1", "is2"], ids=lambda node: f"Debian {SYSTEMS[node]}")
def bad(scenario: Scenario, request: pytest.FixtureRequest) -> str:
    """A node with 3 GB, with something on port 9443, and with another user under the number of ours."""
    node = str(request.param)
    memory = ["docker", "update", "--memory", "3g", "--memory-swap", "3g", scenario.container(node)]
    subprocess.run(memory, check=True, capture_output=True)
    scenario.on(node, "systemd-run", "--unit=busy", "--collect", "python3", "-m", "http.server", "9443")
    scenario.on(node, "sh", "-c", "until ss -Htln | grep -q :9443; do sleep 0.1; done")
    scenario.on(node, "useradd", "--uid", "802", "--no-create-home", "somebody")
    return node


def test_found_on_a_host(scenario: Scenario, bad: str) -> None:
    memory = json.dumps({"wso2is_minimum_memory_mb": 4096, "is_node_heap_mb": 2048})
    run = scenario.refuse("-e", memory, log=f"bad-{bad}", words=("Nothing was changed",))
    assert run.code == 2
    found = [row for row in findings(run.output) if row.startswith(f"error | {bad} | ")]
    for words in (("memory", "3072", "4096"), ("port", "9443"), ("service", "user", "802", "somebody", "wso2is_uid")):
        assert [row for row in found if all(word in row for word in words)], (words, found)


def test_a_host_that_lacks_disk(scenario: Scenario) -> None:
    variables = json.dumps({"wso2is_minimum_disk_gb": 100000})
    run = scenario.refuse("-e", variables, log="bad-disk", words=("disk", "wso2is_minimum_disk_gb"))
    assert run.code == 2
    for node in ("is1", "is2"):
        assert [row for row in findings(run.output) if row.startswith(f"error | {node} | disk | ")], run.output
