# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format-preserving edits of plain text and of shell scripts: one value in one line.

A place is the text of the line around the value, which is written ``<value>``, letter by letter; ``^`` at its
beginning stands for the beginning of the line, behind its indentation. It must be there exactly once.

In plain text (``TEXT``) the value ends where the text behind it begins, else at the end of the line; blanks around it
are not part of it. Example: ``^heap.size = <value>``.

In a shell script (``SHELL``) the value is the rest of the word, however it is quoted, and becomes quoted as it must be,
so that the program gets it as it is: nothing in it is expanded. Where the text in front opens a quote, the value ends
at the closing one. Comments do not count. Example: ``-Djavax.net.ssl.keyStorePassword=<value>``.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import (
    MAXIMUM_DEPTH,
    Edit,
    EditError,
    EditResult,
    Splice,
    Writer,
    apply_splices,
    check_edit,
    line_number,
    line_start,
    scalar_text,
)

MARKER = "<value>"

# What ends a line for one reader or another, and what is no text.
_NO_LINE = re.compile("[\x00-\x08\n-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_LINE_END = re.compile(rb"\r?\n|\r?\Z")
_BLANK = b" \t"
_SHOWN = 12

# What a shell script is made of, for following its quotes.
_WORD_BEGINS = frozenset(b" \t\r\n;&|()")
_CODE = re.compile(rb"[^\\'\"#$<()`\n]+")
_QUOTED = re.compile(rb"[^\\\"$`]+")
_SINGLE = re.compile(rb"'[^']*'")
_ANSI = re.compile(rb"\$'(?:[^'\\]|\\.)*'", re.DOTALL)
_HERE = re.compile(rb"<<(-?)[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\?([A-Za-z_][A-Za-z0-9_.-]*))")
_COMMENT = re.compile(rb"#[^\n]*")
# A piece of a word outside of quotes. Expansions are kept together; what runs a command is not followed.
_PIECE = re.compile(
    rb"(?P<single>'[^'\n]*')|(?P<double>\"(?:[^\"\\`\n$]|\\[^\r\n]|\$(?!\())*\")"
    rb"|(?P<escape>\\(?:[^\r\n\x80-\xff]|[\xc0-\xff][\x80-\xbf]+))"
    rb"|(?P<variable>\$(?:\{[^}\n'\"`(]*\}|[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]))"
    rb"|(?P<plain>[^ \t\r\n;&|<>()'\"\\`$]+)"
)
_IN_SINGLE = re.compile(rb"[^'\n]*(?:'\\''[^'\n]*)*")
_IN_DOUBLE = re.compile(rb"(?:[^\"\\`\n$]|\\[^\r\n]|\$(?!\())*")
_VARIABLE = re.compile(rb"(?<!\\)(?:\\\\)*\$[A-Za-z_{0-9@*#?$!-]")
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,-]+")
# What no shell expands outside of quotes; a = is only written there where one stood.
_LITERAL = re.compile(rb"[A-Za-z0-9_./:@%+,=-]+")
_ESCAPED = re.compile(r'[\\"$`]')
_UNESCAPED = re.compile(r'\\([\\"$`])')


@dataclass(frozen=True)
class _Place:
    before: bytes
    after: bytes
    begins: bool  # the line begins with it


@dataclass(frozen=True)
class _Found:
    start: int
    stop: int
    value: str
    literal: bool  # what the program gets is exactly this
    style: str  # how the value is quoted: plain, single, double, inside single, inside double


_Finder = Callable[[bytes, _Place, str], list[_Found]]
_Quoter = Callable[[str, str], str]


@dataclass(frozen=True)
class _Format:
    """The functions of an editor for one kind of text."""

    find: _Finder
    quote: _Quoter

    def apply_edits(self, data: bytes, edits: Sequence[Edit]) -> EditResult:
        """Apply ``edits``, all of the kind ``set``, to the file ``data``.

        Raises:
            EditError: see the module ``editors``; also for a value that cannot stand in one line.
        """
        splices = [self._set(data, edit) for edit in edits]
        result = apply_splices(data, splices, "utf-8")
        for edit in edits:
            try:
                found = self._one(result.data, edit.place)
            except EditError as error:
                raise EditError(edit.place, f"the edited file would be wrong: {error.reason}") from error
            if not found.literal or found.value != scalar_text(edit.value, edit.place):
                raise EditError(edit.place, "the value cannot be written there, it would read as another one")
        return result

    def read_value(self, data: bytes, place: str) -> str | None:
        """The value at ``place``, without its quotes; what the shell expands in it is not expanded.

        Raises:
            EditError: when the place is not there exactly once.
        """
        return self._one(data, place).value

    def read_structure(self, data: bytes, place: str) -> str | None:
        """What ``read_value`` says: a line has no structure."""
        return self.read_value(data, place)

    def _one(self, data: bytes, place: str) -> _Found:
        _check_text(data)
        found = self.find(data, _parse_place(place), place)
        if not found:
            raise EditError(place, "found 0 times, required exactly once" + _near(data, _parse_place(place)))
        if len(found) > 1:
            lines = ", ".join(str(line_number(data, each.start)) for each in found[:_SHOWN])
            raise EditError(place, f"found {len(found)} times (lines {lines}), required exactly once; write more of it")
        return found[0]

    def _set(self, data: bytes, edit: Edit) -> Splice:
        check_edit(edit)
        if edit.kind != "set":
            raise EditError(edit.place, "a line of text has a value and no structure, use set")
        found = self._one(data, edit.place)
        value = scalar_text(edit.value, edit.place)
        refused = _NO_LINE.search(value)
        if refused:
            shown = f"U+{ord(refused.group()):04X}"
            raise EditError(edit.place, f"the value contains {shown}, which cannot stand in a line of text")
        writer = Writer()
        keep = found.literal and found.value == value
        written = data[found.start : found.stop] if keep else self.quote(value, found.style).encode("utf-8")
        writer.write(written, edit.secret)
        old = [(found.start, found.stop)] if edit.secret and found.start < found.stop else []
        return writer.splice(found.start, found.stop, edit.place, old)


def _check_text(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EditError("", f"the file is not UTF-8: {error.reason} at byte {error.start}") from error


# --- places


@lru_cache(maxsize=1024)
def _parse_place(place: str) -> _Place:
    text = place.removeprefix("^")
    before, marker, after = text.partition(MARKER)
    if not marker or MARKER in after or not before:
        raise EditError(place, f"not a place of a text: the line is required, with one {MARKER} behind its beginning")
    if _NO_LINE.search(text):
        raise EditError(place, "not a place of a text: it must be in one line, without control characters")
    try:
        return _Place(before.encode("utf-8"), after.encode("utf-8"), text is not place)
    except UnicodeEncodeError as error:
        raise EditError(place, "not a place of a text: it contains an unpaired surrogate") from error


def _occurrences(data: bytes, place: _Place) -> Iterator[int]:
    """Where the values begin: behind every occurrence of the text in front."""
    start = data.find(place.before)
    while start >= 0:
        if not place.begins or not data[line_start(data, start) : start].strip(_BLANK):
            yield start + len(place.before)
        start = data.find(place.before, start + 1)


def _near(data: bytes, place: _Place) -> str:
    """Where the text in front stands all the same."""
    at = data.find(place.before)
    found = f"; '{place.before.decode('utf-8')}' alone stands in line {line_number(data, at)}" if at >= 0 else ""
    return found + (", but not so" if found else "; not even the text in front of the value")


def _line_stop(data: bytes, offset: int) -> int:
    """Where the line ends in which ``offset`` lies."""
    found = _LINE_END.search(data, offset)
    return found.start() if found else len(data)


# --- plain text


def _find_text(data: bytes, place: _Place, _written: str) -> list[_Found]:
    found = []
    for begin in _occurrences(data, place):
        line = data[begin : _line_stop(data, begin)]
        stop = line.find(place.after) if place.after else len(line)
        if stop >= 0:
            value = line[:stop]
            start = begin + len(value) - len(value.lstrip(_BLANK))
            text = value.strip(_BLANK)
            found.append(_Found(start, start + len(text), text.decode("utf-8"), True, "plain"))
    return found


def _quote_text(value: str, _style: str) -> str:
    return value


# --- shell scripts


@lru_cache(maxsize=16)
def _states(data: bytes) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Where in a script another state begins, and which: code, single, double, ansi, comment, here or backtick.

    Raises:
        EditError: when a quote or a here-document does not end.
    """
    return _Lexer(data).states()


class _Lexer:
    """Follows quotes, substitutions, comments and here-documents."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.offsets = [0]
        self.found = ["code"]
        self.open: list[tuple[str, int]] = []  # double, backtick, parenthesis, arithmetic: and where each began
        self.here: list[tuple[bytes, bool]] = []

    def states(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        data = self.data
        while self.position < len(data):
            if self.open and self.open[-1][0] == "double":
                self.quoted()
            else:
                self.code()
        started = [start for kind, start in self.open if kind != "parenthesis"]
        if started:
            raise self.endless("quote or substitution", started[0])
        if self.here:
            raise self.endless("here-document", len(data))
        return tuple(self.offsets), tuple(self.found)

    def endless(self, what: str, start: int) -> EditError:
        return EditError("", f"the {what} in line {line_number(self.data, start)} of the script does not end")

    def mark(self) -> None:
        """From here on, the state is that of what is open."""
        kinds = [kind for kind, _start in self.open]
        kind = kinds[-1] if kinds else ""
        self.offsets.append(self.position)
        self.found.append("backtick" if "backtick" in kinds else "double" if kind == "double" else "code")

    def enter(self, kind: str, length: int) -> None:
        if len(self.open) == MAXIMUM_DEPTH:
            raise EditError("", f"the script is nested deeper than {MAXIMUM_DEPTH} levels")
        self.open.append((kind, self.position))
        self.position += length
        self.mark()

    def leave(self, length: int) -> None:
        self.open.pop()
        self.position += length
        self.mark()

    def skip(self, kind: str, stop: int) -> None:
        """What ends at ``stop`` is all of one kind, from behind its first character on."""
        self.offsets.append(self.position + 1)
        self.found.append(kind)
        self.position = stop
        self.mark()
        # A comment goes on up to the end of its line, and with it what would be written there.
        self.offsets[-1] += kind == "comment"

    def quoted(self) -> None:
        data, position = self.data, self.position
        char = data[position : position + 1]
        if char == b'"':
            self.leave(1)
        elif not self.substitution(char):
            self.position += 2 if char == b"\\" else 1
            found = _QUOTED.match(data, self.position)
            self.position = found.end() if found else self.position

    def substitution(self, char: bytes) -> bool:
        """Whether a command substitution begins or ends here."""
        data, position = self.data, self.position
        if char == b"`":
            if self.open and self.open[-1][0] == "backtick":
                self.leave(1)
            else:
                self.enter("backtick", 1)
            return True
        if char == b"$" and data.startswith(b"$(", position):
            arithmetic = data.startswith(b"$((", position)
            self.enter("arithmetic" if arithmetic else "parenthesis", 3 if arithmetic else 2)
            return True
        return False

    def code(self) -> None:
        data, position = self.data, self.position
        char = data[position : position + 1]
        kind = self.open[-1][0] if self.open else ""
        if self.substitution(char):
            return
        if char == b'"':
            self.enter("double", 1)
        elif char == b"'":
            self.whole("single", _SINGLE)
        elif char == b"$" and data.startswith(b"$'", position):
            self.whole("ansi", _ANSI)
        elif char == b"#" and (not position or data[position - 1] in _WORD_BEGINS) and kind != "arithmetic":
            self.whole("comment", _COMMENT)
        elif char == b"(":
            self.enter("parenthesis", 1)
        elif char == b")" and kind == "arithmetic" and data.startswith(b"))", position):
            self.leave(2)
        elif char == b")" and kind == "parenthesis":
            self.leave(1)
        elif char == b"\n":
            self.position += 1
            self.documents()
        else:
            here = _HERE.match(data, position) if kind != "arithmetic" else None
            if here and data[position - 1 : position] != b"<":
                self.here.append((next(filter(None, here.groups()[1:])), here.group(1) == b"-"))
                self.position = here.end()
            else:
                found = _CODE.match(data, position)
                self.position = found.end() if found else position + (2 if char == b"\\" else 1)

    def whole(self, kind: str, pattern: re.Pattern[bytes]) -> None:
        found = pattern.match(self.data, self.position)
        if not found:
            raise self.endless("quote", self.position)
        self.skip(kind, found.end())

    def documents(self) -> None:
        """The here-documents that begin in this line."""
        for word, tabs in self.here:
            start = position = self.position
            while True:
                if position >= len(self.data):
                    raise self.endless("here-document", start)
                stop = self.data.find(b"\n", position)
                stop = len(self.data) if stop < 0 else stop
                line = self.data[position:stop].rstrip(b"\r")
                if (line.lstrip(b"\t") if tabs else line) == word:
                    break
                position = stop + 1
            self.position = max(start - 1, 0)
            self.skip("here", min(stop + 1, len(self.data)))
        self.here.clear()


def _find_shell(data: bytes, place: _Place, written: str) -> list[_Found]:
    found = []
    offsets, states = _states(data)
    for begin in _occurrences(data, place):
        state = states[bisect.bisect_right(offsets, begin) - 1]
        if state == "comment":
            continue
        line = line_number(data, begin)
        if state in _CLOSED:
            raise EditError(written, f"stands in {_CLOSED[state]} in line {line}, which is not edited")
        if state != "single" and _ends_escaped(place.before):
            raise EditError(written, "not a place of a script: the text in front of the value ends with a backslash")
        each = _word(data, begin, written) if state == "code" else _inside(data, begin, state, place, written)
        if each and data.startswith(place.after, each.stop):
            found.append(each)
    return found


_CLOSED = {"here": "a here-document", "ansi": "a string with $'...'", "backtick": "a command in backquotes"}


def _ends_escaped(text: bytes) -> bool:
    return (len(text) - len(text.rstrip(b"\\"))) % 2 == 1


def _inside(data: bytes, begin: int, state: str, place: _Place, written: str) -> _Found | None:
    """The value that begins inside of a quoted string; None when what must stand behind it does not."""
    quote = b"'" if state == "single" else b'"'
    quoted = (_IN_SINGLE if state == "single" else _IN_DOUBLE).match(data, begin)
    stop = end = quoted.end() if quoted else begin
    if place.after and not place.after.startswith(quote):
        stop = data.find(place.after, begin, end)
        if stop < 0:
            return None
    elif not data.startswith(quote, end):
        raise EditError(written, _NO_VALUE)
    text = data[begin:stop]
    if state == "single":
        return _Found(begin, stop, text.decode("utf-8").replace("'\\''", "'"), True, "inside single")
    return _Found(begin, stop, _unquote_double(text), not _VARIABLE.search(text), "inside double")


_NO_VALUE = "the value there has more than one line, or runs a command, and is not edited"


def _unquote_double(text: bytes) -> str:
    return _UNESCAPED.sub(r"\1", text.decode("utf-8"))


def _word(data: bytes, begin: int, written: str) -> _Found:
    """The rest of the word that begins at ``begin``, outside of quotes."""
    position = begin
    value = ""
    literal = True
    kinds = []
    while piece := _PIECE.match(data, position):
        kind, text = str(piece.lastgroup), piece.group()
        if kind == "double":
            literal = literal and not _VARIABLE.search(text)
            value += _unquote_double(text[1:-1])
        elif kind in ("single", "escape"):
            value += text[1 : len(text) - (kind == "single")].decode("utf-8")
        else:
            literal = literal and _LITERAL.fullmatch(text) is not None
            value += text.decode("utf-8")
        kinds.append(kind)
        position = piece.end()
    if data[position : position + 1] in (b"`", b"$", b"(", b"'", b'"', b"\\"):
        raise EditError(written, _NO_VALUE)
    style = kinds[0] if len(kinds) == 1 and kinds[0] in ("single", "double") else "plain"
    return _Found(begin, position, value, literal, style)


def _quote_shell(value: str, style: str) -> str:
    if style in ("double", "inside double") or (style == "plain" and not value):
        escaped = _ESCAPED.sub(r"\\\g<0>", value)
        return escaped if style == "inside double" else f'"{escaped}"'
    if style == "plain" and _BARE.fullmatch(value):
        return value
    escaped = value.replace("'", "'\\''")
    return escaped if style == "inside single" else f"'{escaped}'"


TEXT = _Format(_find_text, _quote_text)
SHELL = _Format(_find_shell, _quote_shell)
