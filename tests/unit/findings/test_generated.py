# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of any shape: each ends in a model that is accepted or in findings, never in a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks
from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import COLUMNS, SEVERITIES, findings_table
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from ansible_collections.identityops.wso2is.plugins.plugin_utils.variables import (
    INTERNAL,
    checked_specifications,
    specifications,
)
from hypothesis import event, given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from settings import sample

# Six times the examples of the other tests: 300 with the profile of the tests; the proof has 10,000.
EXAMPLES = 10_000 if settings().max_examples > 50 else 300
NAMES = sorted(checked_specifications())
HOSTS = [*sample.ADDRESSES, "is3", "an3"]

WORDS = st.sampled_from(
    [
        *(
            "",
            " ",
            "admin",
            "localhost",
            "127.0.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1%eth0",
            "[::1]",
            "192.0.2.21",
            "255.255.255.255",
        ),
        *(
            "login.example.org",
            "LOGIN.Example.org.",
            "*.example.org",
            "a" * 300,
            "-",
            "host:4000",
            "http://host/",
            "999.1.1.1",
        ),
        *(
            "{{ absent }}",
            "{{ {{ }}",
            "{% if %}",
            "${carbon.home}",
            "]]>",
            "<a&b>",
            "'\"",
            "line\nbreak",
            "\r",
            "\x00",
            "\x1b[31m",
        ),
        *("\ud800", "\u202e", "\U0001f600", "p\u00e4ss", "1", "-1", "1e9", "0x10", "9" * 5000, "1_000", "\u0663"),
        *("yes", "no", "true", "null", "~", "!vault", "$ANSIBLE_VAULT;1.1;AES256", "sha256:" + "0" * 64, "sha256:xyz"),
        *(
            "/",
            "/opt",
            "/opt/../etc",
            "relative/path",
            "~",
            "~nobody-such/x",
            "/dev/null",
            "/proc/self/mem",
            "file:///etc/passwd",
        ),
        *("5.8.0", "5.9.0", "postgresql", "nfs", "existing", "nope"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 70000),
    st.integers(),
    st.sampled_from([10**30, -(10**30), 10**4000, 4096, 4000, 9443, 443]),
    st.floats(),
    WORDS,
    st.text(max_size=20),
    st.binary(max_size=8),
    st.builds(StrictUndefined, name=st.just("absent")),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(WORDS, st.integers(), st.none()), inner, max_size=4),
    ),
    max_leaves=6,
)
URLS = st.one_of(
    st.text("hH1:2,/?=;&@()[]. ", max_size=20).map("jdbc:postgresql://{}".format),
    st.sampled_from(["jdbc:postgresql://a.test,b.test:6432/is", "jdbc:mysql://a.test/is", "jdbc:postgresql:is"]),
)
POOLS = st.dictionaries(st.sampled_from(["max_active", "max_wait", "min_idle", "maxActive"]), VALUES, max_size=3)
DATABASES = st.dictionaries(
    st.one_of(
        st.sampled_from(["user", "registry", "identity", "consent", "workflow", "analytics"]), WORDS, st.integers()
    ),
    st.one_of(
        VALUES,
        st.dictionaries(
            st.sampled_from(["name", "sid", "username", "password", "host", "port", "type", "url", "pool"]),
            st.one_of(VALUES, URLS, POOLS),
            max_size=8,
        ),
    ),
    max_size=7,
)
DIRECTORIES = st.dictionaries(st.one_of(WORDS, st.integers()), st.one_of(WORDS, VALUES), max_size=4)
PLACES = ["Server/HostName", "Server/ItemsPerPage", "Server", "a[", "", "wso2.carbon/id", "log4j.rootLogger"]
FILES = ["repository/conf/carbon.xml", "repository/conf/log4j.properties", "conf/worker/deployment.yaml", "../x.xml"]
EXTRA_SETTINGS = st.lists(
    st.fixed_dictionaries(
        {"file": st.one_of(st.sampled_from(FILES), WORDS), "place": st.one_of(st.sampled_from(PLACES), WORDS)},
        optional={
            "value": VALUES,
            "kind": st.sampled_from(["set", "add", "replace", "remove", "create", 7]),
            "secret": st.one_of(st.booleans(), WORDS),
            "effect": st.sampled_from(["start", "reload", "none", "", None]),
            "why": VALUES,
            "unknown": VALUES,
        },
    ),
    max_size=3,
)
# A value of the right type gets further into the checks than a wild one.
TYPED = {
    "str": st.one_of(WORDS, st.text(max_size=20)),
    "path": WORDS,
    "int": st.one_of(st.integers(-1, 70000), st.sampled_from(["1", "65535", 10**30])),
    "bool": st.booleans(),
    "list": st.lists(st.one_of(WORDS, VALUES), max_size=4),
    "dict": st.dictionaries(WORDS, VALUES, max_size=4),
}


@st.composite
def mistakes(draw: st.DrawFn) -> dict[str, Any]:
    """Some variables with values of any kind, right ones among them."""
    found: dict[Any, Any] = {}
    more = ["wso2is_databases", "artifact_sync_directories", "is_node_extra_settings", "analytics_extra_settings"]
    for name in draw(st.lists(st.sampled_from([*NAMES, *more]), max_size=6)):
        fitting = TYPED[str(checked_specifications()[name]["type"])]
        if name == "wso2is_databases":
            fitting = DATABASES
        elif name == "artifact_sync_directories":
            fitting = DIRECTORIES
        elif name.endswith("_extra_settings"):
            fitting = EXTRA_SETTINGS
        found[name] = draw(st.one_of(fitting, VALUES))
    for name in draw(
        st.lists(st.sampled_from(["wso2is_adress", "is_node_", "hazelcast_prot", *sorted(INTERNAL)]), max_size=2)
    ):
        found[name] = draw(VALUES)
    if draw(st.booleans()):
        found["ansible_host"] = draw(st.one_of(WORDS, VALUES))
    return found


HOST_LISTS = st.lists(st.sampled_from(HOSTS), max_size=5)


@pytest.fixture(scope="module")
def good(practice: Path) -> dict[str, dict[str, Any]]:
    hostvars: dict[str, dict[str, Any]] = sample.hostvars(practice)
    return hostvars


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_any_inventory_ends_in_a_model_or_in_findings(good: dict[str, dict[str, Any]], data: st.DataObject) -> None:
    everywhere = data.draw(st.one_of(st.just({}), mistakes()), "everywhere")
    somewhere = {host: data.draw(mistakes(), host) for host in data.draw(st.lists(st.sampled_from(HOSTS), max_size=2))}
    # An inventory of nothing but mistakes, or a sound one with some.
    base: dict[str, dict[str, Any]] = good if data.draw(st.integers(0, 4), "base") else {}
    hostvars = {
        host: {**base.get(host, {}), **everywhere, **somewhere.get(host, {})} for host in {*base, *somewhere, "is1"}
    }
    if data.draw(st.integers(0, 2), "own lists") == 2:
        lists = [data.draw(HOST_LISTS) for _turn in range(4)]
    else:
        lists = [sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS]
    pattern = data.draw(st.sampled_from([0, 1, 2, 3, -1]), "pattern")

    deployment = topology(
        hostvars, lists[0], lists[1], lists[2], lists[3], pattern, data.draw(HOST_LISTS, "NFS servers")
    )
    found = checks.inventory_findings(deployment, data.draw(st.booleans()), data.draw(st.booleans()))

    for row in found:
        assert set(row) == set(COLUMNS)
        assert all(isinstance(text, str) for text in row.values()), row
        assert row["severity"] in SEVERITIES
        assert "".join(row.values()).encode()
        assert row["found"].strip(), row
        assert row["required"].strip(), row
        assert row["remedy"].strip(), row
    table = findings_table(found)
    assert table.splitlines()[0].endswith(".")
    assert "\x1b" not in table
    if any(row["severity"] == "error" for row in found):
        event("refused")
    else:
        event("accepted")
        # What is accepted has all that the roles read.
        assert len(set(lists[0])) >= 2
        assert set(deployment["hosts"]) >= {*lists[0], *lists[3], *([] if pattern == 1 else [*lists[1], *lists[2]])}
        assert deployment["public"]["host"]


def test_every_variable_of_the_model_is_generated() -> None:
    assert set(NAMES) >= set(specifications())
