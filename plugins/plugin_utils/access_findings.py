# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared file system as the nodes have it, where the operator provides it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings


def access_questions(deployment: Mapping[str, Any], host: str) -> list[dict[str, Any]]:
    """The directory in which the server of a host is to write. One that the collection mounts is not there yet."""
    artifacts, user = deployment["artifacts"], deployment["service_user"]
    if artifacts["method"] == "nfs" or not artifacts["path"] or "is" not in deployment["hosts"][host]["servers"]:
        return []
    names = sorted(str(name) for name in artifacts["directories"])
    return [{"path": artifacts["path"], "names": names, "uid": user["uid"], "gid": user["gid"]}]


def access_findings(deployment: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], found: Findings) -> None:
    """Add nodes on which the share is absent, not mounted, read-only, or closed to the servers' user.

    Args:
        deployment: the model.
        hosts: by inventory name, what the module host_info returned in `host`.
        found: where to add; what it says of `(host, "service user")` is not said again.
    """
    user, artifacts = deployment["service_user"], deployment["artifacts"]
    for host, facts in hosts.items():
        for question in access_questions(deployment, host):
            path = question["path"]
            if path not in facts.get("access", {}):
                continue
            answer, place = facts["access"][path], facts["paths"].get(path)
            change = "Mount the shared file system there, or change artifact_sync_path."
            if answer is None:
                found.add(host, "share", f"{path} does not answer", "the shared file system", change)
            elif not answer["exists"]:
                found.add(host, "share", f"{path} is not there", "the shared file system", change)
            elif artifacts["must_be_mount"] and place and not place["is_mount"]:
                found.add(
                    host,
                    "share",
                    f"{path} is not a mount point, it lies on {place['mount_point']}",
                    "the shared file system",
                    f"{change} If it is a directory of one, set artifact_sync_must_be_mount to false.",
                )
            elif place and "ro" in place["options"]:
                found.add(host, "share", f"{path} is mounted read-only", "read and write", "Mount it read-write.")
            # Elsewhere the role gives the directories to that user; a server of NFS refuses root.
            elif _is_nfs(place) and answer["refused"] and found.clean((host, "service user")):
                found.add(
                    host,
                    "share",
                    f"uid {user['uid']}, gid {user['gid']} cannot write to {', '.join(answer['refused'])}",
                    "writable for the user that runs the servers",
                    "Change its owner or mode, or set wso2is_uid and wso2is_gid to its owner.",
                )


def _is_nfs(place: Mapping[str, Any] | None) -> bool:
    """Whether a path lies on NFS."""
    return bool(place) and str((place or {}).get("fs_type")).startswith("nfs")
