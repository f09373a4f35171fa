# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java keystores, without Java: whether a password opens one, and whose certificates are in it."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

# JKS and JCEKS.
_MAGIC = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_DIGEST_SIZE = 20


def opens(store: bytes, password: str) -> bool | None:
    """Return whether the password opens the store; None where the store is of another kind (Java also reads PKCS12).

    A JKS file ends with the SHA-1 digest of password, a fixed phrase and content, by which Java itself judges.

    Args:
        store: content of the file.
        password: the store's password.
    """
    if store[:4] not in _MAGIC:
        return None
    content, digest = store[:-_DIGEST_SIZE], store[-_DIGEST_SIZE:]
    salted = password.encode("utf-16-be") + b"Mighty Aphrodite" + content
    return hashlib.sha1(salted, usedforsecurity=False).digest() == digest


class Entry(NamedTuple):
    """An entry of a store.

    Attributes:
        alias: its name, in lower case as Java keeps it.
        is_key: whether it is a private key, not only a certificate.
        chain: its certificates (DER), the key's own first.
    """

    alias: str
    is_key: bool
    chain: list[bytes]


class _Reader:
    """Reads a JKS file; what is cut off raises."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise ValueError("cut off")
        taken, self.at = self.data[self.at : end], end
        return taken

    def text(self) -> str:
        return self.take(self.number(2)).decode("utf-8", "replace")

    def certificate(self, version: int) -> bytes:
        if version > 1:
            self.text()
        return self.take(self.number())


def entries(store: bytes) -> list[Entry] | None:
    """Return the entries of a JKS file, which names and certificates lie open in; None where it is of another kind.

    Args:
        store: content of the file.
    """
    if store[:4] != _MAGIC[0]:
        return None
    reader = _Reader(store[4:-_DIGEST_SIZE])
    found = []
    try:
        version, count = reader.number(), reader.number()
        for _turn in range(count):
            tag, alias = reader.number(), reader.text().lower()
            reader.take(8)
            if tag == 1:
                reader.take(reader.number())
                found.append(Entry(alias, True, [reader.certificate(version) for _one in range(reader.number())]))
            else:
                found.append(Entry(alias, False, [reader.certificate(version)]))
    except ValueError:
        return None
    return found
