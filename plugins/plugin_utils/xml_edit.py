# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format-preserving edits of XML files.

One pass of expat records where every tag, attribute and text stands; edits are splices at those byte offsets.

A place is a path of local names from the root element, such as ``Server/Security/KeyStore/Password``.
A step may carry predicates: ``[@name='x']`` (attribute), ``[name='x']`` (text of a child), ``[a/b='x']``,
``[a/@b='x']`` and ``[.='x']`` (own text). The last step may be an attribute: ``Server/Service/Connector/@port``.
Namespaces and comments are ignored when a place is looked up. Text is compared without surrounding white space.

Structures for ``add`` and ``replace``: ``{"tag": t, "attributes": {..}, "children": [..]}`` or
``{"tag": t, "attributes": {..}, "text": v}``, or a list of them. Where a text or an attribute value is a secret:
``{"text": v, "secret": true}``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from xml.parsers import expat

from ansible_collections.identityops.wso2is.plugins.plugin_utils.certain import certain
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import (
    Edit,
    EditError,
    EditResult,
    Span,
    Splice,
    Writer,
    apply_splices,
    check_edit,
    line_end_near,
    line_number,
    line_start,
    scalar_text,
    secret_value,
)

_BLANK = b" \t\r\n"
_TAG = re.compile(rb"<([^\s/>=]+)")
_ATTRIBUTE = re.compile(rb"(\s+)([^\s/>=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_TAIL = re.compile(rb"\s*(/?)>")
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_NAME = re.compile(r"[A-Za-z_\u00c0-\u02ff\u0370-\u1fff][\w.\-\u00b7]*(?::[A-Za-z_\u00c0-\u02ff][\w.\-\u00b7]*)?")
_STEP = re.compile(r"[^\s/\[\]@='\":]+")
_ATTRIBUTE_STEP = re.compile(r"@([^\s/\[\]@='\"]+)$")
_PREDICATE = re.compile(
    r"\[\s*(\.|@[^\s/\[\]@='\":]+|[^\s/\[\]@='\":]+(?:/[^\s/\[\]@='\":]+)*(?:/@[^\s/\[\]@='\":]+)?)"
    r"\s*=\s*('[^']*'|\"[^\"]*\")\s*\]"
)
# Refused: what XML 1.0 cannot hold even as a character reference.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Written as references so that no parser normalizes them and no tool takes them for the end of a line.
_REFERENCE = re.compile("[\n\r\x7f-\x9f\u2028\u2029]")
# What encodings that look like ASCII take for something else.
_NO_ASCII = rb"\x41 \u0041 +AEE- ~{!!~} ~~"
_DEFAULT_UNIT = b"    "
_SHOWN = 12


@dataclass(frozen=True)
class _Attribute:
    name: str
    local: str
    value: str
    start: int  # of the white space before the name
    end: int
    value_start: int
    value_end: int
    declaration: bool  # xmlns or xmlns:*


@dataclass(eq=False)
class _Element:
    name: str
    local: str
    attributes: list[_Attribute]
    start: int
    tail: int  # after the last attribute
    content_start: int
    self_closing: bool
    parent: _Element | None
    content_end: int = 0
    end: int = 0
    children: list[_Element] = field(default_factory=list)
    noise: list[Span] = field(default_factory=list)  # comments and processing instructions among the text
    parts: list[str] = field(default_factory=list)
    unresolved: bool = False

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def chunks(self) -> list[Span]:
        """The ranges of the content between comments."""
        edges = [self.content_start, *(edge for span in self.noise for edge in span), self.content_end]
        return list(zip(edges[::2], edges[1::2], strict=True))


@dataclass(frozen=True)
class _Document:
    data: bytes
    encoding: str
    root: _Element
    unit: bytes
    namespaces: bool  # well-formed also in the sense of XML namespaces


@dataclass(frozen=True)
class _Predicate:
    path: tuple[str, ...]
    attribute: str
    value: str
    written: str


@dataclass(frozen=True)
class _Step:
    name: str
    predicates: tuple[_Predicate, ...]


@dataclass(frozen=True)
class _Place:
    steps: tuple[_Step, ...]
    attribute: str  # as written, empty when the place is an element


@dataclass(frozen=True)
class _Text:
    value: str
    secret: bool


@dataclass(frozen=True)
class _New:
    tag: str
    attributes: tuple[tuple[str, _Text], ...]
    text: _Text | None
    children: tuple[_New, ...]


def apply_edits(data: bytes, edits: Sequence[Edit]) -> EditResult:
    """Apply ``edits`` to the XML file ``data``.

    ``set`` replaces the text of an element without child elements, or the value of an attribute. ``add`` puts an
    attribute into an element, or structures behind the last child of the element at the place. ``replace`` puts
    structures in the place of an element. ``remove`` takes out an element, or an attribute.

    Raises:
        EditError: see the module ``editors``; also for a file that is not well-formed or declares entities.
    """
    if not edits:
        return EditResult(data)
    document = _parse(data)
    splices: list[Splice] = []
    additions: dict[_Element, list[Edit]] = {}
    appended: dict[tuple[_Element, str], bool] = {}
    for edit in edits:
        check_edit(edit)
        place = _parse_place(edit.place)
        element = _find(document, place.steps, edit.place)
        appends = edit.kind == "add" and not place.attribute
        target = (element, _local(place.attribute))
        if target in appended and not (appends and appended[target]):
            raise EditError(edit.place, "two edits have this place")
        appended[target] = appends
        if appends:
            additions.setdefault(element, []).append(edit)
        elif place.attribute:
            splices.append(_edit_attribute(document, element, place.attribute, edit))
        else:
            splices += _edit_element(document, element, edit)
    splices += [_append(document, element, adds) for element, adds in additions.items()]
    result = apply_splices(data, splices, document.encoding)
    _check(result.data, document)
    return result


def read_value(data: bytes, place: str) -> str | None:
    """The text of the element or attribute at ``place``; None for an attribute that is absent.

    Raises:
        EditError: when the element is not there exactly once or has child elements.
    """
    document = _parse(data)
    parsed = _parse_place(place)
    element = _find(document, parsed.steps, place)
    if parsed.attribute:
        attribute = _attribute(element, parsed.attribute, place)
        return attribute.value if attribute else None
    _require_leaf(element, place)
    if element.unresolved:
        raise EditError(place, "the text contains a reference to an entity, which is not resolved")
    return element.text


def read_structure(data: bytes, place: str) -> Any:
    """The element at ``place`` as ``replace`` takes it, or what ``read_value`` says of an attribute or a text.

    Raises:
        EditError: when the element is not there exactly once.
    """
    parsed = _parse_place(place)
    element = _find(_parse(data), parsed.steps, place)
    if parsed.attribute or not (element.children or element.attributes):
        return read_value(data, place)
    return _as_structure(element)


def _as_structure(element: _Element) -> dict[str, Any]:
    found: dict[str, Any] = {"tag": element.local}
    attributes = {each.local: each.value for each in element.attributes if not each.declaration}
    if attributes:
        found["attributes"] = attributes
    if element.children:
        found["children"] = [_as_structure(child) for child in element.children]
    elif element.text.strip():
        found["text"] = element.text.strip()
    return found


# --- reading the file


class _Builder:
    """Handlers of expat that build the tree with offsets."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.root: _Element | None = None
        self.stack: list[_Element] = []
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.specified_attributes = True
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.stop
        self.parser.CharacterDataHandler = self.text
        self.parser.CommentHandler = self.comment
        self.parser.ProcessingInstructionHandler = self.instruction
        self.parser.SkippedEntityHandler = self.skipped
        self.parser.EntityDeclHandler = self.entity

    def start(self, name: str, pairs: list[str]) -> None:
        start = self.parser.CurrentByteIndex
        tag = certain(_TAG.match(self.data, start))
        position = tag.end()
        attributes = []
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            found = certain(_ATTRIBUTE.match(self.data, position))
            declaration = key == "xmlns" or key.startswith("xmlns:")
            attributes.append(
                _Attribute(
                    key, _local(key), value, position, found.end(), found.start(3) + 1, found.end() - 1, declaration
                )
            )
            position = found.end()
        tail = certain(_TAIL.match(self.data, position))
        parent = self.stack[-1] if self.stack else None
        element = _Element(name, _local(name), attributes, start, position, tail.end(), bool(tail.group(1)), parent)
        if parent:
            parent.children.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def stop(self, _name: str) -> None:
        element = self.stack.pop()
        if element.self_closing:
            element.content_end = element.end = element.content_start
        else:
            element.content_end = self.parser.CurrentByteIndex
            element.end = self.data.index(b">", element.content_end) + 1

    def text(self, text: str) -> None:
        self.stack[-1].parts.append(text)

    def comment(self, _text: str) -> None:
        self.noise(b"<!--", b"-->")

    def instruction(self, _target: str, _text: str) -> None:
        self.noise(b"<?", b"?>")

    def noise(self, opening: bytes, closing: bytes) -> None:
        if self.stack:
            start = self.parser.CurrentByteIndex
            end = self.data.index(closing, start + len(opening)) + len(closing)
            self.stack[-1].noise.append((start, end))

    def skipped(self, _name: str, _parameter: bool) -> None:
        for element in self.stack[-1:]:
            element.unresolved = True

    def entity(self, name: str, *_declaration: Any) -> None:
        raise EditError("", f"the file declares the entity '{name}'; files with entity declarations are not edited")


@lru_cache(maxsize=64)
def _parse(data: bytes) -> _Document:
    encoding = _encoding(data)
    builder = _Builder(data)
    try:
        builder.parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, EditError):
            raise
        raise EditError("", f"the file is not well-formed XML: {error}") from error
    root = certain(builder.root)
    return _Document(data, encoding, root, _unit(data, root), _well_formed(data, "}") is None)


def _encoding(data: bytes) -> str:
    """The name of the codec that the file is written in."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise EditError("", "the file is UTF-16; only encodings that contain ASCII are edited")
    if b"\0" in data:
        raise EditError("", "the file contains NUL bytes; only encodings that contain ASCII are edited")
    bom = data.startswith(codecs.BOM_UTF8)
    declared = _DECLARATION.match(data, len(codecs.BOM_UTF8) if bom else 0)
    if not declared:
        return "utf-8"
    name = declared.group(1).decode("ascii")
    try:
        encoding = codecs.lookup(name).name
        compatible = all(
            sample.decode(encoding) == sample.decode("ascii") and sample.decode("ascii").encode(encoding) == sample
            for sample in (_NO_ASCII, bytes(range(128)))
        )
    except (LookupError, ValueError) as error:
        raise EditError("", f"the file declares the encoding {name}, which cannot be edited") from error
    if not compatible or (bom and encoding != "utf-8"):
        raise EditError("", f"the file declares the encoding {name}, but is not written in it")
    return encoding


def _well_formed(data: bytes, separator: str | None) -> str | None:
    """Why ``data`` is not well-formed, with namespaces when ``separator`` is given; None when it is."""
    try:
        expat.ParserCreate(None, separator).Parse(data, True)
    except expat.ExpatError as error:
        return str(error)
    return None


def _check(data: bytes, document: _Document) -> None:
    """Last line of defence: whatever was asked for, the result is well-formed."""
    reason = _well_formed(data, "}" if document.namespaces else None)
    if reason:
        raise EditError("", f"the edited file would not be well-formed XML: {reason}")


# --- places


@lru_cache(maxsize=1024)
def _parse_place(place: str) -> _Place:
    steps: list[_Step] = []
    attribute = ""
    position = 1 if place.startswith("/") else 0
    while True:
        last = _ATTRIBUTE_STEP.match(place, position)
        if last and steps:
            attribute = last.group(1)
            break
        name = _STEP.match(place, position)
        if not name:
            raise EditError(place, f"not a place of an XML file: no local name at character {position + 1}")
        position = name.end()
        predicates = []
        while place.startswith("[", position):
            found = _PREDICATE.match(place, position)
            if not found:
                raise EditError(place, f"not a place of an XML file: no predicate at character {position + 1}")
            predicates.append(_parse_predicate(found))
            position = found.end()
        steps.append(_Step(name.group(), tuple(predicates)))
        if position == len(place):
            break
        if place[position] != "/":
            raise EditError(place, f"not a place of an XML file: '/' expected at character {position + 1}")
        position += 1
    return _Place(tuple(steps), attribute)


def _parse_predicate(found: re.Match[str]) -> _Predicate:
    *path, last = found.group(1).split("/")
    value = found.group(2)[1:-1]
    if last.startswith("@"):
        return _Predicate(tuple(path), last[1:], value, found.group())
    return _Predicate((*path, last) if last != "." else (), "", value, found.group())


def _values(element: _Element, predicate: _Predicate) -> list[str]:
    """What stands in ``element`` where ``predicate`` looks."""
    found = [element]
    for name in predicate.path:
        found = [child for parent in found for child in parent.children if child.local == name]
    if not predicate.attribute:
        return [each.text.strip() for each in found]
    return [
        attribute.value.strip()
        for each in found
        for attribute in each.attributes
        if attribute.local == predicate.attribute and not attribute.declaration
    ]


def _find(document: _Document, steps: Sequence[_Step], place: str) -> _Element:
    """The one element at ``steps``."""
    above: list[_Element] = []
    found = [document.root]
    for number, step in enumerate(steps):
        named = [child for child in found if child.local == step.name]
        matching = [
            child
            for child in named
            if all(predicate.value.strip() in _values(child, predicate) for predicate in step.predicates)
        ]
        if not matching:
            raise EditError(place, _not_found(above, found, named, step, steps[:number]))
        above = matching
        found = [child for element in matching for child in element.children]
    if len(above) > 1:
        lines = ", ".join(str(line_number(document.data, element.start)) for element in above[:_SHOWN])
        raise EditError(place, f"found {len(above)} times (lines {lines}), required exactly once; add a predicate")
    return above[0]


def _not_found(
    above: list[_Element], found: list[_Element], named: list[_Element], step: _Step, existing: Sequence[_Step]
) -> str:
    if not above:
        return f"found 0 times, required exactly once; the root element is {found[0].local}"
    path = "/".join(each.name + "".join(predicate.written for predicate in each.predicates) for each in existing)
    if named:
        there = [
            (predicate.written, _list(value for each in named for value in _values(each, predicate)))
            for predicate in step.predicates
        ]
        shown = [f"for {written} there is: {values or 'nothing'}" for written, values in there]
        return (
            f"found 0 times, required exactly once; {path} has {len(named)} {step.name}, "
            f"but none that matches; {'; '.join(shown)}"
        )
    children = _list(child.local for child in found)
    return f"found 0 times, required exactly once; nearest is {path}, its children are: {children or 'none'}"


def _list(names: Iterator[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(distinct[:_SHOWN]) + (", ..." if len(distinct) > _SHOWN else "")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _attribute(element: _Element, name: str, place: str) -> _Attribute | None:
    found = [each for each in element.attributes if each.local == _local(name) and not each.declaration]
    if len(found) > 1:
        raise EditError(place, f"found {len(found)} times, required exactly once; prefixes are ignored")
    return found[0] if found else None


def _require_leaf(element: _Element, place: str) -> None:
    if element.children:
        children = _list(child.local for child in element.children)
        raise EditError(place, f"<{element.local}> has child elements ({children}), so it has no single value")


# --- writing


def _escape(value: str, document: _Document, place: str, quote: str = "") -> bytes:
    """``value`` as text, or as attribute value between ``quote``."""
    forbidden = _FORBIDDEN.search(value)
    if forbidden:
        raise EditError(place, f"the value contains U+{ord(forbidden.group()):04X}, which XML cannot hold")
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if quote:
        value = value.replace("\t", "&#9;").replace(quote, "&quot;" if quote == '"' else "&apos;")
    value = _REFERENCE.sub(lambda found: f"&#{ord(found.group())};", value)
    return value.encode(document.encoding, "xmlcharrefreplace")


def _escape_name(name: Any, document: _Document, place: str) -> bytes:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise EditError(place, f"{name!r} is not the name of an element or attribute")
    try:
        return name.encode(document.encoding)
    except UnicodeEncodeError as error:
        raise EditError(place, f"the name '{name}' cannot be written in {document.encoding}") from error


def _edit_attribute(document: _Document, element: _Element, name: str, edit: Edit) -> Splice:
    attribute = _attribute(element, name, edit.place)
    if edit.kind == "add":
        if attribute:
            raise EditError(edit.place, "the attribute is already there, use set")
        writer = Writer()
        writer.write(_attribute_separator(document.data, element) + _escape_name(name, document, edit.place) + b'="')
        writer.write(_escape(scalar_text(edit.value, edit.place), document, edit.place, '"'), edit.secret)
        writer.write(b'"')
        return writer.splice(element.tail, element.tail, edit.place)
    if not attribute:
        shown = _list(each.local for each in element.attributes if not each.declaration)
        raise EditError(
            edit.place, f"found 0 times, required exactly once; <{element.local}> has the attributes: {shown or 'none'}"
        )
    if edit.kind == "remove":
        return Splice(attribute.start, attribute.end, b"", edit.place)
    if edit.kind == "replace":
        raise EditError(edit.place, "an attribute has a value and no structure, use set")
    value = scalar_text(edit.value, edit.place)
    span = (attribute.value_start, attribute.value_end)
    old = document.data[span[0] : span[1]]
    quote = document.data[span[1] : span[1] + 1].decode("ascii")
    writer = Writer()
    keep = value == attribute.value and not (edit.secret and b"\n" in old)
    writer.write(old if keep else _escape(value, document, edit.place, quote), edit.secret)
    return writer.splice(*span, edit.place, [span] if edit.secret else [])


def _attribute_separator(data: bytes, element: _Element) -> bytes:
    """The white space to put before a new attribute: like that before the last one."""
    if not element.attributes:
        return b" "
    last = element.attributes[-1]
    space = data[last.start : last.end]
    space = space[: len(space) - len(space.lstrip())]
    return space if b"\n" in space else b" "


def _edit_element(document: _Document, element: _Element, edit: Edit) -> list[Splice]:
    if edit.kind == "set":
        return _set_text(document, element, edit)
    if edit.kind == "replace":
        news = _structures(edit.value, edit.secret, edit.place)
        if not element.parent and len(news) > 1:
            raise EditError(edit.place, "the root element can only be replaced by one element")
        return [_replace(document, element, news, edit.place)]
    if not element.parent:
        raise EditError(edit.place, "the root element cannot be removed")
    return [Splice(*_whole_lines(document.data, element.start, element.end), b"", edit.place)]


def _set_text(document: _Document, element: _Element, edit: Edit) -> list[Splice]:
    _require_leaf(element, edit.place)
    value = scalar_text(edit.value, edit.place)
    text = _escape(value, document, edit.place)
    writer = Writer()
    if element.self_closing:
        if not text:
            return [_unchanged(document, element.tail, element.end, edit.place)]
        writer.write(b">")
        writer.write(text, edit.secret)
        writer.write(b"</" + element.name.encode(document.encoding) + b">")
        return [writer.splice(element.tail, element.end, edit.place)]
    chunks = element.chunks()
    filled = [(start, end) for start, end in chunks if document.data[start:end].strip(_BLANK)]
    secrets = [_strip(document.data, span) for span in filled] if edit.secret else []
    # A blank text that this function wrote stays where it is.
    written = [(start, end) for start, end in chunks if text and document.data[start:end] == text]
    span = (filled or written or chunks[-1:])[0]
    old = document.data[span[0] : span[1]]
    if value == element.text and not element.unresolved:
        if not edit.secret:
            return [_unchanged(document, element.content_start, element.content_end, edit.place)]
        text = old if len(chunks) == 1 and b"\n" not in old else text
    writer.write(text, edit.secret)
    others = [Splice(start, end, b"", edit.place) for start, end in chunks if (start, end) != span and start < end]
    return [writer.splice(*span, edit.place, secrets), *others]


def _unchanged(document: _Document, start: int, end: int, place: str) -> Splice:
    """Keeps the bytes, and keeps other edits from touching them."""
    return Splice(start, end, document.data[start:end], place)


def _strip(data: bytes, span: Span) -> Span:
    """``span`` without the white space at its ends."""
    text = data[span[0] : span[1]]
    start = span[0] + len(text) - len(text.lstrip(_BLANK))
    return start, start + len(text.strip(_BLANK))


def _structures(value: Any, secret: bool, place: str) -> list[_New]:
    """Check and read the structures of an edit."""
    values = value if isinstance(value, list) else [value]
    if not values:
        raise EditError(place, "the value must be a structure or a list of structures, not an empty list")
    return [_structure(each, secret, place) for each in values]


def _structure(value: Any, secret: bool, place: str) -> _New:
    if not isinstance(value, dict) or not isinstance(value.get("tag"), str):
        raise EditError(place, "a structure must be a mapping with the key tag")
    unknown = set(value) - {"tag", "attributes", "text", "children"}
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise EditError(place, f"a structure has the keys tag, attributes, text and children, not: {names}")
    attributes = value.get("attributes") or {}
    children = value.get("children") or []
    if not isinstance(attributes, dict) or not isinstance(children, list):
        raise EditError(place, "in a structure, attributes must be a mapping and children a list")
    if children and "text" in value:
        raise EditError(place, f"the structure <{value['tag']}> must have either text or children")
    return _New(
        value["tag"],
        tuple((name, _text(each, secret, place)) for name, each in attributes.items()),
        _text(value["text"], secret, place) if "text" in value else None,
        tuple(_structure(each, secret, place) for each in children),
    )


def _text(value: Any, secret: bool, place: str) -> _Text:
    value, secret = secret_value(value, secret)
    return _Text(scalar_text(value, place), secret)


def _write(writer: Writer, new: _New, document: _Document, indent: bytes, unit: bytes, end: bytes, place: str) -> None:
    """Write ``new`` without the indentation of its first and the end of its last line."""
    tag = _escape_name(new.tag, document, place)
    writer.write(b"<" + tag)
    for name, value in new.attributes:
        writer.write(b" " + _escape_name(name, document, place) + b'="')
        writer.write(_escape(value.value, document, place, '"'), value.secret)
        writer.write(b'"')
    if new.text is None and not new.children:
        writer.write(b"/>")
        return
    writer.write(b">")
    if new.text is not None:
        writer.write(_escape(new.text.value, document, place), new.text.secret)
    for child in new.children:
        writer.write(end + indent + unit)
        _write(writer, child, document, indent + unit, unit, end, place)
    if new.children:
        writer.write(end + indent)
    writer.write(b"</" + tag + b">")


def _same(new: _New, element: _Element) -> bool:
    """Whether ``element`` is what ``new`` would write."""
    given = {name: value.value for name, value in new.attributes if not name.startswith("xmlns")}
    there = {each.name: each.value for each in element.attributes if not each.declaration}
    return (
        _local(new.tag) == element.local
        and given == there
        and (new.text.value if new.text else "").strip() == element.text.strip()
        and len(new.children) == len(element.children)
        and all(map(_same, new.children, element.children))
    )


def _append(document: _Document, anchor: _Element, adds: Sequence[Edit]) -> Splice:
    """Put the structures of ``adds`` behind the last child of ``anchor``."""
    data = document.data
    place = adds[0].place
    if not anchor.children and anchor.text.strip():
        raise EditError(place, f"<{anchor.local}> holds a text and no elements, nothing can be added under it")
    news: list[_New] = []
    for edit in adds:
        for new in _structures(edit.value, edit.secret, edit.place):
            if new in news or any(_same(new, child) for child in anchor.children):
                raise EditError(edit.place, f"the same <{new.tag}> is already there")
            news.append(new)
    outer = _line_indent(data, anchor.start)
    indent = outer + document.unit
    for child in anchor.children:
        if _starts_line(data, child.start):
            indent = _line_indent(data, child.start)
    unit = _difference(outer, indent) or document.unit
    writer = Writer()
    if anchor.self_closing:
        writer.write(b">")
    position = line_start(data, anchor.content_end)
    own_line = position > anchor.content_start and not data[position : anchor.content_end].strip(b" \t")
    if not own_line:
        position = anchor.content_end
    end = line_end_near(data, position - 1 if own_line else position)
    for new in news:
        writer.write(indent if own_line else end + indent)
        _write(writer, new, document, indent, unit, end, place)
        writer.write(end if own_line else b"")
    if not own_line:
        writer.write(end + outer)
    if anchor.self_closing:
        writer.write(b"</" + anchor.name.encode(document.encoding) + b">")
        return writer.splice(anchor.tail, anchor.end, place)
    return writer.splice(position, position, place)


def _replace(document: _Document, element: _Element, news: Sequence[_New], place: str) -> Splice:
    data = document.data
    indent = _line_indent(data, element.start)
    parent = _line_indent(data, element.parent.start) if element.parent else b""
    unit = _difference(parent, indent) or document.unit
    end = line_end_near(data, element.start)
    writer = Writer()
    for number, new in enumerate(news):
        writer.write(end + indent if number else b"")
        _write(writer, new, document, indent, unit, end, place)
    return writer.splice(element.start, element.end, place)


def _starts_line(data: bytes, offset: int) -> bool:
    return not data[line_start(data, offset) : offset].strip(b" \t")


def _line_indent(data: bytes, offset: int) -> bytes:
    """The white space at the beginning of the line in which ``offset`` lies."""
    start = line_start(data, offset)
    before = data[start:offset]
    return before[: len(before) - len(before.lstrip(b" \t"))]


def _difference(outer: bytes, inner: bytes) -> bytes:
    """By how much ``inner`` is indented more than ``outer``; empty when it is not."""
    return inner[len(outer) :] if inner.startswith(outer) else b""


def _unit(data: bytes, root: _Element) -> bytes:
    """The indentation of one level, taken from the first child of the root element."""
    for child in root.children:
        if _starts_line(data, child.start):
            return _difference(_line_indent(data, root.start), _line_indent(data, child.start)) or _DEFAULT_UNIT
    return _DEFAULT_UNIT


def _whole_lines(data: bytes, start: int, end: int) -> Span:
    """``start`` to ``end``, widened to whole lines when nothing else stands on them."""
    stop = data.find(b"\n", end)
    if not _starts_line(data, start) or stop < 0 or data[end:stop].strip(_BLANK):
        return start, end
    return line_start(data, start), stop + 1
