# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""identity_probe against a small deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product
from ansible_collections.identityops.wso2is.plugins.modules.identity_probe import Deployment, probe
from identity_fake import HOST, Fake


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    made = Fake(tmp_path)
    yield made
    made.close()


def look(fake: Fake, **changes: Any) -> dict[str, Any]:
    whole = fake.deployment()
    asked = Deployment(whole.site, whole.front, whole.nodes, whole.public_context, whole.node_context, 2)
    return probe(asked._replace(**changes))


def test_all_is_well(fake: Fake) -> None:
    assert look(fake) == {
        "ok": True,
        "issuer": f"https://{HOST}:{fake.port}/oauth2/token",
        "nodes": [{"name": name, "figures": 1, "answers": True, "problem": None} for name in ("is1", "is2")],
        "reasons": [],
    }


def test_clients_of_a_node_reach_it(fake: Fake) -> None:
    assert look(fake, sticky_cookie="ROUTE")["ok"]


def test_clients_of_a_node_reach_another_one(fake: Fake) -> None:
    fake.behaviour.only_first = True
    assert look(fake)["ok"]
    assert look(fake, sticky_cookie="ROUTE")["reasons"] == ["clients of is2 reach is1 through the load balancer"]


def test_a_load_balancer_that_answers_clients_of_a_node_with_an_error(fake: Fake) -> None:
    fake.behaviour.discovery = (502, {})
    reasons = look(fake, sticky_cookie="ROUTE")["reasons"]
    assert [reason.partition(":")[0] for reason in reasons[1:]] == [
        "is1 through the load balancer",
        "is2 through the load balancer",
    ]
    assert "status 502 instead of 200" in reasons[1]


def test_only_nodes(fake: Fake) -> None:
    fake.front.shutdown()
    fake.front.server_close()
    found = look(fake, front=None, sticky_cookie="ROUTE")
    assert (found["ok"], found["issuer"]) == (True, None)


def test_another_name_in_the_document(fake: Fake) -> None:
    fake.behaviour.public = "localhost"
    found = look(fake)
    assert not found["ok"]
    assert found["reasons"][0] == (
        f"the discovery document does not lead to https://{HOST}:{fake.port}: authorization_endpoint: https://localhost:{fake.port}"
    )


def test_health_checks_that_are_switched_off(fake: Fake) -> None:
    fake.behaviour.health = False
    assert [reason.partition(":")[0] for reason in look(fake)["reasons"]] == ["health of is1", "health of is2"]
    assert [node["answers"] for node in look(fake)["nodes"]] == [True, True]
    assert "switched off" in look(fake)["reasons"][0]


def test_a_node_and_the_load_balancer_are_down(fake: Fake) -> None:
    for server in (fake.front, fake.nodes[1].server):
        server.shutdown()
        server.server_close()
    found = look(fake)
    assert found["issuer"] is None
    assert [reason.split(" (")[0] for reason in found["reasons"]] == [
        f"https://{HOST}:{fake.port}: GET {product.DISCOVERY} at the load balancer",
        f"health of is2: GET {product.HEALTH} at is2",
    ]
    assert [node["answers"] for node in found["nodes"]] == [True, False]


def test_nodes_with_a_certificate_of_somebody_else_answer(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Fake(tmp_path / "other")
    found = look(fake, node_context=other.deployment().node_context)
    other.close()
    assert [node["answers"] for node in found["nodes"]] == [True, True]
    assert all("certificate" in node["problem"] for node in found["nodes"])


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, {"health": [{"key": "a", "value": "1"}]}, None),
        (200, {"health": []}, "switched off"),
        (200, [], "switched off"),
        (
            503,
            {"errors": [{"code": "HC_00001", "message": "m", "description": "jdbc/X: gone"}]},
            "status 503: HC_00001 jdbc/X: gone",
        ),
        (503, {}, "status 503"),
        (404, "text", "status 404"),
    ],
)
def test_health_answers(status: int, body: Any, problem: str | None) -> None:
    said = product.health_problem(product.Answer(status, [], json.dumps(body).encode()))
    assert said == problem if problem is None else problem in str(said)


def test_an_answer_that_is_no_json() -> None:
    assert product.health_problem(product.Answer(200, [], b"<html>")) == "the answer is not JSON: "


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://login.example.test/oauth2/token", True),
        ("https://login.example.test:443/oauth2/token", True),
        ("https://LOGIN.example.test:443/oauth2/token", True),
        ("https://login.example.test:9443/oauth2/token", False),
        ("http://login.example.test:443/oauth2/token", False),
        ("https://localhost/oauth2/token", False),
    ],
)
def test_urls_of_the_public_host(url: str, fits: bool) -> None:
    site = product.Site("login.example.test", 443)
    assert (product.foreign_urls({"issuer": url, "scopes_supported": ["openid"]}, site) == []) is fits
