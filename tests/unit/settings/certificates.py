# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, keys and keystores for tests, made as they are needed."""

from __future__ import annotations

import datetime
import functools
import hashlib
import struct
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)


@functools.cache
def private_key(number: int = 1) -> ec.EllipticCurvePrivateKey:
    """A key; another one for another number."""
    return ec.derive_private_key(1000 + number, ec.SECP256R1())


def key_pem(number: int = 1, passphrase: str = "") -> bytes:
    """The key as PEM."""
    how: KeySerializationEncryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return bytes(private_key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))


def certificate(
    *names: str, days: float = 365, since: float = -1, number: int = 1, encoding: Encoding = Encoding.PEM
) -> bytes:
    """A certificate for these alternative names that holds from `since` days to `days` days from now."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private_key(number).public_key())
        .serial_number(7)
        .not_valid_before(now + datetime.timedelta(days=since))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return builder.sign(private_key(number), hashes.SHA256()).public_bytes(encoding)


def store(password: str, alias: str = "", chain: Sequence[bytes] = (), key: bool = True) -> bytes:
    """A keystore (JKS) with one entry, or without where no alias is given; the key in it is none."""

    def text(value: str) -> bytes:
        return struct.pack(">H", len(value)) + value.encode()

    content = struct.pack(">III", 0xFEEDFEED, 2, 1 if alias else 0)
    if alias:
        content += struct.pack(">I", 1 if key else 2) + text(alias) + bytes(8)
        content += (struct.pack(">I", 3) + b"key" + struct.pack(">I", len(chain))) if key else b""
        content += b"".join(text("X.509") + struct.pack(">I", len(item)) + item for item in chain)
    digest = hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + content, usedforsecurity=False)
    return content + digest.digest()
