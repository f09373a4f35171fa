# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import math

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter import findings_table as filter_plugin
from ansible_collections.identityops.wso2is.plugins.plugin_utils import findings
from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import Findings, InputError, finding
from hypothesis import given
from hypothesis import strategies as st

ROW = finding("is1", "memory", "3000 MB", "4096 MB", "Give the host more memory.")

texts = st.text(max_size=80)
rows = st.builds(finding, texts, texts, texts, texts, texts, severity=st.sampled_from(findings.SEVERITIES))


def table(rows, width=120):
    return filter_plugin.FilterModule().filters()["findings_table"](rows, width)


def test_a_finding_has_six_texts():
    assert ROW == {
        "severity": "error",
        "host": "is1",
        "check": "memory",
        "found": "3000 MB",
        "required": "4096 MB",
        "remedy": "Give the host more memory.",
    }


def test_nothing_found():
    assert table([]) == "No findings."


def test_summary_counts():
    warning = {**ROW, "severity": "warning"}
    assert findings.summary([ROW]) == "1 error."
    assert findings.summary([warning]) == "1 warning."
    assert findings.summary([ROW, warning, ROW]) == "2 errors and 1 warning."


def test_short_rows_stand_on_one_line_each():
    assert table([ROW, {**ROW, "severity": "warning", "host": "is2"}]).split("\n") == [
        "1 error and 1 warning.",
        "",
        "SEVERITY  HOST  CHECK   FOUND    REQUIRED  REMEDY",
        "--------  ----  ------  -------  --------  --------------------------",
        "error     is1   memory  3000 MB  4096 MB   Give the host more memory.",
        "warning   is2   memory  3000 MB  4096 MB   Give the host more memory.",
    ]


def test_rows_that_wrap_are_set_apart():
    lines = table([{**ROW, "found": "word " * 40}, ROW], 80).split("\n")
    assert max(map(len, lines)) <= 80
    assert "" in lines[4:]


def test_names_of_variables_stay_whole():
    row = {
        **ROW,
        "required": "x " * 200,
        "remedy": "Set analytics_dashboard_heap_mb or wso2is_minimum_memory_mb of is1.",
    }
    shown = table([row], 100)
    assert "analytics_dashboard_heap_mb" in shown
    assert "wso2is_minimum_memory_mb" in shown


def test_errors_come_first_and_hosts_in_natural_order():
    given_rows = [
        {**ROW, "severity": "warning", "host": "is1"},
        {**ROW, "host": "is10"},
        {**ROW, "host": "is2"},
        {**ROW, "host": "is2", "check": "heap"},
    ]
    ordered = [(row["severity"], row["host"], row["check"]) for row in findings.sort_findings(given_rows)]
    assert ordered == [
        ("error", "is2", "heap"),
        ("error", "is2", "memory"),
        ("error", "is10", "memory"),
        ("warning", "is1", "memory"),
    ]


def test_a_value_cannot_move_the_cursor():
    assert "\x1b" not in table([{**ROW, "found": "\x1b[2Jgone\r\nline"}])


@pytest.mark.parametrize(
    ("value", "width", "message"),
    [
        ({}, 120, "findings must be a list, not mapping"),
        ("text", 120, "findings must be a list, not text"),
        ([1], 120, r"findings\[0\] must be a mapping, not number"),
        ([{**ROW, "host": 5}], 120, r"findings\[0\] must have the text 'host', not number"),
        ([{"severity": "error"}], 120, "'host', not null"),
        ([{**ROW, "severity": "fatal"}], 120, "severity must be error or warning or info, not fatal"),
        ([ROW], 59, "width must be a whole number of 60 or more, not 59"),
        ([ROW], "wide", "not wide \\(text\\)"),
        ([ROW], True, "not true \\(boolean\\)"),
    ],
)
def test_wrong_input_is_named(value, width, message):
    with pytest.raises(AnsibleFilterError, match=message):
        table(value, width)


@given(st.lists(rows, max_size=6), st.integers(60, 250))
def test_no_line_is_longer_than_the_width(given_rows, width):
    shown = table(given_rows, width)
    assert all(len(line) <= width for line in shown.split("\n"))
    assert shown.isprintable() or "\n" in shown or not given_rows


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(findings.COLUMNS), inner, max_size=6)
        ),
    ),
    st.integers() | st.text(max_size=4) | st.none(),
)
def test_wild_input_gives_a_table_or_an_error(value, width):
    try:
        assert isinstance(table(value, width), str)
    except AnsibleFilterError as exc:
        assert "identityops.wso2is.findings_table: " in str(exc)


def test_an_error_spoils_its_inputs_and_a_warning_does_not():
    found = Findings()
    found.add("is1", "port", "a", "b", "c", about=["port"])
    found.add("is1", "other", "a", "b", "c", severity="warning", about=["other"])
    found.spoil("third")
    assert not found.clean("port")
    assert found.clean("other")
    assert not found.clean("other", "third")
    assert [row["severity"] for row in found.sorted()] == ["error", "warning"]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0),
        (7, 7),
        (-1, -1),
        ("9443", 9443),
        (" +12 ", 12),
        ("-3", -3),
        (True, None),
        (False, None),
        (None, None),
        (1.0, None),
        ("1.0", None),
        ("", None),
        ("²", None),
        ("\x1f1", None),
        ("1\n", None),
        ("٣", None),
        ("9" * 10, None),
        ([1], None),
    ],
)
def test_whole_number(value, number):
    assert findings.whole_number(value) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        (False, "false"),
        ("", "empty text"),
        (" \n", "empty text"),
        ("a\nb", "a b"),
        ("x" * 61, "x" * 57 + "..."),
        (5, "5"),
        (1.5, "1.5"),
        (math.nan, "nan"),
        ([1], "a list"),
        ({}, "a mapping"),
        ((), "a list"),
        (b"", "a bytes"),
    ],
)
def test_shown(value, text):
    assert findings.shown(value) == text


def test_a_number_too_long_to_print():
    assert findings.shown(10**5000) == "a number of more than 18 digits"


@pytest.mark.parametrize(
    ("function", "value", "message"),
    [
        (findings.mapping_of, [], "here must be a mapping, not list"),
        (findings.list_of, {}, "here must be a list, not mapping"),
        (findings.text_of, 3, "here must be a text, not number"),
        (findings.text_of, " ", "here must be a text, not empty"),
    ],
)
def test_shapes(function, value, message):
    with pytest.raises(InputError, match=message):
        function(value, "here")


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_join(words, text):
    assert findings.join(words) == text


def test_what_had_to_be_broken_stands_whole_below():
    digest = "sha256:" + "0123456789abcdef" * 4
    row = findings.finding("all hosts", "pack", "a.zip was not checked", digest, "Set x.", severity="warning")
    table = findings.findings_table([row, row], 80)
    above, below = table.split("\n\nIn full:\n")
    assert digest not in above
    assert below == digest
