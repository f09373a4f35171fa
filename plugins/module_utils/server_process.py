# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of a running server, by its process id file, and the log of its run."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from ansible_collections.identityops.wso2is.plugins.module_utils.carbon_log import (
    cut_before,
    cut_before_last_start,
    read_since,
)

# the clock ticks of the process table against the milliseconds of the log
TOLERANCE = 0.05


class Process(NamedTuple):
    """A running server."""

    pid: int
    started_at: float
    timezone: str | None


def parse_pid(text: str) -> int | None:
    """The number in a process id file; the server pads it with NUL."""
    first = text.split("\n", 1)[0].strip("\x00 \r\t")
    return int(first) if first.isdigit() and int(first) > 0 else None


def parse_start_ticks(stat: str) -> int:
    """Start of a process in clock ticks after boot, from /proc/PID/stat; the program's name in it may hold anything.

    :raises ValueError: if the text is something else.
    """
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 20:
        raise ValueError("not a line of /proc/PID/stat")
    return int(fields[19])


def parse_timezone(environ: bytes, cmdline: bytes) -> str | None:
    """The time zone a Java process was given, by option or by environment; none when it uses the host's."""
    for prefix, data in ((b"-Duser.timezone=", cmdline), (b"TZ=", environ)):
        for item in data.split(b"\0"):
            if item.startswith(prefix) and len(item) > len(prefix):
                return item[len(prefix) :].decode("utf-8", "replace")
    return None


def find_process(pid_file: str, since: float | None) -> Process | None:
    """The running server of a process id file; none when it does not run."""
    try:
        with open(pid_file, encoding="latin-1") as stream:
            pid = parse_pid(stream.read(200))
        if pid is None:
            return None
        folder = "/proc/%d" % pid
        with open(folder + "/stat", encoding="latin-1") as stream:
            stat = stream.read()
        with open(folder + "/cmdline", "rb") as stream:
            cmdline = stream.read()
        # the number may belong to another program by now
        if b"java" not in cmdline.split(b"\0")[0] or stat.rpartition(")")[2].split()[0] == "Z":
            return None
        with open(folder + "/environ", "rb") as stream:
            environ = stream.read()
        booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        started = booted + parse_start_ticks(stat) / float(os.sysconf("SC_CLK_TCK"))
        return Process(pid, round(since if since is not None else started, 3), parse_timezone(environ, cmdline))
    except (OSError, ValueError, IndexError):
        return None


def default_paths(runtime: str, carbon_home: str) -> tuple[str, str]:
    """Log and process id file of a runtime."""
    if runtime == "server":
        return os.path.join(carbon_home, "repository/logs/wso2carbon.log"), os.path.join(carbon_home, "wso2carbon.pid")
    home = os.path.join(carbon_home, "wso2", runtime)
    return os.path.join(home, "logs/carbon.log"), os.path.join(home, "runtime.pid")


def text_of_run(path: str, process: Process | None, limit: int) -> tuple[str, bool]:
    """The log of the present run.

    :returns: Its text, and whether all of it was read.
    """
    if process is None:
        return "", True
    if process.timezone:
        os.environ["TZ"] = process.timezone
        time.tzset()
    start = process.started_at - TOLERANCE
    found = read_since(path, start, limit)
    text = cut_before(found.text, start)
    if not text and found.modified is not None and found.modified > process.started_at + 2:
        # something was written since, so the clock was set or the zones differ: the line of the start must do
        text = cut_before_last_start(found.text)
    return text, found.complete
