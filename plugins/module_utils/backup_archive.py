# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of a backup: made of directories of a host, checked, and put back.

An archive holds directories and plain files only. The server owns some of the directories that are read and written
here as root, so no step ever follows a symbolic link; links are the installation's and are left alone.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import stat
import tarfile
import tempfile
import zlib
from decimal import Decimal, InvalidOperation
from typing import IO, Any, Iterable, Iterator, NamedTuple, Sequence, cast

from ansible_collections.identityops.wso2is.plugins.module_utils.mounts import is_mount_point, read_mounts

TEMPORARY = ".wso2is-restore-"
# Files up to this size (bytes) are compared and copied in memory.
IN_MEMORY = 32 << 20
# How often a file is read that changes while it is read.
ATTEMPTS = 10
# What the archive says of modes: no set-user-id.
FILE_MODE, DIRECTORY_MODE = 0o777, 0o3777
# Everything that tarfile raises for an archive that is cut or spoilt.
UNREADABLE = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError)

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class ArchiveError(Exception):
    """An archive cannot be made or put back. The text is for the operator."""


class Root(NamedTuple):
    """A directory of a host that belongs into an archive.

    Attributes:
        name: what its paths in the archive begin with.
        path: the directory.
        only: names in it that belong into the archive; none means all.
        leave: paths in it that are neither read nor changed.
        release: name that the directory must have where links lead; empty means any.
        required: whether it must be there.
        mount: whether it must be a mount point: below one that is not mounted lies nothing, or the wrong thing.
        marker: file in it that names the cluster that it belongs to; empty where there is none.
        cluster: that cluster.
    """

    name: str
    path: str
    only: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    release: str = ""
    required: bool = False
    mount: bool = False
    marker: str = ""
    cluster: str = ""

    def has(self, relative: str) -> bool:
        """Whether a path in the directory belongs into the archive."""
        if self.only and relative and relative.split("/", 1)[0] not in self.only:
            return False
        return not any(relative == path or relative.startswith(path + "/") for path in self.leave)


class Member(NamedTuple):
    """A directory or a file of an archive."""

    root: str
    relative: str
    info: tarfile.TarInfo

    @property
    def directory(self) -> bool:
        """Whether it is a directory."""
        return self.info.isdir()

    @property
    def mode(self) -> int:
        """Its mode, without what no file of a server has."""
        return self.info.mode & (DIRECTORY_MODE if self.directory else FILE_MODE)

    @property
    def mtime_ns(self) -> int:
        """Its time of change in nanoseconds."""
        said = self.info.pax_headers.get("mtime", str(int(self.info.mtime)))
        try:
            return int(Decimal(said) * 1000000000)
        except (InvalidOperation, OverflowError, ValueError):
            return 0


def file_sha256(stream: IO[bytes]) -> str:
    """Hexadecimal SHA-256 of the rest of a stream, str."""
    digest = hashlib.sha256()
    for block in iter(lambda: stream.read(1 << 20), b""):
        digest.update(block)
    return digest.hexdigest()


def safe_name(name: str) -> str:
    """A path in an archive.

    Raises:
        ArchiveError: it leads out of the directory in which it is put, or is not written in the one way that it can be.
    """
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in name or parts[-1].startswith(TEMPORARY):
        raise ArchiveError("the archive has a path that is not allowed: %r" % name)
    return name


def members(archive: tarfile.TarFile, roots: Iterable[str]) -> Iterator[Member]:
    """What an archive holds, each checked before it is returned.

    Args:
        archive: the archive, open for reading.
        roots: what its paths may begin with.

    Raises:
        ArchiveError: a path leads elsewhere or comes twice, or is neither a directory nor a plain file.
    """
    known = sorted(roots, key=len, reverse=True)
    kinds: dict[str, bool] = {}
    for info in archive:
        name = safe_name(info.name)
        if not (info.isdir() or info.type in (tarfile.REGTYPE, tarfile.AREGTYPE)) or info.issparse():
            raise ArchiveError("%s in the archive is neither a directory nor a plain file" % name)
        root = next((root for root in known if name == root or name.startswith(root + "/")), None)
        if root is None:
            raise ArchiveError("%s in the archive belongs to nothing of this host" % name)
        if name in kinds:
            raise ArchiveError("%s is twice in the archive" % name)
        if name == root and not info.isdir():
            raise ArchiveError("%s in the archive is not a directory" % name)
        above = name
        while above != root:
            above = above.rpartition("/")[0]
            if kinds.get(above) is False:
                raise ArchiveError("%s in the archive lies in a file" % name)
        kinds[name] = info.isdir()
        yield Member(root, name[len(root) + 1 :], info)


@contextlib.contextmanager
def reading(stream: IO[bytes]) -> Iterator[tarfile.TarFile]:
    """An archive for reading, from its beginning.

    Raises:
        ArchiveError: it is cut or is no archive.
    """
    stream.seek(0)
    try:
        with tarfile.open(fileobj=stream, mode="r:gz", encoding="utf-8", errors="surrogateescape") as archive:
            yield archive
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.filename is not None:
            # Of a file of the host.
            raise
        raise ArchiveError("the archive cannot be read: %s" % error) from error


def scratch() -> IO[bytes]:
    """A file for a copy, in memory as long as it is small."""
    return cast("IO[bytes]", tempfile.SpooledTemporaryFile(IN_MEMORY))


# Making


def make(stream: IO[bytes], roots: Sequence[Root]) -> dict[str, Any]:
    """Write an archive. The same content gives the same archive.

    Args:
        stream: where to; it is not closed.
        roots: the directories.

    Returns:
        `files`, their number; `bytes`, their size; `links`, the symbolic links that were left out, by path.

    Raises:
        ArchiveError: a directory is not there, is another release, or a file changes all the time.
        OSError: a file cannot be read.
    """
    done: dict[str, Any] = {"files": 0, "bytes": 0, "links": {}}
    for root in roots:
        check_share(root, making=True)
    # The name and time of making would be in the header.
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed, tarfile.open(
        fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as archive:
        seen = set()
        for root in sorted(roots):
            top = enter(root)
            place = (os.path.realpath(root.path), root.only, root.leave)
            if top is not None and place in seen:
                # Two links to one release.
                os.close(top)
            elif top is not None:
                seen.add(place)
                with closing(top):
                    _add_directory(archive, root, "", top, done)
    stream.flush()
    return done


def check_share(root: Root, making: bool) -> None:
    """Make sure that a shared directory is what it is to be.

    Args:
        root: the directory.
        making: whether an archive is made of it; then its marker must be there. Before a restore it may be lost.

    Raises:
        ArchiveError: it is not mounted, or belongs to another cluster or to none.
    """
    path = os.path.realpath(root.path)
    if root.mount and not is_mount_point(path, read_mounts()):
        raise ArchiveError("%s is not mounted on this host; mount it, or run the playbook of the pattern" % root.path)
    if not root.marker:
        return
    try:
        with open(os.path.join(path, root.marker), encoding="utf-8") as stream:
            found = json.load(stream)["cluster"]
    except FileNotFoundError:
        if not making:
            return
        raise ArchiveError(
            "%s has no marker %s, so it is not the shared file system of this cluster" % (root.path, root.marker)
        ) from None
    except (ValueError, KeyError, TypeError):
        found = None
    if found != root.cluster:
        raise ArchiveError(
            "%s belongs to the cluster %r by its marker %s, this deployment is %r; mount the right file system"
            % (root.path, found, root.marker, root.cluster)
        )


@contextlib.contextmanager
def closing(handle: int) -> Iterator[int]:
    """A descriptor that is closed afterwards."""
    try:
        yield handle
    finally:
        os.close(handle)


def enter(root: Root) -> int | None:
    """A descriptor of the directory of a root; None when it need not be there and is not.

    Raises:
        ArchiveError: it must be there, or is another release.
    """
    path = os.path.realpath(root.path)
    try:
        handle = os.open(path, _DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        if not root.required:
            return None
        raise ArchiveError("%s is not there; run the playbook of the pattern first" % root.path) from None
    if root.release and os.path.basename(path) != root.release:
        os.close(handle)
        raise ArchiveError(
            "%s leads to %s, the backup is of %s (release, pack, JDBC driver and overlays make the name). Select that "
            "first, with rollback.yml, or with the inventory of then and the playbook of the pattern"
            % (root.path, os.path.basename(path), root.release)
        )
    return handle


def _info(name: str, status: os.stat_result) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE if stat.S_ISDIR(status.st_mode) else tarfile.REGTYPE
    info.mode = stat.S_IMODE(status.st_mode)
    info.uid, info.gid = status.st_uid, status.st_gid
    if info.type == tarfile.REGTYPE:
        info.size = status.st_size
        # Exact: a time of change says whether a server deploys a file anew.
        info.pax_headers = {"mtime": "%d.%09d" % divmod(status.st_mtime_ns, 1000000000)}
    return info


def _add_directory(archive: tarfile.TarFile, root: Root, below: str, handle: int, done: dict[str, Any]) -> None:
    if below or not root.only:
        archive.addfile(_info("/".join(filter(None, (root.name, below))), os.fstat(handle)))
    for name in sorted(os.listdir(handle)):
        relative = "%s/%s" % (below, name) if below else name
        if not root.has(relative) or name.startswith(TEMPORARY):
            continue
        try:
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                done["links"]["%s/%s" % (root.name, relative)] = os.readlink(name, dir_fd=handle)
            elif stat.S_ISDIR(status.st_mode):
                with closing(os.open(name, _DIRECTORY, dir_fd=handle)) as inner:
                    _add_directory(archive, root, relative, inner, done)
            elif stat.S_ISREG(status.st_mode):
                _add_file(archive, "%s/%s" % (root.name, relative), handle, name, done)
        except FileNotFoundError:
            # A running server removed it meanwhile.
            continue
        except OSError as error:
            # A name says nothing without its directory.
            raise OSError(error.errno, error.strerror, os.path.join(root.path, relative)) from error


def _add_file(archive: tarfile.TarFile, full: str, handle: int, name: str, done: dict[str, Any]) -> None:
    for _attempt in range(ATTEMPTS):
        with open(os.open(name, _FILE, dir_fd=handle), "rb") as source, scratch() as copy:
            before = os.fstat(source.fileno())
            for block in iter(lambda: source.read(1 << 20), b""):
                copy.write(block)
            after = os.fstat(source.fileno())
            if (before.st_size, before.st_mtime_ns) != (
                after.st_size,
                after.st_mtime_ns,
            ) or copy.tell() != after.st_size:
                continue
            copy.seek(0)
            archive.addfile(_info(full, after), copy)
            done["files"] += 1
            done["bytes"] += after.st_size
            return
    raise ArchiveError("%s is written all the time, so no whole copy of it can be had; try again later" % full)


# Putting back


class Tree:
    """A directory of the host, in which nothing is reached by a symbolic link."""

    def __init__(self, root: Root, handle: int | None) -> None:
        self.root = root
        self.handle = handle
        # Path -> what is there: `file`, `directory` or `link`.
        self.found: dict[str, str] = {}
        self.status: dict[str, os.stat_result] = {}
        if handle is not None:
            self._look("", handle)

    def close(self) -> None:
        """Leave the directory."""
        if self.handle is not None:
            os.close(self.handle)

    def _look(self, below: str, handle: int) -> None:
        for name in sorted(os.listdir(handle)):
            relative = "%s/%s" % (below, name) if below else name
            if not self.root.has(relative):
                continue
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            self.status[relative] = status
            if stat.S_ISDIR(status.st_mode):
                self.found[relative] = "directory"
                with closing(os.open(name, _DIRECTORY, dir_fd=handle)) as inner:
                    self._look(relative, inner)
            elif stat.S_ISREG(status.st_mode):
                self.found[relative] = "file"
            else:
                # Sockets and the like are left alone as links are.
                self.found[relative] = "link"

    def path(self, relative: str) -> str:
        """A path of the host, for messages."""
        return os.path.join(self.root.path, relative) if relative else self.root.path

    @contextlib.contextmanager
    def parent(self, relative: str) -> Iterator[tuple[int, str]]:
        """Descriptor of the directory that holds a path, and the path's last part."""
        if self.handle is None:
            raise FileNotFoundError(2, "No such directory", self.root.path)
        handle = os.dup(self.handle)
        *steps, last = relative.split("/")
        try:
            for step in steps:
                inner = os.open(step, _DIRECTORY, dir_fd=handle)
                os.close(handle)
                handle = inner
            yield handle, last
        except OSError as error:
            raise OSError(error.errno, error.strerror, self.path(relative)) from error
        finally:
            os.close(handle)

    def refuse_links(self, wanted: Iterable[str]) -> None:
        """Refuse to put back what lies where a symbolic link is now.

        Raises:
            ArchiveError: there is one.
        """
        links = {path for path, kind in self.found.items() if kind == "link"}
        for relative in wanted:
            step = relative
            while step:
                if step in links:
                    raise ArchiveError(
                        "%s is a symbolic link or special file on this host and was none when the backup was taken; "
                        "remove it, or run the playbook of the pattern" % self.path(step)
                    )
                step = step.rpartition("/")[0]

    def surplus(self, wanted: dict[str, bool]) -> list[str]:
        """What is there and not in the archive, or of another kind; what a directory holds before it.

        Links, and directories that hold one or something that is left alone, stay.
        """
        kept = {path for path, kind in self.found.items() if kind == "link"} | set(self.root.leave)
        inside = {"/".join(path.split("/")[:count]) for path in kept for count in range(1, path.count("/") + 1)}
        return [
            path
            for path in sorted(self.found, reverse=True)
            if path not in kept
            and path not in inside
            and wanted.get(path) is not (self.found[path] == "directory")
            # What has come to be named since the backup was taken is not in it, and stays.
            and not (self.root.only and path.split("/", 1)[0] not in wanted)
        ]

    @contextlib.contextmanager
    def opened(self, relative: str, flags: int) -> Iterator[int]:
        """A file or directory that is there, open."""
        with self.parent(relative) as (handle, name):
            inner = os.open(name, flags, dir_fd=handle)
        try:
            yield inner
        finally:
            os.close(inner)

    def remove(self, relative: str) -> None:
        """Remove a file or an empty directory."""
        with self.parent(relative) as (handle, name):
            if self.found.pop(relative) == "directory":
                os.rmdir(name, dir_fd=handle)
            else:
                os.unlink(name, dir_fd=handle)

    def same(self, member: Member, content: IO[bytes]) -> bool:
        """Whether a file has the content already."""
        if self.found.get(member.relative) != "file" or self.status[member.relative].st_size != member.info.size:
            return False
        with self.opened(member.relative, _FILE) as inner, open(inner, "rb", closefd=False) as there:
            content.seek(0)
            return all(block == content.read(1 << 20) for block in iter(lambda: there.read(1 << 20), b""))

    def fits(self, member: Member, owner: bool) -> bool:
        """Whether mode and, where it can be changed, owner are right."""
        status = self.status[member.relative] if member.relative else os.fstat(self.handle or 0)
        right = not owner or (status.st_uid, status.st_gid) == (member.info.uid, member.info.gid)
        return right and stat.S_IMODE(status.st_mode) == member.mode

    def adjust(self, member: Member, owner: bool) -> None:
        """Set mode and owner of what is there."""
        flags = _DIRECTORY if member.directory else _FILE
        if not member.relative:
            self._set(self.handle or 0, member, owner)
            return
        with self.opened(member.relative, flags) as inner:
            self._set(inner, member, owner)

    @staticmethod
    def _set(handle: int, member: Member, owner: bool) -> None:
        if owner:
            os.fchown(handle, member.info.uid, member.info.gid)
        os.fchmod(handle, member.mode)

    def make_directory(self, member: Member, owner: bool) -> None:
        """Make a directory of the archive, or the root itself."""
        if not member.relative:
            os.makedirs(self.root.path, mode=0o755, exist_ok=True)
            self.handle = os.open(os.path.realpath(self.root.path), _DIRECTORY)
        else:
            with self.parent(member.relative) as (handle, name):
                os.mkdir(name, 0o700, dir_fd=handle)
        self.adjust(member, owner)

    def write(self, member: Member, content: IO[bytes], owner: bool) -> None:
        """Write a file at once or not at all."""
        content.seek(0)
        with self.parent(member.relative) as (handle, name):
            temporary = TEMPORARY + hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=handle)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with open(os.open(temporary, flags, 0o600, dir_fd=handle), "wb") as target:
                target.writelines(iter(lambda: content.read(1 << 20), b""))
                target.flush()
                self._set(target.fileno(), member, owner)
                os.utime(target.fileno(), ns=(member.mtime_ns, member.mtime_ns))
                os.fsync(target.fileno())
            os.replace(temporary, name, src_dir_fd=handle, dst_dir_fd=handle)


def put_back(stream: IO[bytes], roots: Sequence[Root], check: bool) -> dict[str, Any]:
    """Make the directories what they were.

    Everything that can be refused is refused before the first change.

    Args:
        stream: the archive.
        roots: the directories.
        check: only say what would be changed.

    Returns:
        `written` and `removed`, paths of the host; `ignored`, paths of the archive that do not belong to the
        directories any more.

    Raises:
        ArchiveError: the archive or a directory is not what it must be.
        OSError: a file cannot be read or written.
    """
    by_name = {root.name: root for root in roots}
    for root in roots:
        check_share(root, making=False)
    wanted: dict[str, dict[str, bool]] = {root.name: {} for root in roots}
    ignored = []
    with reading(stream) as archive:
        for member in members(archive, by_name):
            if by_name[member.root].has(member.relative):
                wanted[member.root][member.relative] = member.directory
            else:
                ignored.append("%s/%s" % (member.root, member.relative))
    with contextlib.ExitStack() as stack:
        trees = {}
        for root in roots:
            handle = enter(root)
            tree = trees[root.name] = Tree(root, handle)
            stack.callback(tree.close)
            tree.refuse_links(wanted[root.name])
        removed = []
        for name, tree in trees.items():
            # A directory that is not in the archive at all was not there, or was not read: nothing is removed from it.
            for path in tree.surplus(wanted[name]) if wanted[name] else ():
                removed.append(tree.path(path))
                if not check:
                    tree.remove(path)
        written = _write_all(stream, trees, check)
    return {"written": written, "removed": sorted(removed), "ignored": ignored}


def _write_all(stream: IO[bytes], trees: dict[str, Tree], check: bool) -> list[str]:
    # Without root's rights everything is, and becomes, the caller's own.
    owner = os.geteuid() == 0
    written = []
    with reading(stream) as archive:
        for member in members(archive, trees):
            tree = trees[member.root]
            if not tree.root.has(member.relative):
                continue
            if member.directory:
                there = tree.handle is not None if not member.relative else member.relative in tree.found
                if there and tree.fits(member, owner):
                    continue
                if not check:
                    (tree.adjust if there else tree.make_directory)(member, owner)
            else:
                with scratch() as content:
                    _copy(archive, member, content)
                    same = tree.same(member, content)
                    if same and tree.fits(member, owner):
                        continue
                    if not check and same:
                        tree.adjust(member, owner)
                    elif not check:
                        tree.write(member, content, owner)
            written.append(tree.path(member.relative))
    return written


def _copy(archive: tarfile.TarFile, member: Member, content: IO[bytes]) -> None:
    source = archive.extractfile(member.info)
    if source is None:
        raise ArchiveError("%s/%s has no content in the archive" % (member.root, member.relative))
    count = 0
    for block in iter(lambda: source.read(1 << 20), b""):
        content.write(block)
        count += len(block)
    if count != member.info.size:
        raise ArchiveError("the archive is cut in %s/%s" % (member.root, member.relative))
