# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format-preserving edits of YAML files.

The events of PyYAML tell where every node stands; edits are splices there.

Places are those of the module ``edit_places``.
Example: ``wso2.datasources/dataSources/[name=IS_ANALYTICS_DB]/definition/configuration/jdbcUrl``.

Structures for ``add`` and ``replace`` are mappings, lists and scalars. A secret in a structure is written
``{"text": v, "secret": true}``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ansible_collections.identityops.wso2is.plugins.plugin_utils.certain import certain
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

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# What may stand unquoted: narrower than YAML allows, so that every reader takes it for the same string.
_WORD = r"(?:[A-Za-z0-9_./$@+=&?;%{}-]|:(?=\S))"
_PLAIN = re.compile(rf"[A-Za-z_/$]{_WORD}*(?: {_WORD}+)*")
_NOT_IN_FLOW = re.compile("[{}?:]")
_NO_STRING = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", ".nan"}
_SINGLE = re.compile("[ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COLON = re.compile(r"\s*:")
_NEXT_DASH = re.compile(r"(?:\s|#.*)*-")
# Of a key that stands on one line with its value.
_LONGEST_KEY = 1024
_STEP_INDENT = 2


@dataclass(eq=False)
class _Node:
    kind: str  # scalar, mapping, sequence, alias
    start: int
    column: int
    stop: int = 0  # behind the last character of the content
    end: int = 0  # of a block scalar: where the next line begins
    value: str = ""
    style: str = ""  # of a scalar: "", "'", '"', "|", ">"
    flow: bool = False
    marked: bool = False  # has an anchor or a tag
    pairs: list[tuple[_Node, _Node]] = field(default_factory=list)
    items: list[_Node] = field(default_factory=list)

    @property
    def last(self) -> _Node:
        """The node at the end of this one."""
        if self.flow or not (self.pairs or self.items):
            return self
        return (self.pairs[-1][1] if self.pairs else self.items[-1]).last

    @property
    def empty(self) -> bool:
        """Whether this is a scalar of which nothing is written."""
        return self.kind == "scalar" and self.start == self.stop


@dataclass(frozen=True)
class _Document:
    text: str
    bom: int
    root: _Node | None

    def offset(self, index: int) -> int:
        """Offset in bytes of the character ``index``."""
        return self.bom + len(self.text[:index].encode())

    def break_near(self, index: int) -> str:
        """The line end in use at ``index``."""
        found = _BREAK.search(self.text, index) or _BREAK.search(self.text)
        return found.group() if found else "\n"

    def line(self, index: int) -> int:
        return len(_BREAK.findall(self.text[:index])) + 1

    def before(self, index: int) -> str:
        """What stands left of ``index`` on its line."""
        return _BREAK.split(self.text[:index])[-1]


@dataclass(frozen=True)
class _Target:
    node: _Node
    parent: _Node | None
    key: _Node | None  # when the parent is a mapping


@dataclass(frozen=True)
class _Claim:
    """What an edit needs: nobody else inside of it when it is exclusive."""

    start: int
    stop: int
    exclusive: bool
    place: str


def apply_edits(data: bytes, edits: Sequence[Edit]) -> EditResult:
    """Apply ``edits`` to the YAML file ``data``.

    ``set`` replaces a scalar. ``add`` puts the keys of a mapping into the mapping at the place, or the items of a
    list behind those of the list at the place. ``replace`` puts a structure in the place of a node. ``remove`` takes
    out a key with its value, or an item of a list.

    Raises:
        EditError: see the module ``editors``; also for what would be written through an alias.
    """
    if not edits:
        return EditResult(data)
    document = _parse(data)
    splices: list[Splice] = []
    additions: dict[_Node | None, tuple[_Target | None, list[Edit]]] = {}
    removed: list[_Target] = []
    claims: list[_Claim] = []
    for edit in edits:
        check_edit(edit)
        target = _find(document, edit.place)
        if target is None:
            _require_add(edit)
            additions.setdefault(None, (None, []))[1].append(edit)
            continue
        node = target.node
        if node.kind == "alias" and edit.kind != "remove":
            raise EditError(edit.place, f"is the alias *{node.value}; edit it where its anchor stands")
        start = target.key.start if edit.kind == "remove" and target.key else node.start
        claims.append(_Claim(start, node.stop, edit.kind != "add", edit.place))
        if edit.kind == "set":
            splices.append(_set(document, target, edit))
        elif edit.kind == "add":
            additions.setdefault(node, (target, []))[1].append(edit)
        elif edit.kind == "replace":
            splices.append(_replace(document, target, edit))
        else:
            splices.append(_remove(document, target, removed, edit.place))
            removed.append(target)
    _check_claims(claims)
    splices += [_add(document, anchor, adds) for anchor, adds in additions.values()]
    result = apply_splices(data, splices, "utf-8")
    try:
        _parse(result.data)
    except EditError as error:
        raise EditError("", f"the edited file would be wrong: {error.reason}") from error
    return result


def read_value(data: bytes, place: str) -> str | None:
    """The text of the scalar at ``place``; None when its key is absent from a mapping that is there.

    Raises:
        EditError: when the place is not there exactly once, or is no scalar.
    """
    document = _parse(data)
    steps = parse_steps(place, "YAML")
    if _absent(document, steps, place):
        return None
    target = _walk(document, steps, place)
    if target is None or target.node.kind != "scalar":
        kind = target.node.kind if target else "empty file"
        raise EditError(place, f"is no scalar but: {kind}")
    return target.node.value


def read_structure(data: bytes, place: str) -> Any:
    """What stands at ``place``: a text, or mappings and lists of texts; None where ``read_value`` says None.

    An alias is the text ``*name``.

    Raises:
        EditError: when the place is not there exactly once.
    """
    document = _parse(data)
    steps = parse_steps(place, "YAML")
    target = None if _absent(document, steps, place) else _walk(document, steps, place)
    return _structure(target.node) if target else None


def _absent(document: _Document, steps: Sequence[Step], place: str) -> bool:
    """Whether the last step is a key that the mapping above, or a file without content, does not have."""
    if not steps or steps[-1].key is None:
        return False
    above = _walk(document, steps[:-1], place)
    return above is None or (
        above.node.kind == "mapping" and all(key.value != steps[-1].key for key, _value in above.node.pairs)
    )


def _structure(node: _Node) -> Any:
    if node.kind == "mapping":
        return {key.value: _structure(value) for key, value in node.pairs}
    if node.kind == "sequence":
        return [_structure(item) for item in node.items]
    return f"*{node.value}" if node.kind == "alias" else node.value


# --- reading the file


@lru_cache(maxsize=64)
def _parse(data: bytes) -> _Document:
    try:
        import yaml
    except ImportError as error:
        raise EditError("", "PyYAML is missing in the Python that runs Ansible; install it there") from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise EditError("", "the file is UTF-16, only UTF-8 is edited")
    bom = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        text = data[bom:].decode("utf-8")
        root = _Builder(text, yaml.parse(text, Loader=yaml.SafeLoader)).document()
    except UnicodeDecodeError as error:
        raise EditError("", f"the file is not UTF-8: {error.reason} at byte {bom + error.start}") from error
    except yaml.MarkedYAMLError as error:
        # The message as a whole would show lines of the file, and with them secrets.
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise EditError("", f"the file is not valid YAML: {error.problem} in line {line}") from error
    except yaml.reader.ReaderError as error:
        raise EditError("", f"the file is not valid YAML: {error.reason} at character {error.position}") from error
    except (ValueError, OverflowError) as error:
        if isinstance(error, EditError):
            raise
        # PyYAML does not check the number of a \\U escape, nor that of a %YAML directive.
        raise EditError("", "the file is not valid YAML: a number in it is out of range") from error
    return _Document(text, bom, root)


class _Builder:
    """Builds the tree from the events of the parser."""

    def __init__(self, text: str, events: Iterable[Any]) -> None:
        self.text = text
        self.events = iter(events)
        self.anchors: set[str] = set()
        self.depth = 0

    def document(self) -> _Node | None:
        root = None
        for event in self.events:
            if type(event).__name__ == "DocumentStartEvent":
                if root:
                    raise EditError("", "the file has more than one YAML document")
                root = self.node(next(self.events))
        return root

    def node(self, event: Any) -> _Node:
        kind = type(event).__name__
        start = event.start_mark.index
        node = _Node("scalar", start, event.start_mark.column, event.end_mark.index)
        if kind == "AliasEvent":
            node.kind, node.value = "alias", event.anchor
            if event.anchor not in self.anchors:
                raise EditError("", f"the alias *{event.anchor} has no anchor")
            return node
        node.marked = event.anchor is not None or event.tag is not None
        if event.anchor is not None:
            self.anchors.add(event.anchor)
        if kind == "ScalarEvent":
            node.value, node.style = event.value, event.style or ""
            if node.style in ("|", ">"):
                node.end = node.stop
                node.stop = start + len(self.text[start : node.stop].rstrip())
            return node
        node.flow = bool(event.flow_style)
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            # Also keeps the time short: PyYAML's grows with the square of the depth.
            raise EditError("", f"the file is nested deeper than {MAXIMUM_DEPTH} levels")
        if kind == "MappingStartEvent":
            node.kind = "mapping"
            while type(event := next(self.events)).__name__ != "MappingEndEvent":
                node.pairs.append((self.node(event), self.node(next(self.events))))
        else:
            node.kind = "sequence"
            while type(event := next(self.events)).__name__ != "SequenceEndEvent":
                node.items.append(self.node(event))
        self.depth -= 1
        node.stop = event.end_mark.index
        if not node.flow:
            node.stop = node.last.stop
        return node


# --- places


def _find(document: _Document, place: str) -> _Target | None:
    return _walk(document, parse_steps(place, "YAML"), place)


def _walk(document: _Document, steps: Sequence[Step], place: str) -> _Target | None:
    """The node at ``steps``; None for the root of a file without content."""
    if document.root is None:
        if steps:
            raise EditError(place, "found 0 times, required exactly once; the file has no content")
        return None
    target = _Target(document.root, None, None)
    for number, step in enumerate(steps):
        node = target.node
        where = written_steps(steps[:number])
        if node.kind == "alias":
            raise EditError(place, f"{where} is the alias *{node.value}; use the place where its anchor stands")
        if step.key is not None:
            found = [_Target(value, node, key) for key, value in node.pairs if key.value == step.key]
        elif step.index is not None:
            found = [_Target(item, node, None) for item in node.items[step.index : step.index + 1]]
        else:
            found = [_Target(item, node, None) for item in node.items if step.value in _values(item, step.path)]
        if not found:
            raise EditError(place, f"found 0 times, required exactly once; {_children(where, node, step)}")
        if len(found) > 1:
            lines = ", ".join(str(document.line((each.key or each.node).start)) for each in found[:SHOWN])
            raise EditError(place, f"{step.written} found {len(found)} times (lines {lines}), required exactly once")
        target = found[0]
    return target


def _values(node: _Node, path: Sequence[str]) -> list[str]:
    """The scalars at ``path`` below ``node``."""
    found = [node]
    for key in path:
        found = [value for each in found for name, value in each.pairs if name.value == key]
    return [each.value for each in found if each.kind == "scalar"]


def _children(where: str, node: _Node, step: Step) -> str:
    if node.kind == "mapping":
        return f"nearest is {where}, its keys are: {shown(key.value for key, _value in node.pairs)}"
    if node.kind == "scalar":
        return f"nearest is {where}, which is a scalar"
    if step.path:
        values = shown(value for item in node.items for value in _values(item, step.path))
        return f"nearest is {where}, a list of {len(node.items)} in which {'/'.join(step.path)} is: {values}"
    return f"nearest is {where}, a list of {len(node.items)}"


def _check_claims(claims: Sequence[_Claim]) -> None:
    """Refuse an edit inside of what another one replaces."""
    for number, outer in enumerate(claims):
        if outer.exclusive:
            for other, inner in enumerate(claims):
                if other != number and outer.start <= inner.start and inner.stop <= outer.stop:
                    raise EditError(inner.place, f"overlaps with the edit of {outer.place or 'the root'}")


# --- writing


def _resolves_to(text: str) -> str:
    """The type that an unquoted ``text`` has: str, int, bool, null, ..."""
    import yaml

    loader: Any = yaml.SafeLoader("")
    return str(loader.resolve(yaml.ScalarNode, text, (True, False))).rpartition(":")[2]


def _scalar(value: Any, style: str, flow: bool, place: str) -> str:
    """``value`` written so that it reads back as the same value, in ``style`` where that is safe."""
    if value is None:
        return "null"
    text = scalar_text(value, place)
    if not isinstance(value, str):
        return text
    plain = _PLAIN.fullmatch(text) and text.lower() not in _NO_STRING and _resolves_to(text) == "str"
    if plain and style == "" and not (flow and _NOT_IN_FLOW.search(text)):
        return text
    if style != '"' and _SINGLE.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _SINGLE.fullmatch(char):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class _Writer:
    """Writes structures."""

    def __init__(self, end: str, secret: bool, place: str) -> None:
        self.out = Writer()
        self.end = end
        self.secret = secret
        self.place = place

    def write(self, text: str) -> None:
        self.out.write(text.encode())

    def scalar(self, value: Any, style: str = "", flow: bool = False) -> None:
        value, secret = secret_value(value, self.secret)
        self.out.write(_scalar(value, style, flow, self.place).encode(), secret)

    def key(self, key: Any, flow: bool) -> None:
        if not isinstance(key, str):
            raise EditError(self.place, f"the key {key!r} must be a string")
        text = _scalar(key, "", flow, self.place)
        if len(text) > _LONGEST_KEY:
            raise EditError(self.place, f"a key of {len(text)} characters, of which YAML takes {_LONGEST_KEY}")
        self.write(text + ":")

    def line(self, column: int) -> None:
        self.write(self.end + " " * column)

    def block(self, value: Any, column: int) -> None:
        """A structure that is not empty, in block style; the position is at ``column`` already."""
        if isinstance(value, dict):
            for number, (key, each) in enumerate(value.items()):
                if number:
                    self.line(column)
                self.key(key, False)
                if _is_block(each):
                    self.line(column + _STEP_INDENT)
                    self.block(each, column + _STEP_INDENT)
                else:
                    self.write(" ")
                    self.leaf(each)
        else:
            for number, each in enumerate(value):
                if number:
                    self.line(column)
                self.write("- ")
                if _is_block(each):
                    self.block(each, column + _STEP_INDENT)
                else:
                    self.leaf(each)

    def leaf(self, value: Any) -> None:
        if isinstance(value, (dict, list)) and not value:
            self.write("{}" if isinstance(value, dict) else "[]")
        else:
            self.scalar(value)

    def flow(self, value: Any) -> None:
        """Any structure on one line."""
        if _is_structure(value):
            self.write("{" if isinstance(value, dict) else "[")
            self.flow_inner(value)
            self.write("}" if isinstance(value, dict) else "]")
        else:
            self.scalar(value, flow=True)

    def flow_inner(self, value: Any) -> None:
        for number, each in enumerate(value):
            if number:
                self.write(", ")
            if isinstance(value, dict):
                self.key(each, True)
                self.write(" ")
                self.flow(value[each])
            else:
                self.flow(each)


def _is_block(value: Any) -> bool:
    """Whether ``value`` is a structure that needs lines of its own."""
    return _is_structure(value) and bool(value)


def _is_structure(value: Any) -> bool:
    return isinstance(value, (dict, list)) and not is_marker(value)


def _same(node: _Node, value: Any) -> bool:
    """Whether ``node`` holds ``value``."""
    value = secret_value(value, False)[0]
    if node.marked:
        return False
    if isinstance(value, dict):
        there = {key.value: each for key, each in node.pairs}
        same_keys = node.kind == "mapping" and set(there) == set(value)
        return same_keys and all(_same(there[key], value[key]) for key in value)
    if isinstance(value, list):
        return node.kind == "sequence" and len(node.items) == len(value) and all(map(_same, node.items, value))
    if node.kind != "scalar":
        return False
    if isinstance(value, str):
        return node.value == value and (node.style != "" or _resolves_to(node.value) == "str")
    if value is None:
        return node.style == "" and _resolves_to(node.value) == "null"
    return node.style == "" and node.value == scalar_text(value, "")


def _set(document: _Document, target: _Target, edit: Edit) -> Splice:
    node = target.node
    if node.kind != "scalar":
        raise EditError(edit.place, f"is a {node.kind} and no scalar, use replace")
    if node.marked:
        raise EditError(edit.place, "has an anchor or a tag, which set would drop; use replace")
    scalar_text(edit.value, edit.place)
    old = document.text[node.start : node.stop]
    writer = Writer()
    if node.empty:
        _require_room(document, target, edit.place)
        writer.write(b" ")
    if _same(node, edit.value) and not (edit.secret and _BREAK.search(old)):
        writer.write(old.encode(), edit.secret)
    else:
        flow = target.parent is not None and target.parent.flow
        writer.write(_scalar(edit.value, node.style, flow, edit.place).encode(), edit.secret)
    span = (document.offset(node.start), document.offset(node.stop))
    return writer.splice(*span, edit.place, [span] if edit.secret else [])


def _require_room(document: _Document, target: _Target, place: str) -> None:
    """Refuse an empty scalar behind which nothing can be written, such as that of ``{key}``."""
    before = document.text[: target.node.start]
    if not (before[target.key.stop :].strip() == ":" if target.key else target.parent and before.endswith("-")):
        raise EditError(place, "nothing is written there, so there is nothing to replace")


def _replace(document: _Document, target: _Target, edit: Edit) -> Splice:
    node = target.node
    if target.parent is None:
        raise EditError(edit.place, "the root cannot be replaced")
    writer = _Writer(document.break_near(node.start), edit.secret, edit.place)
    if node.empty:
        _require_room(document, target, edit.place)
    start, column = node.start, node.column
    block = _is_block(edit.value) and not target.parent.flow
    if target.key:
        colon = certain(_COLON.match(document.text, target.key.stop))
        start = colon.end()
        column = target.key.column + _STEP_INDENT
        writer.write("" if block else " ")
        if block:
            writer.line(column)
    elif node.empty:
        writer.write(" ")
        column += 1
    if block:
        writer.block(edit.value, column)
    else:
        writer.flow(edit.value)
    secret = secret_value(edit.value, edit.secret)[1] and node.kind == "scalar"
    old_secrets = [(document.offset(node.start), document.offset(node.stop))] if secret else []
    return writer.out.splice(document.offset(start), document.offset(node.stop), edit.place, old_secrets)


def _next_line(document: _Document, node: _Node) -> int:
    """Where the line behind the content of ``node`` begins."""
    last = node.last
    if last.style in ("|", ">"):
        return last.end
    found = _BREAK.search(document.text, last.stop)
    return found.end() if found else len(document.text)


def _remove(document: _Document, target: _Target, removed: Sequence[_Target], place: str) -> Splice:
    parent, key = target.parent, target.key
    if parent is None:
        raise EditError(place, "the root cannot be removed")
    if parent.flow:
        raise EditError(place, "stands in a collection in flow style; replace that")
    others = sum(other.parent is parent and other.node is not target.node for other in removed)
    if len(parent.pairs or parent.items) == 1 + others:
        raise EditError(place, "nothing would be left of what it stands in; remove or replace that")
    start = key.start if key else _dash(document, parent, target.node, place)
    before = document.before(start)
    stop = _next_line(document, target.node)
    if not before.strip(" "):
        start -= len(before)
    elif key and key is parent.pairs[0][0] and not before.strip(" -"):
        stop = parent.pairs[1][0].start
    else:
        raise EditError(place, "shares its line with something else; replace what it stands in")
    return Splice(document.offset(start), document.offset(stop), b"", place)


def _dash(document: _Document, parent: _Node, item: _Node, place: str) -> int:
    """Where the dash of ``item`` stands."""
    if parent.marked:
        raise EditError(place, "stands in a list with an anchor or a tag; replace that")
    number = next(number for number, each in enumerate(parent.items) if each is item)
    if number == 0:
        return parent.start
    found = certain(_NEXT_DASH.match(document.text, _next_line(document, parent.items[number - 1])))
    return found.end() - 1


def _require_add(edit: Edit) -> None:
    if edit.kind != "add":
        raise EditError(edit.place, "the file has no content")


def _add(document: _Document, target: _Target | None, adds: Sequence[Edit]) -> Splice:
    """Put the keys or items of ``adds`` behind the last ones of ``target``."""
    anchor = target.node if target else None
    place = adds[0].place
    listed = isinstance(adds[0].value, list)
    if anchor and not anchor.empty:
        if anchor.kind == "scalar":
            raise EditError(place, "is a scalar, nothing can be added under it")
        listed = anchor.kind == "sequence"
    elif target and target.parent is not None:
        if target.parent.flow:
            raise EditError(place, "has no value in a collection in flow style; replace that")
        _require_room(document, target, place)
    for number, edit in enumerate(adds):
        _check_added(edit, listed, anchor, adds[:number])
    index = _next_line(document, anchor) if anchor else len(document.text)
    end = document.break_near(anchor.last.stop if anchor else 0)
    if anchor and anchor.flow:
        return _add_flow(document, anchor, adds)
    column = _column(document, target, listed, place)
    open_end = index == len(document.text) and index > 0 and not _BREAK.fullmatch(document.text[-1])
    out = Writer()
    for edit in adds:
        writer = _Writer(end, edit.secret, edit.place)
        writer.write((end if open_end else "") + " " * column)
        writer.block(edit.value, column)
        writer.write("" if open_end else end)
        out.append(writer.out)
    return out.splice(document.offset(index), document.offset(index), place, rank=-column)


def _check_added(edit: Edit, listed: bool, anchor: _Node | None, earlier: Sequence[Edit]) -> None:
    if not isinstance(edit.value, list if listed else dict) or not edit.value or is_marker(edit.value):
        needed = "a list of items" if listed else "a mapping of keys"
        raise EditError(edit.place, f"to be added there, the value must be {needed}, and not empty")
    if listed:
        for number, item in enumerate(edit.value):
            known = edit.value[:number] + [each for other in earlier for each in other.value]
            if item in known or any(_same(node, item) for node in (anchor.items if anchor else [])):
                raise EditError(edit.place, "the same item is already there")
    else:
        taken = {key.value for key, _value in (anchor.pairs if anchor else [])}
        taken.update(key for other in earlier for key in other.value)
        present = [key for key in edit.value if key in taken]
        if present:
            raise EditError(edit.place, f"the key {present[0]} is already there")


def _column(document: _Document, target: _Target | None, listed: bool, place: str) -> int:
    """The column at which new keys or dashes begin."""
    if target is None or (target.parent is None and target.node.empty):
        return 0
    node = target.node
    if node.empty:
        return target.key.column + _STEP_INDENT if target.key else node.column + 1
    if listed:
        if node.marked:
            raise EditError(place, "is a list with an anchor or a tag; replace it")
        return node.column
    first = node.pairs[0][0]
    if document.before(first.start).strip(" -"):
        raise EditError(place, "the first key does not begin its line; replace the mapping")
    return first.column


def _add_flow(document: _Document, anchor: _Node, adds: Sequence[Edit]) -> Splice:
    if document.text[anchor.start] not in "{[":
        raise EditError(adds[0].place, "is written without brackets, or with an anchor or a tag; replace it")
    inner = anchor.items or [value for _key, value in anchor.pairs]
    index = inner[-1].stop if inner else anchor.start + 1
    out = Writer()
    for number, edit in enumerate(adds):
        writer = _Writer("", edit.secret, edit.place)
        writer.write(", " if inner or number else "")
        writer.flow_inner(edit.value)
        out.append(writer.out)
    return out.splice(document.offset(index), document.offset(index), adds[0].place)
