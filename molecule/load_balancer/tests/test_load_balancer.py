# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users meet at the load balancers, and what is refused."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from scenario import Scenario

COOKIE = "WSO2IS_NODE"
NODES = ["is1", "is2"]
#: Load balancer -> the last part of its address.
BALANCERS = {"lb1": 11, "lb2": 12}

pytestmark = pytest.mark.parametrize("balancer", BALANCERS)


class Answer:
    """An answer of a load balancer.

    Attributes:
        status: Status code.
        location: Where it sends to.
        cookie: The sticky cookie that it sets, None without.
        said: What the node has answered; empty where a load balancer answered itself.
    """

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.location = response.getheader("Location")
        cookies = [SimpleCookie(value) for value in response.headers.get_all("Set-Cookie") or []]
        self.cookie = next((cookie[COOKIE] for cookie in cookies if COOKIE in cookie), None)
        body = response.read()
        self.said = json.loads(body) if response.getheader("Content-Type") == "application/json" else {}

    @property
    def node(self) -> str | None:
        """Name of the node that answered."""
        return self.said.get("node")


class User:
    """Somebody with a browser.

    Attributes:
        node: Value of the sticky cookie that is kept and sent; empty is none.
    """

    def __init__(self, scenario: Scenario, balancer: str, node: str = "") -> None:
        self.host = scenario.public_host
        self.address = f"{os.environ['LAB_NETWORK']}.{BALANCERS[balancer]}"
        self.tls = ssl.create_default_context(cafile=str(scenario.scratch / "ca/ca.crt"))
        self.node = node

    def ask(
        self, path: str = "/oauth2/authorize", *, port: int = 443, name: str | None = None, client_says: str = ""
    ) -> Answer:
        """GET a path as it is."""
        connection = http.client.HTTPConnection(self.host, port)
        connection.sock = socket.create_connection((self.address, port), timeout=30)
        if port == 443:
            connection.sock = self.tls.wrap_socket(connection.sock, server_hostname=name or self.host)
        cookies = {"Cookie": f"{COOKIE}={self.node}"} if self.node else {}
        forwarded = {"X-Forwarded-For": client_says} if client_says else {}
        connection.request("GET", path, headers={"Host": name or self.host, **cookies, **forwarded})
        answer = Answer(connection.getresponse())
        connection.close()
        if answer.cookie is not None:
            self.node = answer.cookie.value
        return answer


def newcomers(scenario: Scenario, balancer: str, number: int = 12) -> Counter[str | None]:
    """How many of some users without a cookie got to which node."""
    return Counter(User(scenario, balancer).ask().node for _turn in range(number))


def serve(scenario: Scenario, node: str, certificate: str = "wso2carbon") -> None:
    """Start the node's HTTPS server anew with a certificate; it listens when this returns."""
    stop(scenario, node)
    program = ["python3", "/srv/backend/backend.py", node, f"/srv/backend/{certificate}"]
    scenario.on(node, "systemd-run", "--unit=backend", "--collect", *program)
    scenario.on(node, "sh", "-c", "until ss -Htln | grep -q :9443; do sleep 0.1; done")


def stop(scenario: Scenario, node: str) -> None:
    scenario.on(node, "systemctl", "stop", "backend", check=False)


def reload(scenario: Scenario, balancer: str) -> None:
    """Forget failures of nodes, as time would."""
    scenario.on(balancer, "systemctl", "restart", "nginx")


@pytest.fixture
def whole(scenario: Scenario, balancer: str) -> Iterator[None]:
    """Afterwards both nodes serve again and no failure is remembered."""
    yield
    for node in NODES:
        serve(scenario, node)
    reload(scenario, balancer)


def test_service(scenario: Scenario, balancer: str) -> None:
    service = scenario.host(balancer).service("nginx")
    assert service.is_running and service.is_enabled


def test_cookie_is_made_by_what_this_nginx_has(scenario: Scenario, balancer: str) -> None:
    said = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", scenario.host(balancer).run("nginx -v").stderr)
    assert said
    version = tuple(map(int, said.groups()))
    own = "sticky cookie" in scenario.on(balancer, "cat", "/etc/nginx/wso2is/nodes.conf")
    assert (version >= (1, 29, 6), own) == ((True, True) if balancer == "lb1" else (False, False)), version


def test_cookie(scenario: Scenario, balancer: str) -> None:
    answer = User(scenario, balancer).ask()
    assert answer.status == 200 and answer.cookie is not None
    assert answer.cookie.value == answer.node
    found = {key: answer.cookie[key] for key in ("httponly", "secure", "path", "samesite", "domain")}
    found["samesite"] = found["samesite"].lower()
    assert found == {"httponly": True, "secure": True, "path": "/", "samesite": "none", "domain": ""}


@pytest.mark.parametrize("node", NODES)
def test_a_browser_stays_on_its_node(scenario: Scenario, balancer: str, node: str) -> None:
    user = User(scenario, balancer, node)
    assert {user.ask().node for _turn in range(10)} == {node}
    assert user.node == node


def test_browsers_without_a_cookie_spread(scenario: Scenario, balancer: str) -> None:
    assert set(newcomers(scenario, balancer)) == set(NODES)


def test_a_cookie_with_an_unknown_node_is_replaced(scenario: Scenario, balancer: str) -> None:
    user = User(scenario, balancer, "gone")
    node = user.ask().node
    assert node in NODES and user.node == node


@pytest.mark.usefixtures("whole")
def test_a_node_that_fails_is_left_until_it_is_back(scenario: Scenario, balancer: str) -> None:
    user = User(scenario, balancer, "is1")
    stop(scenario, "is1")
    assert {user.ask().node for _turn in range(5)} == {"is2"}, "nobody gets an error"
    assert user.node == "is2", "and stays where the session is now"


@pytest.mark.usefixtures("whole")
def test_a_node_must_prove_who_it_is(scenario: Scenario, balancer: str) -> None:
    # Of the same authority, for another name.
    serve(scenario, "is1", "analytics")
    reload(scenario, balancer)
    assert {User(scenario, balancer, "is1").ask().node for _turn in range(3)} == {"is2"}
    serve(scenario, "is2", "analytics")
    reload(scenario, balancer)
    assert User(scenario, balancer).ask().status == 502
    assert "upstream SSL certificate does not match" in scenario.on(
        balancer, "tail", "-n", "20", "/var/log/nginx/error.log"
    )


def test_http_goes_to_https(scenario: Scenario, balancer: str) -> None:
    answer = User(scenario, balancer).ask("/oauth2/authorize?a=b", port=80)
    assert (answer.status, answer.location) == (301, f"https://{scenario.public_host}/oauth2/authorize?a=b")


@pytest.mark.parametrize("port", [80, 443])
def test_another_name_gets_no_answer(scenario: Scenario, balancer: str, port: int) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        User(scenario, balancer).ask(port=port, name="other.wso2is.test")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/services/AuthenticationAdmin", 403),
        ("/t/example.com/services/AuthenticationAdmin", 403),
        ("/api/health-check/v1.0/health", 403),
        ("/carbon/admin/login.jsp", 403),
        ("/oauth2/..;/carbon/admin/login.jsp", 403),
        ("/oauth2/%3b/carbon", 400),
        ("/authenticationendpoint/login.do", 200),
        ("/scim2/Users", 200),
    ],
)
def test_what_is_public(scenario: Scenario, balancer: str, path: str, status: int) -> None:
    assert User(scenario, balancer).ask(path).status == status


def test_what_the_node_is_told(scenario: Scenario, balancer: str) -> None:
    said = User(scenario, balancer).ask("/a%20b?c=%2F", client_says="198.51.100.7").said
    assert said["path"] == "/a%20b?c=%2F"
    headers = said["headers"]
    assert headers["host"] == scenario.public_host
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-port"] == "443"
    assert "198.51.100.7" not in headers["x-forwarded-for"], "what the client claims"


def test_key_is_roots_own(scenario: Scenario, balancer: str) -> None:
    keys = scenario.on(balancer, "sh", "-c", "stat -c '%U %a' /etc/nginx/wso2is/*.key").splitlines()
    assert keys == ["root 600"]


def test_cost_of_an_unchanged_run(scenario: Scenario, balancer: str) -> None:
    executions = scenario.unchanged_run.executions_on(scenario.container(balancer))
    assert 0 < len(executions) <= 2, executions


class TestDrain:
    """Drain at both load balancers, once; and back again."""

    @pytest.fixture(scope="class", autouse=True)
    def drained(self, scenario: Scenario) -> Iterator[None]:
        drain = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "drain.yml"
        run = scenario.run(drain, *scenario.arguments, log="drain")
        assert run.code == 0 and set(run.changed) == {scenario.container(name) for name in BALANCERS}, run.output[
            -5000:
        ]
        yield
        run = scenario.run(drain, *scenario.arguments, "-e", '{"load_balancer_drained": []}', log="undrain")
        assert run.code == 0 and set(run.changed) == {scenario.container(name) for name in BALANCERS}, run.output[
            -5000:
        ]
        # The role agrees: nothing of the drain is left.
        run = scenario.converge("--check", log="after-drain")
        assert run.code == 0 and run.changed == {}, run.output[-5000:]
        assert all(set(newcomers(scenario, name)) == set(NODES) for name in BALANCERS)

    def test_who_is_there_stays(self, scenario: Scenario, balancer: str) -> None:
        user = User(scenario, balancer, "is1")
        assert {user.ask().node for _turn in range(5)} == {"is1"}

    def test_who_is_new_goes_elsewhere(self, scenario: Scenario, balancer: str) -> None:
        assert set(newcomers(scenario, balancer)) == {"is2"}
