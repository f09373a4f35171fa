# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Topology: whether the hosts of a deployment make up one of the two patterns."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .findings import Findings, InputError, join, kind, list_of, mapping_of, natural, shown, text_of, whole_number

# What the remedies name; a deployment may name its own under `variables`.
VARIABLES = {
    "address": "wso2is_address",
    "public_host": "wso2is_public_host",
    "management_host": "wso2is_management_host",
    "members": "the member list",
    "carbon_id": "the carbon id",
    "is_nodes": "the group wso2is_nodes",
    "workers": "the group wso2is_analytics",
    "dashboards": "the group wso2is_dashboards",
    "load_balancers": "the group wso2is_load_balancers",
    "nfs_servers": "the group wso2is_nfs_servers",
}
GROUPS = {
    "is_nodes": "Identity Server node",
    "workers": "analytics worker",
    "dashboards": "analytics dashboard",
    "load_balancers": "load balancer",
    "nfs_servers": "NFS server",
}
# Java runs with preferIPv4Stack, and the product splits member and receiver addresses at the first colon.
_IPV4_ONLY = ("is_nodes", "workers")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
_LOOPBACK_NAMES = ("localhost", "ip6-localhost", "ip6-loopback")
_RANGE = re.compile(r"((?:[0-9]{1,3}\.){3})(?:([0-9]{1,3})-([0-9]{1,3})|(\*))\Z")


def address_problem(address: Any, ipv6: bool = True) -> str:
    """Return what is wrong with an address under which other hosts shall reach a host, or an empty text.

    Args:
        address: an IP address or host name.
        ipv6: whether an IPv6 literal is allowed.
    """
    if not isinstance(address, str):
        return f"{shown(address)} ({kind(address)})"
    if not address.strip():
        return "empty"
    # The value is written into configuration files as it is, so a space around it is a mistake too.
    text = address.lower() if address.isascii() else ""
    try:
        parsed: Any = ipaddress.ip_address(_bare(text))
    except ValueError:
        name = text.removesuffix(".")
        if name in _LOOPBACK_NAMES or name.endswith(".localhost") or name.startswith("localhost."):
            return f"{shown(text)} is the loopback"
        if re.fullmatch(r"[0-9.]+", name) or not _NAME.match(name):
            return f"{json.dumps(address)[:60]} is neither an IP address nor a host name"
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    if mapped.is_loopback:
        return f"{text} is the loopback"
    if mapped.is_unspecified:
        return f"{text} stands for every address"
    if mapped.is_multicast or str(mapped) == "255.255.255.255":
        return f"{text} is no address of one host"
    if parsed.version == 6 and not ipv6:
        return f"{text} is an IPv6 address"
    return ""


def _bare(text: str) -> str:
    """An IPv6 address may stand in brackets."""
    return text[1:-1] if text.startswith("[") and text.endswith("]") and ":" in text else text


def same_form(address: str) -> str:
    """Return the address in the one form in which two spellings of it are equal."""
    text = _bare(address.lower().removesuffix("."))
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def topology_findings(deployment: Any) -> list[dict[str, str]]:
    """Check that a deployment is complete and that its nodes can find each other.

    Args:
        deployment: `pattern` (1 or 2); `is_nodes`, `workers`, `dashboards` and `load_balancers`: lists of `host`
            (inventory name), `address`, and optionally `port` (cluster port) and `carbon_id`; `public_host`, or
            `public.host`; optionally `members`, the cluster's member list (`{host, port}` or `host:port`), and
            `variables`, names for the remedies.

    Returns:
        Findings, sorted.

    Raises:
        InputError: the deployment does not have this shape.
    """
    deployment = mapping_of(deployment, "deployment")
    names = {
        **VARIABLES,
        **{
            key: text_of(value, f"deployment.variables.{key}")
            for key, value in mapping_of(deployment.get("variables") or {}, "deployment.variables").items()
        },
    }
    groups = {group: _entries(deployment.get(group), group) for group in GROUPS}
    found = Findings()
    _check_numbers(deployment, groups, names, found)
    _check_addresses(groups, names, found)
    _check_carbon_ids(groups["workers"], names, found)
    if deployment.get("members") is not None:
        _check_members(deployment["members"], groups["is_nodes"], names, found)
    public = mapping_of(deployment.get("public") or {}, "deployment.public")
    public_host = deployment.get("public_host", public.get("host"))
    _check_public_host(public_host, groups, names, found)
    management = mapping_of(deployment.get("management") or {}, "deployment.management")
    if management.get("own"):
        _check_management_host(management.get("host"), public_host, groups, names, found)
    return found.sorted()


def _entries(value: Any, group: str) -> list[dict[str, Any]]:
    entries = []
    for index, given in enumerate(list_of(value or [], f"deployment.{group}")):
        entry = mapping_of(given, f"deployment.{group}[{index}]")
        host = text_of(entry.get("host"), f"deployment.{group}[{index}].host")
        entries.append({**entry, "host": host, "group": group, "id": (group, index)})
    return entries


def _check_numbers(
    deployment: Mapping[str, Any], groups: Mapping[str, Sequence[Any]], names: Mapping[str, str], found: Findings
) -> None:
    pattern = whole_number(deployment.get("pattern"))
    if pattern not in (1, 2):
        found.add(
            "deployment",
            "pattern",
            f"{shown(deployment.get('pattern'))} ({kind(deployment.get('pattern'))})",
            "1 or 2",
            "Run the playbook pattern1.yml or pattern2.yml.",
        )
    nodes, workers, dashboards = (_hosts(groups[group]) for group in ("is_nodes", "workers", "dashboards"))
    if len(nodes) < 2:
        found.add(
            "deployment",
            "Identity Server nodes",
            _count(nodes),
            "two or more: one node is no cluster",
            f"Add hosts to {names['is_nodes']}.",
        )
    if pattern == 2 and len(workers) != 2:
        found.add(
            "deployment",
            "analytics workers",
            _count(workers),
            "exactly two: one receives, the other takes over; the product refuses a third",
            f"{'Add hosts to' if len(workers) < 2 else 'Remove hosts from'} {names['workers']}.",
        )
    if pattern == 2 and not dashboards:
        found.add(
            "deployment",
            "analytics dashboards",
            _count(dashboards),
            "one or more",
            f"Add a host to {names['dashboards']}.",
        )
    if not groups["load_balancers"]:
        found.add(
            "deployment",
            "load balancer",
            "none",
            "one or more, or one of your own that keeps a client on its node (sticky sessions)",
            f"Add a host to {names['load_balancers']}, or make sure that your own load balancer is set up.",
            severity="warning",
        )


def _hosts(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({entry["host"] for entry in entries}, key=natural)


def _count(hosts: list[str]) -> str:
    if not hosts:
        return "none"
    return f"{len(hosts)}: {join(hosts if len(hosts) <= 5 else [*hosts[:4], f'{len(hosts) - 4} more'])}"


def _check_addresses(groups: Mapping[str, Sequence[Any]], names: Mapping[str, str], found: Findings) -> None:
    wanted = "an address under which the other hosts reach this host"
    holders: dict[str, list[Mapping[str, Any]]] = {}
    reported = set()
    for group, entries in groups.items():
        for entry in entries:
            if group == "load_balancers" and entry.get("address") is None:
                continue
            problem = address_problem(entry.get("address"), ipv6=group not in _IPV4_ONLY)
            if not problem:
                holders.setdefault(same_form(entry["address"]), []).append(entry)
            elif (entry["host"], problem) in reported:
                found.spoil(entry["id"])
            else:
                reported.add((entry["host"], problem))
                required = (
                    f"{wanted}: IPv4 or a host name; the product takes no IPv6 here"
                    if problem.endswith("IPv6 address")
                    else wanted
                )
                found.add(
                    entry["host"],
                    "address",
                    problem,
                    required,
                    f"Set {names['address']} of {entry['host']}.",
                    about=[entry["id"]],
                )
    for address, entries in holders.items():
        hosts = _hosts(entries)
        twice = [group for group in groups if len([entry for entry in entries if entry["group"] == group]) > 1]
        if twice and len(hosts) == 1:
            found.add(
                hosts[0],
                "duplicate host",
                f"listed twice as {join([GROUPS[group] for group in twice])}",
                "each host once in a group",
                f"List {hosts[0]} once in {join([names[group] for group in twice])}.",
                about=[entry["id"] for entry in entries],
            )
        elif twice:
            found.add(
                join(hosts),
                "duplicate address",
                f"{address} for {join([GROUPS[group] + 's' for group in twice])}",
                "an address of its own for each host",
                f"Set {names['address']} of {join(hosts, 'or')}.",
                about=[entry["id"] for entry in entries],
            )
        elif len(hosts) > 1:
            found.add(
                join(hosts),
                "duplicate address",
                f"{address} under {len(hosts)} inventory names",
                "one inventory name for a machine: ports and memory are counted by name",
                f"Use one name in all groups, or set {names['address']} of {join(hosts, 'or')}.",
                severity="warning",
            )


def _check_carbon_ids(workers: Sequence[Mapping[str, Any]], names: Mapping[str, str], found: Findings) -> None:
    holders: dict[str, list[Mapping[str, Any]]] = {}
    for worker in workers:
        if "carbon_id" not in worker:
            continue
        value = worker["carbon_id"]
        if not isinstance(value, str) or not value.strip():
            found.add(
                worker["host"],
                "carbon id",
                f"{shown(value)} ({kind(value)})",
                "a text of its own for each worker",
                f"Set {names['carbon_id']} of {worker['host']}.",
            )
        else:
            holders.setdefault(value.strip(), []).append(worker)
    for value, sharing in holders.items():
        hosts = _hosts(sharing)
        if len(hosts) > 1:
            found.add(
                join(hosts),
                "carbon id",
                f"{shown(value)} on {len(hosts)} workers",
                "a text of its own for each worker: with the same one both hold themselves for the active worker",
                f"Change {names['carbon_id']} of {join(hosts[1:], 'or')}.",
            )


def _check_members(members: Any, nodes: Sequence[Mapping[str, Any]], names: Mapping[str, str], found: Findings) -> None:
    change = f"Correct {names['members']}."
    known: dict[str, set[int | None]] = {}
    ranges: list[tuple[str, int, int, int | None]] = []
    complete = True
    for index, member in enumerate(list_of(members, "deployment.members")):
        host, port = _member(member, f"deployment.members[{index}]")
        span = _RANGE.match(host) if isinstance(host, str) else None
        if span:
            low, high = (0, 255) if span[4] else (int(span[2]), int(span[3]))
            ranges.append((span[1], low, high, whole_number(port)))
            continue
        problem = address_problem(host, ipv6=False)
        if problem:
            complete = False
            found.add(
                "deployment",
                "cluster members",
                f"member {index + 1}: {problem}",
                "an IPv4 address or host name under which every node reaches the member",
                change,
            )
            continue
        number = whole_number(port)
        ports = known.setdefault(same_form(host), set())
        if number in ports:
            found.add(
                "deployment", "cluster members", f"{_place(host, number)} is listed twice", "each member once", change
            )
        ports.add(number)
    addresses = set()
    for node in nodes:
        if not found.clean(node["id"]):
            complete = False
            continue
        address, port = same_form(node["address"]), whole_number(node.get("port"))
        addresses.add(address)
        listed = known.get(address, set()) | {
            number
            for prefix, low, high, number in ranges
            if any(address == f"{prefix}{last}" for last in range(low, min(high, 255) + 1))
        }
        if not listed:
            found.add(
                node["host"],
                "cluster members",
                f"{_place(address, port)} is not in the member list",
                "every node in it",
                change,
            )
        elif port is not None and not listed & {port, None}:
            found.add(
                node["host"],
                "cluster members",
                f"listed with port {join(sorted(map(str, listed)), 'or')}",
                f"port {port} of the node",
                change,
            )
    strangers = [address for address in known if address not in addresses]
    # With a node or member that has a finding already, the stranger is most likely that one.
    if strangers and complete:
        found.add(
            "deployment",
            "cluster members",
            f"{join(sorted(strangers, key=natural))}: no node of this deployment",
            "the nodes of this deployment",
            change,
            severity="warning",
        )


def _member(member: Any, what: str) -> tuple[Any, Any]:
    if isinstance(member, Mapping):
        return member.get("host", member.get("address")), member.get("port")
    if isinstance(member, str):
        host, colon, port = member.rpartition(":")
        # More than one colon is an IPv6 address, with or without a port.
        return (host, port) if colon and ":" not in host else (member, None)
    raise InputError(f"{what} must be a mapping or a text, not {kind(member)}")


def _place(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{shown(port)}"


def _check_public_host(
    value: Any, groups: Mapping[str, Sequence[Any]], names: Mapping[str, str], found: Findings
) -> None:
    wanted = "the name by which browsers and applications reach the load balancer"
    change = f"Set {names['public_host']}."
    problem = address_problem(value, ipv6=False)
    if problem:
        found.add("deployment", "public host", problem, wanted, change)
        return
    public = same_form(value)
    owner = _owner(public, groups, found)
    if owner:
        found.add("deployment", "public host", f"{public} is {owner}", wanted, change)
    elif re.fullmatch(r"[0-9.]+", public):
        found.add(
            "deployment",
            "public host",
            f"{public} is an IP address",
            f"{wanted}: certificates and registered URLs carry it, so a change of address breaks them",
            change,
            severity="warning",
        )


def _check_management_host(
    value: Any, public_host: Any, groups: Mapping[str, Sequence[Any]], names: Mapping[str, str], found: Findings
) -> None:
    problem = address_problem(value, ipv6=False)
    name = "" if problem else same_form(value)
    if name and isinstance(public_host, str) and name == same_form(public_host):
        problem = f"{name} is the public host"
    elif name and re.fullmatch(r"[0-9.]+", name):
        problem = f"{name} is an IP address"
    elif name and (owner := _owner(name, groups, found)):
        problem = f"{name} is {owner}"
    if problem:
        wanted = "another name of the load balancer, for the console alone"
        change = f"Change {names['management_host']}, or leave it empty."
        found.add("deployment", "management host", problem, wanted, change)


def _owner(name: str, groups: Mapping[str, Sequence[Any]], found: Findings) -> str:
    """The host that has a name as its own; the load balancer may well carry a public one."""
    for group, entries in groups.items():
        for entry in entries if group != "load_balancers" else ():
            if name == same_form(entry["host"]) or (
                found.clean(entry["id"]) and name == same_form(str(entry.get("address") or ""))
            ):
                return f"the {GROUPS[entry['group']]} {entry['host']}"
    return ""
