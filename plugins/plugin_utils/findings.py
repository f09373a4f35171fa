# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings: what is wrong with a deployment, as plain data, and the table that an operator reads.

A finding is a mapping of text: `severity` (`error`, `warning` or `info`), `host`, `check`, `found`, `required` and
`remedy`.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

SEVERITIES = ("error", "warning", "info")
COLUMNS = ("severity", "host", "check", "found", "required", "remedy")
MINIMUM_WIDTH = 60
_GAP = "  "
# Widest a column may grow before the others had their share; the last three divide what is left.
_CAPS = {"severity": 8, "host": 20, "check": 18}
_SMALLEST = 8
_LONGEST_WORD = 34
# Hosts that a finding names before it counts them.
_NAMED_HOSTS = 8


class InputError(ValueError):
    """The data given to a check has the wrong shape. The message names the place and the offending type."""


def finding(
    host: str, check: str, found: str, required: str, remedy: str, *, severity: str = "error"
) -> dict[str, str]:
    """Return one finding.

    Args:
        host: inventory name, or what the finding is about when it is not one host.
        check: short name of the check.
        found: what is there.
        required: what has to be there instead.
        remedy: what to change, naming the variable.
        severity: `error` stops the run, `warning` does not, `info` says what was not checked.
    """
    row = {"severity": severity, "host": host, "check": check, "found": found, "required": required, "remedy": remedy}
    # A terminal and a report take no half characters, as bytes become that are not UTF-8.
    return {column: text.encode("utf-8", "backslashreplace").decode() for column, text in row.items()}


class Findings:
    """Collects findings, and knows which inputs already have one.

    A check that reads an input with a finding stays silent: the operator gets one row for each mistake, not one for
    each of its consequences. Inputs are any hashable names, e.g. `("is1", "address")`.
    """

    def __init__(self) -> None:
        self._rows: list[dict[str, str]] = []
        self._spoilt: set[Hashable] = set()

    def add(
        self,
        host: str,
        check: str,
        found: str,
        required: str,
        remedy: str,
        *,
        severity: str = "error",
        about: Iterable[Hashable] = (),
    ) -> None:
        """Add a finding; an error spoils the inputs that it is `about`, a warning does not."""
        self._rows.append(finding(host, check, found, required, remedy, severity=severity))
        if severity == "error":
            self._spoilt.update(about)

    def spoil(self, *inputs: Hashable) -> None:
        """Mark inputs that a finding already covers, so that no check reads them."""
        self._spoilt.update(inputs)

    def clean(self, *inputs: Hashable) -> bool:
        """Return whether none of the inputs has an error."""
        return self._spoilt.isdisjoint(inputs)

    def sorted(self) -> list[dict[str, str]]:
        """Return the findings, errors first, then by host and check."""
        return sort_findings(self._rows)


def natural(text: str) -> tuple[Any, ...]:
    """Return a sort key with which is2 comes before is10."""
    parts = re.split(r"([0-9]{1,18})", text)
    return tuple((1, int(part), "") if index % 2 else (0, 0, part) for index, part in enumerate(parts))


def sort_findings(findings: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the findings ordered by severity, host and check; equal ones keep their order."""
    return sorted(
        (dict(row) for row in findings),
        key=lambda row: (SEVERITIES.index(row["severity"]), natural(row["host"]), row["check"]),
    )


def together(findings: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the same finding of several hosts as one: the mistake was made once, in a group."""
    hosts: dict[tuple[str, ...], list[str]] = {}
    for row in findings:
        key = tuple(row[column] for column in COLUMNS if column != "host")
        hosts.setdefault(key, []).append(row["host"])
    found = []
    for (severity, check, text, required, remedy), said in hosts.items():
        names = list(dict.fromkeys(said))
        many = len(names) > _NAMED_HOSTS
        listed = [*names[: _NAMED_HOSTS - 1], f"{len(names) - _NAMED_HOSTS + 1} more"] if many else names
        found.append(finding(", ".join(listed), check, text, required, remedy, severity=severity))
    return found


def summary(findings: Sequence[Mapping[str, str]]) -> str:
    """Return one line that counts errors and warnings."""
    counts = []
    for severity in SEVERITIES:
        number = sum(1 for row in findings if row["severity"] == severity)
        if number:
            counts.append(f"{number} {severity}{'' if number == 1 else 's'}")
    return f"{join(counts)}." if counts else "No findings."


def findings_table(findings: Sequence[Mapping[str, Any]], width: int = 120) -> str:
    """Return the findings as a text table below a line that counts them.

    Args:
        findings: findings in any order; they are shown sorted.
        width: characters in a line, at least 60. Longer cells wrap; a path or digest that had to be broken stands whole
            below the table, to be copied.

    Raises:
        InputError: the value is not a list of findings, or the width is not a number of at least 60.
    """
    rows = checked_findings(findings)
    size = whole_number(width)
    if size is None or size < MINIMUM_WIDTH:
        raise InputError(f"width must be a whole number of {MINIMUM_WIDTH} or more, not {shown(width)} ({kind(width)})")
    if not rows:
        return summary(rows)
    rows = sort_findings(rows)
    cells = [[_plain(row[column]) for column in COLUMNS] for row in rows]
    widths = _widths([list(COLUMNS), *cells], size)
    lines = [
        summary(rows),
        "",
        *_lines([column.upper() for column in COLUMNS], widths),
        _GAP.join("-" * column for column in widths),
    ]
    wrapped = [_lines(row, widths) for row in cells]
    # An empty line tells rows apart once one of them takes several lines.
    loose = any(len(row) > 1 for row in wrapped)
    for index, row in enumerate(wrapped):
        if loose and index:
            lines.append("")
        lines += row
    broken = [
        word
        for row in cells
        for cell, room in zip(row, widths, strict=True)
        for word in cell.split()
        if len(word) > room
    ]
    if broken:
        lines += ["", "In full:", *dict.fromkeys(broken)]
    return "\n".join(lines)


def checked_findings(findings: Any) -> list[dict[str, str]]:
    """Return the value as a list of findings.

    Raises:
        InputError: it is not a list of mappings with the six keys, each a text, and a known severity.
    """
    rows = []
    for index, given in enumerate(list_of(findings, "findings")):
        row = mapping_of(given, f"findings[{index}]")
        for column in COLUMNS:
            if not isinstance(row.get(column), str):
                raise InputError(f"findings[{index}] must have the text {column!r}, not {kind(row.get(column))}")
        if row["severity"] not in SEVERITIES:
            raise InputError(
                f"findings[{index}].severity must be {' or '.join(SEVERITIES)}, not {shown(row['severity'])}"
            )
        rows.append({column: row[column] for column in COLUMNS})
    return rows


def _plain(text: str) -> str:
    """One line of printable text: a value from outside must not move the cursor of a terminal."""
    text = "".join(char if not unicodedata.category(char).startswith("C") or char in "\n\t" else "?" for char in text)
    return " ".join(text.split())


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Divide the line: short columns get what they need, the long ones share the rest by need."""
    room = width - len(_GAP) * (len(COLUMNS) - 1)
    needs = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS))]
    words = [max(len(word) for row in rows for word in row[index].split() or [""]) for index in range(len(COLUMNS))]
    widths = [min(need, _CAPS.get(column, need)) for need, column in zip(needs, COLUMNS, strict=True)]
    # Names of variables stay whole as long as the line allows it.
    for floors in ([min(word, _LONGEST_WORD) for word in words], [_SMALLEST] * len(COLUMNS)):
        while sum(widths) > room:
            # Take from the widest column that has something to give, so that all shrink alike.
            giving = [index for index, size in enumerate(widths) if size > max(floors[index], _SMALLEST)]
            if not giving:
                break
            widths[max(giving, key=lambda index: (widths[index], index))] -= 1
    return widths


def _lines(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    columns = [
        textwrap.wrap(cell, size, break_long_words=True, break_on_hyphens=False) or [""]
        for cell, size in zip(cells, widths, strict=True)
    ]
    height = max(len(column) for column in columns)
    return [
        _GAP.join(
            (column[line] if line < len(column) else "").ljust(size)
            for column, size in zip(columns, widths, strict=True)
        ).rstrip()
        for line in range(height)
    ]


def kind(value: Any) -> str:
    """Return the name of the value's type in the words of YAML."""
    if value is None:
        return "null"
    for types, name in (
        (bool, "boolean"),
        (str, "text"),
        (int, "number"),
        (float, "number"),
        (Mapping, "mapping"),
        ((list, tuple), "list"),
    ):
        if isinstance(value, types):
            return name
    return type(value).__name__


def shown(value: Any) -> str:
    """Return a short form of a value for a cell of the table."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "nothing"}[value]
    if isinstance(value, str):
        text = _plain(value)
        return (text if len(text) <= 60 else text[:57] + "...") if text else "empty text"
    if isinstance(value, int):
        # Python refuses to print numbers of thousands of digits.
        return str(value) if abs(value) < 10**18 else "a number of more than 18 digits"
    if isinstance(value, float):
        return f"{value:g}"
    return f"a {kind(value)}"


def whole_number(value: Any) -> int | None:
    """Return the value as a whole number, or None; digits given as text count (`-e name=1` always gives text)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        # The text that was matched, because int() has its own opinion of what a space is.
        match = re.fullmatch(r" *([+-]?[0-9]{1,9}) *", value)
        return int(match[1]) if match else None
    return None


def is_count(value: Any) -> bool:
    """Return whether the value is a whole number of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def mapping_of(value: Any, what: str) -> Mapping[Any, Any]:
    """Return the value if it is a mapping.

    Raises:
        InputError: it is not; the message begins with `what`.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{what} must be a mapping, not {kind(value)}")
    return value


def list_of(value: Any, what: str) -> Sequence[Any]:
    """Return the value if it is a list.

    Raises:
        InputError: it is not; the message begins with `what`.
    """
    if not isinstance(value, (list, tuple)):
        raise InputError(f"{what} must be a list, not {kind(value)}")
    return value


def text_of(value: Any, what: str) -> str:
    """Return the value if it is a text that is not empty.

    Raises:
        InputError: it is not; the message begins with `what`.
    """
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{what} must be a text, not {kind(value) if not isinstance(value, str) else 'empty'}")
    return str(value)


def join(words: Sequence[str], last: str = "and") -> str:
    """Return the words as `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
