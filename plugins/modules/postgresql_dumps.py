#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dump PostgreSQL databases, or restore them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_dumps
short_description: Dump the databases of a deployment with pg_dump, or restore them with pg_restore and psql
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Connects from this host to every database of a bundle and writes a dump in the custom format of each, or restores
    each from its dump.
  - A restore replaces what the dump holds. C(pg_restore) makes SQL out of the dump and C(psql) runs it, in one
    transaction for each database, so one that fails changes nothing in its database. Tables that are not in the dump
    stay.
  - Extensions and the schema C(public) itself are left as they are, since they belong to the administrator of the
    database server. Everything else that is restored belongs to the database's user afterwards.
  - Before a restore no other session of the database's user may be open, so the servers must be stopped. For what other
    users hold, a restore waits 60 seconds at a time, then fails.
  - Of several installed versions of the programs the newest is used. C(pg_dump) must not be older than the server.
  - Passwords go by the environment of those programs only, never by a command line.
options:
  bundle:
    description:
      - The databases, as the filter P(identityops.wso2is.backup_databases#filter) packs them. It holds passwords.
    type: str
    required: true
  directory:
    description:
      - Directory of the dumps on this host.
    type: path
    required: true
  state:
    description:
      - Whether to dump (V(made)) or to restore (V(put_back)).
    type: str
    choices: [made, put_back]
    required: true
  files:
    description:
      - SHA-256 of the dumps by file name, for V(put_back). Databases whose dump is not named are left alone.
    type: dict
    default: {}
  program_version:
    description:
      - Major version of the C(pg_dump) that wrote the dumps, for V(put_back). An older C(pg_restore) is refused, also
        where the dumps are not on this host yet. V(0) means that it is not known.
    type: int
    default: 0
  connect_timeout:
    description:
      - Seconds to wait for a connection.
    type: int
    default: 10
  quiet_timeout:
    description:
      - Seconds to wait until other sessions have ended before a restore.
    type: int
    default: 30
attributes:
  check_mode:
    support: full
    description:
      - Tests programs, connections and dumps, and changes nothing. Other sessions may be open.
  diff_mode:
    support: none
    description: Databases are not shown.
notes:
  - Fails when a program is missing or too old, a database does not answer, or a dump cannot be written or restored; the
    error names the database and what to do.
seealso:
  - plugin: identityops.wso2is.backup_databases
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Dump the databases
  identityops.wso2is.postgresql_dumps:
    bundle: "{{ deployment | identityops.wso2is.backup_databases }}"
    directory: /var/tmp
    state: made
"""

RETURN = r"""
databases:
  description: The databases, without passwords.
  type: list
  elements: dict
  returned: success
  contains:
    file:
      description: Name of the dump.
      type: str
      returned: always
    name:
      description: Name of the database.
      type: str
      returned: always
    host:
      description: The database server.
      type: str
      returned: always
    purposes:
      description: What the deployment keeps there.
      type: list
      elements: str
      returned: always
    server_version:
      description: Version of the server.
      type: str
      returned: always
    size:
      description: Size of the dump in bytes.
      type: int
      returned: when it was made
    sha256:
      description: SHA-256 of the dump.
      type: str
      returned: when it was made
    program_version:
      description: Major version of the pg_dump that wrote it.
      type: int
      returned: when it was made
"""

import glob
import os
import re
import shutil
import subprocess
import time
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.backup_archive import file_sha256
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from ansible_collections.identityops.wso2is.plugins.module_utils.postgresql_client import (
    Login,
    PostgresError,
    Session,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.restore_stream import stream

KEYS = ("file", "name", "username", "password", "servers", "variable")
# Where packages of PostgreSQL put the programs of each version.
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
SESSIONS = """SELECT count(*), coalesce(string_agg(DISTINCT coalesce(host(client_addr), 'local'), ', '), '')
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
AND (usename = current_user OR state <> 'idle')"""
# Ends the sessions of a host that is gone; the server itself notices only after hours.
END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND usename = current_user AND pid <> pg_backend_pid()"
)
LOCK_REMEDY = (
    ". Another session holds a table: look for it in pg_stat_activity and pg_locks, end it, and run again; nothing was "
    "changed in this database"
)


class DumpError(Exception):
    """A database cannot be dumped or restored. The text is for the operator."""


def leading_number(text: str) -> int:
    """The number that a text begins with; 0 without one."""
    return int("0" + text[: len(text) - len(text.lstrip("0123456789"))])


class Program(NamedTuple):
    """A program of PostgreSQL on this host."""

    path: str
    major: int


class Place(NamedTuple):
    """The server of a database that takes writes."""

    host: str
    port: int
    version: str

    @property
    def major(self) -> int:
        """Its major version."""
        return leading_number(self.version)


def parse_version(text: str) -> int | None:
    """The major version that a program says; None when it says none."""
    found = re.search(r"\(PostgreSQL\) (\d+)", text)
    return int(found.group(1)) if found else None


def find_program(name: str) -> Program:
    """The newest program of a name on this host.

    Raises:
        DumpError: there is none.
    """
    paths = [path for place in PLACES for path in sorted(glob.glob(os.path.join(place, name)))]
    in_path = shutil.which(name)
    found = []
    for path in [*([in_path] if in_path else []), *paths]:
        done = subprocess.run([path, "--version"], capture_output=True, check=False)
        major = parse_version(done.stdout.decode("utf-8", "replace"))
        if major is not None:
            found.append(Program(path, major))
    if not found:
        raise DumpError(
            "%s is not on this host. Install PostgreSQL's client programs (Debian: postgresql-client, Red Hat: "
            "postgresql), or name another host of the inventory in backup_database_host" % name
        )
    return max(found, key=lambda program: program.major)


def read_databases(bundle: str) -> list[dict[str, Any]]:
    """Unpack and check the bundle.

    Raises:
        DumpError: it is none; the message holds no value of it.
    """
    try:
        data = unpack(bundle)
    except ValueError as error:
        raise DumpError("bundle: %s" % error) from None
    if not isinstance(data, list) or not all(
        isinstance(item, dict) and all(item.get(key) for key in KEYS) and os.path.basename(item["file"]) == item["file"]
        for item in data
    ):
        raise DumpError("bundle: a list of databases is required, each with %s" % ", ".join(KEYS))
    return data


def label(database: dict[str, Any]) -> str:
    """A database for messages."""
    places = ", ".join("%s:%s" % (server["host"], server["port"]) for server in database["servers"])
    return "%s (%s on %s)" % (database["variable"], database["name"], places)


def login(database: dict[str, Any], host: str, port: int) -> Login:
    """What logs into a database."""
    return Login(host, port, database["name"], database["username"], database["password"])


def find_place(database: dict[str, Any], seconds: float) -> Place:
    """The first server of a database that takes writes.

    Raises:
        DumpError: none does.
    """
    reasons = []
    for server in database["servers"]:
        host, port = str(server["host"]), int(server["port"])
        try:
            session = Session(login(database, host, port), seconds)
            try:
                row = session.rows("SELECT current_setting('server_version'), pg_is_in_recovery()")[0]
            finally:
                session.close()
        except (PostgresError, OSError) as error:
            reasons.append("%s:%d: %s" % (host, port, error))
            continue
        if row[1] != "t":
            return Place(host, port, str(row[0]))
        reasons.append("%s:%d is a standby" % (host, port))
    raise DumpError("%s cannot be used: %s" % (label(database), "; ".join(reasons)))


def environment(database: dict[str, Any], place: Place, seconds: int) -> dict[str, str]:
    """The environment of a program, with the password."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return dict(
        kept,
        PGHOST=place.host,
        PGPORT=str(place.port),
        PGDATABASE=str(database["name"]),
        PGUSER=str(database["username"]),
        PGPASSWORD=str(database["password"]),
        PGPASSFILE="/dev/null",
        PGCONNECT_TIMEOUT=str(seconds),
        PGAPPNAME="wso2is-backup",
        LC_ALL="C",
        LANGUAGE="C",
    )


def failure(path: str, database: dict[str, Any], code: int, said: bytes) -> str:
    """What a program that failed says, its end only and without the password."""
    text = said.decode("utf-8", "replace").replace(str(database["password"]), "********").strip()
    return "%s of %s failed: %s" % (
        os.path.basename(path),
        label(database),
        text[-1500:] or "it ended with %d" % code,
    )


def call(command: list[str], database: dict[str, Any], variables: dict[str, str]) -> bytes:
    """Run a program; returns what it writes.

    Raises:
        DumpError: it fails; with the end of what it says.
    """
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=variables, check=False)
    if done.returncode != 0:
        raise DumpError(failure(command[0], database, done.returncode, done.stderr))
    return done.stdout


def quoted(name: str) -> str:
    """A database's name as psql takes any: in a connection string."""
    return "dbname='%s'" % name.replace("\\", "\\\\").replace("'", "\\'")


def wait_until_quiet(database: dict[str, Any], place: Place, seconds: float, quiet: float) -> None:
    """Wait until nobody else uses a database.

    Raises:
        DumpError: somebody still does after the time.
    """
    deadline = time.monotonic() + quiet
    while True:
        try:
            session = Session(login(database, place.host, place.port), seconds)
            try:
                count, clients = session.rows(SESSIONS)[0]
            finally:
                session.close()
        except (PostgresError, OSError) as error:
            raise DumpError("%s cannot be used: %s" % (label(database), error)) from error
        if count == "0":
            return
        if time.monotonic() > deadline:
            raise DumpError(
                "%s is used by %s other sessions (from %s). Stop what uses it, such as servers that are not in the "
                "inventory. Sessions of a host that is gone are ended by %s, run as the database's user. Nothing was "
                "changed in it" % (label(database), count, clients, END_SESSIONS)
            )
        time.sleep(0.5)


def describe(database: dict[str, Any], place: Place) -> dict[str, Any]:
    """A database as plain data, without what logs into it."""
    return {
        "file": database["file"],
        "name": database["name"],
        "host": place.host,
        "purposes": database.get("purposes", []),
        "server_version": place.version,
    }


def dump_all(found: list[dict[str, Any]], directory: str, seconds: int, check: bool) -> list[dict[str, Any]]:
    """Dump databases; see the return values of the module."""
    program = find_program("pg_dump")
    places = [find_place(database, seconds) for database in found]
    newest = max((place.major for place in places), default=0)
    if newest > program.major:
        raise DumpError(
            "pg_dump %d (%s) cannot dump PostgreSQL %d. Install the client programs of PostgreSQL %d or later on this "
            "host, or name another host of the inventory in backup_database_host"
            % (program.major, program.path, newest, newest)
        )
    done = []
    for database, place in zip(found, places):
        about = describe(database, place)
        if not check:
            path = os.path.join(directory, database["file"])
            call([program.path, "-w", "-Fc", "-f", path], database, environment(database, place, seconds))
            with open(path, "rb") as stream:
                about.update(sha256=file_sha256(stream), size=os.fstat(stream.fileno()).st_size)
            about["program_version"] = program.major
        done.append(about)
    return done


def restore(
    programs: tuple[Program, Program], path: str, listing: bytes, database: dict[str, Any], place: Place, seconds: int
) -> None:
    """Restore a database from a dump, in one transaction.

    Raises:
        DumpError: a program failed. Nothing is changed then.
    """
    reader, writer = (program.path for program in programs)
    # --single-transaction: pg_restore would commit after large objects otherwise.
    reading = [reader, "--clean", "--if-exists", "--no-owner", "--single-transaction", "-f", "-"]
    # Verbose messages have the number of the error, whatever language the server speaks.
    writing = [writer, "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"]
    writing += ["-d", quoted(database["name"]), "-f", "-"]
    done = stream(reading, path, listing, writing, environment(database, place, seconds), place.major)
    failures = []
    if done.writer_code != 0:
        failures.append(failure(writer, database, done.writer_code, done.writer_said))
    # When psql ends early, pg_restore is ended as well, without a word.
    if done.reader_code != 0 and (done.reader_said.strip() or not failures):
        failures.append(failure(reader, database, done.reader_code, done.reader_said))
    if not failures and not done.whole:
        failures.append(failure(reader, database, done.reader_code, b"its script has no COMMIT"))
    if failures:
        waited = b"55P03" in done.writer_said or b"lock timeout" in done.writer_said
        raise DumpError("; ".join(failures) + (LOCK_REMEDY if waited else ""))


def restore_all(
    found: list[dict[str, Any]],
    directory: str,
    files: dict[str, str],
    limits: tuple[int, int],
    program_version: int,
    check: bool,
) -> list[dict[str, Any]]:
    """Restore databases; see the return values of the module."""
    seconds, quiet = limits
    programs = find_program("pg_restore"), find_program("psql")
    program = programs[0]
    if program.major < program_version:
        raise DumpError(
            "pg_restore %d (%s) cannot restore what pg_dump %d wrote. Install the client programs of PostgreSQL %d or "
            "later on this host, or name another host of the inventory in backup_database_host"
            % (program.major, program.path, program_version, program_version)
        )
    wanted = [database for database in found if database["file"] in files]
    places = [find_place(database, seconds) for database in wanted]
    listings = []
    for database in wanted:
        path = os.path.join(directory, database["file"])
        if check and not os.path.exists(path):
            # Not brought yet.
            continue
        with open(path, "rb") as stream:
            if file_sha256(stream) != files[database["file"]]:
                raise DumpError("%s is not the dump of the backup: its SHA-256 is another" % path)
        # A dump that this pg_restore cannot read is refused here, before anything is changed.
        listings.append(call([program.path, "--list", path], database, dict(os.environ, LC_ALL="C")))
    if not check:
        for database, place in zip(wanted, places):
            wait_until_quiet(database, place, seconds, quiet)
        for database, place, listing in zip(wanted, places, listings):
            restore(programs, os.path.join(directory, database["file"]), listing, database, place, seconds)
    return [describe(database, place) for database, place in zip(wanted, places)]


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "bundle": {"type": "str", "required": True, "no_log": True},
            "directory": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["made", "put_back"], "required": True},
            "files": {"type": "dict", "default": {}},
            "program_version": {"type": "int", "default": 0},
            "connect_timeout": {"type": "int", "default": 10},
            "quiet_timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    os.umask(0o077)
    options = module.params
    try:
        found = read_databases(options["bundle"])
        if options["state"] == "made":
            done = dump_all(found, options["directory"], options["connect_timeout"], module.check_mode)
        else:
            limits = (options["connect_timeout"], options["quiet_timeout"])
            done = restore_all(
                found,
                options["directory"],
                options["files"],
                limits,
                options["program_version"],
                module.check_mode,
            )
    except DumpError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="%s: %s" % (error.filename or options["directory"], error.strerror or error))
    module.exit_json(changed=bool(done), databases=done)


if __name__ == "__main__":
    main()
