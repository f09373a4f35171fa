# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small deployment over real TLS: nodes with one database and a claim cache each, a load balancer with a log."""

from __future__ import annotations

import base64
import datetime
import http.client
import itertools
import json
import re
import ssl
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product
from ansible_collections.identityops.wso2is.plugins.modules.identity_proof import Deployment
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "login.example.test"
ADMIN = ("admin", "Secret-1")


def make_certificate(folder: Path, host: str = HOST) -> tuple[Path, str]:
    """A self-signed certificate: file with key and certificate, and the certificate as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{host}.pem"
    path.write_bytes(private + pem)
    return path, pem.decode()


@dataclass
class Database:
    """What all nodes share."""

    users: dict[str, dict[str, str]] = field(default_factory=dict)
    applications: dict[str, dict[str, str]] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    logins: list[tuple[str, str]] = field(default_factory=list)
    ever: set[str] = field(default_factory=set)


@dataclass
class Behaviour:
    """What is wrong, or as it should be."""

    invalidate: float | None = 0.0  # seconds until other nodes learn of a change; None: never
    persist_sessions: bool = True
    sticky: bool = True
    only_first: bool = False
    console: bool = True
    consent: bool = False
    health: bool = True
    public: str = HOST
    redirect_host: str | None = None
    delete_fails: bool = False
    discovery: tuple[int, Any] | None = None  # status and document instead of the real ones


class Server(ThreadingHTTPServer):
    """An HTTPS server on a free port."""

    daemon_threads = True

    def __init__(self, certificate: Path, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or trusts another certificate, is no matter."""


class Handler(BaseHTTPRequestHandler):
    """Small helpers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_arguments: Any) -> None:
        """Nothing is logged."""

    def answer(self, status: int, body: Any = b"", **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            for one in value.split("\n"):
                self.send_header(name.replace("_", "-"), one)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def content(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def cookie(self, name: str) -> str:
        found = re.search(rf"(?:^|; ){name}=([^;]*)", self.headers.get("Cookie", ""))
        return found.group(1) if found else ""


class Node:
    """An Identity Server node: what it remembers by itself."""

    def __init__(self, fake: Fake, name: str) -> None:
        self.name = name
        self.cache: dict[str, str] = {}
        self.console: set[str] = set()
        self.near: set[str] = set()
        self.server = Server(fake.certificate, node_handler(fake, self))

    def restart(self) -> None:
        self.cache.clear()
        self.console.clear()
        self.near.clear()


def node_handler(fake: Fake, node: Node) -> type[Handler]:
    database, behaviour = fake.database, fake.behaviour

    class NodeHandler(Handler):
        def do_GET(self) -> None:
            self.route()

        do_POST = do_PATCH = do_DELETE = do_GET

        def route(self) -> None:
            self.body = self.content()
            parts = urlsplit(self.path)
            self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            if parts.path.startswith("/scim2/Users"):
                self.scim(parts.path.rpartition("/")[2])
            elif parts.path.startswith(product.REGISTER):
                self.register(parts.path[len(product.REGISTER) + 1 :])
            else:
                {
                    product.DISCOVERY: self.discovery,
                    product.HEALTH: self.health,
                    "/carbon/admin/login.jsp": lambda: self.answer(
                        200, b"<form>", Set_Cookie="JSESSIONID=x; Path=/carbon"
                    ),
                    "/carbon/admin/login_action.jsp": self.console_login,
                    "/carbon/admin/index.jsp": self.console,
                    "/carbon/admin/logout_action.jsp": lambda: self.answer(302, Location="/carbon/admin/login.jsp"),
                    "/oauth2/authorize": self.authorize,
                    "/authenticationendpoint/login.do": lambda: self.answer(200, b"<form>"),
                    "/commonauth": self.commonauth,
                    "/oauth2/token": self.token,
                    "/oauth2/userinfo": self.userinfo,
                }.get(parts.path, lambda: self.answer(404))()

        def form(self) -> dict[str, str]:
            return {key: values[0] for key, values in parse_qs(self.body.decode()).items()}

        def is_admin(self) -> bool:
            given = base64.b64decode(self.headers.get("Authorization", "Basic ")[6:]).decode()
            if given == ":".join(ADMIN):
                return True
            self.answer(401, {"detail": "Authentication is required"})
            return False

        def see(self, user_id: str) -> dict[str, Any]:
            user = database.users[user_id]
            given = node.cache.setdefault(user_id, user["given"])
            return {"id": user_id, "userName": user["name"], "name": {"givenName": given}}

        def scim(self, user_id: str) -> None:
            if not self.is_admin():
                return
            if self.command == "POST":
                given = json.loads(self.body)
                user_id = uuid.uuid4().hex
                database.ever.add(given["userName"])
                database.users[user_id] = {
                    "name": given["userName"],
                    "password": given["password"],
                    "given": given["name"]["givenName"],
                }
                self.answer(201, self.see(user_id))
            elif user_id not in database.users:
                self.answer(404, {"detail": "Specified user does not exist"})
            elif self.command == "GET":
                self.answer(200, self.see(user_id))
            elif self.command == "DELETE":
                if behaviour.delete_fails:
                    self.answer(500, {"detail": "Internal error"})
                    return
                del database.users[user_id]
                self.answer(204)
            else:
                database.users[user_id]["given"] = json.loads(self.body)["Operations"][0]["value"]
                node.cache.pop(user_id, None)
                fake.invalidate(node, user_id)
                self.answer(200, self.see(user_id))

        def register(self, client_id: str) -> None:
            if not self.is_admin():
                return
            if self.command == "DELETE":
                self.answer(204 if database.applications.pop(client_id, None) else 401)
                return
            given = json.loads(self.body)
            client_id = uuid.uuid4().hex
            database.ever.add(given["client_name"])
            database.applications[client_id] = {"secret": uuid.uuid4().hex, "uri": given["redirect_uris"][0]}
            self.answer(201, {"client_id": client_id, "client_secret": database.applications[client_id]["secret"]})

        def discovery(self) -> None:
            if behaviour.discovery:
                self.answer(*behaviour.discovery)
                return
            base = f"https://{behaviour.public}:{fake.port}"
            self.answer(200, {"issuer": base + "/oauth2/token", "authorization_endpoint": base + "/oauth2/authorize"})

        def health(self) -> None:
            self.answer(200, {"health": [{"key": "a", "value": "1"}] if behaviour.health else []})

        def console_login(self) -> None:
            form = self.form()
            if (form["username"], form["password"]) != ADMIN:
                self.answer(302, Location="/carbon/admin/login.jsp?loginStatus=false")
                return
            key = uuid.uuid4().hex
            node.console.add(key)
            self.answer(
                302,
                Location="/carbon/admin/index.jsp?loginStatus=true",
                Set_Cookie=f"JSESSIONID={key}; Path=/carbon; HttpOnly",
            )

        def console(self) -> None:
            if self.cookie("JSESSIONID") in node.console:
                self.answer(200, b"welcome")
            else:
                self.answer(302, Location="/carbon/admin/login.jsp")

        def session(self) -> str | None:
            key = self.cookie("commonAuthId")
            return database.sessions.get(key) if behaviour.persist_sessions or key in node.near else None

        def authorize(self) -> None:
            form = self.form() if self.command == "POST" else {}
            flow = self.query.get("sessionDataKey") or form.get("sessionDataKeyConsent")
            values = fake.flows.get(flow or "", self.query)
            user = values.get("user") or self.session()
            if values.get("client_id") not in database.applications:
                self.answer(302, Location="/authenticationendpoint/oauth2_error.do?oauthErrorCode=invalid_client")
            elif user is None:
                key = uuid.uuid4().hex
                fake.flows[key] = self.query
                self.redirect("/authenticationendpoint/login.do?" + urlencode({"sessionDataKey": key}))
            elif behaviour.consent and not form.get("consent") and user not in fake.consented:
                key = uuid.uuid4().hex
                fake.flows[key] = {**values, "user": user}
                self.redirect("/authenticationendpoint/oauth2_consent.do?" + urlencode({"sessionDataKeyConsent": key}))
            else:
                fake.consented.add(user)
                code = uuid.uuid4().hex
                database.codes[code] = user
                self.answer(
                    302, Location=values["redirect_uri"] + "?" + urlencode({"code": code, "state": values["state"]})
                )

        def redirect(self, path: str) -> None:
            # Absolute, as the product does.
            self.answer(302, Location=f"https://{behaviour.redirect_host or HOST}:{fake.port}{path}")

        def commonauth(self) -> None:
            form = self.form()
            user = next((user for user in database.users.values() if user["name"] == form["username"]), None)
            if user is None or user["password"] != form["password"]:
                self.redirect(
                    "/authenticationendpoint/login.do?authFailure=true&sessionDataKey=" + form["sessionDataKey"]
                )
                return
            fake.flows[form["sessionDataKey"]]["user"] = user["name"]
            key = uuid.uuid4().hex
            database.sessions[key] = user["name"]
            node.near.add(key)
            database.logins.append((user["name"], node.name))
            self.answer(
                302,
                Location="/oauth2/authorize?sessionDataKey=" + form["sessionDataKey"],
                Set_Cookie=f"commonAuthId={key}; Path=/; Secure; HttpOnly\nother=gone; Max-Age=0; Path=/",
            )

        def token(self) -> None:
            user = database.codes.pop(self.form()["code"], None)
            client_id, secret = base64.b64decode(self.headers["Authorization"][6:]).decode().split(":")
            if user is None or database.applications[client_id]["secret"] != secret:
                self.answer(400, {"error": "invalid_grant"})
            else:
                self.answer(200, {"access_token": "token-of-" + user})

        def userinfo(self) -> None:
            self.answer(200, {"sub": self.headers["Authorization"].removeprefix("Bearer token-of-") + "@carbon.super"})

    return NodeHandler


def front_handler(fake: Fake) -> type[Handler]:
    turn = itertools.count()
    lock = threading.Lock()

    class FrontHandler(Handler):
        def do_GET(self) -> None:
            body = self.content()
            path = urlsplit(self.path).path
            if path.startswith("/carbon") and not fake.behaviour.console:
                self.answer(403, b"<html>Forbidden")
                self.log(path, 403, "-")
                return
            nodes = fake.nodes[:1] if fake.behaviour.only_first else fake.nodes
            node = next((node for node in nodes if node.name == self.cookie("ROUTE") and fake.behaviour.sticky), None)
            with lock:
                node = node or nodes[next(turn) % len(nodes)]
            context = ssl.create_default_context(cadata=fake.ca)
            context.check_hostname = False
            connection = http.client.HTTPSConnection("127.0.0.1", node.server.port, context=context)
            connection.request(self.command, self.path, body, dict(self.headers))
            got = connection.getresponse()
            content = got.read()
            connection.close()
            cookies = [value for name, value in got.getheaders() if name == "Set-Cookie"] + [
                f"ROUTE={node.name}; Path=/"
            ]
            more = {"Location": got.headers["Location"]} if got.headers["Location"] else {}
            self.answer(got.status, content, Set_Cookie="\n".join(cookies), **more)
            # As nginx does: when the client has its answer already.
            time.sleep(0.005)
            self.log(path, got.status, f"127.0.0.1:{node.server.port}")

        do_POST = do_PATCH = do_DELETE = do_GET

        def log(self, path: str, status: int, upstream: str) -> None:
            line = (
                f'127.0.0.1 [2026-01-01T00:00:00+00:00] "{self.command} {path} HTTP/1.1" {status} 10 time=0.001 '
                f"upstream={upstream} upstream_status={status} upstream_time=0.001 id=0 "
                f'"{self.headers["User-Agent"]}"\n'
            )
            with lock, fake.log.open("a") as stream:
                stream.write(line)

    return FrontHandler


class Fake:
    """The deployment."""

    def __init__(self, folder: Path, count: int = 2) -> None:
        self.certificate, self.ca = make_certificate(folder)
        self.log = folder / "access.log"
        self.log.write_text("a line of another time\n")
        self.database = Database()
        self.behaviour = Behaviour()
        self.flows: dict[str, dict[str, str]] = {}
        self.consented: set[str] = set()
        self.nodes: list[Node] = []
        self.front = Server(self.certificate, front_handler(self))
        self.port = self.front.port
        self.nodes += [Node(self, f"is{number}") for number in range(1, count + 1)]

    def invalidate(self, writer: Node, user_id: str) -> None:
        """Tell the other nodes of a change."""

        def forget() -> None:
            for node in self.nodes:
                if node is not writer:
                    node.cache.pop(user_id, None)

        if self.behaviour.invalidate:
            threading.Timer(self.behaviour.invalidate, forget).start()
        elif self.behaviour.invalidate is not None:
            forget()

    def deployment(self, **changes: Any) -> Deployment:
        """What the module makes of its options. The nodes are asked at their own ports under the public name."""
        given: dict[str, Any] = {
            "site": product.Site(HOST, self.port),
            "front": product.Target("the load balancer", "127.0.0.1", self.port),
            "nodes": [product.Target(node.name, "127.0.0.1", node.server.port) for node in self.nodes],
            "public_context": product.make_context(self.ca),
            "node_context": product.make_context(self.ca),
            "admin_user": ADMIN[0],
            "admin_password": ADMIN[1],
            "run": "run1",
            "log": str(self.log),
            "timeout": 5,
        }
        return Deployment(**{**given, **changes})

    def close(self) -> None:
        for server in [self.front, *(node.server for node in self.nodes)]:
            server.shutdown()
            server.server_close()
