#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running server sees of its cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_view
short_description: What a running server sees of its cluster
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads the log of a server since its process was started, its process id file and the kernel's table of TCP
    connections, and says
    whether it is ready and which members of the cluster it sees live.
  - Never changes the host and does not fail when the server is down; RV(view.ok) says whether everything is as it
    should be.
  - Hazelcast has no interface in the product that tells its members. A member counts as live when a connection to it
    is established
    and the log does not say that it left. The member list that Hazelcast itself logs counts most; the server writes
    it when
    C(hazelcast.logging.type) is C(log4j).
options:
  runtime:
    description:
      - V(server) is the Identity Server, V(worker) and V(dashboard) are the runtimes of Identity Server Analytics.
    type: str
    choices: [server, worker, dashboard]
    default: server
  carbon_home:
    description:
      - The release directory.
    type: path
    required: true
  log:
    description:
      - The log file. Default is C(repository/logs/wso2carbon.log) or C(wso2/RUNTIME/logs/carbon.log) in O(carbon_home).
    type: path
  pid_file:
    description:
      - The process id file. Default is C(wso2carbon.pid) or C(wso2/RUNTIME/runtime.pid) in O(carbon_home).
    type: path
  members:
    description:
      - The members that the cluster must have, this node among them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - What the member is called in the result.
        type: str
        required: true
      address:
        description:
          - Its address or host name in the cluster.
        type: str
        required: true
      port:
        description:
          - Its Hazelcast port.
        type: int
        default: 4000
  local:
    description:
      - Name of this node among O(members).
    type: str
  directories:
    description:
      - Directories that must be there. A server undeploys the artifacts of one that vanishes.
    type: list
    elements: path
    default: []
  ready_ports:
    description:
      - TCP ports that must be open for the server to count as ready, besides the line in its log. Default is V(9091)
        for a worker,
        V(9643) for a dashboard and none for the Identity Server, whose HTTPS port depends on its port offset.
    type: list
    elements: int
  ports:
    description:
      - More TCP ports to report. Default is V(7612) for a worker, whose active node alone opens it.
    type: list
    elements: int
  since:
    description:
      - Time of the start in seconds since 1970. Default is the start of the process.
    type: float
  max_mb:
    description:
      - How much of the log is read at most, from its end.
    type: int
    default: 32
  wait:
    description:
      - Seconds to wait until RV(view.ok) is true, and what O(until) says. The result is what was seen last.
    type: int
    default: 0
  until:
    description:
      - What O(wait) waits for besides RV(view.ok). V(decided) is a worker that receives or is passive, V(receiving) one
        that receives, V(synchronised) a passive one with connections to all O(ports) but the receiver's.
    type: str
    choices: [ok, decided, receiving, synchronised]
    default: ok
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: none
    details: It changes nothing.
notes:
  - Fails only when O(local) is none of O(members).
seealso:
  - module: identityops.wso2is.identity_probe
"""

EXAMPLES = r"""
- name: See the cluster
  identityops.wso2is.cluster_view:
    carbon_home: /opt/wso2/is/current
    ready_ports: [9443]
    local: is1
    members:
      - {name: is1, address: 192.0.2.21}
      - {name: is2, address: 192.0.2.22}
  register: cluster

- name: See which worker receives
  identityops.wso2is.cluster_view:
    runtime: worker
    carbon_home: /opt/wso2/analytics/current-worker
  register: worker

- name: Wait until the other worker has taken over
  identityops.wso2is.cluster_view:
    runtime: worker
    carbon_home: /opt/wso2/analytics/current-worker
    wait: 120
    until: receiving
  register: worker
"""

RETURN = r"""
view:
  description: What was seen.
  returned: always
  type: dict
  contains:
    ok:
      description: The server runs, is ready, and every member is live. Other than a member that left, errors in the
        log do not count.
      type: bool
      returned: always
    running:
      description: Whether the process of the process id file runs.
      type: bool
      returned: always
    pid:
      description: Its number; null when it does not run.
      type: int
      returned: always
    started_at:
      description: When it was started, in seconds since 1970.
      type: float
      returned: always
    ready:
      description: The log says that the server started, it is not stopping, and all ready ports are open.
      type: bool
      returned: always
    ready_seconds:
      description: How long the start took, by the server's own line; null without one.
      type: float
      returned: always
    stopping:
      description: Whether it is stopping by its log.
      type: bool
      returned: always
    clustering:
      description: Whether the log says that clustering is on; null when it says nothing.
      type: bool
      returned: always
    coordinator:
      description: Whether this node was elected coordinator since its start.
      type: bool
      returned: always
    local_member:
      description: Identification of this member by the log.
      type: str
      returned: always
    local_address:
      description: Host and port of this member by the log, where the others can reach it; null when it says nothing.
      type: str
      returned: always
    gone:
      description: Those of O(directories) that are not there.
      type: list
      elements: str
      returned: always
    members:
      description: One entry for each member of the option.
      type: list
      elements: dict
      returned: always
      sample:
        - {name: is1, address: 192.0.2.21, port: 4000, self: true, live: true, connected: true, listed: true, reason:
          null}
        - {name: is2, address: 192.0.2.22, port: 4000, self: false, live: false, connected: false, listed: false,
          reason: "no connection; left the cluster"}
    live:
      description: Names of the live members.
      type: list
      elements: str
      returned: always
    absent:
      description: Names of the others.
      type: list
      elements: str
      returned: always
    unexpected:
      description: Members in the server's list that the option does not name.
      type: list
      elements: str
      returned: always
    ha:
      description: Whether a worker is V(active) or V(passive) by its log; null for others and without such a line.
      type: str
      returned: always
    ready_ports:
      description: The ports that must be open, as text.
      type: list
      elements: str
      returned: always
      sample: ["9091"]
    listening:
      description: Whether each port is open. The port numbers are text, as keys of JSON are.
      type: dict
      returned: always
      sample: {"9091": true, "7612": false}
    connections:
      description: How many connections to each port of this host are established. The port numbers are text.
      type: dict
      returned: always
      sample: {"9091": 0, "7612": 2}
    receiving:
      description: Whether a worker takes events, which is its state and its open port together; null for others.
      type: bool
      returned: always
    errors:
      description: Texts of FATAL lines, and of errors of clustering and connectors, since the start.
      type: list
      elements: str
      returned: always
    reasons:
      description: Why RV(view.ok) is false.
      type: list
      elements: str
      returned: always
    log:
      description: The log file.
      type: str
      returned: always
    complete:
      description: Whether all of the log since the start was read. When not, an early line may be missing, and an
        open ready port stands for it.
      type: bool
      returned: always
"""

import os
import socket
import time
from typing import Any, Callable, Iterable, NamedTuple, Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.carbon_log import (
    ServerLog,
    read_log,
)
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
    """Put together what was read; see the documentation of the result."""
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
        "ha": log.ha if runtime == "worker" and running else None,
        "ready_ports": [str(port) for port in ready_ports],
        "listening": {str(port): port in open_ports for port in list(ready_ports) + list(ports)},
        "connections": {
            str(port): sum(entry.state == ESTABLISHED and entry.local_port == port for entry in sockets)
            for port in list(ready_ports) + list(ports)
        },
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


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "runtime": {"type": "str", "choices": ["server", "worker", "dashboard"], "default": "server"},
            "carbon_home": {"type": "path", "required": True},
            "log": {"type": "path"},
            "pid_file": {"type": "path"},
            "members": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "address": {"type": "str", "required": True},
                    "port": {"type": "int", "default": 4000},
                },
            },
            "local": {"type": "str"},
            "directories": {"type": "list", "elements": "path", "default": []},
            "ready_ports": {"type": "list", "elements": "int"},
            "ports": {"type": "list", "elements": "int"},
            "since": {"type": "float"},
            "max_mb": {"type": "int", "default": 32},
            "wait": {"type": "int", "default": 0},
            "until": {"type": "str", "choices": ["ok", "decided", "receiving", "synchronised"], "default": "ok"},
        },
        supports_check_mode=True,
    )
    options = module.params
    runtime = options["runtime"]
    members = [
        Member(item["name"], item["address"], item["port"], resolve(item["address"])) for item in options["members"]
    ]
    if members and options["local"] not in [member.name for member in members]:
        module.fail_json(msg="local is %r; it must be the name of one of the members" % options["local"])
    log_path, pid_file = default_paths(runtime, options["carbon_home"])
    log_path, pid_file = options["log"] or log_path, options["pid_file"] or pid_file
    ready_ports = options["ready_ports"] if options["ready_ports"] is not None else READY_PORTS[runtime]
    ports = options["ports"] if options["ports"] is not None else EXTRA_PORTS[runtime]

    def look() -> dict[str, Any]:
        process = find_process(pid_file, options["since"])
        log, complete = read_run(log_path, process, options["max_mb"] * 1024 * 1024)
        view = make_view(runtime, process, log, complete, read_sockets(), members, options["local"], ready_ports, ports)
        return dict(look_at_directories(view, options["directories"]), log=log_path)

    # in check mode a server that is not there yet is no reason to wait for it
    seconds = 0 if module.check_mode else options["wait"]
    module.exit_json(changed=False, view=wait_for(look, seconds, lambda view: has_come(view, options["until"], ports)))


if __name__ == "__main__":
    main()
