# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever it finds, the hosts stay as they are."""

from __future__ import annotations

import pytest
from converged import passwords_in
from scenario import Scenario


@pytest.mark.parametrize("mode", [["--check", "--diff", "-vvv"], ["-vvv"]], ids=["check mode", "real"])
def test_changes_nothing(scenario: Scenario, mode: list[str]) -> None:
    before = {node: scenario.differences(node) for node in scenario.nodes}
    run = scenario.converge(*mode, log=f"empty-{len(mode)}")
    assert run.code == 0, run.output[-5000:]
    assert run.changed == {}
    assert {node: scenario.differences(node) for node in scenario.nodes} == before
    assert passwords_in(run.output) == []
