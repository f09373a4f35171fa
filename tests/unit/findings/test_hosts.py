# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found on the hosts: sound answers give no finding, each mistake gives the one that says so."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks, database_host_findings, servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import sample

GB = 1024
JAVA = {"path": "/opt/jdk8/bin/java", "found": True, "version": "1.8.0_432", "output": "openjdk", "keytool": True}
NGINX = "nginx version: nginx/{}\nconfigure arguments: --with-http_ssl_module --with-http_realip_module"
Hosts = dict[str, dict[str, Any]]


class Cluster:
    """A deployment whose hosts answer as they should, to make some mistakes in."""

    def __init__(self, packs: Any, **variables: Any) -> None:
        self.variables = sample.hostvars(packs, **variables)
        self.lists = (sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)
        self.answers: Hosts = {}

    def set(self, *hosts: str, **variables: Any) -> None:
        """Set variables of some hosts, or of all, before anything is asked."""
        for host in hosts or self.variables:
            self.variables[host].update(variables)

    @property
    def model(self) -> dict[str, Any]:
        """The deployment."""
        return topology(self.variables, *self.lists)

    def ask(self) -> Hosts:
        """The answers of all hosts to what they are asked."""
        model = self.model
        self.answers = {host: self._answer(model, host) for host in model["hosts"]}
        return self.answers

    def _answer(self, model: dict[str, Any], host: str) -> dict[str, Any]:
        asked = checks.host_questions(model, host, services=True)
        place = {"mount_point": "/", "free_mb": 50 * GB, "total_mb": 60 * GB, "is_mount": False, "options": ["rw"]}
        return {
            "memory": {"total_mb": 8 * GB, "limit_mb": None},
            "paths": {
                path: {**place, **({"is_mount": True, "mount_point": path} if path == "/mnt/shared" else {})}
                for path in asked["paths"]
            },
            "units": dict.fromkeys(asked["units"]),
            "listening": [],
            "port_range": {"first": 32768, "last": 60999, "reserved": []},
            "uids": {"802": None},
            "gids": {"802": None},
            "users": {"wso2carbon": None},
            "groups": {"wso2": None},
            "names": {name: ["192.0.2.99"] for name in asked["names"]},
            "java": copy.deepcopy(JAVA) if asked["java_home"] else None,
            "nginx": {"version": "1.30.6", "output": NGINX.format("1.30.6")} if asked["nginx"] else None,
            "access": {entry["path"]: {"exists": True, "refused": []} for entry in asked["access"]},
            "services": {service["id"]: self._service(service) for service in unpack(asked["services"])},
            "clock_before": 1000.2,
            "clock": 1000.8,
            "control_clock": [1000.0, 1001.0],
        }

    @staticmethod
    def _service(service: dict[str, Any]) -> dict[str, Any]:
        if not service.get("describe"):
            return {"unreachable": ""}
        return {
            "unreachable": "",
            "version": "17.5",
            "encoding": "UTF8",
            "max_connections": 2000,
            "reserved_connections": 3,
            "schema": "public",
            "creates": True,
            "tables": [],
            "tables_without_rights": [],
        }

    def service(self, host: str, words: str) -> dict[str, Any]:
        """What a host said of the service whose id ends so."""
        return next(answer for name, answer in self.answers[host]["services"].items() if name.endswith(words))

    def findings(self) -> list[dict[str, str]]:
        """What is found."""
        return checks.host_findings(self.model, self.answers)


@pytest.fixture
def cluster(practice: Any) -> Cluster:
    return Cluster(practice)


def change(host: str, **answers: Any) -> Callable[[Cluster], None]:
    """Let a host answer otherwise."""

    def made(cluster: Cluster) -> None:
        cluster.ask()[host].update(answers)

    return made


def variables(*hosts: str, then: Callable[[Cluster], None] | None = None, **given: Any) -> Callable[[Cluster], None]:
    """Other variables, and then perhaps other answers."""

    def made(cluster: Cluster) -> None:
        cluster.set(*hosts, **given)
        cluster.ask()
        if then:
            then(cluster)

    return made


def resolves(host: str, name: str, addresses: list[str] | None) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.answers[host]["names"].update({name: addresses})


def database(host: str, name: str, **answer: Any) -> Callable[[Cluster], None]:
    """Let a database answer a host otherwise."""

    def made(cluster: Cluster) -> None:
        if not cluster.answers:
            cluster.ask()
        cluster.service(host, f"/{name}").update(answer)

    return made


def script(cluster: Cluster, schema: str) -> list[str]:
    """The tables of a schema."""
    found = [entry for target in servers.schemas(cluster.model) for entry in target["schemas"]]
    return sorted(database_host_findings.script_tables(next(e["script"] for e in found if e["name"] == schema)))


def identity_tables(change: Callable[[list[str]], list[str]], **more: Any) -> Callable[[Cluster], None]:
    """The tables of the database identity, changed."""

    def made(cluster: Cluster) -> None:
        cluster.ask()
        there = sorted(name for schema in ("identity", "identity_uma", "consent") for name in script(cluster, schema))
        cluster.service("is1", "/identity_db").update(tables=change(there), **more)

    return made


LDAP = {
    "type": "read_only_ldap",
    "connection_url": "ldaps://ldap.example.org:636",
    "connection_name": "cn=is",
    "connection_password": "pw",
    "user_search_base": "dc=example",
}


def directory(**answer: Any) -> Callable[[Cluster], None]:
    """Users in a directory that answers the first node otherwise."""
    return variables(wso2is_user_store=LDAP, then=lambda c: c.service("is1", "ldap.example.org:636").update(answer))


def java(**changes: Any) -> Callable[[Cluster], None]:
    return variables("is2", jdk_home="/opt/jdk8", then=lambda cluster: cluster.answers["is2"]["java"].update(changes))


def share(**changes: Any) -> Callable[[Cluster], None]:
    def made(cluster: Cluster) -> None:
        cluster.ask()["is2"]["access"]["/mnt/shared"].update(changes)

    return made


def place(path: str, **changes: Any) -> Callable[[Cluster], None]:
    def made(cluster: Cluster) -> None:
        cluster.ask()["is2"]["paths"][path].update(changes)

    return made


SMALL = {"mount_point": "/data", "free_mb": 4 * GB, "total_mb": 5 * GB}
ROLES = {"uids": {"802": "mail"}}
# What is done, and severity, hosts and check of the finding, words of what was found and of the remedy. Each is the
# only one.
Row = tuple[Callable[[Cluster], Any], str, str, str, str, str]
FOUND: dict[str, Row] = {
    "memory": (
        change("is1", memory={"total_mb": 3 * GB, "limit_mb": None}),
        "error",
        "is1",
        "memory",
        "3072 MB",
        "wso2is_minimum_memory_mb",
    ),
    "memory of a container": (
        change("an1", memory={"total_mb": 64 * GB, "limit_mb": GB}),
        "error",
        "an1",
        "memory",
        "1024 MB, the limit",
        "analytics_worker_heap_mb",
    ),
    "full disk": (
        place("/opt/wso2/is", mount_point="/data", free_mb=50, total_mb=60 * GB),
        "error",
        "is2",
        "disk",
        "/opt/wso2/is: 50 MB free",
        "Free or add disk space",
    ),
    "disk of the program": (
        place("/opt/wso2/is", **SMALL),
        "error",
        "is2",
        "disk",
        "/opt/wso2/is: file system of 5120 MB",
        "wso2is_minimum_disk_gb",
    ),
    "disk of the logs": (
        place("/var/log/wso2/is", **SMALL),
        "error",
        "is2",
        "disk",
        "/var/log/wso2/is: file system of 5120 MB",
        "wso2is_minimum_disk_gb",
    ),
    "disk of the data": (
        place("/var/lib/wso2/is/database", **SMALL),
        "error",
        "is2",
        "disk",
        "/var/lib/wso2/is/database: file system of 5120 MB",
        "wso2is_minimum_disk_gb",
    ),
    "port taken": (
        change("is1", listening=[{"port": 4000, "unit": "x.service", "pid": 7, "process": "x"}]),
        "error",
        "is1",
        "port taken",
        "tcp 4000",
        "hazelcast_port",
    ),
    "ephemeral port": (
        variables(wso2is_sysctl=False, then=change("is1", port_range={"first": 4000, "last": 4999, "reserved": []})),
        "warning",
        "is1",
        "ephemeral ports",
        "4000 in the range 4000-4999",
        "ip_local_reserved_ports",
    ),
    "port that others reserved": (
        change("is1", port_range={"first": 4000, "last": 4999, "reserved": [[4000, 4000], [8080, 8080]]}),
        "warning",
        "is1",
        "kernel",
        "8080 reserved by the host",
        "wso2is_sysctl_settings",
    ),
    "uid": (change("is1", **ROLES), "error", "is1", "service user", "uid 802 is mail's", "wso2is_uid"),
    "JDK of another line": (
        java(version="11.0.2"),
        "error",
        "is2",
        "java version",
        "11.0.2 in /opt/jdk8",
        "jdk_home",
    ),
    "refused JDK": (java(version="1.8.0_151"), "error", "is2", "java version", "1.8.0_151", "jdk_home"),
    "no keytool": (java(keytool=False), "error", "is2", "keytool", "no bin/keytool", "jdk_home"),
    "no JDK": (
        java(found=False, version=None, output=None, keytool=False),
        "error",
        "is2",
        "java",
        "/opt/jdk8: no bin/java",
        "jdk_home",
    ),
    "public name": (
        variables(then=resolves("is1", "login.example.org", [])),
        "error",
        "is1",
        "public name",
        "login.example.org does not resolve",
        "is_node_public_address",
    ),
    "public name on the loopback": (
        variables(then=resolves("is1", "login.example.org", ["127.0.1.1"])),
        "error",
        "is1",
        "public name",
        "login.example.org resolves to 127.0.1.1",
        "is_node_public_address",
    ),
    "own name": (
        variables("is1", wso2is_address="is1.example.org", then=resolves("is1", "is1.example.org", [])),
        "error",
        "is1",
        "cluster member",
        "is1.example.org (this host) does not resolve",
        "wso2is_address of is1",
    ),
    "own name on the loopback": (
        variables("is1", wso2is_address="is1.example.org", then=resolves("is1", "is1.example.org", ["127.0.1.1"])),
        "error",
        "is1",
        "cluster member",
        "is1.example.org (this host) resolves to 127.0.1.1",
        "wso2is_address of is1",
    ),
    "name of another node": (
        variables("is1", wso2is_address="is1.example.org", then=resolves("is2", "is1.example.org", None)),
        "error",
        "is2",
        "cluster member",
        "is1.example.org of is1 is not resolved in time",
        "wso2is_address of is1",
    ),
    "name of a worker": (
        variables("an2", wso2is_address="an2.example.org", then=resolves("an2", "an2.example.org", ["::1"])),
        "error",
        "an2",
        "analytics worker",
        "an2.example.org (this host) resolves to ::1",
        "wso2is_address of an2",
    ),
    "name of a node on the load balancer": (
        variables("is1", wso2is_address="is1.example.org", then=resolves("lb1", "is1.example.org", [])),
        "error",
        "lb1",
        "node of the load balancer",
        "is1.example.org of is1 does not resolve",
        "wso2is_address of is1",
    ),
    # The database that is not reached is a consequence.
    "name of the database": (
        variables(then=lambda c: [resolves("is1", "db.example.org", [])(c), gone("is1")(c)]),
        "error",
        "is1",
        "database",
        "db.example.org does not resolve",
        "wso2is_database_host",
    ),
    "database not reached": (
        lambda c: [c.ask(), gone("is1", "is2")(c)],
        "error",
        "is1, is2",
        "database",
        "db.example.org:5432 is not reached: Connection refused",
        "wso2is_database_host",
    ),
    "login refused": (
        database("is1", "user_db", refused="password authentication failed", code="28P01"),
        "error",
        "is1",
        "database login",
        "wso2is_databases.user (user_db on db.example.org:5432): user name or password is wrong",
        "wso2is_databases.user.password",
    ),
    "host not taken": (
        database("is2", "user_db", refused="no pg_hba.conf entry", code="28000"),
        "error",
        "is2",
        "database login",
        "does not take this user from this host (no pg_hba.conf entry)",
        "wso2is_databases.user.username",
    ),
    "no such database": (
        database("an1", "analytics_db", refused='database "analytics_db" does not exist', code="3D000"),
        "error",
        "an1",
        "database login",
        "there is no such database",
        "wso2is_databases.analytics.name",
    ),
    "no PostgreSQL": (
        database("is1", "identity_db", refused="what answers is not PostgreSQL", code=""),
        "error",
        "is1",
        "database login",
        "what answers is not PostgreSQL",
        "wso2is_databases.identity",
    ),
    "LDAP not reached": (
        directory(unreachable="Connection refused"),
        "error",
        "is1",
        "LDAP",
        "ldaps://ldap.example.org:636 is not reached: Connection refused",
        "wso2is_user_store.connection_url",
    ),
    "LDAP bind refused": (
        directory(refused="name or password is wrong", code=""),
        "error",
        "is1",
        "LDAP bind",
        "ldaps://ldap.example.org:636: name or password is wrong",
        "wso2is_user_store.connection_password",
    ),
    # That it is not reached is a consequence.
    "name of the directory": (
        lambda c: [
            directory(unreachable="its name does not resolve")(c),
            resolves("is1", "ldap.example.org", [])(c),
        ],
        "error",
        "is1",
        "LDAP",
        "ldap.example.org does not resolve",
        "wso2is_user_store.connection_url",
    ),
    "character set": (
        database("is1", "user_db", encoding="SQL_ASCII"),
        "error",
        "is1",
        "database encoding",
        "SQL_ASCII",
        "wso2is_databases.user.name",
    ),
    "no right to make tables": (
        database("is1", "user_db", creates=False),
        "error",
        "is1",
        "database rights",
        "user_owner may not create tables in the schema public",
        "wso2is_databases.user.username",
    ),
    "no right to make tables of Analytics": (
        database("an1", "analytics_persistence_db", creates=False),
        "error",
        "an1",
        "database rights",
        "may not create tables",
        "wso2is_databases.analytics_persistence.username",
    ),
    "no schema": (
        database("is1", "user_db", schema=None),
        "error",
        "is1",
        "database rights",
        "no schema",
        "wso2is_databases.user.username",
    ),
    "no right on a table": (
        identity_tables(lambda there: there, tables_without_rights=["idn_base_table", "other"]),
        "error",
        "is1",
        "database rights",
        "may not read and write idn_base_table",
        "wso2is_databases.identity.username",
    ),
    "tables of an older release": (
        identity_tables(lambda there: [name for name in there if name != "idn_oauth_consumer_apps"]),
        "error",
        "is1",
        "database tables",
        "the schema identity lacks idn_oauth_consumer_apps",
        "wso2is_databases.identity.name",
    ),
    "tables of a newer release": (
        identity_tables(lambda there: [*there, "idn_newer", "my_own"]),
        "warning",
        "is1",
        "database tables",
        "has idn_newer",
        "wso2is_databases.identity.name",
    ),
    "half a schema": (
        identity_tables(lambda _there: ["idn_oauth_consumer_apps"]),
        "error",
        "is1",
        "database tables",
        "has idn_oauth_consumer_apps but not idn_base_table",
        "wso2is_databases.identity.name",
    ),
    "clocks": (
        change("is2", clock_before=1002.3, clock=1002.8),
        "error",
        "is2",
        "clocks",
        "",
        "",
    ),
    "share that is not there": (
        share(exists=False),
        "error",
        "is2",
        "share",
        "/mnt/shared is not there",
        "artifact_sync_path",
    ),
    "share that hangs": (
        lambda c: c.ask()["is2"]["access"].update({"/mnt/shared": None}),
        "error",
        "is2",
        "share",
        "/mnt/shared does not answer",
        "artifact_sync_path",
    ),
    "share that is not mounted": (
        place("/mnt/shared", is_mount=False, mount_point="/"),
        "error",
        "is2",
        "share",
        "is not a mount point, it lies on /",
        "artifact_sync_must_be_mount",
    ),
    "share that is read-only": (
        place("/mnt/shared", options=["ro"]),
        "error",
        "is2",
        "share",
        "read-only",
        "Mount it read-write",
    ),
    "share that is closed": (
        lambda c: [
            share(refused=["/mnt/shared/userstores"])(c),
            c.answers["is2"]["paths"]["/mnt/shared"].update(fs_type="nfs4"),
        ],
        "error",
        "is2",
        "share",
        "uid 802, gid 802 cannot write to /mnt/shared/userstores",
        "wso2is_uid",
    ),
    "old nginx": (
        change("lb1", nginx={"version": "1.18.0", "output": NGINX.format("1.18.0")}),
        "error",
        "lb1",
        "nginx version",
        "1.18.0",
        "load_balancer_package",
    ),
    "nginx without a part": (
        variables(
            "lb1",
            load_balancer_trusted_proxies=["192.0.2.1"],
            then=lambda c: c.answers["lb1"]["nginx"].update(
                output="nginx version: nginx/1.30.6\n--with-http_ssl_module"
            ),
        ),
        "error",
        "lb1",
        "nginx modules",
        "without realip",
        "load_balancer_trusted_proxies",
    ),
    "nginx that takes no names": (
        variables(
            "is1",
            wso2is_address="is1.example.org",
            then=lambda c: c.answers["lb1"]["nginx"].update(output=NGINX.format("1.26.0")),
        ),
        "error",
        "lb1",
        "node address",
        "is1 has the host name is1.example.org",
        "wso2is_address",
    ),
}


def gone(*hosts: str) -> Callable[[Cluster], None]:
    """The database server does not answer these hosts."""

    def made(cluster: Cluster) -> None:
        for host in hosts:
            for answer in cluster.answers[host]["services"].values():
                answer.clear()
                answer["unreachable"] = "Connection refused"

    return made


def brief(rows: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(row["severity"], row["host"], row["check"]) for row in rows]


def test_sound_hosts(cluster: Cluster) -> None:
    cluster.ask()
    assert cluster.findings() == []


@pytest.mark.parametrize("name", FOUND)
def test_found(cluster: Cluster, name: str) -> None:
    made, severity, host, check, found, remedy = FOUND[name]
    made(cluster)
    rows = [row for row in cluster.findings() if row["check"] != "lowered requirement"]
    if check == "clocks":
        assert len(rows) == 1
        assert (rows[0]["host"].split(", ")[1], rows[0]["check"]) == (host, check)
        return
    assert brief(rows) == [(severity, host, check)], rows
    assert found in rows[0]["found"]
    assert remedy in rows[0]["remedy"]


# What looks alike and is sound.
SOUND: dict[str, Callable[[Cluster], Any]] = {
    "a small file system that nothing is written to": lambda c: c.ask()["is1"]["paths"].update({"/x": SMALL}),
    "an ephemeral port that is reserved": variables(
        wso2is_sysctl=False, then=change("is1", port_range={"first": 4000, "last": 4999, "reserved": [[4000, 4000]]})
    ),
    "an ephemeral port that the run will reserve": change(
        "is1", port_range={"first": 4000, "last": 4999, "reserved": []}
    ),
    "a range that is not known": change("is1", port_range={"first": None, "last": None, "reserved": None}),
    "a good JDK": java(),
    "a directory": directory(),
    "no JDK on a load balancer": variables("lb1", jdk_home="/absent"),
    "a public name of its own": variables(
        is_node_public_address="192.0.2.11", then=resolves("is1", "login.example.org", [])
    ),
    "a relay of the database on the node": variables(then=resolves("is1", "db.example.org", ["127.0.0.1"])),
    "a load balancer on a node": variables(
        "is1", wso2is_address="is1.example.org", then=resolves("lb1", "is1.example.org", ["127.0.1.1"])
    ),
    "tables that are there": identity_tables(lambda there: there, creates=False),
    "tables of somebody else": identity_tables(
        lambda there: [*there, "own_table"], tables_without_rights=["own_table"]
    ),
    "clocks that may be right": change("is2", clock_before=1001.3, clock=1001.9),
    "a clock that is not known": change("is2", control_clock=None),
    "a share that need not be mounted": lambda c: [
        c.set(artifact_sync_must_be_mount=False),
        place("/mnt/shared", is_mount=False, mount_point="/")(c),
    ],
    "directories that the role gives to the servers": share(refused=["/mnt/shared/userstores"]),
    "no nginx yet": change("lb1", nginx=None),
}


@pytest.mark.parametrize("name", SOUND)
def test_not_found(cluster: Cluster, name: str) -> None:
    SOUND[name](cluster)
    assert cluster.findings() == []


def test_a_share_for_a_user_that_is_wrong_is_a_consequence(cluster: Cluster) -> None:
    share(refused=["/mnt/shared"])(cluster)
    cluster.answers["is2"].update(ROLES)
    assert brief(cluster.findings()) == [("error", "is2", "service user")]


def test_schemas_that_somebody_else_makes(cluster: Cluster) -> None:
    cluster.set(database_create_schemas=False)
    cluster.ask()
    rows = cluster.findings()
    assert {(row["host"], row["check"]) for row in rows} == {("is1", "database tables")}
    assert all("database_create_schemas" in row["remedy"] for row in rows)


def test_a_password_is_not_sent_where_the_servers_use_start_tls(cluster: Cluster) -> None:
    given = {**LDAP, "connection_url": ["ldap://ldap.example.org:389", "ldap://second.example.org:1389"]}
    cluster.set(wso2is_user_store={**given, "starttls_enabled": True})

    def asked(host: str) -> list[tuple[Any, str]]:
        services = unpack(checks.host_questions(cluster.model, host, services=True)["services"])
        return [(service["places"], service["tls"]) for service in services if service["kind"] == "ldap"]

    assert asked("is2") == [([["ldap.example.org", 389]], "start"), ([["second.example.org", 1389]], "start")]
    assert asked("an1") == []
    assert "second.example.org" in checks.host_questions(cluster.model, "is1")["names"]
    cluster.set(wso2is_user_store=given)
    assert {tls for _places, tls in asked("is1")} == {""}


def test_the_pools_of_the_deployment_count(cluster: Cluster) -> None:
    database("is1", "user_db", max_connections=100)(cluster)
    assert brief(cluster.findings()) == [("warning", "all hosts", "database connections")]


@pytest.mark.parametrize(("connections", "found"), [(1998, True), (1997, False)])
def test_connections(cluster: Cluster, connections: int, found: bool) -> None:
    """2000 less three that the server keeps for administrators."""
    pool = {"host": "db.example.org", "port": 5432, "connections": connections}
    rows = checks.host_findings({**cluster.model, "pools": [pool]}, cluster.ask())
    assert brief(rows) == ([("warning", "all hosts", "database connections")] if found else [])
    assert all("takes 1997 connections" in row["found"] and row["required"].startswith("1998") for row in rows)
    assert all("analytics_database_pool" in row["remedy"] for row in rows)


def test_other_types_of_databases_are_only_reached(cluster: Cluster) -> None:
    cluster.ask()
    model = {**cluster.model, "database_type": "mysql"}
    for host in ("is1", "an1"):
        services = unpack(checks.host_questions(model, host, services=True)["services"])
        assert {(service["kind"], "password" in service) for service in services} == {("tcp", False)}
    for answers in cluster.answers.values():
        for answer in answers["services"].values():
            answer.clear()
            answer["unreachable"] = ""
    rows = checks.host_findings(model, cluster.answers)
    assert brief(rows) == [("info", "all hosts", "database")]
    assert "mysql" in rows[0]["found"]


def test_several_servers_of_a_database(cluster: Cluster) -> None:
    """Whichever answers counts, and each name must resolve."""
    cluster.ask()
    model = cluster.model
    pair = [{"host": "db1.site.test", "port": 5432}, {"host": "db2.site.test", "port": 5433}]
    for database in model["databases"].values():
        database["servers"] = pair
    asked = checks.host_questions(model, "is2", services=True)
    assert {"db1.site.test", "db2.site.test"} <= set(asked["names"])
    assert unpack(asked["services"])[0]["places"] == [["db1.site.test", 5432], ["db2.site.test", 5433]]


def test_each_host_is_asked_for_what_it_uses(cluster: Cluster) -> None:
    def asked(host: str) -> list[tuple[str, bool]]:
        services = unpack(checks.host_questions(cluster.model, host, services=True)["services"])
        return [(service["name"], service["describe"]) for service in services]

    assert asked("is1") == [("user_db", True), ("identity_db", True), ("workflow_db", True)]
    assert asked("is2") == [("user_db", False), ("identity_db", False), ("workflow_db", False)]
    assert [name for name, _describe in asked("an2")] == [
        "analytics_db",
        "analytics_cluster_db",
        "analytics_persistence_db",
    ]
    assert asked("lb1") == []
    assert checks.host_questions(cluster.model, "is1")["services"] == ""
