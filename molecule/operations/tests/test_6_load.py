# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling restart costs nobody a request; tests/proof/test_rolling*.py are the long form."""

from __future__ import annotations

from collections.abc import Callable

from converged import IS_NODES, Run
from scenario import Scenario
from under_load import load_on, none_drained

REQUESTS = 2000


def test_a_restart_costs_no_request(scenario: Scenario, play: Callable[..., Run]) -> None:
    started = {node: scenario.started(node, "wso2is") for node in IS_NODES}
    with load_on(scenario, users=24, slower=2) as load:
        run = play("restart", log="restart-under-load")
        load.until(REQUESTS)
    print(load.report())
    assert run.code == 0, run.output[-5000:]
    assert load.losses == {}, load.report()
    assert load.counts["requests"] >= REQUESTS
    assert load.counts["single sign-ons"] > 100
    assert none_drained(scenario)
    assert all(scenario.started(node, "wso2is") > started[node] for node in IS_NODES)
