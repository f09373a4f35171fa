# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model: one plain description of the whole deployment, computed from an inventory.

This is the only place that computes values. Settings name fields of a node's `fields`; roles, findings and
playbooks read the rest.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from jinja2 import UndefinedError

from .findings import InputError, finding
from .plain import plain
from .releases import load_release
from .shares import PUBLISHERS, is_shared, share
from .variables import address_of, effective, missing, role_missing, specifications

# A database that an inventory leaves out is kept in another one.
JOINT = {"registry": "user", "consent": "identity"}
IS_DATABASES = ("user", "registry", "identity", "consent", "workflow")
ANALYTICS_DATABASES = ("analytics", "analytics_cluster", "analytics_persistence")

# Role variables on which the hosts of a cluster must agree.
NODES_AGREE = ("hazelcast_", "artifact_sync_", "database_")
ANALYTICS_AGREE = (
    "analytics_admin_user",
    "analytics_admin_password",
    "analytics_group_id",
    "analytics_heartbeat_interval",
    "analytics_heartbeat_max_retry",
    "analytics_keystore",
    "analytics_truststore",
)
# A role's default for these is empty, because a path or a password has none.
ALWAYS = {"artifact_sync_path": "where the shared file system is mounted on every node"}
WITH_ANALYTICS = {
    "analytics_admin_password": "a password",
    "analytics_keystore": "a keystore (JKS) on the control node",
    "analytics_truststore": "a truststore (JKS) on the control node",
}

# On the control node. The rest of its variables is the role's own.
BALANCER_FILES = ("load_balancer_certificate", "load_balancer_certificate_key", "load_balancer_upstream_ca")

JDBC = {
    "postgresql": {
        "driver": "org.postgresql.Driver",
        "url": "jdbc:postgresql://{host}:{port}/{name}",
        "validation_query": "SELECT 1",
    },
}


def topology(
    hostvars: Mapping[str, Mapping[str, Any]],
    nodes: Sequence[str],
    workers: Sequence[str] = (),
    dashboards: Sequence[str] = (),
    load_balancers: Sequence[str] = (),
    pattern: int = 0,
    nfs_servers: Sequence[str] = (),
) -> dict[str, Any]:
    """Compute the deployment.

    Args:
        hostvars: the variables of every host, by inventory name.
        nodes: inventory names of the Identity Server nodes; the first one does what only one may do.
        workers: inventory names of the analytics workers. Empty means pattern 1.
        dashboards: inventory names of the analytics dashboards.
        load_balancers: inventory names of the load balancers.
        pattern: 1 or 2; 0 takes what the lists say. In pattern 1 workers and dashboards are left out.
        nfs_servers: inventory names of the NFS servers; used where the nodes share files by NFS.

    Returns:
        A mapping of plain data. `findings` says what is wrong with the variables; the rest is complete only when
        there is none.
    """
    findings: list[dict[str, str]] = []
    if pattern == 1:
        workers = dashboards = ()
    values: dict[str, dict[str, Any]] = {}
    given: dict[str, set[str]] = {}
    spoilt: dict[str, set[str]] = {}
    hosts = list(dict.fromkeys([*nodes, *workers, *dashboards, *load_balancers, *nfs_servers]))
    for host in hosts:
        variables = hostvars.get(host, {})
        values[host], wrong, given[host], spoilt[host] = effective(host, variables)
        if not values[host]["wso2is_address"]:
            values[host]["wso2is_address"], unresolved = address_of(host, variables)
            wrong += unresolved
        findings += wrong
    findings = _once(findings, hosts)
    pattern = pattern or (2 if workers or dashboards else 1)
    shared, disagreements = _shared(values, given, spoilt, [*workers, *dashboards], nodes, nfs_servers)
    absent = missing(set().union(*given.values()) if given else set())
    findings += disagreements + absent
    if not nodes:
        return _nothing(
            pattern,
            [
                finding(
                    "inventory",
                    "topology",
                    "no Identity Server node",
                    "at least two",
                    "Put the nodes into the group wso2is_nodes, or name their group in wso2is_nodes_group.",
                )
            ],
        )
    try:
        release = load_release(shared["wso2is_release"])
    except InputError as exc:
        return _nothing(
            pattern, [finding("all hosts", "release", str(exc), "a known release", "Change wso2is_release.")]
        )
    findings += _empty(shared, ALWAYS)
    for host in load_balancers:
        findings += role_missing("load_balancer", host, given[host])
    # Without hosts for Analytics nobody was asked; that they lack is said by the findings on the topology.
    if pattern == 2 and (workers or dashboards):
        findings += _empty(shared, WITH_ANALYTICS)
    public = _public(shared)
    spoilt_names = set().union(*spoilt.values(), (row["found"].split(" ", maxsplit=1)[0] for row in absent))
    databases, wrong = _databases(shared, 2 if workers or dashboards else pattern)
    if "wso2is_databases" not in spoilt_names:
        findings += wrong
    deployment: dict[str, Any] = {
        "pattern": pattern,
        "release": shared["wso2is_release"],
        "public": public,
        "packs": {
            "identity_server": {
                "source": shared["wso2is_pack"],
                "checksum": shared["wso2is_pack_checksum"],
                "top": release["packs"]["identity_server"]["top"],
            },
            "analytics": {
                "source": shared["wso2is_analytics_pack"],
                "checksum": shared["wso2is_analytics_pack_checksum"],
                "top": release["packs"]["analytics"]["top"],
            },
        },
        "jdk": release["jdk"],
        "jdbc_driver": {"source": shared["wso2is_jdbc_driver"], "checksum": shared["wso2is_jdbc_driver_checksum"]},
        "service_user": {
            "user": shared["wso2is_user"],
            "uid": shared["wso2is_uid"],
            "group": shared["wso2is_group"],
            "gid": shared["wso2is_gid"],
        },
        "test_lab": shared["wso2is_test_lab"],
        "inventory": _inventory([hostvars.get(host, {}) for host in hosts]),
        "database_type": shared["wso2is_database_type"],
        "databases": databases,
        "create_schemas": shared["database_create_schemas"],
        "minimum": {"memory_mb": shared["wso2is_minimum_memory_mb"], "disk_gb": shared["wso2is_minimum_disk_gb"]},
        "is_nodes": [_is_node(host, values[host], release) for host in nodes],
        "workers": [_analytics_node(host, values[host], "worker") for host in workers],
        "dashboards": [_analytics_node(host, values[host], "dashboard") for host in dashboards],
        "load_balancers": [{"host": host, "address": values[host]["wso2is_address"]} for host in load_balancers],
        "balancer_files": _balancer_files(hostvars, load_balancers),
        "nfs_servers": [{"host": host, "address": values[host]["wso2is_address"]} for host in nfs_servers],
        "findings": findings,
        # Variables without a value that counts: what reads them stays silent.
        "spoilt": sorted(spoilt_names),
        "hosts": {host: {"address": values[host]["wso2is_address"], "servers": {}} for host in hosts},
    }
    deployment["artifacts"] = share(shared, deployment["is_nodes"], deployment["nfs_servers"])
    deployment["cluster_members"] = [
        {"name": node["host"], "address": node["address"], "port": node["port"]} for node in deployment["is_nodes"]
    ]
    # Once, because a list for each node would grow with the square of their number.
    deployment["membership"] = {
        "members": _element(
            "members",
            *[
                _element("member", _element("hostName", member["address"]), _element("port", str(member["port"])))
                for member in deployment["is_nodes"]
            ],
        )
    }
    deployment["upstreams"] = [
        {"name": node["host"], "address": node["address"], "port": node["https_port"]}
        for node in deployment["is_nodes"]
    ]
    for node in deployment["is_nodes"]:
        deployment["hosts"][node["host"]]["servers"]["is"] = _is_server(node, deployment, values[node["host"]], release)
    for runtime, members in (("worker", "workers"), ("dashboard", "dashboards")):
        for node in deployment[members]:
            deployment["hosts"][node["host"]]["servers"][runtime] = _analytics_server(
                node, runtime, deployment, values[node["host"]], release
            )
    return deployment


def _nothing(pattern: int, findings: list[dict[str, str]]) -> dict[str, Any]:
    """A deployment of which nothing can be said but what is wrong."""
    return {
        "pattern": pattern,
        "hosts": {},
        "is_nodes": [],
        "workers": [],
        "dashboards": [],
        "load_balancers": [],
        "nfs_servers": [],
        "public": {"host": "", "port": 0, "http_port": 0, "url": ""},
        "findings": findings,
    }


def _once(findings: list[dict[str, str]], hosts: Sequence[str]) -> list[dict[str, str]]:
    """The same mistake on every host is one finding: it was made once, in a group."""
    seen: dict[tuple[str, ...], list[str]] = {}
    for item in findings:
        seen.setdefault((item["check"], item["found"], item["required"], item["remedy"], item["severity"]), []).append(
            item["host"]
        )
    return [
        finding(
            "all hosts" if len(names) == len(hosts) and len(hosts) > 1 else ", ".join(names), *key[:4], severity=key[4]
        )
        for key, names in seen.items()
    ]


def _shared(
    values: dict[str, dict[str, Any]],
    given: Mapping[str, set[str]],
    spoilt: Mapping[str, set[str]],
    analytics: Sequence[str],
    nodes: Sequence[str],
    nfs_servers: Sequence[str],
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Variables that are one for the whole deployment, wherever it is said; all hosts get that value.

    Returns the variables of the first node with them, and findings on hosts that disagree.
    """
    findings = []
    shared = dict(values[nodes[0]]) if nodes else {}
    for name, spec in specifications().items():
        if not spec.get("host"):
            asked = list(values)
        elif name.startswith(NODES_AGREE) and name != "hazelcast_port":
            # An NFS server may be told what it shares.
            asked = list(dict.fromkeys([*nodes, *(nfs_servers if name.startswith("artifact_sync_") else ())]))
        elif name in ANALYTICS_AGREE:
            # One host may be a worker and a dashboard.
            asked = list(dict.fromkeys(analytics))
        else:
            continue
        # A value that has a finding is nobody's.
        saying = [host for host in asked if name in given[host] - spoilt[host]]
        said: list[Any] = []
        for host in saying:
            if values[host][name] not in said:
                said.append(values[host][name])
        if len(said) > 1:
            found, remedy = f"{name} differs between them", f"Set {name} once, for all of them."
            findings.append(finding(", ".join(saying), "variables", found, "the same value", remedy))
        value = said[0] if said else specifications()[name].get("default")
        shared[name] = value
        for host in asked:
            values[host][name] = value
        if name in ANALYTICS_AGREE:
            # Nodes publish with the account of the workers.
            for host in nodes:
                values[host][name] = value
    return shared, findings


def _empty(values: Mapping[str, Any], needed: Mapping[str, str]) -> list[dict[str, str]]:
    """Variables of roles that have an empty default and are needed nevertheless."""
    return [
        finding("inventory", "variables", f"{name} is not set", what, f"Set {name}.")
        for name, what in needed.items()
        if not values[name]
    ]


def _balancer_files(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> list[dict[str, str]]:
    """Variable and path of the files that load balancers need.

    What cannot be resolved or is relative is left to the role.
    """
    found = []
    for host in hosts:
        for name in BALANCER_FILES:
            try:
                path = plain(hostvars.get(host, {}).get(name))
            except (AnsibleError, UndefinedError):
                continue
            if isinstance(path, str) and os.path.isabs(os.path.expanduser(path)):
                found.append({"host": host, "variable": name, "path": path})
    return found


def _inventory(hosts: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Where the inventory lies, as Ansible says it of every host."""
    found = {}
    for key, name in (("files", "inventory_file"), ("directories", "inventory_dir")):
        said = {variables.get(name) for variables in hosts}
        found[key] = sorted(str(path) for path in said if isinstance(path, str) and path)
    return found


def _public(values: Mapping[str, Any]) -> dict[str, Any]:
    host, port = values["wso2is_public_host"] or "", values["wso2is_public_port"]
    return {
        "host": host,
        "port": port,
        "http_port": values["wso2is_public_http_port"],
        "url": f"https://{host}" + ("" if port == 443 else f":{port}"),
    }


def _databases(values: Mapping[str, Any], pattern: int) -> tuple[dict[str, Any], list[dict[str, str]]]:
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


def port_number(release: Mapping[str, Any], product: str, name: str, offset: int = 0) -> int:
    """The port that a product of the release opens, shifted where the product shifts it."""
    port = next(port for port in release["products"][product]["ports"] if port["name"] == name)
    return int(port["number"]) + (offset if port["offset"] else 0)


def _is_node(host: str, values: Mapping[str, Any], release: Mapping[str, Any]) -> dict[str, Any]:
    offset = values["is_node_port_offset"]
    return {
        "host": host,
        "address": values["wso2is_address"],
        "port": values["hazelcast_port"],
        "offset": offset,
        "https_port": port_number(release, "identity_server", "https", offset),
        "heap_mb": values["is_node_heap_mb"],
        "public_address": values["is_node_public_address"],
    }


def _analytics_node(host: str, values: Mapping[str, Any], runtime: str) -> dict[str, Any]:
    return {
        "host": host,
        "address": values["wso2is_address"],
        "carbon_id": f"{host}-{runtime}",
        "heap_mb": values[f"analytics_{runtime}_heap_mb"],
    }


def _element(tag: str, *children: Any, **attributes: str) -> dict[str, Any]:
    """An XML element as the settings engine takes it; a single string child is its text."""
    element: dict[str, Any] = {"tag": tag}
    if attributes:
        element["attributes"] = attributes
    if len(children) == 1 and isinstance(children[0], str):
        element["text"] = children[0]
    elif children:
        element["children"] = list(children)
    return element


def _secret(tag: str, text: str, **attributes: str) -> dict[str, Any]:
    return {**_element(tag, text, **attributes), "text": {"text": text, "secret": True}}


def _datasource(name: str, jndi: str, database: Mapping[str, Any]) -> dict[str, Any]:
    return _element(
        "datasource",
        _element("name", name),
        _element("jndiConfig", _element("name", jndi)),
        _element(
            "definition",
            _element(
                "configuration",
                _element("driverClassName", database["driver"]),
                _element("url", database["url"]),
                _element("username", database["username"]),
                _secret("password", database["password"]),
                # The pack's own pool sizes.
                _element("maxActive", "50"),
                _element("maxWait", "60000"),
                _element("testOnBorrow", "true"),
                _element("validationQuery", database["validation_query"]),
                _element("validationInterval", "30000"),
                _element("defaultAutoCommit", "false"),
            ),
            type="RDBMS",
        ),
    )


_DATASOURCES = {
    "user": ("WSO2_USER_DB", "jdbc/WSO2UserDB"),
    "registry": ("WSO2_REGISTRY_DB", "jdbc/WSO2RegistryDB"),
    "identity": ("WSO2_IDENTITY_DB", "jdbc/WSO2IdentityDB"),
    "consent": ("WSO2_CONSENT_DB", "jdbc/WSO2ConsentDB"),
}


def _user_store() -> dict[str, Any]:
    properties = {
        "TenantManager": "org.wso2.carbon.user.core.tenant.JDBCTenantManager",
        "ReadOnly": "false",
        "ReadGroups": "true",
        "WriteGroups": "true",
        "PasswordDigest": "SHA-256",
        "StoreSaltedPassword": "true",
        # SCIM answers nothing for users of a store without it; the shipped LDAP store has it on.
        "SCIMEnabled": "true",
        "UsernameJavaRegEx": r"^[\S]{3,30}$",
        "UsernameJavaScriptRegEx": r"^[\S]{3,30}$",
        "RolenameJavaRegEx": r"^[\S]{3,30}$",
        "RolenameJavaScriptRegEx": r"^[\S]{3,30}$",
        "PasswordJavaRegEx": r"^[\S]{5,30}$",
        "PasswordJavaScriptRegEx": r"^[\S]{5,30}$",
        "CaseInsensitiveUsername": "false",
        "MultiAttributeSeparator": ",",
        "MaxUserNameListLength": "100",
        "MaxRoleNameListLength": "100",
        "UserRolesCacheEnabled": "true",
        "UserNameUniqueAcrossTenants": "false",
        "IsBulkImportSupported": "false",
    }
    children = [_element("Property", value, name=name) for name, value in properties.items()]
    return {
        "tag": "UserStoreManager",
        "attributes": {"class": "org.wso2.carbon.user.core.jdbc.JDBCUserStoreManager"},
        "children": children,
    }


def _registry(jndi: str, database: Mapping[str, Any]) -> list[dict[str, Any]]:
    mounts = [
        _element("mount", _element("instanceId", "shared"), _element("targetPath", path), path=path, overwrite="true")
        for path in ("/_system/config", "/_system/governance")
    ]
    return [
        _element("dbConfig", _element("dataSource", jndi), name="sharedregistry"),
        _element(
            "remoteInstance",
            _element("id", "shared"),
            _element("dbConfig", "sharedregistry"),
            _element("readOnly", "false"),
            _element("registryRoot", "/"),
            _element("enableCache", "true"),
            # The same on every node and of this database only: it is what lets one node invalidate another's cache.
            _element("cacheId", f"{database['username']}@{database['url']}"),
            url="https://localhost:9443/registry",
        ),
        *mounts,
    ]


def _is_server(
    node: Mapping[str, Any], deployment: Mapping[str, Any], values: Mapping[str, Any], release: Mapping[str, Any]
) -> dict[str, Any]:
    databases, public = deployment["databases"], deployment["public"]
    jndi = {purpose: _DATASOURCES[databases[purpose]["same_as"]][1] for purpose in _DATASOURCES}
    own = [purpose for purpose in _DATASOURCES if databases[purpose]["same_as"] == purpose]
    first = node["host"] == deployment["is_nodes"][0]["host"]
    # The server encrypts the passwords in these files and writes them anew. Shared, they have one node as their writer.
    writes_publishers = first or not is_shared(PUBLISHERS, deployment["artifacts"]["directories"])
    workers = deployment["workers"]
    base = f"{values['wso2is_install_dir']}/is"
    fields = {
        "public": {**public, "port": str(public["port"]), "http_port": str(public["http_port"])},
        "node": {
            "address": node["address"],
            "offset": str(node["offset"]),
            # Clean-up on several nodes at once deadlocks in the database.
            "cleans_sessions": "true" if first else "false",
        },
        "admin": {"user": values["wso2is_admin_user"], "password": values["wso2is_admin_password"]},
        "jndi": jndi,
        "datasources": [_datasource(*_DATASOURCES[purpose], databases[purpose]) for purpose in own],
        "workflow": databases["workflow"],
        "user_store": _user_store(),
        "registry": _registry(jndi["registry"], databases["registry"]),
        "keystore": {
            "file": values["wso2is_keystore"],
            "password": values["wso2is_keystore_password"],
            "alias": values["wso2is_key_alias"],
        },
        "truststore": {"file": values["wso2is_truststore"], "password": values["wso2is_truststore_password"]},
        "tls_protocols": values["is_node_tls_protocols"],
        "hazelcast": {
            "domain": values["hazelcast_domain"],
            "port": str(node["port"]),
            "group_password": [_secret("parameter", values["hazelcast_group_password"], name="groupPassword")]
            if values["hazelcast_group_password"]
            else [],
            "properties": "".join(
                f"{key}={value}\n"
                for key, value in {
                    "hazelcast.logging.type": "log4j",
                    "hazelcast.shutdownhook.enabled": "false",
                    "hazelcast.max.no.heartbeat.seconds": values["hazelcast_max_no_heartbeat_seconds"],
                }.items()
            ),
        },
        "analytics": {
            "enabled": "true" if workers else "false",
            "publishers": bool(workers) and writes_publishers,
            "receiver_url": "|".join(
                f"tcp://{worker['address']}:{port_number(release, 'analytics_worker', 'thrift')}" for worker in workers
            ),
            "user": values["analytics_admin_user"],
            "password": values["analytics_admin_password"],
        },
    }
    return {
        **_server("is", "identity_server", base, release),
        "unit": "wso2is",
        "log_dir": f"{values['wso2is_log_dir']}/is",
        "links": {
            "repository/logs": f"{values['wso2is_log_dir']}/is",
            "repository/database": f"{values['wso2is_data_dir']}/is/database",
        },
        "heap_mb": node["heap_mb"],
        "java_options": values["is_node_java_options"],
        "ports": [node["https_port"]],
        "start_timeout": values["is_node_start_timeout"],
        "stop_timeout": values["is_node_stop_timeout"],
        "needs_mount": deployment["artifacts"]["path"],
        "mount_unit": deployment["artifacts"]["mount_unit"],
        "rejoin_seconds": 0,
        "settings": ["is_node", "hazelcast"],
        "fields": fields,
    }


def _server(kind: str, product: str, base: str, release: Mapping[str, Any]) -> dict[str, Any]:
    """What the release says of a server."""
    facts = release["products"][product]
    return {
        "kind": kind,
        "product": product,
        "pack": facts["pack"],
        "base": base,
        "home": f"{base}/current",
        "script": facts["script"],
        "log": facts["log_file"],
        "description": facts["name"],
        "start_line": facts["start_line"],
        "failure_lines": [line["pattern"] for line in facts["failure_lines"]],
        "driver": release["packs"][facts["pack"]]["jdbc_driver_dir"],
        # All runtimes of a pack share its directory.
        "writable": sorted(
            {
                path
                for other in release["products"].values()
                if other["pack"] == facts["pack"]
                for path in other["writable"]
            }
        ),
    }


def _analytics_server(
    node: Mapping[str, Any],
    runtime: str,
    deployment: Mapping[str, Any],
    values: Mapping[str, Any],
    release: Mapping[str, Any],
) -> dict[str, Any]:
    databases = deployment["databases"]
    base = f"{values['wso2is_install_dir']}/analytics"
    fields = {
        "node": {"id": node["carbon_id"], "address": node["address"]},
        "statistics": databases["analytics"],
        "cluster": databases["analytics_cluster"],
        "persistence": [
            {
                "name": "WSO2_PERSISTENCE_DB",
                "description": "State of the worker that receives, for the one that takes over",
                "jndiConfig": {"name": "jdbc/WSO2PersistenceDB"},
                "definition": {
                    "type": "RDBMS",
                    "configuration": {
                        "jdbcUrl": databases["analytics_persistence"]["url"],
                        "username": databases["analytics_persistence"]["username"],
                        "password": {"text": databases["analytics_persistence"]["password"], "secret": True},
                        "driverClassName": databases["analytics_persistence"]["driver"],
                        "connectionTestQuery": databases["analytics_persistence"]["validation_query"],
                        "maxPoolSize": values["analytics_database_pool"],
                        "idleTimeout": 60000,
                        "validationTimeout": 30000,
                        "isAutoCommit": False,
                    },
                },
            }
        ],
        "pool": values["analytics_database_pool"],
        "group_id": values["analytics_group_id"],
        "heartbeat_interval": values["analytics_heartbeat_interval"],
        "heartbeat_max_retry": values["analytics_heartbeat_max_retry"],
        "deployment_config": {
            "deployment.config": {
                "type": "ha",
                # Absent, the passive worker fails while it starts.
                "eventSyncServer": {
                    "host": node["address"],
                    "port": values["analytics_event_sync_port"],
                    "advertisedHost": node["address"],
                    "advertisedPort": values["analytics_event_sync_port"],
                    "bossThreads": 10,
                    "workerThreads": 10,
                },
                "eventSyncClientPool": {
                    "maxActive": 10,
                    "maxTotal": 10,
                    "maxIdle": 10,
                    "maxWait": 60000,
                    "minEvictableIdleTimeMillis": 120000,
                },
                "eventByteBufferQueueCapacity": 20000,
                "byteBufferExtractorThreadPoolSize": 5,
                "passiveNodeDetailsWaitTimeOutMillis": 300000,
                "passiveNodeDetailsRetrySleepTimeMillis": 500,
            }
        },
        "persistence_config": {"datasource": "WSO2_PERSISTENCE_DB", "table": "PERSISTENCE_TABLE"},
        "admin": {
            "user": values["analytics_admin_user"],
            "password_base64": base64.b64encode((values["analytics_admin_password"] or "").encode()).decode(),
        },
        "keystore": {"file": values["analytics_keystore"], "password": values["analytics_keystore_password"]},
        "truststore": {"file": values["analytics_truststore"], "password": values["analytics_truststore_password"]},
    }
    return {
        **_server(runtime, f"analytics_{runtime}", base, release),
        "unit": f"wso2is-analytics-{runtime}",
        "log_dir": f"{values['wso2is_log_dir']}/analytics/{runtime}",
        # One release serves both runtimes, so both are linked wherever one of them runs.
        "links": {
            link: target
            for name in ("worker", "dashboard")
            for link, target in {
                f"wso2/{name}/logs": f"{values['wso2is_log_dir']}/analytics/{name}",
                f"wso2/{name}/database": f"{values['wso2is_data_dir']}/analytics/{name}/database",
            }.items()
        },
        "heap_mb": node["heap_mb"],
        "java_options": values["analytics_java_options"],
        "ports": [port_number(release, f"analytics_{runtime}", "https")],
        "start_timeout": values["analytics_start_timeout"],
        "stop_timeout": values["analytics_stop_timeout"],
        "needs_mount": "",
        "mount_unit": "",
        # A worker that comes back while its last heartbeat still counts is refused as a second one of that id.
        "rejoin_seconds": values["analytics_heartbeat_interval"] * values["analytics_heartbeat_max_retry"] / 1000
        if runtime == "worker"
        else 0,
        "settings": [f"analytics/{runtime}"],
        "fields": fields,
    }
