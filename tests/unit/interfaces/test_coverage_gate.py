# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of `make unit` counts every branch of every Python file that the collection ships."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_nothing_is_left_out() -> None:
    coverage = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coverage"]
    assert coverage["run"] == {"branch": True, "source": ["plugins", "roles"]}
    assert set(coverage["report"]) == {"include_namespace_packages", "show_missing", "precision", "fail_under"}
    assert coverage["report"]["fail_under"] >= 95
    shipped = [path for folder in ("plugins", "roles") for path in (ROOT / folder).rglob("*.py")]
    assert [path for path in shipped if "pragma:" in path.read_text(encoding="utf-8")] == []
