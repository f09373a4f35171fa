# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken inventories stop with a table of findings before any host is changed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from converged import HOSTS, ROOT, Lab, Run

HEADER = re.compile(r"^\s*SEVERITY +HOST +CHECK +FOUND +REQUIRED +REMEDY\s*$", re.MULTILINE)


@pytest.fixture
def one_node(tmp_path: Path) -> Path:
    """inventories/demo without is2."""
    inventory = tmp_path / "one-node"
    shutil.copytree(ROOT / "inventories/demo", inventory)
    hosts = yaml.safe_load((inventory / "hosts.yml").read_text())
    del hosts["all"]["children"]["wso2is_nodes"]["hosts"]["is2"]
    (inventory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    return inventory


@pytest.fixture
def small_is1(lab: Lab) -> Iterator[None]:
    """is1 limited to 3 GB while the test runs."""

    def limit(size: str) -> None:
        subprocess.run(
            ["docker", "update", "--memory", size, "--memory-swap", size, lab.container("is1")],
            check=True,
            capture_output=True,
        )

    limit("3g")
    yield
    # An engine cannot take a limit away again; that of the machine is none.
    done = subprocess.run(["docker", "info", "-f", "{{.MemTotal}}"], check=True, capture_output=True, text=True)
    limit(done.stdout.strip())


def refused(lab: Lab, log: str, *arguments: str, inventory: Path = ROOT / "inventories/demo") -> Run:
    """A run that must stop with findings and must not have changed any host."""
    before = {node: lab.files(node) for node in HOSTS}
    run = lab.play("pattern2", *arguments, log=log, inventory=inventory)
    assert run.code not in (0, 4), run.output
    assert HEADER.search(run.output), run.output
    assert "Nothing was changed." in run.output
    assert run.changed == {}
    # Only the module that asks was executed.
    assert {item["module"] for item in run.executions} <= {"identityops.wso2is.host_info"}
    assert {node: lab.files(node) for node in HOSTS} == before
    return run


def rows(run: Run, *words: str) -> list[str]:
    """Rows of the table that have all the words; a finding spans several lines, to which an empty one puts the end."""
    header = HEADER.search(run.output)
    assert header, run.output
    table = run.output[header.end() :]
    found = [" ".join(block.split()) for block in re.split(r"\n\s*\n", table)]
    return [row for row in found if "error" in row and all(word in row for word in words)]


def test_port_conflict(lab: Lab) -> None:
    run = refused(lab, "broken-ports", "-e", "hazelcast_port=9443")
    # One mistake, one row.
    assert rows(run, "error is1, is2 port", "9443", "hazelcast_port"), run.output
    # Known from the inventory alone: no host was asked.
    assert run.executions == []


@pytest.mark.usefixtures("small_is1")
def test_host_with_3_gb(lab: Lab) -> None:
    run = refused(lab, "broken-memory", "-e", json.dumps({"wso2is_minimum_memory_mb": 4096, "is_node_heap_mb": 2048}))
    assert rows(run, "error is1 memory", "3072", "4096"), run.output
    assert not rows(run, "error is2 memory")


def test_one_node_cluster(lab: Lab, one_node: Path) -> None:
    run = refused(lab, "broken-topology", inventory=one_node)
    assert rows(run, "error deployment", "cluster", "wso2is_nodes"), run.output
    assert run.executions == []
