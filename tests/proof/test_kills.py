# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that is killed under load, and runs that are killed in the middle of a change."""

from __future__ import annotations

import datetime
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from converged import IS_NODES, Lab
from under_load import ending, load_on, make_inventory, none_drained, running_with

LAB_HOSTS = ("lb1", "is1", "is2", "db1")
PLAY = "Change nodes that run"
# What the run has done, the end of the name of the task that begins, and for which time.
MOMENTS = [
    ("drain is being written", "Nodes | Write the nodes", 1),
    ("drain is written", "Service | Reload nginx", 1),
    ("drain works", "Wait until the last request has ended", 1),
    ("idle", "| Stop wso2is", 1),
    ("stopped", "| Write the files", 1),
    ("written", "| Select the release", 1),
    ("starting", "Start one | Start wso2is", 1),
    ("started and not yet back", "Service | Reload nginx", 2),
    ("second node", "| Stop wso2is", 2),
    ("second node starting", "Start one | Start wso2is", 2),
]
# Kills the server, all of it, and says when, on the machine's monotonic clock and of the day.
KILL = """
import os, signal, subprocess, time
main = subprocess.run(["systemctl", "show", "-P", "MainPID", "wso2is"], capture_output=True, text=True, check=True)
children = subprocess.run(["pgrep", "-P", main.stdout.strip()], capture_output=True, text=True)
print(time.monotonic(), time.time())
for pid in [*children.stdout.split(), main.stdout.strip()]:
    os.kill(int(pid), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def inventory(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deployed."""
    made = make_inventory(tmp_path_factory.mktemp("kills"))
    run = lab.play("pattern1", log="kills-first", inventory=made)
    assert run.code == 0, ending(run, 80)
    return made


def tries(lab: Lab, node: str, since: float) -> list[tuple[float, str]]:
    """When the load balancer asked a node, and what it got: seconds since a moment of the day, and the last status."""
    address = f"{lab.on(node, 'hostname', '-i').split()[0]}:9443"
    found = []
    for line in lab.on("lb1", "tail", "-n", "40000", "/var/log/nginx/access.log").splitlines():
        match = re.search(r"\[(\S+)\] .* upstream=(.*?) upstream_status=(.*?) upstream_time=", line)
        if match is None:
            continue
        seconds = datetime.datetime.fromisoformat(match[1]).timestamp() - since
        for asked, status in zip(match[2].split(", "), match[3].split(", "), strict=False):
            if asked == address and seconds >= -1:
                found.append((seconds, status))
    return found


def test_a_node_that_is_killed(lab: Lab, inventory: Path) -> None:
    """Only what it was answering is lost, and it comes back by itself."""
    with load_on(lab) as load:
        until = time.monotonic() + 60
        while load.requests < 3000:
            assert time.monotonic() < until, load.requests
            time.sleep(0.1)
        clock, day = map(float, lab.on("is1", "python3", "-c", KILL).split())
        until = time.monotonic() + 180
        while lab.unit("is1", "wso2is", "NRestarts", "ActiveState") != {"NRestarts": "1", "ActiveState": "active"}:
            assert time.monotonic() < until
            time.sleep(0.5)
        ready = time.monotonic() - clock
        while not any(seconds > ready and status == "200" for seconds, status in tries(lab, "is1", day)):
            assert time.monotonic() < until
            time.sleep(1)
    print(load.report())
    asked = tries(lab, "is1", day)
    refused = sorted(Counter(int(seconds) for seconds, status in asked if status == "502").items())
    first = min(seconds for seconds, status in asked if status == "200" and seconds > 2)
    print(f"is1 was tried in vain at seconds {refused} after it was killed (whole seconds)")
    print(f"it was ready after {ready:.0f} s, and answered again from second {first:.0f} on")
    for failure in load.failures:
        print(f"{failure.began - clock:+.3f} to {failure.ended - clock:+.3f} s: {failure}")
    # What is1 had in hand when it was killed, and what reached it before the load balancer knew.
    assert {failure.node for failure in load.failures} <= {"is1", ""}
    assert all(failure.began <= clock + 1 for failure in load.failures)
    assert load.counts["logins again"] == 0
    assert none_drained(lab)


def task_begins(task: str, turn: int) -> Callable[[str], bool]:
    """A function that is called with the lines of a run and says when a task of the change begins."""
    play, turns = "", 0

    def look(line: str) -> bool:
        nonlocal play, turns
        if match := re.match(r"PLAY \[(.*)\] \**$", line):
            play = match[1]
        match = re.match(r"TASK \[(.*)\] \**$", line)
        if not match or play != PLAY or not match[1].endswith(task):
            return False
        turns += 1
        return turns == turn

    return look


@pytest.mark.parametrize("number", range(len(MOMENTS)), ids=[name for name, _task, _turn in MOMENTS])
def test_a_run_that_is_killed(lab: Lab, inventory: Path, number: int) -> None:
    _name, task, turn = MOMENTS[number]
    setting = ("-e", f"is_node_java_options=-Dproof={number}")
    with load_on(lab, slower=4) as load:
        killed = lab.play(
            "pattern1", *setting, log=f"killed-{number}", inventory=inventory, kill_when=task_begins(task, turn)
        )
        between = [line.strip() for line in lab.on("lb1", "cat", "/etc/nginx/wso2is/nodes.conf").splitlines()]
        completed = lab.play("pattern1", *setting, log=f"killed-{number}-completed", inventory=inventory)
    print(load.report())
    assert killed.code == -9, f"not killed in {task!r}: {ending(killed, 60)}"
    print("when it was killed:", [line for line in between if line.startswith(("server", "# is"))])
    assert completed.code == 0, ending(completed, 80)
    assert none_drained(lab)
    assert all(f"-Dproof={number} " in f"{running_with(lab, node)} " for node in IS_NODES)
    assert load.losses == {}
