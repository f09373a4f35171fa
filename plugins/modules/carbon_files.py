#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the files of a server, and say whether it runs with others."""

from __future__ import annotations

DOCUMENTATION = r"""
module: carbon_files
short_description: Write all files of a WSO2 server on a host
version_added: 1.0.0
description:
  - Writes every file of one server that differs from what it is to be, all in one execution.
  - Each file is replaced at once or not at all; the previous generation of the replaced files is kept in the state
    directory.
  - Files on a shared file system are read and written as their owner, because a server of NFS may refuse root.
  - Says whether the running server was started with other files than those on disk. That is decided by comparing
    digests with a record made at each start, so a run that was killed between writing and restarting is completed by
    the next.
  - Sets the kernel settings of the bundle that differ. Those that cannot be set, as in most containers, are named in
    RV(kernel_refused); that is no failure.
author:
  - identityops.wso2is contributors (@identityops)
attributes:
  check_mode:
    support: full
    description: Says what would be written. Without an installed release the comparison is with the pack's own files.
  diff_mode:
    support: full
    description: Secrets are hidden by their place, in the old file and in the new one.
options:
  bundle:
    description:
      - The files, as the filter P(identityops.wso2is.server_bundle#filter) renders and packs them. It holds secrets.
      - Required without O(restore).
    type: str
  state:
    description:
      - Directory for the record of starts and for the previous generation of files.
    type: path
    required: true
  unit:
    description:
      - The systemd unit of the server.
    type: str
    required: true
  hold:
    description:
      - Leave files alone that a running server reads at its start, when it would have to be started again for them.
        RV(restart) says so; the rest is written. The change then waits for its turn, and a node whose turn never
        comes has not changed.
    type: bool
    default: false
  restore:
    description:
      - Put back what an earlier execution replaced, instead of writing. Only for a server that is stopped.
      - V(change) takes the last change back, files that were created are removed, and the release that was selected
        before it is selected.
      - V(release) goes back to the release before the present one, with the files outside of its directory as they were
        with it. A V(change) after that takes it back. In check mode it says whether there is one, also while the server
        runs.
    type: str
    choices: [change, release]
  started:
    description:
      - Of O(restore=change), what the server was started with before the change - RV(started) of a run in check mode
        before the server was stopped. What is kept of another change is left alone then, because a change that failed
        before it kept anything has replaced nothing.
      - Without it the last change that replaced something is taken back.
    type: str
  current:
    description:
      - The link to the selected release. Required with O(restore).
    type: path
notes:
  - Fails when the service user or the release is not there, and when a file cannot be written; the error names it.
seealso:
  - plugin: identityops.wso2is.server_bundle
    plugin_type: filter
  - plugin: identityops.wso2is.start_plan
    plugin_type: filter
  - module: identityops.wso2is.carbon_release
"""

EXAMPLES = r"""
- name: Look whether there is a release to go back to
  identityops.wso2is.carbon_files:
    restore: release
    current: /opt/wso2/is/current
    state: /opt/wso2/is/state/is
    unit: wso2is
  check_mode: true
  register: way_back

- name: Write the files of a node
  identityops.wso2is.carbon_files:
    bundle: "{{ deployment | identityops.wso2is.server_bundle('is1', 'is') }}"
    state: /var/lib/wso2/is/state
    unit: wso2is
  register: files
  no_log: true
"""

RETURN = r"""
held:
  description: Whether files wait for the restart because of O(hold).
  type: bool
  returned: always
changed_files:
  description: Paths that were written or would be.
  type: list
  elements: str
  returned: always
running:
  description: Whether the unit is active.
  type: bool
  returned: always
starting:
  description: Whether a start of the unit is under way.
  type: bool
  returned: always
restart:
  description: Why a running server must be started again; empty when it need not.
  type: list
  elements: str
  returned: always
kernel_changed:
  description: Kernel settings that were set or would be.
  type: list
  elements: str
  returned: always
kernel_refused:
  description: Kernel settings that cannot be set here, with the reason.
  type: dict
  returned: always
reload_units:
  description: Whether systemd must read its units again.
  type: bool
  returned: always
started:
  description: SHA-256 of the record of what the server was started with; empty where there is none.
  type: str
  returned: with O(restore)
before:
  description: The release that was selected.
  type: str
  returned: with O(restore)
after:
  description: With V(release) the one that is selected now, or would be.
  type: str
  returned: with O(restore)
"""

import base64
import errno
import json
import os
import shutil
import tempfile
from typing import Any, Callable, Iterable, Mapping

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from ansible_collections.identityops.wso2is.plugins.module_utils.child import (
    ChildDied,
    ChildTimeout,
    User,
    run_in_child,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.generation import is_current, restart_reasons, sha256
from ansible_collections.identityops.wso2is.plugins.module_utils.kernel_values import apply as set_kernel
from ansible_collections.identityops.wso2is.plugins.module_utils.kernel_values import differing
from ansible_collections.identityops.wso2is.plugins.module_utils.masking import hide, hide_found
from ansible_collections.identityops.wso2is.plugins.module_utils.systemd_units import show_units

ANSWER_SECONDS = 30
KERNEL = "/proc/sys"
# Of the state directory: what was replaced last, and a file in it that says what it is.
CHANGE = "previous"
# The same for the release that was selected before, and what it needs outside of its directory.
RELEASE = "previous_release"
# What a generation was before the change that made it anew, for when that change is taken back.
OLDER = ".older"
GENERATION = "generation.json"
# Also there: of files that a server reads at its start, the digest of that part of a content that matters to it.
COUNTED = "counted.json"
# Also there, of the control script: what the server was started with.
STARTED = "started.json"


def read(path: str) -> bytes | None:
    """The content of a file, or None when it is not there."""
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_json(path: str) -> Any:
    """The data of a JSON file, or None when it is not there or was cut."""
    data = read(path)
    if data is None:
        return None
    try:
        return json.loads(data.decode("utf-8"))
    except ValueError:
        return None


def write(path: str, data: bytes, mode: int, uid: int, gid: int) -> None:
    """Write a file at once or not at all, with its mode and owner set before it can be seen."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".wso2is-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            os.fchown(stream.fileno(), uid, gid)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        # A write to a full disk does not say to which file.
        raise OSError(error.errno, error.strerror, path) from None
    except BaseException:
        os.unlink(temporary)
        raise


def shown(found: bytes | None, item: Mapping[str, Any]) -> tuple[str, str]:
    """What was found and what is to be there, as a diff may show it."""
    if item.get("secret"):
        before, after = (
            "" if data is None else "(not shown, sha256:%s)\n" % sha256(data) for data in (found, item["wanted"])
        )
        return before, after
    masks = item.get("masks", ())
    after = hide(item["wanted"].decode("utf-8", "replace"), masks)
    if found is None:
        return "", after
    return hide_found(found.decode("utf-8", "replace"), masks, after, item["path"].endswith(".xml")), after


def cause(error: OSError) -> str:
    """Which file, and why."""
    if isinstance(error, shutil.Error):
        # Of a copy of several files: the first one that failed.
        _source, path, reason = error.args[0][0]
        return "%s: %s" % (path, reason)
    return "%s: %s" % (error.filename or "a file", error.strerror or error)


def numeric_id(kind: str, name: str | int) -> int | None:
    """The uid or gid of a name or number, or None when the host does not know the name yet."""
    import grp
    import pwd

    name = str(name)
    if name.isdigit():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid if kind == "user" else grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def unit_state(unit: str) -> tuple[str, bool]:
    """State of the unit as systemd names it, and whether systemd must read its file again; nothing without systemd."""
    name = unit + ".service"
    about = show_units([name]).get(name) or {}
    return about.get("active_state") or "", bool(about.get("needs_daemon_reload"))


def as_owner(item: Mapping[str, Any]) -> bool:
    """Whether a file must be read and written as its owner; only root can, and only as a user that the host knows."""
    return bool(item.get("as_owner")) and os.getuid() == 0 and item["uid"] is not None and item["gid"] is not None


def on_share(work: Callable[[], Any], item: Mapping[str, Any]) -> Any:
    """Work on a file as its owner. Raises OSError, also when the file system does not answer."""
    try:
        return run_in_child(work, ANSWER_SECONDS, User(item["uid"], item["gid"]))
    except (ChildTimeout, ChildDied) as error:
        raise OSError(errno.ETIMEDOUT, "the shared file system does not answer", item["absolute"]) from error


class Kernel:
    """The kernel settings of this host."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self.changes, self.refused = differing(bundle.get("kernel") or {}, KERNEL)

    def apply(self) -> None:
        """Set what differs."""
        failed = set_kernel(self.changes, KERNEL)
        self.refused.update(failed)
        self.changes = {name: change for name, change in self.changes.items() if name not in failed}

    def diff(self) -> list[dict[str, str]]:
        """The values before and after."""
        if not self.changes:
            return []
        before, after = (
            "".join("%s = %s\n" % (name, change[side]) for name, change in sorted(self.changes.items()))
            for side in (0, 1)
        )
        return [{"before": before, "after": after, "before_header": KERNEL, "after_header": KERNEL}]


class Files:
    """The files of one server on this host."""

    def __init__(self, bundle: Mapping[str, Any], state: str, check_mode: bool) -> None:
        self.home = bundle["release"]
        self.current = bundle["current"]
        self.java_home = bundle.get("java_home", "")
        self.watched: dict[str, str] = bundle.get("watched", {})
        self.links = bundle.get("links", {})
        self.state = state
        self.check_mode = check_mode
        self.written = read_json(os.path.join(state, "written.json")) or {}
        self.started = read_json(os.path.join(state, STARTED))
        self.counted: dict[str, dict[str, str]] = read_json(os.path.join(state, COUNTED)) or {}
        self.held = False
        self.changed: list[str] = []
        self.diff: list[dict[str, str]] = []
        self.items: list[dict[str, Any]] = []
        for item in bundle["files"]:
            path = os.path.join(self.home, item["path"])
            about = dict(item, absolute=path, wanted=base64.b64decode(item["content"]))
            about.update(uid=numeric_id("user", item["owner"]), gid=numeric_id("group", item["group"]))
            about["found"] = self._read(about)
            self.items.append(about)

    def _read(self, item: Mapping[str, Any]) -> bytes | None:
        if not as_owner(item):
            return read(item["absolute"])

        def work() -> str | None:
            data = read(item["absolute"])
            return None if data is None else base64.b64encode(data).decode()

        data = on_share(work, item)
        return None if data is None else base64.b64decode(data)

    def _write(self, item: Mapping[str, Any]) -> None:
        arguments = (item["absolute"], item["wanted"], item["mode"], item["uid"], item["gid"])
        if as_owner(item):
            on_share(lambda: write(*arguments), item)
        else:
            write(*arguments)

    def compare(self) -> None:
        """Find what differs."""
        for item in self.items:
            item["stale"] = not is_current(
                item["wanted"], item["found"], item.get("compare", "bytes"), self.written.get(item["path"])
            )
            item["wrong_mode"] = not item["stale"] and not self._mode_fits(item)
            if item["stale"]:
                before = item["found"]
                if before is None and item.get("shipped") and not os.path.isdir(self.home):
                    before = base64.b64decode(item["shipped"])
                old, new = shown(before, item)
                self.diff.append(
                    {"before": old, "after": new, "before_header": item["absolute"], "after_header": item["absolute"]}
                )
            if item["stale"] or item["wrong_mode"]:
                self.changed.append(item["absolute"])

    def _mode_fits(self, item: Mapping[str, Any]) -> bool:
        # The server writes these files anew, with the mode and owner that it has.
        if item.get("compare") == "meaning" or item.get("as_owner"):
            return True
        status = os.stat(item["absolute"])
        return (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (item["mode"], item["uid"], item["gid"])

    def hold(self) -> None:
        """Leave what a start reads as it is."""
        self.items = [item for item in self.items if item["effect"] != "start"]
        self.held = True

    def apply(self) -> None:
        """Write what differs, keeping what was there."""
        stale = [item for item in self.items if item["stale"]]
        pending = not self.held and self.started is not None and bool(self.reasons())
        if stale or pending:
            self._keep(stale, pending)
        for item in stale:
            self._write(item)
        for item in self.items:
            if item["wrong_mode"]:
                os.chown(item["absolute"], item["uid"], item["gid"])
                os.chmod(item["absolute"], item["mode"])
        written = {item["path"]: sha256(item["wanted"]) for item in self.items}
        records = {"written.json": {**self.written, **written} if self.held else written, COUNTED: self._count()}
        if not self.held:
            records["watched.json"] = self._watch()
        for name, data in records.items():
            text = json.dumps(data, indent=1, sort_keys=True).encode("utf-8")
            if read(os.path.join(self.state, name)) != text:
                write(os.path.join(self.state, name), text, 0o600, 0, 0)

    def _count(self) -> dict[str, dict[str, str]]:
        """What is known of the content that files have, had at the start of the server, or are to have."""
        known: dict[str, dict[str, str]] = {}
        for item in self.items:
            if "counted" in item:
                path = item["absolute"]
                # What is there may be there again: put back after a change that failed.
                there = {sha256(item["found"] or b""), (self.started or {}).get(path)}
                kept = {digest: part for digest, part in self.counted.get(path, {}).items() if digest in there}
                known[path] = {**kept, sha256(item["wanted"]): item["counted"]}
        return {**self.counted, **known} if self.held else known

    def _watch(self) -> dict[str, Any]:
        """What to remember at a start."""
        starts = [item for item in self.items if item["effect"] == "start"]
        return {
            "current": self.current,
            "java_home": self.java_home,
            "files": sorted([item["absolute"] for item in starts if not item.get("as_owner")] + list(self.watched)),
            # Read as the owner.
            "shared_files": sorted(item["absolute"] for item in starts if item.get("as_owner")),
            "links": sorted(self.links),
        }

    def _keep(self, stale: Iterable[Mapping[str, Any]], pending: bool) -> None:
        """Keep what is replaced; when the release is, also what leads back to it later."""
        release = os.path.realpath(self.current)
        if not pending:
            Generation(self.state, CHANGE).keep(stale, None, release)
            return
        records = [record_item(os.path.join(self.state, name)) for name in ("watched.json", "written.json", COUNTED)]
        if release != os.path.realpath(self.home):
            # What is in a release stays as it is when another one is selected.
            outside = [item for item in self.items if os.path.isabs(item["path"])]
            Generation(self.state, RELEASE).keep([*outside, *records], self.started, release)
        Generation(self.state, CHANGE).keep([*stale, *records], self.started, release)

    def reasons(self) -> list[str]:
        """Why what is to be on disk needs another start."""
        known = {
            item["absolute"]: {sha256(item["wanted"]): item["counted"], **self.counted.get(item["absolute"], {})}
            for item in self.items
            if "counted" in item
        }
        return restart_reasons(self.digests(), self.started, known)

    def digests(self) -> dict[str, str]:
        """What a start reads after the change."""
        now = {
            item["absolute"]: sha256(item["found"] if item["found"] and not item["stale"] else item["wanted"])
            for item in self.items
            if item["effect"] == "start"
        }
        now.update(
            (path, digest if self.check_mode else sha256(read(path) or b"")) for path, digest in self.watched.items()
        )
        now.update(self.links)
        now["release"] = os.path.realpath(self.home)
        now["java"] = os.path.realpath(self.java_home)
        return now


class Generation:
    """What was replaced, kept in a folder of the state directory."""

    def __init__(self, state: str, name: str) -> None:
        self.folder = os.path.join(state, name)
        self.about: dict[str, Any] = read_json(os.path.join(self.folder, GENERATION)) or {}

    def keep(self, items: Iterable[Mapping[str, Any]], replaces: Mapping[str, str] | None, release: str) -> None:
        """Keep what the items have on disk, `found`.

        Args:
            items: files, with `absolute`, `found`, `mode`, `uid` and `gid`.
            replaces: what the server was started with, when a start would replace it.
            release: directory that is selected.

        Raises:
            OSError: it cannot be kept.
        """
        fresh, about = self.folder + ".new", self.about
        shutil.rmtree(fresh, ignore_errors=True)
        if replaces is not None and about.get("replaces") == replaces:
            # Of a change that was cut off: what the server was started with is still the previous generation.
            shutil.copytree(self.folder, fresh)
        else:
            # First, so that what is put back after an error is never the generation of another change.
            shutil.rmtree(self.folder + OLDER, ignore_errors=True)
            if self.about:
                os.rename(self.folder, self.folder + OLDER)
            os.makedirs(fresh, mode=0o700)
            about = {"replaces": replaces, "release": release, "files": []}
        present = {item["absolute"] for item in about["files"]}
        for item in items:
            if item["absolute"] in present:
                continue
            if item["found"] is not None:
                write(os.path.join(fresh, item["absolute"].lstrip("/")), item["found"], 0o600, 0, 0)
            entry = {key: item[key] for key in ("absolute", "mode", "uid", "gid")}
            about["files"].append(dict(entry, there=item["found"] is not None, as_owner=bool(item.get("as_owner"))))
        write(os.path.join(fresh, GENERATION), json.dumps(about, indent=1, sort_keys=True).encode(), 0o600, 0, 0)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.rename(fresh, self.folder)
        self.about = about

    def undo(self, change: Generation, current: str) -> None:
        """Be again what it was before a change that was taken back, when that change made it."""
        if not change.about.get("replaces") or self.about.get("replaces") != change.about["replaces"]:
            return
        if self.about["release"] == os.path.realpath(current):
            shutil.rmtree(self.folder)
            if os.path.isdir(self.folder + OLDER):
                os.rename(self.folder + OLDER, self.folder)

    def leads_back(self, current: str) -> bool:
        """Whether a change of the release can be taken back: another one is selected, and this one is still there."""
        release = self.about.get("release", "")
        return os.path.isdir(release) and os.path.realpath(current) != release

    def put_back(self, current: str) -> list[str]:
        """Put it back; the paths that were changed.

        Only what a start would have replaced. Without it nothing was changed: it is kept before the first file is
        written.

        Raises:
            OSError: a file cannot be written.
        """
        if self.about.get("replaces") is None:
            return []
        changed = []
        for item in self.about["files"]:
            path = item["absolute"]
            data = read(os.path.join(self.folder, path.lstrip("/"))) if item["there"] else None

            def put(path: str = path, data: bytes | None = data, item: Mapping[str, Any] = item) -> bool:
                # A full disk may be why: what is right is not written.
                if read(path) == data:
                    return False
                if data is None:
                    os.unlink(path)
                else:
                    write(path, data, item["mode"], item["uid"], item["gid"])
                return True

            if on_share(put, item) if as_owner(item) else put():
                changed.append(path)
        if self.leads_back(current):
            os.symlink(self.about["release"], current + ".new")
            os.replace(current + ".new", current)
            changed.append(current)
        return changed


def record_item(path: str) -> dict[str, Any]:
    """A record of this module as a file of a generation."""
    return {"absolute": path, "found": read(path), "mode": 0o600, "uid": 0, "gid": 0}


def fingerprint(record: Any) -> str:
    """The digest of a record of a start; empty when there is none."""
    return "" if record is None else sha256(json.dumps(record, sort_keys=True).encode())


def restore(what: str, state: str, current: str, started: str | None, check_mode: bool) -> list[str]:
    """Put a generation back; the paths that were changed, those of the state directory aside.

    Raises:
        OSError: a file cannot be read or written.
    """
    generation = Generation(state, CHANGE if what == "change" else RELEASE)
    # A change that failed before it kept anything leaves the generation of the one before it.
    if what == "change" and started is not None and fingerprint(generation.about.get("replaces")) != started:
        return []
    if what == "release":
        if not generation.leads_back(current):
            return []
        if check_mode:
            return [current]
        items = [dict(item, found=read(item["absolute"])) for item in generation.about["files"]]
        Generation(state, CHANGE).keep(items, read_json(os.path.join(state, STARTED)), os.path.realpath(current))
    if check_mode:
        return []
    changed = generation.put_back(current)
    if what == "change":
        Generation(state, RELEASE).undo(generation, current)
    return [path for path in changed if os.path.dirname(path) != state]


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "bundle": {"type": "str", "no_log": True},
            "state": {"type": "path", "required": True},
            "unit": {"type": "str", "required": True},
            "hold": {"type": "bool", "default": False},
            "restore": {"type": "str", "choices": ["change", "release"]},
            "started": {"type": "str"},
            "current": {"type": "path"},
        },
        required_one_of=[["bundle", "restore"]],
        required_by={"restore": ["current"]},
        supports_check_mode=True,
    )
    active_state, stale = unit_state(module.params["unit"])
    running = active_state in ("active", "reloading")
    if module.params["restore"]:
        _restore(module, running or active_state == "activating")
    try:
        bundle = unpack(module.params["bundle"])
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    try:
        files = Files(bundle, module.params["state"], module.check_mode)
        files.compare()
    except OSError as exc:
        module.fail_json(msg="cannot read %s" % cause(exc))
    reasons = files.reasons() if running else []
    held = bool(module.params["hold"] and reasons)
    # Check mode shows what the turn of this server will bring.
    if held and not module.check_mode:
        files.hold()
    kernel = Kernel(bundle)
    if not module.check_mode:
        _apply(module, files)
        kernel.apply()
    changed = [path for path in files.changed if path in {item["absolute"] for item in files.items}]
    module.exit_json(
        changed=bool(changed or kernel.changes),
        changed_files=changed,
        diff=files.diff + kernel.diff(),
        held=held,
        kernel_changed=sorted(kernel.changes),
        kernel_refused=kernel.refused,
        running=running,
        starting=active_state == "activating",
        restart=reasons,
        # A run that was killed before it told systemd leaves a stale unit behind.
        reload_units=stale or any(path.startswith("/etc/systemd/") for path in changed),
    )


def _restore(module: AnsibleModule, running: bool) -> None:
    what, state, current = (module.params[name] for name in ("restore", "state", "current"))
    if running and not module.check_mode:
        module.fail_json(msg="%s runs; stop it before its previous files are put back" % module.params["unit"])
    try:
        before = os.path.realpath(current)
        changed = restore(what, state, current, module.params["started"], module.check_mode)
    except OSError as exc:
        module.fail_json(msg="cannot put back %s" % cause(exc))
    module.exit_json(
        changed=bool(changed),
        changed_files=changed,
        diff=[],
        held=False,
        kernel_changed=[],
        kernel_refused={},
        running=running,
        starting=False,
        restart=[],
        reload_units=True,
        started=fingerprint(read_json(os.path.join(state, STARTED))),
        before=before,
        after=Generation(state, RELEASE).about["release"] if what == "release" and changed else before,
    )


def _apply(module: AnsibleModule, files: Files) -> None:
    unknown = sorted(
        {item["owner"] + ":" + item["group"] for item in files.items if item["uid"] is None or item["gid"] is None}
    )
    if unknown:
        module.fail_json(msg="no user or group %s on this host; create the service user first" % ", ".join(unknown))
    if not os.path.isdir(files.home):
        module.fail_json(msg="%s is not there; install the release first" % files.home)
    try:
        files.apply()
    except OSError as exc:
        module.fail_json(msg="cannot write %s" % cause(exc))


if __name__ == "__main__":
    main()
