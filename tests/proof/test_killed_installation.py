# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first installation that is killed again and again ends where an undisturbed one does."""

from __future__ import annotations

import re
from collections.abc import Callable

from converged import HOSTS, Lab

# Plays and ends of task names, in the order of a run. Each run is killed in its task, and the next one gets further.
PLACES = [
    ("Analytics hosts", "Install | Install the Debian package"),
    ("Analytics hosts", "Install | Unpack the release"),
    ("Analytics workers", "Configure | Write the files"),
    ("Analytics workers", "Start one | Start wso2is-analytics-worker"),
    ("Database schemas, once", "Create missing schemas with the pack's own scripts"),
    ("Identity Server nodes", "Bring | Copy the pack, the driver and overlays"),
    ("Identity Server nodes", "Check the shared file system and link its directories"),
    ("Identity Server nodes", "Configure | Write the files"),
    ("Identity Server nodes", "Start one | Start wso2is"),
    ("Load balancers", "Configure | Write nginx.conf"),
    ("Load balancers", "Service | Enable and start nginx"),
]


def task_begins(play: str, task: str) -> Callable[[str], bool]:
    """A function that is called with the lines of a run and says when a task of a play begins."""
    seen = {"play": ""}

    def look(line: str) -> bool:
        if match := re.match(r"PLAY \[(.*)\] \**$", line):
            seen["play"] = match[1]
        match = re.match(r"TASK \[(.*)\] \**$", line)
        return bool(match and seen["play"] == play and match[1].endswith(task))

    return look


def test_killed_at_every_stage(lab: Lab) -> None:
    for number, (play, task) in enumerate(PLACES):
        killed = lab.play("pattern2", log=f"killed-{number}", kill_when=task_begins(play, task))
        assert killed.code == -9, f"not killed in {task!r}: {killed.output[-5000:]}"

    completed = lab.play("pattern2", log="killed-completed")
    assert completed.code == 0, completed.output[-5000:]

    unchanged = lab.play("pattern2", log="killed-unchanged")
    assert unchanged.code == 0, unchanged.output[-5000:]
    assert unchanged.changed == {}
    assert set(unchanged.stats) == set(HOSTS)

    proven = lab.play("prove", log="killed-prove")
    assert proven.code == 0, proven.output[-5000:]
