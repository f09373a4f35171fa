# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""analytics_logins with a psql of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.modules import analytics_logins as logins

DATABASE = {"host": "db.example", "port": 5433, "name": "stats", "username": "reader", "password": "pass-1"}
ROW = {"username": "alice", "node": "192.0.2.21", "worker": "analytics1-worker", "logins": 1}


def psql(folder: Path, script: str) -> str:
    path = folder / "psql"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return str(path)


def test_the_password_is_in_the_environment_only(tmp_path: Path) -> None:
    program = psql(
        tmp_path,
        f"""cd {tmp_path}; echo "$@" >arguments; cat >query; env >environment; echo '{json.dumps([ROW])}'\n""",
    )
    assert logins.read_rows(program, DATABASE, ["alice", "o'neil"]) == [ROW]
    arguments = (tmp_path / "arguments").read_text()
    assert "pass-1" not in arguments
    assert """users=["alice", "o'neil"]""" in arguments
    environment = (tmp_path / "environment").read_text().splitlines()
    assert {"PGPASSWORD=pass-1", "PGHOST=db.example", "PGPORT=5433", "PGDATABASE=stats", "PGUSER=reader"} <= set(
        environment
    )
    assert "pass-1" not in (tmp_path / "query").read_text()


def test_a_failure_is_said_without_the_password(tmp_path: Path) -> None:
    program = psql(tmp_path, "echo 'psql: error: pass-1 is wrong' >&2; exit 2\n")
    with pytest.raises(logins.ReadError, match=r"^psql: error: \*{8} is wrong$"):
        logins.read_rows(program, DATABASE, ["alice"])


def test_what_is_missing() -> None:
    assert logins.look(["alice", "bob"], lambda: [ROW]) == {
        "ok": False,
        "rows": [ROW],
        "missing": ["bob"],
        "problem": None,
    }
    assert logins.look(["alice"], lambda: [ROW])["ok"]


def test_a_table_that_cannot_be_read() -> None:
    def read() -> list[dict[str, Any]]:
        raise logins.ReadError("no such table")

    assert logins.look(["alice"], read) == {"ok": False, "rows": [], "missing": ["alice"], "problem": "no such table"}


def test_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins.time, "sleep", lambda _seconds: None)
    answers = iter([{"ok": False}, {"ok": False}, {"ok": True}])
    assert logins.wait_for(lambda: next(answers), 60)["ok"]
    assert not logins.wait_for(lambda: {"ok": False}, 0)["ok"]
