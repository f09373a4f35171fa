# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the format-preserving editors share: edits, results, errors, and splicing at byte offsets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = ("set", "add", "replace", "remove")
# What is nested deeper is no configuration; the editors walk through structures by recursion.
MAXIMUM_DEPTH = 100
# A few lines of YAML with aliases make billions.
_MAXIMUM_NODES = 100_000

_SURROGATE = re.compile("[\ud800-\udfff]")
# Python writes and reads numbers of some thousand digits only.
_TOO_BIG = 10**1000

Span = tuple[int, int]


class EditError(ValueError):
    """An edit that cannot be done exactly as asked.

    The text does not name the file: the caller knows it.

    Attributes:
        place: the place of the edit; empty when the whole file is meant.
        reason: what was found and what is required.
    """

    def __init__(self, place: str, reason: str) -> None:
        # What was found may hold half of a character, which nobody could print.
        self.place, self.reason = (text.encode("utf-8", "backslashreplace").decode("utf-8") for text in (place, reason))
        super().__init__(self.place, self.reason)

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


@dataclass(frozen=True)
class Edit:
    """One change of one file.

    Attributes:
        kind: ``set``, ``add``, ``replace`` or ``remove``.
        place: path in the file, in the notation of its format.
        value: the text for ``set``, the structure for ``add`` and ``replace``, unused for ``remove``.
        secret: whether every value of this edit is a secret.
    """

    kind: str
    place: str
    value: Any = None
    secret: bool = False


@dataclass(frozen=True)
class Mask:
    """Where a secret stands: what is left and right of it on its line, both stripped.

    Both are empty when nothing else stands on the line; such a mask covers every line.
    """

    before: str
    after: str


@dataclass(frozen=True)
class EditResult:
    """The edited file and the masks for all secrets in it, for their old as well as their new values."""

    data: bytes
    masks: tuple[Mask, ...] = ()


@dataclass(frozen=True)
class Splice:
    """Bytes ``start`` to ``end`` (exclusive) become ``new``.

    Attributes:
        place: place of the edit, for messages.
        secrets: ranges inside ``new`` that hold secrets.
        old_secrets: ranges of the original file that hold secrets.
        rank: order of insertions at the same offset, lower first; equal ranks keep the order of the edits.
    """

    start: int
    end: int
    new: bytes
    place: str
    secrets: tuple[Span, ...] = ()
    old_secrets: tuple[Span, ...] = ()
    rank: int = 0


class Writer:
    """Collects new bytes and remembers which of them are secret."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._secrets: list[Span] = []

    def write(self, data: bytes, secret: bool = False) -> None:
        """Append ``data``; ``secret`` marks it as one to be masked."""
        start = len(self._data)
        self._data += data
        if secret and data:
            self._secrets.append((start, len(self._data)))

    def append(self, other: Writer) -> None:
        """Append what ``other`` has collected."""
        start = len(self._data)
        self._data += other._data
        self._secrets += [(start + left, start + right) for left, right in other._secrets]

    def splice(self, start: int, end: int, place: str, old_secrets: Iterable[Span] = (), rank: int = 0) -> Splice:
        """The splice that puts what was collected in the place of ``start`` to ``end``."""
        return Splice(start, end, bytes(self._data), place, tuple(self._secrets), tuple(old_secrets), rank)


def check_edit(edit: Edit) -> None:
    """Raise EditError when the kind of ``edit`` is unknown, or its value nested too deeply."""
    if edit.kind not in KINDS:
        raise EditError(edit.place, f"unknown kind of edit '{edit.kind}', known are {', '.join(KINDS)}")
    open_values = [(edit.value, 0)]
    seen = 0
    while open_values:
        value, depth = open_values.pop()
        if isinstance(value, (dict, list)):
            seen += 1 + len(value)
            if depth >= MAXIMUM_DEPTH or seen > _MAXIMUM_NODES:
                limit = (
                    f"deeper than {MAXIMUM_DEPTH} levels"
                    if depth >= MAXIMUM_DEPTH
                    else f"beyond {_MAXIMUM_NODES} parts"
                )
                raise EditError(edit.place, f"the value is nested {limit}")
            open_values += [(each, depth + 1) for each in (value.values() if isinstance(value, dict) else value)]


def scalar_text(value: Any, place: str) -> str:
    """The text of a scalar value as configuration files write it: ``true`` and ``false``, decimal numbers.

    Raises:
        EditError: when ``value`` is neither str, int nor bool, or holds an unpaired surrogate.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= _TOO_BIG:
            raise EditError(place, "the number has more than 1000 digits")
        return str(value)
    if not isinstance(value, str):
        raise EditError(place, f"the value must be a string, an integer or a boolean, not {type(value).__name__}")
    if not value.isascii() and _SURROGATE.search(value):
        raise EditError(place, "the value contains an unpaired surrogate, which is no character")
    return value


def is_marker(value: Any) -> bool:
    """Whether ``value`` is a scalar with a marker, ``{"text": v, "secret": true}``."""
    return isinstance(value, dict) and set(value) == {"text", "secret"} and isinstance(value["secret"], bool)


def secret_value(value: Any, secret: bool) -> tuple[Any, bool]:
    """Resolve a marker to its value and whether that is secret; ``secret`` holds for what has none."""
    if is_marker(value):
        return value["text"], secret or value["secret"]
    return value, secret


def line_number(data: bytes, offset: int) -> int:
    """Number of the line, counted from 1, in which ``offset`` lies."""
    return data.count(b"\n", 0, offset) + 1


def line_start(data: bytes, offset: int) -> int:
    """Offset of the first byte of the line in which ``offset`` lies."""
    return data.rfind(b"\n", 0, offset) + 1


def line_end_near(data: bytes, offset: int) -> bytes:
    """The line end in use around ``offset``: that of its own line, else of the line before, else a line feed."""
    found = data.find(b"\n", offset)
    if found < 0:
        found = data.rfind(b"\n", 0, offset)
    return b"\r\n" if found > 0 and data[found - 1 : found] == b"\r" else b"\n"


def apply_splices(data: bytes, splices: Iterable[Splice], encoding: str) -> EditResult:
    """Apply ``splices`` to ``data``.

    Args:
        data: the file.
        splices: in the order of the edits.
        encoding: how to read the text around a secret for its mask.

    Raises:
        EditError: when two splices overlap.
    """
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.end, splice.rank))
    result = bytearray()
    position = 0
    previous = ""
    secrets: list[Span] = []
    old_secrets: list[Span] = []
    for splice in ordered:
        if splice.start < position:
            raise EditError(splice.place, f"overlaps with the edit of {previous}")
        result += data[position : splice.start]
        secrets += [(len(result) + start, len(result) + end) for start, end in splice.secrets]
        old_secrets += splice.old_secrets
        result += splice.new
        position = splice.end
        previous = splice.place
    result += data[position:]
    edited = bytes(result)
    masks = dict.fromkeys(_masks(edited, secrets, encoding))
    masks.update(dict.fromkeys(_masks(data, old_secrets, encoding)))
    return EditResult(edited, tuple(masks))


def _masks(data: bytes, spans: Sequence[Span], encoding: str) -> list[Mask]:
    """The masks for ``spans``; secrets on the same line share one mask, so that none is the context of another."""
    lines: dict[Span, Span] = {}
    for start, end in spans:
        position = start
        while position < end:
            begin = line_start(data, position)
            stop = data.find(b"\n", position)
            stop = len(data) if stop < 0 else stop
            left, right = lines.get((begin, stop), (position, position))
            lines[begin, stop] = (min(left, position), max(right, min(end, stop)))
            position = stop + 1
    return [
        Mask(
            data[begin:left].decode(encoding, "replace").strip(),
            data[right:stop].decode(encoding, "replace").strip(),
        )
        for (begin, stop), (left, right) in lines.items()
    ]
