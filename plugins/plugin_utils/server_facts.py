# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release says of a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def port_number(release: Mapping[str, Any], product: str, name: str, offset: int = 0) -> int:
    """The port that a product of the release opens, shifted where the product shifts it."""
    port = next(port for port in release["products"][product]["ports"] if port["name"] == name)
    return int(port["number"]) + (offset if port["offset"] else 0)


def server_facts(kind: str, product: str, base: str, release: Mapping[str, Any]) -> dict[str, Any]:
    """What the release says of a server."""
    facts = release["products"][product]
    return {
        "kind": kind,
        "product": product,
        "pack": facts["pack"],
        "base": base,
        "home": f"{base}/current",
        "script": facts["script"],
        "log": facts["log_file"],
        "description": facts["name"],
        "start_line": facts["start_line"],
        "failure_lines": [line["pattern"] for line in facts["failure_lines"]],
        "driver": release["packs"][facts["pack"]]["jdbc_driver_dir"],
        # All runtimes of a pack share its directory.
        "writable": sorted(
            {
                path
                for other in release["products"].values()
                if other["pack"] == facts["pack"]
                for path in other["writable"]
            }
        ),
    }
