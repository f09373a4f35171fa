# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run costs that finds nothing to do: measures it in a lab, and writes docs/benchmarks.md and .svg.

make bench runs it. It measures and judges no time: how long a run takes depends on the machine. A run that changes
something is no idle run and ends the benchmark.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import first_stage
import yaml
from converged import HOSTS, ROOT, Lab, Run, execution_limit
from figures import Measured, Round, rounds_of
from page import VARIANTS, page, picture

PARTS = ("compare", "growth", "first-stage")
# Two nodes is the comparison itself.
SIZES = (4, 8, 16)
STAGE_HOSTS = (5, 50, 500)
FILES = 20
SETTLE = ("-e", "wso2is_change_strategy=all_at_once")

# Run in a node: the files that the collection manages there, with what a template task says of them.
MANAGED = """
import base64, glob, grp, json, os, pwd
paths = glob.glob("/etc/nginx/nginx.conf") + glob.glob("/etc/nginx/wso2is/*")
for record in glob.glob("/opt/wso2/*/state/*/written.json"):
    base, kind = record.split("/state/")[0], record.split("/")[-2]
    # Two servers that share a release have a link each.
    home = next(path for path in (base + "/current-" + kind, base + "/current") if os.path.exists(path))
    paths += [os.path.realpath(os.path.join(home, path)) for path in json.load(open(record))]
found = []
for path in sorted(set(paths)):
    about = os.stat(path)
    owner, group = pwd.getpwuid(about.st_uid).pw_name, grp.getgrgid(about.st_gid).gr_name
    content = base64.b64encode(open(path, "rb").read()).decode()
    mode = "%04o" % (about.st_mode & 0o7777)
    found.append({"dest": path, "owner": owner, "group": group, "mode": mode, "content": content})
print(json.dumps(found))
"""


def can_be_templated(content: bytes) -> bool:
    """Whether a stock template writes these bytes: it knows one kind of line end and no binary files."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return not any(mark in text for mark in ("\r", "\0", "{% endraw")) and not text.startswith("\n")


def stock_play(count: int) -> list[dict[str, Any]]:
    """A play of so many tasks, each of which writes a file of the list `stock_files` of its host, where it has one."""
    return [
        {
            "name": "The same files by stock tasks",
            "hosts": "wso2is_nodes:wso2is_analytics:wso2is_load_balancers",
            "gather_facts": False,
            "become": True,
            "tasks": [
                {
                    "name": f"Write file {number + 1}",
                    "ansible.builtin.template": {
                        key: f"{{{{ stock_files[{number}]['{key}'] }}}}"
                        for key in ("src", "dest", "owner", "group", "mode")
                    },
                    "when": f"stock_files | length > {number}",
                }
                for number in range(count)
            ],
        }
    ]


def nodes_inventory(size: int, address: Callable[[str], str], databases: dict[str, Any]) -> dict[str, Any]:
    """What is said beside inventories/demo: so many Identity Server nodes, small ones.

    Args:
        size: Number of nodes.
        address: The address of a node.
        databases: wso2is_databases of the demo; its nodes get small pools, because the lab has one database server.
    """
    pool = {"max_active": 4, "min_idle": 1}
    pools = {name: {**about, **({} if "analytics" in name else {"pool": pool})} for name, about in databases.items()}
    names = [f"is{number}" for number in range(3, size + 1)]
    hosts = {name: {"ansible_host": f"{{{{ lab_prefix }}}}-{name}", "wso2is_address": address(name)} for name in names}
    small = {"is_node_heap_mb": 128, "is_node_start_timeout": 900}
    return {
        "all": {
            "vars": {"wso2is_databases": pools},
            "children": {"wso2is_nodes": {"vars": small, "hosts": {"is1": {}, "is2": {}, **hosts}}},
        }
    }


class Bench:
    """The lab, and the runs in it.

    Attributes:
        lab: The lab.
        scratch: A directory that is removed at the end; it holds a key and files with passwords of the lab.
        results: Where figures are kept, so that parts can be measured one by one.
    """

    def __init__(self, lab: Lab, scratch: Path, rounds: int, add: bool) -> None:
        """Take a lab, a scratch directory, the number of rounds, and whether they are added to earlier ones."""
        self.lab, self.scratch, self.rounds, self.add = lab, scratch, rounds, add
        self.results = lab.scratch / "results/bench"
        self.inventories = [ROOT / "inventories/demo"]

    def arguments(self, *further: Path) -> list[str]:
        """The inventories of a run."""
        return [f"--inventory={path}" for path in (*self.inventories, *further)]

    def timed(self, work: Callable[[], Run | None]) -> Measured:
        """How long something takes, with the load of the machine when it began."""
        load, used, began = os.getloadavg()[0], processor_seconds(), time.monotonic()
        run = work()
        took = time.monotonic() - began
        counts = {host: len(run.executions_on(host)) for host in sorted(run.stats)} if run else {}
        return Measured(round(took, 2), round(processor_seconds() - used, 2), round(load, 2), counts)

    def idle(self, playbook: Path, *arguments: str, log: str) -> Measured:
        """A run that must find nothing to do.

        Raises:
            RuntimeError: if it fails or changes something.
        """

        def work() -> Run:
            run = self.lab.run(playbook, *arguments, log=log)
            if run.code or run.changed:
                raise RuntimeError(
                    f"{log} is no idle run (status {run.code}, changed {run.changed}): {run.output[-3000:]}"
                )
            return run

        return self.timed(work)

    def deploy(self, size: int) -> None:
        """Bring pattern 2 up with so many Identity Server nodes, and to rest.

        Raises:
            RuntimeError: if that fails.
        """
        nodes = ["lb1", *(f"is{number}" for number in range(1, size + 1)), "analytics1", "analytics2", "db1"]
        self.lab.script("lab/up.sh", *nodes)
        given = yaml.safe_load((ROOT / "inventories/demo/group_vars/all.yml").read_text())
        path = self.scratch / f"nodes-{size}.yml"
        path.write_text(yaml.safe_dump(nodes_inventory(size, self.address, given["wso2is_databases"])))
        self.inventories = [ROOT / "inventories/demo", path]
        began = time.monotonic()
        run = self.lab.run(ROOT / "playbooks/pattern2.yml", *self.arguments(), *SETTLE, log=f"bench-deploy-{size}")
        if run.code:
            raise RuntimeError(f"pattern 2 with {size} nodes was not deployed: {run.output[-5000:]}")
        say(f"{size} nodes deployed in {time.monotonic() - began:.0f} s")
        self.collection("warm-up")

    def address(self, node: str) -> str:
        """The address of a node of the lab."""
        return self.lab.script("bash", "-c", f". lab/lib.sh; lab_identity; lab_address {node}").strip()

    def collection(self, log: str, *arguments: str, inventory: Sequence[Path] = ()) -> Measured:
        """The collection's own idle run."""
        return self.idle(ROOT / "playbooks/pattern2.yml", *self.arguments(*inventory), *arguments, log=f"bench-{log}")

    def stock(self, hosts: Sequence[str]) -> Callable[[], Measured]:
        """Prepare the same files as templates; returns the idle run of stock tasks."""
        play = self.scratch / "stock.yml"
        play.write_text(yaml.safe_dump(stock_play(FILES), sort_keys=False))
        said = {host: {"stock_files": self._templates(host)} for host in hosts}
        inventory = self.scratch / "stock-files.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": said}}))
        return lambda: self.idle(play, *self.arguments(inventory), log="bench-stock")

    def _templates(self, host: str) -> list[dict[str, str]]:
        folder = self.scratch / "templates" / host
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        found: list[dict[str, str]] = []
        for item in json.loads(self.lab.on(host, "python3", "-c", MANAGED)):
            content = base64.b64decode(item.pop("content"))
            if len(found) < FILES and can_be_templated(content):
                source = folder / f"{len(found)}.j2"
                source.write_bytes(b"{% raw %}" + content + b"{% endraw %}")
                found.append({"src": str(source), **item})
        return found

    def ssh(self) -> Callable[..., Measured]:
        """Install a server of ssh on the hosts; returns the collection's idle run over ssh."""
        key = self.scratch / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        public = key.with_suffix(".pub").read_text()
        known, said = [], {}
        for host in HOSTS:
            self.lab.on(host, "sh", "-c", INSTALL_SSH, "sh", public.strip())
            address = self.address(host)
            kind, text = self.lab.on(host, "cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()[:2]
            known.append(f"{address} {kind} {text}\n")
            said[host] = {"ansible_connection": "ansible.builtin.ssh", "ansible_host": address}
        (self.scratch / "known_hosts").write_text("".join(known))
        options = f"-F none -o IdentitiesOnly=yes -o UserKnownHostsFile={self.scratch}/known_hosts"
        shared = {"ansible_ssh_private_key_file": str(key), "ansible_ssh_common_args": options}
        inventory = self.scratch / "ssh.yml"
        inventory.write_text(yaml.safe_dump({"all": {"vars": shared, "hosts": said}}))
        os.environ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = str(self.scratch / "cp")

        def run(*arguments: str) -> Measured:
            self.disconnect()
            return self.collection("ssh", *arguments, inventory=[inventory])

        return run

    def disconnect(self) -> None:
        """End the connections that ControlPersist keeps."""
        for socket in (self.scratch / "cp").glob("*"):
            subprocess.run(
                ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "any"], capture_output=True, check=False
            )

    def interleaved(self, part: str, variants: dict[str, Callable[[], Measured]]) -> None:
        """Every variant once, then every variant again; kept after every round, under the name of the part."""
        found: list[Round] = []
        before = self.kept()[part][1] if self.add and part in self.kept() else []
        for number in range(1, self.rounds + 1):
            turn = {}
            for name, run in variants.items():
                turn[name] = run()
                say(f"round {number}, {name}: {turn[name].seconds:.1f} s, load {turn[name].load:.1f}")
            found.append(turn)
            self.keep(part, [*before, *found])

    def keep(self, name: str, rounds: Sequence[Round]) -> None:
        """Keep what was measured."""
        self.results.mkdir(parents=True, exist_ok=True)
        data = {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "rounds": [{key: asdict(measured) for key, measured in turn.items()} for turn in rounds],
        }
        (self.results / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")

    def kept(self) -> dict[str, tuple[str, list[Round]]]:
        """Everything that was measured, by its name: the day and the rounds."""
        found = {}
        for path in sorted(self.results.glob("*.json")):
            data = json.loads(path.read_text())
            found[path.stem] = (data["date"], rounds_of(data["rounds"]))
        return found

    def compare(self, names: Sequence[str]) -> None:
        """The idle run, stock templates, and the idle run over ssh; those that are named."""
        self.deploy(2)
        over_ssh = self.ssh()
        variants = {
            "collection": lambda: self.collection("docker"),
            "stock": self.stock(HOSTS),
            "ssh": over_ssh,
            "ssh-plain": lambda: over_ssh("-e", "ansible_ssh_pipelining=false"),
        }
        self.interleaved("compare", {name: run for name, run in variants.items() if name in names})

    def growth(self, size: int) -> None:
        """The idle run and stock templates with so many Identity Server nodes."""
        self.deploy(size)
        nodes = [f"is{number}" for number in range(1, size + 1)]
        hosts = [*nodes, *(host for host in HOSTS if not host.startswith("is"))]
        variants = {"collection": lambda: self.collection("docker"), "stock": self.stock(hosts)}
        self.interleaved(f"growth-{size}", variants)

    def stages(self) -> None:
        """The first stage of preflight."""

        def timed(command: list[str], environment: dict[str, str]) -> Measured:
            def work() -> None:
                run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
                if run.returncode:
                    raise RuntimeError(run.stdout + run.stderr)

            return self.timed(work)

        self.keep("first-stage", first_stage.measure(self.scratch, STAGE_HOSTS, self.rounds, timed))


# The key of the run may log in; the server listens in the container only, on the lab's own network.
INSTALL_SSH = """
set -e
command -v sshd >/dev/null || {
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends openssh-server >/dev/null
}
mkdir -p -m 0700 /root/.ssh
printf '%s\\n' "$1" >/root/.ssh/authorized_keys
chmod 0600 /root/.ssh/authorized_keys
systemctl start ssh
"""


def processor_seconds() -> float:
    """What the ended children of this process have used of a processor, so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def machine() -> dict[str, str]:
    """What the figures depend on."""
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024 // 1024
    engine = subprocess.run(
        ["docker", "version", "-f", "{{.Server.Version}}"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "processors": str(os.cpu_count()),
        "memory": f"{memory} GiB",
        "priority": f"at nice {os.nice(0)}, behind other work of the machine"
        if os.nice(0) > 0
        else "at normal priority",
        "system": f"{platform.system()} {platform.machine()}",
        "docker": engine,
        "python": platform.python_version(),
        "ansible": importlib.metadata.version("ansible-core"),
    }


def require_ssh() -> None:
    """Install a client of ssh where there is none.

    Raises:
        SystemExit: if that is left to the user; with what to install.
    """
    if shutil.which("ssh") and shutil.which("ssh-keygen"):
        return
    if os.geteuid() or not shutil.which("apt-get"):
        raise SystemExit("there is no ssh here; install it (Debian/Ubuntu: apt-get install openssh-client)")
    subprocess.run(["apt-get", "-qq", "update"], check=True)
    subprocess.run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", "openssh-client"], check=True)


def say(text: str) -> None:
    """Say how far it is."""
    sys.stdout.write(f"bench: {text}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def lab_and_scratch(stay: bool) -> Iterator[tuple[Lab, Path]]:
    """A lab, empty at the beginning and removed at the end unless it is to stay as it is, and a directory."""
    lab = Lab("bench-runs")
    with tempfile.TemporaryDirectory(prefix="wso2is-bench-") as scratch:
        try:
            if not stay:
                lab.script("lab/down.sh")
            yield lab, Path(scratch)
        finally:
            if not stay:
                lab.script("lab/down.sh")


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for and write the page from everything that was measured."""
    parser = argparse.ArgumentParser(description="Measure idle runs; write docs/benchmarks.md and docs/benchmarks.svg.")
    parser.add_argument(
        "--parts", default=",".join(PARTS), help=f"which of {', '.join(PARTS)}; empty writes the page only"
    )
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of Identity Server nodes")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="what is compared")
    parser.add_argument("--add", action="store_true", help="add the rounds to those of earlier runs")
    parser.add_argument("--stay", action="store_true", help="use the lab that is there, and leave it")
    given = parser.parse_args(arguments)
    parts = [part for part in given.parts.split(",") if part]
    if "compare" in parts:
        require_ssh()
    with lab_and_scratch(given.stay or not {"compare", "growth"} & set(parts)) as (lab, scratch):
        bench = Bench(lab, scratch, given.rounds, given.add)
        try:
            if "first-stage" in parts:
                bench.stages()
            if "compare" in parts:
                bench.compare(given.variants.split(","))
            if "growth" in parts:
                for size in map(int, given.sizes.split(",")):
                    bench.growth(size)
        finally:
            bench.disconnect()
        kept = bench.kept()
        (ROOT / "docs/benchmarks.md").write_text(page(kept, machine(), execution_limit))
        if drawn := picture(kept):
            (ROOT / "docs/benchmarks.svg").write_text(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
