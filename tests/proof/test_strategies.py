# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to change nodes that run, other than one at a time; and what an operator may add to each."""

from __future__ import annotations

from pathlib import Path

import pytest
from converged import IS_NODES, Lab
from under_load import ending, load_on, make_inventory, none_drained, running_with

LAB_HOSTS = ("lb1", "is1", "is2", "db1")
# A line in a file on the control node for each host that runs the hook.
HOOK = """
- name: Write down who changes
  ansible.builtin.lineinfile:
    path: "{{ noted }}"
    line: "MOMENT {{ inventory_hostname }} {{ rolling_changing | join(',') }}"
    create: true
    mode: "0600"
  delegate_to: localhost
  become: false
  throttle: 1
"""
# What all members must change together; from the first test on.
PORT = ("-e", "hazelcast_port=4001")
# Backwards, one at a time.
OWN = """
- name: The last one first
  ansible.builtin.include_tasks: tasks/rolling/nodes.yml
  loop: "{{ rolling_plan | reverse | list }}"
  loop_control:
    loop_var: turn
  vars:
    rolling_changing: ["{{ turn }}"]
"""


@pytest.fixture(scope="module")
def inventory(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pattern 1, deployed."""
    made = make_inventory(tmp_path_factory.mktemp("strategies"))
    run = lab.play("pattern1", log="strategies-first", inventory=made)
    assert run.code == 0, ending(run, 80)
    return made


def starts(lab: Lab) -> dict[str, tuple[int, int]]:
    """When the start of each node began and when it was ready, in microseconds."""
    names = ("InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    shown = {node: lab.unit(node, "wso2is", *names) for node in IS_NODES}
    return {node: (int(found[names[0]]), int(found[names[1]])) for node, found in shown.items()}


def test_all_at_once(lab: Lab, inventory: Path) -> None:
    """Nobody is served meanwhile, and everybody afterwards; the cluster has another port."""
    arguments = (*PORT, "-e", "wso2is_change_strategy=all_at_once", "-e", "is_node_java_options=-Dproof=1")
    run = lab.play("pattern1", *arguments, log="strategies-all", inventory=inventory)
    assert run.code == 0, ending(run, 80)
    found = starts(lab)
    assert max(began for began, _ready in found.values()) < min(ready for _began, ready in found.values()), found
    assert all("-Dproof=1" in running_with(lab, node) for node in IS_NODES)
    assert none_drained(lab)
    with load_on(lab) as load:
        load.until(500)
    assert load.losses == {}


def test_half(lab: Lab, inventory: Path) -> None:
    """Half of two nodes is one, so nothing is lost."""
    arguments = (*PORT, "-e", "wso2is_change_strategy=half", "-e", "is_node_java_options=-Dproof=2")
    with load_on(lab) as load:
        run = lab.play("pattern1", *arguments, log="strategies-half", inventory=inventory)
    print(load.report())
    assert run.code == 0, ending(run, 80)
    assert load.losses == {}
    found = starts(lab)
    assert found["is1"][1] < found["is2"][0], found
    assert all("-Dproof=2" in running_with(lab, node) for node in IS_NODES)
    assert none_drained(lab)


def test_ones_own_and_hooks(lab: Lab, inventory: Path, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    (tmp_path / "own.yml").write_text(OWN)
    arguments = [*PORT, "-e", f"wso2is_change_strategy={tmp_path}/own.yml", "-e", f"noted={noted}"]
    for moment in ("before", "after"):
        (tmp_path / f"{moment}.yml").write_text(HOOK.replace("MOMENT", moment))
        arguments += ["-e", f"wso2is_{moment}_change={tmp_path}/{moment}.yml"]
    with load_on(lab) as load:
        run = lab.play(
            "pattern1",
            *arguments,
            "-e",
            "is_node_java_options=-Dproof=3",
            log="strategies-own",
            inventory=inventory,
        )
    print(load.report())
    assert run.code == 0, ending(run, 80)
    assert load.losses == {}
    found = starts(lab)
    assert found["is2"][1] < found["is1"][0], found
    lines = noted.read_text().splitlines()
    # Every host of the play runs both, for each node that changes.
    hosts = ("is1", "is2", "lb1")
    assert sorted(lines) == sorted(
        f"{moment} {host} {turn}" for moment in ("before", "after") for host in hosts for turn in IS_NODES
    )
    assert [line.split()[0] for line in lines] == ["before"] * 3 + ["after"] * 3 + ["before"] * 3 + ["after"] * 3
    assert [line.split()[2] for line in lines] == ["is2"] * 6 + ["is1"] * 6


def test_the_hook_after_a_change_that_failed(lab: Lab, inventory: Path, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    (tmp_path / "after.yml").write_text(HOOK.replace("MOMENT", "after"))
    arguments = (*PORT, "-e", f"wso2is_after_change={tmp_path}/after.yml", "-e", f"noted={noted}")
    bad = ("-e", "is_node_java_options=-XX:+NoSuchOption")
    run = lab.play("pattern1", *arguments, *bad, log="strategies-bad", inventory=inventory)
    assert run.code != 0
    assert "It was put back and serves as before. is2 was not touched." in " ".join(run.output.split())
    assert sorted(noted.read_text().splitlines()) == ["after is1 is1", "after is2 is1", "after lb1 is1"]
    assert none_drained(lab)


def test_a_strategy_that_is_none(lab: Lab, inventory: Path) -> None:
    """Before anything is changed."""
    started = {node: lab.started(node, "wso2is") for node in IS_NODES}
    arguments = (*PORT, "-e", "wso2is_change_strategy=sometimes", "-e", "is_node_java_options=-Dproof=4")
    run = lab.play("pattern1", *arguments, log="strategies-none", inventory=inventory)
    assert run.code != 0
    assert "wso2is_change_strategy" in run.output
    assert run.changed == {}
    assert {node: lab.started(node, "wso2is") for node in IS_NODES} == started
