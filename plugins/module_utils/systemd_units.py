# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State of systemd units, read with one call of systemctl."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import Any, Sequence

PROPERTIES = (
    "Id",
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "SubState",
    "Result",
    "MainPID",
    "NRestarts",
    "ExecMainStartTimestampMonotonic",
    "EnvironmentFiles",
    "FragmentPath",
    "NeedDaemonReload",
)


def parse_show(text: str, monotonic_offset: float) -> list[dict[str, Any]]:
    """Read the output of ``systemctl show`` for several units.

    :param text: Blocks of NAME=value lines, separated by empty lines.
    :param monotonic_offset: Seconds to add to the monotonic clock to get the time of day.
    :returns: One dictionary a block.
    """
    units = []
    for block in re.split(r"\n\s*\n", text.strip()):
        values: dict[str, list[str]] = {}
        for line in block.splitlines():
            name, equals, value = line.partition("=")
            if equals:
                values.setdefault(name, []).append(value)
        if not values:
            continue
        first = {name: found[0] for name, found in values.items()}
        started = _number(first.get("ExecMainStartTimestampMonotonic"))
        units.append(
            {
                "id": first.get("Id"),
                "load_state": first.get("LoadState"),
                "unit_file_state": first.get("UnitFileState") or None,
                "active_state": first.get("ActiveState"),
                "sub_state": first.get("SubState"),
                "result": first.get("Result") or None,
                "main_pid": _number(first.get("MainPID")) or None,
                "restarts": _number(first.get("NRestarts")),
                "started_at": round(started / 1e6 + monotonic_offset, 3) if started else None,
                "environment_files": [
                    re.sub(r" \(ignore_errors=\w+\)$", "", item) for item in values.get("EnvironmentFiles", []) if item
                ],
                "fragment_path": first.get("FragmentPath") or None,
                "needs_daemon_reload": first.get("NeedDaemonReload") == "yes",
            }
        )
    return units


def show_units(names: Sequence[str], systemctl: str = "systemctl") -> dict[str, dict[str, Any] | None]:
    """Ask systemd about units.

    :param names: Names as systemctl takes them.
    :param systemctl: The tool.
    :returns: By name; none where systemd does not run or does not answer. A unit that does not exist has the load
        state `not-found`.
    """
    if not names:
        return {}
    command = [systemctl, "show", "--no-pager", "--property=" + ",".join(PROPERTIES), "--", *names]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(os.environ, LC_ALL="C"),
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return dict.fromkeys(names)
    units = parse_show(done.stdout.decode("utf-8", "replace"), time.time() - time.monotonic())
    if done.returncode != 0 or len(units) != len(names):
        return dict.fromkeys(names)
    return dict(zip(names, units))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
