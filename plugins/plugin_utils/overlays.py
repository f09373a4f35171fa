# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overlays: whole files of the operator's that a release gets beside, or in the place of, those of its pack."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from .extra_settings import below_home
from .pack import local_file

IS_NODE = "is_node_overlays"
ANALYTICS = "analytics_overlays"
KEYS = ("src", "dest", "checksum")
_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}", re.IGNORECASE)


def entry_problems(entry: Any) -> list[tuple[str, str]]:
    """What is wrong with an entry by itself: what was found, and what is required."""
    if not isinstance(entry, Mapping):
        return [("it is no mapping", f"a mapping with {', '.join(KEYS)}")]
    found = [(f"unknown key {key}", f"one of {', '.join(KEYS)}") for key in entry if key not in KEYS]
    source, dest, checksum = (entry.get(key) for key in KEYS)
    if not isinstance(source, str) or not source.strip() or not source.isprintable():
        found.append(("it has no src", "src: a file on the control node, or a URL"))
    if "dest" not in entry:
        found.append(("it has no dest", "dest: where the file goes, a path below the carbon home"))
    elif not below_home(dest) or str(dest).startswith("."):
        found.append((f"dest is {dest!r}", "the path of a file below the carbon home, without . and .. in it"))
    if not isinstance(checksum, str) or not checksum:
        found.append(("it has no checksum", "checksum: sha256:<64 hexadecimal digits>"))
    elif not _CHECKSUM.fullmatch(checksum):
        found.append((f"checksum is {checksum!r}", "sha256:<64 hexadecimal digits>"))
    return found


def overlays_of(given: Any, variable: str) -> dict[str, Any]:
    """What the model says of the overlays of a server.

    Args:
        given: the value of the variable.
        variable: its name.

    Returns:
        `variable`; `entries`, what was given; and `files`, those of them that can be brought.
    """
    entries = list(given or [])
    files = [{key: entry[key] for key in KEYS} for entry in entries if not entry_problems(entry)]
    return {"variable": variable, "entries": entries, "files": files}


def brought(server: Mapping[str, Any], staging: str) -> list[dict[str, str]]:
    """The overlays of a server as they are brought to a host.

    Args:
        server: the server in the model.
        staging: directory on the host.

    Returns:
        `source` on the control node, `staged` on the host, `dest` in the release, `sha256` and `mode` each.

    Raises:
        PackError: one is not on the control node, or has another checksum.
    """
    found = []
    for entry in server["overlays"]["files"]:
        path, digest = local_file(entry["src"], entry["checksum"])
        found.append(
            {
                "source": os.path.abspath(path),
                "staged": f"{staging}/{digest[:12]}-{os.path.basename(entry['dest'])}",
                "dest": entry["dest"],
                "sha256": digest,
                # Scripts are run, the rest is read.
                "mode": "0750" if entry["dest"].endswith(".sh") else "0640",
            }
        )
    return found
