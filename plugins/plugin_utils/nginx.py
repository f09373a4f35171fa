# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a given nginx can do, and what has to be true of the settings of the role load_balancer for it."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import finding

Version = tuple[int, int, int]

#: Oldest nginx that the templates work with: ssl_reject_handshake came with it.
OLDEST: Version = (1, 19, 4)
#: Open source nginx has the sticky directive and the server parameters route= and drain from here on.
STICKY: Version = (1, 29, 6)
#: feature -> first version of nginx that has it
SINCE: dict[str, Version] = {
    "http2_directive": (1, 25, 1),
    "keepalive_min_timeout": (1, 27, 4),
}
#: feature -> build option that `nginx -V` shows where it is compiled in
BUILT_WITH: dict[str, str] = {
    "http2": "--with-http_v2_module",
    "realip": "--with-http_realip_module",
    "ssl": "--with-http_ssl_module",
    "stub_status": "--with-http_stub_status_module",
}

_VERSION = re.compile(r"nginx version:\s*\S+?/(\d+)\.(\d+)\.(\d+)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_COOKIE = re.compile(r"[A-Za-z0-9_]+\Z")
_DEFAULT_PORT = 9443


def parse_version(text: str) -> Version | None:
    """Reads the version out of what ``nginx -v`` or ``nginx -V`` prints.

    Args:
        text: the output of the command.

    Returns:
        The three numbers, or None if the text has no version (nginx is not there).
    """
    match = _VERSION.search(text)
    if match is None:
        return None
    return int(match.group(1)), int(match.group(2)), int(match.group(3))


def features(text: str) -> dict[str, Any]:
    """Tells from the output of ``nginx -V`` what this nginx can do.

    Without a version in the text (a check mode run on a host that has no nginx yet) a current nginx with all
    modules is assumed, and ``installed`` is false.

    Args:
        text: the output of ``nginx -V``.

    Returns:
        ``installed``, ``version`` (text), and one boolean for each feature: ``sticky_cookie``, those of SINCE, those of
        BUILT_WITH.
    """
    version = parse_version(text)
    if version is None:
        assumed = dict.fromkeys(("sticky_cookie", *SINCE, *BUILT_WITH), True)
        return {"installed": False, "version": "", **assumed}
    plus = "nginx-plus" in text
    without_sticky = "--without-http_upstream_sticky_module" in text
    found: dict[str, Any] = {"installed": True, "version": ".".join(map(str, version))}
    found["sticky_cookie"] = plus or (version >= STICKY and not without_sticky)
    found.update({name: version >= since for name, since in SINCE.items()})
    found.update({name: option in text for name, option in BUILT_WITH.items()})
    return found


def is_address(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address (not a host name)."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_network(text: str) -> bool:
    """Whether the text is an address or a network in CIDR form without host bits."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def normalize_nodes(
    nodes: list[dict[str, Any]], drained: list[str], down: list[str] | None = None
) -> list[dict[str, Any]]:
    """Completes the nodes of the upstream.

    Args:
        nodes: mappings with ``name``, ``address`` and perhaps ``port``.
        drained: names of nodes that take no new clients.
        down: names of nodes that get no request at all.

    Returns:
        For each node ``name``, ``address``, ``port`` (number), ``endpoint`` (as nginx writes it, IPv6 in brackets),
        ``drained`` and ``down`` (booleans).
    """
    result = []
    for node in nodes:
        address = str(node["address"])
        port = int(node.get("port") or _DEFAULT_PORT)
        host = f"[{address}]" if ":" in address else address
        result.append(
            {
                "name": str(node["name"]),
                "address": address,
                "port": port,
                "endpoint": f"{host}:{port}",
                "drained": node["name"] in drained,
                "down": node["name"] in (down or []),
            }
        )
    return result


def able_findings(
    able: dict[str, Any], nodes: list[dict[str, Any]], trusts_proxies: bool, host: str = ""
) -> list[dict[str, str]]:
    """Checks whether an nginx can do what the settings ask for.

    Args:
        able: the answer of :func:`features`.
        nodes: mappings with ``name`` and ``address``.
        trusts_proxies: whether addresses of clients are to be taken from proxies.
        host: the host that the findings are about.

    Returns:
        Findings, see plugin_utils/findings.py; empty if all is well.
    """
    result: list[dict[str, str]] = []

    def add(check: str, found: Any, required: str, remedy: str) -> None:
        result.append(finding(host, check, str(found), required, remedy))

    version = tuple(int(part) for part in able["version"].split(".")) if able["version"] else None
    if version is not None and version < OLDEST:
        add(
            "nginx version",
            able["version"],
            "{}.{}.{} or later".format(*OLDEST),
            "offer the host a newer nginx package, or name one in load_balancer_package",
        )
    if not able["ssl"]:
        add("nginx modules", "built without TLS", BUILT_WITH["ssl"], "name another package in load_balancer_package")
    if trusts_proxies and not able["realip"]:
        add(
            "nginx modules",
            "built without realip",
            BUILT_WITH["realip"],
            "empty load_balancer_trusted_proxies, or name another package in load_balancer_package",
        )

    if not able["sticky_cookie"]:
        for node in nodes:
            if not is_address(str(node["address"])):
                add(
                    "node address",
                    f"{node['name']} has the host name {node['address']}",
                    "an IP address, because nginx {} has no sticky directive".format(able["version"]),
                    "give an IP address in load_balancer_nodes, or install nginx {}.{}.{} or later".format(*STICKY),
                )
    return result


def findings(able: dict[str, Any], settings: dict[str, Any], host: str = "") -> list[dict[str, str]]:
    """Checks the settings of the role against each other and against what nginx can do.

    Args:
        able: the answer of :func:`features`.
        settings: the values of the role's variables, named without their prefix: ``public_host``,
            ``management_host``, ``management_certificate``, ``management_certificate_key``, ``nodes``,
            ``drained``, ``sticky_cookie``, ``console_allowed_from``, ``trusted_proxies``, ``public_port``,
            ``public_http_port``, ``status_port``.
        host: the host that the findings are about.

    Returns:
        Findings, see plugin_utils/findings.py; empty if all is well.
    """
    nodes = settings["nodes"]
    result = able_findings(able, nodes, bool(settings["trusted_proxies"]), host)

    def add(check: str, found: Any, required: str, remedy: str) -> None:
        result.append(finding(host, check, str(found), required, remedy))

    names = [str(node["name"]) for node in nodes]
    endpoints = [node["endpoint"] for node in normalize_nodes(nodes, [])]
    if not nodes:
        add("nodes", "none", "at least one node", "list the Identity Server nodes in load_balancer_nodes")
    for name in names:
        if not _NAME.match(name):
            add("node name", name, "letters, digits, dot, dash, underscore", "rename the node in load_balancer_nodes")
    for kind, values in (("node name", names), ("node address", endpoints)):
        for value, count in Counter(values).items():
            if count > 1:
                add(kind, f"{value}, {count} times", "each once", "correct load_balancer_nodes")
    drained = settings["drained"]
    for name in drained:
        if name not in names:
            add("drained node", name, "one of: " + ", ".join(names), "correct load_balancer_drained")
    if nodes and set(names) <= set(drained):
        add(
            "drained nodes",
            "all nodes",
            "at least one node that takes new clients",
            "take a node out of load_balancer_drained",
        )
    if not _COOKIE.match(settings["sticky_cookie"]):
        add(
            "sticky cookie",
            settings["sticky_cookie"],
            "letters, digits and underscore (nginx reads it as a variable name)",
            "change load_balancer_sticky_cookie",
        )
    for variable in ("console_allowed_from", "trusted_proxies"):
        for network in settings[variable]:
            if not is_network(str(network)):
                add(
                    "network",
                    network,
                    "an address or a network such as 192.0.2.0/24, without host bits",
                    f"correct load_balancer_{variable}",
                )
    for check, found, required, remedy in _management_findings(settings):
        add(check, found, required, remedy)
    ports = {name: int(settings[name]) for name in ("public_port", "public_http_port", "status_port")}
    for name, port in ports.items():
        if not 1 <= port <= 65535:
            add("port", port, "1 to 65535", f"change load_balancer_{name}")
    for port, count in Counter(ports.values()).items():
        if count > 1:
            same = [f"load_balancer_{name}" for name, value in ports.items() if value == port]
            add("port", f"{port} in " + " and ".join(same), "a port of its own for each", "change one of them")
    return result


def _management_findings(settings: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """What is wrong with the name of its own for the console: check, found, required, remedy."""
    name, public = (str(settings[key]).lower().removesuffix(".") for key in ("management_host", "public_host"))
    if name and not _NAME.match(name):
        yield "management host", name, "a host name", "correct load_balancer_management_host"
    elif name and name == public:
        remedy = "change or empty load_balancer_management_host"
        yield "management host", f"{name}, which is the public host", "another name, or none", remedy
    if bool(settings["management_certificate"]) != bool(settings["management_certificate_key"]):
        yield (
            "management certificate",
            "a certificate without its key, or a key without its certificate",
            "both, or none",
            "set load_balancer_management_certificate and load_balancer_management_certificate_key",
        )
