# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on disk, what is to be there, and what a process was started with."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.generation import (
    is_current,
    restart_reasons,
    same_meaning,
    sha256,
)

PLAIN = b'<p xmlns="urn:x" name="n"><to><a k="1">v</a><b encrypted="false" name="password">secret</b></to></p>'
REWRITTEN = b"""<?xml version="1.0" encoding="UTF-8"?>
<p name='n' xmlns="urn:x">
  <!-- written by the server -->
  <to>
    <b name="password" encrypted="true">kuv2MubUUveMyv6GeHrXr9il59ajJIqUI4eo=</b>
    <a k="1"> v </a>
  </to>
</p>
"""


def test_sha256() -> None:
    assert sha256(b"abc") == hashlib.sha256(b"abc").hexdigest()


def test_layout_order_and_encrypted_values_have_no_meaning() -> None:
    assert same_meaning(PLAIN, REWRITTEN)
    assert same_meaning(REWRITTEN, PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">v<", b">w<"),
        (b'k="1"', b'k="2"'),
        (b'k="1"', b""),
        (b'name="n"', b'name="m"'),
        (b"urn:x", b"urn:y"),
        (b'name="password"', b'name="other"'),
        (b'<a k="1">v</a>', b""),
        (b'<a k="1">v</a>', b'<a k="1">v</a><a k="1">v</a>'),
        (b"<to>", b"<to><!-- x --><c/>"),
        (b' encrypted="false"', b""),
    ],
)
def test_other_values_and_elements_have(old: bytes, new: bytes) -> None:
    assert old in PLAIN
    assert not same_meaning(PLAIN.replace(old, new), REWRITTEN)


def test_what_is_not_well_formed_means_nothing() -> None:
    assert not same_meaning(b"<a>", b"<a>")
    assert not same_meaning(PLAIN, b"")


@pytest.mark.parametrize(
    ("wanted", "found", "compare", "written", "current"),
    [
        (PLAIN, None, "bytes", None, False),
        (PLAIN, None, "meaning", sha256(PLAIN), False),
        (PLAIN, PLAIN, "bytes", None, True),
        (PLAIN, PLAIN, "bytes", "another", True),
        (PLAIN, PLAIN, "meaning", "another", True),
        (PLAIN, REWRITTEN, "bytes", sha256(PLAIN), False),
        (PLAIN, REWRITTEN, "meaning", sha256(PLAIN), True),
        # The record is lost: what is there says the same as far as can be seen.
        (PLAIN, REWRITTEN, "meaning", None, True),
        # The secret has changed since, which an encrypted value does not show.
        (PLAIN, REWRITTEN, "meaning", "another", False),
        (PLAIN, b"<cut", "meaning", sha256(PLAIN), False),
    ],
)
def test_is_current(wanted: bytes, found: bytes | None, compare: str, written: str | None, current: bool) -> None:
    assert is_current(wanted, found, compare, written) is current


def test_restart_reasons() -> None:
    assert restart_reasons({"a": "1"}, None) == ["there is no record of what it was started with"]
    assert restart_reasons({"a": "1", "b": "2"}, {"b": "2", "a": "1"}) == []
    assert restart_reasons({"b": "2", "a": "1", "new": "3"}, {"b": "3", "a": "1", "gone": "4"}) == ["b", "gone", "new"]
    assert restart_reasons({}, {}) == []


def test_a_part_of_a_file_that_is_of_no_matter() -> None:
    """Two contents that differ only there are the same for a process that runs."""
    known = {"a": {"1": "part", "2": "part", "3": "other"}}
    assert restart_reasons({"a": "2"}, {"a": "1"}, known) == []
    assert restart_reasons({"a": "3"}, {"a": "1"}, known) == ["a"]
    assert restart_reasons({"a": "4"}, {"a": "1"}, known) == ["a"]
    assert restart_reasons({}, {"a": "1"}, known) == ["a"]
    assert restart_reasons({"b": "2"}, {"b": "1"}, known) == ["b"]
