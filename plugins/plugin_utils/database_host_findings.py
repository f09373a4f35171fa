# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases as the hosts find them: reached, open to their users, and fit for the servers."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils.schema_script import ScriptError, fold, split_statements
from .databases import ANALYTICS_DATABASES, IS_DATABASES
from .findings import Findings, join
from .pack import PackError
from .servers import address_of, schemas

ENCODING = "UTF8"
# Names that a finding says before it counts them.
_NAMED = 5
# So many tables of a schema make their common beginning the product's own.
_FAMILY = 3
_CREATE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?(?P<name>[\w.\"$]+)", re.IGNORECASE)
# SQLSTATE of a refused login -> what is wrong, and what the remedy begins with.
_REFUSED = (
    ("28P01", "user name or password is wrong", "Change {place}.username or {place}.password."),
    (
        "28",
        "the server does not take this user from this host",
        "Let pg_hba.conf take the user from {host}, or change {place}.username.",
    ),
    ("3D000", "there is no such database", "Have it made, or change {place}.name."),
    ("53300", "the server has no connection left", "Raise max_connections of the server."),
    ("57P03", "the server is starting or stopping", "Run again when it is up."),
)


def database_services(deployment: Mapping[str, Any], host: str) -> list[dict[str, Any]]:
    """The databases that the servers of a host use, as the module host_info asks them; each once."""
    logs_in = deployment["database_type"] == "postgresql"
    services: dict[str, dict[str, Any]] = {}
    for purpose in _purposes(deployment, host):
        database = deployment["databases"][purpose]
        if not all(isinstance(server["host"], str) and server["host"] for server in _servers(database)):
            continue
        identity = _identity(database)
        services.setdefault(
            identity,
            {
                "id": identity,
                "kind": "tcp",
                "places": [[server["host"], int(server["port"])] for server in _servers(database)],
            },
        )
        if logs_in:
            services[identity].update(
                kind="postgresql",
                **{key: database[key] for key in ("name", "username", "password")},
                # One host is enough to say what a database is like.
                describe=host == _first_user(deployment, purpose),
            )
    return list(services.values())


def database_findings(deployment: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], found: Findings) -> None:
    """Add what is wrong with the databases.

    Args:
        deployment: the model.
        hosts: by inventory name, what the module host_info returned in `host`.
        found: where to add; a name that has a finding as `(host, name)` is not said again.
    """
    described: dict[str, tuple[str, Mapping[str, Any]]] = {}
    asked = False
    for host, facts in hosts.items():
        seen: set[str] = set()
        for purpose in _purposes(deployment, host):
            database = deployment["databases"][purpose]
            identity = _identity(database)
            answer = facts.get("services", {}).get(identity)
            if answer is None or identity in seen:
                continue
            asked = True
            seen.add(identity)
            names = [server["host"] for server in _servers(database)]
            if not all(found.clean((host, name)) for name in names):
                continue
            if answer["unreachable"]:
                where = _where(database)
                if where not in seen:
                    seen.add(where)
                    _unreachable(host, where, database, answer["unreachable"], found)
            elif "refused" in answer:
                _refused(host, database, answer, found)
            elif "encoding" in answer:
                described.setdefault(identity, (host, answer))
    if asked and deployment["database_type"] != "postgresql":
        found.add(
            "all hosts",
            "database",
            f"{deployment['database_type']}: only whether the servers answer was checked",
            "login, rights, character set, connections and tables are checked for postgresql only",
            "Check them yourself, see wso2is_database_type.",
            severity="info",
        )
    if described:
        _judge(deployment, described, found)
        _connection_findings(deployment, described, found)


def _purposes(deployment: Mapping[str, Any], host: str) -> list[str]:
    """The databases that the servers of a host use, as the settings of each kind of server name them."""
    servers, databases = deployment["hosts"][host]["servers"], deployment["databases"]
    wanted = [
        *(IS_DATABASES if "is" in servers else ()),
        *(ANALYTICS_DATABASES if "worker" in servers else ()),
        *(ANALYTICS_DATABASES[:1] if "dashboard" in servers else ()),
    ]
    return [purpose for purpose in dict.fromkeys(wanted) if purpose in databases]


def _first_user(deployment: Mapping[str, Any], purpose: str) -> str:
    group = "is_nodes" if purpose in IS_DATABASES else "workers"
    return next((str(entry["host"]) for entry in deployment[group]), "")


def _servers(database: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The servers that may have a database; the first that answers counts."""
    return list(database["servers"])


def _where(database: Mapping[str, Any]) -> str:
    return ", ".join(f"{server['host']}:{server['port']}" for server in _servers(database))


def _identity(database: Mapping[str, Any]) -> str:
    return f"{database['username']}@{_where(database)}/{database['name']}"


def _place(database: Mapping[str, Any]) -> str:
    return f"wso2is_databases.{database['same_as']}"


def _label(database: Mapping[str, Any]) -> str:
    return f"{_place(database)} ({database['name']} on {_where(database)})"


def _unreachable(host: str, where: str, database: Mapping[str, Any], reason: str, found: Findings) -> None:
    found.add(
        host,
        "database",
        f"{where} is not reached: {reason}",
        "an answer of the database server",
        "Start it and let the hosts reach it (listen address, firewall), or change wso2is_database_host, "
        f"wso2is_database_port or {_place(database)}.",
    )


def _refused(host: str, database: Mapping[str, Any], answer: Mapping[str, Any], found: Findings) -> None:
    place = _place(database)
    known = ((reason, remedy) for code, reason, remedy in _REFUSED if answer["code"].startswith(code))
    reason, remedy = next(known, ("the login failed", "Change {place}, or the server."))
    found.add(
        host,
        "database login",
        f"{_label(database)}: {reason} ({answer['refused']})",
        f"a login as {database['username']}",
        remedy.format(place=place, host=host),
    )


def _judge(
    deployment: Mapping[str, Any], described: Mapping[str, tuple[str, Mapping[str, Any]]], found: Findings
) -> None:
    """What the databases are like, each once."""
    wanted = _schemas(deployment)
    seen = set()
    for purpose, database in deployment["databases"].items():
        identity = _identity(database)
        if identity not in described or identity in seen:
            continue
        seen.add(identity)
        host, facts = described[identity]
        label, place = _label(database), _place(database)
        if facts["encoding"] != ENCODING:
            found.add(
                host,
                "database encoding",
                f"{label} has the character set {facts['encoding']}",
                ENCODING,
                f"Have the database made anew with ENCODING '{ENCODING}', or change {place}.name.",
            )
        if facts["schema"] is None:
            found.add(
                host,
                "database rights",
                f"{label}: the search path of {database['username']} names no schema that it may use",
                "a schema for the tables",
                f"Let the user use the schema public, set its search_path, or change {place}.username.",
            )
            continue
        makes = _table_findings(
            deployment, host, database, facts, wanted.get((_where(database), database["name"]), []), found
        )
        if (makes or purpose in ANALYTICS_DATABASES) and not facts["creates"]:
            found.add(
                host,
                "database rights",
                f"{label}: {database['username']} may not create tables in the schema {facts['schema']}",
                "the owner of the database, or a user who may create tables",
                f"Grant CREATE and USAGE on the schema, or change {place}.username.",
            )


def _schemas(deployment: Mapping[str, Any]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The schemas of the pack by the database that holds them; none without a pack, which is a finding already."""
    try:
        targets = schemas(deployment)
    except (PackError, KeyError):
        return {}
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for target in targets:
        about = target["database"]
        for database in deployment["databases"].values():
            if (*address_of(database), database["name"]) == (about["host"], about["port"], about["name"]):
                found[_where(database), database["name"]] = target["schemas"]
    return found


@functools.lru_cache(maxsize=32)
def script_tables(script: str) -> frozenset[str]:
    """The tables that a script makes, in lower case; none of a script that is no SQL."""
    try:
        statements = split_statements(script)
    except ScriptError:
        return frozenset()
    made = [_CREATE.match(statement.code) for statement in statements]
    return frozenset(fold(match["name"]).strip('"').lower() for match in made if match)


def _table_findings(
    deployment: Mapping[str, Any],
    host: str,
    database: Mapping[str, Any],
    facts: Mapping[str, Any],
    wanted: Sequence[Mapping[str, Any]],
    found: Findings,
) -> bool:
    """Add what is wrong with the tables; returns whether some are to be made."""
    present, label, place = set(facts["tables"]), _label(database), _place(database)
    release, change = deployment["release"], f"or change {_place(database)}.name."
    every: set[str] = set()
    makes = sound = False
    for schema in wanted:
        tables, marker = script_tables(schema["script"]), schema["marker"].lower()
        every |= tables
        there, lacking = sorted(tables & present), sorted(tables - present)
        if marker in present and lacking:
            found.add(
                host,
                "database tables",
                f"{label}: the schema {schema['name']} lacks {_some(lacking)}",
                f"the tables of release {release}; these are of another one, or not all were made",
                f"Restore or migrate the database, {change}",
            )
        elif marker not in present and there:
            found.add(
                host,
                "database tables",
                f"{label}: the schema {schema['name']} has {_some(there)} but not {marker}",
                f"all tables of release {release}, or none",
                f"Empty or restore the database, {change}",
            )
        elif marker not in present and not deployment["create_schemas"]:
            found.add(
                host,
                "database tables",
                f"{label}: the schema {schema['name']} is not there",
                f"the tables of release {release}, because database_create_schemas is false",
                f"Run the pack's script, set database_create_schemas to true, {change}",
            )
        elif marker not in present:
            makes = True
        else:
            sound = True
    if sound and (strangers := sorted(_strangers(present, every))):
        found.add(
            host,
            "database tables",
            f"{label} has {_some(strangers)}",
            f"only tables of release {release}; a newer one leaves such tables",
            f"Make sure that no other release uses the database, {change}",
            severity="warning",
        )
    if closed := sorted(set(facts["tables_without_rights"]) & every):
        found.add(
            host,
            "database rights",
            f"{label}: {database['username']} may not read and write {_some(closed)}",
            "the owner of the tables, or a user with all rights on them",
            f"Grant the rights, or change {place}.username.",
        )
    return makes


def _strangers(present: set[str], known: set[str]) -> set[str]:
    """Tables that are named like the product's and are none of this release."""
    families = [name.split("_", maxsplit=1)[0] + "_" for name in known if "_" in name]
    own = tuple({family for family in families if families.count(family) >= _FAMILY})
    return {name for name in present - known if name.startswith(own)} if own else set()


def _some(names: Sequence[str]) -> str:
    return join(list(names) if len(names) <= _NAMED else [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more"])


def _connection_findings(
    deployment: Mapping[str, Any], described: Mapping[str, tuple[str, Mapping[str, Any]]], found: Findings
) -> None:
    """What all pools may open, against what the servers take."""
    for pool in deployment["pools"]:
        place = {"host": str(pool["host"]), "port": str(pool["port"])}
        for database in deployment["databases"].values():
            answer = described.get(_identity(database))
            places = [{"host": str(server["host"]), "port": str(server["port"])} for server in _servers(database)]
            # Which of several servers answered is not known.
            if answer is None or places != [place]:
                continue
            facts = answer[1]
            usable = facts["max_connections"] - facts["reserved_connections"]
            if pool["connections"] > usable:
                found.add(
                    "all hosts",
                    "database connections",
                    f"{place['host']}:{place['port']} takes {usable} connections (max_connections "
                    f"{facts['max_connections']}, {facts['reserved_connections']} reserved)",
                    f"{pool['connections']}: the pools of all servers",
                    "Raise max_connections of the server, or lower pool.max_active in wso2is_databases and "
                    "analytics_database_pool.",
                    severity="warning",
                )
            break
