# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks together."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import sample
from test_jks import jks_store


@pytest.fixture
def deployment(practice_deployment: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(practice_deployment)


def brief(findings: list[dict[str, str]], severity: str = "error") -> list[tuple[str, str, str]]:
    return [(item["host"], item["check"], item["found"]) for item in findings if item["severity"] == severity]


# The inventory


def test_a_good_inventory(deployment: dict[str, Any]) -> None:
    assert brief(checks.inventory_findings(deployment)) == []


def test_findings_of_all_kinds_come_together_errors_first(practice: Path) -> None:
    hostvars = sample.hostvars(practice, hazelcast_port=9443, wso2is_databases={})
    found = checks.inventory_findings(topology(hostvars, ["is1"], ["an1"], ["an1"], ["lb1"]))

    assert {"databases", "port conflict", "pack"} <= {item["check"] for item in found}
    assert [item["severity"] for item in found] == sorted(
        (item["severity"] for item in found), key=["error", "warning"].index
    )
    assert any("is1" in item["host"] and "9443" in str(item) for item in found)


def test_nothing_is_rendered_with_wrong_variables(practice: Path) -> None:
    hostvars = sample.hostvars(practice, wso2is_analytics_pack="/absent", wso2is_admin_password=None)
    found = checks.inventory_findings(topology(hostvars, sample.NODES, sample.WORKERS, ["an1"], ["lb1"]))

    assert [item[1:] for item in brief(found)] == [
        ("pack", "/absent is not there"),
        ("variables", "wso2is_admin_password is not set"),
    ]


def test_without_nodes_nothing_else_is_said() -> None:
    assert brief(checks.inventory_findings(topology({}, []))) == [("inventory", "topology", "no Identity Server node")]


def test_stores_that_cannot_be_read(practice: Path, tmp_path: Path) -> None:
    hostvars = sample.hostvars(
        practice, wso2is_keystore="/absent.jks", analytics_truststore=str(tmp_path), wso2is_pack="/absent.zip"
    )

    found = checks.inventory_findings(topology(hostvars, sample.NODES, sample.WORKERS, ["an1"], ["lb1"]))

    assert [item for item in brief(found) if item[1] == "files"] == [
        ("all hosts", "files", "wso2is_keystore: /absent.jks cannot be read"),
        ("all hosts", "files", f"analytics_truststore: {tmp_path} cannot be read"),
    ]
    assert [item["remedy"] for item in found if item["check"] == "files"] == [
        "Change wso2is_keystore.",
        "Change analytics_truststore.",
    ]
    assert "settings" not in {item["check"] for item in found}


def test_files_of_the_load_balancer(practice: Path) -> None:
    hostvars = sample.hostvars(practice)
    hostvars["lb1"] |= {
        "load_balancer_certificate": "/absent.crt",
        "load_balancer_certificate_key": str(practice / "driver.jar"),
        # Where it is looked for is known to the role only.
        "load_balancer_upstream_ca": "files/ca.crt",
    }

    found = checks.inventory_findings(topology(hostvars, sample.NODES, sample.WORKERS, ["an1"], ["lb1"]))

    assert [item[2] for item in brief(found) if item[1] == "files"] == [
        "load_balancer_certificate: /absent.crt cannot be read"
    ]


def test_a_load_balancers_variable_that_cannot_be_resolved(practice: Path) -> None:
    class Locked(dict[str, Any]):
        def get(self, name: str, default: Any = None) -> Any:
            if name == "load_balancer_certificate":
                raise AnsibleError("locked")
            return super().get(name, default)

    hostvars = sample.hostvars(practice)
    hostvars["lb1"] = Locked(hostvars["lb1"])

    files = topology(hostvars, sample.NODES, sample.WORKERS, ["an1"], ["lb1"])["balancer_files"]
    assert [entry["variable"] for entry in files] == ["load_balancer_certificate_key", "load_balancer_upstream_ca"]


def test_a_store_in_the_home_directory(deployment: dict[str, Any], practice: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("HOME", str(practice))
    for host in sample.NODES:
        deployment["hosts"][host]["servers"]["is"]["fields"]["keystore"]["file"] = "~/wso2carbon.jks"

    assert "files" not in {item["check"] for item in checks.inventory_findings(deployment)}


def test_stores_that_their_password_does_not_open(practice: Path, tmp_path: Path) -> None:
    store = tmp_path / "store.jks"
    store.write_bytes(jks_store("changed"))
    hostvars = sample.hostvars(practice, wso2is_keystore=str(store), analytics_truststore=str(store))

    def locked(**passwords: str) -> list[dict[str, str]]:
        for variables in hostvars.values():
            variables.update(passwords)
        found = checks.inventory_findings(topology(hostvars, sample.NODES, sample.WORKERS, ["an1"], ["lb1"]))
        return [item for item in found if item["check"] == "stores"]

    found = locked(wso2is_keystore_password="s3cr3t", analytics_truststore_password="s3cr3t")
    assert [(item["host"], item["found"]) for item in found] == [
        ("all hosts", f"wso2is_keystore_password does not open {store}"),
        ("all hosts", f"analytics_truststore_password does not open {store}"),
    ]
    assert "s3cr3t" not in str(found)
    assert locked(wso2is_keystore_password="changed", analytics_truststore_password="changed") == []


def test_example_values_are_mistakes_where_hosts_are_asked(practice: Path) -> None:
    """The sample's own are examples."""

    def rows(**changes: Any) -> list[tuple[str, str, str]]:
        hostvars = sample.hostvars(practice, **changes)
        hostvars["lb1"]["ansible_host"] = "10.1.1.11"
        deployment = topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)
        assert "example values" not in {item["check"] for item in checks.inventory_findings(deployment)}
        found = checks.inventory_findings(deployment, example_values=False)
        return [(item["host"], item["found"], item["remedy"]) for item in found if item["check"] == "example values"]

    say = "reserved for documentation"
    hosts = (
        "is1, is2, an1, an2",
        f"192.0.2.21, 192.0.2.22, 192.0.2.31, 192.0.2.32: {say}",
        "Change ansible_host, and wso2is_address where it is set.",
    )
    assert rows() == [
        ("all hosts", f"login.example.org: {say}", "Change wso2is_public_host."),
        ("all hosts", f"db.example.org: {say}", "Change wso2is_database_host, or host or url in wso2is_databases."),
        hosts,
    ]
    assert rows(wso2is_public_host="login.site.test", wso2is_database_host="10.1.1.41") == [hosts]
    directory = {"type": "read_only_ldap", "connection_url": "ldaps://ldap.example.com:636 ldaps://ldap.site.test:636"}
    remedy = "Change connection_url in wso2is_user_store."
    assert ("all hosts", f"ldap.example.com: {say}", remedy) in rows(wso2is_user_store=directory)
    assert rows(wso2is_public_host="l.test", wso2is_database_host="10.1.1.41", wso2is_address="10.1.1.2") == []


def test_schema_scripts_may_be_left_out(deployment: dict[str, Any], tmp_path: Path, practice: Path) -> None:
    import shutil

    shutil.copytree(practice / "wso2is-5.8.0", tmp_path / "wso2is-5.8.0", ignore=shutil.ignore_patterns("dbscripts"))
    sample.zip_folder(tmp_path / "wso2is-5.8.0", tmp_path / "p.zip")
    deployment["packs"]["identity_server"]["source"] = str(tmp_path / "p.zip")

    assert [found[:2] for found in brief(checks.inventory_findings(deployment))] == [("is1", "settings")]
    assert brief(checks.inventory_findings(deployment, schema_scripts=False)) == []


# Questions


def test_questions_for_a_node(deployment: dict[str, Any]) -> None:
    asked = checks.host_questions(deployment, "is1")

    assert asked["paths"] == ["/mnt/shared", "/opt/wso2/is", "/var/lib/wso2/is/database", "/var/log/wso2/is"]
    assert (asked["units"], asked["links"], asked["nginx"]) == (["wso2is.service"], ["/opt/wso2/is/current"], False)
    assert (asked["users"], asked["uids"], asked["groups"], asked["gids"]) == (["wso2carbon"], [802], ["wso2"], [802])
    assert asked["names"] == ["login.example.org", "db.example.org"]
    assert len(asked["files"]) == 2
    assert asked["files"][1].startswith(asked["files"][0])


def test_questions_for_analytics_and_load_balancer(deployment: dict[str, Any]) -> None:
    asked = checks.host_questions(deployment, "an1")
    assert asked["units"] == ["wso2is-analytics-worker.service", "wso2is-analytics-dashboard.service"]
    assert asked["links"] == ["/opt/wso2/analytics/current-dashboard", "/opt/wso2/analytics/current-worker"]
    assert "/mnt/shared" not in asked["paths"]

    asked = checks.host_questions(deployment, "lb1")
    assert (asked["units"], asked["nginx"], asked["paths"], asked["files"]) == (
        ["nginx.service"],
        True,
        [],
        [checks.BALANCER_NODES],
    )


def test_questions_without_a_pack(deployment: dict[str, Any]) -> None:
    deployment["packs"]["identity_server"]["source"] = "/absent.zip"

    assert checks.host_questions(deployment, "is1")["files"] == []


# Answers

GB = 1024


def facts(**changes: Any) -> dict[str, Any]:
    """What the module host_info says of a good host that has nothing yet."""
    path = {"mount_point": "/", "free_mb": 50 * GB, "total_mb": 60 * GB}
    return {
        "memory": {"total_mb": 8 * GB, "limit_mb": None},
        "paths": {"/opt/wso2/is": path, "/opt/wso2/analytics": path},
        "units": {"wso2is.service": None},
        "listening": [],
        "uids": {"802": None},
        "gids": {"802": None},
        "users": {"wso2carbon": None},
        "groups": {"wso2": None},
        "names": {"login.example.org": ["192.0.2.11"]},
        **changes,
    }


def test_good_hosts(deployment: dict[str, Any]) -> None:
    assert checks.host_findings(deployment, {host: facts() for host in deployment["hosts"]}) == []


def test_only_hosts_that_were_asked_are_judged(deployment: dict[str, Any]) -> None:
    small = facts(memory={"total_mb": 3 * GB, "limit_mb": None})

    assert {host for host, _check, _found in brief(checks.host_findings(deployment, {"is2": small, "lb1": small}))} == {
        "is2"
    }


def test_a_container_limit_counts(deployment: dict[str, Any]) -> None:
    found = brief(checks.host_findings(deployment, {"is1": facts(memory={"total_mb": 64 * GB, "limit_mb": 2 * GB})}))
    assert found
    assert {check for _host, check, _text in found} == {found[0][1]}


def test_disks(deployment: dict[str, Any]) -> None:
    full = {"/opt/wso2/is": {"mount_point": "/opt", "free_mb": 10, "total_mb": 5 * GB}}

    assert len(brief(checks.host_findings(deployment, {"is1": facts(paths=full)}))) == 1
    assert brief(checks.host_findings(deployment, {"is1": facts(paths={})})) == []


@pytest.mark.parametrize(
    ("listening", "units", "taken"),
    [
        ([{"port": 9453, "unit": "apache2.service", "pid": 7, "process": "apache2"}], {}, True),
        ([{"port": 9453, "unit": "wso2is.service", "pid": 7, "process": "java"}], {}, False),
        (
            [{"port": 9453, "unit": None, "pid": 7, "process": None}],
            {"wso2is.service": {"active_state": "inactive"}},
            True,
        ),
        # Who listens cannot be seen: ours when ours run.
        ([{"port": 9453, "unit": None, "pid": None}], {"wso2is.service": {"active_state": "active"}}, False),
        ([{"port": 9453, "unit": None, "pid": None}], {"wso2is.service": None}, True),
        ([{"port": 5555, "unit": None, "pid": 1, "process": "x"}], {}, False),
        (None, {}, False),
    ],
)
def test_ports_that_something_else_holds(
    deployment: dict[str, Any], listening: Any, units: dict[str, Any], taken: bool
) -> None:
    found = brief(checks.host_findings(deployment, {"is1": facts(listening=listening, units=units)}))

    assert bool(found) is taken
    assert all("9453" in str(item) for item in found)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"uids": {"802": "mail"}}, "uid 802 is mail's"),
        ({"gids": {"802": "mail"}}, "gid 802 is mail's"),
        ({"users": {"wso2carbon": {"uid": 1001}}}, "wso2carbon has uid 1001"),
        ({"groups": {"wso2": 1001}}, "wso2 has gid 1001"),
        (
            {
                "uids": {"802": "wso2carbon"},
                "users": {"wso2carbon": {"uid": 802}},
                "gids": {"802": "wso2"},
                "groups": {"wso2": 802},
            },
            "",
        ),
    ],
)
def test_the_service_user(deployment: dict[str, Any], answer: dict[str, Any], text: str) -> None:
    found = brief(checks.host_findings(deployment, {"an2": facts(**answer), "lb1": facts(**answer)}))

    assert found == ([("an2", "service user", text)] if text else [])


def test_a_public_name_that_does_not_resolve(deployment: dict[str, Any]) -> None:
    unknown = facts(names={"login.example.org": []})

    assert brief(checks.host_findings(deployment, {"is1": unknown, "an1": unknown})) == [
        ("is1", "public name", "login.example.org does not resolve")
    ]
    assert brief(checks.host_findings(deployment, {"is1": facts(names={})})) == []
    deployment["is_nodes"][0]["public_address"] = "192.0.2.11"
    assert brief(checks.host_findings(deployment, {"is1": unknown})) == []


# Which to start


def state(running: bool, *restart: str) -> dict[str, Any]:
    return {"running": running, "restart": list(restart)}


@pytest.mark.parametrize(
    ("states", "plan"),
    [
        ({}, {"first": [], "start": [], "restart": [], "lines": []}),
        ({"a": state(False)}, {"first": [], "start": ["a"], "restart": [], "lines": ["a: start"]}),
        (
            {"a": state(False), "b": state(False), "c": state(False)},
            {
                "first": ["a"],
                "start": ["b", "c"],
                "restart": [],
                "lines": ["a: start, before the others", "b: start", "c: start"],
            },
        ),
        # A start that is under way is the first, and only one is.
        (
            {"a": state(False), "b": {**state(False), "starting": True}, "c": {**state(False), "starting": True}},
            {
                "first": ["b"],
                "start": ["a", "c"],
                "restart": [],
                "lines": ["a: start", "b: start, before the others", "c: start"],
            },
        ),
        (
            {"a": state(True), "b": {**state(False), "starting": True}},
            {"first": [], "start": ["b"], "restart": [], "lines": ["a: nothing", "b: start"]},
        ),
        (
            {"a": state(True), "b": state(False)},
            {"first": [], "start": ["b"], "restart": [], "lines": ["a: nothing", "b: start"]},
        ),
        (
            {"a": state(True, "/opt/conf/axis2.xml", "java"), "b": state(False, "x"), "c": state(True)},
            {
                "first": [],
                "start": ["b"],
                "restart": ["a"],
                "lines": ["a: restart, because of axis2.xml, java", "b: start", "c: nothing"],
            },
        ),
        (
            {
                "a": state(True, "/new/conf/axis2.xml", "/old/conf/axis2.xml", "release"),
                "b": state(True, "/x/y", "/z/y"),
            },
            {
                "first": [],
                "start": [],
                "restart": ["a", "b"],
                "lines": ["a: restart, because of release", "b: restart, because of y"],
            },
        ),
    ],
)
def test_start_plan(states: dict[str, Any], plan: dict[str, Any]) -> None:
    assert checks.start_plan(states) == plan
