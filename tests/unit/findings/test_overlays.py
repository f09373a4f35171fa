# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overlays: how they are brought, and what is found wrong with them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks, servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.overlays import entry_problems
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_catalogue import Site
from test_generated import VALUES, WORDS

ROOT = Path(__file__).resolve().parents[3]
DROPINS = "repository/components/dropins"
JAR = f"{DROPINS}/example.jar"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def site(practice: Path, tmp_path: Path) -> Site:
    return Site(practice, tmp_path)


def overlay(site: Site, content: bytes = b"jar", name: str = "example.jar", **changes: Any) -> dict[str, Any]:
    return {"src": site.file(name, content), "dest": JAR, "checksum": f"sha256:{sha(content)}", **changes}


def model(site: Site) -> dict[str, Any]:
    return topology(site.hosts, site.nodes, site.workers, site.dashboards, site.balancers, pattern=site.pattern)


# How they are brought


def test_brought_with_the_release(site: Site) -> None:
    script = overlay(site, b"#!/bin/sh\n", "tune.sh", dest="bin/tune.sh")
    site.set("is1", is_node_overlays=[overlay(site), script])
    assert site.findings() == []
    deployment = model(site)
    plain = servers.installation(deployment, "is2", "is")

    found = servers.installation(deployment, "is1", "is")
    release = found["release"]

    # Another release, so that a server which runs keeps its own.
    assert Path(release).parent == Path(plain["release"]).parent and release != plain["release"]
    assert found["needs"] == [path.replace(plain["release"], release) for path in plain["needs"]]
    assert plain["digests"] == {}
    assert found["digests"] == {f"{release}/{JAR}": sha(b"jar"), f"{release}/bin/tune.sh": sha(b"#!/bin/sh\n")}
    assert found["bring"][:2] == [
        {**item, "path": item["path"].replace(plain["release"], release)} for item in plain["bring"]
    ]
    staged = f"/opt/wso2/is/staging/{sha(b'jar')[:12]}-example.jar"
    assert found["bring"][2] == {
        "src": site.folder.joinpath("example.jar").__str__(),
        "dest": staged,
        "path": f"{release}/{JAR}",
    }
    extra = found["options"]["extra_files"]
    assert extra[:1] == plain["options"]["extra_files"]
    assert extra[1] == {"src": staged, "dest": JAR, "sha256": sha(b"jar"), "mode": "0640"}
    assert extra[2]["mode"] == "0750"


def test_asked_for_with_everything_else(site: Site) -> None:
    site.set(is_node_overlays=[overlay(site)])
    deployment = model(site)
    release = servers.installation(deployment, "is1", "is")["release"]

    assert checks.host_questions(deployment, "is1")["digests"] == [f"{release}/{JAR}"]
    assert checks.host_questions(deployment, "an1")["digests"] == []
    site.file("example.jar", b"another")
    assert checks.host_questions(deployment, "is1")["digests"] == []


def test_a_change_restarts(site: Site) -> None:
    site.set(is_node_overlays=[overlay(site)])
    deployment = model(site)
    release = servers.installation(deployment, "is1", "is")["release"]

    assert servers.server_bundle(deployment, "is1", "is", "", "", "")["watched"][f"{release}/{JAR}"] == sha(b"jar")


def test_a_worker_and_a_dashboard_of_a_host_have_the_same(site: Site) -> None:
    site.set(analytics_overlays=[overlay(site, dest="lib/example.jar")])
    deployment = model(site)

    assert site.findings() == []
    worker, dashboard = (servers.installation(deployment, "an1", kind) for kind in ("worker", "dashboard"))
    assert worker["options"]["directory"] == dashboard["options"]["directory"]
    assert worker["options"]["extra_files"] == dashboard["options"]["extra_files"]
    assert "lib/example.jar" in [
        item["dest"] for item in servers.installation(deployment, "an1", "worker")["options"]["extra_files"]
    ]
    assert servers.installation(deployment, "is1", "is")["digests"] == {}


def missing(install: dict[str, Any], info: dict[str, Any]) -> list[str]:
    """What the role says is missing on a host."""
    variables = yaml.safe_load((ROOT / "roles/carbon_server/vars/main.yml").read_text(encoding="utf-8"))
    names = ("__carbon_server_missing", "__carbon_server_there")
    templar = Templar(
        loader=DataLoader(),
        variables={
            **{name: trust_as_template(variables[name]) for name in names},
            "__carbon_server_install": install,
            "__carbon_server_info": info,
        },
    )
    found = templar.template(trust_as_template(variables[names[0]]))
    assert isinstance(found, list)
    return [str(path) for path in found]


def test_only_what_differs_is_brought(site: Site) -> None:
    site.set(is_node_overlays=[overlay(site)])
    install = servers.installation(model(site), "is1", "is")
    release, driver = install["needs"]
    jar = f"{release}/{JAR}"
    there = {"exists": True}

    def info(**changes: Any) -> dict[str, Any]:
        return {"files": {release: there, driver: there}, "digests": {jar: sha(b"jar")}, **changes}

    assert missing(install, info()) == []
    assert missing(install, info(digests={jar: sha(b"old")})) == [jar]
    assert missing(install, info(digests={jar: None})) == [jar]
    assert missing(install, info(digests={})) == [jar]
    assert missing(install, info(files={release: there, driver: {"exists": False}})) == [driver]
    assert missing(install, info(files={release: None, driver: None}, digests={})) == [release, driver, jar]


# What is wrong with an entry

SHAPES: list[tuple[dict[Any, Any], str]] = [
    ({"src": None}, "it has no src"),
    ({"src": " "}, "it has no src"),
    ({"dest": None}, "dest is None"),
    ({"checksum": None}, "it has no checksum"),
    ({"checksum": ""}, "it has no checksum"),
    ({"checksum": "0" * 64}, "checksum is '000"),
    ({"checksum": "md5:" + "0" * 32}, "checksum is 'md5"),
    ({"mode": "0644"}, "unknown key mode"),
    ({"src": "/absent/x.jar"}, "/absent/x.jar is not there"),
    ({"src": "/"}, "/ is not there"),
    ({"checksum": "sha256:" + "0" * 64}, f"has sha256:{sha(b'jar')}, but sha256:000"),
    *(
        ({"dest": dest}, f"dest is {dest!r}")
        for dest in ("/etc/passwd", "../x", "a/../../x", "a/", "a//b", ".", ".release.json", ".shipped/x", "a\nb")
    ),
    ({"dest": "repository/conf/carbon.xml"}, "dest is repository/conf/carbon.xml, a file that settings edit"),
    (
        {"dest": "repository/resources/security/wso2carbon.jks"},
        "dest is repository/resources/security/wso2carbon.jks, a file that settings edit",
    ),
    ({"dest": "repository/logs/x"}, "of repository/logs, it is kept outside of the release"),
    ({"dest": "repository/tenants/1/x"}, "of repository/tenants, it is shared by the nodes"),
    ({"dest": "repository/deployment/server/userstores/x.xml"}, "it is shared by the nodes"),
    ({"dest": "bin/first.sh"}, "dest is bin/first.sh, that of entry 1 is bin/first.sh"),
    ({"dest": "bin/first.sh/below"}, "dest is bin/first.sh/below, that of entry 1 is bin/first.sh"),
    ({"dest": "bin"}, "dest is bin, that of entry 1 is bin/first.sh"),
]


@pytest.mark.parametrize(("changes", "found"), SHAPES)
def test_an_entry_that_is_none(site: Site, changes: dict[str, Any], found: str) -> None:
    first = overlay(site, b"first", "first", dest="bin/first.sh")
    site.set(is_node_overlays=[first, overlay(site, **changes)])

    (row,) = site.findings()

    assert (row["severity"], row["host"], row["check"]) == ("error", "is1, is2", "overlays")
    assert row["found"].startswith("is_node_overlays, entry 2: ")
    assert found in row["found"]
    assert row["required"]
    assert row["remedy"] == "Correct entry 2 of is_node_overlays."


@pytest.mark.parametrize("key", ["src", "dest", "checksum"])
def test_a_key_that_is_missing(site: Site, key: str) -> None:
    entry = overlay(site)
    del entry[key]
    site.set(analytics_overlays=[entry])

    (row,) = site.findings()
    assert row["found"] == f"analytics_overlays, entry 1: it has no {key}"
    assert row["host"] == "an1, an2"


def test_a_file_that_an_extra_setting_edits(site: Site) -> None:
    path = "repository/conf/datasources/metrics-datasources.xml"
    place = "datasources-configuration/datasources/datasource/definition/configuration/maxActive"
    site.set(
        is_node_extra_settings=[{"file": path, "place": place, "value": 7}], is_node_overlays=[overlay(site, dest=path)]
    )

    (row,) = site.findings()
    assert "a file that settings edit" in row["found"]


def test_something_else_than_mappings(site: Site) -> None:
    site.set(is_node_overlays=["x"])
    (row,) = site.findings()
    assert row["found"] == "element 1 of is_node_overlays is 'x' of type str"
    assert entry_problems("x")[0][0] == "it is no mapping"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(
        st.dictionaries(st.sampled_from(["src", "dest", "checksum", "x"]), st.one_of(WORDS, VALUES), max_size=4),
        max_size=3,
    )
)
def test_any_entries_end_in_findings(site: Site, entries: list[dict[str, Any]]) -> None:
    site.set(is_node_overlays=entries)

    found = site.findings()

    assert {row["check"] for row in found} <= {"overlays", "variables"}
    assert bool(found) is bool(entries)
