# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found without any host: a sound deployment has no finding, each mistake in it has the one that says so."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks
from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import findings_table
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology_findings import topology_findings
from cryptography.hazmat.primitives.serialization import Encoding
from settings import certificates, sample

PUBLIC = "login.example.org"
CONSOLE = "console.example.org"


class Site:
    """An inventory without a mistake, to make some in."""

    def __init__(self, packs: Path, folder: Path) -> None:
        self.packs, self.folder = packs, folder
        self.hosts = sample.hostvars(packs)
        self.nodes, self.workers = list(sample.NODES), list(sample.WORKERS)
        self.dashboards, self.balancers = list(sample.DASHBOARDS), list(sample.BALANCERS)
        self.pattern = 2
        chain = [certificates.certificate(PUBLIC, encoding=Encoding.DER)]
        self.set(
            wso2is_keystore=self.file("is.jks", certificates.store("of-the-nodes", "login", chain)),
            wso2is_keystore_password="of-the-nodes",
            analytics_keystore=self.file("an.jks", certificates.store("wso2carbon", "wso2carbon", chain)),
            analytics_keystore_password="wso2carbon",
            analytics_truststore_password="wso2carbon",
            inventory_file=self.file("hosts.yml", "all: {}"),
            inventory_dir=str(folder),
        )
        for name in ("wso2is_pack", "wso2is_analytics_pack", "wso2is_jdbc_driver"):
            self.checksum(name)

    def set(self, *hosts: str, **variables: Any) -> Site:
        """Set variables on the hosts, or on all."""
        for host in hosts or self.hosts:
            self.hosts[host].update(variables)
        return self

    def unset(self, *names: str) -> None:
        """Remove variables from all hosts."""
        for variables in self.hosts.values():
            for name in names:
                del variables[name]

    def file(self, name: str, content: bytes | str) -> str:
        """A file on the control node."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def checksum(self, name: str) -> Site:
        """The checksum that fits a file."""
        content = Path(self.hosts["is1"][name]).read_bytes()
        return self.set(**{f"{name}_checksum": f"sha256:{hashlib.sha256(content).hexdigest()}"})

    def pack(self, change: Callable[[str, bytes], tuple[str, bytes] | None], *more: zipfile.ZipInfo | str) -> None:
        """Another pack: every file as `change` returns it, and more entries."""
        target = self.folder / "other.zip"
        with zipfile.ZipFile(self.packs / "wso2is-5.8.0.zip") as source, zipfile.ZipFile(target, "w") as archive:
            for name in source.namelist():
                kept = change(name, source.read(name))
                if kept:
                    archive.writestr(*kept)
            for entry in more:
                archive.writestr(entry, b"x")
        self.set(wso2is_pack=str(target))
        self.checksum("wso2is_pack")

    def link(self, name: str) -> zipfile.ZipInfo:
        """An entry of an archive that is a symbolic link."""
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        return entry

    def database(self, purpose: str, **changes: Any) -> None:
        """Change an entry of wso2is_databases."""
        given = self.hosts["is1"]["wso2is_databases"]
        self.set(wso2is_databases={**given, purpose: {**given.get(purpose, {}), **changes}})

    def findings(self) -> list[dict[str, str]]:
        """What is found."""
        lists = (self.nodes, self.workers, self.dashboards, self.balancers)
        return checks.inventory_findings(topology(self.hosts, *lists, pattern=self.pattern))


@pytest.fixture
def site(practice: Path, tmp_path: Path) -> Site:
    return Site(practice, tmp_path)


def kept(name: str, data: bytes) -> tuple[str, bytes]:
    return name, data


def balancer(site: Site, certificate: bytes, key: bytes = certificates.key_pem()) -> None:
    site.set(
        load_balancer_certificate=site.file("lb.crt", certificate),
        load_balancer_certificate_key=site.file("lb.key", key),
    )


DRIVERS = {
    "mysql": "com.mysql.jdbc.Driver",
    "mariadb": "com.mysql.jdbc.Driver",
    "oracle": "oracle.jdbc.OracleDriver",
    "mssql": "com.microsoft.sqlserver.jdbc.SQLServerDriver",
}


def driver(site: Site, content: bytes | str) -> Site:
    site.set(wso2is_jdbc_driver=site.file("d.jar", content))
    return site.checksum("wso2is_jdbc_driver")


def pattern_1(site: Site) -> None:
    site.pattern, site.workers, site.dashboards = 1, [], []


def of_type(site: Site, kind: str) -> Site:
    """Databases of another type, and their driver."""
    site.set(wso2is_database_type=kind, database_create_schemas=False)
    return driver(site, sample.jar(DRIVERS[kind]))


def at_url(site: Site, url: Any, **changes: Any) -> None:
    """The users' database by a URL alone."""
    given = site.hosts["is1"]["wso2is_databases"]
    site.set(wso2is_databases={**given, "user": {"username": "u", "password": "Plain-1", "url": url, **changes}})


def management(site: Site, certificate: bytes, key: bytes = certificates.key_pem()) -> None:
    site.set(
        wso2is_management_host=CONSOLE,
        load_balancer_management_certificate=site.file("console.crt", certificate),
        load_balancer_management_certificate_key=site.file("console.key", key),
    )
    balancer(site, certificates.certificate(PUBLIC))


def keystore(site: Site, *names: str, **options: Any) -> None:
    chain = [certificates.certificate(*names, encoding=Encoding.DER, **options)]
    site.set(wso2is_keystore=site.file("is.jks", certificates.store("of-the-nodes", "login", chain)))


def add_nodes(site: Site, group: list[str], *names: str) -> None:
    for number, name in enumerate(names):
        site.hosts[name] = {**site.hosts["is1"], "ansible_host": f"192.0.2.{100 + number}"}
        group.append(name)


def together(site: Site, group: list[str], host: str) -> Site:
    group.append(host)
    return site


def vendor_keystore(site: Site) -> None:
    path = "wso2is-5.8.0/repository/resources/security/wso2carbon.jks"
    site.pack(kept)
    with zipfile.ZipFile(site.hosts["is1"]["wso2is_pack"], "a") as archive:
        archive.writestr(path, certificates.store("of-the-nodes", "login"))
    site.checksum("wso2is_pack")
    site.set(wso2is_keystore=site.file("is.jks", certificates.store("of-the-nodes", "login")))


def renamed(name: str, data: bytes) -> tuple[str, bytes]:
    return name.replace("wso2is-5.8.0", "wso2is-5.9.0", 1), data


def without_anchor(name: str, data: bytes) -> tuple[str, bytes]:
    return name, data.replace(b"localMemberHost", b"otherHost") if name.endswith("axis2.xml") else data


def directory(site: Site, **changes: Any) -> None:
    """Users in a directory; None takes a key away."""
    said = {
        "type": "read_only_ldap",
        "connection_url": "ldaps://ldap.example.org:636",
        "connection_name": "cn=wso2,dc=example,dc=org",
        "connection_password": "Plain-1",
        "user_search_base": "ou=people,dc=example,dc=org",
        "group_search_base": "ou=groups,dc=example,dc=org",
        **changes,
    }
    site.set(wso2is_user_store={key: value for key, value in said.items() if value is not None})


def mail(site: Site, **changes: Any) -> None:
    """A mail server."""
    said = {"host": "mail.example.org", "from": "login@example.org", "user": "me", "password": "Plain-1", **changes}
    site.set(**{f"wso2is_smtp_{name}": value for name, value in said.items()})


# What is done to the sound deployment, the host and the check of the finding, and words of what was found, of what is
# required and of the remedy. Each is the only error.
Row = tuple[Callable[[Site], Any], str, str, str, str, str]
ERRORS: dict[str, Row] = {
    # Variables
    "misspelt": (
        lambda s: s.set(wso2is_admin_pasword="x"),
        "all hosts",
        "variables",
        "wso2is_admin_pasword is set",
        "a variable of this collection",
        "Rename it to wso2is_admin_password",
    ),
    "unknown": (
        lambda s: s.set("is2", wso2is_zzz=1),
        "is2",
        "variables",
        "wso2is_zzz is set",
        "a variable",
        "Remove it",
    ),
    "misspelt, of a role": (
        lambda s: s.set("is2", hazelcast_prot=1),
        "is2",
        "variables",
        "hazelcast_prot",
        "a variable",
        "hazelcast_port",
    ),
    "misspelt, of the load balancer": (
        lambda s: s.set("lb1", load_balancer_certificat="x"),
        "lb1",
        "variables",
        "load_balancer_certificat is set",
        "a variable",
        "load_balancer_certificate",
    ),
    "boolean as text": (
        lambda s: s.set(artifact_sync_must_be_mount="maybe"),
        "all hosts",
        "variables",
        "artifact_sync_must_be_mount is 'maybe' of type str",
        "type bool",
        "artifact_sync_must_be_mount",
    ),
    "number as text": (
        lambda s: s.set("is2", is_node_heap_mb="2 GB"),
        "is2",
        "variables",
        "'2 GB' of type str",
        "a whole number",
        "is_node_heap_mb",
    ),
    "number as boolean": (
        lambda s: s.set(is_node_heap_mb=True),
        "all hosts",
        "variables",
        "True of type bool",
        "a whole number",
        "is_node_heap_mb",
    ),
    "text as number": (
        lambda s: s.set(wso2is_admin_password=12345),
        "all hosts",
        "variables",
        "wso2is_admin_password is a value of type int",
        "type str",
        "wso2is_admin_password",
    ),
    "list as text": (
        lambda s: s.set("lb1", load_balancer_console_allowed_from="10.0.0.0/8"),
        "lb1",
        "variables",
        "load_balancer_console_allowed_from is '10.0.0.0/8' of type str",
        "type list",
        "load_balancer_console_allowed_from",
    ),
    "element of a list": (
        lambda s: s.set("lb1", load_balancer_tls_protocols=["TLSv1.2", "SSLv3"]),
        "lb1",
        "variables",
        "element 2 of load_balancer_tls_protocols is 'SSLv3'",
        "one of TLSv1.2",
        "load_balancer_tls_protocols",
    ),
    "type of an element": (
        lambda s: s.set("lb1", load_balancer_includes=[7]),
        "lb1",
        "variables",
        "element 1 of load_balancer_includes is 7 of type int",
        "type str",
        "load_balancer_includes",
    ),
    "JDK": (
        lambda s: s.set("is1", jdk_home=8),
        "is1",
        "variables",
        "jdk_home is 8 of type int",
        "type path",
        "jdk_home",
    ),
    "choice": (
        lambda s: s.set(wso2is_database_type="db9"),
        "all hosts",
        "variables",
        "'db9'",
        "one of",
        "wso2is_database_type",
    ),
    "range": (
        lambda s: s.set(hazelcast_port=0),
        "all hosts",
        "variables",
        "hazelcast_port is 0",
        "1 or more",
        "hazelcast_port",
    ),
    "required": (
        lambda s: s.unset("wso2is_admin_password"),
        "inventory",
        "variables",
        "wso2is_admin_password is not set",
        "Password of the first administrator",
        "wso2is_admin_password",
    ),
    "required of the load balancer": (
        lambda s: s.unset("load_balancer_upstream_ca"),
        "lb1",
        "load balancer",
        "load_balancer_upstream_ca is not set",
        "CA certificates",
        "Set load_balancer_upstream_ca",
    ),
    "template": (
        lambda s: s.set(wso2is_public_host="{{ absent }}"),
        "all hosts",
        "variables",
        "{{ absent }}",
        "a value",
        "wso2is_public_host",
    ),
    "no text": (
        lambda s: s.set("is2", is_node_java_options="\udcff"),
        "is2",
        "variables",
        "no text",
        "UTF-8",
        "is_node_java_options",
    ),
    "disagreement": (
        lambda s: s.set("is2", wso2is_public_host="b.example.org"),
        "is1, is2, an1, an2, lb1",
        "variables",
        "wso2is_public_host differs",
        "the same value",
        "wso2is_public_host",
    ),
    "wrong on one host": (
        lambda s: s.set("is2", wso2is_uid="many"),
        "is2",
        "variables",
        "wso2is_uid is 'many'",
        "a whole number",
        "wso2is_uid",
    ),
    "relative directory": (
        lambda s: s.set(wso2is_install_dir="opt/wso2"),
        "all hosts",
        "variables",
        "'opt/wso2'",
        "an absolute path",
        "wso2is_install_dir",
    ),
    "directory that leaves": (
        lambda s: s.set(wso2is_log_dir="/var/../log"),
        "all hosts",
        "variables",
        "'/var/../log'",
        "an absolute path",
        "wso2is_log_dir",
    ),
    "service user": (
        lambda s: s.set(wso2is_user="root"),
        "all hosts",
        "variables",
        "'root'",
        "not root",
        "wso2is_user",
    ),
    # Topology
    "pattern": (lambda s: setattr(s, "pattern", 3), "deployment", "pattern", "3 (number)", "1 or 2", "pattern2.yml"),
    "one node": (
        lambda s: s.nodes.pop(),
        "deployment",
        "Identity Server nodes",
        "1: is1",
        "two or more",
        "wso2is_nodes",
    ),
    "no worker": (
        lambda s: s.workers.clear(),
        "deployment",
        "analytics workers",
        "none",
        "exactly two",
        "Add hosts to the group wso2is_analytics",
    ),
    "one worker": (
        lambda s: s.workers.pop(),
        "deployment",
        "analytics workers",
        "1: an1",
        "exactly two",
        "wso2is_analytics",
    ),
    "three workers": (
        lambda s: add_nodes(s, s.workers, "an3"),
        "deployment",
        "analytics workers",
        "3:",
        "exactly two",
        "Remove hosts from",
    ),
    "duplicate address": (
        lambda s: s.set("is2", ansible_host="192.0.2.21"),
        "is1 and is2",
        "duplicate address",
        "192.0.2.21",
        "its own",
        "wso2is_address",
    ),
    "duplicate host": (
        lambda s: s.nodes.append("is1"),
        "is1",
        "duplicate host",
        "listed twice",
        "once",
        "wso2is_nodes",
    ),
    "loopback": (
        lambda s: s.set("is2", wso2is_address="127.0.0.1"),
        "is2",
        "address",
        "the loopback",
        "the other hosts reach",
        "wso2is_address",
    ),
    "loopback by name": (
        lambda s: s.set("an1", ansible_host="localhost"),
        "an1",
        "address",
        "the loopback",
        "reach",
        "wso2is_address of an1",
    ),
    "blank address": (
        lambda s: s.set("is2", wso2is_address=" "),
        "is2",
        "address",
        "empty",
        "reach",
        "wso2is_address of is2",
    ),
    "IPv6": (
        lambda s: s.set("is2", wso2is_address="2001:db8::22"),
        "is2",
        "address",
        "an IPv6 address",
        "no IPv6 here",
        "wso2is_address",
    ),
    "address that is undefined": (
        lambda s: s.set("is2", ansible_host="{{ absent }}"),
        "is2",
        "address",
        "neither",
        "reach",
        "wso2is_address of is2",
    ),
    "public name of a node": (
        lambda s: s.set("is2", ansible_host=PUBLIC),
        "deployment",
        "public host",
        "is the Identity Server node is2",
        "the load balancer",
        "wso2is_public_host",
    ),
    # Ports
    "port of a node, twice": (
        lambda s: s.set("is2", hazelcast_port=9443),
        "is2",
        "port conflict",
        "tcp 9443",
        "one service",
        "hazelcast_port",
    ),
    "port by offset": (
        lambda s: s.set("is1", is_node_port_offset=1, hazelcast_port=9444),
        "is1",
        "port conflict",
        "tcp 9444",
        "one service",
        "is_node_port_offset",
    ),
    "port across products": (
        lambda s: together(s, s.dashboards, "is1").set("is1", is_node_port_offset=200),
        "is1",
        "port conflict",
        "tcp 9643",
        "one service",
        "is_node_port_offset",
    ),
    "port of the load balancer": (
        lambda s: together(s, s.balancers, "is1").set(wso2is_public_port=9443),
        "is1",
        "port conflict",
        "tcp 9443",
        "one service",
        "wso2is_public_port",
    ),
    "port range": (
        lambda s: s.set(hazelcast_port=70000),
        "is1, is2",
        "port range",
        "70000",
        "from 1 to 65535",
        "hazelcast_port",
    ),
    # Memory
    "heap": (
        lambda s: s.set("is2", is_node_heap_mb=1024),
        "is2",
        "heap",
        "1024 MB",
        "2048 MB or more",
        "is_node_heap_mb",
    ),
    # Databases and accounts
    "database lacks a password": (
        lambda s: s.database("user", password=""),
        "inventory",
        "databases",
        "wso2is_databases.user lacks password",
        "password",
        "wso2is_databases.user",
    ),
    "database password as number": (
        lambda s: s.database("user", password=1234),
        "inventory",
        "databases",
        "wso2is_databases.user.password is a number",
        "a text",
        "Quote",
    ),
    "database port": (
        lambda s: s.database("identity", port="5432x"),
        "inventory",
        "databases",
        "5432x",
        "a number from 1",
        "wso2is_databases.identity.port",
    ),
    "database key unknown": (
        lambda s: s.database("user", hots="db"),
        "inventory",
        "databases",
        "wso2is_databases.user.hots is not known",
        "did you mean host?",
        "wso2is_databases.user",
    ),
    "database has several hosts": (
        lambda s: s.database("user", host="db1,db2"),
        "inventory",
        "databases",
        "wso2is_databases.user.host is db1,db2",
        "one name",
        "url of wso2is_databases.user",
    ),
    "database server with its port": (
        lambda s: s.set(wso2is_database_host="db.example.org:5432"),
        "inventory",
        "databases",
        "wso2is_database_host is db.example.org:5432",
        "one name",
        "url of wso2is_databases",
    ),
    "database name that a URL cannot hold": (
        lambda s: s.database("workflow", name="is?x"),
        "inventory",
        "databases",
        "wso2is_databases.workflow.name holds '?'",
        "a JDBC URL",
        "Rename",
    ),
    "database with a sid that is none": (
        lambda s: s.database("user", name="", sid="is"),
        "inventory",
        "databases",
        "wso2is_databases.user has sid",
        "PostgreSQL has no sid",
        "wso2is_databases.user.name",
    ),
    "database with name and sid": (
        lambda s: of_type(s, "oracle").database("user", sid="IS"),
        "inventory",
        "databases",
        "wso2is_databases.user has name and sid",
        "a service",
        "Remove one",
    ),
    "database URL and host": (
        lambda s: at_url(s, "jdbc:postgresql://a.test,b.test/is", host="db"),
        "inventory",
        "databases",
        "wso2is_databases.user has url and host",
        "one of both",
        "Remove url or host",
    ),
    "database URL of another type": (
        lambda s: at_url(s, "jdbc:mysql://db.test/is"),
        "inventory",
        "databases",
        "wso2is_databases.user.url does not begin with jdbc:postgresql://",
        "jdbc:postgresql://",
        "wso2is_database_type",
    ),
    "database URL of MariaDB's own driver": (
        lambda s: at_url(of_type(s, "mariadb"), "jdbc:mariadb://db.test/is"),
        "inventory",
        "databases",
        "does not begin with jdbc:mysql:",
        "jdbc:mysql:",
        "wso2is_databases.user.url",
    ),
    "database URL as number": (
        lambda s: at_url(s, 7),
        "inventory",
        "databases",
        "wso2is_databases.user.url is a number",
        "a JDBC URL",
        "wso2is_databases.user.url",
    ),
    "database URL without a database": (
        lambda s: at_url(s, "jdbc:postgresql://db.test:5432/"),
        "inventory",
        "databases",
        "wso2is_databases.user.url names no database",
        "the database",
        "wso2is_databases.user.url",
    ),
    "database URL without a server": (
        lambda s: at_url(s, "jdbc:postgresql:///is"),
        "inventory",
        "databases",
        "wso2is_databases.user.url names no server",
        "the server",
        "wso2is_databases.user.url",
    ),
    "database URL with a password": (
        lambda s: at_url(s, "jdbc:postgresql://db.test/is?ssl=true&password=Plain-1"),
        "inventory",
        "databases",
        "wso2is_databases.user.url holds a password",
        "without account and password",
        "wso2is_databases.user.url",
    ),
    "database URL of two lines": (
        lambda s: at_url(s, "jdbc:postgresql://db.test/is\n"),
        "inventory",
        "databases",
        "wso2is_databases.user.url has a line end",
        "one line",
        "wso2is_databases.user.url",
    ),
    "pool that is none": (
        lambda s: s.database("user", pool=50),
        "inventory",
        "databases",
        "wso2is_databases.user.pool is a number",
        "a mapping",
        "wso2is_databases.user.pool",
    ),
    "pool with an unknown size": (
        lambda s: s.database("user", pool={"maxActive": 50}),
        "inventory",
        "databases",
        "wso2is_databases.user.pool.maxActive is not known",
        "max_active or max_wait or min_idle",
        "wso2is_databases.user.pool",
    ),
    "pool of Analytics with a wait": (
        lambda s: s.database("analytics", pool={"max_wait": 50}),
        "inventory",
        "databases",
        "wso2is_databases.analytics.pool.max_wait is not known",
        "max_active",
        "wso2is_databases.analytics.pool",
    ),
    "pool of none": (
        lambda s: s.database("user", pool={"max_active": 0}),
        "inventory",
        "databases",
        "wso2is_databases.user.pool.max_active is 0",
        "1 or more",
        "wso2is_databases.user.pool.max_active",
    ),
    "pool size as text": (
        lambda s: s.database("user", pool={"max_wait": "60s"}),
        "inventory",
        "databases",
        "wso2is_databases.user.pool.max_wait is 60s (text)",
        "a whole number",
        "wso2is_databases.user.pool.max_wait",
    ),
    "pool that keeps more than it has": (
        lambda s: s.database("user", pool={"max_active": 5, "min_idle": 6}),
        "inventory",
        "databases",
        "wso2is_databases.user.pool.min_idle is 6, max_active 5",
        "no more than max_active",
        "wso2is_databases.user.pool.min_idle",
    ),
    "schemas of another type": (
        lambda s: of_type(s, "mysql").set(database_create_schemas=True),
        "inventory",
        "schemas",
        "database_create_schemas is on with wso2is_database_type mysql",
        "PostgreSQL",
        "(user: dbscripts/mysql5.7.sql; identity: dbscripts/identity/mysql-5.7.sql, ",
    ),
    "database unknown": (
        lambda s: s.database("usr", name="a", username="b", password="c"),
        "inventory",
        "databases",
        "wso2is_databases.usr",
        "one of user",
        "Rename",
    ),
    "administrator's password": (
        lambda s: s.set(wso2is_admin_password="ab c"),
        "all hosts",
        "administrator",
        "wso2is_admin_password is a value",
        "{5,30}",
        "wso2is_admin_password",
    ),
    "administrator's name": (
        lambda s: s.set(wso2is_admin_user="me"),
        "all hosts",
        "administrator",
        "wso2is_admin_user is me",
        "{3,30}",
        "wso2is_admin_user",
    ),
    # Users
    "user store's type": (
        lambda s: directory(s, type="ldap"),
        "inventory",
        "user store",
        "wso2is_user_store.type is ldap",
        "one of database, read_write_ldap, read_only_ldap, active_directory",
        "wso2is_user_store.type",
    ),
    "user store without a type": (
        lambda s: directory(s, type=None),
        "inventory",
        "user store",
        "connection_password, user_search_base and group_search_base with the type database",
        "keys of the type database",
        "set wso2is_user_store.type to read_write_ldap, read_only_ldap or active_directory",
    ),
    "key of another user store": (
        lambda s: directory(s, type="read_write_ldap", member_of_attribute="memberOf"),
        "inventory",
        "user store",
        "member_of_attribute with the type read_write_ldap",
        "keys of the type read_write_ldap",
        "active_directory",
    ),
    "user store's key unknown": (
        lambda s: directory(s, cache="x"),
        "inventory",
        "user store",
        "wso2is_user_store has cache",
        "a key of the type read_only_ldap",
        "Remove it",
    ),
    "user store's key misspelt": (
        lambda s: directory(s, user_name_atribute="uid"),
        "inventory",
        "user store",
        "wso2is_user_store has user_name_atribute",
        "a key of the type",
        "Rename it to user_name_attribute",
    ),
    "user store lacks an account": (
        lambda s: directory(s, connection_name=None, connection_password=""),
        "inventory",
        "user store",
        "lacks connection_name and connection_password",
        "the account that the servers log in with",
        "Set wso2is_user_store.connection_name and wso2is_user_store.connection_password.",
    ),
    "user store lacks its bases": (
        lambda s: directory(s, user_search_base=None, group_search_base=None),
        "inventory",
        "user store",
        "lacks user_search_base and group_search_base",
        "where users and groups are",
        "or wso2is_user_store.read_groups to false",
    ),
    "URL of another scheme": (
        lambda s: directory(s, connection_url="https://ldap.example.org:636"),
        "inventory",
        "user store",
        "connection_url is https://ldap.example.org:636",
        "ldap:// or ldaps:// with host and port",
        "wso2is_user_store.connection_url",
    ),
    "URL without a port": (
        lambda s: directory(s, connection_url=["ldaps://a.example.org:636", "ldaps://b.example.org"]),
        "inventory",
        "user store",
        "connection_url is ldaps://b.example.org",
        "with host and port",
        "wso2is_user_store.connection_url",
    ),
    "URL with a port that is none": (
        lambda s: directory(s, connection_url="ldaps://a.example.org:70000"),
        "inventory",
        "user store",
        "connection_url is ldaps://a.example.org:70000",
        "with host and port",
        "wso2is_user_store.connection_url",
    ),
    "URL with an account": (
        lambda s: directory(s, connection_url="ldaps://me:Plain-1@a.example.org:636"),
        "inventory",
        "user store",
        "connection_url is ldaps://...@a.example.org:636",
        "with host and port",
        "wso2is_user_store.connection_url",
    ),
    "no URL in the list": (
        lambda s: directory(s, connection_url=[]),
        "inventory",
        "user store",
        "connection_url is a list",
        "with host and port",
        "wso2is_user_store.connection_url",
    ),
    "URL as number": (
        lambda s: directory(s, connection_url=636),
        "inventory",
        "user store",
        "connection_url is 636",
        "with host and port",
        "wso2is_user_store.connection_url",
    ),
    "URLs of two schemes": (
        lambda s: directory(s, connection_url="ldaps://a.example.org:636 ldap://b.example.org:389"),
        "inventory",
        "user store",
        "mixes ldap:// and ldaps://",
        "one of both",
        "wso2is_user_store.connection_url",
    ),
    "account that is no name": (
        lambda s: directory(s, connection_name="wso2"),
        "inventory",
        "user store",
        "connection_name is wso2",
        "a distinguished name",
        "wso2is_user_store.connection_name",
    ),
    "password of the directory as number": (
        lambda s: directory(s, connection_password=4711),
        "inventory",
        "user store",
        "connection_password is a number",
        "quote it",
        "wso2is_user_store.connection_password",
    ),
    "base that is no name": (
        lambda s: directory(s, user_search_base="people"),
        "inventory",
        "user store",
        "user_search_base is people",
        "a distinguished name, such as",
        "wso2is_user_store.user_search_base",
    ),
    "filter without parentheses": (
        lambda s: directory(s, user_name_list_filter="objectClass=person"),
        "inventory",
        "user store",
        "user_name_list_filter is objectClass=person",
        "parentheses",
        "wso2is_user_store.user_name_list_filter",
    ),
    "filter without a place for the name": (
        lambda s: directory(s, user_name_search_filter="(uid=x)"),
        "inventory",
        "user store",
        "user_name_search_filter is (uid=x)",
        "with a ? where the name goes",
        "wso2is_user_store.user_name_search_filter",
    ),
    "user store's boolean as text": (
        lambda s: directory(s, read_groups="maybe"),
        "inventory",
        "user store",
        "read_groups is maybe",
        "true or false",
        "wso2is_user_store.read_groups",
    ),
    "timeout of the directory": (
        lambda s: directory(s, read_timeout="5s"),
        "inventory",
        "user store",
        "read_timeout is 5s",
        "milliseconds",
        "wso2is_user_store.read_timeout",
    ),
    "referral": (
        lambda s: directory(s, referral="chase"),
        "inventory",
        "user store",
        "referral is chase",
        "one of follow, ignore, throw",
        "wso2is_user_store.referral",
    ),
    "StartTLS over LDAPS": (
        lambda s: directory(s, starttls_enabled=True),
        "inventory",
        "user store",
        "ldaps:// and starttls_enabled",
        "one of both",
        "wso2is_user_store.starttls_enabled",
    ),
    "StartTLS from a pool": (
        lambda s: directory(
            s, connection_url="ldap://a.example.org:389", starttls_enabled=True, connection_pooling_enabled=True
        ),
        "inventory",
        "user store",
        "starttls_enabled and connection_pooling_enabled",
        "no pool with StartTLS",
        "wso2is_user_store.connection_pooling_enabled",
    ),
    "properties as list": (
        lambda s: directory(s, properties=["a"]),
        "inventory",
        "user store",
        "wso2is_user_store.properties is a list",
        "a mapping",
        "wso2is_user_store.properties",
    ),
    "property with a key of its own": (
        lambda s: s.set(wso2is_user_store={"properties": {"ConnectionPassword": "Plain-1"}}),
        "inventory",
        "user store",
        "properties has ConnectionPassword",
        "wso2is_user_store.connection_password",
        "set wso2is_user_store.connection_password",
    ),
    "name of a property": (
        lambda s: directory(s, properties={"User DN": "a"}),
        "inventory",
        "user store",
        "properties has User DN",
        "letters and digits",
        "wso2is_user_store.properties",
    ),
    "value of a property": (
        lambda s: directory(s, properties={"UserDNPattern": ["a"]}),
        "inventory",
        "user store",
        "properties.UserDNPattern is a list",
        "a text",
        "wso2is_user_store.properties",
    ),
    "truststore without a certificate": (
        lambda s: (
            directory(s),
            s.set(
                wso2is_truststore=s.file("trust.jks", certificates.store("of-the-nodes", "x", [])),
                wso2is_truststore_password="of-the-nodes",
            ),
        ),
        "all hosts",
        "user store",
        "trust.jks holds no certificate",
        "the CA that signed the certificate of the directory",
        "wso2is_truststore",
    ),
    # Mail
    "mail without a server": (
        lambda s: mail(s, host=""),
        "inventory",
        "mail",
        "wso2is_smtp_from, wso2is_smtp_user and wso2is_smtp_password without wso2is_smtp_host",
        "the mail server",
        "Set wso2is_smtp_host",
    ),
    "mail server": (
        lambda s: mail(s, host="mail server"),
        "inventory",
        "mail",
        "wso2is_smtp_host:",
        "a mail server",
        "wso2is_smtp_host",
    ),
    "mail without a sender": (
        lambda s: mail(s, **{"from": "login"}),
        "inventory",
        "mail",
        "wso2is_smtp_from is login",
        "the address",
        "wso2is_smtp_from",
    ),
    "mail user without a password": (
        lambda s: mail(s, password=""),
        "inventory",
        "mail",
        "wso2is_smtp_user without wso2is_smtp_password",
        "both or none",
        "Set wso2is_smtp_password",
    ),
    "mail password without a user": (
        lambda s: mail(s, user=""),
        "inventory",
        "mail",
        "wso2is_smtp_password without wso2is_smtp_user",
        "both or none",
        "Set wso2is_smtp_user",
    ),
    "mail port": (
        lambda s: mail(s, port=70000),
        "inventory",
        "mail",
        "wso2is_smtp_port is 70000",
        "up to 65535",
        "wso2is_smtp_port",
    ),
    "mail port of TLS": (
        lambda s: mail(s, port=465),
        "inventory",
        "mail",
        "wso2is_smtp_port is 465",
        "STARTTLS",
        "wso2is_smtp_port",
    ),
    # Kernel
    "kernel setting that is none": (
        lambda s: s.set(wso2is_sysctl_settings={"tcp fin timeout": 30}),
        "all hosts",
        "kernel",
        "wso2is_sysctl_settings[tcp fin timeout] is set",
        "the name of a kernel setting",
        "wso2is_sysctl_settings",
    ),
    "kernel setting that does harm": (
        lambda s: s.set(wso2is_sysctl_settings={"net.ipv4.tcp_tw_recycle": 1}),
        "all hosts",
        "kernel",
        "wso2is_sysctl_settings[net.ipv4.tcp_tw_recycle] is set",
        "behind NAT",
        "wso2is_sysctl_settings",
    ),
    "kernel setting of another type": (
        lambda s: s.set(wso2is_sysctl_settings={"net.ipv4.tcp_rmem": [1, 2, 3]}),
        "all hosts",
        "kernel",
        "wso2is_sysctl_settings[net.ipv4.tcp_rmem] is",
        "a number, a text",
        "wso2is_sysctl_settings",
    ),
    "kernel setting with a line end": (
        lambda s: s.set(wso2is_sysctl_settings={"net.ipv4.tcp_rmem": "1\nkernel.x = 2"}),
        "all hosts",
        "kernel",
        "wso2is_sysctl_settings[net.ipv4.tcp_rmem] is",
        "one line",
        "wso2is_sysctl_settings",
    ),
    "reserved ports that are none": (
        lambda s: s.set(wso2is_sysctl_settings={"net.ipv4.ip_local_reserved_ports": "9000-70000"}),
        "all hosts",
        "kernel",
        "is 9000-70000",
        "8080,9000-9010",
        "wso2is_sysctl_settings",
    ),
    # JDK
    "JDK in two ways": (
        lambda s: s.set("is1", jdk_home="/opt/jdk", jdk_archive="/a/jdk.tar.gz"),
        "is1",
        "JDK",
        "jdk_home and jdk_archive are set",
        "one of them",
        "jdk_home or jdk_archive",
    ),
    "JDK by a relative path": (
        lambda s: s.set("is1", jdk_home="jdk"),
        "is1",
        "JDK",
        "jdk_home is jdk",
        "absolute",
        "jdk_home",
    ),
    "JDK that servers cannot see": (
        lambda s: s.set("is1", "an1", jdk_home="/root/jdk8"),
        "is1, an1",
        "JDK",
        "jdk_home is /root/jdk8",
        "cannot see",
        "jdk_home",
    ),
    "JDK archive without a checksum": (
        lambda s: s.set(jdk_archive=s.file("jdk.tar.gz", "x")),
        "is1, is2, an1, an2",
        "JDK",
        "jdk_archive_checksum is not set",
        "64 hexadecimal digits",
        "jdk_archive_checksum",
    ),
    "JDK archive with a checksum that is none": (
        lambda s: s.set(jdk_archive=s.file("jdk.tar.gz", "x"), jdk_archive_checksum="md5:0"),
        "is1, is2, an1, an2",
        "JDK",
        "jdk_archive_checksum is md5:0",
        "64 hexadecimal digits",
        "jdk_archive_checksum",
    ),
    "JDK archive with another checksum": (
        lambda s: s.set(jdk_archive=s.file("jdk.tar.gz", "x"), jdk_archive_checksum="sha256:" + "0" * 64),
        "is1, is2, an1, an2",
        "JDK",
        "jdk.tar.gz has sha256:",
        "archive of a JDK",
        "jdk_archive_checksum",
    ),
    "JDK archive of another kind": (
        lambda s: s.set("is2", jdk_archive=s.file("jdk.zip", "x"), jdk_archive_checksum="sha256:" + "0" * 64),
        "is2",
        "JDK",
        "jdk.zip",
        "a tar archive",
        "jdk_archive",
    ),
    "JDK checksum alone": (
        lambda s: s.set("is2", jdk_archive_checksum="sha256:" + "0" * 64),
        "is2",
        "JDK",
        "jdk_archive_checksum is set alone",
        "jdk_archive",
        "jdk_archive",
    ),
    "JDK directory": (
        lambda s: s.set("is2", jdk_archive_dir="/opt/my jdks"),
        "is2",
        "variables",
        "jdk_archive_dir is '/opt/my jdks'",
        "absolute path",
        "jdk_archive_dir",
    ),
    # Operation
    "JMX on the cluster's port": (
        lambda s: s.set("is2", is_node_jmx=True, is_node_port_offset=1).set(hazelcast_port=10000),
        "is2",
        "port conflict",
        "tcp 10000 is wanted by identity_server cluster and identity_server jmx_registry",
        "one service",
        "hazelcast_port or is_node_port_offset",
    ),
    "Hazelcast property that is none": (
        lambda s: s.set(hazelcast_properties={"hazelcast.merge.first.run.delay.secs": 30}),
        "all hosts",
        "Hazelcast",
        "hazelcast_properties[hazelcast.merge.first.run.delay.secs] is set",
        "knows",
        "hazelcast.merge.first.run.delay.seconds",
    ),
    "Hazelcast property like no other": (
        lambda s: s.set(hazelcast_properties={"speed": 30}),
        "all hosts",
        "Hazelcast",
        "hazelcast_properties[speed] is set",
        "knows",
        "Remove hazelcast_properties[speed]",
    ),
    "Hazelcast property with a variable of its own": (
        lambda s: s.set(hazelcast_properties={"hazelcast.max.no.heartbeat.seconds": 30}),
        "all hosts",
        "Hazelcast",
        "is set",
        "hazelcast_max_no_heartbeat_seconds only",
        "Remove",
    ),
    "Hazelcast property of the collection": (
        lambda s: s.set(hazelcast_properties={"hazelcast.logging.type": "none"}),
        "all hosts",
        "Hazelcast",
        "is set",
        "the collection",
        "Remove",
    ),
    "Hazelcast property that is no value": (
        lambda s: s.set(hazelcast_properties={"hazelcast.jmx": ["yes"]}),
        "all hosts",
        "Hazelcast",
        "hazelcast_properties[hazelcast.jmx] is a list",
        "a number, a boolean",
        "Change hazelcast_properties[hazelcast.jmx]",
    ),
    "Hazelcast property with a line end": (
        lambda s: s.set(hazelcast_properties={"hazelcast.jmx": "true\nother=1"}),
        "all hosts",
        "Hazelcast",
        "hazelcast_properties[hazelcast.jmx] is",
        "printable ASCII",
        "Change hazelcast_properties[hazelcast.jmx]",
    ),
    "heap among the options of the JVM": (
        lambda s: s.set("is2", is_node_java_options="-Dx=1 -Xmx4g"),
        "is2",
        "JVM options",
        "is_node_java_options has -Xmx4g",
        "is_node_heap_mb",
        "is_node_java_options",
    ),
    "offset among the options of the JVM": (
        lambda s: s.set(is_node_java_options="-DportOffset=1"),
        "is1, is2",
        "JVM options",
        "-DportOffset=1",
        "is_node_port_offset",
        "is_node_java_options",
    ),
    "the cluster's file among the options of the JVM": (
        lambda s: s.set(is_node_java_options="-Dhazelcast.config=/etc/hazelcast.xml"),
        "is1, is2",
        "JVM options",
        "-Dhazelcast.config=/etc/hazelcast.xml",
        "left out",
        "is_node_java_options",
    ),
    # Packs and files
    "pack missing": (
        lambda s: s.set(wso2is_pack="/absent/wso2is.zip"),
        "all hosts",
        "pack",
        "/absent/wso2is.zip is not there",
        "wso2is-5.8.0",
        "wso2is_pack",
    ),
    "pack of Analytics missing": (
        lambda s: s.set(wso2is_analytics_pack=""),
        "all hosts",
        "pack",
        "wso2is_analytics_pack is not set",
        "a pack",
        "wso2is_analytics_pack",
    ),
    "pack's checksum": (
        lambda s: s.set(wso2is_pack_checksum="sha256:" + "0" * 64),
        "all hosts",
        "pack",
        "is required",
        "wso2is-5.8.0",
        "wso2is_pack_checksum",
    ),
    "form of a checksum": (
        lambda s: s.set(wso2is_pack_checksum="md5:1"),
        "all hosts",
        "pack",
        "not of the form sha256:",
        "wso2is-5.8.0",
        "wso2is_pack_checksum",
    ),
    "pack of another release": (
        lambda s: s.pack(renamed),
        "all hosts",
        "pack",
        "contains wso2is-5.9.0",
        "wso2is-5.8.0",
        "wso2is_release",
    ),
    "pack with a path that escapes": (
        lambda s: s.pack(kept, "wso2is-5.8.0/../../etc/cron.d/x"),
        "all hosts",
        "pack",
        "not safe to unpack",
        "wso2is-5.8.0",
        "wso2is_pack",
    ),
    "pack with a link": (
        lambda s: s.pack(kept, s.link("wso2is-5.8.0/link")),
        "all hosts",
        "pack",
        "symbolic link",
        "wso2is-5.8.0",
        "wso2is_pack",
    ),
    "pack that is none": (
        lambda s: s.set(wso2is_pack=s.file("p.zip", "text"), wso2is_pack_checksum=""),
        "all hosts",
        "pack",
        "not a zip",
        "wso2is-5.8.0",
        "wso2is_pack",
    ),
    "anchor missing": (
        lambda s: s.pack(without_anchor),
        "is1, is2",
        "settings",
        "repository/conf/axis2/axis2.xml",
        "release 5.8.0",
        "the release's own pack",
    ),
    "release": (
        lambda s: s.set(wso2is_release="5.7.0"),
        "all hosts",
        "release",
        "5.7.0",
        "a known release",
        "wso2is_release",
    ),
    "driver missing": (
        lambda s: s.set(wso2is_jdbc_driver="/absent.jar"),
        "all hosts",
        "JDBC driver",
        "/absent.jar is not there",
        "driver of postgresql",
        "wso2is_jdbc_driver",
    ),
    "driver not given": (
        lambda s: s.unset("wso2is_jdbc_driver"),
        "inventory",
        "variables",
        "wso2is_jdbc_driver is not set",
        "JDBC driver",
        "wso2is_jdbc_driver",
    ),
    "driver of another database": (
        lambda s: (
            s.set(wso2is_jdbc_driver=s.file("d.jar", sample.jar("com.mysql.jdbc.Driver"))),
            s.checksum("wso2is_jdbc_driver"),
        ),
        "all hosts",
        "JDBC driver",
        "has no class org.postgresql.Driver",
        "driver of postgresql",
        "wso2is_jdbc_driver",
    ),
    "driver of MariaDB": (
        lambda s: driver(of_type(s, "mariadb"), sample.jar("org.mariadb.jdbc.Driver")),
        "all hosts",
        "JDBC driver",
        "has no class com.mysql.jdbc.Driver",
        "MySQL Connector/J, as this release does not know MariaDB's own",
        "wso2is_jdbc_driver",
    ),
    "driver of Oracle": (
        lambda s: driver(of_type(s, "oracle"), sample.DRIVER),
        "all hosts",
        "JDBC driver",
        "has no class oracle.jdbc.OracleDriver",
        "driver of oracle",
        "wso2is_jdbc_driver",
    ),
    "driver of SQL Server": (
        lambda s: driver(of_type(s, "mssql"), sample.DRIVER),
        "all hosts",
        "JDBC driver",
        "has no class com.microsoft.sqlserver.jdbc.SQLServerDriver",
        "driver of mssql",
        "wso2is_jdbc_driver",
    ),
    "driver for a later Java": (
        lambda s: driver(s, sample.jar("org.postgresql.Driver", java=11)),
        "all hosts",
        "JDBC driver",
        "is for Java 11 and later",
        "for Java 1.8",
        "wso2is_jdbc_driver",
    ),
    "driver that is none": (
        lambda s: (s.set(wso2is_jdbc_driver=s.file("d.jar", "text")), s.checksum("wso2is_jdbc_driver")),
        "all hosts",
        "JDBC driver",
        "is not a jar",
        "driver of postgresql",
        "wso2is_jdbc_driver",
    ),
    "keystore missing": (
        lambda s: s.set(wso2is_keystore="/absent.jks"),
        "all hosts",
        "files",
        "wso2is_keystore: /absent.jks",
        "a file",
        "wso2is_keystore",
    ),
    "keystore's password": (
        lambda s: s.set(wso2is_keystore_password="other1"),
        "all hosts",
        "stores",
        "wso2is_keystore_password does not open",
        "the password",
        "wso2is_keystore_password",
    ),
    "keystore's alias": (
        lambda s: s.set(wso2is_key_alias="other"),
        "all hosts",
        "certificate",
        "no key with the alias other; its keys: login",
        "the key",
        "wso2is_key_alias",
    ),
    # Certificates
    "management host that is the public one": (
        lambda s: s.set(wso2is_management_host=PUBLIC.upper()),
        "deployment",
        "management host",
        f"{PUBLIC} is the public host",
        "another name of the load balancer",
        "wso2is_management_host",
    ),
    "management host that is a node": (
        lambda s: s.set(wso2is_management_host="is1"),
        "deployment",
        "management host",
        "is1 is the Identity Server node is1",
        "another name of the load balancer",
        "wso2is_management_host",
    ),
    "management host that is an address": (
        lambda s: s.set(wso2is_management_host="192.0.2.10"),
        "deployment",
        "management host",
        "192.0.2.10 is an IP address",
        "another name of the load balancer",
        "wso2is_management_host",
    ),
    "management host that is no name": (
        lambda s: s.set(wso2is_management_host="https://console.example.org/"),
        "deployment",
        "management host",
        "neither an IP address nor a host name",
        "another name of the load balancer",
        "wso2is_management_host",
    ),
    "certificate without the management host": (
        lambda s: (s.set(wso2is_management_host=CONSOLE), balancer(s, certificates.certificate(PUBLIC))),
        "all hosts",
        "certificate",
        f"is for {PUBLIC}",
        f"the management name {CONSOLE}",
        "load_balancer_certificate, or wso2is_management_host",
    ),
    "own certificate without the management host": (
        lambda s: management(s, certificates.certificate(PUBLIC)),
        "all hosts",
        "certificate",
        f"is for {PUBLIC}",
        f"the management name {CONSOLE}",
        "load_balancer_management_certificate, or wso2is_management_host",
    ),
    "key of another management certificate": (
        lambda s: management(s, certificates.certificate(CONSOLE), certificates.key_pem(2)),
        "all hosts",
        "certificate",
        "is not the key of",
        "the private key",
        "load_balancer_management_certificate_key",
    ),
    "management certificate missing": (
        lambda s: s.set(wso2is_management_host=CONSOLE, load_balancer_management_certificate="/absent.crt"),
        "all hosts",
        "files",
        "load_balancer_management_certificate: /absent.crt cannot be read",
        "a file on the control node",
        "load_balancer_management_certificate",
    ),
    "TLS protocol unknown": (
        lambda s: s.set(is_node_tls_protocols="TLS 1.2"),
        "is1, is2",
        "TLS",
        "is_node_tls_protocols has TLS 1.2",
        "TLSv1.2 or TLSv1.3",
        "is_node_tls_protocols",
    ),
    "TLS protocol empty": (
        lambda s: s.set("is2", is_node_tls_protocols=""),
        "is2",
        "TLS",
        "is_node_tls_protocols has empty text",
        "TLSv1.2 or TLSv1.3",
        "is_node_tls_protocols",
    ),
    "cipher suites by the names of OpenSSL": (
        lambda s: s.set(is_node_tls_ciphers=["ECDHE-RSA-AES128-GCM-SHA256"]),
        "is1, is2",
        "TLS",
        "is_node_tls_ciphers has ECDHE-RSA-AES128-GCM-SHA256",
        "names as Java writes them",
        "is_node_tls_ciphers",
    ),
    "certificate of another name": (
        lambda s: balancer(s, certificates.certificate("www.example.org", "*.other.org")),
        "all hosts",
        "certificate",
        "is for www.example.org, *.other.org",
        PUBLIC,
        "load_balancer_certificate, or wso2is_public_host",
    ),
    "certificate without names": (
        lambda s: balancer(s, certificates.certificate()),
        "all hosts",
        "certificate",
        "is for no name",
        PUBLIC,
        "load_balancer_certificate",
    ),
    "certificate expired": (
        lambda s: balancer(s, certificates.certificate(PUBLIC, days=-1, since=-9)),
        "all hosts",
        "certificate",
        "expired on",
        "valid now",
        "load_balancer_certificate",
    ),
    "certificate of tomorrow": (
        lambda s: balancer(s, certificates.certificate(PUBLIC, since=2)),
        "all hosts",
        "certificate",
        "valid from",
        "valid now",
        "load_balancer_certificate",
    ),
    "certificate that is none": (
        lambda s: balancer(s, b"text"),
        "all hosts",
        "certificate",
        "holds no certificate",
        "PEM",
        "load_balancer_certificate",
    ),
    "key of another certificate": (
        lambda s: balancer(s, certificates.certificate(PUBLIC), certificates.key_pem(2)),
        "all hosts",
        "certificate",
        "is not the key of",
        "private key",
        "load_balancer_certificate_key",
    ),
    "key with a passphrase": (
        lambda s: balancer(s, certificates.certificate(PUBLIC), certificates.key_pem(1, "x")),
        "all hosts",
        "certificate",
        "passphrase",
        "without one",
        "load_balancer_certificate_key",
    ),
    "key that is none": (
        lambda s: balancer(s, certificates.certificate(PUBLIC), b"text"),
        "all hosts",
        "certificate",
        "holds no private key",
        "PEM",
        "load_balancer_certificate_key",
    ),
    "keystore of another name": (
        lambda s: keystore(s, "is1.example.org"),
        "all hosts",
        "certificate",
        "is for is1.example.org",
        PUBLIC,
        "wso2is_keystore",
    ),
    "keystore expired": (
        lambda s: keystore(s, PUBLIC, days=-1, since=-9),
        "all hosts",
        "certificate",
        "expired on",
        "valid now",
        "wso2is_keystore",
    ),
    # Secrets
    "default password": (
        lambda s: s.set(wso2is_admin_password="admin"),
        "all hosts",
        "default password",
        "wso2is_admin_password",
        "wso2is_test_lab",
        "Change wso2is_admin_password",
    ),
    "default password of Analytics": (
        lambda s: s.set(analytics_admin_password="admin"),
        "all hosts",
        "default password",
        "analytics_admin_password",
        "of your own",
        "analytics_admin_password",
    ),
    "default key": (
        vendor_keystore,
        "all hosts",
        "default key",
        "the pack's own",
        "a key of your own",
        "wso2is_keystore",
    ),
}

WARNINGS: dict[str, Row] = {
    "host names that nobody verifies": (
        lambda s: s.set(is_node_java_options="-Dorg.wso2.ignoreHostnameVerification=true"),
        "is1, is2",
        "JVM options",
        "-Dorg.wso2.ignoreHostnameVerification=true",
        "any certificate",
        "is_node_java_options",
    ),
    "permanent generation": (
        lambda s: s.set(analytics_java_options="-XX:MaxPermSize=1g"),
        "an1, an2",
        "JVM options",
        "analytics_java_options has -XX:MaxPermSize=1g",
        "left out",
        "analytics_java_options",
    ),
    "no load balancer": (
        lambda s: s.balancers.clear(),
        "deployment",
        "load balancer",
        "none",
        "sticky sessions",
        "wso2is_load_balancers",
    ),
    "TLS protocol that is broken": (
        lambda s: s.set(is_node_tls_protocols="TLSv1,TLSv1.1, TLSv1.2"),
        "is1, is2",
        "TLS",
        "TLSv1 and TLSv1.1, which is broken",
        "TLSv1.2 or TLSv1.3",
        "is_node_tls_protocols",
    ),
    "certificate that expires soon": (
        lambda s: balancer(s, certificates.certificate("*.example.org", days=20)),
        "all hosts",
        "certificate",
        "expires on",
        "30 days",
        "load_balancer_certificate",
    ),
    "pack without a checksum": (
        lambda s: s.unset("wso2is_pack_checksum"),
        "all hosts",
        "pack",
        "was not checked",
        "sha256:",
        "wso2is_pack_checksum",
    ),
    "driver that Analytics does not load": (
        lambda s: driver(s, sample.jar("org.postgresql.Driver", bundle=False)),
        "all hosts",
        "JDBC driver",
        "has no Bundle-SymbolicName",
        "an OSGi bundle",
        "wso2is_jdbc_driver",
    ),
    "driver without a checksum": (
        lambda s: s.unset("wso2is_jdbc_driver_checksum"),
        "all hosts",
        "JDBC driver",
        "was not checked",
        "sha256:",
        "wso2is_jdbc_driver_checksum",
    ),
    "default password in a lab": (
        lambda s: s.set(wso2is_admin_password="admin", wso2is_test_lab=True),
        "all hosts",
        "default password",
        "wso2is_admin_password",
        "test_lab",
        "wso2is_admin_password",
    ),
    "directory in plain text": (
        lambda s: directory(s, connection_url="ldap://ldap.example.org:389"),
        "inventory",
        "user store",
        "ldap:// to ldap.example.org",
        "ldaps:// or StartTLS",
        "wso2is_user_store.starttls_enabled",
    ),
    "Active Directory in plain text": (
        lambda s: directory(
            s, type="active_directory", connection_url=["ldap://dc1.example.org:389", "ldap://localhost:389"]
        ),
        "inventory",
        "user store",
        "ldap:// to dc1.example.org: passwords cross the network in plain text; Active Directory also refuses",
        "ldaps:// or StartTLS",
        "wso2is_user_store.connection_url",
    ),
    "mail password in plain text": (
        lambda s: mail(s, starttls=False),
        "inventory",
        "mail",
        "wso2is_smtp_password crosses the network",
        "STARTTLS",
        "wso2is_smtp_starttls",
    ),
    "password of the directory in group_vars": (
        lambda s: s.file(
            "group_vars/all/main.yml",
            "wso2is_user_store:\n  connection_url: ldaps://ldap.example.org:636\n  connection_password: Plain-1\n",
        ),
        "inventory",
        "plain text",
        "main.yml: wso2is_user_store",
        "encrypted",
        "ansible-vault",
    ),
    "secret in group_vars": (
        lambda s: s.file("group_vars/all/main.yml", "wso2is_admin_password: Plain-1\nwso2is_admin_user: me\n"),
        "inventory",
        "plain text",
        "main.yml: wso2is_admin_password",
        "encrypted",
        "ansible-vault",
    ),
    "secret in a vault that is open": (
        lambda s: (
            s.file(
                "group_vars/all/main.yml",
                "wso2is_databases: {user: {name: n, password: \"{{ passwords['user'] }}\"}}\n",
            ),
            s.file("group_vars/all/vault.yml", "passwords: {user: Plain-1}\n"),
        ),
        "inventory",
        "plain text",
        "vault.yml: passwords",
        "encrypted",
        "ansible-vault",
    ),
    "secret in the inventory": (
        lambda s: s.file("hosts.yml", "all: {vars: {wso2is_keystore_password: Plain-1}}"),
        "inventory",
        "plain text",
        "hosts.yml: wso2is_keystore_password",
        "encrypted",
        "ansible-vault",
    ),
    "secret in an INI inventory": (
        lambda s: s.file(
            "hosts.yml", "[wso2is_nodes]\nis1 wso2is_truststore_password='Plain-1' x=1\n# hazelcast_group_password=x\n"
        ),
        "inventory",
        "plain text",
        "hosts.yml: wso2is_truststore_password",
        "encrypted",
        "ansible-vault",
    ),
}


def test_a_sound_deployment_has_no_finding(site: Site) -> None:
    assert site.findings() == []


@pytest.mark.parametrize("case", ERRORS)
def test_a_mistake_is_the_only_error(site: Site, case: str) -> None:
    make, *expected = ERRORS[case]
    make(site)

    found = site.findings()
    (row,) = [row for row in found if row["severity"] == "error"]

    assert_row(row, *expected)
    assert "Nothing" not in findings_table(found)


@pytest.mark.parametrize("case", WARNINGS)
def test_a_doubt_is_the_only_warning(site: Site, case: str) -> None:
    make, *expected = WARNINGS[case]
    make(site)

    (row,) = site.findings()

    assert row["severity"] == "warning"
    assert_row(row, *expected)


def assert_row(row: dict[str, str], host: str, check: str, found: str, required: str, remedy: str) -> None:
    assert (row["host"], row["check"]) == (host, check)
    assert found in row["found"]
    assert required in row["required"]
    assert remedy in row["remedy"]
    assert "Plain-1" not in str(row)


def test_scripts_of_separate_databases_are_named_each_by_its_own(site: Site) -> None:
    own = {name: {"name": name, "username": "u", "password": "Plain-1"} for name in ("registry", "consent")}
    given = site.hosts["is1"]["wso2is_databases"]
    of_type(site, "oracle").set(database_create_schemas=True, wso2is_databases={**given, **own})

    (row,) = site.findings()

    for part in ("user: dbscripts/oracle.sql;", "registry: dbscripts/oracle.sql;", "consent: dbscripts/consent/oracle"):
        assert part in row["remedy"]


# What a model cannot have, as it makes both itself.


def test_a_member_list_that_lacks_a_node(site: Site) -> None:
    deployment = topology(site.hosts, site.nodes, site.workers, site.dashboards, site.balancers)

    assert topology_findings({**deployment, "members": deployment["cluster_members"]}) == []
    (row,) = topology_findings({**deployment, "members": deployment["cluster_members"][:1]})
    assert_row(
        row, "is2", "cluster members", "192.0.2.22:4000 is not in the member list", "every node", "the member list"
    )


def test_a_carbon_id_of_two_workers(site: Site) -> None:
    deployment = topology(site.hosts, site.nodes, site.workers, site.dashboards, site.balancers)
    deployment["workers"][1]["carbon_id"] = deployment["workers"][0]["carbon_id"]

    (row,) = topology_findings(deployment)
    assert_row(row, "an1 and an2", "carbon id", "an1-worker on 2 workers", "a text of its own", "the carbon id of an2")


# What is no mistake.


@pytest.mark.parametrize(
    "make",
    [
        lambda s: balancer(s, certificates.certificate("*.example.org")),
        lambda s: balancer(s, certificates.certificate(PUBLIC.upper())),
        lambda s: balancer(s, certificates.certificate(PUBLIC), b"$ANSIBLE_VAULT;1.1;AES256\n00"),
        lambda s: keystore(s, "other.org", PUBLIC),
        lambda s: (s.set(wso2is_management_host=CONSOLE), balancer(s, certificates.certificate(PUBLIC, CONSOLE))),
        lambda s: management(s, certificates.certificate(CONSOLE)),
        # Without a name of its own for the console nobody reads its certificate.
        lambda s: (management(s, certificates.certificate()), s.unset("wso2is_management_host")),
        lambda s: s.set(is_node_tls_protocols="TLSv1.2, TLSv1.3", is_node_tls_ciphers=[], is_node_hsts_seconds=0),
        lambda s: s.set(analytics_keystore_password="wso2carbon", analytics_truststore_password="of their own"),
        lambda s: s.set(wso2is_pack_checksum=s.hosts["is1"]["wso2is_pack_checksum"].upper().replace("SHA", "sha")),
        lambda s: s.set(load_balancer_hsts_seconds=0, load_balancer_tls_protocols=["TLSv1.3"]),
        lambda s: s.set("an1", hazelcast_domain="unread"),
        # Users and mail
        directory,
        lambda s: directory(s, type="active_directory", connection_name="wso2@example.org", referral="ignore"),
        lambda s: directory(s, type="active_directory", connection_name="EXAMPLE\\wso2", member_of_attribute="x"),
        lambda s: directory(
            s, type="read_write_ldap", write_groups="false", read_timeout="700", user_name_attribute=""
        ),
        lambda s: directory(s, read_groups=False, group_search_base=None),
        lambda s: directory(s, connection_url="ldap://127.0.0.1:389"),
        lambda s: directory(s, connection_url="ldap://ldap.example.org:389", starttls_enabled=True),
        lambda s: (directory(s, connection_url="ldap://a:389"), s.set(wso2is_test_lab=True)),
        lambda s: directory(s, properties={"MemberOfAttribute": "memberOf", "MaxUserNameListLength": 7, "X": False}),
        # An administrator that is not created is not judged.
        lambda s: (directory(s), s.set(wso2is_admin_user="me")),
        lambda s: s.set(wso2is_user_store={"type": "database", "scim_enabled": False, "admin_role": "operators"}),
        lambda s: s.file("group_vars/all/main.yml", "wso2is_user_store: {connection_name: 'cn=wso2,dc=example'}\n"),
        mail,
        lambda s: mail(s, user="", password="", starttls=False),
        lambda s: (mail(s, starttls=False), s.set(wso2is_test_lab=True)),
        # The page asks for 2 GB for a node only.
        lambda s: s.set("an2", analytics_worker_heap_mb=512),
        lambda s: s.set(wso2is_install_dir="/srv/wso2_1.0/", wso2is_user="_wso2"),
        lambda s: s.set(is_node_heap_mb="2048", is_node_port_offset="3"),
        lambda s: s.set(
            hazelcast_properties={"hazelcast.jmx": True, "hazelcast.icmp.ttl": 1, "hazelcast.rest.enabled": "no"}
        ),
        lambda s: s.set(is_node_java_options="-XX:+UseG1GC -Xss1m -Dorg.wso2.ignoreHostnameVerification=false"),
        lambda s: s.set("is1", jdk_home="/opt/jdk8", jdk_archive_dir="/opt/jvm"),
        lambda s: s.set(
            jdk_archive="https://files.example.org/jdk8.tar.gz?raw", jdk_archive_checksum="sha256:" + "aB" * 32
        ),
        lambda s: s.set(
            jdk_archive=s.file("jdk.tgz", "x"), jdk_archive_checksum=f"sha256:{hashlib.sha256(b'x').hexdigest()}"
        ),
        lambda s: s.set(wso2is_sysctl_settings={"net.core.somaxconn": 4096, "net.ipv4.tcp_rmem": None}),
        lambda s: s.set(wso2is_sysctl=False),
        # JMX is closed, so its port is free.
        lambda s: s.set(hazelcast_port=9999),
        lambda s: s.set(is_node_jmx=True),
        lambda s: s.file("group_vars/all/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\nwso2is_admin_password: x\n"),
        lambda s: s.file(
            "group_vars/all.yml", "wso2is_admin_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\n"
        ),
        lambda s: s.file("group_vars/all.yml", "wso2is_admin_password: \"{{ lookup('env', 'X') }}\"\nX: plain\n"),
        lambda s: s.file(
            "group_vars/all.yml", 'hazelcast_group_password: "{{ wso2is_public_host }}"\nwso2is_public_host: x\n'
        ),
        lambda s: s.file("group_vars/all.yml", "a: &a {b: *a}\nother_password: of somebody else\n"),
        lambda s: s.file("group_vars/.hidden/x.yml", "wso2is_admin_password: x"),
        lambda s: s.file("group_vars/all.txt", "wso2is_admin_password: x"),
        lambda s: s.file("group_vars/all.yml", b"wso2is_admin_password: \xff"),
        lambda s: of_type(s, "mysql"),
        lambda s: of_type(s, "mariadb"),
        lambda s: of_type(s, "oracle"),
        lambda s: of_type(s, "oracle").database("user", name="", sid="IS"),
        lambda s: of_type(s, "mssql"),
        lambda s: at_url(s, "jdbc:postgresql://a.test:5432,b.test:5432/is?targetServerType=primary&ssl=true"),
        lambda s: at_url(of_type(s, "mysql"), "jdbc:mysql:replication://a.test,b.test/is?useSSL=true"),
        lambda s: at_url(of_type(s, "oracle"), "jdbc:oracle:thin:@identity_db"),
        lambda s: at_url(of_type(s, "mssql"), "jdbc:sqlserver://a.test;databaseName=is;failoverPartner=b.test"),
        lambda s: s.database("user", pool={"max_active": 5, "max_wait": 1, "min_idle": 5}),
        lambda s: s.database("analytics", pool={"max_active": 5}),
        lambda s: s.set(wso2is_database_port=0),
        # The servers of pattern 1 wrap such a jar themselves.
        lambda s: (pattern_1(s), driver(s, sample.jar("org.postgresql.Driver", bundle=False))),
        lambda s: driver(s, sample.jar("org.postgresql.Driver", java=7)),
    ],
)
def test_what_is_no_mistake(site: Site, make: Callable[[Site], Any]) -> None:
    make(site)

    assert site.findings() == []


def test_plain_text_is_allowed_in_a_lab(site: Site) -> None:
    site.file("group_vars/all.yml", "wso2is_admin_password: Plain-1\n")
    assert [row["check"] for row in site.findings()] == ["plain text"]
    site.set(wso2is_test_lab=True)
    assert site.findings() == []


def test_secrets_in_lists_and_files_that_are_too_large(site: Site) -> None:
    site.file("group_vars/all.yml", "wso2is_admin_password: [Plain-1]\n")
    (row,) = site.findings()
    assert row["found"].endswith("all.yml: wso2is_admin_password")
    site.file("group_vars/all.yml", "wso2is_admin_password: Plain-1\n" + "# \n" * (1 << 19))
    assert site.findings() == []


def test_files_that_the_control_node_cannot_read(site: Site) -> None:
    # A file by its type, and every read of it fails.
    unreadable = "/proc/self/mem"
    site.set(wso2is_pack=unreadable, wso2is_keystore=unreadable, load_balancer_certificate=unreadable)

    assert [(row["check"], row["found"]) for row in site.findings()] == [
        ("files", "wso2is_keystore: /proc/self/mem cannot be read"),
        ("files", "load_balancer_certificate: /proc/self/mem cannot be read"),
        ("pack", "/proc/self/mem cannot be read: Input/output error"),
    ]


def test_a_rule_that_only_java_understands(site: Site) -> None:
    model = topology(site.hosts, site.nodes, site.workers, site.dashboards, site.balancers)
    rules = model["hosts"]["is1"]["servers"]["is"]["fields"]["user_store"]["children"]
    for rule in rules:
        if rule["attributes"]["name"] == "PasswordJavaRegEx":
            rule["text"] = r"\p{Graph}{500,}"

    assert [row for row in checks.inventory_findings(model) if row["check"] == "administrator"] == []


def test_twelve_mistakes_at_once(site: Site) -> None:
    mistakes = [
        "misspelt",
        "number as text",
        "boolean as text",
        "IPv6",
        "one worker",
        "keystore's alias",
        "pack missing",
        "heap",
        "certificate expired",
        "driver of another database",
        "default password of Analytics",
        "database unknown",
    ]
    for name in mistakes:
        if name != "heap":
            ERRORS[name][0](site)
    site.set("is1", is_node_heap_mb=1024)

    found = [row for row in site.findings() if row["severity"] == "error"]

    assert {row["check"] for row in found} == {ERRORS[name][2] for name in mistakes}
    assert len(found) == len(mistakes)
    assert findings_table(found).startswith("12 errors")
