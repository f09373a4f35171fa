# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pack (zip) may contain, and unpacking it.

A pack is unpacked by root, so nothing in it may lead outside its own folder. An entry that is not acceptable is an
error
that names it: a pack that is not understood in every entry is not installed in part.
"""

from __future__ import annotations

import os
import stat
import zipfile
from typing import NamedTuple, Sequence

ENCRYPTED = 0x1
COPY_SIZE = 1024 * 1024


class PackError(Exception):
    """The archive is not an acceptable pack. The text is for the operator."""


class Entry(NamedTuple):
    """An acceptable entry: its path below the top folder (empty for the folder itself)."""

    path: str
    is_dir: bool
    executable: bool
    size: int
    info: zipfile.ZipInfo


def check_entries(infos: Sequence[zipfile.ZipInfo], top: str) -> list[Entry]:
    """Check all entries of a pack before any is written.

    :param infos: Entries of the archive's directory.
    :param top: Name of the one folder that holds everything.
    :returns: The entries with paths relative to that folder.
    :raises PackError: naming the first entry that is not acceptable.
    """
    entries: dict[str, Entry] = {}
    for info in infos:
        name = getattr(info, "orig_filename", info.filename)
        entry = _entry(info, name, top)
        if entry.path in entries:
            raise PackError("entry %r is in the archive twice" % name)
        entries[entry.path] = entry
    for entry in entries.values():
        parent = os.path.dirname(entry.path)
        while parent:
            above = entries.get(parent)
            if above is not None and not above.is_dir:
                raise PackError("entry %r lies below %r, which is a file" % (entry.info.filename, above.info.filename))
            parent = os.path.dirname(parent)
    if "" in entries and not entries[""].is_dir:
        raise PackError("the top entry %r is a file" % top)
    if not any(entry.path for entry in entries.values()):
        raise PackError("the archive holds nothing below %r" % top)
    return list(entries.values())


def _entry(info: zipfile.ZipInfo, name: str, top: str) -> Entry:
    if "\x00" in name or "\\" in name or any(ord(char) < 32 for char in name):
        raise PackError("entry %r has a character in its name that no pack uses" % name)
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        raise PackError("entry %r has an absolute path" % name)
    is_dir = name.endswith("/")
    steps = (name[:-1] if is_dir else name).split("/")
    if any(step in ("", ".", "..") for step in steps):
        raise PackError("entry %r leaves its folder or has an empty step in its path" % name)
    if steps[0] != top:
        raise PackError("entry %r is not below the folder %r that everything in this pack belongs to" % (name, top))
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise PackError(
            "entry %r is a %s; a pack holds only files and folders"
            % (name, "symbolic link" if kind == stat.S_IFLNK else "special file")
        )
    if (kind == stat.S_IFDIR) != is_dir and kind != 0:
        raise PackError("entry %r is a file by its name and a folder by its mode, or the reverse" % name)
    if info.flag_bits & ENCRYPTED:
        raise PackError("entry %r is encrypted" % name)
    executable = not is_dir and (name.endswith(".sh") or bool(mode & 0o111))
    return Entry("/".join(steps[1:]), is_dir, executable, 0 if is_dir else info.file_size, info)


def unpack(archive: zipfile.ZipFile, entries: Sequence[Entry], target: str, uid: int, gid: int) -> int:
    """Write checked entries below a new, empty folder.

    Files get mode 0640, programs and folders 0750, all owned by the given user and group.

    :param archive: The open archive the entries came from.
    :param entries: What :func:`check_entries` returned.
    :param target: An existing empty folder that nobody else can write to.
    :param uid: Owner.
    :param gid: Group.
    :returns: Number of files written.
    :raises PackError: if an entry can not be read (its checksum is wrong, unknown compression).
    :raises OSError: if it can not be written.
    """
    made: set[str] = set()

    def folder(path: str) -> None:
        if path in made:
            return
        if path:
            folder(os.path.dirname(path))
            os.mkdir(os.path.join(target, path), 0o750)
        full = os.path.join(target, path)
        os.chmod(full, 0o750)
        os.chown(full, uid, gid)
        made.add(path)

    folder("")
    count = 0
    for entry in entries:
        if entry.is_dir:
            folder(entry.path)
            continue
        folder(os.path.dirname(entry.path))
        _write(archive, entry, os.path.join(target, entry.path), uid, gid)
        count += 1
    return count


def _write(archive: zipfile.ZipFile, entry: Entry, path: str, uid: int, gid: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags, 0o600)
    with os.fdopen(handle, "wb") as out:
        try:
            with archive.open(entry.info) as source:
                while True:
                    chunk = source.read(COPY_SIZE)
                    if not chunk:
                        break
                    out.write(chunk)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise PackError("entry %r can not be read: %s" % (entry.info.filename, error)) from error
        os.fchown(handle, uid, gid)
        os.fchmod(handle, 0o750 if entry.executable else 0o640)
