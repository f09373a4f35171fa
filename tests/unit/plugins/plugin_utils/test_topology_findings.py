# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import time

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter import topology_findings as filter_plugin
from ansible_collections.identityops.wso2is.plugins.plugin_utils import topology_findings as topology
from hypothesis import given
from hypothesis import strategies as st

PATTERN_2 = {
    "pattern": 2,
    "public_host": "login.example.com",
    "is_nodes": [{"host": f"is{n}", "address": f"192.0.2.2{n}", "port": 4000} for n in (1, 2)],
    "workers": [{"host": f"analytics{n}", "address": f"192.0.2.3{n}", "carbon_id": f"worker{n}"} for n in (1, 2)],
    "dashboards": [{"host": "analytics1", "address": "192.0.2.31"}],
    "load_balancers": [{"host": "lb1", "address": "192.0.2.11"}],
    "members": [{"host": "192.0.2.21", "port": 4000}, "192.0.2.22:4000"],
}


def find(deployment):
    return filter_plugin.FilterModule().filters()["topology_findings"](deployment)


def checks(findings):
    return [(row["severity"], row["host"], row["check"]) for row in findings]


@pytest.fixture
def deployment():
    return copy.deepcopy(PATTERN_2)


@pytest.fixture
def pattern1(deployment):
    for group in ("workers", "dashboards"):
        del deployment[group]
    deployment["pattern"] = 1
    return deployment


def test_pattern_2_is_accepted(deployment):
    assert find(deployment) == []


def test_pattern_1_is_accepted(pattern1):
    assert find(pattern1) == []
    assert find({**pattern1, "pattern": "1"}) == []


def test_the_public_host_may_stand_in_the_model(pattern1):
    pattern1["public"] = {"host": pattern1.pop("public_host")}
    assert find(pattern1) == []


@pytest.mark.parametrize("pattern", [0, 3, None, "two", True, []])
def test_there_are_two_patterns(pattern1, pattern):
    pattern1["pattern"] = pattern
    assert checks(find(pattern1)) == [("error", "deployment", "pattern")]


class TestNumbers:
    @pytest.mark.parametrize("count", [0, 1])
    def test_too_few_nodes(self, deployment, count):
        del deployment["is_nodes"][count:], deployment["members"][count:]
        rows = find(deployment)
        assert checks(rows) == [("error", "deployment", "Identity Server nodes")]
        assert "wso2is_nodes" in rows[0]["remedy"]

    def test_a_node_listed_twice_is_one_node(self, pattern1):
        pattern1["is_nodes"][1] = dict(pattern1["is_nodes"][0])
        del pattern1["members"]
        assert checks(find(pattern1)) == [
            ("error", "deployment", "Identity Server nodes"),
            ("error", "is1", "duplicate host"),
        ]

    def test_n_nodes(self, pattern1):
        pattern1["is_nodes"] = [{"host": f"is{n}", "address": f"192.0.2.{n}", "port": 4000} for n in range(1, 9)]
        pattern1["members"] = ["192.0.2.1-8:4000"]
        assert find(pattern1) == []

    def test_one_worker(self, deployment):
        del deployment["workers"][1]
        rows = find(deployment)
        assert checks(rows) == [("error", "deployment", "analytics workers")]
        assert rows[0]["found"] == "1: analytics1"
        assert rows[0]["remedy"] == "Add hosts to the group wso2is_analytics."

    def test_seven_workers(self, deployment):
        deployment["workers"] = [{"host": f"w{n}", "address": f"192.0.2.10{n}"} for n in range(7)]
        rows = find(deployment)
        assert checks(rows) == [("error", "deployment", "analytics workers")]
        assert rows[0]["found"] == "7: w0, w1, w2, w3 and 3 more"
        assert rows[0]["remedy"] == "Remove hosts from the group wso2is_analytics."

    def test_no_dashboard(self, deployment):
        deployment["dashboards"] = []
        assert checks(find(deployment)) == [("error", "deployment", "analytics dashboards")]

    def test_a_load_balancer_of_the_operator_is_possible(self, deployment):
        deployment["load_balancers"] = []
        assert checks(find(deployment)) == [("warning", "deployment", "load balancer")]

    def test_the_names_of_the_remedies_can_be_given(self, deployment):
        deployment["workers"] = []
        deployment["variables"] = {"workers": "the group mine"}
        assert find(deployment)[0]["remedy"] == "Add hosts to the group mine."


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("127.0.0.1", "loopback"),
            ("127.8.9.10", "loopback"),
            ("localhost", "loopback"),
            ("LOCALHOST.", "loopback"),
            ("is.localhost", "loopback"),
            ("localhost.localdomain", "loopback"),
            ("::1", "loopback"),
            ("[::1]", "loopback"),
            ("::ffff:127.0.0.1", "loopback"),
            ("", "empty"),
            (" ", "empty"),
            (None, "nothing (null)"),
            (5, "5 (number)"),
            (["a"], "a list (list)"),
            ("0.0.0.0", "every address"),
            ("::", "every address"),
            ("224.0.0.1", "one host"),
            ("255.255.255.255", "one host"),
            ("192.0.2.256", "neither"),
            ("192.0.2", "neither"),
            ("192.0.2.1:9443", "neither"),
            ("https://is1", "neither"),
            ("is1 is2", "neither"),
            ("is_1", "neither"),
            ("192.0.2.9 ", "neither"),
            ("192.0.2.9%eth0", "neither"),
            ("192.0.2.9.", "neither"),
            ("is1..", "neither"),
            ("\u212a", "neither"),
            ("is1\n", "neither"),
            ("-is1", "neither"),
            ("a" * 64, "neither"),
            ("{{ undefined }}", "neither"),
            ("2001:db8::1", "IPv6"),
            ("[2001:db8::1]", "IPv6"),
            ("fe80::1%eth0", "IPv6"),
        ],
    )
    def test_refused(self, deployment, address, words):
        for group in ("is_nodes", "workers"):
            broken = copy.deepcopy(deployment)
            broken[group][1]["address"] = address
            rows = find(broken)
            assert checks(rows) == [("error", broken[group][1]["host"], "address")]
            assert words in rows[0]["found"]
            assert "wso2is_address" in rows[0]["remedy"]

    @pytest.mark.parametrize(
        "address",
        ["192.0.2.77", "is7", "is7.example.com", "is7.example.com.", "IS7.Example.com", "xn--bcher-kva.example"],
    )
    def test_accepted(self, pattern1, address):
        pattern1["is_nodes"][1]["address"] = address
        pattern1["members"][1] = f"{address}:4000"
        assert find(pattern1) == []

    def test_a_load_balancer_may_have_ipv6_or_no_address(self, deployment):
        deployment["load_balancers"] = [{"host": "lb1", "address": "2001:db8::1"}, {"host": "lb2"}]
        assert find(deployment) == []

    def test_one_host_in_two_groups_is_one_finding(self, deployment):
        deployment["workers"][0]["address"] = deployment["dashboards"][0]["address"] = "127.0.0.1"
        assert checks(find(deployment)) == [("error", "analytics1", "address")]

    def test_duplicate(self, deployment):
        deployment["is_nodes"][1]["address"] = deployment["is_nodes"][0]["address"]
        rows = find(deployment)
        assert checks(rows) == [("error", "is1 and is2", "duplicate address")], "the member list stays silent"
        assert rows[0]["found"] == "192.0.2.21 for Identity Server nodes"

    def test_duplicate_in_another_spelling(self, deployment):
        deployment["workers"][0]["address"] = "Analytics.example.com"
        deployment["dashboards"] = [{"host": "x", "address": "192.0.2.99"}]
        deployment["workers"][1]["address"] = "analytics.EXAMPLE.com."
        assert checks(find(deployment)) == [("error", "analytics1 and analytics2", "duplicate address")]

    def test_one_machine_under_two_names(self, deployment):
        deployment["load_balancers"][0]["address"] = deployment["is_nodes"][0]["address"]
        assert checks(find(deployment)) == [("warning", "is1 and lb1", "duplicate address")]


class TestCarbonIds:
    def test_duplicate(self, deployment):
        deployment["workers"][1]["carbon_id"] = "worker1 "
        rows = find(deployment)
        assert checks(rows) == [("error", "analytics1 and analytics2", "carbon id")]

    @pytest.mark.parametrize("value", ["", None, 5])
    def test_no_text(self, deployment, value):
        deployment["workers"][1]["carbon_id"] = value
        assert checks(find(deployment)) == [("error", "analytics2", "carbon id")]

    def test_absent(self, deployment):
        for worker in deployment["workers"]:
            del worker["carbon_id"]
        assert find(deployment) == []


class TestMembers:
    def test_absent(self, deployment):
        del deployment["members"]
        assert find(deployment) == []

    def test_a_node_is_lacking(self, deployment):
        del deployment["members"][1]
        rows = find(deployment)
        assert checks(rows) == [("error", "is2", "cluster members")]
        assert rows[0]["found"] == "192.0.2.22:4000 is not in the member list"

    def test_another_port(self, deployment):
        deployment["members"][1] = "192.0.2.22:4001"
        rows = find(deployment)
        assert checks(rows) == [("error", "is2", "cluster members")]
        assert rows[0]["found"] == "listed with port 4001"

    def test_without_ports(self, deployment):
        deployment["members"] = ["192.0.2.21", {"address": "192.0.2.22"}]
        assert find(deployment) == []

    def test_a_node_without_port(self, deployment):
        del deployment["is_nodes"][0]["port"]
        assert find(deployment) == []

    @pytest.mark.parametrize("member", ["192.0.2.20-25:4000", "192.0.2.*:4000", "192.0.2.*"])
    def test_ranges(self, deployment, member):
        deployment["members"] = [member]
        assert find(deployment) == []

    @pytest.mark.parametrize("member", ["192.0.2.30-40:4000", "198.51.100.*:4000", "192.0.2.25-20:4000"])
    def test_ranges_without_the_nodes(self, deployment, member):
        deployment["members"] = [member]
        assert checks(find(deployment)) == [("error", "is1", "cluster members"), ("error", "is2", "cluster members")]

    @pytest.mark.parametrize(
        ("member", "words"),
        [
            ("127.0.0.1:4000", "loopback"),
            ("localhost:4000", "loopback"),
            ("[2001:db8::1]:4000", "neither"),
            ("2001:db8::1", "IPv6"),
            ("", "empty"),
            ({"host": None}, "nothing"),
            ({"host": "::1", "port": 4000}, "loopback"),
            ("a b:1", "neither"),
        ],
    )
    def test_refused(self, deployment, member, words):
        deployment["members"].append(member)
        rows = find(deployment)
        assert checks(rows) == [("error", "deployment", "cluster members")]
        assert "member 3" in rows[0]["found"]
        assert words in rows[0]["found"]

    def test_twice(self, deployment):
        deployment["members"].append("192.0.2.21:4000")
        assert find(deployment)[0]["found"] == "192.0.2.21:4000 is listed twice"

    def test_a_stranger(self, deployment):
        deployment["members"].append("192.0.2.99:4000")
        rows = find(deployment)
        assert checks(rows) == [("warning", "deployment", "cluster members")]

    def test_no_stranger_while_a_node_has_no_sound_address(self, deployment):
        deployment["is_nodes"][1]["address"] = ""
        assert checks(find(deployment)) == [("error", "is2", "address")]


class TestPublicHost:
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ("", "empty"),
            (None, "nothing"),
            (5, "5 (number)"),
            ("localhost", "loopback"),
            ("127.0.0.1", "loopback"),
            ("2001:db8::1", "IPv6"),
            ("https://login.example.com", "neither"),
            ("login.example.com:8443", "neither"),
            ("is1", "is the Identity Server node is1"),
            ("IS2", "Identity Server node is2"),
            ("192.0.2.21", "Identity Server node is1"),
            ("analytics2", "analytics worker analytics2"),
        ],
    )
    def test_refused(self, deployment, value, words):
        deployment["public_host"] = value
        rows = find(deployment)
        assert checks(rows) == [("error", "deployment", "public host")]
        assert words in rows[0]["found"]
        assert rows[0]["remedy"] == "Set wso2is_public_host."

    def test_absent(self, deployment):
        del deployment["public_host"]
        assert checks(find(deployment)) == [("error", "deployment", "public host")]

    def test_an_address_is_a_warning(self, deployment):
        deployment["public_host"] = "198.51.100.1"
        assert checks(find(deployment)) == [("warning", "deployment", "public host")]

    @pytest.mark.parametrize("value", ["lb1", "login.example.com", "Login.Example.com"])
    def test_accepted(self, deployment, value):
        deployment["public_host"] = value
        assert find(deployment) == []


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        ([], "identityops.wso2is.topology_findings: deployment must be a mapping, not list"),
        ({"is_nodes": {"a": 1}}, "deployment.is_nodes must be a list, not mapping"),
        ({"is_nodes": ["is1"]}, r"deployment.is_nodes\[0\] must be a mapping, not text"),
        ({"workers": [{}]}, r"deployment.workers\[0\].host must be a text, not null"),
        ({"members": "a"}, "deployment.members must be a list, not text"),
        ({"members": [1]}, r"deployment.members\[0\] must be a mapping or a text, not number"),
        ({"variables": {"workers": 1}}, "deployment.variables.workers must be a text"),
        ({"public": "x"}, "deployment.public must be a mapping"),
    ],
)
def test_wrong_shape(deployment, message):
    with pytest.raises(AnsibleFilterError, match=message):
        find(deployment)


def test_twelve_mistakes_are_twelve_rows(deployment):
    deployment.update(
        pattern=2,
        public_host="",
        load_balancers=[],
        dashboards=[],
        is_nodes=[
            {"host": "is1", "address": "127.0.0.1"},
            {"host": "is2", "address": ""},
            {"host": "is3", "address": "2001:db8::3"},
            {"host": "is4", "address": "192.0.2.4"},
            {"host": "is5", "address": "192.0.2.5", "port": 4000},
        ],
        members=["192.0.2.5:4001", "localhost:4000"],
        workers=[{"host": f"w{n}", "address": "192.0.2.9", "carbon_id": "same"} for n in (1, 2, 3)],
    )
    assert len(find(deployment)) == 12


def test_500_hosts_take_less_than_a_second():
    nodes = [{"host": f"is{n}", "address": f"10.0.{n // 250}.{n % 250 + 1}", "port": 4000} for n in range(500)]
    started = time.process_time()
    rows = find(
        {
            "pattern": 1,
            "public_host": "login.example.com",
            "is_nodes": nodes,
            "load_balancers": [{"host": "lb1"}],
            "members": [{"host": node["address"], "port": 4000} for node in nodes],
        }
    )
    assert rows == []
    assert time.process_time() - started < 1


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["127.0.0.1", "::1", "a:1", "1.2.3.4-9:1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
addresses = (
    st.sampled_from(["192.0.2.1", "192.0.2.2", "is1", "::1", "", "fe80::1%x", "192.0.2.1-9", "a..b", "192.0.2.*"])
    | st.text(max_size=6)
    | values
)
entries = st.lists(
    st.fixed_dictionaries(
        {"host": st.sampled_from(["is1", "is2", "w1"])},
        optional={"address": addresses, "port": values, "carbon_id": values},
    ),
    max_size=4,
)
deployments = st.fixed_dictionaries(
    {},
    optional={
        "pattern": st.sampled_from([1, 2]) | values,
        "is_nodes": entries | values,
        "workers": entries,
        "dashboards": entries,
        "load_balancers": entries,
        "public_host": addresses,
        "public": values,
        "members": st.lists(addresses | st.fixed_dictionaries({"host": addresses, "port": values}), max_size=4),
    },
)


@given(values | deployments)
def test_wild_input_gives_findings_or_an_error(deployment):
    try:
        rows = find(deployment)
    except AnsibleFilterError as exc:
        assert "identityops.wso2is.topology_findings: " in str(exc)
    else:
        assert all(isinstance(value, str) and value for row in rows for value in row.values())
        assert rows == find(deployment)


@given(st.text(max_size=12) | st.ip_addresses().map(str))
def test_an_address_without_problem_is_an_address_or_a_name(text):
    if not topology.address_problem(text, ipv6=False):
        assert ":" not in text
        assert text.strip()
        assert text.isascii()
