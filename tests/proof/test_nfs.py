# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing by NFS, the short form: three virtual machines from a saved state. make nfs runs it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator

import pytest
from machines import EXPORTED, HOME, LOG, MOUNT_UNIT, NODES, SERVER, SHARE, USER_STORES, Machines, machines

OTHER = "/srv/wso2is/other"
REASON = "/opt/wso2/is/state/is/reason"


@pytest.fixture(scope="module")
def lab() -> Iterator[Machines]:
    """Empty machines, and then what the tests before have made of them."""
    with machines("nfs", "up") as made:
        yield made


def test_deployed(lab: Machines) -> None:
    run = lab.deploy(log="deploy")
    assert run.code == 0, run.output[-6000:]

    versions = lab.on(SERVER, "cat", "/proc/fs/nfsd/versions").split()
    assert {"-3", "-4.0", "-4.1", "+4.2"} <= set(versions)
    assert lab.on(SERVER, "stat", "-c", "%u:%g %a", EXPORTED) == "802:802 750"
    table = lab.on(SERVER, "cat", "/var/lib/nfs/etab")
    for address in ("192.168.77.12", "192.168.77.13"):
        assert f"{EXPORTED}\t{address}(rw,sync," in table
    assert "no_root_squash" not in table
    for node in NODES:
        source, kind, options = lab.on(node, "findmnt", "-rno", "SOURCE,FSTYPE,OPTIONS", SHARE).split()
        assert (source, kind) == (f"192.168.77.11:{EXPORTED}", "nfs4")
        assert {"rw", "vers=4.2", "hard", "nosuid", "nodev", "noexec"} <= set(options.split(","))
        assert lab.is_active(node, "wso2is")
        assert lab.on(node, "readlink", USER_STORES) == f"{SHARE}/userstores"


def test_one_node_writes_the_publishers(lab: Machines) -> None:
    name = "IsAnalytics-Publisher-wso2event-AuthenticationData.xml"
    for node in NODES:
        written = json.loads(lab.on(node, "cat", "/opt/wso2/is/state/is/written.json"))
        assert any(name in path for path in written) == (node == NODES[0]), node
    path = f"{EXPORTED}/eventpublishers/{name}"
    text = lab.on(SERVER, "cat", path)
    assert "tcp://192.168.77.31:7612|tcp://192.168.77.32:7612" in text
    # The server has encrypted what the module wrote.
    assert "Proof-an-1" not in text and 'encrypted="true"' in text
    assert lab.on(SERVER, "stat", "-c", "%u:%g", path) == "802:802"


def test_root_of_a_node_is_nobody_on_the_share(lab: Machines) -> None:
    told = lab.shell(NODES[1], f"touch {SHARE}/userstores/root.xml 2>&1; ls {SHARE}/userstores 2>&1", check=False)
    assert told.count("Permission denied") == 2, told


def test_second_run_changes_nothing(lab: Machines) -> None:
    run = lab.deploy(log="unchanged")
    assert run.code == 0, run.output[-6000:]
    assert run.changed == {}
    sys.stdout.write("\n".join(f"{node}: {run.executions_on(node)}" for node in (SERVER, *NODES)) + "\n")
    assert len(run.executions_on(SERVER)) <= 2, run.executions_on(SERVER)
    for node in NODES:
        own = [item for item in run.executions_on(node) if "artifact_sync" in item]
        # Without NFS it is one.
        assert len(own) <= 2, own


def test_a_user_store_dropped_on_one_node_is_deployed_on_the_other(lab: Machines) -> None:
    lab.drop(NODES[0], "DROPPED")
    seconds = lab.wait("is2 deploys it", 60, lambda: lab.log(NODES[1], "Deployed: userstores/DROPPED.xml"))
    sys.stdout.write(f"dropped on {NODES[0]}, deployed on {NODES[1]} after {seconds:.0f} s\n")


def test_an_unmount_stops_the_server_instead_of_undeploying(lab: Machines) -> None:
    node = NODES[1]
    lab.on(node, "systemctl", "stop", MOUNT_UNIT)
    lab.wait("the server is stopped", 60, lambda: not lab.is_active(node, "wso2is"))
    assert lab.log(node, "Undeployed: ") == []


def test_the_wrong_share_is_refused_with_the_reason(lab: Machines) -> None:
    """Goes on from the test before: nothing is mounted."""
    node = NODES[1]
    marker = json.dumps({"cluster": "other", "format": 1, "seeded": []})
    lab.shell(
        SERVER,
        f"install -d -o 802 -g 802 {OTHER} && echo {shlex.quote(marker)} >{OTHER}/.wso2is-cluster.json"
        f" && exportfs -o rw,no_subtree_check 192.168.77.13:{OTHER}",
    )
    before = lab.log(node, ".")
    lab.on(node, "mount", "-t", "nfs4", f"192.168.77.11:{OTHER}", SHARE)
    started = lab.shell(node, "systemctl start wso2is 2>&1", check=False)
    assert "failed" in started, started
    assert lab.on(node, "cat", REASON) == (
        f"{SHARE} (mounted from 192.168.77.11:{OTHER}) is not this cluster's share; required is the share of cluster "
        f"proof from 192.168.77.11:{EXPORTED}; mount it at artifact_sync_path, or correct artifact_sync_path"
    )
    run = lab.deploy("--limit", node, log="wrong-share")
    assert run.code != 0
    assert f"is mounted from 192.168.77.11:{OTHER} on this node, required is 192.168.77.11:{EXPORTED}" in run.output
    # The server itself never ran.
    assert lab.log(node, ".") == before
    lab.on(node, "systemctl", "stop", "wso2is")
    lab.on(node, "umount", SHARE)


def test_an_empty_directory_in_the_place_of_the_share_is_refused(lab: Machines) -> None:
    node = NODES[1]
    # A tmpfs is a mount point too: what is missing is the marker.
    lab.shell(node, f"mount -t tmpfs -o uid=802,gid=802 none {SHARE}")
    lab.shell(node, "systemctl start wso2is 2>&1", check=False)
    assert "is not this cluster's share" in lab.on(node, "cat", REASON)
    lab.shell(node, f"systemctl stop wso2is; umount {SHARE}; systemctl reset-failed wso2is", check=False)
    # Its own start mounts the right one.
    lab.on(node, "systemctl", "start", "wso2is")
    assert lab.is_active(node, MOUNT_UNIT)
    assert lab.log(node, "Undeployed: ") == []
    assert lab.on(node, "test", "-f", f"{HOME}/repository/deployment/server/userstores/DROPPED.xml", check=False) == ""
    assert lab.on(node, "tail", "-n", "1", LOG)
