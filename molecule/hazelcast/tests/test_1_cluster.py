# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster as its members see it, and what is refused."""

from __future__ import annotations

import pytest
from scenario import Scenario

NODES = ("is1", "is2")
LOG = "/opt/wso2/is/current/repository/logs/wso2carbon.log"


@pytest.mark.parametrize(("node", "other"), [NODES, NODES[::-1]])
def test_members_are_connected(scenario: Scenario, node: str, other: str) -> None:
    lines = scenario.on(node, "ss", "-Htn", "state", "established").splitlines()
    address = scenario.on(other, "hostname", "-i").split()[0]
    ends = [line.split()[-2:] for line in lines]
    assert any(
        remote.startswith(f"{address}:") and (own.endswith(":4000") or remote.endswith(":4000")) for own, remote in ends
    ), f"{node} has no connection to {other}: {lines}"


@pytest.mark.parametrize("node", NODES)
def test_the_last_list_of_members_has_both(scenario: Scenario, node: str) -> None:
    assert scenario.on(node, "grep", "-o", r"^Members \[[0-9]*\]", LOG).splitlines()[-1] == "Members [2]"


@pytest.mark.parametrize("node", NODES)
def test_settings(scenario: Scenario, node: str) -> None:
    home = scenario.host(node).file("/opt/wso2/is/current").linked_to
    axis2 = scenario.on(node, "cat", f"{home}/repository/conf/axis2/axis2.xml")
    assert '<parameter name="membershipScheme">wka</parameter>' in axis2
    assert f'<parameter name="localMemberHost">{scenario.on(node, "hostname", "-i").split()[0]}</parameter>' in axis2
    properties = scenario.on(node, "cat", f"{home}/repository/conf/hazelcast.properties").splitlines()
    assert "hazelcast.max.no.heartbeat.seconds=10" in properties


def test_cost_of_an_unchanged_run(scenario: Scenario) -> None:
    """The role itself costs one execution a node."""
    views = [item for item in scenario.unchanged_run.executions if item["module"].endswith("cluster_view")]
    assert sorted(item["host"] for item in views) == list(NODES)


def test_a_port_that_is_taken_is_refused(scenario: Scenario) -> None:
    words = ("hazelcast_port", "9443", "Nothing was changed.")
    scenario.refuse("-e", "hazelcast_port=9443", log="refused-port", words=words)


def test_a_port_that_is_no_number_is_refused(scenario: Scenario) -> None:
    words = ("hazelcast_port", "'lots'", "a whole number", "Nothing was changed.")
    scenario.refuse("-e", "hazelcast_port=lots", log="refused-type", words=words)
