# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the entries of `wso2is_databases`, and with schemas that nobody would create."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .findings import finding, kind, shown
from .jdbc_urls import url_problem
from .suggestions import did_you_mean

# Types whose schemas the role database creates.
CREATED = ("postgresql",)
# Connections at most, milliseconds that a request waits for one, connections that stay open.
POOL = ("max_active", "max_wait", "min_idle")
KEYS = ("name", "sid", "username", "password", "host", "port", "url", "pool")
_IN_PLACE_OF_URL = ("name", "sid", "host", "port")
_HOST = re.compile(r"[A-Za-z0-9._-]+")
# What means something in a URL of one of the types.
_IN_URLS = re.compile(r"[\s/?#&;:@{}()=,%\\]")


def _wrong(place: str, found: str, required: str, remedy: str = "") -> dict[str, str]:
    return finding("inventory", "databases", f"{place} {found}", required, remedy or f"Change {place}.")


def entry_findings(purpose: str, entry: Any, about: Mapping[str, Any], analytics: bool, host: Any) -> list[Any]:
    """Findings on one entry of `wso2is_databases`.

    Args:
        purpose: its key.
        entry: its value, anything.
        about: what the release says of the database type.
        analytics: whether a server of Analytics uses it, whose pools have a size only.
        host: the server where the entry names none.
    """
    place = f"wso2is_databases.{purpose}"
    given = entry if isinstance(entry, Mapping) else {}
    url = given.get("url") or ""
    name = "sid" if given.get("sid") else "name"
    needed = ("username", "password") if url else (name, "username", "password")
    lacking = [key for key in needed if not given.get(key)]
    found = []
    if lacking:
        required = " and ".join([", ".join(needed[:-1]), needed[-1]])
        found.append(_wrong(place, f"lacks {', '.join(lacking)}", required, f"Set them in {place}."))
    for key in given:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) if isinstance(key, str) else ""
            required = f"one of {', '.join(KEYS)}" + (f"; {hint}" if hint else "")
            found.append(_wrong(f"{place}.{shown(key)}", "is not known", required, f"Rename or remove it in {place}."))
    if url:
        found += _url_findings(place, given, about)
    else:
        found += _server_findings(place, given, about, host)
    return found + _pool_findings(f"{place}.pool", given.get("pool"), analytics)


def _url_findings(place: str, given: Mapping[Any, Any], about: Mapping[str, Any]) -> list[dict[str, str]]:
    url = given["url"]
    if not isinstance(url, str):
        return [_wrong(f"{place}.url", f"is a {kind(url)}", "a JDBC URL")]
    also = [key for key in _IN_PLACE_OF_URL if given.get(key)]
    if also:
        remedy = f"Remove url or {' and '.join(also)} from {place}."
        return [_wrong(place, f"has url and {', '.join(also)}", "one of both: the URL says all of it", remedy)]
    problem, required = url_problem(url, about["prefix"])
    if not problem:
        return []
    return [_wrong(f"{place}.url", problem, required, f"Change {place}.url, or wso2is_database_type.")]


def _server_findings(
    place: str, given: Mapping[Any, Any], about: Mapping[str, Any], default: Any
) -> list[dict[str, str]]:
    found = []
    host = given.get("host") or default
    if not host:
        found.append(_wrong(place, "has no host", "a database server", f"Set wso2is_database_host or {place}.host."))
    # Another type is a finding of the values.
    elif isinstance(host, str) and not _HOST.fullmatch(host):
        variable, several = (
            (f"{place}.host", place) if given.get("host") else ("wso2is_database_host", "wso2is_databases")
        )
        remedy = f"Change it, or give all servers in url of {several}."
        found.append(_wrong(variable, f"is {shown(host)}", "one name or IPv4 address", remedy))
    if given.get("sid") and "url_sid" not in about:
        found.append(_wrong(place, "has sid", f"name: {about['name']} has no sid", f"Set {place}.name instead."))
    elif given.get("sid") and given.get("name"):
        remedy = f"Remove one of them from {place}."
        found.append(_wrong(place, "has name and sid", "name for a service, sid for an instance", remedy))
    for key in ("name", "sid"):
        text = given.get(key)
        wrong = _IN_URLS.search(text) if isinstance(text, str) else None
        if wrong:
            required = "a name that a JDBC URL can hold"
            remedy = f"Rename the database, or give the whole address in {place}.url."
            found.append(_wrong(f"{place}.{key}", f"holds {wrong[0]!r}", required, remedy))
    return found


def _pool_findings(place: str, given: Any, analytics: bool) -> list[dict[str, str]]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        return [_wrong(place, f"is a {kind(given)}", "a mapping")]
    known = POOL[:1] if analytics else POOL
    found = []
    sizes = {}
    for key, value in given.items():
        if key not in known:
            found.append(_wrong(f"{place}.{shown(key)}", "is not known", " or ".join(known)))
        elif pool_size(value, key) is None:
            least = 0 if key == "min_idle" else 1
            required = f"a whole number, {least} or more"
            found.append(_wrong(f"{place}.{key}", f"is {shown(value)} ({kind(value)})", required))
        else:
            sizes[key] = value
    if "min_idle" in sizes and sizes["min_idle"] > sizes.get("max_active", sizes["min_idle"]):
        numbers = f"is {sizes['min_idle']}, max_active {sizes['max_active']}"
        found.append(_wrong(f"{place}.min_idle", numbers, "no more than max_active"))
    return found


def pool_size(value: Any, key: str) -> int | None:
    """A size of a pool, or nothing where it is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return int(value) if (0 if key == "min_idle" else 1) <= value <= 2**31 - 1 else None


def schema_findings(deployment: Mapping[str, Any], release: Mapping[str, Any]) -> list[dict[str, str]]:
    """Schemas that are to be created, of a type for which the collection cannot."""
    kind_of = deployment["database_type"]
    if not deployment["create_schemas"] or kind_of in CREATED:
        return []
    types = release["databases"]["types"]
    scripts: dict[str, list[str]] = {}
    for schema in release["schemas"]:
        # The registry's tables are made by the script of the users'.
        for purpose in dict.fromkeys(deployment["databases"][name]["same_as"] for name in schema["databases"]):
            scripts.setdefault(purpose, []).append(schema["scripts"][types[kind_of]["scripts"]])
    listed = "; ".join(f"{purpose}: {', '.join(files)}" for purpose, files in scripts.items())
    names = " or ".join(types[name]["name"] for name in CREATED)
    return [
        finding(
            "inventory",
            "schemas",
            f"database_create_schemas is on with wso2is_database_type {kind_of}",
            f"{names}, the type for which the collection runs the scripts",
            f"Run the pack's scripts once ({listed}), and set database_create_schemas to false.",
        )
    ]
