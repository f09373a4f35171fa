# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting, applied to the vendor's own files. VENDOR_CONFIG names the folder that has them."""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.module_utils.masking import HIDDEN, hide_found
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks, is_server, servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils import settings as engine
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import expected, places, sample

VENDOR = os.environ.get("VENDOR_CONFIG", "")
IS_PACK, ANALYTICS_PACK = "wso2is-5.8.0", "wso2is-analytics-5.8.0"
ROOT = Path(__file__).resolve().parents[3]
APPS = "repository/deployment/server/jaggeryapps"
PUBLISHERS = "repository/deployment/server/eventpublishers/IsAnalytics-Publisher-wso2event-"

pytestmark = pytest.mark.skipif(
    not VENDOR, reason="VENDOR_CONFIG does not name the folder with the vendor's configuration files"
)


def vendor_file(kind: str, path: str) -> Path:
    if path.endswith("/carbon.sh"):
        return sample.SCRIPT
    return Path(VENDOR) / (IS_PACK if kind == "is" else ANALYTICS_PACK) / path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packs made of the vendor's folders, and the small files of the sample."""
    found = tmp_path_factory.mktemp("vendor")
    sample.vendor_packs(Path(VENDOR), found)
    return found


def compute(folder: Path, **changes: Any) -> dict[str, Any]:
    hostvars = sample.hostvars(folder, **{**expected.CHANGES, **changes})
    return topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)


@pytest.fixture(scope="module")
def deployment(folder: Path) -> dict[str, Any]:
    return compute(folder)


@pytest.fixture(scope="module")
def rendered(deployment: dict[str, Any]) -> dict[tuple[str, str], list[engine.RenderedFile]]:
    return {(host, kind): servers.rendered(deployment, host, kind) for host, kind in expected.SERVERS}


def failure(kind: str, files: Mapping[str, bytes], expectation: expected.Expectation) -> str:
    """What is wrong with one place; empty when nothing is. A file that is not rendered stays the vendor's."""
    path, place, wanted = expectation
    data = files.get(path)
    if data is None:
        shipped = vendor_file(kind, path)
        if not shipped.is_file():
            return f"{path} is not there"
        data = shipped.read_bytes()
    found = places.values(path, data, place)
    wanted = wanted if isinstance(wanted, list) else [wanted]
    # 1 and True, 0 and False are not the same in YAML.
    return (
        ""
        if found == wanted and [*map(type, found)] == [*map(type, wanted)]
        else f"{path}: {place} is {found}, required {wanted}"
    )


@pytest.mark.parametrize(
    ("server", "expectation"),
    [
        pytest.param(server, expectation, id="-".join([*server, Path(expectation[0]).name, expectation[1]]))
        for server, expectations in expected.SERVERS.items()
        for expectation in expectations
    ],
)
def test_value(
    rendered: dict[tuple[str, str], list[engine.RenderedFile]],
    server: tuple[str, str],
    expectation: expected.Expectation,
) -> None:
    assert not failure(server[1], {item.path: item.content for item in rendered[server]}, expectation)


# Every setting counts


def take_away(monkeypatch: pytest.MonkeyPatch, name: str, index: int) -> None:
    original = engine.load_settings

    def without(wanted: str) -> tuple[Mapping[str, Any], ...]:
        found = original(wanted)
        return found[:index] + found[index + 1 :] if wanted == name else found

    monkeypatch.setattr(engine, "load_settings", without)


# Shipped as it is wanted; changed here first, so that the setting that says so anew shows.
SHIPPED_SO = {
    "repository/conf/datasources/bps-datasources.xml": [(b"<validationQuery>SELECT 1<", b"<validationQuery>SELECT 2<")],
    "repository/conf/user-mgt.xml": [(b"<AddAdmin>true<", b"<AddAdmin>false<")],
    "repository/conf/carbon.xml": [(b"<ForceLocalCache>true<", b"<ForceLocalCache>false<")],
    "repository/conf/registry.xml": [(b"<versionResourcesOnChange>false<", b"<versionResourcesOnChange>true<")],
    "repository/conf/identity/identity.xml": [
        (
            b"<SessionDataPersist>\n            <Enable>true<",
            b"<SessionDataPersist>\n            <Enable>false<",
        ),
        (
            b"authentication context data -->\n                <Enable>true<",
            b"authentication context data -->\n                <Enable>false<",
        ),
    ],
    "conf/worker/deployment.yaml": [(b'connectionTestQuery: "SELECT 1"', b'connectionTestQuery: "SELECT 2"')],
    "repository/conf/etc/jmx.xml": [(b"<StartRMIServer>true<", b"<StartRMIServer>false<")],
}
SETTINGS = [
    (name, index)
    for name in (*is_server.SETTINGS, "analytics/worker", "analytics/dashboard")
    for index in range(len(engine.load_settings(name)))
]


def label(setting: tuple[str, int]) -> str:
    entry = engine.load_settings(setting[0])[setting[1]]
    return "-".join([setting[0], Path(entry["file"]).stem, entry.get("place", entry.get("kind", ""))])


@pytest.mark.parametrize("setting", SETTINGS, ids=label)
def test_a_setting_that_is_taken_away_shows(
    monkeypatch: pytest.MonkeyPatch, deployment: dict[str, Any], setting: tuple[str, int]
) -> None:
    file = engine.load_settings(setting[0])[setting[1]]["file"]
    take_away(monkeypatch, *setting)
    failures = []
    for (host, kind), expectations in expected.SERVERS.items():
        server = servers.server_of(deployment, host, kind)
        if setting[0] not in server["settings"]:
            continue
        pack = servers.pack_of(deployment, server)

        def read(path: str, pack: Any = pack) -> bytes:
            data: bytes = pack.read(path)
            for old, new in SHIPPED_SO.get(path, []):
                assert old in data
                data = data.replace(old, new)
            return data

        files = {
            item.path: item.content
            for item in engine.render(
                server["settings"], servers.fields_of(deployment, server), read, servers.read_control_file
            )
        }
        failures += [wrong for expectation in expectations if (wrong := failure(kind, files, expectation))]
    assert failures
    assert all(wrong.startswith(file) for wrong in failures), "a setting has an effect on its own file only"


def test_every_settings_file_belongs_to_a_server() -> None:
    files = {
        f"{path.parts[-3]}/{path.stem}".removesuffix("/settings")
        for role in ("is_node", "hazelcast", "analytics")
        for path in ROOT.glob(f"roles/{role}/files/*.yml")
    }

    assert files == {name for name, _index in SETTINGS}


def test_files_that_are_not_in_the_vendor_folder() -> None:
    absent = {
        f"{name} {entry['file']}"
        for name, index in SETTINGS
        if (entry := engine.load_settings(name)[index])
        if not vendor_file("is" if name in is_server.SETTINGS else name, entry["file"]).is_file()
    }

    assert absent == {
        # Keystores are binary; the product creates no hazelcast.properties.
        "is_node/keystores repository/resources/security/wso2carbon.jks",
        "is_node/keystores repository/resources/security/client-truststore.jks",
        "hazelcast repository/conf/hazelcast.properties",
        "analytics/worker resources/security/wso2carbon.jks",
        "analytics/worker resources/security/client-truststore.jks",
        "analytics/dashboard resources/security/wso2carbon.jks",
        "analytics/dashboard resources/security/client-truststore.jks",
    }


# Nothing else changes


def lines(text: str) -> set[int]:
    """Line numbers: "3 7-9" is 3, 7, 8 and 9."""
    found: set[int] = set()
    for part in text.split():
        first, _dash, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


# By file: the vendor's lines that a setting replaces, those after which one adds lines, and the changed hunks.
PLACES: dict[str, tuple[str, str, int]] = {
    "repository/conf/datasources/master-datasources.xml": ("", "65", 1),
    "repository/conf/datasources/bps-datasources.xml": ("16-19 25-27", "", 2),
    # 175 to 219 is the user store; some lines are the same in the new one.
    "repository/conf/user-mgt.xml": ("21 23-24 31 175-218", "", 9),
    "repository/conf/output-event-adapters.xml": ("92-99 101", "", 2),
    "repository/conf/identity/thrift-authentication.xml": ("24", "", 1),
    "repository/conf/consent-mgt-config.xml": ("21", "", 1),
    "repository/conf/identity/embedded-ldap.xml": ("51", "", 1),
    "repository/conf/registry.xml": ("", "134", 1),
    "repository/conf/carbon.xml": ("47 52 127 406 408 410 423 425 427 440", "", 10),
    "repository/conf/tomcat/catalina-server.xml": ("40 45 57 67 77-78 93", "", 6),
    "repository/conf/tomcat/carbon/WEB-INF/web.xml": ("83", "87", 2),
    "repository/conf/tomcat/context.xml": ("19", "", 1),
    "repository/conf/identity/application-authentication.xml": ("", "118", 1),
    f"{APPS}/dashboard/authentication/auth_config.json": ("11-14", "", 1),
    f"{APPS}/dashboard/jaggery.conf": ("35", "", 1),
    f"{APPS}/portal/jaggery.conf": ("14", "", 1),
    f"{APPS}/dashboard/conf/site.json": ("3 6-7", "", 2),
    f"{APPS}/portal/conf/site.json": ("3 6-7 11", "", 3),
    "repository/conf/identity/EndpointConfig.properties": ("21 23 25", "", 3),
    "repository/conf/data-bridge/data-bridge-config.xml": ("29", "", 1),
    "repository/conf/health-check-config.xml": ("22", "27 30", 3),
    "repository/conf/etc/jmx.xml": ("25", "", 1),
    "repository/conf/identity/identity-event.properties": ("101 106", "", 2),
    "repository/conf/axis2/axis2.xml": ("608 630 638 659 674 711-712", "727", 7),
    "repository/conf/log4j.properties": ("136 182", "229", 3),
    **{f"{PUBLISHERS}{name}.xml": ("6 10-11", "", 2) for name in ("AuthenticationData", "SessionData")},
    **{f"{PUBLISHERS}{name}.xml": ("25 29-30", "", 2) for name in expected.PUBLISHERS[2:]},
    "conf/worker/deployment.yaml": (
        "20 53-54 76 127 159 176 208 277 280 282 307 310-313 359-363 410-411 415-417 428-429",
        "379-382 435",
        18,
    ),
    "conf/dashboard/deployment.yaml": ("20 44 95 127 144 176 309-313 378-379 390-391", "", 9),
    # The script is the practice pack's.
    **{f"wso2/{name}/bin/carbon.sh": ("87-88", "", 1) for name in ("worker", "dashboard")},
    **{f"wso2/{name}/conf/transports/netty-transports.yml": ("100-101", "", 1) for name in ("worker", "dashboard")},
    **{f"conf/{name}/log4j2.xml": ("26 33", "29-30 36-37", 6) for name in ("worker", "dashboard")},
}
ONLY = {
    ("is1", "repository/conf/identity/identity.xml"): ("24 581", "", 2),
    # Sessions are cleaned up by the other node.
    ("is2", "repository/conf/identity/identity.xml"): ("24 35 43 581", "", 4),
}
CREATED = {
    "is": {
        "repository/resources/security/wso2carbon.jks",
        "repository/resources/security/client-truststore.jks",
        "repository/conf/hazelcast.properties",
    },
    "worker": {"resources/security/wso2carbon.jks", "resources/security/client-truststore.jks"},
    "dashboard": {"resources/security/wso2carbon.jks", "resources/security/client-truststore.jks"},
}


@pytest.mark.parametrize("server", expected.SERVERS, ids="-".join)
def test_no_other_line_changes(
    rendered: dict[tuple[str, str], list[engine.RenderedFile]], server: tuple[str, str]
) -> None:
    host, kind = server
    created = set()
    for item in rendered[server]:
        if item.shipped is None:
            created.add(item.path)
            continue
        shipped = vendor_file(kind, item.path).read_bytes()
        assert item.shipped == shipped
        replaced, added, hunks = ONLY.get((host, item.path)) or PLACES[item.path]
        matcher = difflib.SequenceMatcher(None, shipped.splitlines(True), item.content.splitlines(True), autojunk=False)
        changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
        assert len(changed) == hunks, item.path
        for what, first, last, _start, _end in changed:
            if what == "insert":
                assert first in lines(added), (item.path, first)
            else:
                assert set(range(first + 1, last + 1)) <= lines(replaced), (item.path, first + 1, last)
    assert created == CREATED[kind]


def test_the_second_node_does_not_write_what_is_shared(
    rendered: dict[tuple[str, str], list[engine.RenderedFile]],
) -> None:
    one, other = ({item.path for item in rendered[host, "is"]} for host in ("is1", "is2"))

    assert one - other == {f"{PUBLISHERS}{name}.xml" for name in expected.PUBLISHERS}
    assert not other - one


def test_nodes_differ_where_they_must_and_nowhere_else(
    rendered: dict[tuple[str, str], list[engine.RenderedFile]],
) -> None:
    def different(kind: str, one: str, other: str) -> dict[str, int]:
        first, second = ({item.path: item.content for item in rendered[host, kind]} for host in (one, other))
        return {
            path: sum(line not in second[path].splitlines() for line in first[path].splitlines())
            for path in sorted(set(first) & set(second))
            if first[path] != second[path]
        }

    # The own address as a parameter; as a member it stands in both.
    assert different("is", "is1", "is2") == {
        "repository/conf/axis2/axis2.xml": 1,
        "repository/conf/etc/jmx.xml": 1,
        "repository/conf/identity/identity.xml": 0,
    }
    assert different("worker", "an1", "an2") == {"conf/worker/deployment.yaml": 3}


# More line ends of each kind than the vendor has: what is inserted takes the line end at its place.
ADDED_LINES = {
    "repository/conf/datasources/master-datasources.xml": (0, 41),
    "repository/conf/registry.xml": (19, 0),
    "repository/conf/axis2/axis2.xml": (6, 0),
}


@pytest.mark.parametrize("server", expected.SERVERS, ids="-".join)
def test_encoding_and_line_ends_are_kept(
    rendered: dict[tuple[str, str], list[engine.RenderedFile]], server: tuple[str, str]
) -> None:
    latin = set()
    for item in rendered[server]:
        if item.shipped is None:
            continue
        if item.path.endswith(".xml"):
            declared = re.match(rb'<\?xml[^>]*encoding="([^"]+)"', item.shipped)
            encoding = declared.group(1).decode() if declared else "UTF-8"
            if encoding == "ISO-8859-1":
                latin.add(item.path)
            assert item.content.startswith(item.shipped.split(b"\n")[0]) or not declared
            item.content.decode(encoding)
            ElementTree.fromstring(item.content)
        elif item.path.endswith(".yaml"):
            yaml.safe_load(item.content.decode("utf-8"))
        before, after = (data.count(b"\r\n") for data in (item.shipped, item.content))
        bare_before, bare_after = (data.count(b"\n") - data.count(b"\r\n") for data in (item.shipped, item.content))
        if before or item.path in ADDED_LINES:
            assert (after - before, bare_after - bare_before) == ADDED_LINES[item.path], item.path
        assert after == 0 or before
    if server[1] == "is":
        assert latin == {
            f"repository/conf/{name}.xml"
            for name in (
                "carbon",
                "registry",
                "health-check-config",
                "identity/identity",
                "identity/application-authentication",
                "identity/thrift-authentication",
            )
        }


# Hostile values

HOSTILE = [
    "plain",
    "a b",
    "<&>\"'",
    "]]>",
    "--><!--",
    "&amp;",
    "&#65;",
    "${sys:carbon.home}",
    "$1\\1\\g<0>",
    "back\\slash\\",
    "#hash",
    "a #b",
    "a: b",
    "- a",
    "{a: b}",
    "[a]",
    "*alias",
    "&anchor",
    "!tag",
    "%percent",
    "@at",
    "`tick`",
    "'",
    '"',
    "'quoted'",
    '"quoted"',
    "true",
    "0123",
    "1e3",
    "~",
    "null",
    "=equals",
    ":colon",
    "!bang",
    "a=b:c",
    "\u00e4\u00f6\u00fc",
    "\u20ac",
    "\u65e5\u672c",
    "\U0001f511",
    "\u0416",
    "a\tb",
    "?question",
    "|pipe",
    ">fold",
]


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_values_come_back(folder: Path, value: str) -> None:
    names = ("user", "identity", "workflow", "analytics", "analytics_cluster", "analytics_persistence")
    found = compute(
        folder,
        wso2is_admin_password=value,
        wso2is_keystore_password=value,
        wso2is_truststore_password=value,
        analytics_keystore_password=value,
        analytics_truststore_password=value,
        analytics_admin_password=value,
        hazelcast_group_password=value,
        wso2is_key_alias=value,
        wso2is_databases={
            name: {"name": f"{name}_db", "username": f"{name}_owner", "password": value} for name in names
        },
    )
    secrets = {
        *("ad<min&1", 'key"store', "truststore", "an: key", "an-trust", "an-admin", "group<pw", "login"),
        *(f"{name}&pw" for name in names),
    }
    seen = 0
    for (host, kind), expectations in expected.SERVERS.items():
        files = {item.path: item.content for item in servers.rendered(found, host, kind)}
        for path, place, wanted in expectations:
            if isinstance(wanted, str) and wanted in secrets and place:
                seen += 1
                assert not failure(kind, files, (path, place, value))
    assert seen == 2 * 21 + 7 + 2 * 12 + 10


def test_no_secret_is_shown(deployment: dict[str, Any]) -> None:
    secrets = [
        b"ad&lt;min&amp;1",
        b'key"store',
        b"key&quot;store",
        b"an: key",
        b"an-trust",
        b"an-admin",
        b"group&lt;pw",
        b"&pw",
        b"&amp;pw",
        b"YW4tYWRtaW4=",
        b">truststore<",
        b"=truststore",
    ]
    for host, kind in expected.SERVERS:
        for item in servers.rendered(deployment, host, kind):
            text = servers.shown(item)
            assert not [secret for secret in secrets if secret in text], item.path
            if item.shipped is not None:
                assert len(text.splitlines()) == len(item.content.splitlines())


@pytest.mark.parametrize("suffix", [b"", b" <!-- by hand -->", b" # by hand"], ids=["as written", "XML", "YAML"])
def test_no_secret_of_the_generation_before_is_shown(folder: Path, deployment: dict[str, Any], suffix: bytes) -> None:
    """What is on disk has other secrets, and lines that were changed."""
    names = ("user", "identity", "workflow", "analytics", "analytics_cluster", "analytics_persistence")
    variables = [name for name in sample.hostvars(folder)["is1"] if name.endswith("_password")]
    databases = {name: {"name": f"{name}_db", "username": f"{name}_owner", "password": "0ld-one"} for name in names}
    before = compute(folder, wso2is_databases=databases, **dict.fromkeys(variables, "0ld-one"))
    seen = 0
    for host, kind in expected.SERVERS:
        on_disk = {item.path: item.content for item in servers.rendered(before, host, kind)}
        for item in servers.rendered(deployment, host, kind):
            if item.secret:
                continue
            found = on_disk[item.path].replace(b"\n", suffix + b"\n")
            wanted = servers.shown(item).decode("latin-1")
            masks = [(mask.before, mask.after) for mask in item.masks]
            shown = hide_found(found.decode("utf-8", "replace"), masks, wanted, item.path.endswith(".xml"))
            seen += found.count(b"0ld-one")
            assert "0ld-one" not in shown, item.path
            if not suffix:
                assert HIDDEN not in [line.strip() for line in shown.splitlines()], item.path
    # MGxkLW9uZQ== is the administrator's, which is not counted.
    assert seen == 2 * 17 + 7 + 2 * 12 + 10


# Places that are not there, or twice

BROKEN: list[tuple[str, str, bytes, bytes, str]] = [
    ("is", "repository/conf/carbon.xml", b"<HostName>localhost</HostName>", b"", "Server/HostName"),
    (
        "is",
        "repository/conf/carbon.xml",
        b"<HostName>localhost</HostName>",
        b"<HostName>a</HostName><HostName>b</HostName>",
        "Server/HostName",
    ),
    (
        "is",
        "repository/conf/tomcat/catalina-server.xml",
        b'port="9443"',
        b'port="9444"',
        "Server/Service/Connector[@port='9443']/@proxyPort",
    ),
    (
        "is",
        "repository/conf/tomcat/catalina-server.xml",
        b'port="9763"',
        b'port="9443"',
        "Server/Service/Connector[@port='9763']/@proxyPort",
    ),
    (
        "is",
        "repository/conf/axis2/axis2.xml",
        b'name="localMemberHost"',
        b'name="localMember"',
        "clustering/parameter[@name='localMemberHost']",
    ),
    (
        "is",
        "repository/conf/axis2/axis2.xml",
        b'name="membershipScheme"',
        b'name="domain"',
        "clustering/parameter[@name='membershipScheme']",
    ),
    (
        "is",
        "repository/conf/identity/identity-event.properties",
        b"analyticsLoginDataPublisher.enable=",
        b"other=",
        "analyticsLoginDataPublisher.enable",
    ),
    (
        "is",
        "repository/conf/identity/identity-event.properties",
        b"analyticsLoginDataPublisher.enable=false",
        b"analyticsLoginDataPublisher.enable=false\nanalyticsLoginDataPublisher.enable=false",
        "analyticsLoginDataPublisher.enable",
    ),
    (
        "is",
        "repository/conf/log4j.properties",
        b"log4j.rootLogger=",
        b"log4j.logger.com.hazelcast=WARN\nlog4j.rootLogger=",
        "log4j.logger.com.hazelcast",
    ),
    (
        "is",
        f"{PUBLISHERS}UserData.xml",
        b'name="receiverURL"',
        b'name="url"',
        "eventPublisher/to/property[@name='receiverURL']",
    ),
    (
        "worker",
        "conf/worker/deployment.yaml",
        b"name: IS_ANALYTICS_DB",
        b"name: OTHER_DB",
        "wso2.datasources/dataSources/[name=IS_ANALYTICS_DB]",
    ),
    (
        "worker",
        "conf/worker/deployment.yaml",
        b"name: WSO2_METRICS_DB",
        b"name: WSO2_CLUSTER_DB",
        "wso2.datasources/dataSources/[name=WSO2_CLUSTER_DB]",
    ),
    ("worker", "conf/worker/deployment.yaml", b"\ncluster.config:", b"\nclusters.config:", "cluster.config/enabled"),
    (
        "worker",
        "conf/worker/deployment.yaml",
        b"\ncluster.config:",
        b"\ndeployment.config:\n  type: ha\ncluster.config:",
        "deployment.config",
    ),
    (
        "dashboard",
        "conf/dashboard/deployment.yaml",
        b"default-https",
        b"msf4j-https",
        "wso2.transport.http/listenerConfigurations/[id=default-https]",
    ),
]


@pytest.mark.parametrize(("kind", "path", "old", "new", "place"), BROKEN)
def test_a_place_that_is_not_there_once_stops_with_its_name(
    deployment: dict[str, Any], kind: str, path: str, old: bytes, new: bytes, place: str
) -> None:
    server = servers.server_of(deployment, "is1" if kind == "is" else "an1", kind)
    read: Callable[[str], bytes] = servers.pack_of(deployment, server).read

    def broken(wanted: str) -> bytes:
        data = read(wanted)
        if wanted == path:
            assert old in data
            return data.replace(old, new)
        return data

    with pytest.raises(engine.SettingError) as caught:
        engine.render(server["settings"], servers.fields_of(deployment, server), broken, servers.read_control_file)
    assert path in str(caught.value)
    assert place in str(caught.value)


def test_a_broken_pack_is_a_finding_with_file_and_place(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(Path(VENDOR) / IS_PACK, tmp_path / IS_PACK)
    carbon = tmp_path / IS_PACK / "repository/conf/carbon.xml"
    carbon.write_bytes(carbon.read_bytes().replace(b"<MgtHostName>localhost</MgtHostName>", b""))
    sample.zip_folder(tmp_path / IS_PACK, tmp_path / "broken.zip")
    found = compute(folder, wso2is_pack=str(tmp_path / "broken.zip"), database_create_schemas=False)

    errors = [item for item in checks.inventory_findings(found) if item["severity"] == "error"]

    assert [item["host"] for item in errors] == ["is1, is2"]
    assert "repository/conf/carbon.xml: Server/MgtHostName: " in errors[0]["found"]


# Databases of their own


def test_registry_and_consent_may_have_databases_of_their_own(folder: Path) -> None:
    names = ("user", "registry", "identity", "consent", "workflow")
    databases = {
        name: {"name": name, "username": f"{name}_u", "password": "x", "host": f"{name}.db", "port": 6432}
        for name in names
    }
    hostvars = sample.hostvars(folder, wso2is_databases=databases)
    found = topology(hostvars, sample.NODES, [], [], sample.BALANCERS)
    files = {item.path: item.content for item in servers.rendered(found, "is2", "is")}

    assert not found["findings"]
    for expectation in (
        (
            "repository/conf/datasources/master-datasources.xml",
            "datasources/datasource/jndiConfig/name",
            [
                "jdbc/WSO2CarbonDB",
                "jdbc/WSO2UserDB",
                "jdbc/WSO2RegistryDB",
                "jdbc/WSO2IdentityDB",
                "jdbc/WSO2ConsentDB",
            ],
        ),
        (
            "repository/conf/datasources/master-datasources.xml",
            "datasources/datasource[name='WSO2_REGISTRY_DB']/definition/configuration/url",
            "jdbc:postgresql://registry.db:6432/registry",
        ),
        ("repository/conf/registry.xml", "dbConfig[@name='sharedregistry']/dataSource", "jdbc/WSO2RegistryDB"),
        (
            "repository/conf/registry.xml",
            "remoteInstance/cacheId",
            "registry_u@jdbc:postgresql://registry.db:6432/registry",
        ),
        ("repository/conf/consent-mgt-config.xml", "DataSource/Name", "jdbc/WSO2ConsentDB"),
        ("repository/conf/identity/identity.xml", "JDBCPersistenceManager/DataSource/Name", "jdbc/WSO2IdentityDB"),
        ("repository/conf/user-mgt.xml", "Realm/Configuration/Property[@name='dataSource']", "jdbc/WSO2UserDB"),
        # Pattern 1: no events
        ("repository/conf/identity/identity-event.properties", "analyticsLoginDataPublisher.enable", "false"),
        ("repository/conf/identity/identity-event.properties", "analyticsSessionDataPublisher.enable", "false"),
        (f"{PUBLISHERS}UserData.xml", "to/property[@name='receiverURL']", "tcp://localhost:7612"),
    ):
        assert not failure("is", files, expectation)
    assert not [path for path in files if "eventpublishers" in path]


def test_without_a_group_password_the_product_keeps_its_own(folder: Path) -> None:
    found = compute(folder, hazelcast_group_password="")
    files = {item.path: item.content for item in servers.rendered(found, "is1", "is")}

    assert not failure(
        "is", files, ("repository/conf/axis2/axis2.xml", "clustering/parameter[@name='groupPassword']", [])
    )


def test_jmx_is_closed_unless_it_is_asked_for(folder: Path) -> None:
    found = compute(folder, is_node_jmx=False)
    files = {item.path: item.content for item in servers.rendered(found, "is1", "is")}

    for place, wanted in (("StartRMIServer", "false"), ("HostName", "localhost")):
        assert not failure("is", files, ("repository/conf/etc/jmx.xml", place, wanted))


# The playbook that an operator runs


def run_render(folder: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    hostvars = sample.hostvars(folder, **expected.CHANGES)
    groups = {
        "wso2is_nodes": sample.NODES,
        "wso2is_analytics": sample.WORKERS,
        "wso2is_dashboards": sample.DASHBOARDS,
        "wso2is_load_balancers": sample.BALANCERS,
    }
    inventory = {
        "all": {
            "hosts": hostvars,
            "children": {name: {"hosts": {host: {} for host in hosts}} for name, hosts in groups.items()},
        }
    }
    (tmp_path / "inventory.json").write_text(json.dumps(inventory))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment.update(
        ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
        ANSIBLE_HOME=str(tmp_path / "home"),
        ANSIBLE_LOCAL_TEMP=str(tmp_path / "temp"),
    )
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "ansible",
            "playbook",
            "-i",
            str(tmp_path / "inventory.json"),
            "playbooks/render.yml",
            "-e",
            f"render_dir={tmp_path / 'out'}",
            *arguments,
        ],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def secrets_of(folder: Path) -> set[str]:
    given = sample.hostvars(folder)["is1"]
    found = {value for name, value in given.items() if name.endswith("_password")} | {
        entry["password"] for entry in given["wso2is_databases"].values()
    }
    # A word of the keystore's file name and an element's name too.
    return found - {"truststore"}


def written(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def test_render_masks_secrets(folder: Path, tmp_path: Path) -> None:
    result = run_render(folder, tmp_path, "-v", "--diff", "-e", "render_secrets=false")

    assert result.returncode == 0, result.stdout
    files = written(tmp_path / "out")
    assert {path.split("/")[0] for path in files} == {"is1", "is2", "an1", "an2"}
    assert len(files) == 36 + 29 + 10 + 6
    for path, file in files.items():
        assert file.stat().st_mode & 0o777 == 0o600, path
        text = file.read_text("latin-1")
        for secret in secrets_of(folder):
            for form in (secret, secret.replace("&", "&amp;").replace("<", "&lt;"), secret.replace('"', "&quot;")):
                assert form not in text, path
    assert "YW4tYWRtaW4=" not in files["an1/conf/worker/deployment.yaml"].read_text()
    assert "<Password>********</Password>" in files["is1/repository/conf/carbon.xml"].read_text()
    assert "<HostName>login.example.org</HostName>" in files["is2/repository/conf/carbon.xml"].read_text()
    for secret in secrets_of(folder):
        assert secret not in result.stdout


def test_render_writes_secrets_when_asked(
    folder: Path, tmp_path: Path, rendered: dict[tuple[str, str], list[engine.RenderedFile]]
) -> None:
    result = run_render(folder, tmp_path, "-e", "render_secrets=true")

    assert result.returncode == 0, result.stdout
    files = written(tmp_path / "out")
    for (host, _kind), items in rendered.items():
        for item in items:
            path = files[f"{host}/{item.path}"]
            assert path.read_bytes() == item.content
            assert path.stat().st_mode & 0o777 == 0o600
    for secret in secrets_of(folder):
        assert secret not in result.stdout
