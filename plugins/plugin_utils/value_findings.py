# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that have the right type and that the product refuses nevertheless: accounts and databases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .findings import finding, kind, shown, whole_number
from .releases import LAST_PORT

# The rules of the user store by which the server judges its first administrator, and the variables that they judge.
_ACCOUNT = {
    "UsernameJavaRegEx": ("user", "wso2is_admin_user", False),
    "PasswordJavaRegEx": ("password", "wso2is_admin_password", True),
}


def value_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on values that no other check reads.

    Args:
        deployment: the model.
    """
    return _account_findings(deployment) + _database_findings(deployment)


def _account_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """The first administrator against the rules of the user store: a server that refuses it does not start."""
    if deployment["user_store"]["read_only"]:
        # Its first administrator is there already.
        return []
    fields = deployment["hosts"][deployment["is_nodes"][0]["host"]]["servers"]["is"]["fields"]
    rules = {
        str(child["attributes"]["name"]): str(child.get("text", ""))
        for child in fields["user_store"].get("children", [])
        if isinstance(child, Mapping) and "name" in child.get("attributes", {})
    }
    found = []
    for rule, (field, variable, secret) in _ACCOUNT.items():
        value, pattern = fields["admin"][field], rules.get(rule, "")
        # An empty one is said elsewhere.
        if value and pattern and not _matches(pattern, value):
            found.append(
                finding(
                    "all hosts",
                    "administrator",
                    f"{variable} is {'a value' if secret else shown(value)} that the user store refuses",
                    f"a text that matches {pattern}",
                    f"Change {variable}.",
                )
            )
    return found


def _matches(pattern: str, text: str) -> bool:
    """Whether a text matches, as far as Python understands what is written for Java."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True


def _database_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for purpose, database in deployment["databases"].items():
        if database["same_as"] != purpose:
            continue
        place = f"wso2is_databases.{purpose}"
        for key in ("name", "username", "password", "host"):
            value = database[key]
            # What is empty is said elsewhere.
            if value and not isinstance(value, str):
                found.append(
                    finding(
                        "inventory", "databases", f"{place}.{key} is a {kind(value)}", "a text", f"Quote {place}.{key}."
                    )
                )
        port = whole_number(database["port"])
        if port is None or not 1 <= port <= LAST_PORT:
            found.append(
                finding(
                    "inventory",
                    "databases",
                    f"{place}: port {shown(database['port'])} ({kind(database['port'])})",
                    f"a number from 1 to {LAST_PORT}",
                    f"Change {place}.port or wso2is_database_port.",
                )
            )
    return found
