# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads values out of configuration files with other parsers than those that write them."""

from __future__ import annotations

import functools
import json
import re
import shlex
from typing import Any
from xml.etree import ElementTree

import yaml

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def xml_values(data: bytes, place: str) -> list[str]:
    """Texts of all elements at an ElementTree path below the root, or of their attribute after a last /@."""
    root = _xml(data)
    path, _at, attribute = place.partition("/@")
    found = root.findall(path)
    return [element.get(attribute, "(no such attribute)") if attribute else element.text or "" for element in found]


def properties_values(data: bytes, key: str) -> list[str]:
    """Values of all lines with a key, escapes resolved. Continued lines are not read."""
    found = []
    for line in data.decode("latin-1").splitlines():
        match = re.match(r"\s*((?:\\.|[^\\=:\s#!])(?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$", line)
        if match and match.group(1) == key:
            text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code.group(1), 16)), match.group(2))
            text = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape.group(1), escape.group(1)), text)
            found.append(text.encode("utf-16", "surrogatepass").decode("utf-16"))
    return found


def yaml_values(data: bytes, place: str) -> list[Any]:
    """The value at keys separated by /; key=value picks the entries of a list, a number one entry."""
    found: list[Any] = [_yaml(data)]
    for step in place.split("/"):
        if "=" in step:
            path, _equals, wanted = step.partition("=")
            found = [entry for each in found for entry in each if _at(entry, path) == wanted]
        elif step.isdigit():
            found = [each[int(step)] for each in found]
        else:
            found = [each[step] for each in found if step in each]
    return found


@functools.lru_cache(maxsize=64)
def _xml(data: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(data)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


@functools.lru_cache(maxsize=64)
def _yaml(data: bytes) -> Any:
    # JSON may be indented by tabs, YAML may not.
    return json.loads(data) if data.startswith(b"{") else yaml.safe_load(data)


def _at(entry: Any, path: str) -> Any:
    for key in path.split("."):
        entry = entry.get(key) if isinstance(entry, dict) else None
    return entry


def shell_values(data: bytes, option: str) -> list[str]:
    """What a script passes as an option of Java: the shell's words, the script's lines joined."""
    text = data.decode().replace("\\\n", " ")
    words = [word for line in text.splitlines() if option in line for word in shlex.split(line)]
    return [word.partition("=")[2] for word in words if word.partition("=")[0] == option]


def values(path: str, data: bytes, place: str) -> list[Any]:
    """All values at a place of a file; the whole content for an empty place."""
    if not place:
        return [data]
    if path.endswith(".xml"):
        return xml_values(data, place)
    if path.endswith(".sh"):
        return shell_values(data, place)
    return properties_values(data, place) if path.endswith(".properties") else yaml_values(data, place)
