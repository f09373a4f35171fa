# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a jar says of itself."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.jars import driver_problem, is_bundle
from settings import sample


@pytest.mark.parametrize(
    ("content", "java", "problem"),
    [
        (sample.jar("a.Driver"), "1.8", ""),
        (sample.jar("a.Driver", java=11), "11", ""),
        (sample.jar("a.Driver", java=11), "1.8", "is for Java 11 and later"),
        (sample.jar("b.Driver"), "1.8", "has no class a.Driver"),
        (b"text", "1.8", "is not a jar"),
        (sample.jar("a.Driver").replace(b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"), "1.8", "is not a jar"),
    ],
)
def test_drivers(tmp_path: Path, content: bytes, java: str, problem: str) -> None:
    path = tmp_path / "driver.jar"
    path.write_bytes(content)

    found = driver_problem(str(path), "a.Driver", java)

    assert found == (f"{path} {problem}" if problem else "")


def test_bundles(tmp_path: Path) -> None:
    for name, content in (
        ("bundle.jar", sample.jar("a.Driver")),
        ("other.jar", sample.jar("a.Driver", bundle=False)),
        ("text.jar", b"text"),
    ):
        (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "bare.jar", "w"):
        pass

    found = {path.stem: is_bundle(str(path)) for path in tmp_path.iterdir()}

    assert found == {"bundle": True, "other": False, "text": False, "bare": False}
