# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Edit, EditError, Mask
from ansible_collections.identityops.wso2is.plugins.plugin_utils.properties_edit import apply_edits, read_value
from hypothesis import given
from hypothesis import strategies as st

FILE = rb"""# head
! also = a comment \
plain=1
 spaced  =  two words\u0020
colon: 3
blank 4
none
empty=
escaped\ key\=x=tab\there
unicode=\u00e4\ud83d\ude00
twice=a
twice=b
long = one, \
       two, \

last=\
  here
end=no line end"""


def edited(data: bytes, *edits: Edit) -> bytes:
    return apply_edits(data, edits).data


def refusal(data: bytes, *edits: Edit) -> str:
    with pytest.raises(EditError) as caught:
        apply_edits(data, edits)
    return str(caught.value)


def load(data: bytes) -> list[tuple[str, str]]:
    """What java.util.Properties.load reads, line by line as its documentation describes it."""
    pairs = []
    logical = ""
    continued = False
    for line in re.split("\r\n|\r|\n", data.decode("latin-1")):
        natural = line.lstrip(" \t\f")
        if not continued and natural[:1] in ("#", "!"):
            continue
        continued = re.fullmatch(r"(?s:.*?)(?<!\\)(?:\\\\)*\\", natural) is not None
        logical += natural[:-1] if continued else natural
        if not continued:
            pairs += _pair(logical)
            logical = ""
    return pairs + _pair(logical)


def _pair(logical: str) -> list[tuple[str, str]]:
    found = re.fullmatch(r"((?:\\.|[^\\=: \t\f])*)(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+|)(.*)", logical)
    assert found
    return [(_plain(found[1]), _plain(found[2]))] if logical else []


def _plain(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        return {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(found[2], found[2])

    joined = re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", one, text, flags=re.DOTALL)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("plain", "1"),
        ("spaced", "two words "),
        ("colon", "3"),
        ("blank", "4"),
        ("none", ""),
        ("empty", ""),
        ("escaped key=x", "tab\there"),
        ("unicode", "ä\U0001f600"),
        ("long", "one, two, "),
        ("last", "here"),
        ("end", "no line end"),
        ("also", None),
        ("absent", None),
    ],
)
def test_values_are_read_as_java_reads_them(key: str, value: str | None) -> None:
    assert read_value(FILE, key) == value
    assert dict(load(FILE)).get(key) == value


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("plain", "x", b"plain=1", b"plain=x"),
        ("plain", 17, b"plain=1", b"plain=17"),
        ("plain", True, b"plain=1", b"plain=true"),
        ("plain", "", b"plain=1", b"plain="),
        ("spaced", "x", rb" spaced  =  two words\u0020", b" spaced  =  x"),
        ("colon", "x", b"colon: 3", b"colon: x"),
        ("blank", "=x", b"blank 4", rb"blank \=x"),
        ("none", "x", b"none\n", b"none=x\n"),
        ("none", "", b"none\n", b"none\n"),
        ("empty", " a ", b"empty=", b"empty=\\ a "),
        ("escaped key=x", "a\\b\nc", rb"x=tab\there", rb"x=a\\b\nc"),
        ("unicode", "€", rb"\u00e4\ud83d\ude00", rb"\u20ac"),
        ("unicode", "ä\U0001f600", b"", b""),
        ("long", "x", b"long = one, \\\n       two, \\\n\n", b"long = x\n"),
        ("last", "here", b"", b""),
        ("last", "x", b"last=\\\n  here", b"last=x"),
        ("end", "x", b"end=no line end", b"end=x"),
    ],
)
def test_set_changes_only_the_value(key: str, value: str | int, old: bytes, new: bytes) -> None:
    result = edited(FILE, Edit("set", key, value))
    assert result == FILE.replace(old, new)
    assert edited(result, Edit("set", key, value)) == result


def test_add_appends_with_the_line_end_of_the_file() -> None:
    assert edited(b"a=1\r\n", Edit("add", "b", "2"), Edit("add", "c", "3")) == b"a=1\r\nb=2\r\nc=3\r\n"
    assert edited(b"a=1\r\nb=2", Edit("add", "c", "3")) == b"a=1\r\nb=2\r\nc=3\r\n"
    assert edited(b"a=1\nb=", Edit("add", "c", "3"), Edit("set", "b", "2")) == b"a=1\nb=2\nc=3\n"
    assert edited(b"", Edit("add", " k:=#!\\ä", "v")) == rb"\ k\:\=\#\!\\\u00e4=v" + b"\n"
    assert edited(b"# only\\", Edit("add", "a", "1")) == b"# only\\\na=1\n"


@pytest.mark.parametrize("data", [b"a=1\\", b"a=1\\\n", b"a=1\\\n  "])
def test_add_behind_a_line_that_is_continued_is_refused(data: bytes) -> None:
    if data.endswith(b"  "):
        assert edited(data, Edit("add", "b", "2")) == data + b"\nb=2\n"
    else:
        assert "the last line of the file ends with a backslash" in refusal(data, Edit("add", "b", "2"))
    assert edited(data, Edit("set", "a", "2")).startswith(b"a=2")


def test_remove_takes_all_lines_of_the_entry() -> None:
    assert edited(FILE, Edit("remove", "long")) == FILE.replace(b"long = one, \\\n       two, \\\n\n", b"")
    assert edited(FILE, Edit("remove", "end")) == FILE.replace(b"end=no line end", b"")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit("set", "twice", "x"), "found 2 times (lines 11, 12), required exactly once"),
        (Edit("add", "twice", "x"), "found 2 times (lines 11, 12), required exactly once"),
        (Edit("set", "plian", "x"), "found 0 times, required exactly once; similar keys: plain"),
        (Edit("set", "0", "x"), "0: found 0 times, required exactly once"),
        (Edit("remove", "0"), "0: found 0 times, required exactly once"),
        (Edit("add", "plain", "x"), "the key is already there, use set"),
        (Edit("add", "", "x"), "the place must be a key"),
        (Edit("add", "x", None), "must be a string, an integer or a boolean, not NoneType"),
        (Edit("add", "\ud800", "x"), "unpaired surrogate"),
        (Edit("set", "plain", "\ud800"), "unpaired surrogate"),
        (Edit("replace", "plain", {}), "a property has a value and no structure, use set"),
        (Edit("drop", "plain"), "unknown kind of edit 'drop'"),
    ],
)
def test_what_cannot_be_done_exactly_is_refused(edit: Edit, message: str) -> None:
    assert message in refusal(FILE, edit)


def test_two_edits_of_one_key_are_refused() -> None:
    assert "two edits have this place" in refusal(FILE, Edit("set", "plain", "1"), Edit("set", "plain", "1"))


def test_a_malformed_escape_is_refused() -> None:
    assert refusal(b"\na=\\u12x4\n", Edit("set", "a", "1")) == "line 2: malformed \\u escape"
    assert refusal(b"a=\\u12", Edit("set", "a", "1")) == "line 1: malformed \\u escape"


def test_no_edits_change_nothing() -> None:
    assert apply_edits(b"a=\\u12", []).data == b"a=\\u12"


def test_line_ends_of_all_systems() -> None:
    assert edited(b"a=1\rb=2\r\nc=3\n", Edit("set", "b", "x")) == b"a=1\rb=x\r\nc=3\n"
    assert read_value(b"a=1\\\r\n  2\rb=3", "a") == "12"


def test_masks_stand_around_old_and_new_secrets() -> None:
    edits = [Edit("set", "plain", "x", secret=True), Edit("add", "new", "y", secret=True), Edit("set", "colon", "z")]
    assert set(apply_edits(FILE, edits).masks) == {Mask("plain=", ""), Mask("new=", "")}
    # The old value is on two lines.
    assert set(apply_edits(FILE, [Edit("set", "last", "x", secret=True)]).masks) == {Mask("last=", ""), Mask("", "")}
    assert apply_edits(b"a=1", [Edit("set", "a", "1", secret=True)]).masks == (Mask("a=", ""),)


def test_an_equal_secret_on_several_lines_is_written_on_one() -> None:
    assert edited(b"a=x\\\n  y\n", Edit("set", "a", "xy", secret=True)) == b"a=xy\n"
    assert edited(b"a=x\\\n  y\n", Edit("set", "a", "xy")) == b"a=x\\\n  y\n"


CHARACTERS = st.characters(exclude_categories=["Cs"])
HOSTILE = st.one_of(
    st.text(CHARACTERS),
    st.text(st.sampled_from(list("\\=:#! \t\n\r\fäu0\x00\U0001f600"))),
)


@given(
    HOSTILE, st.sampled_from(["plain", "spaced", "colon", "blank", "none", "empty", "long", "last", "end", "unicode"])
)
def test_any_value_reads_back(value: str, key: str) -> None:
    edit = Edit("set", key, value)
    once = edited(FILE, edit)
    assert read_value(once, key) == value
    assert edited(once, edit) == once
    expected = [(each, value if each == key else old) for each, old in load(FILE)]
    assert load(once) == expected
    assert once.isascii()


@given(
    st.lists(st.tuples(HOSTILE.filter(bool), HOSTILE), unique_by=lambda pair: pair[0]),
    st.sampled_from(["", "\n", "\r\n"]),
)
def test_any_key_can_be_added(pairs: list[tuple[str, str]], end: str) -> None:
    data = f"a=1{end}# x{end}".encode()
    result = edited(data, *(Edit("add", key, value) for key, value in pairs if key != "a"))
    assert load(result) == load(data) + [(key, value) for key, value in pairs if key != "a"]
    assert result.startswith(data)


LINES = st.text(st.sampled_from("ab=: \\\n\r\t#!"), max_size=30)


@given(LINES, st.text(st.sampled_from("ab \\="), max_size=3))
def test_any_file_is_edited_exactly_or_refused(text: str, value: str) -> None:
    data = text.encode()
    pairs = load(data)
    for key in {key for key, _value in pairs}:
        edit = Edit("set", key, value)
        if sum(key == other for other, _value in pairs) > 1:
            assert "required exactly once" in refusal(data, edit)
            continue
        once = edited(data, edit)
        assert load(once) == [(other, value if other == key else old) for other, old in pairs]
        assert edited(once, edit) == once
        assert load(edited(data, Edit("remove", key))) == [pair for pair in pairs if pair[0] != key]
