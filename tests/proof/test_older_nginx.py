# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reload of an nginx without keepalive_min_timeout costs (1.22, of Debian 12), which cannot be nothing."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from converged import Lab
from load import Load
from under_load import ending, load_on, make_inventory, none_drained

LAB_HOSTS = ("lb1", "is1", "is2", "db1")
LAB_IMAGES = {"lb1": "wso2is-lab/node:bookworm"}
RELOADS = 5


@pytest.fixture(scope="module")
def inventory(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deployed."""
    made = make_inventory(tmp_path_factory.mktemp("older"))
    run = lab.play("pattern1", log="older-first", inventory=made)
    assert run.code == 0, ending(run, 80)
    return made


def of_closed_connections(load: Load) -> int:
    """Failures of requests on a connection that was closed."""
    return sum(failure.connection == "kept" for failure in load.failures)


@pytest.mark.parametrize("looks_after", [60.0, 0.0], ids=["who does not look", "who looks before each request"])
def test_reloads(lab: Lab, inventory: Path, looks_after: float) -> None:
    text = lab.on("lb1", "sh", "-c", "nginx -v 2>&1; cat /etc/nginx/nginx.conf")
    assert re.search(r"nginx/1\.2[0-6]\.", text) and "keepalive_min_timeout" not in text
    with load_on(lab, looks_after=looks_after) as load:
        for _reload in range(RELOADS):
            more = load.requests + 1500
            until = time.monotonic() + 60
            while load.requests < more:
                assert time.monotonic() < until
                time.sleep(0.1)
            lab.on("lb1", "systemctl", "reload", "nginx")
        load.until(load.requests + 1500)
    print(load.report())
    print(
        f"{of_closed_connections(load) / RELOADS:.1f} requests lost in each of {RELOADS} reloads, with 44 connections"
    )
    # Nothing else is lost than what met a closed connection, and at most one request for each.
    assert of_closed_connections(load) == load.counts["failures"]
    assert load.counts["failures"] <= RELOADS * 50
    assert load.counts["logins again"] == 0


def test_a_rolling_restart(lab: Lab, inventory: Path) -> None:
    with load_on(lab, looks_after=0) as load:
        run = lab.play("restart", log="older-restart", inventory=inventory)
    print(load.report())
    assert run.code == 0, ending(run, 80)
    assert none_drained(lab)
    assert of_closed_connections(load) == load.counts["failures"]
    assert load.counts["logins again"] == 0
