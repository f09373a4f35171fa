# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the views of all servers together say of a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter.cluster_verdicts import cluster_verdicts
from ansible_collections.identityops.wso2is.plugins.module_utils.carbon_log import read_log
from ansible_collections.identityops.wso2is.plugins.module_utils.proc_net import ESTABLISHED, LISTEN, Socket
from ansible_collections.identityops.wso2is.plugins.module_utils.server_view import (
    Member,
    Process,
    look_at_directories,
    make_view,
)
from ansible_collections.identityops.wso2is.plugins.plugin_utils.verdicts import verdicts

ADDRESSES = {"is1": "192.0.2.21", "is2": "192.0.2.22", "is3": "192.0.2.23"}
MEMBERS = [Member(name, address, 4000, frozenset([address])) for name, address in ADDRESSES.items()]
HEAD = "TID: [-1234] [] [2026-11-22 21:00:00,000]  INFO {a.B} -  "
STARTED = HEAD + "WSO2 Carbon started in 9 sec\n"


def listening(port: int) -> Socket:
    return Socket("ipv4", "0.0.0.0", port, "0.0.0.0", 0, LISTEN, 802, port)


def node(
    host: str, *seen: str, log: str = STARTED, own: int = 4000, https: int = 9443, running: bool = True
) -> dict[str, Any]:
    """What the module says on a node that has connections to others."""
    sockets = [listening(own), listening(https)]
    sockets += [Socket("ipv4", ADDRESSES[host], 50000, ADDRESSES[name], 4000, ESTABLISHED, 802, 1) for name in seen]
    process = Process(812, 1000.0, None) if running else None
    view = make_view("server", process, read_log(log), True, sockets, MEMBERS, host, [9443], [])
    return {**view, "log": "the.log"}


def worker(ha: str | None, receiver: bool, log: str = "") -> dict[str, Any]:
    """What the module says on an Analytics host."""
    states = {
        "active": "HA Deployment: Starting up as Active Node",
        "passive": "Starting up as Passive Node",
        None: "-",
    }
    text = STARTED + HEAD + states[ha] + "\n" + log
    sockets = [listening(9091), *([listening(7612)] if receiver else [])]
    view = make_view("worker", Process(812, 1000.0, None), read_log(text), True, sockets, [], None, [9091], [7612])
    return {**view, "log": "carbon.log"}


def whole() -> dict[str, dict[str, Any]]:
    return {host: node(host, *(set(ADDRESSES) - {host})) for host in ADDRESSES}


def test_a_whole_cluster() -> None:
    assert verdicts(whole()) == []


def test_a_node_that_is_alone() -> None:
    views = {"is1": node("is1", "is2"), "is2": node("is2", "is1"), "is3": node("is3")}
    assert verdicts(views) == [
        (
            "is3 is alone (is1, is2 | is3): no change on one side invalidates the caches of the other; let TCP "
            "port 4000 "
            "through between the nodes in both directions, and compare wso2is_address, hazelcast_domain and "
            "hazelcast_group_password; then restart is3"
        )
    ]


def test_a_cluster_that_is_split() -> None:
    views = {host: node(host) for host in ADDRESSES}
    (said,) = verdicts(views)
    assert said.startswith("the cluster is split (is1 | is2 | is3): ")
    assert said.endswith("then restart is2, is3")


def test_one_way_is_no_way() -> None:
    views = {"is1": node("is1", "is2", "is3"), "is2": node("is2", "is1", "is3"), "is3": node("is3", "is2")}
    assert verdicts(views) == [
        (
            "is3: member is1 (192.0.2.21:4000): no connection; look whether its server runs, and let TCP port "
            "4000 through "
            "between the two"
        )
    ]


def test_a_member_that_was_not_looked_at() -> None:
    assert verdicts({"is1": node("is1", "is2"), "is2": node("is2", "is1")})[0].startswith(
        "is1: member is3 (192.0.2.23:"
    )


def test_a_node_on_the_next_port() -> None:
    log = HEAD + "Local member: [u1] - Host:192.0.2.23, Remote Host:null, Port: 4001, HTTP:9763\n" + STARTED
    views = {"is1": node("is1", "is2"), "is2": node("is2", "is1"), "is3": node("is3", log=log, own=4001)}
    assert verdicts(views)[0] == (
        "is3: port 4000 is not open on this node; the node is at 192.0.2.23:4001 by its log, where no other member "
        "looks for it; another process held the port when the server started: end that process or set "
        "hazelcast_port, then "
        "restart is3"
    )


def test_clustering_off() -> None:
    views = {**whole(), "is3": node("is3", log=HEAD + "Clustering has been disabled\n" + STARTED, own=1)}
    assert verdicts(views)[0].startswith(
        "is3: clustering is switched off in repository/conf/axis2/axis2.xml, so port 4000 is not open on this node; run"
    )


def test_a_node_that_does_not_run() -> None:
    views = {"is1": node("is1", "is2"), "is2": node("is2", "is1"), "is3": node("is3", running=False)}
    assert verdicts(views) == ["is3: the server does not run; start it, the unit says why it cannot (log: the.log)"]


def test_a_node_that_stops() -> None:
    views = {**whole(), "is3": node("is3", log=STARTED + HEAD + "Shutdown hook triggered....\n")}
    assert verdicts(views)[0] == "is3: the server is stopping; start it again (log: the.log)"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"https": 1}, "is1: port 9443 is not open; restart the server"),
        ({"log": HEAD + "x\n"}, "is1: the log has no line that the server started; restart the server"),
    ],
)
def test_a_node_that_is_not_ready(given: dict[str, Any], said: str) -> None:
    views = {**whole(), "is1": node("is1", "is2", "is3", **given)}
    assert [text[: len(said)] for text in verdicts(views)] == [said]


def test_a_directory_that_vanished() -> None:
    views = {**whole(), "is1": look_at_directories(node("is1", "is2", "is3"), ["/", "/x/userstores"])}
    assert views["is1"]["ok"] is False
    assert verdicts(views) == [
        (
            "is1: the directory /x/userstores is gone and the server undeploys what it held; restore it from a "
            "backup and "
            "look that the file system of artifact_sync_path is mounted"
        )
    ]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (("active", True), ("passive", False), ""),
        (
            ("active", True),
            ("active", True),
            "More than one worker receives events (port 7612): an1, an2; they are no pair",
        ),
        (("active", False), ("passive", False), "an1 is active by its log but the port is closed: look there"),
        (
            ("passive", False),
            ("passive", False),
            "an1 and an2 are passive: the leader in wso2is_databases.analytics_cl",
        ),
        ((None, False), ("passive", False), "an1 did not say whether it is active"),
    ],
)
def test_the_pair_of_workers(one: tuple[str | None, bool], other: tuple[str | None, bool], said: str) -> None:
    views = {"an1": worker(*one), "an2": worker(*other)}
    found = cluster_verdicts(views, ["an1", "an2"])
    assert len(found) == (1 if said else 0)
    assert said in "".join(found)
    assert cluster_verdicts({"an1": views["an1"]}, ["an1", "an2"]) == []


def test_what_is_no_view() -> None:
    with pytest.raises(AnsibleFilterError, match="takes a mapping, not list"):
        cluster_verdicts([])
    with pytest.raises(AnsibleFilterError, match="cluster_verdicts: "):
        cluster_verdicts({"is1": {}})
