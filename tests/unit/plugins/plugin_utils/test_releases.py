# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils import releases
from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import InputError
from ansible_collections.identityops.wso2is.plugins.plugin_utils.jdbc_urls import parse_url, url_problem
from ansible_collections.identityops.wso2is.plugins.plugin_utils.releases import load_release
from ansible_collections.identityops.wso2is.plugins.plugin_utils.suggestions import did_you_mean, suggest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.variables import specifications
from hypothesis import given
from hypothesis import strategies as st

RELEASES = releases.known_releases()


@pytest.fixture
def minimal():
    """The least that a release needs for the findings."""
    return {
        "release": "1.0",
        "packs": {},
        "jdk": {},
        "databases": {},
        "schemas": [],
        "memory": {"heap_mb": 1, "os_mb": 1, "total_mb": 2, "disk_mb": 1, "heap_applies_to": ["server"]},
        "conditions": {"always": {"opens": True, "meaning": "always"}},
        "failure_causes": {"disk": {"pattern": "full", "meaning": "m", "remedy": "r"}},
        "products": {
            "server": {
                "name": "Server",
                "offset": 0,
                "failure_lines": [{"pattern": "FATAL", "meaning": "m", "remedy": "r", "causes": ["disk"]}],
                "waiting_lines": [],
                "ports": [
                    {
                        "name": "https",
                        "number": 9443,
                        "protocol": "tcp",
                        "purpose": "p",
                        "from": ["clients"],
                        "offset": True,
                        "when": "always",
                        "if_taken": "x",
                        "remedy": "y",
                        "follows": {"name": "http", "plus": 1},
                        "source": "s",
                    }
                ],
            }
        },
        "page_ports": [{"product": "S", "number": 1, "usage": "u", "opens": ["server.https"]}],
    }


def test_5_8_0_is_known():
    assert "5.8.0" in RELEASES


@pytest.mark.parametrize("version", RELEASES)
class TestEveryRelease:
    def test_patterns_are_regular_expressions(self, version):
        def patterns(value, key=""):
            if isinstance(value, dict):
                for name, inner in value.items():
                    yield from patterns(inner, name)
            elif isinstance(value, list):
                for inner in value:
                    yield from patterns(inner, key)
            elif key in ("pattern", "start_line", "active", "passive", "joined", "left", "local_member", "ready"):
                yield value

        data = load_release(version)
        found = [*patterns(data["products"]), *patterns(data["cluster_lines"])]
        assert found
        for pattern in found:
            re.compile(pattern)

    def test_servers_name_what_running_them_needs(self, version):
        data = load_release(version)
        for name, product in data["products"].items():
            # Not the product's own.
            if name in ("load_balancer", "nfs_server"):
                continue
            assert product["pack"] in data["packs"]
            assert product["start_port"] in [port["name"] for port in product["ports"]]
            assert product["health"]["port"] in [port["name"] for port in product["ports"]]
            for key in (
                "script",
                "pid_file",
                "log_file",
                "log_dir",
                "start_line",
                "failure_lines",
                "environment",
                "exit_status",
            ):
                assert product[key], f"{name}.{key}"
            for key in ("script", "pid_file", "log_file", "log_dir"):
                assert not product[key].startswith("/")

    def test_names_and_numbers_of_a_product_are_its_own(self, version):
        for product in load_release(version)["products"].values():
            for key in ("name", "number"):
                values = [port[key] for port in product["ports"]]
                assert len(values) == len(set(values))

    def test_followers_follow(self, version):
        for product in load_release(version)["products"].values():
            numbers = {port["name"]: port["number"] for port in product["ports"]}
            for port in product["ports"]:
                if "follows" in port:
                    assert port["number"] == numbers[port["follows"]["name"]] + port["follows"]["plus"]

    def test_every_schema_serves_the_same_databases(self, version):
        schemas = load_release(version)["schemas"]
        for schema in schemas:
            assert schema["marker_tables"]
            assert schema["scripts"].keys() == schemas[0]["scripts"].keys()

    def test_every_type_of_database_has_scripts_and_is_a_choice(self, version):
        release = load_release(version)
        types = release["databases"]["types"]
        assert set(types) == set(specifications()["wso2is_database_type"]["choices"])
        for about in types.values():
            assert about["scripts"] in release["schemas"][0]["scripts"]
            address = {"host": "db.example.org", "port": about["port"], "name": "is_user"}
            for form in ("url", "url_sid"):
                url = about.get(form, about["url"]).format(**address)
                assert url_problem(url, about["prefix"]) == ("", "")
                assert parse_url(url) == ([("db.example.org", about["port"])], "is_user")


class TestRelease580:
    @pytest.fixture
    def release(self):
        return load_release("5.8.0")

    @pytest.mark.parametrize(
        ("product", "name", "number", "offset", "when"),
        [
            ("identity_server", "http", 9763, True, "always"),
            ("identity_server", "https", 9443, True, "always"),
            ("identity_server", "cluster", 4000, False, "clustering"),
            ("identity_server", "jmx_registry", 9999, True, "jmx"),
            ("identity_server", "jmx_server", 11111, True, "jmx"),
            ("identity_server", "embedded_ldap", 10389, True, "embedded_ldap"),
            ("analytics_worker", "http", 9090, False, "always"),
            ("analytics_worker", "https", 9091, False, "always"),
            ("analytics_worker", "thrift", 7612, True, "active"),
            ("analytics_worker", "thrift_ssl", 7712, True, "active"),
            ("analytics_worker", "binary", 9612, True, "active"),
            ("analytics_worker", "binary_ssl", 9712, True, "active"),
            ("analytics_worker", "event_sync", 9893, False, "ha"),
            ("analytics_dashboard", "https", 9643, False, "always"),
            ("load_balancer", "https", 443, False, "always"),
        ],
    )
    def test_port(self, release, product, name, number, offset, when):
        port = next(port for port in release["products"][product]["ports"] if port["name"] == name)
        assert (port["number"], port["offset"], port["when"]) == (number, offset, when)

    def test_the_table_of_the_page(self, release):
        assert [(row["product"], row["number"]) for row in release["page_ports"]] == [
            ("WSO2 Identity Server", 9763),
            ("WSO2 Identity Server", 9443),
            ("WSO2 Identity Server", 4000),
            ("WSO2 Analytics", 9763),
            ("WSO2 Analytics", 9443),
            ("WSO2 Analytics", 7611),
            ("WSO2 Analytics", 7711),
        ]

    def test_memory_of_the_page(self, release):
        memory = release["memory"]
        assert (memory["heap_mb"], memory["os_mb"], memory["total_mb"], memory["disk_mb"]) == (2048, 2048, 4096, 10240)

    def test_jdk(self, release):
        assert release["jdk"]["required"] == "1.8"
        assert release["jdk"]["refused"] == ["1.8.0_151"]

    @pytest.mark.parametrize(
        ("product", "line"),
        [
            ("identity_server", "TID: [-1234] [] [2026-01-01 10:00:00,000]  INFO {x} -  WSO2 Carbon started in 41 sec"),
            ("analytics_worker", "INFO {x} - WSO2 Analytics Identity Server started in 12.345 sec"),
            ("analytics_dashboard", "INFO {x} - WSO2 Analytics Identity Server started in 9 sec"),
        ],
    )
    def test_start_line(self, release, product, line):
        assert re.search(release["products"][product]["start_line"], line)

    def test_member_lines(self, release):
        line = "INFO {x} -  Member joined [7c1e-22]: /10.0.0.2:4000"
        assert re.search(release["cluster_lines"]["joined"], line)["address"] == "10.0.0.2"
        line = "Local member: [ab] - Host:10.0.0.1, Remote Host:null, Port: 4000, HTTP:9763, HTTPS:9443"
        match = re.search(release["cluster_lines"]["local_member"], line)
        assert (match["host"], match["port"]) == ("10.0.0.1", "4000")

    def test_scripts_keep_each_directory_s_own_file_names(self, release):
        scripts = {schema["name"]: schema["scripts"] for schema in release["schemas"]}
        assert scripts["user_and_registry"]["mysql5.7"] == "dbscripts/mysql5.7.sql"
        assert scripts["identity"]["mysql5.7"] == "dbscripts/identity/mysql-5.7.sql"
        assert scripts["consent"]["postgresql"] == "dbscripts/consent/postgresql.sql"
        assert scripts["workflow"]["postgresql"] == "dbscripts/bps/bpel/create/postgresql.sql"


def test_the_caller_may_change_what_it_got():
    load_release("5.8.0")["products"].clear()
    assert load_release("5.8.0")["products"]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("5.8", r"Known: 5\.8\.0.*Did you mean 5\.8\.0\?.*Change wso2is_release"),
        (5.8, r"\(number\) is not known.*write it in quotes"),
        (None, r"Release nothing \(null\) is not known"),
        ("../5.8.0", "is not known"),
        ("", "Release empty text"),
        (["5.8.0"], r"a list \(list\) is not known"),
    ],
)
def test_unknown_release(version, message):
    with pytest.raises(InputError, match=message):
        load_release(version)


def test_no_release_at_all(tmp_path):
    with pytest.raises(InputError, match="Known: none"):
        load_release("5.8.0", str(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1", "must hold a mapping, not list"),
        ("a: [", "is not YAML"),
        ("release: '9.9'", "lacks packs, jdk, memory, conditions, products, page_ports, databases, schemas"),
    ],
)
def test_broken_file(tmp_path, text, message):
    (tmp_path / "9.9.yml").write_text(text)
    with pytest.raises(InputError, match=message):
        load_release("9.9", str(tmp_path))


def test_file_name_and_release_must_agree(tmp_path, minimal):
    (tmp_path / "2.0.yml").write_text(yaml.safe_dump(minimal))
    with pytest.raises(InputError, match=r"says release 1\.0"):
        load_release("2.0", str(tmp_path))


def test_a_small_release_loads(tmp_path, minimal):
    (tmp_path / "1.0.yml").write_text(yaml.safe_dump(minimal))
    assert load_release("1.0", str(tmp_path)) == minimal
    assert releases.known_releases(str(tmp_path)) == ["1.0"]
    assert releases.release_of(minimal) is minimal


MISTAKES = [
    (("memory", "heap_mb"), 0, r"release\.memory\.heap_mb must be a number above 0"),
    (("memory", "disk_mb"), True, r"disk_mb must be a number"),
    (("memory", "heap_applies_to"), [1], "heap_applies_to must be a text"),
    (("conditions", "always", "opens"), "yes", "opens must be a boolean, not text"),
    (("conditions", "always", "meaning"), None, "meaning must be a text"),
    (("products", "server", "offset"), -1, "offset must be a number of 0 or more"),
    (("products", "server", "name"), "", "name must be a text, not empty"),
    (("products", "server", "ports"), {}, "ports must be a list"),
    (("products", "server", "ports", 0, "number"), 70000, "number must be a port number, not 70000"),
    (("products", "server", "ports", 0, "offset"), 1, "offset must be a boolean"),
    (("products", "server", "ports", 0, "when"), "sometimes", "sometimes is not one of release.conditions"),
    (("products", "server", "ports", 0, "from"), ["strangers"], "strangers is neither a product nor one of clients"),
    (("products", "server", "ports", 0, "if_taken"), 1, "if_taken must be a text"),
    (("products", "server", "ports", 0, "remedy"), None, r"ports\[0\]\.remedy must be a text"),
    (("products", "server", "failure_lines", 0, "meaning"), "", r"failure_lines\[0\]\.meaning must be a text"),
    (("products", "server", "failure_lines", 0, "remedy"), None, "remedy must be a text"),
    (("products", "server", "failure_lines", 0, "pattern"), "(", "pattern is no regular expression"),
    (("products", "server", "failure_lines", 0, "causes"), ["nothing"], "nothing is not one of release.failure_causes"),
    (("products", "server", "waiting_lines"), [{"pattern": "p", "meaning": "m"}], r"waiting_lines\[0\]\.remedy"),
    (("failure_causes", "disk", "pattern"), "[", r"failure_causes\.disk\.pattern is no regular expression"),
    (("products", "server", "ports", 0, "follows"), {"name": "http"}, "plus must be a number"),
    (("page_ports", 0, "opens"), ["server.nothing"], "server.nothing is not a port of a product"),
    (("page_ports", 0, "opens"), ["nothing.https"], "nothing.https is not a port of a product"),
    (("page_ports", 0, "number"), "1", "number must be a number"),
]


@pytest.mark.parametrize(("place", "value", "message"), MISTAKES)
def test_mistake_in_a_release(minimal, place, value, message):
    inner = minimal
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(InputError, match=message):
        releases.release_of(minimal)


class TestSuggestions:
    KNOWN = ("wso2is_address", "wso2is_public_host", "wso2is_public_port", "is_node_heap_mb", "hazelcast_port")

    @pytest.mark.parametrize(
        ("word", "name"),
        [
            ("wso2is_adress", "wso2is_address"),
            ("wso2is_host_public", "wso2is_public_host"),
            ("WSO2IS-PUBLIC-PORT", "wso2is_public_port"),
            ("is_node_heap", "is_node_heap_mb"),
            ("hazelcast_prot", "hazelcast_port"),
        ],
    )
    def test_a_slip_is_recognised(self, word, name):
        assert suggest(word, self.KNOWN)[0] == name
        assert did_you_mean(word, self.KNOWN) == f"did you mean {name}?"

    def test_a_stranger_is_not(self):
        assert suggest("colour", self.KNOWN) == []
        assert did_you_mean("colour", self.KNOWN) == ""

    @given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=5), st.integers(0, 4))
    def test_only_known_names_are_offered(self, word, known, count):
        near = suggest(word, known, count)
        assert set(near) <= set(known)
        assert len(near) <= count
        if word in known and count:
            assert suggest(word, known, len(set(known))).count(word) == 1
