# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing by NFS, the long form: virtual machines that are really booted, and an NFS server and a node that go away."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from machines import EXPORTED, HOME, MOUNT_UNIT, NODES, SERVER, SHARE, USER_STORES, Machines, machines


@pytest.fixture(scope="module")
def lab() -> Iterator[Machines]:
    """Empty machines, and then what the tests before have made of them."""
    began = time.monotonic()
    with machines("nfs-faults", "boot") as made:
        yield made
        sys.stdout.write(f"boot to verified: {time.monotonic() - began:.0f} s\n")


def test_check_mode_on_empty_machines(lab: Machines) -> None:
    run = lab.deploy("--check", "--diff", log="check")
    assert run.code == 0, run.output[-6000:]
    assert "+Options=vers=4.2,hard," in run.output
    for node in (SERVER, *NODES):
        assert lab.on(node, "find", "/opt/wso2", "/srv/wso2is", "/etc/exports.d", check=False) == ""


def test_deployed(lab: Machines) -> None:
    run = lab.deploy(log="deploy")
    assert run.code == 0, run.output[-6000:]
    lab.drop(NODES[0], "BEFORE")
    lab.wait("is2 deploys it", 60, lambda: lab.log(NODES[1], "Deployed: userstores/BEFORE.xml"))


def test_a_server_that_is_down_for_a_minute_loses_nothing(lab: Machines) -> None:
    before = lab.on(SERVER, "find", EXPORTED, "-type", "f").splitlines()
    deployed = {node: len(lab.log(node, "Deployed: ")) for node in NODES}
    lab.script("lab/vm.sh", "stop", SERVER)
    down = time.monotonic()
    # Who writes in the meantime waits.
    path = f"{USER_STORES}/DURING.xml"
    with subprocess.Popen(
        ["ssh", "-F", lab.config, NODES[0], f"runuser -u wso2carbon -- sh -c 'echo \"<UserStoreManager/>\" >{path}'"],
        stdin=subprocess.DEVNULL,
    ) as writer:
        while time.monotonic() - down < 60:
            assert writer.poll() is None, "the write did not wait for the NFS server"
            time.sleep(1)
        lab.script("lab/vm.sh", "start", SERVER)
        assert writer.wait(180) == 0
    sys.stdout.write(f"NFS server down for {time.monotonic() - down:.0f} s\n")
    for node in NODES:
        lab.wait(f"{node} deploys it", 90, functools.partial(lab.log, node, "Deployed: userstores/DURING.xml"))
        assert lab.log(node, "Undeployed: ") == []
        # Nothing but the new one.
        assert len(lab.log(node, "Deployed: ")) == deployed[node] + 1
        assert lab.is_active(node, "wso2is")
    after = lab.on(SERVER, "find", EXPORTED, "-type", "f").splitlines()
    assert set(after) == {*before, f"{EXPORTED}/userstores/DURING.xml"}


def test_a_rebooted_node_mounts_before_it_starts(lab: Machines) -> None:
    node = NODES[1]
    lab.shell(node, "sync; systemctl reboot", check=False)
    lab.script("lab/vm.sh", "ended", node)
    lab.script("lab/vm.sh", "start", node)
    lab.wait("the server is back", 120, lambda: lab.is_active(node, "wso2is"))
    mounted = int(lab.unit(node, MOUNT_UNIT, "ActiveEnterTimestampMonotonic")["ActiveEnterTimestampMonotonic"])
    started = int(lab.unit(node, "wso2is", "ExecMainStartTimestampMonotonic")["ExecMainStartTimestampMonotonic"])
    assert 0 < mounted < started
    assert lab.log(node, "Undeployed: ") == []
    assert len(lab.log(node, "Deployed: userstores/BEFORE.xml")) == 2


def test_a_node_that_comes_up_before_its_nfs_server_waits_for_it(lab: Machines) -> None:
    """All hosts of a site start together after a power failure."""
    node = NODES[1]
    lab.script("lab/vm.sh", "stop", SERVER)
    lab.script("lab/vm.sh", "stop", node)
    lab.script("lab/vm.sh", "start", node)
    assert not lab.is_active(node, "wso2is")
    lab.script("lab/vm.sh", "start", SERVER)
    lab.wait("the server is back", 180, lambda: lab.is_active(node, "wso2is"))
    assert lab.log(node, "Undeployed: ") == []


def test_a_directory_that_is_no_longer_shared(lab: Machines) -> None:
    kept = {"userstores": "repository/deployment/server/userstores", "tenants": "repository/tenants"}
    run = lab.deploy("--extra-vars", json.dumps({"artifact_sync_directories": kept}), log="fewer")
    assert run.code == 0, run.output[-6000:]
    for node in NODES:
        publishers = f"{HOME}/repository/deployment/server/eventpublishers"
        assert lab.on(node, "stat", "-c", "%F", publishers) == "directory"
        assert lab.on(node, "sh", "-c", f"ls {publishers} | wc -l") == "8"
        assert lab.on(node, "readlink", USER_STORES) == f"{SHARE}/userstores"
        assert lab.log(node, "Undeployed: ") == []
    again = lab.deploy("--extra-vars", json.dumps({"artifact_sync_directories": kept}), log="fewer-again")
    assert again.code == 0, again.output[-6000:]
    assert again.changed == {}
