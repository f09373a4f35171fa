# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of this collection: which there are, of what type, and what a host says for them."""

from __future__ import annotations

import difflib
import functools
import os
from collections.abc import Mapping
from typing import Any

import yaml

from .findings import finding, whole_number
from .plain import plain

COLLECTION_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROLES = ("is_node", "hazelcast", "analytics", "artifact_sync", "database")
PREFIXES = ("wso2is_", *(role + "_" for role in ROLES))

# Given by playbooks, not by an inventory.
INTERNAL = frozenset(
    {
        "is_node_deployment",
        "is_node_java_home",
        "is_node_host_info",
        "hazelcast_deployment",
        "analytics_deployment",
        "analytics_java_home",
        "analytics_host_info",
        "analytics_runtime",
        "artifact_sync_deployment",
        "database_deployment",
        "database_host_info",
    }
)
# Names that playbooks read before any role runs.
PLAYBOOK = frozenset(
    {
        "wso2is_nodes_group",
        "wso2is_analytics_group",
        "wso2is_dashboards_group",
        "wso2is_load_balancers_group",
        "wso2is_pattern",
        "wso2is_prove",
    }
)

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "path": (str,),
    "int": (int,),
    "bool": (bool,),
    "dict": (Mapping,),
    "list": (list, tuple),
}


def _load(path: str) -> Any:
    with open(os.path.join(COLLECTION_ROOT, path), encoding="utf-8") as handle:
        return yaml.safe_load(handle)


@functools.lru_cache(maxsize=1)
def specifications() -> dict[str, dict[str, Any]]:
    """Every public variable by name: `type`, `default`, `required`, `description`, `choices`, `secret`, `host`.

    Read from roles/preflight/files/variables.yml and from the argument specs of the roles.
    """
    found: dict[str, dict[str, Any]] = dict(_load("roles/preflight/files/variables.yml"))
    for role in ROLES:
        options = _load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        for name, option in options.items():
            if name not in INTERNAL:
                found[name] = {**option, "secret": bool(option.get("no_log")), "host": True}
    return found


def _typed(value: Any, kind: str) -> Any:
    """The value as the type; None when it is another.

    Digits and words given as text count: `-e name=1` always gives text.
    """
    if kind == "int":
        return whole_number(value)
    if kind == "bool" and isinstance(value, str):
        return {"true": True, "false": False, "yes": True, "no": False}.get(value.lower())
    return value if isinstance(value, _TYPES[kind]) else None


def effective(host: str, hostvars: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What the variables of this collection are on one host.

    Returns the value of every public variable (the default where the host says nothing) and the findings: unknown
    names, wrong types, values outside the choices, required ones that are missing.
    """
    known = specifications()
    values: dict[str, Any] = {}
    findings: list[dict[str, str]] = []
    for name in sorted(key for key in hostvars if isinstance(key, str) and key.startswith(PREFIXES)):
        if name in known or name in INTERNAL or name in PLAYBOOK:
            continue
        near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.8)
        # Role prefixes are common words: only a name that resembles one of ours is taken for a mistake.
        if not near and not name.startswith("wso2is_"):
            continue
        findings.append(
            finding(
                host,
                "variables",
                f"{name} is set",
                "a variable of this collection",
                f"Rename it to {near[0]}, or remove it."
                if near
                else "Remove it; docs/variables lists the names that exist.",
            )
        )
    for name, spec in known.items():
        missing = (
            name not in hostvars or hostvars[name] is None or (bool(spec.get("required")) and hostvars[name] == "")
        )
        value = spec.get("default") if missing else hostvars[name]
        if missing and spec.get("required"):
            findings.append(
                finding(host, "variables", f"{name} is not set", spec["description"].split(". ")[0], f"Set {name}.")
            )
        elif not missing and _typed(value, spec["type"]) is None:
            shown = "a value" if spec.get("secret") else repr(value)
            findings.append(
                finding(
                    host,
                    "variables",
                    f"{name} is {shown} of type {type(value).__name__}",
                    f"type {spec['type']}",
                    f"Write {name} without quotes." if spec["type"] in ("int", "bool") else f"Change {name}.",
                )
            )
            value = spec.get("default")
        elif not missing and spec.get("choices") and value not in spec["choices"]:
            findings.append(
                finding(
                    host, "variables", f"{name} is {value}", "one of " + ", ".join(spec["choices"]), f"Change {name}."
                )
            )
            value = spec.get("default")
        values[name] = value if missing or value is None else plain(_typed(value, spec["type"]))
    return values, findings
