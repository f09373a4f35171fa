# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What explain says of every setting."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.module_utils.masking import HIDDEN
from ansible_collections.identityops.wso2is.plugins.plugin_utils import explanation, servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.settings import RenderedFile
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import expected, sample

VENDOR = os.environ.get("VENDOR_CONFIG", "")
ROOT = Path(__file__).resolve().parents[3]


def rows_of(deployment: dict[str, Any], host: str, kind: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    (server,) = (each for each in explanation.explained_host(deployment, host)["servers"] if each["kind"] == kind)
    return {(row["file"], row["place"], row["kind"]): row for row in server["settings"]}


def test_every_setting_of_every_server_has_a_row(practice_deployment: dict[str, Any]) -> None:
    for host, kind in expected.SERVERS:
        items = servers.rendered(practice_deployment, host, kind)
        (server,) = (
            each for each in explanation.explained_host(practice_deployment, host)["servers"] if each["kind"] == kind
        )
        assert [(row["file"], row["place"]) for row in server["settings"]] == [
            (item.path, setting.get("place", "")) for item in items for setting in item.settings
        ]
        assert all(row["why"] and row["source"] for row in server["settings"])
        json.dumps(server)


def test_a_row(practice_deployment: dict[str, Any]) -> None:
    carbon = "repository/conf/carbon.xml"
    rows = rows_of(practice_deployment, "is1", "is")

    assert rows[carbon, "Server/HostName", "set"] == {
        "file": carbon,
        "place": "Server/HostName",
        "kind": "set",
        "shipped": "localhost",
        "value": "login.example.org",
        "why": rows[carbon, "Server/HostName", "set"]["why"],
        "source": "wso2-is 1.8, 9 (14)",
        "effect": "start",
        "secret": False,
    }
    password = rows[carbon, "Server/Security/KeyStore/Password", "set"]
    assert (password["shipped"], password["value"], password["secret"]) == (HIDDEN, HIDDEN, True)


def test_what_is_added_replaced_and_created(practice_deployment: dict[str, Any]) -> None:
    rows = rows_of(practice_deployment, "is1", "is")
    port = rows[
        "repository/conf/tomcat/catalina-server.xml", "Server/Service/Connector[@port='9443']/@proxyPort", "add"
    ]
    members = rows["repository/conf/axis2/axis2.xml", "axisconfig/clustering/members", "replace"]
    hazelcast = rows["repository/conf/hazelcast.properties", "", "create"]
    keystore = rows["repository/resources/security/wso2carbon.jks", "", "create"]

    assert (port["shipped"], port["value"]) == (None, "8443")
    assert explanation.compact(members["shipped"]).startswith("<members><member><hostName>127.0.0.1</hostName>")
    assert "<hostName>192.0.2.22</hostName><port>4100</port>" in explanation.compact(members["value"])
    assert (hazelcast["shipped"], hazelcast["value"].splitlines()[0]) == (None, "hazelcast.logging.type=log4j")
    assert keystore["value"].startswith("the file /")
    assert keystore["value"].endswith("wso2carbon.jks")
    worker = rows_of(practice_deployment, "an1", "worker")
    state = worker["conf/worker/deployment.yaml", "state.persistence/config", "replace"]
    assert state["shipped"] == {"location": "siddhi-app-persistence"}
    assert state["value"] == {"datasource": "WSO2_PERSISTENCE_DB", "table": "PERSISTENCE_TABLE"}
    (persistence,) = worker["conf/worker/deployment.yaml", "wso2.datasources/dataSources", "add"]["value"]
    assert persistence["definition"]["configuration"]["password"] == HIDDEN


def secrets(folder: Path) -> list[str]:
    given = sample.hostvars(folder)["is1"]
    found = {value for name, value in given.items() if name.endswith("_password")} - {"truststore"}
    found |= {entry["password"] for entry in given["wso2is_databases"].values()} | {"YW4tYWRtaW4="}
    escaped = {value.replace("&", "&amp;").replace("<", "&lt;") for value in found}
    return sorted(found | escaped | {value.replace('"', "&quot;") for value in escaped})


def test_no_secret_is_shown(practice: Path, practice_deployment: dict[str, Any]) -> None:
    written = explanation.explained_everywhere(practice_deployment)

    assert [(item["host"], item["path"]) for item in written] == [
        (host, path) for host in ("is1", "is2", "an1", "an2") for path in ("settings.md", "settings.json")
    ]
    for item in written:
        # A password of the sample is a part of that file's name.
        text = base64.b64decode(item["content"]).decode().replace("an-trust.jks", "")
        assert [secret for secret in secrets(practice) if secret in text] == []


def test_shipped_secrets_in_structures_are_hidden() -> None:
    xml = b"""<a><Store keystorePass="s1"><Property name="ConnectionPassword">s2</Property><Password>s3</Password>
      <Property name="PasswordDigest">SHA-256</Property></Store></a>"""
    yaml_text = b"store: {keyStorePassword: s4, users: [{secret: s5, name: n}]}\n"
    settings = {"kind": "replace", "why": "w", "source": "s"}

    (one,) = explanation.explained(
        [RenderedFile("a.xml", b"", xml, settings=({**settings, "place": "a/Store", "text": ""},))], {}
    )
    (other,) = explanation.explained(
        [RenderedFile("a.yaml", b"", yaml_text, settings=({**settings, "place": "store", "text": ""},))], {}
    )

    assert not re.search(r"s\d", json.dumps([one["shipped"], other["shipped"]]))
    assert "SHA-256" in explanation.compact(one["shipped"])
    assert other["shipped"] == {"keyStorePassword": HIDDEN, "users": [{"secret": HIDDEN, "name": "n"}]}


def test_what_is_taken_out() -> None:
    setting = {"kind": "remove", "place": "a/b", "why": "w"}

    (row,) = explanation.explained([RenderedFile("a.xml", b"", b"<a><b>1</b></a>", settings=(setting,))], {})

    assert (row["shipped"], row["value"]) == ("1", None)
    assert explanation.cells(row) == ["`a.xml`", "`a/b`", "`1`", "(taken out)", "w", ""]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", "`plain`"),
        ("", "(empty)"),
        ("a|b", "`a\\|b`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a``b`c", "```a``b`c```"),
        ("a\r\n  b\n", "`a \u23ce b`"),
        (" a ", "`  a  `"),
        ("  ", "`  `"),
        ("x" * 300, f"`{'x' * explanation.LONGEST} \u2026`"),
    ],
)
def test_a_value_in_a_cell(text: str, cell: str) -> None:
    assert explanation.code(text) == cell


def test_prose_in_a_cell() -> None:
    assert explanation.prose("a | b\n `c` *d* <e> [f]") == "a \\| b \\`c\\` \\*d\\* \\<e\\> \\[f\\]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (7, "7"),
        (True, "true"),
        ({"a": [1, "b"]}, '{"a": [1, "b"]}'),
        ({"tag": "a", "attributes": {"b": 'c"<'}, "text": "d&"}, '<a b="c&quot;&lt;">d&amp;</a>'),
        ([{"tag": "a"}, {"tag": "b", "children": [{"tag": "c", "text": ""}]}], "<a/><b><c/></b>"),
        ([], "[]"),
    ],
)
def test_a_value_in_one_line(value: Any, text: str) -> None:
    assert explanation.compact(value) == text


def test_the_table_has_a_line_for_each_row(practice_deployment: dict[str, Any]) -> None:
    found = explanation.explained_host(practice_deployment, "an1")
    lines = explanation.page(found).splitlines()

    assert lines[0] == "# Settings of an1"
    assert [line for line in lines if line.startswith("## ")] == [f"## {each['name']}" for each in found["servers"]]
    tables = [line for line in lines if line.startswith("| `")]
    columns = [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in tables]
    assert columns.count(len(explanation.TITLES)) == sum(len(each["settings"]) for each in found["servers"])
    assert columns.count(3) == sum(len(each["files"]) for each in found["servers"]) == 2
    assert len(columns) == columns.count(3) + columns.count(len(explanation.TITLES))


def test_what_comes_beside_the_pack(practice: Path, tmp_path: Path) -> None:
    (tmp_path / "x.jar").write_bytes(b"x")
    digest = hashlib.sha256(b"x").hexdigest()
    overlay = {"src": str(tmp_path / "x.jar"), "dest": "lib/x.jar", "checksum": f"sha256:{digest}"}
    deployment = topology(sample.hostvars(practice, is_node_overlays=[overlay]), sample.NODES)

    (server,) = explanation.explained_host(deployment, "is1")["servers"]

    assert [item["file"] for item in server["files"]] == [
        servers.driver_path(deployment, deployment["hosts"]["is1"]["servers"]["is"]),
        "lib/x.jar",
    ]
    assert server["files"][1] == {"file": "lib/x.jar", "source": str(tmp_path / "x.jar"), "sha256": digest}


@pytest.mark.skipif(not VENDOR, reason="VENDOR_CONFIG does not name the folder with the vendor's configuration files")
@pytest.mark.parametrize("server", expected.SERVERS, ids="-".join)
def test_the_practice_packs_ship_the_same_values(
    practice_deployment: dict[str, Any], tmp_path: Path, server: tuple[str, str]
) -> None:
    """So that docs/settings.md, made from them, is right for the vendor's."""
    sample.vendor_packs(Path(VENDOR), tmp_path)
    vendor = topology(
        sample.hostvars(tmp_path, **expected.CHANGES), sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS
    )
    practice, real = rows_of(practice_deployment, *server), rows_of(vendor, *server)

    assert list(practice) == list(real)
    assert {
        key: (row["shipped"], real[key]["shipped"])
        for key, row in practice.items()
        if row["kind"] == "set" and row["shipped"] != real[key]["shipped"]
    } == {}


def test_the_page_has_every_setting_of_the_example() -> None:
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for path in sorted(ROOT.glob("roles/*/files/*.yml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.parts[-3] in ("is_node", "analytics", "hazelcast"):
            for entry in entries:
                for file in entry.get("files") or [entry["file"]]:
                    assert f"`{file}`" in text, file


def test_the_playbook_needs_no_host(practice: Path, tmp_path: Path) -> None:
    groups = {
        "wso2is_nodes": sample.NODES,
        "wso2is_analytics": sample.WORKERS,
        "wso2is_dashboards": sample.DASHBOARDS,
        "wso2is_load_balancers": sample.BALANCERS,
    }
    children = {name: {"hosts": {host: {} for host in hosts}} for name, hosts in groups.items()}
    inventory = {"all": {"hosts": sample.hostvars(practice, **expected.CHANGES), "children": children}}
    (tmp_path / "inventory.json").write_text(json.dumps(inventory))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "ansible", "playbook", "-i", str(tmp_path / "inventory.json")]
    command += ["playbooks/explain.yml", "-e", f"explain_dir={tmp_path / 'out'}", "-v", "--diff"]

    run = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr
    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == {
        f"{host}/settings.{suffix}" for host in ("is1", "is2", "an1", "an2") for suffix in ("md", "json")
    }
    data = json.loads((tmp_path / "out/an1/settings.json").read_text(encoding="utf-8"))
    assert [server["kind"] for server in data["servers"]] == ["worker", "dashboard"]
    assert [secret for secret in secrets(practice) if secret in run.stdout.replace("an-trust.jks", "")] == []
