# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils import properties_edit, xml_edit, yaml_edit
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import line_end_near
from ansible_collections.identityops.wso2is.plugins.plugin_utils.editors import (
    FORMATS,
    Edit,
    EditError,
    Mask,
    apply_edits,
    format_of,
    read_value,
)

Leaf = tuple[str, int, int, Any]  # place, range, value

VENDOR_CONFIG = os.environ.get("VENDOR_CONFIG", "")
SUFFIXES = {".xml": "xml", ".properties": "properties", ".yaml": "yaml", ".yml": "yaml"}
ALL = "xml, yaml, properties, json, shell, text"
HOSTILE = 'it\'s "x" <&> ]]> \\ € # : {$} \t'


def vendor_files() -> list[Any]:
    if not VENDOR_CONFIG:
        skip = pytest.mark.skip(reason="VENDOR_CONFIG does not name the folder of the vendor's files")
        return [pytest.param(None, id="vendor-files", marks=skip)]
    root = Path(VENDOR_CONFIG)
    paths = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    assert paths, f"VENDOR_CONFIG={VENDOR_CONFIG} has no configuration files"
    return [pytest.param(path, id=str(path.relative_to(root))) for path in paths]


@pytest.mark.parametrize(
    ("fmt", "data", "place", "edit", "expected"),
    [
        ("xml", b"<a>1</a>", "a", Edit("set", "a", "2"), b"<a>2</a>"),
        ("yaml", b"a: 1\n", "a", Edit("set", "a", 2), b"a: 2\n"),
        ("properties", b"a=1\n", "a", Edit("set", "a", "2"), b"a=2\n"),
        ("json", b'{"a": 1}', "a", Edit("set", "a", 2), b'{"a": 2}'),
        ("shell", b"a=1\n", "a=<value>", Edit("set", "a=<value>", "2 3"), b"a='2 3'\n"),
        ("text", b"a=1\n", "a=<value>", Edit("set", "a=<value>", "2 3"), b"a=2 3\n"),
    ],
)
def test_the_format_chooses_the_editor(fmt: str, data: bytes, place: str, edit: Edit, expected: bytes) -> None:
    assert read_value(data, place, fmt) == "1"
    assert apply_edits(data, [edit], fmt).data == expected
    assert apply_edits(data, [], fmt).data == data


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(EditError, match=f"unknown format 'ini', known are {ALL}$") as caught:
        apply_edits(b"", [], "ini")
    assert caught.value.place == ""
    with pytest.raises(EditError, match="unknown format 'ini'"):
        read_value(b"", "a", "ini")


NESTED: list[Any] = []
for _level in range(100):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (10**1000, "a: the number has more than 1000 digits"),
        (-(10**5000), "a: the number has more than 1000 digits"),
        (NESTED, "a: the value is nested deeper than 100 levels"),
        ([0] * 100_001, "a: the value is nested beyond 100000 parts"),
        ("\ud800", "a: the value contains an unpaired surrogate, which is no character"),
    ],
    ids=["large", "negative", "deep", "wide", "surrogate"],
)
def test_a_value_without_bounds_is_refused(value: Any, reason: str) -> None:
    for fmt, data in (("xml", b"<a/>"), ("yaml", b"a: 1\n"), ("properties", b"a=1\n"), ("json", b'{"a": 1}')):
        with pytest.raises(EditError) as caught:
            apply_edits(data, [Edit("set", "a", value)], fmt)
        assert str(caught.value) == reason


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_mask_never_holds_another_secret_of_its_line(fmt: str) -> None:
    data, places = {
        "xml": (b'<a p="old1" q="old2"/>', ("a/@p", "a/@q")),
        "yaml": (b"{p: old1, q: old2}", ("p", "q")),
        "properties": (b"p=old1\nq=old2\n", ("p", "q")),
        "json": (b'{"p": "old1", "q": "old2"}', ("p", "q")),
        "shell": (b"p=old1 q='old2'\n", ("p=<value>", "q=<value>")),
        "text": (b"p=old1; q=old2\n", ("p=<value>;", "q=<value>")),
    }[fmt]
    edits = [Edit("set", place, "new", secret=True) for place in places]
    masks = apply_edits(data, edits, fmt).masks
    assert masks
    assert not [mask for mask in masks if "old" in mask.before + mask.after or "new" in mask.before + mask.after]


@pytest.mark.parametrize(
    ("path", "fmt"),
    [
        ("a/site.json", "json"),
        ("a/jaggery.conf", "json"),
        ("bin/carbon.sh", "shell"),
        ("launch.ini", "text"),
        ("A.XML", "xml"),
        ("a.b.yml", "yaml"),
    ],
)
def test_the_end_of_the_name_chooses_the_format(path: str, fmt: str) -> None:
    assert format_of(path) == fmt


@pytest.mark.parametrize("path", ["bin/script", "a.jks", ".xml"])
def test_other_files_are_refused(path: str) -> None:
    with pytest.raises(EditError, match=r"only those that end with \.xml, \.yaml, "):
        format_of(path)


def test_masks_are_text_in_the_encoding_of_the_file() -> None:
    data = '<?xml version="1.0" encoding="ISO-8859-1"?><ä>1</ä>'.encode("latin-1")
    assert apply_edits(data, [Edit("set", "ä", "2", secret=True)], "xml").masks == (
        Mask('<?xml version="1.0" encoding="ISO-8859-1"?><ä>', "</ä>"),
    )


@pytest.mark.parametrize(
    ("data", "offset", "end"),
    [
        (b"", 0, b"\n"),
        (b"a", 1, b"\n"),
        (b"a\r\nb", 4, b"\r\n"),
        (b"a\r\nb\nc", 0, b"\r\n"),
        (b"a\r\nb\nc", 3, b"\n"),
        (b"\na", 0, b"\n"),
    ],
)
def test_the_line_end_in_use_is_found(data: bytes, offset: int, end: bytes) -> None:
    assert line_end_near(data, offset) == end


# --- the vendor's own files


def xml_leaves(data: bytes) -> Iterator[Leaf]:
    def below(element: xml_edit._Element, place: str) -> Iterator[Leaf]:
        for attribute in element.attributes:
            if not attribute.declaration:
                yield f"{place}/@{attribute.local}", attribute.value_start, attribute.value_end, attribute.value
        if not element.children:
            yield place, element.start, element.end, element.text
        for child in element.children:
            yield from below(child, f"{place}/{child.local}")

    root = xml_edit._parse(data).root
    return below(root, root.local)


def yaml_leaves(data: bytes) -> Iterator[Leaf]:
    document = yaml_edit._parse(data)

    def below(node: yaml_edit._Node, place: str) -> Iterator[Leaf]:
        if node.kind == "scalar" and not node.marked and place:
            typed = yaml.safe_load(node.value) if node.style == "" else None
            value = typed if isinstance(typed, int) else node.value
            yield place, document.offset(node.start), document.offset(node.stop), value
        for key, value in node.pairs:
            yield from below(value, f"{place}/'{key.value}'" if place else f"'{key.value}'")
        for number, item in enumerate(node.items):
            yield from below(item, f"{place}/[{number}]" if place else f"[{number}]")

    return below(document.root, "") if document.root else iter(())


def property_leaves(data: bytes) -> Iterator[Leaf]:
    for entry in properties_edit._parse(data).entries:
        yield entry.key, entry.value_start, entry.value_end, entry.value


LEAVES = {"xml": xml_leaves, "yaml": yaml_leaves, "properties": property_leaves}
MAXIMUM = 60
MAXIMUM_CHANGED = 4


@pytest.mark.parametrize("path", vendor_files())
def test_the_vendors_files_are_edited_where_asked_and_nowhere_else(path: Path) -> None:
    data = path.read_bytes()
    fmt = SUFFIXES[path.suffix]
    assert apply_edits(data, [], fmt).data == data
    leaves = list(LEAVES[fmt](data))
    counts = Counter(place for place, *_rest in leaves)
    once = []
    for place, start, end, value in leaves[:: len(leaves) // MAXIMUM + 1]:
        if counts[place] > 1:
            with pytest.raises(EditError, match="required exactly once"):
                read_value(data, place, fmt)
            continue
        try:
            assert read_value(data, place, fmt) == (str(value).lower() if isinstance(value, bool) else str(value))
        except EditError as error:
            # The same element stands elsewhere, with children.
            assert fmt == "xml" and "required exactly once" in error.reason, error
            continue
        once.append((place, start, end, value))
    assert apply_edits(data, [Edit("set", place, value) for place, _start, _end, value in once], fmt).data == data
    for place, start, end, _value in once[:: len(once) // MAXIMUM_CHANGED + 1]:
        edit = Edit("set", place, HOSTILE)
        result = apply_edits(data, [edit], fmt).data
        assert read_value(result, place, fmt) == HOSTILE
        assert result.startswith(data[:start]), place
        assert result.endswith(data[end:]), place
        assert apply_edits(result, [edit], fmt).data == result
