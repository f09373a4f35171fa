# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proofs under load share: pattern 1 in the lab, the load on it, and packs and certificates to change to."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.identityops.wso2is.plugins.module_utils.identity_client import Site, Target
from converged import ROOT, Lab, Run
from load import Load

DEMO = ROOT / "inventories/demo"
# A change must cost none of so many requests.
MANY = 20_000
TOP = "wso2is-5.8.0"


def admin() -> tuple[str, str]:
    """Name and password of the lab's administrator."""
    given = yaml.safe_load((DEMO / "group_vars/all.yml").read_text())
    return "admin", given["wso2is_admin_password"]


def load_on(lab: Lab, **numbers: Any) -> Load:
    """Load on the lab's load balancer, in the network of the lab."""
    address = os.environ["LAB_SUBNET"].removesuffix("0/24") + "11"
    site = Site(lab.public_host, lab.public_port)
    return Load(Target("lb1", address, lab.public_port), site, lab.scratch / "ca/ca.crt", admin(), **numbers)


def make_inventory(folder: Path, nodes: int = 2) -> Path:
    """inventories/demo without Analytics hosts, with some Identity Server nodes."""
    hosts = yaml.safe_load((DEMO / "hosts.yml").read_text())
    for group in ("wso2is_analytics", "wso2is_dashboards"):
        del hosts["all"]["children"][group]
    hosts["all"]["children"]["wso2is_nodes"]["hosts"] = {
        f"is{number}": {
            "ansible_host": f"{{{{ lab_prefix }}}}-is{number}",
            "wso2is_address": f"{{{{ lab_network }}}}.2{number}",
        }
        for number in range(1, nodes + 1)
    }
    made = folder / f"nodes{nodes}"
    made.mkdir()
    (made / "hosts.yml").write_text(yaml.safe_dump(hosts))
    (made / "group_vars").symlink_to(DEMO / "group_vars")
    return made


def another_pack(lab: Lab, path: Path, *, without: str = "") -> Path:
    """The lab's pack as it is after an update: another file of the same release.

    Args:
        lab: The lab.
        path: The file to make.
        without: End of the name of a file that the update has lost.
    """
    with zipfile.ZipFile(lab.scratch / f"packs/{TOP}.zip") as given, zipfile.ZipFile(path, "w") as made:
        for entry in given.infolist():
            if without and entry.filename.endswith(without):
                continue
            content = given.read(entry)
            if entry.filename == f"{TOP}/bin/version.txt":
                content += b"Practice update 1.\n"
            made.writestr(entry, content)
    return path


def another_ca(lab: Lab, folder: Path) -> Path:
    """Certificates and keystores as lab/ca.sh makes them, new ones of the same authority; their directory."""
    shutil.copytree(lab.scratch / "ca", folder / "ca")
    (folder / "ca/.made-from").unlink()
    lab.script("env", f"LAB_DIR={folder}", "lab/ca.sh")
    return folder / "ca"


def balanced(lab: Lab) -> str:
    """The nodes as the load balancer has them, without comments."""
    lines = lab.on("lb1", "cat", "/etc/nginx/wso2is/nodes.conf").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def none_drained(lab: Lab) -> bool:
    """Whether every node of the load balancer gets requests."""
    text = balanced(lab)
    return " down;" not in text and " drain;" not in text


def running_with(lab: Lab, node: str) -> str:
    """The command line of a node's server."""
    pid = lab.unit(node, "wso2is", "MainPID")["MainPID"]
    found = lab.on(node, "sh", "-c", f"for p in {pid} $(pgrep -P {pid}); do tr '\\0' ' ' </proc/$p/cmdline; echo; done")
    return next(line for line in found.splitlines() if "java" in line.split()[0])


def ending(run: Run, lines: int = 30) -> str:
    """The end of what a run printed."""
    return "\n".join(run.output.splitlines()[-lines:])
