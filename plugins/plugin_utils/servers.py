# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that one server needs on its host: the rendered vendor files, and those that run it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..module_utils.masking import hide
from .database_findings import CREATED
from .findings import finding
from .jars import driver_problem, is_bundle
from .kernel import FILE as KERNEL_FILE
from .kernel import kernel_file, kernel_settings
from .overlays import brought
from .pack import Pack, PackError, local_file, open_pack
from .releases import load_release
from .settings import RenderedFile, SettingError, render
from .shares import is_shared


class DeploymentError(ValueError):
    """The deployment has no such host or server."""


def server_of(deployment: Mapping[str, Any], host: str, kind: str) -> Mapping[str, Any]:
    """The server of a kind (`is`, `worker`, `dashboard`) on a host."""
    try:
        return cast(Mapping[str, Any], deployment["hosts"][host]["servers"][kind])
    except (KeyError, TypeError) as exc:
        raise DeploymentError(f"the deployment has no {kind} on {host}") from exc


def read_control_file(path: str) -> bytes:
    """A file of the control node. Raises OSError."""
    with open(os.path.expanduser(path), "rb") as handle:
        return handle.read()


def pack_of(deployment: Mapping[str, Any], server: Mapping[str, Any]) -> Pack:
    """The pack of a server; it must be on the control node already. Raises PackError."""
    pack = deployment["packs"][server["pack"]]
    return open_pack(pack["source"], pack["checksum"])


def release_name(deployment: Mapping[str, Any], server: Mapping[str, Any], pack: Pack) -> str:
    """The directory of a server's release: its pack, and what is added to that.

    With another driver or overlay it is another release, so that a server which runs keeps what it was started with
    and can go back to it. Raises PackError.
    """
    added = [[driver_path(deployment, server), ""]]
    added += [[item["dest"], item["sha256"]] for item in brought(server, "")]
    return f"{pack.top}-{pack.sha256[:12]}-{hashlib.sha256(json.dumps(sorted(added)).encode()).hexdigest()[:8]}"


def release_path(deployment: Mapping[str, Any], server: Mapping[str, Any], pack: Pack) -> str:
    """Where the module carbon_release installs it. Raises PackError."""
    return f"{server['base']}/releases/{release_name(deployment, server, pack)}"


def driver_file(deployment: Mapping[str, Any]) -> tuple[str, str]:
    """Path and digest of the JDBC driver on the control node. Raises PackError."""
    driver = deployment["jdbc_driver"]
    return local_file(driver["source"], driver["checksum"])


def driver_path(deployment: Mapping[str, Any], server: Mapping[str, Any]) -> str:
    """Where the JDBC driver lies in the carbon home. Raises PackError.

    Its digest is part of the name, so that another driver is another file.
    """
    path, digest = driver_file(deployment)
    stem, extension = os.path.splitext(os.path.basename(path))
    return f"{server['driver']}/{stem}-{digest[:12]}{extension}"


# States of a unit whose server runs no process.
STOPPED = ("inactive", "failed", "")


def stopped_links(deployment: Mapping[str, Any], host: str, kind: str, units: Mapping[str, Any] | None) -> list[str]:
    """Names of the links that may be pointed to another release now.

    Args:
        deployment: the model.
        host: inventory name.
        kind: `is`, `worker` or `dashboard`.
        units: what the module host_info says of the units of the host; None when the server is known to be stopped.

    Returns:
        The server's own, or with `units` those of all stopped servers that share its releases.
    """
    own = server_of(deployment, host, kind)
    if units is None:
        return [os.path.basename(own["home"])]
    return [
        os.path.basename(server["home"])
        for server in deployment["hosts"][host]["servers"].values()
        if server["base"] == own["base"]
        and ((units.get(f"{server['unit']}.service") or {}).get("active_state") or "") in STOPPED
    ]


def installation(
    deployment: Mapping[str, Any], host: str, kind: str, units: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What installing a server takes.

    Args:
        deployment: the model.
        host: inventory name.
        kind: `is`, `worker` or `dashboard`.
        units: what the module host_info says of the units of the host. The links of servers that run are left alone;
            without it, the server is known to be stopped.

    Returns:
        `needs`: paths that an installed release has; `digests`: paths of files in it whose content may change, with the
        SHA-256 of each; `bring`: what has to be brought to the host when `path` is missing or another file; `options`:
        those of the module carbon_release; `release` and `staging`: directories.

    Raises:
        PackError: the pack, the JDBC driver or an overlay is not on the control node.
    """
    server = server_of(deployment, host, kind)
    pack = pack_of(deployment, server)
    release = release_path(deployment, server, pack)
    driver = driver_path(deployment, server)
    staging = f"{server['base']}/staging"
    archive, jar = f"{staging}/{pack.top}-{pack.sha256[:12]}.zip", f"{staging}/{os.path.basename(driver)}"
    user = deployment["service_user"]
    source, digest = driver_file(deployment)
    overlays = brought(server, staging)
    return {
        "release": release,
        "staging": staging,
        "needs": [release, f"{release}/{driver}"],
        "digests": {f"{release}/{item['dest']}": item["sha256"] for item in overlays},
        "bring": [
            {"src": os.path.abspath(pack.path), "dest": archive, "path": release},
            {"src": os.path.abspath(source), "dest": jar, "path": f"{release}/{driver}"},
            *(
                {"src": item["source"], "dest": item["staged"], "path": f"{release}/{item['dest']}"}
                for item in overlays
            ),
        ],
        "options": {
            "archive": archive,
            "sha256": pack.sha256,
            "name": pack.top,
            "directory": os.path.basename(release),
            "base": server["base"],
            "owner": user["user"],
            "group": user["group"],
            "links": server["links"],
            "writable": [".", *server["writable"]],
            "current": stopped_links(deployment, host, kind, units),
            "extra_files": [
                {"src": jar, "dest": driver, "sha256": digest},
                *(
                    {"src": item["staged"], **{key: item[key] for key in ("dest", "sha256", "mode")}}
                    for item in overlays
                ),
            ],
        },
    }


def fields_of(deployment: Mapping[str, Any], server: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings of a server name: its own values, those of the cluster, and the operator's settings."""
    return {
        **server["fields"],
        "membership": deployment["membership"],
        "extra_settings": server["extra_settings"]["settings"],
    }


def rendered(deployment: Mapping[str, Any], host: str, kind: str) -> list[RenderedFile]:
    """The vendor files of a server with all settings applied. Raises SettingError or PackError."""
    server = server_of(deployment, host, kind)
    return render(
        server["settings"], fields_of(deployment, server), pack_of(deployment, server).read, read_control_file
    )


def rendered_everywhere(deployment: Mapping[str, Any], secrets: bool = False) -> list[dict[str, str]]:
    """The vendor files of all servers, `host`, `path` and `content` (base64) each; secrets hidden unless asked for."""
    found = []
    for host, entry in deployment["hosts"].items():
        for kind in entry["servers"]:
            for item in rendered(deployment, host, kind):
                content = item.content if secrets else shown(item)
                found.append({"host": host, "path": item.path, "content": base64.b64encode(content).decode()})
    return found


def shown(item: RenderedFile) -> bytes:
    """A file with its secrets hidden by their place."""
    if item.secret:
        return b"(not shown)\n"
    if not item.masks:
        return item.content
    # Latin-1 keeps every byte; what is not ASCII in a mask matches whatever is not ASCII.
    return hide(item.content.decode("latin-1"), [(mask.before, mask.after) for mask in item.masks]).encode("latin-1")


def environment(server: Mapping[str, Any], java_home: str) -> str:
    """The environment file of the unit. systemd reads it, so values are quoted its way."""
    heap = f"-Xms{server['heap_mb']}m -Xmx{server['heap_mb']}m"
    # What comes later on the command line wins: the inventory over the release.
    options = [*server["jvm_options"], server["java_options"]]
    values = {"JAVA_HOME": java_home}
    if server["kind"] == "is":
        values["JVM_MEM_OPTS"] = heap
    else:
        # The start script of Analytics fixes its own heap.
        options.insert(0, heap)
    values["JAVA_OPTS"] = " ".join(filter(None, options))
    quoted = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in values.items()}
    return "".join(f'{name}="{value}"\n' for name, value in quoted.items())


def state_dir(server: Mapping[str, Any]) -> str:
    """Where a host keeps the record of a server's starts."""
    return f"{server['base']}/state/{server['kind']}"


def _share_of(server: Mapping[str, Any], deployment: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the control script must know of the shared file system that a server needs."""
    if not server["needs_mount"]:
        return None
    artifacts, user = deployment["artifacts"], deployment["service_user"]
    return {
        **{key: artifacts[key] for key in ("path", "marker", "cluster", "source")},
        **{key: user[key] for key in ("uid", "gid")},
        "directories": sorted(artifacts["directories"]),
    }


def control_config(server: Mapping[str, Any], deployment: Mapping[str, Any]) -> str:
    """What the control script of the unit must know, JSON."""
    return (
        json.dumps(
            {
                "log": f"{server['home']}/{server['log']}",
                "state": state_dir(server),
                "start_line": server["start_line"],
                "failures": server["failures"],
                "waiting": server["waiting"],
                "ports": server["listens"],
                "jdk": server["jdk"],
                "unit": server["unit"],
                "timeout": server["start_timeout"],
                "rejoin_seconds": server["rejoin_seconds"],
                "share": _share_of(server, deployment),
            },
            indent=1,
            sort_keys=True,
        )
        + "\n"
    )


def server_bundle(
    deployment: Mapping[str, Any], host: str, kind: str, java_home: str, unit: str, control: str, shipped: bool = False
) -> dict[str, Any]:
    """What the module carbon_files takes.

    Args:
        deployment: the model.
        host: inventory name.
        kind: `is`, `worker` or `dashboard`.
        java_home: home of the JDK on the host.
        unit: text of the systemd unit.
        control: text of the control script.
        shipped: also the pack's own files, for a diff where no release is installed yet.
    """
    server = server_of(deployment, host, kind)
    user = deployment["service_user"]
    release = release_path(deployment, server, pack_of(deployment, server))
    directories = deployment["artifacts"]["directories"] if server["needs_mount"] else {}
    files = [_item(item, user, directories, shipped) for item in rendered(deployment, host, kind)]
    base = server["base"]
    kernel = kernel_settings(deployment, host)
    for path, text, mode, effect in (
        # The same for every server of the host. systemd reads it at boot, the module sets it now.
        *([(KERNEL_FILE, kernel_file(kernel), 0o644, "none")] if kernel else []),
        (f"/etc/systemd/system/{server['unit']}.service", unit, 0o644, "start"),
        # Options of the JVM may hold a password.
        (f"{base}/etc/{kind}.env", environment(server, java_home), 0o600, "start"),
        (f"{base}/etc/{kind}.json", control_config(server, deployment), 0o644, "none"),
        (f"{base}/bin/server-control", f"#!/usr/bin/python3\n{control}", 0o755, "none"),
    ):
        files.append(
            {
                "path": path,
                "content": base64.b64encode(text.encode()).decode(),
                "mode": mode,
                "effect": effect,
                "owner": "root",
                "group": "root",
            }
        )
    return {
        "release": release,
        "current": server["home"],
        "java_home": java_home,
        "files": files,
        "watched": {f"{release}/{driver_path(deployment, server)}": driver_file(deployment)[1]}
        | {f"{release}/{item['dest']}": item["sha256"] for item in brought(server, "")},
        "kernel": kernel,
        "links": {
            f"{release}/{path}": f"{deployment['artifacts']['path']}/{name}" for name, path in directories.items()
        },
    }


# A server that encrypts a password in place also writes its line anew.
_REWRITTEN = [
    [before, "</property>"]
    for before in (
        '<property name="password">',
        '<property encrypted="false" name="password">',
        '<property name="password" encrypted="false">',
        '<property encrypted="true" name="password">',
        '<property name="password" encrypted="true">',
    )
]


def _item(item: RenderedFile, user: Mapping[str, Any], directories: Mapping[str, str], shipped: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "path": item.path,
        "content": base64.b64encode(item.content).decode(),
        "mode": item.mode,
        "effect": item.effect,
        "secret": item.secret,
        "masks": [[mask.before, mask.after] for mask in item.masks] + (_REWRITTEN if item.compare == "meaning" else []),
        "compare": item.compare,
        # What the server rewrites must be its own; the rest it only reads.
        "owner": user["user"] if item.compare == "meaning" else "root",
        "group": user["group"],
    }
    if item.compare == "meaning" or is_shared(item.path, directories):
        # A server of NFS refuses root: the module reads and writes it as its owner. What the server rewrites
        # may still lie on the share when its directory was taken out of artifact_sync_directories, until the
        # restart.
        found.update(owner=user["user"], as_owner=True)
    if item.counted is not None:
        found["counted"] = hashlib.sha256(item.counted).hexdigest()
    if shipped and item.shipped is not None:
        found["shipped"] = base64.b64encode(item.shipped).decode()
    return found


def address_of(database: Mapping[str, Any]) -> tuple[Any, Any]:
    """Host and port of a database for psql, which tries several in the order in which a URL names them."""
    named = database["servers"]
    if len(named) < 2:
        return database["host"], database["port"]
    return ",".join(str(server["host"]) for server in named), ",".join(str(server["port"]) for server in named)


def schemas(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The databases of the Identity Server and the scripts of the pack that make their schemas.

    Raises:
        DeploymentError: the collection creates no schemas on databases of this type.
        PackError: the pack lacks a script.
    """
    if deployment["database_type"] not in CREATED:
        raise DeploymentError(f"schemas are created on {' or '.join(CREATED)}, not on {deployment['database_type']}")
    pack = open_pack(
        deployment["packs"]["identity_server"]["source"], deployment["packs"]["identity_server"]["checksum"]
    )
    targets: dict[str, dict[str, Any]] = {}
    release = load_release(deployment["release"])
    scripts = release["databases"]["types"][deployment["database_type"]]["scripts"]
    for schema in release["schemas"]:
        try:
            script = pack.read(schema["scripts"][scripts]).decode("utf-8")
        except PackError:
            if schema.get("optional"):
                continue
            raise
        for purpose in schema["databases"]:
            database = deployment["databases"][purpose]
            if database["same_as"] != purpose and database["same_as"] in schema["databases"]:
                # One script makes the tables of both, and both are in one database.
                continue
            host, port = address_of(database)
            key = f"{host}:{port}/{database['name']}"
            target = targets.setdefault(
                key,
                {
                    "database": {
                        **{name: database[name] for name in ("name", "username", "password")},
                        "host": host,
                        "port": port,
                        "variable": f"wso2is_databases.{database['same_as']}",
                    },
                    "schemas": [],
                },
            )
            if all(present["name"] != schema["name"] for present in target["schemas"]):
                target["schemas"].append(
                    {"name": schema["name"], "marker": schema["marker_tables"][0], "script": script}
                )
    return list(targets.values())


# Words and addresses: a vendor file takes any of them, or none. What YAML reads as something else stands for itself.
_WORD = re.compile(r"(?!(?:true|false|yes|no|on|off|null)\Z)[A-Za-z][A-Za-z0-9.-]*\Z", re.IGNORECASE)
_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}\Z")


def alike(value: Any) -> Any:
    """A hashable value that is equal for fields which vendor files take or refuse alike."""
    if isinstance(value, str):
        return "word" if _WORD.match(value) else "1.1.1.1" if _ADDRESS.match(value) else value
    if isinstance(value, Mapping):
        return tuple((key, alike(part)) for key, part in value.items())
    if isinstance(value, Sequence):
        return tuple(map(alike, value))
    return value


def _refusal(deployment: Mapping[str, Any], host: str, kind: str) -> str:
    """Why the files of a server cannot be rendered, or nothing."""
    try:
        rendered(deployment, host, kind)
    except (SettingError, PackError) as exc:
        return str(exc)
    return ""


def _driver_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Whether the JDBC driver is there, is one, and is the one of the database type."""
    driver = deployment["jdbc_driver"]
    release = load_release(deployment["release"])
    about = release["databases"]["types"][deployment["database_type"]]
    java = release["jdk"]["required"]
    required = f"the JDBC driver of {deployment['database_type']} ({about['driver_name']}) for Java {java}"
    if not driver["source"]:
        # A finding of the variables.
        return []
    try:
        path, digest = driver_file(deployment)
    except PackError as exc:
        return [finding("all hosts", "JDBC driver", str(exc), required, "Set wso2is_jdbc_driver and its checksum.")]
    found = []
    text = driver_problem(path, about["driver"], java)
    if text:
        remedy = "Set wso2is_jdbc_driver, or wso2is_database_type."
        found.append(finding("all hosts", "JDBC driver", text, required, remedy))
    elif deployment["pattern"] == 2 and not is_bundle(path):
        found.append(
            finding(
                "all hosts",
                "JDBC driver",
                f"{path} has no Bundle-SymbolicName in its manifest",
                "an OSGi bundle, which Analytics loads",
                "Set wso2is_jdbc_driver to a jar that is one; another can be wrapped into a bundle.",
                severity="warning",
            )
        )
    if not driver["checksum"]:
        found.append(
            finding(
                "all hosts",
                "JDBC driver",
                f"{driver['source']} was not checked",
                f"sha256:{digest}",
                "Set wso2is_jdbc_driver_checksum to it when you trust this driver.",
                severity="warning",
            )
        )
    return found


def pack_findings(
    deployment: Mapping[str, Any],
    packs: Sequence[str] = ("identity_server", "analytics"),
    schema_scripts: bool = True,
    settle: bool = True,
) -> list[dict[str, str]]:
    """Findings on the packs.

    A pack is not there, has another checksum, is of another product or release, or lacks a place that a setting needs.
    Renders every server of the deployment, which is what a run would do later, if `settle` says so.
    """
    findings: list[dict[str, str]] = []
    variables = {"identity_server": "wso2is_pack", "analytics": "wso2is_analytics_pack"}
    tops = {name: pack["top"] for name, pack in deployment["packs"].items()}
    usable = set()
    for name in packs:
        if name == "analytics" and deployment["pattern"] == 1:
            continue
        source, checksum = deployment["packs"][name]["source"], deployment["packs"][name]["checksum"]
        if not source:
            if name == "analytics":
                findings.append(
                    finding(
                        "all hosts", "pack", "wso2is_analytics_pack is not set", "a pack", "Set wso2is_analytics_pack."
                    )
                )
            continue
        try:
            pack = open_pack(source, checksum)
        except PackError as exc:
            findings.append(
                finding(
                    "all hosts",
                    "pack",
                    str(exc),
                    f"the pack {tops[name]}.zip",
                    f"Set {variables[name]} and {variables[name]}_checksum.",
                )
            )
            continue
        if pack.top != tops[name]:
            findings.append(
                finding(
                    "all hosts",
                    "pack",
                    f"{source} contains {pack.top}",
                    tops[name],
                    f"Set {variables[name]}, or wso2is_release.",
                )
            )
            continue
        if not checksum:
            findings.append(
                finding(
                    "all hosts",
                    "pack",
                    f"{source} was not checked",
                    f"sha256:{pack.sha256}",
                    f"Set {variables[name]}_checksum to it when you trust this pack.",
                    severity="warning",
                )
            )
        usable.add(name)
    findings += _driver_findings(deployment)
    wrong: dict[str, list[str]] = {}
    # Servers whose values are alike need one look.
    outcomes: dict[Any, str] = {}
    for host, entry in deployment["hosts"].items() if settle else ():
        for kind, server in entry["servers"].items():
            if server["pack"] in usable:
                key = (kind, *server["settings"], alike(server["fields"]), alike(server["extra_settings"]["settings"]))
                if key not in outcomes:
                    outcomes[key] = _refusal(deployment, host, kind)
                if outcomes[key]:
                    wrong.setdefault(outcomes[key], []).append(host)
    creates = deployment["create_schemas"] and deployment["database_type"] in CREATED
    if settle and schema_scripts and "identity_server" in usable and creates:
        try:
            schemas(deployment)
        except PackError as exc:
            wrong.setdefault(str(exc), []).append(deployment["is_nodes"][0]["host"])
    findings += [
        finding(
            ", ".join(hosts),
            "settings",
            text,
            f"a pack or file that fits release {deployment['release']}",
            "Use the release's own pack, or correct the path in the inventory.",
        )
        for text, hosts in wrong.items()
    ]
    return findings
