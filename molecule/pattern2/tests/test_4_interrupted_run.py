# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that was killed between write and start is completed by the next one."""

from __future__ import annotations

from converged import HOSTS, IS_NODES, LOAD_BALANCERS, Lab, task_done_on

FILE = "/opt/wso2/is/current/repository/conf/hazelcast.properties"
NODES = "/etc/nginx/wso2is/nodes.conf"
SETTING = ("-e", "hazelcast_max_no_heartbeat_seconds=61")


def test_killed_after_the_files_were_written(lab: Lab) -> None:
    started = {node: lab.started(node, "wso2is") for node in IS_NODES}
    assert not any("=61" in lab.on(node, "cat", FILE) for node in IS_NODES)

    killed = lab.play(
        "pattern2",
        *SETTING,
        log="killed",
        kill_when=task_done_on("Change nodes that run", "Turn | Write the files", ("is1",)),
    )
    assert killed.code == -9, killed.output[-5000:]
    assert "=61" in lab.on("is1", "cat", FILE)
    assert lab.unit("is1", "wso2is", "ActiveState")["ActiveState"] == "inactive"
    assert "=61" not in lab.on("is2", "cat", FILE), "a node whose turn did not come has not changed"
    assert lab.started("is2", "wso2is") == started["is2"]
    assert " down;" in lab.on("lb1", "cat", NODES)

    completed = lab.play("pattern2", *SETTING, log="completed")
    assert completed.code == 0, completed.output[-5000:]
    assert set(completed.changed) == {*IS_NODES, *LOAD_BALANCERS}
    assert " down;" not in lab.on("lb1", "cat", NODES), "nothing is left drained"
    again = {node: lab.started(node, "wso2is") for node in IS_NODES}
    assert all(again[node] > started[node] for node in IS_NODES)
    # One at a time: the second was stopped when the first was ready.
    stopped = int(lab.unit("is2", "wso2is", "InactiveEnterTimestampMonotonic")["InactiveEnterTimestampMonotonic"])
    assert stopped > again["is1"]

    third = lab.play("pattern2", *SETTING, log="after-completed")
    assert third.code == 0, third.output[-5000:]
    assert third.changed == {}
    assert set(third.stats) == set(HOSTS)


def test_the_setting_goes_back(lab: Lab) -> None:
    started = {node: lab.started(node, "wso2is") for node in IS_NODES}
    run = lab.play("pattern2", log="back")
    assert run.code == 0, run.output[-5000:]
    assert set(run.changed) == {*IS_NODES, *LOAD_BALANCERS}
    assert " down;" not in lab.on("lb1", "cat", NODES)
    assert all(lab.started(node, "wso2is") > started[node] for node in IS_NODES)
