# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that are none: the vendor's own passwords and key, and passwords that lie in an inventory in plain text."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml

from .findings import finding, join
from .pack import PackError, file_digest
from .servers import pack_of
from .variables import HOLDING_SECRETS, checked_specifications

# What the packs ship with, and everybody knows.
DEFAULT_ADMIN = "admin"
DEFAULT_STORE = "wso2carbon"
DEFAULT_KEYSTORE = "repository/resources/security/wso2carbon.jks"
# The start script of Analytics shows the password of its stores to every user of the host, so they are left out.
_TEXT_FILES = (".yml", ".yaml", ".json", ".ini", "")
_LARGEST = 1 << 20
# Of these only one key is secret.
_KEYS = {"wso2is_databases": "password", "wso2is_user_store": "connection_password"}
# Stands for the key `value` in a mapping that says `secret: true`.
_MARKED = "value of a secret"
_REFERENCE = re.compile(r"\s*\{\{\s*([A-Za-z_]\w*)(?:\[[^\]]*\]|\.\w+)*\s*(?:\|[^{}]*)?\}\}\s*\Z")
_INI = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*=\s*(\"[^\"]*\"|'[^']*'|\S+)")


def default_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on passwords and keys that the packs ship with. A test lab may have them.

    Args:
        deployment: the model.
    """
    severity = "warning" if deployment["test_lab"] else "error"
    server = deployment["hosts"][deployment["is_nodes"][0]["host"]]["servers"]["is"]
    fields = server["fields"]
    said = [("wso2is_admin_password", fields["admin"]["password"], DEFAULT_ADMIN)]
    if deployment["workers"]:
        said.append(("analytics_admin_password", fields["analytics"]["password"], DEFAULT_ADMIN))
    said.append(("wso2is_keystore_password", fields["keystore"]["password"], DEFAULT_STORE))
    found = [
        finding(
            "all hosts",
            "default password",
            f"{name} is the one that the pack ships with",
            "a password of your own; a test lab says so with wso2is_test_lab",
            f"Change {name}.",
            severity=severity,
        )
        for name, value, default in said
        if value == default
    ]
    path = os.path.expanduser(fields["keystore"]["file"] or "")
    if (
        deployment["packs"]["identity_server"]["source"]
        and os.path.isfile(path)
        and _is_shipped(deployment, server, path)
    ):
        found.append(
            finding(
                "all hosts",
                "default key",
                f"wso2is_keystore: {path} is the pack's own, everybody has its private key",
                "a key of your own; a test lab says so with wso2is_test_lab",
                "Change wso2is_keystore.",
                severity=severity,
            )
        )
    return found


def _is_shipped(deployment: Mapping[str, Any], server: Mapping[str, Any], path: str) -> bool:
    try:
        shipped = pack_of(deployment, server).read(DEFAULT_KEYSTORE)
        return os.path.getsize(path) == len(shipped) and file_digest(path) == hashlib.sha256(shipped).hexdigest()
    except (OSError, PackError):
        # Findings of their own.
        return False


def plain_text_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on secrets that lie unencrypted in the files of the inventory. A test lab may have them.

    Looks into the inventory files of the hosts, and into group_vars and host_vars beside them.

    Args:
        deployment: the model.
    """
    if deployment["test_lab"]:
        return []
    texts = {}
    for path in inventory_files(deployment["inventory"]["files"], deployment["inventory"]["directories"]):
        text = _text(path)
        if text:
            texts[path] = text
    secrets = {name for name, spec in checked_specifications().items() if spec.get("secret")}
    others = frozenset(checked_specifications()) - secrets
    says = {path: list(_said(text)) for path, text in texts.items()}
    # A secret may be taken from another variable, and that from a third.
    while True:
        values = [value for pairs in says.values() for place, value in pairs if _secret_of(place, secrets)]
        more = {match[1] for value in values if (match := _REFERENCE.match(value or ""))} - secrets - others
        if not more:
            break
        secrets |= more
    found = []
    for path, pairs in says.items():
        names = sorted({_secret_of(place, secrets) for place, value in pairs if value and "{{" not in value} - {""})
        if names:
            listed = join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
            found.append(
                finding(
                    "inventory",
                    "plain text",
                    f"{path}: {listed}",
                    "encrypted, or taken from a lookup; a test lab says so with wso2is_test_lab",
                    f"Put {'it' if len(names) == 1 else 'them'} into a file that ansible-vault encrypts.",
                    severity="warning",
                )
            )
    return found


def inventory_files(files: Collection[str], directories: Collection[str]) -> list[str]:
    """Return the inventory files that are text, and those in group_vars and host_vars of the directories."""
    found = [path for path in files if os.path.isfile(path) and not os.access(path, os.X_OK)]
    for directory in directories:
        for name in ("group_vars", "host_vars"):
            for folder, folders, names in os.walk(os.path.join(directory, name)):
                folders[:] = sorted(item for item in folders if not item.startswith("."))
                found += [os.path.join(folder, item) for item in sorted(names) if not item.startswith((".", "#"))]
    return list(
        dict.fromkeys(path for path in found if os.path.splitext(path)[1] in _TEXT_FILES and not path.endswith("~"))
    )


def _text(path: str) -> str:
    """The text of a file; nothing where it is encrypted as a whole, too large or no text."""
    try:
        if os.path.getsize(path) > _LARGEST:
            return ""
        with open(path, encoding="utf-8") as handle:
            text = handle.read()
    except (OSError, ValueError):
        return ""
    return "" if text.startswith("$ANSIBLE_VAULT") else text


def _secret_of(place: tuple[str, ...], secrets: Collection[str]) -> str:
    """Which of the secret variables a value belongs to, or none. Of a setting the value is where the entry says so."""
    name = next((step for step in place if step in secrets), "")
    if name in HOLDING_SECRETS:
        return name if _MARKED in place else ""
    return "" if place[-1] != _KEYS.get(name, place[-1]) else name


def _said(text: str) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """The values of a file: the keys that lead to each, and its text; None where it is encrypted."""
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        node = None
    if isinstance(node, yaml.MappingNode):
        yield from _of_node(node, (), frozenset())
        return
    for line in text.splitlines():
        if not line.lstrip().startswith(("#", ";")):
            for name, value in _INI.findall(line):
                yield (name,), value.strip("\"'")


def _is_true(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value.lower() in ("true", "yes", "on")


def _of_node(node: Any, place: tuple[str, ...], above: frozenset[int]) -> Iterator[tuple[tuple[str, ...], str | None]]:
    if isinstance(node, yaml.ScalarNode):
        yield place, None if node.tag.startswith("!") else node.value
    elif id(node) not in above:
        # An anchor may lead back to where it stands.
        above |= {id(node)}
        if isinstance(node, yaml.MappingNode):
            marked = any(key.value == "secret" and _is_true(value) for key, value in node.value)
            for key, value in node.value:
                step = _MARKED if marked and key.value == "value" else str(key.value)
                yield from _of_node(value, (*place, step), above)
        else:
            for value in node.value:
                yield from _of_node(value, place, above)
