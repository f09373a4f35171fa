# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model: one plain description of the whole deployment, computed from an inventory.

This is the only place that computes values. Settings name fields of a node's `fields`; roles, findings and
playbooks read the rest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from jinja2 import UndefinedError

from .analytics_server import analytics_node, analytics_server
from .databases import databases_of, pools_of
from .elements import element
from .findings import InputError, finding
from .is_server import is_node, is_server
from .jdk_archives import jdks_of
from .mail import mail_findings, mail_of
from .plain import plain
from .releases import load_release
from .shares import share
from .user_stores import user_store_of
from .variables import address_of, effective, missing, raw, role_missing, specifications

# Role variables on which the hosts of a cluster must agree.
NODES_AGREE = ("hazelcast_", "artifact_sync_", "database_")
ANALYTICS_AGREE = (
    "analytics_admin_user",
    "analytics_admin_password",
    "analytics_group_id",
    "analytics_heartbeat_interval",
    "analytics_heartbeat_max_retry",
    "analytics_keystore",
    "analytics_truststore",
)
# A role's default for these is empty, because a path or a password has none.
ALWAYS = {"artifact_sync_path": "where the shared file system is mounted on every node"}
WITH_ANALYTICS = {
    "analytics_admin_password": "a password",
    "analytics_keystore": "a keystore (JKS) on the control node",
    "analytics_truststore": "a truststore (JKS) on the control node",
}

# On the control node. The rest of its variables is the role's own.
BALANCER_FILES = (
    "load_balancer_certificate",
    "load_balancer_certificate_key",
    "load_balancer_management_certificate",
    "load_balancer_management_certificate_key",
    "load_balancer_upstream_ca",
)


def topology(
    hostvars: Mapping[str, Mapping[str, Any]],
    nodes: Sequence[str],
    workers: Sequence[str] = (),
    dashboards: Sequence[str] = (),
    load_balancers: Sequence[str] = (),
    pattern: int = 0,
    nfs_servers: Sequence[str] = (),
) -> dict[str, Any]:
    """Compute the deployment.

    Args:
        hostvars: the variables of every host, by inventory name.
        nodes: inventory names of the Identity Server nodes; the first one does what only one may do.
        workers: inventory names of the analytics workers. Empty means pattern 1.
        dashboards: inventory names of the analytics dashboards.
        load_balancers: inventory names of the load balancers.
        pattern: 1 or 2; 0 takes what the lists say. In pattern 1 workers and dashboards are left out.
        nfs_servers: inventory names of the NFS servers; used where the nodes share files by NFS.

    Returns:
        A mapping of plain data. `findings` says what is wrong with the variables; the rest is complete only when
        there is none.
    """
    findings: list[dict[str, str]] = []
    if pattern == 1:
        workers = dashboards = ()
    values: dict[str, dict[str, Any]] = {}
    given: dict[str, set[str]] = {}
    spoilt: dict[str, set[str]] = {}
    hosts = list(dict.fromkeys([*nodes, *workers, *dashboards, *load_balancers, *nfs_servers]))
    for host in hosts:
        variables = hostvars.get(host, {})
        values[host], wrong, given[host], spoilt[host] = effective(host, variables)
        if not values[host]["wso2is_address"]:
            values[host]["wso2is_address"], unresolved = address_of(host, variables)
            wrong += unresolved
        findings += wrong
    findings = _once(findings, hosts)
    pattern = pattern or (2 if workers or dashboards else 1)
    shared, disagreements = _shared(values, given, spoilt, [*workers, *dashboards], nodes, nfs_servers)
    absent = missing(set().union(*given.values()) if given else set())
    findings += disagreements + absent
    if not nodes:
        return _nothing(
            pattern,
            [
                finding(
                    "inventory",
                    "topology",
                    "no Identity Server node",
                    "at least two",
                    "Put the nodes into the group wso2is_nodes, or name their group in wso2is_nodes_group.",
                )
            ],
        )
    try:
        release = load_release(shared["wso2is_release"])
    except InputError as exc:
        return _nothing(
            pattern, [finding("all hosts", "release", str(exc), "a known release", "Change wso2is_release.")]
        )
    findings += _empty(shared, ALWAYS)
    for host in load_balancers:
        findings += role_missing("load_balancer", host, given[host])
    # Without hosts for Analytics nobody was asked; that they lack is said by the findings on the topology.
    if pattern == 2 and (workers or dashboards):
        findings += _empty(shared, WITH_ANALYTICS)
    public = _public(shared)
    spoilt_names = set().union(*spoilt.values(), (row["found"].split(" ", maxsplit=1)[0] for row in absent))
    databases, wrong = databases_of(shared, 2 if workers or dashboards else pattern, release)
    if "wso2is_databases" not in spoilt_names:
        findings += wrong
    user_store, wrong = user_store_of(shared)
    findings += wrong
    findings += mail_findings(shared, spoilt_names)
    deployment: dict[str, Any] = {
        "pattern": pattern,
        "release": shared["wso2is_release"],
        "public": public,
        "management": _management(shared, public),
        "packs": {
            "identity_server": {
                "source": shared["wso2is_pack"],
                "checksum": shared["wso2is_pack_checksum"],
                "top": release["packs"]["identity_server"]["top"],
            },
            "analytics": {
                "source": shared["wso2is_analytics_pack"],
                "checksum": shared["wso2is_analytics_pack_checksum"],
                "top": release["packs"]["analytics"]["top"],
            },
        },
        "jdk": release["jdk"],
        "jdks": jdks_of(hostvars, list(dict.fromkeys([*nodes, *workers, *dashboards]))),
        "jdbc_driver": {"source": shared["wso2is_jdbc_driver"], "checksum": shared["wso2is_jdbc_driver_checksum"]},
        "service_user": {
            "user": shared["wso2is_user"],
            "uid": shared["wso2is_uid"],
            "group": shared["wso2is_group"],
            "gid": shared["wso2is_gid"],
        },
        "test_lab": shared["wso2is_test_lab"],
        "inventory": _inventory([hostvars.get(host, {}) for host in hosts]),
        "database_type": shared["wso2is_database_type"],
        "databases": databases,
        "pools": pools_of(
            databases,
            shared["wso2is_database_type"],
            len(nodes),
            [values[host]["analytics_database_pool"] for host in workers],
            [values[host]["analytics_database_pool"] for host in dashboards],
        ),
        "user_store": user_store,
        "mail": mail_of(shared),
        "session_cleanup": shared["wso2is_session_cleanup"],
        "kernel": {"manage": shared["wso2is_sysctl"], "settings": shared["wso2is_sysctl_settings"]},
        # Also those that are wrong, for the findings on them.
        "hazelcast_properties": shared["hazelcast_properties"],
        "create_schemas": shared["database_create_schemas"],
        "minimum": {"memory_mb": shared["wso2is_minimum_memory_mb"], "disk_gb": shared["wso2is_minimum_disk_gb"]},
        "is_nodes": [is_node(host, values[host], release) for host in nodes],
        "workers": [analytics_node(host, values[host], "worker") for host in workers],
        "dashboards": [analytics_node(host, values[host], "dashboard") for host in dashboards],
        "load_balancers": [
            {
                "host": host,
                "address": values[host]["wso2is_address"],
                "trusted_proxies": raw(hostvars.get(host, {}), "load_balancer_trusted_proxies", []),
            }
            for host in load_balancers
        ],
        "balancer_files": _balancer_files(hostvars, load_balancers),
        "nfs_servers": [{"host": host, "address": values[host]["wso2is_address"]} for host in nfs_servers],
        "findings": findings,
        # Variables without a value that counts: what reads them stays silent.
        "spoilt": sorted(spoilt_names),
        "hosts": {
            host: {
                "address": values[host]["wso2is_address"],
                "jdk_home": raw(hostvars.get(host, {}), "jdk_home", ""),
                "servers": {},
            }
            for host in hosts
        },
    }
    deployment["artifacts"] = share(shared, deployment["is_nodes"], deployment["nfs_servers"])
    deployment["cluster_members"] = [
        {"name": node["host"], "address": node["address"], "port": node["port"]} for node in deployment["is_nodes"]
    ]
    # Once, because a list for each node would grow with the square of their number.
    deployment["membership"] = {
        "members": element(
            "members",
            *[
                element("member", element("hostName", member["address"]), element("port", str(member["port"])))
                for member in deployment["is_nodes"]
            ],
        )
    }
    deployment["upstreams"] = [
        {"name": node["host"], "address": node["address"], "port": node["https_port"]}
        for node in deployment["is_nodes"]
    ]
    for node in deployment["is_nodes"]:
        deployment["hosts"][node["host"]]["servers"]["is"] = is_server(node, deployment, values[node["host"]], release)
    for runtime, members in (("worker", "workers"), ("dashboard", "dashboards")):
        for node in deployment[members]:
            deployment["hosts"][node["host"]]["servers"][runtime] = analytics_server(
                node, runtime, deployment, values[node["host"]], release
            )
    return deployment


def _nothing(pattern: int, findings: list[dict[str, str]]) -> dict[str, Any]:
    """A deployment of which nothing can be said but what is wrong."""
    return {
        "pattern": pattern,
        "hosts": {},
        "is_nodes": [],
        "workers": [],
        "dashboards": [],
        "load_balancers": [],
        "nfs_servers": [],
        "public": {"host": "", "port": 0, "http_port": 0, "url": ""},
        "management": {"host": "", "own": False},
        "findings": findings,
    }


def _once(findings: list[dict[str, str]], hosts: Sequence[str]) -> list[dict[str, str]]:
    """The same mistake on every host is one finding: it was made once, in a group."""
    seen: dict[tuple[str, ...], list[str]] = {}
    for item in findings:
        seen.setdefault((item["check"], item["found"], item["required"], item["remedy"], item["severity"]), []).append(
            item["host"]
        )
    return [
        finding(
            "all hosts" if len(names) == len(hosts) and len(hosts) > 1 else ", ".join(names), *key[:4], severity=key[4]
        )
        for key, names in seen.items()
    ]


def _shared(
    values: dict[str, dict[str, Any]],
    given: Mapping[str, set[str]],
    spoilt: Mapping[str, set[str]],
    analytics: Sequence[str],
    nodes: Sequence[str],
    nfs_servers: Sequence[str],
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Variables that are one for the whole deployment, wherever it is said; all hosts get that value.

    Returns the variables of the first node with them, and findings on hosts that disagree.
    """
    findings = []
    shared = dict(values[nodes[0]]) if nodes else {}
    for name, spec in specifications().items():
        if not spec.get("host"):
            asked = list(values)
        elif name.startswith(NODES_AGREE) and name != "hazelcast_port":
            # An NFS server may be told what it shares.
            asked = list(dict.fromkeys([*nodes, *(nfs_servers if name.startswith("artifact_sync_") else ())]))
        elif name in ANALYTICS_AGREE:
            # One host may be a worker and a dashboard.
            asked = list(dict.fromkeys(analytics))
        else:
            continue
        # A value that has a finding is nobody's.
        saying = [host for host in asked if name in given[host] - spoilt[host]]
        said: list[Any] = []
        for host in saying:
            if values[host][name] not in said:
                said.append(values[host][name])
        if len(said) > 1:
            found, remedy = f"{name} differs between them", f"Set {name} once, for all of them."
            findings.append(finding(", ".join(saying), "variables", found, "the same value", remedy))
        value = said[0] if said else specifications()[name].get("default")
        shared[name] = value
        for host in asked:
            values[host][name] = value
        if name in ANALYTICS_AGREE:
            # Nodes publish with the account of the workers.
            for host in nodes:
                values[host][name] = value
    return shared, findings


def _empty(values: Mapping[str, Any], needed: Mapping[str, str]) -> list[dict[str, str]]:
    """Variables of roles that have an empty default and are needed nevertheless."""
    return [
        finding("inventory", "variables", f"{name} is not set", what, f"Set {name}.")
        for name, what in needed.items()
        if not values[name]
    ]


def _balancer_files(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> list[dict[str, str]]:
    """Variable and path of the files that load balancers need.

    What cannot be resolved or is relative is left to the role.
    """
    found = []
    for host in hosts:
        for name in BALANCER_FILES:
            try:
                path = plain(hostvars.get(host, {}).get(name))
            except (AnsibleError, UndefinedError):
                continue
            if isinstance(path, str) and os.path.isabs(os.path.expanduser(path)):
                found.append({"host": host, "variable": name, "path": path})
    return found


def _inventory(hosts: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Where the inventory lies, as Ansible says it of every host."""
    found = {}
    for key, name in (("files", "inventory_file"), ("directories", "inventory_dir")):
        said = {variables.get(name) for variables in hosts}
        found[key] = sorted(str(path) for path in said if isinstance(path, str) and path)
    return found


def _public(values: Mapping[str, Any]) -> dict[str, Any]:
    host, port = values["wso2is_public_host"] or "", values["wso2is_public_port"]
    return {
        "host": host,
        "port": port,
        "http_port": values["wso2is_public_http_port"],
        "url": f"https://{host}" + ("" if port == 443 else f":{port}"),
    }


def _management(values: Mapping[str, Any], public: Mapping[str, Any]) -> dict[str, Any]:
    """Where the console is: under a name of its own, or under the public one."""
    name = values["wso2is_management_host"]
    return {"host": name or public["host"], "own": bool(name)}
