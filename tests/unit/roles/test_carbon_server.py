# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role carbon_server changes a server that runs, and takes that back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

TASKS = Path(__file__).parents[3] / "roles/carbon_server/tasks"
FILES = "identityops.wso2is.carbon_files"


def tasks(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((TASKS / f"{name}.yml").read_text())
    return found


def test_a_turn_sees_what_runs_before_it_stops_the_server() -> None:
    """Only so can it be told later whether a generation is of this change."""
    first, second = tasks("turn")[0]["block"][:2]
    assert first[FILES]["restore"] == "change"
    assert first["check_mode"] is True
    assert first["when"] == "__carbon_server_turn_back"
    assert second["ansible.builtin.systemd_service"]["state"] == "stopped"


@pytest.mark.parametrize(
    ("known", "given"),
    [
        ({"changed": False, "started": "0123"}, "0123"),
        # Failed, left out, never come to: nothing is put back.
        ({"failed": True, "msg": "why"}, ""),
        ({"skipped": True, "changed": False}, ""),
        (None, ""),
    ],
)
def test_what_is_put_back_is_of_this_change(known: dict[str, Any] | None, given: str) -> None:
    name = tasks("turn")[0]["block"][0]["register"]
    variables = {} if known is None else {name: known}
    template = jinja2.Template(tasks("restore")[0][FILES]["started"])
    assert template.render(variables) == given
