# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's scripts promise, as far as it shows without an engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout with a further environment."""
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("subnet", ["172.30.58.0/24", "10.9.8.0/24"])
def test_inventory_and_scripts_agree_on_addresses(subnet: str) -> None:
    nodes = ["lb1", "is1", "is2", "analytics1", "analytics2"]
    template = (
        "{% for n in groups.all %}{{ n }} {{ hostvars[n].wso2is_address }} {{ hostvars[n].ansible_host }};{% endfor %}"
    )
    answer = run(
        str(Path(sys.executable).parent / "ansible"),
        "-i",
        "inventories/demo",
        "-m",
        "ansible.builtin.debug",
        "-a",
        json.dumps({"msg": template}),
        "lb1",
        LAB_SUBNET=subnet,
        LAB_PREFIX="two",
        NO_COLOR="1",
        ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
    )
    shown = " ".join(answer.stdout.split())
    for node in nodes:
        address = run("bash", "-c", f". lab/lib.sh; lab_address {node}", LAB_SUBNET=subnet).stdout.strip()
        assert address.startswith(subnet.removesuffix("0/24"))
        assert f"{node} {address} two-{node};" in shown, answer.stdout + answer.stderr


def test_a_subnet_that_is_no_slash_24_is_refused() -> None:
    answer = run("bash", "-c", ". lab/lib.sh; lab_address is1", LAB_SUBNET="172.30.0.0/16")
    assert answer.returncode == 1
    assert "LAB_SUBNET is 172.30.0.0/16" in answer.stderr


def test_engine_stop_ends_only_an_engine_that_it_started(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "dockerd.pid").write_text(f"{other.pid}\n")
        answer = run("lab/engine.sh", "stop", LAB_DIR=str(tmp_path))
        still_there = other.poll() is None
        other.kill()
    assert answer.returncode == 0
    assert still_there
    assert not (tmp_path / "dockerd.pid").exists()


def test_venv_refuses_an_unsupported_python(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    answer = run("lab/venv.sh", PYTHON=str(old))
    assert answer.returncode == 1
    assert f"PYTHON={old} is not a Python 3.11, 3.12 or 3.13" in answer.stderr


def test_pinned_versions_are_the_locked_ones() -> None:
    locked = (ROOT / "requirements-lock.txt").read_text()
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                package, version = line.split("==")
                assert f"{package.split('[')[0].lower()}==" in locked
                assert f"=={version} \\" in locked, line
