# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's path, from an empty directory to a deployment that is verified."""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, TIMINGS, Done, User
from converged import HOSTS, Lab

DEMO: dict[str, Any] = yaml.safe_load((ROOT / "inventories/demo/group_vars/all.yml").read_text())
VAULT = "prod/group_vars/all/vault.yml"


def timed(name: str, done: Done) -> Done:
    """Require that a step went well, and note how long it took."""
    assert done.code == 0, done.output[-8000:]
    TIMINGS[name] = done.seconds
    return done


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Empty hosts and a database server, removed afterwards."""
    made = Lab("site")
    made.script("lab/down.sh")
    made.script("lab/up.sh")
    yield made
    made.script("lab/down.sh")


def address(lab: Lab, node: str) -> str:
    """Of a node, as the other nodes see it."""
    return lab.script("bash", "-c", f". lab/lib.sh; lab_address {node}").strip()


def fill_in(site: Path, lab: Lab) -> None:
    """What an operator edits in prod: hosts, packs, names, certificates."""
    hosts = site / "prod/hosts.yml"
    text = hosts.read_text()
    for node in HOSTS:
        text, count = re.subn(
            rf"(?m)^(        {node}: ){{ansible_host: 192\.0\.2\.\d+}}$",
            rf"\1{{ansible_host: {lab.container(node)}, wso2is_address: {address(lab, node)}}}",
            text,
        )
        assert count == 1, node
    assert not re.search(r"(?m)^ *[^# ].*192\.0\.2", text)
    hosts.write_text(text)

    packs, ca = lab.scratch / "packs", lab.scratch / "ca"
    values = {
        "wso2is_pack": packs / "wso2is-5.8.0.zip",
        "wso2is_analytics_pack": packs / "wso2is-analytics-5.8.0.zip",
        "wso2is_jdbc_driver": packs / "postgresql-jdbc.jar",
        "wso2is_jdbc_driver_checksum": DEMO["wso2is_jdbc_driver_checksum"],
        "wso2is_public_host": lab.public_host,
        "wso2is_database_host": address(lab, "db1"),
        "wso2is_keystore": ca / "wso2carbon.jks",
        "wso2is_truststore": ca / "client-truststore.jks",
        "analytics_keystore": ca / "analytics.jks",
        "analytics_truststore": ca / "analytics-truststore.jks",
        "load_balancer_certificate": ca / "lb.crt",
        "load_balancer_certificate_key": ca / "lb.key",
        "load_balancer_upstream_ca": ca / "ca.crt",
    }
    variables = site / "prod/group_vars/all/wso2is.yml"
    text = variables.read_text()
    for name, value in values.items():
        text, count = re.subn(rf"(?m)^{name}: .*$", f"{name}: {value}", text)
        assert count == 1, name
    # Containers instead of machines, and small ones: what the lab's own inventory says of them.
    small = {name: value for name, value in DEMO.items() if isinstance(value, int) and not isinstance(value, bool)}
    lines = {
        "ansible_connection": "community.docker.docker",
        "ansible_user": "root",
        "wso2is_public_port": lab.public_port,
        "wso2is_public_http_port": lab.public_http_port,
        **small,
    }
    variables.write_text(text + "".join(f"{name}: {value}\n" for name, value in lines.items()))


def edit_vault(user: User, site: Path) -> Done:
    """`ansible-vault edit`, with an editor that puts in the passwords of the databases and stores that are there."""
    known = {name: entry["password"] for name, entry in DEMO["wso2is_databases"].items()}
    known |= {f"vault_{name}": DEMO[name] for name in ("wso2is_keystore_password", "wso2is_truststore_password")}
    script = "".join(f"s/^( *{name}:) .*/\\1 {value}/\n" for name, value in known.items())
    (user.base / "edits.sed").write_text(script)
    return user.run("ansible-vault", "edit", VAULT, cwd=site, EDITOR=f"sed -E -i -f {user.base / 'edits.sed'}")


@pytest.fixture(scope="module")
def site(user: User, lab: Lab) -> Path:
    """A site that is filled in."""
    site = user.base / "lab"
    timed("new_site", user.new_site("-e", f"site_dir={site}"))
    # How this lab is reached is not a matter of the collection.
    (user.collections / "ansible_collections/community").symlink_to(ROOT / ".collections/ansible_collections/community")
    start = time.monotonic()
    fill_in(site, lab)
    filled = time.monotonic() - start
    timed("ansible-vault edit", edit_vault(user, site))
    TIMINGS["fill in hosts and variables (by a script)"] = filled
    return site


def playbook(user: User, site: Path, *arguments: str) -> Done:
    """What stands in the site's README, typed in the site."""
    return user.run("ansible-playbook", *arguments, cwd=site)


def test_a_wrong_store_password_is_found_at_once(user: User, site: Path) -> None:
    done = playbook(user, site, "pattern2.yml", "-i", "prod", "-e", "wso2is_keystore_password=wrong")
    assert done.code not in (0, 4), done.output
    # Cells of the table are broken over lines.
    assert re.search(r"error +all(?: hosts)? +stores +wso2is_keystore_password", done.output)
    assert "1 error and 2 warnings. Nothing was changed." in done.text
    assert done.seconds < 60


def test_preflight(user: User, site: Path) -> None:
    done = timed("preflight", playbook(user, site, "identityops.wso2is.preflight", "-i", "prod"))
    assert {host: recap["changed"] for host, recap in done.recap.items()} == dict.fromkeys(("localhost", *HOSTS), 0)


def test_check_mode(user: User, site: Path) -> None:
    done = timed("pattern2.yml --check --diff", playbook(user, site, "pattern2.yml", "-i", "prod", "--check", "--diff"))
    assert all(done.recap[host]["changed"] for host in HOSTS)


def test_deployment(user: User, site: Path) -> None:
    done = timed("pattern2.yml", playbook(user, site, "pattern2.yml", "-i", "prod"))
    assert "WARNING" not in done.output
    assert all(done.recap[host]["changed"] and not done.recap[host]["failed"] for host in HOSTS)
    for node in ("is1", "is2"):
        assert f"{node} sees 2 live members" in done.text
    assert re.search(r"analytics[12] receives, analytics[12] is passive and alive", done.text)
    assert "healthy: is1, is2" in done.text


def test_a_second_run_changes_nothing(user: User, site: Path) -> None:
    done = timed("pattern2.yml again", playbook(user, site, "pattern2.yml", "-i", "prod"))
    assert {host: recap["changed"] for host, recap in done.recap.items()} == dict.fromkeys(("localhost", *HOSTS), 0)


def test_verify(user: User, site: Path) -> None:
    timed("verify", playbook(user, site, "identityops.wso2is.verify", "-i", "prod"))


@pytest.mark.parametrize(("which", "status"), [("generated", 200), ("another", 401)])
def test_the_generated_password_opens_the_product(user: User, site: Path, lab: Lab, which: str, status: int) -> None:
    password = user.secrets(site)["vault_wso2is_admin_password"] if which == "generated" else "another"
    context = ssl.create_default_context(cafile=str(lab.scratch / "ca/ca.crt"))
    connection = http.client.HTTPConnection(lab.public_host, lab.public_port)
    stream = socket.create_connection(("127.0.0.1", lab.public_port), timeout=30)
    connection.sock = context.wrap_socket(stream, server_hostname=lab.public_host)
    credentials = base64.b64encode(f"admin:{password}".encode()).decode()
    connection.request("GET", "/scim2/Users?count=1", headers={"Authorization": f"Basic {credentials}"})
    assert connection.getresponse().status == status


def test_no_secret_is_shown_or_left_behind(user: User, site: Path) -> None:
    secrets = user.secrets(site)
    for name, secret in secrets.items():
        assert not [output for output in user.outputs if secret in output], name
        for path in user.base.rglob("*"):
            if path.is_file() and path.name not in (".vault_pass", "edits.sed"):
                assert secret.encode() not in path.read_bytes(), f"{name} in {path}"


def test_the_sites_readme_shows_these_commands(site: Path) -> None:
    shown = re.findall(r"^ *(ansible-\S+ [^#\n]+?)(?: +#.*)?$", (site / "README.md").read_text(), re.MULTILINE)
    assert shown == [
        f"ansible-vault edit {VAULT}",
        "ansible-playbook identityops.wso2is.preflight -i prod",
        "ansible-playbook pattern2.yml -i prod --check --diff",
        "ansible-playbook pattern2.yml -i prod",
        # The installation from a file is what all of these run from.
        "ansible-galaxy collection install -r requirements.yml",
    ]
