# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record every execution of a module on a host: what the wall time of a run is made of.

The events of a run do not tell: an action such as copy executes several modules, set_fact none, and a retry is no
event of its own.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: module_executions
type: aggregate
short_description: Record every execution of a module on a host
description:
  - Writes one JSON object a line, C(host), C(module) and C(task), and at the end C(stats), the recap of every host.
options:
  record:
    description: The file. It is begun anew by every run.
    type: path
    required: true
    env:
      - name: MODULE_EXECUTIONS_RECORD
"""


def append(path: str, item: dict[str, Any]) -> None:
    """Add a line; short enough to be written at once, so that the processes of a run do not mix theirs."""
    with open(path, "a", encoding="utf-8") as record:
        record.write(json.dumps(item) + "\n")


class CallbackModule(CallbackBase):
    """Counts where modules are executed; the processes that do it are forks of this one."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "module_executions"
    CALLBACK_NEEDS_ENABLED = True

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Begin the record and count from now on."""
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        path = os.path.abspath(self.get_option("record"))
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("", encoding="utf-8")
        self.record = path
        execute = ActionBase._execute_module

        @functools.wraps(execute)
        def counted(action: Any, module_name: Any = None, *args: Any, **kwargs: Any) -> Any:
            variables = kwargs.get("task_vars") or {}
            host = variables.get("inventory_hostname") or action._play_context.remote_addr
            append(
                path,
                {"host": str(host), "module": str(module_name or action._task.action), "task": action._task.get_name()},
            )
            return execute(action, module_name, *args, **kwargs)

        ActionBase._execute_module = counted

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """End the record with the recap."""
        append(self.record, {"stats": {host: stats.summarize(host) for host in sorted(stats.processed)}})
