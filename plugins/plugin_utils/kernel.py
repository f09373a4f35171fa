# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel settings (sysctl) of a host with servers."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .data_files import read_data
from .findings import finding, shown
from .ports import deployment_services
from .releases import LAST_PORT
from .variables import COLLECTION_ROOT

FILE = "/etc/sysctl.d/60-wso2is.conf"
RESERVED = "net.ipv4.ip_local_reserved_ports"
_NAME = re.compile(r"[a-z]\w*([./][\w-]+)+\Z", re.ASCII)
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?\Z")
_PORTS = re.compile(r"[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*\Z")
_HARMFUL = {"net.ipv4.tcp_tw_recycle": "left out: it drops clients behind NAT, and Linux 4.12 removed it"}


@functools.lru_cache(maxsize=1)
def _defaults() -> tuple[Mapping[str, str], ...]:
    return tuple(read_data(os.path.join(COLLECTION_ROOT, "roles", "carbon_server", "files", "sysctl.yml")))


def ranges_of(text: str) -> list[tuple[int, int]]:
    """The ranges of a list of ports as the kernel takes it, such as `4000,9443-9444`."""
    return [
        (int(first), int(last or first)) for first, _dash, last in (part.partition("-") for part in text.split(","))
    ]


def ports_text(ranges: Iterable[tuple[int, int]]) -> str:
    """Ranges of ports as the kernel writes them: in order, neighbours in one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in joined)


def own_ports(deployment: Mapping[str, Any], host: str) -> list[int]:
    """The ports of everything that the deployment runs on a host."""
    groups = ("is_nodes", "workers", "dashboards", "load_balancers")
    here = {name: [entry for entry in deployment[name] if entry["host"] == host] for name in groups}
    services = deployment_services({**deployment, **here}, deployment["release"]).get(host, [])
    return sorted({service["port"] for service in services if isinstance(service["port"], int)})


def kernel_settings(deployment: Mapping[str, Any], host: str) -> dict[str, str]:
    """The settings of a host by name; none where the collection does not write them."""
    if not deployment["kernel"]["manage"]:
        return {}
    given = deployment["kernel"]["settings"] or {}
    settings = {item["name"]: item["value"] for item in _defaults()}
    settings.update((name, _text(value)) for name, value in given.items())
    ports = [(port, port) for port in own_ports(deployment, host)]
    more = settings.pop(RESERVED, "")
    settings[RESERVED] = ports_text([*ports, *(ranges_of(more) if more else [])])
    return {name: value for name, value in settings.items() if value}


def kernel_file(settings: Mapping[str, str]) -> str:
    """The file that systemd reads at each boot."""
    reasons = {item["name"]: item["why"] for item in _defaults()}
    reasons[RESERVED] = "An outgoing connection must not take a port of a server that starts."
    lines = ["# Written by Ansible (identityops.wso2is); wso2is_sysctl_settings adds, changes and takes out lines.\n"]
    for name, value in settings.items():
        lines.append(f"# {reasons.get(name, 'wso2is_sysctl_settings')}\n{name} = {value}\n")
    return "".join(lines)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def kernel_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on `wso2is_sysctl_settings`.

    Args:
        deployment: the model.
    """
    found = []
    for name, value in (deployment["kernel"]["settings"] or {}).items():
        what, text = f"wso2is_sysctl_settings[{shown(name)}]", _text(value)
        if not isinstance(name, str) or not _NAME.match(name):
            problem = (f"{what} is set", "the name of a kernel setting, net.ipv4.tcp_fin_timeout for example")
        elif name in _HARMFUL:
            problem = (f"{what} is set", _HARMFUL[name])
        elif isinstance(value, (bool, Mapping, Sequence)) and not isinstance(value, str):
            problem = (f"{what} is {shown(value)}", "a number, a text, or nothing to leave it out")
        elif text and not _VALUE.match(text):
            problem = (f"{what} is {shown(value)}", "one line of ASCII")
        elif name == RESERVED and text and not _is_ports(text):
            problem = (f"{what} is {shown(value)}", "ports and ranges of them: 8080,9000-9010")
        else:
            continue
        found.append(finding("all hosts", "kernel", *problem, f"Change or remove {what}."))
    return found


def _is_ports(text: str) -> bool:
    return bool(_PORTS.match(text)) and all(first <= last <= LAST_PORT for first, last in ranges_of(text))


def reserved_findings(deployment: Mapping[str, Any], host: str, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """Ports that a host reserves and that the file of the collection would drop at the next boot."""
    reserved = (facts.get("port_range") or {}).get("reserved")
    if not reserved or not deployment["kernel"]["manage"]:
        return []
    kept = ranges_of(kernel_settings(deployment, host)[RESERVED])
    lost = [(first, last) for first, last in reserved if not any(low <= first and last <= high for low, high in kept)]
    if not lost:
        return []
    text = f"{ports_text(lost)} reserved by the host; {FILE} takes the place of that list at the next boot"
    remedy = f"Add them to wso2is_sysctl_settings[{RESERVED}]."
    return [finding(host, "kernel", text, "in that file too", remedy, severity="warning")]
