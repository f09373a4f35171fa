# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab whose nodes run, for the tests that molecule scenarios and proofs share.

Run a playbook and read what it did, look into a node.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import testinfra
import yaml

ROOT = Path(__file__).resolve().parents[2]
IS_NODES = ("is1", "is2")
WORKERS = ("analytics1", "analytics2")
LOAD_BALANCERS = ("lb1",)
HOSTS = IS_NODES + WORKERS + LOAD_BALANCERS


# Module executions that an unchanged run of pattern 2 may cost a host, fact gathering included, by the beginning of its
# name.
EXECUTION_LIMITS = {"is": 8, "analytics": 8, "lb": 6}
OTHER_LIMIT = 4


def execution_limit(host: str) -> int:
    """Module executions that an unchanged run of pattern 2 may cost a host of the lab."""
    return EXECUTION_LIMITS.get(host.rstrip("0123456789"), OTHER_LIMIT)


@dataclass(frozen=True)
class Run:
    """What a run of ansible-playbook did.

    Attributes:
        code: Exit status; negative, the signal that ended it.
        output: Standard output and standard error.
        stats: Recap by host without the control node; empty when the run did not come to its end.
        executions: Module executions in their order, with `host`, `module` and `task`.
    """

    code: int
    output: str = field(repr=False)
    stats: dict[str, dict[str, int]] = field(default_factory=dict)
    executions: list[dict[str, str]] = field(default_factory=list, repr=False)

    @property
    def changed(self) -> dict[str, int]:
        """Number of changed tasks by host, of hosts where it is not zero."""
        return {host: recap["changed"] for host, recap in self.stats.items() if recap["changed"]}

    def executions_on(self, host: str) -> list[str]:
        """Modules and tasks that were executed on a host."""
        return [f"{item['module']} ({item['task']})" for item in self.executions if item["host"] == host]


def read_record(path: Path) -> tuple[dict[str, dict[str, int]], list[dict[str, str]]]:
    """Recap and module executions as callback_plugins/module_executions.py wrote them; empty without a file."""
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    stats: dict[str, dict[str, int]] = next((line["stats"] for line in lines if "stats" in line), {})
    # The control node decides and prints; what counts is what happens on the hosts.
    stats.pop("localhost", None)
    return stats, [line for line in lines if "stats" not in line]


class Lab:
    """The lab of LAB_PREFIX.

    Attributes:
        prefix: What the names of its containers begin with.
        scratch: Directory of the lab's certificates, packs and results.
        logs: Directory for the outputs of the runs.
    """

    def __init__(self, logs: str) -> None:
        """Take the lab that the environment names.

        Args:
            logs: Name of a directory below the results, for the outputs of the runs.

        Raises:
            RuntimeError: if LAB_PREFIX is not set: these tests disturb, they never touch the default lab.
        """
        if not os.environ.get("LAB_PREFIX"):
            raise RuntimeError("LAB_PREFIX is not set; run these tests with make molecule or make proof")
        self.prefix = os.environ["LAB_PREFIX"]
        self.scratch = Path(os.environ.get("LAB_DIR") or ROOT / ".lab").resolve()
        self.logs = self.scratch / "results" / logs
        self.logs.mkdir(parents=True, exist_ok=True)
        self.public_host = os.environ.get("LAB_PUBLIC_HOST", "login.wso2is.test")
        self.public_port = int(os.environ["LAB_PUBLIC_PORT"])
        self.public_http_port = int(os.environ["LAB_PUBLIC_HTTP_PORT"])

    def container(self, node: str) -> str:
        """Name of a node's container."""
        return f"{self.prefix}-{node}"

    def host(self, node: str) -> Any:
        """A node as testinfra sees it."""
        return testinfra.get_host(f"docker://{self.container(node)}")

    def script(self, *command: str) -> str:
        """Run a script of lab/ with this lab's environment; its output.

        Raises:
            AssertionError: if it fails; with what it said.
        """
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def on(self, node: str, *command: str, check: bool = True) -> str:
        """Standard output of a command in a node, as root, without the last line end.

        Raises:
            AssertionError: if it fails and `check` is true.
        """
        done = subprocess.run(
            ["docker", "exec", self.container(node), *command],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        assert not check or done.returncode == 0, f"{node}: {' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout.rstrip("\n")

    def unit(self, node: str, unit: str, *names: str) -> dict[str, str]:
        """Properties of a systemd unit."""
        lines = self.on(node, "systemctl", "show", unit, "--property", ",".join(names)).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def started(self, node: str, unit: str) -> int:
        """When a unit became active, in microseconds of the machine's monotonic clock, which all containers share."""
        return int(self.unit(node, unit, "ActiveEnterTimestampMonotonic")["ActiveEnterTimestampMonotonic"])

    def files(self, node: str) -> str:
        """Every path that an installation touches, without what servers write.

        With type, mode, owner, size and time of change.
        """
        # -xdev: /mnt/wso2is-shared is named itself.
        return self.on(
            node,
            "sh",
            "-c",
            "find /etc /opt /root /usr /var/lib/wso2 /mnt/wso2is-shared -xdev"
            r" \( -path /root/.ansible -o -path '/opt/wso2/*/releases/*/tmp' -o -path '/opt/wso2/*/releases/*/work'"
            r" -o -path '/var/lib/wso2/*/database' -o -name __pycache__ \) -prune -o"
            r" -printf '%p %y %m %u:%g %s %T@ %l\n' 2>/dev/null | sort",
            check=False,
        )

    def differences(self, node: str) -> list[str]:
        """What the file system of a container has that its image has not, without what Ansible and systemd leave."""
        done = subprocess.run(["docker", "diff", self.container(node)], capture_output=True, text=True, check=True)
        own = re.compile(
            r"[AC] /(root(/\.ansible.*)?|run.*|tmp.*|var|var/tmp.*|var/log(/journal.*)?|var/lib|var/lib/systemd.*)$"
        )
        return sorted(line for line in done.stdout.splitlines() if not own.match(line))

    def play(
        self,
        playbook: str,
        *arguments: str,
        log: str,
        inventory: Path = ROOT / "inventories/demo",
        kill_when: Callable[[str], bool] | None = None,
    ) -> Run:
        """Run a playbook of the collection against the lab; see `run`.

        Args:
            playbook: Name in playbooks/, without .yml.
            arguments: Further arguments of ansible-playbook.
            log: Name for the files of this run in `logs`.
            inventory: The inventory.
            kill_when: When to kill it.
        """
        path = ROOT / f"playbooks/{playbook}.yml"
        return self.run(path, f"--inventory={inventory}", *arguments, log=log, kill_when=kill_when)

    def run(
        self,
        playbook: Path,
        *arguments: str,
        log: str,
        kill_when: Callable[[str], bool] | None = None,
    ) -> Run:
        """Run a playbook.

        Args:
            playbook: The file.
            arguments: Further arguments of ansible-playbook, an inventory among them.
            log: Name for the files of this run in `logs`.
            kill_when: Called with each line of the output as it comes; the run and all its children are killed when it
                says so.

        Returns:
            What it did. Nothing is judged here.
        """
        record = self.logs / f"{log}.jsonl"
        record.unlink(missing_ok=True)
        environment = os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests/lab/callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "module_executions",
            "MODULE_EXECUTIONS_RECORD": str(record),
            "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_NOCOLOR": "1",
            "NO_COLOR": "1",
            "LAB_DIR": str(self.scratch),
        }
        # Set by molecule, and then preferred to NO_COLOR.
        environment.pop("PY_COLORS", None)
        command = ["ansible-playbook", *arguments, str(playbook)]
        lines = []
        with (
            (self.logs / f"{log}.log").open("w") as copy,
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                text=True,
                errors="replace",
                bufsize=1,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                copy.write(line)
                if kill_when is not None and kill_when(line):
                    os.killpg(process.pid, signal.SIGKILL)
                    break
        return Run(process.returncode, "".join(lines), *read_record(record))


def receiving(lab: Lab) -> list[str]:
    """The workers with an open receiver."""
    return [node for node in WORKERS if ":7612 " in lab.on(node, "ss", "-Htln")]


def until(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether a condition came to hold within a time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(1)
    return True


def task_done_on(play: str, task: str, hosts: tuple[str, ...]) -> Callable[[str], bool]:
    """A function that is called with the lines of a run and says when a task of a play is done on all hosts.

    Args:
        play: Name of the play.
        task: End of the task's name.
        hosts: The hosts.
    """
    seen = {"play": "", "task": ""}
    done: set[str] = set()

    def look(line: str) -> bool:
        if match := re.match(r"(PLAY|TASK|RUNNING HANDLER) \[(.*)\] \**$", line):
            kind = "play" if match[1] == "PLAY" else "task"
            seen[kind] = match[2]
        elif seen["play"] == play and seen["task"].endswith(task):
            if match := re.match(r"(?:ok|changed): \[([^]]+)\]", line):
                done.add(match[1])
            return done.issuperset(hosts)
        return False

    return look


def passwords() -> dict[str, str]:
    """Every password of inventories/demo by the path of its variable.

    Each also as base64, as Analytics keeps one.
    """

    def walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from walk(item, f"{path}.{key}" if path else str(key))
        elif path.endswith("password"):
            yield path, str(value)

    variables = yaml.safe_load((ROOT / "inventories/demo/group_vars/all.yml").read_text())
    plain = dict(walk(variables, ""))
    return plain | {f"{path} (base64)": base64.b64encode(value.encode()).decode() for path, value in plain.items()}


def passwords_in(text: str) -> list[str]:
    """Paths of the variables whose password stands in a text."""
    return [path for path, value in passwords().items() if value in text]
