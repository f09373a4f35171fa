# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that systemd runs around the start of a server, with real files, processes and sockets."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.generation import restart_reasons
from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers

SCRIPT = Path(__file__).resolve().parents[3] / "roles/carbon_server/files/server_control.py"
START = "TID: [-1234] [] [2026-11-22 15:00:00,000]  INFO {StartupFinalizer} -  WSO2 Carbon started in 42 sec"
FATAL = "TID: [-1234] [] [2026-11-22 15:00:00,000] FATAL {CarbonServerManager} -  WSO2 Carbon initialization Failed"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("server_control", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


control = load()


class Server:
    """A server's home, state and log."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.monkeypatch = root, monkeypatch
        self.log = root / "wso2carbon.log"
        self.state = root / "state"
        self.state.mkdir()
        (root / "releases/one").mkdir(parents=True)
        (root / "current").symlink_to(root / "releases/one")
        self.java("1.8.0_504")
        self.conf = root / "carbon.xml"
        self.conf.write_bytes(b"<a/>")
        self.watched = {
            "current": str(root / "current"),
            "java_home": str(root / "jdk"),
            "files": [str(self.conf), str(root / "absent")],
        }
        (self.state / "watched.json").write_text(json.dumps(self.watched))
        self.config: dict[str, Any] = {
            "log": str(self.log),
            "state": str(self.state),
            "start_line": r"WSO2 Carbon started in \d+ sec",
            "failures": [
                {
                    "pattern": "FATAL .*WSO2 Carbon initialization Failed",
                    "meaning": "no start",
                    "remedy": "mend it",
                    "causes": [{"pattern": "refused", "meaning": "no database", "remedy": "start it"}],
                }
            ],
            "waiting": [{"pattern": "Waiting for", "meaning": "it waits", "remedy": "look why"}],
            "ports": [],
            "jdk": {"required": "1.8", "refused": ["1.8.0_151"], "variable": "jdk_home"},
            "unit": "wso2is",
            "timeout": 20,
            "rejoin_seconds": 0,
            "share": None,
        }

    def java(self, version: str, home: str = "jdk") -> None:
        """A Java that says its version."""
        program = self.root / home / "bin/java"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
        program.chmod(0o755)

    def run(self, action: str, *arguments: str, **changes: Any) -> int:
        path = self.root / "control.json"
        path.write_text(json.dumps({**self.config, **changes}))
        self.monkeypatch.setattr(sys, "argv", ["server-control", action, str(path), *arguments])
        status: int = control.main()
        return status

    def wait(self, pid: int | None = None, **changes: Any) -> int:
        return self.run("wait", str(pid or os.getpid()), **changes)

    def write(self, *lines: str) -> None:
        with self.log.open("a") as handle:
            handle.write("".join(line + "\n" for line in lines))

    def reason(self) -> str | None:
        path = self.state / "reason"
        return path.read_text() if path.exists() else None


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(tmp_path, monkeypatch)


class Share:
    """A share with the marker of a cluster."""

    def __init__(self, root: Path) -> None:
        self.path = root / "share"
        self.path.mkdir()
        self.facts: dict[str, Any] = {
            "path": str(self.path),
            "marker": ".marker.json",
            "cluster": "one",
            "source": "",
            "uid": os.getuid(),
            "gid": os.getgid(),
            "directories": ["userstores"],
        }
        (self.path / "userstores").mkdir()
        self.mark('{"cluster": "one", "seeded": []}')

    def mark(self, text: str) -> None:
        (self.path / ".marker.json").write_text(text)


@pytest.fixture
def share(tmp_path: Path) -> Share:
    return Share(tmp_path)


def test_the_share_of_the_cluster(server: Server, share: Share) -> None:
    assert server.run("share", share=share.facts) == 0
    assert server.run("share", share=None) == 0
    assert server.run("share") == 0
    assert server.reason() is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"cluster": "two"}', "(not a mount point) is the share of cluster two"),
        ("[]", "(not a mount point) is the share of cluster None"),
        ("{", "(not a mount point): the marker .marker.json cannot be read: it is damaged"),
        (None, "(not a mount point) has no marker .marker.json"),
    ],
)
def test_a_share_that_is_refused(server: Server, share: Share, text: str | None, said: str) -> None:
    if text is None:
        (share.path / ".marker.json").unlink()
    else:
        share.mark(text)

    assert server.run("share", share=share.facts) == 1

    required = "required is the share of cluster one; mount it at artifact_sync_path, or correct artifact_sync_path"
    assert server.reason() == f"{share.path} {said}; {required}\n"


def test_a_directory_of_the_share_that_is_gone(server: Server, share: Share) -> None:
    (share.path / "userstores").rmdir()

    assert server.run("share", share=share.facts) == 1
    assert "has no directory userstores any more, and the server would do without what was in it; restore it" in (
        server.reason() or ""
    )


def test_another_source_is_refused(server: Server, share: Share) -> None:
    assert server.run("share", share={**share.facts, "source": "nfs1:/srv"}) == 1
    assert "required is the share of cluster one from nfs1:/srv" in (server.reason() or "")


def test_a_marker_that_cannot_be_read(server: Server, share: Share) -> None:
    (share.path / ".marker.json").unlink()
    (share.path / ".marker.json").mkdir()
    assert server.run("share", share=share.facts) == 1
    assert "cannot be read: Is a directory" in (server.reason() or "")


def test_what_is_mounted() -> None:
    assert control.mounted_from("/proc") == "proc"
    assert control.mounted_from("/proc/self") == ""
    assert control.unescape(r"/mnt/a\040b") == "/mnt/a b"


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
def test_the_share_is_read_as_the_service_user(share: Share) -> None:
    with control.service_user({**share.facts, "uid": 54321, "gid": 54322}):
        assert (os.geteuid(), os.getegid(), os.getgroups()) == (54321, 54322, [])
    assert (os.geteuid(), os.getegid()) == (0, 0)


def test_a_start_remembers_links_and_shared_files(server: Server, share: Share) -> None:
    (share.path / "a.xml").write_text("<a/>")
    link = server.root / "link"
    link.symlink_to(share.path)
    server.watched.update(shared_files=[str(share.path / "a.xml")], links=[str(link), str(server.conf)])
    (server.state / "watched.json").write_text(json.dumps(server.watched))

    assert server.run("record", share=share.facts) == 0

    started = json.loads((server.state / "started.json").read_text())
    assert started[str(share.path / "a.xml")] == hashlib.sha256(b"<a/>").hexdigest()
    assert (started[str(link)], started[str(server.conf)]) == (str(share.path), "")


@pytest.fixture
def later() -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Does something while the script waits: when it has looked for the first time."""
    threads: list[threading.Thread] = []
    looked = threading.Event()
    original = control.Log.lines

    def lines(log: Any) -> Any:
        found = original(log)
        looked.set()
        return found

    control.Log.lines = lines

    def start(work: Callable[[], Any]) -> None:
        thread = threading.Thread(target=lambda: looked.wait(20) and work())
        thread.start()
        threads.append(thread)

    yield start
    looked.set()
    for thread in threads:
        thread.join(20)
    control.Log.lines = original


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def closed() -> Iterator[int]:
    """A port that is taken but does not answer."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def held(number: int) -> dict[str, Any]:
    return {"number": number, "must_open": True, "meaning": "it is elsewhere", "remedy": "end the other"}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# record


def test_records_what_the_server_starts_with(server: Server) -> None:
    server.write("old line")
    (server.state / "reason").write_text("of the start before")

    assert server.run("record") == 0

    assert json.loads((server.state / "started.json").read_text()) == {
        str(server.conf): sha(b"<a/>"),
        str(server.root / "absent"): sha(b""),
        "release": str(server.root / "releases/one"),
        "java": str(server.root / "jdk"),
    }
    assert json.loads((server.state / "log.json").read_text()) == [server.log.stat().st_ino, len("old line\n")]
    assert server.reason() is None
    assert not list(server.state.glob("*.new"))


def test_the_record_is_the_one_that_decides_a_restart(server: Server) -> None:
    """The module carbon_files computes the same mapping."""
    server.run("record")
    started = json.loads((server.state / "started.json").read_text())
    now = {
        str(server.conf): sha(b"<a/>"),
        str(server.root / "absent"): sha(b""),
        "release": str(server.root / "releases/one"),
        "java": str(server.root / "jdk"),
    }

    assert restart_reasons(now, started) == []
    assert restart_reasons({**now, str(server.conf): sha(b"<b/>")}, started) == [str(server.conf)]


def test_without_a_log(server: Server) -> None:
    assert server.run("record") == 0
    assert json.loads((server.state / "log.json").read_text()) == [0, 0]


def test_the_options_are_those_that_the_collection_writes(server: Server, practice_deployment: dict[str, Any]) -> None:
    for host, kind in (("is1", "is"), ("an1", "worker"), ("an1", "dashboard")):
        written = json.loads(
            servers.control_config(servers.server_of(practice_deployment, host, kind), practice_deployment)
        )
        assert set(written) == set(server.config)


# wait


def test_ready(server: Server, listening: int) -> None:
    server.run("record")
    server.write("INFO a line", START)

    assert server.wait(ports=[held(listening)]) == 0
    assert server.reason() is None


def test_the_start_line_of_the_run_before_does_not_count(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.write(START)
    server.run("record")
    server.write("INFO starting")

    assert server.wait(timeout=0.3) == 1
    assert (
        "not ready after 0 seconds (start line not seen, closed ports: none); its last line: INFO starting"
        in capsys.readouterr().err
    )


def test_the_start_line_comes_later(server: Server, later: Callable[[Callable[[], Any]], None]) -> None:
    server.run("record")
    later(lambda: server.write(START))

    assert server.wait() == 0


def test_half_a_line_is_not_read(server: Server, later: Callable[[Callable[[], Any]], None]) -> None:
    server.run("record")
    server.log.write_text(START[:-8])
    later(lambda: server.log.open("a").write(START[-8:] + "\n"))

    assert server.wait() == 0


def test_the_port_opens_later(server: Server, later: Callable[[Callable[[], Any]], None]) -> None:
    server.run("record")
    server.write(START)
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def listen() -> None:
        opened.bind(("127.0.0.1", port))
        opened.listen()

    later(listen)
    assert server.wait(ports=[held(port)]) == 0
    opened.close()


def test_a_port_that_stays_closed(
    server: Server, listening: int, closed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server.run("record")
    server.write(START)

    assert server.wait(ports=[held(listening), held(closed)], timeout=0.3) == 1
    assert f"(start line seen, closed ports: {closed})" in capsys.readouterr().err
    assert f"closed ports: {closed})" in (server.reason() or "")


def test_a_port_that_need_not_open(server: Server, closed: int) -> None:
    server.run("record")
    server.write(START)

    assert server.wait(ports=[{**held(closed), "must_open": False}]) == 0


def test_a_failure_line_ends_the_wait_with_its_cause(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.run("record")
    server.write(
        "INFO before",
        FATAL,
        "org.wso2.carbon.core.CarbonException: no database",
        "\tat org.wso2.X(X.java:1)",
        "Caused by: java.sql.SQLException: outer",
        "\tat a.b",
        "Caused by: java.net.ConnectException: Connection refused",
        "\tat c.d",
        "[2026-11-22 15:00:01,000] ERROR {x} - other",
        "Caused by: of something else",
        START,
    )

    began = time.monotonic()
    assert server.wait() == 1
    assert time.monotonic() - began < 10
    cause = "org.wso2.carbon.core.CarbonException: no database; caused by java.net.ConnectException: Connection refused"
    wanted = f"no database (WSO2 Carbon initialization Failed: {cause}): start it"
    assert capsys.readouterr().err.strip() == wanted
    assert server.reason() == wanted + "\n"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([" FATAL x "], "FATAL x"),
        (["FATAL x", "a line"], "FATAL x"),
        (["[2026] ERROR {x} - text. a.BException: text.", "\tat c"], "text."),
        (["FATAL x: what", "a.CException: what", "Caused by: a.BError"], "FATAL x: what; caused by a.BError"),
        (["FATAL x", "Caused by: a.BError: why"], "FATAL x; caused by a.BError: why"),
        (
            [FATAL, "a.b.CException: what", "Caused by: a.BError: why"],
            "WSO2 Carbon initialization Failed: a.b.CException: what; caused by a.BError: why",
        ),
        (["[2026-11-22 15:00:01,000] ERROR {a.b.C} - text"], "text"),
    ],
)
def test_explain(lines: list[str], reason: str) -> None:
    assert control.explain(lines) == reason


def test_the_entry_of_a_line() -> None:
    lines = ["\tof the one before", "[1] a", "a1", "a2", "TID: [0] b", "b1"]
    assert control.entry_of(lines, 0) == ["\tof the one before"]
    assert control.entry_of(lines, 2) == ["[1] a", "a1", "a2"]
    assert control.entry_of(lines, 5) == ["TID: [0] b", "b1"]


def test_an_exception_that_is_still_being_written(
    server: Server, later: Callable[[Callable[[], Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "QUIET_SECONDS", 0.05)
    server.run("record")
    server.write(FATAL)
    later(lambda: server.write("java.lang.RuntimeException: x", "Caused by: java.net.ConnectException: refused"))

    assert server.wait() == 1
    assert (server.reason() or "").startswith("no database (")


def test_a_failure_without_a_known_cause(server: Server) -> None:
    server.run("record")
    server.write("INFO before", FATAL, "java.lang.NullPointerException")

    assert server.wait() == 1
    assert server.reason() == (
        "no start (WSO2 Carbon initialization Failed: java.lang.NullPointerException): mend it\n"
    )


def test_a_log_that_does_not_end_is_not_read_for_ever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "QUIET_SECONDS", 0.01)
    log = control.Log(str(server.log), 0, 0)
    monkeypatch.setattr(log, "lines", lambda: ["more"])
    assert set(log.rest()) == {"more"}


def test_what_a_server_waits_for(server: Server) -> None:
    server.run("record")
    server.write("[2026] WARN {x} - Waiting for required OSGi services: a.B", "INFO and on")

    assert server.wait(timeout=0.3) == 1
    assert "closed ports: none); it waits (Waiting for required OSGi services: a.B): look why" in (
        server.reason() or ""
    )


# who holds a port


@pytest.fixture
def stranger() -> Iterator[tuple[int, int]]:
    """Port and process number of another program that listens."""
    code = (
        "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
        "print(s.getsockname()[1], flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
        process.kill()


def test_a_port_that_another_process_holds(server: Server, stranger: tuple[int, int]) -> None:
    port, pid = stranger
    server.run("record")
    server.write(START)
    with subprocess.Popen(["sleep", "60"]) as me:
        assert server.wait(me.pid, ports=[held(port)]) == 1
        me.kill()

    said = server.reason() or ""
    assert said.startswith(f"it is elsewhere (port {port} is held by python")
    assert said.endswith(f"(process {pid})): end the other\n")


def test_a_port_of_a_child_is_the_server_s(server: Server, stranger: tuple[int, int]) -> None:
    server.run("record")
    server.write(START)

    assert server.wait(ports=[held(stranger[0])]) == 0


def test_a_bound_port_in_an_exception_names_its_holder(server: Server, stranger: tuple[int, int]) -> None:
    port, _pid = stranger
    server.run("record")
    server.write(FATAL, f"Caused by: java.net.BindException: Address already in use (Bind failed) <null>:{port}")
    with subprocess.Popen(["sleep", "60"]) as me:
        assert server.wait(me.pid) == 1
        me.kill()

    assert f"<null>:{port}; port {port} is held by python" in (server.reason() or "")


def test_processes_that_may_not_be_looked_at(monkeypatch: pytest.MonkeyPatch, listening: int) -> None:
    monkeypatch.setattr(control, "holders", lambda inodes: set())
    mine = control.Ports(os.getpid())
    assert mine.others(listening) == ""
    monkeypatch.setattr(control, "user_of", lambda pid: 54321)
    assert mine.others(listening) == f"a process of user number {os.getuid()}"
    assert mine.others(1) == ""


def test_a_process_that_is_gone() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert control.parent(process.pid) == 0
    assert control.user_of(process.pid) == -1
    assert control.program(process.pid) == "a process that ended"
    assert control.names(f"/proc/{process.pid}") == []
    assert not control.belongs(process.pid, os.getpid())


# what it said on its console


def journal(server: Server, text: str, status: int = 0) -> None:
    """A journal with these lines of the console."""
    program = server.root / "bin/journalctl"
    program.parent.mkdir(exist_ok=True)
    (server.root / "console").write_text(text)
    program.write_text(f'#!/bin/sh\n[ "$1" = --sync ] || cat {server.root}/console; exit {status}\n')
    program.chmod(0o755)
    server.monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    server.monkeypatch.setenv("INVOCATION_ID", "0123")


def gone() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_the_console_says_why(server: Server) -> None:
    journal(server, "Starting\nFATAL x WSO2 Carbon initialization Failed\nlast\n")
    server.run("record")

    assert server.wait(gone()) == 1
    assert server.reason() == "no start (FATAL x WSO2 Carbon initialization Failed): mend it\n"


def test_a_full_disk_is_a_reason(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_arguments: Any, **_keywords: Any) -> None:
        raise OSError(28, "No space left on device")

    server.run("record")
    (server.state / "reason").write_text("of an earlier start\n")
    server.monkeypatch.setattr(control.json, "dump", full)

    assert server.run("record") == 1
    assert f"{server.state}/started.json cannot be written: No space left on device" in capsys.readouterr().err
    assert "No space left on device" in server.reason()


def test_a_reason_that_cannot_be_kept_is_in_the_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # /dev/full takes no byte.
    (tmp_path / "reason").symlink_to("/dev/full")

    assert control.fail(str(tmp_path), "why") == 1
    assert capsys.readouterr().err == "why\n"
    assert not (tmp_path / "reason").is_symlink()


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "\n",
        "\tat a.b.C.<init>(C.java:1)\n\tat java.lang.Thread.run(Thread.java:750)\n\t... 2 more\n",
    ],
)
def test_the_last_line_of_the_console(server: Server, rest: str) -> None:
    journal(server, f"Killed by somebody\n{rest}")
    server.run("record")

    assert server.wait(gone()) == 1
    assert server.reason() == "the server ended while it was starting; its last line: Killed by somebody\n"


def test_a_journal_that_cannot_be_read(server: Server) -> None:
    journal(server, "text\n")
    server.monkeypatch.setenv("PATH", str(server.root / "nothing"))

    assert control.console(server.config) == []


# Java


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("17.0.12", "which is Java 17.0.12; set jdk_home to a Java 1.8"),
        ("1.8.0_151", "which is Java 1.8.0_151; set jdk_home"),
        ("1.80", "which is Java 1.80; set jdk_home"),
    ],
)
def test_a_java_that_is_refused(server: Server, version: str, said: str) -> None:
    server.java(version)
    server.monkeypatch.delenv("JAVA_HOME", raising=False)

    assert server.run("record") == 1
    assert f"JAVA_HOME is {server.root}/jdk, {said}" in (server.reason() or "")


def test_the_environment_of_the_unit_counts(server: Server) -> None:
    for home in ("", str(server.root)):
        server.monkeypatch.setenv("JAVA_HOME", home)
        assert server.run("record") == 1
        assert server.reason() == (
            f"JAVA_HOME is {home or 'not set'}, where there is no program bin/java; set jdk_home to a Java 1.8\n"
        )
    server.java("1.8.0_504", "other")
    server.monkeypatch.setenv("JAVA_HOME", str(server.root / "other"))
    assert server.run("record") == 0


def test_a_java_that_does_not_run(server: Server) -> None:
    server.monkeypatch.delenv("JAVA_HOME", raising=False)
    (server.root / "jdk/bin/java").write_text("#!/nowhere\n")
    assert server.run("record") == 1
    assert "whose bin/java does not run: " in (server.reason() or "")
    (server.root / "jdk/bin/java").write_text("#!/bin/sh\necho nothing\n")
    assert server.run("record") == 1
    assert "which is Java of an unknown version" in (server.reason() or "")


def test_a_server_that_ends_while_it_starts(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.run("record")
    server.write("INFO last words ")
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert server.wait(process.pid) == 1
    assert "the server ended while it was starting; its last line: INFO last words" in capsys.readouterr().err
    assert "last words" in (server.reason() or "")


def test_a_server_that_never_wrote_leaves_its_reason_to_the_journal(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.run("record")
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert server.wait(process.pid) == 1
    assert "its last line: (none)" in capsys.readouterr().err
    assert server.reason() is None


def test_a_log_that_is_rolled_over_at_the_start(server: Server, later: Callable[[Callable[[], Any]], None]) -> None:
    server.write("a long line of the run before", "and another")
    server.run("record")

    def roll() -> None:
        server.log.rename(server.root / "wso2carbon.log.1")
        server.write(START)

    later(roll)
    assert server.wait() == 0


def test_a_log_that_is_emptied_at_the_start(server: Server) -> None:
    server.write("a long line of the run before" * 10)
    server.run("record")
    server.log.write_text(START + "\n")

    assert server.wait() == 0


def test_a_log_that_cannot_be_read(server: Server) -> None:
    server.run("record")
    server.log.mkdir()

    assert server.wait(timeout=0.1) == 1


# stopped, and what comes back too early


def test_stopped_and_forgotten(server: Server) -> None:
    began = time.time()
    assert server.run("stopped") == 0
    marker = server.state / "stopped"
    assert marker.stat().st_mtime >= began - 1

    os.utime(marker, (began - 100, began - 100))
    assert server.run("stopped") == 0
    assert marker.stat().st_mtime >= began - 1, "a second stop is a later one"


@pytest.mark.parametrize(
    ("rejoin", "age", "waits"), [(0, 0, False), (20, None, False), (20, 100, False), (1, 1.3, True)]
)
def test_a_worker_waits_until_its_last_heartbeat_is_forgotten(
    server: Server, rejoin: int, age: float | None, waits: bool
) -> None:
    if age is not None:
        server.run("stopped")
        then = time.time() - age
        os.utime(server.state / "stopped", (then, then))

    began = time.monotonic()
    server.run("record", rejoin_seconds=rejoin)

    # One second more than the time-out: 0.7 s are left in the last case.
    assert (time.monotonic() - began >= 0.5) is waits
    assert (server.state / "started.json").exists()


def test_a_clock_that_was_set_back_does_not_hold_a_start_up(server: Server) -> None:
    server.run("stopped")
    future = time.time() + 3600
    os.utime(server.state / "stopped", (future, future))

    began = time.monotonic()
    server.run("record", rejoin_seconds=0.2)
    assert time.monotonic() - began < 10


def test_runs_as_a_program(server: Server) -> None:
    path = server.root / "control.json"
    path.write_text(json.dumps(server.config))

    assert subprocess.run([sys.executable, str(SCRIPT), "record", str(path)], check=False).returncode == 0
    server.write(START)
    assert (
        subprocess.run([sys.executable, str(SCRIPT), "wait", str(path), str(os.getpid())], check=False).returncode == 0
    )


class TestIdle:
    """A real connection that a load balancer still holds."""

    def test_with_what_a_node_is_told(self, practice_deployment: dict[str, Any]) -> None:
        about = practice_deployment["hosts"]["is1"]["servers"]["is"]
        config = json.loads(servers.control_config(about, practice_deployment))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config["ports"][0]["number"] = listener.getsockname()[1]
            with socket.create_connection(listener.getsockname()):
                accepted, _peer = listener.accept()
                assert control.idle(config, 0, ["localhost"]) == "1 connections after 0 seconds"
                accepted.close()
        assert control.idle(config, 0, ["127.0.0.1"]) == "idle"

    def test_waits_for_the_last_connection(self, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            client = socket.create_connection(("127.0.0.1", port))
            accepted, _peer = listener.accept()
            closing = threading.Timer(0.5, lambda: (client.close(), accepted.close()))
            closing.start()
            ports = [{"number": port, "must_open": True}]
            assert server.run("idle", "20", "192.0.2.1", "127.0.0.1", ports=ports) == 0
            closing.join()
        assert capsys.readouterr().out == "idle\n"

    def test_but_not_for_ever(self, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
            port = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)):
                accepted, _peer = listener.accept()
                ports = [{"number": port, "must_open": True}]
                assert server.run("idle", "0", "127.0.0.1", ports=ports) == 0
                assert server.run("idle", "0", "192.0.2.1", ports=ports) == 0
                # A member's connection says nothing of requests.
                assert server.run("idle", "0", "127.0.0.1", ports=[{"number": port, "must_open": False}]) == 0
                accepted.close()
        assert capsys.readouterr().out == "1 connections after 0 seconds\nidle\nidle\n"

    def test_a_load_balancer_without_an_address(self, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
        assert server.run("idle", "0", "lb1.invalid", ports=[]) == 1
        assert capsys.readouterr().err.startswith("this host cannot resolve one of lb1.invalid: ")

    def test_a_moment_without_a_connection_is_not_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An old worker of nginx still serves clients that it kept, and connects anew for them."""
        clock, seen = [0.0], []

        def count(*_given: object) -> int:
            seen.append(clock[0])
            return int(clock[0] < 1 or 4 < clock[0] < 5)

        monkeypatch.setattr(control, "connections", count)
        monkeypatch.setattr(control.time, "monotonic", lambda: clock[0])
        monkeypatch.setattr(control.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
        assert control.idle({"ports": []}, 60, ["127.0.0.1"]) == "idle"
        assert 4.8 + control.SETTLE_SECONDS < seen[-1] < 5.4 + control.SETTLE_SECONDS
