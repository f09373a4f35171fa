# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running nodes are changed under load, and no request is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from converged import IS_NODES, Lab, Run
from load import Load
from under_load import MANY, another_ca, another_pack, ending, load_on, make_inventory, none_drained, running_with

LAB_HOSTS = ("lb1", "is1", "is2", "db1")
# What the deployment is after the changes so far: arguments that the runs behind have as well.
ARGUMENTS: list[str] = []
RELEASES = "/opt/wso2/is/current"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rolling")


@pytest.fixture(scope="module")
def inventory(folder: Path) -> Path:
    return make_inventory(folder)


@pytest.fixture
def change(lab: Lab, inventory: Path) -> Callable[..., tuple[Run, Load]]:
    """Runs a playbook under load and requires that nothing was lost."""

    def run(playbook: str, *arguments: str, log: str, **numbers: Any) -> tuple[Run, Load]:
        before = {node: lab.started(node, "wso2is") for node in IS_NODES}
        with load_on(lab, **numbers) as load:
            done = lab.play(playbook, *ARGUMENTS, *arguments, log=log, inventory=inventory)
            if done.code == 0:
                load.until(MANY)
        print(f"{log}: {load.report()}")
        assert done.code == 0, ending(done, 80)
        assert load.losses == {}
        assert load.counts["requests"] >= MANY
        assert none_drained(lab)
        restarted = {node: lab.started(node, "wso2is") > before[node] for node in IS_NODES}
        assert set(restarted.values()) == {True}, restarted
        assert load.counts["moved to another node"] > 0, "nobody was on a node that was changed"
        ARGUMENTS.extend(arguments)
        return done, load

    return run


def test_deployed(lab: Lab, inventory: Path) -> None:
    run = lab.play("pattern1", log="rolling-first", inventory=inventory)
    assert run.code == 0, ending(run, 80)
    assert "restart, because" not in run.output


def test_a_rolling_restart(change: Callable[..., tuple[Run, Load]]) -> None:
    change("restart", log="rolling-restart")


def test_a_changed_setting(lab: Lab, change: Callable[..., tuple[Run, Load]]) -> None:
    run, _load = change("pattern1", "-e", "is_node_java_options=-Dproof=1", log="rolling-setting")
    assert "is1: restart, because of is.env" in run.output
    assert all("-Dproof=1" in running_with(lab, node) for node in IS_NODES)


def test_new_certificates(lab: Lab, folder: Path, change: Callable[..., tuple[Run, Load]]) -> None:
    """The nodes' keystore and the certificate of the public name, in one run."""
    ca = another_ca(lab, folder)
    public = ("-e", f"load_balancer_certificate={ca}/lb.crt", "-e", f"load_balancer_certificate_key={ca}/lb.key")
    change("pattern1", "-e", f"wso2is_keystore={ca}/wso2carbon.jks", *public, log="rolling-certificates")
    ask = "openssl s_client -connect {} -servername {} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    serial = lab.script("openssl", "x509", "-noout", "-serial", "-in", f"{ca}/wso2carbon.crt").strip()
    for node in IS_NODES:
        assert lab.on("lb1", "sh", "-c", ask.format(f"{node}:9443", lab.public_host)) == serial
    serial = lab.script("openssl", "x509", "-noout", "-serial", "-in", f"{ca}/lb.crt").strip()
    assert lab.on("lb1", "sh", "-c", ask.format(f"127.0.0.1:{lab.public_port}", lab.public_host)) == serial


def test_another_release_and_back(lab: Lab, folder: Path, change: Callable[..., tuple[Run, Load]]) -> None:
    """A pack with an update is another pack."""
    before = {lab.on(node, "readlink", "-f", RELEASES) for node in IS_NODES}
    pack = another_pack(lab, folder / "updated.zip")
    change("pattern1", "-e", f"wso2is_pack={pack}", log="rolling-release")
    after = {lab.on(node, "readlink", "-f", RELEASES) for node in IS_NODES}
    assert len(before) == len(after) == 1 and before != after
    assert all("Practice update 1" in lab.on(node, "cat", f"{RELEASES}/bin/version.txt") for node in IS_NODES)

    change("rollback", log="rolling-rollback")
    del ARGUMENTS[-2:]
    assert {lab.on(node, "readlink", "-f", RELEASES) for node in IS_NODES} == before


def test_the_generator_finds_failures(lab: Lab) -> None:
    """A control: restarts without the drain, then kills. Requests are lost."""
    with load_on(lab) as restarted:
        for node in IS_NODES:
            lab.on(node, "systemctl", "restart", "wso2is")
    print(f"restarts without the drain: {restarted.report()}")
    with load_on(lab) as killed:
        for node in IS_NODES:
            lab.on(node, "systemctl", "kill", "--signal=SIGKILL", "wso2is")
            lab.on(node, "systemctl", "start", "wso2is", check=False)
    print(f"kills: {killed.report()}")
    assert restarted.losses["failures"] > 0
    assert killed.losses["failures"] > 0


def test_nothing_left(lab: Lab, inventory: Path) -> None:
    run = lab.play("pattern1", *ARGUMENTS, log="rolling-last", inventory=inventory)
    assert run.code == 0, ending(run, 80)
    assert run.changed == {}
