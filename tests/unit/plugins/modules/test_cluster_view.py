# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The view of a cluster from one node."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import carbon_log, server_process, server_view
from ansible_collections.identityops.wso2is.plugins.module_utils.proc_net import ESTABLISHED, LISTEN, Socket
from ansible_collections.identityops.wso2is.plugins.module_utils.server_view import Member, Process
from hypothesis import given
from hypothesis import strategies as st

A, B, C = "192.0.2.21", "192.0.2.22", "192.0.2.23"
MEMBERS = [Member(name, address, 4000, frozenset([address])) for name, address in (("is1", A), ("is2", B), ("is3", C))]
PROCESS = Process(812, 1000.0, None)


def line(seconds: float, text: str, level: str = "INFO", logger: str = "org.wso2.carbon.X") -> str:
    moment = time.localtime(seconds)
    stamp = "%s,%03d" % (time.strftime("%Y-%m-%d %H:%M:%S", moment), round(seconds % 1 * 1000) % 1000)
    return "TID: [-1234] [] [%s] %5s {%s} -  %s\n" % (stamp, level, logger, text)


def block(seconds: float, *addresses: str) -> str:
    rows = "".join("\tMember [%s]:4000%s\n" % (address, " this" if address == A else "") for address in addresses)
    return line(seconds, "[%s]:4000 [wso2.carbon.domain] [3.5.4] " % A) + "\nMembers [%d] {\n%s}\n\n" % (
        len(addresses),
        rows,
    )


def log(text: str = "") -> carbon_log.ServerLog:
    return carbon_log.read_log(text)


def listen(port: int) -> Socket:
    return Socket("ipv4", "0.0.0.0", port, "0.0.0.0", 0, LISTEN, 802, port)


def connection(remote: str, local_port: int = 4000, remote_port: int = 40000, state: int = ESTABLISHED) -> Socket:
    return Socket("ipv4", A, local_port, remote, remote_port, state, 802, 1)


START = line(1001, "Clustering has been enabled") + line(1009, "WSO2 Carbon started in 9 sec")


def test_a_start_is_read() -> None:
    found = log(
        line(1000, "Starting WSO2 Carbon...")
        + START
        + line(1003, "Local member: [u1] - Host:%s, Remote Host:null, Port: 4000" % A)
        + line(1004, "Elected this member [u1] as the Coordinator node")
    )
    assert (found.ready, found.ready_seconds, found.clustering, found.coordinator, found.local_member) == (
        True,
        9,
        True,
        True,
        "u1",
    )
    assert found.members is None


def test_members_follow_list_joins_and_leaves() -> None:
    text = (
        block(1002, A, B)
        + line(1010, "Member joined [u3]: /%s:4000" % C)
        + line(1011, "Member left [u2]: /%s:4000" % B)
    )
    found = log(text)
    assert found.members == [A + ":4000", C + ":4000"]
    assert found.events == {C + ":4000": "joined", B + ":4000": "left"}
    assert log(text + block(1012, A)).members == [A + ":4000"]


def test_names_in_lists_and_events() -> None:
    text = block(1002, "is1.example.org", "is2.example.org") + line(
        1003, "Member joined [u]: is2.example.org/%s:4000" % B
    )
    assert log(text).members == ["is1.example.org:4000", "is2.example.org:4000"]
    assert log(text + line(1004, "Member left [u]: is2.example.org/%s:4000" % B)).members == ["is1.example.org:4000"]


def test_errors_are_collected_and_cut() -> None:
    text = (
        line(1001, "x" * 1000, "FATAL")
        + line(1002, "harmless", "ERROR")
        + line(1003, "Cannot initialize cluster", "ERROR")
    )
    found = log(text)
    assert found.errors == ["x" * 400, "Cannot initialize cluster"]


def test_stop_ends_readiness() -> None:
    found = log(START + line(1100, "Shutdown hook triggered...."))
    assert (found.ready, found.stopping) == (False, True)


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        (["HA Deployment: Starting up as Active Node"], "active"),
        (["HA Deployment: Starting up as Passive Node"], "passive"),
        (
            ["HA Deployment: Starting up as Passive Node", "HA Deployment: This Node is now becoming the Active Node"],
            "active",
        ),
        (
            ["Successfully Changed to Active Mode ", "HA Deployment: This Node is now becoming the Passive Node"],
            "passive",
        ),
        ([], None),
    ],
)
def test_state_of_a_worker(texts: list[str], state: str | None) -> None:
    # analytics writes no TID
    assert (
        log("".join(line(1000 + n, text).replace("TID: [-1234] [] ", "") for n, text in enumerate(texts))).ha == state
    )


def test_lines_of_an_earlier_run_do_not_count() -> None:
    old = START + line(1010, "boom", "FATAL") + line(1100, "Shutdown hook triggered....")
    new = line(1200, "Starting WSO2 Carbon...")
    found = log(carbon_log.cut_before(old + new, 1150))
    assert (found.ready, found.stopping, found.errors) == (False, False, [])
    assert carbon_log.cut_before_last_start(old + new) == new
    assert carbon_log.cut_before(old, 1150) == ""


@given(st.lists(st.integers(0, 500), max_size=30), st.integers(0, 500))
def test_cutting_by_halves_is_cutting_line_by_line(times: list[int], start: int) -> None:
    base = 1790000000
    lines = []
    for n, seconds in enumerate(sorted(times)):
        lines.append(
            (base + seconds, line(base + seconds, "text %d" % n) + ("\tat some.Class(Line.java:1)\n" * (n % 3)))
        )
    text = "".join(part for _seconds, part in lines)
    assert carbon_log.cut_before(text, base + start) == "".join(
        part for seconds, part in lines if seconds >= base + start
    )


def test_rotated_parts_are_found() -> None:
    names = [
        "wso2carbon.log",
        "wso2carbon.log.2026-11-21",
        "wso2carbon-11-20-2026.log",
        "wso2carbon-trace-messages.log",
        "audit.log",
        "wso2carbon.log.1.gz",
    ]
    assert carbon_log.log_files("/l/wso2carbon.log", names) == names[:3]


def test_rotation_since_the_start_is_bridged(tmp_path: Path) -> None:
    base = time.time() - 1000
    path = tmp_path / "wso2carbon.log"
    (tmp_path / "wso2carbon.log.2026-11-20").write_text(line(base - 500, "WSO2 Carbon started in 77 sec"))
    os.utime(tmp_path / "wso2carbon.log.2026-11-20", (base - 400, base - 400))
    (tmp_path / "wso2carbon.log.2026-11-21").write_text(
        line(base - 100, "old") + line(base + 5, "WSO2 Carbon started in 5 sec")
    )
    os.utime(tmp_path / "wso2carbon.log.2026-11-21", (base + 5, base + 5))
    path.write_text(line(base + 500, "Member joined [u]: /%s:4000" % B))
    found = carbon_log.read_since(str(path), base, 1 << 20)
    assert found.complete
    assert log(carbon_log.cut_before(found.text, base)).ready_seconds == 5
    short = carbon_log.read_since(str(path), base, len(path.read_text()) + 10)
    assert not short.complete
    assert carbon_log.read_since(str(tmp_path / "none.log"), base, 100) == ("", True, None)


def view(text: str, sockets: list[Socket], **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "runtime": "server",
        "process": PROCESS,
        "log": log(text),
        "complete": True,
        "sockets": sockets,
        "members": MEMBERS[:2],
        "local": "is1",
        "ready_ports": [9443],
        "ports": [],
    }
    given.update(changes)
    return server_view.make_view(**given)


WHOLE = [listen(9443), listen(4000), connection(B)]


def test_whole_cluster() -> None:
    found = view(START + block(1002, A, B), WHOLE)
    assert (found["ok"], found["live"], found["absent"], found["unexpected"], found["reasons"]) == (
        True,
        ["is1", "is2"],
        [],
        [],
        [],
    )
    assert found["members"][1] == {
        "name": "is2",
        "address": B,
        "port": 4000,
        "self": False,
        "live": True,
        "connected": True,
        "listed": True,
        "reason": None,
    }


def test_connection_in_either_direction_and_nothing_but_established() -> None:
    assert view(START, [listen(9443), listen(4000), connection(B, 50000, 4000)])["ok"]
    assert not view(START, [listen(9443), listen(4000), connection(B, 50000, 9443)])["ok"]
    assert not view(START, [listen(9443), listen(4000), connection(B, state=6)])["ok"]


def test_a_connected_member_that_is_not_in_the_list_is_absent() -> None:
    found = view(START + block(1002, A), WHOLE)
    assert (found["ok"], found["absent"]) == (False, ["is2"])
    assert found["reasons"] == ["member is2: not in the list of members in the log"]


def test_a_member_that_left_is_absent_without_any_list() -> None:
    found = view(START + line(1050, "Member left [u]: /%s:4000" % B), [listen(9443), listen(4000)])
    assert found["reasons"] == ["member is2: no connection; left the cluster"]


def test_a_listed_member_without_connection_is_absent() -> None:
    assert view(START + block(1002, A, B), [listen(9443), listen(4000)])["absent"] == ["is2"]


def test_own_port_must_be_open() -> None:
    found = view(START + block(1002, A, B), [listen(9443), listen(4001), connection(B)])
    assert found["reasons"] == ["member is1: port 4000 is not open on this node"]


def test_unexpected_members_are_told() -> None:
    assert view(START + block(1002, A, B, C), WHOLE)["unexpected"] == [C + ":4000"]


def test_members_are_seen_at_ports_that_they_are_not_to_have() -> None:
    moved = [member._replace(port=4001) for member in MEMBERS[:2]]
    found = view(START + block(1002, A, B), WHOLE, members=moved)
    assert (found["live"], found["seen"]) == ([], ["is1", "is2"])
    assert view(START + block(1002, A), WHOLE, members=moved)["seen"] == ["is1"]


def test_without_a_list_the_live_members_are_seen() -> None:
    assert view(START, WHOLE)["seen"] == ["is1", "is2"]
    assert view(START, [listen(9443), listen(4000)])["seen"] == ["is1"]
    assert view("", [], process=None)["seen"] == []


def test_not_ready_not_running_and_clustering_off() -> None:
    assert view("", WHOLE)["reasons"] == ["the log has no line that the server started"]
    assert view(START, WHOLE[1:])["reasons"] == ["port 9443 is not open"]
    stopped = view("", [], process=None)
    assert (stopped["ok"], stopped["running"], stopped["absent"]) == (False, False, ["is1", "is2"])
    off = view(line(1001, "Clustering has been disabled") + line(1002, "WSO2 Carbon started in 2 sec"), WHOLE)
    assert off["reasons"] == ["clustering is switched off"]


def test_an_open_port_stands_for_a_line_that_was_not_read() -> None:
    assert view("", WHOLE, complete=False)["ready"]
    assert not view("", WHOLE, complete=False, ready_ports=[])["ready"]


def test_workers() -> None:
    active = {"runtime": "worker", "members": [], "local": None, "ready_ports": [9091], "ports": [7612]}
    started = line(1005, "WSO2 Analytics Identity Server started in 5.437 sec")
    found = view(
        line(1001, "HA Deployment: Starting up as Active Node") + started, [listen(9091), listen(7612)], **active
    )
    assert (found["ok"], found["ha"], found["receiving"], found["listening"]) == (
        True,
        "active",
        True,
        {"9091": True, "7612": True},
    )
    found = view(line(1001, "HA Deployment: Starting up as Passive Node") + started, [listen(9091)], **active)
    assert (found["ok"], found["ha"], found["receiving"], found["listening"]) == (
        True,
        "passive",
        False,
        {"9091": True, "7612": False},
    )
    assert view("", [], process=None, **active)["receiving"] is False
    assert view(START, WHOLE)["receiving"] is None


def test_since_when_a_worker_is_what_it_is() -> None:
    passive, active = "Starting up as Passive Node", "HA Deployment: This Node is now becoming the Active Node"
    lines = [line(1001, passive), line(1500, active), line(1501, "Successfully Changed to Active Mode ")]
    worker = {"runtime": "worker", "members": [], "local": None, "ready_ports": [9091], "ports": [7612]}
    assert view(lines[0], [], **worker)["ha_since"] == 1001
    # What is said again is no new state.
    assert view("".join(lines), [], **worker)["ha_since"] == 1500
    assert view("".join(lines), [], process=None, **worker)["ha_since"] is None
    assert view(line(1001, passive).replace("1970-01-01", "1970-13-41"), [], **worker)["ha_since"] is None


def test_who_sends_events_and_what_waits() -> None:
    worker = {"runtime": "worker", "members": [], "local": None, "ready_ports": [9091], "ports": [7612]}
    sockets = [
        listen(7612)._replace(unread=3),
        connection(C, 7612)._replace(unread=100),
        connection(B, 7612)._replace(unread=20),
        connection(B, 7612, 40001),
        connection(B, 9091)._replace(unread=7),
    ]
    assert view("", sockets, **worker)["senders"] == {"addresses": [B, C], "waiting_bytes": 120}
    assert view("", sockets, process=None, **worker)["senders"] is None
    assert view("", sockets)["senders"] is None


def test_process_id_file() -> None:
    assert server_process.parse_pid("812\n" + "\0" * 96) == 812
    assert server_process.parse_pid("812") == 812
    assert server_process.parse_pid("\0" * 100) is None
    assert server_process.parse_pid("") is None
    assert server_process.parse_pid("0\n") is None


def test_start_of_a_process() -> None:
    assert server_process.parse_start_ticks("812 (ja) va) S " + " ".join(str(n) for n in range(4, 30))) == 22
    with pytest.raises(ValueError, match="not a line"):
        server_process.parse_start_ticks("x")


def test_only_a_java_process_counts(tmp_path: Path) -> None:
    path = tmp_path / "wso2carbon.pid"
    path.write_text("%d\n" % os.getpid())
    assert server_process.find_process(str(path), None) is None
    assert server_process.find_process(str(tmp_path / "none"), None) is None


def test_time_zone_of_the_server() -> None:
    assert server_process.parse_timezone(b"A=b\0TZ=Asia/Tokyo\0", b"java\0-Xmx1g\0") == "Asia/Tokyo"
    assert server_process.parse_timezone(b"TZ=Asia/Tokyo\0", b"java\0-Duser.timezone=UTC\0") == "UTC"
    assert server_process.parse_timezone(b"TZ=\0", b"java\0") is None


def test_waiting_ends_when_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    answers = iter([{"ok": False}, {"ok": False}, {"ok": True}])
    assert server_view.wait_for(lambda: next(answers), 60) == {"ok": True}
    assert server_view.wait_for(lambda: {"ok": False}, 0) == {"ok": False}


@pytest.mark.parametrize(
    ("seen", "reached"),
    [
        ({"ok": False, "receiving": True, "ha": "passive", "connections": {"9893": 1}}, []),
        ({"ok": True, "receiving": False, "ha": None, "connections": {"9893": 0}}, ["ok"]),
        ({"ok": True, "receiving": True, "ha": "active", "connections": {"9893": 0}}, ["ok", "decided", "receiving"]),
        ({"ok": True, "receiving": False, "ha": "passive", "connections": {"9893": 0}}, ["ok", "decided"]),
        (
            {"ok": True, "receiving": False, "ha": "passive", "connections": {"9893": 1}},
            ["ok", "decided", "synchronised"],
        ),
    ],
)
def test_what_is_waited_for(seen: dict[str, Any], reached: list[str]) -> None:
    states = ["ok", "decided", "receiving", "synchronised"]
    assert [state for state in states if server_view.has_come(seen, state, [7612, 9893])] == reached


def test_default_paths() -> None:
    assert server_view.default_paths("server", "/h") == ("/h/repository/logs/wso2carbon.log", "/h/wso2carbon.pid")
    assert server_view.default_paths("worker", "/h") == (
        "/h/wso2/worker/logs/carbon.log",
        "/h/wso2/worker/runtime.pid",
    )
