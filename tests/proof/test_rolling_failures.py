# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change that cannot work ends with its cause, the node is put back, and the cluster serves throughout."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from converged import Lab, Run
from scenario import findings
from under_load import another_pack, balanced, ending, load_on, make_inventory, none_drained, running_with

LAB_HOSTS = ("lb1", "is1", "is2", "db1")
BASE = "/opt/wso2"
FILLER = f"{BASE}/filler"
PUT_BACK = "It was put back and serves as before. is2 was not touched."
# Fills the disk of is1 when the run has looked at it and is about to change it.
FILL = f"""---
- name: Fill the disk
  ansible.builtin.command:
    argv: [sh, -c, "dd if=/dev/zero of={FILLER} bs=1M 2>/dev/null; true"]
  changed_when: false
  when: inventory_hostname == 'is1'
"""
FAILS = """---
- name: Silence the alarm
  ansible.builtin.fail:
    msg: The alarm system does not answer
  when: inventory_hostname == 'is1'
"""
# Cuts is1 off from the cluster, not from the load balancer, before it is restarted.
DROP = "add table inet cut; add chain inet cut in {type filter hook input priority 0;}"
DROP += "".join(f"; add rule inet cut in tcp {end} 4000 drop" for end in ("dport", "sport"))
CUT = f"""---
- name: Cut it off
  ansible.builtin.command:
    argv: [nft, "{DROP}"]
  changed_when: false
  when: inventory_hostname == 'is1'
"""


@pytest.fixture(scope="module")
def inventory(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deployed, with a small disk of its own for the software of is1."""
    mount = f"mkdir -p {BASE} && mount -t tmpfs -o size=1200m,mode=755 tmpfs {BASE}"
    lab.on("is1", "sh", "-c", f"mountpoint -q {BASE} || {{ {mount}; }}")
    made = make_inventory(tmp_path_factory.mktemp("failures"))
    run = lab.play("pattern1", log="failing-first", inventory=made)
    assert run.code == 0, ending(run, 80)
    return made


@pytest.fixture
def refused(lab: Lab, inventory: Path) -> Callable[..., Run]:
    """Runs a playbook under load, which must fail and cost nobody anything."""

    def run(*arguments: str, log: str, playbook: str = "pattern1") -> Run:
        before = lab.started("is2", "wso2is")
        with load_on(lab) as load:
            done = lab.play(playbook, *arguments, log=log, inventory=inventory)
        print(f"{ending(done)}\n{load.report()}")
        assert done.code not in (0, 4)
        assert load.losses == {}
        assert load.counts["requests"] > 1000
        assert lab.started("is2", "wso2is") == before
        assert "Traceback" not in done.output
        return done

    return run


def joined(run: Run) -> str:
    return " ".join(run.output.split())


def serves_as_before(lab: Lab, run: Run) -> None:
    assert "is1 could not be changed: " in run.output
    assert PUT_BACK in joined(run)
    assert none_drained(lab)
    assert lab.unit("is1", "wso2is", "ActiveState")["ActiveState"] == "active"


def test_a_bad_option_of_the_jvm(lab: Lab, refused: Callable[..., Run]) -> None:
    run = refused("-e", "is_node_java_options=-XX:+NoSuchOption", log="failing-option")
    serves_as_before(lab, run)
    assert "NoSuchOption" not in running_with(lab, "is1")
    assert "NoSuchOption" in ending(run)


def test_a_key_with_another_password(lab: Lab, tmp_path: Path, refused: Callable[..., Run]) -> None:
    """The store opens with its password, its key does not."""
    shutil.copy(lab.scratch / "ca/wso2carbon.jks", tmp_path / "store.jks")
    builder = lab.script("bash", "-c", '. lab/lib.sh; printf %s "$LAB_BUILDER_IMAGE"')
    passwords = ("-storepass", "lab-is-store", "-keypass", "lab-is-store", "-new", "another-password")
    command = ("keytool", "-keypasswd", "-alias", "wso2carbon", "-keystore", "/store/store.jks", *passwords)
    lab.script("docker", "run", "--rm", "--network", "none", "-v", f"{tmp_path}:/store", builder, *command)
    run = refused("-e", f"wso2is_keystore={tmp_path}/store.jks", log="failing-keystore")
    serves_as_before(lab, run)
    assert "a keystore or truststore does not open with its password" in joined(run)


def test_a_release_that_does_not_start(lab: Lab, tmp_path: Path, refused: Callable[..., Run]) -> None:
    home = "/opt/wso2/is/current"
    before = lab.on("is1", "readlink", "-f", home)
    pack = another_pack(lab, tmp_path / "broken.zip", without="tomcat-jdbc-7.0.94.jar")
    run = refused("-e", f"wso2is_pack={pack}", log="failing-release")
    serves_as_before(lab, run)
    assert lab.on("is1", "readlink", "-f", home) == before


def test_a_node_that_does_not_join(lab: Lab, inventory: Path, refused: Callable[..., Run]) -> None:
    """It starts with another port than the others have, so nobody would tell it what to forget."""
    run = refused("-e", "hazelcast_port=4001", "-e", "hazelcast_verify_timeout=10", log="failing-port")
    said = joined(run)
    assert "is1 is ready, but member is2: " in said
    assert "needs wso2is_change_strategy=all_at_once." in said
    assert PUT_BACK in said
    assert none_drained(lab)
    verified = lab.play("verify", log="failing-port-after", inventory=inventory)
    assert verified.code == 0, ending(verified)


def test_a_hook_that_fails(lab: Lab, tmp_path: Path, refused: Callable[..., Run]) -> None:
    """Before anything is drained: what the operator wanted to be done first is not done."""
    (tmp_path / "fails.yml").write_text(FAILS)
    started = lab.started("is1", "wso2is")
    hook = f"wso2is_before_change={tmp_path}/fails.yml"
    run = refused("-e", "is_node_java_options=-Dproof=1", "-e", hook, log="failing-hook")
    assert "is1 failed, so is1 was not changed." in joined(run)
    assert lab.started("is1", "wso2is") == started
    assert none_drained(lab)


@pytest.fixture
def cut_off(lab: Lab, tmp_path: Path) -> Iterator[str]:
    """A hook that cuts is1 off; afterwards it is reached again."""
    (tmp_path / "cut.yml").write_text(CUT)
    yield f"wso2is_before_change={tmp_path}/cut.yml"
    lab.on("is1", "nft", "delete table inet cut", check=False)


def test_a_restarted_node_that_does_not_see_the_others(
    lab: Lab, inventory: Path, refused: Callable[..., Run], cut_off: str
) -> None:
    """There is nothing to put back: it stays out of the balancing, and comes back with the next run."""
    alone = ("-e", "wso2is_pattern=1", "-e", "hazelcast_verify_timeout=10")
    run = refused(*alone, "-e", cut_off, log="failing-restart", playbook="restart")
    said = joined(run)
    assert "is1 is ready, but member is2: " in said
    assert "is1 stays out of the balancing until the next run. is2 was not touched." in said
    assert "all_at_once" not in said
    assert " down;" in balanced(lab)
    lab.on("is1", "nft", "delete table inet cut")
    again = lab.play("restart", "-e", "wso2is_pattern=1", log="failing-restart-again", inventory=inventory)
    assert again.code == 0, ending(again, 80)
    assert none_drained(lab)


@pytest.fixture
def emptied(lab: Lab) -> Iterator[None]:
    """Afterwards there is space again."""
    yield
    lab.on("is1", "rm", "-f", FILLER)


@pytest.mark.usefixtures("emptied")
def test_a_full_disk_is_found(lab: Lab, refused: Callable[..., Run]) -> None:
    """Before anything is changed."""
    lab.on("is1", "sh", "-c", f"dd if=/dev/zero of={FILLER} bs=1M 2>/dev/null; true")
    started = lab.started("is1", "wso2is")
    run = refused("-e", "is_node_java_options=-Dproof=2", log="failing-disk-found")
    assert any("| is1 | disk | " in row for row in findings(run.output))
    assert run.changed == {}
    assert lab.started("is1", "wso2is") == started


@pytest.mark.usefixtures("emptied")
def test_a_disk_that_fills_during_the_change(
    lab: Lab, inventory: Path, tmp_path: Path, refused: Callable[..., Run]
) -> None:
    (tmp_path / "fill.yml").write_text(FILL)
    hook = f"wso2is_before_change={tmp_path}/fill.yml"
    run = refused("-e", "is_node_java_options=-Dproof=3", "-e", hook, log="failing-disk")
    assert "is1 could not be changed: " in run.output
    assert "No space left on device" in joined(run)
    if lab.unit("is1", "wso2is", "ActiveState")["ActiveState"] == "active":
        assert PUT_BACK in joined(run)
        assert none_drained(lab)
    else:
        assert "is1 stays out of the balancing until the next run." in joined(run)
        assert " down;" in balanced(lab)


def test_mended(lab: Lab, inventory: Path) -> None:
    """With space again the same run ends well, and nothing of the failed ones is left."""
    setting = ("-e", "is_node_java_options=-Dproof=3")
    run = lab.play("pattern1", *setting, log="failing-mended", inventory=inventory)
    assert run.code == 0, ending(run, 80)
    assert none_drained(lab)
    assert all("-Dproof=3" in running_with(lab, node) for node in ("is1", "is2"))
    again = lab.play("pattern1", *setting, log="failing-last", inventory=inventory)
    assert again.code == 0 and again.changed == {}, ending(again, 80)
