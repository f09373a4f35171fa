# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places in files made of mappings and lists, YAML and JSON: steps separated by ``/``.

A step is a key (dots are part of it; a key with ``/``, ``[``, ``]`` or a quote at its beginning is written in quotes),
or selects an item of a list: ``[0]``, ``[name=WSO2_CLUSTER_DB]`` or ``[agentConfiguration/name=Thrift]``. The empty
place is the root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import EditError

SHOWN = 12

_STEP = re.compile(
    r"\[(?P<index>[0-9]{1,9})\]"
    r"|\[(?P<path>[^\[\]=]+)=(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<value>[^\]'\"]*))\]"
    r"|'(?P<quoted>[^']+)'|\"(?P<dquoted>[^\"]+)\""
    r"|(?P<key>[^/\[\]'\"][^/\[\]]*)"
)


@dataclass(frozen=True)
class Step:
    """One step: a key, the index of an item, or a path below the items and the value that stands there."""

    key: str | None = None
    index: int | None = None
    path: tuple[str, ...] = ()
    value: str = ""
    written: str = ""


@lru_cache(maxsize=1024)
def parse_steps(place: str, fmt: str) -> tuple[Step, ...]:
    """The steps of ``place``; ``fmt`` names the kind of file in messages.

    Raises:
        EditError: when ``place`` is no place.
    """
    steps: list[Step] = []
    position = 0
    while position < len(place) or (steps and place.endswith("/")):
        found = _STEP.match(place, position)
        if not found:
            raise EditError(place, f"not a place of a {fmt} file: no step at character {position + 1}")
        written = found.group()
        if found["index"]:
            steps.append(Step(index=int(found["index"]), written=written))
        elif found["path"]:
            value = next(found[name] for name in ("single", "double", "value") if found[name] is not None)
            steps.append(Step(path=tuple(found["path"].split("/")), value=value, written=written))
        else:
            steps.append(Step(key=found["quoted"] or found["dquoted"] or found["key"], written=written))
        position = found.end()
        if position == len(place):
            break
        if place[position] != "/":
            raise EditError(place, f"not a place of a {fmt} file: '/' expected at character {position + 1}")
        position += 1
    return tuple(steps)


def written_steps(steps: Iterable[Step]) -> str:
    """``steps`` as a place, for messages."""
    return "/".join(step.written for step in steps) or "the root"


def shown(names: Iterable[str]) -> str:
    """The first of ``names``, each once, for messages."""
    distinct = list(dict.fromkeys(names))
    return (", ".join(distinct[:SHOWN]) or "none") + (", ..." if len(distinct) > SHOWN else "")
