# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module in this process as Ansible does: arguments and answer are JSON, the AnsibleModule is the real one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
from pathlib import Path
from typing import Any
from unittest import mock

from ansible.module_utils import basic

MODULES = Path(__file__).resolve().parents[2] / "plugins/modules"


def run_module(name: str, /, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
    """What the module answers; `failed` is in it when it failed."""
    given = {**arguments, "_ansible_check_mode": check_mode, "_ansible_diff": True, "_ansible_no_log": False}
    sent = json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode()
    said = io.StringIO()
    mask = os.umask(0o022)
    try:
        with (
            mock.patch.object(basic, "_ANSIBLE_ARGS", sent),
            # ansible-core 2.19 asks how the arguments are written; 2.18 knows one way only.
            mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
            contextlib.redirect_stdout(said),
            contextlib.suppress(SystemExit),
        ):
            runpy.run_path(str(MODULES / f"{name}.py"), run_name="__main__")
    finally:
        os.umask(mask)
    answer: dict[str, Any] = json.loads(said.getvalue())
    return answer
