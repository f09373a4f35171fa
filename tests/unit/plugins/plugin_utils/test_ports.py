# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import pathlib
import subprocess
import sys
from typing import ClassVar

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter import port_findings as filter_plugin
from ansible_collections.identityops.wso2is.plugins.filter import ports_table as table_plugin
from ansible_collections.identityops.wso2is.plugins.plugin_utils import ports
from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import InputError
from ansible_collections.identityops.wso2is.plugins.plugin_utils.releases import known_releases, load_release
from hypothesis import given
from hypothesis import strategies as st

ROOT = pathlib.Path(__file__).resolve().parents[4]
RELEASE = load_release("5.8.0")
COLUMNS = {"severity", "host", "check", "found", "required", "remedy"}


def find(hosts, release=RELEASE, facts=None):
    return filter_plugin.FilterModule().filters()["port_findings"](hosts, release, facts)


def checks(findings):
    return [(row["severity"], row["check"]) for row in findings]


def service(port=9443, name="https", product="identity_server", **more):
    return {"product": product, "name": name, "port": port, **more}


def services(product, **more):
    return ports.expected_services({"product": product, **more}, RELEASE)


def numbers(found):
    return {row["name"]: row["port"] for row in found}


class TestExpectedServices:
    def test_identity_server(self):
        assert numbers(services("identity_server")) == {
            "http": 9763,
            "https": 9443,
            "cluster": 4000,
            "jmx_registry": 9999,
            "jmx_server": 11111,
        }

    def test_the_offset_moves_all_but_the_cluster_port(self):
        assert numbers(services("identity_server", offset=3)) == {
            "http": 9766,
            "https": 9446,
            "cluster": 4000,
            "jmx_registry": 10002,
            "jmx_server": 11114,
        }

    def test_worker_with_the_ports_it_opens_when_active(self):
        assert numbers(services("analytics_worker")) == {
            "http": 9090,
            "https": 9091,
            "thrift": 7612,
            "thrift_ssl": 7712,
            "binary": 9612,
            "binary_ssl": 9712,
            "event_sync": 9893,
        }

    def test_the_dashboard_does_not_shift_its_port(self):
        assert numbers(services("analytics_dashboard")) == {"https": 9643}

    def test_load_balancer(self):
        assert numbers(services("load_balancer", ports={"https": 8443})) == {"http": 80, "https": 8443}

    def test_features_open_and_close_ports(self):
        found = numbers(services("identity_server", features={"jmx": False, "embedded_ldap": True}))
        assert found == {"http": 9763, "https": 9443, "cluster": 4000, "embedded_ldap": 10389}

    def test_the_variable_that_moves_a_port(self):
        found = {row["name"]: row["variable"] for row in services("identity_server", variables={"https": "mine"})}
        assert found["https"] == "mine"
        assert found["http"] == "is_node_port_offset"
        assert found["cluster"] == "hazelcast_port"
        assert {row["variable"] for row in services("analytics_worker") if row["name"] != "event_sync"} == {""}

    def test_an_address_is_passed_on(self):
        assert {row["address"] for row in services("load_balancer", address="192.0.2.1")} == {"192.0.2.1"}

    @pytest.mark.parametrize("offset", ["one", -1, 1.5, True, [1]])
    def test_a_wrong_offset_is_left_to_the_findings(self, offset):
        found = services("identity_server", offset=offset)
        rows = find({"is1": found})
        assert checks(rows) == [("error", "port offset")]
        assert "is_node_port_offset" in rows[0]["remedy"]

    def test_a_wrong_port_is_left_to_the_findings(self):
        rows = find({"is1": services("identity_server", ports={"https": "abc", "cluster": None})})
        assert [row["found"] for row in rows] == [
            "identity_server https: abc (text)",
            "identity_server cluster: nothing (null)",
        ]

    @pytest.mark.parametrize(
        ("node", "message"),
        [
            ([], "node must be a mapping, not list"),
            ({}, "node.product must be a text, not null"),
            ({"product": "identity_sever"}, "product identity_sever is not one of .*did you mean identity_server?"),
            ({"product": "load_balancer", "ports": {"htps": 1}}, "port of load_balancer htps .*did you mean https?"),
            ({"product": "load_balancer", "ports": {1: 1}}, "port of load_balancer 1 is not one of"),
            ({"product": "load_balancer", "ports": [1]}, "node.ports must be a mapping"),
            ({"product": "identity_server", "features": {"jmx": 1}}, "node.features.jmx must be a boolean, not number"),
            ({"product": "identity_server", "features": {"jxm": True}}, "feature jxm is not one of"),
            ({"product": "identity_server", "variables": 1}, "node.variables must be a mapping"),
        ],
    )
    def test_wrong_shape(self, node, message):
        with pytest.raises(InputError, match=message):
            ports.expected_services(node, RELEASE)


class TestDeploymentServices:
    DEPLOYMENT: ClassVar = {
        "is_nodes": [
            {"host": "is1", "port": 4100, "offset": 1},
            {"host": "is2", "port": 4100, "features": {"jmx": False}},
        ],
        "workers": [{"host": "analytics1"}, {"host": "analytics2"}],
        "dashboards": [{"host": "analytics1", "ports": {"https": 9644}}],
        "load_balancers": [{"host": "lb1"}],
        "public": {"host": "login.example.com", "port": 8443, "http_port": 8080},
    }

    def test_services_by_host(self):
        found = {host: numbers(rows) for host, rows in ports.deployment_services(self.DEPLOYMENT, RELEASE).items()}
        assert found["is1"]["https"] == 9444
        assert found["is1"]["cluster"] == 4100
        assert found["is2"] == {"http": 9763, "https": 9443, "cluster": 4100}
        assert found["analytics1"]["https"] == 9644
        assert found["lb1"] == {"http": 8080, "https": 8443}

    def test_the_patterns_have_no_conflict(self):
        assert find(ports.deployment_services(self.DEPLOYMENT, "5.8.0")) == []

    def test_everything_on_one_host_has_no_conflict_either(self):
        deployment = {group: [{"host": "all"}] for group in ("is_nodes", "workers", "dashboards", "load_balancers")}
        assert find(ports.deployment_services(deployment, RELEASE)) == []

    def test_two_nodes_on_one_host(self):
        deployment = {"is_nodes": [{"host": "is1"}, {"host": "is1", "offset": 1}]}
        rows = find(ports.deployment_services(deployment, RELEASE))
        assert checks(rows) == [("error", "port conflict")]
        assert "tcp 4000" in rows[0]["found"]
        assert "no other member looks for it" in rows[0]["found"]
        assert "hazelcast_port" in rows[0]["remedy"]

    @pytest.mark.parametrize(
        ("deployment", "message"),
        [
            (1, "deployment must be a mapping"),
            ({"workers": {}}, None),
            ({"workers": {"a": 1}}, "deployment.workers must be a list"),
            ({"workers": [1]}, r"deployment.workers\[0\] must be a mapping"),
            ({"workers": [{}]}, r"workers\[0\].host must be a text"),
            ({"public": [1]}, "deployment.public must be a mapping"),
        ],
    )
    def test_wrong_shape(self, deployment, message):
        if message is None:
            assert ports.deployment_services(deployment, RELEASE) == {}
        else:
            with pytest.raises(InputError, match=message):
                ports.deployment_services(deployment, RELEASE)


class TestConflicts:
    def test_across_products(self):
        rows = find(
            {
                "is1": [
                    service(variable="is_node_port_offset"),
                    service(product="load_balancer", variable="wso2is_public_port"),
                ]
            }
        )
        assert checks(rows) == [("error", "port conflict")]
        assert rows[0]["found"].startswith("tcp 9443 is wanted by identity_server https and load_balancer https")
        assert (
            rows[0]["remedy"]
            == "Change is_node_port_offset or wso2is_public_port, or put the services on different hosts."
        )

    def test_by_offset(self):
        rows = find({"is1": [*services("identity_server", offset=200), service(9643, product="analytics_dashboard")]})
        assert checks(rows) == [("error", "port conflict")]

    def test_without_a_variable_only_another_host_helps(self):
        rows = find({"a": [service(9091, product="x"), service(9091, product="y")]})
        assert rows[0]["remedy"] == "Put the services on different hosts."

    def test_three_services_are_one_finding(self):
        assert len(find({"a": [service(product=name) for name in "xyz"]})) == 1

    @pytest.mark.parametrize(
        ("one", "other", "clash"),
        [
            ("", "", True),
            ("0.0.0.0", "192.0.2.1", True),
            ("192.0.2.1", "192.0.2.1", True),
            ("*", "host", True),
            ("[::]", "192.0.2.1", True),
            ("192.0.2.1", "192.0.2.2", False),
            ("host", "HOST", True),
            ("2001:db8::1", "2001:DB8:0::1", True),
        ],
    )
    def test_addresses(self, one, other, clash):
        rows = find({"a": [service(product="x", address=one), service(product="y", address=other)]})
        assert bool(rows) is clash

    def test_protocols_do_not_clash(self):
        assert find({"a": [service(product="x", protocol="udp"), service(product="y", protocol="TCP")]}) == []

    def test_hosts_do_not_clash(self):
        assert find({"a": [service()], "b": [service()]}) == []

    def test_a_service_of_its_own_address_is_left_out(self):
        rows = find(
            {
                "a": [
                    service(product="x", address="192.0.2.1"),
                    service(product="y", address="192.0.2.1"),
                    service(product="z", address="192.0.2.2"),
                ]
            }
        )
        assert "z https" not in rows[0]["found"]


class TestNumbers:
    @pytest.mark.parametrize("port", ["", "https", None, 94.43, True, [], {}])
    def test_not_a_number(self, port):
        assert checks(find({"a": [service(port)]})) == [("error", "port number")]

    @pytest.mark.parametrize("port", [0, -1, 65536, 10**20, "70000"])
    def test_out_of_range(self, port):
        assert checks(find({"a": [service(port)]})) == [("error", "port range")]

    @pytest.mark.parametrize("port", [1024, 65535, "9443"])
    def test_in_range(self, port):
        assert find({"a": [service(port)]}) == []

    def test_below_1024(self):
        rows = find({"a": [service(443, variable="x_port"), service(80, product="load_balancer", name="http")]})
        assert checks(rows) == [("error", "privileged port")]
        assert rows[0]["remedy"] == "Change x_port."

    def test_below_1024_where_the_host_allows_it(self):
        assert find({"a": [service(443)]}, facts={"a": {"unprivileged_start": 0}}) == []

    def test_a_port_with_a_finding_is_in_no_conflict(self):
        assert checks(find({"a": [service(443), service(443, product="load_balancer")]})) == [
            ("error", "privileged port")
        ]

    def test_an_offset_beyond_the_last_port(self):
        rows = find({"is1": services("identity_server", offset=56000)})
        assert {row["check"] for row in rows} == {"port range"}

    def test_derived_port(self):
        worker = services("analytics_worker", ports={"thrift": 7700})
        rows = find({"a": worker})
        assert checks(rows) == [("warning", "derived port")]
        assert rows[0]["required"].startswith("7800: ")
        assert find({"a": services("analytics_worker", ports={"thrift": 7700, "thrift_ssl": 7800})}) == []


class TestHostFacts:
    def test_ephemeral_range(self):
        rows = find({"a": services("identity_server")}, facts={"a": {"ephemeral_range": "1024\t65535"}})
        assert checks(rows) == [("warning", "ephemeral ports")]
        assert rows[0]["found"].startswith("4000, 9443, 9763, 9999, 11111 in the range 1024-65535")

    @pytest.mark.parametrize(
        "facts",
        [
            {"ephemeral_range": [32768, 60999]},
            {"ephemeral_range": [1024, 65535], "reserved_ports": "4000,9443-9999, 11111"},
            {"ephemeral_range": [1024, 65535], "reserved_ports": [4000, "9443-9763", 9999, 11111, ""]},
            {"ephemeral_range": []},
            {},
        ],
    )
    def test_reserved_or_outside(self, facts):
        assert find({"a": services("identity_server")}, facts={"a": facts}) == []

    def test_taken(self):
        facts = {"a": {"taken": [{"port": 22}, {"port": "9443", "process": "haproxy"}], "ephemeral_range": "9000 9500"}}
        rows = find({"a": [service(variable="is_node_port_offset")]}, facts=facts)
        assert checks(rows) == [("error", "port taken")]
        assert rows[0]["found"] == "tcp 9443 of identity_server https is held by haproxy"
        assert rows[0]["remedy"] == "Stop the process, or change is_node_port_offset."

    def test_taken_by_a_process_without_name(self):
        rows = find({"a": [service()]}, facts={"a": {"taken": [{"port": 9443}]}})
        assert "another process" in rows[0]["found"]
        assert rows[0]["remedy"] == "Stop the process."

    def test_taken_on_the_other_protocol(self):
        assert find({"a": [service()]}, facts={"a": {"taken": [{"port": 9443, "protocol": "udp"}]}}) == []

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ([1], "host_facts must be a mapping"),
            ({"a": [1]}, r"host_facts\[a\] must be a mapping"),
            ({"a": {"ephemeral_range": "32768"}}, "ephemeral_range must be two numbers"),
            ({"a": {"ephemeral_range": 5}}, "ephemeral_range must be a list, not number"),
            ({"a": {"reserved_ports": "a-b"}}, "reserved_ports must be port numbers and ranges, not a-b"),
            ({"a": {"reserved_ports": [{}]}}, "not a mapping"),
            ({"a": {"unprivileged_start": "low"}}, "unprivileged_start must be a number, not text"),
            ({"a": {"taken": [{"port": None}]}}, r"taken\[0\].port must be a number, not null"),
        ],
    )
    def test_wrong_shape(self, facts, message):
        with pytest.raises(AnsibleFilterError, match=message):
            find({"a": [service()]}, facts=facts)


@pytest.mark.parametrize(
    ("hosts", "release", "message"),
    [
        ([], RELEASE, "identityops.wso2is.port_findings: hosts must be a mapping, not list"),
        ({"a": {}}, RELEASE, r"hosts\[a\] must be a list, not mapping"),
        ({1: []}, RELEASE, "a key of hosts must be a text, not number"),
        ({"a": ["x"]}, RELEASE, r"hosts\[a\]\[0\] must be a mapping, not text"),
        ({"a": [{"product": "x"}]}, RELEASE, r"hosts\[a\]\[0\].name must be a text, not null"),
        ({"a": [service(address=5)]}, RELEASE, r"hosts\[a\]\[0\].address must be a text, not number"),
        ({}, "1.0", "Release 1.0 .text. is not known"),
        ({}, {"memory": {}}, "release.release must be a text, not null"),
        ({}, 5, "not known"),
    ],
)
def test_wrong_shape(hosts, release, message):
    with pytest.raises(AnsibleFilterError, match=message):
        find(hosts, release)


def test_findings_are_sorted_and_complete():
    rows = find({"is10": [service(0)], "is2": [service(0)]}, facts={"is2": {"ephemeral_range": "1 65535"}})
    assert [row["host"] for row in rows] == ["is2", "is10"]
    assert all(set(row) == COLUMNS and all(isinstance(value, str) and value for value in row.values()) for row in rows)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["9443", "0.0.0.0", "https"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
wild_service = st.fixed_dictionaries(
    {
        "product": st.sampled_from([*RELEASE["products"], "other"]),
        "name": st.sampled_from(["http", "https", "thrift", "thrift_ssl"]),
    },
    optional={
        "port": st.integers(-5, 70000) | values,
        "address": st.text(max_size=5),
        "offset": values,
        "protocol": st.sampled_from(["tcp", "udp"]),
    },
)
wild_facts = st.fixed_dictionaries(
    {}, optional={"ephemeral_range": values, "reserved_ports": values, "unprivileged_start": values, "taken": values}
)


@given(
    values | st.dictionaries(st.text(min_size=1, max_size=3), values | st.lists(wild_service, max_size=5), max_size=3),
    st.just(RELEASE) | values,
    st.none() | st.dictionaries(st.text(max_size=3), wild_facts, max_size=2),
)
def test_wild_input_gives_findings_or_an_error(hosts, release, facts):
    try:
        rows = find(hosts, release, facts)
    except AnsibleFilterError as exc:
        assert "identityops.wso2is.port_findings: " in str(exc)
    else:
        assert all(set(row) == COLUMNS and row["severity"] in ("error", "warning") for row in rows)


@given(
    st.dictionaries(st.sampled_from(["product", "offset", "ports", "features", "variables", "address"]), values), values
)
def test_wild_nodes_give_services_or_an_error(node, offset):
    with contextlib.suppress(InputError):
        ports.expected_services(node, RELEASE)
    assert find({"a": ports.expected_services({"product": "identity_server", "offset": offset}, RELEASE)}) is not None


@given(
    st.lists(
        st.tuples(st.sampled_from(["identity_server", "analytics_worker", "load_balancer"]), st.integers(1024, 1030)),
        max_size=8,
    )
)
def test_a_conflict_is_found_exactly_when_two_ports_are_equal(pairs):
    rows = find(
        {"a": [service(port, product=product, name=f"n{index}") for index, (product, port) in enumerate(pairs)]}
    )
    used = [port for _product, port in pairs]
    assert len(rows) == len({port for port in used if used.count(port) > 1})


class TestReference:
    def test_docs_are_current(self):
        run = subprocess.run(
            [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr

    @pytest.mark.parametrize("version", known_releases())
    def test_every_port_stands_in_it(self, version):
        text = table_plugin.FilterModule().filters()["ports_table"](version)
        for product in load_release(version)["products"].values():
            assert f"## {product['name']}" in text
            for port in product["ports"]:
                assert f"| {port['number']}/{port['protocol']} | `{port['name']}` |" in text

    def test_the_page_s_number_stands_beside_the_real_one(self):
        text = ports.ports_markdown("5.8.0")
        row = next(line for line in text.split("\n") if line.startswith("| 7612/tcp"))
        assert " | 7611 | " in row
        assert (
            "| WSO2 Analytics | 7711 | authentication of publishers | 7712 (WSO2 IS Analytics worker, `thrift_ssl`) |"
            in text
        )

    def test_a_bar_is_escaped(self):
        assert ports.markdown_table(["a"], [["x|y\nz"]]) == ["| a |", "| --- |", "| x\\|y z |"]

    @given(values)
    def test_wild_input(self, release):
        with pytest.raises(AnsibleFilterError, match=r"identityops\.wso2is\.ports_table: "):
            table_plugin.ports_table(release)
