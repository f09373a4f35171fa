# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks: first over the inventory alone, then over what the hosts say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .findings import finding, sort_findings
from .memory import deployment_memory, memory_findings
from .pack import PackError
from .ports import deployment_services, port_findings
from .servers import installation, pack_findings
from .topology_findings import topology_findings

# The vendor's own: it stands in the start script of Analytics, after the options that could override it.
BUILT_IN = "wso2carbon"


def inventory_findings(deployment: Mapping[str, Any], schema_scripts: bool = True) -> list[dict[str, str]]:
    """Findings that need no host: variables, topology, ports, packs and settings.

    Args:
        deployment: the model.
        schema_scripts: whether the pack must have them; rendering does without.
    """
    found = [dict(item) for item in deployment["findings"]]
    if not deployment["is_nodes"]:
        return sort_findings(found)
    found += topology_findings(deployment)
    found += port_findings(deployment_services(deployment, deployment["release"]), deployment["release"])
    if not any(item["check"] == "variables" and item["severity"] == "error" for item in found):
        found += _file_findings(deployment)
        found += _store_findings(deployment)
        if not any(item["check"] == "files" for item in found):
            found += pack_findings(deployment, schema_scripts=schema_scripts)
    return sort_findings(found)


def _file_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Keystores and truststores that are not readable on the control node, by the variable that names them."""
    names = {"is": "wso2is", "worker": "analytics", "dashboard": "analytics"}
    unreadable = {}
    for entry in deployment["hosts"].values():
        for kind, server in entry["servers"].items():
            for store in ("keystore", "truststore"):
                path = os.path.expanduser(server["fields"][store]["file"] or "")
                if not os.access(path, os.R_OK) or not os.path.isfile(path):
                    unreadable[f"{names[kind]}_{store}"] = path
    return [
        finding("all hosts", "files", f"{name}: {path} cannot be read", "a file on the control node", f"Change {name}.")
        for name, path in unreadable.items()
    ]


def _store_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Passwords of the Analytics stores that differ from the one that its start script has built in."""
    found = []
    for store in ("keystore", "truststore"):
        hosts = [
            host
            for host, entry in deployment["hosts"].items()
            if any(
                server["kind"] != "is" and server["fields"][store]["password"] != BUILT_IN
                for server in entry["servers"].values()
            )
        ]
        if hosts:
            name = f"analytics_{store}_password"
            found.append(
                finding(
                    ", ".join(hosts),
                    "start script",
                    f"{name} is not the one that wso2/<runtime>/bin/carbon.sh has built in",
                    BUILT_IN,
                    f"Leave out {name} and protect the store by its file mode, or edit the script in your pack.",
                    severity="warning",
                )
            )
    return found


def host_questions(deployment: Mapping[str, Any], host: str) -> dict[str, Any]:
    """What to ask a host in one execution: the options of the module host_info."""
    servers = deployment["hosts"][host]["servers"].values()
    user = deployment["service_user"]
    releases = []
    for server in servers:
        try:
            releases += installation(deployment, host, server["kind"])["needs"]
        except PackError:
            # Already a finding of the inventory.
            continue
    directories = [path for server in servers for path in (server["base"], *server["links"].values())]
    shared = [deployment["artifacts"]["path"]] if "is" in deployment["hosts"][host]["servers"] else []
    return {
        "paths": sorted(set(directories + shared)),
        "listening": True,
        "names": [deployment["public"]["host"]],
        "units": [f"{server['unit']}.service" for server in servers] or ["nginx.service"],
        "files": sorted(set(releases)),
        "links": sorted({server["home"] for server in servers}),
        "users": [user["user"]],
        "uids": [user["uid"]],
        "groups": [user["group"]],
        "gids": [user["gid"]],
        "nginx": not servers,
        "commands": ["psql"],
    }


def host_findings(deployment: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Findings over what the hosts say.

    Args:
        deployment: the model.
        hosts: by inventory name, what the module host_info returned in `host`.
    """
    memory = deployment_memory(deployment)
    found = memory_findings(
        {
            host: {
                **memory.get(host, {"heaps_mb": {}}),
                "memory_mb": facts["memory"]["total_mb"],
                "container_limit_mb": facts["memory"]["limit_mb"],
                "disks": _disks(deployment, host, facts),
            }
            for host, facts in hosts.items()
            if host in memory
        },
        deployment["release"],
        deployment["minimum"],
    )
    services = deployment_services(deployment, deployment["release"])
    found += port_findings(
        {host: services.get(host, []) for host in hosts},
        deployment["release"],
        {host: {"taken": _taken(deployment, host, facts)} for host, facts in hosts.items()},
    )
    user = deployment["service_user"]
    for host, facts in hosts.items():
        if deployment["hosts"][host]["servers"]:
            found += _user_findings(host, facts, user)
    for node in deployment["is_nodes"]:
        found += _name_findings(node, hosts.get(node["host"]), deployment["public"]["host"])
    return sort_findings(found)


def _name_findings(node: Mapping[str, Any], facts: Mapping[str, Any] | None, public_host: str) -> list[dict[str, str]]:
    """Whether a node reaches the public name, which its login pages call."""
    if facts is None or node["public_address"] or facts["names"].get(public_host) != []:
        return []
    remedy = "Add the name to the DNS, or set is_node_public_address to the load balancer's address."
    return [finding(node["host"], "public name", f"{public_host} does not resolve", "an address", remedy)]


def _disks(deployment: Mapping[str, Any], host: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The file systems that the servers of a host fill, each once, with the disk that the product asks for."""
    disks = {}
    for server in deployment["hosts"][host]["servers"].values():
        about = facts["paths"].get(server["base"])
        if about:
            disks[about["mount_point"]] = {
                "path": server["base"],
                "mount": about["mount_point"],
                "free_mb": about["free_mb"],
                "total_mb": about["total_mb"],
                "needed_mb": 0,
            }
    return list(disks.values())


def _taken(deployment: Mapping[str, Any], host: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ports on which something else listens. What our own units hold is theirs."""
    own = {f"{server['unit']}.service" for server in deployment["hosts"][host]["servers"].values()} | {"nginx.service"}
    running = any(unit and unit["active_state"] == "active" for unit in facts["units"].values())
    # A container may hide who listens. Where our servers run, such a port is taken for theirs.
    return [
        {"port": entry["port"], "protocol": "tcp", "process": entry.get("process") or "another process"}
        for entry in facts.get("listening") or []
        if entry.get("unit") not in own and not (running and entry.get("pid") is None)
    ]


def _user_findings(host: str, facts: Mapping[str, Any], user: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for kind, name, number in (("uid", user["user"], user["uid"]), ("gid", user["group"], user["gid"])):
        holder = facts[f"{kind}s"].get(str(number))
        present = facts["users" if kind == "uid" else "groups"].get(name)
        has = present["uid"] if kind == "uid" and present else present
        if holder not in (None, name):
            found.append(
                finding(
                    host,
                    "service user",
                    f"{kind} {number} is {holder}'s",
                    f"free, or {name}'s",
                    f"Set wso2is_{kind} to a free number, the same on all hosts.",
                )
            )
        elif has not in (None, number):
            found.append(
                finding(
                    host,
                    "service user",
                    f"{name} has {kind} {has}",
                    f"{kind} {number}",
                    f"Set wso2is_{kind} to {has} on all hosts, or change it there.",
                )
            )
    return found


def start_plan(states: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Which servers of one kind to start and to restart, and why.

    Where none runs, one starts first: on an empty database the first start writes users and registry, and a cluster
    needs somebody to join.

    Args:
        states: by inventory name, in order, `running` (bool) and `restart` (reasons) as the module carbon_files
            returns them.

    Returns:
        `first`, `start` and `restart`, lists of inventory names, and `lines`, one sentence for each host.
    """
    stopped = [host for host, state in states.items() if not state["running"]]
    # A start that an earlier run began goes on: it is the first, whichever node it is.
    begun = [host for host in stopped if states[host].get("starting")]
    first = (begun or stopped)[:1] if stopped and len(stopped) == len(states) and len(states) > 1 else []
    restart = [host for host, state in states.items() if state["running"] and state["restart"]]
    lines = []
    for host, state in states.items():
        if host in first:
            lines.append(f"{host}: start, before the others")
        elif host in stopped:
            lines.append(f"{host}: start")
        elif host in restart:
            lines.append(
                f"{host}: restart, because of {', '.join(path.rsplit('/', 1)[-1] for path in state['restart'])}"
            )
        else:
            lines.append(f"{host}: nothing")
    return {
        "first": first,
        "start": [host for host in stopped if host not in first],
        "restart": restart,
        "lines": lines,
    }
