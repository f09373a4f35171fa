# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the first stage of preflight takes, which needs no host: PYTHONPATH=.collections pytest tests/bench -s.

BENCH_HOSTS says with how many hosts (500). It measures and judges nothing: how long it takes depends on the machine.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/unit"))
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


def test_first_stage(tmp_path: Path) -> None:
    from settings import sample

    count = int(os.environ.get("BENCH_HOSTS", "500"))
    for name, source in PACKS.items():
        folder = shutil.copytree(ROOT / "lab/practice-pack" / source, tmp_path / name)
        for path in ("repository/conf/axis2/axis2.xml", "repository/conf/registry.xml"):
            if (folder / path).exists():
                (folder / path).write_bytes((folder / path).read_bytes().replace(b"\n", b"\r\n"))
        sample.zip_folder(folder, tmp_path / f"{name}.zip")
    shared = {name: value for name, value in sample.hostvars(tmp_path)["is1"].items() if name != "ansible_host"}
    nodes = {f"is{number}": {"ansible_host": f"10.1.{number // 250}.{number % 250}"} for number in range(1, count - 2)}
    groups = {
        "wso2is_nodes": nodes,
        "wso2is_analytics": {f"an{number}": {"ansible_host": f"10.2.0.{number}"} for number in (1, 2)},
        "wso2is_dashboards": {"an1": {}},
        "wso2is_load_balancers": {"lb1": {"ansible_host": "10.3.0.1"}},
    }
    children = {name: {"hosts": hosts} for name, hosts in groups.items()}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": shared, "children": children}}))
    (tmp_path / "play.yml").write_text(PLAY)
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    for turn in ("first", "second"):
        before, used = time.monotonic(), _seconds_used()
        command = ["ansible-playbook", "-i", str(tmp_path / "hosts.yml"), str(tmp_path / "play.yml")]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        took = time.monotonic() - before
        print(f"{count} hosts, {turn} run: {took:.1f} s, {_seconds_used() - used:.1f} s of a processor")


def _seconds_used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime
