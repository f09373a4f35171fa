# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts before anything is installed."""

from __future__ import annotations

import pytest
from scenario import Scenario


@pytest.mark.parametrize("node", ["lb1", "lb2"])
def test_nginx_is_absent(scenario: Scenario, node: str) -> None:
    assert scenario.on(node, "sh", "-c", "command -v nginx; ls -d /etc/nginx", check=False) == ""
