# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any sequence of edits does exactly what it says, or is refused and changes nothing."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from ansible_collections.identityops.wso2is.plugins.plugin_utils.editors import Edit, EditError, apply_edits
from engine import hostile, parsers
from hypothesis import given, settings
from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "c d", "e/f", "[g", "h'i", "j.k", "ä"])
SCALARS = st.one_of(st.sampled_from(hostile.KNOWN[:-1]), st.integers(-99, 99), st.booleans())
TREES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(SCALARS, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
ROOTS = st.dictionaries(KEYS, TREES, min_size=1, max_size=4)


def steps(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places below ``value``, as keys and numbers."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(each for key, child in children for each in steps(child, (*place, key)))]


def written(place: tuple[Any, ...]) -> str:
    return "/".join(
        f"[{step}]" if isinstance(step, int) else f'"{step}"' if "'" in step else f"'{step}'" for step in place
    )


def at(tree: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        tree = tree[step]
    return tree


def changed(tree: Any, kind: str, place: tuple[Any, ...], value: Any) -> Any:
    """``tree`` after one edit."""
    tree = copy.deepcopy(tree)
    if kind == "add":
        there = at(tree, place)
        if isinstance(there, dict):
            there.update(value)
        else:
            there.extend(value)
    elif kind == "remove":
        del at(tree, place[:-1])[place[-1]]
    else:
        there = at(tree, place)
        written_as_text = kind == "set" and isinstance(there, str) and not isinstance(value, str)
        at(tree, place[:-1])[place[-1]] = json.dumps(value) if written_as_text else value
    return tree


def layout(value: Any, chance: random.Random, level: int = 0) -> str:
    """``value`` as JSON with comments, commas and white space as they come."""
    space = chance.choice(["", " ", "\n" + "  " * level, "\r\n\t", " /* , } */ ", " // c ]\n"])
    if not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=chance.random() < 0.5)
    parts = [
        (json.dumps(key) + chance.choice([":", " : "]) if isinstance(value, dict) else "")
        + layout(value[key] if isinstance(value, dict) else key, chance, level + 1)
        for key in value
    ]
    end = chance.choice(["", ","]) if parts else ""
    inner = chance.choice([",", " ,"]).join(space + part for part in parts) + end + space
    return "{" + inner + "}" if isinstance(value, dict) else "[" + inner + "]"


@settings(max_examples=4 * settings().max_examples)
@given(
    ROOTS, st.randoms(use_true_random=False), st.lists(st.tuples(st.integers(0, 99), TREES, SCALARS, KEYS), max_size=4)
)
def test_edits_of_json_one_after_the_other(
    root: Any, chance: random.Random, wanted: list[tuple[int, Any, Any, str]]
) -> None:
    data = (chance.choice(["", "// head\n"]) + layout(root, chance) + chance.choice(["", "\n", " // end"])).encode()
    assert parsers.json_tree(data) == parsers.strict(root)
    tree = root
    for number, structure, scalar, key in wanted:
        everywhere = steps(tree)
        place = everywhere[number % len(everywhere)]
        there = at(tree, place)
        kind = chance.choice(["set", "add", "replace", "remove"])
        value = {"set": scalar, "replace": structure, "remove": None}.get(kind)
        if kind == "add":
            value = {key: structure} if isinstance(there, dict) else [structure]
        allowed = {
            "set": not isinstance(there, (dict, list)),
            "add": (isinstance(there, dict) and key not in there)
            or (isinstance(there, list) and parsers.strict(structure) not in [parsers.strict(each) for each in there]),
        }.get(kind, bool(place))
        try:
            data = apply_edits(data, [Edit(kind, written(place), value)], "json").data
        except EditError as error:
            assert not allowed, error
            continue
        assert allowed
        tree = changed(tree, kind, place, value)
        assert parsers.json_tree(data) == parsers.strict(tree)


@settings(max_examples=4 * settings().max_examples)
@given(
    ROOTS,
    st.randoms(use_true_random=False),
    st.lists(st.tuples(st.integers(0, 99), TREES, SCALARS), min_size=2, max_size=5),
)
def test_edits_of_json_all_at_once(root: Any, chance: random.Random, wanted: list[tuple[int, Any, Any]]) -> None:
    data = layout(root, chance).encode()
    everywhere = steps(root)
    edits = []
    for number, structure, scalar in wanted:
        place = everywhere[number % len(everywhere)]
        there = at(root, place)
        kind = chance.choice(["set", "replace", "remove", "add"])
        value = {"set": scalar, "replace": structure, "add": {"new": structure}}.get(kind)
        if kind == "add" and isinstance(there, list):
            value = [{"new": structure}]
        edits.append((kind, place, value))
    try:
        result = apply_edits(data, [Edit(kind, written(place), value) for kind, place, value in edits], "json").data
    except EditError as error:
        assert error.reason
        return
    # Places are those of the file as it was: what is removed goes last, from the end on.
    expected = root
    for kind, place, value in sorted(
        edits, key=lambda edit: (edit[0] == "remove", [-step if isinstance(step, int) else 0 for step in edit[1]])
    ):
        expected = changed(expected, kind, place, value)
    assert parsers.json_tree(result) == parsers.strict(expected)


NAMES = st.sampled_from(["a", "b", "c.d", "e f", "g=h", "ä"])


@given(
    st.dictionaries(NAMES, hostile.VALUES, max_size=4),
    st.lists(st.tuples(st.sampled_from(["set", "add", "remove", "replace"]), NAMES, hostile.VALUES), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_edits_of_properties_one_after_the_other(
    first: dict[str, str], wanted: list[tuple[str, str, str]], end: str
) -> None:
    data = apply_edits(b"", [Edit("add", key, value) for key, value in first.items()], "properties").data
    data = b"# head" + end.encode() + data.replace(b"\n", end.encode())
    model = dict(first)
    for kind, name, value in wanted:
        try:
            data = apply_edits(data, [Edit(kind, name, value)], "properties").data
        except EditError as error:
            assert error.place == name
            assert kind == "replace" or (kind == "add") is (name in model)
            continue
        if kind == "remove":
            del model[name]
        else:
            model[name] = value
        assert dict(parsers.properties(data)) == model
        assert len(parsers.properties(data)) == len(model)
    assert data.startswith(b"# head" + end.encode())
