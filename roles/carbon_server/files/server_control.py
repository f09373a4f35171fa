# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by systemd around the start of a WSO2 server.

share    before the start: refuse unless the shared file system is there and is this cluster's.
record   before the start, after that: remember what the server is started with, and where its log ends.
stopped  after a stop: remember when.
idle     asked by a run before a stop: return when no load balancer talks to the server any more.
wait     after it: return when the server is ready, fail with the reason when it will not be.

The vendor's scripts return at once and say nothing of failures, and the JVM stays alive after most of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from typing import Any, Container, Iterator, Mapping, Sequence

# A server that fails before it writes to its log and to its console leaves its reason to systemd.
NO_LINE = "(none)"
LISTEN = "0A"
ESTABLISHED = "01"
# "TID: [-1234] [] [2026-11-22 14:50:00,123]  INFO {class} - text"; Analytics writes no TID
HEAD = re.compile(r"(?:TID: )?\[[^\]]*\] .*?\{[^}]*\}\s+-\s+")
STACK = re.compile(r"\s*(?:at [\w$.<>]+\(|\.\.\. \d+ (?:more|common frames omitted))")
# Time for the rest of an exception to be written.
QUIET_SECONDS = 0.5
# Longer than nginx keeps idle clients after a reload (keepalive_min_timeout), whom it sends where the old file says.
SETTLE_SECONDS = 6


class Refused(Exception):
    """The server must not start. The text is for the operator."""


@contextlib.contextmanager
def service_user(share: Mapping[str, Any] | None) -> Iterator[None]:
    """Work as the service user: a server of NFS may refuse root."""
    if not share or os.geteuid() != 0:
        yield
        return
    groups, gid, uid = os.getgroups(), os.getegid(), os.geteuid()
    os.setgroups([])
    os.setegid(share["gid"])
    os.seteuid(share["uid"])
    try:
        yield
    finally:
        os.seteuid(uid)
        os.setegid(gid)
        os.setgroups(groups)


def mounted_from(path: str) -> str:
    """What is mounted exactly there, or nothing."""
    found = ""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as handle:
        for line in handle:
            left, _dash, right = line.partition(" - ")
            if unescape(left.split()[4]) == path:
                found = unescape(right.split()[1])
    return found


def unescape(text: str) -> str:
    """A path of the kernel's table of mounts."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def check_share(share: Mapping[str, Any] | None) -> None:
    """Refuse a share that is not this cluster's: the server would undeploy everything that it does not find there."""
    if not share:
        return
    path, source = share["path"], mounted_from(os.path.realpath(share["path"]))
    where = path + (" (mounted from %s)" % source if source else " (not a mount point)")
    required = "the share of cluster %s%s" % (
        share["cluster"],
        " from " + share["source"] if share["source"] else "",
    )
    remedy = "; required is %s; mount it at artifact_sync_path, or correct artifact_sync_path" % required
    if share["source"] and source != share["source"]:
        raise Refused("%s is not this cluster's share%s" % (where, remedy))
    try:
        with service_user(share), open(os.path.join(path, share["marker"]), encoding="utf-8") as handle:
            marker = json.load(handle)
    except FileNotFoundError:
        raise Refused("%s has no marker %s%s" % (where, share["marker"], remedy)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise Refused("%s: the marker %s cannot be read: %s%s" % (where, share["marker"], reason, remedy)) from None
    cluster = marker.get("cluster") if isinstance(marker, dict) else None
    if cluster != share["cluster"]:
        raise Refused("%s is the share of cluster %s%s" % (where, cluster, remedy))
    with service_user(share):
        gone = [name for name in share["directories"] if not os.path.isdir(os.path.join(path, name))]
    if gone:
        raise Refused(
            "%s has no directory %s any more, and the server would do without what was in it; "
            "restore it from a backup, or make it empty if that is right" % (where, ", ".join(gone))
        )


def digest(path: str) -> str:
    """SHA-256 of a file; of nothing when it is not there."""
    try:
        with open(path, "rb") as handle:
            return hashlib.sha256(handle.read()).hexdigest()
    except OSError:
        return hashlib.sha256(b"").hexdigest()


def link(path: str) -> str:
    """Where a link leads; nothing when it is none."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def save(path: str, data: Any) -> None:
    """Write data as JSON, at once or not at all; refuse to start where that is not possible."""
    temporary = path + ".new"
    try:
        with open(temporary, "w", encoding="utf-8") as handle:
            json.dump(data, handle, indent=1, sort_keys=True)
        os.replace(temporary, path)
    except OSError as error:
        raise Refused("%s cannot be written: %s" % (path, error.strerror)) from None


def log_end(path: str) -> list[int]:
    """Inode and size of the log: what the next start writes comes after it."""
    try:
        status = os.stat(path)
    except OSError:
        return [0, 0]
    return [status.st_ino, status.st_size]


def check_java(jdk: Mapping[str, Any], home: str) -> None:
    """Refuse a JAVA_HOME that the start script cannot use: it would say so on its console only, or not at all."""
    remedy = "; set %s to a Java %s" % (jdk["variable"], jdk["required"])
    program = os.path.join(home, "bin/java")
    if not home or not os.access(program, os.X_OK):
        raise Refused("JAVA_HOME is %s, where there is no program bin/java%s" % (home or "not set", remedy))
    try:
        said = subprocess.run(
            [program, "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused("JAVA_HOME is %s, whose bin/java does not run: %s%s" % (home, error, remedy)) from None
    version = re.search(r'version "([^"]*)"', said)
    found = version[1] if version else "of an unknown version"
    if not re.match(re.escape(jdk["required"]) + r"(?![0-9])", found) or found in jdk["refused"]:
        raise Refused("JAVA_HOME is %s, which is Java %s%s" % (home, found, remedy))


def wait_until_forgotten(config: Mapping[str, Any], state: str) -> None:
    """Return when the other members no longer count the last heartbeat of the server that was stopped here."""
    path = os.path.join(state, "stopped")
    if not config["rejoin_seconds"] or not os.path.exists(path):
        return
    end = time.monotonic() + config["rejoin_seconds"] + 1
    while time.time() - os.path.getmtime(path) < config["rejoin_seconds"] + 1 and time.monotonic() < end:
        time.sleep(0.2)


def record(config: Mapping[str, Any], state: str) -> None:
    """Remember the digests of what the server reads at its start, and where its log ends."""
    wait_until_forgotten(config, state)
    with open(os.path.join(state, "watched.json"), encoding="utf-8") as handle:
        watched = json.load(handle)
    # systemd gives the server's own environment.
    check_java(config["jdk"], os.environ.get("JAVA_HOME", watched["java_home"]))
    started = {path: digest(path) for path in watched["files"]}
    with service_user(config.get("share")):
        started.update((path, digest(path)) for path in watched.get("shared_files", []))
    started.update((path, link(path)) for path in watched.get("links", []))
    started["release"] = os.path.realpath(watched["current"])
    started["java"] = os.path.realpath(watched["java_home"])
    save(os.path.join(state, "started.json"), started)
    save(os.path.join(state, "log.json"), log_end(config["log"]))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(state, "reason"))


def sockets(state: str) -> Iterator[list[str]]:
    """The rows of the kernel's tables of TCP sockets that are in a state."""
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open("/proc/net/" + name, encoding="ascii") as handle:
            yield from (fields for fields in map(str.split, handle) if len(fields) > 9 and fields[3] == state)


def port_of(address: str) -> int:
    """The port of an address of those tables."""
    return int(address.rpartition(":")[2], 16)


def listeners() -> dict[int, list[tuple[int, int]]]:
    """Inode and user number of what listens on this host, by port."""
    found: dict[int, list[tuple[int, int]]] = {}
    for fields in sockets(LISTEN):
        found.setdefault(port_of(fields[1]), []).append((int(fields[9]), int(fields[7])))
    return found


def names(folder: str) -> list[str]:
    """Entries of a directory; none when it is gone or closed to us."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def holders(inodes: set[int]) -> set[int]:
    """Processes that hold one of the sockets open; who may not be looked at is missing."""
    wanted = {"socket:[%d]" % inode for inode in inodes}
    found = set()
    for pid in filter(str.isdigit, names("/proc")):
        folder = "/proc/%s/fd" % pid
        if any(link(os.path.join(folder, name)) in wanted for name in names(folder)):
            found.add(int(pid))
    return found


def parent(pid: int) -> int:
    """The process that started another one; 0 when it is gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as handle:
            return int(handle.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def belongs(pid: int, server: int) -> bool:
    """Whether a process is the server or was started by it: the start script runs Java as its child."""
    while pid not in (0, server):
        pid = parent(pid)
    return pid == server


def user_of(pid: int) -> int:
    """User number of a process; -1 when it is gone."""
    try:
        return os.stat("/proc/%d" % pid).st_uid
    except OSError:
        return -1


class Ports:
    """Who listens where, at one moment."""

    def __init__(self, server: int) -> None:
        """Look, for a server of this process number."""
        self.server, self.listeners = server, listeners()

    def is_open(self, port: int) -> bool:
        """Whether something listens there."""
        return port in self.listeners

    def others(self, port: int) -> str:
        """Who else than the server listens there; nothing when the server does."""
        entries = self.listeners.get(port, [])
        found = holders({inode for inode, _uid in entries})
        if any(belongs(pid, self.server) for pid in found):
            return ""
        if found:
            return ", ".join("%s (process %d)" % (program(pid), pid) for pid in sorted(found))
        # Without the right to look at foreign processes the socket's user must do.
        strangers = {uid for _inode, uid in entries} - {user_of(self.server)}
        return "a process of user number %d" % min(strangers) if strangers else ""


def program(pid: int) -> str:
    """Name of a process."""
    try:
        with open("/proc/%d/comm" % pid, encoding="utf-8", errors="replace") as handle:
            return handle.read().strip()
    except OSError:
        return "a process that ended"


def addresses(names: Sequence[str]) -> set[str]:
    """IPv4 addresses of hosts, as the kernel writes them. Raises OSError for a name that does not resolve."""
    found = {address for name in names for address in socket.gethostbyname_ex(name)[2]}
    return {"%08X" % int.from_bytes(socket.inet_aton(address), sys.byteorder) for address in found}


def connections(ports: Container[int], peers: Container[str]) -> int:
    """How many established connections to ports of this host come from these addresses."""
    # An IPv4 address in the table of IPv6 stands at the end.
    return sum(
        port_of(fields[1]) in ports and fields[2].rpartition(":")[0][-8:] in peers for fields in sockets(ESTABLISHED)
    )


def idle(config: Mapping[str, Any], seconds: float, peers: Sequence[str]) -> str:
    """Wait until none of the peers talks to the server any more, but not for ever; what was seen at the end."""
    now = time.monotonic()
    end, busy = now + seconds, now
    # Not those of members, which may be on the host of a load balancer.
    ports, talking = {port["number"] for port in config["ports"] if port["must_open"]}, addresses(peers)
    while True:
        count, now = connections(ports, talking), time.monotonic()
        if count:
            busy = now
        elif now >= min(busy + SETTLE_SECONDS, end):
            return "idle"
        if now >= end:
            return "%d connections after %d seconds" % (count, seconds)
        time.sleep(0.2)


class Log:
    """The lines that the server writes after its start."""

    def __init__(self, path: str, inode: int, offset: int) -> None:
        self.path, self.inode, self.offset = path, inode, offset

    def lines(self) -> list[str]:
        """Complete lines that came since the last call."""
        try:
            with open(self.path, "rb") as handle:
                status = os.fstat(handle.fileno())
                if status.st_ino != self.inode or status.st_size < self.offset:
                    # The log was rolled over at the start.
                    self.inode, self.offset = status.st_ino, 0
                handle.seek(self.offset)
                data = handle.read()
        except OSError:
            return []
        end = data.rfind(b"\n") + 1
        self.offset += end
        return data[:end].decode("utf-8", "replace").splitlines()

    def rest(self) -> list[str]:
        """What is still being written: returns when nothing has come for a moment."""
        found: list[str] = []
        end = time.monotonic() + 10 * QUIET_SECONDS
        while time.monotonic() < end:
            time.sleep(QUIET_SECONDS)
            more = self.lines()
            if not more:
                break
            found += more
        return found


def explain(lines: Sequence[str]) -> str:
    """The text of a failure line with what caused it: the exception that follows it, and the innermost one."""
    # Some layouts put the exception behind the text of its line.
    reason = re.sub(r"^(.+?) [\w.$]+(?:Exception|Error): \1$", r"\1", HEAD.sub("", lines[0]).strip())
    inner = [line for line in lines if line.startswith("Caused by: ")][-1:]
    for line in [*lines[1:2], *inner]:
        exception = re.match(r"(?:Caused by: )?([\w.$]+(?:Exception|Error|Fault)\b(?:: (.*))?)", line.strip())
        # Exceptions repeat the words of those that they caused.
        if exception and (not exception[2] or exception[2] not in reason):
            reason += ("; caused by " if line in inner else ": ") + exception[1]
    return reason


def begins(line: str) -> bool:
    """Whether a line of the log begins an entry; others belong to the exception of the one before."""
    return bool(re.match(r"(TID: )?\[", line))


def entry_of(lines: Sequence[str], number: int) -> list[str]:
    """The entry of the log to which a line belongs."""
    first = next((item for item in range(number, -1, -1) if begins(lines[item])), number)
    end = next((item for item in range(number + 1, len(lines)) if begins(lines[item])), len(lines))
    return list(lines[first:end])


def sentence(said: Mapping[str, Any], evidence: str) -> str:
    """What is wrong, where it shows, and what to change."""
    return "%s (%s): %s" % (said["meaning"], evidence, said["remedy"])


def judge(failure: Mapping[str, Any], lines: Sequence[str], ports: Ports) -> str:
    """What a failure line says, with the cause that the lines after it show."""
    text = "\n".join(lines)
    evidence = explain(lines)
    if re.search("BindException|Address already in use", text):
        # Some name the port behind the address, some only the connector.
        for number in dict.fromkeys(re.findall(r"(?m)^\S.*[:-](\d{2,5})\b", text)):
            holder = ports.others(int(number))
            evidence += "; port %s is held by %s" % (number, holder) if holder else ""
    causes = (cause for cause in failure["causes"] if re.search(cause["pattern"], text))
    return sentence(next(causes, failure), evidence)


def console(config: Mapping[str, Any]) -> list[str]:
    """What the server wrote to its console since its start, as the journal has it."""
    invocation = os.environ.get("INVOCATION_ID")
    if not invocation:
        return []
    command = ["journalctl", "--quiet", "--no-pager", "--output=cat", "--unit=" + config["unit"]]
    try:
        subprocess.run(["journalctl", "--sync"], timeout=30, check=False, stderr=subprocess.DEVNULL)
        done = subprocess.run(
            [*command, "_SYSTEMD_INVOCATION_ID=" + invocation],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.decode("utf-8", "replace").splitlines()


def alive(pid: int) -> bool:
    """Whether the process is there."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def first_failure(config: Mapping[str, Any], lines: Sequence[str]) -> tuple[Mapping[str, Any], int] | None:
    """The first line after which a start has failed, and what the release says of it."""
    for number, line in enumerate(lines):
        for failure in config["failures"]:
            if re.search(failure["pattern"], line):
                return failure, number
    return None


def tells(line: str) -> bool:
    """Whether a line says something by itself, as the lines of a stack do not."""
    return bool(line.strip()) and not STACK.match(line)


def ended(config: Mapping[str, Any], pid: int, last: str) -> str:
    """Why a server ended while it was starting."""
    lines = console(config)
    found = first_failure(config, lines)
    if found:
        return judge(found[0], [lines[found[1]]], Ports(pid))
    own = [line for line in lines if tells(line)]
    if last == NO_LINE and own:
        last = own[-1]
    return "the server ended while it was starting; its last line: " + last.strip()


def taken(config: Mapping[str, Any], ports: Ports) -> str:
    """Which port of the server another process holds, and what that means; nothing when none."""
    for port in config["ports"]:
        holder = ports.others(port["number"])
        if holder:
            return sentence(port, "port %d is held by %s" % (port["number"], holder))
    return ""


def closed(config: Mapping[str, Any], ports: Ports) -> list[int]:
    """Ports that the server must open and has not."""
    return [port["number"] for port in config["ports"] if port["must_open"] and not ports.is_open(port["number"])]


def wait(config: Mapping[str, Any], state: str, pid: int) -> str | None:
    """None when ready, else the reason why not."""
    with open(os.path.join(state, "log.json"), encoding="utf-8") as handle:
        log = Log(config["log"], *json.load(handle))
    start_line = re.compile(config["start_line"])
    end = time.monotonic() + config["timeout"]
    said = False
    waits = ""
    last = NO_LINE
    entry: list[str] = []
    while time.monotonic() < end:
        lines = log.lines()
        found = first_failure(config, lines)
        if found:
            failure, number = found
            return judge(failure, entry_of(entry + lines + log.rest(), len(entry) + number), Ports(pid))
        entry = entry_of(entry + lines, len(entry + lines) - 1) if lines else entry
        for line in lines:
            last = line if tells(line) else last
            said = said or bool(start_line.search(line))
            for waiting in config["waiting"]:
                if re.search(waiting["pattern"], line):
                    waits = sentence(waiting, explain([line]))
        ports = Ports(pid)
        if said:
            reason = taken(config, ports)
            if reason:
                return reason
            if not closed(config, ports):
                return None
        if not alive(pid):
            return ended(config, pid, last)
        time.sleep(0.2)
    return "not ready after %d seconds (start line %s, closed ports: %s); %s" % (
        config["timeout"],
        "seen" if said else "not seen",
        ", ".join(map(str, closed(config, Ports(pid)))) or "none",
        waits or "its last line: " + last.strip(),
    )


def main() -> int:
    """Run the action that systemd asks for; the exit status."""
    action, path = sys.argv[1:3]
    with open(path, encoding="utf-8") as handle:
        config = json.load(handle)
    state = config["state"]
    if action == "share":
        try:
            check_share(config.get("share"))
        except Refused as refused:
            return fail(state, str(refused))
        return 0
    if action == "record":
        try:
            record(config, state)
        except Refused as refused:
            return fail(state, str(refused))
        return 0
    if action == "idle":
        try:
            seen = idle(config, float(sys.argv[3]), sys.argv[4:])
        except OSError as error:
            sys.stderr.write(
                "this host cannot resolve one of %s: %s\n" % (", ".join(sys.argv[4:]), error.strerror or error)
            )
            return 1
        sys.stdout.write(seen + "\n")
        return 0
    if action == "stopped":
        with open(os.path.join(state, "stopped"), "w", encoding="utf-8"):
            return 0
    reason = wait(config, state, int(sys.argv[3]))
    if reason is None:
        return 0
    if NO_LINE in reason:
        sys.stderr.write(reason + "\n")
        return 1
    return fail(state, reason)


def fail(state: str, reason: str) -> int:
    """Say why, in the journal and for who asks later; the exit status."""
    path = os.path.join(state, "reason")
    try:
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(reason + "\n")
    except OSError:
        # The disk is full: who asks later reads the journal, where no file is.
        with contextlib.suppress(OSError):
            os.unlink(path)
    sys.stderr.write(reason + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
