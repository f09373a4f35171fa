# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel settings are compared and set, in a folder that stands in for /proc/sys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import kernel_values

RESERVED = kernel_values.RESERVED


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in (
        ("net/ipv4/tcp_fin_timeout", "60\n"),
        ("net/ipv4/tcp_rmem", "4096\t131072\t6291456\n"),
        ("net/ipv4/ip_local_reserved_ports", "\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.tcp_fin_timeout", "net/ipv4/tcp_fin_timeout"),
        ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("other", "other"),
    ],
)
def test_path(name: str, path: str) -> None:
    assert kernel_values.path_of(name) == f"/proc/sys/{path}"


def test_what_differs_is_set(root: Path) -> None:
    settings = {"net.ipv4.tcp_fin_timeout": "30", "net.ipv4.tcp_rmem": "4096 131072  6291456", RESERVED: "4000,9443"}

    changes, refused = kernel_values.differing(settings, str(root))

    assert changes == {"net.ipv4.tcp_fin_timeout": ("60", "30"), RESERVED: ("", "4000,9443")}
    assert refused == {}
    assert kernel_values.apply(changes, str(root)) == {}
    assert kernel_values.differing(settings, str(root)) == ({}, {})


def test_ports_of_others_stay_reserved(root: Path) -> None:
    (root / "net/ipv4/ip_local_reserved_ports").write_text("4000,8080-8081\n")

    assert kernel_values.differing({RESERVED: "4000"}, str(root)) == ({}, {})
    assert kernel_values.differing({RESERVED: "4000,9443"}, str(root)) == (
        {RESERVED: ("4000,8080-8081", "4000,8080-8081,4000,9443")},
        {},
    )


def test_what_cannot_be_set_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_arguments: False)

    changes, refused = kernel_values.differing({"net.ipv4.tcp_fin_timeout": "30", "net.none": "1"}, str(root))

    assert changes == {}
    assert refused == {
        "net.ipv4.tcp_fin_timeout": "is 60, and cannot be written here",
        "net.none": "this kernel does not show it",
    }


def test_a_value_that_the_kernel_refuses(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()

    assert kernel_values.apply({"net": ("1", "2")}, str(tmp_path)) == {"net": "the kernel refuses 2: Is a directory"}
