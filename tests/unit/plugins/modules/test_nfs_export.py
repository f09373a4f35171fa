# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NFS server's export."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.modules import nfs_export
from ansible_collections.identityops.wso2is.plugins.modules.nfs_export import Export, ExportError
from fake_module import ModuleFailed, run_main

OPTIONS = "rw,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,sec=sys"


class Host:
    """A host whose files lie below a folder, with an exportfs of its own."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        tools = root / "tools"
        tools.mkdir()
        # The real one reads the files below /etc/exports.d and writes the table.
        (tools / "exportfs").write_text(
            "#!/bin/sh\n"
            f'[ ! -e {root}/refuse ] || {{ echo "exportfs: /srv: no such place"; exit 1; }}\n'
            f"mkdir -p {root}/var/lib/nfs\n"
            f": >{root}/var/lib/nfs/etab\n"
            f"sed -n '/^#/d; p' {root}/etc/exports.d/*.exports | while read -r path clients; do\n"
            '  for client in $clients; do printf \'%s\\t%s\\n\' "$path" "${client%%(*}(' + OPTIONS + ')"; done\n'
            f"done >>{root}/var/lib/nfs/etab\n"
        )
        (tools / "exportfs").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")

    def run(self, check: bool = False, **changes: Any) -> dict[str, Any]:
        options: dict[str, Any] = {
            "directory": "/srv/wso2is/",
            "clients": ["192.0.2.21", "2001:db8::22"],
            "name": "login.example.org",
            "uid": os.getuid(),
            "gid": os.getgid(),
            "mode": "0750",
            "lease_seconds": 90,
        }
        return Export({**options, **changes}, check, str(self.root)).run()

    def kernel(self, versions: str, lease: str, threads: str = "8") -> None:
        folder = self.root / "proc/fs/nfsd"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("versions", versions), ("nfsv4leasetime", lease), ("threads", threads)):
            (folder / name).write_text(text + "\n")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_an_empty_host_in_check_mode(host: Host) -> None:
    found = host.run(check=True)
    assert found["messages"] == [
        "make /srv/wso2is",
        "write /etc/nfs.conf.d/wso2is.conf",
        "write /etc/exports.d/login.example.org.exports",
        "export /srv/wso2is to 192.0.2.21, 2001:db8::22",
    ]
    assert not found["restart"]
    assert "/srv/wso2is 192.0.2.21(rw,sync,root_squash,no_subtree_check,sec=sys)" in found["diff"][1]["after"]
    assert os.listdir(host.root) == ["tools"]


def test_exported(host: Host) -> None:
    assert host.run()["changed"]
    status = (host.root / "srv/wso2is").stat()
    assert stat.S_IMODE(status.st_mode) == 0o750
    assert stat.S_IMODE((host.root / "srv").stat().st_mode) == 0o755
    conf = (host.root / "etc/nfs.conf.d/wso2is.conf").read_text()
    assert "vers3=n\nvers4=y\nvers4.0=n\nvers4.1=n\nvers4.2=y\n" in conf
    assert "grace-time=90\nlease-time=90\n" in conf

    again = host.run()
    assert (again["changed"], again["messages"], again["diff"]) == (False, [], [])


def test_other_clients(host: Host) -> None:
    host.run()
    assert host.run(clients=["192.0.2.21"])["messages"] == [
        "write /etc/exports.d/login.example.org.exports",
        "export /srv/wso2is to 192.0.2.21",
    ]
    assert "2001:db8::22" not in (host.root / "var/lib/nfs/etab").read_text()


def test_killed_before_the_exports_were_read(host: Host) -> None:
    host.run()
    (host.root / "var/lib/nfs/etab").write_text("")
    assert host.run()["messages"] == ["export /srv/wso2is to 192.0.2.21, 2001:db8::22"]
    assert host.run()["messages"] == []


def test_exported_by_hand_with_other_options(host: Host) -> None:
    host.run()
    etab = host.root / "var/lib/nfs/etab"
    etab.write_text(etab.read_text().replace("root_squash", "no_root_squash"))
    assert host.run()["changed"]
    assert not host.run()["changed"]


def test_the_owner_is_put_right(host: Host) -> None:
    host.run()
    (host.root / "srv/wso2is").chmod(0o777)
    found = host.run(check=True)
    assert found["messages"] == ["give /srv/wso2is to %d:%d, mode 0750" % (os.getuid(), os.getgid())]
    host.run()
    assert stat.S_IMODE((host.root / "srv/wso2is").stat().st_mode) == 0o750


@pytest.mark.parametrize(
    ("versions", "lease", "threads", "restart"),
    [
        ("-3 +4 -4.0 -4.1 +4.2", "90", "8", False),
        ("+3 +4 -4.0 +4.1 +4.2", "90", "8", True),
        ("-2 -3 +4 -4.0 -4.1 -4.2", "90", "8", True),
        ("-3 +4 -4.0 -4.1 +4.2", "15", "8", True),
        # It does not run: there is nothing to start again.
        ("+3 +4", "90", "0", False),
        ("", "90", "8", False),
    ],
)
def test_a_server_that_speaks_something_else(
    host: Host, versions: str, lease: str, threads: str, restart: bool
) -> None:
    host.kernel(versions, lease, threads)
    assert host.run()["restart"] is restart


def test_no_directory(host: Host) -> None:
    (host.root / "srv").mkdir()
    (host.root / "srv/wso2is").write_text("")
    with pytest.raises(ExportError, match="/srv/wso2is is not a directory; remove it or change artifact_sync_nfs_dir"):
        host.run()


def test_exportfs_fails(host: Host) -> None:
    (host.root / "refuse").write_text("")
    with pytest.raises(ExportError, match="exportfs -ra: exportfs: /srv: no such place"):
        host.run()


def test_the_module(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"directory": "/srv/wso2is", "clients": ["192.0.2.21"], "name": "a", "uid": 802, "gid": 802}
    real = nfs_export.Export

    def here(params: dict[str, Any], check: bool) -> Export:
        return real({**params, "uid": os.getuid(), "gid": os.getgid()}, check, str(host.root))

    monkeypatch.setattr(nfs_export, "Export", here)
    assert run_main(monkeypatch, nfs_export, **options)["changed"]
    assert not run_main(monkeypatch, nfs_export, **options)["changed"]

    (host.root / "etc/exports.d/a.exports").unlink()
    (host.root / "refuse").write_text("")
    with pytest.raises(ModuleFailed, match="exportfs -ra"):
        run_main(monkeypatch, nfs_export, **options)

    (host.root / "etc/nfs.conf.d/wso2is.conf").unlink()
    (host.root / "etc/nfs.conf.d/wso2is.conf").mkdir()
    with pytest.raises(ModuleFailed, match="the directory can not be exported: "):
        run_main(monkeypatch, nfs_export, **options)
