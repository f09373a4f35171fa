# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an example that were left as they are: addresses and names that are reserved for documentation."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from .findings import finding
from .topology_findings import same_form

# RFC 5737, RFC 3849, RFC 9637 and RFC 2606.
NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)
NAMES = ("example", "example.com", "example.net", "example.org")


def is_example(value: Any) -> bool:
    """Return whether a host name or an IP address is reserved for documentation."""
    text = same_form(value) if isinstance(value, str) else ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return any(text == name or text.endswith(f".{name}") for name in NAMES)
    return any(address in network for network in NETWORKS)


def example_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on hosts, public name, databases and directory that are still those of an example.

    Nothing answers there: without these findings a run would end in timeouts.

    Args:
        deployment: the model.
    """
    found = []
    hosts = {host: entry["address"] for host, entry in deployment["hosts"].items() if is_example(entry["address"])}
    if hosts:
        remedy = "Change ansible_host, and wso2is_address where it is set."
        found.append(_reserved(", ".join(hosts), ", ".join(hosts.values()), "addresses of your own", remedy))
    public = deployment["public"]["host"]
    if is_example(public):
        found.append(_reserved("all hosts", public, "a name of your own", "Change wso2is_public_host."))
    management = deployment["management"]
    if management["own"] and is_example(management["host"]):
        remedy = "Change wso2is_management_host."
        found.append(_reserved("all hosts", management["host"], "a name of your own", remedy))
    named = [server["host"] for database in deployment["databases"].values() for server in database["servers"]]
    servers = {server for server in named if is_example(server)}
    remedy = "Change wso2is_database_host, or host or url in wso2is_databases."
    found += [_reserved("all hosts", server, "your database server", remedy) for server in sorted(servers)]
    directories = sorted({host for host in deployment["user_store"]["hosts"] if is_example(host)})
    remedy = "Change connection_url in wso2is_user_store."
    found += [_reserved("all hosts", host, "your directory", remedy) for host in directories]
    return found


def _reserved(host: str, value: str, required: str, remedy: str) -> dict[str, str]:
    return finding(host, "example values", f"{value}: reserved for documentation", required, remedy)
