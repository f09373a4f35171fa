# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs on the control node."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import IO, Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import pack as packs
from ansible_collections.identityops.wso2is.plugins.plugin_utils.pack import PackError, open_pack

URL = "https://packs.example.org/wso2is-5.8.0.zip?token=1"


def zipped(path: Path, **files: str) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def cache(tmp_path: Path) -> str:
    return str(tmp_path / "cache")


def test_which_pack_it_is(tmp_path: Path, cache: str) -> None:
    digest = zipped(tmp_path / "p.zip", top__conf__a="1", top__b="2")

    pack = open_pack(str(tmp_path / "p.zip"), f"sha256:{digest.upper()}", cache)

    assert (pack.top, pack.sha256, pack.path, pack.source) == (
        "top",
        digest,
        str(tmp_path / "p.zip"),
        str(tmp_path / "p.zip"),
    )
    assert pack.read("conf/a") == b"1"


def test_named_files_are_read_from_the_cache(tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(tmp_path / "p.zip", top__conf__a="1")
    open_pack(str(tmp_path / "p.zip"), cache=cache).read("conf/a")

    def never(*_arguments: Any) -> Any:
        raise AssertionError("the pack is opened again")

    monkeypatch.setattr(packs.zipfile, "ZipFile", never)
    monkeypatch.setattr(packs, "file_digest", never)
    assert open_pack(str(tmp_path / "p.zip"), cache=cache).read("conf/a") == b"1"


def test_another_pack_at_the_same_path_is_another_pack(tmp_path: Path, cache: str) -> None:
    path = tmp_path / "p.zip"
    zipped(path, top__a="1")
    os.utime(path, (1, 1))
    assert open_pack(str(path), cache=cache).read("a") == b"1"

    digest = zipped(path, top__a="2")
    assert open_pack(str(path), f"sha256:{digest}", cache).read("a") == b"2"


def test_the_cache_is_the_user_s_and_for_the_user_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(tmp_path / "p.zip", top__a="1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    open_pack(str(tmp_path / "p.zip")).read("a")

    files = [path for path in (tmp_path / "xdg/identityops.wso2is").rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert packs.default_cache() == str(tmp_path / "home/.cache/identityops.wso2is")


def test_a_path_may_begin_with_the_home_directory(tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    zipped(tmp_path / "p.zip", top__a="1")

    assert open_pack("~/p.zip", cache=cache).path == str(tmp_path / "p.zip")


@pytest.mark.parametrize("checksum", ["sha256:123", "md5:" + "0" * 64, "0" * 64, "sha256:" + "g" * 64])
def test_a_checksum_of_another_form(tmp_path: Path, cache: str, checksum: str) -> None:
    zipped(tmp_path / "p.zip", top__a="1")
    with pytest.raises(PackError, match="is not of the form sha256:<64 hexadecimal digits>"):
        open_pack(str(tmp_path / "p.zip"), checksum, cache)


def test_another_checksum(tmp_path: Path, cache: str) -> None:
    digest = zipped(tmp_path / "p.zip", top__a="1")
    with pytest.raises(PackError, match=f"has sha256:{digest}, but sha256:{'0' * 64} is required"):
        open_pack(str(tmp_path / "p.zip"), "sha256:" + "0" * 64, cache)
    assert (tmp_path / "p.zip").exists()


def test_no_pack(tmp_path: Path, cache: str) -> None:
    with pytest.raises(PackError, match=r"absent\.zip is not there"):
        open_pack(str(tmp_path / "absent.zip"), cache=cache)
    with pytest.raises(PackError, match="is not there"):
        open_pack(str(tmp_path), cache=cache)


def test_no_zip(tmp_path: Path, cache: str) -> None:
    (tmp_path / "p.zip").write_text("<html>log in first</html>")
    with pytest.raises(PackError, match="is not a zip archive"):
        open_pack(str(tmp_path / "p.zip"), cache=cache)


@pytest.mark.parametrize(("files", "number"), [({}, 0), ({"a__x": "", "b__x": ""}, 2)])
def test_not_one_top_folder(tmp_path: Path, cache: str, files: dict[str, str], number: int) -> None:
    zipped(tmp_path / "p.zip", **files)
    with pytest.raises(PackError, match=f"has {number} top folders, one is required"):
        open_pack(str(tmp_path / "p.zip"), cache=cache)


def test_a_file_that_is_not_in_the_pack(tmp_path: Path, cache: str) -> None:
    zipped(tmp_path / "p.zip", top__a="1")
    with pytest.raises(PackError, match=r"conf/b is not in the pack .*p\.zip"):
        open_pack(str(tmp_path / "p.zip"), cache=cache).read("conf/b")


def test_a_pack_that_is_gone_since(tmp_path: Path, cache: str) -> None:
    zipped(tmp_path / "p.zip", top__a="1")
    pack = open_pack(str(tmp_path / "p.zip"), cache=cache)
    (tmp_path / "p.zip").unlink()
    with pytest.raises(PackError, match="cannot be read"):
        pack.read("a")


# URLs


def fetching(data: bytes, asked: list[str]) -> Any:
    def fetch(url: str) -> IO[bytes]:
        asked.append(url)
        return io.BytesIO(data)

    return fetch


def test_a_url_is_fetched_once(tmp_path: Path, cache: str) -> None:
    digest = zipped(tmp_path / "p.zip", top__a="1")
    asked: list[str] = []
    fetch = fetching((tmp_path / "p.zip").read_bytes(), asked)

    for _time in range(2):
        pack = open_pack(URL, f"sha256:{digest}", cache, fetch)
        assert (pack.top, pack.sha256, pack.source) == ("top", digest, URL)
        assert os.path.basename(pack.path) == "wso2is-5.8.0.zip"
    assert asked == [URL]


def test_what_was_cut_on_its_way_is_fetched_anew(tmp_path: Path, cache: str) -> None:
    digest = zipped(tmp_path / "p.zip", top__a="1")
    data = (tmp_path / "p.zip").read_bytes()
    asked: list[str] = []
    with pytest.raises(PackError, match="is required"):
        open_pack(URL, f"sha256:{digest}", cache, fetching(data[:-1], asked))

    assert open_pack(URL, f"sha256:{digest}", cache, fetching(data, asked)).top == "top"
    assert len(asked) == 2


def test_a_url_that_cannot_be_fetched(cache: str) -> None:
    def fetch(_url: str) -> IO[bytes]:
        raise OSError("no route to host")

    with pytest.raises(PackError, match="could not be fetched: no route to host"):
        open_pack(URL, cache=cache, fetch=fetch)
    assert not [name for _folder, _folders, names in os.walk(cache) for name in names]


def test_ansible_s_own_way_to_fetch(cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible.module_utils import urls

    monkeypatch.setattr(urls, "open_url", lambda url, timeout: io.BytesIO(f"{url} {timeout}".encode()))
    path, _digest = packs.local_file("https://x.example/d.jar", cache=cache)
    assert Path(path).read_bytes() == b"https://x.example/d.jar 60"
    assert os.path.basename(path) == "d.jar"
