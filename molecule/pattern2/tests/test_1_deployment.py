# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the converged hosts look like, read with testinfra."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from http.cookies import SimpleCookie
from typing import Any

import pytest
import testinfra
from converged import HOSTS, IS_NODES, LOAD_BALANCERS, WORKERS, Lab, passwords, passwords_in

UNITS = [(node, "wso2is", "/opt/wso2/is") for node in IS_NODES]
UNITS += [
    (node, f"wso2is-analytics-{runtime}", "/opt/wso2/analytics")
    for node in WORKERS
    for runtime in ("worker", "dashboard")
]
SHARED = {"eventpublishers", "eventstreams", "userstores", "humantasks", "bpel"}


@pytest.fixture
def host(lab: Lab, node: str) -> Any:
    return testinfra.get_host(f"docker://{lab.container(node)}")


def listening(lab: Lab, node: str) -> set[int]:
    """TCP ports that a node listens on beyond its own loopback."""
    lines = lab.on(node, "ss", "-Htln").splitlines()
    addresses = [line.split()[3] for line in lines]
    return {int(address.rsplit(":", 1)[1]) for address in addresses if not address.startswith("127.")}


def ask(lab: Lab, path: str, *, tls: bool = True, name: str | None = None) -> http.client.HTTPResponse:
    """The answer of the load balancer to a GET, at 127.0.0.1 and with the public name."""
    context = ssl.create_default_context(cafile=str(lab.scratch / "ca/ca.crt"))
    port = lab.public_port if tls else lab.public_http_port
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection = http.client.HTTPConnection(lab.public_host, port)
    connection.sock = context.wrap_socket(stream, server_hostname=name or lab.public_host) if tls else stream
    connection.request("GET", path, headers={"Host": f"{name or lab.public_host}:{port}"})
    return connection.getresponse()


@pytest.mark.parametrize(("node", "unit", "base"), UNITS)
def test_unit_runs_unprivileged(host: Any, lab: Lab, node: str, unit: str, base: str) -> None:
    service = host.service(unit)
    assert service.is_running and service.is_enabled
    # Exactly what this collection installed, and nothing that was restarted by systemd meanwhile.
    shown = lab.unit(node, unit, "User", "Group", "NRestarts", "MainPID", "ProtectSystem")
    assert shown | {"MainPID": ""} == {
        "User": "wso2carbon",
        "Group": "wso2",
        "NRestarts": "0",
        "MainPID": "",
        "ProtectSystem": "strict",
    }
    own = host.process.filter(user="wso2carbon")
    processes = [process for process in own if base in process.args and process.comm == "java"]
    assert len(processes) == (1 if node in IS_NODES else 2)


@pytest.mark.parametrize("node", IS_NODES + WORKERS)
def test_service_user(host: Any, node: str) -> None:
    user = host.user("wso2carbon")
    assert (user.uid, user.gid, user.group, user.groups) == (802, 802, "wso2", ["wso2"])
    assert user.shell == "/usr/sbin/nologin"


@pytest.mark.parametrize("node", IS_NODES + WORKERS)
def test_java_is_1_8(host: Any, node: str) -> None:
    assert 'version "1.8.0_' in host.run("/usr/lib/jvm/java-8-openjdk-*/bin/java -version").stderr


@pytest.mark.parametrize("node", LOAD_BALANCERS)
def test_nginx(host: Any, node: str) -> None:
    service = host.service("nginx")
    assert service.is_running and service.is_enabled
    version = re.search(r"nginx/(\d+)\.(\d+)", host.run("nginx -v").stderr)
    assert version and (int(version[1]), int(version[2])) >= (1, 30)
    assert host.run("nginx -t -q").rc == 0


@pytest.mark.parametrize("node", IS_NODES)
def test_identity_server_ports(lab: Lab, node: str) -> None:
    found = listening(lab, node)
    assert {9443, 9763, 4000} <= found
    assert not found & {10389, 7611, 7711}, "the embedded directory and the receivers are off"


def test_analytics_ports(lab: Lab) -> None:
    found = {node: listening(lab, node) for node in WORKERS}
    for node in WORKERS:
        assert {9090, 9091, 9643} <= found[node]
    assert [node for node in WORKERS if 7612 in found[node]] == [node for node in WORKERS if 7712 in found[node]]
    assert sum(7612 in ports for ports in found.values()) == 1, found


def test_load_balancer_ports(lab: Lab) -> None:
    assert listening(lab, "lb1") == {lab.public_port, lab.public_http_port}


@pytest.mark.parametrize(("node", "unit", "base"), UNITS)
def test_release_and_links(host: Any, lab: Lab, node: str, unit: str, base: str) -> None:
    current = host.file(f"{base}/current" if node in IS_NODES else f"{base}/current-{unit.rpartition('-')[2]}")
    assert current.is_symlink
    release = current.linked_to
    digest_lines = (lab.scratch / "packs/SHA256SUMS").read_text().splitlines()
    product = "wso2is-5.8.0" if node in IS_NODES else "wso2is-analytics-5.8.0"
    digest = next(line.split()[0] for line in digest_lines if line.endswith(f" {product}.zip"))
    assert release.rpartition("-")[0] == f"{base}/releases/{product}-{digest[:12]}"
    assert not host.file(f"{base}/staging").exists
    runtime = unit.rpartition("-")[2]
    links = (
        {"repository/logs": "/var/log/wso2/is", "repository/database": "/var/lib/wso2/is/database"}
        if node in IS_NODES
        else {
            f"wso2/{runtime}/logs": f"/var/log/wso2/analytics/{runtime}",
            f"wso2/{runtime}/database": f"/var/lib/wso2/analytics/{runtime}/database",
        }
    )
    for link, target in links.items():
        assert host.file(f"{release}/{link}").linked_to == target
        directory = host.file(target)
        assert (directory.user, directory.group, directory.mode & 0o007) == ("wso2carbon", "wso2", 0)


@pytest.mark.parametrize("node", IS_NODES)
def test_runtime_artifacts_are_shared(host: Any, lab: Lab, node: str) -> None:
    assert host.mount_point("/mnt/wso2is-shared").exists
    for name in SHARED:
        link = host.file(f"/opt/wso2/is/current/repository/deployment/server/{name}")
        assert link.is_symlink and link.linked_to == f"/mnt/wso2is-shared/{name}"
    assert host.file("/opt/wso2/is/current/repository/tenants").linked_to == "/mnt/wso2is-shared/tenants"
    assert len(host.file("/mnt/wso2is-shared/eventpublishers").listdir()) >= 2


def test_both_nodes_see_the_same_artifacts(lab: Lab) -> None:
    assert len({lab.on(node, "find", "/mnt/wso2is-shared", "-printf", "%P %s\n") for node in IS_NODES}) == 1


@pytest.mark.parametrize("node", IS_NODES + WORKERS)
def test_vendor_files_are_not_the_servers_to_change(host: Any, node: str) -> None:
    base = "/opt/wso2/is/current" if node in IS_NODES else "/opt/wso2/analytics/current-worker"
    for part in ("bin", "repository/conf" if node in IS_NODES else "conf"):
        # The server keeps what its own secret vault made in conf/security.
        command = (
            "find -H %s -path '*/conf/security' -prune -o '(' -user wso2carbon -o -perm /022 ')' -not -type l -print"
        )
        assert host.check_output(command, f"{base}/{part}") == ""


@pytest.mark.parametrize("node", HOSTS)
def test_no_password_is_readable_by_everybody(lab: Lab, node: str) -> None:
    # Keystores and keys hold secrets as well.
    kept = lab.on(
        node,
        "sh",
        "-c",
        "find /etc/nginx /opt/wso2 /var/lib/wso2 /mnt/wso2is-shared /etc/systemd/system"
        r" -xdev -type f -perm /007 2>/dev/null",
        check=False,
    ).splitlines()
    assert not [path for path in kept if path.endswith((".key", ".jks", ".p12"))]
    # Parents count: what nobody can reach is not readable.
    readable = lab.on(
        node,
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "sh",
        "-c",
        "find / -xdev -type f -size -2048k -readable -not -path '/proc/*' -not -path '/usr/*' 2>/dev/null",
        check=False,
    )
    shared = lab.on(
        node,
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "sh",
        "-c",
        "find /mnt/wso2is-shared /tmp /run -type f -readable 2>/dev/null",
        check=False,
    )
    paths = readable.splitlines() + shared.splitlines()
    assert paths
    patterns = "\n".join(set(passwords().values()))
    found = lab.on(
        node,
        "sh",
        "-c",
        'printf "%s\n" "$1" >/run/patterns; shift; grep -lFf /run/patterns -- "$@"; rm /run/patterns',
        "sh",
        patterns,
        *paths,
        check=False,
    )
    assert found == ""


@pytest.mark.parametrize("node", HOSTS)
def test_no_password_on_a_command_line_or_in_the_journal(lab: Lab, node: str) -> None:
    assert (
        passwords_in(lab.on(node, "sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '", check=False)) == []
    )
    journal = lab.on(node, "journalctl", "--no-pager")
    assert "Invoked with" in journal, "modules write their arguments to it"
    assert passwords_in(journal) == []


def test_no_password_in_the_logs(lab: Lab) -> None:
    texts = {
        node: lab.on(
            node, "sh", "-c", "find /var/log/wso2 /var/log/nginx -type f -exec cat {} + 2>/dev/null", check=False
        )
        for node in HOSTS
    }
    assert all(texts.values()), "there are logs"
    assert {node: passwords_in(text) for node, text in texts.items() if passwords_in(text)} == {}


def test_secrets_are_where_they_must_be(lab: Lab) -> None:
    """The search above finds passwords where there are some."""
    path = "/opt/wso2/is/current/repository/conf/datasources/master-datasources.xml"
    text = lab.on("is1", "cat", path)
    assert {"wso2is_databases.user.password", "wso2is_databases.identity.password"} <= set(passwords_in(text))
    assert lab.on("is1", "stat", "-c", "%U:%G %a", path) == "root:wso2 640"


@pytest.mark.parametrize("node", LOAD_BALANCERS)
def test_key_of_the_load_balancer(host: Any, node: str) -> None:
    keys = [path for path in host.file("/etc/nginx/wso2is").listdir() if path.endswith(".key")]
    assert len(keys) == 1
    key = host.file(f"/etc/nginx/wso2is/{keys[0]}")
    assert (key.user, key.mode) == ("root", 0o600)


def test_sticky_cookie(lab: Lab) -> None:
    answer = ask(lab, "/carbon/admin/login.jsp")
    assert answer.status == 200
    cookies = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    sticky = next(SimpleCookie(value)["WSO2IS_NODE"] for value in cookies if value.startswith("WSO2IS_NODE="))
    assert sticky["httponly"] and sticky["secure"] and sticky["path"] == "/"
    assert sticky.value in IS_NODES


def test_http_goes_to_https(lab: Lab) -> None:
    answer = ask(lab, "/carbon/?a=b", tls=False)
    assert (answer.status, answer.getheader("Location")) == (
        301,
        f"https://{lab.public_host}:{lab.public_port}/carbon/?a=b",
    )


@pytest.mark.parametrize(
    "path", ["/services/", "/services/AuthenticationAdmin", "/api/health-check/v1.0/health", "/t/a/../../services/"]
)
def test_what_is_not_public(lab: Lab, path: str) -> None:
    assert ask(lab, path).status in (400, 403)


def test_another_name_gets_no_answer(lab: Lab) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(lab, "/", name="other.wso2is.test")


def test_discovery_has_the_public_name(lab: Lab) -> None:
    answer = ask(lab, "/oauth2/oidcdiscovery/.well-known/openid-configuration")
    text = answer.read().decode()
    assert answer.status == 200
    urls = set(re.findall(r"https?://[^/\"]+", text.replace("\\/", "/")))
    assert urls == {f"https://{lab.public_host}:{lab.public_port}"}
