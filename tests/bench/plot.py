# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line chart as SVG. One chart needs no plotting library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from figures import Spread

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 64, 56
COLOURS = ("#1b5e9e", "#b5541c", "#3d7a3d", "#7a3d7a")


@dataclass(frozen=True)
class Line:
    """A line of the chart: what it is, and its values by their place on the horizontal axis."""

    name: str
    points: Mapping[int, Spread]


def nice_step(highest: float) -> float:
    """Distance of the lines of a grid: 1, 2 or 5 times a power of ten, at most eight of them."""
    step = 1.0
    while highest / step > 8:
        step *= 2.5 if str(step).startswith("2") else 2
    return step


def chart(title: str, about: str, across: str, upwards: str, lines: Sequence[Line]) -> str:
    """The picture. Places of the horizontal axis stand at equal distances, whatever their values are.

    Args:
        title: What it shows.
        about: The same for those who do not see it.
        across: What the horizontal axis says.
        upwards: What the vertical axis says; it begins at zero.
        lines: The lines. A point is the median, the bar behind it reaches from the least to the greatest value.
    """
    places = sorted({place for line in lines for place in line.points})
    highest = max(value.high for line in lines for value in line.points.values())
    step = nice_step(highest)
    steps = int(-(-highest // step))

    def x(place: int) -> float:
        width = WIDTH - LEFT - RIGHT
        return round(LEFT + width * (places.index(place) + 0.5) / len(places), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / (step * steps), 1)

    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "font-family": "sans-serif",
            "font-size": "13",
            "role": "img",
        },
    )

    def add(tag: str, text: str = "", **attributes: object) -> None:
        names = {name.replace("_", "-"): str(value) for name, value in attributes.items()}
        ElementTree.SubElement(root, tag, names).text = text or None

    add("title", title)
    add("desc", about)
    add("rect", width=WIDTH, height=HEIGHT, fill="#fff")
    add("text", title, x=LEFT, y=24, font_weight=600, font_size=15)
    for number in range(steps + 1):
        level = y(number * step)
        add("line", x1=LEFT, x2=WIDTH - RIGHT, y1=level, y2=level, stroke="#dde")
        add("text", f"{number * step:g}", x=LEFT - 8, y=level + 4, text_anchor="end", fill="#445")
    for place in places:
        add("text", str(place), x=x(place), y=HEIGHT - BOTTOM + 20, text_anchor="middle", fill="#445")
    add("text", across, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 12, text_anchor="middle", fill="#445")
    middle = (TOP + HEIGHT - BOTTOM) / 2
    add("text", upwards, x=18, y=middle, text_anchor="middle", fill="#445", transform=f"rotate(-90 18 {middle})")
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        points = sorted(line.points.items())
        corners = " ".join(f"{x(place)},{y(value.median)}" for place, value in points)
        add("polyline", points=corners, fill="none", stroke=colour, stroke_width=2)
        for place, value in points:
            add("line", x1=x(place), x2=x(place), y1=y(value.low), y2=y(value.high), stroke=colour, stroke_width=1.2)
            add("circle", cx=x(place), cy=y(value.median), r=4, fill=colour)
            add("text", f"{value.median:.0f}", x=x(place) + 8, y=y(value.median) - 7, fill=colour, font_size=12)
        at = LEFT + number * (WIDTH - LEFT - RIGHT) / len(lines)
        add("rect", x=at, y=38, width=14, height=4, fill=colour)
        add("text", line.name, x=at + 20, y=46, fill="#223")
    ElementTree.indent(root, "")
    return ElementTree.tostring(root, encoding="unicode") + "\n"
