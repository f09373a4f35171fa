# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event publishers from the settings to the disk: the server encrypts their password in place and writes them anew."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any
from xml.dom import minidom
from xml.etree import ElementTree

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import expected, sample
from test_carbon_files import ME, MINE, Host

VENDOR = os.environ.get("VENDOR_CONFIG", "")
PUBLISHERS = [
    f"repository/deployment/server/eventpublishers/IsAnalytics-Publisher-wso2event-{name}.xml"
    for name in expected.PUBLISHERS
]
CIPHER = "kuv2MubUUveMyv6GeHrXr9il59ajJIqUI4eoYHcgGKf2BBFOWn96NTjJQI"


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path / "host", monkeypatch)


@pytest.fixture(
    params=[
        "practice",
        pytest.param("vendor", marks=pytest.mark.skipif(not VENDOR, reason="VENDOR_CONFIG does not name the folder")),
    ]
)
def packs(request: pytest.FixtureRequest, practice: Path, tmp_path: Path) -> Path:
    """A folder with the packs: the publishers of both must behave."""
    if request.param == "practice":
        return practice
    for name in ("wso2is-5.8.0", "wso2is-analytics-5.8.0"):
        sample.zip_folder(Path(VENDOR) / name, tmp_path / f"{name}.zip")
    return tmp_path


def publishers(packs: Path, **changes: Any) -> list[dict[str, Any]]:
    """The publishers as the first node gets them, for the user that runs the tests."""
    hostvars = sample.hostvars(packs, **changes)
    deployment = topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)
    found = []
    for item in servers.server_bundle(deployment, "is1", "is", "", "", "")["files"]:
        if item["path"] in PUBLISHERS:
            assert (item["compare"], item["effect"], item["as_owner"]) == ("meaning", "reload", True)
            found.append({**item, "owner": ME, "group": MINE, "as_owner": False})
    assert [item["path"] for item in found] == PUBLISHERS
    return found


def rewrite(host: Host) -> None:
    """What the server does at the first deployment of each publisher."""
    for path in PUBLISHERS:
        file = host.home / path
        root = ElementTree.fromstring(file.read_bytes())
        (password,) = (each for each in root.iter() if each.get("name") == "password")
        if password.get("encrypted") == "true":
            continue
        password.text = CIPHER
        password.set("encrypted", "true")
        for each in root.iter():
            attributes = dict(sorted(each.attrib.items(), reverse=True))
            each.attrib.clear()
            each.attrib.update(attributes)
            if not (each.text or "").strip():
                each.text = None
            each.tail = None
        text = minidom.parseString(ElementTree.tostring(root)).toprettyxml(indent="     ", encoding="UTF-8")
        file.unlink()
        file.write_bytes(text)
        file.chmod(0o644)


def content(host: Host) -> dict[str, bytes]:
    return {path: (host.home / path).read_bytes() for path in PUBLISHERS}


def value(host: Host, name: str) -> set[str]:
    """What a property is in all publishers."""
    return {
        each.text or ""
        for data in content(host).values()
        for each in ElementTree.fromstring(data).iter()
        if each.get("name") == name
    }


def test_what_the_server_rewrote_stays(host: Host, packs: Path) -> None:
    first = host.run(*publishers(packs))
    assert first["changed_files"] == [str(host.home / path) for path in PUBLISHERS]
    plain = content(host)
    host.record_start()
    rewrite(host)
    rewritten = content(host)
    assert all(rewritten[path] != plain[path] for path in PUBLISHERS)
    assert value(host, "password") == {CIPHER}

    for check in (True, False, False):
        again = host.run(*publishers(packs), check=check)
        assert (again["changed"], again["changed_files"], again["diff"], again["restart"]) == (False, [], [], [])
        assert content(host) == rewritten


@pytest.mark.parametrize(
    ("name", "changes", "new"),
    [
        (
            "receiverURL",
            {},
            "tcp://192.0.2.41:7612|tcp://192.0.2.32:7612",
        ),
        ("username", {"analytics_admin_user": "somebody"}, "somebody"),
    ],
)
def test_a_change_is_seen_and_written(
    host: Host, packs: Path, monkeypatch: pytest.MonkeyPatch, name: str, changes: dict[str, Any], new: str
) -> None:
    host.run(*publishers(packs))
    rewrite(host)
    if name == "receiverURL":
        monkeypatch.setitem(sample.ADDRESSES, "an1", "192.0.2.41")

    announced = host.run(*publishers(packs, **changes), check=True)
    result = host.run(*publishers(packs, **changes))

    assert len(announced["changed_files"]) == len(result["changed_files"]) == len(PUBLISHERS)
    assert announced["diff"] == result["diff"]
    assert all(new in each["after"] and new not in each["before"] for each in result["diff"])
    assert not any(secret in json.dumps(result) for secret in (CIPHER, "an-admin"))
    assert (value(host, name), value(host, "password")) == ({new}, {"an-admin"})
    rewrite(host)
    assert not host.run(*publishers(packs, **changes))["changed"]


def test_a_changed_password_is_known_by_the_record_of_what_was_written(host: Host, packs: Path) -> None:
    """An encrypted password cannot be compared; the digest of the file that was written last can."""
    host.run(*publishers(packs))
    rewrite(host)

    result = host.run(*publishers(packs, analytics_admin_password="n3w-one"))

    assert len(result["changed_files"]) == len(PUBLISHERS)
    assert not any(secret in json.dumps(result) for secret in (CIPHER, "an-admin", "n3w-one"))
    assert value(host, "password") == {"n3w-one"}
    rewrite(host)
    assert not host.run(*publishers(packs, analytics_admin_password="n3w-one"))["changed"]


def test_without_the_record_the_encrypted_password_is_taken_for_the_right_one(host: Host, packs: Path) -> None:
    """So that another node can take over what is shared without writing it anew."""
    host.run(*publishers(packs))
    rewrite(host)
    (host.state / "written.json").unlink()

    assert not host.run(*publishers(packs))["changed"]
    # From here on it is known again.
    assert host.run(*publishers(packs, analytics_admin_password="n3w-one"))["changed"]


def test_what_somebody_else_changed_is_put_right(host: Host, packs: Path) -> None:
    host.run(*publishers(packs))
    rewrite(host)
    path = host.home / PUBLISHERS[2]
    path.write_bytes(path.read_bytes().replace(b"tcp://192.0.2.32:7612", b"tcp://localhost:7612"))

    result = host.run(*publishers(packs))

    assert result["changed_files"] == [str(path)]
    assert value(host, "receiverURL") == {"tcp://192.0.2.31:7612|tcp://192.0.2.32:7612"}
    kept = host.state / "previous" / str(path).lstrip("/")
    assert b"tcp://localhost:7612" in kept.read_bytes()


def test_the_shipped_ones_are_other_than_the_wanted(host: Host, packs: Path) -> None:
    for item in publishers(packs):
        shipped = base64.b64decode(item["content"]).replace(
            b"tcp://192.0.2.31:7612|tcp://192.0.2.32:7612", b"tcp://localhost:7612"
        )
        file = host.home / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(shipped)
    rewrite(host)

    assert len(host.run(*publishers(packs))["changed_files"]) == len(PUBLISHERS)
