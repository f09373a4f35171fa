# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that grows or shrinks restarts nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import sample

SERVERS = [("is1", "is"), ("is2", "is"), ("an1", "worker"), ("an2", "worker"), ("an1", "dashboard")]


@pytest.fixture(scope="module")
def deployments(practice: Path) -> list[dict[str, Any]]:
    """The same one with two nodes and with three."""
    hosts = sample.hostvars(practice)
    hosts["is3"] = {**hosts["is2"], "ansible_host": "192.0.2.23"}
    return [
        topology(hosts, nodes, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)
        for nodes in (sample.NODES, [*sample.NODES, "is3"])
    ]


@pytest.mark.parametrize(("host", "kind"), SERVERS)
def test_what_a_start_reads_does_not_change(deployments: list[dict[str, Any]], host: str, kind: str) -> None:
    bundles = [servers.server_bundle(deployment, host, kind, "/jdk", "unit", "control") for deployment in deployments]
    reads = [
        {item["path"]: item.get("counted", item["content"]) for item in bundle["files"] if item["effect"] == "start"}
        for bundle in bundles
    ]

    assert [path for path in reads[1] if reads[0].get(path) != reads[1][path]] == []
    for key in ("release", "watched", "links", "java_home"):
        assert bundles[0][key] == bundles[1][key]


def test_every_node_learns_of_the_new_one(deployments: list[dict[str, Any]]) -> None:
    for host in ("is1", "is2", "is3"):
        (conf,) = (
            file for file in servers.rendered(deployments[1], host, "is") if file.path.endswith("axis2/axis2.xml")
        )
        assert b"192.0.2.23" in conf.content
        assert conf.effect == "start"
