# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating schemas in PostgreSQL. The transaction itself is proven on a real server by the scenarios."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import bundle
from ansible_collections.identityops.wso2is.plugins.module_utils import schema_script as scripts
from ansible_collections.identityops.wso2is.plugins.modules import postgresql_schemas
from ansible_collections.identityops.wso2is.plugins.modules.postgresql_schemas import Answer, SchemaError
from hypothesis import given
from hypothesis import strategies as st

PASSWORD = "s3cret-Pass"
DATABASE = {"host": "db.example.org", "port": 5432, "name": "is_user", "username": "wso2", "password": PASSWORD}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_bundle_gives_back_what_it_was_given(data: Any) -> None:
    assert bundle.unpack(bundle.pack(data)) == data
    assert bundle.pack(data) == bundle.pack(bundle.unpack(bundle.pack(data)))


@pytest.mark.parametrize("text", ["", "no bundle", "bm8gYnVuZGxl", bundle.pack([1])[:-6], "ä"])
def test_what_is_no_bundle_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match="not a bundle") as error:
        bundle.unpack(text)
    assert error.value.__cause__ is None


SCRIPT = """-- first; comment 'with quote
DROP TABLE IF EXISTS UM_TENANT;
CREATE TABLE UM_TENANT ( -- inner; comment
  UM_ID INTEGER /* block; /* nested; */ 'x */,
  NOTE VARCHAR(20) DEFAULT ';''--',
  "odd;name" INTEGER
);
CREATE FUNCTION f() RETURNS trigger AS $body$ BEGIN; RETURN NEW; END; $body$ LANGUAGE plpgsql;
INSERT INTO UM_TENANT VALUES (E'it\\'s; fine')
"""


def test_statements_end_at_the_right_semicolons() -> None:
    found = scripts.split_statements(SCRIPT)
    assert [statement.code.split()[0] for statement in found] == ["DROP", "CREATE", "CREATE", "INSERT"]
    assert "inner" not in found[1].code
    assert '"odd;name"' in found[1].code


@given(st.lists(st.sampled_from(["a", ";", "'x;'", "--c;\n", "/*;*/", "$$;$$", '"q;"', " ", "\n"]), max_size=20))
def test_statements_cover_the_code(parts: list[str]) -> None:
    script = "".join(parts)
    found = scripts.split_statements(script)
    assert all(0 <= item.start < item.end <= len(script) for item in found)
    assert [item.end for item in found] == sorted(item.end for item in found)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("SELECT 'open;\n", "string in line 1"),
        ("SELECT 1;\n/* open", "comment that begins in line 2"),
        ("SELECT 1;\n\nCREATE FUNCTION f() AS $$ x", "body that begins in line 3"),
        ("SELECT 1;\nROLLBACK;", "ROLLBACK"),
        ("SAVEPOINT a;", "SAVEPOINT"),
        ("\\! rm -rf /\n", "backslash"),
        ("SELECT 1;\n\\i other.sql\n", "backslash"),
    ],
)
def test_scripts_that_can_not_be_one_transaction(script: str, reason: str) -> None:
    with pytest.raises(scripts.ScriptError, match=reason):
        scripts.clean_script(script)


def test_transactions_of_the_script_become_empty_lines() -> None:
    script = "-- x\nBEGIN;\nCREATE TABLE A (B INT);\nCOMMIT;\nSTART TRANSACTION;\nCREATE TABLE C (D INT);\nEND\n"
    cleaned = scripts.clean_script(script)
    assert cleaned.count("\n") == script.count("\n")
    assert cleaned.split("\n")[2] == "CREATE TABLE A (B INT);"
    assert not any(word in cleaned for word in ("BEGIN", "COMMIT", "START", "END"))


def test_backslashes_in_strings_are_fine() -> None:
    script = "INSERT INTO A VALUES ('C:\\dir', E'a\\nb');\n"
    assert scripts.clean_script(script) == script
    assert scripts.clean_script("\ufeffSELECT 1;\r\nSELECT 2;\r\n") == "SELECT 1;\nSELECT 2;\n"


def test_endangered_tables() -> None:
    script = (
        SCRIPT
        + '; CREATE TABLE IF NOT EXISTS SAFE (A INT); create table public."Quoted" (A INT); DROP SEQUENCE IF EXISTS S;'
    )
    assert scripts.endangered_tables(script) == ['public."Quoted"', "um_tenant"]


def test_marker_is_folded_and_checked() -> None:
    assert scripts.check_marker("UM_TENANT") == "um_tenant"
    for name in ("a b", "a;b", "'", "", "a.b.c"):
        with pytest.raises(scripts.ScriptError, match="not the name"):
            scripts.check_marker(name)


def test_transaction_tests_the_marker_behind_the_lock_and_before_the_script() -> None:
    sql, before = scripts.create_sql("um_tenant", "DROP TABLE IF EXISTS UM_TENANT;\nSELECT 1", True)
    lines = sql.split("\n")
    assert lines[before] == "DROP TABLE IF EXISTS UM_TENANT;"
    places = [
        sql.index(word)
        for word in ("BEGIN;", "pg_advisory_xact_lock", "to_regclass('um_tenant')", "\\else", "DROP TABLE", "COMMIT;")
    ]
    assert places == sorted(places)
    assert "ARRAY['um_tenant']" in sql
    assert "ARRAY[]::text[]" in scripts.create_sql("um_tenant", "DROP TABLE UM_TENANT;", False)[0]


class Server:
    """Answers like psql: a set of databases, each with its tables."""

    def __init__(self, tables: dict[str, set[str]]) -> None:
        self.tables = tables
        self.created: list[str] = []

    def __call__(self, database: dict[str, Any], sql: str) -> Answer:
        name = database["name"]
        if name not in self.tables:
            return Answer(
                2, "", 'psql: error: connection to server failed: FATAL:  database "%s" does not exist\n' % name
            )
        if sql.startswith("SHOW"):
            markers = [line.split("'")[1] for line in sql.splitlines()[1:]]
            return Answer(
                0,
                "17.5 (Debian)\n"
                + "".join("%s\n" % ("t" if marker in self.tables[name] else "f") for marker in markers),
                "",
            )
        marker = sql.split("to_regclass('")[-1].split("'")[0]
        if marker in self.tables[name]:
            return Answer(0, "present\n", "")
        if "FAIL" in sql:
            line = sql[: sql.index("FAIL")].count("\n") + 1
            return Answer(3, "", 'psql:<stdin>:%d: ERROR:  syntax error at or near "FAIL"\n' % line)
        self.created.append(marker)
        self.tables[name].add(marker)
        return Answer(0, "created\n", "")


def packed(*databases: tuple[str, list[tuple[str, str, str]]]) -> str:
    return bundle.pack(
        [
            {
                "database": dict(DATABASE, name=name),
                "schemas": [{"name": schema, "marker": marker, "script": script} for schema, marker, script in schemas],
            }
            for name, schemas in databases
        ]
    )


def result() -> dict[str, Any]:
    return {"changed": False, "created": [], "present": [], "databases": [], "messages": []}


GOOD = packed(
    ("is_user", [("user", "UM_TENANT", "CREATE TABLE UM_TENANT (A INT);")]),
    ("is_identity", [("identity", "IDN_BASE_TABLE", "x;"), ("consent", "CM_PURPOSE", "y;")]),
)


def test_only_what_is_missing_is_created() -> None:
    server = Server({"is_user": {"um_tenant"}, "is_identity": set()})
    done = result()
    postgresql_schemas.run(postgresql_schemas.read_targets(GOOD), server, True, False, done)
    assert (done["present"], done["created"], done["changed"]) == (["user"], ["identity", "consent"], True)
    assert server.created == ["idn_base_table", "cm_purpose"]
    again = result()
    postgresql_schemas.run(postgresql_schemas.read_targets(GOOD), server, True, False, again)
    assert (again["changed"], again["created"]) == (False, [])
    assert PASSWORD not in repr(done)


def test_check_mode_creates_nothing() -> None:
    server = Server({"is_user": {"um_tenant"}, "is_identity": set()})
    done = result()
    postgresql_schemas.run(postgresql_schemas.read_targets(GOOD), server, True, True, done)
    assert (done["created"], done["changed"], server.created) == (["identity", "consent"], True, [])
    assert done["databases"][0]["server_version"] == "17.5"


def test_without_psql_in_check_mode_all_count_as_missing() -> None:
    done = result()
    postgresql_schemas.assume_absent(postgresql_schemas.read_targets(GOOD), "psql", done)
    assert (done["created"], done["changed"]) == (["user", "identity", "consent"], True)
    assert "not installed" in done["messages"][0]


def test_all_unreachable_databases_are_named_before_anything_is_created() -> None:
    server = Server({"is_identity": set()})
    targets = postgresql_schemas.read_targets(packed(("is_identity", [("i", "A", "x;")]), ("one", []), ("two", [])))
    with pytest.raises(SchemaError, match=r"(?s)'one'.*\n.*'two'"):
        postgresql_schemas.run(targets, server, True, False, result())
    assert server.created == []


def test_failing_script_names_its_line_and_reports_what_was_done() -> None:
    server = Server({"is_user": set()})
    targets = postgresql_schemas.read_targets(
        packed(("is_user", [("user", "UM_TENANT", "x;"), ("bad", "B", "one;\ntwo\nFAIL;")]))
    )
    done = result()
    with pytest.raises(SchemaError, match=r"schema 'bad'.*line 3: syntax error.*Nothing of this schema"):
        postgresql_schemas.run(targets, server, True, False, done)
    assert (done["created"], done["changed"]) == (["user"], True)


def test_tables_without_their_marker_are_not_dropped() -> None:
    def ask(database: dict[str, Any], sql: str) -> Answer:
        return Answer(0, "17.5\nf\n" if sql.startswith("SHOW") else "occupied um_user, um_role\n", "")

    with pytest.raises(SchemaError, match=r"2 of its other tables \(um_user, um_role\)"):
        postgresql_schemas.run(
            postgresql_schemas.read_targets(packed(("is_user", [("user", "UM_TENANT", "x;")]))),
            ask,
            True,
            False,
            result(),
        )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({}, "a list"),
        ([{}], "no host, port, name, username, password"),
        ([{"database": dict(DATABASE, password="")}], "no password"),
        ([{"database": DATABASE, "schemas": [{"name": "a", "marker": "b"}]}], "lacks one of"),
        (
            [{"database": DATABASE, "schemas": [{"name": "a", "marker": "b c", "script": "x"}]}],
            "'a': 'b c' is not the name",
        ),
        (
            [{"database": DATABASE, "schemas": [{"name": "a", "marker": "b", "script": "ROLLBACK;"}]}],
            "'a': line 1 holds ROLLBACK",
        ),
    ],
)
def test_incomplete_bundles(data: Any, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason) as error:
        postgresql_schemas.read_targets(bundle.pack(data))
    assert PASSWORD not in str(error.value)


@pytest.mark.parametrize(
    ("stderr", "remedy"),
    [
        ('psql: error: could not translate host name "x" to address: Name or service not known', "correct the host"),
        ('psql: error: connection to server at "x", port 5432 failed: Connection refused', "start the database server"),
        ('psql: error: connection to server at "x", port 5432 failed: timeout expired', "firewall"),
        ('FATAL:  password authentication failed for user "wso2"', "correct username and password"),
        (
            'FATAL:  no pg_hba.conf entry for host "192.0.2.1", user "wso2", database "is_user", no encryption',
            "pg_hba.conf",
        ),
        ('FATAL:  database "is_user" does not exist', "have it made"),
        ('FATAL:  role "wso2" does not exist', "no such user"),
        ("ERROR:  permission denied for schema public", "owner of the database"),
        ("FATAL:  sorry, too many clients already: too many connections", "max_connections"),
        ("ERROR:  canceling statement due to lock timeout", "another session"),
        ("something new", "something new"),
        ("", "without a message"),
    ],
)
def test_reasons_name_the_database_and_what_to_change(stderr: str, remedy: str) -> None:
    text = scripts.explain(stderr, DATABASE)
    assert remedy in text
    assert "database 'is_user' on db.example.org:5432 as user 'wso2'" in text
    assert PASSWORD not in text


def test_reasons_name_the_variable_where_it_is_known() -> None:
    text = scripts.explain("FATAL:  password authentication failed", {**DATABASE, "variable": "wso2is_databases.user"})
    assert "as user 'wso2' (wso2is_databases.user): user or password is wrong" in text


def test_password_goes_by_the_environment_of_the_child_only(tmp_path: Path) -> None:
    program = tmp_path / "psql"
    program.write_text(
        '#!/bin/sh\necho "$@"\ncat\necho "$PGPASSWORD $PGHOST $PGPORT $PGDATABASE $PGUSER" >&2\nexit 3\n'
    )
    program.chmod(0o755)
    os.environ["PGSERVICE"] = "elsewhere"
    try:
        answer = postgresql_schemas.make_ask(str(program), 5)(DATABASE, "SELECT 1;")
    finally:
        del os.environ["PGSERVICE"]
    assert answer.code == 3
    assert PASSWORD not in answer.stdout
    assert answer.stderr == "******** db.example.org 5432 is_user wso2\n"
    assert "PGPASSWORD" not in os.environ


@pytest.mark.parametrize(("host", "wanted"), [("db.test", ""), ("a.test,b.test", "read-write")])
def test_of_several_servers_the_one_that_takes_writes(tmp_path: Path, host: str, wanted: str) -> None:
    program = tmp_path / "psql"
    program.write_text('#!/bin/sh\necho "$PGHOST $PGTARGETSESSIONATTRS"\n')
    program.chmod(0o755)

    answer = postgresql_schemas.make_ask(str(program), 5)({**DATABASE, "host": host}, "SELECT 1;")

    assert answer.stdout == f"{host} {wanted}\n"


def test_a_script_whose_end_is_no_word_that_is_known() -> None:
    """psql ended well but said nothing of what it did: that is no success."""
    database = {"host": "db", "port": 5432, "name": "u", "username": "o", "password": "p"}
    schema = postgresql_schemas.Schema("user", "UM_TENANT", "CREATE TABLE UM_TENANT (ID INTEGER);\n")
    with pytest.raises(postgresql_schemas.SchemaError, match="Nothing of this schema was created"):
        postgresql_schemas.create(database, schema, lambda *_given: postgresql_schemas.Answer(0, "", ""), True)


def test_a_schema_that_lacks_a_part() -> None:
    database = {"host": "db", "port": 5432, "name": "u", "username": "o", "password": "p"}
    with pytest.raises(postgresql_schemas.SchemaError, match="lacks one of name, marker, script"):
        postgresql_schemas.read_targets(bundle.pack([{"database": database, "schemas": [{"name": "user"}]}]))
