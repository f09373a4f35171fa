# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first stage of preflight, which needs no host: the model of the deployment and the findings on it."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import yaml
from figures import Measured, Round

ROOT = Path(__file__).resolve().parents[2]
PACKS = {"wso2is-5.8.0": "identity-server/src/pack", "wso2is-analytics-5.8.0": "analytics/src/main/pack"}
PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.import_role:
        name: identityops.wso2is.preflight
        tasks_from: inventory
      vars:
        preflight_is_nodes: "{{ groups['wso2is_nodes'] }}"
        preflight_workers: "{{ groups['wso2is_analytics'] }}"
        preflight_dashboards: "{{ groups['wso2is_dashboards'] }}"
        preflight_load_balancers: "{{ groups['wso2is_load_balancers'] }}"
        preflight_example_values: true
"""


def inventory(folder: Path, count: int) -> None:
    """Write an inventory of so many hosts, the packs that it names, and the play.

    Args:
        folder: An empty directory.
        count: Number of hosts; all but three of them are Identity Server nodes.
    """
    # The sample of the unit tests.
    sys.path.insert(0, str(ROOT / "tests/unit"))
    sample = importlib.import_module("settings.sample")
    for name, source in PACKS.items():
        pack = shutil.copytree(ROOT / "lab/practice-pack" / source, folder / name)
        for path in ("repository/conf/axis2/axis2.xml", "repository/conf/registry.xml"):
            if (pack / path).exists():
                (pack / path).write_bytes((pack / path).read_bytes().replace(b"\n", b"\r\n"))
        sample.zip_folder(pack, folder / f"{name}.zip")
    shared = {name: value for name, value in sample.hostvars(folder)["is1"].items() if name != "ansible_host"}
    nodes = {f"is{number}": {"ansible_host": f"10.1.{number // 250}.{number % 250}"} for number in range(1, count - 2)}
    groups = {
        "wso2is_nodes": nodes,
        "wso2is_analytics": {f"an{number}": {"ansible_host": f"10.2.0.{number}"} for number in (1, 2)},
        "wso2is_dashboards": {"an1": {}},
        "wso2is_load_balancers": {"lb1": {"ansible_host": "10.3.0.1"}},
    }
    children = {name: {"hosts": hosts} for name, hosts in groups.items()}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": shared, "children": children}}))
    (folder / "play.yml").write_text(PLAY)


def measure(
    folder: Path, counts: tuple[int, ...], rounds: int, timed: Callable[[list[str], dict[str, str]], Measured]
) -> list[Round]:
    """Run the stage with each number of hosts in turn; the first round fills the cache and is not kept.

    Args:
        folder: Scratch.
        counts: Numbers of hosts.
        rounds: How often.
        timed: Runs a command with an environment.
    """
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    for count in counts:
        (folder / str(count)).mkdir()
        inventory(folder / str(count), count)

    def run(count: int) -> Measured:
        place = folder / str(count)
        return timed(["ansible-playbook", "-i", str(place / "hosts.yml"), str(place / "play.yml")], environment)

    turns = [{str(count): run(count) for count in counts} for _turn in range(rounds + 1)]
    return list(turns[1:])
