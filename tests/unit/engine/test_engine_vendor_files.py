# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The value that stands there, set at every place of every vendor's file, changes no byte."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils.editors import (
    Edit,
    EditError,
    apply_edits,
    format_of,
    read_value,
)
from engine import parsers

VENDOR = os.environ.get("VENDOR_CONFIG", "")
PRACTICE = Path(__file__).resolve().parents[3] / "lab/practice-pack"
FORMATS = ("xml", "yaml", "properties", "json")
Place = tuple[str, Any]  # and the value there
# Of a file, so many places are changed as well, each on its own.
CHANGED = 3
HOSTILE = 'it\'s "x" <&> ]]> \\ € # : {$} \t'

FOLDERS = sorted(path for path in Path(VENDOR).iterdir() if path.is_dir()) if VENDOR else []
FOLDERS += [PRACTICE / "identity-server/src/pack", PRACTICE / "analytics/src/main/pack"]


def xml_places(data: bytes) -> Iterator[Place]:
    root = ElementTree.fromstring(data)

    def local(name: str) -> str:
        return name.rpartition("}")[2]

    def below(element: ElementTree.Element, place: str) -> Iterator[Place]:
        names = Counter(map(local, element.attrib))
        yield from ((f"{place}/@{local(key)}", each) for key, each in element.attrib.items() if names[local(key)] == 1)
        if not len(element):
            yield place, element.text or ""
        for name, children in groups(element).items():
            for child in children:
                step = name if len(children) == 1 else picked(name, child, children)
                if step:
                    yield from below(child, f"{place}/{step}")

    def groups(element: ElementTree.Element) -> dict[str, list[ElementTree.Element]]:
        found: dict[str, list[ElementTree.Element]] = {}
        for child in element:
            found.setdefault(local(child.tag), []).append(child)
        return found

    def features(element: ElementTree.Element) -> list[tuple[str, str]]:
        found = [(f"@{local(key)}", each.strip()) for key, each in element.attrib.items()]
        for name, children in groups(element).items():
            found += [(name, "".join(child.itertext()).strip()) for child in children if not len(child)]
        return [*found, (".", (element.text or "").strip())] if not len(element) else found

    def picked(name: str, child: ElementTree.Element, siblings: Sequence[ElementTree.Element]) -> str:
        """A step with a predicate that only ``child`` fulfils; empty when there is none."""
        others = {feature for other in siblings if other is not child for feature in features(other)}
        for key, each in features(child):
            if (key, each) not in others and "'" not in each:
                return f"{name}[{key}='{each}']"
        return ""

    return below(root, local(root.tag))


def mapping_places(value: Any) -> list[Place]:
    seen: set[int] = set()

    def below(value: Any, place: str) -> Iterator[Place]:
        if isinstance(value, (dict, list)):
            # What is there a second time is an alias; it is edited where its anchor stands.
            if id(value) in seen:
                return
            seen.add(id(value))
            for key, each in value.items() if isinstance(value, dict) else enumerate(value):
                quote = '"' if "'" in str(key) else "'"
                step = f"{quote}{key}{quote}" if isinstance(value, dict) else f"[{key}]"
                yield from below(each, f"{place}/{step}" if place else step)
        elif isinstance(value, (str, int)):
            yield place, value

    return list(below(value, ""))


def places(fmt: str, data: bytes) -> list[Place]:
    """The places that another parser finds in the file, and the values there."""
    if fmt == "xml":
        return list(xml_places(data))
    if fmt == "properties":
        found = parsers.properties(data)
        counts = Counter(key for key, _value in found)
        return [(key, value) for key, value in found if counts[key] == 1]
    if fmt == "yaml":
        return mapping_places(yaml.safe_load(data))
    return mapping_places(unmarked(parsers.json_tree(data)))


def unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: unmarked(each) for key, each in value.items()}
    return [unmarked(each) for each in value] if isinstance(value, list) else value[1]


def values(fmt: str, data: bytes) -> Counter[Any]:
    """All values of the file, wherever they stand."""
    if fmt == "properties":
        return Counter(value for _key, value in parsers.properties(data))
    if fmt != "xml":
        return Counter(value for _place, value in places(fmt, data))
    elements = list(ElementTree.fromstring(data).iter())
    texts = [element.text or "" for element in elements if not len(element)]
    return Counter([*texts, *(each for element in elements for each in element.attrib.values())])


def files(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        try:
            fmt = format_of(path.name)
        except EditError:
            continue
        if fmt in FORMATS and path.is_file():
            yield path, fmt


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_the_value_that_stands_there_changes_no_byte(folder: Path, record_property: pytest.RecordProperty) -> None:
    counts: Counter[str] = Counter()
    for path, fmt in files(folder):
        data = path.read_bytes()
        assert apply_edits(data, [], fmt).data == data
        found = places(fmt, data)
        edits = [Edit("set", place, value) for place, value in found]
        assert apply_edits(data, edits, fmt).data == data, path
        for place, value in found[:: len(found) // CHANGED + 1]:
            assert apply_edits(data, [Edit("set", place, value)], fmt).data == data, (path, place)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            assert read_value(data, place, fmt) == text, (path, place)
            changed = apply_edits(data, [Edit("set", place, HOSTILE)], fmt).data
            before, after = values(fmt, data), values(fmt, changed)
            assert (before - after, after - before) == (Counter([value]), Counter([HOSTILE])), (path, place)
        counts.update({f"{fmt} files": 1, f"{fmt} places": len(found)})
        counts["CRLF files"] += b"\r\n" in data
        counts["ISO-8859-1 files"] += b"ISO-8859-1" in data[:100].upper()
    for name, count in sorted(counts.items()):
        record_property(name, count)
    print(folder.name, dict(sorted(counts.items())))
    assert counts
