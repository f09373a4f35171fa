# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx as it is on the load balancers already: whether it can do what it is to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import nginx
from .findings import Findings


def nginx_findings(deployment: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], found: Findings) -> None:
    """Add load balancers whose nginx is too old or lacks a part. Where there is none the role installs one.

    Args:
        deployment: the model.
        hosts: by inventory name, what the module host_info returned in `host`.
        found: where to add.
    """
    nodes = [{"name": node["name"], "address": node["address"]} for node in deployment["upstreams"]]
    for balancer in deployment["load_balancers"]:
        there = hosts.get(balancer["host"], {}).get("nginx")
        if not there or not there.get("output"):
            continue
        able = nginx.features(there["output"])
        for row in nginx.able_findings(able, nodes, bool(balancer["trusted_proxies"]), balancer["host"]):
            remedy = f"{row['remedy'][0].upper()}{row['remedy'][1:]}.".replace("load_balancer_nodes", "wso2is_address")
            found.add(row["host"], row["check"], row["found"], row["required"], remedy)
