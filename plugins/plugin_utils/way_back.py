# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers go back to the release before, so that all of a kind run one release afterwards."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any


def rollback_plan(ways: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Decide which servers go back.

    A change that was refused half-way leaves servers of two releases. Those of the earlier one are where the others
    have to go: one release further back would part them again.

    Args:
        ways: by inventory name, what the module carbon_files returned in check mode for `restore: release`, in a loop
            over the servers of the model by their kinds: the directory of the release that a server runs (`before`),
            that of the one that it would go back to (`after`), and `changed_files`, empty where there is none.

    Returns:
        `wanted`: the kinds of servers to change, by inventory name; `lines`: what happens to each server; `problem`:
        why nothing may be changed, empty when it may be.
    """
    kinds = sorted({way["item"]["key"] for found in ways.values() for way in found})
    wanted: dict[str, list[str]] = {host: [] for host in ways}
    lines, problems = [], []
    for kind in kinds:
        servers = {host: way for host, found in ways.items() for way in found if way["item"]["key"] == kind}
        goals = {_name(way["after"]) for way in servers.values() if way["changed_files"]}
        present = {_name(way["before"]) for way in servers.values()}
        ends: dict[str, list[str]] = {}
        for host, way in servers.items():
            before, after = _name(way["before"]), _name(way["after"])
            name = f"{host}, {way['item']['value']['unit']}"
            # Of several releases the one that others go back to is the earlier one.
            there = len(present) > 1 and before in goals
            goes = bool(way["changed_files"]) and not there
            if goes:
                wanted[host].append(kind)
                lines.append(f"{name}: {before} back to {after}")
            elif there:
                lines.append(f"{name}: {before} stays, others go back to it")
            else:
                lines.append(f"{name}: {before} stays, there is no release to go back to")
            ends.setdefault(after if goes else before, []).append(host)
        if any(kind in chosen for chosen in wanted.values()) and len(ends) > 1:
            said = "; ".join(f"{', '.join(hosts)} on {release}" for release, hosts in sorted(ends.items()))
            unit = next(iter(servers.values()))["item"]["value"]["unit"]
            problems.append(f"{unit} would run different releases: {said}")
    if not any(wanted.values()):
        problems.append("No server keeps a release that it ran before the present one")
    return {"wanted": wanted, "lines": lines, "problem": ". ".join(problems)}


def _name(directory: str) -> str:
    return posixpath.basename(str(directory).rstrip("/"))
