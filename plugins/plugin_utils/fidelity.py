# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a deployment of a pack behaves as the collection assumes: what to ask a host, and what the answers mean."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from .releases import load_release
from .server_facts import port_number
from .servers import server_of

COLUMNS = ("server", "assumption", "expected", "found", "holds")
WIDTHS = (20, 34, 34, 34, 7)
UNKNOWN = "unknown"
# The scripts that hold a runtime's options; the one that an operator calls only leads there.
INNER_SCRIPT = {"worker": "wso2/worker/bin/carbon.sh", "dashboard": "wso2/dashboard/bin/carbon.sh"}
PUBLISHERS = "repository/deployment/server/eventpublishers"
EPHEMERAL = 32768


def _product(deployment: Mapping[str, Any], server: Mapping[str, Any]) -> Mapping[str, Any]:
    product: Mapping[str, Any] = load_release(deployment["release"])["products"][server["product"]]
    return product


def _lines(deployment: Mapping[str, Any], server: Mapping[str, Any]) -> dict[str, str]:
    """Patterns of the release data that the log of a good start must show, or must not."""
    product = _product(deployment, server)
    lines = {"start": server["start_line"]}
    lines.update({f"failure {number}": item["pattern"] for number, item in enumerate(server["failures"])})
    if server["kind"] == "is":
        cluster = load_release(deployment["release"])["cluster_lines"]
        lines.update({f"cluster {name}": cluster[name] for name in ("local_member", "ready")})
    for state, patterns in product.get("state_lines", {}).items():
        lines[f"state {state}"] = "|".join(patterns)
    return lines


def _texts(deployment: Mapping[str, Any], server: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What the pack's own files must say."""
    release = load_release(deployment["release"])
    pack, product = release["packs"][server["pack"]], _product(deployment, server)
    script = INNER_SCRIPT.get(server["kind"], server["script"])
    texts = {"version": {"file": pack["version_file"], "pattern": "^" + re.escape(pack["version_text"])}}
    for name in sorted(set(product["environment"].values())):
        texts[f"script reads {name}"] = {"file": script, "pattern": rf"\$\{{?{name}\b"}
    texts["script restarts on"] = {"file": script, "pattern": rf"\b{product['exit_status']['restart']}\b"}
    texts["script names the process id file"] = {
        "file": script,
        "pattern": re.escape(os.path.basename(product["pid_file"])),
    }
    return texts


def questions(deployment: Mapping[str, Any], host: str, kind: str) -> dict[str, Any]:
    """Arguments of the module server_evidence for a server."""
    server = server_of(deployment, host, kind)
    release, product = load_release(deployment["release"]), _product(deployment, server)
    scripts = [
        schema["scripts"][deployment["database_type"]]
        for schema in release["schemas"]
        if kind == "is" and not schema.get("optional")
    ]
    return {
        "runtime": "server" if kind == "is" else kind,
        "carbon_home": server["home"],
        "unit": server["unit"],
        "lines": _lines(deployment, server),
        "texts": _texts(deployment, server),
        "files": [*scripts, server["script"], server["driver"]],
        "writable": server["writable"],
        "publishers": PUBLISHERS if kind == "is" and server["fields"]["analytics"]["publishers"] else "",
        "health_port": server["ports"][0],
        "health_path": product["health"]["path"],
    }


def rows(deployment: Mapping[str, Any], evidence: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """One row for each assumption and server.

    Args:
        deployment: the model.
        evidence: what the module server_evidence returned, by `<host> <kind>`.
    """
    found = []
    for name, shown in evidence.items():
        host, kind = name.split(" ")
        server = server_of(deployment, host, kind)
        judge = _Judge(deployment, server, shown)
        for assumption, expected, seen, holds in judge.all():
            found.append(
                {
                    "server": name,
                    "assumption": assumption,
                    "expected": expected,
                    "found": seen,
                    "holds": UNKNOWN if holds is None else "yes" if holds else "no",
                }
            )
    return found


Row = tuple[str, str, str, "bool | None"]


class _Judge:
    """What the evidence of one server says of each assumption."""

    def __init__(self, deployment: Mapping[str, Any], server: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
        self.deployment, self.server, self.shown = deployment, server, shown
        self.product = _product(deployment, server)

    def all(self) -> list[Row]:
        """Every assumption; one alone where the server does not run."""
        running = ("the process id file names the Java process", self.product["pid_file"])
        if not self.shown["running"]:
            return [(*running, "no such process", False)]
        found: list[Row] = [(*running, f"process {self.shown['pid']}", True)]
        found += [*self.pack(), *self.process(), *self.log(), *self.ports(), *self.files(), *self.answers()]
        return found

    def pack(self) -> list[Row]:
        """What the files of the pack say."""
        texts = _texts(self.deployment, self.server)
        found: list[Row] = []
        for name, holds in self.shown["texts"].items():
            file = texts[name]["file"]
            title = f"{file} says the release" if name == "version" else f"{file}: {name}"
            seen = "no such file" if holds is None else "found" if holds else "not found"
            found.append((title, texts[name]["pattern"], seen, bool(holds)))
        lacking = [path for path, there in self.shown["files"].items() if not there]
        found.append(
            (
                "the pack has the paths of the release data",
                ", ".join(self.shown["files"]),
                f"missing: {', '.join(lacking)}" if lacking else "all",
                not lacking,
            )
        )
        return found

    def process(self) -> list[Row]:
        """How the server runs."""
        command, script = self.shown["command"], " ".join(self.shown["script"])
        name = os.path.basename(INNER_SCRIPT.get(self.server["kind"], self.server["script"]))
        heap = f"-Xmx{self.server['heap_mb']}m"
        given = [word for word in command if word.startswith("-Xmx")]
        found: list[Row] = [
            ("the start script stays and waits for Java", name, script or "no parent", name in script),
            ("systemd supervises the script", "MainPID", str(self.shown["supervised"]), self.shown["supervised"]),
            ("the last -Xmx is the inventory's", heap, " ".join(given) or "none", given[-1:] == [heap]),
        ]
        if self.server["kind"] == "is":
            seen = [word for word in command if word.startswith("-Djava.endorsed.dirs")]
            found.append(
                ("Java 8 is needed for an option", "-Djava.endorsed.dirs", " ".join(seen) or "none", bool(seen))
            )
        else:
            stores = [word for word in command if word.startswith("-Djavax.net.ssl.keyStorePassword")]
            found.append(
                (
                    "the script has the store password built in",
                    "-Djavax.net.ssl.keyStorePassword",
                    " ".join(stores) or "none",
                    bool(stores),
                )
            )
        return found

    def log(self) -> list[Row]:
        """Which lines of the release data the log has."""
        patterns, lines = _lines(self.deployment, self.server), self.shown["lines"]
        found: list[Row] = []
        for name in ("start", "cluster local_member", "cluster ready"):
            if name in patterns:
                # An old line may be in a part of the log that is gone.
                holds = True if lines[name] else False if self.shown["complete"] else None
                found.append((f"the log has the {name} line", patterns[name], lines[name] or "no such line", holds))
        failures = [lines[name] for name in patterns if name.startswith("failure ") and lines[name]]
        found.append(
            ("a good start logs no failure line", "none", failures[0] if failures else "none", not failures),
        )
        states = [name for name in patterns if name.startswith("state ")]
        if states:
            seen = [lines[name] for name in states if lines[name]]
            expected = " or ".join(patterns[name] for name in states)
            holds = True if seen else False if self.shown["complete"] else None
            found.append(("the log tells active from passive", expected, seen[0] if seen else "no such line", holds))
        return found

    def ports(self) -> list[Row]:
        """Which ports the server holds."""
        if self.shown["ports"] is None:
            return [("the server opens the ports of the release data", "", "may not be read", None)]
        release, product, offset = load_release(self.deployment["release"]), self.server["product"], self._offset()
        numbers = {
            port["name"]: port_number(release, product, port["name"], offset)
            for port in self.product["ports"]
            if port["protocol"] == "tcp"
        }
        if self.server["kind"] == "is":
            numbers["cluster"] = int(self.server["fields"]["hazelcast"]["port"])
        when = {port["name"]: port["when"] for port in self.product["ports"]}
        must = {number for name, number in numbers.items() if when[name] in ("always", "clustering")}
        may = set(numbers.values()) | set(self.server["ports"])
        open_ports = set(self.shown["ports"])
        strange = sorted(port for port in open_ports - may if port < EPHEMERAL)
        expected = f"{_listed(must)}; perhaps {_listed(may - must)}"
        seen = _listed(open_ports)
        return [
            ("the server opens the ports of the release data", expected, seen, must <= open_ports and not strange),
        ]

    def _offset(self) -> int:
        return int(self.server["fields"]["node"].get("offset", 0))

    def files(self) -> list[Row]:
        """What the server writes."""
        written, refused, publishers = self.shown["written"], self.shown["refused"], self.shown["publishers"]
        found: list[Row] = [
            (
                "the server writes only to the paths of the release data",
                ", ".join(self.server["writable"]),
                ", ".join(written) or "nothing else",
                not written,
            ),
            ("nothing was refused to the server", "no such line", refused[0] if refused else "none", not refused),
        ]
        if publishers:
            plain = [name for name, form in publishers.items() if form == "plain"]
            found.append(
                (
                    "the server encrypts the passwords of publishers in place",
                    'encrypted="true"',
                    f"plain: {', '.join(plain)}" if plain else "all encrypted",
                    not plain,
                )
            )
        return found

    def answers(self) -> list[Row]:
        """What the server answers, and how it ended before."""
        health, known = self.shown["health"], self.product["exit_status"]
        status = health["status"] if health else 0
        allowed = (200, 302) if self.server["kind"] == "dashboard" else (200,)
        found: list[Row] = [
            (
                "the health URL answers",
                f"{self.product['health']['path']}: {' or '.join(map(str, allowed))}",
                str(status or "no answer"),
                status in allowed,
            )
        ]
        if self.server["kind"] != "dashboard" and health:
            expected = "figures" if self.server["kind"] == "is" else '"status": "active"'
            found.append(("it says something when it is well", expected, health["body"][:200], self._healthy(health)))
        stops = self.shown["stops"]
        seen = (
            f"{stops['count']} stops, others: {_listed(stops['failed'])}"
            if stops["count"]
            else "no stop in the journal"
        )
        holds = not stops["failed"] if stops["count"] else None
        found.append(("exit status after a stop", " or ".join(map(str, known["stopped"])), seen, holds))
        return found

    def _healthy(self, health: Mapping[str, Any]) -> bool:
        try:
            body = json.loads(health["body"])
        except ValueError:
            return False
        if not isinstance(body, Mapping):
            return False
        return bool(body.get("health")) if self.server["kind"] == "is" else body.get("status") == "active"


def _listed(numbers: Sequence[int] | set[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "none"


def summary(found: Sequence[Mapping[str, str]]) -> str:
    """How many assumptions hold."""
    count = {answer: sum(row["holds"] == answer for row in found) for answer in ("yes", "no", UNKNOWN)}
    return f"{count['yes']} assumptions hold, {count['no']} do not, {count[UNKNOWN]} show neither"


def table(found: Sequence[Mapping[str, str]]) -> str:
    """The rows as a text table below a line that counts them; those that do not hold come first."""
    order = sorted(found, key=lambda row: ("no", UNKNOWN, "yes").index(row["holds"]))
    lines = [summary(found), ""]
    for cells in [[column.upper() for column in COLUMNS], *([row[column] for column in COLUMNS] for row in order)]:
        wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
        for number in range(max(map(len, wrapped))):
            parts = [part[number] if number < len(part) else "" for part in wrapped]
            lines.append("  ".join(f"{part:<{width}}" for part, width in zip(parts, WIDTHS, strict=True)).rstrip())
    return "\n".join(lines)
