# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random
import re
from typing import Any
from xml.etree import ElementTree
from xml.sax import saxutils

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Edit, EditError, Mask
from ansible_collections.identityops.wso2is.plugins.plugin_utils.xml_edit import apply_edits, read_value
from hypothesis import given
from hypothesis import strategies as st

SERVER = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- head -->
<Server xmlns="http://example.org/ns" xmlns:sv='urn:sv'>
    <Name>one</Name><!-- <Name>no</Name> -->
    !-- stray text -->
    <Ports>
        <Offset>0</Offset>
\t<Odd  a='1'  b = "2"/>
    </Ports>
    <Service>
        <Connector port="9763"
                   secure="false"/>
        <Connector port="9443"
                   keystorePass="old"
                   secure="true"/>
    </Service>
    <datasource>
        <name>A</name>
        <jndi><name>jdbc/A</name></jndi>
        <password sv:alias="x">pa</password>
    </datasource>
    <datasource>
        <name>B</name>
        <jndi><name>jdbc/B</name></jndi>
        <password>pb</password>
    </datasource>
    <Empty/>
    <members></members>
</Server>
"""


def edited(data: bytes, *edits: Edit) -> bytes:
    return apply_edits(data, edits).data


def changed_lines(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    pairs = list(zip(before.split(b"\n"), after.split(b"\n"), strict=True))
    return [(old, new) for old, new in pairs if old != new]


def refusal(data: bytes, *edits: Edit) -> str:
    with pytest.raises(EditError) as caught:
        apply_edits(data, edits)
    return str(caught.value)


# --- places


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("Server/Name", "one"),
        ("/Server/Name", "one"),
        ("Server/Ports/Offset", "0"),
        ("Server/Ports/Odd/@a", "1"),
        ("Server/Ports/Odd/@b", "2"),
        ("Server/Ports/Odd/@c", None),
        ("Server/Empty", ""),
        ("Server/members", ""),
        ("Server/Service/Connector[@port='9443']/@keystorePass", "old"),
        ("Server/Service/Connector[@port='9443'][@secure='true']/@keystorePass", "old"),
        ('Server/Service/Connector[ @port = "9763" ]/@secure', "false"),
        ("Server/datasource[name='A']/password", "pa"),
        ("Server/datasource[jndi/name='jdbc/B']/password", "pb"),
        ("Server/datasource[password/@alias='x']/name", "A"),
        ("Server/datasource/name[.='B']", "B"),
        ("Server/datasource[name='A']/password/@alias", "x"),
        ("Server/datasource[name='A']/password/@sv:alias", "x"),
    ],
)
def test_a_place_is_found_by_local_names(place: str, value: str | None) -> None:
    assert read_value(SERVER, place) == value


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("Serve/Name", "found 0 times, required exactly once; the root element is Server"),
        ("Server/Nam", "nearest is Server, its children are: Name, Ports, Service, datasource, Empty, members"),
        ("Server/Empty/x", "nearest is Server/Empty, its children are: none"),
        ("Server/datasource[name='A']/x", "nearest is Server/datasource[name='A'], its children are: name, jndi"),
        ("Server/Service/Connector[@port='1']", "Server/Service has 2 Connector, but none that matches"),
        ("Server/Service/Connector[@port='1']", "for [@port='1'] there is: 9763, 9443"),
        ("Server/Service/Connector[@nix='1']", "for [@nix='1'] there is: nothing"),
        ("Server/Service/Connector/@port", "found 2 times (lines 11, 13), required exactly once; add a predicate"),
        ("Server/Ports", "<Ports> has child elements (Offset, Odd), so it has no single value"),
        ("", "not a place of an XML file"),
        ("@a", "not a place of an XML file"),
        ("Server/", "not a place of an XML file"),
        ("Server//Name", "not a place of an XML file"),
        ("Server/Name]", "'/' expected at character 12"),
        ("Server/Name[1]", "no predicate at character 12"),
        ("Server/sv:Name", "not a place of an XML file"),
    ],
)
def test_a_place_that_is_not_there_once_is_refused(place: str, message: str) -> None:
    with pytest.raises(EditError) as caught:
        read_value(SERVER, place)
    assert caught.value.place == place
    assert message in caught.value.reason


def test_long_lists_are_cut() -> None:
    data = b"<a>" + b"".join(b"<c%d/>" % number for number in range(20)) + b"</a>"
    assert refusal(data, Edit("set", "a/x", "v")).endswith("c10, c11, ...")


def test_namespace_declarations_are_no_attributes() -> None:
    assert read_value(b'<a xmlns:b="u" xmlns="v"/>', "a/@b") is None
    assert read_value(b'<a xmlns:b="u" xmlns="v"/>', "a/@xmlns") is None


def test_attributes_that_differ_only_in_their_prefix_are_refused() -> None:
    assert "found 2 times" in refusal(b'<a xmlns:p="u" p:x="1" x="2"/>', Edit("set", "a/@x", "3"))


# --- set


def test_set_changes_the_text_and_nothing_else() -> None:
    result = edited(SERVER, Edit("set", "Server/Name", "two"))
    assert changed_lines(SERVER, result) == [
        (b"    <Name>one</Name><!-- <Name>no</Name> -->", b"    <Name>two</Name><!-- <Name>no</Name> -->")
    ]


def test_set_changes_an_attribute_and_keeps_its_quotes() -> None:
    result = edited(SERVER, Edit("set", "Server/Ports/Odd/@a", "'\"<&\t"), Edit("set", "Server/Ports/Odd/@b", "'\"\n"))
    assert changed_lines(SERVER, result) == [
        (b"\t<Odd  a='1'  b = \"2\"/>", b"\t<Odd  a='&apos;\"&lt;&amp;&#9;'  b = \"'&quot;&#10;\"/>")
    ]
    assert read_value(result, "Server/Ports/Odd/@a") == "'\"<&\t"
    assert read_value(result, "Server/Ports/Odd/@b") == "'\"\n"


def test_set_opens_an_empty_element() -> None:
    assert edited(b"<a><b/></a>", Edit("set", "a/b", "v")) == b"<a><b>v</b></a>"
    assert edited(b'<a><p:b x="1" /></a>', Edit("set", "a/b", "v")) == b'<a><p:b x="1">v</p:b></a>'
    assert edited(b"<a><b/></a>", Edit("set", "a/b", "")) == b"<a><b/></a>"
    assert edited(b"<a><b></b></a>", Edit("set", "a/b", "v")) == b"<a><b>v</b></a>"


def test_set_replaces_character_data_and_references_wholly() -> None:
    assert edited(b"<a>x<![CDATA[<b>]]>&amp;</a>", Edit("set", "a", "v")) == b"<a>v</a>"


def test_set_keeps_how_an_equal_value_is_written() -> None:
    data = b"<a b='x&#x26;\ny'><c><![CDATA[<b>]]></c><d>\n<!-- x -->\n1</d></a>"
    assert edited(data, Edit("set", "a/c", "<b>"), Edit("set", "a/@b", "x& y"), Edit("set", "a/d", "\n\n1")) == data
    again = [Edit("set", "a/@b", "x& y", secret=True), Edit("set", "a/d", "\n\n1", secret=True)]
    assert edited(data, *again) == data.replace(b"&#x26;\ny", b"&amp; y").replace(
        b"\n<!-- x -->\n1", b"<!-- x -->&#10;&#10;1"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<!--c-->old", b"<!--c-->new"),
        (b"old<!--c-->", b"new<!--c-->"),
        (b"\n <!--c-->\n old\n <?pi x?>\n", b"<!--c-->new<?pi x?>"),
        (b"o<!-->-->ld", b"new<!-->-->"),
        (b" <!--c--> ", b"<!--c-->new"),
    ],
)
def test_set_keeps_comments_in_the_text(content: bytes, expected: bytes) -> None:
    data = b"<a>" + content.replace(b"<!-->-->", b"<!-- > -->") + b"</a>"
    expected = b"<a>" + expected.replace(b"<!-->-->", b"<!-- > -->") + b"</a>"
    assert edited(data, Edit("set", "a", "new")) == expected
    assert edited(expected, Edit("set", "a", "new")) == expected


def test_set_writes_numbers_and_booleans_as_configuration_files_do() -> None:
    assert edited(b"<a b=''/>", Edit("set", "a", 4000), Edit("set", "a/@b", True)) == b"<a b='true'>4000</a>"
    assert edited(b"<a/>", Edit("set", "a", False)) == b"<a>false</a>"


@pytest.mark.parametrize("value", [None, 1.5, ["x"], {"text": "x"}])
def test_set_takes_only_a_scalar(value: Any) -> None:
    assert "must be a string, an integer or a boolean" in refusal(b"<a/>", Edit("set", "a", value))


@pytest.mark.parametrize("value", ["a\0", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_what_xml_cannot_hold_is_refused(value: str) -> None:
    assert f"U+{ord(value[-1]):04X}, which XML cannot hold" in refusal(b"<a/>", Edit("set", "a", value))


def test_an_unpaired_surrogate_is_refused() -> None:
    assert "unpaired surrogate" in refusal(b"<a/>", Edit("set", "a", "\ud800"))


def test_set_of_an_element_with_children_is_refused() -> None:
    assert "has child elements (name, jndi, password)" in refusal(
        SERVER, Edit("set", "Server/datasource[name='A']", "x")
    )


def test_set_of_an_absent_attribute_is_refused() -> None:
    message = refusal(SERVER, Edit("set", "Server/Ports/Odd/@c", "x"))
    assert message == "Server/Ports/Odd/@c: found 0 times, required exactly once; <Odd> has the attributes: a, b"
    assert "has the attributes: none" in refusal(SERVER, Edit("remove", "Server/Empty/@c"))


# --- add and remove attributes


def test_add_follows_the_layout_of_the_attributes() -> None:
    result = edited(
        SERVER,
        Edit("add", "Server/Service/Connector[@port='9443']/@proxyPort", 443),
        Edit("add", "Server/Ports/Odd/@c", 'x"'),
        Edit("add", "Server/Empty/@d", "y"),
        Edit("add", "Server/Empty/@e", "z"),
    )
    assert b'                   secure="true"\n                   proxyPort="443"/>' in result
    assert b'\t<Odd  a=\'1\'  b = "2" c="x&quot;"/>' in result
    assert b'    <Empty d="y" e="z"/>' in result


def test_add_of_an_attribute_keeps_the_line_end() -> None:
    data = b'<a>\r\n  <b x="1"\r\n     y="2">\n</b></a>'
    assert edited(data, Edit("add", "a/b/@z", "3")) == data.replace(b'y="2"', b'y="2"\r\n     z="3"')


def test_an_empty_element_takes_an_attribute_and_a_text() -> None:
    assert edited(b"<a><b /></a>", Edit("set", "a/b", "v"), Edit("add", "a/b/@c", "d")) == b'<a><b c="d">v</b></a>'


def test_add_of_an_attribute_that_is_there_is_refused() -> None:
    assert "already there, use set" in refusal(SERVER, Edit("add", "Server/Ports/Odd/@a", "1"))


def test_an_attribute_is_removed_with_the_space_before_it() -> None:
    assert edited(SERVER, Edit("remove", "Server/Service/Connector[@port='9443']/@keystorePass")) == SERVER.replace(
        b'\n                   keystorePass="old"', b""
    )


def test_replace_of_an_attribute_is_refused() -> None:
    assert "use set" in refusal(SERVER, Edit("replace", "Server/Ports/Odd/@a", {"tag": "x"}))


# --- add elements

MEMBER = {"tag": "member", "children": [{"tag": "hostName", "text": "h2"}, {"tag": "port", "text": 4000}]}


def test_add_appends_with_the_indentation_of_the_siblings() -> None:
    data = b"<a>\n   <members>\n       <member>\n       </member>\n   </members>\n</a>\n"
    assert edited(data, Edit("add", "a/members", MEMBER)) == (
        b"<a>\n   <members>\n       <member>\n       </member>\n"
        b"       <member>\n           <hostName>h2</hostName>\n           <port>4000</port>\n       </member>\n"
        b"   </members>\n</a>\n"
    )


def test_add_uses_the_line_end_at_the_anchor() -> None:
    data = b"<a>\n  <b>\n    <c/>\n  </b>\n  <d>\r\n    <c/>\r\n  </d>\n</a>\n"
    new = {"tag": "x", "children": [{"tag": "y"}]}
    assert edited(data, Edit("add", "a/b", new), Edit("add", "a/d", new)) == (
        b"<a>\n  <b>\n    <c/>\n    <x>\n      <y/>\n    </x>\n  </b>\n"
        b"  <d>\r\n    <c/>\r\n    <x>\r\n      <y/>\r\n    </x>\r\n  </d>\n</a>\n"
    )


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (b"<b/>", b"<b>\n    <x/>\n  </b>"),
        (b'<b k="v" />', b'<b k="v">\n    <x/>\n  </b>'),
        (b"<b></b>", b"<b>\n    <x/>\n  </b>"),
        (b"<b><c/></b>", b"<b><c/>\n    <x/>\n  </b>"),
        (b"<b>\n  </b>", b"<b>\n    <x/>\n  </b>"),
        (b"<b>\n    <!-- none -->\n  </b>", b"<b>\n    <!-- none -->\n    <x/>\n  </b>"),
        (b"<b>\n\t<c/>\n  </b>", b"<b>\n\t<c/>\n\t<x/>\n  </b>"),
        (b"<b>\n    <c/> <!-- behind -->\n  </b>", b"<b>\n    <c/> <!-- behind -->\n    <x/>\n  </b>"),
    ],
)
def test_add_into_all_kinds_of_anchors(anchor: bytes, expected: bytes) -> None:
    data = b"<a>\n  <z/>\n  " + anchor + b"\n</a>"
    assert edited(data, Edit("add", "a/b", {"tag": "x"})) == data.replace(anchor, expected)


def test_add_into_a_file_of_one_line() -> None:
    new = {"tag": "b", "children": [{"tag": "c", "text": ""}]}
    assert edited(b"<a/>", Edit("add", "a", new)) == b"<a>\n    <b>\n        <c></c>\n    </b>\n</a>"
    assert edited(b"<a><z/></a>", Edit("add", "a", new)) == b"<a><z/>\n    <b>\n        <c></c>\n    </b>\n</a>"


def test_adds_at_one_anchor_keep_their_order() -> None:
    edits = [Edit("add", "a", {"tag": "x"}), Edit("add", "a", [{"tag": "y"}, {"tag": "z"}])]
    assert edited(b"<a/>", *edits) == b"<a>\n    <x/>\n    <y/>\n    <z/>\n</a>"


@pytest.mark.parametrize(
    ("there", "new"),
    [
        (b"<x/>", {"tag": "x"}),
        (b"<x></x>", {"tag": "x", "text": ""}),
        (b"<x b='2' a='1'> v </x>", {"tag": "x", "attributes": {"a": "1", "b": "2"}, "text": "v"}),
        (b"<x>\n <y>1</y>\n</x>", {"tag": "x", "children": [{"tag": "y", "text": 1}]}),
        (b"<x xmlns='u'/>", {"tag": "x"}),
    ],
)
def test_add_of_what_is_there_is_refused(there: bytes, new: Any) -> None:
    assert "the same <x> is already there" in refusal(b"<a>" + there + b"</a>", Edit("add", "a", new))


def test_add_of_two_equal_structures_is_refused() -> None:
    assert "the same <x> is already there" in refusal(
        b"<a/>", Edit("add", "a", {"tag": "x"}), Edit("add", "a", {"tag": "x"})
    )


@pytest.mark.parametrize(
    "there",
    [b"<x>w</x>", b"<x a='2'>v</x>", b"<x><y/></x>", b"<x a='1' b='1'>v</x>", b"<y a='1'>v</y>"],
)
def test_add_beside_something_similar(there: bytes) -> None:
    new = {"tag": "x", "attributes": {"a": "1"}, "text": "v"}
    assert b'<x a="1">v</x>' in edited(b"<a>" + there + b"</a>", Edit("add", "a", new))


def test_add_under_a_text_is_refused() -> None:
    assert "<Name> holds a text and no elements" in refusal(SERVER, Edit("add", "Server/Name", {"tag": "x"}))
    assert b"!-- stray text -->" in edited(SERVER, Edit("add", "Server", {"tag": "x"}))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "not an empty list"),
        ("x", "a mapping with the key tag"),
        ({"text": "x"}, "a mapping with the key tag"),
        ({"tag": "x", "txt": "y"}, "keys tag, attributes, text and children, not: txt"),
        ({"tag": "x", "attributes": ["y"]}, "attributes must be a mapping and children a list"),
        ({"tag": "x", "children": {"tag": "y"}}, "attributes must be a mapping and children a list"),
        ({"tag": "x", "text": "t", "children": [{"tag": "y"}]}, "either text or children"),
        ({"tag": "x", "text": None}, "must be a string"),
        ({"tag": "a b"}, "'a b' is not the name of an element or attribute"),
        ({"tag": "1a"}, "is not the name of an element or attribute"),
        ({"tag": "x", "attributes": {1: "y"}}, "1 is not the name of an element or attribute"),
        ({"tag": "x", "attributes": {"p:y": "1"}}, "would not be well-formed XML: unbound prefix"),
    ],
)
def test_wrong_structures_are_refused(value: Any, message: str) -> None:
    assert message in refusal(b"<a/>", Edit("add", "a", value))


def test_a_file_without_declared_prefixes_can_be_edited() -> None:
    assert edited(b"<a><p:b>1</p:b></a>", Edit("set", "a/b", "2")) == b"<a><p:b>2</p:b></a>"


# --- replace and remove elements


def test_replace_keeps_the_indentation() -> None:
    new = [{"tag": "New", "children": [{"tag": "x", "text": "1"}]}, {"tag": "Other"}]
    result = edited(SERVER, Edit("replace", "Server/Ports", new))
    start, end = SERVER.index(b"<Ports>"), SERVER.index(b"</Ports>") + len(b"</Ports>")
    expected = b"<New>\n        <x>1</x>\n    </New>\n    <Other/>"
    assert result == SERVER[:start] + expected + SERVER[end:]


def test_replace_is_idempotent() -> None:
    edit = Edit("replace", "a/b", {"tag": "b", "children": [{"tag": "c", "text": "\t"}, {"tag": "d"}]})
    once = edited(b"<a>\r\n\t<b>\r\n\t\t<old/></b></a>", edit)
    assert once == b"<a>\r\n\t<b>\r\n\t\t<c>\t</c>\r\n\t\t<d/>\r\n\t</b></a>"
    assert edited(once, edit) == once


def test_replace_of_the_root() -> None:
    assert edited(b"<!-- c -->\n<a>\n</a>\n", Edit("replace", "a", {"tag": "b"})) == b"<!-- c -->\n<b/>\n"
    assert "by one element" in refusal(b"<a/>", Edit("replace", "a", [{"tag": "b"}, {"tag": "c"}]))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<a>\n  <b>\n    <c/>\n  </b>\n  <d/>\n</a>", b"<a>\n  <d/>\n</a>"),
        (b"<a>\r\n  <b/> \r\n</a>", b"<a>\r\n</a>"),
        (b"<a><b/><c/></a>", b"<a><c/></a>"),
        (b"<a>\n  <b/><!-- c -->\n</a>", b"<a>\n  <!-- c -->\n</a>"),
        (b"<a><c/>\n  <d/> <b/>\n</a>", b"<a><c/>\n  <d/> \n</a>"),
        (b"<a>\n  <b/></a>", b"<a>\n  </a>"),
    ],
)
def test_remove_takes_the_line_when_nothing_else_is_on_it(data: bytes, expected: bytes) -> None:
    assert edited(data, Edit("remove", "a/b")) == expected


def test_remove_of_the_root_is_refused() -> None:
    assert "the root element cannot be removed" in refusal(b"<a/>", Edit("remove", "a"))


# --- several edits


def test_edits_do_not_see_each_other() -> None:
    data = b"<a><b>1</b><c>2</c></a>"
    assert edited(data, Edit("set", "a/b[.='1']", "2"), Edit("set", "a/c[.='2']", "1")) == b"<a><b>2</b><c>1</c></a>"


@pytest.mark.parametrize(
    "edits",
    [
        [Edit("set", "a/b", "1"), Edit("set", "a/b", "1")],
        [Edit("set", "a/e", "1"), Edit("set", "a/e", "2")],
        [Edit("set", "a/e", "1"), Edit("add", "a/e", {"tag": "x"})],
        [Edit("add", "a/e", {"tag": "x"}), Edit("set", "a/e", "1")],
        [Edit("add", "a/e", {"tag": "x"}), Edit("remove", "a/e")],
        [Edit("add", "a/e/@x", "1"), Edit("add", "a/e/@p:x", "1")],
        [Edit("set", "a/b/@k", "1"), Edit("remove", "a/b/@k")],
        [Edit("set", "a/b/@k", "1"), Edit("remove", "a/b")],
        [Edit("add", "a/b/@l", "1"), Edit("remove", "a/b")],
        [Edit("remove", "a/b"), Edit("replace", "a/b", {"tag": "b"})],
        [Edit("replace", "a", {"tag": "a"}), Edit("set", "a/b", "1")],
        [Edit("remove", "a/d"), Edit("add", "a/d/e", {"tag": "x"})],
        [Edit("remove", "a/d"), Edit("set", "a/d/e", "")],
    ],
)
def test_edits_that_touch_each_other_are_refused(edits: list[Edit]) -> None:
    data = b"<a><b k='v'>t</b><e></e><d><e></e></d></a>"
    assert re.search("two edits have this place|overlaps with the edit of", refusal(data, *edits))


def test_an_element_is_added_beside_one_that_is_removed() -> None:
    data = b"<a>\n  <b/>\n</a>"
    assert edited(data, Edit("remove", "a/b"), Edit("add", "a", {"tag": "c"})) == b"<a>\n  <c/>\n</a>"


def test_an_unknown_kind_is_refused() -> None:
    assert "unknown kind of edit 'drop'" in refusal(b"<a/>", Edit("drop", "a"))


# --- files


def test_no_edits_change_nothing_whatever_the_file_is() -> None:
    assert apply_edits(b"<not xml", []).data == b"<not xml"


def test_iso_8859_1_is_written_and_the_rest_becomes_references() -> None:
    data = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<a b="ü">ä</a>'.encode("latin-1")
    result = edited(data, Edit("set", "a", "öß€\U0001f600"), Edit("set", "a/@b", "ñ\u2028\x85"))
    assert result == '<?xml version="1.0" encoding="ISO-8859-1"?>\n<a b="ñ&#8232;&#133;">öß&#8364;&#128512;</a>'.encode(
        "latin-1"
    )
    assert read_value(result, "a") == "öß€\U0001f600"
    assert "the name 'ж' cannot be written in iso8859-1" in refusal(data, Edit("add", "a/@ж", "1"))


def test_other_single_byte_encodings_are_kept() -> None:
    data = '<?xml version="1.0" encoding="windows-1252"?><a>€</a>'.encode("cp1252")
    assert read_value(data, "a") == "€"
    assert edited(data, Edit("set", "a", "\u201e€\u201c ж")) == data.replace(b"\x80", b"\x84\x80\x93 &#1078;")


def test_a_byte_order_mark_is_kept() -> None:
    data = b"\xef\xbb\xbf<a>\n  <b>1</b>\n</a>"
    assert edited(data, Edit("set", "a/b", "ä")) == data.replace(b"1", "ä".encode())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<a>", "not well-formed XML: no element found"),
        (b"", "not well-formed XML"),
        (b"<a>&x;</a>", "not well-formed XML: undefined entity"),
        ("<a/>".encode("utf-16"), "the file is UTF-16"),
        (b'<?xml version="1.0" encoding="nix"?><a/>', "the encoding nix, which cannot be edited"),
        (b'<?xml version="1.0" encoding="cp037"?><a/>', "the encoding cp037"),
        (b'<?xml version="1.0" encoding="utf-16"?><a/>', "the encoding utf-16"),
        (b'<?xml version="1.0" encoding="shift_jis"?><a/>', "not well-formed XML"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "but is not written in it"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "declares the entity 'x'"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares the entity 'x'"),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>', "declares the entity 'x'"),
    ],
)
def test_files_that_cannot_be_edited_are_refused(data: bytes, message: str) -> None:
    assert message in refusal(data, Edit("set", "a", "v"))


def test_a_document_type_without_entities_is_tolerated() -> None:
    data = b'<!DOCTYPE a PUBLIC "-//x" "http://example.org/x.dtd" [%p; <!ATTLIST a z CDATA "d">]>\n<a>&x;</a><?p?>\n'
    assert read_value(data, "a/@z") is None
    with pytest.raises(EditError, match="reference to an entity, which is not resolved"):
        read_value(data, "a")
    assert edited(data, Edit("set", "a", "")) == data.replace(b"&x;", b"")


# --- masks


def test_masks_stand_around_old_and_new_secrets() -> None:
    result = apply_edits(
        SERVER,
        [
            Edit("set", "Server/datasource[name='A']/password", "geheim", secret=True),
            Edit("set", "Server/Service/Connector[@port='9443']/@keystorePass", "geheim", secret=True),
            Edit(
                "add", "Server/members", {"tag": "m", "attributes": {"p": {"text": "q", "secret": True}}, "text": "t"}
            ),
            Edit("add", "Server/Empty/@pass", "geheim", secret=True),
            Edit("set", "Server/Name", "open"),
        ],
    )
    assert set(result.masks) == {
        Mask('<password sv:alias="x">', "</password>"),
        Mask('keystorePass="', '"'),
        Mask('<m p="', '">t</m>'),
        Mask('<Empty pass="', '"/>'),
    }


def test_secrets_on_one_line_share_a_mask() -> None:
    data = b'<a><b p="old1" q="old2" r="x">t</b></a>'
    edits = [Edit("set", "a/b/@q", "n2", secret=True), Edit("set", "a/b/@p", "n1", secret=True)]
    assert apply_edits(data, edits).masks == (Mask('<a><b p="', '" r="x">t</b></a>'),)


def test_a_mask_tells_the_old_line_when_the_rest_of_it_changes() -> None:
    data = b'<a><b n="1" q="old"/></a>'
    edits = [Edit("set", "a/b/@n", "2"), Edit("set", "a/b/@q", "new", secret=True)]
    assert set(apply_edits(data, edits).masks) == {
        Mask('<a><b n="2" q="', '"/></a>'),
        Mask('<a><b n="1" q="', '"/></a>'),
    }


def test_a_secret_that_is_written_already_is_masked() -> None:
    result = apply_edits(b"<a><b>x&#65;</b></a>", [Edit("set", "a/b", "xA", secret=True)])
    assert result.data == b"<a><b>x&#65;</b></a>"
    assert result.masks == (Mask("<a><b>", "</b></a>"),)


def test_a_secret_never_spans_lines() -> None:
    result = apply_edits(b"<a>\n  old\n</a>", [Edit("set", "a", "x\ny", secret=True)])
    assert result.data == b"<a>x&#10;y</a>"
    assert result.masks == (Mask("<a>", "</a>"), Mask("", ""))
    again = apply_edits(b"<a>x\ny</a>", [Edit("set", "a", "x\ny", secret=True)])
    assert again.data == b"<a>x&#10;y</a>"
    assert set(again.masks) == {Mask("<a>", "</a>"), Mask("<a>", ""), Mask("", "</a>")}


def test_every_text_of_a_secret_edit_is_secret() -> None:
    new = {"tag": "b", "attributes": {"k": "1"}, "children": [{"tag": "c", "text": "2"}, {"tag": "d", "text": ""}]}
    assert set(apply_edits(b"<a/>", [Edit("add", "a", new, secret=True)]).masks) == {
        Mask('<b k="', '">'),
        Mask("<c>", "</c>"),
    }


# --- properties

CHARACTERS = st.characters(exclude_categories=["Cs"])
PIECES = ["]]>", "<", "&", ">", '"', "'", "\n", "\r", "\t", " ", "&#10;", "ä", "€", "\x85", "\x01"]
HOSTILE = st.one_of(st.text(CHARACTERS), st.lists(st.sampled_from(PIECES)).map("".join))


@given(
    HOSTILE, st.sampled_from(["utf-8", "iso-8859-1", "us-ascii"]), st.sampled_from(["a/b", "a/b/@k", "a/c", "a/d/@k"])
)
def test_any_value_reads_back_or_is_refused(value: str, encoding: str, place: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?>\n<a>\n <b k="v">t</b>\n <c/>\n <d k=\'v\'/>\n</a>'.encode()
    edit = Edit("set", place, value)
    try:
        once = edited(data, edit)
    except EditError:
        assert re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", value)
        return
    assert read_value(once, place) == value
    assert edited(once, edit) == once
    assert len(once.split(b"\n")) == len(data.split(b"\n"))
    assert len(changed_lines(data, once)) <= 1
    root = ElementTree.fromstring(once)
    element = root.find(place.split("/")[1])
    assert element is not None
    assert (element.get("k") if "@" in place else element.text or "") == value


NAMES = st.sampled_from(["p", "q", "r", "s"])
WORDS = st.text(st.sampled_from("ab<&>\"' é"), max_size=4)


def trees(depth: int) -> st.SearchStrategy[Any]:
    leaf = st.fixed_dictionaries(
        {"tag": NAMES}, optional={"attributes": st.dictionaries(NAMES, WORDS, max_size=2), "text": WORDS}
    )
    if not depth:
        return leaf
    node = st.fixed_dictionaries(
        {"tag": NAMES, "children": st.lists(trees(depth - 1), min_size=1, max_size=3)},
        optional={"attributes": st.dictionaries(NAMES, WORDS, max_size=2)},
    )
    return st.one_of(leaf, node)


def number(tree: dict[str, Any], counter: list[int]) -> None:
    """Give every element a number that a place can name."""
    counter[0] += 1
    tree.setdefault("attributes", {})["id"] = str(counter[0])
    for child in tree.get("children", []):
        number(child, counter)


def layout(tree: dict[str, Any], indent: str, chance: random.Random) -> str:
    """One of the many ways to write ``tree``."""
    end = chance.choice(["\n", "\r\n"])
    inner = indent + chance.choice(["  ", "\t", ""])
    text = f"<{tree['tag']}"
    for name, value in tree["attributes"].items():
        text += chance.choice([" ", "  ", end + inner]) + name + chance.choice(["=", " = "])
        text += (
            saxutils.quoteattr(value) if chance.random() < 0.5 else "'" + saxutils.escape(value, {"'": "&apos;"}) + "'"
        )
    if not tree.get("children") and not tree.get("text"):
        return text + chance.choice(["/>", " />", f"></{tree['tag']}>"])
    text += ">"
    if "text" in tree:
        plain = "<![CDATA[" + tree["text"] + "]]>" if "]]>" not in tree["text"] else ""
        text += chance.choice([saxutils.escape(tree["text"]), plain, "<!-- x -->" + saxutils.escape(tree["text"])])
    for child in tree.get("children", []):
        text += chance.choice([end + inner, end + inner, "", "<!-- <p/> -->", end + inner + "<!-- c -->" + end + inner])
        text += layout(child, inner, chance)
    return text + chance.choice([end + indent, ""] if tree.get("children") else [""]) + f"</{tree['tag']}>"


def canonical(element: ElementTree.Element) -> Any:
    text = element.text or ""
    children = [canonical(child) for child in element]
    return element.tag, dict(element.attrib), "" if children or not text.strip() else text, children


def model(tree: dict[str, Any]) -> Any:
    text = tree.get("text", "")
    children = [model(child) for child in tree.get("children", [])]
    attributes = {name: str(value) for name, value in tree.get("attributes", {}).items()}
    return tree["tag"], attributes, "" if children or not text.strip() else text, children


def walk(tree: dict[str, Any]) -> list[dict[str, Any]]:
    return [tree, *(each for child in tree.get("children", []) for each in walk(child))]


def path(tree: dict[str, Any], target: dict[str, Any]) -> str:
    step = f"{tree['tag']}[@id='{tree['attributes']['id']}']"
    if tree is target:
        return step
    return next(
        f"{step}/{path(child, target)}" for child in tree["children"] if any(each is target for each in walk(child))
    )


@given(
    trees(3), st.randoms(use_true_random=False), st.lists(st.tuples(st.integers(0, 99), trees(1), WORDS), max_size=5)
)
def test_any_edits_do_exactly_what_they_say_or_are_refused(
    tree: dict[str, Any], chance: random.Random, wanted: list[tuple[int, dict[str, Any], str]]
) -> None:
    number(tree, [0])
    data = layout(tree, "", chance).encode()
    edits: list[Edit] = []
    actions: list[Any] = []
    parents = {id(child): each for each in walk(tree) for child in each.get("children", [])}
    for index, new, word in wanted:
        elements = walk(tree)
        target = elements[index % len(elements)]
        place = path(tree, target)
        kind = chance.choice(["text", "attribute", "new attribute", "add", "replace", "remove"])
        if kind == "text":
            edits.append(Edit("set", place, word))
            actions.append(lambda target=target, word=word: target.update(text=word))
        elif kind == "attribute":
            name = chance.choice(sorted(target["attributes"]))
            edits.append(Edit("set", f"{place}/@{name}", word))
            actions.append(lambda target=target, name=name, word=word: target["attributes"].update({name: word}))
        elif kind == "new attribute":
            edits.append(Edit("add", f"{place}/@new", word))
            actions.append(lambda target=target, word=word: target["attributes"].update(new=word))
        elif kind == "add":
            edits.append(Edit("add", place, new))
            actions.append(lambda target=target, new=new: target.setdefault("children", []).append(new))
        elif id(target) in parents:
            siblings = parents[id(target)]["children"]
            edits.append(Edit(kind, place, new))

            def exchange(
                siblings: list[Any] = siblings, target: Any = target, kind: str = kind, new: Any = new
            ) -> None:
                position = next(number for number, each in enumerate(siblings) if each is target)
                siblings[position : position + 1] = [new] if kind == "replace" else []

            actions.append(exchange)
    try:
        result = edited(data, *edits)
    except EditError:
        return
    # What is added stands behind what was there, also behind what is replaced.
    for edit, action in sorted(zip(edits, actions, strict=True), key=lambda pair: pair[0].kind == "add"):
        assert edit
        action()
    assert canonical(ElementTree.fromstring(result)) == model(tree)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_without_a_mark_is_refused(encoding: str) -> None:
    data = '<a b="1">2</a>'.encode(encoding)
    assert refusal(data, Edit("set", "a", "3")) == (
        "the file contains NUL bytes; only encodings that contain ASCII are edited"
    )


@pytest.mark.parametrize("encoding", ["unicode_escape", "raw_unicode_escape", "utf-7", "hz", "utf-8-sig", "rot13", "x"])
def test_an_encoding_in_which_ascii_means_something_else_is_refused(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?><a>2</a>'.encode()
    assert f"the file declares the encoding {encoding}, " in refusal(data, Edit("set", "a", "\\x41"))


@pytest.mark.parametrize("value", ["\t", " ", "  ", " x ", ""])
def test_a_secret_of_blanks_stays_where_it_was_written(value: str) -> None:
    edit = Edit("set", "a", value, secret=True)
    once = edited(b"<a>some<!-- c --></a>", edit)
    assert once == b"<a>%s<!-- c --></a>" % value.encode()
    assert edited(once, edit) == once
