# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under load a third node comes and goes; the others are not started again, and no request is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from converged import IS_NODES, Lab
from under_load import MANY, balanced, ending, load_on, make_inventory, none_drained

LAB_HOSTS = ("lb1", "is1", "is2", "is3", "db1")


@pytest.fixture(scope="module")
def inventories(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """By the number of nodes."""
    folder = tmp_path_factory.mktemp("nodes")
    return {number: make_inventory(folder, number) for number in (2, 3)}


def test_deployed(lab: Lab, inventories: dict[int, Path]) -> None:
    run = lab.play("pattern1", log="nodes-first", inventory=inventories[2])
    assert run.code == 0, ending(run, 80)


@pytest.mark.parametrize(
    ("playbook", "arguments", "nodes"),
    [
        pytest.param("add_node", (), 3, id="scale out"),
        pytest.param("remove_node", ("-e", "wso2is_removed=is3"), 2, id="scale in"),
    ],
)
def test_nodes(lab: Lab, inventories: dict[int, Path], playbook: str, arguments: tuple[str, ...], nodes: int) -> None:
    started = {node: lab.started(node, "wso2is") for node in IS_NODES}
    with load_on(lab) as load:
        run = lab.play(playbook, *arguments, log=f"nodes-{playbook}", inventory=inventories[3])
        if run.code == 0:
            load.until(MANY)
    print(load.report())
    assert run.code == 0, ending(run, 80)
    assert load.losses == {}
    assert load.counts["requests"] >= MANY
    assert {node: lab.started(node, "wso2is") for node in IS_NODES} == started
    assert none_drained(lab)
    assert ("route=is3 " in balanced(lab)) == (nodes == 3)

    # The pattern has nothing to add.
    after = lab.play("pattern1", log=f"nodes-after-{playbook}", inventory=inventories[nodes])
    assert after.code == 0, ending(after, 80)
    assert after.changed == {}
    assert {node: lab.started(node, "wso2is") for node in IS_NODES} == started


def test_a_node_that_is_gone(lab: Lab, inventories: dict[int, Path]) -> None:
    """Its host does not answer any more; the others forget it all the same."""
    added = lab.play("add_node", log="nodes-add-again", inventory=inventories[3])
    assert added.code == 0, ending(added, 80)
    started = {node: lab.started(node, "wso2is") for node in IS_NODES}
    lab.script("docker", "kill", lab.container("is3"))
    run = lab.play("remove_node", "-e", "wso2is_removed=is3", log="nodes-remove-gone", inventory=inventories[3])
    assert run.code == 0, ending(run, 80)
    said = " ".join(run.output.split())
    assert "is3 does not answer (" in said
    assert "what is on it stays there. The others no longer know it." in said
    assert "route=is3 " not in balanced(lab)
    assert none_drained(lab)
    after = lab.play("pattern1", log="nodes-after-gone", inventory=inventories[2])
    assert (after.code, after.changed) == (0, {}), ending(after, 80)
    assert {node: lab.started(node, "wso2is") for node in IS_NODES} == started
