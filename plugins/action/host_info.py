# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module host_info between two looks at the control node's clock."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction


class ActionModule(NormalAction):
    """The module as it is; `control_clock` in its answer bounds by how much the host's clock differs."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module. The result is the module's."""
        before = time.time()
        result: dict[str, Any] = super().run(tmp, task_vars)
        if isinstance(result.get("host"), dict):
            result["host"]["control_clock"] = [before, time.time()]
        return result
