#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what preflight and the roles need to know of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: What a host offers to WSO2 Identity Server, in one execution
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads memory, disks, ports, names, Java, systemd units, users, files and servers of a host. Only
    what an option asks for is read, besides the operating system, memory, CPUs and clock, which cost nothing.
  - Never changes the host and never fails because something is missing there. What could not be read is reported as
    null.
  - A path on a network file system that does not answer counts as unreadable after O(timeout) seconds.
options:
  paths:
    description:
      - Paths whose file system is wanted. A path need not exist, the nearest existing parent stands for it.
    type: list
    elements: path
    default: []
  listening:
    description:
      - Report the listening TCP ports with the process and the systemd unit behind them.
    type: bool
    default: false
  names:
    description:
      - Host names to resolve on this host, as its programs do (hosts file included).
    type: list
    elements: str
    default: []
  java:
    description:
      - A C(java) program, as a path or a name to be searched in the PATH. Takes precedence over O(java_home).
    type: str
  java_home:
    description:
      - A Java home whose C(bin/java) is asked for its version.
    type: path
  nginx:
    description:
      - Report the version of nginx.
    type: bool
    default: false
  commands:
    description:
      - Names of programs to look for in the PATH and the system's C(sbin) folders.
    type: list
    elements: str
    default: []
  units:
    description:
      - systemd units, all asked in one call.
    type: list
    elements: str
    default: []
  links:
    description:
      - Symbolic links to read.
    type: list
    elements: path
    default: []
  files:
    description:
      - Files and directories whose existence, owner and mode are wanted.
    type: list
    elements: path
    default: []
  digests:
    description:
      - Files whose SHA-256 is wanted.
    type: list
    elements: path
    default: []
  texts:
    description:
      - Small text files to read, of which the first 64 KiB count.
    type: list
    elements: path
    default: []
  servers:
    description:
      - Servers to look at, as P(identityops.wso2is.cluster_view#module) does it, which documents the suboptions.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the server is called in the result.
        type: str
        required: true
      runtime:
        description: The runtime.
        type: str
        choices: [server, worker, dashboard]
        default: server
      carbon_home:
        description: The release directory.
        type: path
        required: true
      members:
        description: The members that the cluster must have.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: What the member is called.
            type: str
            required: true
          address:
            description: Its address.
            type: str
            required: true
          port:
            description: Its Hazelcast port.
            type: int
            default: 4000
      local:
        description: Name of this node among the members.
        type: str
      directories:
        description: Directories that must be there.
        type: list
        elements: path
        default: []
      ready_ports:
        description: TCP ports that must be open.
        type: list
        elements: int
  users:
    description:
      - User names to look up.
    type: list
    elements: str
    default: []
  uids:
    description:
      - User numbers to look up, to find out whether another user has them.
    type: list
    elements: int
    default: []
  groups:
    description:
      - Group names to look up.
    type: list
    elements: str
    default: []
  gids:
    description:
      - Group numbers to look up.
    type: list
    elements: int
    default: []
  access:
    description:
      - Directories in which a user is to write. Nothing is written, the kernel is asked as that user.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The directory.
        type: path
        required: true
      names:
        description: What the user is to write in below it. What is not there would have to be made.
        type: list
        elements: str
        default: []
      uid:
        description: Number of the user.
        type: int
        required: true
      gid:
        description: Number of its group.
        type: int
        required: true
  services:
    description:
      - Services that this host is to reach, packed into one string because it may hold passwords, as the filter
        P(identityops.wso2is.host_questions#filter) does it.
      - A list of dictionaries with C(id), C(kind) (C(tcp), C(tls), C(postgresql) or C(ldap)) and C(places), pairs of
        host and port of which the first that answers counts. Of C(tls) the certificate for C(server_name) is read.
      - Databases and directories are logged in to with C(username) and C(password); C(name) is the database,
        C(describe) says whether it is to be described, C(tls) whether a directory begins with TLS (C(first)) or is
        asked for it (C(start)).
    type: str
    default: ''
  timeout:
    description:
      - Seconds after which a path, a name, a program or a service that does not answer counts as unreadable.
    type: int
    default: 10
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: none
    details: It changes nothing.
notes:
  - Does not fail.
seealso:
  - plugin: identityops.wso2is.host_questions
    plugin_type: filter
  - plugin: identityops.wso2is.host_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read what the checks need
  identityops.wso2is.host_info:
    paths: [/opt/wso2/is, /mnt/wso2is-shared]
    listening: true
    names: [is1.example.org, login.example.org]
    java_home: /usr/lib/jvm/java-8-openjdk-amd64
    units: [wso2is.service]
    links: [/opt/wso2/is/current]
    users: [wso2carbon]
    uids: [802]
  register: host_info
"""

RETURN = r"""
host:
  description: What was read. A part that no option asked for is empty or null.
  returned: always
  type: dict
  contains:
    os:
      description: Identification of the operating system.
      type: dict
      returned: always
      sample: {id: debian, family: debian, name: Debian GNU/Linux, version: "13", codename: trixie, kernel: 6.12.0,
        architecture: x86_64}
    hostname:
      description: Name of the host.
      type: str
      returned: always
    memory_mb:
      description: Memory in MB that counts, the lower of the machine's and the limit of its control group.
      type: int
      returned: always
    memory:
      description: Both values in MB (C(limit_mb) is null without a limit), and what is available now.
      type: dict
      returned: always
      sample: {total_mb: 24102, limit_mb: 4096, available_mb: 3100, swap_mb: 0}
    cpus:
      description: Number of CPUs that programs may use.
      type: int
      returned: always
    clock:
      description: Seconds since 1970 by the host's clock, read last.
      type: float
      returned: always
    clock_before:
      description: The same, read before everything else.
      type: float
      returned: always
    control_clock:
      description: The control node's clock before the module was sent, and when its answer was there. Null in
        a task with C(async).
      type: list
      elements: float
      returned: always
      sample: [1790000000.1, 1790000001.9]
    paths:
      description: By path; null when it does not answer.
      type: dict
      returned: always
      sample:
        /opt/wso2/is:
          exists: false
          nearest: /opt
          free_mb: 20000
          total_mb: 40000
          mount_point: /
          is_mount: false
          fs_type: ext4
          source: /dev/vda1
          options: [rw, relatime]
    listening:
      description: Listening TCP sockets by port number. Null when not asked for.
      type: list
      elements: dict
      returned: always
      sample: [{port: 9443, address: 0.0.0.0, family: ipv4, pid: 812, process: java, unit: wso2is.service}]
    port_range:
      description: The kernel's range for outgoing connections and the ranges reserved from it.
      type: dict
      returned: always
      sample: {first: 32768, last: 60999, reserved: [[9443, 9443]]}
    names:
      description: Addresses by name. Empty when the name does not resolve, null when there was no answer in time.
      type: dict
      returned: always
      sample: {is1.example.org: [192.0.2.21]}
    java:
      description: The Java that was asked for; null when none was. C(version) is null when it did not run.
        C(keytool) says whether it is beside it.
      type: dict
      returned: always
      sample: {path: /usr/bin/java, found: true, version: 1.8.0_432, output: openjdk version "1.8.0_432", keytool: true}
    nginx:
      description: The nginx on the host; null when there is none or it was not asked for.
      type: dict
      returned: always
      sample: {path: /usr/sbin/nginx, version: 1.30.6, output: "nginx version: nginx/1.30.6"}
    commands:
      description: Path by program, null when it is not there.
      type: dict
      returned: always
      sample: {psql: /usr/bin/psql, unzip: null}
    units:
      description: By unit; null when systemd does not answer.
      type: dict
      returned: always
      sample:
        wso2is.service:
          id: wso2is.service
          load_state: loaded
          unit_file_state: enabled
          active_state: active
          sub_state: running
          result: success
          main_pid: 812
          restarts: 0
          started_at: 1790000000.5
          environment_files: [/etc/wso2/is.env]
          fragment_path: /etc/systemd/system/wso2is.service
          needs_daemon_reload: false
    links:
      description: By path; C(target) is the text of the link, C(resolved) where it leads in the end.
      type: dict
      returned: always
      sample: {/opt/wso2/is/current: {is_link: true, target: releases/wso2is-5.8.0-0123456789ab, resolved:
        /opt/wso2/is/releases/wso2is-5.8.0-0123456789ab, exists: true}}
    files:
      description: By path; null when it does not answer.
      type: dict
      returned: always
      sample: {/opt/wso2: {exists: true, type: directory, mode: "0755", size: 4096, uid: 0, gid: 0, owner: root,
        group: root, mtime: 1790000000.5}}
    digests:
      description: SHA-256 by path; null when there is no such file or it cannot be read.
      type: dict
      returned: always
      sample: {/opt/wso2/is/current/repository/components/dropins/x.jar:
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}
    texts:
      description: By path; null when there is no such file or it cannot be read.
      type: dict
      returned: always
      sample: {/etc/nginx/wso2is/nodes.conf: 'upstream wso2is {}'}
    servers:
      description: By name, what P(identityops.wso2is.cluster_view#module) returns in
        RV(identityops.wso2is.cluster_view#module:view); null when there was no answer in time. Directories that do
        not answer cost only what is said of them, and are a reason.
      type: dict
      returned: always
      sample: {is: {ok: true, running: true, ready: true, live: [is1, is2]}}
    users:
      description: By name; null when there is no such user.
      type: dict
      returned: always
      sample: {wso2carbon: {uid: 802, gid: 802, group: wso2, home: /var/lib/wso2, shell: /usr/sbin/nologin}}
    uids:
      description: User name by number, null when it is free. The numbers are text, as keys of JSON are.
      type: dict
      returned: always
      sample: {"802": wso2carbon}
    groups:
      description: Number by group name, null when there is no such group.
      type: dict
      returned: always
      sample: {wso2: 802}
    gids:
      description: Group name by number, null when it is free.
      type: dict
      returned: always
      sample: {"802": wso2}
    access:
      description: By directory, whether it is there and where the user may not write; null when it does not answer.
      type: dict
      returned: always
      sample: {/mnt/wso2is-shared: {exists: true, refused: [/mnt/wso2is-shared/userstores]}}
    services:
      description: By id. C(unreachable) says why, or is empty; C(seconds) is how long the answer took. C(refused) and
        C(code) are there when the login was refused, C(certificate_ends) (seconds since 1970) of C(tls); the rest
        describes a database.
      type: dict
      returned: always
      sample:
        user:
          unreachable: ''
          seconds: 0.012
          version: '17.5'
          encoding: UTF8
          max_connections: 100
          reserved_connections: 3
          schema: public
          creates: true
          tables: [um_tenant]
          tables_without_rights: []
"""

import grp
import hashlib
import os
import platform
import pwd
import re
import shutil
import socket
import stat
import subprocess
import time
from typing import Any, Callable, Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from ansible_collections.identityops.wso2is.plugins.module_utils.child import (
    ChildDied,
    ChildTimeout,
    User,
    run_in_child,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.mounts import (
    Mount,
    is_mount_point,
    mount_of,
    read_mounts,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.proc_net import (
    LISTEN,
    Socket,
    parse_port_ranges,
    read_sockets,
    socket_owners,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.server_view import look, look_at_directories
from ansible_collections.identityops.wso2is.plugins.module_utils.services import ask_all
from ansible_collections.identityops.wso2is.plugins.module_utils.systemd_units import show_units

# the kernel writes "no limit" of cgroup v1 as the largest multiple of a page; nothing real comes near
NO_LIMIT = 1 << 60
TEXT_LIMIT = 64 << 10
SEARCH_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
FAMILIES = ("debian", "rhel", "fedora", "suse", "alpine", "arch")


def parse_os_release(text: str) -> dict[str, Any]:
    """Identify the operating system.

    :param text: Content of /etc/os-release.
    :returns: `id`, `family` (debian, redhat, suse, alpine, arch or the id), `name`, `version`, `codename`.
    """
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            value = value.strip()
            if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            values[name] = re.sub(r"\\(.)", r"\1", value)
    own = values.get("ID", "")
    like = [own, *values.get("ID_LIKE", "").split()]
    found = next(
        (family for family in FAMILIES if any(name == family or name.startswith("open" + family) for name in like)),
        None,
    )
    family = {"rhel": "redhat", "fedora": "redhat", None: own or None}.get(found, found)
    return {
        "id": own or None,
        "family": family,
        "name": values.get("NAME"),
        "version": values.get("VERSION_ID"),
        "codename": values.get("VERSION_CODENAME"),
    }


def parse_meminfo(text: str) -> dict[str, int | None]:
    """Read /proc/meminfo.

    :returns: `total_mb`, `available_mb` and `swap_mb`.
    """
    values = {name: int(size) // 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    return {
        "total_mb": values.get("MemTotal"),
        "available_mb": values.get("MemAvailable"),
        "swap_mb": values.get("SwapTotal"),
    }


def memory_limit_files(cgroup: str, mountpoint: str = "/sys/fs/cgroup") -> list[str]:
    """Files that may limit the memory of a process, from its control group up to the root.

    :param cgroup: Content of /proc/PID/cgroup.
    :param mountpoint: Where the control groups are mounted.
    """
    files: list[str] = []
    for line in cgroup.splitlines():
        parts = line.split(":", 2)
        if len(parts) != 3:
            continue
        number, controllers, path = parts
        if number == "0" and not controllers:
            root, name = mountpoint, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = os.path.join(mountpoint, "memory"), "memory.limit_in_bytes"
        else:
            continue
        steps = [step for step in path.split("/") if step not in ("", "..")]
        files.extend(os.path.join(root, *steps[:count], name) for count in range(len(steps), -1, -1))
    return files


def lowest_limit_mb(contents: Sequence[str | None]) -> int | None:
    """The lowest limit among the contents of limit files, in MB; none when nothing limits."""
    limits = [int(text) for text in contents if text and text.strip().isdigit()]
    limits = [limit for limit in limits if 0 < limit < NO_LIMIT]
    return min(limits) // (1024 * 1024) if limits else None


def effective_memory_mb(total: int | None, limit: int | None) -> int | None:
    """What a service can use: the machine's memory or the limit, whichever is lower, in MB."""
    known = [value for value in (total, limit) if value is not None]
    return min(known) if known else None


def parse_java_version(output: str) -> str | None:
    """The version in the output of ``java -version``."""
    match = re.search(r'version "([^"]+)"', output)
    return match.group(1) if match else None


def parse_nginx_version(output: str) -> str | None:
    """The version in the output of ``nginx -v``."""
    match = re.search(r"nginx/([0-9][0-9.]*)", output)
    return match.group(1) if match else None


def unit_of_cgroup(text: str) -> str | None:
    """The systemd service a process belongs to, from its /proc/PID/cgroup."""
    names = [step for line in text.splitlines() for step in line.split(":")[-1].split("/") if step.endswith(".service")]
    return names[-1] if names else None


def describe_listening(
    sockets: Sequence[Socket], owners: dict[int, int], process: Callable[[int], tuple[str | None, str | None]]
) -> list[dict[str, Any]]:
    """Listening sockets as plain data, by port.

    :param sockets: TCP sockets of the host.
    :param owners: Process id by inode.
    :param process: Gives name and systemd unit of a process id.
    """
    found = []
    for entry in sorted(set(sockets), key=lambda item: (item.local_port, item.family, item.local_address)):
        if entry.state != LISTEN:
            continue
        pid = owners.get(entry.inode)
        name, unit = process(pid) if pid is not None else (None, None)
        found.append(
            {
                "port": entry.local_port,
                "address": entry.local_address,
                "family": entry.family,
                "pid": pid,
                "process": name,
                "unit": unit,
            }
        )
    return found


def read_text(path: str) -> str | None:
    """Content of a small file; none when it is not readable."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except (OSError, ValueError):
        return None


def text_of(path: str) -> str:
    """The beginning of a file. Raises OSError."""
    with open(path, "rb") as stream:
        return stream.read(TEXT_LIMIT).decode("utf-8", "replace")


def describe_path(path: str, mounts: Sequence[Mount]) -> dict[str, Any]:
    """The file system under a path or under its nearest existing parent."""
    resolved = os.path.realpath(path)
    nearest = resolved
    while not os.path.isdir(nearest) and nearest != "/":
        nearest = os.path.dirname(nearest)
    size = os.statvfs(nearest)
    mount = mount_of(nearest, mounts)
    unit = size.f_frsize / (1024.0 * 1024.0)
    return {
        "exists": os.path.exists(path),
        "nearest": nearest,
        "free_mb": int(size.f_bavail * unit),
        "total_mb": int(size.f_blocks * unit),
        "mount_point": mount.mount_point if mount else None,
        "is_mount": is_mount_point(resolved, mounts),
        "fs_type": mount.fs_type if mount else None,
        "source": mount.source if mount else None,
        "options": list(mount.options) if mount else [],
    }


def describe_link(path: str) -> dict[str, Any]:
    """A symbolic link and where it leads."""
    is_link = os.path.islink(path)
    return {
        "is_link": is_link,
        "target": os.readlink(path) if is_link else None,
        "resolved": os.path.realpath(path) if os.path.exists(path) else None,
        "exists": os.path.exists(path),
    }


def describe_file(path: str) -> dict[str, Any]:
    """Existence, kind, owner and mode of a path, links followed."""
    empty = dict.fromkeys(("type", "mode", "size", "uid", "gid", "owner", "group", "mtime"))
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return dict(empty, exists=False)
    except NotADirectoryError:
        return dict(empty, exists=False)
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISSOCK, "socket"))
    return {
        "exists": True,
        "type": next((name for test, name in kinds if test(found.st_mode)), "other"),
        "mode": "%04o" % stat.S_IMODE(found.st_mode),
        "size": found.st_size,
        "uid": found.st_uid,
        "gid": found.st_gid,
        "owner": user_name(found.st_uid),
        "group": group_name(found.st_gid),
        "mtime": found.st_mtime,
    }


def file_digest(path: str) -> str | None:
    """SHA-256 of a regular file; none when there is none. Raises OSError."""
    if not os.path.isfile(path):
        return None
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def describe_user(name: str) -> dict[str, Any] | None:
    """Numbers, home and shell of a user."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return {
        "uid": entry.pw_uid,
        "gid": entry.pw_gid,
        "group": group_name(entry.pw_gid),
        "home": entry.pw_dir,
        "shell": entry.pw_shell,
    }


def user_name(uid: int) -> str | None:
    """Name of a user number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return None


def group_name(gid: int) -> str | None:
    """Name of a group number."""
    try:
        return grp.getgrgid(gid).gr_name
    except (KeyError, OverflowError):
        return None


def group_number(name: str) -> int | None:
    """Number of a group name."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def resolve(name: str) -> list[str]:
    """Addresses of a name; empty when it has none."""
    try:
        found = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return []
    return sorted({str(entry[4][0]) for entry in found})


def bounded(work: Callable[..., Any], seconds: float, *given: Any) -> Any:
    """The result of the work, or none when it fails or takes too long."""
    try:
        return run_in_child(lambda: work(*given), seconds)
    except (ChildTimeout, ChildDied, OSError):
        return None


def find_command(name: str) -> str | None:
    """Where a program is; the system's sbin folders count although a user's PATH may lack them."""
    search = os.environ.get("PATH", "").split(os.pathsep) + list(SEARCH_PATH)
    return shutil.which(name, path=os.pathsep.join(search))


def run_version(command: Sequence[str], seconds: float) -> str | None:
    """What a program says about its version, on either stream."""
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def read_java(program: str | None, home: str | None, seconds: float) -> dict[str, Any] | None:
    """Version of a Java, by program or by home."""
    if not program and not home:
        return None
    wanted = program or os.path.join(str(home), "bin", "java")
    path = find_command(wanted)
    output = run_version([path, "-version"], seconds) if path else None
    return {
        "path": path or wanted,
        "found": path is not None,
        "version": parse_java_version(output or ""),
        "output": output,
        "keytool": os.access(os.path.join(os.path.dirname(path or wanted), "keytool"), os.X_OK),
    }


def read_nginx(seconds: float) -> dict[str, Any] | None:
    """Version of nginx."""
    path = find_command("nginx")
    if not path:
        return None
    output = run_version([path, "-V"], seconds)
    return {"path": path, "version": parse_nginx_version(output or ""), "output": output}


def read_memory() -> dict[str, int | None]:
    """Memory of the machine and the limit of its first process, which stands for all services.

    The session's own control group is no measure: a login may be limited where services are not.
    """
    memory = parse_meminfo(read_text("/proc/meminfo") or "")
    cgroup = read_text("/proc/1/cgroup") or read_text("/proc/self/cgroup") or ""
    memory["limit_mb"] = lowest_limit_mb([read_text(path) for path in memory_limit_files(cgroup)])
    if memory["limit_mb"] is not None and memory["total_mb"] is not None and memory["limit_mb"] >= memory["total_mb"]:
        memory["limit_mb"] = None
    return memory


def read_listening() -> list[dict[str, Any]]:
    """Listening TCP ports with their processes."""
    sockets = [entry for entry in read_sockets() if entry.state == LISTEN]

    def process(pid: int) -> tuple[str | None, str | None]:
        name = read_text("/proc/%d/comm" % pid)
        return (name.strip() if name else None), unit_of_cgroup(read_text("/proc/%d/cgroup" % pid) or "")

    return describe_listening(sockets, socket_owners([entry.inode for entry in sockets]), process)


def read_port_range() -> dict[str, Any]:
    """The kernel's range of ports for outgoing connections."""
    ends = (read_text("/proc/sys/net/ipv4/ip_local_port_range") or "").split()
    reserved = read_text("/proc/sys/net/ipv4/ip_local_reserved_ports")
    return {
        "first": int(ends[0]) if len(ends) == 2 else None,
        "last": int(ends[1]) if len(ends) == 2 else None,
        "reserved": parse_port_ranges(reserved) if reserved is not None else None,
    }


def read_names(names: Sequence[str], seconds: float) -> dict[str, list[str] | None]:
    """Resolve names within a time limit for all; a name after one that hangs gets its own try."""
    everything = bounded(lambda: {name: resolve(name) for name in names}, seconds) if names else {}
    if everything is not None:
        return everything
    return {name: bounded(resolve, seconds, name) for name in names}


def refused_paths(path: str, names: Sequence[str]) -> list[str]:
    """Where this process may not write: the directory itself where something in it would have to be made."""
    rights = os.R_OK | os.W_OK | os.X_OK
    paths = [os.path.join(path, name) for name in names]
    there = [entry for entry in paths if os.path.isdir(entry)]
    refused = [entry for entry in there if not os.access(entry, rights)]
    makes = len(there) < len(paths) or not paths
    return ([path] if makes and not os.access(path, rights) else []) + refused


def describe_access(wanted: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """Whether a user may write in a directory. Where the user may not make an entry, root may do it for the user."""
    path, names = wanted["path"], wanted["names"]
    exists = bounded(os.path.isdir, seconds, path)
    if not exists:
        return None if exists is None else {"exists": False, "refused": []}
    user = User(wanted["uid"], wanted["gid"])
    try:
        refused = run_in_child(lambda: refused_paths(path, names), seconds, user)
        if path in refused and names and run_in_child(lambda: os.access(path, os.X_OK), seconds, user):
            own = run_in_child(lambda: refused_paths(path, names), seconds)
            refused = [entry for entry in refused if entry != path or path in own]
    except (ChildTimeout, ChildDied, OSError):
        return None
    return {"exists": True, "refused": refused}


def read_services(packed: str, seconds: float) -> dict[str, dict[str, Any]]:
    """What is true of the services; a host whose names hang does not hang itself."""
    try:
        services = unpack(packed) if packed else []
    except ValueError:
        services = []
    answers = bounded(ask_all, seconds * 3, services, seconds)
    return {service["id"]: {"unreachable": "no answer"} for service in services} if answers is None else answers


def describe_server(wanted: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """What a server shows. Its directories apart: a share that hangs must not hide the rest."""
    directories = wanted["directories"]
    view: dict[str, Any] | None = bounded(look, seconds * 3, dict(wanted, directories=[]))
    if view is None or not directories:
        return view
    whole: dict[str, Any] | None = bounded(look_at_directories, seconds, view, directories)
    return whole or dict(view, ok=False, reasons=view["reasons"] + ["the shared directories do not answer"])


def cpu_count() -> int | None:
    """CPUs that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count()


def read_host(wanted: dict[str, Any]) -> dict[str, Any]:
    """Everything the options ask for."""
    before = time.time()
    seconds = wanted["timeout"]
    mounts = read_mounts()
    memory = read_memory()
    system = parse_os_release(read_text("/etc/os-release") or read_text("/usr/lib/os-release") or "")
    system.update(kernel=platform.release(), architecture=platform.machine())
    return {
        "os": system,
        "hostname": socket.gethostname(),
        "memory_mb": effective_memory_mb(memory["total_mb"], memory["limit_mb"]),
        "memory": memory,
        "cpus": cpu_count(),
        "paths": {path: bounded(describe_path, seconds, path, mounts) for path in wanted["paths"]},
        "listening": read_listening() if wanted["listening"] else None,
        "port_range": read_port_range(),
        "names": read_names(wanted["names"], seconds),
        "java": read_java(wanted["java"], wanted["java_home"], seconds),
        "nginx": read_nginx(seconds) if wanted["nginx"] else None,
        "commands": {name: find_command(name) for name in wanted["commands"]},
        "units": show_units(wanted["units"]),
        "links": {path: bounded(describe_link, seconds, path) for path in wanted["links"]},
        "files": {path: bounded(describe_file, seconds, path) for path in wanted["files"]},
        "digests": {path: bounded(file_digest, seconds, path) for path in wanted["digests"]},
        "texts": {path: bounded(text_of, seconds, path) for path in wanted["texts"]},
        # Each in a child: a server's time zone is not the next one's.
        "servers": {server["name"]: describe_server(server, seconds) for server in wanted["servers"]},
        "users": {name: describe_user(name) for name in wanted["users"]},
        "uids": {str(number): user_name(number) for number in wanted["uids"]},
        "groups": {name: group_number(name) for name in wanted["groups"]},
        "gids": {str(number): group_name(number) for number in wanted["gids"]},
        "access": {entry["path"]: describe_access(entry, seconds) for entry in wanted["access"]},
        "services": read_services(wanted["services"], seconds),
        "clock_before": before,
        # The action plugin knows it.
        "control_clock": None,
        # last, so that it is closest to the moment when the control node gets the answer
        "clock": time.time(),
    }


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "list", "elements": "path", "default": []},
            "listening": {"type": "bool", "default": False},
            "names": {"type": "list", "elements": "str", "default": []},
            "java": {"type": "str"},
            "java_home": {"type": "path"},
            "nginx": {"type": "bool", "default": False},
            "commands": {"type": "list", "elements": "str", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "links": {"type": "list", "elements": "path", "default": []},
            "files": {"type": "list", "elements": "path", "default": []},
            "digests": {"type": "list", "elements": "path", "default": []},
            "texts": {"type": "list", "elements": "path", "default": []},
            "servers": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "runtime": {"type": "str", "choices": ["server", "worker", "dashboard"], "default": "server"},
                    "carbon_home": {"type": "path", "required": True},
                    "members": {
                        "type": "list",
                        "elements": "dict",
                        "default": [],
                        "options": {
                            "name": {"type": "str", "required": True},
                            "address": {"type": "str", "required": True},
                            "port": {"type": "int", "default": 4000},
                        },
                    },
                    "local": {"type": "str"},
                    "directories": {"type": "list", "elements": "path", "default": []},
                    "ready_ports": {"type": "list", "elements": "int"},
                },
            },
            "users": {"type": "list", "elements": "str", "default": []},
            "uids": {"type": "list", "elements": "int", "default": []},
            "groups": {"type": "list", "elements": "str", "default": []},
            "gids": {"type": "list", "elements": "int", "default": []},
            "access": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "path", "required": True},
                    "names": {"type": "list", "elements": "str", "default": []},
                    "uid": {"type": "int", "required": True},
                    "gid": {"type": "int", "required": True},
                },
            },
            "services": {"type": "str", "default": "", "no_log": True},
            "timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, host=read_host(module.params))


if __name__ == "__main__":
    main()
