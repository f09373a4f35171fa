#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove facts of a running deployment with users and applications of its own."""

from __future__ import annotations

DOCUMENTATION = r"""
module: identity_proof
short_description: Prove facts of a running WSO2 Identity Server deployment
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Runs on a load balancer of the role load_balancer, as a user that may read nginx's access log. Acts as browsers and
    applications do, through the load balancer or at chosen nodes.
  - Creates users and OAuth applications with names of its own and removes them, whatever the outcome.
  - Does not fail when a fact does not hold; RV(proof.ok) says whether it does.
options:
  proof:
    description:
      - V(claims) changes a user's given name at each node in turn and reads it at all nodes.
      - V(sticky) sends O(requests) requests of one browser and one request each of O(browsers) browsers through the
        load balancer.
      - V(login) registers an application and logs a user in through the load balancer. The user, the application and
        the browser's cookies are returned in RV(state).
      - V(login_again) continues the browser of O(state), which must get a code without a login.
      - V(remove) removes the user and the application of O(state).
      - V(node_logins) logs a user of its own in at each node.
    type: str
    required: true
    choices: [claims, sticky, login, login_again, remove, node_logins]
  run:
    description:
      - A short text of letters and digits by which the names of this run differ from those of any other.
    type: str
    required: true
  public_host:
    description:
      - Public name of the deployment.
    type: str
    required: true
  public_port:
    description:
      - Public HTTPS port.
    type: int
    default: 443
  address:
    description:
      - Address at which the load balancer is asked.
    type: str
    required: true
  nodes:
    description:
      - The Identity Server nodes.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What the node is called in the result.
        type: str
        required: true
      address:
        description:
          - Its address.
        type: str
        required: true
      port:
        description:
          - Its HTTPS port.
        type: int
        default: 9443
  ca:
    description:
      - Certificates (PEM) that the nodes' certificate is verified against.
    type: str
    required: true
  public_ca:
    description:
      - Certificates (PEM) that the load balancer's certificate is verified against. Default is O(ca) and what the
        operating system trusts.
    type: str
  admin_user:
    description:
      - An administrator.
    type: str
    required: true
  admin_password:
    description:
      - The administrator's password.
    type: str
    required: true
  state:
    description:
      - What V(login) returned as RV(state). Holds secrets.
    type: str
  restarted:
    description:
      - For V(login_again), the node that was restarted since, and which is expected to answer.
    type: str
  limit:
    description:
      - Seconds within which a changed claim must be fresh at the other nodes.
    type: float
    default: 2
  requests:
    description:
      - Requests of the one browser.
    type: int
    default: 50
  browsers:
    description:
      - Number of browsers.
    type: int
    default: 20
  access_log:
    description:
      - nginx's access log.
    type: path
    default: /var/log/nginx/access.log
  timeout:
    description:
      - Seconds to wait for a connection and for each answer.
    type: int
    default: 30
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: none
    details: Nothing can be proven without acting; in check mode it is skipped.
  diff_mode:
    description: Returns what it would change.
    support: none
notes:
  - Fails only when O(ca) or O(public_ca) holds no certificate, or an option is missing.
seealso:
  - module: identityops.wso2is.identity_probe
  - module: identityops.wso2is.analytics_logins
"""

EXAMPLES = r"""
- name: Prove that caches are invalidated across the cluster
  identityops.wso2is.identity_proof:
    proof: claims
    run: a1b2c3d4
    public_host: login.example.com
    address: 192.0.2.11
    nodes:
      - {name: is1, address: 192.0.2.21}
      - {name: is2, address: 192.0.2.22}
    ca: "{{ lookup('ansible.builtin.file', 'ca.crt') }}"
    admin_user: admin
    admin_password: "{{ vault_admin_password }}"
"""

RETURN = r"""
proof:
  description: What was found.
  returned: success
  type: dict
  contains:
    ok:
      description: Whether the fact holds.
      type: bool
      returned: always
    text:
      description: The figures, or why it does not hold.
      type: str
      returned: always
      sample: changed on each of 2 nodes in turn, fresh on the others after 6 ms at most
    node:
      description: Which node logged the user in.
      type: str
      returned: when O(proof=login) and it worked
    logins:
      description: Who logged in where.
      type: list
      elements: dict
      returned: when O(proof=node_logins) and it worked
      sample: [{user: wp-a1b2c3d4-0, node: is1, address: 192.0.2.21}]
state:
  description: The user, the application and the browser's cookies, opaque. Holds secrets, so the task needs C(no_log).
  returned: when O(proof=login)
  type: str
"""

import contextlib
import socket
import ssl
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils import access_log
from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack, unpack
from ansible_collections.identityops.wso2is.plugins.module_utils.identity_client import (
    Client,
    LoginRequired,
    ProductError,
    Site,
    Target,
)


class User(NamedTuple):
    """A user of this run."""

    name: str
    password: str
    user_id: str


class Deployment(NamedTuple):
    """Whom to ask, how to verify who answers, and as whom."""

    site: Site
    front: Target
    nodes: list[Target]
    public_context: ssl.SSLContext
    node_context: ssl.SSLContext
    admin_user: str
    admin_password: str
    run: str
    log: str
    timeout: float

    @property
    def admin(self) -> dict[str, str]:
        """The administrator's header."""
        return product.basic(self.admin_user, self.admin_password)

    def agent(self, purpose: str) -> str:
        """A User-Agent of this run, by which its requests are found in the access log."""
        return "wso2is-proof/%s (%s)" % (self.run, purpose)

    def browser(self, purpose: str) -> Client:
        """A new browser at the load balancer."""
        return Client(self.front, self.site, self.public_context, self.agent(purpose), self.timeout)

    def at(self, node: Target) -> Client:
        """A new client at a node."""
        return Client(node, self.site, self.node_context, self.agent("node"), self.timeout)

    def name(self, purpose: str) -> str:
        """What a user or an application of this run is called."""
        return "wp-%s-%s" % (self.run, purpose)

    def node_of(self, upstream: str) -> str:
        """The name of the node behind an address of the access log; the address itself when it is none of ours."""
        address, _colon, port = upstream.rpartition(":")
        for node in self.nodes:
            if str(node.port) == port and address.strip("[]") in addresses(node.address):
                return str(node.name)
        return upstream or "the load balancer itself"

    def by_node(self, lines: Sequence[access_log.Served]) -> dict[str, int]:
        """Requests by node; those that the load balancer answered itself are left out."""
        return dict(Counter(self.node_of(line.upstream) for line in lines if line.upstream))


def addresses(name: str) -> set[str]:
    """All addresses of a host."""
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)} | {name}
    except OSError:
        return {name}


def everywhere(deployment: Deployment, work: Callable[[Client], Any]) -> Any:
    """Do something that any node can do at the first one that does it.

    :raises ProductError: what the last one raised.
    """
    problem: ProductError | None = None
    for node in deployment.nodes:
        with contextlib.closing(deployment.at(node)) as client:
            try:
                return work(client)
            except ProductError as error:
                problem = error
    raise problem or ProductError("there is no node")


def add_user(deployment: Deployment, purpose: str, value: str = "Proof") -> User:
    """Create a user at the first node."""
    name, password = deployment.name(purpose), product.new_password()
    with contextlib.closing(deployment.at(deployment.nodes[0])) as client:
        return User(name, password, product.create_user(client, deployment.admin, name, password, value))


def drop_user(deployment: Deployment, user: User) -> None:
    """Delete a user at any node."""
    everywhere(deployment, lambda client: product.delete_user(client, deployment.admin, user.user_id))


def add_application(deployment: Deployment, purpose: str) -> product.Application:
    """Register an OAuth application at the first node."""
    with contextlib.closing(deployment.at(deployment.nodes[0])) as client:
        return product.register_application(client, deployment.admin, deployment.name(purpose))


def drop_application(deployment: Deployment, application: product.Application) -> None:
    """Delete an application at any node."""
    key = application.client_id
    everywhere(deployment, lambda client: product.delete_application(client, deployment.admin, key))


@contextlib.contextmanager
def own_user(deployment: Deployment, purpose: str, value: str = "Proof") -> Iterator[User]:
    """A user for a while."""
    user = add_user(deployment, purpose, value)
    try:
        yield user
    finally:
        drop_user(deployment, user)


@contextlib.contextmanager
def own_application(deployment: Deployment, purpose: str) -> Iterator[product.Application]:
    """An OAuth application for a while."""
    application = add_application(deployment, purpose)
    try:
        yield application
    finally:
        drop_application(deployment, application)


def proven(text: str, **more: Any) -> dict[str, Any]:
    """The result for a fact that holds."""
    return {"ok": True, "text": text, **more}


def refuted(text: str, **more: Any) -> dict[str, Any]:
    """The result for a fact that does not hold."""
    return {"ok": False, "text": text, **more}


# --- a changed claim ---


def until_fresh(
    client: Client, admin: dict[str, str], user_id: str, value: str, since: float, limit: float
) -> float | None:
    """Read until the new value is there.

    :param since: When the change was confirmed, on the monotonic clock.
    :param limit: Seconds after that.
    :returns: Seconds after the change at which a read with the new value was answered; none if none was.
    """
    while True:
        read = product.given_name(client, admin, user_id)
        after = time.monotonic() - since
        if read == value:
            return after
        if after > limit:
            return None
        time.sleep(0.005)


def all_fresh(
    at: Sequence[Client], admin: dict[str, str], user_id: str, value: str, limit: float
) -> list[tuple[str, float | None]]:
    """Read at several nodes at once, from now on; the name of each and what :func:`until_fresh` returned."""
    since = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(at) or 1) as pool:
        found = list(pool.map(lambda client: until_fresh(client, admin, user_id, value, since, limit), at))
    return [(client.target.name, after) for client, after in zip(at, found)]


def prove_claims(deployment: Deployment, limit: float) -> dict[str, Any]:
    """A claim that is changed at one node is fresh at all others; every node is the changing one once."""
    admin, value = deployment.admin, "before"
    with contextlib.ExitStack() as stack:
        at_nodes = [stack.enter_context(contextlib.closing(deployment.at(node))) for node in deployment.nodes]
        user = stack.enter_context(own_user(deployment, "claim", value))
        delays: list[float] = []
        for writer in at_nodes:
            # Twice: the second answer comes from a cache that the first one filled.
            for _time in range(2):
                for name, after in all_fresh(at_nodes, admin, user.user_id, value, limit):
                    if after is None:
                        return refuted("%s does not show %r at all" % (name, value))
            value = "from-" + writer.target.name
            product.change_given_name(writer, admin, user.user_id, value)
            seen = all_fresh([client for client in at_nodes if client is not writer], admin, user.user_id, value, limit)
            stale = [name for name, after in seen if after is None]
            if stale:
                return refuted(
                    "%g s after a change on %s, still the old value on %s: the cluster does not invalidate caches"
                    % (limit, writer.target.name, ", ".join(stale))
                )
            delays += [after for _name, after in seen if after is not None]
    return proven(
        "changed on each of %d nodes in turn, fresh on the others after %.0f ms at most"
        % (len(at_nodes), max(delays, default=0.0) * 1000)
    )


# --- sticky sessions ---


def prove_sticky(deployment: Deployment, requests: int, browsers: int) -> dict[str, Any]:
    """One browser keeps its node, many browsers reach all nodes."""
    one, many = "keeps its node", "spread"
    since = access_log.mark(deployment.log)
    with contextlib.closing(deployment.browser(one)) as browser:
        console = product.open_console(browser, deployment.admin_user, deployment.admin_password)
        path = "/carbon/admin/index.jsp" if console else product.DISCOVERY
        for number in range(1, requests + 1):
            # As if by another worker of nginx: only the cookie leads to the node.
            browser.close()
            answer = browser.get(path)
            if answer.status != 200:
                lost = "status %d" % answer.status
                if answer.status in product.REDIRECTS:
                    lost = "the console asks for a login again, so it went to another node"
                return refuted("request %d of %d of one browser: %s" % (number, requests, lost))
        if console:
            product.close_console(browser)
    for _browser in range(browsers):
        with contextlib.closing(deployment.browser(many)) as browser:
            answer = browser.get(product.DISCOVERY)
            if answer.status != 200:
                raise browser.wrong("the OpenID discovery document", answer, "200")
    # Before and after them: the login page and the login, and the logout; or the login page, refused.
    lines = access_log.served(since, deployment.agent(one), requests + (3 if console else 1), deployment.log)
    kept = deployment.by_node([line for line in lines if line.path == path])
    spread = deployment.by_node(access_log.served(since, deployment.agent(many), browsers, deployment.log))
    figures = "%d requests of one browser%s: %s; %d browsers: %s" % (
        requests,
        " logged into the console" if console else "",
        told(kept),
        browsers,
        told(spread),
    )
    if sum(spread.values()) < browsers or sum(kept.values()) < requests:
        return refuted("%s. %s does not hold all requests" % (figures, deployment.log))
    if len(kept) != 1:
        return refuted(figures + ". The browser did not keep its node")
    absent = [node.name for node in deployment.nodes if node.name not in spread]
    if absent:
        return refuted(figures + ". Nothing reached " + ", ".join(absent))
    return proven(figures)


def told(counts: Mapping[str, int]) -> str:
    """Counts as text."""
    return ", ".join("%s %d" % item for item in sorted(counts.items())) or "none"


# --- a login survives ---


def prove_login(deployment: Deployment) -> tuple[dict[str, Any], str]:
    """Log in through the load balancer; the second value is the state."""
    with contextlib.ExitStack() as undo:
        user = add_user(deployment, "login")
        undo.callback(drop_user, deployment, user)
        application = add_application(deployment, "login")
        undo.callback(drop_application, deployment, application)
        since = access_log.mark(deployment.log)
        with contextlib.closing(deployment.browser("login")) as browser:
            authorization = product.authorize(browser, application, (user.name, user.password))
            if not authorization.asked_to_log_in or browser.cookies.value("commonAuthId") is None:
                raise ProductError("a code was given without a login, or the login gave no cookie commonAuthId")
            cookies = browser.cookies.dump()
        lines = access_log.served(since, deployment.agent("login"), 4, deployment.log)
        node = next((deployment.node_of(line.upstream) for line in lines if line.path == "/commonauth"), None)
        if node not in [known.name for known in deployment.nodes]:
            raise ProductError("%s does not tell which node took the login: %s" % (deployment.log, node))
        state = pack({"user": user, "application": application, "cookies": cookies, "node": node})
        # From here on they belong to the caller.
        undo.pop_all()
    return proven("logged in at %s" % node, node=node), state


def prove_login_again(deployment: Deployment, state: Mapping[str, Any], restarted: str | None) -> dict[str, Any]:
    """The same browser gets a code without a login, and the code is worth a token of the same user."""
    application = product.Application(*state["application"])
    user = User(*state["user"])
    since = access_log.mark(deployment.log)
    with contextlib.closing(deployment.browser("again")) as browser:
        browser.cookies.load(state["cookies"])
        try:
            authorization = product.authorize(browser, application)
        except LoginRequired:
            return refuted("the login is lost: a new one is asked for")
    lines = access_log.served(since, deployment.agent("again"), 1, deployment.log)
    node = deployment.node_of(lines[-1].upstream) if lines else "an unknown node"
    with contextlib.closing(deployment.browser("application")) as server:
        subject = product.token_user(server, product.redeem(server, application, authorization.code))
    if subject.partition("@")[0] != user.name:
        return refuted("the token names %s instead of the user who logged in" % (subject or "nobody"))
    where = "the same node" if node == restarted else node
    return proven("authorization code from %s without a login, token for the code" % where, node=node)


def remove(deployment: Deployment, state: Mapping[str, Any]) -> None:
    """Remove what :func:`prove_login` left."""
    drop_application(deployment, product.Application(*state["application"]))
    drop_user(deployment, User(*state["user"]))


# --- logins at each node ---


def prove_node_logins(deployment: Deployment) -> dict[str, Any]:
    """Log a user of its own in at each node."""
    logins = []
    with own_application(deployment, "nodes") as application:
        for number, node in enumerate(deployment.nodes):
            with own_user(deployment, "n%d" % number) as user, contextlib.closing(deployment.at(node)) as browser:
                product.authorize(browser, application, (user.name, user.password))
                logins.append({"user": user.name, "node": node.name, "address": node.address})
    return proven("logged in at %s" % ", ".join(node.name for node in deployment.nodes), logins=logins)


def prove(what: str, deployment: Deployment, given: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the option `proof` says; returns what the module returns."""
    state: str | None = None
    left = unpack(given["state"]) if given["state"] else None
    if what == "claims":
        found = prove_claims(deployment, given["limit"])
    elif what == "sticky":
        found = prove_sticky(deployment, given["requests"], given["browsers"])
    elif what == "login":
        found, state = prove_login(deployment)
    elif what == "node_logins":
        found = prove_node_logins(deployment)
    elif left is None:
        raise ProductError("state is required for %s" % what)
    elif what == "login_again":
        found = prove_login_again(deployment, left, given["restarted"])
    else:
        remove(deployment, left)
        found = proven("removed")
    return {"proof": found} if state is None else {"proof": found, "state": state}


def explain(error: BaseException) -> str:
    """An error with those that it hides: the one of tidying up must not hide the cause."""
    texts: list[str] = []
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, (ProductError, OSError)):
            texts.insert(0, str(current))
        current = None if current.__suppress_context__ else current.__context__
    return "; then ".join(texts)


def make_deployment(given: Mapping[str, Any]) -> Deployment:
    """Read the options.

    :raises ValueError: if a certificate is none.
    """
    return Deployment(
        Site(given["public_host"], given["public_port"]),
        Target("the load balancer", given["address"], given["public_port"]),
        [Target(node["name"], node["address"], node["port"]) for node in given["nodes"]],
        product.make_context(given["public_ca"] or given["ca"], system=not given["public_ca"]),
        product.make_context(given["ca"]),
        given["admin_user"],
        given["admin_password"],
        given["run"],
        given["access_log"],
        given["timeout"],
    )


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "proof": {
                "type": "str",
                "required": True,
                "choices": ["claims", "sticky", "login", "login_again", "remove", "node_logins"],
            },
            "run": {"type": "str", "required": True},
            "public_host": {"type": "str", "required": True},
            "public_port": {"type": "int", "default": 443},
            "address": {"type": "str", "required": True},
            "nodes": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "address": {"type": "str", "required": True},
                    "port": {"type": "int", "default": 9443},
                },
            },
            "ca": {"type": "str", "required": True},
            "public_ca": {"type": "str"},
            "admin_user": {"type": "str", "required": True},
            "admin_password": {"type": "str", "required": True, "no_log": True},
            "state": {"type": "str", "no_log": True},
            "restarted": {"type": "str"},
            "limit": {"type": "float", "default": 2},
            "requests": {"type": "int", "default": 50},
            "browsers": {"type": "int", "default": 20},
            "access_log": {"type": "path", "default": access_log.LOG},
            "timeout": {"type": "int", "default": 30},
        },
        required_if=[("proof", "login_again", ["state"]), ("proof", "remove", ["state"])],
    )
    try:
        deployment = make_deployment(module.params)
    except ValueError as error:
        module.fail_json(msg="ca or public_ca: %s" % error)
    try:
        result = prove(module.params["proof"], deployment, module.params)
    except (ProductError, OSError) as error:
        result = {"proof": refuted(explain(error))}
    # Users and applications came and went; the deployment is as it was.
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
