# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process full of browsers, for load.py: kept-alive connections, idle gaps, no retries; the unexpected is counted.

Its first line of input is a plan (JSON); it answers {"ready": true} when every browser is logged in, works from the
next line on, says twice a second how far it is, and ends when its input does. What it counted is its last line.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product

STICKY = "WSO2IS_NODE"
CONSOLE = "/carbon/admin/index.jsp"
# Seconds between two actions of a browser, and how often each comes.
GAPS = {0.01: 300, 0.03: 300, 0.06: 250, 0.2: 100, 1.0: 30, 3.0: 15, 8.0: 5}
CONSOLE_GAPS = {0.2: 10, 0.5: 10, 1.0: 5, 3.0: 3}
NEWCOMER_GAPS = {0.1: 1, 0.5: 1, 1.0: 1}
# Seconds for which nginx keeps an idle connection open through a reload (keepalive_min_timeout is 5). Who was idle for
# longer looks whether the connection is still open, as every browser does; others must be able to rely on it.
KEPT = 4.0
# How often a browser asks for a page; else it signs on through its session.
PAGES = 0.8


class Tally:
    """What happened, from all threads.

    Attributes:
        counts: Requests and what they were, failures, sessions that were lost.
        failures: `began` and `ended` (seconds of the machine's monotonic clock), `node` (which the sticky cookie
            named), `connection` (`new` or `kept`), `text`.
        requests: When each request began, how long it took (seconds).
    """

    def __init__(self) -> None:
        """Nothing happened."""
        self.counts: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.requests: list[tuple[float, float]] = []
        self._lock = threading.Lock()

    def count(self, name: str) -> None:
        """One more."""
        with self._lock:
            self.counts[name] += 1

    def fail(self, text: str, began: float, node: str | None, connection: str) -> None:
        """Count a failure."""
        said = {"began": began, "ended": time.monotonic(), "node": node or "", "connection": connection, "text": text}
        with self._lock:
            self.counts["failures"] += 1
            self.failures.append(said)

    def ask(self, began: float) -> None:
        """Count a request that ended."""
        with self._lock:
            self.counts["requests"] += 1
            self.requests.append((round(began, 4), round(time.monotonic() - began, 4)))


class Browser(product.Client):
    """Asks once. A connection that the load balancer closed without saying so is a failure."""

    def __init__(self, *arguments: Any, tally: Tally, looks_after: float = KEPT) -> None:
        """Count into a tally.

        Args:
            arguments: Of the client.
            tally: Where to.
            looks_after: Seconds of idleness after which it looks whether its connection is still open.
        """
        super().__init__(*arguments)
        self.tally, self.looks_after = tally, looks_after
        self.failed = 0

    @property
    def node(self) -> str | None:
        """Where its session is."""
        return self.cookies.value(STICKY)

    def _still_open(self) -> bool:
        """Whether the other side has not closed the connection."""
        assert self._connection is not None
        secure = self._connection.sock
        secure.settimeout(0)
        try:
            secure.recv(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        finally:
            secure.settimeout(self.timeout)
        return False

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> product.Answer:
        """Ask, and count the answer."""
        sent = {"Host": self.site.netloc, "Accept": "*/*", **(headers or {})}
        if cookies := self.cookies.header(urlsplit(path).path):
            sent["Cookie"] = cookies
        if method != "GET":
            sent["Content-Length"] = str(len(body or b""))
        node, began = self.node, time.monotonic()
        if self._connection and began - self._used >= self.looks_after and not self._still_open():
            self.tally.count("connections found closed")
            self.close()
        connection = "kept" if self._connection else "new"
        try:
            if self._connection is None:
                self.tally.count("connections")
                self._connection = self._connect()
            self._connection.request(method, path, body, sent)
            got = self._connection.getresponse()
            answer = product.Answer(got.status, got.getheaders(), got.read())
            if got.will_close:
                self.close()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self.fail(f"{method} {product.bare(path)}: {error!r}", began, node, connection)
            raise product.ProductError(repr(error)) from None
        finally:
            self._used = time.monotonic()
            self.tally.ask(began)
        for key, value in answer.headers:
            if key.lower() == "set-cookie":
                self.cookies.take(urlsplit(path).path, value)
        if answer.status >= 400:
            self.fail(f"{method} {product.bare(path)}: {answer.status}", began, node, connection)
        if node and node != self.node:
            self.tally.count("moved to another node")
        return answer

    def fail(self, text: str, began: float, node: str | None, connection: str) -> None:
        """Count a failure."""
        self.failed += 1
        self.tally.fail(text, began, node, connection)


class Crowd:
    """The browsers of one process.

    Attributes:
        tally: What happened.
    """

    def __init__(self, plan: Mapping[str, Any]) -> None:
        """Log in with every browser.

        Args:
            plan: See load.py.
        """
        self.tally = Tally()
        self._plan = plan
        self._admin = (plan["admin"][0], plan["admin"][1])
        self._application = product.Application(*plan["application"])
        self._context = product.make_context(plan["ca"])
        self._end = threading.Event()
        self._work: list[Callable[[], None]] = []
        chances = (random.Random(f"{plan['seed']} {number}") for number in range(1000))
        for _number in range(plan["users"]):
            user = self._browser()
            product.authorize(user, self._application, self._admin)
            self._work.append(self._user(user, next(chances)))
        for _number in range(plan["consoles"]):
            self._work.append(self._console(self._operator(self._browser()), next(chances)))
        for _number in range(plan["newcomers"]):
            self._work.append(self._newcomer(next(chances)))
        self._threads = [threading.Thread(target=work) for work in self._work]
        self.tally = Tally()

    def _browser(self) -> Browser:
        target, site = product.Target(*self._plan["target"]), product.Site(*self._plan["site"])
        return Browser(target, site, self._context, tally=self.tally, looks_after=self._plan["looks_after"])

    def _operator(self, browser: Browser) -> Browser:
        """The browser, logged into the console."""
        if not product.open_console(browser, *self._admin):
            raise product.ProductError("the console is closed to this machine")
        return browser

    def _turns(self, chance: random.Random, gaps: Mapping[float, int]) -> Callable[[], bool]:
        """A function that waits a while and says whether there is another turn."""
        seconds, weights = [float(gap) * self._plan["slower"] for gap in gaps], list(gaps.values())
        return lambda: not self._end.wait(chance.choices(seconds, weights)[0])

    def _do(self, browser: Browser, action: Callable[[Browser], None]) -> None:
        """Act; an action that ends otherwise than it should counts, once."""
        failed, began, node = browser.failed, time.monotonic(), browser.node
        browser.tally = self.tally
        try:
            action(browser)
        except product.ProductError as error:
            if browser.failed == failed:
                browser.fail(str(error), began, node, "kept")

    def _user(self, browser: Browser, chance: random.Random) -> Callable[[], None]:
        """Pages and, through the session alone, tokens."""
        another = self._turns(chance, GAPS)
        tokens: list[str] = []

        def act(browser: Browser) -> None:
            if tokens and chance.random() < PAGES:
                if chance.random() < 0.5:
                    answer = browser.get(product.DISCOVERY)
                    if answer.status != 200:
                        raise browser.wrong(product.DISCOVERY, answer, "200")
                    self.tally.count("pages")
                else:
                    product.token_user(browser, tokens[0])
                    self.tally.count("pages of a user")
                return
            try:
                code = product.authorize(browser, self._application).code
                self.tally.count("single sign-ons")
            except product.LoginRequired:
                self.tally.count("logins again")
                code = product.authorize(browser, self._application, self._admin).code
            tokens[:] = [product.redeem(browser, self._application, code)]
            self.tally.count("tokens")

        def work() -> None:
            while another():
                self._do(browser, act)
            browser.close()

        return work

    def _console(self, browser: Browser, chance: random.Random) -> Callable[[], None]:
        """Pages of the management console, whose sessions live in the memory of a node."""
        another = self._turns(chance, CONSOLE_GAPS)
        home = browser.node

        def act(browser: Browser) -> None:
            nonlocal home
            answer = browser.get(CONSOLE)
            if answer.status in product.REDIRECTS and "/login.jsp" in (answer.header("location") or ""):
                self.tally.count("console logins again")
                if browser.node == home:
                    self.tally.count("console sessions lost on their node")
                self._operator(browser)
                home = browser.node
            elif answer.status == 200:
                self.tally.count("console pages")
            else:
                raise browser.wrong(CONSOLE, answer, "200")

        def work() -> None:
            while another():
                self._do(browser, act)
            browser.close()

        return work

    def _newcomer(self, chance: random.Random) -> Callable[[], None]:
        """Browsers that come for the first time, log in, get a token and leave."""
        another = self._turns(chance, NEWCOMER_GAPS)

        def act(browser: Browser) -> None:
            code = product.authorize(browser, self._application, self._admin).code
            self.tally.count("first logins")
            product.redeem(browser, self._application, code)
            self.tally.count("tokens")

        def work() -> None:
            while another():
                with contextlib.closing(self._browser()) as browser:
                    self._do(browser, act)

        return work

    def begin(self) -> None:
        """Work."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Finish what was begun."""
        self._end.set()
        for thread in self._threads:
            thread.join()


def say(**said: Any) -> None:
    """A line of output."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Do what the input says."""
    socket.setdefaulttimeout(30)
    try:
        crowd = Crowd(json.loads(sys.stdin.readline()))
    except product.ProductError as error:
        say(error=str(error))
        return
    say(ready=True)
    if not sys.stdin.readline():
        return
    ended = threading.Event()

    def report() -> None:
        while not ended.wait(0.5):
            say(counts=dict(crowd.tally.counts))

    reporter = threading.Thread(target=report)
    crowd.begin()
    reporter.start()
    sys.stdin.readline()
    crowd.end()
    ended.set()
    reporter.join()
    tally = crowd.tally
    say(counts=dict(tally.counts), failures=tally.failures, requests=tally.requests)


if __name__ == "__main__":
    main()
