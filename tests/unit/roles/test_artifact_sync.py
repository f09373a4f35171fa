# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role artifact_sync brings to each family of operating systems, and its mount unit."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.modules.host_info import parse_os_release

ROLE = Path(__file__).parents[3] / "roles" / "artifact_sync"


@pytest.mark.parametrize(
    ("system", "client", "server"),
    [
        ("ID=debian", "nfs-common", "nfs-kernel-server"),
        ("ID=ubuntu\nID_LIKE=debian", "nfs-common", "nfs-kernel-server"),
        ('ID="rhel"\nID_LIKE="fedora"', "nfs-utils", "nfs-utils"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "nfs-utils", "nfs-utils"),
    ],
)
def test_packages(system: str, client: str, server: str) -> None:
    family = parse_os_release(system)["family"]
    assert yaml.safe_load((ROLE / "vars" / f"{family}.yml").read_text()) == {
        "__artifact_sync_packages": {"client": client, "server": server}
    }
    assert (ROLE / "tasks" / f"install_{family}.yml").exists()


def test_mount_unit() -> None:
    template = jinja2.Template((ROLE / "templates/share.mount.j2").read_text())
    share = {"source": "192.0.2.61:/srv/wso2is", "path": "/mnt/wso2is-shared"}
    lines = template.render(__artifact_sync_share=share).splitlines()
    assert {"What=192.0.2.61:/srv/wso2is", "Where=/mnt/wso2is-shared", "Type=nfs4"} <= set(lines)
    options = next(line for line in lines if line.startswith("Options=")).removeprefix("Options=").split(",")
    assert {"vers=4.2", "hard", "_netdev", "nosuid", "nodev", "noexec", "nofail"} <= set(options)
