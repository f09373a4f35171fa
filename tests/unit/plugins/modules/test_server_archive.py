# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module that makes archives and puts them back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.backup_archive import ArchiveError
from ansible_collections.identityops.wso2is.plugins.module_utils.child import ChildDied, ChildTimeout, User
from ansible_collections.identityops.wso2is.plugins.modules import server_archive
from fake_module import ModuleFailed, run_main


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "conf").mkdir(parents=True)
    (folder / "conf/carbon.xml").write_text("<Server/>")
    (folder / "link").symlink_to("/etc")
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path) -> Callable[..., Any]:
    """Runs the module on the home."""

    def call(state: str, check_mode: bool = False, **changes: Any) -> Any:
        path = tmp_path / "archive.tar.gz"
        options: dict[str, Any] = {
            "path": str(path),
            "state": state,
            "roots": [{"name": "is/home", "path": str(home), "required": True}],
            "units": [],
            **changes,
        }
        if state == "put_back" and "sha256" not in options:
            options["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        return run_main(monkeypatch, server_archive, check_mode=check_mode, **options)

    return call


def test_there_and_back(run: Callable[..., Any], home: Path, tmp_path: Path) -> None:
    done = run("made")
    path = tmp_path / "archive.tar.gz"
    assert done["changed"] and done["files"] == 1 and done["links"] == {"is/home/link": "/etc"}
    assert done["releases"] == {"is/home": "home"}
    assert (done["size"], done["sha256"]) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert path.stat().st_mode & 0o777 == 0o600
    assert not run("put_back")["changed"]
    (home / "conf/carbon.xml").write_text("password: secret")
    (home / "conf/other").write_text("x")
    looked = run("put_back", check_mode=True)
    assert looked["diff"]["after"] == f"{home}/conf/carbon.xml\n{home}/conf/other (removed)\n"
    assert (home / "conf/other").exists()
    done = run("put_back")
    assert done["changed"] and (home / "conf/carbon.xml").read_text() == "<Server/>"
    assert not (home / "conf/other").exists()


def test_check_mode_makes_nothing(run: Callable[..., Any], tmp_path: Path) -> None:
    assert run("made", check_mode=True) == {"changed": True}
    assert not (tmp_path / "archive.tar.gz").exists()


def test_another_archive_is_refused(run: Callable[..., Any]) -> None:
    run("made")
    with pytest.raises(ModuleFailed, match=r"has the SHA-256 .* required is 0000"):
        run("put_back", sha256="0" * 64)


def test_what_is_not_there(run: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(ModuleFailed, match="No such file"):
        run("put_back", sha256="0" * 64)
    with pytest.raises(ModuleFailed, match="none is not there; run the playbook"):
        run("made", roots=[{"name": "a", "path": str(tmp_path / "none"), "required": True}])


def test_a_server_that_runs_is_refused(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    run("made")
    monkeypatch.setattr(
        server_archive, "show_units", lambda names: {name: {"active_state": "active"} for name in names}
    )
    with pytest.raises(ModuleFailed, match=r"wso2is\.service runs; stop it"):
        run("put_back", units=["wso2is"])
    assert not run("put_back", check_mode=True, units=["wso2is"])["changed"]
    monkeypatch.setattr(server_archive, "show_units", lambda _names: {})
    assert not run("put_back", units=["wso2is"])["changed"]


def test_as_the_service_user(run: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a child, which changes nothing here as it is the same user."""
    monkeypatch.setattr(server_archive.os, "geteuid", lambda: 0)
    me = {"uid": os.getuid(), "gid": os.getgid()}
    assert run("made", **me)["files"] == 1
    (home / "conf/carbon.xml").write_text("damaged")
    assert run("put_back", **me)["written"] == [f"{home}/conf/carbon.xml"]
    with pytest.raises(ModuleFailed, match="is not there; run the playbook"):
        run("made", roots=[{"name": "a", "path": str(home / "none"), "required": True}], **me)


def test_what_the_service_user_may_not_do_is_done_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def child(_work: Callable[[], Any], user: User) -> Any:
        asked.append(user)
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(server_archive.os, "geteuid", lambda: 0)
    monkeypatch.setattr(server_archive, "run_in_child", child)
    assert server_archive.as_user(lambda: {"files": 2}, User(802, 802)) == {"files": 2}
    assert asked == [User(802, 802)]


def test_a_child_that_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    def child(_work: Callable[[], Any], user: User) -> Any:
        raise ChildDied

    monkeypatch.setattr(server_archive.os, "geteuid", lambda: 0)
    monkeypatch.setattr(server_archive, "run_in_child", child)
    with pytest.raises(ArchiveError, match="ended without an answer"):
        server_archive.as_user(dict, User(802, 802))


def test_a_file_system_that_does_not_answer(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def child(_work: Callable[[], Any], _seconds: float) -> Any:
        raise ChildTimeout

    monkeypatch.setattr(server_archive, "run_in_child", child)
    with pytest.raises(ModuleFailed, match="does not answer within 30 seconds"):
        run("made")
