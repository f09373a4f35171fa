# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of host_info: the module between two looks at the clock."""

from __future__ import annotations

import time
from typing import Any
from unittest import mock

import pytest
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible_collections.identityops.wso2is.plugins.action.host_info import ActionModule


@pytest.mark.parametrize(
    "result", [{"changed": False, "host": {"clock": 1.0, "control_clock": None}}, {"failed": True, "msg": "no Python"}]
)
def test_clock(result: dict[str, Any]) -> None:
    before = time.time()
    with mock.patch.object(NormalAction, "run", return_value=result):
        found = ActionModule(*[mock.MagicMock() for _part in range(6)]).run(task_vars={})
    if "host" not in found:
        assert found == {"failed": True, "msg": "no Python"}
        return
    asked, answered = found["host"].pop("control_clock")
    assert before <= asked <= answered <= time.time()
    assert found["host"] == {"clock": 1.0}
