# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Browsers that work while a deployment is changed: kept-alive connections, idle gaps, no retries.

Everything unexpected is counted.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product

DISCOVERY = "/oauth2/oidcdiscovery/.well-known/openid-configuration"
# Seconds between two actions of a browser.
GAPS = (0.02, 0.05, 0.1, 0.3, 1.0, 3.0)
STICKY = "WSO2IS_NODE"
_COUNTING = threading.Lock()


def count(counts: Counter[str], name: str) -> None:
    """One more, from any thread."""
    with _COUNTING:
        counts[name] += 1


class Browser(product.Client):
    """Asks once. A connection that the load balancer closed without saying so is a failure."""

    def __init__(self, *arguments: Any, counts: Counter[str], failures: list[str]) -> None:
        """Count into these."""
        super().__init__(*arguments)
        self.counts, self.failures = counts, failures

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> product.Answer:
        """Ask, and count the answer."""
        sent = {"Host": self.site.netloc, "Accept": "*/*", **(headers or {})}
        if cookies := self.cookies.header(urlsplit(path).path):
            sent["Cookie"] = cookies
        if method != "GET":
            sent["Content-Length"] = str(len(body or b""))
        node = self.cookies.value(STICKY)
        count(self.counts, "requests")
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request(method, path, body, sent)
            got = self._connection.getresponse()
            answer = product.Answer(got.status, got.getheaders(), got.read())
            if got.will_close:
                self.close()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self.fail(f"{method} {product.bare(path)}: {error!r}")
            raise product.ProductError(repr(error)) from None
        for key, value in answer.headers:
            if key.lower() == "set-cookie":
                self.cookies.take(urlsplit(path).path, value)
        if answer.status >= 400:
            self.fail(f"{method} {product.bare(path)}: {answer.status}")
        if node and node != self.cookies.value(STICKY):
            count(self.counts, "moved to another node")
        return answer

    def fail(self, text: str) -> None:
        """Count a failure."""
        count(self.counts, "failures")
        self.failures.append(f"{time.strftime('%H:%M:%S')} {text}")


class Load:
    """A number of browsers, each with a session of its own, from `with` to its end.

    Attributes:
        counts: `requests`, `failures`, `logins again`, `moved to another node`.
        failures: One line for each failure.
    """

    def __init__(
        self, target: product.Target, site: product.Site, ca: Path, admin: tuple[str, str], users: int
    ) -> None:
        """Log in with every browser.

        Args:
            target: The load balancer.
            site: The public name.
            ca: Who signed its certificate.
            admin: Name and password of a user who may register applications; the browsers log in with it.
            users: Number of browsers.
        """
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.admin = admin
        self._context = product.make_context(ca.read_text(), False)
        self._target, self._site = target, site
        self._end = threading.Event()
        registering = self._browser()
        self.application = product.register_application(registering, product.basic(*admin), "load")
        registering.close()
        self._browsers = [self._browser() for _number in range(users)]
        for browser in self._browsers:
            product.authorize(browser, self.application, admin)
        self._threads = [
            threading.Thread(target=self._work, args=(browser, number)) for number, browser in enumerate(self._browsers)
        ]

    def _browser(self) -> Browser:
        return Browser(self._target, self._site, self._context, counts=self.counts, failures=self.failures)

    def _work(self, browser: Browser, number: int) -> None:
        chance = random.Random(number)
        while not self._end.wait(chance.choice(GAPS)):
            try:
                if chance.random() < 0.2:
                    # Single sign-on: the session must be enough.
                    code = product.authorize(browser, self.application).code
                    product.redeem(browser, self.application, code)
                else:
                    browser.get(DISCOVERY)
            except product.LoginRequired:
                count(self.counts, "logins again")
                product.authorize(browser, self.application, self.admin)
            except product.ProductError:
                # Counted where it happened, or an answer that is not the expected one.
                count(self.counts, "actions that failed")

    def __enter__(self) -> Self:
        """Begin."""
        self.counts.clear()
        self.failures.clear()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._end.set()
        for thread in self._threads:
            thread.join()
        for browser in self._browsers:
            browser.close()
        leaving = product.Client(self._target, self._site, self._context)
        product.delete_application(leaving, product.basic(*self.admin), self.application.client_id)
        leaving.close()
