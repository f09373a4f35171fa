# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""identity_proof against a small deployment: what holds is proven, what does not is refuted, nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from ansible_collections.identityops.wso2is.plugins.modules import identity_proof as proof
from identity_fake import ADMIN, HOST, Fake


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    made = Fake(tmp_path)
    yield made
    made.close()


def nothing_left(fake: Fake) -> bool:
    return fake.database.users == {} and fake.database.applications == {}


class TestClaims:
    def test_fresh_at_once(self, fake: Fake) -> None:
        found = proof.prove_claims(fake.deployment(), 2)
        assert found["ok"], found
        assert "2 nodes in turn" in found["text"]
        assert fake.database.ever == {"wp-run1-claim"}
        assert nothing_left(fake)

    def test_a_message_may_take_a_while(self, fake: Fake) -> None:
        fake.behaviour.invalidate = 0.15
        found = proof.prove_claims(fake.deployment(), 2)
        assert found["ok"], found
        assert int(found["text"].split("after ")[1].split()[0]) >= 100

    @pytest.mark.parametrize("late", [None, 1.0])
    def test_without_clustering_it_is_stale(self, fake: Fake, late: float | None) -> None:
        fake.behaviour.invalidate = late
        found = proof.prove_claims(fake.deployment(), 0.2)
        assert not found["ok"]
        assert "0.2 s after a change on is1, still the old value on is2" in found["text"]
        assert nothing_left(fake)

    def test_three_nodes(self, tmp_path: Path) -> None:
        fake = Fake(tmp_path, 3)
        assert proof.prove_claims(fake.deployment(), 2)["ok"]
        fake.behaviour.invalidate = None
        assert "on is2, is3" in proof.prove_claims(fake.deployment(), 0.1)["text"]
        fake.close()

    def test_the_wrong_administrator_is_named(self, fake: Fake) -> None:
        with pytest.raises(product.ProductError, match="creating the user wp-run1-claim at is1: status 401"):
            proof.prove_claims(fake.deployment(admin_password="wrong"), 1)


class TestSticky:
    def test_one_keeps_and_many_spread(self, fake: Fake) -> None:
        found = proof.prove_sticky(fake.deployment(), 10, 6)
        assert found["ok"], found
        assert "10 requests of one browser logged into the console: is" in found["text"]
        assert found["text"].endswith("6 browsers: is1 3, is2 3")

    def test_a_closed_console_leaves_the_access_log(self, fake: Fake) -> None:
        fake.behaviour.console = False
        found = proof.prove_sticky(fake.deployment(), 10, 6)
        assert found["ok"], found
        assert "10 requests of one browser: is" in found["text"]

    def test_not_sticky(self, fake: Fake) -> None:
        fake.behaviour.sticky = False
        found = proof.prove_sticky(fake.deployment(), 10, 6)
        assert not found["ok"]
        assert "went to another node" in found["text"] or "did not keep its node" in found["text"]

    def test_not_sticky_and_no_console(self, fake: Fake) -> None:
        fake.behaviour.sticky = fake.behaviour.console = False
        found = proof.prove_sticky(fake.deployment(), 10, 6)
        assert not found["ok"]
        assert "is1 5, is2 5" in found["text"]
        assert "did not keep its node" in found["text"]

    def test_a_node_that_gets_nothing(self, fake: Fake) -> None:
        fake.behaviour.only_first = True
        found = proof.prove_sticky(fake.deployment(), 5, 4)
        assert not found["ok"]
        assert found["text"].endswith("Nothing reached is2")


class TestLogin:
    def log_in(self, fake: Fake) -> tuple[dict[str, Any], Any]:
        found, state = proof.prove_login(fake.deployment())
        assert found["ok"], found
        return found, unpack(state)

    @pytest.mark.parametrize("consent", [False, True])
    def test_survives_a_restart(self, fake: Fake, consent: bool) -> None:
        fake.behaviour.consent = consent
        found, state = self.log_in(fake)
        assert found["node"] == fake.database.logins[0][1]
        next(node for node in fake.nodes if node.name == found["node"]).restart()
        again = proof.prove_login_again(fake.deployment(), state, found["node"])
        assert again == {
            "ok": True,
            "text": "authorization code from the same node without a login, token for the code",
            "node": found["node"],
        }
        proof.remove(fake.deployment(), state)
        assert nothing_left(fake)

    def test_lost_with_the_memory_of_the_node(self, fake: Fake) -> None:
        fake.behaviour.persist_sessions = False
        found, state = self.log_in(fake)
        assert proof.prove_login_again(fake.deployment(), state, found["node"])["ok"]
        next(node for node in fake.nodes if node.name == found["node"]).restart()
        again = proof.prove_login_again(fake.deployment(), state, found["node"])
        assert again == {"ok": False, "text": "the login is lost: a new one is asked for"}

    def test_removed_twice_is_no_error(self, fake: Fake) -> None:
        _found, state = self.log_in(fake)
        proof.remove(fake.deployment(), state)
        proof.remove(fake.deployment(), state)

    def test_removed_at_another_node_when_the_first_is_down(self, fake: Fake) -> None:
        _found, state = self.log_in(fake)
        fake.nodes[0].server.shutdown()
        fake.nodes[0].server.server_close()
        proof.remove(fake.deployment(timeout=1), state)
        assert nothing_left(fake)

    def test_a_redirect_to_another_host_is_named(self, fake: Fake) -> None:
        fake.behaviour.redirect_host = "localhost"
        with pytest.raises(product.ProductError, match="redirects to https://localhost:"):
            proof.prove_login(fake.deployment())
        assert nothing_left(fake)

    def test_the_access_log_must_tell_the_node(self, fake: Fake, tmp_path: Path) -> None:
        other = tmp_path / "other.log"
        with pytest.raises(OSError, match=r"other\.log"):
            proof.prove_login(fake.deployment(log=str(other)))
        assert nothing_left(fake)


class TestNodeLogins:
    def test_each_user_at_its_node(self, fake: Fake) -> None:
        found = proof.prove_node_logins(fake.deployment())
        assert found["logins"] == [
            {"user": "wp-run1-n0", "node": "is1", "address": "127.0.0.1"},
            {"user": "wp-run1-n1", "node": "is2", "address": "127.0.0.1"},
        ]
        assert fake.database.logins == [("wp-run1-n0", "is1"), ("wp-run1-n1", "is2")]
        assert nothing_left(fake)


class TestClient:
    def test_another_name_in_the_certificate_is_refused(self, fake: Fake) -> None:
        deployment = fake.deployment(site=product.Site("other.example.test", fake.port))
        with pytest.raises(product.ProductError, match="certificate is not accepted"):
            deployment.browser("x").get(product.DISCOVERY)

    def test_another_authority_is_refused(self, fake: Fake) -> None:
        deployment = fake.deployment(node_context=product.make_context("", system=True))
        with pytest.raises(product.ProductError, match="certificate is not accepted"):
            deployment.at(deployment.nodes[0]).get(product.HEALTH)

    def test_nobody_listens(self, fake: Fake) -> None:
        client = product.Client(
            product.Target("is9", "127.0.0.1", 1), product.Site(HOST, 443), product.make_context("")
        )
        with pytest.raises(product.ProductError, match=r"GET / at is9 \(127.0.0.1:1\): .*refused"):
            client.get("/?secret=1")

    def test_a_text_that_is_no_certificate(self) -> None:
        with pytest.raises(ValueError, match="not certificates in PEM form"):
            product.make_context("nonsense")

    def test_a_wrong_password_ends(self, fake: Fake) -> None:
        deployment = fake.deployment()
        with (
            proof.own_application(deployment, "x") as application,
            proof.own_user(deployment, "x") as user,
            pytest.raises(product.ProductError, match="refuses the login of wp-run1-x"),
        ):
            product.authorize(deployment.browser("x"), application, (user.name, "wrong"))
        assert nothing_left(fake)

    def test_an_unknown_application_is_named(self, fake: Fake) -> None:
        with pytest.raises(product.ProductError, match=r"oauth2_error\.do: invalid_client"):
            product.authorize(fake.deployment().browser("x"), product.Application("none", "none"))

    def test_a_console_password_that_does_not_work(self, fake: Fake) -> None:
        with pytest.raises(product.ProductError, match="refuses the console login of the administrator"):
            product.open_console(fake.deployment().browser("x"), ADMIN[0], "wrong")


def test_tidying_up_does_not_hide_the_cause(fake: Fake) -> None:
    fake.behaviour.delete_fails = True
    try:
        with proof.own_user(fake.deployment(), "x"):
            raise product.ProductError("the cause")
    except product.ProductError as error:
        assert proof.explain(error).startswith("the cause; then ")
        assert "deleting a user at is2: status 500" in proof.explain(error)


@pytest.mark.parametrize(
    ("headers", "path", "sent"),
    [
        ([("/carbon/admin/x.jsp", "JSESSIONID=1; Path=/carbon; HttpOnly")], "/carbon/admin/y.jsp", "JSESSIONID=1"),
        ([("/carbon/admin/x.jsp", "JSESSIONID=1; Path=/carbon")], "/carbonic", ""),
        ([("/carbon/admin/x.jsp", "JSESSIONID=1")], "/carbon/admin/y.jsp", "JSESSIONID=1"),
        ([("/carbon/admin/x.jsp", "JSESSIONID=1")], "/carbon", ""),
        ([("/x", "A=1; Path=/"), ("/x", "A=2; Path=/oauth2")], "/oauth2/authorize", "A=2; A=1"),
        ([("/x", "A=1; Path=/"), ("/x", "A=; Max-Age=0; Path=/")], "/x", ""),
        ([("/x", "A=1; Path=/"), ("/x", "A=; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/")], "/x", ""),
        ([("/x", "A=b=c; Path=/; Max-Age=900")], "/", "A=b=c"),
    ],
)
def test_cookies(headers: list[tuple[str, str]], path: str, sent: str) -> None:
    cookies = product.Cookies()
    for where, header in headers:
        cookies.take(where, header)
    assert cookies.header(path) == sent
    copy = product.Cookies()
    copy.load(cookies.dump())
    assert copy.header(path) == sent


@pytest.mark.parametrize(
    ("host", "port", "url"), [("a.example", 443, "https://a.example"), ("a.example", 8443, "https://a.example:8443")]
)
def test_public_url(host: str, port: int, url: str) -> None:
    assert product.Site(host, port).url == url


def test_excerpt() -> None:
    assert product.excerpt("<html><script>x()</script><b>Not\n found</b> &amp; gone</html>") == "Not found & gone"
    assert len(product.excerpt("x" * 500)) == 120


class TestWhatDoesNotHold:
    """Each refutation names what was seen."""

    def test_a_node_that_never_shows_the_value(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(product, "given_name", lambda *_given: "another")
        found = proof.prove_claims(fake.deployment(), 0.05)
        assert found == {"ok": False, "text": "is1 does not show 'before' at all"}

    def test_a_browser_that_gets_an_error(self, fake: Fake) -> None:
        fake.behaviour.console = False
        fake.behaviour.discovery = (503, {})
        found = proof.prove_sticky(fake.deployment(), 5, 4)
        assert found == {"ok": False, "text": "request 1 of 5 of one browser: status 503"}

    def test_an_access_log_that_lacks_requests(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(proof.access_log, "served", lambda *_given: [])
        found = proof.prove_sticky(fake.deployment(), 2, 2)
        assert not found["ok"]
        assert "of one browser logged into the console: none; 2 browsers: none" in found["text"]
        assert found["text"].endswith(f"{fake.log} does not hold all requests")

    def test_a_login_that_was_none(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(product, "authorize", lambda *_given: product.Authorization("c", False))
        with pytest.raises(product.ProductError, match="a code was given without a login"):
            proof.prove_login(fake.deployment())
        assert nothing_left(fake)

    def test_a_token_of_somebody_else(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        _found, state = proof.prove_login(fake.deployment())
        monkeypatch.setattr(product, "token_user", lambda *_given: "")
        again = proof.prove_login_again(fake.deployment(), unpack(state), None)
        assert again == {"ok": False, "text": "the token names nobody instead of the user who logged in"}

    @pytest.mark.parametrize("what", ["login_again", "remove"])
    def test_a_step_without_its_state(self, fake: Fake, what: str) -> None:
        with pytest.raises(product.ProductError, match=f"state is required for {what}"):
            proof.prove(what, fake.deployment(), {"state": None})


def test_everywhere_needs_a_node(fake: Fake) -> None:
    with pytest.raises(product.ProductError, match="there is no node"):
        proof.everywhere(fake.deployment(nodes=[]), lambda _client: None)


def test_addresses_of_what_the_access_log_names(fake: Fake) -> None:
    deployment = fake.deployment()
    node = deployment.nodes[0]
    assert deployment.node_of(f"127.0.0.1:{node.port}") == "is1"
    assert deployment.node_of("192.0.2.99:1") == "192.0.2.99:1"
    assert deployment.node_of("") == "the load balancer itself"
    assert proof.addresses("no such host") == {"no such host"}
