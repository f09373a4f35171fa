# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of a deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import topology as model
from ansible_collections.identityops.wso2is.plugins.plugin_utils.elements import element, secret_element
from ansible_collections.identityops.wso2is.plugins.plugin_utils.releases import load_release
from ansible_collections.identityops.wso2is.plugins.plugin_utils.server_facts import port_number
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology_findings import topology_findings
from settings import sample


def compute(folder: Path, analytics: bool = True, **changes: Any) -> dict[str, Any]:
    workers, dashboards = (sample.WORKERS, sample.DASHBOARDS) if analytics else ([], [])
    return model.topology(sample.hostvars(folder, **changes), sample.NODES, workers, dashboards, sample.BALANCERS)


def found(deployment: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["host"], item["found"]) for item in deployment["findings"]]


def test_pattern_2(tmp_path: Path) -> None:
    deployment = compute(tmp_path)

    assert deployment["findings"] == []
    assert deployment["pattern"] == 2
    assert deployment["release"] == "5.8.0"
    assert deployment["public"] == {
        "host": "login.example.org",
        "port": 443,
        "http_port": 80,
        "url": "https://login.example.org",
    }
    assert [node["host"] for node in deployment["is_nodes"]] == ["is1", "is2"]
    assert deployment["cluster_members"] == [
        {"name": "is1", "address": "192.0.2.21", "port": 4000},
        {"name": "is2", "address": "192.0.2.22", "port": 4000},
    ]
    assert deployment["upstreams"] == [
        {"name": "is1", "address": "192.0.2.21", "port": 9443},
        {"name": "is2", "address": "192.0.2.22", "port": 9443},
    ]
    assert [(node["host"], node["carbon_id"]) for node in deployment["workers"]] == [
        ("an1", "an1-worker"),
        ("an2", "an2-worker"),
    ]
    assert [(node["host"], node["carbon_id"]) for node in deployment["dashboards"]] == [("an1", "an1-dashboard")]
    assert deployment["load_balancers"] == [{"host": "lb1", "address": "192.0.2.11", "trusted_proxies": []}]
    assert {host: sorted(entry["servers"]) for host, entry in deployment["hosts"].items()} == {
        "is1": ["is"],
        "is2": ["is"],
        "an1": ["dashboard", "worker"],
        "an2": ["worker"],
        "lb1": [],
    }
    assert deployment["service_user"] == {"user": "wso2carbon", "uid": 802, "group": "wso2", "gid": 802}
    json.dumps(deployment)


def test_pattern_1_has_no_analytics(tmp_path: Path) -> None:
    # What only Analytics needs may be absent.
    deployment = compute(
        tmp_path,
        False,
        wso2is_analytics_pack="",
        analytics_admin_password="",
        analytics_keystore="",
        analytics_truststore="",
    )

    assert deployment["findings"] == []
    assert deployment["pattern"] == 1
    assert set(deployment["databases"]) == {"user", "registry", "identity", "consent", "workflow"}
    fields = deployment["hosts"]["is1"]["servers"]["is"]["fields"]
    assert (fields["analytics"]["enabled"], fields["analytics"]["publishers"]) == ("false", False)


def test_servers_of_the_hosts(tmp_path: Path) -> None:
    deployment = compute(
        tmp_path,
        analytics_heartbeat_interval=4000,
        analytics_heartbeat_max_retry=3,
        wso2is_install_dir="/srv/w",
        is_node_port_offset=1,
    )
    server = deployment["hosts"]["is1"]["servers"]["is"]

    assert (server["base"], server["home"], server["unit"]) == ("/srv/w/is", "/srv/w/is/current", "wso2is")
    assert server["script"] == "bin/wso2server.sh"
    assert server["ports"] == [9444]
    assert server["links"] == {
        "repository/logs": "/var/log/wso2/is",
        "repository/database": "/var/lib/wso2/is/database",
    }
    assert server["rejoin_seconds"] == 0
    assert server["driver"] == "repository/components/lib"
    worker, dashboard = (deployment["hosts"]["an1"]["servers"][kind] for kind in ("worker", "dashboard"))
    assert worker["base"] == dashboard["base"] == "/srv/w/analytics"
    assert (worker["unit"], dashboard["unit"]) == ("wso2is-analytics-worker", "wso2is-analytics-dashboard")
    assert (worker["ports"], dashboard["ports"]) == ([9091], [9643])
    assert (worker["rejoin_seconds"], dashboard["rejoin_seconds"]) == (12.0, 0)
    assert worker["links"] == dashboard["links"]
    assert worker["writable"] == dashboard["writable"] == ["tmp", "wso2/dashboard", "wso2/worker"]
    assert (worker["heap_mb"], dashboard["heap_mb"]) == (2048, 1024)


def test_addresses(tmp_path: Path) -> None:
    hostvars = sample.hostvars(tmp_path)
    hostvars["is1"]["wso2is_address"] = "198.51.100.1"
    del hostvars["is2"]["ansible_host"]

    deployment = model.topology(hostvars, ["is1", "is2"])

    assert [node["address"] for node in deployment["is_nodes"]] == ["198.51.100.1", "is2"]


@pytest.mark.parametrize(
    ("port", "url"), [(443, "https://login.example.org"), (8443, "https://login.example.org:8443")]
)
def test_public_url(tmp_path: Path, port: int, url: str) -> None:
    assert compute(tmp_path, wso2is_public_port=port)["public"]["url"] == url


def test_only_the_first_node_does_what_only_one_may_do(tmp_path: Path) -> None:
    fields = [compute(tmp_path)["hosts"][host]["servers"]["is"]["fields"] for host in ("is1", "is2")]
    assert [entry["node"]["cleans_sessions"] for entry in fields] == ["true", "false"]
    assert [entry["analytics"]["publishers"] for entry in fields] == [True, False]


def test_publishers_that_are_not_shared_are_written_by_every_node(tmp_path: Path) -> None:
    deployment = compute(tmp_path, artifact_sync_directories={"userstores": "repository/deployment/server/userstores"})

    assert [
        deployment["hosts"][host]["servers"]["is"]["fields"]["analytics"]["publishers"] for host in ("is1", "is2")
    ] == [True, True]


def test_events_go_to_both_workers_with_failover(tmp_path: Path) -> None:
    analytics = compute(tmp_path)["hosts"]["is2"]["servers"]["is"]["fields"]["analytics"]
    assert analytics["receiver_url"] == "tcp://192.0.2.31:7612|tcp://192.0.2.32:7612"


# Databases


def test_databases_that_are_left_out_are_kept_with_others(tmp_path: Path) -> None:
    databases = compute(tmp_path)["databases"]

    assert {purpose: entry["same_as"] for purpose, entry in databases.items()} == {
        "user": "user",
        "registry": "user",
        "identity": "identity",
        "consent": "identity",
        "workflow": "workflow",
        "analytics": "analytics",
        "analytics_cluster": "analytics_cluster",
        "analytics_persistence": "analytics_persistence",
    }
    assert databases["registry"]["url"] == databases["user"]["url"] == "jdbc:postgresql://db.example.org:5432/user_db"


def test_host_and_port_of_a_database(tmp_path: Path) -> None:
    given = sample.hostvars(tmp_path)["is1"]["wso2is_databases"]
    given["identity"] |= {"host": "other.example.org", "port": 6432}

    deployment = compute(tmp_path, wso2is_databases=given, wso2is_database_port=5555)

    assert deployment["databases"]["consent"]["url"] == "jdbc:postgresql://other.example.org:6432/identity_db"
    assert deployment["databases"]["user"]["url"] == "jdbc:postgresql://db.example.org:5555/user_db"


def test_findings_on_databases(tmp_path: Path) -> None:
    given = {"user": {"name": "u", "username": "u"}, "identity": "text", "persistence": {}, "workflow": None}

    deployment = compute(tmp_path, False, wso2is_databases=given, wso2is_database_host="")

    assert found(deployment) == [
        ("inventory", "wso2is_databases.user lacks password"),
        ("inventory", "wso2is_databases.user has no host"),
        ("inventory", "wso2is_databases.identity lacks name, username, password"),
        ("inventory", "wso2is_databases.identity has no host"),
        ("inventory", "wso2is_databases.workflow lacks name, username, password"),
        ("inventory", "wso2is_databases.workflow has no host"),
        ("inventory", "wso2is_databases.persistence"),
    ]


def test_no_databases_at_all(tmp_path: Path) -> None:
    assert found(compute(tmp_path, wso2is_databases=None)) == [("inventory", "wso2is_databases is not set")]


# One value for all


def test_what_is_said_on_one_host_holds_for_all(tmp_path: Path) -> None:
    hostvars = sample.hostvars(tmp_path)
    for host in sample.ADDRESSES:
        for name in ("wso2is_admin_password", "hazelcast_domain", "analytics_admin_password"):
            del hostvars[host][name]
    # Neither the first node nor the first worker.
    hostvars["lb1"]["wso2is_admin_password"] = "said once"
    hostvars["is2"]["hazelcast_domain"] = "other.domain"
    hostvars["an2"]["analytics_admin_password"] = "of the workers"

    deployment = model.topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)

    assert deployment["findings"] == []
    for host in sample.NODES:
        fields = deployment["hosts"][host]["servers"]["is"]["fields"]
        assert fields["admin"]["password"] == "said once"
        assert "other.domain" in json.dumps(fields)
        assert "of the workers" in json.dumps(fields["analytics"])


@pytest.mark.parametrize(
    ("name", "hosts"),
    [
        ("wso2is_public_host", "is1, is2, an1, an2, lb1"),
        ("hazelcast_domain", "is1, is2"),
        ("analytics_admin_password", "an1, an2"),
    ],
)
def test_hosts_that_disagree(tmp_path: Path, name: str, hosts: str) -> None:
    hostvars = sample.hostvars(tmp_path)
    hostvars[hosts.split(", ")[1]][name] = "s3cr3t.example.org"

    deployment = model.topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)

    (finding,) = deployment["findings"]
    assert (finding["host"], finding["found"]) == (hosts, f"{name} differs between them")
    assert (finding["check"], finding["severity"]) == ("variables", "error")
    assert finding["remedy"] == f"Set {name} once, for all of them."
    assert "s3cr3t" not in str(finding)


def test_what_each_host_may_have_for_itself(tmp_path: Path) -> None:
    hostvars = sample.hostvars(tmp_path)
    hostvars["is2"] |= {"is_node_heap_mb": 512, "hazelcast_port": 4100, "is_node_port_offset": 3}
    # What only nodes read does not matter elsewhere.
    hostvars["an1"]["hazelcast_domain"] = "unread"

    deployment = model.topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)

    assert deployment["findings"] == []
    assert [member["port"] for member in deployment["cluster_members"]] == [4000, 4100]
    assert [deployment["hosts"][host]["servers"]["is"]["heap_mb"] for host in sample.NODES] == [2048, 512]


# Findings


def test_the_same_mistake_on_all_hosts_is_one_finding(tmp_path: Path) -> None:
    deployment = compute(tmp_path, is_node_heap_mb="much")

    assert [(item["host"], item["check"]) for item in deployment["findings"]] == [("all hosts", "variables")]


def test_a_mistake_on_some_hosts_names_them(tmp_path: Path) -> None:
    hostvars = sample.hostvars(tmp_path)
    for host in ("is2", "an1"):
        hostvars[host]["hazelcast_prot"] = 4000
    hostvars["lb1"]["hazelcast_port"] = "many"

    deployment = model.topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)

    assert found(deployment) == [("is2, an1", "hazelcast_prot is set"), ("lb1", "hazelcast_port is 'many' of type str")]


def test_one_host_is_named(tmp_path: Path) -> None:
    assert found(model.topology(sample.hostvars(tmp_path, is_node_heap_mb="x"), ["is1"]))[0][0] == "is1"


@pytest.mark.parametrize(
    "name", ["artifact_sync_path", "analytics_admin_password", "analytics_keystore", "analytics_truststore"]
)
def test_variables_without_a_useful_default(tmp_path: Path, name: str) -> None:
    assert found(compute(tmp_path, **{name: ""})) == [("inventory", f"{name} is not set")]


def test_without_nodes(tmp_path: Path) -> None:
    deployment = model.topology(sample.hostvars(tmp_path), [], sample.WORKERS)

    assert [item["found"] for item in deployment["findings"]] == ["no Identity Server node"]
    assert (deployment["pattern"], deployment["hosts"], deployment["is_nodes"]) == (2, {}, [])
    json.dumps(deployment)


@pytest.mark.parametrize(
    ("asked", "pattern", "wrong"), [(0, 1, []), (1, 1, []), (2, 2, ["exactly two", "one or more"])]
)
def test_the_pattern_that_is_asked_for(tmp_path: Path, asked: int, pattern: int, wrong: list[str]) -> None:
    deployment = model.topology(sample.hostvars(tmp_path), sample.NODES, [], [], sample.BALANCERS, asked)

    assert deployment["pattern"] == pattern
    assert deployment["findings"] == []
    lacking = [item for item in topology_findings(deployment) if item["severity"] == "error"]
    assert sorted(item["required"].split(":")[0] for item in lacking) == wrong
    assert all(item["found"] == "none" for item in lacking)


def test_an_unknown_release(tmp_path: Path) -> None:
    deployment = compute(tmp_path, wso2is_release="4.0.0")

    assert [(item["check"], item["remedy"]) for item in deployment["findings"]] == [
        ("release", "Change wso2is_release.")
    ]
    assert "4.0.0" in deployment["findings"][0]["found"]
    assert deployment["hosts"] == {}


def test_a_host_without_variables() -> None:
    texts = [text for _host, text in found(model.topology({}, ["is1", "is2"]))]

    assert "wso2is_pack is not set" in texts
    assert "wso2is_public_host is not set" in texts


def test_no_finding_shows_a_secret(tmp_path: Path) -> None:
    hostvars = sample.hostvars(
        tmp_path, wso2is_databases="s3cr3t", wso2is_admin_password=["s3cr3t"], wso2is_keystore_pasword="s3cr3t"
    )

    assert "s3cr3t" not in json.dumps(model.topology(hostvars, ["is1"])["findings"])


def test_port_number() -> None:
    release = load_release("5.8.0")

    assert port_number(release, "identity_server", "https", 3) == 9446
    assert port_number(release, "identity_server", "cluster", 3) == 4000
    assert port_number(release, "analytics_worker", "thrift") == 7612


def test_elements() -> None:
    assert element("a") == {"tag": "a"}
    assert element("a", "text", b="c") == {"tag": "a", "attributes": {"b": "c"}, "text": "text"}
    assert element("a", {"tag": "b"}) == {"tag": "a", "children": [{"tag": "b"}]}
    assert secret_element("a", "x") == {"tag": "a", "text": {"text": "x", "secret": True}}
