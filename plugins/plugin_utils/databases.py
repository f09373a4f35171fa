# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The databases of a deployment, and what the product's files say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .database_findings import POOL, entry_findings, pool_size
from .elements import element, secret_element
from .findings import finding
from .jdbc_urls import parse_url

# A database that an inventory leaves out is kept in another one.
JOINT = {"registry": "user", "consent": "identity"}
IS_DATABASES = ("user", "registry", "identity", "consent", "workflow")
ANALYTICS_DATABASES = ("analytics", "analytics_cluster", "analytics_persistence")

DATASOURCES = {
    "user": ("WSO2_USER_DB", "jdbc/WSO2UserDB"),
    "registry": ("WSO2_REGISTRY_DB", "jdbc/WSO2RegistryDB"),
    "identity": ("WSO2_IDENTITY_DB", "jdbc/WSO2IdentityDB"),
    "consent": ("WSO2_CONSENT_DB", "jdbc/WSO2ConsentDB"),
}


def databases_of(
    values: Mapping[str, Any], pattern: int, release: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The databases by purpose, and findings on `wso2is_databases`."""
    given = values["wso2is_databases"] or {}
    about = release["databases"]["types"][values["wso2is_database_type"]]
    host = values["wso2is_database_host"]
    found: dict[str, Any] = {}
    findings = []
    for purpose in IS_DATABASES + (ANALYTICS_DATABASES if pattern == 2 else ()):
        where = purpose if purpose in given else JOINT.get(purpose, purpose)
        entry = given.get(where) or {}
        if where == purpose:
            findings += entry_findings(purpose, entry, about, purpose in ANALYTICS_DATABASES, host)
        found[purpose] = {
            **_database(entry if isinstance(entry, Mapping) else {}, about, values),
            "pool": _pool(entry, release["databases"]["pools"].get(purpose, {})),
            "same_as": where,
        }
    for purpose in given:
        if purpose not in IS_DATABASES + ANALYTICS_DATABASES:
            findings.append(
                finding(
                    "inventory",
                    "databases",
                    f"wso2is_databases.{purpose}",
                    "one of " + ", ".join(IS_DATABASES + ANALYTICS_DATABASES),
                    f"Rename or remove wso2is_databases.{purpose}.",
                )
            )
    return found, findings


def _database(entry: Mapping[str, Any], about: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Where a database is and who logs in. `servers` are all that its URL names, `host` and `port` the first."""
    url = entry.get("url") or ""
    database = {
        "name": entry.get("name") or entry.get("sid") or "",
        "username": entry.get("username") or "",
        "password": entry.get("password") or "",
        "host": entry.get("host") or values["wso2is_database_host"],
        "port": entry.get("port") or values["wso2is_database_port"] or about["port"],
        "driver": about["driver"],
        "validation_query": about["validation_query"],
    }
    if url and isinstance(url, str):
        servers, name = parse_url(url)
        named = [{"host": host, "port": port or about["port"]} for host, port in servers]
        first = named[0] if named else {"host": "", "port": about["port"]}
        return {**database, **first, "name": name, "url": url, "servers": named}
    form = about.get("url_sid") if entry.get("sid") else None
    return {
        **database,
        "url": (form or about["url"]).format(**database),
        "servers": [{"host": database["host"], "port": database["port"]}],
    }


def _pool(entry: Any, shipped: Mapping[str, int]) -> dict[str, int]:
    """The pool of a database: what the inventory says, else the pack's own numbers."""
    given = entry.get("pool") if isinstance(entry, Mapping) else None
    sizes = {key: pool_size(given.get(key), key) for key in POOL} if isinstance(given, Mapping) else {}
    return {**shipped, **{key: size for key, size in sizes.items() if size is not None}}


def pools_of(
    databases: Mapping[str, Any], kind: str, nodes: int, workers: Sequence[int], dashboards: Sequence[int]
) -> list[dict[str, Any]]:
    """The connections that all pools may open, by database server.

    With several servers in one URL each may be the one that has all of them.

    Args:
        databases: the databases by purpose.
        kind: type of the databases.
        nodes: how many Identity Server nodes there are.
        workers: for each worker, the size of its pools where a database does not say it.
        dashboards: the same for each dashboard, which has one pool.

    Returns:
        For each server `host`, `port`, `type`, `connections`, `name` (the first database there) and `purposes`.
    """
    found: dict[tuple[Any, Any], dict[str, Any]] = {}
    for purpose, database in databases.items():
        if database["same_as"] != purpose:
            continue
        if purpose in ANALYTICS_DATABASES:
            users = [*workers, *(dashboards if purpose == "analytics" else ())]
            connections = sum(analytics_pool(database, size) for size in users)
        else:
            connections = nodes * database["pool"]["max_active"]
        for server in database["servers"]:
            if not server["host"]:
                continue
            pool = found.setdefault(
                (str(server["host"]), str(server["port"])),
                {**server, "type": kind, "connections": 0, "name": database["name"], "purposes": []},
            )
            pool["connections"] += connections
            pool["purposes"].append(purpose)
    return list(found.values())


def analytics_pool(database: Mapping[str, Any], size: int) -> int:
    """Connections of a pool of Analytics: the database's own number, else that of all its pools."""
    return int(database["pool"].get("max_active", size))


def workflow_database(database: Mapping[str, Any]) -> dict[str, Any]:
    """The workflow database as the settings name it."""
    pool = database["pool"]
    idle = min(pool["max_active"], max(pool["max_idle"], pool.get("min_idle", 0)))
    sizes = {"max_active": pool["max_active"], "max_wait": pool["max_wait"], "max_idle": idle}
    return {**database, "pool": {key: str(size) for key, size in sizes.items()}, "min_idle": _min_idle(pool)}


def _min_idle(pool: Mapping[str, int]) -> list[dict[str, Any]]:
    return [element("minIdle", str(pool["min_idle"]))] if "min_idle" in pool else []


def datasource(name: str, jndi: str, database: Mapping[str, Any]) -> dict[str, Any]:
    """The element that tells an Identity Server node of a database."""
    return element(
        "datasource",
        element("name", name),
        element("jndiConfig", element("name", jndi)),
        element(
            "definition",
            element(
                "configuration",
                element("driverClassName", database["driver"]),
                element("url", database["url"]),
                element("username", database["username"]),
                secret_element("password", database["password"]),
                element("maxActive", str(database["pool"]["max_active"])),
                element("maxWait", str(database["pool"]["max_wait"])),
                *_min_idle(database["pool"]),
                element("testOnBorrow", "true"),
                element("validationQuery", database["validation_query"]),
                element("validationInterval", "30000"),
                element("defaultAutoCommit", "false"),
            ),
            type="RDBMS",
        ),
    )


def registry_mounts(jndi: str, database: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The elements that mount the shared parts of the registry."""
    mounts = [
        element("mount", element("instanceId", "shared"), element("targetPath", path), path=path, overwrite="true")
        for path in ("/_system/config", "/_system/governance")
    ]
    return [
        element("dbConfig", element("dataSource", jndi), name="sharedregistry"),
        element(
            "remoteInstance",
            element("id", "shared"),
            element("dbConfig", "sharedregistry"),
            element("readOnly", "false"),
            element("registryRoot", "/"),
            element("enableCache", "true"),
            # The same on every node and of this database only: it is what lets one node invalidate another's cache.
            element("cacheId", f"{database['username']}@{database['url']}"),
            url="https://localhost:9443/registry",
        ),
        *mounts,
    ]
