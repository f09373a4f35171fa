# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that hosts must resolve: which host needs which, and what they say."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .databases import ANALYTICS_DATABASES, IS_DATABASES
from .directory_findings import VARIABLE, directory_servers
from .findings import Findings


class Need(NamedTuple):
    """A name that a host needs."""

    name: str
    check: str
    what: str
    remedy: str
    # Whether it may resolve to the host itself.
    loopback: bool = False


def name_questions(deployment: Mapping[str, Any], host: str) -> list[str]:
    """The names that a host is to resolve."""
    return list(dict.fromkeys(need.name for need in _needs(deployment, host)))


def name_findings(deployment: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], found: Findings) -> None:
    """Add what is wrong with the names; one that a host cannot resolve spoils `(host, name)`.

    Args:
        deployment: the model.
        hosts: by inventory name, what the module host_info returned in `host`.
        found: where to add.
    """
    for host, facts in hosts.items():
        for need in _needs(deployment, host):
            if need.name not in facts["names"] or not found.clean((host, need.name)):
                continue
            addresses = facts["names"][need.name]
            local = [address for address in addresses or [] if _is_loopback(address)]
            if addresses and (need.loopback or not local):
                continue
            if local:
                problem = f"resolves to {', '.join(local)}"
                required = "an address that other hosts reach"
                remedy = f"Take the name out of the loopback line of /etc/hosts on {host}, or {need.remedy}."
            else:
                problem = "is not resolved in time" if addresses is None else "does not resolve"
                required = "an address"
                remedy = f"Add the name to the DNS, or {need.remedy}."
            about = [(host, need.name)]
            found.add(host, need.check, f"{need.name}{need.what} {problem}", required, remedy, about=about)


def is_name(address: Any) -> bool:
    """Whether an address is a name that has to be resolved."""
    if not isinstance(address, str) or not address.strip():
        return False
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return True
    return False


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return parsed.is_loopback or parsed.is_unspecified


def _needs(deployment: Mapping[str, Any], host: str) -> list[Need]:
    servers = deployment["hosts"][host]["servers"]
    needs: list[Need] = []
    if "is" in servers:
        needs += _node_needs(deployment, host)
    if "worker" in servers:
        needs += _address_needs(deployment["workers"], "analytics worker", host)
    if "worker" in servers or "dashboard" in servers:
        needs += _database_needs(deployment, ANALYTICS_DATABASES)
    if any(balancer["host"] == host for balancer in deployment["load_balancers"]):
        needs += [
            # A load balancer on a node reaches it by the loopback as well.
            need._replace(loopback=True)
            for need in _address_needs(deployment["is_nodes"], "node of the load balancer", host)
        ]
    return [need for need in needs if is_name(need.name)]


def _node_needs(deployment: Mapping[str, Any], host: str) -> list[Need]:
    node = next(node for node in deployment["is_nodes"] if node["host"] == host)
    needs: list[Need] = []
    if not node["public_address"]:
        # Login pages call the server by its public name.
        remedy = "set is_node_public_address to the load balancer's address"
        needs.append(Need(deployment["public"]["host"], "public name", "", remedy))
    needs += _address_needs(deployment["is_nodes"], "cluster member", host)
    needs += _address_needs(deployment["workers"], "analytics worker", host)
    nfs = deployment["artifacts"].get("nfs")
    if nfs:
        needs.append(
            Need(nfs["address"], "NFS server", f" of {nfs['server']}", f"change wso2is_address of {nfs['server']}")
        )
    needs += _database_needs(deployment, IS_DATABASES)
    for server in directory_servers(deployment):
        # It may be a relay on every node.
        needs.append(Need(server["host"], "LDAP", "", f"change {VARIABLE}.connection_url", loopback=True))
    return needs


def _address_needs(entries: Sequence[Mapping[str, Any]], check: str, host: str) -> list[Need]:
    needs: list[Need] = []
    for entry in entries:
        other = entry["host"]
        own = other == host
        what = " (this host)" if own else "" if entry["address"] == other else f" of {other}"
        remedy = f"set wso2is_address of {other} to an address"
        # Its own address first: another's finding about it would say less.
        needs.insert(0 if own else len(needs), Need(entry["address"], check, what, remedy))
    return needs


def _database_needs(deployment: Mapping[str, Any], purposes: Sequence[str]) -> list[Need]:
    return [
        Need(
            server["host"],
            "database",
            "",
            f"change wso2is_database_host, or wso2is_databases.{database['same_as']}.host",
            # It may be a relay on every node.
            loopback=True,
        )
        for purpose in purposes
        if (database := deployment["databases"].get(purpose)) is not None
        for server in database["servers"]
    ]
