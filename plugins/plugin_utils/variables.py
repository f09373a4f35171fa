# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of this collection: which there are, of what type, and what a host says for them."""

from __future__ import annotations

import difflib
import functools
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from jinja2 import Undefined, UndefinedError

from .data_files import read_data
from .findings import finding, whole_number
from .plain import plain

COLLECTION_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROLES = ("is_node", "hazelcast", "analytics", "artifact_sync", "database")
# The model reads none of their variables, but a mistake in one is found as early as any other.
CHECKED_ROLES = ("jdk", "load_balancer")
PREFIXES = ("wso2is_", *(role + "_" for role in (*ROLES, *CHECKED_ROLES)))

# Given by playbooks and other roles, not by an inventory.
INTERNAL = frozenset(
    {
        "is_node_deployment",
        "is_node_java_home",
        "is_node_host_info",
        "hazelcast_deployment",
        "hazelcast_failed",
        "hazelcast_problem",
        "analytics_deployment",
        "analytics_java_home",
        "analytics_host_info",
        "analytics_runtime",
        "analytics_turns",
        "artifact_sync_deployment",
        "artifact_sync_host_info",
        "database_deployment",
        "database_host_info",
        "jdk_version_required",
        "jdk_versions_refused",
        "load_balancer_address",
        "load_balancer_management_host",
        "load_balancer_nodes",
        "load_balancer_public_ca",
        "load_balancer_public_host",
        "load_balancer_public_http_port",
        "load_balancer_public_port",
        "load_balancer_reach",
        "load_balancer_reach_wait",
    }
)
# Numbers of which none is negative and only these may be nought.
ZERO_ALLOWED = ("_offset", "_minimum_disk_gb", "_hsts_seconds", "_database_port", "_drain_seconds", "_idle_seconds")
# They hold a secret where an entry says so.
HOLDING_SECRETS = ("is_node_extra_settings", "analytics_extra_settings")
# They end up in unit files and options of the JVM, where a space or a percent sign means something else.
_DIRECTORY = (r"(/(?!\.\.?(/|\Z))[A-Za-z0-9._+@-]+)+/?", "an absolute path of letters, digits and ._+@-")
_ACCOUNT = (
    r"(?!root\Z)[a-z_][a-z0-9_-]{0,30}",
    "a name of lower-case letters, digits, hyphens and underscores, not root",
)
FORMS = {
    "wso2is_install_dir": _DIRECTORY,
    "wso2is_log_dir": _DIRECTORY,
    "wso2is_data_dir": _DIRECTORY,
    "jdk_archive_dir": _DIRECTORY,
    "wso2is_user": _ACCOUNT,
    "wso2is_group": _ACCOUNT,
}

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "path": (str,),
    "int": (int,),
    "bool": (bool,),
    "dict": (Mapping,),
    "list": (list, tuple),
}


def _load(path: str) -> Any:
    return read_data(os.path.join(COLLECTION_ROOT, path))


@functools.lru_cache(maxsize=1)
def playbook_variables() -> dict[str, dict[str, Any]]:
    """The variables that playbooks read before any role runs."""
    return dict(_load("roles/preflight/files/variables_of_plays.yml"))


@functools.lru_cache(maxsize=1)
def specifications() -> dict[str, dict[str, Any]]:
    """Every public variable by name: `type`, `default`, `required`, `description`, `choices`, `secret`, `host`.

    Read from roles/preflight/files/variables.yml and from the argument specs of the roles.
    """
    found: dict[str, dict[str, Any]] = dict(_load("roles/preflight/files/variables.yml"))
    for role in ROLES:
        for name, option in role_options(role).items():
            secret = bool(option.get("no_log")) or name in HOLDING_SECRETS
            found[name] = {**option, "secret": secret, "host": True}
    return found


@functools.lru_cache(maxsize=1)
def checked_specifications() -> dict[str, dict[str, Any]]:
    """Every variable whose value is checked: those of specifications(), of the other roles, and of the playbooks."""
    found = {**specifications(), **playbook_variables()}
    for role in CHECKED_ROLES:
        options = role_options(role)
        found.update({name: {**option, "secret": bool(option.get("no_log"))} for name, option in options.items()})
    return found


@functools.lru_cache(maxsize=8)
def role_options(role: str) -> dict[str, dict[str, Any]]:
    """The options of a role that an inventory gives."""
    options = _load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return {name: option for name, option in options.items() if name not in INTERNAL}


def _typed(value: Any, kind: str) -> Any:
    """The value as the type; None when it is another.

    Digits and words given as text count: `-e name=1` always gives text.
    """
    if kind == "int":
        return whole_number(value)
    if kind == "bool" and isinstance(value, str):
        return {"true": True, "false": False, "yes": True, "no": False}.get(value.lower())
    return value if isinstance(value, _TYPES[kind]) else None


def effective(
    host: str, hostvars: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, str]], set[str], set[str]]:
    """What the variables of this collection are on one host.

    Returns the value of every variable of the model (the default where the host says nothing), the findings (unknown
    names, values that cannot be resolved or are of the wrong type, out of range or outside the choices), the names
    that the host gives, and those of them whose value has a finding.
    """
    known = specifications()
    values = {name: spec.get("default") for name, spec in known.items()}
    findings = _unknown_names(host, hostvars)
    given: set[str] = set()
    wrong: set[str] = set()
    for name, spec in checked_specifications().items():
        if name not in hostvars:
            continue
        value, reason = _resolved(hostvars, name)
        if reason:
            findings.append(_unresolved(host, name, reason))
            given.add(name)
            wrong.add(name)
            continue
        if value is None or (spec.get("required") and value == ""):
            continue
        given.add(name)
        problem = _problem(host, name, spec, value)
        if problem:
            findings.append(problem)
            wrong.add(name)
        elif name in known:
            values[name] = _typed(value, spec["type"])
    return values, findings, given, wrong


def _resolved(hostvars: Mapping[str, Any], name: str) -> tuple[Any, str]:
    """The plain value of a variable, and why it has none."""
    try:
        value = plain(hostvars[name])
        for leaf in _leaves(value):
            if isinstance(leaf, Undefined):
                # Any use of it raises, and the error says what is undefined or locked.
                str(leaf)
    except (AnsibleError, UndefinedError, TypeError, ValueError, KeyError) as exc:
        return None, str(exc).splitlines()[0] if str(exc) else type(exc).__name__
    return value, ""


def raw(hostvars: Mapping[str, Any], name: str, default: Any) -> Any:
    """The value of a variable of a role that the model does not otherwise read; the default where it has none."""
    value, reason = _resolved(hostvars, name) if name in hostvars else (None, "")
    return value if not reason and isinstance(value, type(default)) else default


def address_of(host: str, hostvars: Mapping[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """Under which address Ansible reaches a host, with a finding where that cannot be resolved."""
    if "ansible_host" not in hostvars:
        return host, []
    value, reason = _resolved(hostvars, "ansible_host")
    if reason or isinstance(value, Undefined):
        return host, [_unresolved(host, "ansible_host", reason or "it is undefined")]
    return str(value or host), []


@functools.lru_cache(maxsize=1024)
def _nearest(name: str) -> str:
    """The variable that a name is most like, or nothing. The same slip stands on many hosts."""
    return next(iter(difflib.get_close_matches(name, list(checked_specifications()), n=1, cutoff=0.8)), "")


def _unknown_names(host: str, hostvars: Mapping[str, Any]) -> list[dict[str, str]]:
    known = checked_specifications()
    findings = []
    for name in sorted(key for key in hostvars if isinstance(key, str) and key.startswith(PREFIXES)):
        if name in known or name in INTERNAL:
            continue
        near = _nearest(name)
        # Role prefixes are common words: only a name that resembles one of ours is taken for a mistake.
        if not near and not name.startswith("wso2is_"):
            continue
        remedy = (
            f"Rename it to {near}, or remove it." if near else "Remove it; the README of each role lists its variables."
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
    if any(isinstance(leaf, str) and not _is_text(leaf) for leaf in _leaves(value)):
        return finding(host, "variables", f"{name} holds bytes that are no text", "text in UTF-8", f"Change {name}.")
    typed = _typed(value, spec["type"])
    shown = "a value" if spec.get("secret") else repr(value)
    if typed is None:
        required = "a whole number" if spec["type"] == "int" else f"type {spec['type']}"
        return finding(host, "variables", f"{name} is {shown} of type {_type_name(value)}", required, f"Change {name}.")
    if spec.get("choices") and not spec.get("elements") and typed not in spec["choices"]:
        # str() because a choice need not be text
        choices = ", ".join(str(choice) for choice in spec["choices"])
        return finding(host, "variables", f"{name} is {shown}", f"one of {choices}", f"Change {name}.")
    least = 0 if name.endswith(ZERO_ALLOWED) else 1
    if spec["type"] == "int" and typed < least:
        return finding(host, "variables", f"{name} is {typed}", f"{least} or more", f"Change {name}.")
    if name in FORMS and not re.fullmatch(FORMS[name][0], typed):
        return finding(host, "variables", f"{name} is {shown}", FORMS[name][1], f"Change {name}.")
    return _part_problem(host, name, spec, typed)


def _part_problem(host: str, name: str, spec: Mapping[str, Any], value: Any) -> dict[str, str] | None:
    """The finding on an element of a list, or None."""
    kind = spec.get("elements")
    if not kind:
        return None
    for number, element in enumerate(value, start=1):
        shown = "a value" if spec.get("secret") else repr(element)
        if _typed(element, kind) is None:
            found = f"element {number} of {name} is {shown} of type {_type_name(element)}"
            return finding(host, "variables", found, f"type {kind}", f"Change {name}.")
        if spec.get("choices") and element not in spec["choices"]:
            choices = ", ".join(str(choice) for choice in spec["choices"])
            found = f"element {number} of {name} is {shown}"
            return finding(host, "variables", found, f"one of {choices}", f"Change {name}.")
    return None


def _is_text(value: str) -> bool:
    """Whether a text can be written to a file: Ansible passes on bytes that are not UTF-8 as half characters."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def _type_name(value: Any) -> str:
    """The name of a value's type. Ansible's own types of text, list and mapping are those to who wrote the value."""
    known = ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (Mapping, "dict"), (Sequence, "list"))
    return next((name for kind, name in known if isinstance(value, kind)), type(value).__name__)


def missing(names: set[str]) -> list[dict[str, str]]:
    """Findings on required collection-wide variables that no host gives."""
    return [
        finding("inventory", "variables", f"{name} is not set", spec["description"].split(". ")[0], f"Set {name}.")
        for name, spec in specifications().items()
        if spec.get("required") and name not in names
    ]


def role_missing(role: str, host: str, names: set[str]) -> list[dict[str, str]]:
    """Findings on variables that a role requires on a host that does not give them."""
    return [
        finding(
            host,
            role.replace("_", " "),
            f"{name} is not set",
            str(option["description"]).split(". ", maxsplit=1)[0],
            f"Set {name}.",
        )
        for name, option in role_options(role).items()
        if option.get("required") and name not in names
    ]
