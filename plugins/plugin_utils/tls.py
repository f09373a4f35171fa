# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS of an Identity Server node: what its files say of it, and findings on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .elements import element
from .findings import finding, join, shown

# As Java and Tomcat name them; the last one needs Java 8u261.
SOUND = ("TLSv1.2", "TLSv1.3")
BROKEN = ("SSLv3", "TLSv1", "TLSv1.1")
_SUITE = re.compile(r"(?:TLS|SSL)_[A-Z0-9_]+\Z")


def tls_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings name.

    Args:
        values: the variables of the node.
    """
    seconds = values["is_node_hsts_seconds"]
    return {
        "protocols": values["is_node_tls_protocols"],
        "ciphers": ",".join(values["is_node_tls_ciphers"] or []),
        "hsts": "true" if seconds > 0 else "false",
        "hsts_age_of_apps": [{"name": "hstsMaxAgeSeconds", "value": str(seconds)}],
        "hsts_age": [
            element("init-param", element("param-name", "hstsMaxAgeSeconds"), element("param-value", str(seconds)))
        ],
    }


def tls_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on protocols and cipher suites: with one that Java does not know a node has no HTTPS port.

    Args:
        deployment: the model.
    """
    found = []
    for node in deployment["is_nodes"]:
        fields = deployment["hosts"][node["host"]]["servers"]["is"]["fields"]["tls"]
        protocols = [name.strip() for name in str(fields["protocols"] or "").split(",")]
        remedy = "Change is_node_tls_protocols."
        if unknown := [name for name in protocols if name not in SOUND + BROKEN]:
            text = f"is_node_tls_protocols has {join([shown(name) for name in unknown])}"
            found.append(
                finding(node["host"], "TLS", text, f"{join(SOUND, 'or')}, several separated by commas", remedy)
            )
        elif broken := [name for name in protocols if name in BROKEN]:
            text = f"is_node_tls_protocols has {join(broken)}, which is broken"
            found.append(finding(node["host"], "TLS", text, join(SOUND, "or"), remedy, severity="warning"))
        suites = fields["ciphers"].split(",") if fields["ciphers"] else []
        if unknown := [name for name in suites if not _SUITE.match(name)]:
            found.append(
                finding(
                    node["host"],
                    "TLS",
                    f"is_node_tls_ciphers has {join([shown(name) for name in unknown])}",
                    "names as Java writes them, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                    "Change is_node_tls_ciphers.",
                )
            )
    return found
