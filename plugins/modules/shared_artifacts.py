#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a shared file system, make its directories and link them into a carbon home."""

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_artifacts
short_description: Directories of a carbon home on a shared file system
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Makes one directory for each shared artifact directory below O(root), fills it once with what the pack ships, and
    puts symbolic
    links to it into the carbon home of this node.
  - A marker file on the share says which cluster it belongs to. A share without it, or with another cluster's, is
    refused, so that
    a server is never linked to an empty mount point or to somebody else's files.
  - Exactly one node is the seeding node (O(seed)). The others wait until it is done, so that one task can serve all
    nodes at once.
  - Everything on the share is done as O(owner) where its rights suffice, because a server of NFS may refuse root.
  - A link of an earlier execution that is no longer in O(directories) becomes a directory of the node again, with a
    copy of what is on the share.
  - While the server runs (O(unit)) its links stay as they are, so that it never sees a directory empty or exchanged.
    What is left to do is reported, and done by an execution while the server is stopped.
options:
  root:
    description:
      - Where the shared file system is on this node.
    type: path
    required: true
  cluster:
    description:
      - What tells this cluster's share from others. Letters, digits, dots, hyphens and underscores.
    type: str
    required: true
  directories:
    description:
      - Shared directories. Key is the name below O(root), value the path in the carbon home.
    type: dict
    required: true
  carbon_home:
    description:
      - The release directory whose paths become links. Without it only the share is prepared.
    type: path
  seed:
    description:
      - This node is the seeding node. It makes the directories and copies what its release ships, each directory once.
      - What is there already is never overwritten, and a file that was deleted on the share later does not come back.
    type: bool
    default: false
  initialise:
    description:
      - Allow the seeding node to write the marker on a share that has none. The share must be empty or hold nothing
        but O(directories).
    type: bool
    default: true
  marker:
    description:
      - Name of the marker file below O(root).
    type: str
    default: .wso2is-cluster.json
  must_be_mount:
    description:
      - O(root) must be a mount point.
    type: bool
    default: true
  source:
    description:
      - What must be mounted there, as the kernel's table of mounts names it. Empty means anything.
    type: str
    default: ''
  unit:
    description:
      - The systemd unit of the server, without C(.service). Empty means that no server runs.
    type: str
    default: ''
  current:
    description:
      - The link that selects the release of the server. Links of another release are put in order while it runs.
    type: path
  owner:
    description:
      - The user the server runs as, by name or number.
    type: str
    required: true
  group:
    description:
      - The group of that user, by name or number.
    type: str
    required: true
  uid:
    description:
      - The number that O(owner) must have, because a shared file system knows users by number only.
    type: int
  gid:
    description:
      - The number that O(group) must have.
    type: int
  mode:
    description:
      - Mode of the directories that are made.
    type: str
    default: '0750'
  timeout:
    description:
      - Seconds that a node waits for the seeding node. Not in check mode.
    type: int
    default: 120
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: full
notes:
  - Fails when the share is not mounted, read-only, another cluster's, or not writable for O(owner); the error says
    which and what to do.
seealso:
  - module: identityops.wso2is.carbon_release
"""

EXAMPLES = r"""
- name: Share the runtime artifacts
  identityops.wso2is.shared_artifacts:
    root: /mnt/wso2is-shared
    cluster: login.example.org
    carbon_home: /opt/wso2/is/current
    seed: "{{ inventory_hostname == first_node }}"
    directories:
      eventpublishers: repository/deployment/server/eventpublishers
      userstores: repository/deployment/server/userstores
      tenants: repository/tenants
    unit: wso2is
    current: /opt/wso2/is/current
    owner: wso2carbon
    group: wso2
    uid: 802
    gid: 802
"""

RETURN = r"""
root:
  description: The share with symbolic links resolved.
  returned: always
  type: str
mount:
  description: The file system that holds RV(root); null when it is not known.
  returned: always
  type: dict
  sample: {mount_point: /mnt/wso2is-shared, fs_type: nfs4, source: "nfs.example.org:/is"}
marker:
  description: Content of the marker after this execution, or as it would be; null when there is none.
  returned: always
  type: dict
  sample: {cluster: login.example.org, format: 1, seeded: [eventpublishers, userstores, tenants]}
initialised:
  description: Whether this execution wrote the first marker of the share, or would.
  returned: always
  type: bool
created:
  description: Names of directories that were made on the share, or would be.
  returned: always
  type: list
  elements: str
seeded:
  description: Files and directories that were copied, or would be, by name of the directory.
  returned: always
  type: dict
  sample: {eventpublishers: [EmailPublisher.xml]}
linked:
  description: Paths in the carbon home that became links, or would.
  returned: always
  type: list
  elements: str
kept:
  description: Where the directories are that links took the place of, by path in the carbon home.
  returned: always
  type: dict
  sample: {repository/tenants: /opt/wso2/is/releases/wso2is-5.8.0-0123456789ab/.shipped/repository/tenants}
unlinked:
  description: Paths in the carbon home that became directories again, or would, and where their content is from.
  returned: always
  type: dict
  sample: {repository/deployment/server/bpel: /mnt/wso2is-shared/bpel}
pending:
  description: Paths in the carbon home that wait until the server is stopped.
  returned: always
  type: list
  elements: str
messages:
  description: What was changed, or would be, and in check mode what could not be checked.
  returned: always
  type: list
  elements: str
"""

import grp
import json
import os
import pwd
import re
import shutil
import stat
import time
from typing import Any, Callable, NamedTuple, Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.child import (
    ChildDied,
    ChildTimeout,
    User,
    run_in_child,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.linked_dir import (
    TEMPORARY,
    LinkError,
    link_state,
    make_dir,
    missing_files,
    own,
    put_link,
    seed,
    set_aside,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.mounts import is_mount_point, mount_of, read_mounts
from ansible_collections.identityops.wso2is.plugins.module_utils.systemd_units import show_units

SHIPPED = ".shipped"
# Below SHIPPED: which links this module made, to know them when they are no longer wanted.
LINKS = "links.json"
# what file systems and their servers make by themselves in an empty share
NOT_CONTENT = ("lost+found", ".snapshot", ".snapshots", ".zfs", ".Trash-0")
ANSWER_SECONDS = 30


class ShareError(Exception):
    """The share can not be used. The text is for the operator."""


class Request(NamedTuple):
    """What the options ask for, checked."""

    root: str
    cluster: str
    directories: dict[str, str]
    carbon_home: str | None
    seed: bool
    initialise: bool
    marker: str
    must_be_mount: bool
    source: str
    running: str | None
    mode: int
    timeout: float

    @property
    def marker_path(self) -> str:
        """Path of the marker."""
        return os.path.join(self.root, self.marker)


def make_request(options: dict[str, Any]) -> Request:
    """Check the options.

    :raises ShareError: naming the option and what is wrong with it.
    """
    for option, text in (("cluster", options["cluster"]), ("marker", options["marker"])):
        if not re.match(r"^[A-Za-z0-9._-]{1,120}$", text) or text in (".", ".."):
            raise ShareError("%s is %r; letters, digits, dots, hyphens and underscores are required" % (option, text))
    directories = {}
    for name, path in options["directories"].items():
        if not re.match(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", name):
            raise ShareError("directories: %r can not be the name of a directory on the share" % name)
        steps = path.rstrip("/").split("/") if isinstance(path, str) else []
        if not steps or any(step in ("", ".", "..") for step in steps):
            raise ShareError("directories: %r of %s is not a path in the carbon home" % (path, name))
        directories[name] = "/".join(steps)
    paths = sorted(directories.values())
    for first, second in zip(paths, paths[1:]):
        if second == first or second.startswith(first + "/"):
            raise ShareError("directories: %s and %s overlap" % (first, second))
    if not re.match(r"^0?[0-7]{3,4}$", options["mode"]):
        raise ShareError("mode is %r; octal digits are required, for example '0750'" % options["mode"])
    return Request(
        root=os.path.normpath(options["root"]),
        cluster=options["cluster"],
        directories=directories,
        carbon_home=options["carbon_home"],
        seed=options["seed"],
        initialise=options["initialise"],
        marker=options["marker"],
        must_be_mount=options["must_be_mount"],
        source=options["source"],
        running=running_release(options["unit"], options["current"]),
        mode=int(options["mode"], 8),
        timeout=options["timeout"],
    )


def running_release(unit: str, current: str | None) -> str | None:
    """The release that a server runs from, or None when it does not run."""
    if not unit or not current:
        return None
    about = show_units([unit + ".service"]).get(unit + ".service") or {}
    running = about.get("active_state") in ("active", "activating", "reloading", "deactivating")
    return os.path.realpath(current) if running else None


def parse_marker(text: str) -> dict[str, Any] | None:
    """Read the content of a marker; none when it is not one."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if (
        not isinstance(found, dict)
        or not isinstance(found.get("cluster"), str)
        or not isinstance(found.get("seeded"), list)
    ):
        return None
    return found


def make_marker(cluster: str, seeded: Sequence[str]) -> dict[str, Any]:
    """Content of a marker."""
    return {"cluster": cluster, "format": 1, "seeded": sorted(seeded)}


def foreign_entries(entries: Sequence[str], directories: Sequence[str], marker: str) -> list[str]:
    """What of a share without marker is neither a directory of ours nor made by the file system itself."""
    own_names = set(directories) | set(NOT_CONTENT) | {TEMPORARY + marker}
    return sorted(name for name in entries if name not in own_names)


class Share:
    """The shared file system, seen from this node."""

    def __init__(self, request: Request, user: User, check: bool) -> None:
        """Take over the checked request."""
        self.request = request
        self.user = user
        self.check = check
        self.messages: list[str] = []
        self.created: list[str] = []
        self.seeded: dict[str, list[str]] = {}
        self.linked: list[str] = []
        self.kept: dict[str, str] = {}
        self.unlinked: dict[str, str] = {}
        self.pending: list[str] = []
        self.initialised = False

    def run(self) -> dict[str, Any]:
        """Do it all.

        :returns: What the module returns.
        :raises ShareError: if the share can not be used.
        """
        request = self.request
        mount = self._check_root()
        marker = None
        if mount is not None or os.path.isdir(request.root):
            marker = self._read_marker()
            marker = self._seed_node(marker) if request.seed else self._other_node(marker)
            self._check_access()
        if request.carbon_home:
            self._link_all(request.carbon_home)
        # a link counts, and so does everything that a link waits for
        return {
            "changed": bool(self.messages),
            "root": os.path.realpath(request.root),
            "mount": mount,
            "marker": marker,
            "initialised": self.initialised,
            "created": self.created,
            "seeded": self.seeded,
            "linked": self.linked,
            "kept": self.kept,
            "unlinked": self.unlinked,
            "pending": self.pending,
            "messages": self.messages,
        }

    def _say(self, text: str) -> None:
        self.messages.append(text)

    def _on_share(self, work: Callable[[User], Any]) -> Any:
        """Work on the share as the server's user, or as root where that user has no right to."""
        if os.getuid() != 0 or self.user.uid < 0:
            return work(self.user)
        try:
            return run_in_child(lambda: work(self.user), user=self.user)
        except PermissionError:
            return work(self.user)

    def _check_root(self) -> dict[str, str] | None:
        request = self.request
        try:
            is_dir = run_in_child(lambda: os.path.isdir(request.root), ANSWER_SECONDS)
        except (ChildTimeout, ChildDied) as error:
            raise ShareError(
                "%s does not answer within %d seconds: the shared file system is mounted but its server is not "
                "reachable" % (request.root, ANSWER_SECONDS)
            ) from error
        if not is_dir:
            if self.check:
                self._say("%s is not on this node yet: what it holds can not be checked" % request.root)
                return None
            raise ShareError(
                "%s is not a directory on this node; mount the shared file system there or correct its path"
                % request.root
            )
        mounts = read_mounts()
        resolved = os.path.realpath(request.root)
        found = mount_of(resolved, mounts)
        if request.must_be_mount and not is_mount_point(resolved, mounts):
            raise ShareError(
                "%s is not a mount point on this node (it lies on %s); mount the shared file system there, or turn "
                "off the "
                "requirement if the path is a directory of one"
                % (request.root, found.mount_point if found else "an unknown file system")
            )
        if request.source and found is not None and found.source != request.source:
            raise ShareError(
                "%s is mounted from %s on this node, required is %s; stop the servers of this node and unmount it, or "
                "correct artifact_sync_path" % (request.root, found.source, request.source)
            )
        if found is not None and "ro" in found.options and "rw" not in found.options:
            raise ShareError(
                "%s is mounted read-only on this node; the server writes there, mount it read-write" % request.root
            )
        return {"mount_point": found.mount_point, "fs_type": found.fs_type, "source": found.source} if found else None

    def _read_marker(self) -> dict[str, Any] | None:
        request = self.request

        def read(_user: User) -> str | None:
            try:
                with open(request.marker_path, encoding="utf-8") as stream:
                    return stream.read()
            except FileNotFoundError:
                return None

        text = self._on_share(read)
        if text is None:
            return None
        marker = parse_marker(text)
        if marker is None:
            raise ShareError(
                "the marker %s is not readable as one; if the share belongs to this cluster, remove that file"
                % request.marker_path
            )
        if marker["cluster"] != request.cluster:
            raise ShareError(
                "%s belongs to the cluster %r by its marker %s, this deployment is %r; mount the right file system, "
                "or remove the "
                "marker if the share is to change hands"
                % (request.root, marker["cluster"], request.marker, request.cluster)
            )
        return marker

    def _seed_node(self, marker: dict[str, Any] | None) -> dict[str, Any] | None:
        request = self.request
        if marker is None:
            self._check_new_share()
            self.initialised = True
        done = set(marker["seeded"]) if marker else set()
        self._require(sorted(done & set(request.directories)))
        for name in sorted(request.directories):
            self._make_directory(name)
            if name not in done:
                self._fill(name, request.directories[name])
        wanted = make_marker(request.cluster, sorted(done | set(request.directories)))
        if wanted != marker:
            self._say("write the marker %s" % request.marker_path)
            if not self.check:
                self._on_share(lambda user: write_marker(request.marker_path, wanted, user))
        return wanted

    def _check_new_share(self) -> None:
        request = self.request
        entries = self._on_share(lambda _user: os.listdir(request.root))
        foreign = foreign_entries(entries, list(request.directories), request.marker)
        if foreign:
            raise ShareError(
                "%s has no marker %s but holds %s; this looks like another file system. Mount the right one, or "
                "empty it"
                % (request.root, request.marker, ", ".join(foreign[:5]) + (" and more" if len(foreign) > 5 else ""))
            )
        if not request.initialise:
            raise ShareError(
                "%s has no marker %s, and making one is not allowed (initialise); mount the right file system"
                % (request.root, request.marker)
            )

    def _make_directory(self, name: str) -> None:
        path = os.path.join(self.request.root, name)

        def look(_user: User) -> list[int] | None:
            try:
                status = os.lstat(path)
            except FileNotFoundError:
                return None
            return [status.st_uid, status.st_gid, status.st_mode]

        found = self._on_share(look)
        if found is None:
            self.created.append(name)
            self._say("make %s" % path)
            if not self.check:
                self._on_share(lambda user: make_dir(path, user, self.request.mode))
                self._write_test(path)
        elif not stat.S_ISDIR(found[2]):
            raise ShareError("%s is not a directory; remove it from the share" % path)
        elif self.user.uid >= 0 and tuple(found[:2]) != self.user:
            self._say("give %s to %d:%d" % (path, self.user.uid, self.user.gid))
            if not self.check:
                self._take_over(path, found)

    def _take_over(self, path: str, found: Sequence[int]) -> None:
        try:
            own(path, self.user)
        except PermissionError as error:
            raise ShareError(
                "%s belongs to %d:%d, required is %d:%d, and the server of the share does not let root change it; "
                "change it there" % (path, found[0], found[1], self.user.uid, self.user.gid)
            ) from error

    def _fill(self, name: str, relative: str) -> None:
        source = shipped_directory(self.request.carbon_home, relative)
        if source is None:
            return
        path = os.path.join(self.request.root, name)
        lacking = self._on_share(lambda _user: missing_files(source, path))
        if not lacking:
            return
        self.seeded[name] = lacking
        self._say("copy %d shipped files and directories to %s" % (len(lacking), path))
        if not self.check:
            self.seeded[name] = self._on_share(lambda user: seed(source, path, user))

    def _other_node(self, marker: dict[str, Any] | None) -> dict[str, Any] | None:
        wanted = set(self.request.directories)
        if self.check:
            lacking = sorted(wanted - set(marker["seeded"])) if marker else sorted(wanted)
            if lacking:
                self._say("wait for the seeding node to make %s" % ", ".join(lacking))
            return marker
        deadline = time.monotonic() + self.request.timeout
        while marker is None or not wanted <= set(marker["seeded"]):
            if time.monotonic() > deadline:
                raise ShareError(
                    "%s has %s after %d seconds. The seeding node makes it: run the playbook for it as well, and "
                    "check that this "
                    "node has mounted the same file system"
                    % (
                        self.request.root,
                        "no marker " + self.request.marker
                        if marker is None
                        else "no " + ", ".join(sorted(wanted - set(marker["seeded"]))),
                        self.request.timeout,
                    )
                )
            time.sleep(0.5)
            marker = self._read_marker()
        self._require(sorted(wanted))
        return marker

    def _require(self, names: Sequence[str]) -> None:
        """Refuse to make anew what was there: the servers have undeployed what it held, an empty one would hide it."""
        paths = [os.path.join(self.request.root, name) for name in names]
        gone = self._on_share(lambda _user: [path for path in paths if not os.path.isdir(path)])
        files = self._on_share(lambda _user: [path for path in gone if os.path.lexists(path)])
        if files:
            raise ShareError("%s is not a directory; remove it from the share" % ", ".join(files))
        if gone:
            raise ShareError(
                "%s is gone although the marker %s says that it was made, so the servers have undeployed what it held; "
                "restore it from a backup, or make it empty if that is right" % (", ".join(gone), self.request.marker)
            )

    def _check_access(self) -> None:
        """The server must be able to write. New directories got a real test, in others asking the kernel must do."""
        if os.getuid() != 0 or self.user.uid < 0 or self.user.gid < 0:
            return
        paths = [os.path.join(self.request.root, name) for name in sorted(self.request.directories)]

        def refused() -> list[str]:
            return [path for path in paths if os.path.isdir(path) and not os.access(path, os.R_OK | os.W_OK | os.X_OK)]

        found = run_in_child(refused, user=self.user)
        if not found or (self.check and self.messages):
            return
        raise ShareError(
            "the server's user (uid %d, gid %d) can not write to %s; it needs the same number on every node, and "
            "every directory "
            "on the way must let it pass" % (self.user.uid, self.user.gid, ", ".join(found))
        )

    def _write_test(self, path: str) -> None:
        if os.getuid() != 0:
            return
        probe = os.path.join(path, "%swrite-test-%d" % (TEMPORARY, os.getpid()))

        def write() -> None:
            # A codec that Python has loaded already: the user may not read the interpreter's library.
            with open(probe, "w", encoding="utf-8") as stream:
                stream.write("test\n")
            os.unlink(probe)

        try:
            run_in_child(write, user=self.user)
        except OSError as error:
            raise ShareError(
                "the server's user (uid %d, gid %d) can not write to %s: %s; check owner and mode on the way to it "
                "and the export's options" % (self.user.uid, self.user.gid, path, error.strerror)
            ) from error

    def _link_all(self, carbon_home: str) -> None:
        home = os.path.realpath(carbon_home)
        if not os.path.isdir(home):
            if not self.check:
                raise ShareError("the carbon home %s is not there; install the release first" % carbon_home)
            for name, relative in sorted(self.request.directories.items()):
                self.linked.append(relative)
                self._say(
                    "link %s to %s" % (os.path.join(carbon_home, relative), os.path.join(self.request.root, name))
                )
            return
        made = read_links(home)
        wanted = {path: os.path.join(self.request.root, name) for name, path in self.request.directories.items()}
        for relative, target in sorted(wanted.items()):
            self._link(home, relative, target)
        for relative in sorted(set(made) - set(wanted)):
            self._unlink(home, relative, made[relative])
        left = {path: target for path, target in made.items() if path in self.pending and path not in wanted}
        if not self.check and made != {**wanted, **left}:
            write_links(home, {**wanted, **left})

    def _waits(self, home: str, relative: str, text: str) -> bool:
        """Whether a change in the carbon home must wait because its server runs; says the change."""
        if self.request.running != home:
            self._say(text)
            return False
        self.pending.append(relative)
        self._say("when the server is stopped: %s" % text)
        return True

    def _unlink(self, home: str, relative: str, target: str) -> None:
        """Put a directory with the content of the share in the place of a link; the share keeps what it has."""
        path = os.path.join(home, relative)
        if not os.path.islink(path) or os.readlink(path) != target:
            return
        source: str | None = target
        if not self._on_share(lambda _user: os.path.isdir(target)):
            source = shipped_directory(home, relative)
        content = "a copy of %s" % source if source else "nothing in it"
        if self._waits(home, relative, "make %s a directory of this node, with %s" % (path, content)):
            return
        self.unlinked[relative] = source or ""
        if self.check:
            return
        fresh = os.path.join(os.path.dirname(path), TEMPORARY + os.path.basename(path))
        shutil.rmtree(fresh, ignore_errors=True)
        make_dir(fresh, self.user, self.request.mode)
        if source:
            copied_from = source
            self._on_share(lambda user: seed(copied_from, fresh, user))
        os.unlink(path)
        os.rename(fresh, path)

    def _link(self, home: str, relative: str, target: str) -> None:
        path = os.path.join(home, relative)
        parent = os.path.dirname(path)
        # the server owns the parent: a link it put there must not lead root elsewhere
        if os.path.isdir(parent) and os.path.realpath(parent) != parent:
            raise ShareError("%s lies behind a symbolic link in the carbon home" % path)
        state = link_state(path, target)
        if state.state == "link" or self._waits(home, relative, "link %s to %s" % (path, target)):
            return
        self.linked.append(relative)
        if self.check:
            return
        if state.state == "directory":
            self.kept[relative] = set_aside(path, os.path.join(home, SHIPPED, relative))
        elif state.state == "absent":
            os.makedirs(parent, 0o750, exist_ok=True)
        put_link(path, target)


def read_links(home: str) -> dict[str, str]:
    """The links that earlier executions made in a carbon home: path in it, and where it leads."""
    try:
        with open(os.path.join(home, SHIPPED, LINKS), encoding="utf-8") as stream:
            found = json.load(stream)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_links(home: str, links: dict[str, str]) -> None:
    """Remember the links that this module made."""
    os.makedirs(os.path.join(home, SHIPPED), exist_ok=True)
    path = os.path.join(home, SHIPPED, LINKS)
    with open(path + ".new", "w", encoding="utf-8") as stream:
        json.dump(links, stream, sort_keys=True, indent=1)
    os.rename(path + ".new", path)


def shipped_directory(carbon_home: str | None, relative: str) -> str | None:
    """Where the release's own content of a shared directory is: in its place, or set aside by an earlier execution."""
    if not carbon_home:
        return None
    home = os.path.realpath(carbon_home)
    for path in (os.path.join(home, relative), os.path.join(home, SHIPPED, relative)):
        if os.path.isdir(path) and not os.path.islink(path):
            return path
    return None


def write_marker(path: str, marker: dict[str, Any], user: User) -> None:
    """Write the marker in one step."""
    temporary = os.path.join(os.path.dirname(path), TEMPORARY + os.path.basename(path))
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(marker, stream, sort_keys=True)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(temporary, 0o644)
    own(temporary, user)
    os.rename(temporary, path)


def user_number(name: str) -> int:
    """The number of a user of this host.

    :raises KeyError: if there is none.
    """
    return pwd.getpwnam(name).pw_uid


def group_number(name: str) -> int:
    """The number of a group of this host.

    :raises KeyError: if there is none.
    """
    return grp.getgrnam(name).gr_gid


def numbers(options: dict[str, Any], check: bool) -> User:
    """Numbers of owner and group.

    :raises ShareError: if a name is unknown or has another number than required.
    """
    found = []
    for name_option, number_option, look in (
        ("owner", "uid", user_number),
        ("group", "gid", group_number),
    ):
        name, wanted = options[name_option], options[number_option]
        try:
            number = int(name) if name.isdigit() else look(name)
        except KeyError:
            if not check:
                raise ShareError("%s: there is no %r on this host" % (name_option, name)) from None
            number = wanted if wanted is not None else -1
        if wanted is not None and number != wanted:
            raise ShareError(
                "%s %r has the number %d on this host, required is %d: a shared file system knows users by number, "
                "so it must be the same on every node" % (name_option, name, number, wanted)
            )
        found.append(number)
    return User(*found)


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "cluster": {"type": "str", "required": True},
            "directories": {"type": "dict", "required": True},
            "carbon_home": {"type": "path"},
            "seed": {"type": "bool", "default": False},
            "initialise": {"type": "bool", "default": True},
            "marker": {"type": "str", "default": ".wso2is-cluster.json"},
            "must_be_mount": {"type": "bool", "default": True},
            "source": {"type": "str", "default": ""},
            "unit": {"type": "str", "default": ""},
            "current": {"type": "path"},
            "owner": {"type": "str", "required": True},
            "group": {"type": "str", "required": True},
            "uid": {"type": "int"},
            "gid": {"type": "int"},
            "mode": {"type": "str", "default": "0750"},
            "timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    os.umask(0o022)
    try:
        share = Share(make_request(module.params), numbers(module.params, module.check_mode), module.check_mode)
        result = share.run()
    except (ShareError, LinkError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="the shared directories can not be prepared: %s" % error)
    result["diff"] = {
        "before_header": result["root"],
        "after_header": result["root"],
        "before": "",
        "after": "".join("%s\n" % text for text in result["messages"]),
    }
    module.exit_json(**result)


if __name__ == "__main__":
    main()
