# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""carbon_files on real directories."""

from __future__ import annotations

import base64
import difflib
import getpass
import grp
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import systemd_units
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
from ansible_collections.identityops.wso2is.plugins.modules import carbon_files
from fake_module import ModuleFailed, run_main

ME, MINE = str(os.getuid()), str(os.getgid())
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry(path: str, content: str | bytes, **changes: Any) -> dict[str, Any]:
    data = content.encode() if isinstance(content, str) else content
    found = {
        "path": path,
        "content": base64.b64encode(data).decode(),
        "mode": 0o640,
        "effect": "start",
        "owner": ME,
        "group": MINE,
    }
    return {**found, **changes}


class Host:
    """A host with an installed release."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.monkeypatch = root, monkeypatch
        self.home = root / "releases/one"
        (self.home / "conf").mkdir(parents=True)
        (root / "current").symlink_to(self.home)
        self.state = root / "state"
        self.jar = root / "driver.jar"
        self.jar.write_bytes(b"driver")
        self.running, self.stale = "active", "no"
        self.chowned: list[tuple[Any, ...]] = []
        # The record of starts belongs to root; the tests run as anybody.
        if os.getuid() != 0:
            monkeypatch.setattr(os, "fchown", lambda *arguments: self.chowned.append(arguments))
        monkeypatch.setattr(systemd_units.subprocess, "run", self.systemctl)

    def systemctl(self, command: list[str], **_options: Any) -> subprocess.CompletedProcess[bytes]:
        assert command[:2] == ["systemctl", "show"]
        assert command[-2:] == ["--", "wso2is.service"]
        if not self.running:
            raise FileNotFoundError(2, "No such file or directory", "systemctl")
        about = f"Id=wso2is.service\nActiveState={self.running}\nNeedDaemonReload={self.stale}\n"
        return subprocess.CompletedProcess(command, 0, stdout=about.encode())

    def run(
        self,
        *files: dict[str, Any],
        check: bool = False,
        hold: bool = False,
        restore: str | None = None,
        started: str | None = None,
        **changes: Any,
    ) -> Any:
        bundle = {
            "release": str(self.home),
            "current": str(self.root / "current"),
            "java_home": str(self.root / "jdk"),
            "files": list(files),
            "watched": {str(self.jar): sha(b"driver")},
            **changes,
        }
        return run_main(
            self.monkeypatch,
            carbon_files,
            check,
            bundle=pack(bundle),
            state=str(self.state),
            unit="wso2is",
            hold=hold,
            restore=restore,
            started=started,
            current=str(self.root / "current"),
        )

    def record_start(self) -> None:
        """What the control script of the unit does at a start."""
        watched = json.loads((self.state / "watched.json").read_text())
        started = {path: sha(Path(path).read_bytes()) for path in watched["files"]}
        started["release"] = os.path.realpath(watched["current"])
        started["java"] = os.path.realpath(watched["java_home"])
        (self.state / "started.json").write_text(json.dumps(started))

    def snapshot(self) -> dict[str, tuple[int, bytes]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_writes_what_differs_and_nothing_the_second_time(host: Host) -> None:
    (host.home / "conf/a.xml").write_text("<old/>")
    files = [entry("conf/a.xml", "<new/>"), entry("conf/deep/er/b.properties", "x=1\n", mode=0o600, effect="reload")]

    first = host.run(*files)

    assert first["changed"]
    assert first["changed_files"] == [str(host.home / "conf/a.xml"), str(host.home / "conf/deep/er/b.properties")]
    assert (host.home / "conf/a.xml").read_text() == "<new/>"
    assert (host.home / "conf/a.xml").stat().st_mode & 0o7777 == 0o640
    assert (host.home / "conf/deep/er/b.properties").stat().st_mode & 0o7777 == 0o600
    assert not list(host.root.rglob(".wso2is-*"))

    before = host.snapshot()
    second = host.run(*files)

    assert second == {**first, "changed": False, "changed_files": [], "diff": []}
    assert host.snapshot() == before


def test_keeps_the_previous_generation(host: Host) -> None:
    path = host.home / "conf/a.xml"
    path.write_text("1")
    host.run(entry("conf/a.xml", "2"), entry("conf/new.xml", "n"))
    kept = host.state / "previous"

    assert (kept / str(path).lstrip("/")).read_text() == "1"
    assert {item for item in kept.rglob("*") if item.is_file()} == {
        kept / str(path).lstrip("/"),
        kept / "generation.json",
    }
    assert kept.stat().st_mode & 0o777 == 0o700
    assert (kept / str(path).lstrip("/")).stat().st_mode & 0o777 == 0o600

    host.run(entry("conf/a.xml", "2"), entry("conf/new.xml", "n"))
    assert (kept / str(path).lstrip("/")).read_text() == "1", "an unchanged run keeps it"

    # A run that was killed while it kept one leaves a part of it.
    (host.state / "previous.new/rest").mkdir(parents=True)
    host.run(entry("conf/a.xml", "3"))
    assert (kept / str(path).lstrip("/")).read_text() == "2"
    assert not (host.state / "previous.new").exists()


class TestHold:
    """A running server changes when its turn has come, and not before."""

    def begin(self, host: Host) -> list[dict[str, Any]]:
        host.run(entry("conf/a.xml", "1"), entry("conf/p.xml", "1", effect="reload"))
        host.record_start()
        return [entry("conf/a.xml", "2"), entry("conf/n.xml", "2"), entry("conf/p.xml", "2", effect="reload")]

    def test_what_a_start_reads_is_left(self, host: Host) -> None:
        files = self.begin(host)
        result = host.run(*files, hold=True)

        assert result["held"] and result["changed"]
        assert result["changed_files"] == [str(host.home / "conf/p.xml")]
        assert result["restart"] == [str(host.home / "conf/a.xml"), str(host.home / "conf/n.xml")]
        assert (host.home / "conf/a.xml").read_text() == "1"
        assert (host.home / "conf/p.xml").read_text() == "2"
        assert not (host.home / "conf/n.xml").exists()
        again = host.run(*files, hold=True)
        assert again["held"] and not again["changed"]
        # What is wanted no more needs no restart, also after a start by itself meanwhile.
        host.record_start()
        files = [entry("conf/a.xml", "1"), entry("conf/p.xml", "2", effect="reload")]
        assert host.run(*files, hold=True)["restart"] == []

    def test_check_mode_shows_it(self, host: Host) -> None:
        result = host.run(*self.begin(host), hold=True, check=True)
        assert result["held"]
        assert len(result["changed_files"]) == len(result["diff"]) == 3

    def test_nothing_to_hold(self, host: Host) -> None:
        self.begin(host)
        result = host.run(entry("conf/a.xml", "1"), entry("conf/p.xml", "3", effect="reload"), hold=True)
        assert not result["held"] and result["changed"]
        assert not result["restart"]

    def test_a_server_that_does_not_run_is_written(self, host: Host) -> None:
        files = self.begin(host)
        host.running = "inactive"
        result = host.run(*files, hold=True)
        assert not result["held"]
        assert (host.home / "conf/a.xml").read_text() == "2"


class TestRestore:
    """A change that failed is taken back."""

    def change(self, host: Host) -> None:
        host.run(entry("conf/a.xml", "1"), entry("conf/b.xml", "1"))
        host.record_start()
        host.running = "inactive"
        host.run(entry("conf/a.xml", "2"), entry("conf/b.xml", "1"), entry("conf/n.xml", "2"))

    def test_files(self, host: Host) -> None:
        self.change(host)
        result = host.run(restore="change")

        assert result["changed"]
        assert (host.home / "conf/a.xml").read_text() == "1"
        assert (host.home / "conf/a.xml").stat().st_mode & 0o7777 == 0o640
        assert not (host.home / "conf/n.xml").exists()

    def test_check_mode(self, host: Host) -> None:
        self.change(host)
        assert not host.run(restore="change", check=True)["changed"]
        assert (host.home / "conf/a.xml").read_text() == "2"

    def test_release(self, host: Host) -> None:
        host.run(entry("conf/a.xml", "1"))
        host.record_start()
        other = host.root / "releases/two"
        other.mkdir()
        host.running = "inactive"
        host.run(entry(str(host.root / "unit"), "2"), release=str(other))
        (host.root / "current").unlink()
        (host.root / "current").symlink_to(other)
        result = host.run(restore="change")

        assert os.path.realpath(host.root / "current") == str(host.home)
        assert str(host.root / "current") in result["changed_files"]
        assert not (host.root / "unit").exists()

    def test_only_the_release(self, host: Host) -> None:
        """The files may be the same."""
        host.run(entry(str(host.root / "unit"), "1"))
        host.record_start()
        other = host.root / "releases/two"
        other.mkdir()
        host.running = "inactive"
        host.run(entry(str(host.root / "unit"), "1"), release=str(other))
        (host.root / "current").unlink()
        (host.root / "current").symlink_to(other)
        assert host.run(restore="change")["changed_files"] == [str(host.root / "current")]

    def test_of_a_change_that_was_cut_off(self, host: Host) -> None:
        """The run was killed between writing and starting; the next one corrects the value, and fails."""
        self.change(host)
        host.run(entry("conf/a.xml", "3"), entry("conf/b.xml", "2"), entry("conf/n.xml", "2"))
        host.run(restore="change")

        assert (host.home / "conf/a.xml").read_text() == "1"
        assert (host.home / "conf/b.xml").read_text() == "1"
        assert not (host.home / "conf/n.xml").exists()

    def test_while_it_runs(self, host: Host) -> None:
        self.change(host)
        host.running = "active"
        with pytest.raises(ModuleFailed, match="wso2is runs; stop it"):
            host.run(restore="change")

    def test_without_a_generation(self, host: Host) -> None:
        host.running = "inactive"
        host.run(entry("conf/a.xml", "1"))
        assert not host.run(restore="change")["changed"]

    def test_after_a_generation_that_could_not_be_kept(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        """A full disk for example: an older generation is not what was there before."""
        self.change(host)
        host.record_start()

        def full(*_arguments: Any) -> None:
            raise OSError(28, "No space left on device", "x")

        with monkeypatch.context() as disk:
            disk.setattr(carbon_files, "write", full)
            with pytest.raises(ModuleFailed, match="No space left"):
                host.run(entry("conf/a.xml", "3"), entry("conf/b.xml", "1"), entry("conf/n.xml", "2"))
        assert not host.run(restore="change")["changed"]
        assert (host.home / "conf/a.xml").read_text() == "2"

    def before(self, host: Host) -> str:
        """What a turn asks before it stops the server."""
        host.running = "active"
        found: str = host.run(restore="change", check=True)["started"]
        host.running = "inactive"
        return found

    @pytest.mark.parametrize("moment", ["before the module", "while it reads", "while it keeps"])
    def test_after_a_change_that_failed_before_anything_was_kept(
        self, host: Host, monkeypatch: pytest.MonkeyPatch, moment: str
    ) -> None:
        """What is kept is of the change before, which succeeded."""
        two = host.root / "releases/two"
        two.mkdir()
        host.run(entry("a", "1"), entry(str(host.root / "is.env"), "one"))
        host.record_start()
        host.running = "inactive"
        host.run(entry("a", "2"), entry(str(host.root / "is.env"), "two"), release=str(two))
        (host.root / "current").unlink()
        (host.root / "current").symlink_to(two)
        host.record_start()
        started = self.before(host)

        def fails(*_arguments: Any) -> None:
            raise OSError(5, "Input/output error", "x")

        if moment != "before the module":
            name = "read" if moment == "while it reads" else "keep"
            with monkeypatch.context() as broken:
                broken.setattr(carbon_files if name == "read" else carbon_files.Generation, name, fails)
                with pytest.raises(ModuleFailed, match="Input/output error"):
                    host.run(entry("a", "3"), release=str(two))
        before = host.snapshot()
        result = host.run(restore="change", started=started)

        assert (result["changed"], result["changed_files"]) == (False, [])
        assert host.snapshot() == before
        assert os.path.realpath(host.root / "current") == str(two)
        assert (host.root / "is.env").read_text() == "two"
        assert host.run(restore="release", check=True)["after"] == str(host.home), "the way back stays"

    def test_after_a_change_that_was_started(self, host: Host) -> None:
        """It is not ready, or not one of the cluster: the start wrote a record of its own."""
        host.run(entry("conf/a.xml", "1"))
        host.record_start()
        started = self.before(host)
        host.run(entry("conf/a.xml", "2"))
        host.record_start()
        assert self.before(host) != started
        assert host.run(restore="change", started=started)["changed"]
        assert (host.home / "conf/a.xml").read_text() == "1"

    def test_of_a_change_that_was_cut_off_when_the_next_one_fails_at_once(self, host: Host) -> None:
        """Nothing was started with what it wrote, so what runs is what it replaced."""
        self.change(host)
        host.run(restore="change", started=self.before(host))
        assert (host.home / "conf/a.xml").read_text() == "1"
        assert not (host.home / "conf/n.xml").exists()

    @pytest.mark.parametrize("known", [True, False])
    def test_of_a_release_that_does_not_start(self, host: Host, known: bool) -> None:
        two = host.root / "releases/two"
        two.mkdir()
        host.run(entry("a", "1"))
        host.record_start()
        host.running = "inactive"
        host.run(entry("a", "2"), release=str(two))
        (host.root / "current").unlink()
        (host.root / "current").symlink_to(two)
        host.record_start()
        started = self.before(host) if known else ""
        assert host.run(restore="release", started=started)["after"] == str(host.home)
        host.run(restore="change", started=started)
        # Without knowing, what is there stays.
        assert os.path.realpath(host.root / "current") == str(two if known else host.home)

    def test_without_a_record_of_a_start(self, host: Host) -> None:
        host.run(entry("conf/a.xml", "1"))
        assert self.before(host) == ""
        host.run(entry("conf/a.xml", "2"))
        assert not host.run(restore="change", started="")["changed"]

    @needs_root
    def test_on_a_share(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        done: list[str] = []
        monkeypatch.setattr(carbon_files, "on_share", lambda work, item: done.append(item["absolute"]) or work())
        host.run(shared("conf/p.xml", "1"))
        host.record_start()
        host.run(shared("conf/p.xml", "2"))
        host.running = "inactive"
        done.clear()
        host.run(restore="change")
        assert done == [str(host.home / "conf/p.xml")]
        assert (host.home / "conf/p.xml").read_text() == "1"


class TestGoBack:
    """To the release before the present one, with what it needs outside of its directory."""

    def select(self, host: Host, name: str) -> None:
        (host.root / "current").unlink()
        (host.root / "current").symlink_to(host.root / "releases" / name)

    def environment(self, host: Host, text: str) -> dict[str, Any]:
        return entry(str(host.root / "is.env"), text)

    def upgrade(self, host: Host) -> dict[str, Any]:
        """From one to two; what the next run asks for."""
        host.run(entry("a", "1"), self.environment(host, "one"))
        host.record_start()
        (host.root / "releases/two").mkdir()
        host.running = "inactive"
        files = [entry("a", "2"), self.environment(host, "one")]
        host.run(*files, release=str(host.root / "releases/two"))
        self.select(host, "two")
        host.record_start()
        return {"release": str(host.root / "releases/two")}

    def test_with_later_changes(self, host: Host) -> None:
        two = self.upgrade(host)
        # A setting that changed since, also outside of the release.
        host.run(entry("a", "3"), self.environment(host, "two"), **two)
        host.record_start()

        result = host.run(restore="release")
        assert (result["before"], result["after"]) == (two["release"], str(host.home))
        assert os.path.realpath(host.root / "current") == str(host.home)
        assert (host.root / "is.env").read_text() == "one"
        assert (host.home / "a").read_text() == "1"
        host.record_start()
        host.running = "active"
        unchanged = host.run(entry("a", "1"), self.environment(host, "one"), hold=True)
        assert (unchanged["changed"], unchanged["restart"]) == (False, [])
        assert not host.run(restore="release", check=True)["changed"]
        # The inventory still asks for the other one.
        again = host.run(entry("a", "3"), self.environment(host, "two"), hold=True, **two)
        assert again["held"] and "release" in again["restart"]

    def test_taken_back_when_it_does_not_start(self, host: Host) -> None:
        two = self.upgrade(host)
        host.run(entry("a", "3"), self.environment(host, "two"), **two)
        host.record_start()
        host.run(restore="release")
        assert (host.root / "is.env").read_text() == "one"
        host.run(restore="change")

        assert os.path.realpath(host.root / "current") == two["release"]
        assert (host.root / "is.env").read_text() == "two"
        assert host.run(restore="release", check=True)["after"] == str(host.home)

    def test_check_mode_answers_while_it_runs(self, host: Host) -> None:
        self.upgrade(host)
        host.running = "active"
        before = host.snapshot()
        result = host.run(restore="release", check=True)
        assert (result["changed"], result["after"]) == (True, str(host.home))
        assert host.snapshot() == before
        with pytest.raises(ModuleFailed, match="wso2is runs; stop it"):
            host.run(restore="release")

    def test_nowhere_to_go(self, host: Host) -> None:
        host.running = "inactive"
        host.run(entry("a", "1"))
        assert host.run(restore="release")["changed"] is False
        self.upgrade(host)
        shutil.rmtree(host.home)
        result = host.run(restore="release", check=True)
        assert (result["changed"], result["after"]) == (False, str(host.root / "releases/two"))

    def test_a_change_of_the_release_that_failed_is_no_way_back(self, host: Host) -> None:
        self.upgrade(host)
        host.run(restore="change")
        assert os.path.realpath(host.root / "current") == str(host.home)
        assert host.run(restore="release", check=True)["changed"] is False

    @pytest.mark.parametrize("runs", [1, 2], ids=["once", "begun twice"])
    @pytest.mark.parametrize("selected", [True, False], ids=["after the link", "before the link"])
    def test_a_change_of_the_release_that_failed_leaves_the_way_back(
        self, host: Host, selected: bool, runs: int
    ) -> None:
        """Release three never starts: two is put back, and one is still where two leads back to."""
        two = self.upgrade(host)
        three = host.root / "releases/three"
        three.mkdir()
        for _run in range(runs):
            host.run(entry("a", "3"), self.environment(host, "three"), release=str(three))
        if selected:
            self.select(host, "three")
        host.run(restore="change")

        assert os.path.realpath(host.root / "current") == two["release"]
        assert host.run(restore="release", check=True)["after"] == str(host.home)
        host.run(restore="release")
        assert os.path.realpath(host.root / "current") == str(host.home)
        assert (host.root / "is.env").read_text() == "one"

    def test_a_change_of_the_release_that_was_cut_off(self, host: Host) -> None:
        """The way back leads to what ran, not to what the run that was killed wrote."""
        host.run(entry("a", "1"), self.environment(host, "one"))
        host.record_start()
        two = host.root / "releases/two"
        two.mkdir()
        host.running = "inactive"
        for text in ("two", "three"):
            host.run(entry("a", "2"), self.environment(host, text), release=str(two))
        self.select(host, "two")
        host.record_start()
        host.run(restore="release")
        assert (host.root / "is.env").read_text() == "one"


def test_check_mode_writes_nothing(host: Host) -> None:
    (host.home / "conf/a.xml").write_text("<old/>")
    before = host.snapshot()

    result = host.run(entry("conf/a.xml", "<new/>"), check=True)

    assert host.snapshot() == before
    assert not host.state.exists()
    assert result["changed_files"] == [str(host.home / "conf/a.xml")]
    assert [(item["before"], item["after"]) for item in result["diff"]] == [("<old/>", "<new/>")]
    assert result["diff"][0]["before_header"] == result["diff"][0]["after_header"] == str(host.home / "conf/a.xml")


def test_check_mode_on_an_empty_host_compares_with_the_pack(host: Host) -> None:
    shipped = base64.b64encode(b"<Password>admin</Password>\n<HostName>localhost</HostName>\n").decode()
    item = entry(
        "conf/a.xml",
        "<Password>new</Password>\n<HostName>x</HostName>\n",
        shipped=shipped,
        masks=[["<Password>", "</Password>"]],
        owner="nobody-has-this-name",
        group="nobody-has-this-name",
    )

    result = host.run(item, entry("conf/b.xml", "b"), check=True, release=str(host.root / "absent"))

    assert result["diff"][0]["before"] == "<Password>********</Password>\n<HostName>localhost</HostName>\n"
    assert result["diff"][0]["after"] == "<Password>********</Password>\n<HostName>x</HostName>\n"
    assert result["diff"][1]["before"] == ""


def test_with_a_release_an_absent_file_is_compared_with_nothing(host: Host) -> None:
    result = host.run(entry("conf/a.xml", "x", shipped=base64.b64encode(b"y").decode()), check=True)

    assert result["diff"][0]["before"] == ""


@pytest.mark.parametrize(
    "found",
    [
        "<Password>0ld-secret</Password>",
        "  <Password>0ld-secret</Password> <!-- by hand -->",
        '<Password encrypted="true">0ld-secret</Password>',
        "<Password>\n0ld-secret\n</Password>",
        "<KeyPassword>0ld-secret</KeyPassword><Password>0ld-secret</Password>",
        '<c q="1" keystorePass="0ld-secret"/>',
        "<c keystorePass='0ld-secret'/>",
        '<Property name="ConnectionPassword">0ld-secret</Property>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_diff_never_shows_a_secret(host: Host, found: str, encoding: str) -> None:
    (host.home / "conf/a.xml").write_bytes(
        f"<a>\n<!-- \u00e4 -->\n{found}\n<HostName>old</HostName>\n</a>\n".encode(encoding)
    )
    secrets = '<Password>n3w-secret</Password>\n<c keystorePass="n3w-secret"/>'
    wanted = f"<a>\n<!-- \u00e4 -->\n{secrets}\n<HostName>new</HostName>\n</a>\n"
    item = entry(
        "conf/a.xml", wanted.encode(encoding), masks=[["<Password>", "</Password>"], ['<c keystorePass="', '"/>']]
    )

    result = host.run(item)

    assert "secret" not in json.dumps(result)
    lines = list(difflib.ndiff(result["diff"][0]["before"].splitlines(), result["diff"][0]["after"].splitlines()))
    assert "- <HostName>old</HostName>" in lines
    assert "+ <HostName>new</HostName>" in lines
    assert (host.home / "conf/a.xml").read_bytes() == wanted.encode(encoding)


def test_nothing_of_a_secret_file_is_shown(host: Host) -> None:
    (host.home / "a.jks").write_bytes(b"old-key")

    result = host.run(entry("a.jks", b"new-key\xff", secret=True), entry("b.jks", b"other-key", secret=True))

    assert [(item["before"], item["after"]) for item in result["diff"]] == [
        (f"(not shown, sha256:{sha(b'old-key')})\n", f"(not shown, sha256:{sha(b'new-key' + bytes([255]))})\n"),
        ("", f"(not shown, sha256:{sha(b'other-key')})\n"),
    ]


def test_corrects_mode_without_a_new_generation(host: Host) -> None:
    path = host.home / "conf/a.xml"
    path.write_text("x")
    path.chmod(0o666)

    result = host.run(entry("conf/a.xml", "x"))

    assert result["changed_files"] == [str(path)]
    assert result["diff"] == []
    assert path.stat().st_mode & 0o7777 == 0o640
    assert not (host.state / "previous").exists()
    assert not host.run(entry("conf/a.xml", "x"))["changed"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_corrects_the_owner(host: Host) -> None:
    path = host.home / "conf/a.xml"
    path.write_text("x")
    path.chmod(0o640)

    assert host.run(entry("conf/a.xml", "x", owner="1234", group="4321"))["changed"]
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)
    assert host.run(entry("conf/a.xml", "y", owner="1234", group="4321"))["changed"]
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


# Files that the server rewrites

PUBLISHER = """<to>
 <property name="url">{url}</property>
 <property name="password" encrypted="{encrypted}">{password}</property>
</to>"""


def publisher(**changes: str) -> str:
    return PUBLISHER.format(**{"url": "tcp://a", "encrypted": "false", "password": "s3cr3t", **changes})


def published(text: str) -> dict[str, Any]:
    return entry(
        "p.xml",
        text,
        compare="meaning",
        effect="reload",
        masks=[['<property name="password" encrypted="false">', "</property>"]],
    )


def test_a_file_that_the_server_rewrote_is_current(host: Host) -> None:
    host.run(published(publisher()))
    (host.home / "p.xml").write_text(publisher(encrypted="true", password="kuv2").replace("\n ", "\n      "))
    (host.home / "p.xml").chmod(0o600)

    result = host.run(published(publisher()))

    assert not result["changed"]
    assert (host.home / "p.xml").stat().st_mode & 0o777 == 0o600, "the mode is the server's"


def test_a_new_secret_for_such_a_file_is_written(host: Host) -> None:
    host.run(published(publisher()))
    (host.home / "p.xml").write_text(publisher(encrypted="true", password="kuv2"))

    result = host.run(published(publisher(password="n3w")))

    assert result["changed"]
    assert "n3w" in (host.home / "p.xml").read_text()
    assert "s3cr3t" not in json.dumps(result)
    assert "n3w" not in json.dumps(result)
    assert "kuv2" not in json.dumps(result)


def test_another_value_in_such_a_file_is_put_right(host: Host) -> None:
    host.run(published(publisher()))
    (host.home / "p.xml").write_text(publisher(encrypted="true", password="kuv2", url="tcp://other"))

    assert host.run(published(publisher()))["changed"]
    assert "tcp://a" in (host.home / "p.xml").read_text()


def test_such_a_file_needs_no_restart(host: Host) -> None:
    host.run(published(publisher()))
    host.record_start()

    assert host.run(published(publisher(password="n3w")))["restart"] == []


# Restarts


def test_what_runs_without_a_record_is_restarted(host: Host) -> None:
    assert host.run(entry("a", "1"))["restart"] == ["there is no record of what it was started with"]

    host.record_start()
    assert host.run(entry("a", "1"))["restart"] == []
    (host.state / "started.json").write_text("{cut")
    assert host.run(entry("a", "1"))["restart"] == ["there is no record of what it was started with"]


def test_a_run_that_was_killed_before_the_restart_is_completed(host: Host) -> None:
    host.run(entry("a", "1"), entry("b", "1", effect="none"))
    host.record_start()
    host.run(entry("a", "2"), entry("b", "2", effect="none"))

    again = host.run(entry("a", "2"), entry("b", "2", effect="none"))

    assert not again["changed"]
    assert again["restart"] == [str(host.home / "a")]
    host.record_start()
    assert host.run(entry("a", "2"), entry("b", "2", effect="none"))["restart"] == []


def test_a_change_that_is_of_no_matter_to_a_server_that_runs(host: Host) -> None:
    """A list of members that grew: written at once, and no restart follows, now or later."""

    def conf(members: int, rest: str = "r") -> dict[str, Any]:
        return entry("conf/a.xml", f"{members} {rest}", counted=sha(rest.encode()))

    host.run(conf(2))
    host.record_start()
    for members in (3, 2, 4):
        assert host.run(conf(members), check=True)["restart"] == []
        grown = host.run(conf(members), hold=True)
        assert (grown["changed"], grown["held"], grown["restart"]) == (True, False, [])
        assert (host.home / "conf/a.xml").read_text() == f"{members} r"
        assert not host.run(conf(members))["changed"]

    also = [conf(5), entry("conf/b.xml", "new")]
    assert host.run(*also, hold=True)["restart"] == [str(host.home / "conf/b.xml")]
    assert (host.home / "conf/a.xml").read_text() == "4 r"
    assert host.run(conf(4, "s"))["restart"] == [str(host.home / "conf/a.xml")]
    # Put back after it failed: what is there is known again.
    host.running = ""
    host.run(conf(4, "s"), restore="change")
    host.running = "active"
    assert host.run(conf(4), hold=True)["restart"] == []
    (host.home / "conf/a.xml").write_text("4 r by hand")
    assert host.run(conf(4), hold=True)["restart"] == []
    assert host.run(conf(4, "t"), hold=True)["restart"] == [str(host.home / "conf/a.xml")]


def test_check_mode_says_which_restart_would_follow(host: Host) -> None:
    host.run(entry("a", "1"))
    host.record_start()

    assert host.run(entry("a", "2"), check=True)["restart"] == [str(host.home / "a")]
    assert host.run(entry("a", "1"), check=True)["restart"] == []


def test_another_driver_release_or_jdk_needs_a_restart(host: Host) -> None:
    host.run(entry("a", "1"))
    host.record_start()

    host.jar.write_bytes(b"another")
    assert host.run(entry("a", "1"))["restart"] == [str(host.jar)]
    host.jar.unlink()
    assert host.run(entry("a", "1"))["restart"] == [str(host.jar)]
    host.jar.write_bytes(b"driver")

    (host.root / "jdk2").mkdir()
    (host.root / "jdk").symlink_to(host.root / "jdk2")
    assert host.run(entry("a", "1"))["restart"] == ["java"]
    (host.root / "jdk").unlink()

    two = host.root / "releases/two"
    two.mkdir()
    assert host.run(entry("a", "1"), release=str(two))["restart"] == sorted(
        [str(host.home / "a"), str(two / "a"), "release"]
    )


def test_check_mode_says_the_restart_for_a_file_that_is_still_to_be_brought(host: Host) -> None:
    host.run(entry("a", "1"))
    host.record_start()

    assert host.run(entry("a", "1"), check=True)["restart"] == []
    assert host.run(entry("a", "1"), check=True, watched={str(host.jar): sha(b"new")})["restart"] == [str(host.jar)]
    more = {str(host.jar): sha(b"driver"), str(host.root / "x.jar"): sha(b"x")}
    assert host.run(entry("a", "1"), check=True, watched=more)["restart"] == [str(host.root / "x.jar")]
    assert host.run(entry("a", "1"), check=True, watched={})["restart"] == [str(host.jar)]


@pytest.mark.parametrize(
    ("says", "running", "starting"),
    [
        ("active", True, False),
        ("reloading", True, False),
        ("activating", False, True),
        ("deactivating", False, False),
        ("inactive", False, False),
        ("failed", False, False),
        ("", False, False),
    ],
)
def test_running(host: Host, says: str, running: bool, starting: bool) -> None:
    host.running = says

    result = host.run(entry("a", "1"))

    assert (result["running"], result["starting"]) == (running, starting)
    assert bool(result["restart"]) is running
    assert result["reload_units"] is False


def test_a_changed_unit_must_be_read_again(host: Host) -> None:
    assert not host.run(entry("a", "1"))["reload_units"]
    # Never written: in check mode an absolute path is only compared.
    assert host.run(entry("/etc/systemd/system/wso2is-test-absent.service", "x"), check=True)["reload_units"]


def test_a_unit_that_systemd_did_not_read_again(host: Host) -> None:
    host.run(entry("a", "1"))
    host.stale = "yes"

    again = host.run(entry("a", "1"))

    assert again["reload_units"]
    assert not again["changed"]


def test_the_record_of_what_to_watch(host: Host) -> None:
    outside = host.root / "etc/is.env"
    host.run(entry("b", "1"), entry(str(outside), "2"), entry("c", "3", effect="none"))

    assert json.loads((host.state / "watched.json").read_text()) == {
        "current": str(host.root / "current"),
        "java_home": str(host.root / "jdk"),
        "files": sorted([str(host.home / "b"), str(outside), str(host.jar)]),
        "shared_files": [],
        "links": [],
    }
    assert outside.read_text() == "2"
    for name in ("watched.json", "written.json"):
        assert (host.state / name).stat().st_mode & 0o777 == 0o600


# A shared file system


def shared(path: str, content: str) -> dict[str, Any]:
    return entry(path, content, owner="54321", group="54321", as_owner=True)


@needs_root
def test_a_file_on_a_share_is_read_and_written_as_its_owner(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root does there is refused, as a server of NFS refuses it."""
    for path in (host.root, *host.root.parents):
        if os.stat(path).st_uid == 0 and path != Path("/"):
            os.chmod(path, os.stat(path).st_mode | 0o011)
    folder = host.root / "share"
    folder.mkdir(mode=0o700)
    os.chown(folder, 54321, 54321)
    (host.home / "publishers").symlink_to(folder)
    real = open

    def no_root(path: Any, *arguments: Any, **options: Any) -> Any:
        if os.geteuid() == 0 and "publishers" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr("builtins.open", no_root)
    publisher = shared("publishers/a.xml", "<a/>")

    assert host.run(publisher, check=True)["changed_files"] == [str(host.home / "publishers/a.xml")]
    assert host.run(publisher)["changed"]
    status = (folder / "a.xml").stat()
    assert (status.st_uid, status.st_gid) == (54321, 54321)
    assert not host.run(publisher)["changed"]
    assert json.loads((host.state / "watched.json").read_text())["shared_files"] == [
        str(host.home / "publishers/a.xml")
    ]
    host.run(shared("publishers/a.xml", "<b/>"))
    assert (host.state / "previous" / str(folder / "a.xml").lstrip("/")).exists() or list(
        (host.state / "previous").rglob("a.xml")
    )


@needs_root
@pytest.mark.parametrize("error", [carbon_files.ChildTimeout("late"), carbon_files.ChildDied("gone")])
def test_a_share_that_does_not_answer(host: Host, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def hang(*_arguments: Any) -> None:
        raise error

    monkeypatch.setattr(carbon_files, "run_in_child", hang)
    with pytest.raises(ModuleFailed, match=r"cannot read .*a\.xml: the shared file system does not answer"):
        host.run(shared("a.xml", "<a/>"))


def test_other_links_need_a_restart(host: Host) -> None:
    path = str(host.home / "userstores")
    host.run(entry("a", "1"), links={path: "/mnt/userstores"})
    assert json.loads((host.state / "watched.json").read_text())["links"] == [path]
    host.record_start()
    record = json.loads((host.state / "started.json").read_text())

    assert host.run(entry("a", "1"), links={path: "/mnt/userstores"})["restart"] == [path]
    (host.state / "started.json").write_text(json.dumps({**record, path: "/mnt/userstores"}))
    assert host.run(entry("a", "1"), links={path: "/mnt/userstores"})["restart"] == []
    assert host.run(entry("a", "1"), links={path: "/other/userstores"})["restart"] == [path]
    assert host.run(entry("a", "1"))["restart"] == [path]


# Failures


def test_names_of_users_and_groups(host: Host) -> None:
    names = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
    assert host.run(entry("a", "1", **names))["changed"]

    with pytest.raises(
        ModuleFailed, match=r"no user or group no-such-user:no-such-group on this host; create the service user first"
    ):
        host.run(entry("b", "1", owner="no-such-user", group="no-such-group"))
    assert not (host.home / "b").exists()


def test_without_a_release(host: Host) -> None:
    with pytest.raises(ModuleFailed, match=r"absent is not there; install the release first"):
        host.run(entry("a", "1"), release=str(host.root / "absent"))


def test_a_file_that_cannot_be_written(host: Host) -> None:
    (host.home / "conf/a").write_text("1")

    with pytest.raises(ModuleFailed, match=r"cannot write .*conf/a: "):
        host.run(entry("conf/a/b", "1"))


def test_a_write_that_fails_leaves_the_file_as_it_was(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    (host.home / "a").write_text("1")

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device", str(host.home / "a"))

    monkeypatch.setattr(carbon_files.os, "replace", full)
    with pytest.raises(ModuleFailed, match=r"cannot write .*/a: No space left on device"):
        host.run(entry("a", "2"))
    assert (host.home / "a").read_text() == "1"
    assert not list(host.root.rglob(".wso2is-*"))


def test_a_bundle_that_was_cut(host: Host) -> None:
    with pytest.raises(ModuleFailed, match="not a bundle"):
        run_main(host.monkeypatch, carbon_files, bundle="cut", state=str(host.state), unit="wso2is")


# Kernel settings


def kernel_of(host: Host, monkeypatch: pytest.MonkeyPatch, **values: str) -> dict[str, Any]:
    """A kernel with these settings, and the bundle's part that wants others."""
    for name, value in values.items():
        path = host.root / "proc" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{value}\n")
    monkeypatch.setattr(carbon_files, "KERNEL", str(host.root / "proc"))
    return {"a": "30", "b": "1"}


def test_kernel_settings_are_set_once(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = kernel_of(host, monkeypatch, a="60", b="1")

    found = host.run(kernel=wanted, check=True)
    assert (found["changed"], found["kernel_changed"]) == (True, ["a"])
    assert (found["diff"][-1]["before"], found["diff"][-1]["after"]) == ("a = 60\n", "a = 30\n")
    assert (host.root / "proc/a").read_text() == "60\n"

    found = host.run(kernel=wanted)
    assert (found["changed"], found["kernel_changed"], found["kernel_refused"]) == (True, ["a"], {})
    assert (host.root / "proc/a").read_text() == "30\n"
    found = host.run(kernel=wanted)
    assert (found["changed"], found["kernel_changed"]) == (False, [])


def test_kernel_settings_that_cannot_be_set_are_named(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = kernel_of(host, monkeypatch, b="2")
    monkeypatch.setattr(carbon_files, "set_kernel", lambda changes, _root: dict.fromkeys(changes, "refused"))

    found = host.run(kernel=wanted)
    assert found["kernel_refused"] == {"a": "this kernel does not show it", "b": "refused"}
    assert (found["changed"], found["kernel_changed"]) == (False, [])


def test_a_write_to_a_full_disk_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as raised:
        carbon_files.write(str(tmp_path / "a"), b"b", 0o600, os.getuid(), os.getgid())
    assert raised.value.filename == str(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(28, "No space left on device", "/a"), "/a: No space left on device"),
        (OSError("it does not answer"), "a file: it does not answer"),
        # Of shutil.copytree, which says neither file nor reason as others do.
        (shutil.Error([("/a", "/b", "No space left on device"), ("/c", "/d", "why")]), "/b: No space left on device"),
    ],
)
def test_the_cause_of_an_error(error: OSError, text: str) -> None:
    assert carbon_files.cause(error) == text
