# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks: first over the inventory alone, then over what the hosts say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..module_utils.bundle import pack
from .access_findings import access_findings, access_questions
from .certificate_findings import certificate_findings
from .clock_findings import clock_findings
from .database_findings import schema_findings
from .database_host_findings import database_findings, database_services
from .directory_findings import directory_findings, directory_services
from .example_values import example_findings
from .extra_findings import CHECK as EXTRA_SETTINGS
from .extra_findings import entry_findings, place_findings
from .findings import Findings, finding, sort_findings, together
from .jdk_archives import jdk_source_findings
from .jdk_host_findings import jdk_findings
from .jks import opens
from .kernel import kernel_findings, reserved_findings
from .memory import deployment_memory, heap_findings, memory_findings
from .name_findings import name_findings, name_questions
from .nginx_findings import nginx_findings
from .operation_findings import operation_findings
from .overlay_findings import overlay_findings
from .pack import PackError
from .ports import deployment_services, port_findings
from .releases import load_release
from .secret_findings import default_findings, plain_text_findings
from .servers import installation, pack_findings
from .shares import share_findings, share_questions
from .tls import tls_findings
from .topology_findings import topology_findings
from .user_store_findings import user_store_findings
from .value_findings import value_findings

# What a load balancer of this collection has.
BALANCER_NODES = "/etc/nginx/wso2is/nodes.conf"
# What a run and the start after it write, without a release: configuration, the previous one, logs, temporary files. A
# server that is stopped on a full disk does not start again.
WRITTEN_MB = 100


def inventory_findings(
    deployment: Mapping[str, Any], schema_scripts: bool = True, example_values: bool = True
) -> list[dict[str, str]]:
    """Findings that need no host: variables, topology, ports, packs and settings.

    Args:
        deployment: the model.
        schema_scripts: whether the pack must have them; rendering does without.
        example_values: whether addresses and names that are reserved for documentation are allowed.
    """
    found = [dict(item) for item in deployment["findings"]]
    if not deployment["is_nodes"]:
        return sort_findings(found)
    spoilt = set(deployment["spoilt"])
    found += [row for row in topology_findings(deployment) if f"wso2is_{row['check'].replace(' ', '_')}" not in spoilt]
    found += share_findings(deployment)
    if not example_values:
        found += example_findings(deployment)
    # The ports of a host that is listed twice conflict with themselves.
    twice = {row["host"] for row in found if row["check"] == "duplicate host"}
    services = deployment_services(deployment, deployment["release"])
    found += port_findings(
        {host: opened for host, opened in services.items() if host not in twice}, deployment["release"]
    )
    found += value_findings(deployment)
    found += user_store_findings(deployment)
    if schema_scripts:
        found += schema_findings(deployment, load_release(deployment["release"]))
    found += tls_findings(deployment)
    found += operation_findings(deployment)
    found += jdk_source_findings(deployment)
    found += kernel_findings(deployment)
    found += plain_text_findings(deployment)
    found += heap_findings(deployment)
    found += _file_findings(deployment)
    found += _locked_findings(deployment)
    found += default_findings(deployment)
    doubted = {row["check"].removesuffix(" host") for row in found if row["check"] == "management host"}
    found += certificate_findings(deployment, doubted=doubted)
    # With a value that is none, what a setting says of it is a consequence.
    found += entry_findings(deployment)
    found += overlay_findings(deployment)
    consequences = ("files", "databases", "user store", "variables", "Hazelcast", "kernel", EXTRA_SETTINGS)
    settle = not spoilt and not any(row["check"] in consequences for row in errors(found))
    if settle:
        places = place_findings(deployment)
        found += places
        settle = not places
    found += pack_findings(deployment, schema_scripts=schema_scripts, settle=settle)
    return sort_findings(together(found))


def errors(findings: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The findings that stop a run."""
    return [row for row in findings if row["severity"] == "error"]


def _file_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Stores and certificates that are not readable on the control node, by the variable that names them."""
    files = {name: path for name, path, _password in _stores(deployment)}
    files |= {entry["variable"]: os.path.expanduser(entry["path"]) for entry in deployment["balancer_files"]}
    return [
        finding("all hosts", "files", f"{name}: {path} cannot be read", "a file on the control node", f"Change {name}.")
        for name, path in files.items()
        # An empty one is a finding of the variables.
        if path and not _readable(path)
    ]


def _locked_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Stores that their password does not open: a server would not start."""
    locked = {}
    for name, path, password in dict.fromkeys(_stores(deployment)):
        if _readable(path) and isinstance(password, str):
            with open(path, "rb") as handle:
                if opens(handle.read(), password) is False:
                    locked[name] = path
    return [
        finding(
            "all hosts",
            "stores",
            f"{name}_password does not open {path}",
            "the password of the store",
            f"Change {name}_password, or {name}.",
        )
        for name, path in locked.items()
    ]


def _stores(deployment: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Keystores and truststores of all servers: variable that names the file, path on the control node, password."""
    names = {"is": "wso2is", "worker": "analytics", "dashboard": "analytics"}
    for entry in deployment["hosts"].values():
        for kind, server in entry["servers"].items():
            for store in ("keystore", "truststore"):
                fields = server["fields"][store]
                yield f"{names[kind]}_{store}", os.path.expanduser(fields["file"] or ""), fields["password"]


def _readable(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as handle:
            handle.read(1)
    except OSError:
        return False
    return True


def host_questions(deployment: Mapping[str, Any], host: str, services: bool = False) -> dict[str, Any]:
    """What to ask a host in one execution: the options of the module host_info.

    Args:
        deployment: the model.
        host: inventory name of the host.
        services: whether to ask for databases and directories as well, with their passwords.
    """
    servers = deployment["hosts"][host]["servers"].values()
    user = deployment["service_user"]
    releases, digests = [], []
    for server in servers:
        try:
            about = installation(deployment, host, server["kind"])
        except PackError:
            # Already a finding of the inventory.
            continue
        releases += about["needs"]
        digests += about["digests"]
    balances = host in [server["host"] for server in deployment["load_balancers"]]
    units, commands = share_questions(deployment, host)
    directories = [path for server in servers for path in (server["base"], *server["links"].values())]
    shared = [deployment["artifacts"]["path"]] if "is" in deployment["hosts"][host]["servers"] else []
    return {
        "paths": sorted(set(directories + shared)),
        "listening": True,
        "names": name_questions(deployment, host),
        "units": [
            *(f"{server['unit']}.service" for server in servers),
            *(["nginx.service"] if balances else []),
            *units,
        ],
        "files": sorted({*releases, *([BALANCER_NODES] if balances else [])}),
        "digests": sorted(set(digests)),
        "links": sorted({server["home"] for server in servers}),
        "users": [user["user"]],
        "uids": [user["uid"]],
        "groups": [user["group"]],
        "gids": [user["gid"]],
        "nginx": balances,
        "commands": ["psql", *commands],
        "java_home": deployment["hosts"][host]["jdk_home"] if servers else "",
        "access": access_questions(deployment, host),
        "services": pack([*database_services(deployment, host), *directory_services(deployment, host)])
        if services
        else "",
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
        {
            host: {"taken": _taken(deployment, host, facts), **_ephemeral(deployment, host, facts)}
            for host, facts in hosts.items()
        },
    )
    more = Findings()
    user = deployment["service_user"]
    nfs_server = deployment["artifacts"].get("nfs", {}).get("server")
    for host, facts in hosts.items():
        if deployment["hosts"][host]["servers"]:
            found += reserved_findings(deployment, host, facts)
        if deployment["hosts"][host]["servers"] or host == nfs_server:
            rows = _user_findings(host, facts, user)
            found += rows
            if rows:
                more.spoil((host, "service user"))
    name_findings(deployment, hosts, more)
    database_findings(deployment, hosts, more)
    directory_findings(deployment, hosts, more)
    access_findings(deployment, hosts, more)
    jdk_findings(deployment, hosts, more)
    nginx_findings(deployment, hosts, more)
    clock_findings(hosts, more)
    return sort_findings(found + together(more.sorted()))


def _ephemeral(deployment: Mapping[str, Any], host: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The ports that the kernel may give to outgoing connections, where the run does not reserve the servers' own."""
    about = facts.get("port_range") or {}
    if deployment["kernel"]["manage"] and deployment["hosts"][host]["servers"]:
        return {}
    if about.get("first") is None or about.get("last") is None:
        return {}
    reserved = [f"{first}-{last}" for first, last in about.get("reserved") or []]
    return {"ephemeral_range": [about["first"], about["last"]], "reserved_ports": reserved}


def _disks(deployment: Mapping[str, Any], host: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The file systems that the servers of a host fill, each once, with the disk that the product asks for."""
    disks: dict[str, dict[str, Any]] = {}
    for server in deployment["hosts"][host]["servers"].values():
        for path in (server["base"], *sorted(server["links"].values())):
            about = facts["paths"].get(path)
            if about and about["mount_point"] not in disks:
                disks[about["mount_point"]] = {
                    "path": path,
                    "mount": about["mount_point"],
                    "free_mb": about["free_mb"],
                    "total_mb": about["total_mb"],
                    "needed_mb": WRITTEN_MB,
                }
    return list(disks.values())


def _taken(deployment: Mapping[str, Any], host: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ports on which something else listens. What our own units hold is theirs."""
    own = {f"{server['unit']}.service" for server in deployment["hosts"][host]["servers"].values()} | {"nginx.service"}
    running = any(unit and unit["active_state"] == "active" for name, unit in facts["units"].items() if name in own)
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


def _because(reasons: Sequence[str]) -> str:
    """What a restart is for, in short: with another release every file is another one, which says nothing more."""
    if "release" in reasons:
        return "release"
    return ", ".join(dict.fromkeys(path.rsplit("/", 1)[-1] for path in reasons))


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
            lines.append(f"{host}: restart, because of {_because(state['restart'])}")
        else:
            lines.append(f"{host}: nothing")
    return {
        "first": first,
        "start": [host for host in stopped if host not in first],
        "restart": restart,
        "lines": lines,
    }
