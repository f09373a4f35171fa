# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server needs on its host."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.pack import PackError
from ansible_collections.identityops.wso2is.plugins.plugin_utils.settings import RenderedFile, SettingError
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import sample

DRIVER = hashlib.sha256(sample.DRIVER).hexdigest()


def pack_digest(practice: Path, name: str = "wso2is-5.8.0") -> str:
    return hashlib.sha256((practice / f"{name}.zip").read_bytes()).hexdigest()


@pytest.fixture
def deployment(practice_deployment: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(practice_deployment)


def test_server_of(deployment: dict[str, Any]) -> None:
    assert servers.server_of(deployment, "an1", "dashboard")["kind"] == "dashboard"
    for wrong, host, kind in ((deployment, "is1", "worker"), (deployment, "is9", "is"), ({"hosts": None}, "is1", "is")):
        with pytest.raises(servers.DeploymentError, match=f"the deployment has no {kind} on {host}"):
            servers.server_of(wrong, host, kind)


def test_installation(deployment: dict[str, Any], practice: Path) -> None:
    digest = pack_digest(practice)
    jar = f"driver-{DRIVER[:12]}.jar"

    found = servers.installation(deployment, "is2", "is")

    release = found["release"]
    assert re.fullmatch(rf"/opt/wso2/is/releases/wso2is-5\.8\.0-{digest[:12]}-[0-9a-f]{{8}}", release)
    assert found["needs"] == [release, f"{release}/repository/components/lib/{jar}"]
    assert found["bring"] == [
        {
            "src": str(practice / "wso2is-5.8.0.zip"),
            "dest": f"/opt/wso2/is/staging/wso2is-5.8.0-{digest[:12]}.zip",
            "path": release,
        },
        {
            "src": str(practice / "driver.jar"),
            "dest": f"/opt/wso2/is/staging/{jar}",
            "path": f"{release}/repository/components/lib/{jar}",
        },
    ]
    options = found["options"]
    assert (options["archive"], options["sha256"], options["name"]) == (
        found["bring"][0]["dest"],
        digest,
        "wso2is-5.8.0",
    )
    assert (options["owner"], options["group"], options["base"]) == ("wso2carbon", "wso2", "/opt/wso2/is")
    assert options["extra_files"] == [
        {"src": found["bring"][1]["dest"], "dest": f"repository/components/lib/{jar}", "sha256": DRIVER}
    ]
    assert options["links"]["repository/logs"] == "/var/log/wso2/is"
    assert "repository/deployment" in options["writable"]


def test_a_worker_and_a_dashboard_of_a_host_share_a_release(deployment: dict[str, Any]) -> None:
    worker, dashboard = (servers.installation(deployment, "an1", kind) for kind in ("worker", "dashboard"))
    assert (worker["options"].pop("current"), dashboard["options"].pop("current")) == (
        ["current-worker"],
        ["current-dashboard"],
    )
    assert worker == dashboard
    assert "/lib/driver-" in servers.installation(deployment, "an1", "worker")["needs"][1]


@pytest.mark.parametrize(
    ("worker", "dashboard", "links"),
    [
        ({"active_state": "active"}, {"active_state": "active"}, []),
        ({"active_state": "active"}, {"active_state": "failed"}, ["current-dashboard"]),
        ({"active_state": "deactivating"}, {"active_state": "activating"}, []),
        ({"active_state": "inactive"}, None, ["current-worker", "current-dashboard"]),
    ],
)
def test_only_the_links_of_stopped_servers_move(
    deployment: dict[str, Any], worker: Any, dashboard: Any, links: list[str]
) -> None:
    units = {
        "wso2is-analytics-worker.service": worker,
        "wso2is-analytics-dashboard.service": dashboard,
        "wso2is.service": {"active_state": "active"},
    }
    assert servers.installation(deployment, "an1", "worker", units)["options"]["current"] == links
    assert servers.installation(deployment, "is1", "is", {})["options"]["current"] == ["current"]


def test_without_driver_or_pack(deployment: dict[str, Any]) -> None:
    deployment["jdbc_driver"]["source"] = "/absent/driver.jar"
    with pytest.raises(PackError, match=r"/absent/driver\.jar"):
        servers.installation(deployment, "is1", "is")
    deployment["packs"]["identity_server"]["source"] = "/absent/pack.zip"
    with pytest.raises(PackError, match=r"/absent/pack\.zip is not there"):
        servers.installation(deployment, "is1", "is")


def test_control_files_may_be_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "k").write_bytes(b"key")

    assert servers.read_control_file("~/k") == b"key"


# Rendering


def test_everywhere(deployment: dict[str, Any]) -> None:
    masked, plain = servers.rendered_everywhere(deployment), servers.rendered_everywhere(deployment, secrets=True)

    assert [(item["host"], item["path"]) for item in masked] == [(item["host"], item["path"]) for item in plain]
    assert {item["host"] for item in plain} == {"is1", "is2", "an1", "an2"}
    text = b"".join(base64.b64decode(item["content"]) for item in masked)
    for secret in (
        b"ad&lt;min&amp;1",
        b'key"store',
        b"key&quot;store",
        b"an: key",
        b"an-trust",
        b"an-admin",
        b"group&lt;pw",
        b"&amp;pw",
        b"content of",
    ):
        assert secret not in text
        assert secret in b"".join(base64.b64decode(item["content"]) for item in plain)


def test_shown() -> None:
    file = RenderedFile("k.jks", b"\x00", secret=True)
    assert servers.shown(file) == b"(not shown)\n"
    assert servers.shown(RenderedFile("a", b"\xe4\r\n")) == b"\xe4\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_masking_keeps_the_other_bytes(encoding: str) -> None:
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Mask

    data = "<!-- \u00fc -->\r\n<p \u00e4='\u00f6'>geheim</p>\r\n".encode(encoding)
    file = RenderedFile("a.xml", data, masks=(Mask("<p \u00e4='\u00f6'>", "</p>"),))

    assert servers.shown(file) == data.replace(b"geheim", b"********")


# What runs the server


def test_environment(deployment: dict[str, Any]) -> None:
    server = servers.server_of(deployment, "is1", "is")
    server["java_options"] = '-Da="b c" -Dd=\\e'
    lines = dict(line.split("=", 1) for line in servers.environment(server, "/usr/lib/jvm/8").splitlines())

    assert {name: shlex.split(value) for name, value in lines.items()} == {
        "JAVA_HOME": ["/usr/lib/jvm/8"],
        "JVM_MEM_OPTS": ["-Xms2048m -Xmx2048m"],
        "JAVA_OPTS": [
            '-Djdk.tls.ephemeralDHKeySize=2048 -Djdk.tls.rejectClientInitiatedRenegotiation=true -Da="b c" -Dd=\\e'
        ],
    }


def test_environment_of_analytics(deployment: dict[str, Any]) -> None:
    server = servers.server_of(deployment, "an1", "dashboard")

    tls = "-Djdk.tls.ephemeralDHKeySize=2048 -Djdk.tls.rejectClientInitiatedRenegotiation=true"
    assert servers.environment(server, "/j") == f'JAVA_HOME="/j"\nJAVA_OPTS="-Xms1024m -Xmx1024m {tls}"\n'
    server["java_options"] = "-Dx=1"
    assert f'JAVA_OPTS="-Xms1024m -Xmx1024m {tls} -Dx=1"' in servers.environment(server, "/j")


def test_control_config(deployment: dict[str, Any]) -> None:
    found = json.loads(servers.control_config(servers.server_of(deployment, "an2", "worker"), deployment))

    assert found["log"] == "/opt/wso2/analytics/current-worker/wso2/worker/logs/carbon.log"
    assert found["state"] == "/opt/wso2/analytics/state/worker"
    numbers = [port["number"] for port in found["ports"]]
    assert (numbers, found["timeout"], found["rejoin_seconds"]) == ([9091], 600, 16.0)


def test_bundle(deployment: dict[str, Any], practice: Path) -> None:
    bundle = servers.server_bundle(deployment, "is1", "is", "/usr/lib/jvm/8", "unit text", "control text")
    release = servers.installation(deployment, "is1", "is")["release"]
    files = {item["path"]: item for item in bundle["files"]}

    assert (bundle["release"], bundle["current"], bundle["java_home"]) == (
        release,
        "/opt/wso2/is/current",
        "/usr/lib/jvm/8",
    )
    assert bundle["watched"] == {f"{release}/repository/components/lib/driver-{DRIVER[:12]}.jar": DRIVER}
    for path, mode, effect, content in (
        ("/etc/systemd/system/wso2is.service", 0o644, "start", b"unit text"),
        ("/opt/wso2/is/bin/server-control", 0o755, "none", b"#!/usr/bin/python3\ncontrol text"),
    ):
        assert (files[path]["mode"], files[path]["effect"], base64.b64decode(files[path]["content"])) == (
            mode,
            effect,
            content,
        )
        assert (files[path]["owner"], files[path]["group"]) == ("root", "root")
    assert files["/opt/wso2/is/etc/is.env"]["effect"] == "start"
    assert files["/opt/wso2/is/etc/is.env"]["mode"] == 0o600, "options of the JVM may hold a password"
    assert files["/opt/wso2/is/etc/is.json"]["effect"] == "none"
    carbon = files["repository/conf/carbon.xml"]
    assert (carbon["owner"], carbon["group"], carbon["mode"], carbon["effect"], carbon["compare"]) == (
        "root",
        "wso2",
        0o640,
        "start",
        "bytes",
    )
    assert [mask for mask in carbon["masks"] if mask[1].endswith("</KeyPassword>")]
    publisher = files["repository/deployment/server/eventpublishers/IsAnalytics-Publisher-wso2event-UserData.xml"]
    assert (publisher["owner"], publisher["effect"], publisher["compare"]) == ("wso2carbon", "reload", "meaning")
    assert files["repository/resources/security/wso2carbon.jks"]["secret"]
    assert not [item for item in bundle["files"] if "shipped" in item]
    json.dumps(bundle)


def test_bundle_with_the_shipped_files(deployment: dict[str, Any], practice: Path) -> None:
    bundle = servers.server_bundle(deployment, "an1", "worker", "", "", "", shipped=True)

    shipped = {item["path"]: item for item in bundle["files"] if "shipped" in item}
    assert set(shipped) == {
        "conf/worker/deployment.yaml",
        "conf/worker/log4j2.xml",
        "wso2/worker/bin/carbon.sh",
        "wso2/worker/conf/transports/netty-transports.yml",
    }
    for path, item in shipped.items():
        assert base64.b64decode(item["shipped"]) == (practice / "wso2is-analytics-5.8.0" / path).read_bytes()


def test_a_start_script_stays_a_program(deployment: dict[str, Any]) -> None:
    modes = {item.path: item.mode for item in servers.rendered(deployment, "an1", "worker")}

    assert modes["wso2/worker/bin/carbon.sh"] == 0o750
    assert {mode for path, mode in modes.items() if not path.endswith(".sh")} == {0o640}


# Schemas


def names(targets: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {target["database"]["name"]: [schema["name"] for schema in target["schemas"]] for target in targets}


def test_schemas(deployment: dict[str, Any], practice: Path) -> None:
    targets = servers.schemas(deployment)

    found = names(targets)
    assert set(found) == {"user_db", "identity_db", "workflow_db"}
    assert found["user_db"] == ["user_and_registry"]
    first = targets[0]
    assert first["database"] == {
        "host": "db.example.org",
        "port": 5432,
        "name": "user_db",
        "username": "user_owner",
        "password": "user&pw",
        "variable": "wso2is_databases.user",
    }
    assert first["schemas"][0]["marker"] == "UM_TENANT"
    assert first["schemas"][0]["script"] == (practice / "wso2is-5.8.0/dbscripts/postgresql.sql").read_text()


def test_schemas_of_databases_of_their_own(practice: Path) -> None:
    hostvars = sample.hostvars(practice)
    databases = hostvars["is1"]["wso2is_databases"]
    databases |= {name: {"name": f"{name}_db", "username": "o", "password": "p"} for name in ("registry", "consent")}

    found = names(servers.schemas(topology(hostvars, sample.NODES)))

    assert set(found) == {"user_db", "registry_db", "identity_db", "consent_db", "workflow_db"}
    assert found["registry_db"] == found["user_db"] == ["user_and_registry"]
    assert "consent" not in found["identity_db"]


def test_schemas_in_one_database(practice: Path) -> None:
    one = {"name": "all", "username": "o", "password": "p"}
    hostvars = sample.hostvars(
        practice, wso2is_databases=dict.fromkeys(("user", "registry", "identity", "workflow"), one)
    )

    (target,) = servers.schemas(topology(hostvars, sample.NODES))

    assert len(target["schemas"]) == len({schema["name"] for schema in target["schemas"]}) >= 4


def lacking(practice: Path, tmp_path: Path, script: str) -> dict[str, Any]:
    shutil.copytree(practice / "wso2is-5.8.0", tmp_path / "wso2is-5.8.0")
    (tmp_path / "wso2is-5.8.0" / script).unlink()
    sample.zip_folder(tmp_path / "wso2is-5.8.0", tmp_path / "wso2is-5.8.0.zip")
    return topology(
        sample.hostvars(practice, wso2is_pack=str(tmp_path / "wso2is-5.8.0.zip")),
        sample.NODES,
        [],
        [],
        sample.BALANCERS,
    )


def test_a_script_that_is_not_in_the_pack(practice: Path, tmp_path: Path) -> None:
    found = lacking(practice, tmp_path, "dbscripts/consent/postgresql.sql")

    with pytest.raises(PackError, match=r"dbscripts/consent/postgresql\.sql is not in the pack"):
        servers.schemas(found)
    assert [item["host"] for item in servers.pack_findings(found) if item["severity"] == "error"] == ["is1"]
    assert not [item for item in servers.pack_findings(found, schema_scripts=False) if item["severity"] == "error"]
    found["create_schemas"] = False
    assert not [item for item in servers.pack_findings(found) if item["severity"] == "error"]


def test_a_script_that_not_every_pack_has(practice: Path, tmp_path: Path) -> None:
    found = lacking(practice, tmp_path, "dbscripts/identity/uma/postgresql.sql")

    assert not [item for item in servers.pack_findings(found) if item["severity"] == "error"]


# Findings on packs


def errors(deployment: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (item["host"], item["check"], item["found"])
        for item in servers.pack_findings(deployment)
        if item["severity"] == "error"
    ]


def test_packs_that_were_not_checked_are_said(deployment: dict[str, Any], practice: Path) -> None:
    warnings = servers.pack_findings(deployment)
    assert [(item["severity"], item["required"]) for item in warnings] == [
        ("warning", f"sha256:{pack_digest(practice)}"),
        ("warning", f"sha256:{pack_digest(practice, 'wso2is-analytics-5.8.0')}"),
        ("warning", f"sha256:{DRIVER}"),
    ]

    for name, pack in (("identity_server", "wso2is-5.8.0"), ("analytics", "wso2is-analytics-5.8.0")):
        deployment["packs"][name]["checksum"] = f"sha256:{pack_digest(practice, pack)}"
    deployment["jdbc_driver"]["checksum"] = f"sha256:{DRIVER}"
    assert servers.pack_findings(deployment) == []


def test_another_driver(deployment: dict[str, Any]) -> None:
    deployment["jdbc_driver"]["checksum"] = "sha256:" + "0" * 64

    ((host, check, text), *others) = errors(deployment)

    assert (host, check) == ("all hosts", "JDBC driver")
    assert f"has sha256:{DRIVER}, but" in text
    assert not others


def test_pattern_1_needs_no_analytics_pack(practice: Path) -> None:
    found = topology(sample.hostvars(practice, wso2is_analytics_pack=""), sample.NODES, [], [], sample.BALANCERS)
    assert errors(found) == []

    found = topology(
        sample.hostvars(practice, wso2is_analytics_pack=""), sample.NODES, sample.WORKERS, [], sample.BALANCERS
    )
    assert errors(found) == [("all hosts", "pack", "wso2is_analytics_pack is not set")]


def test_no_pack_at_all_is_a_finding_of_the_variables(deployment: dict[str, Any]) -> None:
    deployment["packs"]["identity_server"]["source"] = None

    assert errors(deployment) == []


def test_another_pack(deployment: dict[str, Any], practice: Path) -> None:
    source = str(practice / "wso2is-analytics-5.8.0.zip")
    deployment["packs"]["identity_server"]["source"] = source
    deployment["packs"]["analytics"] |= {"checksum": "sha256:" + "0" * 64}

    found = errors(deployment)

    assert found[0] == ("all hosts", "pack", f"{source} contains wso2is-analytics-5.8.0")
    assert "but sha256:000" in found[1][2]
    assert len(found) == 2


def test_the_same_missing_file_on_several_hosts_is_one_finding(deployment: dict[str, Any]) -> None:
    for host in ("is1", "is2"):
        deployment["hosts"][host]["servers"]["is"]["fields"]["keystore"]["file"] = "/absent/k.jks"

    ((hosts, check, text),) = errors(deployment)

    assert (hosts, check) == ("is1, is2", "settings")
    assert "repository/resources/security/wso2carbon.jks" in text
    assert "/absent/k.jks" in text
    with pytest.raises(SettingError):
        servers.rendered(deployment, "is1", "is")
