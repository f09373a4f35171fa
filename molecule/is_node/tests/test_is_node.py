# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two nodes that run on one set of databases, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from scenario import Scenario

NODES = ("is1", "is2")
ADMIN = "admin:Lab-admin-1"
USER = {"userName": "molecule", "password": "Molecule-1", "name": {"givenName": "Mole", "familyName": "Cule"}}


@pytest.mark.parametrize("node", NODES)
def test_unit_runs_unprivileged(scenario: Scenario, node: str) -> None:
    service = scenario.host(node).service("wso2is")
    assert service.is_running
    assert service.is_enabled
    assert scenario.unit(node, "wso2is", "User", "Group", "NRestarts", "ProtectSystem") == {
        "User": "wso2carbon",
        "Group": "wso2",
        "NRestarts": "0",
        "ProtectSystem": "strict",
    }


@pytest.mark.parametrize("node", NODES)
def test_release_of_the_pack(scenario: Scenario, node: str) -> None:
    host = scenario.host(node)
    line = next(
        line
        for line in (scenario.scratch / "packs/SHA256SUMS").read_text().splitlines()
        if line.endswith(" wso2is-5.8.0.zip")
    )
    release = host.file("/opt/wso2/is/current").linked_to
    assert release.rpartition("-")[0] == f"/opt/wso2/is/releases/wso2is-5.8.0-{line[:12]}"
    assert "WSO2 Identity Server v5.8.0" in host.file("/opt/wso2/is/current/bin/version.txt").content_string
    assert not host.file("/opt/wso2/is/staging").exists


@pytest.mark.parametrize("node", NODES)
def test_ports(scenario: Scenario, node: str) -> None:
    found = scenario.listening(node)
    assert {9443, 9763, 4000} <= found
    assert not found & {10389, 7611, 7711}, "the embedded directory and the receivers are off"


@pytest.mark.parametrize("node", NODES)
def test_health(scenario: Scenario, node: str) -> None:
    assert scenario.ask(node, "https://localhost:9443/api/health-check/v1.0/health").status == 200


def test_a_user_made_on_one_node_logs_in_on_the_other(scenario: Scenario) -> None:
    url = "https://localhost:9443/scim2/Users"
    made = scenario.ask("is1", url, user=ADMIN, data=USER, content_type="application/scim+json")
    assert made.status == 201, made.body
    own = scenario.ask("is2", "https://localhost:9443/scim2/Me", user=f"{USER['userName']}:{USER['password']}")
    assert own.status == 200, own.body
    assert json.loads(own.body)["name"]["familyName"] == "Cule"
    wrong = scenario.ask("is2", "https://localhost:9443/scim2/Me", user=f"{USER['userName']}:Molecule-2")
    assert wrong.status == 401
    gone = scenario.ask("is2", f"{url}/{json.loads(made.body)['id']}", user=ADMIN, method="DELETE")
    assert gone.status == 204, gone.body


def test_cost_of_an_unchanged_run(scenario: Scenario) -> None:
    run = scenario.unchanged_run
    # preflight, schemas on the first node, jdk, release, shared files, files
    assert (len(run.executions_on("is1")), len(run.executions_on("is2"))) == (6, 5), run.executions


def test_a_heap_that_is_no_number_is_refused(scenario: Scenario) -> None:
    words = ("is_node_heap_mb", "'lots'", "a whole number", "Nothing was changed.")
    scenario.refuse("-e", "is_node_heap_mb=lots", log="refused-heap", words=words)


def test_a_misspelt_variable_is_refused(scenario: Scenario) -> None:
    words = ("is_node_heap_md", "is_node_heap_mb", "a variable of this collection", "Nothing was changed.")
    scenario.refuse("-e", "is_node_heap_md=512", log="refused-name", words=words)


def test_a_password_that_does_not_open_the_keystore_is_refused(scenario: Scenario) -> None:
    words = ("wso2is_keystore_password", "does not open", "the password of the store", "Nothing was changed.")
    scenario.refuse("-e", "wso2is_keystore_password=another", log="refused-keystore", words=words)


def test_without_jdk_the_role_says_what_it_needs(scenario: Scenario, tmp_path: Path) -> None:
    roles = [
        {"role": "identityops.wso2is.preflight", "preflight_is_nodes": "{{ groups['wso2is_nodes'] }}"},
        {"role": "identityops.wso2is.is_node"},
    ]
    play = {"hosts": "wso2is_nodes", "gather_facts": False, "roles": roles}
    (tmp_path / "alone.yml").write_text(yaml.safe_dump([play]))
    words = ("is_node_java_home is empty", "run the role jdk before")
    scenario.refuse(log="refused-alone", words=words, playbook=tmp_path / "alone.yml")
