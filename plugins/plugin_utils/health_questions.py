# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is asked to tell how it is: the options of the module host_info, in one execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.bundle import pack
from .checks import BALANCER_NODES
from .database_host_findings import database_services
from .directory_findings import directory_services
from .shares import share_questions

CERTIFICATE = "certificate "


def health_questions(deployment: Mapping[str, Any], host: str) -> dict[str, Any]:
    """Options of the module host_info for a host.

    Args:
        deployment: the model.
        host: inventory name of the host.
    """
    about = deployment["hosts"][host]
    servers = about["servers"]
    balances = balances_on(deployment, host)
    units, _commands = share_questions(deployment, host)
    directories = [path for server in servers.values() for path in (server["base"], *server["links"].values())]
    shared = [deployment["artifacts"]["path"]] if "is" in servers else []
    exported = deployment["artifacts"].get("nfs", {})
    return {
        "paths": sorted({*directories, *shared, *([exported["directory"]] if exported.get("server") == host else [])})
        or ["/"],
        "units": [
            *(f"{server['unit']}.service" for server in servers.values()),
            *(["nginx.service"] if balances else []),
            *units,
        ],
        "links": sorted({server["home"] for server in servers.values()}),
        "nginx": balances,
        "texts": [BALANCER_NODES] if balances else [],
        "servers": [_server(deployment, host, kind) for kind in servers],
        "services": pack(
            [
                # How a database is built is preflight's question; here it has to let the user in.
                *({**service, "describe": False} for service in database_services(deployment, host)),
                *directory_services(deployment, host),
                *_certificates(deployment, host),
            ]
        ),
    }


def balances_on(deployment: Mapping[str, Any], host: str) -> bool:
    """Whether a host is a load balancer of the inventory."""
    return any(entry["host"] == host for entry in deployment["load_balancers"])


def _server(deployment: Mapping[str, Any], host: str, kind: str) -> dict[str, Any]:
    """What to ask of a server: options of the module cluster_view."""
    server = deployment["hosts"][host]["servers"][kind]
    asked = {
        "name": kind,
        "runtime": "server" if kind == "is" else kind,
        "carbon_home": server["home"],
        "ready_ports": server["ports"],
    }
    if kind == "is":
        shared = deployment["artifacts"]["directories"].values() if server["needs_mount"] else []
        asked.update(
            local=host,
            members=deployment["cluster_members"],
            directories=[f"{server['home']}/{path}" for path in shared],
        )
    return asked


def _certificates(deployment: Mapping[str, Any], host: str) -> list[dict[str, Any]]:
    """The certificates that servers and load balancer of a host show."""
    servers = deployment["hosts"][host]["servers"]
    found = [
        {"id": CERTIFICATE + kind, "kind": "tls", "places": [["127.0.0.1", server["ports"][0]]], "server_name": ""}
        for kind, server in servers.items()
    ]
    if balances_on(deployment, host):
        place = [deployment["hosts"][host]["address"], deployment["public"]["port"]]
        names = {"public": deployment["public"]["host"]}
        if deployment["management"]["own"]:
            names["management"] = deployment["management"]["host"]
        found += [
            {"id": CERTIFICATE + name, "kind": "tls", "places": [place], "server_name": server_name}
            for name, server_name in names.items()
        ]
    return found
