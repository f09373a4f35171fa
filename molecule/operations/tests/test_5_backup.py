# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup of the cluster, damage, and a restore after which everything is as before."""

from __future__ import annotations

import json
import shutil
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from converged import IS_NODES, ROOT, Run, passwords_in
from scenario import Scenario

PATTERN = ("-e", "wso2is_pattern=1")
HOME = "/opt/wso2/is/current"
STORES = "/mnt/wso2is-shared/userstores"
STORE = f"{STORES}/OPERATIONS.xml"
DROPIN = f"{HOME}/repository/components/dropins/operations.txt"
CARBON = f"{HOME}/repository/conf/carbon.xml"
KEYSTORE = f"{HOME}/repository/resources/security/wso2carbon.jks"
# Stands for the embedded database that a pack keeps there.
LOCAL = "/var/lib/wso2/is/database/OPERATIONS.h2.db"
USER_STORE = """<?xml version="1.0" encoding="UTF-8"?>
<UserStoreManager class="org.wso2.carbon.user.core.jdbc.JDBCUserStoreManager">
  <Property name="DomainName">OPERATIONS</Property>
  <Property name="Disabled">true</Property>
</UserStoreManager>
"""
USERS = "SELECT um_id, um_user_name, um_user_password, um_salt_value FROM um_user ORDER BY um_id"


def state(scenario: Scenario) -> dict[str, Any]:
    """What a restore must bring back: files with mode and owner by node, and the rows of the users."""
    find = (
        f"find -L {HOME}/repository/conf {HOME}/repository/resources {HOME}/repository/components/dropins {STORES}"
        f" {Path(LOCAL).parent}"
        " /mnt/wso2is-shared/eventpublishers -type f -printf '%p %m %u:%g ' -exec sha256sum {} \\; | sort"
    )
    files = {node: scenario.on(node, "sh", "-c", find) for node in IS_NODES}
    return {**files, "users": scenario.sql("is_user", USERS)}


def write(scenario: Scenario, node: str, path: str, text: str, user: str = "root") -> None:
    """Write a file on a node as a user."""
    command = f"umask 027; cat >{path} <<'END'\n{text}END"
    scenario.on(node, "runuser", "-u", user, "--", "sh", "-c", command)


@pytest.fixture(scope="module")
def taken(
    scenario: Scenario, play: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """A backup, and the state in which it was taken: with a user store and a file put there by hand."""
    write(scenario, "is1", STORE, USER_STORE, "wso2carbon")
    write(scenario, "is2", DROPIN, "by hand\n")
    write(scenario, "is2", LOCAL, "local\n", "wso2carbon")
    before = state(scenario)
    assert before["users"]
    files = {node: scenario.files(node) for node in IS_NODES}
    folder = tmp_path_factory.mktemp("backups")
    run = play("backup", "-e", f"backup_dir={folder}", "-e", "backup_databases=true", log="backup")
    assert run.code == 0, run.output[-5000:]
    assert run.output.count("It holds secrets") == 1 and passwords_in(run.output) == []
    # Nobody was disturbed, and nothing is left.
    assert {node: scenario.files(node) for node in IS_NODES} == files
    for node in IS_NODES:
        assert scenario.on(node, "sh", "-c", "ls /var/tmp | grep wso2is- || true") == ""
    (backup,) = folder.iterdir()
    return backup, before


def changed(backup: Path, target: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A copy of a backup with another manifest."""
    shutil.copytree(backup, target)
    about = json.loads((target / "manifest.json").read_text())
    change(about)
    (target / "manifest.json").write_text(json.dumps(about))
    return target


def test_backup_is_complete_and_private(taken: tuple[Path, dict[str, Any]]) -> None:
    backup, _before = taken
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in backup.iterdir()} == {0o600}
    about = json.loads((backup / "manifest.json").read_text())
    assert [entry["file"] for entry in about["files"]] == [
        "database-identity.dump",
        "database-user.dump",
        "database-workflow.dump",
        "is1.tar.gz",
        "is2.tar.gz",
        "shared-artifacts.tar.gz",
    ]
    assert {path.name for path in backup.iterdir()} == {entry["file"] for entry in about["files"]} | {"manifest.json"}
    assert passwords_in((backup / "manifest.json").read_text()) == []
    with tarfile.open(backup / "is2.tar.gz") as archive:
        names = archive.getnames()
    assert f"is/current/{DROPIN.removeprefix(f'{HOME}/')}" in names
    assert f"is/current/{KEYSTORE.removeprefix(f'{HOME}/')}" in names
    assert f"is/linked/repository/database/{Path(LOCAL).name}" in names
    assert not any("/components/plugins/" in name or "/userstores" in name for name in names)
    with tarfile.open(backup / "shared-artifacts.tar.gz") as archive:
        assert "shared-artifacts/userstores/OPERATIONS.xml" in archive.getnames()


def test_damaged_and_foreign_backups_are_refused(
    scenario: Scenario, taken: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    backup, before = taken
    damaged = tmp_path / "damaged"
    shutil.copytree(backup, damaged)
    content = bytearray((damaged / "is1.tar.gz").read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / "is1.tar.gz").write_bytes(content)
    foreign = changed(backup, tmp_path / "foreign", lambda about: about.update(cluster="other.example"))
    older = changed(backup, tmp_path / "older", lambda about: about.update(release="5.7.0"))
    for folder, words in (
        (damaged, ("is1.tar.gz has the SHA-256", "Nothing was changed.")),
        (foreign, ("the backup is of cluster other.example", "hazelcast_domain")),
        (older, ("the backup is of release 5.7.0", "wso2is_release")),
        (backup.parent, ("manifest.json", backup.name)),
    ):
        arguments = (*PATTERN, "-e", f"restore_from={folder}", "-e", "restore_databases=true")
        scenario.refuse(*arguments, log=f"restore-{folder.name}", words=words, playbook=ROOT / "playbooks/restore.yml")
    assert state(scenario) == before


def test_a_part_is_backed_up_with_the_databases(scenario: Scenario, play: Callable[..., Run], tmp_path: Path) -> None:
    """The first node, which runs pg_dump else, may be what was lost."""
    arguments = ("-e", f"backup_dir={tmp_path}", "-e", "backup_databases=true")
    limit = ("--limit", "localhost:all:!is1")
    refused = play("backup", *arguments, *limit, log="backup-no-programs")
    assert refused.code not in (0, 4)
    assert "pg_dump is not on this host. Install PostgreSQL's client programs" in " ".join(refused.output.split())
    shutil.rmtree(next(tmp_path.iterdir()))
    scenario.on(
        "is2", "sh", "-c", "apt-get -qq update && apt-get -qq install -y --no-install-recommends postgresql-client"
    )
    run = play("backup", *arguments, *limit, log="backup-part")
    assert run.code == 0, run.output[-5000:]
    (backup,) = tmp_path.iterdir()
    names = {path.name for path in backup.iterdir()}
    assert {"database-user.dump", "is2.tar.gz", "shared-artifacts.tar.gz"} <= names and "is1.tar.gz" not in names

    refused = play("backup", *arguments, "--limit", "localhost:lb1", log="backup-nobody")
    assert refused.code not in (0, 4)
    assert "No database was dumped" in " ".join(refused.output.split())


def test_a_part_is_restored_without_the_share(
    scenario: Scenario, play: Callable[..., Run], taken: tuple[Path, dict[str, Any]]
) -> None:
    """is1 runs, and would undeploy what is taken off the share."""
    backup, before = taken
    write(scenario, "is1", f"{STORES}/MEANWHILE.xml", USER_STORE.replace("OPERATIONS", "MEANWHILE"), "wso2carbon")
    scenario.on("is2", "rm", DROPIN)
    started = scenario.started("is1", "wso2is")
    run = play("restore", "-e", f"restore_from={backup}", "--limit", "localhost:is2", log="restore-part")
    assert run.code == 0, run.output[-5000:]
    assert "The shared artifacts stay as they are, because is1 is not in this run" in " ".join(run.output.split())
    assert scenario.started("is1", "wso2is") == started
    scenario.on("is2", "test", "-e", DROPIN)
    scenario.on("is1", "rm", f"{STORES}/MEANWHILE.xml")
    assert state(scenario) == before


def test_restore_brings_everything_back(
    scenario: Scenario, play: Callable[..., Run], taken: tuple[Path, dict[str, Any]]
) -> None:
    backup, before = taken
    scenario.on("is1", "rm", STORE)
    write(scenario, "is1", f"{STORES}/SINCE.xml", USER_STORE.replace("OPERATIONS", "SINCE"), "wso2carbon")
    scenario.on("is1", "sed", "-i", "s/<Server /<Server damaged /", CARBON)
    scenario.on("is2", "rm", KEYSTORE, DROPIN, LOCAL)
    write(scenario, "is2", f"{HOME}/repository/conf/since.xml", "<since/>\n")
    scenario.sql("is_user", "SET session_replication_role = replica; DELETE FROM um_user")
    damaged = state(scenario)
    assert damaged != before
    started = {node: scenario.started(node, "wso2is") for node in IS_NODES}
    arguments = ("-e", f"restore_from={backup}", "-e", "restore_databases=true")

    check = play("restore", *arguments, "--check", log="restore-check")
    assert check.code == 0, check.output[-5000:]
    assert "since.xml (is removed)" in check.output and STORE in check.output
    assert state(scenario) == damaged
    assert {node: scenario.started(node, "wso2is") for node in IS_NODES} == started

    run = play("restore", *arguments, log="restore")
    assert run.code == 0, run.output[-5000:]
    assert passwords_in(run.output) == []
    assert state(scenario) == before
    for node in IS_NODES:
        assert scenario.started(node, "wso2is") > started[node]
        assert scenario.on(node, "sh", "-c", "ls /var/tmp | grep wso2is- || true") == ""


def test_nothing_is_to_be_done_after_a_restore(scenario: Scenario) -> None:
    run = scenario.converge(log="after-restore")
    assert run.code == 0 and run.changed == {}, run.output[-5000:]


def test_what_the_tests_put_there_is_removed(scenario: Scenario) -> None:
    scenario.on("is1", "rm", STORE)
    scenario.on("is2", "rm", DROPIN, LOCAL)
