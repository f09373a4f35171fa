# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user store in a directory: whether its connection is encrypted, and whether the servers can trust it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from .findings import finding
from .jks import entries
from .topology_findings import same_form

_LOOPBACK = re.compile(r"127\.[0-9.]+|localhost")


def user_store_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on the connection to the directory. Of a user store in a database there are none.

    Args:
        deployment: the model.
    """
    store = deployment["user_store"]
    if store["tls"]:
        return _trust_findings(deployment)
    open_hosts = [host for host in store["hosts"] if not _LOOPBACK.fullmatch(same_form(host))]
    if not open_hosts or deployment["test_lab"]:
        return []
    more = "; Active Directory also refuses to set one" if store["type"] == "active_directory" else ""
    return [
        finding(
            "inventory",
            "user store",
            f"ldap:// to {', '.join(open_hosts)}: passwords cross the network in plain text{more}",
            "ldaps:// or StartTLS; a test lab says so with wso2is_test_lab",
            "Change wso2is_user_store.connection_url to ldaps://, or set wso2is_user_store.starttls_enabled.",
            severity="warning",
        )
    ]


def _trust_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Whether the truststore of the nodes can hold the directory's CA: one without any certificate trusts nobody."""
    node = deployment["is_nodes"][0]["host"]
    path = os.path.expanduser(deployment["hosts"][node]["servers"]["is"]["fields"]["truststore"]["file"] or "")
    try:
        with open(path, "rb") as handle:
            found = entries(handle.read())
    except (OSError, ValueError):
        # A finding of the files.
        return []
    if found is None or any(not entry.is_key for entry in found):
        return []
    return [
        finding(
            "all hosts",
            "user store",
            f"wso2is_truststore: {path} holds no certificate",
            "the CA that signed the certificate of the directory in wso2is_user_store.connection_url",
            "Import it into the file that wso2is_truststore names.",
        )
    ]
