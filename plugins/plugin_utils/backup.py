# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup consists of, its manifest, and whether a backup is whole and of this deployment.

A backup has what neither the inventory nor the pack gives back: of each server's carbon home everything but the code
that the pack unpacks to again, the local databases that are linked out of it, the shared artifacts once, and the
PostgreSQL databases where that was asked for.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils.backup_archive import ArchiveError, file_sha256, members, reading
from .databases import ANALYTICS_DATABASES, IS_DATABASES
from .releases import load_release
from .servers import DeploymentError, address_of

FORMAT = 1
MANIFEST = "manifest.json"
SHARE = "shared-artifacts"
# What the installation itself keeps in a carbon home: its record, and what links took the place of.
OWN = (".release.json", ".shipped")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class BackupError(ValueError):
    """A backup cannot be used. The text says what was found and what is required."""


def backup_parts(deployment: Mapping[str, Any], host: str, releases: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What of a host belongs into its archive.

    Args:
        deployment: the model.
        host: inventory name.
        releases: of a backup, the release by name of the root. It must be the selected one when it is put back,
            whatever the inventory says: a cluster that went back to another release has backups of that.

    Returns:
        `roots`: as the module server_archive takes them; `units`: of the host's servers.

    Raises:
        DeploymentError: there is no such host.
    """
    if host not in deployment["hosts"]:
        raise DeploymentError(f"the deployment has no host {host}")
    products = load_release(deployment["release"])["products"]
    servers = deployment["hosts"][host]["servers"]
    roots: dict[str, dict[str, Any]] = {}
    for kind, server in servers.items():
        # Runtimes of one pack share its directory; each has a link of its own to the release that it runs.
        base = posixpath.basename(server["base"])
        home = f"{base}/{posixpath.basename(server['home'])}"
        left_out = {
            path
            for product in products.values()
            if product.get("pack") == server["pack"]
            for path in product.get("rebuilt", ())
        }
        roots[home] = {
            "name": home,
            "path": server["home"],
            "leave": sorted({*OWN, *left_out}),
            "release": (releases or {}).get(home, ""),
            "required": True,
        }
        # Whether a secret in a file that the server encrypted is the inventory's is known by this only.
        state = f"state/{kind}"
        roots[f"{base}/{state}"] = {
            "name": f"{base}/{state}",
            "path": f"{server['base']}/{state}",
            "only": ["written.json"],
        }
        for link, target in server["links"].items():
            # Logs are no part of what a server is.
            if posixpath.basename(link) != "logs":
                roots[f"{base}/linked/{link}"] = {"name": f"{base}/linked/{link}", "path": target}
    return {
        "roots": [roots[name] for name in sorted(roots)],
        "units": [server["unit"] for server in servers.values()],
    }


def shared_parts(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """What of the shared file system belongs into a backup, the same for every node.

    Returns:
        `roots`, and `uid` and `gid` of who reads and writes there.
    """
    artifacts, user = deployment["artifacts"], deployment["service_user"]
    return {
        "roots": [
            {
                "name": SHARE,
                "path": artifacts["path"],
                "only": sorted([*artifacts["directories"], artifacts["marker"]]),
                "required": True,
                "mount": artifacts["must_be_mount"],
                "marker": artifacts["marker"],
                "cluster": artifacts["cluster"],
            }
        ],
        "uid": user["uid"],
        "gid": user["gid"],
    }


def databases(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The databases of a deployment, each once, with what it takes to log in.

    Raises:
        DeploymentError: they are not PostgreSQL.
    """
    if deployment["database_type"] != "postgresql":
        raise DeploymentError(
            f"databases of the type {deployment['database_type']} are backed up with their own tools; leave out "
            "backup_databases and restore_databases"
        )
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for purpose in (*IS_DATABASES, *ANALYTICS_DATABASES):
        database = deployment["databases"].get(purpose)
        if database is None or database["same_as"] != purpose:
            continue
        host, port = address_of(database)
        entry = found.setdefault(
            (host, port, database["name"]),
            {
                "file": f"database-{purpose}.dump",
                "purposes": [],
                "variable": f"wso2is_databases.{purpose}",
                "host": host,
                "port": port,
                **{key: database[key] for key in ("name", "username", "password")},
                "servers": [{key: server[key] for key in ("host", "port")} for server in database["servers"]],
            },
        )
        entry["purposes"].append(purpose)
    return list(found.values())


def manifest(deployment: Mapping[str, Any], taken: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a backup says of itself.

    Args:
        deployment: the model.
        taken: when it was taken.
        entries: its files, each with `file`, `kind` (`host`, `share` or `database`), `size` and `sha256`.
    """
    return {
        "format": FORMAT,
        "taken": taken,
        **_identity(deployment),
        "places": _places(deployment),
        "hosts": {host: sorted(entry["servers"]) for host, entry in deployment["hosts"].items() if entry["servers"]},
        "files": sorted((dict(entry) for entry in entries), key=lambda entry: str(entry["file"])),
    }


def _identity(deployment: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "release": deployment["release"],
        "cluster": deployment["artifacts"]["cluster"],
        "public_host": deployment["public"]["host"],
        "service_user": {key: deployment["service_user"][key] for key in ("uid", "gid")},
    }


def _places(deployment: Mapping[str, Any]) -> dict[str, str]:
    """What the configuration files point to: where hosts and databases are."""
    found = {
        f"address of {host}": str(entry["address"]) for host, entry in deployment["hosts"].items() if entry["servers"]
    }
    for purpose, database in deployment["databases"].items():
        if database is not None:
            host, port = address_of(database)
            found[f"wso2is_databases.{purpose}"] = f"{host}:{port}/{database['name']}"
    return found


def read_backup(directory: str) -> dict[str, Any]:
    """The manifest of a backup, after every file of it was checked: there, whole, and safe to put back.

    Args:
        directory: the backup, with its date.

    Raises:
        BackupError: with a line for each file that is wrong.
    """
    about = _read_manifest(directory)
    wrong = [problem for entry in about["files"] for problem in _file_problems(directory, entry)]
    if wrong:
        raise BackupError("\n".join(wrong))
    return about


def _read_manifest(directory: str) -> dict[str, Any]:
    path = os.path.join(directory, MANIFEST)
    try:
        with open(path, encoding="utf-8") as handle:
            about = json.load(handle)
    except FileNotFoundError:
        dated = sorted(name for name in _listed(directory) if os.path.isfile(os.path.join(directory, name, MANIFEST)))
        raise BackupError(
            f"{directory} has no {MANIFEST}, so it is no backup or one that was not finished; "
            + (f"its last backups are {', '.join(dated[-3:])}: name one" if dated else "name the directory of one")
        ) from None
    except OSError as exc:
        raise BackupError(f"{path} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise BackupError(f"{path} is damaged: {exc}") from exc
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        said = about.get("format") if isinstance(about, dict) else None
        raise BackupError(f"{path} has the format {said!r}, required is {FORMAT}")
    for key, kind in (
        ("taken", str),
        ("release", str),
        ("cluster", str),
        ("public_host", str),
        ("hosts", dict),
        ("places", dict),
    ):
        if not isinstance(about.get(key), kind):
            raise BackupError(f"{path} is damaged: {key} is missing")
    files = about.get("files")
    if not isinstance(files, list) or not files:
        raise BackupError(f"{path} is damaged: files is missing")
    for entry in files:
        if not _is_entry(entry):
            raise BackupError(f"{path} is damaged: an entry of files is not one")
    names = [entry["file"] for entry in files]
    if len(set(names)) != len(names):
        raise BackupError(f"{path} is damaged: a file is named twice")
    return about


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("file"), str)
        and _FILE_NAME.match(entry["file"]) is not None
        and isinstance(entry.get("sha256"), str)
        and _SHA256.match(entry["sha256"]) is not None
        and isinstance(entry.get("size"), int)
        and entry.get("kind") in ("host", "share", "database")
        and isinstance(entry.get("host"), str)
        and (entry["kind"] == "database" or isinstance(entry.get("roots"), list))
        and (entry["kind"] != "host" or isinstance(entry.get("releases"), dict))
    )


def _listed(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _file_problems(directory: str, entry: Mapping[str, Any]) -> list[str]:
    path = os.path.join(directory, entry["file"])
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size != entry["size"]:
                return [f"{path} has {size} bytes, {entry['size']} are required: it is cut or was changed"]
            found = file_sha256(stream)
            if found != entry["sha256"]:
                return [f"{path} has the SHA-256 {found}, {entry['sha256']} is required: it was changed"]
            if entry["kind"] == "database":
                return []
            with reading(stream) as archive:
                for _member in members(archive, entry["roots"]):
                    pass
    except FileNotFoundError:
        return [f"{path} is not there"]
    except OSError as exc:
        return [f"{path} cannot be read: {exc.strerror or exc}"]
    except ArchiveError as exc:
        return [f"{path}: {exc}"]
    return []


def foreign(about: Mapping[str, Any], deployment: Mapping[str, Any]) -> list[str]:
    """Why a backup does not belong to a deployment; empty when it does.

    Args:
        about: the manifest.
        deployment: the model.
    """
    variables = {
        "cluster": "hazelcast_domain",
        "public_host": "wso2is_public_host",
        "release": "wso2is_release",
        "service_user": "wso2is_uid and wso2is_gid",
    }
    return [
        f"the backup is of {key.replace('_', ' ')} {about.get(key)}, the inventory says {value} ({variables[key]})"
        for key, value in _identity(deployment).items()
        if about.get(key) != value
    ]


def restore_plan(about: Mapping[str, Any], deployment: Mapping[str, Any]) -> dict[str, Any]:
    """What a restore puts where.

    Returns:
        `hosts`: entry of the archive by inventory name; `share`: the entry of the shared artifacts, or empty;
        `databases`: entries by file; `lines`: what an operator should know before; `moved`: which hosts and databases
        were elsewhere then, so that the files must be made anew from the inventory before a server starts.
    """
    by_kind: dict[str, dict[str, Any]] = {"host": {}, "share": {}, "database": {}}
    for entry in about["files"]:
        by_kind[entry["kind"]][entry["file"] if entry["kind"] == "database" else entry["host"]] = entry
    here = {host for host, entry in deployment["hosts"].items() if entry["servers"]}
    hosts = {host: entry for host, entry in by_kind["host"].items() if host in here}
    lines = [f"Backup of {about['public_host']}, release {about['release']}, taken {about['taken']}"]
    lines += [f"{host}: {entry['file']}, {entry.get('files', 0)} files" for host, entry in sorted(hosts.items())]
    lines += [
        f"{host}: not in the backup; it is stopped and started, and keeps what it has"
        for host in sorted(here - set(hosts))
    ]
    lines += [f"{host}: in the backup, not in the inventory; left out" for host in sorted(set(by_kind["host"]) - here)]
    moved = _moved(about, deployment)
    lines += [f"{line}; no server is started, the playbook of the pattern does" for line in moved]
    names = ", ".join(sorted(by_kind["database"])) or "none"
    lines.append(f"databases (put back with restore_databases=true): {names}")
    return {
        "hosts": hosts,
        "share": next(iter(by_kind["share"].values()), {}),
        "databases": by_kind["database"],
        "lines": lines,
        "moved": moved,
    }


def _moved(about: Mapping[str, Any], deployment: Mapping[str, Any]) -> list[str]:
    here, then = _places(deployment), about["places"]
    return [
        f"{what} was {then[what]}, now {here[what]}"
        for what in sorted(here)
        if then.get(what, here[what]) != here[what]
    ]
