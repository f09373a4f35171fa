# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server wrote into its log since it was started."""

from __future__ import annotations

import os
import re
import time
from typing import NamedTuple, Sequence

# "TID: [-1234] [] [2026-11-22 14:50:00,123]  INFO {class} - text" of the Identity Server, without TID on analytics
_HEAD = re.compile(
    r"^(?:TID: )?(?:\[[^\]\n]*\] )*?\[(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3})\](?: \[[^\]\n]*\])*"
    r"\s+(?P<level>[A-Z]+)\s+\{(?P<logger>[^}\n]*)\}\s+-\s+(?P<text>[^\n]*)$",
    re.MULTILINE,
)
_EVENT = re.compile(
    r"started in [\d.]+ sec|Member (?:joined|left) \[|as the Coordinator node|Local member: \[|^Members \[\d+\] \{"
    r"|Clustering has been (?:enabled|disabled)"
    r"|Shutdown hook triggered|Gracefully shutting down|\] +FATAL +\{|Cannot initialize cluster"
    r"|LifeCycleException while starting"
    r"|(?:Starting up as|becoming the|Changed to) (?:Active|Passive)|More than two nodes can not",
    re.MULTILINE,
)
_MEMBERS = re.compile(r"Members \[\d+\] \{\n(?P<body>(?:[^\n}]*\n)*?)\}")
_MEMBER = re.compile(r"Member \[(?P<host>[^\]]+)\]:(?P<port>\d+)(?P<this> this)?")
_JOINED = re.compile(
    r"Member (?P<what>joined|left) \[[^\]]*\]:? *(?P<host>[^/\s]*)/\[?(?P<address>[0-9A-Fa-f.:]+?)\]?:(?P<port>\d+)"
)
_START = "Starting WSO2 Carbon"
ERRORS_KEPT = 20
TEXT_KEPT = 400


class ServerLog(NamedTuple):
    """What a server's log says of its present run.

    `members` are host:port texts of the last member list with the joins and leaves after it; none when no list was
    logged.
    `local_address` is where the node is reached by its own word, host:port.
    `ha_since` is when a worker became what `ha` says, in seconds since 1970.
    `events` has the last word on each peer (`joined`, `left`) by address:port.
    """

    ready: bool
    ready_seconds: float | None
    stopping: bool
    clustering: bool | None
    coordinator: bool
    local_member: str | None
    local_address: str | None
    members: list[str] | None
    events: dict[str, str]
    ha: str | None
    errors: list[str]
    ha_since: float | None = None


def parse_time(text: str) -> float:
    """A time of the log (local time of this process) as seconds since 1970.

    :raises ValueError: if it is none.
    """
    whole, fraction = re.split(r"[,.]", text)
    return time.mktime(time.strptime(whole, "%Y-%m-%d %H:%M:%S")) + int(fraction) / 1000.0


def first_time(text: str, offset: int = 0) -> tuple[int, float] | None:
    """Offset and time of the first line with a time at or after an offset; none when there is none."""
    position = offset if offset == 0 else text.find("\n", offset - 1) + 1
    if offset and position == 0:
        return None
    match = _HEAD.search(text, position)
    return (match.start(), parse_time(match.group("time"))) if match else None


def cut_before(text: str, start: float) -> str:
    """The part of a log from the first line that is not older than a time."""
    low, high = 0, len(text)
    # a log is sorted by time: halve it instead of reading each line
    while low < high:
        middle = (low + high) // 2
        found = first_time(text, middle)
        if found is None or found[1] >= start:
            high = middle
        else:
            low = max(found[0], middle) + 1
    found = first_time(text, low)
    return text[found[0] :] if found else ""


def cut_before_last_start(text: str) -> str:
    """The part of a log from the last start of a server; all of it when no start is logged."""
    position = text.rfind(_START)
    return text[text.rfind("\n", 0, position) + 1 :] if position >= 0 else text


def read_log(text: str) -> ServerLog:
    """Read what happened.

    :param text: The log of one run of the server.
    """
    ready, seconds, stopping, clustering, coordinator = False, None, False, None, False
    local: str | None = None
    address: str | None = None
    members: dict[str, None] | None = None
    events: dict[str, str] = {}
    state: tuple[str | None, float | None] = (None, None)
    errors: list[str] = []
    done = -1
    for event in _EVENT.finditer(text):
        start = text.rfind("\n", 0, event.start()) + 1
        if start <= done:
            continue
        done = start
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if line.startswith("Members ["):
            block = _MEMBERS.match(text, start)
            if block:
                members = {
                    "%s:%s" % (item.group("host"), item.group("port")): None
                    for item in _MEMBER.finditer(block.group("body"))
                }
            continue
        head = _HEAD.match(line)
        if head is None:
            continue
        level, message = head.group("level"), head.group("text").strip()
        if level == "FATAL" or (
            level == "ERROR" and re.search("Cannot initialize cluster|LifeCycleException|More than two nodes", message)
        ):
            errors.append(message[:TEXT_KEPT])
            continue
        peer = _JOINED.search(message)
        if peer:
            key = "%s:%s" % (peer.group("address"), peer.group("port"))
            events[key] = peer.group("what")
            if members is not None:
                _apply(members, key, peer.group("host"), peer.group("what"))
            continue
        started = re.search(r"started in (\d+(?:\.\d+)?) sec", message)
        found_ha = re.search(r"(?:Starting up as|becoming the|Changed to) (Active|Passive)", message)
        if started:
            ready, seconds = True, float(started.group(1))
        elif found_ha:
            state = _next_state(state, found_ha.group(1).lower(), head.group("time"))
        elif "Coordinator node" in message:
            coordinator = True
        elif message.startswith("Local member: ["):
            local = message[len("Local member: [") :].partition("]")[0]
            place = re.search(r"\bHost:([^,\s]+).*?\bPort: ?(\d+)", message)
            address = "%s:%s" % place.groups() if place else None
        elif "Clustering has been" in message:
            clustering = "been enabled" in message
        elif "Shutdown hook triggered" in message or "Gracefully shutting down" in message:
            stopping = True
    return ServerLog(
        ready and not stopping,
        seconds,
        stopping,
        clustering,
        coordinator,
        local,
        address,
        sorted(members) if members is not None else None,
        events,
        state[0],
        errors[:ERRORS_KEPT],
        state[1],
    )


def _next_state(state: tuple[str | None, float | None], said: str, moment: str) -> tuple[str | None, float | None]:
    """The state of a worker and since when, after a line; a state that is said again is no new one."""
    if said == state[0]:
        return state
    try:
        return said, parse_time(moment)
    except (ValueError, OverflowError):
        return said, None


def _apply(members: dict[str, None], key: str, host: str, what: str) -> None:
    names = [key] + (["%s:%s" % (host, key.rpartition(":")[2])] if host else [])
    if what == "left":
        for name in names:
            members.pop(name, None)
    elif not any(name in members for name in names):
        members[key] = None


def log_files(path: str, names: Sequence[str]) -> list[str]:
    """Which files of a directory are the log or its older parts (not compressed)."""
    name = os.path.basename(path)
    stem, dot, suffix = name.rpartition(".")
    older = re.compile(r"%s-\d[\w-]*%s$" % (re.escape(stem), re.escape(dot + suffix)))
    return [
        item
        for item in names
        if item == name or (item.startswith(name + ".") and not item.endswith((".gz", ".zip"))) or older.match(item)
    ]


class LogText(NamedTuple):
    """The end of a log; `complete` tells whether nothing since the wanted time is missing."""

    text: str
    complete: bool
    modified: float | None


def read_since(path: str, start: float | None, limit: int) -> LogText:
    """Read the log and, where it was rotated since, its older parts.

    :param path: The present log file.
    :param start: Time from which the log is wanted; none means all of the present file.
    :param limit: Bytes to read at most, from the end.
    """
    folder = os.path.dirname(path)
    parts: list[tuple[float, str]] = []
    try:
        for name in log_files(path, os.listdir(folder)):
            modified = os.stat(os.path.join(folder, name)).st_mtime
            if name == os.path.basename(path) or (start is not None and modified >= start):
                parts.append((modified, name))
    except OSError:
        pass
    if not parts:
        return LogText("", True, None)
    # the present file is the newest whatever its time says
    parts.sort(key=lambda part: (part[1] == os.path.basename(path), part[0]), reverse=True)
    texts: list[str] = []
    complete = True
    for _modified, name in parts:
        text, whole = _tail(os.path.join(folder, name), limit)
        limit -= len(text)
        texts.insert(0, text)
        first = first_time(text)
        if start is not None and first is not None and first[1] < start:
            break
        if not whole:
            complete = False
            break
    return LogText("\n".join(texts), complete, parts[0][0])


def _tail(path: str, limit: int) -> tuple[str, bool]:
    try:
        with open(path, "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            begin = max(0, size - max(0, limit))
            stream.seek(begin)
            data = stream.read(size - begin)
    except OSError:
        return "", False
    if begin:
        data = data[data.find(b"\n") + 1 :]
    return data.decode("utf-8", "replace").replace("\r\n", "\n"), begin == 0
