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
from ansible.errors import AnsibleError
from jinja2 import Undefined, UndefinedError

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

# Numbers of which none is negative and only these may be nought.
ZERO_ALLOWED = ("_offset", "_minimum_disk_gb")

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


def effective(host: str, hostvars: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]], set[str]]:
    """What the variables of this collection are on one host.

    Returns the value of every public variable (the default where the host says nothing), the findings (unknown names,
    values that cannot be resolved or are of the wrong type, out of range or outside the choices), and the names that
    the host gives.
    """
    known = specifications()
    values: dict[str, Any] = {}
    findings = _unknown_names(host, hostvars)
    given: set[str] = set()
    for name, spec in known.items():
        values[name] = spec.get("default")
        if name not in hostvars:
            continue
        try:
            value = plain(hostvars[name])
            for leaf in _leaves(value):
                if isinstance(leaf, Undefined):
                    # Any use of it raises, and the error says what is undefined or locked.
                    str(leaf)
        except (AnsibleError, UndefinedError, TypeError, ValueError, KeyError) as exc:
            findings.append(_unresolved(host, name, str(exc).splitlines()[0] if str(exc) else type(exc).__name__))
            given.add(name)
            continue
        if value is None or (spec.get("required") and value == ""):
            continue
        given.add(name)
        problem = _problem(host, name, spec, value)
        if problem:
            findings.append(problem)
        else:
            values[name] = _typed(value, spec["type"])
    return values, findings, given


def _unknown_names(host: str, hostvars: Mapping[str, Any]) -> list[dict[str, str]]:
    known = specifications()
    findings = []
    for name in sorted(key for key in hostvars if isinstance(key, str) and key.startswith(PREFIXES)):
        if name in known or name in INTERNAL or name in PLAYBOOK:
            continue
        near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.8)
        # Role prefixes are common words: only a name that resembles one of ours is taken for a mistake.
        if not near and not name.startswith("wso2is_"):
            continue
        remedy = (
            f"Rename it to {near[0]}, or remove it."
            if near
            else "Remove it; the README of each role lists its variables."
        )
        findings.append(finding(host, "variables", f"{name} is set", "a variable of this collection", remedy))
    return findings


def _unresolved(host: str, name: str, reason: str) -> dict[str, str]:
    remedy = f"Define what {name} refers to, or unlock its vault."
    return finding(host, "variables", f"{name} cannot be resolved: {reason}", "a value", remedy)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _templates(value: Any) -> list[str]:
    """Texts in the value that are still templates: Ansible leaves one as it is when it cannot resolve it."""
    return [leaf for leaf in _leaves(value) if isinstance(leaf, str) and "{{" in leaf and "}}" in leaf]


def _problem(host: str, name: str, spec: Mapping[str, Any], value: Any) -> dict[str, str] | None:
    """The finding on a value, or None."""
    if isinstance(value, Undefined):
        return _unresolved(host, name, "it is undefined")
    if _templates(value):
        # What stands around the template may be a part of the secret.
        return _unresolved(host, name, "a template is left" if spec.get("secret") else _templates(value)[0])
    typed = _typed(value, spec["type"])
    shown = "a value" if spec.get("secret") else repr(value)
    if typed is None:
        required = "a whole number" if spec["type"] == "int" else f"type {spec['type']}"
        return finding(
            host, "variables", f"{name} is {shown} of type {type(value).__name__}", required, f"Change {name}."
        )
    if spec.get("choices") and typed not in spec["choices"]:
        # str() because a choice need not be text
        choices = ", ".join(str(choice) for choice in spec["choices"])
        return finding(host, "variables", f"{name} is {shown}", f"one of {choices}", f"Change {name}.")
    least = 0 if name.endswith(ZERO_ALLOWED) else 1
    if spec["type"] == "int" and typed < least:
        return finding(host, "variables", f"{name} is {typed}", f"{least} or more", f"Change {name}.")
    return None


def missing(names: set[str]) -> list[dict[str, str]]:
    """Findings on required collection-wide variables that no host gives."""
    return [
        finding("inventory", "variables", f"{name} is not set", spec["description"].split(". ")[0], f"Set {name}.")
        for name, spec in specifications().items()
        if spec.get("required") and name not in names
    ]
