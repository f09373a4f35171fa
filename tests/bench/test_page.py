# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page and its picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from converged import execution_limit
from figures import Measured, Round, Spread
from page import VARIANTS, page, picture
from plot import Line, chart, nice_step

SVG = "{http://www.w3.org/2000/svg}"
MACHINE = {
    "processors": "2",
    "memory": "8 GiB",
    "priority": "at normal priority",
    "system": "Linux x86_64",
    "docker": "1",
    "python": "3.11.1",
    "ansible": "2.19.1",
}


def turn(*names: str, seconds: float = 10) -> Round:
    return {name: Measured(seconds, 5, 1, {"is1": 8, "lb1": 4}) for name in names}


KEPT = {
    "compare": ("2026-11-22", [turn(*VARIANTS)] * 5),
    "growth-4": ("2026-11-23", [turn("collection", "stock", seconds=30)] * 3),
    "first-stage": ("2026-11-23", [turn("5", "500")]),
}


def test_page_says_everything_that_was_measured() -> None:
    text = page(KEPT, MACHINE, execution_limit)
    flowing = " ".join(text.split())
    for what in (
        "Docker 1;",
        "2026-11-22 and 2026-11-23",
        "Rounds: 5.",
        "| is1 | 8 | 8 | 8 |",
        "| 500 | 10.0",
        "benchmarks.svg",
    ):
        assert what in flowing, what
    assert all(what in text for what in VARIANTS.values())
    assert "| 2 | 5 | 10.0" in text and "| 4 | 3 | 30.0" in text
    assert max(map(len, text.splitlines())) < 400


def test_page_of_a_part_leaves_out_the_rest() -> None:
    text = page({"first-stage": KEPT["first-stage"]}, MACHINE, execution_limit)
    assert "## The first stage" in text and "Not measured" in text and "svg" not in text


def test_one_number_of_nodes_makes_no_picture() -> None:
    assert picture({"compare": KEPT["compare"]}) == ""


def test_picture() -> None:
    root = ElementTree.fromstring(picture(KEPT))
    assert root.tag == f"{SVG}svg"
    assert "4 nodes 30.0 (30.0 to 30.0) s" in (root.findtext(f"{SVG}desc") or "")
    assert len(root.findall(f"{SVG}polyline")) == 2
    assert len(root.findall(f"{SVG}circle")) == 4


def test_chart_keeps_proportions_and_order() -> None:
    lines = [Line("a < b", {8: Spread(40, 30, 50), 2: Spread(20, 20, 20)})]
    root = ElementTree.fromstring(chart("t", "d", "nodes", "seconds", lines))
    line = root.find(f"{SVG}polyline")
    assert line is not None
    (x_2, y_2), (x_8, y_8) = (tuple(map(float, corner.split(","))) for corner in line.attrib["points"].split())
    zero = max(float(grid.attrib["y1"]) for grid in root.findall(f"{SVG}line"))
    assert x_2 < x_8
    assert zero - y_8 == pytest.approx(2 * (zero - y_2))
    assert "a < b" in [text.text for text in root.findall(f"{SVG}text")]


@pytest.mark.parametrize(
    ("highest", "step"), [(4, 1), (8, 1), (9, 2), (17, 5), (40, 5), (41, 10), (130, 20), (400, 50)]
)
def test_grid(highest: float, step: float) -> None:
    assert nice_step(highest) == step
