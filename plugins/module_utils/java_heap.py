# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The heap of a running Java: its limit by the command line, its use by the counters that HotSpot keeps in a file.

The file is the one that `jstat` reads; reading it asks nothing of the process.
"""

from __future__ import annotations

import os
import re
import struct

from ansible_collections.identityops.wso2is.plugins.module_utils.child import (
    ChildDied,
    ChildTimeout,
    User,
    run_in_child,
)

MAGIC = b"\xca\xfe\xc0\xc0"
USED = re.compile(r"sun\.gc\.generation\.[01]\.space\.\d+\.used$")
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
MB = 1 << 20
SECONDS = 5
# Its usual size is 32 KiB.
LIMIT = 4 << 20


def heap_limit_mb(command: bytes) -> int | None:
    """The last -Xmx of a command line (its words end with NUL) in MB; none without one."""
    found = re.findall(rb"(?:^|\0)-Xmx(\d{1,15})([kKmMgGtT]?)(?=\0|$)", command)
    return int(found[-1][0]) * UNITS[found[-1][1].decode().lower()] // MB if found else None


def read_counters(data: bytes) -> dict[str, int]:
    """The counters of HotSpot's file that are one number each, by name.

    :raises ValueError: if it is no such file, or not whole.
    """
    if data[:4] != MAGIC:
        raise ValueError("not a file of counters")
    order = "<" if data[4:5] == b"\x01" else ">"
    try:
        offset, count = struct.unpack_from(order + "ii", data, 24)
        counters = {}
        for _entry in range(count):
            length, name_at, vector = struct.unpack_from(order + "iii", data, offset)
            value_at = struct.unpack_from(order + "i", data, offset + 16)[0]
            if length <= 0:
                raise ValueError("an entry without length")
            if data[offset + 12 : offset + 13] == b"J" and vector == 0:
                name = data[offset + name_at : data.index(b"\0", offset + name_at)].decode("ascii", "replace")
                counters[name] = struct.unpack_from(order + "q", data, offset + value_at)[0]
            offset += length
    except struct.error as error:
        raise ValueError("the file is cut short") from error
    return counters


def heap_used_mb(data: bytes) -> int | None:
    """What the spaces of the heap hold by a file of counters, in MB; none when it says nothing."""
    try:
        used = [value for name, value in read_counters(data).items() if USED.match(name)]
    except ValueError:
        return None
    return sum(used) // MB if used else None


def used_of(pid: int, proc: str = "/proc") -> int | None:
    """What the heap of a process holds, in MB, by its own view of /tmp; none without counters. Raises OSError."""
    folder = os.path.join(proc, str(pid), "root/tmp")
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name, str(pid))
        if name.startswith("hsperfdata_") and os.path.isfile(path):
            with open(path, "rb") as stream:
                return heap_used_mb(stream.read(LIMIT))
    return None


def read_heap(pid: int) -> dict[str, int | None]:
    """Limit (`max_mb`) and use (`used_mb`) of the heap of a process; none for what cannot be read."""
    limit = used = None
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as stream:
            limit = heap_limit_mb(stream.read())
        owner = os.stat("/proc/%d" % pid)
        user = User(owner.st_uid, owner.st_gid)
        # In a container root may lack the right to look at the processes of others, which their user has.
        used = run_in_child(lambda: used_of(pid), SECONDS, user if os.getuid() == 0 else None)
    except (OSError, ChildDied, ChildTimeout):
        pass
    return {"max_mb": limit, "used_mb": used}
