# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of a node must say of users, sessions, caches and mail, written from the product's documentation."""

from __future__ import annotations

from typing import Any

CHANGES: dict[str, Any] = {
    "wso2is_user_store": {"admin_role": "operators"},
    "wso2is_smtp_host": "mail.example.org",
    "wso2is_smtp_port": 2525,
    "wso2is_smtp_from": "login@example.org",
    "wso2is_smtp_user": "mailer",
    "wso2is_smtp_password": "mail<pw&1",
    "wso2is_smtp_starttls": False,
}

_IDENTITY = "repository/conf/identity/identity.xml"
_MAIL = "repository/conf/output-event-adapters.xml"
_SESSION = "JDBCPersistenceManager/SessionDataPersist"


def identity_server(node: str) -> list[tuple[str, str, Any]]:
    """What the files of is1 or is2 must say."""
    cleans = "true" if node == "is1" else "false"
    mail = {
        "mail.smtp.from": "login@example.org",
        "mail.smtp.user": "mailer",
        "mail.smtp.password": "mail<pw&1",
        "mail.smtp.host": "mail.example.org",
        "mail.smtp.port": "2525",
        "mail.smtp.starttls.enable": "false",
        "mail.smtp.auth": "true",
        "minThread": "8",
        "maxThread": "100",
        "keepAliveTimeInMillis": "20000",
        "jobQueueSize": "10000",
    }
    adapter = "adapterConfig[@type='email']"
    return [
        ("repository/conf/user-mgt.xml", "Realm/Configuration/AdminRole", "operators"),
        ("repository/conf/user-mgt.xml", "Realm/Configuration/EveryOneRoleName", "everyone"),
        # Sessions are kept in the database, and one node removes what expired.
        (_IDENTITY, f"{_SESSION}/Temporary", "true"),
        (_IDENTITY, f"{_SESSION}/SessionDataCleanUp/CleanUpTimeout", "20160"),
        (_IDENTITY, f"{_SESSION}/SessionDataCleanUp/CleanUpPeriod", "1440"),
        (_IDENTITY, f"{_SESSION}/OperationDataCleanUp/Enable", cleans),
        (_IDENTITY, f"{_SESSION}/UserSessionMapping/Enable", "true"),
        ("repository/conf/carbon.xml", "Cache/DefaultCacheTimeout", "15"),
        ("repository/conf/registry.xml", "versionResourcesOnChange", "false"),
        *((_MAIL, f"{adapter}/property[@key='{key}']", value) for key, value in mail.items()),
        (_MAIL, f"{adapter}/property", list(mail.values())),
    ]
