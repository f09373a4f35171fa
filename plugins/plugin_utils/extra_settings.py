# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's own settings: as the collection's own in roles/*/files, with literal values."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .edit_error import KINDS
from .settings import EFFECTS
from .shares import PUBLISHERS, within

IS_NODE = "is_node_extra_settings"
ANALYTICS = "analytics_extra_settings"
KEYS = ("file", "place", "value", "kind", "secret", "effect", "why")


def own_settings(given: Any, variable: str, applies: Callable[[str], bool]) -> dict[str, Any]:
    """What the model says of the operator's settings on a server.

    Args:
        given: the value of the variable.
        variable: its name.
        applies: whether a file of that path is this server's to write.

    Returns:
        `variable`; `entries`, what was given; and `settings`, those entries that can be applied, as settings.
    """
    entries = list(given or [])
    settings = [
        _setting(entry, f"{variable}, entry {number}")
        for number, entry in enumerate(entries, start=1)
        if not entry_problems(entry) and applies(entry["file"])
    ]
    return {"variable": variable, "entries": entries, "settings": settings}


def of_runtime(runtime: str) -> Callable[[str], bool]:
    """Whether a file may be a runtime's: Analytics has two in one carbon home, each with directories of its own."""
    other = {"worker": "dashboard", "dashboard": "worker"}[runtime]
    return lambda path: not any(within(path, f"{directory}/{other}") for directory in ("conf", "wso2"))


def _setting(entry: Mapping[str, Any], source: str) -> dict[str, Any]:
    setting = {
        "file": entry["file"],
        "kind": entry.get("kind", "set"),
        "place": entry["place"],
        "text": entry.get("value"),
        "secret": entry.get("secret", False),
        "effect": entry.get("effect", "start"),
        "why": entry.get("why") or "Asked for in the inventory.",
        "source": source,
    }
    if within(entry["file"], PUBLISHERS):
        # The server encrypts passwords in these files and writes them anew.
        setting["compare"] = "meaning"
    return setting


def entry_problems(entry: Any) -> list[tuple[str, str]]:
    """What is wrong with an entry by itself: what was found, and what is required."""
    if not isinstance(entry, Mapping):
        return [("it is no mapping", f"a mapping with {', '.join(KEYS[:3])}")]
    found = [(f"unknown key {key}", f"one of {', '.join(KEYS)}") for key in entry if key not in KEYS]
    kind = entry.get("kind", "set")
    if not isinstance(kind, str) or kind not in KINDS:
        found.append((f"kind is {kind!r}", f"one of {', '.join(KINDS)}"))
    if "file" not in entry:
        found.append(("it has no file", "file: the path of a file in the pack, below its top folder"))
    elif not below_home(entry["file"]):
        found.append((f"file is {entry['file']!r}", "a path below the carbon home, without . and .. in it"))
    if not isinstance(entry.get("place"), str):
        found.append(("it has no place", "place: where in the file, see roles/is_node/files/README.md"))
    if kind != "remove":
        found += _value_problems(entry, str(kind))
    if not isinstance(entry.get("secret", False), bool):
        found.append((f"secret is {entry['secret']!r}", "true or false"))
    if entry.get("effect", "start") not in EFFECTS:
        found.append((f"effect is {entry['effect']!r}", f"one of {', '.join(EFFECTS)}"))
    if not isinstance(entry.get("why", ""), str):
        found.append(("why is no text", "a text"))
    return found


def _value_problems(entry: Mapping[str, Any], kind: str) -> list[tuple[str, str]]:
    """The value itself is not shown: it may be a secret."""
    value = entry.get("value")
    if value is None:
        return [("it has no value", "value: a text, a whole number, true or false")]
    structured = isinstance(value, (Mapping, list, tuple))
    if kind in ("add", "replace") and structured:
        return []
    if structured or not isinstance(value, (str, int)):
        return [(f"value is of type {type(value).__name__}", "a text, a whole number, true or false")]
    return []


def below_home(path: Any) -> bool:
    """Whether a path leads to a file below the carbon home, in its shortest form."""
    return (
        isinstance(path, str)
        and path.isprintable()
        and path not in ("", ".", "..")
        and not path.startswith(("/", "../"))
        and posixpath.normpath(path) == path
    )


def settings_files(settings: Sequence[Mapping[str, Any]]) -> set[str]:
    """The files that settings write."""
    return {setting["file"] for setting in settings}
