# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory and disk: what the servers of a host need against what the host has."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from .findings import Findings, InputError, join, kind, list_of, mapping_of, shown, text_of
from .releases import release_of

# A machine sold with 4 GB, or a disk of 10 GB, reports a little less: firmware, kernel and file system take a share.
TOLERANCE = 0.07
HEAP_VARIABLES = {
    "identity_server": "is_node_heap_mb",
    "analytics_worker": "analytics_worker_heap_mb",
    "analytics_dashboard": "analytics_dashboard_heap_mb",
}
GROUPS = {"is_nodes": "identity_server", "workers": "analytics_worker", "dashboards": "analytics_dashboard"}
MEMORY_VARIABLE = "wso2is_minimum_memory_mb"
DISK_VARIABLE = "wso2is_minimum_disk_gb"
_UNITS = {"k": 1 / 1024, "m": 1, "g": 1024, "t": 1024 * 1024}


def megabytes(value: Any) -> float | None:
    """Return an amount in MB, or None: a number, digits, or a size as the JVM writes it (`512m`, `2g`)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) and number >= 0 else None
    match = re.fullmatch(r"\s*([0-9]{1,15})([kKmMgGtT]?)[bB]?\s*", value) if isinstance(value, str) else None
    return int(match[1]) * _UNITS[match[2].lower() or "m"] if match else None


def requirements(release: Mapping[str, Any], minimum: Any = None) -> tuple[dict[str, float], list[str]]:
    """Return what a host must have, and which requirements were lowered below the release's.

    Args:
        release: the facts of a release.
        minimum: None, a number (memory in MB), or a mapping of `memory_mb`, `heap_mb`, `os_mb` and `disk_gb`. Less
            memory lowers the heap and the share of the operating system in the release's proportion, unless they are
            given themselves.

    Returns:
        `{memory_mb, heap_mb, os_mb, disk_mb}`, and texts such as `memory 1024 MB (the release asks for 4096 MB)`.

    Raises:
        InputError: the minimum is something else.
    """
    facts = release["memory"]
    needs = {
        "memory_mb": float(facts["total_mb"]),
        "heap_mb": float(facts["heap_mb"]),
        "os_mb": float(facts["os_mb"]),
        "disk_mb": float(facts["disk_mb"]),
    }
    asked = dict(needs)
    given = {} if minimum is None else {"memory_mb": minimum} if not isinstance(minimum, Mapping) else minimum
    amounts = {}
    for key, value in given.items():
        if key not in ("memory_mb", "heap_mb", "os_mb", "disk_gb"):
            raise InputError(f"minimum.{shown(key)} is not one of memory_mb, heap_mb, os_mb, disk_gb")
        amount = megabytes(value)
        if amount is None:
            raise InputError(f"minimum.{key} must be a number of 0 or more, not {shown(value)} ({kind(value)})")
        amounts["disk_mb" if key == "disk_gb" else key] = amount * 1024 if key == "disk_gb" else amount
    if amounts.get("memory_mb", needs["memory_mb"]) < needs["memory_mb"]:
        share = amounts["memory_mb"] / needs["memory_mb"]
        needs["heap_mb"] *= share
        needs["os_mb"] *= share
    needs.update(amounts)
    names = {"memory_mb": "memory", "heap_mb": "heap", "os_mb": "memory for the operating system", "disk_mb": "disk"}
    lowered = [
        f"{names[key]} {needs[key]:.0f} MB (the release asks for {asked[key]:.0f} MB)"
        for key in needs
        if needs[key] < asked[key]
    ]
    return needs, lowered


def deployment_memory(deployment: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return `{host: {heaps_mb: {product: heap}}}` of a deployment, as `memory_findings` takes it.

    Args:
        deployment: `is_nodes`, `workers`, `dashboards` with `host` and `heap_mb`; lists may be absent.

    Raises:
        InputError: the deployment does not have this shape.
    """
    hosts: dict[str, dict[str, Any]] = {}
    deployment = mapping_of(deployment, "deployment")
    for group, product in GROUPS.items():
        for index, given in enumerate(list_of(deployment.get(group) or [], f"deployment.{group}")):
            what = f"deployment.{group}[{index}]"
            entry = mapping_of(given, what)
            host = text_of(entry.get("host"), f"{what}.host")
            hosts.setdefault(host, {"heaps_mb": {}})["heaps_mb"][product] = entry.get("heap_mb")
    return hosts


def heap_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Check the heaps that an inventory gives, without any host; the same findings come from `memory_findings`.

    Args:
        deployment: the model.
    """
    rows = memory_findings(deployment_memory(deployment), deployment["release"], deployment["minimum"])
    return [row for row in rows if row["check"] == "heap"]


def memory_findings(hosts: Any, release: Any, minimum: Any = None) -> list[dict[str, str]]:
    """Check heaps, memory and disks.

    Args:
        hosts: per host `heaps_mb` (heap by product), and where the host was asked `memory_mb` (what it reports),
            `container_limit_mb` and `disks`: a list of `path`, `free_mb`, `needed_mb` (what the run will write),
            `total_mb` and `mount` (paths of one mount share its space).
        release: the facts of a release, or its number.
        minimum: see `requirements`.

    Returns:
        Findings, sorted. Lowered requirements are a warning of their own.

    Raises:
        InputError: the data does not have this shape.
    """
    release = release_of(release)
    needs, lowered = requirements(release, minimum)
    found = Findings()
    hosts = mapping_of(hosts, "hosts")
    if lowered and hosts:
        found.add(
            "all hosts",
            "lowered requirement",
            join(lowered),
            "for a test lab only",
            f"Leave out {MEMORY_VARIABLE} and {DISK_VARIABLE} in production.",
            severity="warning",
        )
    for key, given in hosts.items():
        host = text_of(key, "a key of hosts")
        facts = mapping_of(given, f"hosts[{host}]")
        heaps = _heaps(host, mapping_of(facts.get("heaps_mb") or {}, f"hosts[{host}].heaps_mb"), release, needs, found)
        if found.clean((host, "heap")):
            _check_memory(host, facts, heaps, needs, found)
        disks = list_of(facts.get("disks") or [], f"hosts[{host}].disks")
        _check_disks(
            host, [_disk(disk, f"hosts[{host}].disks[{index}]") for index, disk in enumerate(disks)], needs, found
        )
    return found.sorted()


def _heaps(
    host: str, heaps: Mapping[str, Any], release: Mapping[str, Any], needs: Mapping[str, float], found: Findings
) -> dict[str, float]:
    """Return the heaps to count: a heap that is too small counts as what it has to become."""
    counted = {}
    for key, value in heaps.items():
        service = text_of(key, f"a key of hosts[{host}].heaps_mb")
        heap = megabytes(value)
        remedy = f"Set {HEAP_VARIABLES.get(service, 'the heap of ' + service)}"
        least = needs["heap_mb"] if service in release["memory"]["heap_applies_to"] else 0
        if not heap:
            found.add(
                host,
                "heap",
                f"{service}: {shown(value)} ({kind(value)})",
                "a number of MB above 0",
                f"{remedy}.",
                about=[(host, "heap")],
            )
        elif heap < least:
            found.add(
                host,
                "heap",
                f"{service}: {heap:.0f} MB",
                f"{least:.0f} MB or more",
                f"{remedy} to {least:.0f}. A test lab may lower the requirement with {MEMORY_VARIABLE}.",
            )
        counted[service] = max(heap or 0, least)
    return counted


def _amount(facts: Mapping[str, Any], key: str, what: str) -> float | None:
    if facts.get(key) is None:
        return None
    amount = megabytes(facts[key])
    if amount is None:
        raise InputError(f"{what}.{key} must be a number of 0 or more, not {shown(facts[key])} ({kind(facts[key])})")
    return amount


def _check_memory(
    host: str, facts: Mapping[str, Any], heaps: Mapping[str, float], needs: Mapping[str, float], found: Findings
) -> None:
    memory = _amount(facts, "memory_mb", f"hosts[{host}]")
    limit = _amount(facts, "container_limit_mb", f"hosts[{host}]")
    if not heaps or (memory is None and limit is None):
        return
    wanted = max(sum(heaps.values()) + needs["os_mb"], needs["memory_mb"])
    parts = [f"{service} {heap:.0f}" for service, heap in heaps.items()]
    required = f"{wanted:.0f} MB: heap of {join(parts)}, operating system {needs['os_mb']:.0f}"
    variables = [HEAP_VARIABLES[service] for service in heaps if service in HEAP_VARIABLES]
    smaller = f", lower {join(variables, 'or')}" if variables and wanted > needs["memory_mb"] else ""
    elsewhere = ", move a product to another host" if len(heaps) > 1 else ""
    allowed = f"; a test lab may lower the requirement with {MEMORY_VARIABLE}."
    # A limit is what somebody wrote down, so it is taken as it is.
    if limit is not None and limit < wanted and (memory is None or limit <= memory):
        found.add(
            host,
            "memory",
            f"{limit:.0f} MB, the limit of the container",
            required,
            f"Raise the container's memory limit{smaller}{elsewhere}{allowed}",
        )
    elif memory is not None and memory < wanted * (1 - TOLERANCE):
        found.add(
            host, "memory", f"{memory:.0f} MB", required, f"Give the host more memory{smaller}{elsewhere}{allowed}"
        )


def _disk(disk: Any, what: str) -> dict[str, Any]:
    disk = mapping_of(disk, what)
    return {
        "path": text_of(disk.get("path"), f"{what}.path"),
        "mount": disk.get("mount"),
        **{key: _amount(disk, key, what) for key in ("total_mb", "free_mb", "needed_mb")},
    }


def _check_disks(host: str, disks: list[dict[str, Any]], needs: Mapping[str, float], found: Findings) -> None:
    mounts: dict[str, list[dict[str, Any]]] = {}
    for index, disk in enumerate(disks):
        mounts.setdefault(
            str(disk["mount"]) if isinstance(disk["mount"], str) and disk["mount"] else f"\0{index}", []
        ).append(disk)
    for sharing in mounts.values():
        paths = join(list(dict.fromkeys(disk["path"] for disk in sharing)))
        total, free = sharing[0]["total_mb"], sharing[0]["free_mb"]
        # Without the size of the file system, what is free is all that is known.
        written = [disk["needed_mb"] for disk in sharing if disk["needed_mb"] is not None]
        needed = sum(written) if written else (needs["disk_mb"] * (1 - TOLERANCE) if total is None else 0)
        if total is not None and total < needs["disk_mb"] * (1 - TOLERANCE):
            found.add(
                host,
                "disk",
                f"{paths}: file system of {total:.0f} MB",
                f"{needs['disk_mb']:.0f} MB or more",
                f"Enlarge the file system; a test lab may lower the requirement with {DISK_VARIABLE}.",
            )
        elif free is not None and free < needed:
            found.add(host, "disk", f"{paths}: {free:.0f} MB free", f"{needed:.0f} MB free", "Free or add disk space.")
