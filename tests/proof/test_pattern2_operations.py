# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators do with a whole pattern 2: see that no worker receives; take a backup and put it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from converged import IS_NODES, WORKERS, Lab, Run, passwords_in, receiving, until

SERVERS = {
    **dict.fromkeys(IS_NODES, ("wso2is",)),
    **dict.fromkeys(WORKERS, ("wso2is-analytics-worker", "wso2is-analytics-dashboard")),
}
ANALYTICS = "/opt/wso2/analytics/current-worker"
DEPLOYMENT = f"{ANALYTICS}/conf/worker/deployment.yaml"
KEYSTORE = f"{ANALYTICS}/resources/security/wso2carbon.jks"
# Debian 12: PostgreSQL 15, while the nodes have the client programs of 17.
LAB_IMAGES = {"db1": "wso2is-lab/olderdb:bookworm"}
REJECT = "add table inet cut; add chain inet cut out {type filter hook output priority 0;}"
REJECT += "; add rule inet cut out tcp dport 5432 reject with tcp reset"
# As the refusal says.
END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)
COUNTED = (
    "INSERT INTO is_analytics_logins (username, node, worker, logins) VALUES ('proof', 'is1', 'analytics1-worker', 7)"
)
COUNTS = "SELECT worker, logins FROM is_analytics_logins ORDER BY 1, 2"


@pytest.fixture(scope="module")
def deployed(lab: Lab) -> Lab:
    """Pattern 2."""
    run = lab.play("pattern2", log="operations-deploy")
    assert run.code == 0, run.output[-5000:]
    return lab


@pytest.fixture
def look(deployed: Lab, tmp_path: Path) -> Callable[[str], tuple[Run, list[str]]]:
    """Runs health.yml; the run, and the problems in its report."""

    def run(log: str) -> tuple[Run, list[str]]:
        report = tmp_path / f"{log}.json"
        done = deployed.play("health", "-e", f"health_report={report}", log=log)
        assert passwords_in(done.output + report.read_text()) == []
        return done, [row["text"] for row in json.loads(report.read_text())["problems"]]

    return run


def sql(lab: Lab, database: str, statement: str) -> str:
    """What a database answers."""
    return lab.on("db1", "runuser", "-u", "postgres", "--", "psql", "-qAtX", "-d", database, "-c", statement)


def starts(lab: Lab) -> dict[str, list[int]]:
    """When the servers of each host started."""
    return {node: [lab.started(node, unit) for unit in units] for node, units in SERVERS.items()}


@pytest.fixture
def without_database(deployed: Lab) -> Iterator[None]:
    """Both workers are cut off from the database, so that neither can lead."""
    for node in WORKERS:
        deployed.on(node, "nft", REJECT)
    yield
    for node in WORKERS:
        deployed.on(node, "nft", "delete table inet cut", check=False)
    assert until(120, lambda: len(receiving(deployed)) == 1)


def test_all_is_well(look: Callable[[str], tuple[Run, list[str]]]) -> None:
    run, problems = look("operations-health")
    assert run.code == 0 and problems == [], run.output[-5000:]


@pytest.mark.usefixtures("without_database")
def test_two_passive_workers_are_named(deployed: Lab, look: Callable[[str], tuple[Run, list[str]]]) -> None:
    assert until(120, lambda: receiving(deployed) == [])
    run, problems = look("operations-passive")
    assert run.code != 0
    assert [text for text in problems if "analytics1 and analytics2 are passive" in text], problems
    assert "No worker receives events (port 7612)" in " ".join(run.output.split())


def state(lab: Lab) -> dict[str, Any]:
    """What a restore must bring back: files with mode and owner by host, and rows."""
    homes = dict.fromkeys(IS_NODES, "/opt/wso2/is/current/repository") | dict.fromkeys(WORKERS, ANALYTICS)
    files = {}
    for node, home in homes.items():
        find = f"find -L {home}/conf {home}/resources -type f -printf '%p %m %u:%g ' -exec sha256sum {{}} \\; | sort"
        files[node] = lab.on(node, "sh", "-c", find)
    return {**files, "counts": sql(lab, "an_stats", COUNTS)}


def test_a_backup_brings_analytics_back(deployed: Lab, tmp_path: Path) -> None:
    sql(deployed, "an_stats", COUNTED)
    before = state(deployed)
    assert all(before.values())
    started = starts(deployed)
    run = deployed.play(
        "backup", "-e", f"backup_dir={tmp_path}", "-e", "backup_databases=true", log="operations-backup"
    )
    assert run.code == 0, run.output[-5000:]
    assert starts(deployed) == started
    (backup,) = tmp_path.iterdir()
    files = {entry["file"] for entry in json.loads((backup / "manifest.json").read_text())["files"]}
    assert {f"{node}.tar.gz" for node in SERVERS} <= files
    # The restored group has a leader whose heartbeat is old.
    assert {"database-analytics.dump", "database-analytics_cluster.dump"} <= files

    deployed.on("analytics1", "sed", "-i", "s/^wso2.carbon:/wso2.damaged:/", DEPLOYMENT)
    deployed.on("analytics2", "rm", KEYSTORE)
    sql(deployed, "an_stats", "DELETE FROM is_analytics_logins")
    arguments = ("-e", f"restore_from={backup}", "-e", "restore_databases=true")
    # Sessions that were cut off without an end are still open for the database, as those of a host that lost its power.
    refused = deployed.play("restore", *arguments, log="operations-half-open")
    assert refused.code not in (0, 4)
    assert "Sessions of a host that is gone are ended by SELECT pg_terminate_backend(pid)" in refused.output
    assert "No file was put back, and the servers are stopped." in " ".join(refused.output.split())
    for database in ("an_stats", "an_cluster", "an_persistence"):
        login = ("env", f"PGPASSWORD={database}-pw", "psql", "-qAtX", "-h", "127.0.0.1", "-U", database, "-d", database)
        deployed.on("db1", *login, "-c", END_SESSIONS)
    run = deployed.play("restore", *arguments, log="operations-restore")
    assert run.code == 0, run.output[-5000:]
    assert passwords_in(run.output) == []
    assert state(deployed) == before
    assert all(
        new > old for node, news in starts(deployed).items() for new, old in zip(news, started[node], strict=True)
    )
    assert len(receiving(deployed)) == 1
    again = deployed.play("pattern2", log="operations-after")
    assert again.code == 0 and again.changed == {}, again.output[-5000:]
