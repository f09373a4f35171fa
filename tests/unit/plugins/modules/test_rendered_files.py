# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rendered_files on real directories."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
from ansible_collections.identityops.wso2is.plugins.modules import rendered_files
from fake_module import ModuleFailed, run_main

ITEMS = [
    {"host": "is2", "path": "conf/a.xml", "content": base64.b64encode(b"<a/>\r\n\xe4").decode()},
    {"host": "is1", "path": "conf/deep/b.xml", "content": base64.b64encode(b"<b/>").decode()},
]


def run(monkeypatch: pytest.MonkeyPatch, dest: Path, check: bool = False, items: Any = None) -> Any:
    return run_main(monkeypatch, rendered_files, check, bundle=pack(ITEMS if items is None else items), dest=str(dest))


def test_writes_for_the_user_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dest = tmp_path / "new/out"

    assert run(monkeypatch, dest) == {
        "changed": True,
        "files": [str(dest / "is1/conf/deep/b.xml"), str(dest / "is2/conf/a.xml")],
    }
    assert (dest / "is2/conf/a.xml").read_bytes() == b"<a/>\r\n\xe4"
    for path in dest.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o777 == 0o600
    assert not run(monkeypatch, dest)["changed"]


def test_what_others_could_read_is_written_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run(monkeypatch, tmp_path)
    path = tmp_path / "is1/conf/deep/b.xml"
    path.chmod(0o644)
    reader = path.open("rb")

    assert run(monkeypatch, tmp_path)["changed"]
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"other")
    assert run(monkeypatch, tmp_path)["changed"]
    assert path.read_bytes() == b"<b/>"
    assert reader.read() == b"<b/>"
    reader.close()


def test_a_link_is_not_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (tmp_path / "out/is1/conf/deep").mkdir(parents=True)
    (tmp_path / "out/is1/conf/deep/b.xml").symlink_to(elsewhere)

    assert run(monkeypatch, tmp_path / "out")["changed"]
    assert elsewhere.read_text() == "mine"
    assert not (tmp_path / "out/is1/conf/deep/b.xml").is_symlink()


def test_check_mode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, tmp_path / "out", check=True)["changed"]
    assert not (tmp_path / "out").exists()
    run(monkeypatch, tmp_path / "out")
    assert not run(monkeypatch, tmp_path / "out", check=True)["changed"]


def test_a_bundle_that_was_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ModuleFailed, match="not a bundle"):
        run_main(monkeypatch, rendered_files, bundle="cut", dest=str(tmp_path))
