# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of a backup."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import backup_archive
from ansible_collections.identityops.wso2is.plugins.module_utils.backup_archive import (
    ArchiveError,
    Root,
    make,
    members,
    put_back,
    reading,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

HOME = "is/home"


def tree(folder: Path) -> dict[str, Any]:
    """Everything below a folder: content, mode and time of change of files, mode of directories, target of links."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_dir():
            found[name] = stat.S_IMODE(status.st_mode)
        else:
            found[name] = (path.read_bytes(), stat.S_IMODE(status.st_mode), status.st_mtime_ns)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A carbon home with a link out of it."""
    folder = tmp_path / "releases/wso2is-5.8.0-0123"
    conf = folder / "repository/conf"
    conf.mkdir(parents=True)
    (conf / "carbon.xml").write_text("<Server/>")
    (conf / "carbon.xml").chmod(0o640)
    os.utime(conf / "carbon.xml", ns=(1, 1700000000123456789))
    (folder / "repository/deployment/server").mkdir(parents=True)
    (folder / "repository/deployment/server/own.war").write_bytes(os.urandom(5000))
    (folder / "tmp").mkdir()
    (folder / "tmp/scratch").write_text("x")
    (tmp_path / "share").mkdir()
    (tmp_path / "share/secret").write_text("not ours")
    (folder / "repository/deployment/server/userstores").symlink_to(tmp_path / "share")
    (tmp_path / "current").symlink_to(folder)
    return tmp_path / "current"


def root_of(home: Path, **changes: Any) -> Root:
    options: dict[str, Any] = {"leave": ("tmp",), "required": True, **changes}
    return Root(HOME, str(home), **options)


def made(*roots: Root) -> io.BytesIO:
    stream = io.BytesIO()
    make(stream, roots)
    return stream


def names(stream: io.BytesIO) -> list[str]:
    stream.seek(0)
    with tarfile.open(fileobj=stream, mode="r:gz") as archive:
        return archive.getnames()


def hostile(*infos: tarfile.TarInfo) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(b"x" * info.size) if info.isreg() else None)
    return stream


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 1) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = size if kind == tarfile.REGTYPE else 0
    info.linkname = "/etc/passwd" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    info.uid, info.gid = os.getuid(), os.getgid()
    return info


def test_archive_has_files_and_directories_only(home: Path) -> None:
    stream = io.BytesIO()
    done = make(stream, [root_of(home)])
    assert names(stream) == [
        "is/home",
        "is/home/repository",
        "is/home/repository/conf",
        "is/home/repository/conf/carbon.xml",
        "is/home/repository/deployment",
        "is/home/repository/deployment/server",
        "is/home/repository/deployment/server/own.war",
    ]
    assert done["files"] == 2 and done["bytes"] == 5009
    assert list(done["links"]) == ["is/home/repository/deployment/server/userstores"]


def test_same_content_gives_the_same_archive(home: Path) -> None:
    assert made(root_of(home)).getvalue() == made(root_of(home)).getvalue()


def test_put_back_undoes_every_damage(home: Path) -> None:
    stream = made(root_of(home))
    before = tree(home.resolve())
    conf = home / "repository/conf"
    (conf / "carbon.xml").write_text("damaged")
    (conf / "carbon.xml").chmod(0o666)
    (conf / "new.xml").write_text("by hand")
    (conf / "deep/er").mkdir(parents=True)
    (home / "repository/deployment/server/own.war").unlink()
    looked = put_back(stream, [root_of(home)], check=True)
    assert (conf / "new.xml").exists()
    done = put_back(stream, [root_of(home)], check=False)
    assert done == looked
    assert done["removed"] == [f"{conf}/{name}" for name in ("deep", "deep/er", "new.xml")]
    assert done["written"] == [f"{conf}/carbon.xml", f"{home}/repository/deployment/server/own.war"]
    assert tree(home.resolve()) == before
    assert put_back(stream, [root_of(home)], check=False)["written"] == []


def test_put_back_into_nothing(home: Path, tmp_path: Path) -> None:
    stream = made(root_of(home))
    target = Root(HOME, str(tmp_path / "fresh/home"), leave=("tmp",))
    put_back(stream, [target], check=False)
    expected = tree(home.resolve())
    for name in ("tmp", "tmp/scratch", "repository/deployment/server/userstores"):
        del expected[name]
    assert tree(tmp_path / "fresh/home") == expected


def test_a_file_where_a_directory_was_and_the_other_way_round(home: Path) -> None:
    stream = made(root_of(home))
    before = tree(home.resolve())
    (home / "repository/deployment/server/own.war").unlink()
    (home / "repository/deployment/server/own.war").mkdir()
    (home / "repository/deployment/server/own.war/inside").write_text("x")
    (home / "repository/conf/carbon.xml").unlink()
    (home / "repository/conf").rmdir()
    (home / "repository/conf").write_text("x")
    put_back(stream, [root_of(home)], check=False)
    assert tree(home.resolve()) == before


def test_what_is_left_alone_stays(home: Path) -> None:
    stream = made(root_of(home))
    (home / "tmp/more").write_text("x")
    (home / "left").mkdir()
    (home / "left/link").symlink_to("/etc")
    put_back(stream, [root_of(home)], check=False)
    assert (home / "tmp/more").exists() and (home / "left/link").is_symlink()


def test_nothing_is_written_through_a_link(home: Path, tmp_path: Path) -> None:
    stream = made(root_of(home))
    (tmp_path / "elsewhere").mkdir()
    conf = home / "repository/conf"
    (conf / "carbon.xml").unlink()
    conf.rmdir()
    conf.symlink_to(tmp_path / "elsewhere")
    (home / "repository/deployment/server/own.war").unlink()
    with pytest.raises(ArchiveError, match="conf is a symbolic link"):
        put_back(stream, [root_of(home)], check=False)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    # Refused before the first change.
    assert not (home / "repository/deployment/server/own.war").exists()


def test_only_what_is_named_is_of_the_share(tmp_path: Path) -> None:
    for name in ("tenants", "userstores", "lost+found"):
        (tmp_path / name).mkdir()
    (tmp_path / "userstores/a.xml").write_text("a")
    (tmp_path / ".marker").write_text("{}")
    root = Root("share", str(tmp_path), only=(".marker", "tenants", "userstores"))
    stream = made(root)
    assert names(stream) == ["share/.marker", "share/tenants", "share/userstores", "share/userstores/a.xml"]
    (tmp_path / "userstores/a.xml").unlink()
    (tmp_path / "bpel").mkdir()
    (tmp_path / "bpel/since").write_text("x")
    (tmp_path / "tenants").rmdir()
    now = Root("share", str(tmp_path), only=(".marker", "userstores", "bpel"))
    done = put_back(stream, [now], check=False)
    assert done["removed"] == [] and done["ignored"] == ["share/tenants"]
    assert (tmp_path / "userstores/a.xml").exists() and (tmp_path / "bpel/since").exists()
    assert not (tmp_path / "tenants").exists()


def test_the_share_of_another_cluster_is_refused(tmp_path: Path) -> None:
    (tmp_path / "userstores").mkdir()
    root = Root("share", str(tmp_path), only=(".marker", "userstores"), marker=".marker", cluster="ours")
    with pytest.raises(ArchiveError, match=r"has no marker \.marker, so it is not the shared file system"):
        made(root)
    (tmp_path / ".marker").write_text('{"cluster": "ours"}')
    stream = made(root)
    (tmp_path / ".marker").unlink()
    assert put_back(stream, [root], check=False)["written"] == [f"{tmp_path}/.marker"]
    for content in ('{"cluster": "theirs"}', "{}", "[]", "damaged"):
        (tmp_path / ".marker").write_text(content)
        (tmp_path / "userstores/theirs.xml").write_text("x")
        with pytest.raises(ArchiveError, match="belongs to the cluster"):
            put_back(stream, [root], check=False)
        with pytest.raises(ArchiveError, match="belongs to the cluster"):
            made(root)
    assert (tmp_path / "userstores/theirs.xml").exists()


def test_a_share_that_is_not_mounted_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Root("share", str(tmp_path), mount=True)
    with pytest.raises(ArchiveError, match="is not mounted on this host"):
        made(root)
    monkeypatch.setattr(backup_archive, "is_mount_point", lambda _path, _mounts: True)
    assert names(made(root)) == ["share"]


def test_another_release_is_refused(home: Path) -> None:
    with pytest.raises(ArchiveError, match=r"leads to wso2is-5\.8\.0-0123, the backup is of other"):
        made(root_of(home, release="other"))
    assert made(root_of(home, release="wso2is-5.8.0-0123"))


def test_two_links_to_one_release_are_one_copy(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(home.resolve())
    roots = [root_of(home), Root("is/other", str(tmp_path / "other"), leave=("tmp",))]
    stream = made(*roots)
    assert names(stream) == names(made(roots[0]))
    before = tree(home.resolve())
    (home / "repository/conf/carbon.xml").unlink()
    (home / "repository/conf/since.xml").write_text("x")
    put_back(stream, roots, check=False)
    assert tree(home.resolve()) == before


def test_missing_directories(tmp_path: Path) -> None:
    assert names(made(Root("a", str(tmp_path / "none")))) == []
    with pytest.raises(ArchiveError, match="none is not there; run the playbook"):
        made(Root("a", str(tmp_path / "none"), required=True))


def test_a_file_that_changes_is_read_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat
    asked: list[int] = []
    path = home / "repository/conf/carbon.xml"

    def fstat(handle: int) -> os.stat_result:
        status = real(handle)
        if status.st_ino == path.stat().st_ino and len(asked) < 2:
            asked.append(handle)
            # Between the two looks of the first reading.
            if len(asked) == 1:
                path.write_text("<Server>longer</Server>")
        return status

    monkeypatch.setattr(backup_archive.os, "fstat", fstat)
    stream = made(root_of(home))
    stream.seek(0)
    with tarfile.open(fileobj=stream, mode="r:gz") as archive:
        held = archive.extractfile("is/home/repository/conf/carbon.xml")
        assert held is not None and held.read() == b"<Server>longer</Server>"


def test_a_file_that_changes_all_the_time_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat
    path = home / "repository/conf/carbon.xml"
    turns = iter(range(1, 1000))

    def fstat(handle: int) -> os.stat_result:
        status = real(handle)
        if status.st_ino == path.stat().st_ino:
            path.write_text("x" * next(turns))
        return status

    monkeypatch.setattr(backup_archive.os, "fstat", fstat)
    with pytest.raises(ArchiveError, match=r"carbon\.xml is written all the time"):
        made(root_of(home))


def test_a_file_that_vanishes_is_left_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.listdir

    def listdir(handle: Any) -> list[str]:
        return [*real(handle), "gone"]

    monkeypatch.setattr(backup_archive.os, "listdir", listdir)
    assert not any("gone" in name for name in names(made(root_of(home))))


@pytest.mark.parametrize(
    ("infos", "words"),
    [
        ([entry("/etc/passwd")], "not allowed"),
        ([entry("is/home/../../etc/passwd")], "not allowed"),
        ([entry("is/home/./a")], "not allowed"),
        ([entry("other/a")], "belongs to nothing"),
        ([entry("is/homes/a")], "belongs to nothing"),
        ([entry("is/home/link", tarfile.SYMTYPE)], "neither a directory nor"),
        ([entry("is/home/link", tarfile.LNKTYPE)], "neither a directory nor"),
        ([entry("is/home/pipe", tarfile.FIFOTYPE)], "neither a directory nor"),
        ([entry("is/home/device", tarfile.CHRTYPE)], "neither a directory nor"),
        ([entry("is/home/a"), entry("is/home/a")], "twice"),
        ([entry("is/home/a"), entry("is/home/a/b")], "lies in a file"),
        ([entry("is/home")], "is not a directory"),
        ([entry("is/home/.wso2is-restore-0")], "not allowed"),
    ],
)
def test_hostile_archives(home: Path, infos: list[tarfile.TarInfo], words: str) -> None:
    before = tree(home.resolve())
    with pytest.raises(ArchiveError, match=words):
        put_back(hostile(*infos), [root_of(home)], check=False)
    assert tree(home.resolve()) == before


STEPS = st.one_of(
    st.sampled_from(["..", ".", "", "is", "home", "is/home", "repository", "conf", "userstores", "/", "\\", "tmp"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5),
)
KINDS = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.lists(STEPS, min_size=1, max_size=6), KINDS), min_size=1, max_size=6),
    st.booleans(),
)
@example([(["is/home", "repository", "deployment", "server", "userstores", "evil"], tarfile.REGTYPE)], True)
def test_no_archive_leaves_its_directory(
    tmp_path_factory: pytest.TempPathFactory, paths: list[tuple[list[str], bytes]], prefix: bool
) -> None:
    place = tmp_path_factory.mktemp("escape")
    (place / "home/repository/deployment/server").mkdir(parents=True)
    (place / "share").mkdir()
    (place / "home/repository/deployment/server/userstores").symlink_to(place / "share")
    infos = [entry("/".join(["is/home"] * prefix + steps), kind) for steps, kind in paths]

    def outside() -> dict[str, Any]:
        # The root's own mode belongs to the archive.
        return {name: what for name, what in tree(place).items() if name.split("/")[0] != "home"}

    before = outside()
    with contextlib.suppress(ArchiveError, OSError):
        put_back(hostile(*infos), [Root(HOME, str(place / "home"))], check=False)
    assert outside() == before
    links = [path for path in (place / "home").rglob("*") if path.is_symlink()]
    assert links == [place / "home/repository/deployment/server/userstores"]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_cut_and_spoilt_archives_are_refused_or_read(data: st.DataObject) -> None:
    whole = hostile(entry("is/home/a", size=100), entry("is/home/b", size=3)).getvalue()
    if data.draw(st.booleans()):
        spoilt = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        position = data.draw(st.integers(0, len(whole) - 1))
        spoilt = whole[:position] + bytes([data.draw(st.integers(0, 255))]) + whole[position + 1 :]
    try:
        with reading(io.BytesIO(spoilt)) as archive:
            list(members(archive, [HOME]))
    except ArchiveError as error:
        assert str(error)


def test_an_archive_without_exact_times(home: Path) -> None:
    info = entry("is/home/a")
    info.mtime = 1700000000
    put_back(hostile(info), [Root(HOME, str(home))], check=False)
    assert (home / "a").stat().st_mtime_ns == 1700000000000000000


def test_set_user_id_is_not_put_back(home: Path) -> None:
    info = entry("is/home/a")
    info.mode = 0o6755
    put_back(hostile(info), [Root(HOME, str(home))], check=False)
    assert stat.S_IMODE((home / "a").stat().st_mode) == 0o755


# With names: the compressed content holds the time, and the workers of a run must collect the same tests.
@pytest.mark.parametrize("content", [b"", b"text", gzip.compress(b"text" * 1000)], ids=["empty", "text", "gzip"])
def test_no_archive_at_all(home: Path, content: bytes) -> None:
    with pytest.raises(ArchiveError, match="the archive cannot be read"):
        put_back(io.BytesIO(content), [root_of(home)], check=False)
