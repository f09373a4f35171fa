# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts and the share before."""

from __future__ import annotations

import pytest
from converged import IS_NODES
from scenario import Scenario


@pytest.mark.parametrize("node", IS_NODES)
def test_nothing_is_installed(scenario: Scenario, node: str) -> None:
    assert scenario.on(node, "sh", "-c", "ls -d /opt/wso2; getent passwd wso2carbon", check=False) == ""


def test_check_mode_leaves_the_share_alone(scenario: Scenario) -> None:
    before = scenario.on("is1", "find", "/mnt/wso2is-shared", "-ls")
    assert "EmailPublisher.xml" in before
    run = scenario.converge("--check", log="check-share")
    assert run.code == 0, run.output[-5000:]
    assert scenario.on("is1", "find", "/mnt/wso2is-shared", "-ls") == before
