# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what stands at a place, in the language of add and replace."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.editors import (
    Edit,
    EditError,
    apply_edits,
    read_structure,
)

XML = b"""<?xml version="1.0"?>
<r xmlns="urn:a" xmlns:x="urn:b"><a x:b="1" xmlns:y="urn:c"> <!-- no -->
  <c>t &amp; u</c> <d/> <e f="g"> h </e></a><i>j</i><k/></r>"""
YAML = b"a:\n  b: [1, 'two', {c: 3}]\n  d: &x {e: true}\n  f: *x\n  g:\nh: text\n"
JSON = b'{"a": {"b": [1, "two", {"c": null}], "d": true}, "h": "text"}'

CASES: list[tuple[str, bytes, str, Any]] = [
    (
        "xml",
        XML,
        "r/a",
        {
            "tag": "a",
            "attributes": {"b": "1"},
            "children": [
                {"tag": "c", "text": "t & u"},
                {"tag": "d"},
                {"tag": "e", "attributes": {"f": "g"}, "text": "h"},
            ],
        },
    ),
    ("xml", XML, "r/i", "j"),
    ("xml", XML, "r/k", ""),
    ("xml", XML, "r/a/e/@f", "g"),
    ("xml", XML, "r/a/e/@absent", None),
    ("yaml", YAML, "a/b", ["1", "two", {"c": "3"}]),
    ("yaml", YAML, "a", {"b": ["1", "two", {"c": "3"}], "d": {"e": "true"}, "f": "*x", "g": ""}),
    ("yaml", YAML, "h", "text"),
    ("yaml", YAML, "a/absent", None),
    ("yaml", b"", "", None),
    ("yaml", b"", "absent", None),
    ("yaml", b"a: 1\n", "", {"a": "1"}),
    ("json", JSON, "a", {"b": ["1", "two", {"c": "null"}], "d": "true"}),
    ("json", JSON, "a/b/[1]", "two"),
    ("json", JSON, "a/absent", None),
    ("json", b'[1, "2"]', "", ["1", "2"]),
    ("properties", b"a=1\n", "a", "1"),
    ("properties", b"a=1\n", "b", None),
    ("shell", b"a='1 2'\n", "a=<value>", "1 2"),
    ("text", b"a=1 2\n", "a=<value>", "1 2"),
]


@pytest.mark.parametrize(("fmt", "data", "place", "structure"), CASES)
def test_what_stands_at_a_place(fmt: str, data: bytes, place: str, structure: Any) -> None:
    assert read_structure(data, place, fmt) == structure


@pytest.mark.parametrize(
    ("fmt", "data", "place"),
    [
        ("xml", b"<a/>", "a/b"),
        ("xml", b"<a><b/><b/></a>", "a/b"),
        ("yaml", b"a: 1\n", "b/c"),
        ("json", b'{"a": 1}', "b/c"),
        ("properties", b"a=1\na=2\n", "a"),
        ("shell", b"", "a=<value>"),
    ],
)
def test_a_place_that_is_not_there_once(fmt: str, data: bytes, place: str) -> None:
    with pytest.raises(EditError):
        read_structure(data, place, fmt)


@pytest.mark.parametrize(("fmt", "data", "place"), [("xml", XML, "r/a"), ("json", JSON, "a"), ("yaml", YAML, "a/b")])
def test_what_was_read_can_be_written_and_reads_the_same(fmt: str, data: bytes, place: str) -> None:
    structure = read_structure(data, place, fmt)

    written = apply_edits(data, [Edit("replace", place, structure)], fmt).data

    assert read_structure(written, place, fmt) == structure
