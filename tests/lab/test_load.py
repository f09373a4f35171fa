# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load generator finds what goes wrong, and nothing else."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from load import Load

HOST = "login.example.test"
ADMIN = ("admin", "Secret-1")


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Two files: key and certificate, and the certificate alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    made = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), False).sign(key, hashes.SHA256())
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both, alone = folder / "both.pem", folder / "alone.pem"
    both.write_bytes(private + public)
    alone.write_bytes(public)
    return both, alone


class Site(ThreadingHTTPServer):
    """A load balancer and the nodes behind it, which is what a browser sees of a deployment.

    Attributes:
        node: The node that answers.
        wrong: Does something else than answering, for a path, and is then forgotten.
        sessions: Of single sign-on, which all nodes know.
        console: Of the console, which a node knows.
    """

    daemon_threads = True

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self.server_address[1])
        self.node = "is1"
        self.wrong: dict[str, str] = {}
        self.sessions: set[str] = set()
        self.console: set[str] = set()
        self.asked = 0
        self.keys = (f"key{number}" for number in itertools.count())
        self.flows: dict[str, dict[str, str]] = {}
        self.connections: list[Any] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close_connections(self) -> None:
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that ends is no matter."""


class Handler(BaseHTTPRequestHandler):
    """A connection."""

    server: Site
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing is logged."""

    def do_GET(self) -> None:
        site, parts = self.server, urlsplit(self.path)
        site.asked += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        given = {key: values[0] for key, values in parse_qs(parts.query + "&" + body).items()}
        match site.wrong.pop(parts.path, None):
            case "reset":
                self.close_connection = True
            case "error":
                self.answer(502)
            case "elsewhere":
                self.answer(302, Location=self.there("/elsewhere"))
            case _:
                self.route(parts.path, given)

    do_POST = do_DELETE = do_GET

    def route(self, path: str, given: dict[str, str]) -> None:
        site = self.server
        match path:
            case _ if self.command == "DELETE":
                self.answer(204)
            case product.REGISTER:
                self.answer(201, '{"client_id": "a", "client_secret": "b"}')
            case "/oauth2/authorize":
                values = site.flows.pop(given.get("sessionDataKey", ""), given)
                if self.cookie("commonAuthId") in site.sessions:
                    back = {"code": "c", "state": values["state"]}
                    self.answer(302, Location=f"{product.REDIRECT_URI}?{urlencode(back)}")
                else:
                    key = next(site.keys)
                    site.flows[key] = values
                    self.answer(302, Location=self.there(f"/authenticationendpoint/login.do?sessionDataKey={key}"))
            case "/commonauth":
                key = next(site.keys)
                site.sessions.add(key)
                self.answer(
                    302,
                    Location=self.there(f"/oauth2/authorize?sessionDataKey={given['sessionDataKey']}"),
                    Set_Cookie=f"commonAuthId={key}; Path=/",
                )
            case "/oauth2/token":
                self.answer(200, '{"access_token": "t"}')
            case "/oauth2/userinfo":
                self.answer(200, '{"sub": "admin"}')
            case "/carbon/admin/login_action.jsp":
                key = next(site.keys)
                site.console.add(key)
                self.answer(302, Location="/x?loginStatus=true", Set_Cookie=f"JSESSIONID={key}; Path=/carbon")
            case "/carbon/admin/index.jsp" if self.cookie("JSESSIONID") not in site.console:
                self.answer(302, Location=self.there("/carbon/admin/login.jsp"))
            case _:
                self.answer(200, "{}")

    def there(self, path: str) -> str:
        return f"https://{HOST}:{self.server.port}{path}"

    def cookie(self, name: str) -> str:
        found = re.search(rf"(?:^|; ){name}=([^;]*)", self.headers.get("Cookie", ""))
        return found[1] if found else ""

    def answer(self, status: int, text: str = "", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if self.cookie("WSO2IS_NODE") != self.server.node:
            self.send_header("Set-Cookie", f"WSO2IS_NODE={self.server.node}; Path=/; Secure")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def site(certificate: tuple[Path, Path]) -> Iterator[Site]:
    made = Site(certificate[0])
    yield made
    made.shutdown()
    made.server_close()


def make_load(site: Site, certificate: tuple[Path, Path], **changes: Any) -> Load:
    given = {"users": 4, "consoles": 1, "newcomers": 1, **changes}
    target = product.Target("lb1", "127.0.0.1", site.port)
    return Load(target, product.Site(HOST, site.port), certificate[1], ADMIN, **given)


def wait(load: Load, more: int) -> None:
    """Until there were some more requests."""
    end, wanted = time.monotonic() + 20, load.requests + more
    while load.requests < wanted:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_nothing_is_wrong(site: Site, certificate: tuple[Path, Path]) -> None:
    with make_load(site, certificate) as load:
        wait(load, 40)
        load.until(200, seconds=30)
    assert load.losses == {} and load.failures == []
    counts = load.counts
    assert counts["requests"] >= 200
    assert 40 <= counts["requests meanwhile"] < counts["requests"]
    assert counts["tokens"] == counts["single sign-ons"] + counts["first logins"]
    assert min(counts[name] for name in ("pages", "pages of a user", "single sign-ons", "first logins")) > 0
    # What logs in before the load begins and manages the application is not counted.
    assert counts["requests"] < site.asked
    # Kept alive: one connection for each session, and one for each newcomer.
    assert counts["connections"] <= 5 + counts["first logins"] + 1
    assert counts["moved to another node"] == counts["console logins again"] == 0
    assert "0 failures" in load.report()


@pytest.mark.parametrize(
    ("path", "wrong", "words"),
    [
        ("/oauth2/token", "error", "POST /oauth2/token: 502"),
        ("/oauth2/token", "reset", "POST /oauth2/token: RemoteDisconnected"),
        (product.DISCOVERY, "reset", "RemoteDisconnected"),
        ("/oauth2/userinfo", "elsewhere", "/oauth2/userinfo at lb1: status 302 instead of 200"),
        (product.DISCOVERY, "elsewhere", "status 302 instead of 200"),
        ("/carbon/admin/index.jsp", "elsewhere", "status 302 instead of 200"),
    ],
)
def test_one_wrong_answer_is_one_failure(
    site: Site, certificate: tuple[Path, Path], path: str, wrong: str, words: str
) -> None:
    with make_load(site, certificate) as load:
        site.wrong[path] = wrong
        end = time.monotonic() + 20
        while site.wrong:
            assert time.monotonic() < end
            time.sleep(0.02)
        wait(load, 5)
    assert load.counts["failures"] == 1, load.report()
    failure = load.failures[0]
    assert words in str(failure)
    assert failure.node in ("is1", "") and failure.began <= failure.ended
    assert "1 failures" in load.report()


def test_connections_that_are_closed_without_a_word_are_failures(site: Site, certificate: tuple[Path, Path]) -> None:
    with make_load(site, certificate, newcomers=0) as load:
        wait(load, 20)
        site.close_connections()
        wait(load, 20)
    assert load.counts["failures"] >= 3
    assert {failure.connection for failure in load.failures} == {"kept"}


def test_who_looks_finds_a_closed_connection(site: Site, certificate: tuple[Path, Path]) -> None:
    with make_load(site, certificate, newcomers=0, looks_after=0) as load:
        wait(load, 20)
        # Between two requests of most of them.
        site.close_connections()
        wait(load, 60)
    assert load.counts["connections found closed"] >= 2
    assert load.counts["failures"] + load.counts["connections found closed"] <= 7


def test_lost_sessions_are_counted(site: Site, certificate: tuple[Path, Path]) -> None:
    with make_load(site, certificate, newcomers=0, slower=0.2) as load:
        wait(load, 5)
        site.sessions.clear()
        site.console.clear()
        wait(load, 200)
    assert load.losses == {"logins again": 4, "console sessions lost on their node": 1}, load.report()
    assert load.counts["console logins again"] == 1


def test_a_console_session_goes_with_its_node(site: Site, certificate: tuple[Path, Path]) -> None:
    with make_load(site, certificate, newcomers=0, slower=0.2) as load:
        wait(load, 5)
        site.node = "is2"
        site.console.clear()
        wait(load, 200)
    assert load.losses == {}, load.report()
    assert load.counts["console logins again"] == 1
    assert load.counts["moved to another node"] == 5


def test_a_site_that_is_down_is_said(site: Site, certificate: tuple[Path, Path]) -> None:
    site.wrong["/commonauth"] = "error"
    with pytest.raises(AssertionError, match="the browsers cannot log in"), make_load(site, certificate):
        pass
