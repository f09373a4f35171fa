# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of PostgreSQL: logs in and reads. No client program needs to be on the host."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct
import unicodedata
from typing import Any, NamedTuple

PROTOCOL = 196608
TLS_REQUEST = 80877103
# What an answer may hold; more is not the answer of a database server.
LONGEST = 16 * 1024 * 1024


class PostgresError(Exception):
    """The server refused, or what answered is none. `code` is the SQLSTATE, empty where there is none."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Login(NamedTuple):
    """Where to log in, and as whom."""

    host: str
    port: int
    database: str
    user: str
    password: str


class Session:
    """A connection to a database."""

    def __init__(self, login: Login, seconds: float) -> None:
        try:
            self._stream = self._open(login, seconds, tls=True)
        except PostgresError as error:
            # A rule of pg_hba.conf may want a connection without TLS; the JDBC driver tries both as well.
            if not error.code.startswith("28"):
                raise
            self._stream = self._open(login, seconds, tls=False)

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    @staticmethod
    def _open(login: Login, seconds: float, tls: bool) -> socket.socket:
        stream = socket.create_connection((login.host, login.port), seconds)
        try:
            if tls:
                stream = encrypted(stream)
            log_in(stream, login)
        except BaseException:
            stream.close()
            raise
        return stream

    def rows(self, sql: str) -> list[list[str | None]]:
        """The rows that a statement returns, every value as text.

        :raises PostgresError: if the server refuses the statement.
        """
        send(self._stream, b"Q", text(sql))
        found: list[list[str | None]] = []
        refused: PostgresError | None = None
        while True:
            kind, body = receive(self._stream)
            if kind == b"D":
                found.append(row_of(body))
            elif kind == b"E":
                refused = refusal(body)
            elif kind == b"Z":
                break
        if refused is not None:
            raise refused
        return found


def encrypted(stream: socket.socket) -> socket.socket:
    """The connection with TLS where the server has it, as the JDBC driver does it: nothing is verified."""
    stream.sendall(struct.pack("!ii", 8, TLS_REQUEST))
    if exactly(stream, 1) != b"S":
        return stream
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(stream)


def log_in(stream: socket.socket, login: Login) -> None:
    """Authenticate, and wait until the server takes statements.

    :raises PostgresError: if it refuses.
    """
    names = ("user", login.user, "database", login.database, "application_name", "wso2is-preflight")
    body = struct.pack("!i", PROTOCOL) + b"".join(text(name) for name in names) + b"\0"
    stream.sendall(struct.pack("!i", len(body) + 4) + body)
    scram: Scram | None = None
    while True:
        kind, body = receive(stream)
        if kind == b"E":
            raise refusal(body)
        if kind == b"Z":
            return
        if kind != b"R":
            continue
        method = struct.unpack("!i", body[:4])[0]
        if method == 3:
            send(stream, b"p", text(login.password))
        elif method == 5:
            send(stream, b"p", text(md5_answer(login, body[4:8])))
        elif method == 10:
            if b"SCRAM-SHA-256" not in body[4:].split(b"\0"):
                raise PostgresError("", "it wants an authentication that is not known here")
            scram = Scram(login.password)
            first = scram.first()
            send(stream, b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first)
        elif method == 11 and scram is not None:
            send(stream, b"p", scram.final(body[4:]))
        elif method not in (0, 12):
            raise PostgresError("", "it wants an authentication that is not known here (%d)" % method)


def md5_answer(login: Login, salt: bytes) -> str:
    """What proves the password to a server that keeps it as MD5."""

    def digest(data: bytes) -> str:
        return hashlib.new("md5", data, usedforsecurity=False).hexdigest()

    inner = digest(login.password.encode() + login.user.encode())
    return "md5" + digest(inner.encode() + salt)


class Scram:
    """One login by SCRAM-SHA-256 (RFC 7677), without channel binding."""

    def __init__(self, password: str, nonce: str = "") -> None:
        self._password = unicodedata.normalize("NFKC", password).encode()
        self._nonce = nonce or base64.b64encode(os.urandom(18)).decode()
        self._bare = "n=,r=" + self._nonce

    def first(self) -> bytes:
        """The message that begins."""
        return ("n,," + self._bare).encode()

    def final(self, challenge: bytes) -> bytes:
        """The proof.

        :param challenge: What the server said.
        :raises PostgresError: if that is no challenge for this login.
        """
        said = dict(part.partition("=")[::2] for part in challenge.decode("utf-8", "replace").split(","))
        try:
            nonce, salt, rounds = said["r"], base64.b64decode(said["s"]), int(said["i"])
        except (KeyError, ValueError):
            nonce, salt, rounds = "", b"", 0
        if not nonce.startswith(self._nonce) or rounds < 1:
            raise PostgresError("", "its part of the login by SCRAM is not valid")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        key = hmac.new(salted, b"Client Key", "sha256").digest()
        bare = "c=biws,r=" + nonce
        message = ("%s,%s,%s" % (self._bare, challenge.decode(), bare)).encode()
        signature = hmac.new(hashlib.sha256(key).digest(), message, "sha256").digest()
        proof = bytes(one ^ other for one, other in zip(key, signature))
        return (bare + ",p=" + base64.b64encode(proof).decode()).encode()


def text(value: str) -> bytes:
    """A text as the protocol has it."""
    return value.replace("\0", "").encode("utf-8", "replace") + b"\0"


def send(stream: socket.socket, kind: bytes, body: bytes) -> None:
    """Send one message."""
    stream.sendall(kind + struct.pack("!i", len(body) + 4) + body)


def receive(stream: socket.socket) -> tuple[bytes, bytes]:
    """Kind and body of the next message.

    :raises PostgresError: if it is none.
    """
    kind, length = struct.unpack("!ci", exactly(stream, 5))
    if not 4 <= length <= LONGEST:
        raise PostgresError("", "what answers is not PostgreSQL")
    return kind, exactly(stream, length - 4)


def exactly(stream: socket.socket, count: int) -> bytes:
    """So many bytes.

    :raises PostgresError: if the connection ends before.
    """
    found = b""
    while len(found) < count:
        part = stream.recv(count - len(found))
        if not part:
            raise PostgresError("", "what answers is not PostgreSQL, or it ended the connection")
        found += part
    return found


def row_of(body: bytes) -> list[str | None]:
    """The values of a row."""
    values: list[str | None] = []
    position = 2
    for _column in range(struct.unpack("!h", body[:2])[0]):
        size = struct.unpack("!i", body[position : position + 4])[0]
        position += 4
        values.append(None if size < 0 else body[position : position + size].decode("utf-8", "replace"))
        position += max(size, 0)
    return values


def refusal(body: bytes) -> PostgresError:
    """The server's own words."""
    fields: dict[str, Any] = {
        part[:1].decode("ascii", "replace"): part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part
    }
    return PostgresError(fields.get("C", ""), fields.get("M", "refused"))
