# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's virtual machines: an NFS server and two nodes, for the tests that need kernels of their own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import stat
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from converged import ROOT, Lab, Run

SERVER = "nfs1"
NODES = ("is1", "is2")
MACHINES = (SERVER, *NODES)
SITE = ROOT / "tests/proof/nfs"
SHARE = "/mnt/wso2is-shared"
EXPORTED = "/srv/wso2is/proof"
MOUNT_UNIT = r"mnt-wso2is\x2dshared.mount"
HOME = "/opt/wso2/is/current"
USER_STORES = f"{HOME}/repository/deployment/server/userstores"
# As in proof/nfs/hosts.yml.
STORE_PASSWORD = "proof-store"
LOG = "/var/log/wso2/is/wso2carbon.log"


class Machines(Lab):
    """Three machines that run, empty at first."""

    def __init__(self, logs: str, how: str) -> None:
        """Start them.

        Args:
            logs: Name of a directory below the results, for the outputs of the runs.
            how: `up`, from a saved state where there is one, or `boot`.
        """
        super().__init__(logs)
        sys.stdout.write(self.script("lab/vm.sh", how))
        self.config = self.script("lab/vm.sh", "ssh-config").strip()
        self.inventory = SITE / "hosts.yml"
        files = self.logs / "files"
        make_packs(files)
        os.environ["LAB_VM_SSH_CONFIG"] = self.config
        os.environ["LAB_VM_FILES"] = str(files)

    def on(self, node: str, *command: str, check: bool = True) -> str:
        """Standard output of a command in a machine, as root, without the last line end."""
        done = subprocess.run(
            ["ssh", "-F", self.config, node, shlex.join(command)],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert not check or done.returncode == 0, f"{node}: {shlex.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout.rstrip("\n")

    def shell(self, node: str, script: str, check: bool = True) -> str:
        """Standard output of a shell script in a machine."""
        return self.on(node, "sh", "-c", script, check=check)

    def deploy(self, *arguments: str, log: str) -> Run:
        """Run the proof's playbook."""
        return self.run(SITE / "site.yml", f"--inventory={self.inventory}", *arguments, log=log)

    def drop(self, node: str, name: str) -> None:
        """Write a user store on a node as the server's user does."""
        path = shlex.quote(f"{USER_STORES}/{name}.xml")
        self.on(node, "runuser", "-u", "wso2carbon", "--", "sh", "-c", f"echo '<UserStoreManager/>' >{path}")

    def log(self, node: str, pattern: str) -> list[str]:
        """Lines of the server's log that match."""
        return self.on(node, "grep", "-E", pattern, LOG, check=False).splitlines()

    def wait(self, what: str, seconds: float, condition: Callable[[], object]) -> float:
        """Wait until something is so; the seconds that it took."""
        began = time.monotonic()
        while True:
            with contextlib.suppress(AssertionError):
                if condition():
                    return time.monotonic() - began
            assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
            time.sleep(0.5)

    def is_active(self, node: str, unit: str) -> bool:
        """Whether a unit is active."""
        return self.on(node, "systemctl", "is-active", unit, check=False) == "active"

    def down(self) -> None:
        """End the machines."""
        self.script("lab/vm.sh", "down")


@contextlib.contextmanager
def machines(logs: str, how: str) -> Iterator[Machines]:
    """Three machines, ended afterwards."""
    made = Machines(logs, how)
    try:
        yield made
    finally:
        made.down()


def make_packs(folder: Path) -> None:
    """Packs of the practice packs' own files, with a stand-in for the server, and the small files of an inventory."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "driver.jar", "w") as jar:
        jar.writestr(zipfile.ZipInfo("org/postgresql/Driver.class"), b"not used by the stand-in\n")
    # A keystore of Java: magic number, version, one entry (a key that is none, without certificates), and the digest by
    # which its password is known.
    alias = b"wso2carbon"
    content = (
        struct.pack(">IIIIH", 0xFEEDFEED, 2, 1, 1, len(alias)) + alias + bytes(8) + struct.pack(">I3sI", 3, b"key", 0)
    )
    digest = hashlib.sha1(STORE_PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + content, usedforsecurity=False)
    (folder / "store.jks").write_bytes(content + digest.digest())
    for top, source in (
        ("wso2is-5.8.0", "identity-server/src/pack"),
        ("wso2is-analytics-5.8.0", "analytics/src/main/pack"),
    ):
        with zipfile.ZipFile(folder / f"{top}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            root = ROOT / "lab/practice-pack" / source
            for path in sorted(root.rglob("*")):
                if path.is_file() and path.suffix != ".sh":
                    archive.write(path, f"{top}/{path.relative_to(root)}")
            for name in ("userstores", "bpel", "humantasks"):
                archive.writestr(f"{top}/repository/deployment/server/{name}/", b"")
            archive.writestr(f"{top}/repository/tenants/", b"")
            script = zipfile.ZipInfo(f"{top}/bin/wso2server.sh")
            script.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(script, b"#!/usr/bin/python3\n" + (SITE / "stand_in.py").read_bytes())
