# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode on empty hosts, for every scenario of a role."""

from __future__ import annotations

from converged import passwords_in
from scenario import Scenario


def test_check_mode_runs_through_and_changes_nothing(scenario: Scenario) -> None:
    before = {node: scenario.differences(node) for node in scenario.nodes}
    # -vvv: whatever could be printed is looked through for passwords.
    run = scenario.converge("--check", "--diff", "-vvv", log="check-empty")
    assert run.code == 0, run.output[-5000:]
    assert run.changed, "there is something to be done"
    assert {node: scenario.differences(node) for node in scenario.nodes} == before
    assert passwords_in(run.output) == []
