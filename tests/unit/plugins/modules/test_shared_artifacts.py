# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories on a shared file system."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.child import ChildTimeout, User
from ansible_collections.identityops.wso2is.plugins.module_utils.mounts import Mount
from ansible_collections.identityops.wso2is.plugins.modules import shared_artifacts
from ansible_collections.identityops.wso2is.plugins.modules.shared_artifacts import ShareError
from fake_module import ModuleFailed, run_main

ME = User(os.getuid(), os.getgid())
DIRECTORIES = {"eventpublishers": "repository/deployment/server/eventpublishers", "tenants": "repository/tenants"}
MARKER = ".wso2is-cluster.json"


class Lab:
    """A share and the carbon homes of two nodes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.share = root / "share"
        self.share.mkdir()
        for node in ("is1", "is2"):
            server = root / node / "repository/deployment/server/eventpublishers"
            server.mkdir(parents=True)
            (server / "EmailPublisher.xml").write_text("shipped")
            (root / node / "repository/tenants").mkdir()

    def run(self, node: str = "is1", check: bool = False, **changes: Any) -> dict[str, Any]:
        options: dict[str, Any] = {
            "root": str(self.share),
            "cluster": "login.example.org",
            "directories": DIRECTORIES,
            "carbon_home": str(self.root / node),
            "seed": node == "is1",
            "initialise": True,
            "marker": MARKER,
            "must_be_mount": False,
            "source": "",
            "unit": "",
            "current": None,
            "mode": "0750",
            "timeout": 0,
        }
        options.update(changes)
        return shared_artifacts.Share(shared_artifacts.make_request(options), ME, check).run()

    def link(self, node: str, name: str) -> str:
        return os.readlink(self.root / node / DIRECTORIES[name])


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_seeding_node_prepares_and_links(lab: Lab) -> None:
    found = lab.run()
    assert found["initialised"]
    assert found["created"] == ["eventpublishers", "tenants"]
    assert found["seeded"] == {"eventpublishers": ["EmailPublisher.xml"]}
    assert json.loads((lab.share / MARKER).read_text()) == {
        "cluster": "login.example.org",
        "format": 1,
        "seeded": ["eventpublishers", "tenants"],
    }
    assert lab.link("is1", "eventpublishers") == str(lab.share / "eventpublishers")
    assert (lab.root / "is1" / DIRECTORIES["eventpublishers"] / "EmailPublisher.xml").read_text() == "shipped"
    kept = Path(found["kept"][DIRECTORIES["eventpublishers"]])
    assert (kept / "EmailPublisher.xml").read_text() == "shipped"


def test_second_run_changes_nothing(lab: Lab) -> None:
    lab.run()
    lab.run("is2")
    for node in ("is1", "is2"):
        for check in (False, True):
            found = lab.run(node, check=check)
            assert (found["changed"], found["messages"]) == (False, [])


def test_what_was_deleted_or_changed_on_the_share_stays_so(lab: Lab) -> None:
    lab.run()
    (lab.share / "eventpublishers/EmailPublisher.xml").unlink()
    (lab.share / "eventpublishers/own.xml").write_text("own")
    lab.run()
    assert os.listdir(lab.share / "eventpublishers") == ["own.xml"]


def test_other_node_only_links_and_keeps_its_own_files(lab: Lab) -> None:
    lab.run()
    local = lab.root / "is2" / DIRECTORIES["eventpublishers"]
    (local / "local.xml").write_text("local")
    found = lab.run("is2")
    assert found["created"] == []
    assert found["seeded"] == {}
    assert not (lab.share / "eventpublishers/local.xml").exists()
    assert (lab.root / "is2/.shipped" / DIRECTORIES["eventpublishers"] / "local.xml").read_text() == "local"


def test_other_node_waits_for_the_seeding_node(lab: Lab) -> None:
    with pytest.raises(ShareError, match="seeding node makes it"):
        lab.run("is2")
    timer = threading.Timer(0.3, lab.run)
    timer.start()
    found = lab.run("is2", timeout=20)
    timer.join()
    assert found["linked"]


def test_a_directory_added_later_is_seeded_and_waited_for(lab: Lab) -> None:
    lab.run(directories={"tenants": DIRECTORIES["tenants"]})
    with pytest.raises(ShareError, match="no eventpublishers after"):
        lab.run("is2")
    found = lab.run()
    assert found["seeded"] == {"eventpublishers": ["EmailPublisher.xml"]}
    assert not found["initialised"]
    assert lab.run("is2")["marker"]["seeded"] == ["eventpublishers", "tenants"]


def test_seeding_killed_before_the_marker_is_completed(lab: Lab) -> None:
    (lab.share / "eventpublishers").mkdir(mode=0o750)
    (lab.share / (".new-" + MARKER)).write_text("{")
    found = lab.run()
    assert found["initialised"]
    assert found["seeded"] == {"eventpublishers": ["EmailPublisher.xml"]}


def test_link_killed_between_move_and_link_is_completed(lab: Lab) -> None:
    lab.run()
    os.unlink(lab.root / "is1" / DIRECTORIES["tenants"])
    assert lab.run()["linked"] == [DIRECTORIES["tenants"]]


def test_new_release_is_linked_without_seeding_again(lab: Lab) -> None:
    lab.run()
    (lab.share / "eventpublishers/EmailPublisher.xml").write_text("changed by the server")
    found = lab.run(carbon_home=str(lab.root / "is2"))
    assert found["seeded"] == {}
    assert len(found["linked"]) == 2
    assert (lab.share / "eventpublishers/EmailPublisher.xml").read_text() == "changed by the server"


def test_new_share_is_seeded_from_what_was_set_aside(lab: Lab) -> None:
    lab.run()
    new = lab.root / "new-share"
    new.mkdir()
    found = lab.run(root=str(new))
    assert found["seeded"] == {"eventpublishers": ["EmailPublisher.xml"]}
    assert lab.link("is1", "tenants") == str(new / "tenants")


def test_share_of_another_cluster_is_refused(lab: Lab) -> None:
    lab.run()
    for node in ("is1", "is2"):
        with pytest.raises(
            ShareError, match=r"belongs to the cluster 'login\.example\.org'.*this deployment is 'other'"
        ):
            lab.run(node, cluster="other")


def test_share_with_foreign_files_is_refused(lab: Lab) -> None:
    (lab.share / "home").mkdir()
    (lab.share / "lost+found").mkdir()
    for check in (True, False):
        with pytest.raises(ShareError, match=r"holds home; this looks like another"):
            lab.run(check=check)
    assert sorted(os.listdir(lab.share)) == ["home", "lost+found"]


def test_damaged_marker_and_forbidden_initialising(lab: Lab) -> None:
    with pytest.raises(ShareError, match="not allowed"):
        lab.run(initialise=False)
    (lab.share / MARKER).write_text("{}")
    with pytest.raises(ShareError, match="not readable as one"):
        lab.run()


def test_root_must_be_there_and_a_mount_point(lab: Lab) -> None:
    with pytest.raises(ShareError, match="is not a directory on this node"):
        lab.run(root=str(lab.root / "nothing"))
    with pytest.raises(ShareError, match="is not a mount point on this node"):
        lab.run(must_be_mount=True)
    assert lab.run(root="/proc", must_be_mount=True, check=True, seed=False)["mount"]["fs_type"] == "proc"


def test_check_mode_on_an_empty_host(lab: Lab) -> None:
    found = lab.run(check=True, root=str(lab.root / "nothing"), carbon_home=str(lab.root / "none"), must_be_mount=True)
    assert found["changed"]
    assert len(found["linked"]) == 2
    assert "is not on this node yet" in found["messages"][0]


def test_check_mode_on_an_empty_share(lab: Lab) -> None:
    found = lab.run(check=True)
    assert found["created"] == ["eventpublishers", "tenants"]
    assert found["seeded"] == {"eventpublishers": ["EmailPublisher.xml"]}
    found = lab.run("is2", check=True)
    assert found["messages"][0] == "wait for the seeding node to make eventpublishers, tenants"
    assert os.listdir(lab.share) == []
    assert not os.path.islink(lab.root / "is1" / DIRECTORIES["tenants"])


def test_check_mode_does_not_wait(lab: Lab) -> None:
    began = time.monotonic()
    lab.run("is2", check=True, timeout=60)
    assert time.monotonic() - began < 5


def test_a_directory_taken_out_is_one_of_the_node_again(lab: Lab) -> None:
    lab.run()
    publishers = lab.share / "eventpublishers"
    (publishers / "own.xml").write_text("own")
    fewer = {"tenants": DIRECTORIES["tenants"]}
    path = lab.root / "is1" / DIRECTORIES["eventpublishers"]

    told = lab.run(check=True, directories=fewer)
    assert told["changed"]
    assert path.is_symlink()

    found = lab.run(directories=fewer)
    assert found["unlinked"] == {DIRECTORIES["eventpublishers"]: str(publishers)}
    assert "make %s a directory of this node, with a copy of %s" % (path, publishers) in found["messages"]
    assert not path.is_symlink()
    assert sorted(os.listdir(path)) == ["EmailPublisher.xml", "own.xml"]
    assert (publishers / "own.xml").exists()
    assert not lab.run(directories=fewer)["changed"]

    # Shared again, what the node has is kept aside and the share counts.
    assert lab.run()["linked"] == [DIRECTORIES["eventpublishers"]]


def test_a_directory_taken_out_that_the_share_has_lost(lab: Lab) -> None:
    lab.run()
    shutil.rmtree(lab.share / "eventpublishers")
    fewer = {"tenants": DIRECTORIES["tenants"]}
    found = lab.run(directories=fewer)
    shipped = lab.root / "is1/.shipped" / DIRECTORIES["eventpublishers"]
    assert found["unlinked"] == {DIRECTORIES["eventpublishers"]: str(shipped)}
    assert os.listdir(lab.root / "is1" / DIRECTORIES["eventpublishers"]) == ["EmailPublisher.xml"]


def test_a_directory_taken_out_that_is_nowhere(lab: Lab) -> None:
    lab.run()
    shutil.rmtree(lab.share / "eventpublishers")
    shutil.rmtree(lab.root / "is1/.shipped" / DIRECTORIES["eventpublishers"])
    found = lab.run(directories={"tenants": DIRECTORIES["tenants"]})
    assert found["unlinked"] == {DIRECTORIES["eventpublishers"]: ""}
    assert os.listdir(lab.root / "is1" / DIRECTORIES["eventpublishers"]) == []


def test_a_link_that_somebody_changed_is_left_alone(lab: Lab) -> None:
    lab.run()
    path = lab.root / "is1" / DIRECTORIES["eventpublishers"]
    path.unlink()
    path.mkdir()
    assert not lab.run(directories={"tenants": DIRECTORIES["tenants"]})["changed"]


def test_links_of_a_server_that_runs_wait(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.run()
    state = {"active_state": "active"}
    monkeypatch.setattr(shared_artifacts, "show_units", lambda names: {names[0]: state})
    (lab.root / "current").symlink_to(lab.root / "is1")
    running: dict[str, Any] = {"unit": "wso2is", "current": str(lab.root / "current")}
    assert not lab.run(**running)["changed"]

    other = {"userstores": "repository/deployment/server/userstores", "tenants": DIRECTORIES["tenants"]}
    found = lab.run(directories=other, **running)
    paths = ["repository/deployment/server/userstores", DIRECTORIES["eventpublishers"]]
    assert (found["pending"], found["linked"], found["unlinked"]) == (paths, [], {})
    assert all(text.startswith(("when the server is stopped: ", "make ", "write ")) for text in found["messages"])
    assert (lab.root / "is1" / DIRECTORIES["eventpublishers"]).is_symlink()
    # Another release is not the one that runs.
    assert lab.run("is2", directories=other, seed=True, **running)["pending"] == []

    state["active_state"] = "inactive"
    found = lab.run(directories=other, **running)
    assert (found["pending"], found["linked"], list(found["unlinked"])) == ([], paths[:1], paths[1:])


def test_a_record_of_links_that_was_cut(lab: Lab) -> None:
    lab.run()
    record = lab.root / "is1/.shipped/links.json"
    for text in ("{", "[]"):
        record.write_text(text)
        assert not lab.run()["changed"]
        assert len(json.loads(record.read_text())) == 2


def test_another_source_than_the_one_required(lab: Lab) -> None:
    with pytest.raises(ShareError, match=r"is mounted from proc on this node, required is 192\.0\.2\.1:/srv/wso2is"):
        lab.run(root="/proc", source="192.0.2.1:/srv/wso2is", must_be_mount=True)


def test_a_share_that_does_not_answer(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_arguments: Any) -> None:
        raise ChildTimeout("late")

    monkeypatch.setattr(shared_artifacts, "run_in_child", hang)
    with pytest.raises(ShareError, match="does not answer within 30 seconds"):
        lab.run()


def test_a_share_that_is_read_only(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = Mount(str(lab.share), "nfs4", "192.0.2.1:/srv", ("ro", "hard"))
    monkeypatch.setattr(shared_artifacts, "read_mounts", lambda: [mount])
    with pytest.raises(ShareError, match="is mounted read-only on this node"):
        lab.run(must_be_mount=True, source="192.0.2.1:/srv")


def test_a_directory_of_the_share_that_is_something_else(lab: Lab) -> None:
    (lab.share / "tenants").write_text("")
    with pytest.raises(ShareError, match="tenants is not a directory; remove it from the share"):
        lab.run()


def test_a_directory_of_the_share_that_is_gone(lab: Lab) -> None:
    lab.run()
    shutil.rmtree(lab.share / "tenants")
    for node in ("is1", "is2"):
        with pytest.raises(ShareError, match=r"tenants is gone although the marker \S+ says that it was made"):
            lab.run(node)
    (lab.share / "tenants").write_text("")
    with pytest.raises(ShareError, match="tenants is not a directory; remove it from the share"):
        lab.run("is2")


def test_no_release(lab: Lab) -> None:
    with pytest.raises(ShareError, match="install the release first"):
        lab.run(carbon_home=str(lab.root / "absent"))
    assert lab.run(carbon_home=None)["linked"] == []


def test_a_link_in_the_way_to_a_directory(lab: Lab) -> None:
    server = lab.root / "is1/repository/deployment/server"
    server.rename(lab.root / "elsewhere")
    server.symlink_to(lab.root / "elsewhere")
    with pytest.raises(ShareError, match="lies behind a symbolic link in the carbon home"):
        lab.run()


def test_the_module(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {
        "root": str(lab.share),
        "cluster": "login.example.org",
        "directories": DIRECTORIES,
        "carbon_home": str(lab.root / "is1"),
        "seed": True,
        "must_be_mount": False,
        "owner": str(ME.uid),
        "group": str(ME.gid),
    }
    first = run_main(monkeypatch, shared_artifacts, **options)
    assert first["changed"]
    assert first["diff"]["after"].count("\n") == len(first["messages"])
    assert not run_main(monkeypatch, shared_artifacts, **options)["changed"]
    with pytest.raises(ModuleFailed, match="cluster is 'a b'"):
        run_main(monkeypatch, shared_artifacts, **{**options, "cluster": "a b"})

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(shared_artifacts, "put_link", full)
    with pytest.raises(ModuleFailed, match=r"the shared directories can not be prepared: .*No space left"):
        run_main(monkeypatch, shared_artifacts, **{**options, "carbon_home": str(lab.root / "is2")})


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
def test_a_share_that_the_user_can_not_write_to(lab: Lab) -> None:
    os.chmod(lab.root, 0o755)
    for path in (lab.root, *lab.root.parents):
        if os.stat(path).st_uid == 0 and path != Path("/"):
            os.chmod(path, os.stat(path).st_mode | 0o011)
    request = shared_artifacts.make_request(
        {
            "root": str(lab.share),
            "cluster": "c",
            "directories": {"tenants": "repository/tenants"},
            "carbon_home": None,
            "seed": True,
            "initialise": True,
            "marker": MARKER,
            "must_be_mount": False,
            "source": "",
            "unit": "",
            "current": None,
            "mode": "0750",
            "timeout": 0,
        }
    )
    user = User(54321, 54321)
    shared_artifacts.Share(request, user, False).run()
    assert os.stat(lab.share / "tenants").st_uid == 54321
    os.chmod(lab.share / "tenants", 0o500)
    with pytest.raises(ShareError, match=r"uid 54321, gid 54321\) can not write to .*tenants"):
        shared_artifacts.Share(request, user, False).run()
    os.chmod(lab.share / "tenants", 0o750)
    os.chown(lab.share / "tenants", 0, 0)
    assert shared_artifacts.Share(request, user, False).run()["messages"] == [
        "give %s to 54321:54321" % (lab.share / "tenants")
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cluster": "a b"}, "cluster is"),
        ({"marker": ".."}, "marker is"),
        ({"directories": {"../x": "repository/tenants"}}, "can not be the name"),
        ({"directories": {"x": "/etc"}}, "not a path in the carbon home"),
        ({"directories": {"a": "repository", "b": "repository/tenants"}}, "overlap"),
        ({"mode": "u=rwx"}, "octal"),
    ],
)
def test_options_that_are_refused(lab: Lab, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ShareError, match=reason):
        lab.run(**change)


def test_numbers_must_be_those_required() -> None:
    options = {"owner": "root", "group": "0", "uid": 0, "gid": None}
    assert shared_artifacts.numbers(options, False) == (0, 0)
    with pytest.raises(ShareError, match="'root' has the number 0 on this host, required is 802"):
        shared_artifacts.numbers(dict(options, uid=802), False)
    with pytest.raises(ShareError, match="there is no 'no-such-user'"):
        shared_artifacts.numbers(dict(options, owner="no-such-user"), False)
    assert shared_artifacts.numbers(dict(options, owner="no-such-user", uid=802), True) == (802, 0)
