# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a product release: ports, scripts, log lines, JDK, memory, database scripts. One YAML file a release."""

from __future__ import annotations

import copy
import functools
import os
import re
from collections.abc import Mapping
from typing import Any

import yaml

from .data_files import read_data
from .findings import InputError, is_count, kind, list_of, mapping_of, natural, shown, text_of
from .suggestions import suggest

RELEASES_DIR = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
    "roles",
    "preflight",
    "files",
    "releases",
)
LAST_PORT = 65535
# Who may talk to a port, besides the products themselves.
PARTIES = ("clients", "operators", "monitoring")
SECTIONS = ("release", "packs", "jdk", "memory", "conditions", "products", "page_ports", "databases", "schemas")


def known_releases(directory: str = RELEASES_DIR) -> list[str]:
    """Return the releases that there is a data file for, oldest first."""
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return sorted((name[:-4] for name in names if name.endswith(".yml")), key=natural)


def load_release(version: str, directory: str = RELEASES_DIR) -> dict[str, Any]:
    """Return the facts of a release; the caller may change the result.

    Args:
        version: the release, e.g. `"5.8.0"`.
        directory: folder of the data files, for tests.

    Raises:
        InputError: there is no such release, or its file is not complete. The message lists the known releases.
    """
    known = known_releases(directory)
    if not isinstance(version, str) or version not in known:
        hint = f' The release is text: write it in quotes, "{version}".' if isinstance(version, (int, float)) else ""
        near = suggest(version, known) if isinstance(version, str) else []
        raise InputError(
            f"Release {shown(version)} ({kind(version)}) is not known. Known: {', '.join(known) or 'none'}."
            f"{' Did you mean ' + near[0] + '?' if near else ''}{hint} Change wso2is_release."
        )
    return copy.deepcopy(_read(directory, version))


@functools.cache
def _read(directory: str, version: str) -> dict[str, Any]:
    path = os.path.join(directory, f"{version}.yml")
    try:
        data = read_data(path)
    except yaml.YAMLError as exc:
        raise InputError(f"{path} is not YAML: {exc}") from exc
    if not isinstance(data, Mapping):
        raise InputError(f"{path} must hold a mapping, not {kind(data)}")
    missing = [name for name in SECTIONS if name not in data]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}")
    if data["release"] != version:
        raise InputError(f"{path} says release {shown(data['release'])}; the file name and the release must agree")
    checked_release(data)
    return dict(data)


def release_of(release: Any) -> Mapping[str, Any]:
    """Return the facts of a release, given its number or the facts themselves.

    Raises:
        InputError: it is neither.
    """
    if isinstance(release, Mapping):
        return checked_release(release)
    return load_release(release)


def checked_release(release: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts of a release after a check of what the findings read: memory, conditions, products and ports.

    Raises:
        InputError: a fact is missing or of the wrong type; the message names its place.
    """
    text_of(release.get("release"), "release.release")
    memory = mapping_of(release.get("memory"), "release.memory")
    for key in ("heap_mb", "os_mb", "total_mb", "disk_mb"):
        if not is_count(memory.get(key)) or memory[key] == 0:
            raise InputError(f"release.memory.{key} must be a number above 0, not {shown(memory.get(key))}")
    for product in list_of(memory.get("heap_applies_to"), "release.memory.heap_applies_to"):
        text_of(product, "release.memory.heap_applies_to")
    conditions = mapping_of(release.get("conditions"), "release.conditions")
    for name, given in conditions.items():
        condition = mapping_of(given, f"release.conditions.{shown(name)}")
        text_of(condition.get("meaning"), f"release.conditions.{shown(name)}.meaning")
        if not isinstance(condition.get("opens"), bool):
            raise InputError(
                f"release.conditions.{shown(name)}.opens must be a boolean, not {kind(condition.get('opens'))}"
            )
    causes = mapping_of(release.get("failure_causes") or {}, "release.failure_causes")
    for name, given in causes.items():
        what = f"release.failure_causes.{shown(name)}"
        _check_line(mapping_of(given, what), what, {})
    products = mapping_of(release.get("products"), "release.products")
    for key, given in products.items():
        what = f"release.products.{text_of(key, 'a key of release.products')}"
        product = mapping_of(given, what)
        text_of(product.get("name"), f"{what}.name")
        if not is_count(product.get("offset")):
            raise InputError(f"{what}.offset must be a number of 0 or more, not {shown(product.get('offset'))}")
        for index, port in enumerate(list_of(product.get("ports"), f"{what}.ports")):
            _check_port(mapping_of(port, f"{what}.ports[{index}]"), f"{what}.ports[{index}]", products, conditions)
        for lines in ("failure_lines", "waiting_lines"):
            for index, line in enumerate(list_of(product.get(lines) or [], f"{what}.{lines}")):
                _check_line(mapping_of(line, f"{what}.{lines}[{index}]"), f"{what}.{lines}[{index}]", causes)
    for index, given in enumerate(list_of(release.get("page_ports") or [], "release.page_ports")):
        row = mapping_of(given, f"release.page_ports[{index}]")
        for key in ("product", "usage"):
            text_of(row.get(key), f"release.page_ports[{index}].{key}")
        if not is_count(row.get("number")):
            raise InputError(f"release.page_ports[{index}].number must be a number, not {shown(row.get('number'))}")
        for opens in list_of(row.get("opens"), f"release.page_ports[{index}].opens"):
            product, _dot, name = text_of(opens, f"release.page_ports[{index}].opens").partition(".")
            if name not in [port["name"] for port in products.get(product, {"ports": []})["ports"]]:
                raise InputError(f"release.page_ports[{index}].opens: {shown(opens)} is not a port of a product")
    return release


def _check_port(port: Mapping[str, Any], what: str, products: Mapping[str, Any], conditions: Mapping[str, Any]) -> None:
    for key in ("name", "protocol", "purpose", "when", "source"):
        text_of(port.get(key), f"{what}.{key}")
    if not is_count(port.get("number")) or not 1 <= port["number"] <= LAST_PORT:
        raise InputError(f"{what}.number must be a port number, not {shown(port.get('number'))}")
    if not isinstance(port.get("offset"), bool):
        raise InputError(f"{what}.offset must be a boolean, not {kind(port.get('offset'))}")
    if port["when"] not in conditions:
        raise InputError(f"{what}.when: {shown(port['when'])} is not one of release.conditions")
    for party in list_of(port.get("from"), f"{what}.from"):
        if text_of(party, f"{what}.from") not in (*PARTIES, *products):
            raise InputError(f"{what}.from: {shown(party)} is neither a product nor one of {', '.join(PARTIES)}")
    if "if_taken" in port:
        text_of(port["if_taken"], f"{what}.if_taken")
        text_of(port.get("remedy"), f"{what}.remedy")
    if "follows" in port:
        rule = mapping_of(port["follows"], f"{what}.follows")
        text_of(rule.get("name"), f"{what}.follows.name")
        if not is_count(rule.get("plus")):
            raise InputError(f"{what}.follows.plus must be a number of 0 or more, not {shown(rule.get('plus'))}")


def _check_line(line: Mapping[str, Any], what: str, causes: Mapping[str, Any]) -> None:
    """A line of a log: `pattern`, what it means, and what to do; `causes` are names of those that may explain it."""
    for key in ("pattern", "meaning", "remedy"):
        text_of(line.get(key), f"{what}.{key}")
    try:
        re.compile(line["pattern"])
    except re.error as exc:
        raise InputError(f"{what}.pattern is no regular expression: {exc}") from exc
    for name in list_of(line.get("causes") or [], f"{what}.causes"):
        if name not in causes:
            raise InputError(f"{what}.causes: {shown(name)} is not one of release.failure_causes")
