# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema scripts of a pack for PostgreSQL: what is in them, and the one transaction that runs each.

PostgreSQL scripts of the product begin with DROP TABLE IF EXISTS, so running one twice destroys the data. The test
of the
marker table and the script therefore stand in the same transaction, behind a lock that lets in one at a time.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Sequence

# one lock for all schemas of a database; the number only has to be the same on every control node
LOCK = 580202611
LOCK_SECONDS = 300
NAME = r'(?:"[^"]+"|[A-Za-z_][A-Za-z0-9_$]*)(?:\.(?:"[^"]+"|[A-Za-z_][A-Za-z0-9_$]*))?'

_MARK = re.compile(
    r"""
      --[^\n]*
    | /\*
    | [eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | \$(?P<tag>[A-Za-z_]\w*)?\$
    | ;
    """,
    re.VERBOSE | re.DOTALL,
)

_HEAD = """\
BEGIN;
SET LOCAL lock_timeout = '@seconds@s';
SELECT pg_advisory_xact_lock(@lock@) \\g /dev/null
WITH there AS (SELECT name FROM unnest(@tables@) AS name WHERE to_regclass(name) IS NOT NULL)
SELECT to_regclass(@marker@) IS NOT NULL AS present, count(*) > 0 AS occupied, string_agg(name, ', ') AS tables
FROM there \\gset wso2is_
\\if :wso2is_present
\\echo present
\\elif :wso2is_occupied
\\echo occupied :wso2is_tables
\\else
"""
# the semicolon ends a last statement that has none
_TAIL = """
;
\\echo created
\\endif
COMMIT;
"""


class ScriptError(Exception):
    """A script that can not be run as one transaction. The text is for the operator."""


class Statement(NamedTuple):
    """A statement with its place in the script; `code` is its text without comments."""

    start: int
    end: int
    code: str


def split_statements(script: str) -> list[Statement]:
    """Cut a script at the semicolons that end statements; those in strings, comments and bodies of functions do not.

    :param script: SQL text.
    :returns: The statements that hold more than comments.
    :raises ScriptError: if a string, comment or body does not end.
    """
    statements: list[Statement] = []
    begin = position = 0
    code: list[str] = []
    while True:
        match = _MARK.search(script, position)
        between = script[position : match.start() if match else len(script)]
        if "'" in between or '"' in between:
            raise ScriptError("a string in line %d or after does not end" % line_of(script, position))
        code.append(between)
        if match is None:
            break
        mark = match.group(0)
        position = match.end()
        if mark == ";":
            _add(statements, begin, position, code)
            begin, code = position, []
        elif mark == "/*":
            position = _comment_end(script, match.start())
            code.append(" ")
        elif mark.startswith("--"):
            code.append(" ")
        elif mark.startswith("$"):
            end = script.find(mark, position)
            if end < 0:
                raise ScriptError("the body that begins in line %d does not end" % line_of(script, match.start()))
            position = end + len(mark)
            code.append("$$ $$")
        else:
            code.append(mark)
    _add(statements, begin, len(script), code)
    return statements


def _add(statements: list[Statement], begin: int, end: int, code: Sequence[str]) -> None:
    text = "".join(code).strip()
    if text:
        statements.append(Statement(begin, end, text))


def _comment_end(script: str, start: int) -> int:
    depth, position = 0, start
    for match in re.compile(r"/\*|\*/").finditer(script, start):
        depth += 1 if match.group(0) == "/*" else -1
        position = match.end()
        if depth == 0:
            return position
    raise ScriptError("the comment that begins in line %d does not end" % line_of(script, start))


def line_of(script: str, offset: int) -> int:
    """Number of the line, from 1."""
    return script.count("\n", 0, offset) + 1


def clean_script(script: str) -> str:
    """Make a script fit for a transaction that somebody else opens and closes.

    Statements that begin or commit a transaction become empty lines; the line numbers stay.

    :raises ScriptError: if it rolls back, or holds a command of psql instead of SQL.
    """
    script = script.lstrip("\ufeff").replace("\r\n", "\n")
    pieces, position = [], 0
    for statement in split_statements(script):
        word = " ".join(statement.code.lower().split()[:2])
        first = word.split(" ", maxsplit=1)[0]
        if "\\" in re.sub(r"[eE]?'(?:[^']|'')*'", "", statement.code):
            raise ScriptError(
                "line %d holds a backslash: a command of psql, not SQL" % line_of(script, statement.start)
            )
        if first in ("rollback", "abort", "savepoint", "release"):
            raise ScriptError(
                "line %d holds %s; the script must run as one transaction"
                % (line_of(script, statement.start), first.upper())
            )
        if first in ("begin", "commit", "end") or word == "start transaction":
            text = script[statement.start : statement.end]
            pieces.append(script[position : statement.start] + "\n" * text.count("\n"))
            position = statement.end
    pieces.append(script[position:])
    return "".join(pieces)


def endangered_tables(script: str) -> list[str]:
    """Names of the tables that a script would drop, or can not make when they exist, folded and sorted."""
    pattern = re.compile(
        r"(create|drop)\s+table(?:\s+if\s+(?P<careful>not\s+)?exists)?\s+(?P<name>" + NAME + ")", re.IGNORECASE
    )
    found = set()
    for statement in split_statements(script):
        match = pattern.match(statement.code)
        if match and not match.group("careful"):
            found.add(fold(match.group("name")))
    return sorted(found)


def fold(name: str) -> str:
    """A table's name as to_regclass needs it: lower case unless quoted."""
    return re.sub(
        r'"[^"]+"|[^"]+', lambda part: part.group(0) if part.group(0).startswith('"') else part.group(0).lower(), name
    )


def check_marker(name: str) -> str:
    """The name of a marker table in lower case.

    :raises ScriptError: if it is not a plain name.
    """
    if not re.match(r"^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$", name):
        raise ScriptError("%r is not the name of a marker table" % name)
    return name.lower()


def literal(text: str) -> str:
    """Text as a string constant of SQL."""
    return "'%s'" % text.replace("'", "''")


def check_sql(markers: Sequence[str]) -> str:
    """Ask which markers exist: one line with the server's version, then one line `t` or `f` for each marker."""
    lines = ["SHOW server_version;"]
    lines.extend("SELECT to_regclass(%s) IS NOT NULL;" % literal(marker) for marker in markers)
    return "\n".join(lines) + "\n"


def create_sql(marker: str, script: str, empty_check: bool) -> tuple[str, int]:
    """The transaction that makes a schema unless it is there.

    It prints `created`, `present`, or `occupied` with the tables that are there without the marker.

    :param marker: Name of the marker table in lower case.
    :param script: A script from :func:`clean_script`.
    :param empty_check: Refuse when a table of the script exists although the marker does not.
    :returns: The input for psql, and the number of lines before the script's first.
    """
    tables = endangered_tables(script) if empty_check else []
    array = "ARRAY[%s]::text[]" % ", ".join(literal(table) for table in tables)
    head = _HEAD.replace("@seconds@", str(LOCK_SECONDS)).replace("@lock@", str(LOCK))
    head = head.replace("@marker@", literal(marker)).replace("@tables@", array)
    return head + script + _TAIL, head.count("\n")


def describe_database(database: dict[str, Any]) -> str:
    """A database for messages, without its password, and with the variable that describes it if it is known."""
    variable = " (%s)" % database["variable"] if database.get("variable") else ""
    return "database %(name)r on %(host)s:%(port)s as user %(username)r" % database + variable


def explain(stderr: str, database: dict[str, Any]) -> str:
    """Turn what psql said into what the operator has to do.

    :param stderr: Error output of psql with English messages.
    :param database: Host, port, name and user.
    :returns: One sentence or two, with the database, what was found and what to change.
    """
    text = " ".join(stderr.split())
    rules = (
        (
            r"could not translate host name|Name or service not known",
            "its host name does not resolve on this node; correct the host of the database or the name service",
        ),
        (
            r"Connection refused",
            "nothing listens there; start the database server, let it listen on that address, or correct host and port",
        ),
        (
            r"timeout expired|timed out|No route to host|Network is unreachable",
            "there is no answer; let this node reach that port (firewall, routing), or correct host and port",
        ),
        (
            r"no pg_hba\.conf entry",
            "the server does not accept this user from this node; add a line for it to pg_hba.conf",
        ),
        (
            r"password authentication failed|no password supplied|authentication failed",
            "user or password is wrong; correct username and password of the database",
        ),
        (
            r'database "[^"]*" does not exist',
            "the server has no such database; have it made, or correct the name of the database",
        ),
        (
            r'role "[^"]*" (?:does not exist|is not permitted to log in)',
            "the server has no such user; have it made, or correct the username",
        ),
        (
            r"permission denied for (?:schema|database)",
            "the user may not create tables there; make it the owner of the database or grant it CREATE on the schema",
        ),
        (
            r"no schema has been selected to create in",
            "the user's search path names no schema that exists; create it or set the search path of the user",
        ),
        (
            r"too many connections|remaining connection slots",
            "the server has no connection left; raise max_connections or end other clients",
        ),
        (r"lock timeout", "another session held the schemas for %d seconds; run again when it is done" % LOCK_SECONDS),
        (r"server does not support SSL|SSL", "the TLS connection failed; correct sslmode or the server's certificate"),
    )
    for pattern, reason in rules:
        if re.search(pattern, text, re.IGNORECASE):
            return "%s: %s (psql: %s)" % (describe_database(database), reason, _short(text))
    return "%s: %s" % (describe_database(database), _short(text) or "psql ended without a message")


def script_error(stderr: str, lines_before: int) -> tuple[int | None, str] | None:
    """Find an error inside a script.

    :param stderr: Error output of psql.
    :param lines_before: Lines of input before the script's first.
    :returns: Line in the script (none when it lies outside) and the server's message; none when the server reported
        nothing of a line.
    """
    match = re.search(r"^psql:[^\n]*?:(\d+): ERROR:\s*([^\n]*)", stderr, re.MULTILINE)
    if not match:
        return None
    line = int(match.group(1)) - lines_before
    return (line if line > 0 else None), match.group(2).strip()


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:297] + "..."
