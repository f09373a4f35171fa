# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of users as the nodes find it: reached, and open to the account that the servers use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings
from .user_stores import parse_url

VARIABLE = "wso2is_user_store"


def directory_servers(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The directory servers of the user store: `host`, `port` and `tls`; none where users are in a database."""
    store = deployment["user_store"]
    found = []
    for url in store["urls"]:
        address = parse_url(url)
        if address:
            tls = "first" if address.scheme == "ldaps" else "start" if store["tls"] else ""
            found.append({"host": address.host, "port": address.port, "tls": tls})
    return found


def directory_services(deployment: Mapping[str, Any], host: str) -> list[dict[str, Any]]:
    """The directory servers that a host uses, as the module host_info asks them."""
    if "is" not in deployment["hosts"][host]["servers"]:
        return []
    store = deployment["user_store"]
    return [
        {
            "id": _identity(server),
            "kind": "ldap",
            "places": [[server["host"], server["port"]]],
            "tls": server["tls"],
            "username": store["bind_name"],
            "password": store["password"],
        }
        for server in directory_servers(deployment)
    ]


def directory_findings(deployment: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], found: Findings) -> None:
    """Add directory servers that a node does not reach, or that refuse the account of the servers.

    Args:
        deployment: the model.
        hosts: by inventory name, what the module host_info returned in `host`.
        found: where to add; a name that has a finding as `(host, name)` is not said again.
    """
    store = deployment["user_store"]
    for host, facts in hosts.items():
        if "is" not in deployment["hosts"][host]["servers"]:
            continue
        for server in directory_servers(deployment):
            answer = facts.get("services", {}).get(_identity(server))
            if answer is None or not found.clean((host, server["host"])):
                continue
            if answer["unreachable"]:
                found.add(
                    host,
                    "LDAP",
                    f"{_identity(server)} is not reached: {answer['unreachable']}",
                    "an answer of the directory server",
                    f"Start it and let the nodes reach it (firewall), or change {VARIABLE}.connection_url.",
                )
            elif "refused" in answer:
                found.add(
                    host,
                    "LDAP bind",
                    f"{_identity(server)}: {answer['refused']}",
                    f"a bind as {store['bind_name']}",
                    f"Change {VARIABLE}.connection_name or {VARIABLE}.connection_password.",
                )


def _identity(server: Mapping[str, Any]) -> str:
    return f"{'ldaps' if server['tls'] == 'first' else 'ldap'}://{server['host']}:{server['port']}"
