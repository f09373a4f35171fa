# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file system a path is on, from the kernel's table of mounts."""

from __future__ import annotations

import os
import re
from typing import NamedTuple, Sequence


class Mount(NamedTuple):
    """One mounted file system."""

    mount_point: str
    fs_type: str
    source: str
    options: tuple[str, ...]


def parse_mountinfo(text: str) -> list[Mount]:
    """Read the content of /proc/self/mountinfo, in the kernel's order (a later mount hides an earlier one)."""
    mounts = []
    for line in text.splitlines():
        left, dash, right = line.partition(" - ")
        fields, rest = left.split(), right.split()
        if not dash or len(fields) < 6 or len(rest) < 2:
            continue
        options = list(dict.fromkeys(fields[5].split(",") + (rest[2].split(",") if len(rest) > 2 else [])))
        # an overlay names all its layers there
        options = [option for option in options if len(option) <= 100]
        # a read-only mount of a writable file system carries both words; the mount's own counts
        if "ro" in fields[5].split(","):
            options = [option for option in options if option != "rw"]
        mounts.append(Mount(_unescape(fields[4]), rest[0], _unescape(rest[1]), tuple(options)))
    return mounts


def read_mounts(path: str = "/proc/self/mountinfo") -> list[Mount]:
    """All mounts this process sees; empty when the table is not readable."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return parse_mountinfo(stream.read())
    except OSError:
        return []


def mount_of(path: str, mounts: Sequence[Mount]) -> Mount | None:
    """The mount that holds a path.

    :param path: An absolute path with links resolved; it need not exist.
    :param mounts: What :func:`read_mounts` returned.
    """
    best = None
    for mount in mounts:
        prefix = mount.mount_point.rstrip("/") + "/"
        inside = (path.rstrip("/") + "/").startswith(prefix)
        if inside and (best is None or len(mount.mount_point) >= len(best.mount_point)):
            best = mount
    return best


def is_mount_point(path: str, mounts: Sequence[Mount]) -> bool:
    """Whether a file system is mounted exactly there; unlike for os.path.ismount, a bind mount counts."""
    mount = mount_of(path, mounts)
    return mount is not None and os.path.normpath(mount.mount_point) == os.path.normpath(path)


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)
