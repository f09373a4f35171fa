# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparing what is on disk with what is to be there, and with what a process was started with."""

from __future__ import annotations

import hashlib
from typing import Any, Mapping
from xml.etree import ElementTree


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256 of bytes, str."""
    return hashlib.sha256(data).hexdigest()


def _canonical(element: ElementTree.Element) -> tuple[Any, ...]:
    attributes = {name: value for name, value in element.attrib.items() if name.rsplit("}", 1)[-1] != "encrypted"}
    # A server that encrypts a value in place sets the attribute; the text is then not comparable.
    hidden = any(name.rsplit("}", 1)[-1] == "encrypted" for name in element.attrib)
    text = "" if hidden else (element.text or "").strip()
    return (element.tag, sorted(attributes.items()), text, sorted((_canonical(child) for child in element), key=repr))


def same_meaning(one: bytes, other: bytes) -> bool:
    """Whether two XML documents (bytes) say the same, layout, order and encrypted values aside.

    Something that is not well-formed means nothing, so it is never the same. Returns bool.
    """
    try:
        return _canonical(ElementTree.fromstring(one)) == _canonical(ElementTree.fromstring(other))
    except ElementTree.ParseError:
        return False


def is_current(wanted: bytes, found: bytes | None, compare: str, written: str | None) -> bool:
    """Whether a file needs no writing.

    Args:
        wanted: bytes that it is to contain.
        found: bytes on disk, or None when it is not there.
        compare: "bytes", or "meaning" for a file that the server rewrites.
        written: digest of what was written last, str or None. A changed secret cannot be seen in an encrypted file,
            but it changes this digest.

    Returns:
        bool
    """
    if found is None:
        return False
    if found == wanted:
        return True
    if compare != "meaning":
        return False
    return written in (None, sha256(wanted)) and same_meaning(wanted, found)


def restart_reasons(
    now: Mapping[str, str], started: Mapping[str, str] | None, counted: Mapping[str, Mapping[str, str]] | None = None
) -> list[str]:
    """Why a process that runs must be started again.

    Args:
        now: mapping of what a start would read, name to digest.
        started: the same mapping as it was when the process was started, or None when there is no record of it.
        counted: for names whose content is in part of no matter to a process that runs, digest to the digest of the
            part that matters.

    Returns:
        A sorted list of names that differ, or one sentence.
    """
    if started is None:
        return ["there is no record of what it was started with"]

    def matters(name: str, digests: Mapping[str, str]) -> str | None:
        digest = digests.get(name)
        return None if digest is None else (counted or {}).get(name, {}).get(digest, digest)

    return sorted(name for name in set(now) | set(started) if matters(name, now) != matters(name, started))
