# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every failure that a configuration or a host can cause is said in one sentence: what, where, what to change.

One deployment, broken on one host at a time, and mended again. Starts are asked of systemd, as the playbook does.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator

import pytest
from converged import IS_NODES, WORKERS, Lab

IS = "/opt/wso2/is"
ANALYTICS = "/opt/wso2/analytics"
CONF = f"{IS}/current/repository/conf"
AXIS2, CARBON = f"{CONF}/axis2/axis2.xml", f"{CONF}/carbon.xml"
DATASOURCES = f"{CONF}/datasources/master-datasources.xml"
CATALINA = f"{CONF}/tomcat/catalina-server.xml"
WORKER = f"{ANALYTICS}/current-worker/conf/worker/deployment.yaml"
SHARE = "/mnt/wso2is-shared"
# Connections that have just ended are no hindrance.
LISTEN = """
import socket, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('0.0.0.0', {}))
s.listen()
time.sleep(3600)
"""
ASK = """
import ssl, urllib.request
url = "https://127.0.0.1:9443/api/health-check/v1.0/health"
print(urllib.request.urlopen(url, context=ssl._create_unverified_context()).read().decode())
"""
DROP = "add table inet cut; add chain inet cut in {type filter hook input priority 0;}"
DROP += "".join(f"; add rule inet cut in tcp {end} 4000 drop" for end in ("dport", "sport"))


class Server:
    """A server that is broken and mended."""

    def __init__(self, lab: Lab, node: str, unit: str, base: str, kind: str) -> None:
        self.lab, self.node, self.unit, self.base, self.kind = lab, node, unit, base, kind

    def why_not(self) -> str:
        """Restart it, which must fail; the sentence."""
        self.stop()
        self.lab.on(self.node, "rm", "-f", f"{self.base}/state/{self.kind}/reason")
        said = self.lab.on(self.node, "sh", "-c", f"systemctl start {self.unit} && echo it starts", check=False)
        assert said == "", said
        self.stop()
        sentence = self.lab.on(self.node, "cat", f"{self.base}/state/{self.kind}/reason")
        assert "\n" not in sentence
        with (self.lab.logs / "sentences.txt").open("a") as sentences:
            sentences.write(f"{self.node} {self.kind}: {sentence}\n")
        return sentence

    def stop(self) -> None:
        self.lab.on(self.node, "systemctl", "stop", self.unit)
        self.lab.on(self.node, "systemctl", "reset-failed", self.unit, check=False)

    def start(self) -> None:
        self.lab.on(self.node, "systemctl", "start", self.unit)

    @contextlib.contextmanager
    def changed(self, path: str, *expressions: str) -> Iterator[None]:
        """Change a file by expressions of sed, each of which must change something, and bring it back."""
        self.lab.on(self.node, "cp", "-p", path, "/root/kept")
        try:
            for expression in expressions:
                before = self.lab.on(self.node, "sha256sum", path)
                self.lab.on(self.node, "sed", "-i", "-E", expression, path)
                assert self.lab.on(self.node, "sha256sum", path) != before, expression
            yield
        finally:
            self.lab.on(self.node, "cp", "-p", "/root/kept", path)

    @contextlib.contextmanager
    def port_taken(self, port: int) -> Iterator[None]:
        """Another process holds a port."""
        self.stop()
        self.lab.on(self.node, "systemd-run", "--collect", "--unit=stranger", "python3", "-c", LISTEN.format(port))
        try:
            until = time.monotonic() + 60
            while f":{port} " not in self.lab.on(self.node, "ss", "-Htln"):
                assert time.monotonic() < until
                time.sleep(0.2)
            yield
        finally:
            self.lab.on(self.node, "systemctl", "stop", "stranger")


@pytest.fixture(scope="module")
def deployed(lab: Lab) -> Lab:
    """Pattern 2."""
    (lab.logs / "sentences.txt").unlink(missing_ok=True)
    run = lab.play("pattern2", log="failures-deploy")
    assert run.code == 0, run.output[-5000:]
    return lab


@pytest.fixture(scope="module")
def node(deployed: Lab) -> Iterator[Server]:
    """The second node, which runs again afterwards."""
    server = Server(deployed, "is2", "wso2is", IS, "is")
    yield server
    server.start()


@pytest.fixture(scope="module")
def worker(deployed: Lab) -> Iterator[Server]:
    """The second worker, which runs again afterwards."""
    server = Server(deployed, "analytics2", "wso2is-analytics-worker", ANALYTICS, "worker")
    yield server
    server.start()


def joined(text: str) -> str:
    """The output of a run without the line breaks of its tables."""
    return " ".join(text.split())


# What holds on practice packs, and holds before anything is broken


def test_every_assumption_holds_on_practice_packs(deployed: Lab) -> None:
    run = deployed.play("fidelity", log="failures-fidelity")
    assert run.code == 0, run.output[-8000:]
    assert run.changed == {}
    assert len(re.findall(r"\d+ assumptions hold, 0 do not", run.output)) == len(IS_NODES) + len(WORKERS)


def test_publishers_are_rewritten_and_the_next_run_changes_nothing(deployed: Lab) -> None:
    folder = f"{IS}/current/repository/deployment/server/eventpublishers"
    for host in IS_NODES:
        text = deployed.on(host, "sh", "-c", f"cat {folder}/IsAnalytics-*.xml")
        assert 'encrypted="true"' in text
        assert not re.search(r'<property name="password">', text)
    run = deployed.play("pattern2", log="failures-unchanged")
    assert run.code == 0, run.output[-5000:]
    assert run.changed == {}


# An Identity Server node


@pytest.mark.parametrize(
    ("path", "expressions", "words"),
    [
        pytest.param(
            AXIS2,
            (r's#(<parameter name="localMemberHost">)[^<]*#\1nowhere.invalid#',),
            (
                "localMemberHost in repository/conf/axis2/axis2.xml does not resolve on this node (",
                "nowhere.invalid",
                "): correct wso2is_address, or the DNS",
            ),
            id="localMemberHost that does not resolve",
        ),
        pytest.param(
            AXIS2,
            (r's#(<parameter name="localMemberHost">)[^<]*#\1127.0.0.1#',),
            (
                "this node announces the loopback address to the cluster, where no other node can reach it (",
                "): set wso2is_address to the node's address in the network of the cluster",
            ),
            id="loopback member",
        ),
        pytest.param(
            f"{CONF}/identity/identity.xml",
            (r"s#(<Name>)jdbc/WSO2Identity[^<]*#\1jdbc/Nothing#",),
            (
                "a configuration file names a datasource that no file in repository/conf/datasources defines (",
                "identity/identity.xml",
                "jdbc/Nothing",
            ),
            id="datasource missing",
        ),
        pytest.param(
            DATASOURCES,
            (r"s#:5432/is_user#:5433/is_user#",),
            ("a database server does not answer this host (", ":5433", "correct host and port in wso2is_databases"),
            id="database unreachable",
        ),
        pytest.param(
            DATASOURCES,
            (r"s#//[0-9.]+:5432/is_user#//nowhere.invalid:5432/is_user#",),
            (
                "the name of a database server does not resolve on this host (",
                "nowhere.invalid",
                "wso2is_database_host",
            ),
            id="database server without a name",
        ),
        pytest.param(
            DATASOURCES,
            (r"s#>is_user-pw<#>wrong<#",),
            ("a database refuses user or password (", '"is_user"', "username and password in wso2is_databases"),
            id="login refused",
        ),
        pytest.param(
            DATASOURCES,
            (r"s#:5432/is_user#:5432/nothing#",),
            ("the database server has no such database (", '"nothing"', "correct name in wso2is_databases"),
            id="no such database",
        ),
        pytest.param(
            CARBON,
            (r"s#<Password>lab-is-store</Password>#<Password>wrong</Password>#",),
            (
                "a keystore or truststore does not open with its password (",
                ".jks",
                "correct wso2is_keystore_password or wso2is_truststore_password",
            ),
            id="keystore password in carbon.xml",
        ),
        pytest.param(
            CATALINA,
            (r"""s#(keystorePass=")[^"]*#\1wrong#""",),
            (
                "a keystore or truststore does not open with its password (LifeCycleException while starting tomcat",
                "correct wso2is_keystore_password",
            ),
            id="keystore password of the connector",
        ),
    ],
)
def test_a_mistake_in_a_file(node: Server, path: str, expressions: tuple[str, ...], words: tuple[str, ...]) -> None:
    with node.changed(path, *expressions):
        sentence = node.why_not()
    assert [word for word in words if word not in sentence] == [], sentence


def test_a_table_that_is_missing(node: Server) -> None:
    sql = ("runuser", "-u", "postgres", "--", "psql", "-q", "-d", "is_identity", "-c")
    node.stop()
    node.lab.on("db1", *sql, "ALTER TABLE idn_base_table RENAME TO kept")
    try:
        sentence = node.why_not()
    finally:
        node.lab.on("db1", *sql, "ALTER TABLE kept RENAME TO idn_base_table")
    assert sentence.startswith("a database lacks a table (")
    assert '"idn_base_table" does not exist' in sentence
    assert "set database_create_schemas, run the schema script of the pack, or correct" in sentence


def test_a_cluster_port_that_is_taken(node: Server) -> None:
    with node.port_taken(4000):
        sentence = node.why_not()
    # The product says nothing of it: its start line was written.
    assert sentence.startswith(
        "the node silently takes the next free port, where no other member looks for it (port 4000"
    )
    assert re.search(r"is held by python3 \(process \d+\)\): end that process, or set hazelcast_port to one", sentence)


def test_a_connector_port_that_is_taken(node: Server) -> None:
    with node.port_taken(9443):
        sentence = node.why_not()
    assert sentence.startswith(
        "the port of a connector is held by another process, and the server would say that it st"
    )
    assert re.search(
        r"port 9443 is held by python3 \(process \d+\)\): end that process, or set is_node_port_of", sentence
    )
    log = node.lab.on(node.node, "cat", f"{IS}/current/repository/logs/wso2carbon.log")
    assert "WSO2 Carbon started in" in log[log.rindex("LifeCycleException while starting") :]


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (
            "",
            "JAVA_HOME is /root/jdk, where there is no program bin/java; set jdk_home or is_node_java_home to",
        ),
        ("17.0.12", "JAVA_HOME is /root/jdk, which is Java 17.0.12; set jdk_home or is_node_java_home to a Java 1.8"),
        ("1.8.0_151", "JAVA_HOME is /root/jdk, which is Java 1.8.0_151; set jdk_home or is_node_java_home to a Java"),
    ],
)
def test_a_jdk_that_is_missing_or_wrong(node: Server, version: str, words: str) -> None:
    java = "/root/jdk/bin/java"
    if version:
        says = f"#!/bin/sh\\necho 'openjdk version \\\"{version}\\\"'\\n"
        script = f'mkdir -p /root/jdk/bin; printf "{says}" >{java}; chmod +x {java}'
        node.lab.on(node.node, "sh", "-c", script)
    try:
        with node.changed(f"{IS}/etc/is.env", "s#^JAVA_HOME=.*#JAVA_HOME=/root/jdk#"):
            sentence = node.why_not()
    finally:
        node.lab.on(node.node, "rm", "-rf", "/root/jdk")
    assert words in sentence


def test_a_heap_that_does_not_fit(node: Server) -> None:
    with node.changed(f"{IS}/etc/is.env", "s#-Xmx[0-9]+m#-Xmx32m#"):
        sentence = node.why_not()
    assert sentence.startswith("Java refuses its options, or the host has not the memory for the heap (")
    assert sentence.endswith("correct is_node_heap_mb or is_node_java_options")


def test_a_run_finds_a_taken_port_before_it_touches_a_host(node: Server) -> None:
    with node.port_taken(9443):
        run = node.lab.play("pattern2", log="failures-port")
    assert run.code == 2, run.output[-5000:]
    assert run.changed == {}
    said = joined(run.output)
    assert "port taken" in said
    assert "9443" in said
    node.start()


# What verify sees of servers that run


def test_a_split_cluster_and_a_directory_that_vanished(node: Server) -> None:
    lab = node.lab
    node.start()
    lab.on("is2", "nft", DROP)
    lab.on("is1", "mv", f"{SHARE}/userstores", f"{SHARE}/kept")
    try:
        until = time.monotonic() + 240
        while (
            "Members [1]" not in lab.on("is1", "grep", "^Members", f"{IS}/current/repository/logs/wso2carbon.log")[-15:]
        ):
            assert time.monotonic() < until, "is1 did not miss is2"
            time.sleep(1)
        run = lab.play("verify", "-e", "hazelcast_verify_timeout=2", log="failures-split")
        assert run.code != 0
        said = joined(run.output)
        assert "the cluster is split (is1 | is2): no change on one side invalidates the caches of the other;" in said
        assert "let TCP port 4000 through between the nodes in both directions" in said
        gone = (
            f"is1: the directory {IS}/current/repository/deployment/server/userstores is gone and the server undeploys"
        )
        assert gone in said
        refused = node.why_not()
        assert (
            "has no directory userstores any more, and the server would do without what was in it; restore" in refused
        )
        again = lab.play("pattern2", log="failures-vanished")
        assert again.code != 0
        assert f"{SHARE}/userstores is gone although the marker" in joined(again.output)
    finally:
        lab.on("is2", "nft", "delete", "table", "inet", "cut", check=False)
        lab.on("is1", "mv", f"{SHARE}/kept", f"{SHARE}/userstores")
        node.start()


def test_a_health_check_that_is_off(node: Server) -> None:
    node.stop()
    with node.changed(f"{CONF}/health-check-config.xml", r"s#<Enable>true</Enable>#<Enable>false</Enable>#"):
        node.start()
        answer = node.lab.on("is2", "python3", "-c", ASK)
        assert json.loads(answer) == {"health": []}
        run = node.lab.play("verify", log="failures-health")
    assert run.code != 0
    assert (
        "health of is2: status 200 without figures: the checks are switched off in "
        "repository/conf/health-check-config.xml and this answer proves nothing; run the playbook"
    ) in joined(run.output)
    node.stop()
    node.start()


# Analytics


@pytest.mark.parametrize(
    ("path", "expressions", "words"),
    [
        pytest.param(
            WORKER,
            (r"s#analytics2-worker#analytics1-worker#",),
            (
                "another worker that runs has the same wso2.carbon.id, or the last heartbeat of this one still",
                "analytics1-worker",
                "give every worker its own inventory name",
            ),
            id="carbon id twice",
        ),
        pytest.param(
            WORKER,
            (r"s#:5432/an_cluster#:5433/an_cluster#",),
            ("a database server does not answer this host (", "correct host and port in wso2is_databases"),
            id="database unreachable",
        ),
        pytest.param(
            WORKER,
            (r"s#(keyStorePassword: *).*#\1wrong#",),
            (
                "a keystore or truststore that deployment.yaml or the start script names does not open with its",
                "correct analytics_keystore_password or analytics_truststore_password",
            ),
            id="keystore password",
        ),
    ],
)
def test_a_mistake_in_a_worker(worker: Server, path: str, expressions: tuple[str, ...], words: tuple[str, ...]) -> None:
    with worker.changed(path, *expressions):
        sentence = worker.why_not()
    assert [word for word in words if word not in sentence] == [], sentence


def test_a_worker_port_that_is_taken(worker: Server) -> None:
    with worker.port_taken(9091):
        sentence = worker.why_not()
    assert re.search(r"held by another process \(.*BindException.*\): end that process", sentence), sentence


def test_a_third_worker(worker: Server) -> None:
    """Another worker with the same group and the same databases, in the place of the second host's dashboard."""
    lab, dashboard = worker.lab, "wso2is-analytics-dashboard"
    worker.start()
    third = "/root/third"
    script = f"""
        set -e
        systemctl stop {dashboard}
        cp -rL {ANALYTICS}/current-worker {third}
        cd {third}/conf/worker
        sed -i -E 's/analytics2-worker/third/; s/9090/9190/; s/9091/9191/; s/9893/9894/' deployment.yaml
        mkdir -p /root/state
        cd {ANALYTICS}/etc
        sed 's#{ANALYTICS}/current-worker#{third}#; s#9091#9191#' worker.json >/root/third.json
        sed -i 's#{ANALYTICS}/state/worker#/root/state#' /root/third.json
        cp {ANALYTICS}/state/worker/watched.json /root/state
        {ANALYTICS}/bin/server-control record /root/third.json
        set -a; . {ANALYTICS}/etc/worker.env; set +a
        {third}/bin/worker.sh >/dev/null 2>&1 &
        {ANALYTICS}/bin/server-control wait /root/third.json $! 2>/dev/null || cat /root/state/reason
        kill $(cat {third}/wso2/worker/runtime.pid); wait
        rm -rf {third}
        systemctl start {dashboard}
    """
    sentence = lab.on("analytics2", "bash", "-c", script)
    assert sentence.startswith("two other workers are in this group already, and the product refuses a third ("), (
        sentence
    )
    assert sentence.endswith("or give the third an analytics_group_id and databases of its own")


def test_two_workers_that_both_receive(worker: Server) -> None:
    worker.stop()
    with worker.changed(WORKER, r"s#is\.analytics$#another.group#"):
        worker.start()
        run = worker.lab.play("verify", log="failures-two-active")
    assert run.code != 0
    assert (
        f"More than one worker receives events (port 7612): {', '.join(WORKERS)}; they are no pair: compare"
        in joined(run.output)
    )
    worker.stop()
    worker.start()


# Nothing is left


def test_all_is_well_again(deployed: Lab, node: Server, worker: Server) -> None:
    node.start()
    worker.start()
    run = deployed.play("verify", log="failures-mended")
    assert run.code == 0, run.output[-5000:]
