# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module that dumps and restores databases, with programs that stand in for PostgreSQL's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
from ansible_collections.identityops.wso2is.plugins.module_utils.postgresql_client import Login, PostgresError
from ansible_collections.identityops.wso2is.plugins.modules import postgresql_dumps
from fake_module import ModuleFailed, run_main

DATABASE: dict[str, Any] = {
    "file": "database-user.dump",
    "name": "is user's",
    "username": "is_user",
    "password": "geheim-1",
    "servers": [{"host": "db1", "port": 5432}],
    "variable": "wso2is_databases.user",
    "purposes": ["user"],
}
# Writes what it was called with into the dump, or fails where a file says so.
DUMP = """case "$*" in
--version) echo 'pg_dump (PostgreSQL) 17.5 (Debian 17.5-1)' ;;
*) [ ! -e "$FAKE/fail" ] || { echo "refused for $PGPASSWORD" >&2; exit 1; }
   while [ "$1" != -f ]; do shift; done; printf '%s' "$PGHOST $PGPORT $PGDATABASE $PGUSER $PGPASSWORD" >"$2" ;;
esac
"""
RESTORE = """case "$*" in
--version) echo 'pg_restore (PostgreSQL) 17.5' ;;
*--list*) [ ! -e "$FAKE/unreadable" ] || { echo "unsupported version" >&2; exit 1; } ;;
*) printf '%s\\n' "$*" >"$FAKE/restored" ;;
esac
"""


class Server:
    """Stands in for the connection: servers by host."""

    answers: dict[str, Any]
    others: list[str]
    asked: list[Login]

    def __init__(self, login: Login, _seconds: float) -> None:
        self.asked.append(login)
        answer = self.answers[login.host]
        if isinstance(answer, Exception):
            raise answer
        self.answer = answer

    def rows(self, sql: str) -> list[list[str | None]]:
        if "pg_stat_activity" in sql:
            return [[self.others.pop(0) if len(self.others) > 1 else self.others[0], "192.0.2.21"]]
        return [list(self.answer)]

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Server]:
    for name, text in (("pg_dump", DUMP), ("pg_restore", RESTORE)):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{text}")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE", str(tmp_path))
    monkeypatch.setattr(postgresql_dumps, "PLACES", ())
    monkeypatch.setattr(postgresql_dumps, "Session", Server)
    monkeypatch.setattr(postgresql_dumps.time, "sleep", lambda _seconds: None)
    Server.answers = {"db1": ("17.5 (Debian 17.5-1)", "f")}
    Server.others = ["0"]
    Server.asked = []
    return Server


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, server: type[Server], tmp_path: Path) -> Callable[..., Any]:
    """Runs the module."""

    def call(state: str, check_mode: bool = False, **changes: Any) -> Any:
        databases = changes.pop("databases", [DATABASE])
        options = {"bundle": pack(databases), "directory": str(tmp_path), "state": state, **changes}
        return run_main(monkeypatch, postgresql_dumps, check_mode=check_mode, **options)

    return call


def dumped(tmp_path: Path) -> dict[str, str]:
    return {DATABASE["file"]: hashlib.sha256((tmp_path / DATABASE["file"]).read_bytes()).hexdigest()}


def test_dump(run: Callable[..., Any], tmp_path: Path) -> None:
    done = run("made")
    content = (tmp_path / "database-user.dump").read_text()
    assert content == "db1 5432 is user's is_user geheim-1"
    assert done["databases"] == [
        {
            "file": "database-user.dump",
            "name": "is user's",
            "host": "db1",
            "purposes": ["user"],
            "server_version": "17.5 (Debian 17.5-1)",
            "size": len(content),
            "sha256": hashlib.sha256(content.encode()).hexdigest(),
        }
    ]
    assert "geheim" not in str(done)


def test_check_mode_dumps_nothing(run: Callable[..., Any], tmp_path: Path) -> None:
    assert "sha256" not in run("made", check_mode=True)["databases"][0]
    assert not (tmp_path / "database-user.dump").exists()


def test_restore(run: Callable[..., Any], tmp_path: Path) -> None:
    run("made")
    assert run("put_back", check_mode=True, files=dumped(tmp_path))["databases"]
    assert not (tmp_path / "restored").exists()
    run("put_back", files=dumped(tmp_path))
    said = (tmp_path / "restored").read_text()
    path = tmp_path / "database-user.dump"
    assert said == f"-w --clean --if-exists --single-transaction -d dbname='is user\\'s' {path}\n"
    assert "geheim" not in said


def test_only_named_databases_are_restored(run: Callable[..., Any], tmp_path: Path) -> None:
    run("made")
    assert run("put_back", files={})["databases"] == []
    assert not (tmp_path / "restored").exists()


def test_a_dump_that_is_not_there_yet(run: Callable[..., Any]) -> None:
    files = {DATABASE["file"]: "0" * 64}
    assert run("put_back", check_mode=True, files=files)["databases"]
    with pytest.raises(ModuleFailed, match=r"database-user\.dump: No such file"):
        run("put_back", files=files)


def test_dumps_that_are_refused(run: Callable[..., Any], tmp_path: Path) -> None:
    run("made")
    with pytest.raises(ModuleFailed, match="is not the dump of the backup"):
        run("put_back", files={DATABASE["file"]: "0" * 64})
    (tmp_path / "unreadable").touch()
    with pytest.raises(ModuleFailed, match=r"pg_restore of wso2is_databases.user .* failed: unsupported version"):
        run("put_back", files=dumped(tmp_path))
    assert not (tmp_path / "restored").exists()


def test_a_failed_dump_says_why_without_the_password(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "fail").touch()
    with pytest.raises(
        ModuleFailed, match=r"pg_dump of wso2is_databases.user \(is user's on db1:5432\) failed"
    ) as caught:
        run("made")
    assert "refused for ********" in str(caught.value)


def test_a_program_that_is_missing_or_too_old(
    run: Callable[..., Any], server: type[Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = {"db1": ("18.1", "f")}
    with pytest.raises(ModuleFailed, match=r"pg_dump 17 .* cannot dump PostgreSQL 18. Install the client programs"):
        run("made")
    newer = tmp_path / "18/bin/pg_dump"
    newer.parent.mkdir(parents=True)
    newer.write_text(f"#!/bin/sh\n{DUMP.replace('17.5', '18.1')}")
    newer.chmod(0o755)
    monkeypatch.setattr(postgresql_dumps, "PLACES", (str(tmp_path / "*/bin"),))
    assert run("made")["databases"]
    (tmp_path / "bin/pg_dump").unlink()
    newer.unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(ModuleFailed, match=r"pg_dump is not on this host. Install PostgreSQL's client programs"):
        run("made")


def test_the_server_that_takes_writes_is_chosen(run: Callable[..., Any], server: type[Server]) -> None:
    databases = [{**DATABASE, "servers": [{"host": f"db{number}", "port": 5432} for number in (1, 2, 3)]}]
    server.answers = {"db1": OSError("refused"), "db2": ("17.5", "t"), "db3": ("17.5", "f")}
    assert run("made", databases=databases)["databases"][0]["host"] == "db3"
    server.answers["db3"] = PostgresError("28P01", "password authentication failed")
    with pytest.raises(ModuleFailed, match="db1:5432: refused; db2:5432 is a standby; db3:5432: password"):
        run("made", databases=databases)


def test_other_sessions_are_waited_for(run: Callable[..., Any], server: type[Server], tmp_path: Path) -> None:
    run("made")
    server.others = ["2", "1", "0"]
    assert run("put_back", files=dumped(tmp_path))["changed"]
    (tmp_path / "restored").unlink()
    server.others = ["3"]
    with pytest.raises(ModuleFailed, match=r"used by 3 other sessions \(from 192\.0\.2\.21\)"):
        run("put_back", files=dumped(tmp_path), quiet_timeout=0)
    assert not (tmp_path / "restored").exists()


def test_a_server_that_goes_away_while_it_is_waited_for(server: type[Server]) -> None:
    server.answers = {"db1": OSError("reset")}
    place = postgresql_dumps.Place("db1", 5432, "17.5")
    with pytest.raises(postgresql_dumps.DumpError, match="cannot be used: reset"):
        postgresql_dumps.wait_until_quiet(DATABASE, place, 1, 0)


@pytest.mark.parametrize(
    "bundle",
    ["nonsense", pack({}), pack([{"file": "a"}]), pack([{**DATABASE, "file": "../a"}]), pack([3])],
)
def test_bundles_that_are_none(run: Callable[..., Any], bundle: str) -> None:
    with pytest.raises(ModuleFailed, match="bundle"):
        run("made", bundle=bundle)


@pytest.mark.parametrize(
    ("text", "major"),
    [("pg_dump (PostgreSQL) 9.6.24", 9), ("pg_dump (PostgreSQL) 18beta1", 18), ("something", None)],
)
def test_versions(text: str, major: int | None) -> None:
    assert postgresql_dumps.parse_version(text) == major
    assert postgresql_dumps.leading_number("17.5") == 17
    assert postgresql_dumps.leading_number("devel") == 0
