# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keystores, in what the catalogue does not show."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import certificate_findings as subject
from ansible_collections.identityops.wso2is.plugins.plugin_utils.jks import Entry, entries
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from cryptography.hazmat.primitives.serialization import Encoding
from settings import certificates, sample


def deployment(folder: Path, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = topology(
        sample.hostvars(folder, **changes), sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS
    )
    return found


def rows(model: dict[str, Any], **options: Any) -> list[tuple[str, str]]:
    return [(row["severity"], row["found"]) for row in subject.certificate_findings(model, **options)]


@pytest.mark.parametrize(
    ("names", "host", "fits"),
    [
        (["a.example.org"], "A.Example.org.", True),
        (["*.example.org"], "a.example.org", True),
        (["*.example.org"], "example.org", False),
        (["*.example.org"], "b.a.example.org", False),
        (["*"], "localhost", False),
        (["192.0.2.1"], "192.0.2.1", True),
        (["*.0.2.1"], "192.0.2.1", False),
        ([], "a", False),
    ],
)
def test_names(names: list[str], host: str, fits: bool) -> None:
    assert subject.carries(names, host) is fits


def test_without_the_package_the_doubt_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)

    (row,) = rows(deployment(tmp_path))

    assert row == (
        "warning",
        "load_balancer_certificate and keystores were not looked into: no Python package cryptography",
    )


def test_without_certificates_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)

    assert rows(topology(sample.hostvars(tmp_path), sample.NODES)) == []


def test_files_that_are_not_there_are_left_to_others(tmp_path: Path) -> None:
    absent = {"load_balancer_certificate": "/absent.crt", "load_balancer_certificate_key": "/absent.key"}

    assert rows(deployment(tmp_path, **absent)) == []
    assert rows(deployment(tmp_path, load_balancer_certificate_key="/absent.key")) == []
    assert rows(deployment(tmp_path, load_balancer_certificate="/a\x00b")) == []


def test_dates_without_their_time_zone() -> None:
    class Old:
        """What older releases of the package have."""

        not_valid_after = datetime.datetime(2030, 1, 2, tzinfo=datetime.UTC).replace(tzinfo=None)

    old: Any = Old()
    assert subject._when(old, "not_valid_after") == datetime.datetime(2030, 1, 2, tzinfo=datetime.UTC)


def test_a_time_that_is_given(tmp_path: Path) -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=400)

    ((severity, text),) = rows(deployment(tmp_path), now=later)

    assert severity == "error"
    assert "lb.crt expired on" in text


def test_keystores(tmp_path: Path) -> None:
    def store(name: str, *chain: bytes, **options: Any) -> str:
        path = tmp_path / name
        path.write_bytes(certificates.store("x", "login", chain, **options))
        return str(path)

    good = certificates.certificate("login.example.org", encoding=Encoding.DER)
    assert rows(deployment(tmp_path, wso2is_keystore=store("good.jks", good))) == []
    assert rows(deployment(tmp_path, wso2is_keystore=store("empty.jks"))) == []
    assert rows(deployment(tmp_path, wso2is_keystore=store("none.jks", b"none"))) == [
        ("error", f"{tmp_path}/none.jks: the certificate of login is none")
    ]
    path = store("trusted.jks", good, key=False)
    assert rows(deployment(tmp_path, wso2is_keystore=path)) == [
        ("error", f"{path} has no key with the alias login; its keys: none")
    ]
    assert rows(deployment(tmp_path, analytics_keystore=path)) == [
        ("error", f"{path} has no key with the alias wso2carbon; its keys: none")
    ]
    # Only nodes are asked for the public name, and by the load balancer only.
    other = store("other.jks", certificates.certificate("other.org", encoding=Encoding.DER))
    assert rows(deployment(tmp_path, analytics_keystore=other)) == []
    alone = topology(sample.hostvars(tmp_path, wso2is_keystore=other), sample.NODES)
    assert rows(alone) == [("warning", f"{other} is for other.org")]


def test_entries_of_a_store() -> None:
    store = certificates.store("x", "Login", [b"own", b"ca"])

    assert entries(store) == [Entry("login", True, [b"own", b"ca"])]
    assert entries(certificates.store("x", "ca", [b"ca"], key=False)) == [Entry("ca", False, [b"ca"])]
    assert entries(certificates.store("x")) == []
    assert entries(b"\x30\x82 another kind") is None
    assert {tuple(entries(store[:end]) or ()) for end in range(4, len(store) - 1)} == {()}


def test_a_store_of_the_first_version() -> None:
    second = certificates.store("x", "ca", [b"ca"], key=False)
    first = second[:4] + b"\x00\x00\x00\x01" + second[8:].replace(b"\x00\x05X.509", b"")

    assert entries(first) == [Entry("ca", False, [b"ca"])]
