# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's own settings: what becomes of them, and what is found wrong with them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import explanation, servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.extra_settings import entry_problems
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from hypothesis import HealthCheck, given, settings
from test_catalogue import Site
from test_generated import EXTRA_SETTINGS

IDENTITY = "repository/conf/identity/identity.xml"
CARBON = "repository/conf/carbon.xml"
WORKER = "conf/worker/deployment.yaml"
PUBLISHER = "repository/deployment/server/eventpublishers/IsAnalytics-Publisher-wso2event-UserData.xml"
TOKENS = {"file": IDENTITY, "place": "Server/OAuth/AccessTokenDefaultValidityPeriod", "value": 900}


@pytest.fixture
def site(practice: Path, tmp_path: Path) -> Site:
    return Site(practice, tmp_path)


def model(site: Site) -> dict[str, Any]:
    return topology(site.hosts, site.nodes, site.workers, site.dashboards, site.balancers, pattern=site.pattern)


def contents(deployment: dict[str, Any], host: str, kind: str) -> dict[str, bytes]:
    return {item.path: item.content for item in servers.rendered(deployment, host, kind)}


# What becomes of them


def test_written_beside_those_of_the_collection(site: Site) -> None:
    before = contents(model(site), "is1", "is")
    site.set(
        is_node_extra_settings=[
            TOKENS,
            {"file": CARBON, "place": "Server/ItemsPerPage", "value": "7 < 8"},
            {
                "file": CARBON,
                "kind": "add",
                "place": "Server",
                "value": {"tag": "Mine", "attributes": {"a": "b"}, "text": "x"},
            },
            {"file": CARBON, "kind": "remove", "place": "Server/IsCloudDeployment"},
            {
                "file": "repository/conf/log4j.properties",
                "kind": "add",
                "place": "log4j.logger.org.example",
                "value": "DEBUG",
            },
        ]
    )

    assert site.findings() == []
    after = contents(model(site), "is2", "is")
    assert b"<AccessTokenDefaultValidityPeriod>900<" in after[IDENTITY]
    assert b"<ItemsPerPage>7 &lt; 8<" in after[CARBON]
    assert b'<Mine a="b">x</Mine>' in after[CARBON]
    assert b"IsCloudDeployment" not in after[CARBON]
    assert b"log4j.logger.org.example=DEBUG" in after["repository/conf/log4j.properties"]
    assert b"<HostName>login.example.org<" in after[CARBON]
    changed = {path for path, data in contents(model(site), "is1", "is").items() if data != before[path]}
    assert changed == {IDENTITY, CARBON, "repository/conf/log4j.properties"}


def test_a_file_that_the_collection_leaves_alone(site: Site) -> None:
    path = "repository/conf/datasources/metrics-datasources.xml"
    place = "datasources-configuration/datasources/datasource/definition/configuration/maxActive"
    site.set("is2", is_node_extra_settings=[{"file": path, "place": place, "value": 7}])
    deployment = model(site)

    assert site.findings() == []
    assert path not in contents(deployment, "is1", "is")
    assert b"<maxActive>7</maxActive>" in contents(deployment, "is2", "is")[path]


def test_shown_by_render_and_explain_and_masked(site: Site) -> None:
    site.set(
        is_node_extra_settings=[
            {**TOKENS, "why": "Our policy."},
            {"file": CARBON, "place": "Server/ServerKey", "value": "Plain-1", "secret": True, "effect": "none"},
        ]
    )
    deployment = model(site)

    rendered = b"".join(base64.b64decode(item["content"]) for item in servers.rendered_everywhere(deployment))
    rows = {row["place"]: row for row in explanation.explained_host(deployment, "is1")["servers"][0]["settings"]}
    bundle = servers.server_bundle(deployment, "is1", "is", "", "", "")
    (carbon,) = (item for item in bundle["files"] if item["path"] == CARBON)

    assert b"<AccessTokenDefaultValidityPeriod>900<" in rendered
    assert b"<ServerKey>********<" in rendered
    assert b"Plain-1" not in rendered
    assert b"Plain-1" in contents(deployment, "is1", "is")[CARBON]
    mine = rows["Server/OAuth/AccessTokenDefaultValidityPeriod"]
    assert (mine["shipped"], mine["value"], mine["why"]) == ("3600", 900, "Our policy.")
    assert mine["source"] == "is_node_extra_settings, entry 1"
    secret = rows["Server/ServerKey"]
    assert (secret["shipped"], secret["value"], secret["effect"]) == ("********", "********", "none")
    assert secret["why"] == "Asked for in the inventory."
    assert any(mask[0].endswith("<ServerKey>") for mask in carbon["masks"])


def test_what_is_shared_has_one_writer_and_is_compared_by_meaning(site: Site) -> None:
    entry = {"file": PUBLISHER, "place": "eventPublisher/@statistics", "value": "enable"}
    site.set(is_node_extra_settings=[entry])
    site.pattern = 1
    site.workers, site.dashboards = [], []
    deployment = model(site)

    assert b'statistics="enable"' in contents(deployment, "is1", "is")[PUBLISHER]
    assert PUBLISHER not in contents(deployment, "is2", "is")
    (item,) = (item for item in servers.rendered(deployment, "is1", "is") if item.path == PUBLISHER)
    assert item.compare == "meaning"


def test_each_runtime_takes_what_is_its_own(site: Site) -> None:
    both = "resources/extra.properties"
    entries = [
        {"file": WORKER, "place": "wso2.carbon/name", "value": "w"},
        {"file": "conf/dashboard/deployment.yaml", "place": "wso2.carbon/name", "value": "d"},
        {"file": both, "place": "a", "value": "b"},
    ]
    site.set(analytics_extra_settings=entries)
    on = model(site)["hosts"]["an1"]["servers"]

    assert [each["file"] for each in on["worker"]["extra_settings"]["settings"]] == [WORKER, both]
    assert [each["file"] for each in on["dashboard"]["extra_settings"]["settings"]] == [
        "conf/dashboard/deployment.yaml",
        both,
    ]
    site.set(analytics_extra_settings=entries[:2])
    assert site.findings() == []


def test_a_place_twice_in_a_release_is_seen_for_each_kind_of_server(site: Site) -> None:
    site.set(analytics_extra_settings=[{"file": WORKER, "place": "wso2.carbon/absent/x", "value": 1}])

    (row,) = site.findings()
    assert row["host"] == "an1, an2"
    assert row["found"].startswith(
        "analytics_extra_settings, entry 1: conf/worker/deployment.yaml wso2.carbon/absent/x"
    )


# What is wrong with an entry by itself

SHAPES: list[tuple[dict[Any, Any], str, str]] = [
    ({**TOKENS, "plase": "x"}, "unknown key plase", "Did you mean place?"),
    ({**TOKENS, "when": "x"}, "unknown key when", "Correct entry 2"),
    ({"place": "a", "value": 1}, "it has no file", "Correct entry 2"),
    ({"file": IDENTITY, "value": 1}, "it has no place", "Correct entry 2"),
    ({"file": IDENTITY, "place": "a"}, "it has no value", "Correct entry 2"),
    ({**TOKENS, "kind": "create"}, "kind is 'create'", "Correct entry 2"),
    ({**TOKENS, "secret": "yes"}, "secret is 'yes'", "Correct entry 2"),
    ({**TOKENS, "effect": "restart"}, "effect is 'restart'", "Correct entry 2"),
    ({**TOKENS, "why": 7}, "why is no text", "Correct entry 2"),
    ({**TOKENS, "value": 0.5}, "value is of type float", "Correct entry 2"),
    ({**TOKENS, "value": {"tag": "Plain-1"}}, "value is of type dict", "Correct entry 2"),
    ({**TOKENS, "value": ["Plain-1"], "secret": True}, "value is of type list", "Correct entry 2"),
    *(
        ({**TOKENS, "file": path}, "file is ", "Correct entry 2")
        for path in (
            "/etc/passwd",
            "../x.xml",
            "repository/../../x.xml",
            "repository/./conf/carbon.xml",
            "repository//conf/carbon.xml",
            "repository/conf/",
            "..",
            ".",
            "",
            "a\x00b.xml",
            7,
        )
    ),
]


@pytest.mark.parametrize(("entry", "found", "remedy"), SHAPES)
def test_an_entry_that_is_none(site: Site, entry: dict[Any, Any], found: str, remedy: str) -> None:
    site.set(is_node_extra_settings=[TOKENS, entry])

    (row,) = site.findings()

    assert (row["severity"], row["host"], row["check"]) == ("error", "is1, is2", "extra settings")
    assert row["found"].startswith("is_node_extra_settings, entry 2: " + found)
    assert remedy in row["remedy"]
    assert "is_node_extra_settings" in row["remedy"]
    assert "Plain-1" not in str(row)


def test_something_else_than_mappings(site: Site) -> None:
    site.set(is_node_extra_settings=[TOKENS, "Plain-1"])
    (row,) = site.findings()
    assert row["check"] == "variables"
    assert row["found"] == "element 2 of is_node_extra_settings is a value of type str"
    assert entry_problems("Plain-1")[0][0] == "it is no mapping"


# What is wrong with it in its file

PLACES: list[tuple[dict[str, Any], str, str]] = [
    ({**TOKENS, "place": "Server/OAuth/Absent"}, "found 0 times", "exactly once"),
    ({"file": CARBON, "place": "Server/Cache", "value": "x"}, "has child elements", "exactly once"),
    ({"file": CARBON, "place": "Server//x", "value": "x"}, "not a place", "exactly once"),
    ({"file": CARBON, "place": "Server/ItemsPerPage", "value": "a\x00"}, "U+0000", "a value that fits"),
    ({"file": CARBON, "place": "Server/HostName", "value": "x"}, "the collection itself sets Server/HostName", "alone"),
    (
        {"file": CARBON, "place": "/Server/HostName", "value": "x"},
        "the collection itself sets Server/HostName",
        "alone",
    ),
    (
        {"file": CARBON, "place": "Server/Security/KeyStore", "kind": "remove"},
        "the collection itself sets Server/Security/KeyStore/",
        "alone",
    ),
    ({**TOKENS, "value": 901}, "entry 1 of is_node_extra_settings already sets Server/OAuth/", "one setting"),
    ({"file": "repository/conf/absent.xml", "place": "a", "value": 1}, "it is not in the pack", "a file of the pack"),
    ({"file": "bin/README", "place": "a", "value": 1}, "it is not in the pack", "a file of the pack"),
    (
        {"file": "repository/conf/hazelcast.properties", "place": "a", "value": 1},
        "the collection writes this file itself",
        "a file of the pack",
    ),
    (
        {"file": "dbscripts/postgresql.sql", "place": "a", "value": 1},
        "files like this are not edited",
        "as an overlay",
    ),
]


@pytest.mark.parametrize(("entry", "found", "required"), PLACES)
def test_a_place_that_is_none(site: Site, entry: dict[str, Any], found: str, required: str) -> None:
    site.set(is_node_extra_settings=[TOKENS, entry])

    (row,) = site.findings()

    assert (row["severity"], row["host"], row["check"]) == ("error", "is1, is2", "extra settings")
    assert row["found"].startswith(f"is_node_extra_settings, entry 2: {entry['file']}")
    assert found in row["found"]
    assert required in row["required"]
    assert row["remedy"] == "Change or remove entry 2 of is_node_extra_settings."


def test_of_two_nodes_each_has_its_own(site: Site) -> None:
    site.set("is1", is_node_extra_settings=[TOKENS])
    site.set("is2", is_node_extra_settings=[{**TOKENS, "place": "Server.OAuth"}])

    (row,) = site.findings()
    assert row["host"] == "is2"


def test_a_pack_that_cannot_be_used_has_its_own_finding(site: Site) -> None:
    site.set(is_node_extra_settings=[{**TOKENS, "place": "Server/Absent"}], wso2is_pack="/absent.zip")
    assert [row["check"] for row in site.findings()] == ["pack"]

    site.set(wso2is_pack=site.hosts["is1"]["wso2is_analytics_pack"])
    site.checksum("wso2is_pack")
    assert [row["check"] for row in site.findings()] == ["pack"]


# Secrets in plain text


def test_a_secret_in_plain_text(site: Site) -> None:
    site.file(
        "group_vars/all/main.yml",
        """
is_node_extra_settings:
  - {file: a, place: b, value: open, secret: false}
  - {file: a, place: b, value: Plain-1, secret: true, why: because}
  - {file: a, place: b, value: "{{ vault_x }}", secret: true}
""",
    )
    (row,) = site.findings()
    assert (row["check"], row["severity"]) == ("plain text", "warning")
    assert row["found"].endswith("main.yml: is_node_extra_settings")
    assert "Plain-1" not in str(row)

    site.file("group_vars/all/main.yml", "is_node_extra_settings:\n  - {file: a, place: b, value: open}\n")
    assert site.findings() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=EXTRA_SETTINGS)
def test_any_entries_end_in_files_or_in_findings(site: Site, entries: list[dict[str, Any]]) -> None:
    site.set(is_node_extra_settings=entries, analytics_extra_settings=entries)

    found = site.findings()

    assert {row["check"] for row in found} <= {"extra settings", "variables"}
    if not found:
        deployment = model(site)
        for host in ("is1", "is2", "an1", "an2"):
            for kind in deployment["hosts"][host]["servers"]:
                assert servers.rendered(deployment, host, kind)
        assert explanation.explained_everywhere(deployment)
