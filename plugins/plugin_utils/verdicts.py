# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the views of all servers say of a cluster: one sentence for each fault, with what, where and what to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

RECEIVER_PORT = 7612


def verdicts(views: Mapping[str, Mapping[str, Any]], expected: Sequence[str] = ()) -> list[str]:
    """Judge the views of one kind of server.

    Args:
        views: by inventory name, what the module cluster_view returned.
        expected: inventory names of the two workers; empty for Identity Server nodes and dashboards.
    """
    found = [text for host, view in views.items() for text in _own(host, view)]
    running = {host: view for host, view in views.items() if view["running"] and not view["stopping"]}
    found += _split(running) + _unseen(views, running)
    if expected and all(host in views for host in expected):
        found += _receivers({host: views[host] for host in expected})
    return found


def _own(host: str, view: Mapping[str, Any]) -> list[str]:
    """Faults of a server that show without the others."""
    log = f"(log: {view['log']})"
    found = [
        f"{host}: the directory {path} is gone and the server undeploys what it held; restore it from a backup "
        "and look that the file system of artifact_sync_path is mounted"
        for path in view["gone"]
    ]
    if not view["running"]:
        return [f"{host}: the server does not run; start it, the unit says why it cannot {log}", *found]
    if view["stopping"]:
        return [f"{host}: the server is stopping; start it again {log}", *found]
    if not view["ready"]:
        closed = [port for port, is_open in view["listening"].items() if port in view["ready_ports"] and not is_open]
        what = f"port {', '.join(closed)} is not open" if closed else "the log has no line that the server started"
        found.append(f"{host}: {what}; restart the server, the unit says why it cannot start {log}")
    own = next((member for member in view["members"] if member["self"]), None)
    if own and view["clustering"] is False:
        found.append(
            f"{host}: clustering is switched off in repository/conf/axis2/axis2.xml, so port {own['port']} is not "
            "open "
            "on this node; run the playbook, which switches it on, and take out what switches it off"
        )
    elif own and not own["connected"]:
        place = f"; the node is at {view['local_address']} by its log" if view["local_address"] else ""
        found.append(
            f"{host}: port {own['port']} is not open on this node{place}, where no other member looks for it; "
            "another "
            "process held the port when the server started: end that process or set hazelcast_port, then restart "
            f"{host}"
        )
    return found


def _alike(one: str, other: str, running: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether two nodes see each other."""
    return other in running[one]["live"] and one in running[other]["live"]


def _parts(running: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """The nodes in groups of those that see each other, also through a third."""
    parts: list[list[str]] = []
    for host in running:
        mine = [part for part in parts if any(_alike(host, other, running) for other in part)]
        parts = [part for part in parts if part not in mine]
        parts.append([*(name for part in mine for name in part), host])
    return sorted(parts, key=lambda part: (-len(part), part))


def _split(running: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Several clusters where there should be one."""
    nodes = {host: view for host, view in running.items() if view["members"]}
    parts = _parts(nodes)
    if len(parts) < 2:
        return []
    said = " | ".join(", ".join(part) for part in parts)
    port = nodes[parts[0][0]]["members"][0]["port"]
    alone = [part[0] for part in parts if len(part) == 1]
    what = f"{alone[-1]} is alone" if len(parts) == 2 and len(alone) == 1 else "the cluster is split"
    return [
        (
            f"{what} ({said}): no change on one side invalidates the caches of the other; let TCP port {port} "
            "through "
            "between the nodes in both directions, and compare wso2is_address, hazelcast_domain and "
            "hazelcast_group_password; then "
            f"restart {', '.join(name for part in parts[1:] for name in part)}"
        )
    ]


def _unseen(views: Mapping[str, Mapping[str, Any]], running: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Members that a node does not see and that no other sentence is about."""
    parts = _parts({host: view for host, view in running.items() if view["members"]})
    found = []
    for host, view in running.items():
        for member in view["members"]:
            name = member["name"]
            together = any(host in part and name in part for part in parts)
            # Of nodes that were looked at, the parts of the cluster tell.
            if member["live"] or member["self"] or (name in views and not together):
                continue
            found.append(
                f"{host}: member {name} ({member['address']}:{member['port']}): {member['reason']}; look whether its "
                f"server runs, and let TCP port {member['port']} through between the two"
            )
    return found


def _receivers(views: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Exactly one worker must receive."""
    receiving = [host for host, view in views.items() if view["receiving"]]
    if len(receiving) == 1:
        return []
    if receiving:
        return [
            (
                f"More than one worker receives events (port {RECEIVER_PORT}): {', '.join(receiving)}; they are "
                "no pair: "
                "compare analytics_group_id and wso2is_databases.analytics_cluster, and the clocks of the two; "
                "then restart one"
            )
        ]
    active = [host for host, view in views.items() if view["ha"] == "active"]
    passive = [host for host, view in views.items() if view["ha"] == "passive"]
    if active:
        why = (
            f"{', '.join(active)} is active by its log but the port is closed: look there for the receiver's "
            "error, a "
            "port that another process holds or a keystore (analytics_keystore_password)"
        )
    elif len(passive) == len(views):
        why = (
            f"{' and '.join(passive)} are passive: the leader in wso2is_databases.analytics_cluster is neither of "
            "them; "
            "look for a third worker of this analytics_group_id, else restart one"
        )
    else:
        rest = [host for host in views if host not in passive]
        why = f"{', '.join(rest)} did not say whether it is active: start it, its unit says why it cannot"
    return [f"No worker receives events (port {RECEIVER_PORT}): {why}"]
