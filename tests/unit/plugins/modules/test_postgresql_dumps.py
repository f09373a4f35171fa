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
from ansible_collections.identityops.wso2is.plugins.module_utils import restore_stream
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
# Writes the script that a file holds, and fails after it where a file says why.
RESTORE = """case "$*" in
--version) echo 'pg_restore (PostgreSQL) 17.5' ;;
*--list*) [ ! -e "$FAKE/unreadable" ] || { echo "unsupported version" >&2; exit 1; }; cat "$FAKE/listing" ;;
*) printf '%s\\n' "$*" >"$FAKE/restored"
   while [ "$1" != -L ]; do shift; done; stat -c %a "$2" >"$FAKE/mode"; cat "$2" >"$FAKE/entries"
   cat "$FAKE/script"
   [ ! -e "$FAKE/broken" ] || { cat "$FAKE/broken" >&2; exit 1; } ;;
esac
"""
# Keeps what it gets, or fails before it reads anything where a file says why, or after it has read all.
PSQL = """case "$*" in
--version) echo 'psql (PostgreSQL) 17.5' ;;
*) printf '%s\\n' "$*" "$PGHOST $PGPORT $PGUSER $PGPASSWORD" >"$FAKE/asked"
   [ ! -e "$FAKE/refused" ] || { cat "$FAKE/refused" >&2; echo "said to $PGPASSWORD" >&2; exit 3; }
   cat >"$FAKE/sent"
   [ ! -e "$FAKE/wrong" ] || { cat "$FAKE/wrong" >&2; exit 3; } ;;
esac
"""
LISTING = """;
; Archive created at 2025-06-01 12:00:00 UTC
;     dbname: is user's
;     Dumped by pg_dump version: 17.5
;
6; 2615 2200 SCHEMA - public postgres
3387; 0 0 COMMENT - SCHEMA public postgres
3388; 0 0 ACL - SCHEMA public postgres
2; 3079 16384 EXTENSION - plpgsql
3391; 0 0 COMMENT - EXTENSION pgcrypto
"""
KEPT = """215; 1259 16386 TABLE public um_user is_user
3390; 0 0 COMMENT public TABLE um_user is_user
3392; 0 0 ACL public TABLE um_user is_user
7; 2615 16390 SCHEMA - public_2 is_user
3378; 0 16386 TABLE DATA public um_user is_user
3235; 2606 16391 CONSTRAINT public um_user SCHEMA - public is_user
"""
SETTINGS = """--
-- PostgreSQL database dump
--

\\restrict key

-- Dumped by pg_dump version 17.5

BEGIN;

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
"""
# Rows that look like settings or like the end are rows.
REST = """SET check_function_bodies = false;

COPY public.um_user (name) FROM stdin;
BEGIN;
SET lock_timeout = 0;
SET transaction_timeout = 0;
COMMIT;
\\.
"""
FINISH = """
COMMIT;

--
-- PostgreSQL database dump complete
--

\\unrestrict key

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
    (tmp_path / "listing").write_text(LISTING + KEPT)
    (tmp_path / "script").write_text(SETTINGS + REST + FINISH)
    for name, text in (("pg_dump", DUMP), ("pg_restore", RESTORE), ("psql", PSQL)):
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
            "program_version": 17,
        }
    ]
    assert "geheim" not in str(done)


def test_check_mode_dumps_nothing(run: Callable[..., Any], tmp_path: Path) -> None:
    assert not {"sha256", "program_version"} & set(run("made", check_mode=True)["databases"][0])
    assert not (tmp_path / "database-user.dump").exists()


def started(text: str) -> str:
    """What psql gets for the settings of a script."""
    kept = text.replace("BEGIN;\n", "").replace("SET lock_timeout = 0;\n", "")
    return f"BEGIN;\nSET lock_timeout = '60s';\n{kept}"


def test_restore(run: Callable[..., Any], tmp_path: Path) -> None:
    run("made")
    assert run("put_back", check_mode=True, files=dumped(tmp_path))["databases"]
    assert not (tmp_path / "restored").exists()
    done = run("put_back", files=dumped(tmp_path))
    assert done["changed"]
    assert "geheim" not in str(done)
    *options, entries, path = (tmp_path / "restored").read_text().split()
    assert options == ["--clean", "--if-exists", "--no-owner", "--single-transaction", "-f", "-", "-L"]
    assert path == str(tmp_path / "database-user.dump")
    assert Path(entries).parent == tmp_path
    assert Path(entries).name.startswith("tmp")
    assert (tmp_path / "mode").read_text() == "600\n"
    assert (tmp_path / "entries").read_text() == LISTING[: LISTING.index("6;")] + KEPT
    assert (tmp_path / "asked").read_text().splitlines() == [
        "-X -q -w -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d dbname='is user\\'s' -f -",
        "db1 5432 is_user geheim-1",
    ]
    assert (tmp_path / "sent").read_text() == started(SETTINGS) + REST + FINISH
    assert not list(tmp_path.glob("tmp*"))


@pytest.mark.parametrize("release", ["16.9", "9.6.24"])
def test_a_server_that_does_not_know_transaction_timeout(
    run: Callable[..., Any], server: type[Server], tmp_path: Path, release: str
) -> None:
    run("made")
    server.answers = {"db1": (release, "f")}
    run("put_back", files=dumped(tmp_path))
    settings = SETTINGS.replace("SET transaction_timeout = 0;\n", "")
    assert (tmp_path / "sent").read_text() == started(settings) + REST + FINISH


def test_a_script_that_is_long(run: Callable[..., Any], tmp_path: Path) -> None:
    run("made")
    script = SETTINGS + "row\n" * 1_000_000 + REST + FINISH
    (tmp_path / "script").write_text(script)
    run("put_back", files=dumped(tmp_path))
    assert (tmp_path / "sent").read_text() == started(SETTINGS) + script[len(SETTINGS) :]


@pytest.mark.parametrize("script", [SETTINGS + REST + FINISH, SETTINGS + "row\n" * 1_000_000, FINISH, ""])
def test_nothing_is_committed_when_pg_restore_fails(run: Callable[..., Any], tmp_path: Path, script: str) -> None:
    run("made")
    (tmp_path / "script").write_text(script)
    (tmp_path / "broken").write_text("pg_restore: error: end of file for geheim-1\n")
    with pytest.raises(
        ModuleFailed, match=r"^pg_restore of wso2is_databases.user \(is user's on db1:5432\) failed: pg_restore: error"
    ) as caught:
        run("put_back", files=dumped(tmp_path))
    assert str(caught.value).endswith("end of file for ********")
    assert "\nCOMMIT;\n\n" not in (tmp_path / "sent").read_text()
    assert not list(tmp_path.glob("tmp*"))


def test_a_script_without_a_commit_is_no_success(run: Callable[..., Any], tmp_path: Path) -> None:
    run("made")
    (tmp_path / "script").write_text(SETTINGS)
    with pytest.raises(ModuleFailed, match=r"^pg_restore of .* failed: its script has no COMMIT$"):
        run("put_back", files=dumped(tmp_path))


# The longer one does not fit into the pipe.
@pytest.mark.parametrize("rows", [1, 1_000_000])
def test_psql_that_fails_says_why_without_the_password(run: Callable[..., Any], tmp_path: Path, rows: int) -> None:
    run("made")
    (tmp_path / "script").write_text(SETTINGS + "row\n" * rows + FINISH)
    (tmp_path / "refused").write_text("ERROR:  42501: must be owner of table um_user\n")
    with pytest.raises(ModuleFailed, match=r"^psql of wso2is_databases.user .* failed: ERROR:  42501") as caught:
        run("put_back", files=dumped(tmp_path))
    assert str(caught.value).endswith("must be owner of table um_user\nsaid to ********")
    assert not list(tmp_path.glob("tmp*"))


def test_both_programs_that_fail_are_named(run: Callable[..., Any], tmp_path: Path) -> None:
    run("made")
    (tmp_path / "broken").write_text("incorrect data check\n")
    (tmp_path / "wrong").write_text("ERROR:  22P02: invalid input syntax\n")
    message = r"^psql of .* failed: ERROR:  22P02: invalid input syntax; pg_restore of .* failed: incorrect data check$"
    with pytest.raises(ModuleFailed, match=message):
        run("put_back", files=dumped(tmp_path))


def test_a_program_that_fails_without_a_word(run: Callable[..., Any], tmp_path: Path) -> None:
    run("made")
    (tmp_path / "broken").touch()
    with pytest.raises(ModuleFailed, match=r"^pg_restore of .* failed: it ended with 1$"):
        run("put_back", files=dumped(tmp_path))


@pytest.mark.parametrize(
    "text",
    ["ERROR:  canceling statement due to lock timeout", "FEHLER:  55P03: storniere Anfrage wegen Zeitüberschreitung"],
)
def test_a_table_that_somebody_holds(run: Callable[..., Any], tmp_path: Path, text: str) -> None:
    run("made")
    (tmp_path / "wrong").write_text(f"{text}\n")
    with pytest.raises(ModuleFailed, match=r"look for it in pg_stat_activity and pg_locks, end it, and run again"):
        run("put_back", files=dumped(tmp_path))


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("; comment", True),
        (";     dbname: 2; 3079 16384 EXTENSION - plpgsql ", True),
        ("2; 3079 16384 EXTENSION - plpgsql ", False),
        ("3391; 0 0 COMMENT - EXTENSION pgcrypto ", False),
        ("5; 2615 2200 SCHEMA - public postgres", False),
        ("3391; 0 0 COMMENT - SCHEMA public postgres", False),
        ("3392; 0 0 ACL - SCHEMA public postgres", False),
        # As pg_dump 10 and older names it.
        ("3392; 0 0 ACL - public postgres", False),
        ("6; 2615 16390 SCHEMA - public_2 is_user", True),
        ("3392; 0 0 ACL - SCHEMA public_2 is_user", True),
        ("3392; 0 0 COMMENT - SCHEMA other is_user", True),
        ("215; 1259 16386 TABLE public um_user is_user", True),
        ("3390; 0 0 COMMENT public TABLE um_user is_user", True),
        ("3392; 0 0 ACL public TABLE um_user is_user", True),
        ("3378; 0 16386 TABLE DATA public EXTENSION - x is_user", True),
    ],
)
def test_entries_of_the_administrator_are_left_out(line: str, kept: bool) -> None:
    around = "1; 1259 1 TABLE public a\u2028b is_user\n{}9; 1259 9 TABLE public um_role is_user\n"
    assert restore_stream.kept_entries(around.format(f"{line}\n")) == around.format(f"{line}\n" if kept else "")


@pytest.mark.parametrize(("major", "left"), [(15, False), (16, False), (17, True), (18, True)])
def test_settings_are_fit_for_the_server(major: int, left: bool) -> None:
    script = iter((SETTINGS + REST).encode().splitlines(keepends=True))
    sent = b"".join(restore_stream.opening(script, major)).decode()
    assert sent.startswith("BEGIN;\nSET lock_timeout = '60s';\n--\n")
    assert sent.count("BEGIN;") == sent.count("lock_timeout") == 1
    assert ("SET transaction_timeout = 0;\n" in sent) is left
    assert sent.endswith("SET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);\n")
    assert b"".join(script).decode() == REST


def test_settings_end_after_so_many_lines() -> None:
    script = iter([b"SET lock_timeout = 0;\n"] * 100)
    assert list(restore_stream.opening(script, 17)) == [b"BEGIN;\nSET lock_timeout = '60s';\n"]
    assert len(list(script)) == 40


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


@pytest.mark.parametrize("check_mode", [True, False])
def test_pg_restore_that_is_older_than_the_dumps(run: Callable[..., Any], tmp_path: Path, check_mode: bool) -> None:
    files = {DATABASE["file"]: "0" * 64}
    with pytest.raises(
        ModuleFailed,
        match=r"pg_restore 17 \(.*/bin/pg_restore\) cannot restore what pg_dump 18 wrote. Install the client programs "
        r"of PostgreSQL 18 or later on this host, or name another host of the inventory in backup_database_host",
    ):
        run("put_back", check_mode=check_mode, files=files, program_version=18)
    assert run("put_back", check_mode=True, files=files, program_version=17)["databases"]
    run("made")
    assert run("put_back", files=dumped(tmp_path), program_version=16)["changed"]


@pytest.mark.parametrize(("name", "state"), [("pg_dump", "made"), ("pg_restore", "put_back"), ("psql", "put_back")])
def test_a_missing_program_is_found_in_check_mode(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, state: str
) -> None:
    (tmp_path / "bin" / name).unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(ModuleFailed, match=rf"^{name} is not on this host. Install PostgreSQL's client programs"):
        run(state, check_mode=True)


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
    with pytest.raises(ModuleFailed, match=r"used by 3 other sessions \(from 192\.0\.2\.21\)") as caught:
        run("put_back", files=dumped(tmp_path), quiet_timeout=0)
    assert f"are ended by {postgresql_dumps.END_SESSIONS}, run as the database's user" in str(caught.value)
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
