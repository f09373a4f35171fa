# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the file, the place and the value: the edit is done, or refused with file, place and reason."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import settings as rendering
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import KINDS
from ansible_collections.identityops.wso2is.plugins.plugin_utils.editors import (
    FORMATS,
    Edit,
    EditError,
    apply_edits,
    read_value,
)
from engine import documents, hostile, parsers
from hypothesis import given, settings
from hypothesis import strategies as st

# Pieces of which files are made, and what breaks them.
PIECES = [
    *(
        b"<a>",
        b"</a>",
        b"<b/>",
        b'<a b="1">',
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?x y?>",
        b"&amp;",
        b"&x;",
        b"&#0;",
    ),
    *(b"<!DOCTYPE a>", b"<!DOCTYPE a [", b'<!ENTITY x "y">', b"]>", b'<?xml version="1.0" encoding="ISO-8859-1"?>'),
    *(b"a: 1\n", b"a:\n", b"  b: 2\n", b"- ", b"? ", b": ", b"|\n", b">\n", b"&x ", b"*x", b"!!str ", b"!x ", b"---\n"),
    *(
        b"...\n",
        b"%YAML 9.9\n",
        b'"\\UFFFFFFFF"',
        b"# c\n",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b'"a"',
        b"'",
        b'"',
        b"<<: *x\n",
    ),
    *(
        b"a=1\n",
        b"a\\\n",
        b"\\u12",
        b"\\",
        b"=",
        b":",
        b"!",
        b"//",
        b"/*",
        b"*/",
        b"1e9",
        b"true",
        b"null",
        b"$(",
        b")",
        b"`",
    ),
    *(b"<<E\n", b"E\n", b"$'", b"((", b"\r\n", b"\r", b"\n", b" ", b"\t", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe4"),
    *(
        b"\xc3\xa4",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xed\xa0\x80",
        b"[" * 200,
        b"<a>" * 200,
        b"- " * 200,
        b'{"a":' * 200,
    ),
]
FILES = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join),
    st.builds(
        lambda document, offset, length, piece: document[:offset] + piece + document[offset + length :],
        st.sampled_from([document.data for document in documents.DOCUMENTS]),
        st.integers(0, 1200),
        st.integers(0, 6),
        st.sampled_from(PIECES),
    ),
    st.sampled_from([document.data.decode("latin-1").encode("utf-16-le") for document in documents.DOCUMENTS]),
)
PLACES = st.one_of(
    st.text(max_size=10),
    st.text(st.characters(), max_size=4),
    st.lists(
        st.sampled_from([*"ab/@[]='\".0<>^", "<value>", "[a=b]", "[0]", "/@b", "\ud800", "²", "٣", "9" * 5000])
    ).map("".join),
    st.sampled_from([place for document in documents.DOCUMENTS for place in document.places]),
)
ANYTHING: st.SearchStrategy[Any] = st.one_of(
    hostile.VALUES,
    st.sampled_from(
        [None, 1, True, 1.5, b"x", "\ud800", 10**5000, -(10**5000), float("nan"), object(), {1, 2}, ("a",)]
    ),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), hostile.VALUES),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.one_of(st.sampled_from(["tag", "text", "attributes", "children", "secret"]), st.integers()), inner
            ),
        ),
        max_leaves=6,
    ),
)
EDITS = st.lists(st.builds(Edit, st.sampled_from([*KINDS, "x"]), PLACES, ANYTHING, st.booleans()), max_size=3)

each_format = pytest.mark.parametrize("fmt", FORMATS)


@each_format
@settings(max_examples=10 * settings().max_examples)
@given(FILES, PLACES, EDITS)
def test_nothing_but_an_edit_error_comes_out(fmt: str, data: bytes, place: str, edits: list[Edit]) -> None:
    for call in (lambda: read_value(data, place, fmt), lambda: apply_edits(data, edits, fmt)):
        try:
            assert call() is None or edits or place is not None
        except EditError as error:
            assert error.reason
            # It can be printed.
            assert str(error).encode("utf-8").decode("utf-8").endswith(error.reason)


NESTED: list[Any] = ["x"]
for _level in range(200):
    NESTED = [NESTED]
MANY: list[Any] = ["x"]
for _level in range(40):
    MANY = [MANY, MANY]


@each_format
@pytest.mark.parametrize(
    ("value", "reason"), [(NESTED, "nested deeper than 100 levels"), (MANY, "nested beyond 100000 parts")]
)
def test_a_bottomless_value_is_refused_at_once(fmt: str, value: Any, reason: str) -> None:
    data, place = SIMPLE[fmt]
    began = time.monotonic()
    with pytest.raises(EditError, match=reason):
        apply_edits(data, [Edit("add", place, value)], fmt)
    assert time.monotonic() - began < 2


SIMPLE = {
    "xml": (b"<a>1</a>", "a"),
    "yaml": (b"a: 1\n", "a"),
    "properties": (b"a=1\n", "a"),
    "json": (b'{"a": 1}', "a"),
    "shell": (b"a=1\n", "a=<value>"),
    "text": (b"a=1\n", "a=<value>"),
}
NAMES = {
    "xml": "c.xml",
    "yaml": "c.yaml",
    "properties": "c.properties",
    "json": "c.json",
    "shell": "c.sh",
    "text": "c.txt",
}


def render(monkeypatch: pytest.MonkeyPatch, file: str, data: bytes, place: str, value: Any) -> bytes:
    setting = {"file": file, "place": place, "value": "value", "why": ".", "source": "."}
    monkeypatch.setattr(rendering, "load_settings", lambda _name: (setting,))
    return rendering.render(["x"], {"value": value}, lambda _name: data, lambda _name: b"")[0].content


@each_format
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["x"], "the value must be a string, an integer or a boolean, not list"),
        ("\ud800", "the value contains an unpaired surrogate"),
        (10**1000, "the number has more than 1000 digits"),
    ],
)
def test_a_refusal_names_file_place_and_reason(
    monkeypatch: pytest.MonkeyPatch, fmt: str, value: Any, reason: str
) -> None:
    data, place = SIMPLE[fmt]
    with pytest.raises(rendering.SettingError) as caught:
        render(monkeypatch, NAMES[fmt], data, place, value)
    assert str(caught.value).startswith(f"{NAMES[fmt]}: {place}: {reason}")
    assert b"2" in render(monkeypatch, NAMES[fmt], data, place, 2)


def test_a_file_that_no_editor_is_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        rendering.SettingError, match=r"^c\.jks: files like this are not edited, only those that end with"
    ):
        render(monkeypatch, "c.jks", b"", "a", "x")


# External entities, and those that grow


class Listener:
    """A port of this machine that notices who connects."""

    def __init__(self, server: socket.socket) -> None:
        server.setblocking(False)
        self.server = server
        self.port = server.getsockname()[1]

    def reached(self) -> bool:
        try:
            self.server.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Listener(server)


BOMB = "<!DOCTYPE a [<!ENTITY e0 'x'>%s]><a>&e30;</a>" % "".join(
    f"<!ENTITY e{number} '{f'&e{number - 1};' * 10}'>" for number in range(1, 31)
)
QUADRATIC = f"<!DOCTYPE a [<!ENTITY e '{'x' * 100_000}'>]><a>{'&e;' * 10_000}</a>"


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'http://127.0.0.1:PORT/x'>]>",
        "<!DOCTYPE a [<!ENTITY e PUBLIC 'x' 'http://127.0.0.1:PORT/x'>]>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:PORT/x'> %p;]>",
        "<!DOCTYPE a [<!ENTITY e 'internal'>]>",
    ],
)
def test_entities_are_refused_and_never_fetched(listener: Listener, declaration: str) -> None:
    data = declaration.replace("PORT", str(listener.port)).encode() + b"<a><b>&e;</b><c>1</c></a>"
    for call in (lambda: read_value(data, "a/c", "xml"), lambda: apply_edits(data, [Edit("set", "a/c", "2")], "xml")):
        with pytest.raises(EditError, match="the file declares the entity"):
            call()
    assert not listener.reached()


def test_an_external_document_type_is_not_fetched(listener: Listener) -> None:
    for system in (f"http://127.0.0.1:{listener.port}/x.dtd", "file:///etc/passwd"):
        data = f'<?xml version="1.0"?><!DOCTYPE a SYSTEM "{system}"><a><b>&e;</b><c>1</c></a>'.encode()
        assert apply_edits(data, [Edit("set", "a/c", "2")], "xml").data == data.replace(b"<c>1", b"<c>2")
        with pytest.raises(EditError, match="a reference to an entity, which is not resolved"):
            read_value(data, "a/b", "xml")
    assert not listener.reached()


@pytest.mark.parametrize("text", [BOMB, QUADRATIC], ids=["exponential", "quadratic"])
def test_growing_entities_are_refused_at_once(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(EditError, match="the file declares the entity"):
        apply_edits(text.encode(), [Edit("set", "a", "1")], "xml")
    assert time.monotonic() - began < 1


def test_growing_aliases_of_yaml_stay_small() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{number}: &a{number} [{f'*a{number - 1}, ' * 9}]" for number in range(1, 40))]
    data = "\n".join([*lines, "last: 1", ""]).encode()
    began = time.monotonic()
    assert apply_edits(data, [Edit("set", "last", 2)], "yaml").data == data.replace(b"last: 1", b"last: 2")
    assert time.monotonic() - began < 2


def test_tags_of_yaml_make_no_objects(tmp_path: Path) -> None:
    made = tmp_path / "made"
    data = f"a: !!python/object/apply:os.mkdir ['{made}']\nb: 1\n".encode()
    assert apply_edits(data, [Edit("set", "b", 2)], "yaml").data == data.replace(b"b: 1", b"b: 2")
    assert not made.exists()


@pytest.mark.parametrize(
    ("fmt", "data", "reason"),
    [
        ("yaml", b"[" * 3000, "nested deeper than 100 levels"),
        ("yaml", b"- " * 3000 + b"x\n", "nested deeper than 100 levels"),
        ("json", b"[" * 100_000, "nested deeper than 100 levels"),
        ("json", b'{"a":' * 100_000, "nested deeper than 100 levels"),
        ("json", b'"' + b"x" * 100_000, "a value expected in line 1"),
        ("json", b'"' + b"\\u00e4" * 30_000, "a value expected in line 1"),
        ("shell", b"'" + b"x" * 100_000, "the quote in line 1 of the script does not end"),
        ("shell", b"$((" * 30_000, "nested deeper than 100 levels"),
    ],
)
def test_endless_files_are_refused_at_once(fmt: str, data: bytes, reason: str) -> None:
    began = time.monotonic()
    with pytest.raises(EditError, match=reason):
        apply_edits(data, [Edit("set", "a" if fmt != "shell" else "x=<value>", "1")], fmt)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("depth", [90, 3000])
def test_deep_elements_are_edited_or_refused(depth: int) -> None:
    data = b"<a>" * depth + b"1" + b"</a>" * depth
    place = "/".join("a" * depth)
    assert parsers.xml_value(apply_edits(data, [Edit("set", place, "2")], "xml").data, ".") is not None
    assert read_value(data, place, "xml") == "1"
