# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JDK that an inventory names, as it is on the hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import jdk
from .findings import Findings


def jdk_findings(deployment: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], found: Findings) -> None:
    """Add hosts whose `jdk_home` is none that the servers may run on. Where it is empty the role jdk installs one.

    Args:
        deployment: the model.
        hosts: by inventory name, what the module host_info returned in `host`.
        found: where to add.
    """
    required, refused = deployment["jdk"]["required"], deployment["jdk"]["refused"]
    for host, facts in hosts.items():
        home, java = deployment["hosts"][host].get("jdk_home"), facts.get("java")
        if not home or not java:
            continue
        version = java["version"] or ""
        about = {"home": home, "text": java["output"] or "", "version": version, "keytool": java["keytool"]}
        for row in jdk.findings([about], required, refused, host, home):
            found.add(host, row["check"], row["found"], row["required"], f"On {host}: {row['remedy']}.")
