# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From measured runs to tables."""

from __future__ import annotations

from dataclasses import asdict

from figures import Measured, Spread, by_host, comparison, growth, ratios, rounds_of, spread, table


def measured(seconds: float, **executions: int) -> Measured:
    return Measured(seconds, seconds / 2, 1.5, executions)


ROUNDS = [
    {"own": measured(10, is1=8, lb1=4), "other": measured(20, is1=40, lb1=10)},
    {"own": measured(20, is1=8, lb1=4), "other": measured(30, is1=40, lb1=10)},
    {"own": measured(12, is1=7, lb1=4), "other": measured(36, is1=40, lb1=10)},
]


def test_spread() -> None:
    assert spread([3, 1, 2]) == Spread(2, 1, 3)
    assert spread([4]) == Spread(4, 4, 4)
    assert Spread(2, 1, 3.25).text() == "2.0 (1.0 to 3.2)"


def test_ratios_are_formed_within_a_round() -> None:
    # By the medians it would be 30 / 12.
    assert ratios(ROUNDS, "other", "own") == Spread(2, 1.5, 3)


def test_rounds_survive_json() -> None:
    assert rounds_of([{name: asdict(run) for name, run in turn.items()} for turn in ROUNDS]) == ROUNDS


def test_table() -> None:
    assert table(["a", "b"], [[1, "x"]]) == ["| a | b |", "| --- | ---: |", "| 1 | x |"]


def test_comparison() -> None:
    lines = comparison(ROUNDS, {"own": "Ours", "other": "Theirs"})
    assert lines[2] == "| Ours | 12.0 (10.0 to 20.0) | 1 | 6.0 (5.0 to 10.0) | 11 | 1.5 (1.5 to 1.5) |"
    assert lines[3].startswith("| Theirs | 30.0 (20.0 to 36.0) | 2.00 (1.50 to 3.00) | 15.0 ")


def test_processor_seconds_that_were_not_kept() -> None:
    rounds = [{"own": Measured(1, 0, 1)}, {"own": Measured(2, 3, 1)}]
    assert "| not kept |" in comparison(rounds, {"own": "Ours"})[2]


def test_module_executions_by_host_are_the_most_of_all_rounds() -> None:
    lines = by_host(ROUNDS, {"own": "Ours", "other": "Theirs"}, {"is1": 8, "lb1": 6}.__getitem__)
    assert lines == [
        "| Host | Ours | At most | Theirs |",
        "| --- | ---: | ---: | ---: |",
        "| is1 | 8 | 8 | 40 |",
        "| lb1 | 4 | 6 | 10 |",
    ]


def test_growth_is_in_order_of_size() -> None:
    lines = growth({16: ROUNDS[:1], 2: ROUNDS}, {"own": "Ours", "other": "Theirs"})
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 2", "| 16"]
    assert (
        lines[3]
        == "| 16 | 1 | 10.0 (10.0 to 10.0) | 20.0 (20.0 to 20.0) | 2.00 (2.00 to 2.00) | 12 | 1.5 (1.5 to 1.5) |"
    )
