# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules read on a host when the host does not offer it: tables, children, logs, links."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import (
    carbon_log,
    child,
    linked_dir,
    mounts,
    proc_net,
    systemd_units,
)

ME = child.User(os.getuid(), os.getgid())


class TestTables:
    def test_an_address_that_is_none(self) -> None:
        with pytest.raises(ValueError, match="not an address: '0102'"):
            proc_net.parse_address("0102")

    def test_lines_that_are_no_sockets(self, tmp_path: Path) -> None:
        (tmp_path / "net").mkdir()
        fields = "0: {local} 00000000:0000 0A 00000000:0000001C 00:00000000 00000000 802 0 77"
        (tmp_path / "net/tcp").write_text(
            "\n".join(["  sl local_address", fields.format(local="0100007F:24E3"), fields.format(local="zz:24E3")])
        )
        # There is no tcp6: IPv6 is off.
        found = proc_net.read_sockets(str(tmp_path))
        assert [(entry.local_address, entry.local_port, entry.inode) for entry in found] == [("127.0.0.1", 9443, 77)]
        assert found[0].unread == 28
        assert proc_net.listening_ports(found) == {9443}

    def test_owners_of_sockets(self, tmp_path: Path) -> None:
        for pid in ("11", "9"):
            folder = tmp_path / pid / "fd"
            folder.mkdir(parents=True)
            (folder / "0").symlink_to("socket:[77]")
            (folder / "1").write_text("no link")
        (tmp_path / "12").mkdir()
        assert proc_net.socket_owners([77], str(tmp_path)) == {77: 9}
        assert proc_net.socket_owners([], str(tmp_path)) == {}
        assert proc_net.socket_owners([77], str(tmp_path / "absent")) == {}

    def test_no_table_of_mounts(self, tmp_path: Path) -> None:
        assert mounts.read_mounts(str(tmp_path / "absent")) == []
        assert mounts.mount_of("/x", []) is None
        assert not mounts.is_mount_point("/x", [])

    def test_a_systemctl_that_says_nonsense(self, tmp_path: Path) -> None:
        program = tmp_path / "systemctl"
        program.write_text("#!/bin/sh\necho Id=a.service; echo nonsense; echo; echo nonsense\n")
        program.chmod(0o755)
        assert systemd_units.show_units(["a.service", "b.service"], str(program)) == {
            "a.service": None,
            "b.service": None,
        }
        assert systemd_units.parse_show("Id=a.service\nnonsense\n\nnonsense\n", 0)[0]["id"] == "a.service"


class TestChild:
    def answer(self, monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any], user: child.User | None) -> Any:
        """What a child would send; it does its work in this process instead of a fork."""
        calls: list[Any] = []

        class Ended(Exception):
            pass

        def end(status: int) -> None:
            raise Ended(status)

        reader, writer = os.pipe()
        # Only here: a real child that could not end would go on with the tests.
        with monkeypatch.context() as patched:
            patched.setattr(os, "_exit", end)
            for name in ("setgroups", "setgid", "setuid"):
                patched.setattr(os, name, lambda value, name=name: calls.append((name, value)))
            with pytest.raises(Ended):
                child._answer(writer, work, user)
        with os.fdopen(reader, "rb") as stream:
            return calls, json.loads(stream.read() or b"null")

    def test_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.answer(monkeypatch, lambda: {"a": 1}, ME) == ([], [None, {"a": 1}])

    def test_drops_all_rights_before_it_works(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.answer(monkeypatch, lambda: 1, child.User(4_000_001, 4_000_002)) == (
            [("setgroups", []), ("setgid", 4_000_002), ("setuid", 4_000_001)],
            [None, 1],
        )

    def test_an_error_of_the_system_is_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def work() -> None:
            raise FileNotFoundError(2, "gone", "/x")

        assert self.answer(monkeypatch, work, None) == ([], [[2, "gone", "/x"], None])
        with pytest.raises(FileNotFoundError) as caught:
            child.run_in_child(work)
        assert (caught.value.errno, caught.value.filename) == (2, "/x")

    def test_a_child_that_dies(self) -> None:
        with pytest.raises(child.ChildDied, match="ended without an answer"):
            child.run_in_child(lambda: os.kill(os.getpid(), signal.SIGKILL))

    def test_a_child_that_hangs(self) -> None:
        begin = time.monotonic()
        with pytest.raises(child.ChildTimeout, match=r"no answer within 0\.1 seconds"):
            child.run_in_child(lambda: time.sleep(60), 0.1)
        assert time.monotonic() - begin < 30


def line(moment: str, text: str, level: str = "INFO") -> str:
    return f"TID: [-1234] [] [{moment}] {level:>5} {{org.wso2.carbon.X}} -  {text}\n"


class TestLog:
    def test_it_was_never_written(self, tmp_path: Path) -> None:
        assert carbon_log.read_since(str(tmp_path / "absent/carbon.log"), None, 1000) == ("", True, None)

    def test_a_part_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "carbon.log").mkdir()
        found = carbon_log.read_since(str(tmp_path / "carbon.log"), None, 1000)
        assert (found.text, found.complete) == ("", False)

    def test_older_parts_until_the_start(self, tmp_path: Path) -> None:
        for name, text, age in (
            ("carbon.log", line("2026-01-03 00:00:00,000", "third"), 1),
            ("carbon-2026-01-02.log", line("2026-01-02 00:00:00,000", "second"), 2),
            ("carbon.log.1", line("2026-01-01 00:00:00,000", "first"), 3),
            ("carbon.log.2.gz", "compressed", 1),
        ):
            (tmp_path / name).write_text(text)
            os.utime(tmp_path / name, (2_000_000_000 - age, 2_000_000_000 - age))
        start = carbon_log.parse_time("2026-01-02 12:00:00,000")
        found = carbon_log.read_since(str(tmp_path / "carbon.log"), start, 100_000)
        assert ("third" in found.text, "second" in found.text, "first" in found.text) == (True, True, False)
        assert found.complete
        # Too much of it: what is there is the end, and it says that something is missing.
        found = carbon_log.read_since(str(tmp_path / "carbon.log"), start, 20)
        assert not found.complete

    def test_lines_that_only_look_like_events(self) -> None:
        text = (
            "Members [2] {\nnot closed\n"
            "Shutdown hook triggered, said a line without a head\n"
            + line("2026-01-01 00:00:00,000", "Clustering has been disabled")
            + line("2026-01-01 00:00:01,000", "boom", "FATAL")
            + line("2026-01-01 00:00:02,000", "Gracefully shutting down")
        )
        found = carbon_log.read_log(text)
        assert (found.clustering, found.errors, found.stopping, found.members) == (False, ["boom"], True, None)

    def test_no_time_after_the_last_line(self) -> None:
        assert carbon_log.first_time("text without an end", 5) is None
        assert carbon_log.cut_before("text without a time", 0) == ""
        assert carbon_log.cut_before_last_start("no start") == "no start"


class TestLinks:
    def test_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(linked_dir.LinkError, match="is a file; a directory or a link to /t belongs there"):
            linked_dir.link_state(str(tmp_path / "file"), "/t")
        assert linked_dir.link_state(str(tmp_path / "file/below"), "/t").state == "absent"

    def test_a_link_that_was_begun(self, tmp_path: Path) -> None:
        (tmp_path / (linked_dir.TEMPORARY + "link")).symlink_to("/half")
        linked_dir.put_link(str(tmp_path / "link"), "/whole")
        assert os.listdir(tmp_path) == ["link"]
        assert linked_dir.link_state(str(tmp_path / "link"), "/other") == ("other", "/whole")

    def test_only_files_and_directories_are_copied(self, tmp_path: Path) -> None:
        source, target = tmp_path / "source", tmp_path / "target"
        (source / "deep").mkdir(parents=True)
        target.mkdir()
        (source / "deep/file").write_text("x")
        (source / "link").symlink_to("deep")
        # A file where the pack has a directory: nothing of that directory is copied.
        (target / "deep").write_text("own")
        assert linked_dir.seed(str(source), str(target), ME) == []
        (target / "deep").unlink()
        assert linked_dir.seed(str(source), str(target), ME) == ["deep/", "deep/file"]
        assert linked_dir.seed(str(tmp_path / "absent"), str(target), ME) == []

    def test_a_file_that_appears_meanwhile_is_not_touched(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "source").mkdir()
        (tmp_path / "target").mkdir()
        (tmp_path / "source/file").write_text("shipped")
        copyfile = linked_dir.shutil.copyfile

        def slow(source: str, target: str, **given: Any) -> None:
            copyfile(source, target, **given)
            (tmp_path / "target/file").write_text("another's")

        monkeypatch.setattr(linked_dir.shutil, "copyfile", slow)
        assert linked_dir.seed(str(tmp_path / "source"), str(tmp_path / "target"), ME) == []
        assert os.listdir(tmp_path / "target") == ["file"]
        assert (tmp_path / "target/file").read_text() == "another's"

    def test_what_is_set_aside_replaces_nothing(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept/x"
        for number in ("", "-2", "-3"):
            (tmp_path / "x").mkdir()
            assert linked_dir.set_aside(str(tmp_path / "x"), str(kept)) == f"{kept}{number}"
