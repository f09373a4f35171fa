#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install a pack as a release directory and select it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: carbon_release
short_description: Install a WSO2 pack beside the others and select it
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Unpacks a pack (zip) to C(BASE/releases/DIRECTORY) and points the symbolic link C(BASE/current) to it, or others
    that O(current) names.
  - The pack is unpacked beside and renamed when it is complete, so that an execution that was killed leaves nothing
    that counts as
    installed. What it left is removed by the next.
  - Files belong to root and are readable by O(group). Only what O(writable) and O(writable_files) name belongs to
    O(owner).
  - What must outlive a release is linked out by O(links).
  - A release that is installed is recognised by its stamp file, without looking at the tree.
options:
  archive:
    description:
      - The pack on this host. It may be absent when the release is installed, and in check mode.
    type: path
  sha256:
    description:
      - SHA-256 of the pack, 64 hexadecimal digits, with or without V(sha256:) in front.
    type: str
    required: true
  name:
    description:
      - Name of the release, for example V(wso2is-5.8.0).
    type: str
    required: true
  directory:
    description:
      - Name of the release directory. A release with other extra files needs another one, so that the server that runs
        with the present ones keeps them, and can go back to them.
      - Default is O(name), a hyphen and the first 12 digits of O(sha256).
    type: str
  base:
    description:
      - Directory of all releases of a product.
    type: path
    required: true
  top:
    description:
      - The folder in the pack that holds everything. Default is O(name).
    type: str
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
  links:
    description:
      - Directories of the release that live elsewhere. Key is the path in the release, value the absolute path of
        the directory.
      - The directory is made for O(owner). Files that the pack ships there are copied to it where it lacks them.
    type: dict
    default: {}
  link_mode:
    description:
      - Mode of directories that O(links) makes.
    type: str
    default: '0750'
  writable:
    description:
      - Directories of the release that the server writes. They belong to O(owner) with everything in them, and are
        made when absent.
      - V(.) is the release directory itself, without what is in it. The server can then make files there,
        but not replace what belongs to root.
      - A path that ends in C(.pid) is a file, as in O(writable_files).
    type: list
    elements: str
    default: []
  writable_files:
    description:
      - Files of the release that the server writes. They are made empty when absent.
    type: list
    elements: str
    default: []
  extra_files:
    description:
      - Files that are not in the pack, for example a JDBC driver. One that was put there for an earlier list and is
        no longer listed is removed.
    type: list
    elements: dict
    default: []
    suboptions:
      src:
        description:
          - The file on this host. It may be absent when the file is installed, and in check mode.
        type: path
        required: true
      dest:
        description:
          - Path in the release.
        type: str
        required: true
      sha256:
        description:
          - SHA-256 of the file. Empty means that O(extra_files[].src) is not checked.
        type: str
        default: ''
      mode:
        description:
          - Mode of the file.
        type: str
        default: '0640'
  select:
    description:
      - Point the links O(current) to this release.
    type: bool
    default: true
  current:
    description:
      - Names of symbolic links in O(base), those of servers that are stopped. Servers that share the releases of a base
        and are stopped one at a time have a link each.
    type: list
    elements: str
    default: [current]
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: full
notes:
  - Fails when the pack is absent, another file than O(sha256) says, or no acceptable archive, when the disk is too
    small, and when something else stands in the place of a release. Nothing is installed then.
seealso:
  - plugin: identityops.wso2is.installation
    plugin_type: filter
  - module: identityops.wso2is.carbon_files
"""

EXAMPLES = r"""
- name: Install the Identity Server
  identityops.wso2is.carbon_release:
    archive: /var/cache/wso2is/wso2is-5.8.0.zip
    sha256: "{{ pack_sha256 }}"
    name: wso2is-5.8.0
    base: /opt/wso2/is
    owner: wso2carbon
    group: wso2
    links:
      repository/logs: /var/log/wso2/is
      repository/database: /var/lib/wso2/is/database
    writable: [., tmp, repository/deployment/server, repository/tenants]
    extra_files:
      - src: /var/cache/wso2is/postgresql.jar
        dest: repository/components/lib/postgresql.jar
        sha256: "{{ driver_sha256 }}"
    select: "{{ not server_runs }}"
"""

RETURN = r"""
release:
  description: Path of the release directory.
  returned: always
  type: str
  sample: /opt/wso2/is/releases/wso2is-5.8.0-0123456789ab
installed:
  description: Whether this execution unpacked the pack, or would.
  returned: always
  type: bool
selected:
  description: Whether this execution pointed a link to the release, or would.
  returned: always
  type: bool
current:
  description: The release that the first of O(current) points to after this execution, or would; null when there is
    none.
  returned: always
  type: str
previous:
  description: The release that it pointed to before this execution; null when there was none.
  returned: always
  type: str
messages:
  description: What was changed, or would be.
  returned: always
  type: list
  elements: str
"""

import fcntl
import grp
import hashlib
import json
import os
import pwd
import re
import shutil
import stat
import zipfile
from typing import Any, NamedTuple, Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.child import User
from ansible_collections.identityops.wso2is.plugins.module_utils.linked_dir import (
    LinkError,
    link_state,
    make_dir,
    missing_files,
    put_link,
    seed,
    set_aside,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.pack_archive import (
    Entry,
    PackError,
    check_entries,
    unpack,
)

STAMP = ".release.json"
# where directories go that a link takes the place of in an installed release
SHIPPED = ".shipped"
UNPACKING = ".unpack-"
SPARE_BYTES = 64 * 1024 * 1024
ROOT = User(0, 0)


class ReleaseError(Exception):
    """The release can not be installed or selected. The text is for the operator."""


class Extra(NamedTuple):
    """A file that is not in the pack."""

    src: str
    dest: str
    sha256: str
    mode: int


class Request(NamedTuple):
    """What the options ask for, checked."""

    archive: str | None
    sha256: str
    name: str
    base: str
    top: str
    links: dict[str, str]
    link_mode: int
    writable: list[str]
    writable_files: list[str]
    extra_files: list[Extra]
    select: bool
    directory: str
    current: list[str]

    @property
    def releases(self) -> str:
        """Directory of all releases."""
        return os.path.join(self.base, "releases")

    @property
    def release(self) -> str:
        """Path of the release directory."""
        return os.path.join(self.releases, self.directory)


def make_request(options: dict[str, Any]) -> Request:
    """Check the options that belong together.

    :raises ReleaseError: naming the option and what is wrong with it.
    """
    sha256 = parse_sha256(options["sha256"], "sha256")
    directory = options["directory"] or "%s-%s" % (options["name"], sha256[:12])
    for option, text in (("name", options["name"]), ("directory", directory)):
        if not re.match(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", text):
            raise ReleaseError(
                "%s is %r; letters, digits, dots, hyphens and underscores make the name of a release" % (option, text)
            )
    links = {}
    for path, target in options["links"].items():
        if not isinstance(target, str) or not os.path.isabs(target):
            raise ReleaseError("links: the target of %s is %r; an absolute path is required" % (path, target))
        links[relative_path(path, "links")] = os.path.normpath(target)
    writable = [path if path == "." else relative_path(path, "writable") for path in options["writable"]]
    files = [relative_path(path, "writable_files") for path in options["writable_files"]]
    extras = []
    for item in options["extra_files"]:
        digest = parse_sha256(item["sha256"], "extra_files: sha256 of " + item["dest"]) if item["sha256"] else ""
        extras.append(
            Extra(
                item["src"], relative_path(item["dest"], "extra_files"), digest, parse_mode(item["mode"], "extra_files")
            )
        )
    for name in options["current"]:
        if not re.match(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", name):
            raise ReleaseError("current: %r is not the name of a link" % name)
    if len({extra.dest for extra in extras}) != len(extras):
        raise ReleaseError("extra_files: two files have the same dest")
    return Request(
        archive=options["archive"],
        sha256=sha256,
        name=options["name"],
        base=os.path.normpath(options["base"]),
        top=options["top"] or options["name"],
        links=links,
        link_mode=parse_mode(options["link_mode"], "link_mode"),
        writable=[path for path in writable if not path.endswith(".pid")],
        writable_files=files + [path for path in writable if path.endswith(".pid") and path not in files],
        extra_files=extras,
        select=options["select"],
        directory=directory,
        current=options["current"],
    )


def parse_sha256(text: str, option: str) -> str:
    """A digest without its prefix, in lower case."""
    digest = text.strip().lower()
    if digest.startswith("sha256:"):
        digest = digest[len("sha256:") :]
    if not re.match(r"^[0-9a-f]{64}$", digest):
        raise ReleaseError("%s is %r; 64 hexadecimal digits are required" % (option, text))
    return digest


def parse_mode(text: str, option: str) -> int:
    """A mode from its octal digits."""
    if not re.match(r"^0?[0-7]{3,4}$", text):
        raise ReleaseError("%s: mode is %r; octal digits are required, for example '0640'" % (option, text))
    return int(text, 8)


def relative_path(path: str, option: str) -> str:
    """A path below the release, without detours."""
    steps = path.rstrip("/").split("/")
    if not path or path.startswith("/") or any(step in ("", ".", "..") for step in steps):
        raise ReleaseError("%s: %r is not a path below the release" % (option, path))
    return "/".join(steps)


def covered_by(path: str, parents: Sequence[str]) -> bool:
    """Whether a relative path is one of the given ones or lies below one."""
    return any(path == parent or path.startswith(parent + "/") for parent in parents)


def file_sha256(path: str) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for chunk in iter(lambda: stream.read(1024 * 1024), b""):
            digest.update(chunk)
    return digest.hexdigest()


def read_stamp(release: str) -> dict[str, Any] | None:
    """The stamp of an installed release; none when it is not installed.

    :raises ReleaseError: if something else stands in its place.
    """
    path = os.path.join(release, STAMP)
    try:
        with open(path, encoding="utf-8") as stream:
            stamp: dict[str, Any] = json.load(stream)
            return stamp
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise ReleaseError("the stamp %s can not be read: %s" % (path, error)) from error
    if os.path.lexists(release):
        raise ReleaseError("%s exists without a stamp, so it was not made by this collection; move it away" % release)
    return None


def write_stamp(release: str, stamp: dict[str, Any]) -> None:
    """Write the stamp in one step."""
    path = os.path.join(release, STAMP)
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(stamp, stream, indent=2, sort_keys=True)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(temporary, 0o644)
    os.rename(temporary, path)


def read_current(base: str, name: str) -> str | None:
    """The text of a link to the selected release; none when there is none.

    :raises ReleaseError: if it is not a link.
    """
    path = os.path.join(base, name)
    if os.path.islink(path):
        return os.readlink(path)
    if os.path.lexists(path):
        raise ReleaseError("%s is not a symbolic link; move it away, the collection makes a link there" % path)
    return None


def open_pack(request: Request) -> tuple[zipfile.ZipFile, list[Entry]]:
    """Open the pack after checking its digest and every entry.

    :raises ReleaseError: if it is absent or another file.
    :raises PackError: if it is not an acceptable pack.
    """
    if not request.archive or not os.path.isfile(request.archive):
        raise ReleaseError(
            "the pack %s is not on this host, and %s is not installed"
            % (request.archive or "(option archive)", request.release)
        )
    found = file_sha256(request.archive)
    if found != request.sha256:
        raise ReleaseError(
            "the pack %s has another digest: found sha256 %s, required %s; get the pack again or correct its "
            "checksum variable" % (request.archive, found, request.sha256)
        )
    try:
        archive = zipfile.ZipFile(request.archive)
    except zipfile.BadZipFile as error:
        raise PackError("%s is not a zip archive: %s" % (request.archive, error)) from error
    return archive, check_entries(archive.infolist(), request.top)


def check_space(releases: str, needed: int) -> None:
    """Refuse when the unpacked pack does not fit.

    :raises ReleaseError: with the sizes in MB.
    """
    place = releases
    while not os.path.isdir(place):
        place = os.path.dirname(place)
    size = os.statvfs(place)
    free = size.f_bavail * size.f_frsize
    if free < needed + SPARE_BYTES:
        raise ReleaseError(
            "%s has %d MB free, the pack needs %d MB; free some space or choose another directory"
            % (place, free // 1048576, (needed + SPARE_BYTES) // 1048576)
        )


class Arrangement:
    """Brings links, owners and extra files of an unpacked release to what the request says.

    The same code serves a release that is being installed and one that has been; in check mode it only lists.
    """

    def __init__(self, root: str, request: Request, user: User, stamp: dict[str, Any], check: bool) -> None:
        """Take over the release at `root`; an empty stamp means that it has just been unpacked."""
        self.root = root
        self.request = request
        self.user = user
        self.stamp = stamp
        self.fresh = not stamp
        self.check = check
        self.messages: list[str] = []
        self.extras: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Do it all.

        :returns: The stamp's account of it.
        """
        request = self.request
        if not self.fresh and self.stamp.get("gid") != self.user.gid:
            self._say("give all files to the group %d" % self.user.gid)
            if not self.check:
                for path in walk(self.root):
                    os.lchown(path, -1, self.user.gid)
        for path in sorted(request.links):
            self._link(path, request.links[path])
        linked = list(request.links)
        for path in self.stamp.get("writable", []) + self.stamp.get("writable_files", []):
            kept = request.writable + request.writable_files
            if path not in kept and not covered_by(path, linked + [item for item in kept if item != "."]):
                self._take_back(path)
        for path in request.writable:
            if path == ".":
                self._open_home()
            elif not covered_by(path, linked):
                self._writable(path)
        for path in request.writable_files:
            if not covered_by(path, linked):
                self._writable_file(path)
        for extra in request.extra_files:
            self._extra(extra)
        self._remove_extras()
        return {
            "uid": self.user.uid,
            "gid": self.user.gid,
            "links": request.links,
            "writable": request.writable,
            "writable_files": request.writable_files,
            "extra_files": self.extras,
        }

    def _say(self, text: str) -> None:
        self.messages.append(text)

    def _path(self, relative: str) -> str:
        # the server owns some directories: a link it put there must not lead root elsewhere
        path = os.path.join(self.root, relative)
        parent = os.path.dirname(path)
        if os.path.isdir(parent) and os.path.realpath(parent) != os.path.join(
            os.path.realpath(self.root), os.path.dirname(relative)
        ).rstrip("/"):
            raise ReleaseError(
                "%s lies behind a symbolic link in the release; name the path that the link leads to" % path
            )
        return path

    def _make_parents(self, relative: str) -> None:
        done = self.root
        for step in relative.split("/")[:-1]:
            done = os.path.join(done, step)
            make_dir(done, User(ROOT.uid, self.user.gid), 0o750)

    def _link(self, relative: str, target: str) -> None:
        path = self._path(relative)
        state = link_state(path, target)
        if not os.path.isdir(target):
            if os.path.lexists(target):
                raise ReleaseError("links: %s is not a directory" % target)
            self._say("make the directory %s" % target)
            if not self.check:
                os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
                make_dir(target, self.user, self.request.link_mode)
        if state.state == "link":
            return
        if state.state == "directory":
            lacking = missing_files(path, target)
            if lacking:
                self._say("copy %d shipped files and directories of %s to %s" % (len(lacking), relative, target))
            if not self.check:
                seed(path, target, self.user)
                if self.fresh:
                    shutil.rmtree(path)
                else:
                    set_aside(path, os.path.join(self.root, SHIPPED, relative))
        self._say("link %s to %s" % (relative, target))
        if not self.check:
            self._make_parents(relative)
            put_link(path, target)

    def _writable(self, relative: str) -> None:
        path = self._path(relative)
        if os.path.islink(path):
            return
        if not os.path.lexists(path):
            self._say("make the writable directory %s" % relative)
            if not self.check:
                self._make_parents(relative)
                make_dir(path, self.user, 0o750)
        elif self.fresh or os.lstat(path).st_uid != self.user.uid:
            self._say("give %s to the server" % relative)
            if not self.check:
                give(path, self.user)

    def _writable_file(self, relative: str) -> None:
        path = self._path(relative)
        absent = not os.path.lexists(path)
        if not absent and os.lstat(path).st_uid == self.user.uid:
            return
        self._say("%s the writable file %s" % ("make" if absent else "give to the server", relative))
        if self.check:
            return
        if absent:
            self._make_parents(relative)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
        os.lchown(path, self.user.uid, self.user.gid)

    def _open_home(self) -> None:
        # with the sticky bit the server can not rename or remove what belongs to root
        found = os.lstat(self.root)
        if stat.S_IMODE(found.st_mode) == 0o1770 and found.st_gid == self.user.gid:
            return
        self._say("let the server make files in the release directory")
        if not self.check:
            os.chown(self.root, ROOT.uid, self.user.gid)
            os.chmod(self.root, 0o1770)

    def _take_back(self, relative: str) -> None:
        self._say("take %s back from the server" % relative)
        if self.check:
            return
        if relative == ".":
            os.chmod(self.root, 0o750)
        elif os.path.lexists(self._path(relative)):
            give(self._path(relative), User(ROOT.uid, self.user.gid))

    def _extra(self, extra: Extra) -> None:
        path = self._path(extra.dest)
        record = self.stamp.get("extra_files", {}).get(extra.dest)
        wanted = extra.sha256
        if not wanted:
            wanted = file_sha256(extra.src) if os.path.isfile(extra.src) else (record or {}).get("sha256", "")
        shipped = record["shipped"] if record else os.path.lexists(path)
        if (
            record
            and record["sha256"] == wanted
            and file_state(path) == [record["size"], record["mtime_ns"], extra.mode, self.user.gid]
        ):
            self.extras[extra.dest] = record
            return
        if wanted and os.path.isfile(path) and not os.path.islink(path) and file_sha256(path) == wanted:
            if (file_state(path) or [])[2:] != [extra.mode, self.user.gid]:
                self._say("set mode and group of %s" % extra.dest)
        else:
            self._say("put %s" % extra.dest)
            self._check_source(extra, wanted)
            if not self.check:
                self._make_parents(extra.dest)
                if shipped and not record and os.path.isfile(path) and not os.path.islink(path):
                    self._keep(extra.dest)
                temporary = path + ".new"
                shutil.copyfile(extra.src, temporary)
                os.chmod(temporary, extra.mode)
                os.chown(temporary, ROOT.uid, self.user.gid)
                os.rename(temporary, path)
        if not self.check:
            os.chown(path, ROOT.uid, self.user.gid)
            os.chmod(path, extra.mode)
            found = os.lstat(path)
            self.extras[extra.dest] = {
                "sha256": wanted,
                "size": found.st_size,
                "mtime_ns": found.st_mtime_ns,
                "shipped": shipped,
            }

    def _aside(self, relative: str) -> str:
        """Where the pack's own file is kept that an extra file takes the place of."""
        return os.path.join(self.root, SHIPPED, relative)

    def _keep(self, relative: str) -> None:
        aside = self._aside(relative)
        if not os.path.lexists(aside):
            os.makedirs(os.path.dirname(aside), 0o700, exist_ok=True)
            os.link(self._path(relative), aside)

    def _check_source(self, extra: Extra, wanted: str) -> None:
        if not os.path.isfile(extra.src):
            if self.check:
                return
            raise ReleaseError("the file %s for %s is not on this host" % (extra.src, extra.dest))
        found = file_sha256(extra.src)
        if found != wanted:
            raise ReleaseError(
                "the file %s has another digest: found sha256 %s, required %s; get it again or correct its checksum "
                "variable" % (extra.src, found, wanted)
            )

    def _remove_extras(self) -> None:
        listed = {extra.dest for extra in self.request.extra_files}
        for dest, record in self.stamp.get("extra_files", {}).items():
            if dest in listed:
                continue
            path = self._path(dest)
            if record["shipped"]:
                if os.path.isfile(self._aside(dest)):
                    self._say("put the pack's own %s back" % dest)
                    if not self.check:
                        os.rename(self._aside(dest), path)
                else:
                    self._say("leave %s in place: it took the place of a file of the pack" % dest)
                continue
            if os.path.lexists(path):
                self._say("remove %s" % dest)
                if not self.check:
                    os.unlink(path)


def file_state(path: str) -> list[int] | None:
    """Size, time, mode and group of a regular file; none when there is none."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return [found.st_size, found.st_mtime_ns, stat.S_IMODE(found.st_mode), found.st_gid]


def walk(path: str) -> list[str]:
    """A path and everything below it, links not followed."""
    found = [path]
    for folder, folders, files in os.walk(path):
        found.extend(os.path.join(folder, name) for name in folders + files)
    return found


def give(path: str, user: User) -> None:
    """Give a path and everything below it to a user, links not followed."""
    for entry in walk(path):
        os.lchown(entry, user.uid, user.gid)


def flush(path: str) -> None:
    """Write a file system's data to disk, so that a power failure does not leave a release of empty files."""
    handle = os.open(path, os.O_RDONLY)
    try:
        import ctypes

        ctypes.CDLL(None).syncfs(handle)
    except (ImportError, OSError, AttributeError):
        os.sync()
    finally:
        os.close(handle)


def install(request: Request, user: User) -> list[str]:
    """Unpack the pack beside and rename it into place.

    :returns: Messages.
    """
    archive, entries = open_pack(request)
    with archive:
        check_space(request.releases, sum(entry.size for entry in entries))
        temporary = os.path.join(request.releases, UNPACKING + request.directory)
        os.mkdir(temporary, 0o700)
        try:
            count = unpack(archive, entries, temporary, ROOT.uid, user.gid)
            arrangement = Arrangement(temporary, request, user, {}, check=False)
            stamp = arrangement.run()
            stamp.update(format=1, name=request.name, sha256=request.sha256, files=count)
            write_stamp(temporary, stamp)
            flush(temporary)
            os.rename(temporary, request.release)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return ["unpack %d files to %s" % (count, request.release), *arrangement.messages]


def plan_install(request: Request) -> list[str]:
    """What installing would do, for check mode: the pack may not be there yet."""
    messages = ["unpack the pack to %s" % request.release]
    if request.archive and os.path.isfile(request.archive):
        archive, entries = open_pack(request)
        archive.close()
        check_space(request.releases, sum(entry.size for entry in entries))
        messages = ["unpack %d files to %s" % (sum(not entry.is_dir for entry in entries), request.release)]
    messages.extend("link %s to %s" % pair for pair in sorted(request.links.items()))
    messages.extend("give %s to the server" % path for path in request.writable + request.writable_files)
    messages.extend("put %s" % extra.dest for extra in request.extra_files)
    return messages


def rearrange(request: Request, user: User, stamp: dict[str, Any], check: bool) -> list[str]:
    """Bring an installed release to the request."""
    arrangement = Arrangement(request.release, request, user, stamp, check)
    new = dict(stamp, **arrangement.run())
    if new != stamp and not check:
        write_stamp(request.release, new)
    return arrangement.messages


def remove_leftovers(releases: str, check: bool) -> list[str]:
    """Remove what an execution that was killed left; the caller holds the lock, so nobody is still writing it."""
    messages = []
    for name in sorted(os.listdir(releases)) if os.path.isdir(releases) else []:
        if name.startswith(UNPACKING):
            messages.append("remove %s, left by an execution that did not end" % os.path.join(releases, name))
            if not check:
                shutil.rmtree(os.path.join(releases, name))
    return messages


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


def numbers(owner: str, group: str, check: bool) -> User:
    """User and group by name or number; on an empty host in check mode they need not exist yet."""
    found = []
    for option, text, look in (
        ("owner", owner, user_number),
        ("group", group, group_number),
    ):
        if text.isdigit():
            found.append(int(text))
            continue
        try:
            found.append(look(text))
        except KeyError:
            if not check:
                raise ReleaseError("%s: there is no %r on this host" % (option, text)) from None
            found.append(-1)
    return User(*found)


def absolute(base: str, target: str | None) -> str | None:
    """Where the link `current` leads."""
    return os.path.normpath(os.path.join(base, target)) if target else None


def apply(request: Request, user: User, check: bool) -> dict[str, Any]:
    """Install, arrange and select.

    :returns: What the module returns.
    """
    before = {name: read_current(request.base, name) for name in request.current}
    stamp = read_stamp(request.release)
    messages = remove_leftovers(request.releases, check)
    if stamp is None:
        messages += plan_install(request) if check else install(request, user)
    elif user.uid >= 0 and user.gid >= 0:
        messages += rearrange(request, user, stamp, check)
    wanted = os.path.join("releases", request.directory)
    moved = [
        name for name, text in before.items() if request.select and absolute(request.base, text) != request.release
    ]
    for name in moved:
        messages.append("select %s%s" % (request.directory, "" if name == "current" else " with the link " + name))
        if not check:
            put_link(os.path.join(request.base, name), wanted)
    after = {name: wanted if name in moved else text for name, text in before.items()}
    first = next(iter(request.current), "")
    return {
        "changed": bool(messages),
        "release": request.release,
        "installed": stamp is None,
        "selected": bool(moved),
        "current": absolute(request.base, after.get(first)),
        "previous": absolute(request.base, before.get(first)),
        "messages": messages,
        "diff": {
            "before_header": request.base,
            "after_header": request.base,
            "before": links_text(before),
            "after": links_text(after) + "".join("%s\n" % text for text in messages),
        },
    }


def links_text(links: dict[str, str | None]) -> str:
    """Where links lead, for a diff."""
    return "".join("%s: %s\n" % (name, text or "(none)") for name, text in links.items())


def run(request: Request, owner: str, group: str, check: bool) -> dict[str, Any]:
    """Hold the lock of the releases and apply the request."""
    user = numbers(owner, group, check)
    if check:
        return apply(request, user, check)
    os.makedirs(request.releases, 0o755, exist_ok=True)
    with open(os.path.join(request.releases, ".lock"), "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return apply(request, user, check)


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "archive": {"type": "path"},
            "sha256": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "directory": {"type": "str"},
            "base": {"type": "path", "required": True},
            "top": {"type": "str"},
            "owner": {"type": "str", "required": True},
            "group": {"type": "str", "required": True},
            "links": {"type": "dict", "default": {}},
            "link_mode": {"type": "str", "default": "0750"},
            "writable": {"type": "list", "elements": "str", "default": []},
            "writable_files": {"type": "list", "elements": "str", "default": []},
            "extra_files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "src": {"type": "path", "required": True},
                    "dest": {"type": "str", "required": True},
                    "sha256": {"type": "str", "default": ""},
                    "mode": {"type": "str", "default": "0640"},
                },
            },
            "select": {"type": "bool", "default": True},
            "current": {"type": "list", "elements": "str", "default": ["current"]},
        },
        supports_check_mode=True,
    )
    # what root makes here has the mode it is given, whatever the session's mask
    os.umask(0o022)
    try:
        result = run(make_request(module.params), module.params["owner"], module.params["group"], module.check_mode)
    except (ReleaseError, PackError, LinkError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="the release can not be installed: %s" % error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
