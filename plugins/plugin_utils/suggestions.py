# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Did you mean: the names closest to one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# Low enough for a slip of two letters in a short name, high enough not to offer a stranger.
CUTOFF = 0.72


def suggest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names most like the word, the best first.

    Case, hyphens for underscores, and the order of the parts of a name do not count as differences.

    Args:
        word: the name that does not exist.
        known: the names that exist.
        count: how many to return at most.
    """
    scores = []
    for name in set(known):
        score = max(_ratio(_folded(word), _folded(name)), 0.97 * _ratio(_reordered(word), _reordered(name)))
        if score >= CUTOFF:
            scores.append((-score, name))
    return [name for _score, name in sorted(scores)[:count]]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean NAME?`, or an empty text when no known name is like the word."""
    near = suggest(word, known, 1)
    return f"did you mean {near[0]}?" if near else ""


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _folded(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def _reordered(name: str) -> str:
    return "_".join(sorted(_folded(name).split("_")))
