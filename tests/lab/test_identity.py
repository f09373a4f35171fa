# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every clone's labs have names, subnets and ports of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("LAB_PREFIX", "LAB_SUBNET", "LAB_PUBLIC_PORT", "LAB_PUBLIC_HTTP_PORT")
FIRST = {
    "demo": dict(zip(NAMES, ("wso2is-lab", "172.30.58.0/24", "8443", "8080"))),
    "test": dict(zip(NAMES, ("wso2is-test", "172.30.60.0/24", "8643", "8680"))),
}
SECOND = {
    "demo": dict(zip(NAMES, ("wso2is-lab2", "172.30.62.0/24", "8453", "8090"))),
    "test": dict(zip(NAMES, ("wso2is-test2", "172.30.64.0/24", "8653", "8690"))),
}


class Machine:
    """A machine as the scripts see it: programs of its own in front of the PATH, and a user's registry."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.says()

    def says(self, networks: str = "", labels: str = "", routes: str = "", sockets: str = "") -> None:
        """What docker, ip and ss print from now on."""
        docker = f"""case "$1 $2" in
          'info '*) ;;
          'network ls') echo some ;;
          'network inspect') printf '%s\\n' '{networks}' ;;
          'ps -a') printf '%s\\n' '{labels}' ;;
          *) exit 9 ;;
        esac"""
        for program, text in (
            ("docker", docker),
            ("ip", f"printf '%s\\n' '{routes}'"),
            ("ss", f"printf '%s\\n' '{sockets}'"),
        ):
            path = self.programs / program
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o755)

    def environment(self, clone: str, **further: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("LAB_")}
        return kept | {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "XDG_STATE_HOME": str(self.folder / "state"),
            "LAB_DIR": str(self.folder / clone / ".lab"),
            **further,
        }

    def run(self, clone: str, *arguments: str, **further: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["lab/identity.sh", *arguments],
            cwd=ROOT,
            env=self.environment(clone, **further),
            capture_output=True,
            text=True,
            check=False,
        )

    def identity(self, clone: str, kind: str = "demo", **further: str) -> dict[str, str]:
        done = self.run(clone, kind, **further)
        assert done.returncode == 0, done.stderr
        return dict(line.split("=", 1) for line in done.stdout.splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_clone_has_what_the_documentation_says(machine: Machine) -> None:
    assert {kind: machine.identity("a", kind) for kind in FIRST} == FIRST


def test_the_second_clone_has_the_next_ones(machine: Machine) -> None:
    machine.identity("a")
    assert {kind: machine.identity("b", kind) for kind in SECOND} == SECOND


def test_it_is_chosen_once(machine: Machine) -> None:
    machine.identity("a")
    # Its own lab is up now, and another one.
    machine.says(networks="name wso2is-lab\nsubnet 172.30.58.0/24", sockets="LISTEN 0 4096 127.0.0.1:8443 0.0.0.0:*")
    assert machine.identity("a") == FIRST["demo"]
    shutil.rmtree(machine.folder / "a")
    assert machine.identity("a") == FIRST["demo"], "an emptied scratch folder does not change it"


def test_what_a_removed_clone_had_is_free_again(machine: Machine) -> None:
    machine.identity("a")
    shutil.rmtree(machine.folder / "a")
    assert machine.identity("b") == FIRST["demo"]
    assert machine.identity("a") == SECOND["demo"]


@pytest.mark.parametrize(
    "said",
    [
        {"networks": "name wso2is-lab\nsubnet 10.0.0.0/24"},
        {"networks": "name other\nsubnet 172.30.0.0/16"},
        {"networks": "name other\nsubnet 172.30.60.128/25"},
        {"labels": "name wso2is-test"},
        {"routes": "default via 10.0.0.1 dev eth0\n172.30.58.0/23 dev tun0 proto kernel"},
        {"sockets": "LISTEN 0 4096 127.0.0.1:8443 0.0.0.0:*"},
        {"sockets": "LISTEN 0 4096 [::]:8680 [::]:*"},
    ],
    ids=lambda said: " ".join(said.values()),
)
def test_what_is_in_use_is_not_chosen(machine: Machine, said: dict[str, str]) -> None:
    # What is in use overlaps nothing of the second set but the whole /16, which leaves nothing.
    machine.says(**said)
    if "172.30.0.0/16" in str(said):
        done = machine.run("a")
        assert done.returncode == 1
        assert "no free names, subnets and ports" in done.stderr
    else:
        assert machine.identity("a") == SECOND["demo"]


def test_what_is_in_use_elsewhere_does_not_matter(machine: Machine) -> None:
    machine.says(
        networks="name bridge\nsubnet 172.17.0.0/16\nname host\nname v6\nsubnet fd00::/64",
        routes="default via 10.0.0.1 dev eth0\n10.0.0.0/8 dev eth0",
        sockets="LISTEN 0 128 0.0.0.0:22 0.0.0.0:*",
    )
    assert machine.identity("a") == FIRST["demo"]


def test_clones_that_choose_at_the_same_time_differ(machine: Machine) -> None:
    clones = [f"clone{number}" for number in range(6)]
    with ThreadPoolExecutor(len(clones)) as pool:
        chosen = list(pool.map(machine.identity, clones))
    for name in NAMES:
        assert len({values[name] for values in chosen}) == len(clones)


def test_the_environment_wins(machine: Machine) -> None:
    assert machine.identity("a", LAB_PREFIX="mine") == FIRST["demo"] | {"LAB_PREFIX": "mine"}
    explicit = dict(zip(NAMES, ("mine", "10.1.2.0/24", "1", "2")))
    assert machine.identity("b", "test", **explicit) == explicit
    assert not (machine.folder / "b").exists(), "there was nothing to choose"


def test_a_command_gets_it(machine: Machine) -> None:
    done = machine.run("a", "test", "sh", "-c", 'echo "$LAB_PREFIX $LAB_SUBNET $LAB_PUBLIC_PORT $LAB_PUBLIC_HTTP_PORT"')
    assert done.stdout.split() == list(FIRST["test"].values())


@pytest.mark.parametrize("clone", ["a", "b"])
def test_scripts_and_inventory_agree(machine: Machine, clone: str) -> None:
    """What lab/lib.sh, lab/urls.sh and inventories/demo say, with nothing set in the environment."""
    for known in ("a", "b"):
        machine.identity(known)
    wanted = machine.identity(clone)
    environment = machine.environment(clone, ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"), NO_COLOR="1")

    def output(*command: str) -> str:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    script = '. lab/lib.sh; lab_identity; echo "$LAB_PREFIX $LAB_SUBNET $LAB_PUBLIC_PORT $LAB_PUBLIC_HTTP_PORT"'
    assert output("bash", "-c", script).split() == list(wanted.values())
    assert f":{wanted['LAB_PUBLIC_PORT']}/carbon/" in output("lab/urls.sh")
    template = "{{ ansible_host }} {{ lab_subnet }} {{ wso2is_public_port }} {{ wso2is_public_http_port }} end"
    command = [str(Path(sys.executable).parent / "ansible"), "-i", "inventories/demo", "is1", "-m", "debug"]
    shown = output(*command, "-a", f"msg='{template}'")
    first, *rest = wanted.values()
    assert " ".join([f"{first}-is1", *rest, "end"]) in shown


@pytest.mark.parametrize(
    ("running", "stopped"),
    [
        ("wso2is-lab-is1 wso2is-test-is1", True),
        ("wso2is-lab-is1 wso2is-lab2-is1", False),
        ("somebodys-database", False),
        ("", True),
    ],
)
def test_an_engine_that_others_use_goes_on(machine: Machine, running: str, stopped: bool) -> None:
    machine.identity("a")
    program = shutil.copy(shutil.which("sleep") or "", machine.folder / "dockerd")
    (machine.programs / "docker").write_text(f"#!/bin/sh\nprintf '%s\\n' {running}\n")
    with subprocess.Popen([program, "60"]) as engine:
        record = machine.folder / "a/.lab/dockerd.pid"
        record.write_text(f"{engine.pid}\n")
        # Reaped at once, so that the script sees it end.
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(engine.wait)
            done = subprocess.run(
                ["lab/engine.sh", "stop"],
                cwd=ROOT,
                env=machine.environment("a"),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            if not stopped:
                assert not ended.done()
                assert running.split()[-1] in done.stdout
                assert record.exists(), "this clone stops it later"
                engine.kill()
            assert ended.result(timeout=30) == (-15 if stopped else -9)
