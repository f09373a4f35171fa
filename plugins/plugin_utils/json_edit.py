# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format-preserving edits of JSON files.

Comments (``//`` and ``/* */``) and a comma behind the last member are read, since the vendor's files have such, and
stay. Places are those of the module ``edit_places``. Example: ``proxy/proxyHost``.

Values keep their type: a string is written as a string, a number as a number. Only where a string stands, a number or
a boolean is written as a string too, since its reader expects one. Everything outside of ASCII is written as an
escape, so that a reader with another encoding sees the same.

Structures for ``add`` and ``replace`` are mappings, lists and scalars. A secret in a structure is written
``{"text": v, "secret": true}``.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import (
    MAXIMUM_DEPTH,
    Edit,
    EditError,
    EditResult,
    Splice,
    Writer,
    apply_splices,
    check_edit,
    is_marker,
    line_end_near,
    line_number,
    line_start,
    scalar_text,
    secret_value,
)
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_places import (
    SHOWN,
    Step,
    parse_steps,
    shown,
    written_steps,
)

_SPACE = re.compile(rb"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(rb'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.$+-])")
_LITERAL = re.compile(rb"(?:true|false|null)(?![0-9A-Za-z_$])")
_BLANK = b" \t\r\n"
_DEFAULT_UNIT = b"    "
_CLOSING = {"object": b"}", "array": b"]"}


@dataclass(eq=False)
class _Node:
    kind: str  # object, array, string, number, literal
    start: int
    stop: int = 0
    value: str = ""  # of a scalar: its text
    key: str | None = None  # of a member of an object
    begin: int = 0  # where the key begins, or the value itself
    comma: int = -1  # offset of the comma behind it; -1 when there is none
    children: list[_Node] = field(default_factory=list)


@dataclass(frozen=True)
class _Document:
    data: bytes
    root: _Node
    unit: bytes


@dataclass(frozen=True)
class _Target:
    node: _Node
    parent: _Node | None


def apply_edits(data: bytes, edits: Sequence[Edit]) -> EditResult:
    """Apply ``edits`` to the JSON file ``data``.

    ``set`` replaces a scalar. ``add`` puts the members of a mapping into the object at the place, or the items of a
    list behind those of the array at the place. ``replace`` puts a structure in the place of a value. ``remove`` takes
    out a member of an object, or an item of an array.

    Raises:
        EditError: see the module ``editors``; also for a file that is no JSON.
    """
    if not edits:
        return EditResult(data)
    document = _parse(data)
    splices: list[Splice] = []
    additions: dict[_Node, list[Edit]] = {}
    removals: dict[_Node, list[tuple[_Node, str]]] = {}
    for edit in edits:
        check_edit(edit)
        target = _find(document, parse_steps(edit.place, "JSON"), edit.place)
        if edit.kind == "set":
            splices.append(_set(document, target.node, edit))
        elif edit.kind == "add":
            additions.setdefault(target.node, []).append(edit)
        elif target.parent is None:
            raise EditError(edit.place, f"the root cannot be {'removed' if edit.kind == 'remove' else 'replaced'}")
        elif edit.kind == "replace":
            splices.append(_replace(document, target.node, edit))
        else:
            removals.setdefault(target.parent, []).append((target.node, edit.place))
    for parent, removed in removals.items():
        if parent in additions:
            raise EditError(removed[0][1], "stands in what another edit adds to; use replace instead of remove and add")
        splices += _remove(document, parent, removed)
    splices += [_add(document, node, adds) for node, adds in additions.items()]
    result = apply_splices(data, splices, "utf-8")
    try:
        _parse(result.data)
    except EditError as error:
        raise EditError("", f"the edited file would be wrong: {error.reason}") from error
    return result


def read_value(data: bytes, place: str) -> str | None:
    """The text of the scalar at ``place``; None when its key is absent from an object that is there.

    Raises:
        EditError: when the place is not there exactly once, or is no scalar.
    """
    document = _parse(data)
    steps = parse_steps(place, "JSON")
    if _absent(document, steps, place):
        return None
    node = _find(document, steps, place).node
    if node.kind in _CLOSING:
        raise EditError(place, f"is no scalar but an {node.kind}")
    return node.value


def read_structure(data: bytes, place: str) -> Any:
    """What stands at ``place``: a text, or mappings and lists of texts; None where ``read_value`` says None.

    Raises:
        EditError: when the place is not there exactly once.
    """
    document = _parse(data)
    steps = parse_steps(place, "JSON")
    return None if _absent(document, steps, place) else _structure(_find(document, steps, place).node)


def _absent(document: _Document, steps: Sequence[Step], place: str) -> bool:
    """Whether the last step is a key that the object above does not have."""
    if not steps or steps[-1].key is None:
        return False
    above = _find(document, steps[:-1], place).node
    return above.kind == "object" and all(child.key != steps[-1].key for child in above.children)


def _structure(node: _Node) -> Any:
    if node.kind == "object":
        return {child.key: _structure(child) for child in node.children}
    if node.kind == "array":
        return [_structure(child) for child in node.children]
    return node.value


# --- reading the file


@lru_cache(maxsize=64)
def _parse(data: bytes) -> _Document:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EditError("", f"the file is not UTF-8: {error.reason} at byte {error.start}") from error
    reader = _Reader(data)
    root = reader.value(reader.space(len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0), 0)
    if reader.space(root.stop) != len(data):
        raise reader.error(reader.space(root.stop), "the end of the file")
    return _Document(data, root, _unit(data, root))


class _Reader:
    """Reads values by recursive descent."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def error(self, offset: int, required: str) -> EditError:
        # Not what was found: it may be a secret.
        return EditError(
            "", f"the file is not valid JSON: {required} expected in line {line_number(self.data, offset)}"
        )

    def space(self, offset: int) -> int:
        """Where the next token begins."""
        found = _SPACE.match(self.data, offset)
        return found.end() if found else offset

    def value(self, offset: int, depth: int) -> _Node:
        """The value that begins at ``offset``."""
        if depth > MAXIMUM_DEPTH:
            raise EditError("", f"the file is nested deeper than {MAXIMUM_DEPTH} levels")
        for kind, pattern in (("string", _STRING), ("number", _NUMBER), ("literal", _LITERAL)):
            found = pattern.match(self.data, offset)
            if found:
                text = found.group().decode("utf-8")
                return _Node(kind, offset, found.end(), _loads(text) if kind == "string" else text, begin=offset)
        for kind, opening in (("object", b"{"), ("array", b"[")):
            if self.data.startswith(opening, offset):
                return self.collection(kind, offset, depth)
        raise self.error(offset, "a value")

    def collection(self, kind: str, start: int, depth: int) -> _Node:
        node = _Node(kind, start, begin=start)
        closing = _CLOSING[kind]
        position = self.space(start + 1)
        while not self.data.startswith(closing, position):
            if node.children and node.children[-1].comma < 0:
                raise self.error(position, f"a comma or {closing.decode()}")
            child = self.member(position, depth + 1) if kind == "object" else self.value(position, depth + 1)
            node.children.append(child)
            position = self.space(child.stop)
            if self.data.startswith(b",", position):
                child.comma = position
                position = self.space(position + 1)
        node.stop = position + 1
        return node

    def member(self, offset: int, depth: int) -> _Node:
        key = _STRING.match(self.data, offset)
        if not key:
            raise self.error(offset, "a key in double quotes")
        colon = self.space(key.end())
        if not self.data.startswith(b":", colon):
            raise self.error(colon, "a colon")
        node = self.value(self.space(colon + 1), depth)
        node.key, node.begin = _loads(key.group().decode("utf-8")), offset
        return node


def _loads(text: str) -> str:
    """The string that ``text`` stands for."""
    return str(json.loads(text))


def _unit(data: bytes, root: _Node) -> bytes:
    """The indentation of one level, taken from the first child of the root."""
    for child in root.children[:1]:
        indent = _indent(data, child.begin)
        if _begins_line(data, child.begin) and indent:
            return indent
    return _DEFAULT_UNIT


# --- places


def _find(document: _Document, steps: Sequence[Step], place: str) -> _Target:
    """The one value at ``steps``."""
    target = _Target(document.root, None)
    for number, step in enumerate(steps):
        node = target.node
        if step.key is not None:
            found = [child for child in node.children if child.key == step.key]
        elif node.kind != "array":
            found = []
        elif step.index is not None:
            found = node.children[step.index : step.index + 1]
        else:
            found = [child for child in node.children if step.value in _values(child, step.path)]
        if not found:
            near = _near(written_steps(steps[:number]), node, step)
            raise EditError(place, f"found 0 times, required exactly once; {near}")
        if len(found) > 1:
            lines = ", ".join(str(line_number(document.data, child.begin)) for child in found[:SHOWN])
            raise EditError(place, f"{step.written} found {len(found)} times (lines {lines}), required exactly once")
        target = _Target(found[0], node)
    return target


def _values(node: _Node, path: Sequence[str]) -> list[str]:
    """The scalars at ``path`` below ``node``."""
    found = [node]
    for key in path:
        found = [child for each in found for child in each.children if child.key == key]
    return [each.value for each in found if each.kind not in _CLOSING]


def _near(where: str, node: _Node, step: Step) -> str:
    if node.kind == "object":
        return f"nearest is {where}, its keys are: {shown(str(child.key) for child in node.children)}"
    if node.kind != "array":
        return f"nearest is {where}, which is a scalar"
    if step.path:
        values = shown(value for child in node.children for value in _values(child, step.path))
        return f"nearest is {where}, an array of {len(node.children)} in which {'/'.join(step.path)} is: {values}"
    return f"nearest is {where}, an array of {len(node.children)}"


# --- writing


def _scalar(value: Any, place: str) -> bytes:
    if value is None:
        return b"null"
    text = scalar_text(value, place)
    return (json.dumps(text) if isinstance(value, str) else text).encode("ascii")


def _key(key: Any, place: str) -> bytes:
    if not isinstance(key, str):
        raise EditError(place, f"the key {key!r} must be a string")
    return _scalar(key, place) + b": "


@dataclass(frozen=True)
class _Layout:
    """How structures are written: on lines of their own from ``indent`` on, or on one line when ``end`` is empty."""

    end: bytes
    indent: bytes
    unit: bytes

    def deeper(self) -> _Layout:
        return _Layout(self.end, self.indent + self.unit, self.unit)

    def line(self) -> bytes:
        return self.end + self.indent if self.end else b""


def _write(writer: Writer, value: Any, secret: bool, layout: _Layout, place: str) -> None:
    """Write ``value`` without the indentation of its first line."""
    if isinstance(value, (dict, list)) and not is_marker(value):
        inner = layout.deeper()
        writer.write(b"{" if isinstance(value, dict) else b"[")
        for number, each in enumerate(value):
            if number:
                writer.write(b"," if layout.end else b", ")
            writer.write(inner.line())
            if isinstance(value, dict):
                writer.write(_key(each, place))
            _write(writer, value[each] if isinstance(value, dict) else each, secret, inner, place)
        writer.write(layout.line() if value else b"")
        writer.write(b"}" if isinstance(value, dict) else b"]")
    else:
        value, secret = secret_value(value, secret)
        writer.write(_scalar(value, place), secret)


def _same(node: _Node, value: Any, place: str) -> bool:
    """Whether ``node`` holds ``value``."""
    value = secret_value(value, False)[0]
    if isinstance(value, dict):
        there = {child.key: child for child in node.children}
        same_keys = node.kind == "object" and len(there) == len(node.children) and set(there) == set(value)
        return same_keys and all(_same(there[key], value[key], place) for key in value)
    if isinstance(value, list):
        same_length = node.kind == "array" and len(node.children) == len(value)
        return same_length and all(_same(child, each, place) for child, each in zip(node.children, value, strict=True))
    if isinstance(value, str):
        return node.kind == "string" and node.value == value
    return node.kind in ("number", "literal") and node.value == _scalar(value, place).decode("ascii")


def _set(document: _Document, node: _Node, edit: Edit) -> Splice:
    if node.kind in _CLOSING:
        raise EditError(edit.place, f"is an {node.kind} and no scalar, use replace")
    if edit.value is None:
        raise EditError(edit.place, "the value must be a string, an integer or a boolean; use replace for null")
    value = scalar_text(edit.value, edit.place) if node.kind == "string" else edit.value
    old = document.data[node.start : node.stop]
    writer = Writer()
    scalar_text(value, edit.place)
    writer.write(old if _same(node, value, edit.place) else _scalar(value, edit.place), edit.secret)
    return writer.splice(node.start, node.stop, edit.place, [(node.start, node.stop)] if edit.secret else [])


def _replace(document: _Document, node: _Node, edit: Edit) -> Splice:
    data = document.data
    end = line_end_near(data, node.start) if _begins_line(data, node.begin) else b""
    writer = Writer()
    _write(writer, edit.value, edit.secret, _Layout(end, _indent(data, node.begin), document.unit), edit.place)
    old = [(node.start, node.stop)] if edit.secret else []
    return writer.splice(node.start, node.stop, edit.place, old)


def _remove(document: _Document, parent: _Node, removed: Sequence[tuple[_Node, str]]) -> list[Splice]:
    """Take out children of ``parent``, with the commas behind them."""
    data = document.data
    gone = {node for node, _place in removed}
    splices = []
    for node, place in removed:
        start, stop = node.begin, node.stop if node.comma < 0 else node.comma + 1
        behind = data.find(b"\n", stop) + 1
        if behind and _begins_line(data, start) and not data[stop:behind].strip(_BLANK):
            start, stop = line_start(data, start), behind
        elif node is not parent.children[-1]:
            stop += len(data[stop:]) - len(data[stop:].lstrip(b" \t"))
        splices.append(Splice(start, stop, b"", place))
    left = [child for child in parent.children if child not in gone]
    # The last one that stays has a comma only when the last one that was there had one.
    if left and left[-1].comma >= 0 > parent.children[-1].comma:
        splices.append(Splice(left[-1].comma, left[-1].comma + 1, b"", removed[0][1]))
    return splices


def _add(document: _Document, node: _Node, adds: Sequence[Edit]) -> Splice:
    """Put the members or items of ``adds`` behind the last ones of ``node``."""
    data = document.data
    place = adds[0].place
    if node.kind not in _CLOSING:
        raise EditError(place, "is a scalar, nothing can be added under it")
    last = node.children[-1] if node.children else None
    own_lines = last is not None and _begins_line(data, last.begin)
    indent = _indent(data, last.begin if last else node.start)
    layout = _Layout(line_end_near(data, node.start) if own_lines else b"", indent, document.unit)
    writer = Writer()
    added: list[Any] = []
    for edit in adds:
        _check_added(edit, node, added)
        for each in edit.value:
            if last or added:
                writer.write(b"," if own_lines else b", ")
            writer.write(layout.line())
            if isinstance(edit.value, dict):
                writer.write(_key(each, edit.place))
            _write(writer, edit.value[each] if isinstance(edit.value, dict) else each, edit.secret, layout, edit.place)
            added.append(each)
    position = last.stop if last else node.start + 1
    return writer.splice(position, position, place)


def _check_added(edit: Edit, node: _Node, earlier: Sequence[Any]) -> None:
    """Refuse what does not fit into ``node`` or stands there already; ``earlier`` are keys or items of other edits."""
    wanted = dict if node.kind == "object" else list
    if not isinstance(edit.value, wanted) or not edit.value or is_marker(edit.value):
        needed = "a mapping of keys" if wanted is dict else "a list of items"
        raise EditError(edit.place, f"to be added there, the value must be {needed}, and not empty")
    for number, each in enumerate(edit.value):
        if wanted is dict:
            if each in earlier or any(child.key == each for child in node.children):
                raise EditError(edit.place, f"the key {each} is already there")
        elif any(_equal(each, other) for other in [*earlier, *edit.value[:number]]) or any(
            _same(child, each, edit.place) for child in node.children
        ):
            raise EditError(edit.place, "the same item is already there")


def _equal(left: Any, right: Any) -> bool:
    """Whether both are the same JSON; 1 and true are not."""
    return type(left) is type(right) and bool(left == right)


def _begins_line(data: bytes, offset: int) -> bool:
    start = line_start(data, offset)
    return start > 0 and not data[start:offset].strip(b" \t")


def _indent(data: bytes, offset: int) -> bytes:
    """The white space at the beginning of the line in which ``offset`` lies."""
    line = data[line_start(data, offset) : offset]
    return line[: len(line) - len(line.lstrip(b" \t"))]
