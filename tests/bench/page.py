# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of docs/benchmarks.md and its picture, from what was measured. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence

from figures import Round, by_host, comparison, growth, spread, table
from plot import Line, chart

# By name of what was measured: the day and the rounds.
Kept = Mapping[str, tuple[str, Sequence[Round]]]

VARIANTS = {
    "collection": "this collection, `docker` connection",
    "stock": "20 stock `template` tasks, `docker` connection",
    "ssh": "this collection, ssh, pipelining, connections opened anew",
    "ssh-plain": "this collection, ssh without pipelining, connections opened anew",
}
GROWING = {"collection": "this collection", "stock": "20 stock tasks"}


def sizes_of(kept: Kept) -> dict[int, Sequence[Round]]:
    """The rounds by number of Identity Server nodes; two nodes is the comparison."""
    found = {int(name.removeprefix("growth-")): kept[name][1] for name in kept if name.startswith("growth-")}
    if "compare" in kept:
        found[2] = kept["compare"][1]
    return dict(sorted(found.items()))


INTRODUCTION = """
What a run costs that finds nothing to do. `make bench` measures it in the local lab and writes this page: every figure
is a median, with the least and the greatest in brackets. Kinds of runs are interleaved, one of each, then one of each
again, so that they have the same neighbours on the machine; ratios are formed within a round. A run that changes
something ends the benchmark.
"""
MACHINE = """
Machine: {processors} processors and {memory} of memory, {system}, Docker {docker}; ansible-core {ansible} on Python
{python}, with the settings of the project's `ansible.cfg`. The control node, all hosts and their servers share these
processors, so modules of different hosts wait for each other, which they do not on machines of their own. The load
average is that of the machine when a run began, other work on it included; the runs were {priority}. With a load above
the number of processors, seconds say little by themselves; ratios and processor seconds say more. Measured {days}.
"""
DEPLOYED = """
Two Identity Server nodes, two Analytics hosts with a worker and a dashboard each, one load balancer; all servers run.
Rounds: {rounds}.
"""
COLLECTION = """
This collection: `pattern2.yml` as it is, with the check of the inventory and of the hosts before, and behind it the
verification of the cluster, of Analytics and of the public address. It manages 40 files on an Identity Server node and
22 on an Analytics host.
"""
STOCK = """
Stock tasks: one play of 20 `ansible.builtin.template` tasks, without facts and nothing else, against the same hosts.
Each writes a file that the collection manages, with its owner and mode: 20 on an Identity Server node, as many as there
are on the others, whose further tasks are skipped. Left out is what a stock template cannot write as it is: stores, and
files with the vendor's CRLF line ends. The templates hold the finished text; rendering variables would take longer.
"""
SSH = """
ssh: the same run, with a server of ssh in the hosts. The connections are closed before every run, so that opening them
is part of it.
"""
EXECUTIONS = """
What is executed on a host, fact gathering included; a test holds the limit. `template` takes two executions a file,
also where nothing changes.
"""
GROWTH = """
The same lab with more Identity Server nodes. They are complete: practice packs with 128 MB of heap in containers of the
same machine, whose idle servers take their share of its processors too. Pools of 4 connections, because all nodes use
one database server.
"""
FIRST_STAGE = """
The model of the deployment and all findings on the inventory, before any host is asked: a whole `ansible-playbook` with
its start. Rounds: {rounds}; the first run, which fills the cache of the packs, is not counted.
"""


def paragraph(text: str, **said: object) -> list[str]:
    """Lines of a paragraph, and an empty one."""
    return [*textwrap.wrap(text.strip().format(**said), 150, break_long_words=False, break_on_hyphens=False), ""]


def page(kept: Kept, machine: Mapping[str, str], limit: Callable[[str], int]) -> str:
    """The page.

    Args:
        kept: What was measured.
        machine: What the figures depend on: processors, memory, system, docker, python, ansible.
        limit: Module executions that an unchanged run may cost a host.
    """
    days = sorted({day for day, _rounds in kept.values()})
    lines = ["# Benchmarks", "", "<!-- Written by make bench. -->", "", *paragraph(INTRODUCTION)]
    lines += paragraph(MACHINE, **machine, days=" and ".join(days) or "never")
    if "compare" in kept:
        rounds = kept["compare"][1]
        variants = {name: what for name, what in VARIANTS.items() if all(name in turn for turn in rounds)}
        lines += ["## An unchanged pattern 2", "", *paragraph(DEPLOYED, rounds=len(rounds))]
        lines += [*comparison(rounds, variants), "", *paragraph(COLLECTION), *paragraph(STOCK), *paragraph(SSH)]
        lines += ["## Module executions", "", *paragraph(EXECUTIONS)]
        lines += [*by_host(rounds, {"collection": "This collection", "stock": "Stock tasks"}, limit), ""]
    if len(sizes := sizes_of(kept)) < 2:
        lines += ["## More nodes", "", "Not measured here.", ""]
    else:
        lines += ["## More nodes", "", *paragraph(GROWTH), *growth(sizes, GROWING), ""]
        lines += ["![Seconds by number of nodes](benchmarks.svg)", ""]
    if "first-stage" in kept:
        rounds = kept["first-stage"][1]
        header = ["Hosts in the inventory", "Seconds", "Processor seconds", "Load average"]
        lines += ["## The first stage of preflight", "", *paragraph(FIRST_STAGE, rounds=len(rounds))]
        lines += table(header, [_stage(rounds, count) for count in rounds[0]])
    return "\n".join(lines).rstrip("\n") + "\n"


def _stage(rounds: Sequence[Round], count: str) -> list[str]:
    runs = [turn[count] for turn in rounds]
    picked = ([run.seconds for run in runs], [run.processor for run in runs], [run.load for run in runs])
    return [count, *(spread(values).text() for values in picked)]


def picture(kept: Kept) -> str:
    """The picture of the growth, or nothing where only one number of nodes was measured."""
    sizes = sizes_of(kept)
    if len(sizes) < 2:
        return ""
    lines = [
        Line(what, {size: spread(turn[name].seconds for turn in rounds) for size, rounds in sizes.items()})
        for name, what in GROWING.items()
    ]
    about = "; ".join(
        f"{line.name}: " + ", ".join(f"{size} nodes {value.text()} s" for size, value in line.points.items())
        for line in lines
    )
    return chart(
        "An unchanged run, by number of Identity Server nodes", about, "Identity Server nodes", "seconds", lines
    )
