# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any value arrives as it is when the vendor's format is read by another parser, or is refused; all else stays."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.editors import (
    Edit,
    EditError,
    apply_edits,
    read_value,
)
from engine import documents, hostile, parsers
from hypothesis import given
from hypothesis import strategies as st

XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LINE_FORBIDDEN = re.compile("[\x00-\x08\n-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
SCALARS = st.one_of(hostile.VALUES, st.integers(), st.booleans())

each_document = pytest.mark.parametrize("document", documents.DOCUMENTS, ids=lambda document: document.name)


def arrives(document: documents.Document, place: str, value: Any) -> Any:
    """What another parser finds when ``value`` arrives at ``place``."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if document.fmt in ("xml", "properties"):
        return text
    if document.fmt == "json" and document.read(document.data, place)[0] == "str":
        return "str", text
    return type(value).__name__, value


@each_document
@given(st.data())
def test_a_value_arrives_or_is_refused_and_all_else_stays(document: documents.Document, data: st.DataObject) -> None:
    values = data.draw(st.dictionaries(st.sampled_from(document.places), SCALARS, min_size=1, max_size=4))
    secret = data.draw(st.booleans())
    edits = [Edit("set", place, value, secret) for place, value in values.items()]
    refused = [value for value in values.values() if document.fmt == "xml" and XML_FORBIDDEN.search(str(value))]
    if refused:
        with pytest.raises(EditError, match="which XML cannot hold") as caught:
            apply_edits(document.data, edits, document.fmt)
        assert caught.value.place in values
        return
    result = apply_edits(document.data, edits, document.fmt).data
    for place, value in values.items():
        assert document.read(result, place) == arrives(document, place, value)
    assert document.only_changes(result, set(values))
    # A second time changes nothing more, and neither does one edit after the other.
    assert apply_edits(result, edits, document.fmt).data == result
    one_by_one = document.data
    for edit in edits:
        one_by_one = apply_edits(one_by_one, [edit], document.fmt).data
    assert one_by_one == result


@each_document
def test_known_hostile_values_arrive_at_every_place(document: documents.Document) -> None:
    for value in hostile.KNOWN:
        if document.fmt == "xml" and XML_FORBIDDEN.search(value):
            continue
        edits = [Edit("set", place, value) for place in document.places]
        result = apply_edits(document.data, edits, document.fmt).data
        for place in document.places:
            assert document.read(result, place) == arrives(document, place, value), (place, value)
        assert apply_edits(result, edits, document.fmt).data == result


@each_document
def test_the_value_that_stands_there_changes_no_byte(document: documents.Document) -> None:
    edits = []
    for place in document.places:
        value = document.read(document.data, place)
        if document.fmt in ("yaml", "json"):
            kind, value = value
            if kind in ("float", "NoneType"):
                continue
        edits.append(Edit("set", place, value))
        expected = str(value).lower() if isinstance(value, bool) else str(value)
        assert read_value(document.data, place, document.fmt) == expected
    assert len(edits) >= len(document.places) - 2
    assert apply_edits(document.data, edits, document.fmt).data == document.data


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "US-ASCII", "windows-1252", "ISO-8859-15"])
def test_what_an_encoding_lacks_becomes_a_character_reference(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?>\n<a b="1">2</a>\n'.encode(encoding)
    result = apply_edits(data, [Edit("set", "a", "ä€😀"), Edit("set", "a/@b", "日ä")], "xml").data
    assert parsers.xml(result)[1:3] == ({"b": "日ä"}, "ä€😀")
    assert b"&#128512;" in result
    assert b"&#26085;" in result
    assert (b"\xe4" in result) is (encoding != "US-ASCII")


# Structures


STRUCTURES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(SCALARS, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(hostile.VALUES, inner, max_size=3)),
    max_leaves=6,
)


def keys_of(value: Any) -> Iterator[str]:
    """The keys of a structure, at every depth."""
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys_of(each)


@pytest.mark.parametrize("data", [b"a:\n  b: 1\n", b"a: {b: 1}\n"])
def test_a_key_that_is_too_long_is_refused(data: bytes) -> None:
    assert parsers.yaml_tree(apply_edits(data, [Edit("add", "a", {"k" * 1024: 1})], "yaml").data)
    with pytest.raises(EditError, match="a key of 1025 characters, of which YAML takes 1024"):
        apply_edits(data, [Edit("add", "a", {"k" * 1025: 1})], "yaml")


@pytest.mark.parametrize(
    ("fmt", "data"),
    [
        ("yaml", b"# c\na:\n  b: 1 # c\nc:\n- 1\n"),
        ("yaml", b"a: {b: 1}\nc: [1]\n"),
        ("json", b'{"a": {"b": 1}, "c": [1]}'),
        ("json", b'{\r\n\t"a": { // c\r\n\t\t"b": 1, // d\r\n\t},\r\n\t"c": [\r\n\t\t1 ]\r\n}\r\n'),
    ],
)
@given(key=hostile.VALUES.filter(lambda key: key != "b"), value=STRUCTURES, item=STRUCTURES)
def test_a_structure_arrives(fmt: str, data: bytes, key: str, value: Any, item: Any) -> None:
    tree = parsers.yaml_tree if fmt == "yaml" else parsers.json_tree
    wanted = parsers.strict({"a": {"b": 1, key: value}, "c": [1, item]})
    edits = [Edit("add", "a", {key: value}), Edit("add", "c", [item])]
    if parsers.strict(item) == ("int", 1):
        with pytest.raises(EditError, match="the same item is already there"):
            apply_edits(data, edits, fmt)
        return
    try:
        added = apply_edits(data, edits, fmt).data
    except EditError as error:
        assert fmt == "yaml"
        assert re.search(r"a key of (\d+) characters, of which YAML takes 1024", str(error))
        assert any(len(json.dumps(each)) > 500 for each in keys_of({"a": {key: value}, "c": [item]}))
        return
    assert tree(added) == wanted
    with pytest.raises(EditError, match="already there"):
        apply_edits(added, edits, fmt)
    replaced = apply_edits(data, [Edit("replace", "a/b", value), Edit("replace", "c/[0]", item)], fmt).data
    assert tree(replaced) == parsers.strict({"a": {"b": value}, "c": [item]})


@given(hostile.VALUES, hostile.VALUES, st.booleans())
def test_an_added_element_and_attribute_arrive(text: str, attribute: str, secret: bool) -> None:
    data = b'<a>\n  <b/>\n  <c d="1"/>\n</a>\n'
    structure = {"tag": "n", "attributes": {"x": {"text": attribute, "secret": secret}}, "text": text}
    edits = [Edit("add", "a", structure), Edit("add", "a/b/@y", attribute), Edit("replace", "a/c", structure, secret)]
    if XML_FORBIDDEN.search(text + attribute):
        with pytest.raises(EditError, match="which XML cannot hold"):
            apply_edits(data, edits, "xml")
        return
    new = ("n", {"x": attribute}, text, [])
    assert parsers.xml(apply_edits(data, edits, "xml").data) == (
        "a",
        {},
        "",
        [("b", {"y": attribute}, "", []), new, new],
    )


@given(st.dictionaries(hostile.VALUES.filter(bool), hostile.VALUES, max_size=3))
def test_added_properties_arrive(new: dict[str, str]) -> None:
    data = b"a=1\r\n# end"
    edits = [Edit("add", key, value) for key, value in new.items() if key != "a"]
    result = apply_edits(data, edits, "properties").data
    assert parsers.properties(result) == [("a", "1"), *((edit.place, edit.value) for edit in edits)]


# Lines of text and words of a shell


SHELL_PLACES = re.findall("«(.*?)\\|", documents.SHELL)
SHELL = re.sub("«.*?\\|(.*?)»", r"\1", documents.SHELL).replace("«keep»", "")
RUN = re.sub("^java", "printf '%s\\\\0'", SHELL, flags=re.MULTILINE).replace("  X=", "exit\nX=")


def words(place: str, value: str) -> list[str]:
    """The arguments that the script gives when ``value`` stands at ``place``."""
    shipped = {"-Da": "old", "-Db": "one two", "-Dc": "a b", "-Dd": None, "-De": "v", "-Df": "q"}
    shipped[place.partition("=")[0]] = value
    return [f"{name}={text}" for name, text in shipped.items() if text is not None]


@given(st.sampled_from(SHELL_PLACES), hostile.VALUES)
def test_a_word_of_a_script_arrives_or_is_refused(place: str, value: str) -> None:
    data = SHELL.encode()
    edit = Edit("set", place, value)
    if LINE_FORBIDDEN.search(value):
        with pytest.raises(EditError, match="cannot stand in a line of text") as caught:
            apply_edits(data, [edit], "shell")
        assert caught.value.place == place
        return
    result = apply_edits(data, [edit], "shell").data
    assert apply_edits(result, [edit], "shell").data == result
    assert read_value(result, place, "shell") == value
    line = 8 if place.startswith("^") else 7 if place[:3] in ("-Dd", "-De", "-Df") else 6
    before, after = SHELL.split("\n"), result.decode().split("\n")
    assert [number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]] in ([line], [])
    command = after[line].removesuffix(" \\").replace('"$@"', "").replace("$HOME_DIR", "DIR").partition(" # -Df")[0]
    name = place.lstrip("^").partition("=")[0]
    assert f"{name}={value}" in parsers.shell_words(command)


def test_a_real_shell_gets_the_values() -> None:
    values = [value for value in hostile.KNOWN if not LINE_FORBIDDEN.search(value)]
    assert len(values) > 80
    for number, value in enumerate(values):
        place = [each for each in SHELL_PLACES if each.startswith("-D")][number % 6]
        script = apply_edits(RUN.encode(), [Edit("set", place, value)], "shell").data
        ran = subprocess.run(["sh", "-c", script, "/x/sh"], capture_output=True, check=True, timeout=10)
        there = ran.stdout.decode().partition("document\n")[2].split("\0")[:-1]
        assert [each for each in there if not each.startswith("-Dd=/x/x y")] == words(place, value)


@given(st.sampled_from(["heap = <value>", "path=<value>;", "^last:<value>"]), hostile.VALUES)
def test_a_line_of_text_arrives_or_is_refused(place: str, value: str) -> None:
    data = re.sub("«.*?\\|(.*?)»", r"\1", documents.TEXT).encode()
    edit = Edit("set", place, value)
    refused = LINE_FORBIDDEN.search(value) or value != value.strip(" \t") or (";" in value and ";" in place)
    if refused:
        with pytest.raises(EditError, match=r"cannot stand in a line of text|would read as another one") as caught:
            apply_edits(data, [edit], "text")
        assert caught.value.place == place
        return
    result = apply_edits(data, [edit], "text").data
    assert read_value(result, place, "text") == value
    assert apply_edits(result, [edit], "text").data == result
    before, _value, after = place.lstrip("^").partition("<value>")
    assert f"{before}{value}{after}" in result.decode()
    assert len(result.splitlines()) == len(data.splitlines())
