# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input stops the role before it changes anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scenario import Scenario

VARIABLES = ("nodes", "drained", "sticky_cookie", "console_allowed_from", "public_http_port")
NODE = {"name": "is1", "address": "192.0.2.21"}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"load_balancer_nodes": []}, ("load_balancer_nodes", "at least one node")),
        ({"load_balancer_nodes": [{"name": "is1"}]}, ("load_balancer_nodes", "address")),
        ({"load_balancer_drained": ["is1", "is2"]}, ("load_balancer_drained", "all nodes")),
        ({"load_balancer_public_port": "https"}, ("load_balancer_public_port", "int")),
        (
            {
                "load_balancer_nodes": [NODE, NODE],
                "load_balancer_drained": ["is9"],
                "load_balancer_sticky_cookie": "WSO2-IS",
                "load_balancer_console_allowed_from": ["192.0.2.1/24"],
                "load_balancer_public_http_port": 443,
            },
            # Everything at once, in one table.
            (
                "is1, 2 times",
                "is9",
                "WSO2-IS",
                "192.0.2.1/24",
                "443 in",
                *(f"load_balancer_{name}" for name in VARIABLES),
            ),
        ),
        (
            {"load_balancer_upstream_ca": "/nowhere/ca.crt"},
            ("load_balancer_upstream_ca: /nowhere/ca.crt cannot be read", "a file on the control node"),
        ),
    ],
    ids=["no nodes", "no address", "all drained", "type", "several", "no file"],
)
def test_refused(
    scenario: Scenario, variables: dict[str, Any], words: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    log = "refused-" + request.node.callspec.id.replace(" ", "-")
    scenario.refuse("-e", json.dumps(variables), log=log, words=words)


def test_names_of_nodes_need_the_sticky_directive(scenario: Scenario) -> None:
    """Only nginx before 1.29.6 needs addresses."""
    nodes = {"load_balancer_nodes": [{"name": "is1", "address": "is1"}]}
    words = ("is1 has the host name is1", "1.22.1 has no sticky directive", "load_balancer_nodes")
    scenario.refuse("-e", json.dumps(nodes), "--limit", scenario.container("lb2"), log="refused-name", words=words)


def test_what_nginx_itself_refuses_never_takes_the_place_of_what_works(scenario: Scenario) -> None:
    include = {"load_balancer_includes": ["/etc/nginx/not-there.conf"]}
    scenario.refuse("-e", json.dumps(include), log="refused-include", words=("/etc/nginx/not-there.conf",))
