# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Something that is mounted already, on Debian 13 and 12: what is on it, where it is linked, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from converged import IS_NODES
from scenario import Scenario

SHARE = "/mnt/wso2is-shared"
LINKS = {
    f"repository/deployment/server/{name}": f"{SHARE}/{name}"
    for name in ("eventpublishers", "eventstreams", "userstores", "humantasks", "bpel")
} | {"repository/tenants": f"{SHARE}/tenants"}


def release(scenario: Scenario, node: str) -> str:
    """The only release of a node."""
    return scenario.on(node, "sh", "-c", "ls -d /opt/wso2/is/releases/*")


def as_server(scenario: Scenario, node: str, command: str, *, check: bool = True) -> str:
    """Output of a command that the server's user runs."""
    return scenario.on(
        node, "setpriv", "--reuid=802", "--regid=802", "--clear-groups", "sh", "-c", command, check=check
    )


@pytest.mark.parametrize("node", IS_NODES)
def test_links(scenario: Scenario, node: str) -> None:
    home = release(scenario, node)
    found = {link: scenario.on(node, "readlink", f"{home}/{link}") for link in LINKS}
    assert found == LINKS
    assert (
        scenario.on(node, "find", f"{home}/repository/deployment/server/webapps", "-maxdepth", "0", "-type", "l") == ""
    )


@pytest.mark.parametrize("node", IS_NODES)
def test_first_population_overwrites_nothing(scenario: Scenario, node: str) -> None:
    for path in ("eventpublishers/EmailPublisher.xml", "userstores/example_com.xml"):
        assert scenario.on(node, "cat", f"{SHARE}/{path}") == "<!-- the operator's own -->"
    # The rest of what the pack ships is there too.
    publishers = scenario.on(node, "ls", f"{SHARE}/eventpublishers").split()
    assert "IsAnalytics-Publisher-wso2event-AuthenticationData.xml" in publishers
    assert len(scenario.on(node, "ls", f"{SHARE}/eventstreams").split()) >= 5


@pytest.mark.parametrize("node", IS_NODES)
def test_numbers_are_the_same_everywhere(scenario: Scenario, node: str) -> None:
    assert scenario.on(node, "id", "-u", "wso2carbon") == "802"
    assert scenario.on(node, "id", "-g", "wso2carbon") == "802"
    owners = scenario.on(
        node, "find", SHARE, "-mindepth", "1", "-maxdepth", "1", "-type", "d", "-printf", "%U:%G\n"
    ).split()
    assert set(owners) == {"802:802"} and len(owners) == len(LINKS)


@pytest.mark.parametrize(("one", "two"), [("is1", "is2"), ("is2", "is1")])
def test_what_one_server_writes_the_other_reads_and_removes(scenario: Scenario, one: str, two: str) -> None:
    place = "repository/deployment/server/userstores"
    as_server(scenario, one, f"umask 027; echo {one} >{release(scenario, one)}/{place}/of-{one}.xml")
    assert as_server(scenario, two, f"cat {release(scenario, two)}/{place}/of-{one}.xml") == one
    as_server(scenario, two, f"rm {release(scenario, two)}/{place}/of-{one}.xml")
    assert as_server(scenario, one, f"ls {SHARE}/userstores").split() == ["example_com.xml"]


@pytest.mark.parametrize("node", IS_NODES)
def test_marker_names_the_cluster(scenario: Scenario, node: str) -> None:
    marker = json.loads(scenario.on(node, "cat", f"{SHARE}/.wso2is-cluster.json"))
    assert marker["cluster"] == "wso2.is.domain"
    assert set(marker["seeded"]) == {target.rpartition("/")[2] for target in LINKS.values()}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"artifact_sync_path": "/mnt/other-share"}, ("/mnt/other-share", "another", "wso2.is.domain")),
        ({"hazelcast_domain": "third"}, (SHARE, "wso2.is.domain", "third")),
        ({"artifact_sync_path": "/srv"}, ("/srv", "mount")),
        ({"artifact_sync_path": ""}, ("artifact_sync_path",)),
        ({"artifact_sync_method": "rsync"}, ("artifact_sync_method", "rsync", "existing")),
        (
            {"artifact_sync_directories": {"webapps": "repository/deployment/server/webapps"}},
            ("artifact_sync_directories", "webapps"),
        ),
    ],
    ids=["another cluster's share", "another cluster", "no mount", "no path", "method", "webapps"],
)
def test_refused(
    scenario: Scenario, variables: dict[str, object], words: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    log = "refused-" + request.node.callspec.id.replace(" ", "-")
    before = scenario.on("is1", "find", SHARE, "/mnt/other-share", "-printf", "%p %U:%G %m %T@ %l\n")
    scenario.refuse("-e", json.dumps(variables), log=log, words=words)
    assert scenario.on("is1", "find", SHARE, "/mnt/other-share", "-printf", "%p %U:%G %m %T@ %l\n") == before


@pytest.fixture
def other_number(scenario: Scenario) -> Iterator[None]:
    """The service user has another number on is2."""
    scenario.on("is2", "usermod", "-u", "803", "wso2carbon")
    yield
    scenario.on("is2", "usermod", "-u", "802", "wso2carbon")


@pytest.mark.usefixtures("other_number")
def test_a_user_with_another_number_is_refused(scenario: Scenario) -> None:
    scenario.refuse(log="refused-number", words=("wso2carbon has uid 803", "uid 802", "wso2is_uid"))
