# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node answered a request, from the access log that the role load_balancer sets up."""

from __future__ import annotations

import os
import re
import time
from typing import NamedTuple

LOG = "/var/log/nginx/access.log"

_LINE = re.compile(
    r'"(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" (?P<status>\d{3}) .*? upstream=(?P<upstream>.*?) upstream_status='
    r'.*"(?P<agent>[^"]*)"$'
)


class Served(NamedTuple):
    """One request; `upstream` is the address:port that answered last, empty when none was asked."""

    method: str
    path: str
    status: int
    upstream: str


class Mark(NamedTuple):
    """A place in the log from which to read on."""

    inode: int
    size: int


def parse_lines(text: str, agent: str) -> list[Served]:
    """The requests of one User-Agent.

    :param text: Part of the log.
    :param agent: The whole User-Agent.
    """
    found = []
    for line in text.splitlines():
        match = _LINE.search(line)
        if match and match.group("agent") == agent:
            # A request that was handed on names every node that was asked: "a:1, b:2".
            upstream = re.split(r"[,\s:]+\s", match.group("upstream"))[-1].strip()
            found.append(
                Served(
                    match.group("method"),
                    match.group("path"),
                    int(match.group("status")),
                    "" if upstream == "-" else upstream,
                )
            )
    return found


def mark(path: str = LOG) -> Mark:
    """The end of the log now; a log that is not there yet begins at 0."""
    try:
        known = os.stat(path)
    except OSError:
        return Mark(0, 0)
    return Mark(known.st_ino, known.st_size)


def served(since: Mark, agent: str, count: int, path: str = LOG, wait: float = 5) -> list[Served]:
    """The requests of one User-Agent since a mark.

    nginx writes a line when the request is done, which a client may notice earlier.

    :param count: How many there must be.
    :param wait: Seconds to wait for them.
    :raises OSError: if the log cannot be read.
    :returns: What is there at last.
    """
    deadline = time.monotonic() + wait
    while True:
        with open(path, "rb") as stream:
            known = os.fstat(stream.fileno())
            # A log that was rotated meanwhile is read from its beginning.
            stream.seek(since.size if known.st_ino == since.inode and known.st_size >= since.size else 0)
            found = parse_lines(stream.read().decode("utf-8", "replace"), agent)
        if len(found) >= count or time.monotonic() >= deadline:
            return found
        time.sleep(0.05)
