# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import math

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter import memory_findings as filter_plugin
from ansible_collections.identityops.wso2is.plugins.plugin_utils import memory
from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import InputError
from ansible_collections.identityops.wso2is.plugins.plugin_utils.releases import load_release
from hypothesis import given
from hypothesis import strategies as st

RELEASE = load_release("5.8.0")
HEAPS = {"identity_server": 2048}


def find(hosts, minimum=None, release=RELEASE):
    return filter_plugin.FilterModule().filters()["memory_findings"](hosts, release, minimum)


def checks(findings):
    return [(row["severity"], row["host"], row["check"]) for row in findings]


class TestMemory:
    def test_4_gb_suffice(self):
        assert find({"is1": {"heaps_mb": HEAPS, "memory_mb": 4096}}) == []

    @pytest.mark.parametrize(("memory_mb", "enough"), [(3810, True), (3809, False), (3072, False)])
    def test_a_4_gb_machine_reports_a_little_less(self, memory_mb, enough):
        rows = find({"is1": {"heaps_mb": HEAPS, "memory_mb": memory_mb}})
        assert checks(rows) == ([] if enough else [("error", "is1", "memory")])

    def test_3_gb_host(self):
        row = find({"is1": {"heaps_mb": HEAPS, "memory_mb": 3072}})[0]
        assert row["found"] == "3072 MB"
        assert row["required"] == "4096 MB: heap of identity_server 2048, operating system 2048"
        assert "wso2is_minimum_memory_mb" in row["remedy"]

    @pytest.mark.parametrize(("limit", "enough"), [(4096, True), (4095, False)])
    def test_the_limit_of_a_container_counts_as_it_is(self, limit, enough):
        rows = find({"is1": {"heaps_mb": HEAPS, "memory_mb": 64000, "container_limit_mb": limit}})
        assert checks(rows) == ([] if enough else [("error", "is1", "memory")])
        assert enough or rows[0]["found"] == "4095 MB, the limit of the container"

    def test_no_limit_is_a_huge_limit(self):
        assert find({"is1": {"heaps_mb": HEAPS, "memory_mb": 4000, "container_limit_mb": 2**43}}) == []
        assert (
            "container"
            not in find({"is1": {"heaps_mb": HEAPS, "memory_mb": 3000, "container_limit_mb": 4000}})[0]["found"]
        )

    def test_a_limit_alone_counts(self):
        assert checks(find({"is1": {"heaps_mb": HEAPS, "container_limit_mb": 1024}})) == [("error", "is1", "memory")]

    def test_heaps_add_up(self):
        heaps = {"analytics_worker": 2048, "analytics_dashboard": 1024}
        assert find({"a": {"heaps_mb": heaps, "memory_mb": 5120}}) == []
        row = find({"a": {"heaps_mb": heaps, "memory_mb": 4096}})[0]
        assert row["required"].startswith("5120 MB: heap of analytics_worker 2048 and analytics_dashboard 1024")
        assert "lower analytics_worker_heap_mb or analytics_dashboard_heap_mb, move a product" in row["remedy"]

    def test_a_small_heap_still_needs_the_page_s_machine(self):
        assert checks(find({"a": {"heaps_mb": {"analytics_dashboard": 512}, "memory_mb": 3000}})) == [
            ("error", "a", "memory")
        ]

    def test_a_host_without_servers_needs_nothing(self):
        assert find({"lb1": {"memory_mb": 512}, "db1": {"heaps_mb": {}, "memory_mb": 1}, "x": {}}) == []

    def test_a_host_that_was_not_asked(self):
        assert find({"is1": {"heaps_mb": HEAPS}}) == []


class TestHeap:
    def test_below_2_gb(self):
        rows = find({"is1": {"heaps_mb": {"identity_server": 1024}}})
        assert checks(rows) == [("error", "is1", "heap")]
        assert rows[0]["found"] == "identity_server: 1024 MB"
        assert rows[0]["remedy"].startswith("Set is_node_heap_mb to 2048.")

    def test_other_products_may_have_less(self):
        assert find({"a": {"heaps_mb": {"analytics_dashboard": 128}}}) == []

    @pytest.mark.parametrize("heap", ["2g", "2048m", "2048", "2G", 2048.0, "2097152k"])
    def test_as_the_jvm_writes_it(self, heap):
        assert find({"is1": {"heaps_mb": {"identity_server": heap}, "memory_mb": 4096}}) == []

    @pytest.mark.parametrize("heap", ["lots", None, True, -5, math.inf, math.nan, [], 0, "", 10**400])
    def test_no_amount(self, heap):
        rows = find({"is1": {"heaps_mb": {"identity_server": heap}, "memory_mb": 10}})
        assert checks(rows) == [("error", "is1", "heap")], "the memory check stays silent"

    def test_a_heap_of_an_unknown_product(self):
        assert find({"a": {"heaps_mb": {"other": "x"}}})[0]["remedy"] == "Set the heap of other."


class TestDisk:
    @pytest.mark.parametrize(
        ("disk", "check"),
        [
            ({"total_mb": 20000, "free_mb": 5000, "needed_mb": 2000}, None),
            ({"total_mb": 9600}, None),
            ({"total_mb": 9500, "free_mb": 9000}, "disk"),
            ({"total_mb": 20000, "free_mb": 100, "needed_mb": 2000}, "disk"),
            ({"total_mb": 20000, "free_mb": 100}, None),
            ({"free_mb": 100, "needed_mb": 50}, None),
            ({"free_mb": 9600}, None),
            ({"free_mb": 9000}, "disk"),
            ({}, None),
        ],
    )
    def test_disk(self, disk, check):
        rows = find({"is1": {"disks": [{"path": "/opt/wso2", **disk}]}})
        assert [row["check"] for row in rows] == ([check] if check else [])
        assert all("/opt/wso2" in row["found"] for row in rows)

    def test_paths_of_one_file_system_share_it(self):
        disks = [
            {"path": path, "mount": "/", "total_mb": 20000, "free_mb": 3000, "needed_mb": 2000}
            for path in ("/opt", "/var")
        ]
        rows = find({"is1": {"disks": disks}})
        assert [row["found"] for row in rows] == ["/opt and /var: 3000 MB free"]
        assert rows[0]["required"] == "4000 MB free"
        for disk in disks:
            del disk["mount"]
        assert find({"is1": {"disks": disks}}) == []


class TestMinimum:
    def test_a_lab_says_that_it_asks_for_less(self):
        rows = find({"is1": {"heaps_mb": {"identity_server": 256}, "memory_mb": 1024}}, 512)
        assert checks(rows) == [("warning", "all hosts", "lowered requirement")]
        assert "memory 512 MB (the release asks for 4096 MB)" in rows[0]["found"]

    def test_it_still_asks_for_that(self):
        rows = find({"is1": {"heaps_mb": {"identity_server": 200}, "memory_mb": 400}}, {"memory_mb": 512, "disk_gb": 1})
        assert checks(rows) == [
            ("error", "is1", "heap"),
            ("error", "is1", "memory"),
            ("warning", "all hosts", "lowered requirement"),
        ]

    def test_heaps_above_the_minimum_count(self):
        assert checks(find({"a": {"heaps_mb": {"analytics_worker": 700}, "memory_mb": 800}}, 512))[0] == (
            "error",
            "a",
            "memory",
        )

    def test_the_release_s_own_numbers_lower_nothing(self):
        assert find({"is1": {"heaps_mb": HEAPS, "memory_mb": 4096}}, {"memory_mb": 4096, "disk_gb": 10}) == []

    def test_it_may_ask_for_more(self):
        assert checks(find({"is1": {"heaps_mb": HEAPS, "memory_mb": 4096}}, 8192)) == [("error", "is1", "memory")]

    def test_disk(self):
        disks = {"disks": [{"path": "/", "total_mb": 2000}]}
        assert checks(find({"is1": disks}, {"disk_gb": 1})) == [("warning", "all hosts", "lowered requirement")]

    def test_each_share_may_be_given(self):
        needs, lowered = memory.requirements(RELEASE, {"memory_mb": 1024, "heap_mb": 100, "os_mb": 5000})
        assert needs == {"memory_mb": 1024, "heap_mb": 100, "os_mb": 5000, "disk_mb": 10240}
        assert [text.split(" MB")[0] for text in lowered] == ["memory 1024", "heap 100"]

    def test_without_hosts_nothing_is_said(self):
        assert find({}, 1) == []

    @pytest.mark.parametrize(
        ("minimum", "message"),
        [
            ("little", "minimum.memory_mb must be a number of 0 or more, not little"),
            ([1], "not a list"),
            ({"memory": 1}, "minimum.memory is not one of memory_mb"),
            ({"disk_gb": True}, "not true .boolean."),
            ({1: 1}, "minimum.1 is not one of"),
        ],
    )
    def test_wrong_minimum(self, minimum, message):
        with pytest.raises(AnsibleFilterError, match=message):
            find({}, minimum)


class TestDeployment:
    def test_heaps_by_host(self):
        deployment = {
            "is_nodes": [{"host": "is1", "heap_mb": 2048}],
            "workers": [{"host": "analytics1", "heap_mb": 1024}],
            "dashboards": [{"host": "analytics1", "heap_mb": 512}],
        }
        assert memory.deployment_memory(deployment) == {
            "is1": {"heaps_mb": {"identity_server": 2048}},
            "analytics1": {"heaps_mb": {"analytics_worker": 1024, "analytics_dashboard": 512}},
        }

    @pytest.mark.parametrize("deployment", [None, {"workers": 3}, {"workers": ["x"]}, {"is_nodes": [{"host": 1}]}])
    def test_wrong_shape(self, deployment):
        with pytest.raises(InputError, match="deployment"):
            memory.deployment_memory(deployment)


@pytest.mark.parametrize(
    ("hosts", "release", "message"),
    [
        ([], RELEASE, "identityops.wso2is.memory_findings: hosts must be a mapping, not list"),
        ({"a": []}, RELEASE, r"hosts\[a\] must be a mapping, not list"),
        ({"": {}}, RELEASE, "a key of hosts must be a text, not empty"),
        ({"a": {"heaps_mb": [1]}}, RELEASE, r"hosts\[a\].heaps_mb must be a mapping"),
        ({"a": {"heaps_mb": {1: 1}}}, RELEASE, r"a key of hosts\[a\].heaps_mb must be a text"),
        (
            {"a": {"heaps_mb": HEAPS, "memory_mb": "much"}},
            RELEASE,
            r"hosts\[a\].memory_mb must be a number of 0 or more, not much",
        ),
        ({"a": {"disks": [{"path": "/", "free_mb": []}]}}, RELEASE, r"disks\[0\].free_mb must be a number"),
        ({"a": {"disks": [{}]}}, RELEASE, r"disks\[0\].path must be a text"),
        ({}, "0.1", "Change wso2is_release"),
    ],
)
def test_wrong_shape(hosts, release, message):
    with pytest.raises(AnsibleFilterError, match=message):
        find(hosts, release=release)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["2g", "512m"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
amounts = st.integers(0, 10**6) | st.sampled_from(["2g", "512m", None]) | values
host = st.fixed_dictionaries(
    {},
    optional={
        "heaps_mb": st.dictionaries(st.sampled_from(["identity_server", "analytics_worker", "x"]), amounts, max_size=3),
        "memory_mb": amounts,
        "container_limit_mb": amounts,
        "disks": st.lists(
            st.fixed_dictionaries(
                {"path": st.just("/")},
                optional={"total_mb": amounts, "free_mb": amounts, "needed_mb": amounts, "mount": values},
            ),
            max_size=3,
        ),
    },
)


@given(
    values | st.dictionaries(st.text(min_size=1, max_size=3), host | values, max_size=3),
    st.none() | amounts,
    st.just(RELEASE) | values,
)
def test_wild_input_gives_findings_or_an_error(hosts, minimum, release):
    try:
        rows = find(hosts, minimum, release)
    except AnsibleFilterError as exc:
        assert "identityops.wso2is.memory_findings: " in str(exc)
    else:
        assert all(isinstance(value, str) and value for row in rows for value in row.values())


@given(st.integers(2048, 100000), st.integers(0, 200000))
def test_enough_memory_is_enough(heap, memory_mb):
    rows = find({"a": {"heaps_mb": {"identity_server": heap}, "memory_mb": memory_mb}})
    assert bool(rows) is (memory_mb < (heap + 2048) * (1 - memory.TOLERANCE))
