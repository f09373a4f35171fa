# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import json
import random
import sys
from typing import Any

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Edit, EditError, Mask
from ansible_collections.identityops.wso2is.plugins.plugin_utils.yaml_edit import apply_edits, read_value
from hypothesis import given
from hypothesis import strategies as st

DEPLOYMENT = b"""# head
  # indented comment
server.id:
    # value to know it by
  id: node   # behind
  name: 'quoted ''name'''
  ports:
      # offset
    offset: 0
  empty:
  nothing: ~
"a/b": slash

listeners:
  -
    id: "default"
    port: 9090
  - # comment - with dash
    id: secure
    port: 9091
agents:
- agent:
    name: Thrift
    size: 1
- agent:
    name: Binary
    size: 2
text: |
  first

  second

flow: {a: 1, "b": [x, y], c: {}, d: []}
base: &base
  key: value
copy: *base
tagged: !!str 17
twice: 1
twice: 2
# end
"""


def edited(data: bytes, *edits: Edit) -> bytes:
    return apply_edits(data, edits).data


def refusal(data: bytes, *edits: Edit) -> str:
    with pytest.raises(EditError) as caught:
        apply_edits(data, edits)
    return str(caught.value)


# --- places


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("server.id/id", "node"),
        ("server.id/name", "quoted 'name'"),
        ("server.id/ports/offset", "0"),
        ("server.id/empty", ""),
        ("server.id/nothing", "~"),
        ("server.id/absent", None),
        ("absent", None),
        ("'a/b'", "slash"),
        ('"a/b"', "slash"),
        ("listeners/[0]/port", "9090"),
        ("listeners/[id=secure]/port", "9091"),
        ("listeners/[id='secure']/port", "9091"),
        ('listeners/[id="secure"]/port', "9091"),
        ("listeners/[id=secure]/host", None),
        ("agents/[agent/name=Binary]/agent/size", "2"),
        ("text", "first\n\nsecond\n"),
        ("flow/a", "1"),
        ("flow/b/[1]", "y"),
        ("base/key", "value"),
        ("tagged", "17"),
    ],
)
def test_a_place_is_found(place: str, value: str | None) -> None:
    assert read_value(DEPLOYMENT, place) == value


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("server/id", "found 0 times, required exactly once; nearest is the root, its keys are: server.id, a/b,"),
        ("server.id/nix/x", "nearest is server.id, its keys are: id, name, ports, empty, nothing"),
        ("server.id/id/x", "nearest is server.id/id, which is a scalar"),
        ("listeners/[id=x]/port", "nearest is listeners, a list of 2 in which id is: default, secure"),
        ("listeners/[nix=x]", "a list of 2 in which nix is: none"),
        ("listeners/[7]", "nearest is listeners, a list of 2"),
        ("listeners/id", "nearest is listeners, a list of 2"),
        ("server.id/[0]", "nearest is server.id, its keys are"),
        ("twice", "twice found 2 times (lines 38, 39), required exactly once"),
        ("copy/key", "copy is the alias *base; use the place where its anchor stands"),
        ("copy", "is no scalar but: alias"),
        ("listeners", "is no scalar but: sequence"),
        ("", "is no scalar but: mapping"),
        ("server.id//id", "no step at character 11"),
        ("server.id/", "no step at character 11"),
        ("/server.id", "no step at character 1"),
        ("listeners[0]", "'/' expected at character 10"),
        ("listeners/[id]", "no step at character 11"),
    ],
)
def test_a_place_that_is_not_there_once_is_refused(place: str, message: str) -> None:
    with pytest.raises(EditError) as caught:
        read_value(DEPLOYMENT, place)
    assert caught.value.place == place
    assert message in caught.value.reason


def test_places_in_a_file_without_content() -> None:
    assert read_value(b"# nothing\n", "a") is None
    with pytest.raises(EditError, match="the file has no content"):
        read_value(b"# nothing\n", "a/b")
    with pytest.raises(EditError, match="is no scalar but: empty file"):
        read_value(b"# nothing\n", "")
    assert "the file has no content" in refusal(b"# nothing\n", Edit("set", "a", "x"))
    assert "the file has no content" in refusal(b"# nothing\n", Edit("set", "", "x"))


# --- set


@pytest.mark.parametrize(
    ("place", "value", "old", "new"),
    [
        ("server.id/id", "is-1.example.org", "id: node ", "id: is-1.example.org "),
        ("server.id/id", "SELECT 1", "id: node ", "id: SELECT 1 "),
        ("server.id/id", "${sys:carbon.home}/x", "id: node ", "id: ${sys:carbon.home}/x "),
        ("server.id/id", "10", "id: node ", "id: '10' "),
        ("server.id/id", "1e3", "id: node ", "id: '1e3' "),
        ("server.id/id", "12:30:45", "id: node ", "id: '12:30:45' "),
        ("server.id/id", "2020-01-01", "id: node ", "id: '2020-01-01' "),
        ("server.id/id", "yes", "id: node ", "id: 'yes' "),
        ("server.id/id", "Null", "id: node ", "id: 'Null' "),
        ("server.id/id", "y", "id: node ", "id: 'y' "),
        ("server.id/id", "", "id: node ", "id: '' "),
        ("server.id/id", "a: b", "id: node ", "id: 'a: b' "),
        ("server.id/id", "a:", "id: node ", "id: 'a:' "),
        ("server.id/id", "a #b", "id: node ", "id: 'a #b' "),
        ("server.id/id", " a", "id: node ", "id: ' a' "),
        ("server.id/id", "it's", "id: node ", "id: 'it''s' "),
        ("server.id/id", "ä", "id: node ", "id: 'ä' "),
        ("server.id/id", "a\nb\x01\u2028\x85\U0001f600", "id: node ", 'id: "a\\nb\\x01\\u2028\\x85\\U0001f600" '),
        ("server.id/id", 10, "id: node ", "id: 10 "),
        ("server.id/id", True, "id: node ", "id: true "),
        ("server.id/id", "node", "", ""),
        ("server.id/name", "quoted 'name'", "", ""),
        ("server.id/name", "x", "'quoted ''name'''", "'x'"),
        ("server.id/ports/offset", 0, "", ""),
        ("server.id/ports/offset", "0", "offset: 0", "offset: '0'"),
        ("server.id/ports/offset", False, "offset: 0", "offset: false"),
        ("server.id/empty", "x", "  empty:\n", "  empty: x\n"),
        ("server.id/empty", "", "  empty:\n", "  empty: ''\n"),
        ("server.id/nothing", "~", "nothing: ~", "nothing: '~'"),
        ("listeners/[0]/id", 'a"b\\', '"default"', '"a\\"b\\\\"'),
        ("listeners/[id=default]/port", 9091, "port: 9090", "port: 9091"),
        ("text", "one\n", "|\n  first\n\n  second\n", '"one\\n"\n'),
        ("text", "one", "|\n  first\n\n  second\n", "'one'\n"),
        ("text", "first\n\nsecond\n", "", ""),
        ("flow/a", "b", "a: 1", "a: b"),
        ("flow/a", "{b}", "a: 1", "a: '{b}'"),
        ("flow/a", "b{c}", "a: 1", "a: 'b{c}'"),
        ("flow/a", "b?c", "a: 1", "a: 'b?c'"),
        ("flow/a", "b:c", "a: 1", "a: 'b:c'"),
        ("flow/b/[0]", "x,y", "[x, y]", "['x,y', y]"),
        ("base/key", "x", "key: value", "key: x"),
    ],
)
def test_set_changes_only_the_scalar(place: str, value: Any, old: str, new: str) -> None:
    result = edited(DEPLOYMENT, Edit("set", place, value))
    assert result == DEPLOYMENT.replace(old.encode(), new.encode(), 1)
    assert edited(result, Edit("set", place, value)) == result


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("server.id", "x", "is a mapping and no scalar, use replace"),
        ("listeners", "x", "is a sequence and no scalar, use replace"),
        ("copy", "x", "is the alias *base; edit it where its anchor stands"),
        ("tagged", "x", "has an anchor or a tag, which set would drop"),
        ("server.id/absent", "x", "found 0 times, required exactly once"),
        ("server.id/id", None, "must be a string, an integer or a boolean, not NoneType"),
        ("server.id/id", 1.5, "must be a string, an integer or a boolean, not float"),
        ("server.id/id", "\ud800", "unpaired surrogate"),
    ],
)
def test_what_cannot_be_set_is_refused(place: str, value: Any, message: str) -> None:
    assert message in refusal(DEPLOYMENT, Edit("set", place, value))


def test_set_of_nothing_in_a_list() -> None:
    assert edited(b"a:\n-\n- x\n", Edit("set", "a/[0]", "v")) == b"a:\n- v\n- x\n"
    assert edited(b"a: # c\nb: 1\n", Edit("set", "a", "v")) == b"a: v # c\nb: 1\n"
    assert edited(b"{a: , b: 1}", Edit("set", "a", "v")) == b"{a: v , b: 1}"


@pytest.mark.parametrize("data", [b"{a, b-: 1}", b"{a-}", b"? a\n", b"? a\n? b\n"])
def test_what_has_no_room_for_a_value_is_refused(data: bytes) -> None:
    place = "a-" if b"a-" in data else "a"
    assert "nothing is written there" in refusal(data, Edit("set", place, "x"))
    assert "nothing is written there" in refusal(data, Edit("replace", place, {"x": 1}))


def test_a_root_without_value_cannot_be_set() -> None:
    assert "nothing is written there" in refusal(b"---\n", Edit("set", "", "x"))
    assert edited(b"x\n", Edit("set", "", "w")) == b"w\n"


def test_a_plain_scalar_on_several_lines_is_replaced_wholly() -> None:
    assert edited(b"a: x\n   y\nb: 1\n", Edit("set", "a", "z")) == b"a: z\nb: 1\n"


# --- add


def test_add_appends_keys_with_the_indentation_of_the_mapping() -> None:
    new = {
        "type": "ha",
        "server": {"host": "10.0.0.1", "port": 9893},
        "list": ["a", {"b": 1, "c": [True, None]}, [], [1]],
    }
    result = edited(
        DEPLOYMENT, Edit("add", "server.id/ports", {"x": "w"}), Edit("add", "server.id", {"d.c": new, "e": {}})
    )
    lines = b"""    x: w
  d.c:
    type: ha
    server:
      host: '10.0.0.1'
      port: 9893
    list:
      - a
      - b: 1
        c:
          - true
          - null
      - []
      - - 1
  e: {}
""".splitlines(keepends=True)
    at = DEPLOYMENT.index(b"  empty:")
    end = DEPLOYMENT.index(b'"a/b"')
    assert result == DEPLOYMENT[:at] + lines[0] + DEPLOYMENT[at:end] + b"".join(lines[1:]) + DEPLOYMENT[end:]


@pytest.mark.parametrize(
    ("data", "place", "value", "expected"),
    [
        ("a: 1", "", {"b": 2}, "a: 1\nb: 2"),
        ("a: 1\r\n", "", {"b": 2}, "a: 1\r\nb: 2\r\n"),
        ("a: 1 # c\n# end\n", "", {"b": {"c": 2}}, "a: 1 # c\nb:\n  c: 2\n# end\n"),
        ("a:\n    b: 1\n", "a", {"c": 2}, "a:\n    b: 1\n    c: 2\n"),
        ("- a: 1\n", "[0]", {"b": 2}, "- a: 1\n  b: 2\n"),
        ("- - a: 1\n", "[0]/[0]", {"b": 2}, "- - a: 1\n    b: 2\n"),
        ("a: |\n  x\n\nb: 1\n", "", {"c": 2}, "a: |\n  x\n\nb: 1\nc: 2\n"),
        ("a:\n  b: |+\n    x\n\nc: 1\n", "a", {"d": 2}, "a:\n  b: |+\n    x\n\n  d: 2\nc: 1\n"),
        ("a: |\n  x", "", {"b": 2}, "a: |\n  x\nb: 2"),
        ("a:\n", "a", {"b": 1}, "a:\n  b: 1\n"),
        ("a: # c\nd: 1\n", "a", {"b": 1}, "a: # c\n  b: 1\nd: 1\n"),
        ("a:\n", "a", [1, 2], "a:\n  - 1\n  - 2\n"),
        ("-\n- x\n", "[0]", {"b": 1}, "-\n  b: 1\n- x\n"),
        ("# only\n", "", {"a": 1}, "# only\na: 1\n"),
        ("", "", {"a": 1}, "a: 1\n"),
        ("---\n", "", {"a": 1}, "---\na: 1\n"),
        ("---\na: 1\n...\n", "", {"b": 1}, "---\na: 1\nb: 1\n...\n"),
        ("a:\n- 1\nb: 1\n", "a", [{"x": 1, "w": 2}], "a:\n- 1\n- x: 1\n  w: 2\nb: 1\n"),
        ("a:\n  -\n     x: 1\n", "a", [{"x": 2}, [1, 2]], "a:\n  -\n     x: 1\n  - x: 2\n  - - 1\n    - 2\n"),
        ("a: {}\n", "a", {"b": {"c": [1, "x, y"]}}, "a: {b: {c: [1, 'x, y']}}\n"),
        ("a: {b: 1, }\n", "a", {"c": 2, "d": {}}, "a: {b: 1, c: 2, d: {}, }\n"),
        ("a: [ ]\n", "a", [1, {"b": "c"}], "a: [1, {b: c} ]\n"),
        ("a: [\n  x # c\n]\n", "a", ["w"], "a: [\n  x, w # c\n]\n"),
        ("a: &x\n  b: 1\nc: *x\n", "a", {"d": 2}, "a: &x\n  b: 1\n  d: 2\nc: *x\n"),
        ("a:\n  b:\n", "a", {"c": 1}, "a:\n  b:\n  c: 1\n"),
    ],
)
def test_add_into_all_kinds_of_places(data: str, place: str, value: Any, expected: str) -> None:
    assert edited(data.encode(), Edit("add", place, value)) == expected.encode()
    yaml.safe_load(expected)


def test_adds_at_one_place_keep_their_order_and_inner_ones_come_first() -> None:
    edits = [
        Edit("add", "", {"c": 1}),
        Edit("add", "", {"d": 1}),
        Edit("add", "a", {"b": 2}),
        Edit("add", "f", {"w": 1}),
    ]
    assert edited(b"f: {}\na:\n  x: 1\n", *edits, Edit("add", "f", {"z": 2})) == (
        b"f: {w: 1, z: 2}\na:\n  x: 1\n  b: 2\nc: 1\nd: 1\n"
    )


@pytest.mark.parametrize(
    ("data", "place", "value", "message"),
    [
        ("a: 1", "", {"a": 2}, "the key a is already there"),
        ("a: 1", "a", {"b": 2}, "is a scalar, nothing can be added under it"),
        ("a: 1", "", ["b"], "the value must be a mapping of keys, and not empty"),
        ("a: 1", "", {}, "the value must be a mapping of keys, and not empty"),
        ("a: 1", "", {"text": "x", "secret": True}, "the value must be a mapping of keys"),
        ("a: []", "a", {"b": 1}, "the value must be a list of items, and not empty"),
        ("a: [1, x]", "a", ["x"], "the same item is already there"),
        ("a: [1, x]", "a", ["y", "y"], "the same item is already there"),
        ("a:\n- {b: 1, c: [~, 'x']}\n", "a", [{"c": [None, "x"], "b": 1}], "the same item is already there"),
        ("a: 1", "", {1: 2}, "the key 1 must be a string"),
        ("a: 1", "", {"b": 1.5}, "not float"),
        ("a: 1", "", {"b": {"text": {"x": 1}, "secret": True}}, "not dict"),
        ("a: !!map {}", "a", {"b": 1}, "is written without brackets, or with an anchor or a tag"),
        ("a: [b: 1]", "a/[0]", {"c": 1}, "is written without brackets"),
        ("a: &x\n- 1\nb: *x\n", "a", [2], "is a list with an anchor or a tag"),
        ("? a\n: 1\n", "", {"b": 1}, "the first key does not begin its line"),
        ("{a: , b: 1}", "a", {"b": 1}, "has no value in a collection in flow style"),
        ("? a\n? b\n", "a", {"b": 1}, "nothing is written there"),
    ],
)
def test_what_cannot_be_added_is_refused(data: str, place: str, value: Any, message: str) -> None:
    assert message in refusal(data.encode(), Edit("add", place, value))


def test_the_same_added_twice_is_refused() -> None:
    assert "the key b is already there" in refusal(b"a: 1", Edit("add", "", {"b": 1}), Edit("add", "", {"b": 1}))
    assert "the same item" in refusal(b"a: []", Edit("add", "a", ["x"]), Edit("add", "a", ["x"]))
    assert "must be a mapping" in refusal(b"a:", Edit("add", "a", {"x": 1}), Edit("add", "a", ["x"]))


@pytest.mark.parametrize("item", ["1", 1, True, None, {"a": 1}, {"a": "x", "b": 1}, ["x", "y"], "x y", "z"])
def test_similar_items_are_not_the_same(item: Any) -> None:
    data = b"- {a: x}\n- [x]\n- x\n- !!str z\n- &k v\n- *k\n- '~'\n- 'true'\n"
    assert yaml.safe_load(edited(data, Edit("add", "", [item])))[-1] == item


# --- replace


@pytest.mark.parametrize(
    ("data", "place", "value", "expected"),
    [
        ("a: 1 # c\nb: 2\n", "a", {"x": {"w": 1}}, "a:\n  x:\n    w: 1 # c\nb: 2\n"),
        ("a: # c\n    x: 1\n    y: 2\n  # d\nb: 2\n", "a", {"z": 1}, "a:\n  z: 1\n  # d\nb: 2\n"),
        ("a:\n  x: 1\nb: 2\n", "a", "v", "a: v\nb: 2\n"),
        ("a:\n  x: 1\nb: 2\n", "a", [], "a: []\nb: 2\n"),
        ("a:\n  x: 1\nb: 2\n", "a", [1], "a:\n  - 1\nb: 2\n"),
        ("a:\nb: 2\n", "a", {"x": None}, "a:\n  x: null\nb: 2\n"),
        ("a: |\n  x\n\nb: 2\n", "a", {"x": 1}, "a:\n  x: 1\n\nb: 2\n"),
        ("a: &x 1\nb: 2\n", "a", 3, "a: 3\nb: 2\n"),
        ("- a: 1\n  b: 2\n- c\n", "[0]", {"x": 1, "w": 2}, "- x: 1\n  w: 2\n- c\n"),
        ("- a: 1\n  b: 2\n- c\n", "[0]", "v", "- v\n- c\n"),
        ("-\n  a: 1\n- c\n", "[0]", {"x": 1, "w": 2}, "-\n  x: 1\n  w: 2\n- c\n"),
        ("-\n- c\n", "[0]", {"x": 1, "w": 2}, "- x: 1\n  w: 2\n- c\n"),
        ("a: {b: 1, c: 2}\n", "a/b", {"x": [1]}, "a: {b: {x: [1]}, c: 2}\n"),
        ("a: [b, c]\n", "a/[0]", {"x": 1}, "a: [{x: 1}, c]\n"),
        ("{a: , b: 1}", "a", {"x": 1}, "{a: {x: 1} , b: 1}"),
        ("? a\n: 1\n", "a", 2, "? a\n: 2\n"),
    ],
)
def test_replace_puts_a_structure_in_the_place(data: str, place: str, value: Any, expected: str) -> None:
    edit = Edit("replace", place, value)
    result = edited(data.encode(), edit)
    assert result == expected.encode()
    assert edited(result, edit) == result


def test_what_cannot_be_replaced_is_refused() -> None:
    assert "the root cannot be replaced" in refusal(b"a: 1", Edit("replace", "", {"b": 1}))
    assert "the edited file would be wrong: the alias *base has no anchor" in refusal(
        DEPLOYMENT, Edit("replace", "base", {"b": 1})
    )
    assert "not float" in refusal(b"a: 1", Edit("replace", "a", 1.5))


# --- remove


@pytest.mark.parametrize(
    ("data", "place", "expected"),
    [
        ("a: 1 # c\nb: 2\n", "a", "b: 2\n"),
        ("b: 2\na:\n  # c\n  x: 1\n# d\n", "a", "b: 2\n# d\n"),
        ("b: 2\na: 1", "a", "b: 2\n"),
        ("- a: 1\n  # c\n  b: 2\n", "[0]/a", "- b: 2\n"),
        ("- a: 1\n  b: 2\n", "[0]/b", "- a: 1\n"),
        ("- a\n- b\n", "[0]", "- b\n"),
        ("- a\n# c - d\n\n- # e\n  b: 1\n- c\n", "[1]", "- a\n# c - d\n\n- c\n"),
        ("x:\n- &k a\n- *k\n", "x/[1]", "x:\n- &k a\n"),
        ("a: |\n  x\n\nb: 1\n", "a", "b: 1\n"),
    ],
)
def test_remove_takes_the_lines(data: str, place: str, expected: str) -> None:
    assert edited(data.encode(), Edit("remove", place)) == expected.encode()


@pytest.mark.parametrize(
    ("data", "edits", "message"),
    [
        ("a: 1", [""], "the root cannot be removed"),
        ("a: 1", ["a"], "nothing would be left of what it stands in"),
        ("a: 1\nb: 2\n", ["a", "b"], "nothing would be left of what it stands in"),
        ("a: {b: 1, c: 2}", ["a/b"], "stands in a collection in flow style"),
        ("- - a\n  - b\n", ["[0]/[0]"], "shares its line with something else"),
        ("? a\n: 1\n? b\n: 2\n", ["a"], "shares its line with something else"),
        ("a: &k\n- x\n- y\n", ["a/[0]"], "stands in a list with an anchor or a tag"),
    ],
)
def test_what_cannot_be_removed_is_refused(data: str, edits: list[str], message: str) -> None:
    assert message in refusal(data.encode(), *(Edit("remove", place) for place in edits))


# --- several edits


@pytest.mark.parametrize(
    "edits",
    [
        [Edit("set", "a", 1), Edit("set", "a", 2)],
        [Edit("set", "e", 1), Edit("set", "e", 2)],
        [Edit("set", "e", 1), Edit("add", "e", {"x": 1})],
        [Edit("set", "b/c", 1), Edit("remove", "b")],
        [Edit("remove", "b"), Edit("add", "b/d", {"x": 1})],
        [Edit("replace", "b", {"z": 1}), Edit("add", "b", {"x": 1})],
        [Edit("replace", "b", {"z": 1}), Edit("remove", "b/c")],
        [Edit("remove", "b/c"), Edit("remove", "b/c")],
    ],
)
def test_edits_that_touch_each_other_are_refused(edits: list[Edit]) -> None:
    data = b"a: 1\ne:\nb:\n  c: 1\n  d:\n    x.y: 1\n"
    assert "overlaps with the edit of" in refusal(data, *edits)


def test_edits_beside_each_other() -> None:
    edits = [Edit("remove", "b/c"), Edit("add", "b", {"e": 2}), Edit("set", "b/d", 3)]
    assert edited(b"b:\n  c: 1\n  d: 2\n", *edits) == b"b:\n  d: 3\n  e: 2\n"
    assert edited(b"b:\n  d: 2\n  c: 1\n", *edits) == b"b:\n  d: 3\n  e: 2\n"


def test_an_unknown_kind_is_refused() -> None:
    assert "unknown kind of edit 'drop'" in refusal(DEPLOYMENT, Edit("drop", "a"))


# --- files


def test_no_edits_change_nothing_whatever_the_file_is() -> None:
    assert apply_edits(b"a: [", []).data == b"a: ["


def test_positions_count_characters_but_splices_bytes() -> None:
    data = "\ufeffä: €\U0001f600 # ü\nb: x # ü\n".encode()
    assert edited(data, Edit("set", "ä", "w"), Edit("set", "b", "z")) == "\ufeffä: w # ü\nb: z # ü\n".encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: [", "not valid YAML: expected the node content, but found '<stream end>' in line 1"),
        (b"a: \x80", "the file is not UTF-8: invalid start byte at byte 3"),
        (b"a: \x01", "not valid YAML: special characters are not allowed at character 3"),
        ("a: 1".encode("utf-16"), "the file is UTF-16, only UTF-8 is edited"),
        (b"a: 1\n---\nb: 1\n", "the file has more than one YAML document"),
        (b"a: *b\n", "the alias *b has no anchor"),
    ],
)
def test_files_that_cannot_be_edited_are_refused(data: bytes, message: str) -> None:
    assert message in refusal(data, Edit("set", "a", "v"))


def test_a_message_never_shows_a_line_of_the_file() -> None:
    assert "geheim" not in refusal(b"password: 'geheim\n", Edit("set", "a", "v"))


def test_pyyaml_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert "PyYAML is missing" in refusal(b"never: parsed before", Edit("set", "a", "v"))


# --- masks


def test_masks_stand_around_old_and_new_secrets() -> None:
    edits = [
        Edit("set", "server.id/id", "x", secret=True),
        Edit(
            "add",
            "",
            {"new": {"user": "u", "password": {"text": "p", "secret": True}, "open": {"text": "o", "secret": False}}},
        ),
        Edit("add", "listeners", ["s"], secret=True),
        Edit("set", "flow/a", "y", secret=True),
        Edit("replace", "server.id/ports/offset", {"text": "z", "secret": True}),
        Edit("replace", "base/key", {"k": "v"}, secret=True),
    ]
    result = apply_edits(DEPLOYMENT, edits)
    assert set(result.masks) == {
        Mask("id:", "# behind"),
        Mask("password:", ""),
        Mask("-", ""),
        Mask("flow: {a:", ', "b": [x, y], c: {}, d: []}'),
        Mask("offset:", ""),
        Mask("k:", ""),
        Mask("key:", ""),
    }
    assert yaml.safe_load(result.data)["new"] == {"user": "u", "password": "p", "open": "o"}


def test_an_equal_secret_on_several_lines_is_written_on_one() -> None:
    result = apply_edits(DEPLOYMENT, [Edit("set", "text", "first\n\nsecond\n", secret=True)])
    assert b'text: "first\\n\\nsecond\\n"\n' in result.data
    # Its old lines have nothing beside the secret.
    assert Mask("", "") in result.masks


# --- properties

CHARACTERS = st.characters(exclude_categories=["Cs"])
PIECES = [
    "'",
    '"',
    "\\",
    "\n",
    "\r",
    "\t",
    " ",
    "#",
    ": ",
    ":",
    "- ",
    "{",
    "}",
    "[",
    "&",
    "*",
    "!",
    "%",
    "~",
    "ä",
    "\x85",
]
HOSTILE = st.one_of(
    st.text(CHARACTERS),
    st.text(st.sampled_from("ab1 _./$@+=&?;%{}-:,~!*|"), max_size=12),
    st.lists(st.sampled_from([*PIECES, "a", "1", "\ufeff", "\u2028", "\x00", "\U0001f600", "---", "..."])).map("".join),
    st.sampled_from(
        ["1_000", "0x1F", "0o7", "017", "+1", ".5", "1.", "=", "<<", "NaN", "-.INF", "True", "OFF", "2001-1-1"]
    ),
)
SCALARS = st.one_of(HOSTILE, st.integers(), st.booleans())
PLACES = [
    "server.id/id",
    "server.id/name",
    "server.id/empty",
    "listeners/[0]/id",
    "flow/a",
    "flow/b/[1]",
    "text",
    "'a/b'",
]


@given(SCALARS, st.sampled_from(PLACES))
def test_any_value_reads_back(value: Any, place: str) -> None:
    edit = Edit("set", place, value)
    once = edited(DEPLOYMENT, edit)
    assert edited(once, edit) == once
    document = yaml.safe_load(DEPLOYMENT)
    assert read_value(once, place) == (value if isinstance(value, str) else json.dumps(value))
    parts = ["a/b"] if place == "'a/b'" else [int(part[1:-1]) if part[0] == "[" else part for part in place.split("/")]
    node = document
    for part in parts[:-1]:
        node = node[part]
    node[parts[-1]] = value
    again = yaml.safe_load(once)
    assert again == document
    for part in parts:
        again = again[part]
    assert type(again) is type(value)
    if place != "text":
        pairs = zip(DEPLOYMENT.split(b"\n"), once.split(b"\n"), strict=True)
        assert sum(old != new for old, new in pairs) <= 1


KEYS = st.sampled_from(["a", "b.c", "d e", "ä", "k/", "1", "true", "'q'"])
STRUCTURES = st.recursive(
    st.one_of(HOSTILE, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def layout(value: Any, column: int, chance: random.Random, flow: bool) -> str:
    """One of the many ways to write ``value`` at ``column``."""
    end = chance.choice(["\n", "\n", " # c - d: e\n", "\n\n", "\r\n"])
    if not isinstance(value, (dict, list)) or not value:
        if value is None and not flow:
            return chance.choice(["null", "~", ""])
        if isinstance(value, str):
            return (
                '"'
                + "".join(char if char.isascii() and char.isalnum() else f"\\U{ord(char):08x}" for char in value)
                + '"'
            )
        return json.dumps(value)
    if flow or chance.random() < 0.2:
        items = [json.dumps(key) + ": " for key in value] if isinstance(value, dict) else [""] * len(value)
        children = [layout(child, 0, chance, True) for child in (value.values() if isinstance(value, dict) else value)]
        text = ", ".join(item + child for item, child in zip(items, children, strict=True))
        return "{" + text + "}" if isinstance(value, dict) else "[" + text + "]"
    text = ""
    for number, key in enumerate(value):
        if number:
            text += end + " " * column
        child = value[key] if isinstance(value, dict) else key
        text += json.dumps(key) + ":" if isinstance(value, dict) else "-"
        block = isinstance(child, (dict, list)) and bool(child)
        inner = layout(child, column + (3 if isinstance(value, dict) else 2), chance, False)
        if block and inner[0] not in "{[" and (isinstance(value, dict) or chance.random() < 0.5):
            inner = (
                "\n"
                + chance.choice(["", "\n", "   # comment: x\n"])
                + " " * (column + 3 - isinstance(value, list))
                + inner
            )
        elif inner:
            inner = " " + inner
        text += inner
    return text


def places(value: Any, place: str = "") -> list[tuple[str, Any]]:
    found = [(place, value)]
    if isinstance(value, dict):
        for key, child in value.items():
            step = f'"{key}"'
            found += places(child, f"{place}/{step}" if place else step)
    elif isinstance(value, list):
        for number, child in enumerate(value):
            found += places(child, f"{place}/[{number}]" if place else f"[{number}]")
    return found


def follow(value: Any, place: str) -> tuple[Any, Any]:
    """What holds the last step of ``place``, and that step."""
    steps: list[Any] = []
    while place:
        if place[0] == '"':
            step, _quote, place = place[1:].partition('"')
            steps.append(step)
        else:
            step, _bracket, place = place[1:].partition("]")
            steps.append(int(step))
        place = place[1:]
    for step in steps[:-1]:
        value = value[step]
    return value, steps[-1] if steps else None


def apply_to_model(root: Any, edits: list[Edit]) -> Any:
    """The oracle: replacements first, then what is added behind, then what goes, from the end."""
    holder = {"root": copy.deepcopy(root)}
    removed = []
    added = []
    for edit in edits:
        parent, step = follow(holder["root"], edit.place)
        if step is None:
            parent, step = holder, "root"
        if edit.kind in ("set", "replace"):
            parent[step] = edit.value
        elif edit.kind == "add":
            if parent[step] is None:
                parent[step] = type(edit.value)()
            added.append((parent[step], edit.value))
        else:
            removed.append((parent, step))
    for target, value in added:
        target.update(value) if isinstance(target, dict) else target.extend(value)
    for parent, step in sorted(removed, key=lambda pair: pair[1] if isinstance(pair[1], int) else -1, reverse=True):
        del parent[step]
    return holder["root"]


def strict(value: Any) -> Any:
    """``value`` so that 1, True and "1" differ."""
    if isinstance(value, dict):
        return {key: strict(child) for key, child in value.items()}
    return [strict(child) for child in value] if isinstance(value, list) else (type(value).__name__, value)


ROOTS = st.one_of(
    st.lists(STRUCTURES, min_size=1, max_size=3), st.dictionaries(KEYS, STRUCTURES, min_size=1, max_size=4)
)


@given(
    ROOTS, st.randoms(use_true_random=False), st.lists(st.tuples(st.integers(0, 99), STRUCTURES, SCALARS), max_size=4)
)
def test_any_edits_do_exactly_what_they_say_or_are_refused(
    root: Any, chance: random.Random, wanted: list[tuple[int, Any, Any]]
) -> None:
    data = (layout(root, 0, chance, False) + chance.choice(["", "\n", " # end\n"])).encode()
    assert strict(yaml.safe_load(data)) == strict(root)
    edits = []
    everywhere = places(root)
    for index, structure, scalar in wanted:
        place, there = everywhere[index % len(everywhere)]
        if isinstance(there, (dict, list)) and there and chance.random() < 0.4:
            value = {"new": structure} if isinstance(there, dict) else [structure]
            edits.append(Edit("add", place, value))
        elif there is None and chance.random() < 0.5:
            edits.append(Edit("add", place, chance.choice([{"new": structure}, [structure]])))
        elif isinstance(there, (dict, list)) or chance.random() < 0.4:
            edits.append(Edit(chance.choice(["replace", "remove"]), place, structure))
        else:
            edits.append(Edit("set", place, scalar))
    try:
        result = edited(data, *edits)
    except EditError as error:
        assert "would be wrong" not in error.reason
        return
    assert strict(yaml.safe_load(result)) == strict(apply_to_model(root, edits))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'a: "\\UFFFFFFFF"\n', "the file is not valid YAML: a number in it is out of range"),
        (b'a: "\\U00110000"\n', "the file is not valid YAML: a number in it is out of range"),
        (b"[" * 101 + b"]" * 101, "the file is nested deeper than 100 levels"),
        (b"- " * 101 + b"x", "the file is nested deeper than 100 levels"),
    ],
)
def test_what_breaks_the_parser_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        read_value(data, "a")


def test_an_index_beyond_all_numbers_is_no_place() -> None:
    with pytest.raises(EditError, match="not a place of a YAML file: no step at character 1"):
        read_value(b"[1]", f"[{'9' * 5000}]")
    with pytest.raises(EditError, match="not a place of a YAML file: no step at character 1"):
        read_value(b"[1]", "[\u0660]")
