# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks: whether the hosts agree on the time, as far as one look at each can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings

# Tokens and sessions are stamped by one node and judged by another.
LARGEST = 1.0


def clock_findings(hosts: Mapping[str, Mapping[str, Any]], found: Findings) -> None:
    """Add hosts whose clock is certainly too far from another's.

    The control node looks at its own clock before it asks and when the answer is there. The host's looks lie between,
    so what its clock differs by lies between two numbers. Only what is true for all of these is said.

    Args:
        hosts: by inventory name, what the module host_info returned in `host`.
        found: where to add.
    """
    bounds = {host: span for host, facts in hosts.items() if (span := difference(facts)) is not None}
    if len(bounds) < 2:
        return
    # The host whose clock is certainly furthest behind, and the one certainly furthest ahead.
    behind = min(bounds, key=lambda host: bounds[host][1])
    ahead = max(bounds, key=lambda host: bounds[host][0])
    apart = bounds[ahead][0] - bounds[behind][1]
    if apart >= LARGEST:
        found.add(
            f"{behind}, {ahead}",
            "clocks",
            f"the clock of {ahead} is {apart:.1f} s or more ahead of that of {behind}",
            f"less than {LARGEST:g} s between two hosts",
            "Let all hosts keep time by the same servers (chrony, systemd-timesyncd).",
        )


def difference(facts: Mapping[str, Any]) -> tuple[float, float] | None:
    """Least and greatest number of seconds that a host's clock is ahead of the control node's; None when unknown."""
    control, before, after = facts.get("control_clock"), facts.get("clock_before"), facts.get("clock")
    if not control or before is None or after is None:
        return None
    return after - control[1], before - control[0]
