# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two nodes in one cluster behind a load balancer, without Analytics."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl

import pytest
from converged import IS_NODES, ROOT, execution_limit
from scenario import Scenario

HOSTS = (*IS_NODES, "lb1")


def test_cost_of_an_unchanged_run(scenario: Scenario) -> None:
    run = scenario.unchanged_run
    assert set(run.stats) == set(HOSTS)
    found = {host: run.executions_on(host) for host in HOSTS}
    assert {host: items for host, items in found.items() if not 0 < len(items) <= execution_limit(host)} == {}


@pytest.mark.parametrize("node", IS_NODES)
def test_node(scenario: Scenario, node: str) -> None:
    host = scenario.host(node)
    service = host.service("wso2is")
    assert service.is_running and service.is_enabled
    assert scenario.unit(node, "wso2is", "NRestarts") == {"NRestarts": "0"}
    assert host.mount_point("/mnt/wso2is-shared").exists
    userstores = host.file("/opt/wso2/is/current/repository/deployment/server/userstores")
    assert userstores.linked_to == "/mnt/wso2is-shared/userstores"


@pytest.mark.parametrize("node", IS_NODES)
def test_no_event_leaves_the_node(scenario: Scenario, node: str) -> None:
    properties = scenario.on(node, "cat", "/opt/wso2/is/current/repository/conf/identity/identity-event.properties")
    enabled = [line for line in properties.splitlines() if "analytics" in line.lower() and line.endswith("enable=true")]
    assert enabled == []


def test_members_are_connected(scenario: Scenario) -> None:
    """One connection or more between the members' ports, and none to anything else."""
    network = os.environ["LAB_NETWORK"]
    ours = {f"{network}.21", f"{network}.22"}
    lines = scenario.on("is1", "ss", "-Htn", "state", "established", "( sport = :4000 or dport = :4000 )").splitlines()
    peers = {line.split()[3].rsplit(":", 1)[0].removeprefix("[::ffff:").removesuffix("]") for line in lines}
    assert peers == ours - {f"{network}.21"}


def test_public_address_answers(scenario: Scenario) -> None:
    tls = ssl.create_default_context(cafile=str(scenario.scratch / "ca/ca.crt"))
    connection = http.client.HTTPConnection(scenario.public_host, scenario.public_port)
    stream = socket.create_connection((f"{os.environ['LAB_NETWORK']}.11", scenario.public_port), timeout=30)
    connection.sock = tls.wrap_socket(stream, server_hostname=scenario.public_host)
    connection.request("GET", "/oauth2/oidcdiscovery/.well-known/openid-configuration")
    answer = connection.getresponse()
    assert answer.status == 200
    endpoint = json.loads(answer.read())["token_endpoint"]
    assert endpoint == f"https://{scenario.public_host}:{scenario.public_port}/oauth2/token"


def test_verify_reads_only(scenario: Scenario) -> None:
    run = scenario.run(ROOT / "playbooks/verify.yml", *scenario.arguments, "-e", "wso2is_pattern=1", log="verify")
    assert run.code == 0 and run.changed == {}, run.output[-5000:]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"wso2is_admin_pasword": "x"}, ("wso2is_admin_pasword", "wso2is_admin_password")),
        ({"artifact_sync_path": ""}, ("artifact_sync_path",)),
    ],
)
def test_bad_input_is_refused(
    scenario: Scenario, variables: dict[str, str], words: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    scenario.refuse("-e", json.dumps(variables), log=f"refused-{next(iter(variables))}", words=words)
