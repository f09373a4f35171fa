# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel settings (sysctl): what they are now, and setting those that differ."""

from __future__ import annotations

import os
from typing import Mapping

ROOT = "/proc/sys"
RESERVED = "net.ipv4.ip_local_reserved_ports"


def path_of(name: str, root: str = ROOT) -> str:
    """The file of a setting; where the name has dots between its parts, a slash stands for a dot inside one."""
    first = next((char for char in name if char in "./"), ".")
    if first == ".":
        name = name.translate(str.maketrans("./", "/."))
    return os.path.join(root, name)


def current(name: str, root: str = ROOT) -> str | None:
    """The value now, words separated by one blank; none when this kernel has no such setting."""
    try:
        with open(path_of(name, root), encoding="ascii", errors="replace") as handle:
            return " ".join(handle.read().split())
    except OSError:
        return None


def numbers(text: str) -> set[int]:
    """The ports of a list such as `4000,9443-9444`."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _dash, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def wanted_now(name: str, wanted: str, found: str) -> str:
    """What to set: ports that others reserved stay reserved."""
    if name == RESERVED and found:
        return found if numbers(wanted) <= numbers(found) else "%s,%s" % (found, wanted)
    return " ".join(wanted.split())


def differing(settings: Mapping[str, str], root: str = ROOT) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Which settings have another value than they are to have.

    Returns those that can be set, by name the value now and the one to set, and those that cannot, by name why.
    """
    open_, shut = {}, {}
    for name, wanted in settings.items():
        found = current(name, root)
        if found is None:
            shut[name] = "this kernel does not show it"
            continue
        value = wanted_now(name, wanted, found)
        if value == found:
            continue
        if os.access(path_of(name, root), os.W_OK):
            open_[name] = (found, value)
        else:
            shut[name] = "is %s, and cannot be written here" % (found or "empty")
    return open_, shut


def apply(changes: Mapping[str, tuple[str, str]], root: str = ROOT) -> dict[str, str]:
    """Set them. Returns those that the kernel refused, by name why."""
    refused = {}
    for name, (_found, value) in changes.items():
        try:
            with open(path_of(name, root), "w", encoding="ascii") as handle:
                handle.write(value + "\n")
        except (OSError, UnicodeError) as error:
            refused[name] = "the kernel refuses %s: %s" % (value, getattr(error, "strerror", None) or error)
    return refused
