# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of LDAP: one simple bind (RFC 4511), to learn whether a directory takes a name and its password."""

from __future__ import annotations

import socket
import ssl

START_TLS = b"1.3.6.1.4.1.1466.20037"
BOUND, EXTENDED = 0x61, 0x78
# The result codes that a bind ends with.
RESULTS = {
    1: "operations error",
    2: "protocol error",
    7: "the method is not supported",
    8: "it wants a stronger authentication",
    13: "it wants an encrypted connection",
    32: "no such entry",
    34: "the name is no distinguished name",
    48: "that kind of login is not allowed",
    49: "name or password is wrong",
    50: "no right to log in",
    51: "busy",
    52: "unavailable",
    53: "unwilling",
}


class LdapError(Exception):
    """What answers is not a directory."""


def element(tag: int, body: bytes) -> bytes:
    """One element in BER."""
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 128 | len(digits))) + digits + body


def bind_request(name: str, password: str) -> bytes:
    """The message that asks for a simple bind."""
    version, message = element(2, b"\x03"), element(2, b"\x01")
    credentials = element(0x80, password.encode())
    return element(0x30, message + element(0x60, version + element(4, name.encode()) + credentials))


def read_element(data: bytes, position: int = 0) -> tuple[int, bytes, int]:
    """Tag and body of the element at a position, and where the next one begins.

    :raises LdapError: if the data ends before the element does.
    """
    try:
        tag, size = data[position], data[position + 1]
    except IndexError:
        raise LdapError("the answer is not complete") from None
    position += 2
    if size & 128:
        digits = size & 127
        size = int.from_bytes(data[position : position + digits], "big")
        position += digits
    if position + size > len(data):
        raise LdapError("the answer is not complete")
    return tag, data[position : position + size], position + size


def start_tls_request() -> bytes:
    """The message that asks for TLS on a connection that began without."""
    return element(0x30, element(2, b"\x01") + element(0x77, element(0x80, START_TLS)))


def result_of(data: bytes, wanted: int) -> tuple[int, str]:
    """Result code and the directory's own words, from an answer of the wanted kind.

    :raises LdapError: if it is not such an answer, or not all of it.
    """
    tag, message, _end = read_element(data)
    if tag != 0x30:
        raise LdapError("what answers is not a directory")
    _tag, _number, position = read_element(message)
    tag, response, _end = read_element(message, position)
    if tag != wanted:
        raise LdapError("what answers is not a directory")
    _tag, code, position = read_element(response)
    _tag, _matched, position = read_element(response, position)
    _tag, words, _end = read_element(response, position)
    return int.from_bytes(code, "big"), words.decode("utf-8", "replace").strip("\0 ")


def bind(host: str, port: int, tls: str, name: str, password: str, seconds: float) -> str:
    """Log in once. The password goes nowhere unencrypted where the servers encrypt.

    :param tls: `first` where the connection begins with TLS, `start` where TLS is asked for then, empty for none. The
        certificate is not verified: the servers do that.
    :returns: Why the directory refused; empty when it did not.
    :raises OSError: if there is no connection.
    :raises LdapError: if what answers is not a directory.
    """
    stream = socket.create_connection((host, port), seconds)
    try:
        if tls == "start":
            stream.sendall(start_tls_request())
            code, words = _answer(stream, EXTENDED)
            if code:
                return "it does not begin TLS: " + explain(code, words)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            stream = context.wrap_socket(stream)
        stream.sendall(bind_request(name, password))
        code, words = _answer(stream, BOUND)
    finally:
        stream.close()
    return explain(code, words) if code else ""


def explain(code: int, words: str) -> str:
    """A result code in words, with those of the directory."""
    reason = RESULTS.get(code, "result code %d" % code)
    return "%s (%s)" % (reason, words[:200]) if words else reason


def _answer(stream: socket.socket, wanted: int) -> tuple[int, str]:
    data = b""
    while len(data) < 65536:
        part = stream.recv(4096)
        if not part:
            break
        data += part
        if data[0] != 0x30:
            break
        try:
            read_element(data)
        except LdapError:
            continue
        return result_of(data, wanted)
    raise LdapError("what answers is not a directory, or it ended the connection")
