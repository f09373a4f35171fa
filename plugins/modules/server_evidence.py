#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running server shows of the assumptions that the collection makes about its pack."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_evidence
short_description: Gather what a running server shows of its pack
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads the log of the present run, the server's process, its scripts and files, and asks its health URL.
  - Only reads. What it all means is for P(identityops.wso2is.fidelity_rows#filter) to say.
options:
  runtime:
    description:
      - V(server) is the Identity Server, V(worker) and V(dashboard) are the runtimes of Identity Server Analytics.
    type: str
    choices: [server, worker, dashboard]
    default: server
  carbon_home:
    description:
      - The release directory.
    type: path
    required: true
  unit:
    description:
      - Name of the systemd unit without its suffix.
    type: str
    required: true
  lines:
    description:
      - Regular expressions by a name of their own; the first line of the log of the present run that matches is
        returned.
    type: dict
    default: {}
  texts:
    description:
      - By a name of their own, C(file) in the carbon home and C(pattern), a regular expression that its text is asked
        for.
    type: dict
    default: {}
  files:
    description:
      - Paths in the carbon home that are asked for.
    type: list
    elements: str
    default: []
  writable:
    description:
      - Paths in the carbon home that the server is known to write.
    type: list
    elements: str
    default: []
  publishers:
    description:
      - Directory in the carbon home with event publishers; how their passwords stand is returned. Empty for none.
    type: str
    default: ""
  health_port:
    description:
      - Port of the health URL on this host.
    type: int
    required: true
  health_path:
    description:
      - Path of the health URL.
    type: str
    required: true
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: none
    details: It changes nothing.
notes:
  - Does not fail when the server is down. Passwords on the command line are masked.
  - The certificate of the health URL is not checked, only that the server answers there.
seealso:
  - module: identityops.wso2is.cluster_view
  - plugin: identityops.wso2is.fidelity_questions
    plugin_type: filter
  - plugin: identityops.wso2is.fidelity_rows
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Gather what the Identity Server shows
  identityops.wso2is.server_evidence:
    carbon_home: /opt/wso2/is/current
    unit: wso2is
    lines: {started: 'WSO2 Carbon started in \d+ sec'}
    writable: [tmp, repository/logs]
    health_port: 9443
    health_path: /api/health-check/v1.0/health
  register: shown
"""

RETURN = r"""
evidence:
  description: What was found.
  returned: always
  type: dict
  contains:
    running:
      description: Whether the process of the process id file runs.
      type: bool
      returned: always
    pid:
      description: Its number; null when it does not run.
      type: int
      returned: always
    command:
      description: Its command line, with passwords masked.
      type: list
      elements: str
      returned: always
    script:
      description: Command line of the process that started it.
      type: list
      elements: str
      returned: always
    supervised:
      description: Whether that process is the main process of O(unit), or a child of it.
      type: bool
      returned: always
    ports:
      description: TCP ports that the process listens on; null when that may not be read.
      type: list
      elements: int
      returned: always
    lines:
      description: The first matching line by the name in O(lines); null without one.
      type: dict
      returned: always
    complete:
      description: Whether all of the log since the start was read.
      type: bool
      returned: always
    refused:
      description: Lines of the log in which the server was refused a file.
      type: list
      elements: str
      returned: always
    texts:
      description: Whether the pattern is found, by the name in O(texts); null when there is no such file.
      type: dict
      returned: always
    files:
      description: Whether each of O(files) is there.
      type: dict
      returned: always
    written:
      description: Files of the server's user in the carbon home, outside O(writable), that changed since the start.
      type: list
      elements: str
      returned: always
    publishers:
      description: By file name, how the password stands (V(encrypted), V(plain)); files without one are left out.
      type: dict
      returned: always
    health:
      description: C(status) and C(body) of the answer; null without one.
      type: dict
      returned: always
    stops:
      description: C(count) of the unit's stops in the journal, and in C(failed) exit statuses that systemd held for
        failures.
      type: dict
      returned: always
"""

import contextlib
import http.client
import os
import re
import ssl
import subprocess
from typing import Any, Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.child import (
    ChildDied,
    ChildTimeout,
    User,
    run_in_child,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.proc_net import LISTEN, read_sockets
from ansible_collections.identityops.wso2is.plugins.module_utils.server_process import (
    Process,
    default_paths,
    find_process,
    text_of_run,
)

LOG_LIMIT = 32 * 1024 * 1024
LISTED = 20
BODY = 2000
SECONDS = 20
REFUSED = re.compile(r"^.*(?:Permission denied|Read-only file system).*$", re.MULTILINE)
SECRET = re.compile(r"(?i)([\w.]*(?:password|passwd|secret)[\w.]*=).*")
PASSWORD = re.compile(r"<property\b([^>]*\bname=\"password\"[^>]*)>[^<]+<")


def command_of(pid: int) -> list[str]:
    """Command line of a process, with passwords masked; nothing when it is gone."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as stream:
            words = stream.read().split(b"\0")
    except OSError:
        return []
    return [SECRET.sub(r"\1***", word.decode("utf-8", "replace")) for word in words if word]


def parent_of(pid: int) -> int:
    """The process that started another one; 0 when it is gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="latin-1") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def links_of(folder: str) -> list[str]:
    """Where the links of a directory lead; those that may not be read are left out."""
    links = []
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            links.append(os.readlink(os.path.join(folder, name)))
    return links


def ports_of(pid: int) -> list[int] | None:
    """TCP ports that a process listens on; none when its files may not be looked at."""
    try:
        owner = os.stat("/proc/%d" % pid)
        user = User(owner.st_uid, owner.st_gid)
        # In a container root may lack the right to look at the processes of others, which their user has.
        links = run_in_child(lambda: links_of("/proc/%d/fd" % pid), SECONDS, user if os.getuid() == 0 else None)
    except (OSError, ChildDied, ChildTimeout):
        return None
    return sorted(
        {entry.local_port for entry in read_sockets() if entry.state == LISTEN and "socket:[%d]" % entry.inode in links}
    )


def first_line(text: str, pattern: str) -> str | None:
    """The first line of a text in which a pattern is found."""
    found = re.search("^.*(?:%s).*$" % pattern, text, re.MULTILINE)
    return found.group(0).strip() if found else None


def text_has(path: str, pattern: str) -> bool | None:
    """Whether a pattern is found in a file; none when it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return bool(re.search(pattern, stream.read(), re.MULTILINE))
    except OSError:
        return None


def written_since(home: str, moment: float, known: Sequence[str], uid: int) -> list[str]:
    """Files of a user below a directory that changed since then, without those below known paths."""
    found: list[str] = []
    for folder, directories, files in os.walk(home):
        inside = os.path.relpath(folder, home)
        directories[:] = [name for name in directories if os.path.normpath(os.path.join(inside, name)) not in known]
        for name in files:
            path = os.path.normpath(os.path.join(inside, name))
            try:
                status = os.lstat(os.path.join(folder, name))
            except OSError:
                continue
            if path not in known and status.st_ctime > moment and status.st_uid == uid:
                found.append(path)
    return sorted(found)


def passwords_in(folder: str) -> dict[str, str]:
    """How the passwords of event publishers stand."""
    found = {}
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".xml"))
    except OSError:
        return {}
    for name in names:
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as stream:
                match = PASSWORD.search(stream.read())
        except OSError:
            continue
        if match:
            found[name] = "encrypted" if 'encrypted="true"' in match.group(1) else "plain"
    return found


def ask(port: int, path: str) -> dict[str, Any] | None:
    """What the server answers on this host; none when it does not."""
    context = ssl.create_default_context()
    # The certificate is for the public name; that it is right is for other checks.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=SECONDS, context=context)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        return {"status": answer.status, "body": answer.read(BODY).decode("utf-8", "replace")}
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def output_of(command: Sequence[str]) -> str:
    """What a program writes; nothing when it cannot be run."""
    try:
        done = subprocess.run(
            list(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def stops_of(unit: str) -> dict[str, Any]:
    """How often a unit was stopped, and with which exit statuses systemd did not agree, by the journal."""
    text = output_of(["journalctl", "--quiet", "--no-pager", "--output=cat", "--unit=" + unit, "_PID=1"])
    stops = re.findall(r"(?ms)^Stopping .*?^Stopped ", text)
    statuses = [number for stop in stops for number in re.findall(r"code=\w+, status=(\d+)", stop)]
    return {"count": len(stops), "failed": sorted({int(number) for number in statuses})}


def uid_of(pid: int) -> int:
    """User number of a process; -1 when it is gone."""
    try:
        return os.stat("/proc/%d" % pid).st_uid
    except OSError:
        return -1


def is_supervised(pid: int, unit: str) -> bool:
    """Whether a process is the main process of a unit or its child."""
    main = output_of(["systemctl", "show", "--property=MainPID", "--value", unit]).strip()
    return main not in ("", "0") and int(main) in (pid, parent_of(pid))


def gather(options: dict[str, Any]) -> dict[str, Any]:
    """All of it; see the documentation of the result."""
    home = options["carbon_home"]
    log, pid_file = default_paths(options["runtime"], home)
    process: Process | None = find_process(pid_file, None)
    text, complete = text_of_run(log, process, LOG_LIMIT)
    known = [os.path.normpath(path) for path in options["writable"]]
    pid = process.pid if process else 0
    return {
        "running": process is not None,
        "pid": process.pid if process else None,
        "command": command_of(pid) if process else [],
        "script": command_of(parent_of(pid)) if process else [],
        "supervised": process is not None and is_supervised(pid, options["unit"] + ".service"),
        "ports": ports_of(pid) if process else [],
        "lines": {name: first_line(text, pattern) for name, pattern in options["lines"].items()},
        "complete": complete,
        "refused": REFUSED.findall(text)[:LISTED],
        "texts": {
            name: text_has(os.path.join(home, entry["file"]), entry["pattern"])
            for name, entry in options["texts"].items()
        },
        "files": {path: os.path.exists(os.path.join(home, path)) for path in options["files"]},
        "written": written_since(home, process.started_at, known, uid_of(pid))[:LISTED] if process else [],
        "publishers": passwords_in(os.path.join(home, options["publishers"])) if options["publishers"] else {},
        "health": ask(options["health_port"], options["health_path"]),
        "stops": stops_of(options["unit"] + ".service"),
    }


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "runtime": {"type": "str", "choices": ["server", "worker", "dashboard"], "default": "server"},
            "carbon_home": {"type": "path", "required": True},
            "unit": {"type": "str", "required": True},
            "lines": {"type": "dict", "default": {}},
            "texts": {"type": "dict", "default": {}},
            "files": {"type": "list", "elements": "str", "default": []},
            "writable": {"type": "list", "elements": "str", "default": []},
            "publishers": {"type": "str", "default": ""},
            "health_port": {"type": "int", "required": True},
            "health_path": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, evidence=gather(module.params))


if __name__ == "__main__":
    main()
