# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every type of database in the vendor's own files: each place that tells a server of one, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import expected, places, sample
from settings.test_vendor_files import VENDOR, compute

pytestmark = pytest.mark.skipif(
    not VENDOR, reason="VENDOR_CONFIG does not name the folder with the vendor's configuration files"
)
MASTER = "repository/conf/datasources/master-datasources.xml"
BPS = "repository/conf/datasources/bps-datasources.xml"
REGISTRY = "repository/conf/registry.xml"
YAML = "wso2.datasources/dataSources/name={}/definition/configuration/"

# Driver, URL of a database, and query, from the documentation of product and drivers.
TYPES = {
    "postgresql": ("org.postgresql.Driver", "jdbc:postgresql://db.example.org:5432/{}", "SELECT 1"),
    "mysql": ("com.mysql.jdbc.Driver", "jdbc:mysql://db.example.org:3306/{}", "SELECT 1"),
    "mariadb": ("com.mysql.jdbc.Driver", "jdbc:mysql://db.example.org:3306/{}", "SELECT 1"),
    "oracle": ("oracle.jdbc.OracleDriver", "jdbc:oracle:thin:@//db.example.org:1521/{}", "SELECT 1 FROM DUAL"),
    "mssql": (
        "com.microsoft.sqlserver.jdbc.SQLServerDriver",
        "jdbc:sqlserver://db.example.org:1433;databaseName={};SendStringParametersAsUnicode=false",
        "SELECT 1",
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("types")
    sample.vendor_packs(Path(VENDOR), found)
    return found


def rendered(deployment: dict[str, Any], host: str, kind: str) -> dict[str, bytes]:
    return {item.path: item.content for item in servers.rendered(deployment, host, kind)}


def errors(deployment: dict[str, Any]) -> list[str]:
    return [row["found"] for row in deployment["findings"] if row["severity"] == "error"]


@pytest.mark.parametrize("kind", TYPES)
def test_values_of_a_type(folder: Path, kind: str) -> None:
    driver, url, query = TYPES[kind]
    deployment = compute(folder, wso2is_database_type=kind)
    assert errors(deployment) == []
    node, worker = rendered(deployment, "is2", "is"), rendered(deployment, "an1", "worker")
    dashboard = rendered(deployment, "an1", "dashboard")
    for file, name, database in (
        (MASTER, "WSO2_USER_DB", "user_db"),
        (MASTER, "WSO2_IDENTITY_DB", "identity_db"),
        (BPS, "BPS_DS", "workflow_db"),
    ):
        base = f"datasources/datasource[name='{name}']/definition/configuration"
        for tag, wanted in (("driverClassName", driver), ("url", url.format(database)), ("validationQuery", query)):
            assert places.values(file, node[file], f"{base}/{tag}") == [wanted], (name, tag)
    assert places.values(REGISTRY, node[REGISTRY], "remoteInstance/cacheId") == [f"user_owner@{url.format('user_db')}"]
    for file, content, name, database in (
        ("conf/worker/deployment.yaml", worker, "IS_ANALYTICS_DB", "analytics_db"),
        ("conf/worker/deployment.yaml", worker, "WSO2_CLUSTER_DB", "analytics_cluster_db"),
        ("conf/worker/deployment.yaml", worker, "WSO2_PERSISTENCE_DB", "analytics_persistence_db"),
        ("conf/dashboard/deployment.yaml", dashboard, "IS_ANALYTICS_DB", "analytics_db"),
    ):
        for key, wanted in (("driverClassName", driver), ("jdbcUrl", url.format(database))):
            assert places.values(file, content[file], YAML.format(name) + key) == [wanted], (name, key)
        # Without a query the pool asks the driver whether a connection is alive.
        queries = places.values(file, content[file], YAML.format(name) + "connectionTestQuery")
        assert queries == ([] if name == "IS_ANALYTICS_DB" else [query]), name


URLS = {
    "postgresql": "jdbc:postgresql://a.test:5432,b.test:5432/is?targetServerType=primary&ApplicationName=a b",
    "mysql": "jdbc:mysql:replication://a.test:3306,b.test:3306/is?useSSL=true&requireSSL=true",
    "oracle": "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=a.test)(PORT=1521))"
    "(ADDRESS=(PROTOCOL=TCP)(HOST=b.test)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=is)))",
    "mssql": "jdbc:sqlserver://a.test:1433;databaseName=is;failoverPartner=b.test;applicationName={<x>}",
}


@pytest.mark.parametrize("kind", URLS)
def test_a_url_arrives_as_it_is_written(folder: Path, kind: str) -> None:
    url = URLS[kind]
    given = {name: {"username": "o", "password": "p", "url": url} for name in sample.databases()}
    deployment = compute(folder, wso2is_database_type=kind, wso2is_databases=given, wso2is_database_host="")
    assert errors(deployment) == []
    nodes = [rendered(deployment, host, "is") for host in ("is1", "is2")]
    for node in nodes:
        base = "datasources/datasource[name='WSO2_USER_DB']/definition/configuration"
        assert places.values(MASTER, node[MASTER], f"{base}/url") == [url]
        assert places.values(BPS, node[BPS], "datasources/datasource/definition/configuration/url") == [url]
        assert places.values(REGISTRY, node[REGISTRY], "remoteInstance/cacheId") == [f"o@{url}"]
    file = "conf/worker/deployment.yaml"
    worker = rendered(deployment, "an2", "worker")[file]
    for name in ("IS_ANALYTICS_DB", "WSO2_CLUSTER_DB", "WSO2_PERSISTENCE_DB"):
        assert places.values(file, worker, YAML.format(name) + "jdbcUrl") == [url]


JNDI = {
    "user": "jdbc/WSO2UserDB",
    "registry": "jdbc/WSO2RegistryDB",
    "identity": "jdbc/WSO2IdentityDB",
    "consent": "jdbc/WSO2ConsentDB",
}


@pytest.mark.parametrize("separate", [[], ["registry"], ["consent"], ["registry", "consent"]], ids="-".join)
def test_separate_and_joint_databases(folder: Path, separate: list[str]) -> None:
    own = ["user", "identity", "workflow", *separate]
    given = {name: {"name": name, "username": f"{name}_u", "password": "x"} for name in own}
    hostvars = sample.hostvars(folder, wso2is_databases=given)
    deployment = topology(hostvars, sample.NODES, [], [], sample.BALANCERS)
    files = rendered(deployment, "is1", "is")
    registry, consent = "registry" if "registry" in own else "user", "consent" if "consent" in own else "identity"

    def values(path: str, place: str) -> list[Any]:
        return places.values(path, files[path], place)

    assert errors(deployment) == []
    assert sorted(values(MASTER, "datasources/datasource/jndiConfig/name")) == sorted(
        ["jdbc/WSO2CarbonDB", *(JNDI[name] for name in own if name in JNDI)]
    )
    assert values(BPS, "datasources/datasource/definition/configuration/username") == ["workflow_u"]
    conf = "repository/conf"
    assert values(f"{conf}/user-mgt.xml", "Realm/Configuration/Property[@name='dataSource']") == [JNDI["user"]]
    assert values(REGISTRY, "dbConfig[@name='sharedregistry']/dataSource") == [JNDI[registry]]
    assert values(REGISTRY, "dbConfig[@name='wso2registry']/dataSource") == ["jdbc/WSO2CarbonDB"]
    cache = f"{registry}_u@jdbc:postgresql://db.example.org:5432/{registry}"
    assert values(REGISTRY, "remoteInstance/cacheId") == [cache]
    for path in ("identity", "thrift-authentication"):
        name = values(f"{conf}/identity/{path}.xml", "JDBCPersistenceManager/DataSource/Name")
        assert name == [JNDI["identity"]]
    assert values(f"{conf}/consent-mgt-config.xml", "DataSource/Name") == [JNDI[consent]]


def test_all_in_one_database(folder: Path) -> None:
    one = {"name": "all", "username": "o", "password": "p"}
    given = dict.fromkeys(("user", "identity", "workflow"), one)
    deployment = topology(sample.hostvars(folder, wso2is_databases=given), sample.NODES, [], [], sample.BALANCERS)
    files = rendered(deployment, "is1", "is")
    url = "jdbc:postgresql://db.example.org:5432/all"

    assert errors(deployment) == []
    found = places.values(MASTER, files[MASTER], "datasources/datasource/definition/configuration/url")
    assert found[1:] == [url, url]
    assert places.values(BPS, files[BPS], "datasources/datasource/definition/configuration/url") == [url]


def test_pools_as_shipped_where_nothing_is_said(folder: Path) -> None:
    files = rendered(topology(sample.hostvars(folder), sample.NODES, [], [], sample.BALANCERS), "is1", "is")
    base = "datasources/datasource/definition/configuration"

    assert places.values(MASTER, files[MASTER], f"{base}/maxActive") == ["50", "50", "50"]
    assert places.values(MASTER, files[MASTER], f"{base}/maxWait") == ["60000", "60000", "60000"]
    shipped = {"maxActive": "100", "maxIdle": "20", "maxWait": "10000"}
    assert {tag: places.values(BPS, files[BPS], f"{base}/{tag}") for tag in shipped} == {
        tag: [size] for tag, size in shipped.items()
    }
    for path in (MASTER, BPS):
        assert places.values(path, files[path], f"{base}/minIdle") == []


def test_changes_say_what_differs_from_the_pack() -> None:
    pools = [entry["pool"] for entry in expected.CHANGES["wso2is_databases"].values() if "pool" in entry]

    assert {key for pool in pools for key in pool} == {"max_active", "max_wait", "min_idle"}
