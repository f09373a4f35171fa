# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load on a deployment while it is changed: processes of browsers (browsers.py), and what they counted together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product
from browsers import KEPT

ROOT = Path(__file__).resolve().parents[2]
# Python does one thing at a time in a process, so there are some.
PROCESSES = 2
# What a change must not cost anybody. Console sessions that were in the memory of a stopped node are no part of it.
LOSSES = ("failures", "logins again", "console sessions lost on their node")


@dataclass(frozen=True, order=True)
class Failure:
    """A request, or an action of several, that did not end as it should.

    Attributes:
        began: When, in seconds of the machine's monotonic clock.
        ended: When.
        node: The node that the sticky cookie named; empty without one.
        connection: `new` or `kept`.
        text: What was asked and what came.
    """

    began: float
    ended: float
    node: str
    connection: str
    text: str

    def __str__(self) -> str:
        """On one line, with the time of day."""
        moment = time.strftime("%H:%M:%S", time.localtime(time.time() - time.monotonic() + self.began))
        return f"{moment} {self.text} (to {self.node or 'any node'}, {self.connection} connection)"


class Load:
    """A number of browsers, each with a session of its own, from `with` to its end.

    Attributes:
        counts: What they did together, complete when the load has ended. Among them `requests`, of which `requests
            meanwhile` began while the change ran, and those of `LOSSES`.
        failures: In the order in which they began.
        seconds: How long the change took.
        slowest: Seconds of the slowest request.
    """

    def __init__(
        self,
        target: product.Target,
        site: product.Site,
        ca: Path,
        admin: tuple[str, str],
        *,
        users: int = 40,
        consoles: int = 4,
        newcomers: int = 2,
        looks_after: float = KEPT,
        slower: float = 1,
    ) -> None:
        """Prepare it; nobody works yet.

        Args:
            target: The load balancer.
            site: The public name.
            ca: Who signed its certificate.
            admin: Name and password of a user who may register applications; the browsers log in with it.
            users: Number of browsers that keep their session.
            consoles: Number of browsers in the management console.
            newcomers: How many log in for the first time at once.
            looks_after: Seconds of idleness after which a browser looks whether its connection is still open.
            slower: Factor of the gaps between actions.
        """
        self.counts: Counter[str] = Counter()
        self.failures: list[Failure] = []
        self.seconds = self.slowest = 0.0
        self._target, self._site, self._ca, self._admin = target, site, ca.read_text(), admin
        self._plan = {"looks_after": looks_after, "slower": slower}
        self._numbers = {"users": users, "consoles": consoles, "newcomers": newcomers}
        self._processes: list[subprocess.Popen[str]] = []
        self._said: list[list[dict[str, Any]]] = []
        self._readers: list[threading.Thread] = []
        self._began = 0.0
        self._changed: float | None = None

    def _manager(self) -> product.Client:
        return product.Client(self._target, self._site, product.make_context(self._ca))

    def _start(self, number: int) -> None:
        """Start a process of browsers."""
        # Each takes its share; the first one takes what is left over.
        shares = {
            name: total // PROCESSES + (total % PROCESSES if not number else 0) for name, total in self._numbers.items()
        }
        plan = {
            **self._plan,
            **shares,
            "seed": number,
            "target": self._target,
            "site": self._site,
            "ca": self._ca,
            "admin": self._admin,
            "application": self.application,
        }
        # As long as the load.
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/lab/browsers.py")],
            env=os.environ | {"PYTHONPATH": str(ROOT / ".collections")},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        said: list[dict[str, Any]] = []
        reader = threading.Thread(target=_read, args=(process.stdout, said), daemon=True)
        self._processes.append(process)
        self._said.append(said)
        self._readers.append(reader)
        reader.start()
        self._tell(process, json.dumps(plan))

    @staticmethod
    def _tell(process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.write(line + "\n")
            process.stdin.flush()

    def __enter__(self) -> Self:
        """Log in with every browser, then begin."""
        manager = self._manager()
        self.application = product.register_application(manager, product.basic(*self._admin), "load")
        manager.close()
        try:
            for number in range(PROCESSES):
                self._start(number)
            self._wait_until_ready(120)
        except BaseException:
            self._finish()
            raise
        self._began = time.monotonic()
        for process in self._processes:
            self._tell(process, "begin")
        return self

    def _wait_until_ready(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not all(self._said):
            assert time.monotonic() < end, f"the browsers are not logged in within {seconds:.0f} s"
            # What they said is read a moment later.
            ended = [
                process.returncode
                for process, said, reader in zip(self._processes, self._said, self._readers, strict=True)
                if not reader.is_alive() and not said and process.poll() is not None
            ]
            assert not ended, f"browsers ended with {ended}"
            time.sleep(0.05)
        errors = [said[0]["error"] for said in self._said if "error" in said[0]]
        assert not errors, f"the browsers cannot log in: {errors}"

    @property
    def requests(self) -> int:
        """How many there were until about now."""
        return sum(said[-1].get("counts", {}).get("requests", 0) for said in self._said)

    def changed(self) -> None:
        """Take note that the change is over; the first time counts."""
        if self._changed is None:
            self._changed = time.monotonic()

    def until(self, requests: int, seconds: float = 240) -> None:
        """The change is over; go on until there were that many requests.

        Args:
            requests: How many.
            seconds: How long at most.
        """
        self.changed()
        end = time.monotonic() + seconds
        while self.requests < requests and time.monotonic() < end:
            time.sleep(0.1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and add up."""
        self.changed()
        assert self._changed is not None
        self._finish()
        results = [said[-1] for said in self._said]
        # Where something else has failed, that is said.
        assert error or all("requests" in result for result in results), "browsers ended before their time"
        requests = [request for result in results for request in result.get("requests", ())]
        self.counts = Counter()
        for result in results:
            self.counts.update(result.get("counts", {}))
        self.failures = sorted(Failure(**said) for result in results for said in result.get("failures", ()))
        self.counts["requests meanwhile"] = sum(began < self._changed for began, _seconds in requests)
        self.seconds = self._changed - self._began
        self.slowest = max((seconds for _began, seconds in requests), default=0)
        leaving = self._manager()
        with suppress(product.ProductError) if error else nullcontext():
            product.delete_application(leaving, product.basic(*self._admin), self.application.client_id)
        leaving.close()

    def _finish(self) -> None:
        """End the processes."""
        for process in self._processes:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.close()
        for process, reader in zip(self._processes, self._readers, strict=True):
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            reader.join()

    @property
    def losses(self) -> dict[str, int]:
        """What must not happen, and happened."""
        return {name: self.counts[name] for name in LOSSES if self.counts[name]}

    def report(self) -> str:
        """What happened, for people."""
        counts = self.counts
        zeros = dict.fromkeys((*LOSSES, "console logins again", "moved to another node"), 0)
        shown = {"requests": counts["requests"], **zeros, **dict(sorted(counts.items()))}
        rate = counts["requests meanwhile"] / max(self.seconds, 1)
        sessions = ", ".join(f"{number} {name}" for name, number in self._numbers.items())
        lines = [
            f"{sessions}; a change of {self.seconds:.0f} s, {rate:.0f} requests a second, slowest {self.slowest:.1f} s",
            *(f"{number:8} {name}" for name, number in shown.items()),
            *listed(self.failures, 20),
        ]
        return "\n".join(lines)


def listed(failures: list[Failure], most: int) -> Iterable[str]:
    """Failures, each on a line, and how many more there are."""
    yield from (str(failure) for failure in failures[:most])
    if len(failures) > most:
        yield f"and {len(failures) - most} more"


def _read(stream: IO[str] | None, said: list[dict[str, Any]]) -> None:
    """Keep what a process says: its last line is its newest."""
    assert stream is not None
    for line in stream:
        said.append(json.loads(line))
