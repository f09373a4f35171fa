# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The heap of a running Java, by its command line and its file of counters."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import java_heap
from hypothesis import given
from hypothesis import strategies as st

MB = 1 << 20


def entry(name: str, value: int, order: str = "<", kind: bytes = b"J", vector: int = 0) -> bytes:
    """A counter as HotSpot writes it, its value at a multiple of 8."""
    text = name.encode() + b"\0"
    value_at = (20 + len(text) + 7) // 8 * 8
    head = struct.pack(order + "iii", value_at + 8, 20, vector) + kind + b"\0\1\1" + struct.pack(order + "i", value_at)
    return (head + text).ljust(value_at, b"\0") + struct.pack(order + "q", value)


def counters(*entries: bytes, order: str = "<") -> bytes:
    """A file of counters."""
    head = java_heap.MAGIC + (b"\1" if order == "<" else b"\0") + b"\2\0\1"
    return head + struct.pack(order + "iiqii", 0, 0, 0, 32, len(entries)) + b"".join(entries)


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_spaces_of_the_heap_are_counted(order: str) -> None:
    entries = [
        entry("sun.gc.generation.0.space.0.used", 30 * MB, order),
        entry("sun.gc.generation.0.space.0.capacity", 90 * MB, order),
        entry("sun.gc.generation.1.space.0.used", 70 * MB, order),
        entry("sun.gc.metaspace.used", 50 * MB, order),
        entry("sun.rt.javaCommand", 0, order, b"B", 40),
    ]
    assert java_heap.heap_used_mb(counters(*entries, order=order)) == 100
    assert java_heap.read_counters(counters(*entries, order=order))["sun.gc.metaspace.used"] == 50 * MB


def test_without_such_counters() -> None:
    assert java_heap.heap_used_mb(counters(entry("a.b", 1))) is None
    assert java_heap.heap_used_mb(b"text") is None
    assert java_heap.heap_used_mb(counters(entry("a.b", 1))[:-20]) is None
    assert java_heap.heap_used_mb(counters(b"\0" * 40)) is None


@given(data=st.binary(max_size=200))
def test_wild_files(data: bytes) -> None:
    whole = counters(entry("sun.gc.generation.0.space.0.used", MB))
    for wild in (data, java_heap.MAGIC + data, whole[: len(data)] + data, whole[:24] + data + whole[40:]):
        used = java_heap.heap_used_mb(wild)
        assert used is None or isinstance(used, int)


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        (b"java\0-Xms64m\0-Xmx256m\0Main", 256),
        (b"java\0-Xmx1g\0-Xmx2g", 2048),
        (b"java\0-Xmx1048576k\0Main", 1024),
        (b"java\0-Xmx268435456\0Main", 256),
        (b"java\0-Dx=-Xmx1g\0Main", None),
        (b"", None),
    ],
)
def test_the_last_limit_counts(command: bytes, limit: int | None) -> None:
    assert java_heap.heap_limit_mb(command) == limit


def test_the_file_is_in_the_view_of_the_process(tmp_path: Path) -> None:
    folder = tmp_path / "812/root/tmp"
    (folder / "hsperfdata_other").mkdir(parents=True)
    (folder / "other").write_text("a file")
    assert java_heap.used_of(812, str(tmp_path)) is None
    (folder / "hsperfdata_wso2carbon").mkdir()
    data = counters(entry("sun.gc.generation.1.space.0.used", 7 * MB))
    (folder / "hsperfdata_wso2carbon/812").write_bytes(data)
    assert java_heap.used_of(812, str(tmp_path)) == 7
    with pytest.raises(OSError, match="813"):
        java_heap.used_of(813, str(tmp_path))


def test_a_process_that_is_no_java() -> None:
    assert java_heap.read_heap(os.getpid()) == {"max_mb": None, "used_mb": None}
    assert java_heap.read_heap(2**22 + 1) == {"max_mb": None, "used_mb": None}
