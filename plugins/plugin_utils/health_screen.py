# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on the health of a deployment as one screen of text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 118
NOTHING = "-"
GAP = "  "


def health_screen(report: Mapping[str, Any]) -> str:
    """Show a report.

    Args:
        report: what health_report returned.
    """
    now = str(report["checked_at"])
    lines = [_headline(report), ""]
    for title, header, rows in (
        ("IDENTITY SERVER", NODE, [_node(row, now) for row in report["nodes"]]),
        ("ANALYTICS", ANALYTICS, [_analytics(row, now) for row in report["analytics"]]),
        ("LOAD BALANCERS", BALANCER, [_balancer(row, report["nodes"], now) for row in report["load_balancers"]]),
        ("OTHER HOSTS", OTHER, [_other(row) for row in report["others"]]),
    ):
        if rows:
            lines += [title, *_table([header, *rows]), ""]
    if report["not_asked"]:
        lines += [f"Not asked, because of --limit: {', '.join(report['not_asked'])}", ""]
    for title, name in (("PROBLEMS", "problems"), ("WARNINGS", "warnings")):
        if report[name]:
            lines += [title, *_sentences(report[name]), ""]
    return "\n".join(lines).rstrip()


def summary(report: Mapping[str, Any]) -> str:
    """The state in a few words: `HEALTHY`, or how many problems there are."""
    counts = [
        f"{len(report[name])} {name if len(report[name]) != 1 else name[:-1]}"
        for name in ("problems", "warnings")
        if report[name]
    ]
    return ", ".join(["HEALTHY" if report["healthy"] else "NOT HEALTHY", *counts])


def _headline(report: Mapping[str, Any]) -> str:
    checked = str(report["checked_at"]).replace("T", " ")[:16]
    return f"{summary(report)}. {report['url']}, pattern {report['pattern']}, {checked}. All times are UTC."


def _time(text: Any, now: str) -> str:
    """A time of the report: to the minute in the same year, the day of another year."""
    if not text:
        return NOTHING
    return str(text)[5:16].replace("T", " ") if str(text)[:4] == now[:4] else str(text)[:10]


def _yes(value: Any) -> str:
    return NOTHING if value is None else "yes" if value else "NO"


def _unit(row: Mapping[str, Any]) -> str:
    """The state of the unit, or why there is none."""
    if not row["answered"]:
        return "no answer"
    if row.get("installed") is False:
        return "not installed"
    return row["unit_state"] or NOTHING


def _release(row: Mapping[str, Any]) -> str:
    """Version, and the beginning of each digest by which operators tell two releases of it apart."""
    digests = re.search(r"-([0-9a-f]{12})(?:-([0-9a-f]{8}))?$", row["release"] or "")
    if digests and row["version"]:
        return "-".join([row["version"], *(digest[:4] for digest in digests.groups() if digest)])
    return row["release"] or NOTHING


def _days(certificate: Mapping[str, Any]) -> str:
    days = certificate["days_left"]
    return NOTHING if days is None else "ENDED" if days < 0 else f"{days} d"


def _disk(row: Mapping[str, Any]) -> str:
    """The fullest file system."""
    if not row["disks"]:
        return NOTHING
    disk = row["disks"][0]
    size = f"{disk['free_mb'] / 1024:.0f} GB" if disk["free_mb"] >= 10240 else f"{disk['free_mb']:.0f} MB"
    return f"{size} {disk['free_percent']}%"


def _heap(row: Mapping[str, Any]) -> str:
    heap = row["heap"]
    limit = heap["limit_mb"] if heap["limit_mb"] is not None else heap["configured_mb"]
    return f"{heap['used_mb'] if heap['used_mb'] is not None else NOTHING}/{limit}"


def _database(row: Mapping[str, Any]) -> str:
    """The slowest, or how many refuse."""
    wrong = [entry for entry in row["databases"] if entry["reason"]]
    if wrong:
        return f"{len(wrong)} FAIL"
    times = [entry["milliseconds"] for entry in row["databases"] if entry["milliseconds"] is not None]
    return f"{max(times):.0f} ms" if times else NOTHING


NODE = (
    "NODE",
    "UNIT",
    "VERSION",
    "STARTED",
    "READY",
    "MEMBERS",
    "BALANCING",
    "CERT",
    "DISK FREE",
    "HEAP MB",
    "ARTIFACTS",
    "DB",
)


def _node(row: Mapping[str, Any], now: str) -> Sequence[str]:
    return (
        row["host"],
        _unit(row),
        _release(row),
        _time(row["started_at"], now),
        _yes(row["ready"]),
        _members(row["members"]),
        _balancing(row),
        _days(row["certificate"]),
        _disk(row),
        _heap(row) if row["answered"] else NOTHING,
        row["artifacts"] or NOTHING,
        _database(row),
    )


def _members(members: Mapping[str, Any]) -> str:
    """How many of the members the node sees, and whom not."""
    if members["seen"] is None:
        return NOTHING
    seen = [name for name in members["expected"] if name in members["seen"]]
    missing = [name for name in members["expected"] if name not in seen]
    count = f"{len(seen)} of {len(members['expected'])}"
    if not missing or len(missing) > 3 or not seen:
        return count
    return f"{count}, not {' '.join(missing)}"


def _balancing(row: Mapping[str, Any]) -> str:
    """What load balancers do with a node: one word where they agree."""
    words = {"in": "in", "drained": "DRAINED by operator", "down": "DOWN by a run", "absent": "ABSENT", None: NOTHING}
    states = row["balancing"]
    if not states:
        return NOTHING
    if len(set(states.values())) == 1:
        return words[next(iter(states.values()))]
    return ", ".join(f"{name} {words[state]}" for name, state in states.items())


ANALYTICS = (
    "SERVER",
    "UNIT",
    "VERSION",
    "STARTED",
    "READY",
    "STATE",
    "SINCE",
    "WAITING",
    "CERT",
    "DISK FREE",
    "HEAP MB",
    "DB",
)


def _analytics(row: Mapping[str, Any], now: str) -> Sequence[str]:
    waiting = row["waiting_bytes"]
    return (
        f"{row['host']} {row['server']}",
        _unit(row),
        _release(row),
        _time(row["started_at"], now),
        _yes(row["ready"]),
        _state(row),
        _time(row["since"], now),
        f"{waiting} B" if waiting is not None and row["receiving"] else NOTHING,
        _days(row["certificate"]),
        _disk(row),
        _heap(row) if row["answered"] else NOTHING,
        _database(row),
    )


def _state(row: Mapping[str, Any]) -> str:
    """What a worker is by its log, with what its port says otherwise."""
    if row["server"] != "worker" or not row["running"]:
        return NOTHING
    said = row["state"] or "unknown"
    if row["receiving"]:
        return said if said == "active" else f"{said}, RECEIVES"
    return said if said == "passive" else f"{said}, port CLOSED"


BALANCER = ("HOST", "UNIT", "NGINX", "STARTED", "ANSWERS", "NODES", "CERT", "DISK FREE")


def _balancer(row: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]], now: str) -> Sequence[str]:
    states = [node["balancing"].get(row["host"]) for node in nodes]
    known = [state for state in states if state]
    return (
        row["host"],
        _unit(row),
        row["version"] or NOTHING,
        _time(row["started_at"], now),
        _yes(row["answers"]),
        f"{known.count('in')} of {len(states)} in" if known else NOTHING,
        ", ".join(
            _days(entry) if entry["name"] == "public" else f"{entry['name']} {_days(entry)}"
            for entry in row["certificates"]
        ),
        _disk(row),
    )


OTHER = ("HOST", "WHAT", "UNIT", "DISK FREE")


def _other(row: Mapping[str, Any]) -> Sequence[str]:
    return (row["host"], row["server"], _unit(row), _disk(row))


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they need; a column of which nothing is known is left out."""
    kept = [index for index in range(len(rows[0])) if index < 2 or any(row[index] != NOTHING for row in rows[1:])]
    widths = [max(len(row[index]) for row in rows) for index in kept]
    return [
        GAP.join(row[index].ljust(width) for index, width in zip(kept, widths, strict=True)).rstrip() for row in rows
    ]


def _sentences(problems: Sequence[Mapping[str, Any]]) -> list[str]:
    """A numbered list."""
    lines = []
    for count, row in enumerate(problems, 1):
        mark = f"{count}. "
        lines += textwrap.wrap(
            " ".join(row["text"].split()),
            WIDTH,
            initial_indent=mark,
            subsequent_indent=" " * len(mark),
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines
