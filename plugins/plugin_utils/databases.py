# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The databases of a deployment, and what the product's files say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .elements import element, secret_element
from .findings import finding

# A database that an inventory leaves out is kept in another one.
JOINT = {"registry": "user", "consent": "identity"}
IS_DATABASES = ("user", "registry", "identity", "consent", "workflow")
ANALYTICS_DATABASES = ("analytics", "analytics_cluster", "analytics_persistence")

JDBC = {
    "postgresql": {
        "driver": "org.postgresql.Driver",
        "url": "jdbc:postgresql://{host}:{port}/{name}",
        "validation_query": "SELECT 1",
    },
}


DATASOURCES = {
    "user": ("WSO2_USER_DB", "jdbc/WSO2UserDB"),
    "registry": ("WSO2_REGISTRY_DB", "jdbc/WSO2RegistryDB"),
    "identity": ("WSO2_IDENTITY_DB", "jdbc/WSO2IdentityDB"),
    "consent": ("WSO2_CONSENT_DB", "jdbc/WSO2ConsentDB"),
}


def databases_of(values: Mapping[str, Any], pattern: int) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The databases by purpose, and findings on `wso2is_databases`."""
    given = values["wso2is_databases"] or {}
    kind = JDBC[values["wso2is_database_type"]]
    found: dict[str, Any] = {}
    findings = []
    for purpose in IS_DATABASES + (ANALYTICS_DATABASES if pattern == 2 else ()):
        where = purpose if purpose in given else JOINT.get(purpose, purpose)
        entry = given.get(where) or {}
        lacking = [
            key for key in ("name", "username", "password") if not isinstance(entry, Mapping) or not entry.get(key)
        ]
        if lacking:
            if where == purpose:
                findings.append(
                    finding(
                        "inventory",
                        "databases",
                        f"wso2is_databases.{purpose} lacks {', '.join(lacking)}",
                        "name, username and password",
                        f"Set them in wso2is_databases.{purpose}.",
                    )
                )
            entry = dict.fromkeys(("name", "username", "password"), "")
        database = {
            "name": entry["name"],
            "username": entry["username"],
            "password": entry["password"],
            "host": entry.get("host") or values["wso2is_database_host"],
            "port": entry.get("port") or values["wso2is_database_port"],
            "same_as": where,
            "driver": kind["driver"],
        }
        if not database["host"] and where == purpose:
            findings.append(
                finding(
                    "inventory",
                    "databases",
                    f"wso2is_databases.{purpose} has no host",
                    "a database server",
                    f"Set wso2is_database_host or wso2is_databases.{purpose}.host.",
                )
            )
        database["url"] = kind["url"].format(**database)
        database["validation_query"] = kind["validation_query"]
        found[purpose] = database
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
                # The pack's own pool sizes.
                element("maxActive", "50"),
                element("maxWait", "60000"),
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
