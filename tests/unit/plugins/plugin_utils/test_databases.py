# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases in the model: addresses by type, pools, and what all pools may open on a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import sample

ACCOUNT = {"username": "o", "password": "p"}


def compute(folder: Path, analytics: bool = True, **changes: Any) -> dict[str, Any]:
    lists = (sample.WORKERS, sample.DASHBOARDS) if analytics else ([], [])
    return topology(sample.hostvars(folder, **changes), sample.NODES, *lists, sample.BALANCERS)


def cache_id(deployment: dict[str, Any], host: str) -> str:
    registry = deployment["hosts"][host]["servers"]["is"]["fields"]["registry"]
    return next(child["text"] for child in registry[1]["children"] if child["tag"] == "cacheId")


def test_several_servers_in_one_url(tmp_path: Path) -> None:
    url = "jdbc:postgresql://a.test,b.test:6432/is?targetServerType=primary"
    given = {**sample.databases(), "user": {**ACCOUNT, "url": url}}

    deployment = compute(tmp_path, wso2is_databases=given)

    assert deployment["findings"] == []
    user = deployment["databases"]["user"]
    assert user["url"] == url
    assert user["servers"] == [{"host": "a.test", "port": 5432}, {"host": "b.test", "port": 6432}]
    assert (user["host"], user["port"], user["name"]) == ("a.test", 5432, "is")
    assert cache_id(deployment, "is1") == cache_id(deployment, "is2") == f"o@{url}"


def test_an_oracle_instance(tmp_path: Path) -> None:
    given = {**sample.databases(), "user": {**ACCOUNT, "sid": "IS", "host": "ora.test", "port": 1600}}

    databases = compute(tmp_path, wso2is_databases=given, wso2is_database_type="oracle")["databases"]

    assert databases["user"]["url"] == "jdbc:oracle:thin:@ora.test:1600:IS"
    assert databases["identity"]["url"] == "jdbc:oracle:thin:@//db.example.org:1521/identity_db"


@pytest.mark.parametrize(
    ("kind", "port"), [("postgresql", 5432), ("mysql", 3306), ("mariadb", 3306), ("oracle", 1521), ("mssql", 1433)]
)
def test_every_type_has_its_port(tmp_path: Path, kind: str, port: int) -> None:
    databases = compute(tmp_path, wso2is_database_type=kind)["databases"]
    other = compute(tmp_path, wso2is_database_type=kind, wso2is_database_port=7000)["databases"]

    assert {database["port"] for database in databases.values()} == {port}
    assert all(f":{port}" in database["url"] for database in databases.values())
    assert {database["port"] for database in other.values()} == {7000}


def test_connections_of_all_pools(tmp_path: Path) -> None:
    # Two nodes; two workers with three pools, a dashboard with one.
    assert compute(tmp_path)["pools"] == [
        {
            "host": "db.example.org",
            "port": 5432,
            "type": "postgresql",
            "name": "user_db",
            "connections": 2 * (50 + 50 + 100) + 2 * 3 * 10 + 10,
            "purposes": ["user", "identity", "workflow", "analytics", "analytics_cluster", "analytics_persistence"],
        }
    ]


def test_connections_of_separate_databases_and_servers(tmp_path: Path) -> None:
    names = ("user", "registry", "identity", "consent", "workflow")
    given: dict[str, Any] = {name: {**ACCOUNT, "name": name, "pool": {"max_active": 3}} for name in names}
    given["workflow"]["host"] = "w.test"
    given["identity"] = {**ACCOUNT, "url": "jdbc:postgresql://w.test,v.test:6432/i", "pool": {"max_active": 4}}

    pools = compute(tmp_path, analytics=False, wso2is_databases=given)["pools"]

    assert {(pool["host"], pool["port"]): (pool["connections"], pool["purposes"]) for pool in pools} == {
        ("db.example.org", 5432): (18, ["user", "registry", "consent"]),
        ("w.test", 5432): (14, ["identity", "workflow"]),
        ("v.test", 6432): (8, ["identity"]),
    }


def test_a_host_with_pools_of_its_own_size(tmp_path: Path) -> None:
    given = sample.databases(analytics_cluster={"max_active": 2})
    hostvars = sample.hostvars(tmp_path, wso2is_databases=given)
    hostvars["an2"]["analytics_database_pool"] = 20

    found = topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)

    assert found["pools"][0]["connections"] == 400 + (10 + 2 + 10) + (20 + 2 + 20) + 10
    pools = found["hosts"]["an2"]["servers"]["worker"]["fields"]["pools"]
    assert pools == {"analytics": 20, "analytics_cluster": 2, "analytics_persistence": 20}


@pytest.mark.parametrize(
    ("pool", "idle"),
    [({}, "20"), ({"max_active": 8}, "8"), ({"min_idle": 30}, "30"), ({"max_active": 25, "min_idle": 25}, "25")],
)
def test_idle_connections_of_workflows(tmp_path: Path, pool: dict[str, int], idle: str) -> None:
    found = compute(tmp_path, wso2is_databases=sample.databases(workflow=pool))

    assert found["hosts"]["is1"]["servers"]["is"]["fields"]["workflow"]["pool"]["max_idle"] == idle


def test_schemas_on_several_servers(practice: Path) -> None:
    url = "jdbc:postgresql://a.test,b.test:6432/is?targetServerType=primary"
    given = {**sample.databases(), "user": {**ACCOUNT, "url": url}}

    first = servers.schemas(compute(practice, wso2is_databases=given))[0]["database"]

    assert (first["host"], first["port"], first["name"]) == ("a.test,b.test", "5432,6432", "is")


def test_schemas_of_a_type_that_has_none_here(practice: Path) -> None:
    with pytest.raises(servers.DeploymentError, match="created on postgresql, not on oracle"):
        servers.schemas(compute(practice, wso2is_database_type="oracle"))
