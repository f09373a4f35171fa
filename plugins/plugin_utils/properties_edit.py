# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format-preserving edits of Java properties files, with the rules of ``java.util.Properties.load``.

A place is a key, without escapes. Bytes are Latin-1, as Java reads them; everything outside of printable ASCII is
written as an escape, so that a reader that takes the file for UTF-8 sees the same.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ansible_collections.identityops.wso2is.plugins.plugin_utils.certain import certain
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import (
    Edit,
    EditError,
    EditResult,
    Splice,
    Writer,
    apply_splices,
    check_edit,
    line_end_near,
    line_number,
    scalar_text,
)

_ENCODING = "latin-1"
_NATURAL_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|$)")
_BLANK = " \t\f"
_BACKSLASHES = re.compile(r"\\*$")
_SHORT_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_SHORT_WRITTEN = {char: "\\" + letter for letter, char in _SHORT_ESCAPES.items()} | {"\\": "\\\\"}


@dataclass(frozen=True)
class _Entry:
    key: str
    value: str
    start: int  # of the first of its lines
    end: int  # behind the line end of the last of them
    value_start: int
    value_end: int
    separator: str


@dataclass(frozen=True)
class _File:
    entries: tuple[_Entry, ...]
    complete: bool  # a line that is appended would start a new entry


def apply_edits(data: bytes, edits: Sequence[Edit]) -> EditResult:
    """Apply ``edits`` to the properties file ``data``.

    ``set`` changes the value of a key, ``add`` appends a key that is absent, ``remove`` takes out a key.

    Raises:
        EditError: see the module ``editors``; also for a malformed escape in the file.
    """
    if not edits:
        return EditResult(data)
    file = _parse(data)
    places = [edit.place for edit in edits]
    splices = []
    for edit in edits:
        check_edit(edit)
        if places.count(edit.place) > 1:
            raise EditError(edit.place, "two edits have this place")
        splices.append(_add(data, file, edit) if edit.kind == "add" else _change(data, file, edit))
    if data and not data.endswith((b"\n", b"\r")) and any(edit.kind == "add" for edit in edits):
        splices.append(Splice(len(data), len(data), line_end_near(data, len(data)), places[0], rank=1))
    return apply_splices(data, splices, _ENCODING)


def read_value(data: bytes, place: str) -> str | None:
    """The value of the key ``place``; None when it is absent.

    Raises:
        EditError: when the key is there more than once.
    """
    found = _entries(data, _parse(data), place)
    return found[0].value if found else None


def read_structure(data: bytes, place: str) -> str | None:
    """What ``read_value`` says: a property has no structure."""
    return read_value(data, place)


@lru_cache(maxsize=64)
def _parse(data: bytes) -> _File:
    entries: list[_Entry] = []
    content: list[tuple[str, int]] = []  # characters of the logical line and their offsets
    start = 0
    continued = False
    position = 0
    while position < len(data):
        line = certain(_NATURAL_LINE.match(data, position))
        text = line.group(1).decode(_ENCODING)
        stripped = text.lstrip(_BLANK)
        offset = position + len(text) - len(stripped)
        position = line.end()
        if not continued:
            if not stripped or stripped[0] in "#!":
                continue
            start, content = line.start(), []
        backslashes = _BACKSLASHES.search(stripped)
        continued = backslashes is not None and len(backslashes.group()) % 2 == 1
        if continued:
            stripped = stripped[:-1]
        content += [(char, offset + number) for number, char in enumerate(stripped)]
        if content and (not continued or position >= len(data)):
            entries.append(_entry(data, content, start, position, line.end(1)))
    return _File(tuple(entries), not continued)


def _entry(data: bytes, content: list[tuple[str, int]], start: int, end: int, value_end: int) -> _Entry:
    text = "".join(char for char, _offset in content)
    number = 0
    while number < len(text) and text[number] not in "=:" + _BLANK:
        number += 2 if text[number] == "\\" else 1
    key_end = number
    value = key_end + len(text[key_end:]) - len(text[key_end:].lstrip(_BLANK))
    if value < len(text) and text[value] in "=:":
        value += 1
        value += len(text[value:]) - len(text[value:].lstrip(_BLANK))
    where = f"line {line_number(data, start)}"
    return _Entry(
        _unescape(text[:key_end], where),
        _unescape(text[value:], where),
        start,
        end,
        content[value - 1][1] + 1,
        value_end,
        text[key_end:value],
    )


def _unescape(text: str, where: str) -> str:
    if "\\" not in text:
        return text
    result: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "\\":
            char = text[position]
            position += 1
            if char == "u":
                digits = text[position : position + 4]
                if not re.fullmatch("[0-9A-Fa-f]{4}", digits):
                    raise EditError("", f"{where}: malformed \\u escape")
                char = chr(int(digits, 16))
                position += 4
            else:
                char = _SHORT_ESCAPES.get(char, char)
        result.append(char)
    # Pairs of surrogates are one character, as in Java.
    return "".join(result).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _escape(text: str) -> str:
    """``text`` with escapes for what is special anywhere in a key or a value."""
    result = []
    for char in text:
        if char in _SHORT_WRITTEN:
            result.append(_SHORT_WRITTEN[char])
        elif " " <= char <= "~":
            result.append(char)
        else:
            units = char.encode("utf-16-be").hex()
            result += ["\\u" + units[number : number + 4] for number in range(0, len(units), 4)]
    return "".join(result)


def _escape_value(text: str) -> bytes:
    """``text`` as a value: a blank at its beginning would be skipped, ``=`` and ``:`` there taken for the separator."""
    escaped = _escape(text)
    return (("\\" if escaped[:1] in (" ", "=", ":") else "") + escaped).encode("ascii")


def _escape_key(text: str) -> bytes:
    return re.sub("[ =:#!]", r"\\\g<0>", _escape(text)).encode("ascii")


def _entries(data: bytes, file: _File, place: str) -> list[_Entry]:
    found = [entry for entry in file.entries if entry.key == place]
    if len(found) > 1:
        lines = ", ".join(str(line_number(data, entry.start)) for entry in found)
        raise EditError(place, f"found {len(found)} times (lines {lines}), required exactly once")
    return found


def _add(data: bytes, file: _File, edit: Edit) -> Splice:
    if _entries(data, file, edit.place):
        raise EditError(edit.place, "the key is already there, use set")
    if not edit.place:
        raise EditError(edit.place, "the place must be a key, not empty")
    if not file.complete:
        raise EditError(edit.place, "the last line of the file ends with a backslash, nothing can be appended to it")
    writer = Writer()
    writer.write(_escape_key(scalar_text(edit.place, edit.place)) + b"=")
    writer.write(_escape_value(scalar_text(edit.value, edit.place)), edit.secret)
    writer.write(line_end_near(data, len(data)))
    return writer.splice(len(data), len(data), edit.place, rank=2)


def _change(data: bytes, file: _File, edit: Edit) -> Splice:
    found = _entries(data, file, edit.place)
    if not found:
        near = difflib.get_close_matches(edit.place, [entry.key for entry in file.entries])
        hint = f"; similar keys: {', '.join(near)}" if near else ""
        raise EditError(edit.place, f"found 0 times, required exactly once{hint}")
    entry = found[0]
    if edit.kind == "remove":
        return Splice(entry.start, entry.end, b"", edit.place)
    if edit.kind == "replace":
        raise EditError(edit.place, "a property has a value and no structure, use set")
    value = scalar_text(edit.value, edit.place)
    span = (entry.value_start, entry.value_end)
    old = data[span[0] : span[1]]
    writer = Writer()
    if value == entry.value and not (edit.secret and re.search(rb"[\r\n]", old)):
        writer.write(old, edit.secret)
    else:
        writer.write(b"" if entry.separator else b"=")
        writer.write(_escape_value(value), edit.secret)
    return writer.splice(*span, edit.place, [span] if edit.secret else [])
