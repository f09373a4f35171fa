# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared file system of a cluster: what the model says of it, and what is wrong with what was asked for."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .findings import finding

MARKER = ".wso2is-cluster.json"
SERVER_DIRECTORY = "repository/deployment/server"
WEBAPPS = f"{SERVER_DIRECTORY}/webapps"
PUBLISHERS = f"{SERVER_DIRECTORY}/eventpublishers"
# What a node must have for itself, and why.
NEVER_SHARED = {
    WEBAPPS: "every node unpacks its web applications there, all of them into the same place",
    "repository/conf": "each node has configuration of its own",
    "repository/components": "it belongs to the release",
    "repository/logs": "each node writes logs of its own",
    "repository/database": "it holds the node's own registry",
}


def mount_unit(path: str) -> str:
    """The name of the systemd unit of a mount point, as `systemd-escape --path --suffix=mount` says it."""
    text = "-".join(_escaped(step) for step in posixpath.normpath(path).strip("/").split("/"))
    return ("\\x2e" + text[1:] if text.startswith(".") else text or "-") + ".mount"


def _escaped(step: str) -> str:
    return "".join(
        char if re.match(r"[A-Za-z0-9:_.]", char) else "".join(f"\\x{byte:02x}" for byte in char.encode())
        for char in step
    )


def within(path: str, directory: str) -> bool:
    """Whether a path is a directory or lies in it; both are relative to the same place."""
    return path == directory or path.startswith(directory + "/") or directory == "."


def is_shared(path: str, directories: Mapping[str, str]) -> bool:
    """Whether a path of the carbon home lies in one of the shared directories."""
    return any(within(path, posixpath.normpath(str(directory))) for directory in directories.values())


def share(
    values: Mapping[str, Any], nodes: Sequence[Mapping[str, str]], servers: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """What the model says of the shared file system.

    Args:
        values: the variables that are one for the deployment.
        nodes: the Identity Server nodes, `host` and `address`.
        servers: the NFS servers, the same.
    """
    nfs = values["artifact_sync_method"] == "nfs"
    path = posixpath.normpath(values["artifact_sync_path"]) if values["artifact_sync_path"] else ""
    found = {
        "method": values["artifact_sync_method"],
        "path": path,
        "directories": dict(values["artifact_sync_directories"] or {}),
        "must_be_mount": nfs or values["artifact_sync_must_be_mount"],
        "cluster": values["hazelcast_domain"],
        "marker": MARKER,
        "mount_unit": "",
        "source": "",
    }
    if found["must_be_mount"] and path:
        found["mount_unit"] = mount_unit(path)
    if nfs and servers:
        directory = posixpath.normpath(values["artifact_sync_nfs_directory"])
        address = servers[0]["address"]
        found["source"] = f"{f'[{address}]' if ':' in address else address}:{directory}"
        found["nfs"] = {
            "server": servers[0]["host"],
            "address": address,
            "directory": directory,
            "lease_seconds": values["artifact_sync_nfs_lease_seconds"],
            "clients": list(dict.fromkeys(node["address"] for node in nodes)),
        }
    return found


def share_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """What is wrong with what was asked for, before any host is asked."""
    artifacts = deployment["artifacts"]
    found = _directory_findings(artifacts["directories"])
    if artifacts["path"] and not re.fullmatch(r"/[^/\s]\S*", artifacts["path"]):
        required = "an absolute path without spaces, not the root"
        found.append(_wrong(f"artifact_sync_path is {artifacts['path']!r}", required, "Change artifact_sync_path."))
    if artifacts["method"] != "nfs":
        return found
    servers = deployment["nfs_servers"]
    if len(servers) != 1:
        names = ", ".join(server["host"] for server in servers) or "none"
        found.append(
            finding(
                "deployment",
                "NFS server",
                names,
                "exactly one, because artifact_sync_method is nfs",
                "Put one host into the group wso2is_nfs_servers, or share by something of your own: "
                "artifact_sync_method existing.",
            )
        )
        return found
    if not re.fullmatch(r"/[^/\s]\S*", artifacts["nfs"]["directory"]):
        found.append(
            _wrong(
                f"artifact_sync_nfs_directory is {artifacts['nfs']['directory']!r}",
                "an absolute path without spaces, not the root",
                "Change artifact_sync_nfs_directory.",
            )
        )
    if any(node["host"] == servers[0]["host"] for node in deployment["is_nodes"]):
        found.append(
            finding(
                servers[0]["host"],
                "NFS server",
                "it is an Identity Server node too",
                "a host of its own: short of memory, a host that mounts from itself can lock up",
                "Move it to another host in the group wso2is_nfs_servers.",
                severity="warning",
            )
        )
    return found


def share_questions(deployment: Mapping[str, Any], host: str) -> tuple[list[str], list[str]]:
    """The systemd units and the commands that say how far a host is with sharing by NFS."""
    artifacts = deployment["artifacts"]
    if "nfs" not in artifacts:
        return [], []
    if host == artifacts["nfs"]["server"]:
        return ["nfs-server.service"], ["exportfs"]
    if "is" in deployment["hosts"][host]["servers"]:
        return [artifacts["mount_unit"]], ["mount.nfs4"]
    return [], []


def _wrong(found: str, required: str, remedy: str) -> dict[str, str]:
    return finding("all hosts", "shared directories", found, required, remedy)


def _directory_findings(directories: Mapping[Any, Any]) -> list[dict[str, str]]:
    found = []
    change = "Change artifact_sync_directories."
    paths = {}
    for name, path in directories.items():
        if not isinstance(name, str) or not re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z", name):
            required = "the name of a directory on the share: letters, digits, dots, hyphens and underscores"
            found.append(_wrong(f"artifact_sync_directories has {name!r}", required, change))
        steps = path.rstrip("/").split("/") if isinstance(path, str) else []
        if not steps or any(step in ("", ".", "..") for step in steps):
            required = "a path in the carbon home, such as repository/tenants"
            found.append(_wrong(f"artifact_sync_directories.{name} is {path!r}", required, change))
            continue
        paths[name] = "/".join(steps)
    for name, path in paths.items():
        for kept, why in NEVER_SHARED.items():
            if within(path, kept) or within(kept, path):
                where = path if within(path, kept) else f"{path}, which holds {kept}"
                found.append(
                    _wrong(
                        f"artifact_sync_directories.{name} is {where}",
                        f"without {kept}: {why}",
                        "Take it out of artifact_sync_directories, or name the directories below it that are to be "
                        "shared.",
                    )
                )
                break
    names = sorted(paths, key=lambda name: paths[name])
    for one, other in itertools.pairwise(names):
        if within(paths[other], paths[one]):
            found.append(
                _wrong(
                    f"artifact_sync_directories: {paths[one]} ({one}) holds {paths[other]} ({other})",
                    "directories of which none holds another",
                    change,
                )
            )
    return found
