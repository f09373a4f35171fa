# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files must say of health, JMX and logs."""

from __future__ import annotations

from typing import Any

Expectation = tuple[str, str, Any]

_CONF = "repository/conf"
_LOGS = "${sys:wso2.runtime.path}/logs"


def identity_server(address: str) -> list[Expectation]:
    """A node with this address."""
    health, jmx, log4j = (f"{_CONF}/{name}" for name in ("health-check-config.xml", "etc/jmx.xml", "log4j.properties"))
    checkers = "CarbonHealthCheckConfigs/HealthCheckers/HealthChecker"
    tomcat, valve = f"{_CONF}/tomcat/catalina-server.xml", "Service/Engine/Host/Valve"
    appenders = "org.wso2.carbon.tomcat.ext.valves", "org.apache.catalina.valves"
    found: list[Expectation] = [
        (health, "CarbonHealthCheckConfigs/Enable", "true"),
        (health, f"{checkers}/@enable", ["true", "true"]),
        (
            health,
            f"{checkers}[@name='DataSourceHealthChecker']/Property[@name='monitored.datasources']",
            "jdbc/WSO2UserDB,jdbc/WSO2IdentityDB",
        ),
        (
            health,
            f"{checkers}[@name='DataSourceHealthChecker']/Property[@name='pool.usage.limit.percentage']",
            "80",
        ),
        (
            health,
            f"{checkers}[@name='SuperTenantUSHealthChecker']/Property[@name='monitored.user.stores']",
            "PRIMARY",
        ),
        (jmx, "StartRMIServer", "true"),
        (jmx, "HostName", address),
        (jmx, "RMIRegistryPort", "${Ports.JMX.RMIRegistryPort}"),
        (jmx, "RMIServerPort", "${Ports.JMX.RMIServerPort}"),
        (tomcat, f"{valve}[@className='{appenders[1]}.AccessLogValve']/@maxDays", "14"),
        # The stuck threads that the documentation wants to see are shipped so.
        (tomcat, f"{valve}[@className='{appenders[0]}.CarbonStuckThreadDetectionValve']/@threshold", "600"),
    ]
    for appender in ("CARBON_LOGFILE", "AUDIT_LOGFILE"):
        name = f"log4j.appender.{appender}"
        found += [
            (log4j, name, "org.apache.log4j.RollingFileAppender"),
            (log4j, f"{name}.MaxFileSize", "64MB"),
            (log4j, f"{name}.MaxBackupIndex", "9"),
            (log4j, f"{name}.Append", "true"),
        ]
    return found


def analytics(runtime: str) -> list[Expectation]:
    """A worker or dashboard."""
    file, found = f"conf/{runtime}/log4j2.xml", []
    for appender, name in (("CARBON_LOGFILE", "carbon"), ("AUDIT_LOGFILE", "audit")):
        rolling = f"Appenders/RollingFile[@name='{appender}']"
        delete = f"{rolling}/DefaultRolloverStrategy/Delete"
        found += [
            (file, f"{rolling}/@filePattern", f"{_LOGS}/{name}-%d{{MM-dd-yyyy}}-%i.log"),
            (file, f"{rolling}/Policies/SizeBasedTriggeringPolicy/@size", "32MB"),
            (file, f"{rolling}/DefaultRolloverStrategy/@max", "8"),
            (file, f"{delete}/@basePath", _LOGS),
            (file, f"{delete}/@maxDepth", "1"),
            (file, f"{delete}/@followLinks", "true"),
            (file, f"{delete}/IfFileName/@glob", f"{name}-*.log"),
            (file, f"{delete}/IfFileName/IfAccumulatedFileCount/@exceeds", "8"),
        ]
    return found
