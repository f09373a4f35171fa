# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a host."""

from __future__ import annotations

import hashlib
import os
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import (
    child,
    mounts,
    proc_net,
    server_view,
    systemd_units,
)
from ansible_collections.identityops.wso2is.plugins.modules import host_info
from hypothesis import given
from hypothesis import strategies as st

DEFAULTS = {
    "paths": [],
    "listening": False,
    "names": [],
    "java": None,
    "java_home": None,
    "nginx": False,
    "commands": [],
    "units": [],
    "links": [],
    "files": [],
    "digests": [],
    "texts": [],
    "servers": [],
    "users": [],
    "uids": [],
    "groups": [],
    "gids": [],
    "access": [],
    "services": "",
    "timeout": 5,
}

NO_JAVA = {"found": False, "version": None, "output": None, "keytool": False}
DEBIAN = 'NAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nID=debian\n'
ROCKY = 'NAME="Rocky Linux"\nVERSION_ID="9.4"\nID="rocky"\nID_LIKE="rhel centos fedora"\n'
SUSE = 'NAME="SLES"\nVERSION_ID="15.6"\nID="sles"\nID_LIKE="suse"\n'


@pytest.mark.parametrize(
    ("text", "family", "version"),
    [
        (DEBIAN, "debian", "13"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID='24.04'\n", "debian", "24.04"),
        (ROCKY, "redhat", "9.4"),
        ("ID=fedora\nVERSION_ID=42\n", "redhat", "42"),
        (SUSE, "suse", "15.6"),
        ("ID=opensuse-leap\nVERSION_ID=15.6\n", "suse", "15.6"),
        ("ID=haiku\n", "haiku", None),
        ("", None, None),
    ],
)
def test_operating_system(text: str, family: str | None, version: str | None) -> None:
    found = host_info.parse_os_release(text)
    assert (found["family"], found["version"]) == (family, version)


def test_memory() -> None:
    found = host_info.parse_meminfo(
        "MemTotal:       24683520 kB\nMemAvailable:   23410000 kB\nSwapTotal:  0 kB\nHugePages_Total:  0\n"
    )
    assert found == {"total_mb": 24105, "available_mb": 22861, "swap_mb": 0}


def test_memory_limit_files_of_version_2_and_1() -> None:
    assert host_info.memory_limit_files("0::/system.slice/init.scope\n") == [
        "/sys/fs/cgroup/system.slice/init.scope/memory.max",
        "/sys/fs/cgroup/system.slice/memory.max",
        "/sys/fs/cgroup/memory.max",
    ]
    version1 = "12:cpu:/docker/ab\n4:memory:/docker/ab/init.scope\n1:name=systemd:/x\n"
    assert host_info.memory_limit_files(version1) == [
        "/sys/fs/cgroup/memory/docker/ab/init.scope/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ]


def test_a_path_out_of_the_namespace_does_not_leave_the_mount() -> None:
    assert host_info.memory_limit_files("0::/../../x\n")[0] == "/sys/fs/cgroup/x/memory.max"


def test_lowest_limit_counts() -> None:
    assert host_info.lowest_limit_mb(["max\n", None, "4294967296\n", "2147483648\n"]) == 2048
    assert host_info.lowest_limit_mb(["max\n", "9223372036854771712\n", None]) is None


@given(st.one_of(st.none(), st.integers(1, 10**6)), st.one_of(st.none(), st.integers(1, 10**6)))
def test_effective_memory_never_exceeds_what_is_known(total: int | None, limit: int | None) -> None:
    found = host_info.effective_memory_mb(total, limit)
    assert found == min([value for value in (total, limit) if value is not None], default=None)


def test_versions() -> None:
    assert host_info.parse_java_version('openjdk version "1.8.0_432"\nOpenJDK Runtime Environment\n') == "1.8.0_432"
    assert host_info.parse_java_version("Error: could not find libjava.so") is None
    assert host_info.parse_nginx_version("nginx version: nginx/1.30.6 (Debian)") == "1.30.6"


def test_unit_of_a_process() -> None:
    assert host_info.unit_of_cgroup("0::/system.slice/wso2is.service\n") == "wso2is.service"
    assert (
        host_info.unit_of_cgroup("4:memory:/system.slice/a.service\n1:name=systemd:/system.slice/b.service/c\n")
        == "b.service"
    )
    assert host_info.unit_of_cgroup("0::/init.scope\n") is None


TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:24E3 00000000:0000 0A 00000000:00000000 00:00000000 00000000   802        0 4711 1 0 100 0 0 10 0
   1: 15531EAC:0FA0 16531EAC:9C40 01 00000000:00000000 00:00000000 00000000   802        0 4712 1 0 20 4 30 10 -1
   2: bad line
"""
TCP6 = """  sl  local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode
 0: {loopback}:1F90 {any}:0000 0A 00000000:00000000 00:00000000 00000000   0 0 99 1 0
 1: {mapped}15531EAC:0FA0 {mapped}16531EAC:9C41 01 00000000:00000000 00:00000000 00000000 802 0 98 1 0
""".format(loopback="0" * 24 + "01000000", any="0" * 32, mapped="0" * 16 + "FFFF0000")


def test_sockets() -> None:
    listening, established = proc_net.parse_sockets(TCP, "ipv4", "little")
    assert (listening.local_address, listening.local_port, listening.state, listening.uid, listening.inode) == (
        "0.0.0.0",
        9443,
        10,
        802,
        4711,
    )
    assert (established.local_address, established.remote_address, established.remote_port) == (
        "172.30.83.21",
        "172.30.83.22",
        40000,
    )
    assert proc_net.listening_ports([listening, established]) == {9443}


def test_ipv6_sockets_give_mapped_addresses_as_ipv4() -> None:
    first, second = proc_net.parse_sockets(TCP6, "ipv6", "little")
    assert first.local_address == "::1"
    assert (second.local_address, second.remote_address) == ("172.30.83.21", "172.30.83.22")


@given(st.ip_addresses(v=4), st.sampled_from(["little", "big"]))
def test_addresses_in_either_byte_order(address: object, byteorder: str) -> None:
    packed = socket.inet_aton(str(address))
    word = struct.unpack("<I" if byteorder == "little" else ">I", packed)[0]
    assert proc_net.parse_address("%08X" % word, byteorder) == str(address)


def test_own_listening_socket_is_found_with_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = [entry for entry in host_info.read_listening() if entry["port"] == port]
    assert len(found) == 1
    assert found[0]["pid"] == os.getpid()
    assert found[0]["address"] == "127.0.0.1"
    assert found[0]["process"]


def test_the_master_of_several_owners_counts() -> None:
    entry = proc_net.parse_sockets(TCP, "ipv4", "little")[0]
    found = host_info.describe_listening([entry], {4711: 7}, lambda pid: ("nginx", "nginx.service"))
    assert found == [
        {"port": 9443, "address": "0.0.0.0", "family": "ipv4", "pid": 7, "process": "nginx", "unit": "nginx.service"}
    ]


def test_reserved_ports() -> None:
    assert proc_net.parse_port_ranges("9443,9763-9770\n") == [[9443, 9443], [9763, 9770]]
    assert proc_net.parse_port_ranges("\n") == []


MOUNTINFO = r"""22 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw
23 22 0:21 / /mnt/shared\040dir rw,relatime shared:5 - nfs4 nfs.example.org:/is rw,vers=4.2,hard
24 22 0:22 / /mnt/ro ro,relatime - ext4 /dev/vdb rw
25 22 0:23 / /mnt/shared\040dir rw - tmpfs tmpfs rw
garbage
"""


def test_mounts() -> None:
    found = mounts.parse_mountinfo(MOUNTINFO)
    assert [mount.fs_type for mount in found] == ["ext4", "nfs4", "ext4", "tmpfs"]
    assert "hard" in found[1].options
    assert "ro" in found[2].options
    assert "rw" not in found[2].options
    # the later mount hides the earlier one
    assert mounts.mount_of("/mnt/shared dir/x", found).fs_type == "tmpfs"
    assert mounts.mount_of("/mnt/sharedness", found).mount_point == "/"
    assert mounts.is_mount_point("/mnt/shared dir", found)
    assert not mounts.is_mount_point("/mnt/shared dir/x", found)
    assert mounts.is_mount_point("/", found)


SHOW = """Id=wso2is.service
LoadState=loaded
UnitFileState=enabled
ActiveState=active
SubState=running
Result=success
MainPID=812
NRestarts=1
ExecMainStartTimestampMonotonic=5000000
EnvironmentFiles=/etc/wso2/is.env (ignore_errors=no)
EnvironmentFiles=/etc/wso2/more.env (ignore_errors=yes)
FragmentPath=/etc/systemd/system/wso2is.service
NeedDaemonReload=no

Id=nope.service
LoadState=not-found
ActiveState=inactive
SubState=dead
MainPID=0
ExecMainStartTimestampMonotonic=0
"""


def test_units() -> None:
    first, second = systemd_units.parse_show(SHOW, 1000.0)
    assert first["started_at"] == 1005.0
    assert first["environment_files"] == ["/etc/wso2/is.env", "/etc/wso2/more.env"]
    assert (first["main_pid"], first["restarts"], first["needs_daemon_reload"]) == (812, 1, False)
    assert (second["load_state"], second["main_pid"], second["started_at"], second["environment_files"]) == (
        "not-found",
        None,
        None,
        [],
    )


def test_units_without_systemd_are_null() -> None:
    assert systemd_units.show_units(["a.service"], systemctl="/nonexistent/systemctl") == {"a.service": None}
    assert systemd_units.show_units([]) == {}


def test_a_child_that_hangs_is_given_up() -> None:
    began = time.monotonic()
    assert host_info.bounded(lambda: time.sleep(30), 0.2) is None
    assert time.monotonic() - began < 5


def test_a_child_passes_results_and_errors() -> None:
    assert child.run_in_child(lambda: {"a": [1, None]}) == {"a": [1, None]}
    with pytest.raises(FileNotFoundError):
        child.run_in_child(lambda: os.stat("/nonexistent").st_uid)
    with pytest.raises(child.ChildDied):
        child.run_in_child(lambda: os._exit(3))


def test_digests(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * (3 << 20))
    paths = [str(tmp_path / name) for name in ("file", "absent", ".", "file/below")]

    found = host_info.read_host(dict(DEFAULTS, digests=paths))["digests"]

    assert found == {
        paths[0]: hashlib.sha256(b"x" * (3 << 20)).hexdigest(),
        **dict.fromkeys(paths[1:]),
    }


def test_paths_links_and_files(tmp_path: object) -> None:
    base = str(tmp_path)
    os.symlink("releases/one", base + "/current")
    with open(base + "/file", "w", encoding="ascii") as stream:
        stream.write("text")
    os.chmod(base + "/file", 0o640)
    wanted = dict(
        DEFAULTS, paths=[base + "/a/b"], links=[base + "/current", base + "/file"], files=[base + "/file", base + "/no"]
    )
    host = host_info.read_host(wanted)
    path = host["paths"][base + "/a/b"]
    assert not path["exists"]
    assert path["nearest"] == os.path.realpath(base)
    assert 0 < path["free_mb"] <= path["total_mb"]
    assert host["links"][base + "/current"] == {
        "is_link": True,
        "target": "releases/one",
        "resolved": None,
        "exists": False,
    }
    assert host["links"][base + "/file"]["is_link"] is False
    assert host["files"][base + "/file"]["mode"] == "0640"
    assert host["files"][base + "/file"]["type"] == "file"
    assert host["files"][base + "/no"]["exists"] is False


def test_everything_missing_is_null_and_nothing_fails() -> None:
    wanted = dict(
        DEFAULTS,
        paths=["/nonexistent/x"],
        listening=True,
        names=["host.invalid", "localhost"],
        java_home="/nonexistent",
        nginx=True,
        commands=["no-such-program", "sh"],
        units=["no-such.service"],
        links=["/nonexistent"],
        files=["/etc/passwd/x"],
        users=["no-such-user", "root"],
        uids=[0, 54321],
        groups=["no-such-group"],
        gids=[0, 54321],
    )
    host = host_info.read_host(wanted)
    assert host["java"] == {**NO_JAVA, "path": "/nonexistent/bin/java"}
    assert host["names"]["host.invalid"] == []
    assert "127.0.0.1" in host["names"]["localhost"]
    assert host["commands"]["no-such-program"] is None
    assert host["commands"]["sh"]
    assert host["users"]["no-such-user"] is None
    assert host["users"]["root"]["uid"] == 0
    assert host["uids"] == {"0": "root", "54321": None}
    assert host["groups"] == {"no-such-group": None}
    assert host["gids"]["54321"] is None
    assert host["files"]["/etc/passwd/x"]["exists"] is False
    assert host["clock"] == pytest.approx(time.time(), abs=10)
    assert host["memory_mb"] > 0


def test_java_that_answers(tmp_path: object) -> None:
    program = str(tmp_path) + "/java"
    with open(program, "w", encoding="ascii") as stream:
        stream.write('#!/bin/sh\necho "openjdk version \\"1.8.0_151\\"" >&2\n')
    os.chmod(program, 0o755)
    assert host_info.read_java(program, "/elsewhere", 5)["version"] == "1.8.0_151"


class TestWhatAChildReads:
    """The same functions without the child around them."""

    def test_paths(self, tmp_path: Path) -> None:
        found = host_info.describe_path(str(tmp_path / "absent/deep"), mounts.read_mounts())
        assert (found["exists"], found["nearest"]) == (False, str(tmp_path))
        assert found["total_mb"] >= found["free_mb"] >= 0
        found = host_info.describe_path(str(tmp_path), [])
        assert (found["exists"], found["mount_point"], found["is_mount"], found["options"]) == (True, None, False, [])

    def test_links(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("absent")
        assert host_info.describe_link(str(tmp_path / "link")) == {
            "is_link": True,
            "target": "absent",
            "resolved": None,
            "exists": False,
        }
        assert host_info.describe_link(str(tmp_path))["resolved"] == os.path.realpath(tmp_path)

    def test_files(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("abc")
        (tmp_path / "file").chmod(0o640)
        found = host_info.describe_file(str(tmp_path / "file"))
        assert (found["type"], found["mode"], found["size"], found["uid"]) == ("file", "0640", 3, os.getuid())
        for path in ("absent", "file/below"):
            assert host_info.describe_file(str(tmp_path / path))["exists"] is False

    def test_names_that_cannot_be_one(self) -> None:
        assert host_info.resolve("a" * 300) == []
        assert "127.0.0.1" in host_info.resolve("127.0.0.1")

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        assert host_info.read_text(str(tmp_path)) is None
        assert host_info.read_text("a\0b") is None


class TestPrograms:
    def program(self, folder: Path, name: str, text: str) -> str:
        path = folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return str(path)

    def test_a_program_that_hangs_or_cannot_run(self, tmp_path: Path) -> None:
        assert host_info.run_version([self.program(tmp_path, "slow", "exec sleep 60\n")], 0.1) is None
        assert host_info.run_version([str(tmp_path / "absent")], 1) is None

    def test_java(self, tmp_path: Path) -> None:
        assert host_info.read_java(None, None, 1) is None
        found = host_info.read_java(None, str(tmp_path), 1)
        assert found == {**NO_JAVA, "path": str(tmp_path / "bin/java")}

    def test_nginx(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(host_info, "SEARCH_PATH", ())
        assert host_info.read_nginx(5) is None
        path = self.program(tmp_path, "nginx", "echo nginx version: nginx/1.30.1 >&2\n")
        assert host_info.read_nginx(5) == {"path": path, "version": "1.30.1", "output": "nginx version: nginx/1.30.1"}


def test_a_limit_above_the_memory_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "/proc/meminfo": "MemTotal: 2097152 kB\n",
        "/proc/1/cgroup": "nonsense\n4:cpu:/x\n0::/\n",
        "/sys/fs/cgroup/memory.max": "%d\n" % (4 << 30),
    }
    monkeypatch.setattr(host_info, "read_text", texts.get)
    assert host_info.read_memory()["limit_mb"] is None
    texts["/sys/fs/cgroup/memory.max"] = "%d\n" % (1 << 30)
    assert host_info.read_memory()["limit_mb"] == 1024


def test_a_name_that_hangs_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def bounded(work: object, _seconds: float, *given: str) -> list[str] | None:
        asked.append(given)
        return None if given in ((), ("slow",)) else ["192.0.2.1"]

    monkeypatch.setattr(host_info, "bounded", bounded)
    assert host_info.read_names(["slow", "is1"], 1) == {"slow": None, "is1": ["192.0.2.1"]}
    assert asked == [(), ("slow",), ("is1",)]


def server_at(home: Path, *directories: str) -> dict[str, Any]:
    return {"name": "is", "runtime": "server", "carbon_home": str(home), "directories": list(directories)}


def test_a_share_that_hangs_hides_nothing_else_of_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {**DEFAULTS, "servers": [server_at(tmp_path, "/", str(tmp_path / "absent"))]}
    seen = host_info.read_host(wanted)["servers"]["is"]
    assert (seen["gone"], seen["reasons"][1:]) == (
        [str(tmp_path / "absent")],
        [f"the directory {tmp_path}/absent is gone"],
    )
    monkeypatch.setattr(server_view.os.path, "isdir", lambda _path: time.sleep(60))
    found = host_info.read_host({**wanted, "timeout": 1})["servers"]["is"]
    reasons = ["the server does not run", "the shared directories do not answer"]
    assert found == {**seen, "ok": False, "gone": [], "reasons": reasons}
    assert (
        host_info.read_host({**wanted, "servers": [server_at(tmp_path)], "timeout": 1})["servers"]["is"]["gone"] == []
    )


def test_a_server_that_cannot_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_info, "bounded", lambda *_given: None)
    assert host_info.describe_server(server_at(tmp_path, "/"), 1) is None


def test_work_that_fails_or_takes_too_long_gives_nothing() -> None:
    assert host_info.bounded(lambda: time.sleep(60), 0.1) is None
    assert host_info.bounded(os.stat, 5, "/absent") is None


def test_a_system_that_does_not_say_which_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert host_info.cpu_count() == os.cpu_count()


WANTED = {"names": ["here", "absent"], "uid": os.getuid(), "gid": os.getgid()}


class TestAccess:
    """Who may write where; root may everywhere, so that is asked of the kernel for the user."""

    def test_allowed(self, tmp_path: Path) -> None:
        (tmp_path / "here").mkdir()
        found = host_info.describe_access({**WANTED, "path": str(tmp_path)}, 5)
        assert found == {"exists": True, "refused": []}

    def test_absent(self, tmp_path: Path) -> None:
        found = host_info.describe_access({**WANTED, "path": str(tmp_path / "x")}, 5)
        assert found == {"exists": False, "refused": []}

    def test_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "here").mkdir()
        closed: set[str] = set()
        monkeypatch.setattr(os, "access", lambda path, _rights: str(path) not in closed)
        path = str(tmp_path)
        assert host_info.refused_paths(path, ["here"]) == []
        closed = {path}
        assert host_info.refused_paths(path, ["here"]) == []
        assert host_info.refused_paths(path, ["here", "absent"]) == [path]
        assert host_info.refused_paths(path, []) == [path]
        closed = {path + "/here"}
        assert host_info.refused_paths(path, ["here", "absent"]) == [path + "/here"]

    def test_what_root_makes_for_the_user(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        as_user: list[bool] = []

        def run(work: Callable[[], Any], _seconds: float, user: child.User | None = None) -> Any:
            as_user.append(user is not None)
            return work()

        def access(path: str, rights: int) -> bool:
            return not as_user[-1] or (path == str(tmp_path) and rights == os.X_OK)

        monkeypatch.setattr(host_info, "run_in_child", run)
        monkeypatch.setattr(host_info, "bounded", lambda work, _seconds, *given: work(*given))
        monkeypatch.setattr(os, "access", access)
        wanted = {**WANTED, "path": str(tmp_path)}
        assert host_info.describe_access(wanted, 5) == {"exists": True, "refused": []}
        (tmp_path / "here").mkdir()
        assert host_info.describe_access(wanted, 5) == {"exists": True, "refused": [str(tmp_path / "here")]}

    def test_no_answer(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(host_info, "bounded", lambda *_given: None)
        assert host_info.describe_access({**WANTED, "path": str(tmp_path)}, 5) is None
        monkeypatch.setattr(host_info, "bounded", lambda *_given: True)

        def hangs(*_given: object) -> None:
            raise child.ChildTimeout

        monkeypatch.setattr(host_info, "run_in_child", hangs)
        assert host_info.describe_access({**WANTED, "path": str(tmp_path)}, 5) is None
