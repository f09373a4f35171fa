# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Edit, EditError, Mask
from ansible_collections.identityops.wso2is.plugins.plugin_utils.json_edit import apply_edits, read_value

# As the vendor's dashboard has it: blanks as they come, no line end at the end; and what other files of theirs have.
SITE = b"""{
    "service": {
        "serviceOrigin" : "${carbon.protocol}://${carbon.host}"
    },
    // the load balancer
    "proxy" : {
        "proxyHost" : "",
        "proxyHTTPSPort" : "", /* as text */
        "on": false,
        "limit": 1.50,
        "nothing": null,
    },
    "names": ["a", "b"],
    "items": [
        {"name": "x", "value": 1},
        {"name": "y", "in": {"k": "z"}}
    ],
    "empty": {},
    "twice": 1,
    "twice": 2
}"""


CRLF = (
    b'{\r\n\t"a": {\r\n\t\t"b": 1,\r\n\t\t"c": {\r\n\t\t\t"d": [\r\n\t\t\t\t1,\r\n\t\t\t\t[]\r\n'
    b"\t\t\t]\r\n\t\t}\r\n\t}\r\n}"
)


def edited(data: bytes, *edits: Edit) -> bytes:
    return apply_edits(data, edits).data


def refusal(data: bytes, *edits: Edit) -> str:
    with pytest.raises(EditError) as caught:
        apply_edits(data, edits)
    return str(caught.value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("service/serviceOrigin", "${carbon.protocol}://${carbon.host}"),
        ("proxy/proxyHost", ""),
        ("proxy/on", "false"),
        ("proxy/limit", "1.50"),
        ("proxy/nothing", "null"),
        ("names/[1]", "b"),
        ("items/[name=x]/value", "1"),
        ("items/[in/k=z]/name", "y"),
        ("proxy/new", None),
        ("new", None),
    ],
)
def test_a_value_is_read(place: str, value: str | None) -> None:
    assert read_value(SITE, place) == value
    assert read_value(b"\xef\xbb\xbf" + SITE, place) == value


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("", "is no scalar but an object"),
        ("names", "names: is no scalar but an array"),
        (
            "proxi/host",
            "proxi/host: found 0 times, required exactly once; nearest is the root, its keys are: service, proxy",
        ),
        ("proxy/proxyHost/x", "nearest is proxy/proxyHost, which is a scalar"),
        ("names/[2]", "nearest is names, an array of 2"),
        ("names/[k=v]", "nearest is names, an array of 2 in which k is: none"),
        ("items/[name=q]/value", "nearest is items, an array of 2 in which name is: x, y"),
        ("proxy/[0]", "nearest is proxy, its keys are: proxyHost"),
        ("twice", "twice: twice found 2 times (lines 19, 20), required exactly once"),
        ("a//b", "not a place of a JSON file: no step at character 3"),
        ("'a'b", "not a place of a JSON file: '/' expected at character 4"),
    ],
)
def test_a_place_that_is_not_there_once_is_refused(place: str, reason: str) -> None:
    with pytest.raises(EditError, match=re.escape(reason)):
        read_value(SITE, place)


@pytest.mark.parametrize(
    ("place", "value", "old", "new"),
    [
        ("proxy/proxyHost", "login.example", b'Host" : ""', b'Host" : "login.example"'),
        # Where a string stands, its reader expects one.
        ("proxy/proxyHTTPSPort", 443, b'Port" : ""', b'Port" : "443"'),
        ("proxy/proxyHost", True, b'Host" : ""', b'Host" : "true"'),
        ("proxy/on", True, b"false", b"true"),
        ("proxy/limit", 2, b"1.50", b"2"),
        ("proxy/nothing", "x", b"null", b'"x"'),
        ("names/[0]", 'ä"\n', b'"a"', b'"\\u00e4\\"\\n"'),
        ("items/[name=y]/in/k", "q", b'"z"', b'"q"'),
    ],
)
def test_a_scalar_is_set_and_nothing_else(place: str, value: Any, old: bytes, new: bytes) -> None:
    assert edited(SITE, Edit("set", place, value)) == SITE.replace(old, new)
    crlf = SITE.replace(b"\n", b"\r\n")
    assert edited(crlf, Edit("set", place, value)) == crlf.replace(old, new)


def test_no_edit_changes_nothing() -> None:
    assert edited(b"no JSON") == b"no JSON"
    same = Edit("set", "names/[0]", "a"), Edit("set", "items/[0]/value", 1), Edit("set", "proxy/on", False)
    assert edited(SITE, *same) == SITE
    assert edited(b'{"a": "\\u0041\\/"}', Edit("set", "a", "A/")) == b'{"a": "\\u0041\\/"}'


@pytest.mark.parametrize(
    ("data", "edits", "expected"),
    [
        (b"{}", [Edit("add", "", {"a": 1})], b'{"a": 1}'),
        (b"{ // c\n}", [Edit("add", "", {"a": 1, "b": [2, {}]})], b'{"a": 1, "b": [2, {}] // c\n}'),
        (b'{"a": [1]}', [Edit("add", "a", [2]), Edit("add", "a", [True])], b'{"a": [1, 2, true]}'),
        (b'{\n  "a": 1, // c\n}\n', [Edit("add", "", {"b": None})], b'{\n  "a": 1,\n  "b": null, // c\n}\n'),
        (
            b'{\r\n\t"a": {\r\n\t\t"b": 1\r\n\t}\r\n}',
            [Edit("add", "a", {"c": {"d": [1, []]}})],
            CRLF,
        ),
        (b'{"a": 1, "b": 2}', [Edit("replace", "a", {"x": "y"})], b'{"a": {"x": "y"}, "b": 2}'),
        (b'{\n "a": [0],\n "b": 2}', [Edit("replace", "a", [1])], b'{\n "a": [\n  1\n ],\n "b": 2}'),
        (b'{\n "a": 1, // c\n "b": 2\n}', [Edit("replace", "b", None)], b'{\n "a": 1, // c\n "b": null\n}'),
        (b'{"a": 1, "b": 2}', [Edit("remove", "a")], b'{"b": 2}'),
        (b'{"a": 1, "b": 2}', [Edit("remove", "b")], b'{"a": 1 }'),
        (b'{"a": 1, "b": 2}', [Edit("remove", "b"), Edit("remove", "a")], b"{}"),
        (b'{"a": 1, "b": 2,}', [Edit("remove", "b")], b'{"a": 1, }'),
        (b'{\n  "a": 1,\n  "b": 2\n}\n', [Edit("remove", "b")], b'{\n  "a": 1\n}\n'),
        (b'{\n  "a": 1,\n  "b": 2,\n}\n', [Edit("remove", "a")], b'{\n  "b": 2,\n}\n'),
        (b'{\n  "a": 1, // c\n  "b": 2\n}', [Edit("remove", "a")], b'{\n  // c\n  "b": 2\n}'),
        (b"[1, [2, 3], 4]", [Edit("remove", "[1]/[0]"), Edit("remove", "[2]")], b"[1, [3] ]"),
    ],
)
def test_structures_are_added_replaced_and_removed(data: bytes, edits: list[Edit], expected: bytes) -> None:
    assert edited(data, *edits) == expected


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([Edit("other", "names")], "unknown kind of edit 'other'"),
        ([Edit("set", "names", 1)], "names: is an array and no scalar, use replace"),
        ([Edit("set", "proxy/on", None)], "proxy/on: the value must be a string, an integer or a boolean; use replace"),
        ([Edit("set", "proxy/on", 1.5)], "proxy/on: the value must be a string, an integer or a boolean, not float"),
        ([Edit("set", "proxy/new", 1)], "proxy/new: found 0 times, required exactly once"),
        ([Edit("remove", "")], "the root cannot be removed"),
        ([Edit("replace", "", {})], "the root cannot be replaced"),
        ([Edit("add", "proxy/on", {"a": 1})], "proxy/on: is a scalar, nothing can be added under it"),
        ([Edit("add", "proxy", ["a"])], "the value must be a mapping of keys, and not empty"),
        ([Edit("add", "names", {"a": 1})], "the value must be a list of items, and not empty"),
        ([Edit("add", "names", [])], "the value must be a list of items, and not empty"),
        ([Edit("add", "proxy", {"text": 1, "secret": True})], "the value must be a mapping of keys, and not empty"),
        ([Edit("add", "proxy", {"on": 1})], "the key on is already there"),
        ([Edit("add", "proxy", {"x": 1}), Edit("add", "proxy", {"x": 2})], "the key x is already there"),
        ([Edit("add", "proxy", {1: 1})], "the key 1 must be a string"),
        ([Edit("add", "names", ["c", "c"])], "the same item is already there"),
        ([Edit("add", "names", ["a"])], "the same item is already there"),
        ([Edit("add", "items", [{"value": 1, "name": "x"}])], "the same item is already there"),
        ([Edit("add", "names", [1.5])], "names: the value must be a string, an integer or a boolean, not float"),
        ([Edit("set", "proxy/on", 1), Edit("set", "proxy/on", 2)], "proxy/on: overlaps with the edit of proxy/on"),
        ([Edit("replace", "proxy", {}), Edit("set", "proxy/on", 2)], "proxy/on: overlaps with the edit of proxy"),
        ([Edit("remove", "names/[0]"), Edit("add", "names", ["c"])], "names/[0]: stands in what another edit adds to"),
    ],
)
def test_an_edit_that_cannot_be_done_exactly_is_refused(edits: list[Edit], reason: str) -> None:
    assert reason in refusal(SITE, *edits)


def test_items_of_one_kind_only_are_the_same() -> None:
    data = b'[1, "1", true, {"a": [1]}, []]'
    new: list[Any] = [0, "0", False, {"a": [True]}, {"a": [1, 2]}, {}, None, {"b": [1]}, "true"]
    assert edited(data, Edit("add", "", new)).startswith(data[:-1] + b', 0, "0", false')
    for item in (1, "1", True, {"a": [1]}, []):
        assert "already there" in refusal(data, Edit("add", "", [item]))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "a value expected in line 1"),
        (b"\xff", "the file is not UTF-8: invalid start byte at byte 0"),
        (b"{\n'a': 1}", "a key in double quotes expected in line 2"),
        (b'{"a"\n\n1}', "a colon expected in line 3"),
        (b'{"a": 1\n"b": 2}', "a comma or } expected in line 2"),
        (b"[1 2]", "a comma or ] expected in line 1"),
        (b"[1,,2]", "a value expected in line 1"),
        (b"[,]", "a value expected in line 1"),
        (b"{} {}", "the end of the file expected in line 1"),
        (b"[01]", "a value expected in line 1"),
        (b"[NaN]", "a value expected in line 1"),
        (b"[truex]", "a value expected in line 1"),
        (b'["\x00"]', "a value expected in line 1"),
        (b'["\\x"]', "a value expected in line 1"),
        (b"[/* 1]", "a value expected in line 1"),
        (b"\xff\xfe[\0]\0", "the file is not UTF-8"),
    ],
)
def test_a_file_that_is_no_json_is_refused(data: bytes, reason: str) -> None:
    assert reason in refusal(data, Edit("add", "", {"a": 1}))


def test_a_message_does_not_show_what_stands_in_the_file() -> None:
    assert "hunter2" not in refusal(b'{"password": hunter2}', Edit("set", "password", "x"))


def test_half_a_character_can_be_read_and_named() -> None:
    assert read_value(b'{"a": "\\ud800"}', "a") == "\ud800"
    with pytest.raises(EditError) as caught:
        read_value(b'{"\\ud800": 1}', "a/b")
    assert str(caught.value).endswith("its keys are: \\ud800")


def test_secrets_are_masked() -> None:
    data = b'{\n  "p": "old", "q": 1,\n  "s": {}\n}\n'
    edits = [
        Edit("set", "p", "new", secret=True),
        Edit("add", "s", {"t": {"text": "hidden", "secret": True}, "u": "shown"}),
        Edit("replace", "q", {"v": "hidden"}, secret=True),
    ]
    result = apply_edits(data, edits)
    assert result.data == b'{\n  "p": "new", "q": {"v": "hidden"},\n  "s": {"t": "hidden", "u": "shown"}\n}\n'
    assert result.masks == (
        Mask('"p":', "},"),
        Mask('"s": {"t":', ', "u": "shown"}'),
        Mask('"p":', ","),
    )
