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
    seen:
      description: Names of the members whose address is in the server's own list, at whatever port. Two that are not to
        have the port any more that they have are still one cluster.
      type: list
      elements: str
      returned: always
    ha:
      description: Whether a worker is V(active) or V(passive) by its log; null for others and without such a line.
      type: str
      returned: always
    ha_since:
      description: When that began, in seconds since 1970; null without such a line.
      type: float
      returned: always
    senders:
      description: Of a worker, C(addresses) that are connected to send events, and C(waiting_bytes) of theirs that
        the worker has not taken yet; null for others.
      type: dict
      returned: always
      sample: {addresses: [192.0.2.21, 192.0.2.22], waiting_bytes: 0}
    heap:
      description: C(max_mb), the limit of the heap by the command line, and C(used_mb), what it holds; null for what
        could not be read, and when the server does not run.
      type: dict
      returned: always
      sample: {max_mb: 2048, used_mb: 641}
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.server_view import has_come, look, ports_of, wait_for


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
    ports = ports_of(options)
    # in check mode a server that is not there yet is no reason to wait for it
    seconds = 0 if module.check_mode else options["wait"]
    try:
        view = wait_for(lambda: look(options), seconds, lambda view: has_come(view, options["until"], ports))
    except ValueError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, view=view)


if __name__ == "__main__":
    main()
