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


def listens(release: Mapping[str, Any], product: str, numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """Ports that a server must hold once it has started: their numbers, and what it means when another process does."""
    return [
        {
            "number": numbers[port["name"]],
            # Without clustering the server listens on fewer ports; only that nobody else does is certain.
            "must_open": port["when"] == "always",
            "meaning": port["if_taken"],
            "remedy": port["remedy"],
        }
        for port in release["products"][product]["ports"]
        if port["name"] in numbers
    ]


def failures(release: Mapping[str, Any], product: str) -> list[dict[str, Any]]:
    """Lines after which a start has failed, with what may have caused each."""
    return [
        {**line, "causes": [release["failure_causes"][name] for name in line["causes"]]}
        for line in release["products"][product]["failure_lines"]
    ]


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
        "failures": failures(release, product),
        "waiting": facts["waiting_lines"],
        "jdk": {
            "required": release["jdk"]["required"],
            "refused": release["jdk"]["refused"],
            "variable": f"jdk_home or {'is_node' if kind == 'is' else 'analytics'}_java_home",
        },
        "jvm_options": list(facts["jvm_options"]),
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
