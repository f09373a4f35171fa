# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two clusters of one inventory, in one network and with one database server, never see each other."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import socket
import ssl
from typing import Any
from urllib.parse import quote

import pytest
from converged import ROOT
from scenario import Scenario

CLUSTERS = {"blue": ("is1", "is2"), "green": ("is3", "is4")}
BALANCERS = {"blue": "lb1", "green": "lb2"}
LAST_PART = {"lb1": 11, "lb2": 12, "is1": 21, "is2": 22, "is3": 23, "is4": 24}
NODES = [(cluster, node) for cluster, nodes in CLUSTERS.items() for node in nodes]
SHARE = "/mnt/wso2is-shared"


def address(node: str) -> str:
    return f"{os.environ['LAB_NETWORK']}.{LAST_PART[node]}"


def other(cluster: str) -> str:
    return "green" if cluster == "blue" else "blue"


def scim(scenario: Scenario, node: str, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Ask a node or a load balancer as the administrator; status and answer."""
    port = 9443 if node.startswith("is") else scenario.public_port
    tls = ssl.create_default_context(cafile=str(scenario.scratch / "ca/ca.crt"))
    connection = http.client.HTTPConnection(scenario.public_host, port)
    stream = socket.create_connection((address(node), port), timeout=60)
    connection.sock = tls.wrap_socket(stream, server_hostname=scenario.public_host)
    headers = {"Authorization": "Basic " + base64.b64encode(b"admin:Lab-admin-1").decode()}
    headers |= {"Content-Type": "application/scim+json", "Accept": "application/scim+json"}
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text else None


def find(scenario: Scenario, node: str, name: str) -> list[dict[str, Any]]:
    """Users of that name, as a node has them."""
    status, answer = scim(scenario, node, "GET", f"/scim2/Users?filter={quote(f'userName eq {name}')}")
    assert status in (200, 404), answer
    found: list[dict[str, Any]] = answer.get("Resources", [])
    return found


def add(scenario: Scenario, cluster: str, name: str, given: str) -> str:
    """Make a user through the load balancer of a cluster; the id."""
    user = {"userName": name, "password": "Two-clusters-1", "name": {"givenName": given, "familyName": "Test"}}
    status, answer = scim(scenario, BALANCERS[cluster], "POST", "/scim2/Users", user)
    assert status == 201, answer
    return str(answer["id"])


def rename(scenario: Scenario, node: str, user: str, given: str) -> None:
    change = {"op": "replace", "value": {"name": {"givenName": given}}}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [change]}
    status, answer = scim(scenario, node, "PATCH", f"/scim2/Users/{user}", body)
    assert status == 200, answer


def given_names(scenario: Scenario, cluster: str, name: str) -> set[str]:
    """The given name of a user, from every node of a cluster."""
    return {user["name"]["givenName"] for node in CLUSTERS[cluster] for user in find(scenario, node, name)}


def processes(scenario: Scenario, cluster: str) -> dict[str, tuple[str, ...]]:
    """What runs on the hosts of a cluster: main process and start time of its service."""
    units = dict.fromkeys(CLUSTERS[cluster], "wso2is") | {BALANCERS[cluster]: "nginx"}
    names = ("MainPID", "ActiveEnterTimestampMonotonic", "NRestarts")
    return {host: tuple(scenario.unit(host, unit, *names).values()) for host, unit in units.items()}


@pytest.mark.parametrize(("cluster", "node"), NODES)
def test_member_list(scenario: Scenario, cluster: str, node: str) -> None:
    text = scenario.on(node, "cat", "/opt/wso2/is/current/repository/conf/axis2/axis2.xml")
    members = set(re.findall(r"<hostName>([0-9.]+)</hostName>", text))
    assert {address(name) for name in CLUSTERS[cluster]} <= members
    assert not members & {address(name) for name in CLUSTERS[other(cluster)]}
    assert f'<parameter name="domain">{cluster}</parameter>' in text


@pytest.mark.parametrize(("cluster", "node"), NODES)
def test_connections_are_inside_the_cluster(scenario: Scenario, cluster: str, node: str) -> None:
    lines = scenario.on(node, "ss", "-Htn", "state", "established", "( sport = :4000 or dport = :4000 )").splitlines()
    peers = {line.split()[3].rsplit(":", 1)[0].removeprefix("[::ffff:").removesuffix("]") for line in lines}
    assert peers == {address(name) for name in CLUSTERS[cluster] if name != node}


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_user_is_of_one_cluster(scenario: Scenario, cluster: str) -> None:
    name = f"only-{cluster}"
    add(scenario, cluster, name, "Ann")
    assert given_names(scenario, cluster, name) == {"Ann"}
    assert given_names(scenario, other(cluster), name) == set()


def test_a_claim_changed_in_one_is_not_changed_in_the_other(scenario: Scenario) -> None:
    """The same name in both, so that a message to the wrong cluster would find its cache entry."""
    users = {cluster: add(scenario, cluster, "same", cluster) for cluster in CLUSTERS}
    # Every node has it in its cache.
    assert {cluster: given_names(scenario, cluster, "same") for cluster in CLUSTERS} == {
        "blue": {"blue"},
        "green": {"green"},
    }
    rename(scenario, "is1", users["blue"], "changed")
    # Fresh on the other node at once, as in every cluster.
    assert {cluster: given_names(scenario, cluster, "same") for cluster in CLUSTERS} == {
        "blue": {"changed"},
        "green": {"green"},
    }


def test_shares(scenario: Scenario) -> None:
    scenario.on("is1", "touch", f"{SHARE}/userstores/of-blue.txt")
    try:
        seen = {node: scenario.on(node, "ls", f"{SHARE}/userstores") for _name, node in NODES}
        assert [node for node, text in seen.items() if "of-blue.txt" in text] == ["is1", "is2"]
    finally:
        scenario.on("is1", "rm", f"{SHARE}/userstores/of-blue.txt")


def test_databases(scenario: Scenario) -> None:
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND client_addr = '{}'"
    own = {"blue": "is_identity", "green": "green_identity"}
    for cluster, node in NODES:
        used = {name: scenario.sql("postgres", count.format(database, address(node))) for name, database in own.items()}
        assert int(used[cluster]) > 0, (node, used)
        assert int(used[other(cluster)]) == 0, (node, used)


def test_cost_of_an_unchanged_run(scenario: Scenario) -> None:
    run = scenario.unchanged_run
    limits = {node: 8 for _name, node in NODES} | dict.fromkeys(BALANCERS.values(), 6)
    found = {host: run.executions_on(host) for host in limits}
    assert {host: items for host, items in found.items() if not 0 < len(items) <= limits[host]} == {}


def test_the_share_of_the_other_cluster_is_refused(scenario: Scenario) -> None:
    """A node of green that has the share of blue mounted where its own should be."""
    groups = ("-e", "wso2is_nodes_group=green_nodes", "-e", "wso2is_load_balancers_group=green_load_balancers")
    before = {cluster: processes(scenario, cluster) for cluster in CLUSTERS}
    scenario.refuse(
        *groups,
        *("-e", "artifact_sync_path=/mnt/wrong-share"),
        log="wrong-share",
        words=("/mnt/wrong-share", "blue", "green"),
        playbook=ROOT / "playbooks/pattern1.yml",
    )
    assert {cluster: processes(scenario, cluster) for cluster in CLUSTERS} == before


def test_a_change_of_one_cluster_restarts_nothing_of_the_other(scenario: Scenario) -> None:
    before = {cluster: processes(scenario, cluster) for cluster in CLUSTERS}
    run = scenario.run(
        ROOT / "playbooks/pattern1.yml",
        *scenario.arguments,
        *("-e", "wso2is_nodes_group=blue_nodes", "-e", "wso2is_load_balancers_group=blue_load_balancers"),
        *("-e", "is_node_heap_mb=168"),
        log="change-blue",
    )
    assert run.code == 0, run.output[-5000:]
    assert set(run.stats) == {"is1", "is2", "lb1"}
    # Nodes are taken out of the balancing while they change.
    assert set(run.changed) == {"is1", "is2", "lb1"}
    after = {cluster: processes(scenario, cluster) for cluster in CLUSTERS}
    assert all(after["blue"][node] != before["blue"][node] for node in CLUSTERS["blue"])
    assert after["green"] == before["green"]
