# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a deployment is: what each host said, in rows, and what is wrong with it, each with what to do.

A host that said nothing, or something else than expected, is a row that says so. Nothing here raises because of it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .checks import BALANCER_NODES
from .clock_findings import clock_findings
from .database_host_findings import database_findings, database_services
from .directory_findings import directory_findings
from .findings import Findings, join, natural
from .health_questions import CERTIFICATE
from .nginx import normalize_nodes
from .verdicts import verdicts

# A certificate that ends within so many days is a warning.
CERTIFICATE_DAYS = 30
# A file system with less free space keeps a server from writing its logs; below the second it is a warning, where that
# is less than a tenth as well.
DISK_MB = 512
DISK_SCARCE_MB = 5120
# A login into a database that takes longer is a warning.
DATABASE_SECONDS = 1.0
DAY = 86400

IN, DRAINED, DOWN, ABSENT = "in", "drained", "down", "absent"
_SERVER = re.compile(r"^\s*server\s+(?P<endpoint>\S+)(?P<rest>[^;]*);", re.MULTILINE)
_UPSTREAM = re.compile(r"upstream\s+wso2is\s*\{(?P<body>[^}]*)\}")
# The digest of the pack, and that of the driver and overlays in it.
_RELEASE = re.compile(r"-(?P<version>\d[\w.]*)-(?P<pack>[0-9a-f]{12})(?:-(?P<added>[0-9a-f]{8}))?$")
_OWNER = re.compile(r"^# (?P<name>\S+): (?P<state>drained|down)\b", re.MULTILINE)
# What an answer of cluster_view must have for verdicts on it.
_VIEW = {
    "running",
    "stopping",
    "ready",
    "gone",
    "members",
    "live",
    "clustering",
    "local_address",
    "listening",
    "ready_ports",
    "receiving",
    "ha",
    "log",
}
_SILENT: dict[str, Any] = {
    **dict.fromkeys(_VIEW),
    "running": False,
    "stopping": False,
    "gone": [],
    "members": [],
    "live": [],
    "log": "",
}

Row = dict[str, Any]


def at(value: Any, *keys: str) -> Any:
    """What lies at a path of keys; None where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def number(value: Any) -> float | None:
    """The value if it is a number."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def said_of(answer: Any) -> str:
    """Why a task has no answer, in one line; empty when it has one."""
    if at(answer, "unreachable") is not True and isinstance(at(answer, "host"), Mapping):
        return ""
    # Where the module did not even start, what the host wrote says more than Ansible's words for it.
    for key in ("module_stderr", "module_stdout"):
        lines = [line for line in str(at(answer, key) or "").splitlines() if line.strip() and "Shared conn" not in line]
        if lines:
            return _short(lines[-1])
    lines = str(at(answer, "msg") or "").strip().splitlines()
    return _short(lines[0].removeprefix("Task failed: ")) if lines else "no answer"


def _short(line: str) -> str:
    return " ".join(line.split())[:300]


def problem(host: str, check: str, text: str, severity: str = "error") -> Row:
    """One thing that is wrong: a sentence for the operator, with what to do."""
    return {"severity": severity, "host": host, "check": check, "text": text}


def health_report(
    deployment: Mapping[str, Any],
    answers: Mapping[str, Any],
    probes: Mapping[str, Any],
    now: float,
) -> dict[str, Any]:
    """What all hosts said, in rows, and what is wrong.

    Args:
        deployment: the model.
        answers: by inventory name, the result of the module host_info; whatever a task left there.
        probes: by inventory name of the load balancers, the result of the module identity_probe.
        now: the time of the control node, seconds since 1970.
    """
    asked = {host: answers[host] for host in deployment["hosts"] if host in answers}
    facts: dict[str, Mapping[str, Any]] = {
        host: {} if said_of(answer) else at(answer, "host") for host, answer in asked.items()
    }
    balancing = {host: balancing_of(at(fact, "texts", BALANCER_NODES)) for host, fact in facts.items()}
    balancers = [entry["host"] for entry in deployment["load_balancers"] if entry["host"] in asked]
    nodes, analytics = [], []
    for host in sorted(asked, key=natural):
        for kind in deployment["hosts"][host]["servers"]:
            row = server_row(deployment, host, kind, asked[host], now)
            if kind == "is":
                row.update(node_row(deployment, host, facts[host], {name: balancing[name] for name in balancers}))
                nodes.append(row)
            else:
                row.update(analytics_row(facts[host], kind))
                analytics.append(row)
    fronts = [balancer_row(deployment, host, asked[host], probes.get(host), now) for host in balancers]
    others = [
        other_row(deployment, host, asked[host])
        for host in asked
        if host not in balancers and not deployment["hosts"][host]["servers"]
    ]
    found = [
        *_silent_hosts(asked, facts),
        *_installed(deployment, [*nodes, *analytics]),
        *_not_seen(deployment, facts, [*nodes, *analytics]),
        *_cluster(facts, nodes),
        *_analytics(deployment, facts, analytics),
        *_units([*nodes, *analytics]),
        *_balancing(deployment, nodes, {host: balancing[host] for host in balancers if facts[host]}),
        *_fronts(deployment, fronts, nodes, probes),
        *_nfs_servers(others),
        *_certificates([*nodes, *analytics, *fronts]),
        *_disks([*nodes, *analytics, *fronts, *others]),
        *_artifacts(deployment, nodes),
        *_services(deployment, facts),
        *_heaps([*nodes, *analytics]),
    ]
    errors = [row for row in found if row["severity"] == "error"]
    return {
        "healthy": not errors,
        "checked_at": stamp(now),
        "url": deployment["public"]["url"],
        "pattern": deployment["pattern"],
        "problems": errors,
        "warnings": [row for row in found if row["severity"] != "error"],
        "nodes": nodes,
        "analytics": analytics,
        "load_balancers": fronts,
        "others": others,
        "not_asked": sorted((host for host in deployment["hosts"] if host not in answers), key=natural),
    }


def stamp(seconds: Any) -> str | None:
    """A time as text, in UTC; None for what is none."""
    if number(seconds) is None:
        return None
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


# --- rows ---


def server_row(deployment: Mapping[str, Any], host: str, kind: str, answer: Any, now: float) -> Row:
    """What is said of any server: how it runs, from which release, since when."""
    server = deployment["hosts"][host]["servers"][kind]
    silent = said_of(answer)
    facts = {} if silent else at(answer, "host")
    unit = at(facts, "units", f"{server['unit']}.service")
    view = at(facts, "servers", kind)
    link = at(facts, "links", server["home"])
    release = str(at(link, "resolved") or "").rsplit("/", 1)[-1]
    match = _RELEASE.search(release)
    return {
        "host": host,
        "server": kind,
        "answered": not silent,
        "reason": silent or None,
        "unit": f"{server['unit']}.service",
        "unit_state": _unit_state(unit),
        "enabled": None if at(unit, "unit_file_state") is None else at(unit, "unit_file_state") == "enabled",
        "installed": None if silent else bool(release),
        "release": release or None,
        "version": match["version"] if match else None,
        "running": at(view, "running"),
        "started_at": stamp(at(view, "started_at")),
        "ready": at(view, "ready"),
        "certificate": _certificate(facts, kind, now),
        "disks": _file_systems(facts, [server["base"], *server["links"].values()]),
        "heap": {
            "configured_mb": server["heap_mb"],
            "limit_mb": at(view, "heap", "max_mb"),
            "used_mb": at(view, "heap", "used_mb"),
        },
        "databases": _databases(deployment, host, facts),
    }


def _unit_state(unit: Any) -> str | None:
    """The state of a unit in one word; None where nothing is known."""
    if at(unit, "load_state") == "not-found":
        return "absent"
    state = at(unit, "active_state")
    return str(state) if state else None


def _certificate(facts: Any, name: str, now: float) -> Row:
    """When a certificate ends, and how many whole days that is from now."""
    answer = at(facts, "services", CERTIFICATE + name)
    ends = number(at(answer, "certificate_ends"))
    return {
        "name": name,
        "ends_at": stamp(ends),
        "days_left": int((ends - now) // DAY) if ends is not None else None,
        "reason": at(answer, "unreachable") or None,
    }


def _file_systems(facts: Any, paths: Iterable[str]) -> list[Row]:
    """The file systems below some paths, each once, the one with the least free space first."""
    found: dict[str, Row] = {}
    for path in paths:
        about = at(facts, "paths", path)
        free, total = number(at(about, "free_mb")), number(at(about, "total_mb"))
        if free is not None and total:
            mount = str(at(about, "mount_point") or path)
            percent = int(100 * free / total)
            found.setdefault(mount, {"mount": mount, "free_mb": free, "total_mb": total, "free_percent": percent})
    return sorted(found.values(), key=lambda row: row["free_mb"])


def _databases(deployment: Mapping[str, Any], host: str, facts: Any) -> list[Row]:
    """How long each database took to let the user in, or why it did not."""
    found = []
    for service in database_services(deployment, host):
        answer = at(facts, "services", service["id"])
        if answer is None:
            continue
        seconds = number(at(answer, "seconds"))
        wrong = at(answer, "unreachable") or at(answer, "refused") or None
        found.append(
            {
                "name": service["id"].rsplit("@", 1)[-1],
                "milliseconds": round(seconds * 1000, 1) if seconds is not None and not wrong else None,
                "reason": wrong,
            }
        )
    return found


def node_row(
    deployment: Mapping[str, Any], host: str, facts: Any, balancing: Mapping[str, Mapping[str, Any] | None]
) -> Row:
    """What is said of an Identity Server node alone."""
    view = at(facts, "servers", "is")
    server = deployment["hosts"][host]["servers"]["is"]
    node = next(entry for entry in normalize_nodes(deployment["upstreams"], []) if entry["name"] == host)
    states = {
        balancer: None if known is None else _state_in(known, host, node["endpoint"])
        for balancer, known in balancing.items()
    }
    owners = {"operator" if state == DRAINED else "run" for state in states.values() if state in (DRAINED, DOWN)}
    known = [state for state in states.values() if state is not None]
    return {
        "members": {
            "expected": [member["name"] for member in deployment["cluster_members"]],
            "seen": at(view, "live"),
            "unexpected": at(view, "unexpected"),
        },
        "coordinator": at(view, "coordinator"),
        "balancing": states,
        "drained_by": sorted(owners),
        # A node that is not ready gets no answer across, whatever the load balancers are told.
        "in_rotation": _in_rotation(known, at(view, "ready")),
        "artifacts": _artifact_state(deployment, server, facts, view),
    }


def _in_rotation(states: Sequence[str], ready: Any) -> bool | None:
    """Whether a node gets requests from all load balancers that are known; None where that is not known."""
    if any(state != IN for state in states) or (states and ready is False):
        return False
    return True if states and ready is True else None


def _artifact_state(deployment: Mapping[str, Any], server: Mapping[str, Any], facts: Any, view: Any) -> str | None:
    """How the shared file system of a node is; None where nothing is known, or nothing is shared."""
    artifacts = deployment["artifacts"]
    if not server["needs_mount"] or not facts:
        return None
    about = at(facts, "paths", artifacts["path"])
    if about is None:
        return "no answer"
    if artifacts["must_be_mount"] and not at(about, "is_mount"):
        return "not mounted"
    if not at(about, "exists"):
        return "absent"
    if at(view, "running") and at(view, "gone"):
        return "gone"
    return "mounted" if at(about, "is_mount") else "there"


def analytics_row(facts: Any, kind: str) -> Row:
    """What is said of a server of Analytics alone."""
    view = at(facts, "servers", kind)
    return {
        "state": at(view, "ha"),
        "since": stamp(at(view, "ha_since")),
        "receiving": at(view, "receiving"),
        "waiting_bytes": at(view, "senders", "waiting_bytes"),
        "senders": at(view, "senders", "addresses"),
    }


def balancer_row(deployment: Mapping[str, Any], host: str, answer: Any, probe: Any, now: float) -> Row:
    """What is said of a load balancer."""
    silent = said_of(answer)
    facts = {} if silent else at(answer, "host")
    unit = at(facts, "units", "nginx.service")
    names = ["public", *(["management"] if deployment["management"]["own"] else [])]
    return {
        "host": host,
        "server": "load balancer",
        "answered": not silent,
        "reason": silent or None,
        "unit": "nginx.service",
        "unit_state": _unit_state(unit),
        "enabled": None if at(unit, "unit_file_state") is None else at(unit, "unit_file_state") == "enabled",
        "version": at(facts, "nginx", "version"),
        "started_at": stamp(at(unit, "started_at")),
        "installed": None if silent else isinstance(at(facts, "texts", BALANCER_NODES), str),
        "answers": at(probe, "probe", "issuer") is not None if isinstance(at(probe, "probe"), Mapping) else None,
        "certificates": [_certificate(facts, name, now) for name in names],
        "disks": _file_systems(facts, at(facts, "paths") or []),
    }


def other_row(deployment: Mapping[str, Any], host: str, answer: Any) -> Row:
    """What is said of a host without servers: the one that exports the shared directory."""
    silent = said_of(answer)
    facts = {} if silent else at(answer, "host")
    units = at(facts, "units")
    return {
        "host": host,
        "server": "NFS server" if host in [entry["host"] for entry in deployment["nfs_servers"]] else "host",
        "answered": not silent,
        "reason": silent or None,
        "unit_state": next(map(_unit_state, units.values()), None) if isinstance(units, Mapping) else None,
        "disks": _file_systems(facts, at(facts, "paths") or []),
    }


def balancing_of(text: Any) -> dict[str, Any] | None:
    """What a load balancer does with its nodes, by its file with them; None when it has none.

    Returns `servers` (by endpoint `in`, `drained` or `down`) and `marks` (by name of a node `drained` or `down`).
    """
    if not isinstance(text, str):
        return None
    upstream = _UPSTREAM.search(text)
    servers = {}
    for entry in _SERVER.finditer(upstream["body"] if upstream else ""):
        words = entry["rest"].split()
        servers[entry["endpoint"]] = DOWN if "down" in words else DRAINED if "drain" in words else IN
    return {"servers": servers, "marks": {match["name"]: match["state"] for match in _OWNER.finditer(text)}}


def _state_in(known: Mapping[str, Any], name: str, endpoint: str) -> str:
    """The state of a node in a load balancer; what the file says of its reason counts more than how nginx is told."""
    state = known["servers"].get(endpoint)
    if state is None:
        return ABSENT
    return str(state if state == IN else known["marks"].get(name, state))


# --- what is wrong ---


def _silent_hosts(asked: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterable[Row]:
    for host, answer in asked.items():
        reason = said_of(answer)
        if not reason:
            continue
        seen = [other for other in facts if other != host and host in (at(facts[other], "servers", "is", "live") or [])]
        still = f" {join(seen)} {'sees' if len(seen) == 1 else 'see'} it in the cluster." if seen else ""
        if at(answer, "unreachable") is True:
            yield problem(
                host,
                "host",
                f"{host}: Ansible does not reach it, so nothing else is known of it ({reason}).{still} Start the host, "
                "or correct ansible_host and the login",
            )
        else:
            yield problem(
                host,
                "host",
                f"{host}: it could not be asked ({reason}).{still} Look that it has Python 3.8 or later and that the "
                "login may become root",
            )


def _installed(deployment: Mapping[str, Any], rows: Sequence[Row]) -> Iterable[Row]:
    playbook = f"pattern{deployment['pattern']}"
    for row in rows:
        if row["installed"] is False:
            yield problem(
                row["host"],
                "installation",
                f"{row['host']}: no release of the {_name(row)} is installed; run {playbook}, or take the host out of "
                "its group",
            )
    for kind in sorted({row["server"] for row in rows}):
        releases: dict[str, list[str]] = {}
        for row in rows:
            if row["server"] == kind and row["release"]:
                releases.setdefault(row["release"], []).append(row["host"])
        if len(releases) > 1:
            said = ", ".join(f"{join(hosts)} {name}" for name, hosts in releases.items())
            yield problem(
                "",
                "release",
                f"the hosts have different releases ({said}); run {playbook}, which completes the change",
                "warning",
            )


def _name(row: Mapping[str, Any]) -> str:
    return {"is": "Identity Server", "worker": "Analytics worker", "dashboard": "Analytics dashboard"}[row["server"]]


def _view(facts: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a host says of its server; None where it says nothing that can be judged."""
    view = at(facts[row["host"]], "servers", row["server"])
    return view if isinstance(view, Mapping) and set(view) >= _VIEW else None


def _not_seen(deployment: Mapping[str, Any], facts: Mapping[str, Any], rows: Sequence[Row]) -> Iterable[Row]:
    """Servers that may well run: their hosts answered, but looking at them came to no end."""
    for row in rows:
        if not row["installed"] or _view(facts, row) is not None:
            continue
        host, node = row["host"], row["server"] == "is"
        shared = node and deployment["hosts"][host]["servers"]["is"]["needs_mount"]
        what = f"the shared file system {deployment['artifacts']['path']} answers" if shared else "its disks answer"
        then = ", then whether the host resolves the names of the other nodes" if node else ""
        yield problem(
            host,
            "server",
            f"{host}: the {_name(row)} could not be looked at in time, so whether it serves is not known; look whether "
            f"{what}{then}",
        )


def _views(facts: Mapping[str, Any], rows: Sequence[Row], kind: str) -> dict[str, Mapping[str, Any]]:
    """The views of servers of a kind; for a host that is silent, one of which only others' words count.

    A server that could not be looked at has none: it may run.
    """
    views = {}
    for row in rows:
        view = _view(facts, row)
        if row["server"] == kind and (view is not None or not row["installed"]):
            views[row["host"]] = view or _SILENT
    return views


def _judged(
    check: str, views: Mapping[str, Mapping[str, Any]], rows: Sequence[Row], kind: str, expected: Sequence[str] = ()
) -> list[Row]:
    """What the verdicts say, without what other sentences say of hosts that are silent or have no release."""
    try:
        sentences = verdicts(views, expected)
    except (KeyError, TypeError, AttributeError, ValueError):
        return [problem("", check, "the views of the servers cannot be put together; verify may say more")]
    excused = tuple(f"{row['host']}: " for row in rows if row["server"] == kind and not row["installed"])
    known = {row["host"] for row in rows}
    return [
        problem(host if (host := text.split(":", 1)[0]) in known else "", check, text)
        for text in sentences
        if not (excused and text.startswith(excused))
    ]


def _cluster(facts: Mapping[str, Any], nodes: Sequence[Row]) -> list[Row]:
    found = _judged("cluster", _views(facts, nodes, "is"), nodes, "is")
    strangers: dict[str, list[str]] = {}
    for row in nodes:
        for member in row["members"]["unexpected"] or []:
            strangers.setdefault(str(member), []).append(row["host"])
    for member, hosts in strangers.items():
        found.append(
            problem(
                "",
                "cluster",
                f"{join(hosts)} {'sees' if len(hosts) == 1 else 'see'} a member that the inventory does not have: "
                f"{member}; stop that server, or give it another hazelcast_domain and hazelcast_group_password",
            )
        )
    return found


def _analytics(deployment: Mapping[str, Any], facts: Mapping[str, Any], rows: Sequence[Row]) -> list[Row]:
    expected = [entry["host"] for entry in deployment["workers"]]
    views = _views(facts, rows, "worker")
    # Of a pair of which one is silent or not installed nobody knows who receives; that is said already.
    whole = all(views.get(host, _SILENT) is not _SILENT for host in expected)
    absent = [row["host"] for row in rows if row["server"] == "worker" and not row["installed"]]
    found = _judged("analytics", views, rows, "worker", expected if whole and not absent else ())
    return found + _judged("analytics", _views(facts, rows, "dashboard"), rows, "dashboard")


def _units(rows: Sequence[Row]) -> Iterable[Row]:
    for row in rows:
        if row["running"] and row["unit_state"] not in (None, "active", "activating"):
            yield problem(
                row["host"],
                "unit",
                f"{row['host']}: the {_name(row)} runs, but its unit {row['unit']} is {row['unit_state']}: it was "
                "started by hand, so nothing starts it again; stop it, and start the unit",
                "warning",
            )
        if row["running"] and row["enabled"] is False:
            yield problem(
                row["host"],
                "unit",
                f"{row['host']}: {row['unit']} is not enabled, so it does not start with the host; systemctl enable "
                f"{row['unit']}",
                "warning",
            )


def _balancing(
    deployment: Mapping[str, Any], nodes: Sequence[Row], balancing: Mapping[str, Mapping[str, Any] | None]
) -> Iterable[Row]:
    known = {entry["endpoint"] for entry in normalize_nodes(deployment["upstreams"], [])}
    for row in nodes:
        states: dict[str, list[str]] = {}
        for balancer, state in row["balancing"].items():
            states.setdefault(str(state), []).append(balancer)
        host = row["host"]
        if DRAINED in states:
            yield problem(
                host,
                "balancing",
                f"{host} is drained by the operator on {join(states[DRAINED])}: it gets no new clients until it is "
                "taken out of load_balancer_drained and the playbook has run",
                "warning",
            )
        if DOWN in states:
            yield problem(
                host,
                "balancing",
                f"{host} is down on {join(states[DOWN])}: a run that changes it is under way, or was killed; run the "
                "playbook again, which puts it back into the balancing",
            )
        if ABSENT in states:
            yield problem(
                host,
                "balancing",
                f"{join(states[ABSENT])} {'does' if len(states[ABSENT]) == 1 else 'do'} not know {host}; run the "
                "playbook, which tells",
            )
    for balancer, found in balancing.items():
        for endpoint in sorted(set(found["servers"]) - known) if found else []:
            yield problem(
                balancer,
                "balancing",
                f"{balancer} sends requests to {endpoint}, which is no node of the inventory; run the playbook, which "
                "takes it out",
            )


def _fronts(
    deployment: Mapping[str, Any], fronts: Sequence[Row], nodes: Sequence[Row], probes: Mapping[str, Any]
) -> Iterable[Row]:
    # What a node says of itself needs not be said again by those who asked it in vain.
    down = [row["host"] for row in nodes if row["answered"] and (row["ready"] is False or not row["installed"])]
    for row in fronts:
        host = row["host"]
        if not row["answered"]:
            continue
        if not row["installed"]:
            yield problem(
                host,
                "load balancer",
                f"{host}: no load balancer of this collection is installed; run the playbook, or take the host out of "
                "its group",
            )
            continue
        if row["unit_state"] != "active":
            yield problem(
                host,
                "load balancer",
                f"{host}: nginx is {row['unit_state'] or 'unknown to systemd'}; systemctl status nginx says why, nginx "
                "-t what is wrong with its files",
            )
            continue
        if row["enabled"] is False:
            yield problem(
                host,
                "unit",
                f"{host}: nginx.service is not enabled, so it does not start with the host; systemctl enable nginx",
                "warning",
            )
        reasons = at(probes.get(host), "probe", "reasons")
        if not isinstance(reasons, list):
            yield problem(
                host,
                "answers",
                f"{host}: {deployment['public']['url']} was not asked "
                f"({said_of(probes.get(host))}); look that load_balancer_upstream_ca and wso2is_public_ca are files "
                "on the control node",
            )
            continue
        known = [f"health of {name}: " for name in down]
        for node in nodes:
            # Of one that is out of the balancing its clients go elsewhere, as they should.
            if node["balancing"].get(host) != IN:
                known += [f"clients of {node['host']} ", f"{node['host']} through "]
        for reason in map(str, reasons):
            if not reason.startswith(tuple(known)):
                yield problem(
                    host,
                    "answers",
                    f"{host}: {reason}; the log of the node says why, on the load balancer /var/log/nginx/error.log",
                )


def _nfs_servers(rows: Sequence[Row]) -> Iterable[Row]:
    for row in rows:
        if row["server"] == "NFS server" and row["answered"] and row["unit_state"] != "active":
            yield problem(
                row["host"],
                "artifacts",
                f"{row['host']}: nfs-server is {row['unit_state'] or 'unknown to systemd'}, so the nodes wait for "
                "their shared files; systemctl status nfs-server says why",
            )


def _certificates(rows: Sequence[Row]) -> Iterable[Row]:
    variables = {
        "is": "wso2is_keystore",
        "worker": "analytics_keystore",
        "dashboard": "analytics_keystore",
        "public": "load_balancer_certificate",
        "management": "load_balancer_management_certificate",
    }
    for row in rows:
        for entry in row.get("certificates", [row.get("certificate")]):
            days, host = entry["days_left"], row["host"]
            whose = {"is": "", "public": "public "}.get(entry["name"], f"{entry['name']} ")
            if days is None:
                continue
            remedy = f"renew it, change {variables[entry['name']]}, and run the playbook"
            if days < 0:
                yield problem(
                    host, "certificate", f"{host}: the {whose}certificate ended on {entry['ends_at']}; {remedy}"
                )
            elif days < CERTIFICATE_DAYS:
                text = f"{host}: the {whose}certificate ends in {days} days, on {entry['ends_at']}; {remedy}"
                yield problem(host, "certificate", text, "warning")


def _disks(rows: Sequence[Row]) -> Iterable[Row]:
    seen = set()
    for row in rows:
        for disk in row["disks"]:
            host, free = row["host"], disk["free_mb"]
            if (host, disk["mount"]) in seen:
                continue
            seen.add((host, disk["mount"]))
            scarce = free < DISK_SCARCE_MB and disk["free_percent"] < 10
            if free < DISK_MB or scarce:
                yield problem(
                    host,
                    "disk",
                    f"{host}: {free:.0f} MB are free on {disk['mount']} ({disk['free_percent']} %); remove old "
                    "releases and logs, or enlarge the file system",
                    "error" if free < DISK_MB else "warning",
                )


def _artifacts(deployment: Mapping[str, Any], nodes: Sequence[Row]) -> Iterable[Row]:
    path = deployment["artifacts"]["path"]
    for row in nodes:
        # What the server does not find any more, the verdicts say.
        if row["installed"] and row["artifacts"] in ("no answer", "not mounted", "absent"):
            state = {"no answer": "does not answer", "not mounted": "is not mounted", "absent": "is not there"}
            yield problem(
                row["host"],
                "artifacts",
                f"{row['host']}: the shared file system {path} {state[row['artifacts']]}; look at its mount and its "
                "server, then restart the node",
            )


def _services(deployment: Mapping[str, Any], facts: Mapping[str, Mapping[str, Any]]) -> Iterable[Row]:
    """Databases and directories that do not let the servers in, and clocks that differ."""
    answered = {host: fact for host, fact in facts.items() if fact}
    checks: tuple[tuple[str, Callable[[Findings], None]], ...] = (
        ("database", lambda found: database_findings(deployment, answered, found)),
        ("directory", lambda found: directory_findings(deployment, answered, found)),
        ("clocks", lambda found: clock_findings(answered, found)),
    )
    for check, look in checks:
        found = Findings()
        try:
            look(found)
        except (KeyError, TypeError, AttributeError, ValueError):
            yield problem("", check, f"what the hosts say of the {check} cannot be read; preflight may say more")
            continue
        same: dict[tuple[str, str, str], list[str]] = {}
        for row in found.sorted():
            if row["severity"] != "info":
                same.setdefault((row["severity"], row["found"], row["remedy"]), []).append(row["host"])
        for (severity, text, remedy), hosts in same.items():
            named = ", ".join(dict.fromkeys(hosts))
            yield problem(
                hosts[0] if len(hosts) == 1 else "", check, f"{named}: {text}; {_begin(remedy)}".rstrip("."), severity
            )
    slow = [
        (host, row)
        for host in answered
        for row in _databases(deployment, host, answered[host])
        if (row["milliseconds"] or 0) > DATABASE_SECONDS * 1000
    ]
    for host, row in slow:
        yield problem(
            host,
            "database",
            f"{host}: the database {row['name']} took {row['milliseconds']:.0f} ms to let the user in; look at the "
            "load of its server and at the network between the two",
            "warning",
        )


def _begin(text: str) -> str:
    """A sentence after a semicolon."""
    return text[:1].lower() + text[1:]


def _heaps(rows: Sequence[Row]) -> Iterable[Row]:
    for row in rows:
        heap = row["heap"]
        if heap["limit_mb"] is not None and heap["limit_mb"] != heap["configured_mb"]:
            yield problem(
                row["host"],
                "heap",
                f"{row['host']}: the {_name(row)} runs with a heap of {heap['limit_mb']} MB, the inventory says "
                f"{heap['configured_mb']} MB; run the playbook, which restarts it",
                "warning",
            )
