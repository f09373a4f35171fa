# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running server shows of itself and of its cluster; the module cluster_view documents the result."""

from __future__ import annotations

import os
import socket
import time
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.identityops.wso2is.plugins.module_utils.carbon_log import (
    ServerLog,
    read_log,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.java_heap import read_heap
from ansible_collections.identityops.wso2is.plugins.module_utils.proc_net import (
    ESTABLISHED,
    Socket,
    listening_ports,
    read_sockets,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.server_process import (
    Process,
    default_paths,
    find_process,
    text_of_run,
)

READY_PORTS = {"server": [], "worker": [9091], "dashboard": [9643]}
EXTRA_PORTS = {"server": [], "worker": [7612], "dashboard": []}
RECEIVER_PORT = 7612
MAX_MB = 32


class Member(NamedTuple):
    """A member that the cluster must have, with all addresses its name stands for."""

    name: str
    address: str
    port: int
    addresses: frozenset[str]


def judge_members(
    members: Sequence[Member], local: str | None, sockets: Iterable[Socket], log: ServerLog
) -> list[dict[str, Any]]:
    """Which members are live.

    :param members: The members that must be there.
    :param local: Name of this node among them.
    :param sockets: TCP sockets of this host.
    :param log: What the server's log says.
    """
    sockets = list(sockets)
    listening = listening_ports(sockets)
    own_ports = {member.port for member in members if member.name == local}
    found = []
    for member in members:
        names = {"%s:%d" % (address, member.port) for address in member.addresses | {member.address}}
        event = next((log.events[name] for name in sorted(names) if name in log.events), None)
        listed = (
            bool(names & set(log.members))
            if log.members is not None
            else {"joined": True, "left": False}.get(event or "")
        )
        reasons = []
        if member.name == local:
            connected = member.port in listening
            if not connected:
                reasons.append("port %d is not open on this node" % member.port)
        else:
            connected = any(
                entry.state == ESTABLISHED
                and entry.remote_address in member.addresses
                and (entry.remote_port == member.port or entry.local_port in own_ports)
                for entry in sockets
            )
            if not connected:
                reasons.append("no connection")
        if listed is False:
            reasons.append("left the cluster" if event == "left" else "not in the list of members in the log")
        found.append(
            {
                "name": member.name,
                "address": member.address,
                "port": member.port,
                "self": member.name == local,
                "live": not reasons,
                "connected": connected,
                "listed": listed,
                "reason": "; ".join(reasons) or None,
            }
        )
    return found


def unexpected_members(members: Sequence[Member], log: ServerLog) -> list[str]:
    """Members in the server's list that nobody asked for."""
    known = {"%s:%d" % (address, member.port) for member in members for address in member.addresses | {member.address}}
    return [name for name in log.members or [] if name not in known] if members else []


def seen_members(members: Sequence[Member], judged: Sequence[dict[str, Any]], log: ServerLog) -> list[str]:
    """Names of the members that the server has in its list, at whatever port; the live ones where it has none."""
    if log.members is None:
        return [item["name"] for item in judged if item["live"]]
    listed = {name.rpartition(":")[0] for name in log.members}
    return [member.name for member in members if listed & (member.addresses | {member.address})]


def senders(sockets: Iterable[Socket]) -> dict[str, Any]:
    """Who is connected to send events, and how many bytes of them the worker has not taken yet."""
    found = [entry for entry in sockets if entry.state == ESTABLISHED and entry.local_port == RECEIVER_PORT]
    return {
        "addresses": sorted({entry.remote_address for entry in found}),
        "waiting_bytes": sum(entry.unread for entry in found),
    }


def make_view(
    runtime: str,
    process: Process | None,
    log: ServerLog,
    complete: bool,
    sockets: Sequence[Socket],
    members: Sequence[Member],
    local: str | None,
    ready_ports: Sequence[int],
    ports: Sequence[int],
) -> dict[str, Any]:
    """Put together what was read; see the documentation of the module cluster_view."""
    open_ports = listening_ports(sockets)
    closed = [port for port in ready_ports if port not in open_ports]
    running = process is not None
    started = log.ready or (not complete and bool(ready_ports) and not log.stopping)
    ready = running and started and not closed
    judged = judge_members(members, local, sockets, log) if running else []
    if not running:
        judged = [
            {
                "name": member.name,
                "address": member.address,
                "port": member.port,
                "self": member.name == local,
                "live": False,
                "connected": False,
                "listed": None,
                "reason": "the server of this node does not run",
            }
            for member in members
        ]
    reasons = []
    if not running:
        reasons.append("the server does not run")
    else:
        if log.stopping:
            reasons.append("the server is stopping")
        elif not started:
            reasons.append("the log has no line that the server started")
        reasons.extend("port %d is not open" % port for port in closed)
        reasons.extend("member %s: %s" % (item["name"], item["reason"]) for item in judged if not item["live"])
        if members and log.clustering is False:
            reasons.append("clustering is switched off")
    return {
        "ok": not reasons,
        "running": running,
        "pid": process.pid if process else None,
        "started_at": process.started_at if process else None,
        "ready": ready,
        "ready_seconds": log.ready_seconds,
        "stopping": log.stopping,
        "clustering": log.clustering,
        "coordinator": running and log.coordinator,
        "local_member": log.local_member,
        "local_address": log.local_address,
        "gone": [],
        "members": judged,
        "live": [item["name"] for item in judged if item["live"]],
        "absent": [item["name"] for item in judged if not item["live"]],
        "unexpected": unexpected_members(members, log),
        "seen": seen_members(members, judged, log) if running else [],
        "ha": log.ha if runtime == "worker" and running else None,
        "ha_since": log.ha_since if runtime == "worker" and running else None,
        "ready_ports": [str(port) for port in ready_ports],
        "listening": {str(port): port in open_ports for port in list(ready_ports) + list(ports)},
        "connections": {
            str(port): sum(entry.state == ESTABLISHED and entry.local_port == port for entry in sockets)
            for port in list(ready_ports) + list(ports)
        },
        "senders": senders(sockets) if runtime == "worker" and running else None,
        "receiving": running and log.ha != "passive" and RECEIVER_PORT in open_ports if runtime == "worker" else None,
        "errors": log.errors,
        "reasons": reasons,
        "complete": complete,
    }


def look_at_directories(view: dict[str, Any], directories: Sequence[str]) -> dict[str, Any]:
    """Add the directories that are gone to a view."""
    gone = [path for path in directories if not os.path.isdir(path)]
    reasons = view["reasons"] + ["the directory %s is gone" % path for path in gone]
    return dict(view, gone=gone, reasons=reasons, ok=not reasons)


def read_run(path: str, process: Process | None, limit: int) -> tuple[ServerLog, bool]:
    """The log of the present run.

    :returns: What it says, and whether all of it was read.
    """
    text, complete = text_of_run(path, process, limit)
    return read_log(text), complete


def resolve(address: str) -> frozenset[str]:
    """All addresses of a member."""
    try:
        return frozenset(str(entry[4][0]) for entry in socket.getaddrinfo(address, None, proto=socket.IPPROTO_TCP))
    except (OSError, UnicodeError):
        return frozenset([address])


def has_come(view: dict[str, Any], until: str, ports: Sequence[int]) -> bool:
    """Whether a view is what is waited for.

    :param until: The option.
    :param ports: The ports of the option.
    """
    if until == "decided":
        return bool(view["ok"] and (view["receiving"] or view["ha"] == "passive"))
    if until == "receiving":
        return bool(view["ok"] and view["receiving"])
    if until == "synchronised":
        connected = all(view["connections"][str(port)] for port in ports if port != RECEIVER_PORT)
        return bool(view["ok"] and view["ha"] == "passive" and connected)
    return bool(view["ok"])


def wait_for(
    look: Callable[[], dict[str, Any]], seconds: float, come: Callable[[dict[str, Any]], bool] = lambda view: view["ok"]
) -> dict[str, Any]:
    """Look until all is well or the time is up.

    :param come: Whether a view is what is waited for.
    :returns: What was seen last.
    """
    deadline = time.monotonic() + seconds
    view = look()
    while not come(view) and time.monotonic() < deadline:
        time.sleep(1)
        view = look()
    return view


def ports_of(options: Mapping[str, Any]) -> Sequence[int]:
    """The ports to report besides those that must be open."""
    given: Sequence[int] | None = options.get("ports")
    return EXTRA_PORTS[options["runtime"]] if given is None else given


def look(options: Mapping[str, Any]) -> dict[str, Any]:
    """Look at a server once.

    :param options: Those of the module cluster_view; None or absence stands for its defaults.
    :raises ValueError: if `local` is none of the members.
    """
    runtime = options["runtime"]
    members = [
        Member(item["name"], item["address"], item["port"], resolve(item["address"]))
        for item in options.get("members") or []
    ]
    if members and options.get("local") not in [member.name for member in members]:
        raise ValueError("local is %r; it must be the name of one of the members" % options.get("local"))
    log_path, pid_file = default_paths(runtime, options["carbon_home"])
    log_path, pid_file = options.get("log") or log_path, options.get("pid_file") or pid_file
    ready_ports = options["ready_ports"] if options.get("ready_ports") is not None else READY_PORTS[runtime]
    process = find_process(pid_file, options.get("since"))
    log, complete = read_run(log_path, process, (options.get("max_mb") or MAX_MB) * 1024 * 1024)
    view = make_view(
        runtime, process, log, complete, read_sockets(), members, options.get("local"), ready_ports, ports_of(options)
    )
    view = look_at_directories(view, options.get("directories") or [])
    return dict(view, log=log_path, heap=read_heap(process.pid) if process else None)
