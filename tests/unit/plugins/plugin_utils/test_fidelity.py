# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What running servers show, compared with the facts of the release."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter.fidelity_questions import fidelity_questions
from ansible_collections.identityops.wso2is.plugins.filter.fidelity_rows import fidelity_rows
from ansible_collections.identityops.wso2is.plugins.filter.fidelity_table import fidelity_table
from ansible_collections.identityops.wso2is.plugins.plugin_utils import fidelity

SERVERS = ["is1 is", "an1 worker", "an1 dashboard"]
STARTED = {
    "is": "INFO {x} -  WSO2 Carbon started in 9 sec",
    "worker": "INFO {x} - WSO2 Analytics Identity Server started in 2.3 sec",
    "dashboard": "INFO {x} - WSO2 Analytics Identity Server started in 2.3 sec",
}
PORTS = {"worker": [9090, 9091, 9893], "dashboard": [9643]}
HEALTH = {"is": '{"health": [{"key": "a"}]}', "worker": '{"status":"active"}', "dashboard": "<html>"}
HEAP = {"is": "is_node", "worker": "analytics_worker", "dashboard": "analytics_dashboard"}


def node_ports(server: dict[str, Any]) -> list[int]:
    """Ports of a node, a port of the moment among them."""
    offset = int(server["fields"]["node"]["offset"])
    return [int(server["fields"]["hazelcast"]["port"]), *(port + offset for port in (9443, 9763, 9999, 11111)), 40123]


def good(deployment: dict[str, Any], name: str) -> dict[str, Any]:
    """What a server shows of which every assumption holds."""
    host, kind = name.split()
    server = deployment["hosts"][host]["servers"][kind]
    asked = fidelity.questions(deployment, host, kind)
    lines: dict[str, str | None] = dict.fromkeys(asked["lines"])
    lines["start"] = STARTED[kind]
    for other in asked["lines"]:
        if other.startswith("cluster "):
            lines[other] = "a line"
    if kind == "worker":
        lines["state passive"] = "HA Deployment: Starting up as Passive Node"
    script = "bin/wso2server.sh" if kind == "is" else f"wso2/{kind}/bin/carbon.sh"
    options = {"is": "-Djava.endorsed.dirs=/x"}.get(kind, "-Djavax.net.ssl.keyStorePassword=***")
    return {
        "running": True,
        "pid": 812,
        "command": ["/jdk/bin/java", "-Xmx1g", f"-Xmx{server['heap_mb']}m", options, "Main"],
        "script": ["/bin/sh", f"/opt/wso2/{script}"],
        "supervised": True,
        "ports": PORTS.get(kind) or node_ports(server),
        "lines": lines,
        "complete": True,
        "refused": [],
        "texts": dict.fromkeys(asked["texts"], True),
        "files": dict.fromkeys(asked["files"], True),
        "written": [],
        "publishers": {"A.xml": "encrypted"} if kind == "is" else {},
        "health": {"status": 200, "body": HEALTH[kind]},
        "stops": {"count": 2, "failed": []},
    }


def not_holding(deployment: dict[str, Any], name: str, **changes: Any) -> dict[str, str]:
    """Assumptions that do not hold, with what was found."""
    shown = {**good(deployment, name), **changes}
    rows = fidelity_rows(deployment, {name: shown})
    assert all(row["server"] == name for row in rows)
    return {row["assumption"]: f"{row['holds']}: {row['found']}" for row in rows if row["holds"] != "yes"}


@pytest.mark.parametrize("name", SERVERS)
def test_all_hold(practice_deployment: dict[str, Any], name: str) -> None:
    assert not_holding(practice_deployment, name) == {}


@pytest.mark.parametrize("name", SERVERS)
def test_questions_fit_the_practice_pack(practice_deployment: dict[str, Any], name: str) -> None:
    """Paths that the build makes aside, the pack's own files answer them."""
    host, kind = name.split()
    asked = fidelity_questions(practice_deployment, host, kind)
    assert asked["carbon_home"].endswith("/current" if kind == "is" else f"/current-{kind}")
    assert set(asked["texts"]) >= {"version", "script restarts on", "script names the process id file"}
    for pattern in [*asked["lines"].values(), *(entry["pattern"] for entry in asked["texts"].values())]:
        re.compile(pattern)
    assert bool(asked["publishers"]) is (kind == "is")
    assert ("dbscripts/postgresql.sql" in asked["files"]) is (kind == "is")


@pytest.mark.parametrize(
    ("name", "changes", "assumption", "found"),
    [
        ("is1 is", {"running": False}, "the process id file names the Java process", "no: no such process"),
        ("is1 is", {"supervised": False}, "systemd supervises the script", "no: False"),
        ("is1 is", {"script": []}, "the start script stays and waits for Java", "no: no parent"),
        (
            "is1 is",
            {"refused": ["x: Permission denied"]},
            "nothing was refused to the server",
            "no: x: Permission denied",
        ),
        ("is1 is", {"written": ["lib/x"]}, "the server writes only to the paths of the release data", "no: lib/x"),
        ("is1 is", {"health": None}, "the health URL answers", "no: no answer"),
        (
            "is1 is",
            {"stops": {"count": 0, "failed": []}},
            "exit status after a stop",
            "unknown: no stop in the journal",
        ),
        ("is1 is", {"stops": {"count": 1, "failed": [137]}}, "exit status after a stop", "no: 1 stops, others: 137"),
        ("is1 is", {"ports": None}, "the server opens the ports of the release data", "unknown: may not be read"),
        ("is1 is", {"ports": [9443]}, "the server opens the ports of the release data", "no: 9443"),
        (
            "is1 is",
            {"ports": [4000, 5555, 9443, 9763]},
            "the server opens the ports of the release data",
            "no: 4000, 5555, 9443, 9763",
        ),
        (
            "is1 is",
            {"publishers": {"A.xml": "plain", "B.xml": "encrypted"}},
            "the server encrypts the passwords of publishers in place",
            "no: plain: A.xml",
        ),
        ("is1 is", {"command": ["java"]}, "Java 8 is needed for an option", "no: none"),
        ("an1 worker", {"command": ["java"]}, "the script has the store password built in", "no: none"),
        ("an1 worker", {"command": ["java", "-Xmx1g"]}, "the last -Xmx is the inventory's", "no: -Xmx1g"),
        ("an1 dashboard", {"health": {"status": 404, "body": ""}}, "the health URL answers", "no: 404"),
        (
            "an1 worker",
            {"health": {"status": 200, "body": "<html>"}},
            "it says something when it is well",
            "no: <html>",
        ),
        ("an1 worker", {"health": {"status": 200, "body": "[]"}}, "it says something when it is well", "no: []"),
        ("is1 is", {"health": {"status": 200, "body": '{"health":[]}'}}, "it says something when it is well", "no: {"),
    ],
)
def test_what_does_not_hold(
    practice_deployment: dict[str, Any], name: str, changes: dict[str, Any], assumption: str, found: str
) -> None:
    assert not_holding(practice_deployment, name, **changes)[assumption].startswith(found)


def test_files_of_the_pack(practice_deployment: dict[str, Any]) -> None:
    shown = good(practice_deployment, "is1 is")
    texts = {**shown["texts"], "version": None, "script restarts on": False}
    files = {**shown["files"], "bin/wso2server.sh": False}
    assert not_holding(practice_deployment, "is1 is", texts=texts, files=files) == {
        "bin/version.txt says the release": "no: no such file",
        "bin/wso2server.sh: script restarts on": "no: not found",
        "the pack has the paths of the release data": "no: missing: bin/wso2server.sh",
    }


def test_lines_of_the_log(practice_deployment: dict[str, Any]) -> None:
    lines = {
        **good(practice_deployment, "an1 worker")["lines"],
        "start": None,
        "state passive": None,
        "failure 0": "bad",
    }
    said = {
        "the log has the start line": "no such line",
        "the log tells active from passive": "no such line",
    }
    wrong = not_holding(practice_deployment, "an1 worker", lines=lines)
    assert wrong == {key: f"no: {text}" for key, text in said.items()} | {
        "a good start logs no failure line": "no: bad"
    }
    cut = not_holding(practice_deployment, "an1 worker", lines=lines, complete=False)
    assert {key: cut[key] for key in said} == {key: f"unknown: {text}" for key, text in said.items()}


def test_the_table(practice_deployment: dict[str, Any]) -> None:
    rows = fidelity_rows(practice_deployment, {"is1 is": {**good(practice_deployment, "is1 is"), "supervised": False}})
    lines = fidelity_table(rows).splitlines()
    assert lines[0] == f"{len(rows) - 1} assumptions hold, 1 do not, 0 show neither"
    assert lines[2].split() == ["SERVER", "ASSUMPTION", "EXPECTED", "FOUND", "HOLDS"]
    assert re.match(r"is1 is +systemd supervises the script +MainPID +False +no$", lines[3])


def test_what_is_refused(practice_deployment: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="the deployment has no is on nowhere"):
        fidelity_questions(practice_deployment, "nowhere", "is")
    with pytest.raises(AnsibleFilterError, match="takes a mapping"):
        fidelity_questions([], "is1", "is")
    with pytest.raises(AnsibleFilterError, match="takes a mapping"):
        fidelity_rows([], {})
    with pytest.raises(AnsibleFilterError, match="fidelity_rows: "):
        fidelity_rows(practice_deployment, {"is1": {}})
    with pytest.raises(AnsibleFilterError, match="takes a list"):
        fidelity_table({})
    with pytest.raises(AnsibleFilterError, match="fidelity_table: "):
        fidelity_table([{}])
