# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by systemd around the start of a WSO2 server.

share    before the start: refuse unless the shared file system is there and is this cluster's.
record   before the start, after that: remember what the server is started with, and where its log ends.
stopped  after a stop: remember when.
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
import sys
import time
from typing import Any, Iterator, Mapping, Sequence

# A server that fails before it writes to its log leaves its reason in the journal only.
NO_LINE = "(none)"


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
    """Write data as JSON, at once or not at all."""
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8") as handle:
        json.dump(data, handle, indent=1, sort_keys=True)
    os.replace(temporary, path)


def log_end(path: str) -> list[int]:
    """Inode and size of the log: what the next start writes comes after it."""
    try:
        status = os.stat(path)
    except OSError:
        return [0, 0]
    return [status.st_ino, status.st_size]


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


def is_open(port: int) -> bool:
    """Whether something listens on a port of this host."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


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


def explain(lines: Sequence[str]) -> str:
    """A failure line with what caused it: the exception that follows it, and the innermost one."""
    reason = lines[0].strip()
    if len(lines) > 1 and re.match(r"[\w.$]+(Exception|Error)\b", lines[1]):
        reason += ": " + lines[1].strip()
    for line in lines[1:]:
        if re.match(r"(TID: )?\[", line):
            break
        if line.startswith("Caused by: "):
            caused = line[len("Caused by: ") :].strip()
            reason = reason.split("; caused by ")[0] + "; caused by " + caused
    return reason


def alive(pid: int) -> bool:
    """Whether the process is there."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def wait(config: Mapping[str, Any], state: str, pid: int) -> str | None:
    """None when ready, else the reason why not."""
    with open(os.path.join(state, "log.json"), encoding="utf-8") as handle:
        log = Log(config["log"], *json.load(handle))
    start_line = re.compile(config["start_line"])
    failures = [re.compile(pattern) for pattern in config["failure_lines"]]
    end = time.monotonic() + config["timeout"]
    said = False
    last = NO_LINE
    while time.monotonic() < end:
        lines = log.lines()
        for number, line in enumerate(lines):
            last = line
            if any(pattern.search(line) for pattern in failures):
                return explain(lines[number:])
            said = said or bool(start_line.search(line))
        if said and all(is_open(port) for port in config["ports"]):
            return None
        if not alive(pid):
            return "the server ended while it was starting; its last line: " + last.strip()
        time.sleep(0.2)
    closed = [str(port) for port in config["ports"] if not is_open(port)]
    return "not ready after %d seconds (start line %s, closed ports: %s); its last line: %s" % (
        config["timeout"],
        "seen" if said else "not seen",
        ", ".join(closed) or "none",
        last.strip(),
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
        record(config, state)
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
    with open(os.path.join(state, "reason"), "w", encoding="utf-8") as handle:
        handle.write(reason + "\n")
    sys.stderr.write(reason + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
