# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts before anything is installed."""

from __future__ import annotations

import pytest
from scenario import Scenario


@pytest.mark.parametrize("node", ["is1", "is2"])
def test_java_and_the_service_are_absent(scenario: Scenario, node: str) -> None:
    assert scenario.on(node, "sh", "-c", "command -v java; ls /usr/lib/jvm /opt/wso2", check=False) == ""
    assert scenario.unit(node, "wso2is", "LoadState") == {"LoadState": "not-found"}
    assert not scenario.host(node).user("wso2carbon").exists
