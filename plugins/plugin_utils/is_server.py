# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Identity Server node in the model: what its settings name, and how it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .databases import DATASOURCES, datasource, registry_mounts, workflow_database
from .elements import element, secret_element
from .extra_settings import IS_NODE, own_settings
from .operation import hazelcast_properties, health, jmx, node_logs
from .overlays import IS_NODE as OVERLAYS
from .overlays import overlays_of
from .server_facts import listens, port_number, server_facts
from .shares import PUBLISHERS, is_shared
from .tls import tls_fields

SETTINGS = [
    *(
        f"is_node/{part}"
        for part in (
            "databases",
            "user_store",
            "sessions",
            "mail",
            "names",
            "portal",
            "keystores",
            "tls",
            "operation",
            "logs",
            "events",
        )
    ),
    "hazelcast",
]


def is_node(host: str, values: Mapping[str, Any], release: Mapping[str, Any]) -> dict[str, Any]:
    """What the rest of the deployment must know of a node."""
    offset = values["is_node_port_offset"]
    return {
        "host": host,
        "address": values["wso2is_address"],
        "port": values["hazelcast_port"],
        "offset": offset,
        "https_port": port_number(release, "identity_server", "https", offset),
        "heap_mb": values["is_node_heap_mb"],
        "public_address": values["is_node_public_address"],
        "features": {"jmx": values["is_node_jmx"]},
    }


def is_server(
    node: Mapping[str, Any], deployment: Mapping[str, Any], values: Mapping[str, Any], release: Mapping[str, Any]
) -> dict[str, Any]:
    """A node: `fields` are what its settings name, the rest is how it runs."""
    databases, public, store = deployment["databases"], deployment["public"], deployment["user_store"]
    jndi = {purpose: DATASOURCES[databases[purpose]["same_as"]][1] for purpose in DATASOURCES}
    own = [purpose for purpose in DATASOURCES if databases[purpose]["same_as"] == purpose]
    first = node["host"] == deployment["is_nodes"][0]["host"]
    # The server encrypts the passwords in these files and writes them anew. Shared, they have one node as their writer.
    writes_publishers = first or not is_shared(PUBLISHERS, deployment["artifacts"]["directories"])
    workers = deployment["workers"]
    base = f"{values['wso2is_install_dir']}/is"
    fields = {
        "public": {**public, "port": str(public["port"]), "http_port": str(public["http_port"])},
        "management": deployment["management"],
        "fido": [element("Parameter", public["url"], name="AppID")],
        "node": {
            "address": node["address"],
            "offset": str(node["offset"]),
            # What the node calls itself; the start script lets every certificate pass for this name.
            "origin": f"https://localhost:{node['https_port']}",
            # Clean-up on several nodes at once deadlocks in the database.
            "cleans_sessions": "true" if first and deployment["session_cleanup"] else "false",
        },
        "admin": {
            "user": values["wso2is_admin_user"],
            "password": values["wso2is_admin_password"],
            "add": store["add_admin"],
            "role": store["admin_role"],
        },
        "jndi": jndi,
        "datasources": [datasource(*DATASOURCES[purpose], databases[purpose]) for purpose in own],
        "workflow": workflow_database(databases["workflow"]),
        "user_store": store["element"],
        "mail": deployment["mail"],
        "registry": registry_mounts(jndi["registry"], databases["registry"]),
        "keystore": {
            "file": values["wso2is_keystore"],
            "password": values["wso2is_keystore_password"],
            "alias": values["wso2is_key_alias"],
        },
        "truststore": {"file": values["wso2is_truststore"], "password": values["wso2is_truststore_password"]},
        "tls": tls_fields(values),
        "hazelcast": {
            "domain": values["hazelcast_domain"],
            "port": str(node["port"]),
            "group_password": [secret_element("parameter", values["hazelcast_group_password"], name="groupPassword")]
            if values["hazelcast_group_password"]
            else [],
            "connection_timeout": [
                element("parameter", str(values["hazelcast_connection_timeout_seconds"]), name="connTimeout")
            ],
            "properties": hazelcast_properties(values),
        },
        "health": health([DATASOURCES[purpose][1] for purpose in own]),
        "jmx": jmx(values),
        "logs": node_logs(values),
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
        **server_facts("is", "identity_server", base, release),
        "unit": "wso2is",
        "log_dir": f"{values['wso2is_log_dir']}/is",
        "links": {
            "repository/logs": f"{values['wso2is_log_dir']}/is",
            "repository/database": f"{values['wso2is_data_dir']}/is/database",
        },
        "heap_mb": node["heap_mb"],
        "java_options": " ".join(filter(None, (store["java_options"], values["is_node_java_options"]))),
        "ports": [node["https_port"]],
        "listens": listens(release, "identity_server", {"https": node["https_port"], "cluster": node["port"]}),
        "active_port": 0,
        "start_timeout": values["is_node_start_timeout"],
        "stop_timeout": values["is_node_stop_timeout"],
        "needs_mount": deployment["artifacts"]["path"],
        "mount_unit": deployment["artifacts"]["mount_unit"],
        "rejoin_seconds": 0,
        "settings": SETTINGS,
        "fields": fields,
        "overlays": overlays_of(values[OVERLAYS], OVERLAYS),
        # What is shared has one node as its writer.
        "extra_settings": own_settings(
            values[IS_NODE], IS_NODE, lambda path: first or not is_shared(path, deployment["artifacts"]["directories"])
        ),
    }
