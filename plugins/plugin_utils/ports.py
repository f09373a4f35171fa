# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports: which services a host is expected to have, what is wrong with their ports, and the reference table."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .findings import Findings, InputError, join, kind, list_of, mapping_of, shown, text_of, whole_number
from .releases import LAST_PORT, PARTIES, release_of
from .suggestions import did_you_mean

FIRST_UNPRIVILEGED = 1024
# The variables that move a port, by product; `offset` moves all that the release shifts.
VARIABLES: dict[str, dict[str, str]] = {
    "identity_server": {"offset": "is_node_port_offset", "cluster": "hazelcast_port"},
    "analytics_worker": {"event_sync": "analytics_event_sync_port"},
    "load_balancer": {"http": "wso2is_public_http_port", "https": "wso2is_public_port"},
}


# Where a deployment keeps the ports of its load balancers.
PUBLIC_PORTS = {"https": "port", "http": "http_port"}


def expected_services(node: Mapping[str, Any], release: Any) -> list[dict[str, Any]]:
    """Return the services that one product opens on a host.

    Args:
        node: `product`, and optionally `offset` (a number), `ports` (numbers by port name, before the offset),
            `features` (booleans by the `when` of a port: `{jmx: false}`), `address` (where it listens; absent means
            everywhere) and `variables` (names of the variables by port name, and `offset`).
        release: the facts of a release, or its number.

    Returns:
        A list of `{product, name, port, protocol, purpose, variable, address}`. `variable` is empty where no variable
        moves the port. A port that is not a number comes back as given; where the offset is not a whole number of 0
        or more, `port` is None and `offset` holds what was given. `port_findings` reports both.

    Raises:
        InputError: the node does not have this shape, or names a product, port or feature that the release lacks.
    """
    release = release_of(release)
    node = mapping_of(node, "node")
    product = text_of(node.get("product"), "node.product")
    facts = _known(product, release["products"], "product")
    names = [port["name"] for port in facts["ports"]]
    given = mapping_of(node.get("ports") or {}, "node.ports")
    features = mapping_of(node.get("features") or {}, "node.features")
    variables = {**VARIABLES.get(product, {}), **mapping_of(node.get("variables") or {}, "node.variables")}
    for name in given:
        _known(name, dict.fromkeys(names), f"port of {product}")
    for name, value in features.items():
        _known(name, release["conditions"], "feature")
        if not isinstance(value, bool):
            raise InputError(f"node.features.{name} must be a boolean, not {kind(value)}")
    raw_offset = facts["offset"] if node.get("offset") is None else node["offset"]
    offset = whole_number(raw_offset)
    services = []
    for port in facts["ports"]:
        if not features.get(port["when"], release["conditions"][port["when"]]["opens"]):
            continue
        base = given.get(port["name"], port["number"])
        number: Any = whole_number(base)
        number = base if number is None else number
        service = {
            "product": product,
            "name": port["name"],
            "port": number,
            "protocol": port["protocol"],
            "purpose": port["purpose"],
            "address": str(node.get("address") or ""),
            "variable": str(variables.get(port["name"]) or (variables.get("offset") if port["offset"] else "") or ""),
        }
        if port["offset"]:
            if offset is None or offset < 0:
                service.update(port=None, offset=raw_offset, variable=str(variables.get("offset") or ""))
            elif isinstance(number, int):
                service["port"] = number + offset
        services.append(service)
    return services


def _known(name: Any, known: Mapping[str, Any], what: str) -> Any:
    if not isinstance(name, str) or name not in known:
        hint = did_you_mean(name, known) if isinstance(name, str) else ""
        raise InputError(f"{what} {shown(name)} is not one of {', '.join(known)}{'; ' + hint if hint else ''}")
    return known[name]


def deployment_services(deployment: Mapping[str, Any], release: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the expected services of every host of a deployment, as `port_findings` takes them.

    Args:
        deployment: `is_nodes` (`host`, `port` of the cluster, `offset`), `workers` and `dashboards` (`host`),
            `load_balancers` (`host`) and `public` (`port`, `http_port`); lists may be absent. An entry may carry
            `ports`, `features` and `variables` for `expected_services`.
        release: the facts of a release, or its number.

    Raises:
        InputError: the deployment does not have this shape.
    """
    release = release_of(release)
    deployment = mapping_of(deployment, "deployment")
    public = mapping_of(deployment.get("public") or {}, "deployment.public")
    hosts: dict[str, list[dict[str, Any]]] = {}
    for group, product in (
        ("is_nodes", "identity_server"),
        ("workers", "analytics_worker"),
        ("dashboards", "analytics_dashboard"),
        ("load_balancers", "load_balancer"),
    ):
        for index, given in enumerate(list_of(deployment.get(group) or [], f"deployment.{group}")):
            what = f"deployment.{group}[{index}]"
            entry = mapping_of(given, what)
            host = text_of(entry.get("host"), f"{what}.host")
            ports: dict[str, Any] = {}
            if product == "identity_server" and entry.get("port") is not None:
                ports["cluster"] = entry["port"]
            elif product == "load_balancer":
                ports.update({name: public[key] for name, key in PUBLIC_PORTS.items() if public.get(key) is not None})
            ports.update(mapping_of(entry.get("ports") or {}, f"{what}.ports"))
            node = {
                "product": product,
                "ports": ports,
                **{key: entry[key] for key in ("offset", "features", "variables") if key in entry},
            }
            hosts.setdefault(host, []).extend(expected_services(node, release))
    return hosts


def port_findings(hosts: Any, release: Any, host_facts: Any = None) -> list[dict[str, str]]:
    """Check the ports of every service of every host.

    Args:
        hosts: per host a list of services: `product`, `name`, `port`, and optionally `protocol` (`tcp`), `address`
            (absent, empty, `0.0.0.0`, `::` and `*` mean every address) and `variable`, which moves the port.
        release: the facts of a release, or its number.
        host_facts: optional, per host `ephemeral_range` (two numbers, or the text of ip_local_port_range),
            `reserved_ports` (numbers, or the text of ip_local_reserved_ports), `unprivileged_start` (number), and
            `taken` (list of `{port, protocol, process}`: what other processes listen on).

    Returns:
        Findings, sorted.

    Raises:
        InputError: the data does not have this shape.
    """
    release = release_of(release)
    found = Findings()
    facts = mapping_of(host_facts or {}, "host_facts")
    for key, services in mapping_of(hosts, "hosts").items():
        host = text_of(key, "a key of hosts")
        what = f"host_facts[{host}]"
        about = _host_facts(mapping_of(facts.get(host) or {}, what), what)
        checked = [
            _service(service, f"hosts[{host}][{index}]")
            for index, service in enumerate(list_of(services, f"hosts[{host}]"))
        ]
        for index, service in enumerate(checked):
            service["id"] = (host, index)
        _check_numbers(host, checked, release, about, found)
        sound = [service for service in checked if found.clean(service["id"])]
        _check_followers(host, sound, release, found)
        _check_conflicts(host, sound, release, found)
        _check_host(host, [service for service in sound if found.clean(service["id"])], about, found)
    return found.sorted()


def _service(given: Any, what: str) -> dict[str, Any]:
    service: dict[str, Any] = dict(mapping_of(given, what))
    for key in ("product", "name"):
        service[key] = text_of(service.get(key), f"{what}.{key}")
    service["protocol"] = text_of(service.get("protocol") or "tcp", f"{what}.protocol").lower()
    for key in ("address", "variable"):
        value = service.get(key) or ""
        if not isinstance(value, str):
            raise InputError(f"{what}.{key} must be a text, not {kind(value)}")
        service[key] = value.strip()
    service["label"] = f"{service['product']} {service['name']}"
    return service


def _host_facts(facts: Mapping[str, Any], what: str) -> dict[str, Any]:
    about: dict[str, Any] = {"ephemeral": None, "reserved": [], "unprivileged": FIRST_UNPRIVILEGED, "taken": []}
    if facts.get("ephemeral_range"):
        value = facts["ephemeral_range"]
        ends = [
            whole_number(end)
            for end in (value.split() if isinstance(value, str) else list_of(value, f"{what}.ephemeral_range"))
        ]
        if len(ends) != 2 or None in ends:
            raise InputError(f"{what}.ephemeral_range must be two numbers, not {shown(value)}")
        about["ephemeral"] = (ends[0], ends[1])
    about["reserved"] = _ranges(facts.get("reserved_ports") or [], f"{what}.reserved_ports")
    if facts.get("unprivileged_start") is not None:
        about["unprivileged"] = whole_number(facts["unprivileged_start"])
        if about["unprivileged"] is None:
            raise InputError(f"{what}.unprivileged_start must be a number, not {kind(facts['unprivileged_start'])}")
    for index, taken in enumerate(list_of(facts.get("taken") or [], f"{what}.taken")):
        entry = mapping_of(taken, f"{what}.taken[{index}]")
        if whole_number(entry.get("port")) is None:
            raise InputError(f"{what}.taken[{index}].port must be a number, not {kind(entry.get('port'))}")
        about["taken"].append(
            {
                "port": whole_number(entry["port"]),
                "protocol": str(entry.get("protocol") or "tcp").lower(),
                "process": shown(entry.get("process") or "another process"),
            }
        )
    return about


def _ranges(value: Any, what: str) -> list[tuple[int, int]]:
    """Read `4000,9443-9444` or a list of numbers and such texts."""
    parts = value.split(",") if isinstance(value, str) else list_of(value, what)
    ranges = []
    for part in parts:
        if isinstance(part, str) and not part.strip():
            continue
        match = (
            re.fullmatch(r"\s*([0-9]{1,5})\s*(?:-\s*([0-9]{1,5})\s*)?", str(part))
            if isinstance(part, (str, int))
            else None
        )
        if match is None:
            raise InputError(f"{what} must be port numbers and ranges, not {shown(part)}")
        ranges.append((int(match[1]), int(match[2] or match[1])))
    return ranges


def _change(services: Iterable[Mapping[str, Any]]) -> str:
    names = sorted({service["variable"] for service in services if service["variable"]})
    return f"Change {join(names, 'or')}" if names else ""


def _check_numbers(
    host: str, services: list[dict[str, Any]], release: Mapping[str, Any], about: Mapping[str, Any], found: Findings
) -> None:
    reported = set()
    for service in services:
        identity, label, port = service["id"], service["label"], whole_number(service.get("port"))
        remedy = _change([service]) or f"Change the port of {label}"
        offset = whole_number(service.get("offset", 0))
        if offset is None or offset < 0:
            if service["product"] not in reported:
                reported.add(service["product"])
                found.add(
                    host,
                    "port offset",
                    f"{service['product']}: {shown(service['offset'])} ({kind(service['offset'])})",
                    "a whole number, 0 or more",
                    f"{remedy}.",
                    about=[identity],
                )
            else:
                found.spoil(identity)
        elif port is None:
            found.add(
                host,
                "port number",
                f"{label}: {shown(service.get('port'))} ({kind(service.get('port'))})",
                f"a whole number from 1 to {LAST_PORT}",
                f"{remedy}.",
                about=[identity],
            )
        elif not 1 <= port <= LAST_PORT:
            found.add(
                host, "port range", f"{label}: {shown(port)}", f"from 1 to {LAST_PORT}", f"{remedy}.", about=[identity]
            )
        elif port < about["unprivileged"] and not release["products"].get(service["product"], {}).get("privileged"):
            found.add(
                host,
                "privileged port",
                f"{label}: {port}",
                f"{about['unprivileged']} or above; lower ports are for root, and the service does not run as root",
                f"{remedy}.",
                about=[identity],
            )
        else:
            service["number"] = port


def _check_followers(host: str, services: list[dict[str, Any]], release: Mapping[str, Any], found: Findings) -> None:
    """A port that others derive from another port has to stay at its distance."""
    rules = {
        (product, port["name"]): port["follows"]
        for product, facts in release["products"].items()
        for port in facts["ports"]
        if "follows" in port
    }
    for service in services:
        rule = rules.get((service["product"], service["name"]))
        leaders = [
            other
            for other in services
            if rule and other["product"] == service["product"] and other["name"] == rule["name"]
        ]
        if rule and leaders and all(service["number"] != leader["number"] + rule["plus"] for leader in leaders):
            leader = leaders[0]
            found.add(
                host,
                "derived port",
                f"{service['label']}: {service['number']}",
                f"{leader['number'] + rule['plus']}: clients take {leader['name']} + {rule['plus']} by default",
                f"{_change([service, leader]) or 'Change the port of ' + service['label']}.",
                severity="warning",
            )


def _overlap(one: str, other: str) -> bool:
    return one == other or "" in (one, other)


def _bound(address: str) -> str:
    """The address in one form; empty when it means every address."""
    try:
        parsed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return "" if address in ("", "*") else address.lower()
    return "" if parsed.is_unspecified else str(parsed)


def _check_conflicts(host: str, services: list[dict[str, Any]], release: Mapping[str, Any], found: Findings) -> None:
    by_port: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for service in services:
        by_port.setdefault((service["protocol"], service["number"]), []).append(service)
    for (protocol, number), sharing in by_port.items():
        bound = [_bound(service["address"]) for service in sharing]
        clashing = [
            service
            for index, service in enumerate(sharing)
            if any(_overlap(bound[index], other) for position, other in enumerate(bound) if position != index)
        ]
        if not clashing:
            continue
        labels = [service["label"] for service in clashing]
        effects = dict.fromkeys(filter(None, (_if_taken(service, release) for service in clashing)))
        remedy = _change(clashing)
        found.add(
            host,
            "port conflict",
            f"{protocol} {number} is wanted by {join(labels)}" + "".join(f" ({effect})" for effect in effects),
            "one service for each port of a host",
            f"{remedy}, or put the services on different hosts." if remedy else "Put the services on different hosts.",
            about=[service["id"] for service in clashing],
        )


def _if_taken(service: Mapping[str, Any], release: Mapping[str, Any]) -> str:
    for port in release["products"].get(service["product"], {}).get("ports", []):
        if port["name"] == service["name"]:
            return str(port.get("if_taken", ""))
    return ""


def _check_host(host: str, services: list[dict[str, Any]], about: Mapping[str, Any], found: Findings) -> None:
    for service in services:
        for taken in about["taken"]:
            if (taken["port"], taken["protocol"]) == (service["number"], service["protocol"]):
                found.add(
                    host,
                    "port taken",
                    f"{service['protocol']} {service['number']} of {service['label']} is held by {taken['process']}",
                    "free for the service",
                    f"Stop the process{', or c' + _change([service])[1:] if service['variable'] else ''}.",
                    about=[service["id"]],
                )
                break
    if about["ephemeral"]:
        low, high = about["ephemeral"]
        inside = sorted(
            {
                service["number"]
                for service in services
                if found.clean(service["id"])
                and low <= service["number"] <= high
                and not any(first <= service["number"] <= last for first, last in about["reserved"])
            }
        )
        if inside:
            found.add(
                host,
                "ephemeral ports",
                f"{', '.join(map(str, inside))} in the range {low}-{high} of outgoing connections, which may take them",
                "reserved, or outside that range",
                "Set wso2is_sysctl to true, or add them to the sysctl net.ipv4.ip_local_reserved_ports.",
                severity="warning",
            )


def ports_markdown(release: Any) -> str:
    """Return the reference of all ports of a release as Markdown.

    Raises:
        InputError: the value is not a release.
    """
    release = release_of(release)
    products = release["products"]
    names = {**{party: party for party in PARTIES}, **{key: facts["name"] for key, facts in products.items()}}
    page: dict[str, list[str]] = {}
    for row in release.get("page_ports") or []:
        for opens in row["opens"]:
            page.setdefault(opens, []).append(str(row["number"]))
    lines = [
        f"# Ports of release {release['release']}",
        "",
        f"<!-- Generated by docs/generate.py from roles/preflight/files/releases/{release['release']}.yml. -->",
        "",
        'Every port that the products open. "Page" is the number in the table of the page "Deployment Patterns"; for',
        "Analytics that table describes the older server, the product opens the number in the first column.",
        '"Shifted" says whether the port offset is added.',
    ]
    for product, facts in products.items():
        lines += ["", f"## {facts['name']}", ""]
        rows = [
            [
                f"{port['number']}/{port['protocol']}",
                f"`{port['name']}`",
                port["purpose"] + _configured(port),
                join([names[party] for party in port["from"]]) or "nobody",
                "yes" if port["offset"] else "no",
                release["conditions"][port["when"]]["meaning"],
                ", ".join(page.get(f"{product}.{port['name']}", [])) or "-",
                ", ".join(f"`{name}`" for name in _moved_by(product, port)) or "-",
                port["source"],
            ]
            for port in facts["ports"]
        ]
        lines += markdown_table(
            ["Port", "Name", "Purpose", "Opened to", "Shifted", "Open", "Page", "Variable", "Source"], rows
        )
    lines += ["", "## The page's table", ""]
    rows = []
    for row in release.get("page_ports") or []:
        opened = []
        for opens in row["opens"]:
            product, name = opens.split(".")
            number = next(port["number"] for port in products[product]["ports"] if port["name"] == name)
            opened.append(f"{number} ({products[product]['name']}, `{name}`)")
        rows.append([row["product"], str(row["number"]), row["usage"], ", ".join(opened)])
    lines += markdown_table(["Product on the page", "Port", "Usage", f"What {release['release']} opens"], rows)
    return "\n".join(lines) + "\n"


def _configured(port: Mapping[str, Any]) -> str:
    return f" (configured as {port['configured']})" if "configured" in port else ""


def _moved_by(product: str, port: Mapping[str, Any]) -> list[str]:
    variables = VARIABLES.get(product, {})
    return [name for name in (variables.get(port["name"]), variables.get("offset") if port["offset"] else None) if name]


def markdown_table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a Markdown table; a bar inside a cell is escaped."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in [header, *rows]]
    return [
        "| " + " | ".join(cells[0]) + " |",
        "|" + " --- |" * len(header),
        *("| " + " | ".join(row) + " |" for row in cells[1:]),
    ]
