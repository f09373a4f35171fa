# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of Analytics in the model: what its settings name, and how it runs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from .databases import ANALYTICS_DATABASES, analytics_pool
from .extra_settings import ANALYTICS, of_runtime, own_settings
from .operation import analytics_logs
from .overlays import ANALYTICS as OVERLAYS
from .overlays import overlays_of
from .server_facts import listens, port_number, server_facts


def analytics_node(host: str, values: Mapping[str, Any], runtime: str) -> dict[str, Any]:
    """What the rest of the deployment must know of a worker or dashboard."""
    return {
        "host": host,
        "address": values["wso2is_address"],
        "carbon_id": f"{host}-{runtime}",
        "heap_mb": values[f"analytics_{runtime}_heap_mb"],
    }


def analytics_server(
    node: Mapping[str, Any],
    runtime: str,
    deployment: Mapping[str, Any],
    values: Mapping[str, Any],
    release: Mapping[str, Any],
) -> dict[str, Any]:
    """A worker or dashboard: `fields` are what its settings name, the rest is how it runs."""
    databases = deployment["databases"]
    pools = {
        purpose: analytics_pool(databases[purpose], values["analytics_database_pool"])
        for purpose in ANALYTICS_DATABASES
    }
    base = f"{values['wso2is_install_dir']}/analytics"
    https = port_number(release, f"analytics_{runtime}", "https")
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
                        "maxPoolSize": pools["analytics_persistence"],
                        "idleTimeout": 60000,
                        "validationTimeout": 30000,
                        "isAutoCommit": False,
                    },
                },
            }
        ],
        "pools": pools,
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
        "logs": analytics_logs(values),
    }
    return {
        **server_facts(runtime, f"analytics_{runtime}", base, release),
        # Both use one installation of a release, and each is stopped by itself when it gets another.
        "home": f"{base}/current-{runtime}",
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
        "ports": [https],
        "listens": listens(release, f"analytics_{runtime}", {"https": https}),
        # Open on the worker that receives.
        "active_port": port_number(release, "analytics_worker", "thrift") if runtime == "worker" else 0,
        # Open on the other one.
        "sync_port": values["analytics_event_sync_port"] if runtime == "worker" else 0,
        "takeover_timeout": values["analytics_takeover_timeout"],
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
        "overlays": overlays_of(values[OVERLAYS], OVERLAYS),
        "extra_settings": own_settings(values[ANALYTICS], ANALYTICS, of_runtime(runtime)),
    }
