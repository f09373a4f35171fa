# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From measured runs to the tables of docs/benchmarks.md. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One run.

    Attributes:
        seconds: Wall time.
        processor: Seconds of a processor that the control node used, all its processes; 0 where it was not kept.
        load: Load average of the last minute when the run began.
        executions: Module executions by host.
    """

    seconds: float
    processor: float
    load: float
    executions: Mapping[str, int] = field(default_factory=dict)


# What was measured in one round, by the name of the variant.
Round = Mapping[str, Measured]


@dataclass(frozen=True)
class Spread:
    """Several values: the median, the least and the greatest."""

    median: float
    low: float
    high: float

    def text(self, decimals: int = 1) -> str:
        """The median, and the least and the greatest in brackets."""
        return f"{self.median:.{decimals}f} ({self.low:.{decimals}f} to {self.high:.{decimals}f})"


def spread(values: Iterable[float]) -> Spread:
    """The spread of at least one value."""
    found = list(values)
    return Spread(statistics.median(found), min(found), max(found))


def ratios(rounds: Sequence[Round], name: str, base: str) -> Spread:
    """Wall time of a variant by that of another one in the same round, which had the same neighbours on the machine."""
    return spread(turn[name].seconds / turn[base].seconds for turn in rounds)


def rounds_of(data: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[Round]:
    """Rounds as they were kept in JSON."""
    return [{name: Measured(**measured) for name, measured in turn.items()} for turn in data]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table, the first column to the left and the others to the right."""
    lines = [list(header), ["---", *["---:"] * (len(header) - 1)], *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def comparison(rounds: Sequence[Round], said: Mapping[str, str]) -> list[str]:
    """The variants of one comparison beside each other; the first one is what the others are compared with.

    Args:
        rounds: What was measured.
        said: What each variant is, by name, in the order of the table.
    """
    base = next(iter(said))

    def of(name: str, pick: Callable[[Measured], float]) -> Spread:
        return spread(pick(turn[name]) for turn in rounds)

    return table(
        [
            "Run",
            "Seconds",
            "Times the first",
            "Processor seconds of the control node",
            "Module executions",
            "Load average",
        ],
        [
            [
                what,
                of(name, lambda run: run.seconds).text(),
                "1" if name == base else ratios(rounds, name, base).text(2),
                of(name, lambda run: run.processor).text()
                if all(turn[name].processor for turn in rounds)
                else "not kept",
                sum(rounds[-1][name].executions.values()),
                of(name, lambda run: run.load).text(),
            ]
            for name, what in said.items()
        ],
    )


def by_host(rounds: Sequence[Round], said: Mapping[str, str], limit: Callable[[str], int]) -> list[str]:
    """Module executions on every host, the greatest number of all rounds.

    Args:
        rounds: What was measured.
        said: Header of each variant's column, by name.
        limit: The number that a host must not exceed, of the first variant.
    """
    hosts = list(dict.fromkeys(host for turn in rounds for name in said for host in turn[name].executions))
    first, *others = said
    return table(
        ["Host", said[first], "At most", *(said[name] for name in others)],
        [
            [host, _most(rounds, first, host), limit(host), *(_most(rounds, name, host) for name in others)]
            for host in hosts
        ],
    )


def _most(rounds: Sequence[Round], name: str, host: str) -> int:
    return max(turn[name].executions.get(host, 0) for turn in rounds)


def growth(sizes: Mapping[int, Sequence[Round]], said: Mapping[str, str]) -> list[str]:
    """A row for each number of nodes, the variants beside each other, and how many times the first the others take."""
    base, *others = said
    rows = []
    for size, rounds in sorted(sizes.items()):
        row: list[object] = [size, len(rounds)]
        row += [spread(turn[name].seconds for turn in rounds).text() for name in said]
        row += [ratios(rounds, name, base).text(2) for name in others]
        row += [sum(rounds[-1][base].executions.values())]
        row += [spread(run.load for turn in rounds for run in turn.values()).text()]
        rows.append(row)
    times = [f"Times: {said[name]}" for name in others]
    return table(
        [
            "Nodes",
            "Rounds",
            *(f"Seconds: {what}" for what in said.values()),
            *times,
            "Module executions",
            "Load average",
        ],
        rows,
    )
