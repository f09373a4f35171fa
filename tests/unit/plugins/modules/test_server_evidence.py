# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running server shows: real files and sockets, and this process in place of the server's."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.server_process import Process
from ansible_collections.identityops.wso2is.plugins.modules import server_evidence
from fake_module import run_main

HEAD = "TID: [-1234] [] [%s,000]  INFO {a.B} -  "


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A carbon home with a log."""
    for folder in ("bin", "repository/logs", "tmp", "publishers"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "bin/version.txt").write_text("Product v1\n")
    stamp = time.strftime("%Y-%m-%d %H:%M:%S")
    (tmp_path / "repository/logs/wso2carbon.log").write_text(
        HEAD % stamp + "WSO2 Carbon started in 9 sec\n" + HEAD % stamp + "cannot write x: Permission denied\n"
    )
    publishers = {
        "A.xml": '<property encrypted="true" name="password">c2VjcmV0</property>',
        "B.xml": '<property name="password">plain</property>',
        "C.xml": "<x/>",
        "D.txt": '<property name="password">plain</property>',
    }
    for name, text in publishers.items():
        (tmp_path / "publishers" / name).write_text(text)
    return tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A process that stands for the server; its number."""
    with subprocess.Popen(["sleep", "60", "-Dkey.storePassword=geheim"]) as process:
        found = Process(process.pid, time.time() - 60, None)
        monkeypatch.setattr(server_evidence, "find_process", lambda pid_file, since: found)
        yield process.pid
        process.kill()


def look(monkeypatch: pytest.MonkeyPatch, home: Path, **given: Any) -> dict[str, Any]:
    options = {"carbon_home": str(home), "unit": "none", "health_port": 1, "health_path": "/"}
    found: dict[str, Any] = run_main(monkeypatch, server_evidence, **{**options, **given})["evidence"]
    return found


def test_a_server_that_runs(monkeypatch: pytest.MonkeyPatch, home: Path, server: int) -> None:
    (home / "tmp/x").write_text("")
    (home / "bin/new").write_text("")
    assert server_evidence.written_since(str(home), 0, ["bin"], os.getuid() + 1) == []
    found = look(
        monkeypatch,
        home,
        lines={"start": r"started in \d+ sec", "none": "nothing"},
        texts={
            "version": {"file": "bin/version.txt", "pattern": "^Product v1$"},
            "other": {"file": "bin/version.txt", "pattern": "v2"},
            "absent": {"file": "bin/absent", "pattern": "x"},
        },
        files=["bin", "absent"],
        writable=["tmp", "publishers", "repository/logs", "bin/version.txt"],
        publishers="publishers",
    )
    assert (found["running"], found["pid"], found["ports"]) == (True, server, [])
    assert found["command"] in (["sleep", "60", "-Dkey.storePassword=***"], [])
    assert found["script"][0].endswith(Path(sys.executable).name)
    assert found["lines"]["start"].endswith("WSO2 Carbon started in 9 sec")
    assert found["lines"]["none"] is None
    assert found["complete"] is True
    assert [line[-17:] for line in found["refused"]] == ["Permission denied"]
    assert found["texts"] == {"version": True, "other": False, "absent": None}
    assert found["files"] == {"bin": True, "absent": False}
    assert found["written"] == ["bin/new"]
    assert found["publishers"] == {"A.xml": "encrypted", "B.xml": "plain"}
    assert (found["supervised"], found["health"]) == (False, None)


def test_a_server_that_does_not_run(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    found = look(monkeypatch, home, lines={"start": "started"})
    assert (found["running"], found["pid"], found["command"], found["ports"]) == (False, None, [], [])
    assert (found["written"], found["publishers"], found["lines"]) == ([], {}, {"start": None})


def test_ports_of_a_process() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert listener.getsockname()[1] in (server_evidence.ports_of(os.getpid()) or [])
    assert server_evidence.ports_of(0) is None


def test_links_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("socket:[1]")
    (tmp_path / "b").write_text("")
    assert server_evidence.links_of(str(tmp_path)) == ["socket:[1]"]


def test_a_process_that_is_gone() -> None:
    assert server_evidence.command_of(0) == []
    assert server_evidence.parent_of(0) == 0
    assert server_evidence.uid_of(0) == -1
    assert server_evidence.passwords_in("/nowhere") == {}


def test_files_that_go_while_they_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.xml").mkdir()
    assert server_evidence.passwords_in(str(tmp_path)) == {}
    monkeypatch.setattr(os, "walk", lambda top: [(str(tmp_path), [], ["gone"])])
    assert server_evidence.written_since(str(tmp_path), 0, [], os.getuid()) == []


def test_what_systemd_says(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "journalctl": "x.service: Main process exited, code=exited, status=1/FAILURE\nStopping x.service...\n"
        "x.service: Main process exited, code=killed, status=9/KILL\nStopped x.service.\n"
        "Stopping x.service...\nStopped x.service.\n",
        "systemctl": f"{os.getpid()}\n",
    }
    monkeypatch.setattr(server_evidence, "output_of", lambda command: said[command[0]])
    assert server_evidence.stops_of("x.service") == {"count": 2, "failed": [9]}
    assert server_evidence.is_supervised(os.getpid(), "x.service") is True
    assert server_evidence.is_supervised(1, "x.service") is False


def test_programs() -> None:
    assert server_evidence.output_of(["echo", "a"]) == "a\n"
    assert server_evidence.output_of(["/nowhere/program"]) == ""


class Connection:
    """An HTTPS server that answers, or does not."""

    def __init__(self, host: str, port: int, timeout: int, context: Any) -> None:
        assert (host, context.check_hostname) == ("127.0.0.1", False)
        self.port, self.status = port, 200

    def request(self, method: str, path: str, headers: dict[str, str]) -> None:
        if self.port != 9443:
            raise http.client.BadStatusLine("x")

    def getresponse(self) -> Connection:
        return self

    def read(self, size: int) -> bytes:
        return b'{"health": []}'[:size]

    def close(self) -> None:
        pass


def test_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.client, "HTTPSConnection", Connection)
    assert server_evidence.ask(9443, "/health") == {"status": 200, "body": '{"health": []}'}
    assert server_evidence.ask(9643, "/health") is None
