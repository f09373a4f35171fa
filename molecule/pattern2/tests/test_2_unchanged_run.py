# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that finds nothing to do: what it costs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from converged import HOSTS, WORKERS, Lab, Run, execution_limit, read_record

# The wall time of a run is the number of module executions times about a quarter second: what is enough today. The
# first IS node also asks the databases.
ENOUGH = {"is1": 7, "is2": 6, "analytics1": 6, "analytics2": 6, "lb1": 3}


@pytest.fixture(scope="module")
def run(lab: Lab) -> Run:
    """The idempotence step's run; where molecule did another one since, a run of its own."""
    last = Run(0, "", *read_record(Path(os.environ["MODULE_EXECUTIONS_RECORD"])))
    if set(last.stats) == set(HOSTS) and not last.changed:
        return last
    return lab.play("pattern2", log="unchanged")


def test_nothing_changes(run: Run) -> None:
    assert run.code == 0, run.output[-5000:]
    assert run.changed == {}
    assert set(run.stats) == set(HOSTS)


def test_module_executions(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """At most 8 on an IS node, 8 on an Analytics node, 6 on the load balancer, 4 on any other host."""
    assert {host: execution_limit(host) for host in (*HOSTS, "nfs1", "db1")} == {
        "is1": 8,
        "is2": 8,
        "analytics1": 8,
        "analytics2": 8,
        "lb1": 6,
        "nfs1": 4,
        "db1": 4,
    }
    found = {
        host: run.executions_on(host) for host in sorted({item["host"] for item in run.executions} - {"localhost"})
    }
    assert set(found) == set(HOSTS)
    table = [f"{'host':<12}{'modules':>8}{'limit':>8}"]
    table += [f"{host:<12}{len(items):>8}{execution_limit(host):>8}" for host, items in found.items()]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *table, ""]))
    above = {host: items for host, items in found.items() if len(items) > execution_limit(host)}
    assert not above, "\n".join(table + [f"{host}: {item}" for host, items in above.items() for item in items])


def test_no_module_execution_more_than_needed(run: Run) -> None:
    assert {
        host: run.executions_on(host) for host, enough in ENOUGH.items() if len(run.executions_on(host)) > enough
    } == {}


def test_nodes_of_a_kind_cost_the_same(run: Run) -> None:
    only_once = [item for item in run.executions_on("is1") if item not in run.executions_on("is2")]
    assert len(only_once) == 1 and "postgresql_schemas" in only_once[0]
    assert sorted(run.executions_on(WORKERS[0])) == sorted(run.executions_on(WORKERS[1]))
