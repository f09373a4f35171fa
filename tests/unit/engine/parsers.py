# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of the vendor's formats that share nothing with the editors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import yaml

Tree = tuple[str, dict[str, str], str, list[Any]]


def xml(data: bytes) -> Tree:
    """Names with namespaces, attributes, text without that between children, and children."""

    def tree(element: ElementTree.Element) -> Tree:
        texts = [element.text or "", *(child.tail or "" for child in element)]
        text = "".join(texts) if not len(element) else "|".join(each.strip() for each in texts if each.strip())
        return element.tag, dict(element.attrib), text, [tree(child) for child in element]

    return tree(ElementTree.fromstring(data))


def xml_value(data: bytes, path: str) -> str | None:
    """The text of an element at an ElementTree path, or of an attribute behind /@."""
    root = ElementTree.fromstring(data)
    path, _at, attribute = path.partition("/@")
    element = root if path == "." else root.find(path)
    assert element is not None, path
    return element.get(attribute) if attribute else element.text or ""


def properties(data: bytes) -> list[tuple[str, str]]:
    """Keys and values, read character by character as java.util.Properties specifies it."""
    found = []
    for line in _logical_lines(data.decode("latin-1")):
        position = 0
        while position < len(line) and line[position] not in "=: \t\f":
            position += 2 if line[position] == "\\" else 1
        key, rest = line[:position], line[position:].lstrip(" \t\f")
        if rest[:1] in ("=", ":"):
            rest = rest[1:].lstrip(" \t\f")
        found.append((_characters(key), _characters(rest)))
    return found


def _logical_lines(text: str) -> Iterator[str]:
    logical = ""
    continued = False
    for natural in re.split("\r\n|\r|\n", text):
        line = natural.lstrip(" \t\f")
        if not continued and (not line or line[0] in "#!"):
            continue
        backslashes = len(line) - len(line.rstrip("\\"))
        continued = backslashes % 2 == 1
        logical += line[:-1] if continued else line
        if not continued:
            if logical:
                yield logical
            logical = ""
    if logical:
        yield logical


def _characters(text: str) -> str:
    units: list[str] = []
    rest = iter(text)
    for char in rest:
        escaped = next(rest) if char == "\\" else ""
        if escaped == "u":
            units.append(chr(int("".join(next(rest) for _digit in range(4)), 16)))
        else:
            units.append({"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(escaped, escaped or char))
    return "".join(units).encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def yaml_tree(data: bytes) -> Any:
    """What PyYAML makes of it, with types that tell 1 from true."""
    return strict(yaml.safe_load(data))


def json_tree(data: bytes) -> Any:
    """What Python makes of it, without comments outside of strings and without commas before a closing bracket."""
    string = r'"(?:[^"\\]|\\.)*"'
    text = data.decode("utf-8-sig")
    text = re.sub(rf"({string})|//[^\r\n]*|/\*.*?\*/", lambda found: found.group(1) or " ", text, flags=re.DOTALL)
    text = re.sub(rf"({string})|,(?=\s*[}}\]])", lambda found: found.group(1) or " ", text)
    return strict(json.loads(text))


def strict(value: Any) -> Any:
    """``value`` with the type of every scalar."""
    if isinstance(value, dict):
        return {key: strict(each) for key, each in value.items()}
    if isinstance(value, list):
        return [strict(each) for each in value]
    return type(value).__name__, value


def shell_words(text: str) -> list[str]:
    """The words of a command line, its quotes taken away as POSIX says; nothing is expanded."""
    found: list[str] = []
    word: list[str] | None = None
    quote = ""
    rest = iter(text)
    for char in rest:
        if quote == "'" or (quote and char not in '"\\'):
            quote = "" if char == quote else quote
            assert word is not None
            word += char if quote else ""
            # What a shell would expand here has a backslash in front.
            assert quote != '"' or char not in "$`", text
        elif not quote and char in " \t":
            found += ["".join(word)] if word is not None else []
            word = None
        else:
            word = word or []
            if char == "\\":
                escaped = next(rest)
                word += escaped if not quote or escaped in '\\"$`' else "\\" + escaped
            elif char in "'\"":
                quote = "" if quote else char
            else:
                word += char
    assert not quote, text
    return found + (["".join(word)] if word is not None else [])
