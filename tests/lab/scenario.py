# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pytest plugin of the molecule scenarios of roles: the nodes, and runs of the scenario's own converge.yml."""

from __future__ import annotations

import base64
import functools
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from converged import Lab, Run, passwords_in, read_record

# Run in a node, which has nothing but Python.
ASK = """
import json, ssl, sys, urllib.error, urllib.request
given = json.loads(sys.argv[1])
data = given["data"] and given["data"].encode()
request = urllib.request.Request(given["url"], data, given["headers"], method=given["method"])
try:
    answer = urllib.request.urlopen(request, timeout=30, context=ssl.create_default_context(cadata=given["ca"]))
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps({"status": answer.getcode(), "body": answer.read().decode()}))
"""


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: int
    body: str


def findings(output: str) -> list[str]:
    """Rows of the table of findings in an output, their wrapped cells put together again."""
    rows = []
    for table in re.finditer(r"^( *)SEVERITY +HOST +CHECK .*\n.*\n((?:\1.*\n|\n(?=\1\S))*)", output, re.MULTILINE):
        header = table[0].splitlines()[0]
        starts = [found.start() for found in re.finditer(r"\S+", header)]
        for block in re.split(r"\n\s*\n", table[2]):
            ends = [*starts[1:], None]
            lines = block.splitlines()
            cells = [" ".join(line[a:b].strip() for line in lines).split() for a, b in zip(starts, ends, strict=True)]
            rows.append(" | ".join(" ".join(cell) for cell in cells))
    return rows


class Scenario(Lab):
    """The lab of a molecule scenario.

    Attributes:
        name: The scenario.
        nodes: Its nodes that roles may change, without the prefix: all but database servers.
        arguments: Of ansible-playbook, as molecule gives them.
    """

    def __init__(self) -> None:
        """Read what molecule has made of the scenario's configuration."""
        directory = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
        self.name = directory.name
        super().__init__(self.name)
        configuration = yaml.safe_load(Path(os.environ["MOLECULE_FILE"]).read_text())
        names = [platform["name"].removeprefix(f"{self.prefix}-") for platform in configuration["platforms"]]
        self.nodes = [name for name in names if not name.startswith("db")]
        self._playbook = directory / "converge.yml"
        self.arguments = [f"--inventory={os.environ['MOLECULE_EPHEMERAL_DIRECTORY']}/inventory"]
        self.arguments += configuration["ansible"]["executor"]["args"]["ansible_playbook"]

    def converge(self, *arguments: str, log: str) -> Run:
        """Run converge.yml as molecule does.

        Args:
            arguments: Further arguments of ansible-playbook.
            log: Name for the files of this run in `logs`.
        """
        return self.run(self._playbook, *self.arguments, *arguments, log=log)

    def listening(self, node: str) -> set[int]:
        """TCP ports that a node listens on beyond its own loopback."""
        addresses = [line.split()[3] for line in self.on(node, "ss", "-Htln").splitlines()]
        return {int(address.rsplit(":", 1)[1]) for address in addresses if not address.startswith("127.")}

    def ask(
        self, node: str, url: str, *, method: str = "", user: str = "", data: Any = None, content_type: str = ""
    ) -> Answer:
        """What a node answers to a request that comes from itself, with its certificate checked.

        Args:
            node: The node.
            url: The URL.
            method: The method; GET, or POST with data.
            user: User and password, separated by a colon.
            data: Body, sent as JSON.
            content_type: Its type.
        """
        headers = {"Content-Type": content_type} if content_type else {}
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        request = {
            "url": url,
            "method": method or ("GET" if data is None else "POST"),
            "headers": headers,
            "data": None if data is None else json.dumps(data),
            "ca": (self.scratch / "ca/ca.crt").read_text(),
        }
        answer = json.loads(self.on(node, "python3", "-c", ASK, json.dumps(request)))
        return Answer(answer["status"], answer["body"])

    def wait(self, seconds: float, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds.

        Raises:
            AssertionError: if it does not within the time.
        """
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s"
            time.sleep(0.5)

    def sql(self, database: str, statement: str) -> str:
        """What PostgreSQL on db1 answers, a line for each row, fields separated by |."""
        command = ("runuser", "-u", "postgres", "--", "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", database)
        return self.on("db1", *command, "-c", statement)

    @functools.cached_property
    def unchanged_run(self) -> Run:
        """A run that finds nothing to do: the idempotence step's, without its output, or one of its own.

        Raises:
            AssertionError: if it changes something.
        """
        last = Run(0, "", *read_record(Path(os.environ["MODULE_EXECUTIONS_RECORD"])))
        run = self.converge(log="unchanged") if last.changed or not last.stats else last
        assert run.changed == {}
        return run

    def refuse(self, *arguments: str, log: str, words: tuple[str, ...], playbook: Path | None = None) -> Run:
        """Run converge.yml with bad input, which must stop it before anything is changed.

        Args:
            arguments: The bad input.
            log: Name for the files of this run in `logs`.
            words: What the message must say: the variable, what was found, what is required.
            playbook: Another playbook.

        Raises:
            AssertionError: if it does not stop, changes something, or does not say why.
        """
        before = {node: self.files(node) for node in self.nodes}
        run = self.run(playbook or self._playbook, *self.arguments, *arguments, log=log)
        assert run.code not in (0, 4), run.output[-5000:]
        said = "\n".join([" ".join(run.output.split()), *findings(run.output)])
        assert [word for word in words if word not in said] == [], run.output[-5000:]
        assert run.changed == {}
        assert {node: self.files(node) for node in self.nodes} == before
        assert passwords_in(run.output) == []
        return run


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """The lab of the scenario, with the logs of its runs in results/<scenario>."""
    return Scenario()


def pytest_configure(config: pytest.Config) -> None:
    """Every verify step writes results of its own, which .ci/run counts."""
    directory = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
    step = "-empty" if any("empty" in Path(argument).parts for argument in config.args) else ""
    results = Path(os.environ.get("LAB_DIR") or directory.parents[1] / ".lab") / "results"
    config.option.xmlpath = config.option.xmlpath or str(results / f"{directory.name}{step}.xml")
