# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of a release that lives elsewhere: seed the other place, then put a symbolic link where it was."""

from __future__ import annotations

import os
import shutil
import stat
from typing import Iterator, NamedTuple

from ansible_collections.identityops.wso2is.plugins.module_utils.child import User

TEMPORARY = ".new-"


class LinkError(Exception):
    """A path is not what it must be. The text is for the operator."""


class LinkState(NamedTuple):
    """What stands at the path of a link: `absent`, `link` (right), `other` (a link elsewhere) or `directory`."""

    state: str
    target: str | None


def link_state(path: str, target: str) -> LinkState:
    """Look at the path of a link.

    :param path: Where the link belongs.
    :param target: Where it must lead, as the text of the link.
    :raises LinkError: if something else than a link or a directory is there.
    """
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return LinkState("absent", None)
    if stat.S_ISLNK(found.st_mode):
        current = os.readlink(path)
        return LinkState("link" if current == target else "other", current)
    if stat.S_ISDIR(found.st_mode):
        return LinkState("directory", None)
    raise LinkError("%s is a file; a directory or a link to %s belongs there" % (path, target))


def put_link(path: str, target: str) -> None:
    """Make or change a link in one step: at every moment either the old one or the new one is there.

    :param path: Where the link belongs; nothing or a link may be there.
    :param target: The text of the link.
    :raises OSError: if it can not be made.
    """
    temporary = os.path.join(os.path.dirname(path), TEMPORARY + os.path.basename(path))
    if os.path.lexists(temporary):
        os.unlink(temporary)
    os.symlink(target, temporary)
    os.rename(temporary, path)


def missing_files(source: str, target: str) -> list[str]:
    """What seeding would copy: files and directories (with a slash) that the target lacks, parents first.

    :param source: A directory; an absent one is empty. Links and special files in it are left out.
    :param target: A directory; it may be absent.
    """
    return [relative for relative, _kind in _missing(source, target, "")]


def _missing(source: str, target: str, below: str) -> Iterator[tuple[str, bool]]:
    try:
        entries = sorted(os.scandir(source), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        relative = below + entry.name
        other = os.path.join(target, entry.name)
        if entry.is_dir(follow_symlinks=False):
            if not os.path.lexists(other):
                yield relative + "/", True
            if os.path.isdir(other) or not os.path.lexists(other):
                yield from _missing(entry.path, other, relative + "/")
        elif entry.is_file(follow_symlinks=False) and not os.path.lexists(other):
            yield relative, False


def seed(source: str, target: str, owner: User, dir_mode: int = 0o750, file_mode: int = 0o640) -> list[str]:
    """Copy what the target lacks; what is there is never touched.

    :param source: A directory; an absent one is empty.
    :param target: An existing directory.
    :param owner: Who owns the copies.
    :param dir_mode: Mode of new directories.
    :param file_mode: Mode of new files.
    :returns: Relative paths of what was copied.
    :raises OSError: if it can not be written.
    """
    copied = []
    for relative in missing_files(source, target):
        path = os.path.join(target, relative)
        if relative.endswith("/"):
            make_dir(path.rstrip("/"), owner, dir_mode)
        elif not _copy_new(os.path.join(source, relative), path, owner, file_mode):
            continue
        copied.append(relative)
    return copied


def make_dir(path: str, owner: User, mode: int) -> None:
    """Make one directory with owner and mode; an existing one keeps what it has."""
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        return
    os.chmod(path, mode)
    own(path, owner)


def own(path: str, owner: User) -> bool:
    """Give a path (never what a link leads to) to its owner.

    :returns: Whether that changed anything.
    """
    found = os.lstat(path)
    if (found.st_uid, found.st_gid) == (owner.uid, owner.gid):
        return False
    os.lchown(path, owner.uid, owner.gid)
    return True


def _copy_new(source: str, path: str, owner: User, mode: int) -> bool:
    # written beside and renamed into place, so that a copy cut short never counts as the file
    temporary = os.path.join(os.path.dirname(path), TEMPORARY + os.path.basename(path))
    shutil.copyfile(source, temporary, follow_symlinks=False)
    os.chmod(temporary, mode)
    own(temporary, owner)
    if os.path.lexists(path):
        os.unlink(temporary)
        return False
    os.rename(temporary, path)
    return True


def set_aside(path: str, kept: str) -> str:
    """Move a directory out of the way without losing it.

    :param path: The directory.
    :param kept: Where to; a number is added when something is there already.
    :returns: Where it went.
    """
    place, number = kept, 1
    while os.path.lexists(place):
        number += 1
        place = "%s-%d" % (kept, number)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    os.rename(path, place)
    return place
