# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's data files, read by either of PyYAML's parsers."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils.data_files import read_data

ROOT = Path(__file__).resolve().parents[4]
FILES = sorted([*ROOT.glob("roles/*/files/**/*.yml"), *ROOT.glob("roles/*/meta/argument_specs.yml")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("parser", ["C", "Python"])
def test_both_parsers_read_the_same(path: Path, parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if parser == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader")
    assert read_data(str(path)) == yaml.safe_load(path.read_text(encoding="utf-8"))


def test_what_is_no_yaml_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a: [")
    with pytest.raises(yaml.YAMLError):
        read_data(str(tmp_path / "a.yml"))
    with pytest.raises(OSError, match=r"b\.yml"):
        read_data(str(tmp_path / "b.yml"))
