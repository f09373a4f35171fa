# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel settings of a host with servers."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks, kernel, servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import sample


def compute(practice: Path, **changes: Any) -> dict[str, Any]:
    hostvars = sample.hostvars(practice, **changes)
    return topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)


def test_values_of_the_documentation_without_the_harmful_ones(practice: Path) -> None:
    settings = kernel.kernel_settings(compute(practice), "is1")

    assert settings == {
        "net.ipv4.tcp_fin_timeout": "30",
        "net.ipv4.tcp_tw_reuse": "1",
        "net.core.rmem_default": "524288",
        "net.core.wmem_default": "524288",
        "net.core.rmem_max": "67108864",
        "net.core.wmem_max": "67108864",
        "net.ipv4.tcp_rmem": "4096 131072 16777216",
        "net.ipv4.tcp_wmem": "4096 65536 16777216",
        "net.ipv4.ip_local_reserved_ports": "4000,9443,9763",
    }


@pytest.mark.parametrize(
    ("host", "changes", "ports"),
    [
        ("is2", {"is_node_jmx": True, "hazelcast_port": 4001, "is_node_port_offset": 2}, "4001,9445,9765,10001,11113"),
        # A worker and a dashboard.
        ("an1", {}, "7612,7712,9090-9091,9612,9643,9712,9893"),
        ("an2", {}, "7612,7712,9090-9091,9612,9712,9893"),
        ("is1", {"wso2is_sysctl_settings": {kernel.RESERVED: "9764,8000-8010"}}, "4000,8000-8010,9443,9763-9764"),
    ],
)
def test_ports_of_the_host_are_reserved(practice: Path, host: str, changes: dict[str, Any], ports: str) -> None:
    assert kernel.kernel_settings(compute(practice, **changes), host)[kernel.RESERVED] == ports


def test_a_load_balancer_on_the_same_host_counts(practice: Path) -> None:
    model = topology(sample.hostvars(practice), ["is1", "is2"], [], [], ["is1"])

    assert kernel.own_ports(model, "is1") == [80, 443, 4000, 9443, 9763]


def test_an_inventory_adds_changes_and_takes_out(practice: Path) -> None:
    given = {"net.ipv4.tcp_fin_timeout": 15, "net.core.somaxconn": 4096, "net.ipv4.tcp_tw_reuse": ""}
    settings = kernel.kernel_settings(compute(practice, wso2is_sysctl_settings=given), "is1")

    assert settings["net.ipv4.tcp_fin_timeout"] == "15"
    assert settings["net.core.somaxconn"] == "4096"
    assert "net.ipv4.tcp_tw_reuse" not in settings


def test_every_line_says_why(practice: Path) -> None:
    model = compute(practice, wso2is_sysctl_settings={"net.core.somaxconn": 4096})
    lines = kernel.kernel_file(kernel.kernel_settings(model, "is1")).splitlines()

    assert lines[0].startswith("# ") and len(lines) == 1 + 2 * 10
    assert all(line.startswith("# ") for line in lines[1::2])
    assert "net.core.somaxconn = 4096" in lines[2::2]


def test_all_servers_of_a_host_bring_the_same_file(practice_deployment: dict[str, Any]) -> None:
    files = []
    for kind in ("worker", "dashboard"):
        bundle = servers.server_bundle(practice_deployment, "an1", kind, "/jdk", "unit", "control")
        (file,) = (item for item in bundle["files"] if item["path"] == kernel.FILE)
        files.append({**file, "kernel": bundle["kernel"]})

    assert files[0] == files[1]
    assert (files[0]["effect"], files[0]["mode"], files[0]["owner"]) == ("none", 0o644, "root")
    assert base64.b64decode(files[0]["content"]).decode() == kernel.kernel_file(files[0]["kernel"])


def test_switched_off(practice: Path) -> None:
    model = compute(practice, wso2is_sysctl=False)
    bundle = servers.server_bundle(model, "is1", "is", "/jdk", "unit", "control")

    assert bundle["kernel"] == {}
    assert kernel.FILE not in [item["path"] for item in bundle["files"]]


def test_ports_that_others_reserved(practice: Path) -> None:
    facts = {"port_range": {"first": 32768, "last": 60999, "reserved": [[4000, 4000], [8080, 8081]]}}

    (row,) = kernel.reserved_findings(compute(practice), "is1", facts)
    assert (row["severity"], row["host"]) == ("warning", "is1")
    assert "8080-8081 reserved by the host" in row["found"] and "wso2is_sysctl_settings" in row["remedy"]
    for changes in ({"wso2is_sysctl_settings": {kernel.RESERVED: "8000-8100"}}, {"wso2is_sysctl": False}):
        assert kernel.reserved_findings(compute(practice, **changes), "is1", facts) == []


def test_outgoing_connections(practice: Path) -> None:
    """A wide range takes in the ports of the product; a run that reserves them has nothing to say."""
    wide = {"first": 1024, "last": 65535, "reserved": [[9443, 9443]]}
    facts = {
        "memory": {"total_mb": 65536, "limit_mb": None},
        "port_range": wide,
        **{name: {} for name in ("paths", "units", "names", "users", "uids", "groups", "gids")},
        "listening": [],
    }
    assert checks.host_findings(compute(practice), {"is1": facts}) == []

    (row,) = checks.host_findings(compute(practice, wso2is_sysctl=False), {"is1": facts})
    assert (row["check"], row["severity"]) == ("ephemeral ports", "warning")
    assert row["found"].startswith("4000, 9763 in the range 1024-65535")
    assert "wso2is_sysctl" in row["remedy"]
