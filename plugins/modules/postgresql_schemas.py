#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create the schemas of a pack in PostgreSQL."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_schemas
short_description: Create missing database schemas with the scripts of a pack
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Connects from this host to every database of a bundle, tests which schemas are there, and runs the scripts of
    those that are not.
  - Each script runs in one transaction that first takes a lock and tests the marker table again. A schema that is
    there is never touched,
    although the scripts of the product begin with C(DROP TABLE IF EXISTS); a script that fails leaves nothing.
  - All connections are tested before the first script runs, and all that fail are reported together.
  - Needs C(psql) 10 or later on this host. In check mode it may be absent.
options:
  bundle:
    description:
      - What to create, packed into one string by the filter P(identityops.wso2is.schema_bundle#filter), so that all
        of it stays out of logs.
      - A list of dictionaries. C(database) has C(host), C(port), C(name), C(username), C(password) and optionally
        C(sslmode). C(host) and C(port) may list several, separated by commas; the first that takes writes counts.
        C(schemas) is a list of C(name), C(marker) (a table of the schema) and C(script) (SQL text).
    type: str
    required: true
  empty_check:
    description:
      - Refuse to run a script when its marker table is absent but another of its tables exists, because the script
        would drop it.
    type: bool
    default: true
  psql:
    description:
      - The program, as a path or a name to be searched in the PATH.
    type: str
    default: psql
  connect_timeout:
    description:
      - Seconds to wait for a connection.
    type: int
    default: 10
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: full
notes:
  - Fails when a database does not answer, a script fails, or a schema is there in part; the error names the database
    and what to do.
seealso:
  - plugin: identityops.wso2is.schema_bundle
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Create the schemas
  identityops.wso2is.postgresql_schemas:
    bundle: "{{ deployment | identityops.wso2is.schema_bundle }}"
  run_once: true
"""

RETURN = r"""
created:
  description: Names of the schemas that were created, or would be.
  returned: always
  type: list
  elements: str
present:
  description: Names of the schemas that were there.
  returned: always
  type: list
  elements: str
databases:
  description: The databases that were asked, without passwords. C(server_version) is null when it could
    not be asked in check mode.
  returned: success
  type: list
  elements: dict
  sample: [{host: db.example.org, port: 5432, name: is_user, username: is_user, server_version: "17.5", schemas:
    [user]}]
messages:
  description: What was done, or would be.
  returned: always
  type: list
  elements: str
"""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from ansible_collections.identityops.wso2is.plugins.module_utils.schema_script import (
    ScriptError,
    check_marker,
    check_sql,
    clean_script,
    create_sql,
    describe_database,
    explain,
    script_error,
)

DATABASE_KEYS = ("host", "port", "name", "username", "password")
SCHEMA_KEYS = ("name", "marker", "script")


class SchemaError(Exception):
    """Schemas can not be created. The text is for the operator."""


class Schema(NamedTuple):
    """A schema and its cleaned script."""

    name: str
    marker: str
    script: str


class Target(NamedTuple):
    """A database and the schemas that belong into it."""

    database: dict[str, Any]
    schemas: list[Schema]


class Answer(NamedTuple):
    """What psql returned."""

    code: int
    stdout: str
    stderr: str


Ask = Callable[[Any, str], Answer]


def read_targets(bundle: str) -> list[Target]:
    """Unpack and check the bundle.

    :raises SchemaError: if it is not one or a part is missing; the message holds no value of it but names.
    """
    try:
        data = unpack(bundle)
    except ValueError as error:
        raise SchemaError("bundle: %s" % error) from None
    if not isinstance(data, list):
        raise SchemaError("bundle: a list of databases is required")
    targets = []
    for item in data:
        given = item.get("database") if isinstance(item, dict) else None
        database: dict[str, Any] = given if isinstance(given, dict) else {}
        missing = [key for key in DATABASE_KEYS if database.get(key) in (None, "")]
        if missing:
            raise SchemaError("bundle: a database has no %s" % ", ".join(missing))
        schemas = []
        for schema in item.get("schemas") or []:
            if any(not isinstance(schema.get(key), str) or not schema.get(key) for key in SCHEMA_KEYS):
                raise SchemaError(
                    "bundle: a schema of %s lacks one of %s" % (describe_database(database), ", ".join(SCHEMA_KEYS))
                )
            try:
                schemas.append(Schema(schema["name"], check_marker(schema["marker"]), clean_script(schema["script"])))
            except ScriptError as error:
                raise SchemaError("script of the schema %r: %s" % (schema["name"], error)) from error
        targets.append(Target(database, schemas))
    return targets


def make_ask(program: str, connect_timeout: int) -> Ask:
    """A function that runs SQL in a database with psql.

    The password goes by the environment of that process only, never by its command line.
    """

    def ask(database: dict[str, Any], sql: str) -> Answer:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment.update(
            PGHOST=str(database["host"]),
            PGPORT=str(database["port"]),
            PGDATABASE=str(database["name"]),
            PGUSER=str(database["username"]),
            PGPASSWORD=str(database["password"]),
            PGPASSFILE="/dev/null",
            PGCONNECT_TIMEOUT=str(connect_timeout),
            PGCLIENTENCODING="UTF8",
            PGAPPNAME="wso2is-schemas",
            PGOPTIONS="-c client_min_messages=warning",
            LC_ALL="C",
            LANGUAGE="C",
        )
        if "," in environment["PGHOST"]:
            # Of several servers the one that takes writes.
            environment["PGTARGETSESSIONATTRS"] = "read-write"
        if database.get("sslmode"):
            environment["PGSSLMODE"] = str(database["sslmode"])
        command = [program, "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        done = subprocess.run(command, input=sql.encode("utf-8"), capture_output=True, env=environment, check=False)
        # psql does not print passwords; a server or a proxy between might
        stderr = done.stderr.decode("utf-8", "replace").replace(str(database["password"]), "********")
        return Answer(done.returncode, done.stdout.decode("utf-8", "replace"), stderr)

    return ask


def look(target: Target, ask: Ask) -> tuple[str, list[bool]]:
    """Which schemas of a database are there.

    :returns: The server's version, and one truth value for each schema.
    :raises SchemaError: if the database can not be asked.
    """
    answer = ask(target.database, check_sql([schema.marker for schema in target.schemas]))
    lines = answer.stdout.split("\n")
    if answer.code != 0 or len(lines) <= len(target.schemas):
        raise SchemaError(explain(answer.stderr, target.database))
    return lines[0].split(" ")[0], [line == "t" for line in lines[1 : 1 + len(target.schemas)]]


def create(database: dict[str, Any], schema: Schema, ask: Ask, empty_check: bool) -> bool:
    """Create one schema unless it is there by now.

    :returns: Whether it was created.
    :raises SchemaError: if it could not be; nothing was changed then.
    """
    sql, before = create_sql(schema.marker, schema.script, empty_check)
    answer = ask(database, sql)
    words = answer.stdout.split(None, 1)
    if answer.code == 0 and words and words[0] in ("created", "present"):
        return words[0] == "created"
    if answer.code == 0 and words and words[0] == "occupied":
        tables = words[1].strip().split(", ") if len(words) > 1 else []
        raise SchemaError(
            "schema %r: %s has no table %s but already %d of its other tables (%s). The script would drop them. "
            "Restore or empty "
            "that database, or correct which database the schema belongs to"
            % (
                schema.name,
                describe_database(database),
                schema.marker,
                len(tables),
                ", ".join(tables[:5]) + (", ..." if len(tables) > 5 else ""),
            )
        )
    found = script_error(answer.stderr, before)
    reason = explain(answer.stderr, database)
    if (
        found is not None
        and found[0] is not None
        and "permission denied" not in found[1]
        and "no schema has been" not in found[1]
    ):
        reason = "%s: the script ends with an error in the statement that ends in line %d: %s" % (
            describe_database(database),
            found[0],
            found[1],
        )
    raise SchemaError("schema %r: %s. Nothing of this schema was created" % (schema.name, reason))


def look_everywhere(targets: list[Target], ask: Ask) -> list[tuple[str, list[bool]]]:
    """Ask all databases at once.

    :raises SchemaError: with a line for each that can not be asked.
    """

    def attempt(target: Target) -> tuple[str, list[bool]] | SchemaError:
        try:
            return look(target, ask)
        except SchemaError as error:
            return error

    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(attempt, targets))
    errors = [str(item) for item in found if isinstance(item, SchemaError)]
    if errors:
        raise SchemaError("\n".join(errors))
    return [item for item in found if not isinstance(item, SchemaError)]


def run(targets: list[Target], ask: Ask, empty_check: bool, check: bool, done: dict[str, Any]) -> None:
    """Create what is missing.

    :param targets: Databases and schemas.
    :param ask: Runs SQL.
    :param empty_check: See the option.
    :param check: Only say what would be created.
    :param done: Result of the module; filled as the work goes on, so that a failure can report what was done before it.
    :raises SchemaError: at the first schema that can not be created.
    """
    found = look_everywhere(targets, ask)
    for target, (version, present) in zip(targets, found):
        done["databases"].append(describe(target, version))
        for schema, there in zip(target.schemas, present):
            made = not there and (check or create(target.database, schema, ask, empty_check))
            done["created" if made else "present"].append(schema.name)
            if made:
                done["messages"].append("create schema %r in %s" % (schema.name, describe_database(target.database)))
                done["changed"] = True


def describe(target: Target, version: str | None) -> dict[str, Any]:
    """A database as plain data, without its password."""
    data = {key: target.database[key] for key in DATABASE_KEYS if key != "password"}
    return dict(data, server_version=version, schemas=[schema.name for schema in target.schemas])


def assume_absent(targets: list[Target], program: str, done: dict[str, Any]) -> None:
    """Check mode on a host without psql: nothing can be asked."""
    done["messages"].append(
        "%s is not installed on this host yet: the databases can not be asked, all schemas count as missing" % program
    )
    for target in targets:
        done["databases"].append(describe(target, None))
        done["created"].extend(schema.name for schema in target.schemas)
    done["changed"] = bool(done["created"])


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "bundle": {"type": "str", "required": True, "no_log": True},
            "empty_check": {"type": "bool", "default": True},
            "psql": {"type": "str", "default": "psql"},
            "connect_timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    done: dict[str, Any] = {"changed": False, "created": [], "present": [], "databases": [], "messages": []}
    program = module.params["psql"]
    try:
        targets = read_targets(module.params["bundle"])
        path = shutil.which(program)
        if path is not None:
            run(
                targets,
                make_ask(path, module.params["connect_timeout"]),
                module.params["empty_check"],
                module.check_mode,
                done,
            )
        elif module.check_mode:
            assume_absent(targets, program, done)
        else:
            raise SchemaError(
                "%s is not installed on this host; install PostgreSQL's client programs or correct the option psql"
                % program
            )
    except SchemaError as error:
        module.fail_json(msg=str(error), **done)
    except OSError as error:
        module.fail_json(msg="%s can not be run: %s" % (program, error), **done)
    done["diff"] = {
        "before": "".join("%s\n" % name for name in sorted(done["present"])),
        "after": "".join("%s\n" % name for name in sorted(done["present"] + done["created"])),
        "before_header": "schemas",
        "after_header": "schemas",
    }
    module.exit_json(**done)


if __name__ == "__main__":
    main()
