# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup consists of, and when it is refused."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter.backup_read import backup_read
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from ansible_collections.identityops.wso2is.plugins.plugin_utils import backup
from ansible_collections.identityops.wso2is.plugins.plugin_utils.backup import BackupError
from ansible_collections.identityops.wso2is.plugins.plugin_utils.servers import DeploymentError


@pytest.fixture
def deployment(practice_deployment: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(practice_deployment)


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as made:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            made.addfile(info, io.BytesIO(b"x"))
    return stream.getvalue()


@pytest.fixture
def taken(tmp_path: Path, deployment: dict[str, Any]) -> Path:
    """A backup of one node, the share and one database."""
    parts = {host: backup.backup_parts(deployment, host) for host in ("is1", "is2")}
    contents = {
        "is1.tar.gz": archive("is/current/repository/conf/carbon.xml"),
        "shared-artifacts.tar.gz": archive("shared-artifacts/userstores/a.xml"),
        "database-user.dump": b"PGDMP",
    }
    kinds = {"is1.tar.gz": "host", "shared-artifacts.tar.gz": "share", "database-user.dump": "database"}
    entries = []
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        entry = {
            "file": name,
            "kind": kinds[name],
            "host": "is1",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        if kinds[name] == "host":
            entry["roots"] = [root["name"] for root in parts["is1"]["roots"]]
            entry["releases"] = {"is/current": "wso2is-5.8.0-then"}
        if kinds[name] == "share":
            entry["roots"] = ["shared-artifacts"]
        entries.append(entry)
    about = backup.manifest(deployment, "2026-01-31T030000Z", entries)
    (tmp_path / "manifest.json").write_text(json.dumps(about))
    return tmp_path


def change(taken: Path, work: Callable[[dict[str, Any]], Any]) -> None:
    about = json.loads((taken / "manifest.json").read_text())
    work(about)
    (taken / "manifest.json").write_text(json.dumps(about))


def test_parts_of_a_node(deployment: dict[str, Any]) -> None:
    found = backup.backup_parts(deployment, "is1")
    home, linked, state = found["roots"]
    assert state == {"name": "is/state/is", "path": "/opt/wso2/is/state/is", "only": ["written.json"]}
    assert (home["name"], home["path"], home["required"]) == ("is/current", "/opt/wso2/is/current", True)
    assert home["release"] == ""
    then = backup.backup_parts(deployment, "is1", {"is/current": "wso2is-5.8.0-then"})
    assert [root.get("release", "") for root in then["roots"]] == ["wso2is-5.8.0-then", "", ""]
    assert {".shipped", ".release.json", "work", "repository/components/plugins"} <= set(home["leave"])
    # What operators change by hand is not left out.
    for path in ("repository/components/dropins", "repository/deployment/server/webapps", "repository/resources"):
        assert not any(path == left or path.startswith(f"{left}/") for left in home["leave"])
    assert linked == {"name": "is/linked/repository/database", "path": "/var/lib/wso2/is/database"}
    assert found["units"] == ["wso2is"]


def test_parts_of_two_runtimes(deployment: dict[str, Any]) -> None:
    found = backup.backup_parts(deployment, "an1")
    assert [root["name"] for root in found["roots"]] == [
        "analytics/current-dashboard",
        "analytics/current-worker",
        "analytics/linked/wso2/dashboard/database",
        "analytics/linked/wso2/worker/database",
        "analytics/state/dashboard",
        "analytics/state/worker",
    ]
    assert {"wso2/worker/runtime.pid", "wso2/dashboard/runtime.pid", "wso2/lib"} <= set(found["roots"][0]["leave"])
    assert sorted(found["units"]) == ["wso2is-analytics-dashboard", "wso2is-analytics-worker"]


def test_parts_of_others(deployment: dict[str, Any]) -> None:
    assert backup.backup_parts(deployment, "lb1") == {"roots": [], "units": []}
    with pytest.raises(DeploymentError, match="no host is9"):
        backup.backup_parts(deployment, "is9")


def test_shared_parts(deployment: dict[str, Any]) -> None:
    found = backup.shared_parts(deployment)
    (root,) = found["roots"]
    assert root["path"] == "/mnt/shared" and root["required"] and root["mount"]
    assert (root["marker"], root["cluster"]) == (".wso2is-cluster.json", "example.cluster")
    assert set(root["only"]) == {*deployment["artifacts"]["directories"], ".wso2is-cluster.json"}
    assert (found["uid"], found["gid"]) == (802, 802)


def test_every_database_once(deployment: dict[str, Any]) -> None:
    found = backup.databases(deployment)
    assert [(item["file"], item["purposes"]) for item in found] == [
        ("database-user.dump", ["user"]),
        ("database-identity.dump", ["identity"]),
        ("database-workflow.dump", ["workflow"]),
        ("database-analytics.dump", ["analytics"]),
        ("database-analytics_cluster.dump", ["analytics_cluster"]),
        ("database-analytics_persistence.dump", ["analytics_persistence"]),
    ]
    deployment["databases"]["workflow"] = {**deployment["databases"]["user"], "same_as": "workflow"}
    assert next(item["purposes"] for item in backup.databases(deployment)) == ["user", "workflow"]
    deployment["database_type"] = "mysql"
    with pytest.raises(DeploymentError, match="type mysql are backed up with their own tools"):
        backup.databases(deployment)


def test_a_whole_backup(taken: Path, deployment: dict[str, Any]) -> None:
    about = backup.read_backup(str(taken))
    assert backup.foreign(about, deployment) == []
    plan = backup.restore_plan(about, deployment)
    assert list(plan["hosts"]) == ["is1"]
    assert plan["share"]["file"] == "shared-artifacts.tar.gz"
    assert list(plan["databases"]) == ["database-user.dump"]
    assert "is2: not in the backup; it is stopped and started, and keeps what it has" in plan["lines"]
    assert "databases (put back with restore_databases=true): database-user.dump" in plan["lines"]
    assert "password" not in json.dumps(about)
    found = backup_read(str(taken), deployment)
    assert found == {"problems": [], "plan": plan}
    assert backup_read(str(taken)) == {"problems": [], "plan": {}}


def test_hosts_and_databases_that_moved(taken: Path, deployment: dict[str, Any]) -> None:
    """What is put back leads to the old places, so nothing may be started with it."""
    about = backup.read_backup(str(taken))
    assert backup.restore_plan(about, deployment)["moved"] == []
    now = copy.deepcopy(deployment)
    was = now["hosts"]["is2"]["address"]
    now["hosts"]["is2"]["address"] = "192.0.2.99"
    now["databases"]["user"].update(servers=[{"host": "db9", "port": 5432}], host="db9", port=5432)
    plan = backup.restore_plan(about, now)
    assert plan["moved"][0] == f"address of is2 was {was}, now 192.0.2.99"
    assert plan["moved"][1].startswith("wso2is_databases.user was ") and "now db9:5432/" in plan["moved"][1]
    assert f"{plan['moved'][0]}; no server is started, the playbook of the pattern does" in plan["lines"]
    # A host that is new since was nowhere else.
    now["hosts"]["is9"] = {**now["hosts"]["is2"], "address": "192.0.2.29"}
    assert len(backup.restore_plan(about, now)["moved"]) == len(plan["moved"])


def test_a_host_that_is_gone(taken: Path, deployment: dict[str, Any]) -> None:
    del deployment["hosts"]["is1"]
    plan = backup.restore_plan(backup.read_backup(str(taken)), deployment)
    assert plan["hosts"] == {}
    assert "is1: in the backup, not in the inventory; left out" in plan["lines"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "is1.tar.gz").unlink(), "is1.tar.gz is not there"),
        (lambda folder: (folder / "is1.tar.gz").write_bytes(b"x"), "1 bytes, .* are required: it is cut"),
        (
            lambda folder: (folder / "database-user.dump").write_bytes(b"PGDMQ"),
            "database-user.dump has the SHA-256 .* is required: it was changed",
        ),
        (lambda folder: (folder / "manifest.json").unlink(), "no backup or one that was not finished; name the"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json is damaged"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "has the format None, required is 1"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"\xff"), "manifest.json is damaged"),
        (lambda folder: change(folder, lambda about: about.update(format=2)), "has the format 2, required is 1"),
        (lambda folder: change(folder, lambda about: about.pop("cluster")), "cluster is missing"),
        (lambda folder: change(folder, lambda about: about.update(files=[])), "files is missing"),
        (lambda folder: change(folder, lambda about: about["files"].append(about["files"][0])), "named twice"),
        (lambda folder: change(folder, lambda about: about["files"][0].update(file="../x")), "an entry of files"),
        (lambda folder: change(folder, lambda about: about["files"][0].update(sha256="0")), "an entry of files"),
        (lambda folder: change(folder, lambda about: about["files"][0].update(kind="")), "an entry of files"),
        (lambda folder: change(folder, lambda about: about["files"].append(3)), "an entry of files"),
    ],
)
def test_damaged_backups_are_refused(taken: Path, damage: Callable[[Path], Any], words: str) -> None:
    damage(taken)
    with pytest.raises(BackupError, match=words):
        backup.read_backup(str(taken))
    assert backup_read(str(taken))["problems"]


def test_an_archive_that_leads_out_is_refused(taken: Path) -> None:
    content = archive("is/current/../../../etc/passwd")
    (taken / "is1.tar.gz").write_bytes(content)

    def sign(about: dict[str, Any]) -> None:
        entry = next(entry for entry in about["files"] if entry["file"] == "is1.tar.gz")
        entry.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())

    change(taken, sign)
    with pytest.raises(BackupError, match=r"is1\.tar\.gz: the archive has a path that is not allowed"):
        backup.read_backup(str(taken))


def test_the_directory_above_names_the_backups(taken: Path) -> None:
    for day in ("2026-01-29", "2026-01-30", "2026-01-31"):
        (taken / "all" / day).mkdir(parents=True)
        shutil.copy(taken / "manifest.json", taken / "all" / day)
    with pytest.raises(BackupError, match="its last backups are 2026-01-29, 2026-01-30, 2026-01-31: name one"):
        backup.read_backup(str(taken / "all"))
    with pytest.raises(BackupError, match="is no backup or one that was not finished"):
        backup.read_backup(str(taken / "nowhere"))


def test_what_cannot_be_read(taken: Path) -> None:
    (taken / "is1.tar.gz").unlink()
    (taken / "is1.tar.gz").mkdir()
    with pytest.raises(BackupError, match=r"is1\.tar\.gz cannot be read"):
        backup.read_backup(str(taken))
    (taken / "manifest.json").unlink()
    (taken / "manifest.json").mkdir()
    with pytest.raises(BackupError, match=r"manifest\.json cannot be read"):
        backup.read_backup(str(taken))


def test_backups_of_others_are_refused(taken: Path, deployment: dict[str, Any]) -> None:
    about = backup.read_backup(str(taken))
    about["cluster"] = "other.cluster"
    about["public_host"] = "other.example.org"
    assert backup.foreign(about, deployment) == [
        "the backup is of cluster other.cluster, the inventory says example.cluster (hazelcast_domain)",
        "the backup is of public host other.example.org, the inventory says login.example.org (wso2is_public_host)",
    ]
    change(taken, lambda said: said.update(release="5.7.0"))
    found = backup_read(str(taken), deployment)
    assert found["plan"] == {} and "release 5.7.0" in found["problems"][0]


def test_a_bundle_has_the_passwords_and_no_other_result(deployment: dict[str, Any]) -> None:
    from ansible_collections.identityops.wso2is.plugins.filter.backup_databases import backup_databases

    packed = backup_databases(deployment)
    assert "user&pw" not in packed
    assert unpack(packed)[0]["password"] == "user&pw"


def test_what_is_no_deployment(taken: Path) -> None:
    with pytest.raises(AnsibleFilterError, match="takes a deployment"):
        backup_read(str(taken), [])
    with pytest.raises(AnsibleFilterError, match="backup_read"):
        backup_read(str(taken), {"hosts": {}})
