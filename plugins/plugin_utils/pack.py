# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's pack on the control node: which one it is, and its named files.

The files that settings name are kept in a cache by the pack's digest, so that a run reads the big zip only the
first time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, cast

from ..module_utils import pack_archive


class PackError(ValueError):
    """The pack cannot be used. The text says what was found and what is required."""


def default_cache() -> str:
    """Where named files and downloaded packs are kept: the user's cache directory."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "identityops.wso2is")


@dataclass(frozen=True)
class Pack:
    """A pack whose digest is known.

    Attributes:
        source: what the inventory says, a path or a URL.
        path: the zip on the control node.
        sha256: digest of the zip.
        top: name of its only top folder.
    """

    source: str
    path: str
    sha256: str
    top: str
    cache: str

    def read(self, name: str) -> bytes:
        """The file at `name` below the top folder. Raises PackError when the pack has no such file."""
        cached = os.path.join(self.cache, self.sha256, *name.split("/"))
        if os.path.isfile(cached):
            with open(cached, "rb") as handle:
                return handle.read()
        try:
            with zipfile.ZipFile(self.path) as archive:
                data = archive.read(f"{self.top}/{name}")
        except KeyError as exc:
            raise PackError(f"{name} is not in the pack {self.source}") from exc
        except (OSError, zipfile.BadZipFile) as exc:
            raise PackError(f"the pack {self.source} cannot be read: {exc}") from exc
        _write(cached, data)
        return data


def _write(path: str, data: bytes) -> None:
    """Write at once or not at all: several processes of one run fill the same cache."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    os.replace(temporary, path)


def file_digest(path: str) -> str:
    """Hexadecimal SHA-256 of a file. Raises OSError."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _digest(path: str, cache: str) -> str:
    """SHA-256 of a file; remembered by path, size and time of change, because packs are large."""
    status = os.stat(path)
    key = hashlib.sha256(f"{os.path.realpath(path)}|{status.st_size}|{status.st_mtime_ns}".encode()).hexdigest()
    remembered = os.path.join(cache, "digests", key)
    if os.path.isfile(remembered):
        with open(remembered, encoding="ascii") as handle:
            return str(json.loads(handle.read())["sha256"])
    digest = file_digest(path)
    _write(remembered, json.dumps({"sha256": digest}).encode())
    return digest


def local_file(
    source: str, checksum: str = "", cache: str | None = None, fetch: Callable[[str], IO[bytes]] | None = None
) -> tuple[str, str]:
    """Bring a file to the control node, if it is not there, and check it.

    Args:
        source: a path on the control node, or a URL.
        checksum: `sha256:` and hexadecimal digits, or empty for no check.
        cache: directory of the cache; the user's when it is not given.
        fetch: opens a URL for reading; Ansible's own way when it is not given.

    Returns:
        The path, and the hexadecimal SHA-256.

    Raises:
        PackError: no such file, it cannot be fetched, or it has another checksum.
    """
    cache = cache or default_cache()
    wanted = checksum.lower()
    if wanted and not re.fullmatch(r"sha256:[0-9a-f]{64}", wanted):
        raise PackError(f"the checksum {checksum} is not of the form sha256:<64 hexadecimal digits>")
    path = _download(source, wanted, cache, fetch or _open_url) if "://" in source else os.path.expanduser(source)
    if not os.path.isfile(path):
        raise PackError(f"{source} is not there")
    try:
        digest = _digest(path, cache)
    except OSError as exc:
        raise PackError(f"{source} cannot be read: {exc.strerror}") from exc
    if wanted and wanted != f"sha256:{digest}":
        if "://" in source:
            # Fetched anew the next time: it may have been cut.
            os.unlink(path)
        raise PackError(f"{source} has sha256:{digest}, but {wanted} is required")
    return path, digest


def open_pack(
    source: str, checksum: str = "", cache: str | None = None, fetch: Callable[[str], IO[bytes]] | None = None
) -> Pack:
    """Find a pack, check it and say which one it is. Takes what local_file takes.

    Raises:
        PackError: what local_file raises; not a zip, not one top folder, or an entry that leads out of it.
    """
    cache = cache or default_cache()
    path, digest = local_file(source, checksum, cache, fetch)
    remembered = os.path.join(cache, digest, ".checked")
    if os.path.isfile(remembered):
        with open(remembered, encoding="utf-8") as handle:
            return Pack(source, path, digest, handle.read(), cache)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (OSError, zipfile.BadZipFile) as exc:
        raise PackError(f"{source} is not a zip archive: {exc}") from exc
    tops = {info.filename.split("/", 1)[0] for info in infos}
    if len(tops) != 1:
        raise PackError(f"{source} has {len(tops)} top folders, one is required")
    top = tops.pop()
    try:
        pack_archive.check_entries(infos, top)
    except pack_archive.PackError as exc:
        raise PackError(f"{source} is not safe to unpack: {exc}") from exc
    _write(remembered, top.encode())
    return Pack(source, path, digest, top, cache)


def _open_url(url: str) -> IO[bytes]:
    # Only a URL needs it, and with it come Ansible's own settings for proxies and certificates.
    from ansible.module_utils.urls import open_url

    return cast("IO[bytes]", open_url(url, timeout=60))


def _download(url: str, checksum: str, cache: str, fetch: Callable[[str], IO[bytes]]) -> str:
    name = hashlib.sha256(f"{url}|{checksum}".encode()).hexdigest()
    target = os.path.join(cache, "downloads", name, os.path.basename(url.split("?", maxsplit=1)[0]) or "download")
    if os.path.isfile(target):
        return target
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target))
    try:
        with fetch(url) as stream, os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(stream, out)
        os.replace(temporary, target)
    except Exception as exc:
        os.unlink(temporary)
        raise PackError(f"{url} could not be fetched: {exc}") from exc
    return target
