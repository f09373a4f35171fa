# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running nodes are changed under load, and no request is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.module_utils.identity_client import Site, Target
from converged import IS_NODES, ROOT, Lab
from load import Load

USERS = 24


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """inventories/demo without Analytics hosts."""
    made = tmp_path_factory.mktemp("rolling")
    hosts = yaml.safe_load((ROOT / "inventories/demo/hosts.yml").read_text())
    for group in ("wso2is_analytics", "wso2is_dashboards"):
        del hosts["all"]["children"][group]
    (made / "hosts.yml").write_text(yaml.safe_dump(hosts))
    (made / "group_vars").symlink_to(ROOT / "inventories/demo/group_vars")
    return made


def load(lab: Lab) -> Load:
    given = yaml.safe_load((ROOT / "inventories/demo/group_vars/all.yml").read_text())
    target = Target("lb1", "127.0.0.1", lab.public_port)
    site = Site(lab.public_host, lab.public_port)
    return Load(target, site, lab.scratch / "ca/ca.crt", ("admin", given["wso2is_admin_password"]), USERS)


def test_deployed(lab: Lab, inventory: Path) -> None:
    run = lab.play("pattern1", log="rolling-first", inventory=inventory)
    assert run.code == 0, run.output[-5000:]
    assert "restart, because" not in run.output


def test_a_changed_setting(lab: Lab, inventory: Path) -> None:
    started = {node: lab.started(node, "wso2is") for node in IS_NODES}
    with load(lab) as work:
        run = lab.play("pattern1", "-e", "is_node_java_options=-Dproof=1", log="rolling-setting", inventory=inventory)
    print(dict(work.counts))
    assert run.code == 0, run.output[-5000:]
    assert "is1: restart, because of is.env" in run.output
    assert all(lab.started(node, "wso2is") > started[node] for node in IS_NODES)
    assert not work.failures, work.failures[:20]
    assert not work.counts["logins again"]
    assert work.counts["moved to another node"] > 0, "nobody was on a node that was changed"


def test_a_change_that_fails(lab: Lab, inventory: Path) -> None:
    """The first node is put back and serves, the second one never changed."""
    started = lab.started("is2", "wso2is")
    with load(lab) as work:
        run = lab.play(
            "pattern1", "-e", "is_node_java_options=-XX:+NoSuchOption", log="rolling-bad", inventory=inventory
        )
    print(dict(work.counts))
    assert run.code != 0
    assert "is1 could not be changed: " in run.output
    assert "It was put back and serves as before. The other nodes were not touched." in " ".join(run.output.split())
    assert "-Dproof=1" in lab.on("is1", "cat", "/opt/wso2/is/etc/is.env")
    assert lab.started("is2", "wso2is") == started
    assert " down" not in lab.on("lb1", "cat", "/etc/nginx/wso2is/nodes.conf")
    assert not work.failures, work.failures[:20]
    assert not work.counts["logins again"]


def test_the_generator_finds_failures(lab: Lab, inventory: Path) -> None:
    """A control: without the drain, requests are lost."""
    with load(lab) as work:
        for node in IS_NODES:
            lab.on(node, "systemctl", "kill", "--signal=SIGKILL", "wso2is")
            lab.on(node, "systemctl", "start", "wso2is", check=False)
    print(dict(work.counts))
    assert work.failures


def test_nothing_left(lab: Lab, inventory: Path) -> None:
    run = lab.play("pattern1", "-e", "is_node_java_options=-Dproof=1", log="rolling-last", inventory=inventory)
    assert run.code == 0, run.output[-5000:]
    assert run.changed == {}
