# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of operators, run as operators run them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from converged import ROOT, Run
from scenario import Scenario


@pytest.fixture(scope="session")
def play(scenario: Scenario) -> Callable[..., Run]:
    """Runs a playbook of the collection: name, arguments of ansible-playbook, `log` if the name is not enough."""

    def run(playbook: str, *arguments: str, log: str = "") -> Run:
        given = (*scenario.arguments, "-e", "wso2is_pattern=1", *arguments)
        return scenario.run(ROOT / f"playbooks/{playbook}.yml", *given, log=log or playbook)

    return run
