# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in what an operator says of Hazelcast's properties and of the JVM's options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .findings import finding, kind, shown
from .operation import OWN_PROPERTIES, text_of
from .releases import load_release
from .suggestions import did_you_mean

# A backslash, a line end or a letter outside of ASCII means something else in a properties file.
_VALUE = re.compile(r"[!-\[\]-~]([ -\[\]-~]*[!-\[\]-~])?\Z")
_JAVA_OPTIONS = {
    "is": "is_node_java_options",
    "worker": "analytics_java_options",
    "dashboard": "analytics_java_options",
}
# Options that take away what the rest of the deployment relies on: pattern, severity, what is required.
_OPTIONS = (
    (r"-Dorg\.wso2\.ignoreHostnameVerification=true\b", "warning", "false: without it any certificate is taken"),
    (r"-XX:(?:Max)?PermSize=", "warning", "left out: Java 8 has no permanent generation and ignores it"),
    (r"-Xm[sx]\d", "error", "the heap by {heap}"),
    (r"-DportOffset=", "error", "the offset by is_node_port_offset: checks and load balancer follow that"),
    (r"-Dhazelcast\.config=", "error", "left out: the file takes the place of all settings of the cluster"),
)
_HEAP = {"is": "is_node_heap_mb", "worker": "analytics_worker_heap_mb", "dashboard": "analytics_dashboard_heap_mb"}


def operation_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on `hazelcast_properties` and on the options of the JVMs.

    Args:
        deployment: the model.
    """
    return _property_findings(deployment) + _option_findings(deployment)


def _property_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    known = load_release(deployment["release"])["hazelcast_properties"]
    found = []
    for name, value in (deployment["hazelcast_properties"] or {}).items():
        variable = f"hazelcast_properties[{shown(name)}]"
        required, remedy = "a property that Hazelcast knows", f"Remove {variable}"
        if name in OWN_PROPERTIES:
            by = OWN_PROPERTIES[name] or "the collection, which reads the cluster's log and stops it"
            required = f"set by {by} only"
        elif name not in known:
            hint = did_you_mean(str(name), known)
            remedy = f"Rename it ({hint}), or remove {variable}" if hint else remedy
        elif isinstance(value, (str, int, float)) and _VALUE.match(text_of(value)):
            continue
        else:
            required, remedy = (
                "a number, a boolean, or a text of printable ASCII without backslash",
                f"Change {variable}",
            )
            found.append(
                finding("all hosts", "Hazelcast", f"{variable} is a {kind(value)}", required, f"{remedy}.")
                if not isinstance(value, str)
                else finding("all hosts", "Hazelcast", f"{variable} is {shown(value)}", required, f"{remedy}.")
            )
            continue
        found.append(finding("all hosts", "Hazelcast", f"{variable} is set", required, f"{remedy}."))
    return found


def _option_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for host, entry in deployment["hosts"].items():
        for server in entry["servers"].values():
            variable = _JAVA_OPTIONS[server["kind"]]
            for pattern, severity, required in _OPTIONS:
                match = re.search(r"(?:^|\s)(" + pattern + r"\S*)", server["java_options"])
                if match:
                    key = (
                        f"{variable} has {match[1]}",
                        required.format(heap=_HEAP[server["kind"]]),
                        variable,
                        severity,
                    )
                    found.setdefault(key, []).append(host)
    return [
        finding(
            ", ".join(dict.fromkeys(hosts)), "JVM options", text, required, f"Change {variable}.", severity=severity
        )
        for (text, required, variable, severity), hosts in found.items()
    ]
