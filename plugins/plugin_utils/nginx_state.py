# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what the probe of the role load_balancer printed, and decides what is left to do."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any


def read_probe(text: str) -> dict[str, Any]:
    """Reads the probe's lines: a key, then values, separated by tabs.

    Args:
        text: what the probe printed.

    Returns:
        ``nginx`` (output of ``nginx -V``), ``files`` (path -> ``sha256``, ``mode``, ``owner``), ``directory`` (whether
        the role's directory is there), ``included`` (whether nginx.conf is one of the role's), ``enabled``, ``active``,
        ``running`` (the configuration that the running nginx says it has read), ``selinux`` (whether SELinux keeps
        nginx from connecting to the nodes).
    """
    state: dict[str, Any] = {
        "nginx": "",
        "files": {},
        "directory": False,
        "included": False,
        "enabled": False,
        "active": False,
        "running": "",
        "selinux": False,
    }
    for line in text.splitlines():
        key, *values = line.split("\t")
        if key == "nginx":
            state["nginx"] += " ".join(values) + "\n"
        elif key == "file" and len(values) == 4:
            sha256, mode, owner, path = values
            state["files"][path] = {"sha256": sha256, "mode": mode.zfill(4), "owner": owner}
        elif key in ("directory", "included", "selinux"):
            state[key] = True
        elif key == "enabled":
            state[key] = values == ["enabled"]
        elif key == "active":
            state[key] = values == ["active"]
        elif key == "running":
            state[key] = " ".join(values).strip()
    return state


def plan(state: dict[str, Any], wanted: list[dict[str, Any]], running: str, folder: str) -> dict[str, Any]:
    """Compares the host with what it should be.

    Args:
        state: the answer of :func:`read_probe`.
        wanted: the files that should be there, each with ``path``, ``sha256`` and ``mode`` (four octal digits).
        running: what the running nginx should say that it has read; * stands for anything.
        folder: the role's directory; files in it that nobody wants are stale.

    Returns:
        ``files`` (paths to write, in the order of ``wanted``), ``stale`` (paths to remove), ``reload``, ``start``
        (booleans).
    """
    found = state["files"]
    differing = [
        entry["path"]
        for entry in wanted
        if found.get(entry["path"]) != {"sha256": entry["sha256"], "mode": entry["mode"], "owner": "root:root"}
    ]
    paths = {entry["path"] for entry in wanted}
    stale = sorted(path for path in found if path.startswith(folder.rstrip("/") + "/") and path not in paths)
    return {
        "files": differing,
        "stale": stale,
        # A file that was edited by hand and loaded still names the old digest: what is written is always read again.
        "reload": state["active"] and (bool(differing) or not fnmatchcase(state["running"], running)),
        "start": not (state["active"] and state["enabled"]),
    }
