# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared file system of a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks, servers, shares
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import sample

PUBLISHERS = {"eventpublishers": "repository/deployment/server/eventpublishers"}


def deployment(practice: Path, servers_: tuple[str, ...] = ("nfs1",), **changes: Any) -> dict[str, Any]:
    hostvars = sample.hostvars(practice, **{"artifact_sync_method": "nfs", **changes})
    for number, host in enumerate(servers_):
        hostvars.setdefault(host, {"ansible_host": f"192.0.2.{61 + number}"})
    return topology(hostvars, sample.NODES, sample.WORKERS, ["an1"], ["lb1"], nfs_servers=servers_)


def found(model: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["found"], item["severity"]) for item in shares.share_findings(model)]


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/mnt/shared", "mnt-shared.mount"),
        ("/mnt/wso2is-shared/", r"mnt-wso2is\x2dshared.mount"),
        ("/a b/ü", r"a\x20b-\xc3\xbc.mount"),
        ("/.hidden/.x", r"\x2ehidden-.x.mount"),
        ("/", "-.mount"),
    ],
)
def test_mount_units(path: str, unit: str) -> None:
    assert shares.mount_unit(path) == unit


def test_the_model_of_nfs(practice: Path) -> None:
    model = deployment(practice, artifact_sync_nfs_directory="/srv/one/", artifact_sync_must_be_mount=False)
    artifacts = model["artifacts"]
    assert artifacts["source"] == "192.0.2.61:/srv/one"
    assert artifacts["mount_unit"] == "mnt-shared.mount"
    assert artifacts["must_be_mount"]
    assert artifacts["nfs"] == {
        "server": "nfs1",
        "address": "192.0.2.61",
        "directory": "/srv/one",
        "lease_seconds": 90,
        "clients": [node["address"] for node in model["is_nodes"]],
    }
    assert found(model) == []
    assert model["hosts"]["nfs1"] == {"address": "192.0.2.61", "jdk_home": "", "servers": {}}
    assert model["hosts"]["is1"]["servers"]["is"]["mount_unit"] == "mnt-shared.mount"


def test_an_nfs_server_with_an_ipv6_address(practice: Path) -> None:
    hostvars = sample.hostvars(practice, artifact_sync_method="nfs")
    hostvars["nfs1"] = {"ansible_host": "2001:db8::1"}
    model = topology(hostvars, sample.NODES, nfs_servers=["nfs1"])
    assert model["artifacts"]["source"] == "[2001:db8::1]:/srv/wso2is"


def test_the_nfs_server_may_say_what_it_shares(practice: Path) -> None:
    hostvars = sample.hostvars(practice, artifact_sync_method="nfs")
    hostvars["nfs1"] = {"ansible_host": "192.0.2.61", "artifact_sync_nfs_directory": "/data/wso2is"}
    model = topology(hostvars, sample.NODES, nfs_servers=["nfs1"])
    assert model["artifacts"]["source"] == "192.0.2.61:/data/wso2is"


def test_something_that_is_mounted_already(practice: Path) -> None:
    artifacts = deployment(practice, artifact_sync_method="existing")["artifacts"]
    assert (artifacts["source"], artifacts["mount_unit"], "nfs" in artifacts) == ("", "mnt-shared.mount", False)
    below = deployment(practice, artifact_sync_method="existing", artifact_sync_must_be_mount=False)["artifacts"]
    assert below["mount_unit"] == ""


@pytest.mark.parametrize(
    ("directories", "said"),
    [
        ({"w": "repository/deployment/server/webapps"}, "w is repository/deployment/server/webapps"),
        ({"w": "repository/deployment/server/webapps/oauth2/"}, "w is repository/deployment/server/webapps/oauth2"),
        (
            {"d": "repository/deployment"},
            "d is repository/deployment, which holds repository/deployment/server/webapps",
        ),
        ({"r": "repository"}, "r is repository, which holds repository/deployment/server/webapps"),
        ({"c": "repository/conf"}, "c is repository/conf"),
        ({"l": "repository/logs"}, "l is repository/logs"),
        ({"x": "/etc"}, "x is '/etc'"),
        ({"x": "repository/../bin"}, "x is 'repository/../bin'"),
        ({"x": ""}, "x is ''"),
        ({"x": 5}, "x is 5"),
        ({"a/b": "repository/tenants"}, "has 'a/b'"),
        (
            {"one": "repository/tenants", "two": "repository/tenants/1"},
            ": repository/tenants (one) holds repository/tenants/1 (two)",
        ),
    ],
)
def test_directories_that_are_refused(practice: Path, directories: dict[str, Any], said: str) -> None:
    model = deployment(practice, artifact_sync_directories=directories)
    assert [text for text, _severity in found(model)] == [
        f"artifact_sync_directories{'' if said[:1] == ':' else '.' if not said.startswith('has') else ' '}{said}"
    ]
    # Before a host is asked.
    assert any(item["found"].startswith("artifact_sync_directories") for item in checks.inventory_findings(model))


def test_every_directory_of_the_default_may_be_shared(practice: Path) -> None:
    assert found(deployment(practice)) == []


@pytest.mark.parametrize("path", ["relative", "/", "/with space"])
def test_paths_that_are_refused(practice: Path, path: str) -> None:
    assert found(deployment(practice, artifact_sync_path=path)) == [(f"artifact_sync_path is {path!r}", "error")]
    assert found(deployment(practice, artifact_sync_nfs_directory=path)) == [
        (f"artifact_sync_nfs_directory is {path!r}", "error")
    ]


def test_one_nfs_server(practice: Path) -> None:
    assert found(deployment(practice, ())) == [("none", "error")]
    assert found(deployment(practice, ("nfs1", "nfs2"))) == [("nfs1, nfs2", "error")]
    assert found(deployment(practice, ("is1",))) == [("it is an Identity Server node too", "warning")]
    assert found(deployment(practice, (), artifact_sync_method="existing")) == []


def test_what_is_asked(practice: Path) -> None:
    model = deployment(practice)
    asked = checks.host_questions(model, "nfs1")
    assert (asked["units"], asked["commands"], asked["nginx"]) == (["nfs-server.service"], ["psql", "exportfs"], False)
    asked = checks.host_questions(model, "is1")
    assert asked["units"] == ["wso2is.service", "mnt-shared.mount"]
    assert asked["commands"] == ["psql", "mount.nfs4"]
    assert checks.host_questions(model, "lb1")["commands"] == ["psql"]


def test_publishers_have_one_writer_where_they_are_shared(practice: Path) -> None:
    def writers(**changes: Any) -> list[str]:
        model = deployment(practice, **changes)
        bundles = {host: servers.server_bundle(model, host, "is", "/jdk", "unit", "control") for host in sample.NODES}
        return [
            host
            for host, bundle in bundles.items()
            if any("eventpublishers/IsAnalytics" in item["path"] for item in bundle["files"])
        ]

    assert writers() == [sample.NODES[0]]
    assert writers(artifact_sync_directories={"tenants": "repository/tenants"}) == list(sample.NODES)
    # The name on the share is the operator's.
    assert writers(artifact_sync_directories={"ep": PUBLISHERS["eventpublishers"]}) == [sample.NODES[0]]


def test_what_the_node_is_told(practice: Path) -> None:
    model = deployment(practice, artifact_sync_directories=PUBLISHERS)
    bundle = servers.server_bundle(model, sample.NODES[0], "is", "/jdk", "unit", "control")
    assert bundle["links"] == {
        f"{bundle['release']}/{PUBLISHERS['eventpublishers']}": "/mnt/shared/eventpublishers",
    }
    on_share = [item for item in bundle["files"] if item.get("as_owner")]
    assert {item["owner"] for item in on_share} == {"wso2carbon"}
    assert all(item["path"].startswith(PUBLISHERS["eventpublishers"]) for item in on_share)
    assert on_share
    worker = servers.server_bundle(model, sample.WORKERS[0], "worker", "/jdk", "unit", "control")
    assert (worker["links"], [item for item in worker["files"] if item.get("as_owner")]) == ({}, [])


def test_what_the_server_rewrites_is_read_as_its_owner_wherever_it_lies(practice: Path) -> None:
    """Its directory may still be a link to the share when it was taken out of the list, until the restart."""
    model = deployment(practice, artifact_sync_directories={"tenants": "repository/tenants"})
    bundle = servers.server_bundle(model, sample.NODES[1], "is", "/jdk", "unit", "control")
    publishers = [item for item in bundle["files"] if "eventpublishers/" in item["path"]]
    assert publishers
    assert all(item["as_owner"] and item["owner"] == "wso2carbon" for item in publishers)


def test_the_uid_must_be_free_on_the_nfs_server(practice: Path) -> None:
    model = deployment(practice)
    facts = {
        "memory": {"total_mb": 4096, "limit_mb": None},
        "paths": {},
        "names": {},
        "units": {},
        "listening": [],
        "uids": {"802": "bob"},
        "gids": {"802": None},
        "users": {"wso2carbon": None},
        "groups": {"wso2": None},
    }
    said = [item["found"] for item in checks.host_findings(model, {"nfs1": facts})]
    assert said == ["uid 802 is bob's"]
