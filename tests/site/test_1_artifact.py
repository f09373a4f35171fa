# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Galaxy gets: what users need, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile

import pytest
import yaml
from conftest import NEEDED, ROOT, User

TOP = NEEDED | {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "changelogs", "docs"}


@pytest.fixture(scope="module")
def files(user: User) -> dict[str, int]:
    """Files of the artifact and their sizes."""
    with tarfile.open(user.artifact) as archive:
        return {member.name: member.size for member in archive if not member.isdir()}


def test_only_what_users_need(files: dict[str, int], user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert {name.split("/")[0] for name in files} <= TOP
    with capsys.disabled():
        sys.stdout.write(f"\n  {user.artifact.name}: {user.artifact.stat().st_size} bytes, {len(files)} files, ")
        sys.stdout.write(f"{sum(files.values())} bytes unpacked\n")


def test_nothing_that_a_tool_left_behind(files: dict[str, int]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert set(files) - set(listed) == {"MANIFEST.json", "FILES.json"}


def test_nothing_for_developers(files: dict[str, int]) -> None:
    assert {name.rpartition(".")[2] for name in files if name.startswith("docs/")} <= {"md", "svg", "png"}
    assert not [name for name in files if "/molecule/" in name or "/tests/" in name or "/lab/" in name]


def test_everything_that_is_needed_is_there(files: dict[str, int]) -> None:
    needed = subprocess.run(
        ["git", "ls-files", "--cached", "meta", "plugins", "roles", "playbooks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert {name for name in needed if (ROOT / name).exists()} <= set(files)


def test_it_is_small(user: User) -> None:
    assert user.artifact.stat().st_size < 600_000


def test_it_depends_on_no_other_collection(user: User) -> None:
    installed = list((user.collections / "ansible_collections").glob("*/*"))
    assert [path.name for path in installed] == ["wso2is"]
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"] == {}


def test_versions_agree(user: User) -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    variables = yaml.safe_load((ROOT / "playbooks/new_site.yml").read_text())[0]["vars"]
    environment = yaml.safe_load((ROOT / "execution-environment.yml").read_text())
    assert variables["__new_site_version"] == version
    assert environment["dependencies"]["galaxy"]["collections"] == [{"name": "identityops.wso2is", "version": version}]
    assert user.artifact.name == f"identityops-wso2is-{version}.tar.gz"
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    core = environment["dependencies"]["ansible_core"]["package_pip"]
    assert core == f"ansible-core{runtime['requires_ansible']}"


def test_the_execution_environment_reads_files_that_are_there(files: dict[str, int]) -> None:
    needs = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text())["dependencies"]
    assert set(needs) == {"python", "system"}
    assert set(needs.values()) <= set(files)
