# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installing and selecting a release."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import linked_dir, pack_archive
from ansible_collections.identityops.wso2is.plugins.module_utils.child import User
from ansible_collections.identityops.wso2is.plugins.modules import carbon_release
from hypothesis import given
from hypothesis import strategies as st

TOP = "wso2is-5.8.0"
ME = User(os.getuid(), os.getgid())


def info(name: str, mode: int = 0o100644, **attributes: Any) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    for key, value in attributes.items():
        setattr(entry, key, value)
    return entry


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (info(TOP + "/../etc/passwd"), "leaves its folder"),
        (info("/etc/passwd"), "absolute path"),
        (info("C:/x"), "absolute path"),
        (info(TOP + "/a\\b"), "character"),
        (info(TOP + "/a\nb"), "character"),
        (info(TOP + "//a"), "empty step"),
        (info(TOP + "/./a"), "empty step"),
        (info("other/a"), "not below the folder"),
        (info(TOP + "-evil/a"), "not below the folder"),
        (info(TOP + "/link", stat.S_IFLNK | 0o777), "symbolic link"),
        (info(TOP + "/pipe", stat.S_IFIFO | 0o644), "special file"),
        (info(TOP + "/a", flag_bits=1), "encrypted"),
        (info(TOP + "/ok"), "twice"),
        (info(TOP + "/ok/"), "twice|by its mode"),
        (info(TOP + "/ok/below"), "which is a file"),
        (info(TOP), "is a file"),
    ],
)
def test_entries_that_are_refused_are_named(entry: zipfile.ZipInfo, reason: str) -> None:
    with pytest.raises(pack_archive.PackError, match=reason) as error:
        pack_archive.check_entries([info(TOP + "/ok"), entry], TOP)
    assert entry.filename.rstrip("/").split("/")[-1].replace("\\", "").replace("\n", "")[:1] in str(error.value)


def test_a_name_with_nul_is_refused() -> None:
    # zipfile itself cuts the name there
    with pytest.raises(pack_archive.PackError, match="character"):
        pack_archive.check_entries([info(TOP + "/a\0b")], TOP)


def test_a_pack_without_files_is_refused() -> None:
    with pytest.raises(pack_archive.PackError, match="nothing"):
        pack_archive.check_entries([], TOP)


@given(st.text(alphabet="ab./\\\0:-", min_size=1, max_size=30))
def test_no_accepted_entry_leaves_the_target(name: str) -> None:
    entry = info(TOP + "/x")
    entry.filename = entry.orig_filename = name
    try:
        accepted = pack_archive.check_entries([info("ab/ok"), entry], "ab")
    except pack_archive.PackError:
        return
    for item in accepted:
        assert os.path.normpath(os.path.join("/target", item.path)).startswith("/target")
        assert os.path.normpath("/target/" + item.path) == ("/target/" + item.path).rstrip("/")


class Lab:
    """A pack, a driver and a host in a temporary directory, served by the test's own user."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.archive = str(root / "pack.zip")
        self.driver = str(root / "driver.jar")
        self.base = str(root / "opt")
        self.make_pack(
            {
                "bin/wso2server.sh": "#!/bin/sh\n",
                "bin/tool": "x",
                "repository/logs/README": "logs",
                "repository/conf/carbon.xml": "<a/>",
                "repository/deployment/server/a.xml": "shipped",
            }
        )
        Path(self.driver).write_text("driver", encoding="ascii")

    def make_pack(self, files: dict[str, str]) -> None:
        with zipfile.ZipFile(self.archive, "w") as archive:
            for name, text in files.items():
                archive.writestr(info("%s/%s" % (TOP, name), 0o100755 if name == "bin/tool" else 0o100644), text)
            archive.writestr(info(TOP + "/tmp/", stat.S_IFDIR | 0o777), "")
        self.sha256 = hashlib.sha256(Path(self.archive).read_bytes()).hexdigest()

    def options(self, **changes: Any) -> dict[str, Any]:
        options: dict[str, Any] = {
            "archive": self.archive,
            "sha256": self.sha256,
            "name": TOP,
            "directory": None,
            "base": self.base,
            "top": None,
            "links": {"repository/logs": str(self.root / "log/is")},
            "link_mode": "0750",
            "writable": [".", "tmp", "repository/deployment/server", "repository/tenants"],
            "writable_files": ["wso2carbon.pid"],
            "extra_files": [
                {"src": self.driver, "dest": "repository/components/lib/driver.jar", "sha256": "", "mode": "0640"}
            ],
            "select": True,
            "current": ["current"],
        }
        options.update(changes)
        return options

    def run(self, check: bool = False, **changes: Any) -> dict[str, Any]:
        request = carbon_release.make_request(self.options(**changes))
        return carbon_release.run(request, str(ME.uid), str(ME.gid), check)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(carbon_release, "ROOT", ME)
    return Lab(tmp_path)


def mode(path: str) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_links_of_several_servers(lab: Lab) -> None:
    first = lab.run(current=["current-a", "current-b"])["release"]
    lab.make_pack({"bin/tool": "y"})
    found = lab.run(current=[])
    assert (found["installed"], found["selected"], found["current"], found["previous"]) == (True, False, None, None)
    found = lab.run(current=["current-b"])
    assert (found["selected"], found["previous"], found["current"]) == (True, first, found["release"])
    assert found["messages"] == ["select %s with the link current-b" % os.path.basename(found["release"])]
    assert found["diff"]["before"] == "current-b: releases/%s\n" % os.path.basename(first)
    assert os.path.realpath(lab.base + "/current-a") == first
    assert os.path.realpath(lab.base + "/current-b") == found["release"]
    assert not os.path.lexists(lab.base + "/current")
    assert lab.run(current=["current-b"])["changed"] is False


def test_install_and_select(lab: Lab) -> None:
    found = lab.run()
    release = "%s/releases/%s-%s" % (lab.base, TOP, lab.sha256[:12])
    assert (found["release"], found["installed"], found["selected"], found["previous"]) == (release, True, True, None)
    assert os.readlink(lab.base + "/current") == "releases/" + os.path.basename(release)
    current = lab.base + "/current/"
    assert mode(current + "bin/wso2server.sh") == 0o750
    assert mode(current + "bin/tool") == 0o750
    assert mode(current + "repository/conf/carbon.xml") == 0o640
    assert mode(current + ".") == 0o1770
    assert os.readlink(current + "repository/logs") == str(lab.root / "log/is")
    assert (lab.root / "log/is/README").read_text() == "logs"
    assert os.path.isdir(current + "repository/tenants")
    assert os.path.getsize(current + "wso2carbon.pid") == 0
    assert Path(current + "repository/components/lib/driver.jar").read_text() == "driver"


def test_second_run_changes_nothing_and_needs_no_archive(lab: Lab) -> None:
    lab.run()
    os.unlink(lab.archive)
    os.unlink(lab.driver)
    found = lab.run()
    assert (found["changed"], found["messages"], found["installed"]) == (False, [], False)
    assert found["current"] == found["previous"] == found["release"]
    assert lab.run(check=True)["changed"] is False


def test_check_mode_on_an_empty_host(lab: Lab) -> None:
    for archive in (lab.archive, None):
        found = lab.run(check=True, archive=archive)
        assert found["changed"]
        assert found["installed"]
        assert found["selected"]
    assert not os.path.exists(lab.base)
    request = carbon_release.make_request(lab.options())
    assert carbon_release.run(request, "no-such-user", "no-such-group", True)["changed"]


def test_archive_that_is_absent_or_another(lab: Lab) -> None:
    with pytest.raises(carbon_release.ReleaseError, match="not on this host"):
        lab.run(archive=None)
    with pytest.raises(carbon_release.ReleaseError, match="found sha256 %s, required 00" % lab.sha256):
        lab.run(sha256="0" * 64)
    with pytest.raises(carbon_release.ReleaseError, match="another digest"):
        lab.run(sha256="0" * 64, check=True)
    Path(lab.archive).write_text("no zip", encoding="ascii")
    with pytest.raises(pack_archive.PackError, match="not a zip"):
        lab.run(sha256=hashlib.sha256(b"no zip").hexdigest())


def test_a_pack_with_a_bad_entry_leaves_nothing(lab: Lab) -> None:
    with zipfile.ZipFile(lab.archive, "a") as archive:
        archive.writestr(info(TOP + "/../../evil"), "x")
    lab.sha256 = hashlib.sha256(Path(lab.archive).read_bytes()).hexdigest()
    with pytest.raises(pack_archive.PackError, match="evil"):
        lab.run()
    assert os.listdir(lab.base + "/releases") == [".lock"]


def test_a_damaged_entry_leaves_nothing(lab: Lab) -> None:
    data = bytearray(Path(lab.archive).read_bytes())
    position = data.find(b"shipped")
    data[position : position + 7] = b"damaged"
    Path(lab.archive).write_bytes(data)
    with pytest.raises(pack_archive.PackError, match=r"a\.xml"):
        lab.run(sha256=hashlib.sha256(data).hexdigest())
    assert os.listdir(lab.base + "/releases") == [".lock"]


def test_leftovers_of_a_killed_run_are_removed_and_do_not_count(lab: Lab) -> None:
    left = "%s/releases/.unpack-%s-%s/bin" % (lab.base, TOP, lab.sha256[:12])
    os.makedirs(left)
    assert lab.run(check=True)["installed"]
    found = lab.run()
    assert found["installed"]
    assert not os.path.exists(os.path.dirname(left))


def test_a_directory_without_stamp_is_not_ours(lab: Lab) -> None:
    os.makedirs("%s/releases/%s-%s" % (lab.base, TOP, lab.sha256[:12]))
    with pytest.raises(carbon_release.ReleaseError, match="without a stamp"):
        lab.run()


def test_second_release_beside_the_first(lab: Lab) -> None:
    first = lab.run()["release"]
    (lab.root / "log/is/README").write_text("kept", encoding="ascii")
    lab.make_pack({"bin/wso2server.sh": "new", "repository/logs/README": "new", "repository/logs/more/b": "b"})
    found = lab.run(select=False)
    assert (found["installed"], found["selected"], found["current"], found["previous"]) == (True, False, first, first)
    found = lab.run(select=True)
    assert (found["installed"], found["selected"], found["previous"]) == (False, True, first)
    assert os.path.isdir(first)
    assert (lab.root / "log/is/README").read_text() == "kept"
    assert (lab.root / "log/is/more/b").read_text() == "b"


def test_current_that_is_no_link(lab: Lab) -> None:
    os.makedirs(lab.base + "/current")
    with pytest.raises(carbon_release.ReleaseError, match="not a symbolic link"):
        lab.run()


def test_links_added_and_moved_later(lab: Lab) -> None:
    release = lab.run(links={})["release"]
    Path(release + "/repository/logs/written").write_text("by the server", encoding="ascii")
    found = lab.run()
    assert "link repository/logs to %s" % (lab.root / "log/is") in found["messages"]
    assert (lab.root / "log/is/written").read_text() == "by the server"
    assert os.path.isfile(release + "/.shipped/repository/logs/written")
    found = lab.run(links={"repository/logs": str(lab.root / "elsewhere")})
    assert os.readlink(release + "/repository/logs") == str(lab.root / "elsewhere")
    assert lab.run(links={"repository/logs": str(lab.root / "elsewhere")})["changed"] is False


def test_extra_file_is_repaired_replaced_and_removed(lab: Lab) -> None:
    path = lab.run()["release"] + "/repository/components/lib/driver.jar"
    Path(path).write_text("tampered", encoding="ascii")
    assert lab.run()["messages"] == ["put repository/components/lib/driver.jar"]
    assert Path(path).read_text() == "driver"
    os.chmod(path, 0o666)
    assert lab.run()["messages"] == ["set mode and group of repository/components/lib/driver.jar"]
    Path(lab.driver).write_text("newer", encoding="ascii")
    new = [
        {
            "src": lab.driver,
            "dest": "repository/components/lib/driver-2.jar",
            "sha256": hashlib.sha256(b"newer").hexdigest(),
            "mode": "0640",
        }
    ]
    found = lab.run(extra_files=new)
    assert found["messages"] == [
        "put repository/components/lib/driver-2.jar",
        "remove repository/components/lib/driver.jar",
    ]
    assert not os.path.exists(path)
    assert lab.run(extra_files=new)["changed"] is False
    wrong = [dict(new[0], sha256="0" * 64)]
    with pytest.raises(carbon_release.ReleaseError, match="another digest"):
        lab.run(extra_files=wrong)


def test_extra_file_over_a_shipped_one(lab: Lab) -> None:
    extra = [{"src": lab.driver, "dest": "repository/conf/carbon.xml", "sha256": "", "mode": "0640"}]
    path = Path(lab.run()["release"]) / "repository/conf/carbon.xml"
    shipped = path.read_bytes()

    lab.run(extra_files=extra)
    assert path.read_bytes() == Path(lab.driver).read_bytes() != shipped
    assert lab.run(extra_files=extra)["changed"] is False

    text = "put the pack's own repository/conf/carbon.xml back"
    assert lab.run(check=True, extra_files=[])["messages"] == [text]
    assert path.read_bytes() != shipped
    assert lab.run(extra_files=[])["messages"] == [text]
    assert path.read_bytes() == shipped
    assert lab.run(extra_files=[])["changed"] is False


def test_extra_file_over_a_shipped_one_in_a_first_installation_that_was_killed(lab: Lab) -> None:
    extra = [{"src": lab.driver, "dest": "repository/conf/carbon.xml", "sha256": "", "mode": "0640"}]
    release = Path(lab.run(extra_files=extra)["release"])
    path, kept = release / "repository/conf/carbon.xml", release / ".shipped/repository/conf/carbon.xml"
    shipped = kept.read_bytes()
    # Killed before the stamp was written.
    stamp = json.loads((release / ".release.json").read_text())
    stamp["extra_files"] = {}
    (release / ".release.json").write_text(json.dumps(stamp))

    lab.run(extra_files=extra)
    assert kept.read_bytes() == shipped
    lab.run(extra_files=[])
    assert path.read_bytes() == shipped

    # Nothing was kept by an older version of this module.
    lab.run(extra_files=extra)
    kept.unlink()
    assert any("leave repository/conf/carbon.xml" in text for text in lab.run(extra_files=[])["messages"])
    assert path.read_bytes() == Path(lab.driver).read_bytes()
    assert lab.run(extra_files=[])["changed"] is False


def test_writable_is_taken_back(lab: Lab) -> None:
    release = lab.run()["release"]
    found = lab.run(writable=["tmp"], writable_files=[])
    assert "take . back from the server" in found["messages"]
    assert mode(release) == 0o750
    assert lab.run(writable=["tmp"], writable_files=[])["changed"] is False


def test_a_process_id_file_among_the_directories_is_a_file(lab: Lab) -> None:
    release = lab.run(writable=["tmp", "wso2carbon.pid"], writable_files=[])["release"]
    assert os.path.isfile(release + "/wso2carbon.pid")
    assert lab.run(writable=["tmp", "wso2carbon.pid"], writable_files=["wso2carbon.pid"])["changed"] is False


def test_a_link_of_the_server_does_not_lead_root_away(lab: Lab) -> None:
    release = lab.run()["release"]
    os.rmdir(release + "/repository/tenants")
    outside = lab.root / "outside"
    outside.mkdir()
    os.symlink(str(outside), release + "/repository/tenants")
    with pytest.raises(carbon_release.ReleaseError, match="behind a symbolic link"):
        lab.run(writable=[".", "repository/tenants/deep"])
    assert os.listdir(outside) == []


def test_not_enough_space(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carbon_release, "SPARE_BYTES", 1 << 60)
    with pytest.raises(carbon_release.ReleaseError, match="MB free, the pack needs"):
        lab.run()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sha256": "abc"}, "sha256"),
        ({"name": "../x"}, "name"),
        ({"links": {"repository/logs": "relative"}}, "absolute"),
        ({"links": {"../x": "/x"}}, "not a path below"),
        ({"writable": ["/tmp"]}, "not a path below"),
        ({"writable_files": [""]}, "not a path below"),
        ({"link_mode": "rwx"}, "octal"),
    ],
)
def test_options_that_are_refused(lab: Lab, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(carbon_release.ReleaseError, match=reason):
        carbon_release.make_request(lab.options(**change))


def test_seeding_never_overwrites(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "sub/deep").mkdir(parents=True)
    (source / "a").write_text("shipped")
    (source / "sub/b").write_text("shipped")
    os.symlink("a", source / "link")
    target.mkdir()
    (target / "a").write_text("own")
    assert linked_dir.missing_files(str(source), str(target)) == ["sub/", "sub/b", "sub/deep/"]
    assert linked_dir.seed(str(source), str(target), ME) == ["sub/", "sub/b", "sub/deep/"]
    assert (target / "a").read_text() == "own"
    assert linked_dir.seed(str(source), str(target), ME) == []
    assert linked_dir.missing_files(str(tmp_path / "nothing"), str(target)) == []


def test_setting_aside_loses_nothing(tmp_path: Path) -> None:
    for text in ("one", "two"):
        (tmp_path / "dir").mkdir()
        (tmp_path / "dir/file").write_text(text)
        linked_dir.set_aside(str(tmp_path / "dir"), str(tmp_path / "kept/dir"))
    assert (tmp_path / "kept/dir/file").read_text() == "one"
    assert (tmp_path / "kept/dir-2/file").read_text() == "two"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"links": {}}, None),
        ({"links": {"repository/logs": "log/is", "repository/database": "data"}}, "link repository/database to "),
        ({"links": {"repository/logs": "log/is", "repository/conf": "conf"}}, "copy 1 shipped files and directories"),
        ({"writable": []}, "take . back from the server"),
        ({"writable": [".", "tmp", "work/deep"]}, "make the writable directory work/deep"),
        ({"writable_files": ["wso2carbon.pid", "deep/x.pid"]}, "make the writable file deep/x.pid"),
        ({"extra_files": []}, "remove repository/components/lib/driver.jar"),
        ({"extra_files": [("lib/new/x.jar", "0644")]}, "put lib/new/x.jar"),
    ],
)
def test_check_mode_says_what_the_run_does(lab: Lab, changes: dict[str, Any], said: str | None) -> None:
    """On an installed release that is to become another: the messages are the same, and check mode changes nothing."""
    extra = [{"src": lab.driver, "dest": "repository/components/lib/driver.jar", "sha256": "", "mode": "0640"}]
    lab.run(extra_files=extra)
    if "links" in changes:
        changes = {**changes, "links": {name: str(lab.root / to) for name, to in changes["links"].items()}}
    if changes.get("extra_files"):
        changes = {
            **changes,
            "extra_files": [
                *extra,
                *({"src": lab.driver, "dest": to, "sha256": "", "mode": mode} for to, mode in changes["extra_files"]),
            ],
        }
    changes = {"extra_files": extra, **changes}
    before = sorted(str(path) for path in lab.root.rglob("*"))
    planned = lab.run(check=True, **changes)
    assert sorted(str(path) for path in lab.root.rglob("*")) == before
    done = lab.run(**changes)
    assert planned["messages"] == done["messages"]
    assert said is None or any(message.startswith(said) for message in done["messages"])
    assert lab.run(**changes)["messages"] == []


def test_a_target_of_a_link_that_is_a_file(lab: Lab) -> None:
    (lab.root / "file").write_text("")
    with pytest.raises(carbon_release.ReleaseError, match=r"links: .*/file is not a directory"):
        lab.run(links={"repository/logs": str(lab.root / "file")})


def test_a_stamp_that_cannot_be_read(lab: Lab) -> None:
    release = Path(lab.run()["release"])
    (release / carbon_release.STAMP).write_text("{")
    with pytest.raises(carbon_release.ReleaseError, match=r"the stamp .* can not be read"):
        lab.run()


def test_an_extra_file_whose_mode_was_changed(lab: Lab) -> None:
    extra = [{"src": lab.driver, "dest": "lib/driver.jar", "sha256": "", "mode": "0640"}]
    release = Path(lab.run(extra_files=extra)["release"])
    (release / "lib/driver.jar").chmod(0o666)
    assert lab.run(check=True, extra_files=extra)["messages"] == ["set mode and group of lib/driver.jar"]
    lab.run(extra_files=extra)
    assert stat.S_IMODE((release / "lib/driver.jar").stat().st_mode) == 0o640
    assert carbon_release.file_state(str(release / "lib")) is None


def test_an_extra_file_that_is_another(lab: Lab) -> None:
    extra = [{"src": lab.driver, "dest": "lib/driver.jar", "sha256": "0" * 64, "mode": "0640"}]
    with pytest.raises(carbon_release.ReleaseError, match="get it again or correct its checksum variable"):
        lab.run(extra_files=extra)


def test_numbers_of_users() -> None:
    assert carbon_release.numbers("802", "803", False) == User(802, 803)
    assert carbon_release.numbers("no-such-user", "no-such-group", True) == User(-1, -1)
    with pytest.raises(carbon_release.ReleaseError, match="group: there is no 'no-such-group' on this host"):
        carbon_release.numbers("802", "no-such-group", False)


def test_a_system_without_syncfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data are written all the same."""
    synced = []

    def absent(_name: object) -> None:
        raise OSError

    monkeypatch.setattr("ctypes.CDLL", absent)
    monkeypatch.setattr(os, "sync", lambda: synced.append(True))
    carbon_release.flush(str(tmp_path))
    assert synced == [True]


def test_a_group_that_was_renumbered(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.run()
    given_away: list[str] = []
    monkeypatch.setattr(os, "lchown", lambda path, uid, gid: given_away.append(str(path)))
    monkeypatch.setattr(os, "chown", lambda path, uid, gid: None)
    request = carbon_release.make_request(lab.options())
    stamp = carbon_release.read_stamp(request.release)
    messages = carbon_release.rearrange(request, User(ME.uid, ME.gid + 1), dict(stamp or {}), check=True)
    assert messages[0] == f"give all files to the group {ME.gid + 1}"
    assert given_away == []
    carbon_release.rearrange(request, User(ME.uid, ME.gid + 1), dict(stamp or {}), check=False)
    assert request.release in given_away
