# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client says when the product does not answer as it should."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product
from ansible_collections.identityops.wso2is.plugins.module_utils.identity_client import (
    Answer,
    Application,
    Client,
    LoginRequired,
    ProductError,
    Site,
    Target,
)

SITE = Site("login.example.test", 443)
ADMIN = product.basic("admin", "pw")
APPLICATION = Application("id", "secret")


class Scripted(Client):
    """Gets the given answers, one after the other."""

    def __init__(self, *answers: Answer | Callable[[str], Answer]) -> None:
        super().__init__(Target("is1", "192.0.2.21", 9443), SITE, product.make_context(""))
        self.answers = list(answers)
        self.asked: list[str] = []

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        self.asked.append(f"{method} {path}")
        answer = self.answers.pop(0)
        return answer if isinstance(answer, Answer) else answer(path)


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    return Answer(status, list(headers.items()), body if isinstance(body, bytes) else json.dumps(body).encode())


def to(location: str, status: int = 302) -> Answer:
    return answer(status, location=location)


def back(**query: str) -> Callable[[str], Answer]:
    """The redirect back to the application, with the state of the request."""

    def made(path: str) -> Answer:
        state = re.search(r"state=(\w+)", path)
        assert state
        given = {"state": state.group(1), **query}
        return to(product.REDIRECT_URI + "?" + "&".join(f"{name}={value}" for name, value in given.items()))

    return made


@pytest.mark.parametrize(
    ("ask", "got", "said"),
    [
        (
            lambda client: product.create_user(client, ADMIN, "u", "p", "f"),
            answer(409, b"<b>User</b> exists"),
            "creating the user u at is1: status 409 instead of 201: User exists",
        ),
        (
            lambda client: product.given_name(client, ADMIN, "7"),
            answer(500),
            "reading a user at is1: status 500 instead of 200",
        ),
        (
            lambda client: product.change_given_name(client, ADMIN, "7", "x"),
            answer(403),
            "patching a user at is1: status 403 instead of 200",
        ),
        (
            lambda client: product.delete_user(client, ADMIN, "7"),
            answer(500),
            "deleting a user at is1: status 500 instead of 204",
        ),
        (
            lambda client: product.register_application(client, ADMIN, "a"),
            answer(400, b"x" * 200),
            "registering the application a at is1: status 400 instead of 201: " + "x" * 117 + "...",
        ),
        (
            lambda client: product.delete_application(client, ADMIN, "a"),
            answer(500),
            "deleting an application at is1: status 500 instead of 204",
        ),
        (
            lambda client: product.redeem(client, APPLICATION, "c"),
            answer(400, {"error": "invalid"}),
            'exchanging the code for a token at is1: status 400 instead of 200 with a token: {"error": "invalid"}',
        ),
        (
            lambda client: product.redeem(client, APPLICATION, "c"),
            answer(200, {}),
            "exchanging the code for a token at is1: status 200 instead of 200 with a token: {}",
        ),
        (
            lambda client: product.token_user(client, "t"),
            answer(401),
            "/oauth2/userinfo at is1: status 401 instead of 200",
        ),
        (
            lambda client: product.open_console(client, "admin", "pw"),
            answer(502),
            "the console's login page at is1: status 502 instead of 200",
        ),
        (
            lambda client: product.authorize(client, APPLICATION),
            answer(200, b"form"),
            "/oauth2/authorize at is1: status 200 instead of a redirect: form",
        ),
        (
            lambda client: product.authorize(client, APPLICATION),
            to("/authenticationendpoint/oauth2_error.do?oauthErrorCode=invalid_client"),
            "is1 ends on /authenticationendpoint/oauth2_error.do: invalid_client",
        ),
        (
            lambda client: product.authorize(client, APPLICATION),
            to("/authenticationendpoint/retry.do"),
            "is1 ends on /authenticationendpoint/retry.do: no reason given",
        ),
        (
            lambda client: product.authorize(client, APPLICATION),
            back(error="access_denied"),
            "is1 answers with the error access_denied",
        ),
        (
            lambda client: product.authorize(client, APPLICATION),
            to(product.REDIRECT_URI + "?code=c&state=other"),
            "is1 redirects back without a code or with another state",
        ),
        (
            lambda client: product.authorize(client, APPLICATION),
            to("http://login.example.test/x"),
            "is1 redirects to http://login.example.test, which is not the public URL https://login.example.test",
        ),
    ],
)
def test_an_answer_that_is_not_as_wanted(ask: Callable[[Client], Any], got: Any, said: str) -> None:
    with pytest.raises(ProductError) as caught:
        ask(Scripted(got))
    assert str(caught.value) == said


@pytest.mark.parametrize("status", [204, 404])
def test_what_is_gone_already_is_no_error(status: int) -> None:
    product.delete_user(Scripted(answer(status)), ADMIN, "7")
    product.delete_application(Scripted(answer(status)), ADMIN, "a")


class TestAuthorize:
    LOGIN = to("/authenticationendpoint/login.do?sessionDataKey=k")

    def test_a_session_is_enough(self) -> None:
        assert product.authorize(Scripted(back(code="c")), APPLICATION) == ("c", False)

    @pytest.mark.parametrize("got", [LOGIN, back(error="login_required")])
    def test_without_a_session(self, got: Any) -> None:
        with pytest.raises(LoginRequired, match=r"is1 (asks for|wants) a login"):
            product.authorize(Scripted(got), APPLICATION)

    def test_a_refused_login(self) -> None:
        client = Scripted(self.LOGIN, answer(200, b"form"), self.LOGIN)
        with pytest.raises(ProductError, match="is1 refuses the login of u"):
            product.authorize(client, APPLICATION, ("u", "p"))

    def test_a_login_page_that_fails(self) -> None:
        with pytest.raises(ProductError, match="the login page at is1: status 500 instead of 200"):
            product.authorize(Scripted(self.LOGIN, answer(500)), APPLICATION, ("u", "p"))

    def test_redirects_without_end(self) -> None:
        client = Scripted(*[to("/oauth2/again?x=secret")] * 13)
        with pytest.raises(ProductError, match=r"is1 redirects without end, last to /oauth2/again$"):
            product.authorize(client, APPLICATION)
        assert len(client.asked) == 13


def test_a_console_that_is_closed() -> None:
    assert product.open_console(Scripted(answer(403)), "admin", "pw") is False


def test_cookies_that_are_taken_back() -> None:
    cookies = product.Cookies()
    cookies.take("/a/b", "one=1")
    cookies.take("/a/b", "two=2; Path=/")
    assert cookies.header("/a/c") == "one=1; two=2"
    assert (cookies.value("one"), cookies.value("three")) == ("1", None)
    cookies.take("/a/b", "one=; Max-Age=-1")
    cookies.take("/x", "two=; Path=/; Expires=Thu, 01-Jan-1970 00:00:00 GMT")
    assert cookies.dump() == []


def test_what_is_no_url_of_a_document_is_left_alone() -> None:
    document = {"scopes_supported": ["openid"], "issuer": "urn:x", "jwks_uri": "https://login.example.test/jwks"}
    assert product.foreign_urls(document, SITE) == []


def listen(serve: Callable[[socket.socket], None]) -> tuple[int, threading.Thread]:
    server = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        with server:
            connection, _peer = server.accept()
            with connection:
                serve(connection)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return int(server.getsockname()[1]), thread


def test_a_server_that_speaks_no_tls() -> None:
    port, thread = listen(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    client = Client(Target("is1", "127.0.0.1", port), SITE, product.make_context(""), timeout=5)
    with pytest.raises(ProductError, match=rf"^GET /x at is1 \(127\.0\.0\.1:{port}\): "):
        client.get("/x?code=secret")
    thread.join()


def test_a_server_that_does_not_answer() -> None:
    done = threading.Event()
    port, thread = listen(lambda _connection: done.wait(5) and None)
    client = Client(Target("is1", "127.0.0.1", port), SITE, product.make_context(""), timeout=0.2)
    with pytest.raises(ProductError, match=r"no answer in time$"):
        client.get("/x")
    done.set()
    thread.join()
