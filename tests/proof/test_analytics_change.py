# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Analytics pair is changed, restarted and taken back while users log in: the passive worker first.

What each change counted and lost stands in results/proof/events.txt.
"""

from __future__ import annotations

import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.module_utils import identity_client as product
from converged import IS_NODES, ROOT, WORKERS, Lab, Run, receiving, until

WORKER, DASHBOARD = "wso2is-analytics-worker", "wso2is-analytics-dashboard"
BASE = "/opt/wso2/analytics"
PACK = "wso2is-analytics-5.8.0"


class Logins:
    """A user who logs in anew all the time, on whichever node the load balancer chooses.

    Attributes:
        made: Logins that worked.
        failed: What happened to the others.
    """

    def __init__(self, lab: Lab) -> None:
        """Register an application for it."""
        given = yaml.safe_load((ROOT / "inventories/demo/group_vars/all.yml").read_text())
        self._admin = ("admin", given["wso2is_admin_password"])
        self._target = product.Target("lb1", "127.0.0.1", lab.public_port)
        self._site = product.Site(lab.public_host, lab.public_port)
        self._context = product.make_context((lab.scratch / "ca/ca.crt").read_text(), False)
        self._client = product.Client(self._target, self._site, self._context)
        self._application = product.register_application(self._client, product.basic(*self._admin), "events")
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.made = 0
        self.failed: list[str] = []

    def log_in(self) -> None:
        """Log in once with a new browser."""
        client = product.Client(self._target, self._site, self._context)
        try:
            product.authorize(client, self._application, self._admin)
            self.made += 1
        except product.ProductError as error:
            self.failed.append(f"{time.strftime('%H:%M:%S')} {error}")
        finally:
            client.close()

    def _work(self) -> None:
        while not self._end.wait(0.2):
            self.log_in()

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._end.set()
        self._thread.join()
        product.delete_application(self._client, product.basic(*self._admin), self._application.client_id)
        self._client.close()


@pytest.fixture(scope="module")
def deployed(lab: Lab) -> Lab:
    """Pattern 2."""
    (lab.logs / "events.txt").unlink(missing_ok=True)
    run = lab.play("pattern2", log="pair-deploy")
    assert run.code == 0, run.output[-5000:]
    return lab


def active_and_passive(lab: Lab) -> tuple[str, str]:
    """The worker that receives, and the other one, when there is exactly one."""
    (active,) = receiving(lab)
    return active, next(node for node in WORKERS if node != active)


def counted(lab: Lab) -> dict[str, int]:
    """Counted logins by the worker that received them."""
    command = ("runuser", "-u", "postgres", "--", "psql", "-qAtX", "-d", "an_stats", "-c")
    rows = lab.on("db1", *command, "SELECT worker, sum(logins) FROM is_analytics_logins GROUP BY worker", check=False)
    return {worker: int(number) for worker, number in (row.split("|") for row in rows.splitlines())}


def both(lab: Lab, unit: str) -> dict[str, int]:
    return {node: lab.started(node, unit) for node in WORKERS}


def links(lab: Lab, runtime: str) -> set[str]:
    return {lab.on(node, "readlink", "-f", f"{BASE}/current-{runtime}") for node in WORKERS}


def words(run: Run) -> str:
    return " ".join(run.output.split())


def changed_under_logins(lab: Lab, title: str, *arguments: str, playbook: str = "pattern2") -> Run:
    """Change the pair while users log in; logins before and after are counted, those meanwhile are reported."""
    log = f"pair-{title.replace(' ', '-')}"
    with Logins(lab) as calm:
        before = sum(counted(lab).values())
        assert until(60, lambda: calm.made >= 10), calm.failed
    # What is under way may still be counted: begin from a figure that stands.
    assert until(60, lambda: sum(counted(lab).values()) == before + calm.made), (before, calm.made, counted(lab))
    before = sum(counted(lab).values())
    with Logins(lab) as users:
        until(30, lambda: users.made >= 10)
        run = lab.play(playbook, *arguments, log=log)
        meanwhile = users.made
        until(30, lambda: users.made >= meanwhile + 10)
    # The nodes look for a receiver every 30 seconds.
    until(90, lambda: sum(counted(lab).values()) >= before + users.made)
    lost = before + users.made - sum(counted(lab).values())
    text = f"{title}: {users.made} logins, {lost} not counted, {len(users.failed)} failed; {counted(lab)}"
    print(text)
    with (lab.logs / "events.txt").open("a") as figures:
        figures.write(text + "\n")
    assert not users.failed, users.failed[:10]
    # A login that is not counted is one too few, one that is counted twice is as wrong.
    assert lost >= 0
    after = sum(counted(lab).values())
    with Logins(lab) as again:
        until(30, lambda: again.made >= 10)
    assert until(60, lambda: sum(counted(lab).values()) == after + again.made), (after, again.made, counted(lab))
    return run


def pack_with(lab: Lab, name: str, path: str, change: Callable[[bytes], bytes]) -> Path:
    """The pack with another content of one file, which makes it another release."""
    made = lab.scratch / "packs" / f"{name}.zip"
    with zipfile.ZipFile(lab.scratch / "packs" / f"{PACK}.zip") as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry, change(data) if entry.filename == f"{PACK}/{path}" else data, zipfile.ZIP_DEFLATED)
    return made


@pytest.fixture
def only(tmp_path: Path) -> Callable[..., Path]:
    """An inventory beside the lab's that sets variables of one host."""

    def made(host: str, **variables: object) -> Path:
        (tmp_path / "only.yml").write_text(yaml.safe_dump({"all": {"hosts": {host: variables}}}))
        return tmp_path / "only.yml"

    return made


def test_a_changed_setting(deployed: Lab) -> None:
    active, passive = active_and_passive(deployed)
    dashboards = both(deployed, DASHBOARD)
    run = changed_under_logins(deployed, "changed setting", "-e", "analytics_worker_heap_mb=200")
    assert run.code == 0, run.output[-5000:]
    assert f"{passive}: restart, because of worker.env" in run.output
    started = both(deployed, WORKER)
    assert started[passive] < started[active]
    assert active_and_passive(deployed) == (passive, active)
    assert both(deployed, DASHBOARD) == dashboards


def test_a_setting_with_which_a_worker_does_not_start(deployed: Lab) -> None:
    """The passive one is put back, and the one that receives is not touched."""
    active, passive = active_and_passive(deployed)
    started, dashboards = both(deployed, WORKER), both(deployed, DASHBOARD)
    bad = ("-e", "analytics_worker_heap_mb=200", "-e", "analytics_java_options=-XX:+NoSuchOption")
    run = changed_under_logins(deployed, "bad setting", *bad)
    assert run.code != 0
    said = words(run)
    assert f"{passive} could not be changed: " in said
    assert "NoSuchOption" in said
    assert f"It was put back and serves as before. {active} was not touched." in said
    assert deployed.started(active, WORKER) == started[active]
    assert both(deployed, DASHBOARD) == dashboards
    assert active_and_passive(deployed) == (active, passive)
    for node in WORKERS:
        assert "NoSuchOption" not in deployed.on(node, "cat", f"{BASE}/etc/worker.env", f"{BASE}/etc/dashboard.env")


def test_another_release(deployed: Lab) -> None:
    """Worker and dashboard of a host move one by one, each while it is stopped."""
    active, passive = active_and_passive(deployed)
    before = links(deployed, "worker")
    pack = pack_with(deployed, "analytics-second", "bin/version.txt", lambda text: text + b"\n")
    arguments = ("-e", f"wso2is_analytics_pack={pack}", "-e", "analytics_worker_heap_mb=200")
    run = changed_under_logins(deployed, "another release", *arguments)
    assert run.code == 0, run.output[-5000:]
    assert f"{passive}: restart, because of release" in run.output
    workers, dashboards = both(deployed, WORKER), both(deployed, DASHBOARD)
    assert workers[passive] < workers[active] < min(dashboards.values())
    assert dashboards[WORKERS[0]] < dashboards[WORKERS[1]]
    assert active_and_passive(deployed) == (passive, active)
    after = links(deployed, "worker")
    assert links(deployed, "dashboard") == after
    assert len(after) == 1
    assert after != before
    for node in WORKERS:
        for unit in (WORKER, DASHBOARD):
            pid = deployed.unit(node, unit, "MainPID")["MainPID"]
            # Root of a container may not look at the processes of others.
            command = ("runuser", "-u", "wso2carbon", "--", "readlink", f"/proc/{pid}/cwd")
            assert {deployed.on(node, *command)} == after
    again = deployed.play("pattern2", *arguments, log="pair-release-unchanged")
    assert again.code == 0, again.output[-5000:]
    assert again.changed == {}


def test_a_release_that_never_is_ready(deployed: Lab) -> None:
    active, passive = active_and_passive(deployed)
    before, started = links(deployed, "worker"), both(deployed, WORKER)
    pack = pack_with(
        deployed, "analytics-bad", "wso2/worker/bin/carbon.sh", lambda text: text.replace(b"\n", b"\nexit 7\n", 1)
    )
    arguments = ("-e", f"wso2is_analytics_pack={pack}", "-e", "analytics_worker_heap_mb=200")
    run = changed_under_logins(deployed, "bad release", *arguments)
    assert run.code != 0
    assert f"It was put back and serves as before. {active} was not touched." in words(run)
    assert links(deployed, "worker") == links(deployed, "dashboard") == before
    assert deployed.started(active, WORKER) == started[active]
    assert active_and_passive(deployed) == (active, passive)


@pytest.fixture
def kept(deployed: Lab) -> tuple[str, ...]:
    """Arguments with which nothing changes."""
    pack = deployed.scratch / "packs/analytics-second.zip"
    return ("-e", f"wso2is_analytics_pack={pack}", "-e", "analytics_worker_heap_mb=200")


def test_one_of_two_is_not_in_the_run(deployed: Lab, kept: tuple[str, ...], only: Callable[..., Path]) -> None:
    active, passive = active_and_passive(deployed)
    started = both(deployed, WORKER)
    extra = only(active, analytics_java_options="-Dproof=1")
    run = deployed.play("pattern2", *kept, f"--inventory={extra}", "--limit", f"all:!{passive}", log="pair-limited")
    assert run.code != 0
    said = words(run)
    assert (
        f"{active} receives events and was not stopped: {passive}, which would have to take over, is not part" in said
    )
    assert "Nothing was stopped." in said
    assert both(deployed, WORKER) == started


def test_a_worker_that_does_not_take_over(deployed: Lab, kept: tuple[str, ...], only: Callable[..., Path]) -> None:
    """Its process is there but does nothing, which nobody sees before it is needed."""
    active, passive = active_and_passive(deployed)
    started = deployed.started(passive, WORKER)
    extra = only(active, analytics_java_options="-Dproof=1")
    deployed.on(passive, "systemctl", "kill", "--signal=SIGSTOP", WORKER)
    try:
        run = deployed.play(
            "pattern2", *kept, f"--inventory={extra}", "-e", "analytics_takeover_timeout=20", log="pair-no-takeover"
        )
    finally:
        deployed.on(passive, "systemctl", "kill", "--signal=SIGCONT", WORKER)
    assert run.code != 0
    said = words(run)
    assert f"{passive} did not take over within 20 seconds after {active} was stopped: it is still passive." in said
    assert f"{active} was not changed; it was started again." in said
    assert "-Dproof=1" not in deployed.on(active, "cat", f"{BASE}/etc/worker.env")
    assert deployed.started(passive, WORKER) == started
    assert until(60, lambda: len(receiving(deployed)) == 1)


def test_nothing_left(deployed: Lab, kept: tuple[str, ...]) -> None:
    run = deployed.play("pattern2", *kept, log="pair-last")
    assert run.code == 0, run.output[-5000:]
    assert run.changed == {}


def test_restart(deployed: Lab) -> None:
    """Of Analytics alone: its hosts, and nothing else."""
    active, passive = active_and_passive(deployed)
    run = changed_under_logins(
        deployed, "restart", "--limit", "localhost:wso2is_analytics:wso2is_dashboards", playbook="restart"
    )
    assert run.code == 0, run.output[-5000:]
    assert f"{active}: restart {WORKER}, {DASHBOARD}" in words(run)
    workers, dashboards = both(deployed, WORKER), both(deployed, DASHBOARD)
    assert workers[passive] < workers[active] < min(dashboards.values())
    assert dashboards[WORKERS[0]] < dashboards[WORKERS[1]]
    assert active_and_passive(deployed) == (passive, active)
    assert [item for node in WORKERS for item in run.executions_on(node) if "carbon_files" in item] == []


def test_rollback(deployed: Lab) -> None:
    """The Identity Server nodes have run one release only, and stay."""
    active, passive = active_and_passive(deployed)
    nodes = {node: deployed.started(node, "wso2is") for node in IS_NODES}
    before = links(deployed, "worker")
    run = changed_under_logins(deployed, "rollback", playbook="rollback")
    assert run.code == 0, run.output[-5000:]
    assert "is1, wso2is: " in words(run)
    assert "stays, there is no release to go back to" in words(run)
    workers, dashboards = both(deployed, WORKER), both(deployed, DASHBOARD)
    assert workers[passive] < workers[active] < min(dashboards.values())
    after = links(deployed, "worker")
    assert links(deployed, "dashboard") == after
    assert len(after) == 1
    assert after != before
    assert {node: deployed.started(node, "wso2is") for node in IS_NODES} == nodes
    # With the inventory of then there is nothing to do.
    again = deployed.play("pattern2", "-e", "analytics_worker_heap_mb=200", log="pair-rollback-unchanged")
    assert (again.code, again.changed) == (0, {}), again.output[-5000:]
