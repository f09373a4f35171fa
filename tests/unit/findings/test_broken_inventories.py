# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""preflight.yml on broken inventories, as an operator runs it: pytest -rP prints the tables."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from settings import certificates
from test_catalogue import Site, add_nodes, balancer, keystore

ROOT = Path(__file__).resolve().parents[3]
GROUPS = {
    "wso2is_nodes": "nodes",
    "wso2is_analytics": "workers",
    "wso2is_dashboards": "dashboards",
    "wso2is_load_balancers": "balancers",
}


def site_of(packs: Path, folder: Path) -> Site:
    """An inventory without a mistake, of addresses and names that are no examples."""
    site = Site(packs, folder)
    site.set(wso2is_public_host="login.site.test", wso2is_database_host="db.site.test")
    for number, host in enumerate(site.hosts):
        site.set(host, ansible_host=f"10.20.30.{11 + number}")
    balancer(site, certificates.certificate("login.site.test"))
    keystore(site, "login.site.test")
    return site


def preflight(site: Site, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the playbook on the inventory of a site."""
    groups = {group: {"hosts": {host: {} for host in getattr(site, names)}} for group, names in GROUPS.items()}
    hosts = {
        host: {name: value for name, value in given.items() if not name.startswith("inventory_")}
        for host, given in site.hosts.items()
    }
    inventory = site.folder / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "children": groups}}), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(ROOT / "playbooks/preflight.yml")]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_NOCOLOR": "1",
        "PWD": str(site.folder),
    }
    return subprocess.run(
        [*command, "-i", str(inventory), *options],
        capture_output=True,
        text=True,
        env=environment,
        cwd=site.folder,
        check=False,
        timeout=120,
    )


def misspelt(site: Site) -> None:
    site.set(wso2is_admin_pasword="x").set("is2", is_node_heap_mb="2 GB")


def lonely(site: Site) -> None:
    site.nodes.pop()
    site.workers.pop()


def crowded(site: Site) -> None:
    add_nodes(site, site.workers, "an3")
    site.set("an3", ansible_host="10.20.30.33")


def addresses(site: Site) -> None:
    site.set("is2", ansible_host=site.hosts["is1"]["ansible_host"])
    site.set("an1", wso2is_address="127.0.0.1").set("an2", wso2is_address="fd00::32")


def ports(site: Site) -> None:
    site.set("is1", hazelcast_port=9443).set(wso2is_public_http_port=0)


def packs(site: Site) -> None:
    site.set(wso2is_pack="/absent/wso2is-5.8.0.zip", wso2is_analytics_pack_checksum=f"sha256:{'0' * 64}")


def stores(site: Site) -> None:
    site.set(wso2is_keystore_password="no-such-password", analytics_truststore="/absent/truststore.jks")


def certificate(site: Site) -> None:
    balancer(site, certificates.certificate("other.site.test"), certificates.key_pem(2))


def databases(site: Site) -> None:
    site.database("user", password="")
    site.database("identity", host="db.example.org")
    site.database("sessions", name="s", username="s", password="s")


def defaults(site: Site) -> None:
    site.set(wso2is_admin_password="admin", wso2is_uid=70000).set("lb1", load_balancer_tls_protocols=["SSLv3"])


# What is broken, and the checks that must say so.
BROKEN: dict[str, tuple[Callable[[Site], Any], list[tuple[str, str]]]] = {
    "misspelt": (misspelt, [("all hosts", "variables"), ("is2", "variables")]),
    "lonely": (lonely, [("deployment", "Identity Server nodes"), ("deployment", "analytics workers")]),
    "crowded": (crowded, [("deployment", "analytics workers")]),
    "addresses": (addresses, [("an1", "address"), ("an2", "address"), ("is1 and is2", "duplicate address")]),
    "ports": (ports, [("all hosts", "variables"), ("is1", "port conflict")]),
    "packs": (packs, [("all hosts", "pack"), ("all hosts", "pack")]),
    "stores": (stores, [("all hosts", "files"), ("all hosts", "stores")]),
    "certificate": (certificate, [("all hosts", "certificate"), ("all hosts", "certificate")]),
    "databases": (databases, [("all hosts", "example values"), ("inventory", "databases"), ("inventory", "databases")]),
    "defaults": (defaults, [("all hosts", "default password"), ("lb1", "variables")]),
}


TWELVE = [
    ("all hosts", "certificate"),
    ("all hosts", "certificate"),
    ("all hosts", "example values"),
    ("all hosts", "files"),
    ("all hosts", "stores"),
    ("all hosts", "variables"),
    ("an1", "address"),
    ("deployment", "Identity Server nodes"),
    ("deployment", "analytics workers"),
    ("inventory", "databases"),
    ("inventory", "databases"),
    ("is1", "port conflict"),
]


def twelve(site: Site) -> None:
    """Twelve mistakes; none is the consequence of another."""
    misspelt(site)
    lonely(site)
    addresses(site)
    site.set("is1", hazelcast_port=9443)
    stores(site)
    certificate(site)
    databases(site)


def check(site: Site, expected: list[tuple[str, str]]) -> None:
    """Run, print the table, and compare the errors of the report."""
    run = preflight(site, "-e", "preflight_report=report.json")
    table = re.search(r"msg: \|-\n(.*?)\n+TASK ", run.stdout, re.DOTALL)
    assert table, run.stdout + run.stderr
    print(textwrap.dedent(table[1]))
    assert run.returncode == 2
    assert "Traceback" not in run.stdout + run.stderr
    report = json.loads((site.folder / "report.json").read_text(encoding="utf-8"))
    errors = [(row["host"], row["check"]) for row in report["findings"] if row["severity"] == "error"]
    assert sorted(errors) == sorted(expected), run.stdout
    assert all("_" in row["remedy"] for row in report["findings"] if row["severity"] == "error")
    assert report["hosts"] == {}, "a host was asked"


@pytest.mark.parametrize("name", BROKEN)
def test_ten_broken_inventories(practice: Path, tmp_path: Path, name: str) -> None:
    made, expected = BROKEN[name]
    site = site_of(practice, tmp_path)
    made(site)
    check(site, expected)


def test_twelve_mistakes_at_once(practice: Path, tmp_path: Path) -> None:
    site = site_of(practice, tmp_path)
    twelve(site)
    check(site, TWELVE)


def test_the_report(practice: Path, tmp_path: Path) -> None:
    """Also an absolute path, and none without being asked."""
    site = site_of(practice, tmp_path)
    ports(site)
    assert preflight(site).returncode == 2
    assert not list(tmp_path.glob("*.json"))
    path = tmp_path / "there.json"
    assert preflight(site, "-e", f"preflight_report={path}", "--check").returncode == 2
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["summary"].startswith("2 errors")
    assert report["hosts"] == {}
    assert path.stat().st_mode & 0o777 == 0o600
