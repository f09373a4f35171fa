# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user who has nothing but ansible-core and the artifact: home, collections and sites are empty directories."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# All that may be needed of the artifact (and what ansible-galaxy itself knows it by).
NEEDED = {"meta", "plugins", "roles", "playbooks", "MANIFEST.json", "FILES.json"}


@dataclass(frozen=True)
class Done:
    """A command that has ended: its status, both outputs, seconds."""

    code: int
    output: str = field(repr=False)
    seconds: float

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """Recap by host."""
        lines = re.findall(r"^(\S+) +: (ok=\d+ .*)$", self.output, re.MULTILINE)
        return {host: {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", text)} for host, text in lines}

    @property
    def text(self) -> str:
        """The output with all white space as one space: Ansible breaks lines."""
        return " ".join(self.output.split())


class User:
    """Runs commands as a user types them, with an environment of their own.

    Attributes:
        base: Where everything of the user is.
        artifact: The file that Galaxy would have; `built` says how long it took.
        collections: Where the artifact is installed.
    """

    def __init__(self, base: Path) -> None:
        """Make the home directory."""
        self.base = base
        self.home = base / "home"
        self.home.mkdir()
        self.collections = base / "collections"
        self.artifact = Path()
        self.outputs: list[str] = []

    def run(self, *command: str, cwd: Path | None = None, **environment: str) -> Done:
        """Run a command; its output is kept."""
        kept = {name: os.environ[name] for name in ("DOCKER_HOST", "LANG") if name in os.environ}
        own = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.home),
            "NO_COLOR": "1",
            "ANSIBLE_NOCOLOR": "1",
        }
        start = time.monotonic()
        done = subprocess.run(
            command,
            cwd=cwd or self.base,
            env=kept | own | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        self.outputs.append(done.stdout)
        return Done(done.returncode, done.stdout, time.monotonic() - start)

    def new_site(self, *arguments: str, cwd: Path | None = None) -> Done:
        """Run the playbook new_site from the installed collection."""
        return self.run(
            "ansible-playbook",
            "identityops.wso2is.new_site",
            *arguments,
            cwd=cwd,
            ANSIBLE_COLLECTIONS_PATH=str(self.collections),
        )

    def secrets(self, site: Path) -> dict[str, str]:
        """Every password of a site's vault, and the vault's key."""
        shown = self.run("ansible-vault", "view", "prod/group_vars/all/vault.yml", cwd=site)
        assert shown.code == 0, shown.output
        # Looked for in all outputs but this one.
        self.outputs.pop()
        found = {"key": (site / ".vault_pass").read_text().strip()}
        for name, value in yaml.safe_load(shown.output).items():
            items = {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, dict) else {name: value}
            found.update(items)
        return found


# Seconds by step of the user's path, for the summary.
TIMINGS: dict[str, float] = {}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show how long the user's path took."""
    if not TIMINGS:
        return
    terminalreporter.section("the user's path")
    for name, seconds in (TIMINGS | {"sum": sum(TIMINGS.values())}).items():
        terminalreporter.write_line(f"{name:<56}{seconds:>7.1f} s")


@pytest.fixture(scope="session")
def user(tmp_path_factory: pytest.TempPathFactory) -> User:
    """With the artifact built and installed, and everything removed from the installation that must not be needed."""
    made = User(tmp_path_factory.mktemp("user"))
    build = made.run("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(made.base / "dist"))
    assert build.code == 0, build.output
    (made.artifact,) = (made.base / "dist").iterdir()
    TIMINGS["build the artifact"] = build.seconds
    install = made.run(
        "ansible-galaxy", "collection", "install", str(made.artifact), "-p", str(made.collections), "--offline"
    )
    assert install.code == 0, install.output
    TIMINGS["install it into an empty directory"] = install.seconds
    for path in (made.collections / "ansible_collections/identityops/wso2is").iterdir():
        if path.name not in NEEDED:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return made
