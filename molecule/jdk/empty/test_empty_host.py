# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host before anything is installed."""

from __future__ import annotations

from scenario import Scenario


def test_java_is_absent(scenario: Scenario) -> None:
    assert scenario.on("is1", "sh", "-c", "command -v java; ls /usr/lib/jvm", check=False) == ""
