# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases and directories as a host asks them, against small servers that answer as the real ones do."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import ldap_client, postgresql_client, services
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
from ansible_collections.identityops.wso2is.plugins.modules import host_info
from hypothesis import given
from hypothesis import strategies as st
from settings import certificates

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(*talks: Talk) -> Iterator[int]:
    """A server that leads these conversations, one for each connection, and gives its port."""
    failed: list[BaseException] = []

    def lead(server: socket.socket) -> None:
        for talk in talks:
            try:
                stream = server.accept()[0]
                stream.settimeout(10)
                with stream:
                    talk(stream)
            except (ConnectionError, EOFError):
                continue
            except (AssertionError, OSError) as error:
                failed.append(error)

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        thread = threading.Thread(target=lead, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        thread.join(15)
    assert failed == []


def quiet(_stream: socket.socket) -> None:
    """Look and hang up, as the first connection does."""


def tell(said: bytes) -> Talk:
    """Say something whatever is asked, and listen to the end: closing before would reset the connection."""

    def talk(stream: socket.socket) -> None:
        stream.recv(1)
        stream.sendall(said)
        # Who asked may hang up first.
        with contextlib.suppress(OSError):
            stream.shutdown(socket.SHUT_WR)
            while stream.recv(4096):
                pass

    return talk


def bytes_of(stream: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def message(stream: socket.socket) -> tuple[bytes, bytes]:
    kind, size = struct.unpack("!ci", bytes_of(stream, 5))
    return kind, bytes_of(stream, size - 4)


def say(stream: socket.socket, kind: bytes, body: bytes = b"") -> None:
    stream.sendall(kind + struct.pack("!i", len(body) + 4) + body)


def error_of(code: str, text: str) -> bytes:
    return f"SFATAL\0C{code}\0M{text}\0\0".encode()


class Database:
    """Leads a conversation as PostgreSQL does."""

    def __init__(self, method: str = "scram", password: str = "pa,ss=wörd", tls: ssl.SSLContext | None = None) -> None:
        self.method, self.password, self.tls = method, password, tls
        self.refuses: tuple[str, str] | None = None
        self.rows: list[list[list[str | None]]] = []
        self.encrypted: list[bool] = []
        self.said: dict[str, str] = {}

    def __call__(self, stream: socket.socket) -> None:
        first = bytes_of(stream, struct.unpack("!i", bytes_of(stream, 4))[0] - 4)
        self.encrypted.append(False)
        if struct.unpack("!i", first)[0] == 80877103 if len(first) == 4 else False:
            stream.sendall(b"S" if self.tls else b"N")
            if self.tls:
                stream = self.tls.wrap_socket(stream, server_side=True)
                self.encrypted[-1] = True
            first = bytes_of(stream, struct.unpack("!i", bytes_of(stream, 4))[0] - 4)
        parts = first[4:].decode().split("\0")
        self.said = dict(zip(parts[::2], parts[1::2], strict=False))
        if self.refuses:
            say(stream, b"E", error_of(*self.refuses))
            return
        if not getattr(self, self.method)(stream):
            say(stream, b"E", error_of("28P01", "password authentication failed"))
            return
        say(stream, b"R", struct.pack("!i", 0))
        say(stream, b"S", b"server_version\x0017.5\0")
        say(stream, b"Z", b"I")
        self.answer(stream)

    def answer(self, stream: socket.socket) -> None:
        for rows in self.rows:
            kind, _sql = message(stream)
            assert kind == b"Q"
            say(stream, b"T", b"")
            for row in rows:
                fields = [struct.pack("!i", -1) if v is None else struct.pack("!i", len(v)) + v.encode() for v in row]
                say(stream, b"D", struct.pack("!h", len(row)) + b"".join(fields))
            say(stream, b"C", b"SELECT\0")
            say(stream, b"Z", b"I")
        if kind := stream.recv(1):
            assert kind == b"Q"
            bytes_of(stream, struct.unpack("!i", bytes_of(stream, 4))[0] - 4)
            say(stream, b"E", error_of("42501", "permission denied"))
            say(stream, b"Z", b"I")

    def trust(self, _stream: socket.socket) -> bool:
        return True

    def plain(self, stream: socket.socket) -> bool:
        say(stream, b"R", struct.pack("!i", 3))
        return message(stream) == (b"p", self.password.encode() + b"\0")

    def md5(self, stream: socket.socket) -> bool:
        say(stream, b"R", struct.pack("!i", 5) + b"salt")
        inner = hashlib.md5(self.password.encode() + self.said["user"].encode()).hexdigest()
        return message(stream)[1] == b"md5" + hashlib.md5(inner.encode() + b"salt").hexdigest().encode() + b"\0"

    def kerberos(self, stream: socket.socket) -> bool:
        say(stream, b"R", struct.pack("!i", 7))
        return False

    def other_sasl(self, stream: socket.socket) -> bool:
        say(stream, b"R", struct.pack("!i", 10) + b"OAUTHBEARER\0\0")
        return False

    def liar(self, stream: socket.socket) -> bool:
        say(stream, b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
        message(stream)
        say(stream, b"R", struct.pack("!i", 11) + b"r=another,s=c2FsdA==,i=4096")
        return False

    def scram(self, stream: socket.socket) -> bool:
        """RFC 7677, written down a second time."""
        say(stream, b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")
        mechanism, _zero, rest = message(stream)[1].partition(b"\0")
        assert mechanism == b"SCRAM-SHA-256"
        bare = rest[4:].decode().removeprefix("n,,")
        nonce = bare.split("r=")[1] + "server"
        challenge = f"r={nonce},s={base64.b64encode(b'0123456789').decode()},i=4096"
        say(stream, b"R", struct.pack("!i", 11) + challenge.encode())
        final = message(stream)[1].decode()
        without, _comma, proof = final.rpartition(",p=")
        assert without == f"c=biws,r={nonce}"
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), b"0123456789", 4096)
        stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
        signature = hmac.digest(stored, f"{bare},{challenge},{without}".encode(), "sha256")
        key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
        if hashlib.sha256(key).digest() != stored:
            return False
        say(stream, b"R", struct.pack("!i", 12) + b"v=whatever")
        return True


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    (folder / "crt").write_bytes(certificates.certificate("db"))
    (folder / "key").write_bytes(certificates.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")
    return context


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the time that it took, where somebody answered."""
    if not answer["unreachable"]:
        assert 0 <= answer.pop("seconds") < 30
    return answer


def ask(port: int, **more: Any) -> dict[str, Any]:
    """What a host says of a database."""
    service = {
        "id": "db",
        "kind": "postgresql",
        "places": [["127.0.0.1", port]],
        "name": "is_user",
        "username": "owner",
        "password": "pa,ss=wörd",
        **more,
    }
    return timeless(services.ask_all([service], 5)["db"])


class TestPostgresql:
    @pytest.mark.parametrize("method", ["trust", "plain", "md5", "scram"])
    def test_login(self, method: str) -> None:
        database = Database(method)
        with serving(quiet, database) as port:
            assert ask(port) == {"unreachable": ""}
        assert (database.said["user"], database.said["database"]) == ("owner", "is_user")

    @pytest.mark.parametrize("method", ["plain", "md5", "scram"])
    def test_wrong_password(self, method: str) -> None:
        database = Database(method)
        with serving(quiet, database, database) as port:
            assert ask(port, password="other") == {
                "unreachable": "",
                "refused": "password authentication failed",
                "code": "28P01",
            }

    @pytest.mark.parametrize(
        ("method", "words"),
        [("kerberos", "not known here (7)"), ("other_sasl", "not known here"), ("liar", "SCRAM is not valid")],
    )
    def test_logins_that_are_not_known(self, method: str, words: str) -> None:
        with serving(quiet, Database(method)) as port:
            assert words in ask(port)["refused"]

    def test_encrypted_where_the_server_can(self, tls: ssl.SSLContext) -> None:
        database = Database(tls=tls)
        with serving(quiet, database) as port:
            assert ask(port) == {"unreachable": ""}
        assert database.encrypted == [True]

    def test_a_rule_for_connections_without_tls(self, tls: ssl.SSLContext) -> None:
        refusing, taking = Database(tls=tls), Database()
        refusing.refuses = ("28000", "no pg_hba.conf entry for host, SSL encryption")
        with serving(quiet, refusing, taking) as port:
            assert ask(port) == {"unreachable": ""}
        assert (refusing.encrypted, taking.encrypted) == ([True], [False])

    def test_no_such_database(self) -> None:
        database = Database()
        database.refuses = ("3D000", 'database "is_user" does not exist')
        with serving(quiet, database) as port:
            assert ask(port)["code"] == "3D000"

    def test_described(self) -> None:
        database = Database()
        database.rows = [[["17.5", "UTF8", "100", "3", "public", "t"]], [["um_tenant", "t"], ["um_user", "f"]]]
        with serving(quiet, database) as port:
            assert ask(port, describe=True) == {
                "unreachable": "",
                "version": "17.5",
                "encoding": "UTF8",
                "max_connections": 100,
                "reserved_connections": 3,
                "schema": "public",
                "creates": True,
                "tables": ["um_tenant", "um_user"],
                "tables_without_rights": ["um_user"],
            }

    def test_without_a_schema(self) -> None:
        database = Database()
        database.rows = [[["17.5", "UTF8", "100", "3", None, None]], []]
        with serving(quiet, database) as port:
            found = ask(port, describe=True)
        assert (found["schema"], found["creates"], found["tables"]) == (None, False, [])

    def test_a_statement_that_is_refused(self) -> None:
        with serving(quiet, Database()) as port:
            assert ask(port, describe=True)["refused"] == "permission denied"

    def test_what_is_no_database(self) -> None:
        for said in (b"HTTP/1.0 400 Bad Request\r\n\r\n", b""):
            with serving(quiet, tell(said)) as port:
                assert "not PostgreSQL" in ask(port)["refused"]

    @given(st.binary(max_size=60))
    def test_any_answer_is_a_row_or_an_error_of_its_own(self, body: bytes) -> None:
        assert isinstance(postgresql_client.refusal(body), postgresql_client.PostgresError)


def ldap_answer(kind: int, code: int, words: str = "") -> bytes:
    body = bytes([0x0A, 1, code, 4, 0, 4, len(words)]) + words.encode()
    inner = b"\x02\x01\x01" + bytes([kind, len(body)]) + body
    return bytes([0x30, len(inner)]) + inner


class Directory:
    """Leads a conversation as a directory does."""

    def __init__(self, code: int = 0, context: ssl.SSLContext | None = None, start: int = 0, first: bool = False):
        self.code, self.context, self.start, self.first = code, context, start, first
        self.bound: list[bytes] = []

    def __call__(self, stream: socket.socket) -> None:
        if self.first and self.context:
            stream = self.context.wrap_socket(stream, server_side=True)
        request = stream.recv(4096)
        if request[5] == 0x77:
            stream.sendall(ldap_answer(0x78, self.start, "no TLS" if self.start else ""))
            if self.start or not self.context:
                return
            stream = self.context.wrap_socket(stream, server_side=True)
            request = stream.recv(4096)
        self.bound.append(request)
        answer = ldap_answer(0x61, self.code, "data 52e" if self.code else "")
        stream.sendall(answer[:6])
        stream.sendall(answer[6:])


NAME, PASSWORD = "cn=is,dc=site,dc=test", "p" * 200


def bind(port: int, tls: str = "", **more: Any) -> dict[str, Any]:
    service = {
        "id": "d",
        "kind": "ldap",
        "places": [["127.0.0.1", port]],
        "tls": tls,
        "username": NAME,
        "password": PASSWORD,
        **more,
    }
    return timeless(services.ask_all([service], 5)["d"])


class TestLdap:
    def test_bind(self) -> None:
        directory = Directory()
        with serving(quiet, directory) as port:
            assert bind(port) == {"unreachable": ""}
        # LDAPMessage 1, BindRequest version 3, name, and a simple password of more than 127 bytes.
        body = b"\x02\x01\x03\x04\x15" + NAME.encode() + b"\x80\x81\xc8" + PASSWORD.encode()
        inner = b"\x02\x01\x01\x60\x81" + bytes([len(body)]) + body
        assert directory.bound == [b"\x30\x82" + len(inner).to_bytes(2, "big") + inner] or directory.bound == [
            b"\x30\x81" + bytes([len(inner)]) + inner
        ]

    def test_refused(self) -> None:
        with serving(quiet, Directory(49)) as port:
            assert bind(port) == {
                "unreachable": "",
                "refused": "name or password is wrong (data 52e)",
                "code": "",
            }
        with serving(quiet, Directory(80)) as port:
            assert bind(port)["refused"].startswith("result code 80")

    def test_tls(self, tls: ssl.SSLContext) -> None:
        for kind, directory in (("first", Directory(context=tls, first=True)), ("start", Directory(context=tls))):
            with serving(quiet, directory) as port:
                assert bind(port, kind) == {"unreachable": ""}
            assert len(directory.bound) == 1

    def test_a_password_is_never_sent_in_the_clear_instead(self) -> None:
        directory = Directory(start=53)
        with serving(quiet, directory) as port:
            assert bind(port, "start")["refused"] == "it does not begin TLS: unwilling (no TLS)"
        assert directory.bound == []

    def test_no_tls_where_it_is_expected(self) -> None:
        with serving(quiet, tell(b"no TLS here")) as port:
            assert "TLS" in bind(port, "first")["unreachable"]

    def test_without_an_account_nothing_is_bound(self) -> None:
        with serving(quiet) as port:
            assert bind(port, username="") == {"unreachable": ""}

    def test_what_is_no_directory(self) -> None:
        for said in (b"HTTP/1.0 400\r\n\r\n", b"", ldap_answer(0x65, 0), b"\x30\x02\x02\x09"):
            with serving(quiet, tell(said)) as port:
                assert "refused" in bind(port)

    @given(st.binary(max_size=80))
    def test_any_bytes_are_a_result_or_an_error(self, data: bytes) -> None:
        with contextlib.suppress(ldap_client.LdapError):
            ldap_client.result_of(data, ldap_client.BOUND)


class TestReached:
    def closed(self) -> int:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])

    def test_the_first_that_answers(self) -> None:
        with serving(quiet) as port:
            service = {"id": "t", "kind": "tcp", "places": [["127.0.0.1", self.closed()], ["127.0.0.1", port]]}
            assert timeless(services.ask_all([service], 5)["t"]) == {"unreachable": ""}

    def test_reasons(self) -> None:
        assert ask(self.closed()) == {"unreachable": "Connection refused"}
        assert services.ask({"kind": "tcp", "places": [["host.invalid", 1]]}, 5) == {
            "unreachable": "its name does not resolve"
        }
        assert services.ask({"kind": "tcp", "places": []}, 5) == {"unreachable": "no place is named"}
        assert services.ask({"kind": "tcp", "places": [["127.0.0.1", 70000]]}, 5)["unreachable"]
        assert services.reason_of(TimeoutError()) == "no answer"
        assert services.ask_all([], 1) == {}

    def test_a_server_that_says_nothing(self) -> None:
        with serving(quiet, lambda stream: stream.recv(1) and None) as port:
            # Closed with something unread, it may look like either.
            assert any(ask(port).get(key) for key in ("unreachable", "refused"))

    def test_by_the_module(self) -> None:
        with serving(quiet) as port:
            packed = pack([{"id": "t", "kind": "tcp", "places": [["127.0.0.1", port]]}])
            assert timeless(host_info.read_services(packed, 5)["t"]) == {"unreachable": ""}
        assert host_info.read_services("no bundle", 5) == {}

    def test_a_module_that_hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(host_info, "bounded", lambda *_given: None)
        assert host_info.read_services(pack([{"id": "t"}]), 5) == {"t": {"unreachable": "no answer"}}
