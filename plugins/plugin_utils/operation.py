# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How servers are watched: the fields that settings of health, JMX, logs and the cluster's properties name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .elements import element

# What the collection itself says of Hazelcast, whatever an inventory says: by property the variable that decides it.
OWN_PROPERTIES = {
    "hazelcast.logging.type": "",
    "hazelcast.shutdownhook.enabled": "",
    "hazelcast.max.no.heartbeat.seconds": "hazelcast_max_no_heartbeat_seconds",
}


def health(datasources: Sequence[str]) -> dict[str, Any]:
    """What the health API looks at; without a list it looks at every datasource and user store that there is."""
    return {
        # The server does not trim the names.
        "datasources": [element("Property", ",".join(datasources), name="monitored.datasources")],
        "user_stores": [element("Property", "PRIMARY", name="monitored.user.stores")],
    }


def jmx(values: Mapping[str, Any]) -> dict[str, Any]:
    """Whether JMX is open, and under which address clients are sent to the RMI server."""
    return {"enabled": "true" if values["is_node_jmx"] else "false", "open": values["is_node_jmx"]}


def node_logs(values: Mapping[str, Any]) -> dict[str, str]:
    """Size and number of a node's log files."""
    return {
        "max_file": f"{values['is_node_log_max_file_mb']}MB",
        "backups": str(values["is_node_log_backups"]),
        "access_days": str(values["is_node_access_log_days"]),
    }


def analytics_logs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Size and number of the log files of a worker or dashboard."""
    backups = str(values["analytics_log_backups"])
    return {
        "by_size": [element("SizeBasedTriggeringPolicy", size=f"{values['analytics_log_max_file_mb']}MB")],
        **{name: [_kept(name, backups)] for name in ("carbon", "audit")},
    }


def _kept(name: str, backups: str) -> dict[str, Any]:
    """Keep so many rolled files of a log, of all days together."""
    counted = element("IfFileName", element("IfAccumulatedFileCount", exceeds=backups), glob=f"{name}-*.log")
    # The directory is a link to where logs outlive a release.
    delete = element("Delete", counted, basePath="${sys:wso2.runtime.path}/logs", maxDepth="1", followLinks="true")
    return element("DefaultRolloverStrategy", delete, max=backups)


def hazelcast_properties(values: Mapping[str, Any]) -> str:
    """The content of hazelcast.properties."""
    properties = {
        # Only so the list of members is logged, which verification reads.
        "hazelcast.logging.type": "log4j",
        "hazelcast.shutdownhook.enabled": "false",
        "hazelcast.max.no.heartbeat.seconds": values["hazelcast_max_no_heartbeat_seconds"],
    }
    given = values["hazelcast_properties"] or {}
    properties.update((name, text_of(value)) for name, value in given.items() if name not in properties)
    return "".join(f"{name}={value}\n" for name, value in properties.items())


def text_of(value: Any) -> str:
    """A value as Hazelcast reads it: a boolean is written in small letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)
