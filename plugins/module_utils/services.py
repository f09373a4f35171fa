# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that a host needs: whether it reaches them, and whether they let it in. Asked all at once."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.identityops.wso2is.plugins.module_utils.certificate import last_day
from ansible_collections.identityops.wso2is.plugins.module_utils.ldap_client import LdapError, bind
from ansible_collections.identityops.wso2is.plugins.module_utils.postgresql_client import Login, PostgresError, Session

AT_ONCE = 8

DATABASE = """
SELECT current_setting('server_version'), pg_encoding_to_char(encoding), current_setting('max_connections'),
  current_setting('superuser_reserved_connections'), current_schema(),
  has_schema_privilege(current_schema(), 'USAGE') AND has_schema_privilege(current_schema(), 'CREATE')
FROM pg_database WHERE datname = current_database()
"""
TABLES = """
SELECT lower(c.relname), has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
  AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND pg_table_is_visible(c.oid)
ORDER BY 1
"""


def reason_of(error: OSError) -> str:
    """An error of a connection in few words."""
    if isinstance(error, socket.timeout):
        return "no answer"
    if isinstance(error, socket.gaierror):
        return "its name does not resolve"
    if isinstance(error, ssl.SSLError):
        return "no connection by TLS (%s)" % (error.reason or error)
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error) or type(error).__name__


def ask_tcp(service: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Connect and hang up."""
    answering(service, seconds)
    return {}


def answering(service: Mapping[str, Any], seconds: float) -> tuple[str, int]:
    """The first of the places of a service that answers.

    :raises OSError: if none does; that of the last.
    """
    failed: OSError = OSError("no place is named")
    for host, port in service["places"]:
        try:
            socket.create_connection((host, port), seconds).close()
        except OSError as error:
            failed = error
        else:
            return host, port
    raise failed


def ask_postgresql(service: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Log in, and where `describe` is true read what the database is like."""
    login = Login(*answering(service, seconds), service["name"], service["username"], service["password"])
    try:
        with contextlib.closing(Session(login, seconds)) as session:
            return describe_database(session) if service.get("describe") else {}
    except PostgresError as error:
        return {"refused": str(error), "code": error.code}


def describe_database(session: Session) -> dict[str, Any]:
    """Version, encoding, connections, rights and tables of the database of a session."""
    version, encoding, most, reserved, schema, creates = session.rows(DATABASE)[0]
    tables = session.rows(TABLES)
    return {
        "version": version,
        "encoding": encoding,
        "max_connections": int(most or 0),
        "reserved_connections": int(reserved or 0),
        "schema": schema,
        "creates": creates == "t",
        "tables": [name for name, _rights in tables],
        "tables_without_rights": [name for name, rights in tables if rights != "t"],
    }


def ask_ldap(service: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Bind once."""
    host, port = answering(service, seconds)
    if not service["username"]:
        return {}
    try:
        refused = bind(host, port, service["tls"], service["username"], service["password"], seconds)
    except LdapError as error:
        refused = str(error)
    return {"refused": refused, "code": ""} if refused else {}


def ask_tls(service: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Read when the certificate ends that is shown for a name (`server_name`). Trust is not asked for."""
    host, port = service["places"][0]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    name = service.get("server_name") or None
    connection = socket.create_connection((host, port), seconds)
    with connection, context.wrap_socket(connection, server_hostname=name) as secure:
        return {"certificate_ends": last_day(secure.getpeercert(binary_form=True) or b"")}


KINDS: dict[str, Callable[[Mapping[str, Any], float], dict[str, Any]]] = {
    "tcp": ask_tcp,
    "postgresql": ask_postgresql,
    "ldap": ask_ldap,
    "tls": ask_tls,
}


def ask(service: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """What is true of one service: `unreachable` (why, or empty), after how many `seconds`, and what its kind adds."""
    begun = time.monotonic()
    try:
        answer = KINDS[service["kind"]](service, seconds)
        return {"unreachable": "", "seconds": round(time.monotonic() - begun, 4), **answer}
    except OSError as error:
        return {"unreachable": reason_of(error)}
    except (ValueError, OverflowError, UnicodeError) as error:
        return {"unreachable": str(error)}


def ask_all(services: Sequence[Mapping[str, Any]], seconds: float) -> dict[str, dict[str, Any]]:
    """Ask services at the same time.

    :param services: each with `id`, `kind` and what its kind takes.
    :param seconds: time limit of a connection, and of every answer on it.
    :returns: Answers by id.
    """
    if not services:
        return {}
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = list(pool.map(lambda service: ask(service, seconds), services))
    return {service["id"]: answer for service, answer in zip(services, answers)}
