# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a deployment is: rows, problems with their remedies, and the screen, also from answers that are none."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter.health_questions import health_questions
from ansible_collections.identityops.wso2is.plugins.filter.health_report import health_report
from ansible_collections.identityops.wso2is.plugins.filter.health_screen import health_screen
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from ansible_collections.identityops.wso2is.plugins.plugin_utils.checks import BALANCER_NODES
from ansible_collections.identityops.wso2is.plugins.plugin_utils.health import balancing_of
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from hypothesis import given
from hypothesis import strategies as st
from settings import sample

NOW = 1790000000.0
DAY = 86400
PORTS = {"is": "9443", "worker": "9091", "dashboard": "9643"}
LOGS = {"is": "is.log", "worker": "worker.log", "dashboard": "dashboard.log"}
HOSTS = ["is1", "is2", "an1", "an2", "lb1"]
UNREACHABLE = {"unreachable": True, "msg": "Failed to connect to the host via ssh: No route to host"}


def view(deployment: dict[str, Any], host: str, kind: str) -> dict[str, Any]:
    """What the module cluster_view says of a server that is well; an1 is the worker that receives."""
    members = deployment["cluster_members"] if kind == "is" else []
    receiving = kind == "worker" and host == "an1"
    port = next(iter(deployment["hosts"][host]["servers"][kind]["ports"]))
    return {
        "ok": True,
        "running": True,
        "stopping": False,
        "ready": True,
        "started_at": NOW - DAY,
        "gone": [],
        "members": [
            {
                "name": member["name"],
                "address": member["address"],
                "port": member["port"],
                "self": member["name"] == host,
                "live": True,
                "connected": True,
                "reason": None,
            }
            for member in members
        ],
        "live": [member["name"] for member in members],
        "unexpected": [],
        "clustering": True if kind == "is" else None,
        "local_address": None,
        "listening": {str(port): True},
        "ready_ports": [str(port)],
        "receiving": receiving if kind == "worker" else None,
        "ha": {"an1": "active", "an2": "passive"}[host] if kind == "worker" else None,
        "ha_since": NOW - 3600 if kind == "worker" else None,
        "senders": {"addresses": ["192.0.2.21"], "waiting_bytes": 0} if kind == "worker" else None,
        "heap": {"max_mb": deployment["hosts"][host]["servers"][kind]["heap_mb"], "used_mb": 641},
        "coordinator": host == "is1",
        "log": LOGS[kind],
    }


def nodes_conf(deployment: dict[str, Any], drained: str = "", down: str = "") -> str:
    """The file with the nodes, as the role writes it for nginx with sticky sessions."""
    lines = [f"# {drained}: drained by the operator (load_balancer_drained)"] if drained else []
    lines += [f"# {down}: down while a run changes it"] if down else []
    lines += ["upstream wso2is {", "    zone wso2is 256k;"]
    for node in deployment["upstreams"]:
        state = " down" if node["name"] == down else " drain" if node["name"] == drained else ""
        lines.append(f"    server {node['address']}:{node['port']} route={node['name']} max_fails=3{state};")
    return "\n".join([*lines, "    keepalive 32;", "}", 'map "" $x { default "a"; }'])


def answer(deployment: dict[str, Any], host: str) -> dict[str, Any]:
    """What the module host_info says of a host that is well."""
    asked = health_questions(deployment, host)
    servers = deployment["hosts"][host]["servers"]
    services = {service["id"]: service for service in unpack(asked["services"])}
    disk = {"exists": True, "free_mb": 20480, "total_mb": 40960, "mount_point": "/", "is_mount": False}
    paths = {path: dict(disk) for path in asked["paths"]}
    if "is" in servers:
        paths[deployment["artifacts"]["path"]].update(is_mount=True, mount_point="/mnt/shared")
    pack = {"is": "wso2is-5.8.0", "worker": "wso2is-analytics-5.8.0", "dashboard": "wso2is-analytics-5.8.0"}
    return {
        "host": {
            "paths": paths,
            "units": {
                name: {
                    "load_state": "loaded",
                    "active_state": "active",
                    "unit_file_state": "enabled",
                    "started_at": NOW - DAY,
                }
                for name in asked["units"]
            },
            "links": {
                server["home"]: {"resolved": f"{server['base']}/releases/{pack[kind]}-0123456789ab-fedcba98"}
                for kind, server in servers.items()
            },
            "nginx": {"version": "1.30.6"} if asked["nginx"] else None,
            "texts": {path: nodes_conf(deployment) for path in asked["texts"]},
            "servers": {kind: view(deployment, host, kind) for kind in servers},
            "services": {
                name: {"unreachable": "", "seconds": 0.0123}
                | ({"certificate_ends": NOW + 364.5 * DAY} if service["kind"] == "tls" else {})
                for name, service in services.items()
            },
            "control_clock": [NOW, NOW + 1],
            "clock_before": NOW + 0.2,
            "clock": NOW + 0.8,
        },
        "changed": False,
    }


@pytest.fixture(scope="module")
def deployment(practice: Path) -> dict[str, Any]:
    """Pattern 2 with the product's own ports. Not to be changed."""
    return topology(sample.hostvars(practice), sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)


class Case:
    """A deployment with what its hosts said, to be changed."""

    def __init__(self, deployment: dict[str, Any]) -> None:
        """All is well."""
        self.deployment = copy.deepcopy(deployment)
        self.answers: dict[str, Any] = {host: answer(deployment, host) for host in HOSTS}
        self.probes: dict[str, Any] = {"lb1": {"probe": {"issuer": "https://x/oauth2/token", "reasons": []}}}

    def facts(self, host: str) -> dict[str, Any]:
        facts: dict[str, Any] = self.answers[host]["host"]
        return facts

    def server(self, host: str, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = self.facts(host)["servers"][kind]
        return found

    def stop(self, host: str, kind: str) -> None:
        """The server does not run; a node's members are as cluster_view gives them then."""
        unit = self.deployment["hosts"][host]["servers"][kind]["unit"]
        self.facts(host)["units"][f"{unit}.service"]["active_state"] = "inactive"
        self.server(host, kind).update(
            running=False, ready=False, live=[], receiving=False if kind == "worker" else None, ha=None
        )
        for member in self.server(host, kind)["members"]:
            member.update(live=False, connected=False, reason="the server of this node does not run")

    def part(self, host: str, *others: str) -> None:
        """The node does not see others."""
        found = self.server(host, "is")
        found["live"] = [name for name in found["live"] if name not in others]
        for member in found["members"]:
            if member["name"] in others:
                member.update(live=False, connected=False, reason="no connection")

    def report(self) -> dict[str, Any]:
        return health_report(self.deployment, self.answers, self.probes, NOW)

    def problems(self) -> list[str]:
        return [row["text"] for row in self.report()["problems"]]

    def warnings(self) -> list[str]:
        return [row["text"] for row in self.report()["warnings"]]


@pytest.fixture
def case(deployment: dict[str, Any]) -> Case:
    return Case(deployment)


def test_all_is_well(case: Case) -> None:
    report = case.report()
    assert (report["problems"], report["warnings"], report["healthy"]) == ([], [], True)
    assert report["checked_at"] == "2026-09-21T14:13:20Z"
    node = report["nodes"][1]
    assert (node["host"], node["unit_state"], node["enabled"], node["ready"]) == ("is2", "active", True, True)
    assert (node["version"], node["release"]) == ("5.8.0", "wso2is-5.8.0-0123456789ab-fedcba98")
    assert node["started_at"] == "2026-09-20T14:13:20Z"
    assert node["members"] == {"expected": ["is1", "is2"], "seen": ["is1", "is2"], "unexpected": []}
    assert (node["balancing"], node["in_rotation"], node["drained_by"]) == ({"lb1": "in"}, True, [])
    assert (node["certificate"]["days_left"], node["artifacts"]) == (364, "mounted")
    assert node["disks"][0] == {"mount": "/", "free_mb": 20480, "total_mb": 40960, "free_percent": 50}
    assert {entry["milliseconds"] for entry in node["databases"]} == {12.3}
    workers = [row for row in report["analytics"] if row["server"] == "worker"]
    assert [(row["host"], row["state"], row["receiving"]) for row in workers] == [
        ("an1", "active", True),
        ("an2", "passive", False),
    ]
    assert workers[0]["since"] == "2026-09-21T13:13:20Z"
    assert workers[0]["waiting_bytes"] == 0
    front = report["load_balancers"][0]
    assert (front["version"], front["answers"], front["certificates"][0]["days_left"]) == ("1.30.6", True, 364)
    assert json.loads(json.dumps(report)) == report


def test_no_password_is_in_the_questions_or_the_report(case: Case) -> None:
    texts = [
        json.dumps({key: value for key, value in health_questions(case.deployment, host).items() if key != "services"})
        for host in HOSTS
    ]
    said = json.dumps(case.report()) + "".join(texts)
    assert [entry["username"] for entry in case.deployment["databases"].values() if entry["password"] in said] == []


def test_a_stopped_node_is_said_once(case: Case) -> None:
    case.stop("is2", "is")
    case.part("is1", "is2")
    case.probes["lb1"]["probe"]["reasons"] = ["health of is2: connection refused"]
    (said,) = case.problems()
    assert said == "is2: the server does not run; start it, the unit says why it cannot (log: is.log)"
    node = case.report()["nodes"][1]
    assert (node["unit_state"], node["balancing"], node["in_rotation"]) == ("inactive", {"lb1": "in"}, False)


def test_a_split_cluster(case: Case) -> None:
    case.part("is1", "is2")
    case.part("is2", "is1")
    (said,) = case.problems()
    assert said.startswith("the cluster is split (is1 | is2): ")
    assert "let TCP port 4000 through" in said
    assert "then restart is2" in said


def test_a_node_that_silently_runs_alone(case: Case) -> None:
    case.server("is2", "is")["clustering"] = False
    for member in case.server("is2", "is")["members"]:
        member.update(live=False, connected=False, reason="no connection")
    case.server("is2", "is")["live"] = []
    case.part("is1", "is2")
    assert any(text.startswith("is2: clustering is switched off") for text in case.problems())


def test_both_workers_are_passive(case: Case) -> None:
    case.server("an1", "worker").update(ha="passive", receiving=False)
    (said,) = case.problems()
    assert said == (
        "No worker receives events (port 7612): an1 and an2 are passive: the leader in "
        "wso2is_databases.analytics_cluster is neither of them; look for a third worker of this analytics_group_id, "
        "else restart one"
    )
    assert not case.report()["healthy"]


def test_both_workers_receive(case: Case) -> None:
    case.server("an2", "worker").update(ha="active", receiving=True)
    (said,) = case.problems()
    assert said.startswith("More than one worker receives events (port 7612): an1, an2; they are no pair: ")


def test_a_worker_that_is_active_and_does_not_receive(case: Case) -> None:
    case.server("an1", "worker").update(receiving=False)
    assert "an1 is active by its log but the port is closed" in case.problems()[0]
    assert "active, port CLOSED" in health_screen(case.report())
    case.server("an1", "worker").update(ha=None, receiving=True)
    assert "unknown, RECEIVES" in health_screen(case.report())


@pytest.mark.parametrize(
    ("name", "version", "shown"),
    [
        ("wso2is-5.8.0-0123456789ab", "5.8.0", "5.8.0-0123"),
        ("wso2is-5.8.0-0123456789ab-fedcba98", "5.8.0", "5.8.0-0123-fedc"),
        ("somewhere", None, "somewhere"),
    ],
)
def test_names_of_releases(case: Case, name: str, version: str | None, shown: str) -> None:
    for host in ("is1", "is2"):
        home = case.deployment["hosts"][host]["servers"]["is"]["home"]
        case.facts(host)["links"][home]["resolved"] = f"/opt/wso2/is/releases/{name}"
    report = case.report()
    assert [(row["release"], row["version"]) for row in report["nodes"]] == [(name, version)] * 2
    assert f"is1   active  {shown}  " in health_screen(report)


def test_a_start_in_another_year(case: Case) -> None:
    case.server("is1", "is").update(started_at=NOW - 400 * DAY)
    assert "  2025-08-17   yes" in health_screen(case.report())


def test_one_worker_is_stopped(case: Case) -> None:
    case.stop("an2", "worker")
    (said,) = case.problems()
    assert said.startswith("an2: the server does not run; start it")
    assert "port CLOSED" not in health_screen(case.report())


def test_of_a_pair_with_a_silent_host_nothing_is_guessed(case: Case) -> None:
    case.answers["an1"] = UNREACHABLE
    (said,) = case.problems()
    assert said.startswith("an1: Ansible does not reach it")


def test_a_host_that_is_not_reached(case: Case) -> None:
    case.answers["is2"] = UNREACHABLE
    (said,) = case.problems()
    assert said == (
        "is2: Ansible does not reach it, so nothing else is known of it (Failed to connect to the host via ssh: No "
        "route to host). is1 sees it in the cluster. Start the host, or correct ansible_host and the login"
    )
    report = case.report()
    assert [(row["ready"], row["in_rotation"]) for row in report["nodes"]] == [(True, True), (None, None)]
    assert "is2   no answer" in health_screen(report)


NOT_SEEN = (
    "{0}: the Identity Server could not be looked at in time, so whether it serves is not known; look whether the "
    "shared file system /mnt/shared answers, then whether the host resolves the names of the other nodes"
)


def test_a_server_that_could_not_be_looked_at_may_run(case: Case) -> None:
    case.facts("is1")["servers"]["is"] = None
    case.probes["lb1"]["probe"]["reasons"] = ["health of is1: status 503"]
    assert case.problems() == [
        NOT_SEEN.format("is1"),
        "lb1: health of is1: status 503; the log of the node says why, on the load balancer /var/log/nginx/error.log",
    ]
    report = case.report()
    assert (report["nodes"][0]["unit_state"], report["nodes"][0]["ready"]) == ("active", None)
    assert report["problems"][0]["host"] == "is1"
    # What another node sees is no guess.
    case.part("is2", "is1")
    assert [text for text in case.problems() if text.startswith("is2: member is1 (")]
    assert not [text for text in case.problems() if "does not run;" in text or "alone" in text or "split" in text]


def test_no_node_could_be_looked_at_because_of_the_share(case: Case) -> None:
    for host in ("is1", "is2"):
        case.facts(host)["servers"]["is"] = None
        case.facts(host)["paths"]["/mnt/shared"] = None
    assert case.problems() == [
        *(NOT_SEEN.format(host) for host in ("is1", "is2")),
        *(
            f"{host}: the shared file system /mnt/shared does not answer; look at its mount and its server, then "
            "restart the node"
            for host in ("is1", "is2")
        ),
    ]


def test_a_server_of_analytics_that_could_not_be_looked_at(case: Case) -> None:
    """Who receives is not guessed."""
    case.facts("an1")["servers"].update(worker=None, dashboard={"running": True})
    assert case.problems() == [
        f"an1: the {name} could not be looked at in time, so whether it serves is not known; look whether its disks "
        "answer"
        for name in ("Analytics worker", "Analytics dashboard")
    ]


def test_nothing_is_said_twice_of_a_node_without_a_release_that_could_not_be_looked_at(case: Case) -> None:
    home = case.deployment["hosts"]["is2"]["servers"]["is"]["home"]
    case.facts("is2")["links"][home] = {"resolved": None, "exists": False}
    case.facts("is2")["servers"]["is"] = None
    case.probes["lb1"]["probe"]["reasons"] = ["health of is2: connection refused"]
    (said,) = case.problems()
    assert said.startswith("is2: no release of the Identity Server is installed")


def test_a_host_without_python(case: Case) -> None:
    case.answers["an2"] = {"failed": False, "msg": "/bin/sh: 1: python3: not found\nmore", "rc": 127}
    (said,) = case.problems()
    assert said.startswith("an2: it could not be asked (/bin/sh: 1: python3: not found). Look that it has Python")
    wrong = {
        "msg": "MODULE FAILURE: see stdout/stderr",
        "rc": 1,
        "module_stdout": "one\nsudo: a password is required\n",
    }
    case.answers["an2"] = {**wrong, "module_stderr": "Shared connection to 192.0.2.32 closed.\n"}
    (said,) = case.problems()
    assert "(sudo: a password is required)" in said


def test_a_node_without_a_release(case: Case) -> None:
    home = case.deployment["hosts"]["is2"]["servers"]["is"]["home"]
    case.stop("is2", "is")
    case.facts("is2")["units"]["wso2is.service"]["load_state"] = "not-found"
    case.facts("is2")["links"][home] = {"resolved": None, "exists": False}
    case.part("is1", "is2")
    (said,) = case.problems()
    assert said.startswith("is2: no release of the Identity Server is installed; run pattern2, or take the host out")
    assert "not installed" in health_screen(case.report())


def test_nothing_is_installed_anywhere(deployment: dict[str, Any]) -> None:
    answers = {host: {"host": {}} for host in HOSTS}
    report = health_report(deployment, answers, {}, NOW)
    assert sorted(row["host"] for row in report["problems"]) == ["an1", "an1", "an2", "is1", "is2", "lb1"]
    assert all("is installed; run" in row["text"] for row in report["problems"])
    assert health_screen(report).startswith("NOT HEALTHY, 6 problems. https://login.example.org, pattern 2")


def test_different_releases(case: Case) -> None:
    home = case.deployment["hosts"]["is2"]["servers"]["is"]["home"]
    case.facts("is2")["links"][home]["resolved"] = "/opt/wso2/is/releases/wso2is-5.8.0-0123456789ab-ffffffff"
    assert case.problems() == []
    (said,) = case.warnings()
    assert "is1 wso2is-5.8.0-0123456789ab-fedcba98, is2 wso2is-5.8.0-0123456789ab-ffffffff" in said


def test_drained_by_the_operator(case: Case) -> None:
    case.facts("lb1")["texts"][BALANCER_NODES] = nodes_conf(case.deployment, drained="is1")
    report = case.report()
    assert report["healthy"]
    assert (report["nodes"][0]["in_rotation"], report["nodes"][0]["drained_by"]) == (False, ["operator"])
    (said,) = case.warnings()
    assert said.startswith("is1 is drained by the operator on lb1: ")
    assert "load_balancer_drained" in said
    assert "DRAINED by operator" in health_screen(report)
    assert "1 of 2 in" in health_screen(report)


def test_left_leaving_by_a_run(case: Case) -> None:
    """A run that was killed while a node kept its clients: no operator's drain."""
    text = nodes_conf(case.deployment, drained="is1")
    text = text.replace("drained by the operator (load_balancer_drained)", "down soon, when a run changes it")
    case.facts("lb1")["texts"][BALANCER_NODES] = text
    (said,) = case.problems()
    assert said.startswith("is1 is down on lb1: a run that changes it is under way, or was killed; run the playbook")


def test_clients_of_a_node_do_not_reach_it(case: Case) -> None:
    """nginx works with another file than the one that is there."""
    case.probes["lb1"]["probe"]["reasons"] = ["clients of is2 reach is1 through the load balancer"]
    (said,) = case.problems()
    assert said.startswith("lb1: clients of is2 reach is1 through the load balancer; ")


def test_left_down_by_a_run(case: Case) -> None:
    case.facts("lb1")["texts"][BALANCER_NODES] = nodes_conf(case.deployment, down="is2")
    case.probes["lb1"]["probe"]["reasons"] = ["clients of is2 reach is1 through the load balancer"]
    (said,) = case.problems()
    assert said.startswith("is2 is down on lb1: a run that changes it is under way, or was killed; run the playbook")
    assert case.report()["nodes"][1]["drained_by"] == ["run"]


def test_an_older_nginx_has_only_down_and_the_comment_says_whose_it_is(deployment: dict[str, Any]) -> None:
    node = deployment["upstreams"][0]
    text = (
        f"# is1: drained by the operator (x)\nupstream wso2is {{\n server {node['address']}:{node['port']} x down;\n}}"
    )
    assert balancing_of(text) == {
        "servers": {f"{node['address']}:{node['port']}": "down"},
        "marks": {"is1": "drained"},
    }


def test_a_node_that_a_load_balancer_does_not_know_and_one_that_nobody_knows(case: Case) -> None:
    text = nodes_conf(case.deployment).replace("192.0.2.22", "192.0.2.99")
    case.facts("lb1")["texts"][BALANCER_NODES] = text
    assert [said.split(";")[0] for said in case.problems()] == [
        "lb1 does not know is2",
        "lb1 sends requests to 192.0.2.99:9443, which is no node of the inventory",
    ]


def test_load_balancers_that_disagree_are_named(case: Case) -> None:
    case.deployment["load_balancers"].append({"host": "lb2", "address": "192.0.2.12", "trusted_proxies": []})
    case.deployment["hosts"]["lb2"] = {"address": "192.0.2.12", "jdk_home": "", "servers": {}}
    case.answers["lb2"] = answer(case.deployment, "lb2")
    case.probes["lb2"] = case.probes["lb1"]
    case.facts("lb2")["texts"][BALANCER_NODES] = nodes_conf(case.deployment, drained="is1")
    report = case.report()
    assert report["nodes"][0]["balancing"] == {"lb1": "in", "lb2": "drained"}
    assert report["nodes"][0]["in_rotation"] is False
    assert "lb1 in, lb2 DRAINED by operator" in health_screen(report)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda case: case.facts("lb1")["units"]["nginx.service"].update(active_state="failed"),
            "lb1: nginx is failed",
        ),
        (lambda case: case.facts("lb1")["texts"].update({BALANCER_NODES: None}), "lb1: no load balancer of this"),
        (lambda case: case.probes.update(lb1={"msg": "ca: not certificates"}), "was not asked (ca: not certificates)"),
        (lambda case: case.probes.clear(), "was not asked (no answer)"),
        (
            lambda case: case.probes["lb1"]["probe"].update(reasons=["health of is1: status 503: HC_00002 database"]),
            "lb1: health of is1: status 503: HC_00002 database; the log of the node says why",
        ),
        (
            lambda case: case.facts("is1")["services"]["certificate is"].update(certificate_ends=NOW - DAY),
            "is1: the certificate ended on 2026-09-20T14:13:20Z; renew it, change wso2is_keystore",
        ),
        (
            lambda case: case.facts("lb1")["services"]["certificate public"].update(certificate_ends=NOW - 1),
            "lb1: the public certificate ended on",
        ),
        (
            lambda case: case.facts("an1")["paths"]["/opt/wso2/analytics"].update(free_mb=100),
            "an1: 100 MB are free on / (0 %); remove old releases",
        ),
        (
            lambda case: case.facts("is1")["paths"].update({"/mnt/shared": None}),
            "is1: the shared file system /mnt/shared does not answer",
        ),
        (
            lambda case: case.facts("is1")["paths"]["/mnt/shared"].update(exists=False),
            "is1: the shared file system /mnt/shared is not there",
        ),
        (
            lambda case: case.server("is1", "is").update(gone=["/opt/wso2/is/current/repository/tenants"]),
            "is1: the directory /opt/wso2/is/current/repository/tenants is gone",
        ),
        (
            lambda case: case.server("is1", "is").update(unexpected=["192.0.2.99:4000"]),
            "is1 sees a member that the inventory does not have: 192.0.2.99:4000; stop that server",
        ),
        (
            lambda case: case.facts("is1").update(clock_before=NOW + 30, clock=NOW + 30),
            "the clock of is1 is 28.8 s or more ahead",
        ),
    ],
)
def test_what_is_wrong_is_named(case: Case, change: Callable[[Case], None], words: str) -> None:
    change(case)
    assert not case.report()["healthy"]
    assert [said for said in case.problems() if words in said], case.problems()
    assert words in " ".join(health_screen(case.report()).split())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda case: case.facts("is1")["services"]["certificate is"].update(certificate_ends=NOW + 12.5 * DAY),
            "is1: the certificate ends in 12 days, on",
        ),
        (
            lambda case: case.facts("is1")["paths"]["/opt/wso2/is"].update(free_mb=2000),
            "is1: 2000 MB are free on / (4 %)",
        ),
        (
            lambda case: case.facts("is1")["units"]["wso2is.service"].update(unit_file_state="disabled"),
            "is1: wso2is.service is not enabled",
        ),
        (
            lambda case: case.facts("lb1")["units"]["nginx.service"].update(unit_file_state="disabled"),
            "lb1: nginx.service is not enabled",
        ),
        (
            lambda case: case.facts("is1")["units"]["wso2is.service"].update(active_state="failed"),
            "is1: the Identity Server runs, but its unit wso2is.service is failed",
        ),
        (
            lambda case: case.server("is1", "is")["heap"].update(max_mb=512),
            "is1: the Identity Server runs with a heap of 512 MB, the inventory says 2048 MB",
        ),
    ],
)
def test_what_an_operator_should_know(case: Case, change: Callable[[Case], None], words: str) -> None:
    change(case)
    assert case.report()["healthy"]
    assert [said for said in case.warnings() if words in said], case.warnings()


def test_databases(case: Case) -> None:
    names = [name for name in case.facts("is1")["services"] if "/identity_db" in name]
    for host in ("is1", "is2"):
        case.facts(host)["services"][names[0]] = {"unreachable": "Connection refused"}
    assert [said for said in case.problems() if "db.example.org" in said and "Connection refused" in said]
    assert "1 FAIL" in health_screen(case.report())
    for host in ("is1", "is2"):
        case.facts(host)["services"][names[0]] = {"unreachable": "", "seconds": 2.5}
    assert case.problems() == []
    assert [said.split(";")[0] for said in case.warnings()] == [
        f"{host}: the database db.example.org:5432/identity_db took 2500 ms to let the user in"
        for host in ("is1", "is2")
    ]


def test_a_part_of_the_inventory(case: Case) -> None:
    case.answers = {"is1": case.answers["is1"]}
    report = case.report()
    assert report["healthy"]
    assert report["not_asked"] == ["an1", "an2", "is2", "lb1"]
    assert "Not asked, because of --limit: an1, an2, is2, lb1" in health_screen(report)


def test_the_screen(case: Case) -> None:
    lines = health_screen(case.report()).splitlines()
    assert lines[0] == "HEALTHY. https://login.example.org, pattern 2, 2026-09-21 14:13. All times are UTC."
    assert lines[2:5] == [
        "IDENTITY SERVER",
        (
            "NODE  UNIT    VERSION          STARTED      READY  MEMBERS  BALANCING  CERT   DISK FREE  HEAP MB   "
            "ARTIFACTS  DB"
        ),
        (
            "is1   active  5.8.0-0123-fedc  09-20 14:13  yes    2 of 2   in         364 d  20 GB 50%  641/2048  "
            "mounted    12 ms"
        ),
    ]
    assert lines[8].split() == [
        *("SERVER", "UNIT", "VERSION", "STARTED", "READY", "STATE", "SINCE", "WAITING", "CERT", "DISK", "FREE"),
        *("HEAP", "MB", "DB"),
    ]
    assert "passive  09-21 13:13  -" in lines[11]
    assert max(map(len, lines)) <= 124
    assert all(line == line.rstrip() for line in lines)
    assert not lines[0].startswith(" ")


@pytest.fixture
def nfs(practice: Path) -> Case:
    """A deployment that shares by NFS."""
    hostvars = sample.hostvars(practice, artifact_sync_method="nfs")
    hostvars["nfs1"] = {**hostvars["lb1"], "ansible_host": "192.0.2.51"}
    lists = (sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)
    found = Case(topology(hostvars, *lists, 0, ["nfs1"]))
    found.answers["nfs1"] = answer(found.deployment, "nfs1")
    return found


def test_the_nfs_server(nfs: Case) -> None:
    assert nfs.problems() == []
    assert "nfs1  NFS server  active  20 GB 50%" in health_screen(nfs.report())
    nfs.facts("nfs1")["units"]["nfs-server.service"]["active_state"] = "failed"
    assert nfs.problems() == [
        "nfs1: nfs-server is failed, so the nodes wait for their shared files; systemctl status nfs-server says why"
    ]
    nfs.facts("nfs1")["units"] = ["wild"]
    assert "nfs-server is unknown to systemd" in nfs.problems()[0]
    nfs.answers["nfs1"] = UNREACHABLE
    assert nfs.problems()[0].startswith("nfs1: Ansible does not reach it")
    nfs.answers["nfs1"] = answer(nfs.deployment, "nfs1")
    nfs.facts("is1")["paths"]["/mnt/shared"].update(is_mount=False)
    assert "is1: the shared file system /mnt/shared is not mounted" in nfs.problems()[0]


def test_a_name_of_its_own_for_the_console(practice: Path) -> None:
    hostvars = sample.hostvars(practice, wso2is_management_host="console.example.org")
    case = Case(topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS))
    case.facts("lb1")["services"]["certificate management"]["certificate_ends"] = NOW - 1
    assert "lb1: the management certificate ended on" in case.problems()[0]
    assert "364 d, management ENDED" in health_screen(case.report())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    ("is1", "host"),
    ("is1", "host", "servers"),
    ("is1", "host", "servers", "is"),
    ("is1", "host", "servers", "is", "members"),
    ("is1", "host", "servers", "is", "heap"),
    ("is1", "host", "servers", "is", "live"),
    ("is1", "host", "units"),
    ("is1", "host", "paths"),
    ("is1", "host", "links"),
    ("is1", "host", "services"),
    ("an1", "host", "servers", "worker", "senders"),
    ("lb1", "host", "texts"),
    ("lb1", "host", "services", "certificate public"),
    ("lb1",),
]


@given(value=VALUES, place=st.sampled_from(PLACES), key=st.booleans())
def test_wild_answers_are_rows(deployment: dict[str, Any], value: Any, place: tuple[str, ...], key: bool) -> None:
    wild = Case(deployment)
    target: Any = wild.answers
    for step in place[:-1]:
        target = target[step]
    if key and isinstance(target.get(place[-1]), dict):
        for name in target[place[-1]]:
            target[place[-1]][name] = value
    else:
        target[place[-1]] = value
    report = wild.report()
    assert len(report["nodes"]) == 2
    assert health_screen(report).splitlines()[0].startswith(("HEALTHY", "NOT HEALTHY"))


@given(text=st.text(max_size=300))
def test_wild_files_of_nodes(text: str) -> None:
    assert set(balancing_of(text) or {}) == {"servers", "marks"}
    assert balancing_of(None) is None


@pytest.mark.parametrize("value", [None, "text", ["a"]], ids=repr)
def test_filters_refuse_what_they_do_not_take(deployment: dict[str, Any], value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="health_questions takes a mapping"):
        health_questions(value, "is1")
    with pytest.raises(AnsibleFilterError, match="health_questions: 'is9'"):
        health_questions(deployment, "is9")
    with pytest.raises(AnsibleFilterError, match="health_report takes a mapping"):
        health_report(deployment, value)
    with pytest.raises(AnsibleFilterError, match="health_report: "):
        health_report({}, {})
    with pytest.raises(AnsibleFilterError, match="health_screen takes a mapping"):
        health_screen(value)
    with pytest.raises(AnsibleFilterError, match="health_screen: "):
        health_screen({})
