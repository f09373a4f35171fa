# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the pack's files and why: each setting with the shipped value, the value now and its reason."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils.masking import HIDDEN
from .edit_error import is_marker, secret_value
from .editors import format_of, read_structure, read_value
from .overlays import brought
from .servers import driver_file, driver_path, fields_of, rendered
from .settings import RenderedFile, lookup_field, setting_value

# Longest text of a table's cell. The JSON has all of it.
LONGEST = 240
# Secrets of the vendor's, in a structure that a setting replaces as a whole, are known by their names only.
_SUSPECT = re.compile(r"(pass(word|phrase|wd)?|pwd|secret|credentials?)$", re.IGNORECASE)
TITLES = ("File", "Place", "Shipped", "Now", "Why", "Source")


def explained(items: Iterable[RenderedFile], fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row for each setting of a server's files.

    Args:
        items: the files of the server, as settings.render returns them.
        fields: the fields of the node in the model.

    Returns:
        `file`, `place`, `kind`, `shipped` (None where the pack has nothing there), `value` (None where something is
        taken out), `why`, `source`, `effect` and `secret` each. Values are texts, mappings and lists. Secrets are
        masked, the shipped ones too.
    """
    return [_row(item, setting, fields) for item in items for setting in item.settings]


def _row(item: RenderedFile, setting: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    kind, secret = setting.get("kind", "set"), bool(setting.get("secret"))
    if kind == "create":
        shipped = None
        if "content_of" in setting:
            # Where a keystore comes from is no secret.
            value: Any = f"the file {lookup_field(fields, setting['content_of'])}"
        else:
            value = masked(setting_value(setting, fields), secret)
    else:
        value = setting_value(setting, fields)
        # What is added below an element, or to a list, takes the place of nothing.
        takes = kind != "add" or is_marker(value) or not isinstance(value, (Mapping, list, tuple))
        read = read_value if kind == "set" else read_structure
        found = read(item.shipped or b"", setting["place"], format_of(item.path)) if takes else None
        shipped = masked(found, secret, by_name=True)
        value = None if kind == "remove" else masked(value, secret)
    return {
        "file": item.path,
        "place": setting.get("place", ""),
        "kind": kind,
        "shipped": shipped,
        "value": value,
        "why": setting["why"],
        "source": setting.get("source", ""),
        "effect": setting.get("effect", "start"),
        "secret": secret,
    }


def masked(value: Any, secret: bool = False, by_name: bool = False, name: str = "") -> Any:
    """A value with its secrets hidden.

    Args:
        value: a scalar, or a structure as the editors take it.
        secret: whether everything in it is one.
        by_name: whether also what stands under a name that sounds like a secret's is one.
        name: under which name it stands.
    """
    value, secret = secret_value(value, secret)
    secret = secret or (by_name and bool(_SUSPECT.search(name)))
    if isinstance(value, Mapping) and "tag" in value:
        attributes = value.get("attributes", {})
        found: dict[str, Any] = {"tag": value["tag"]}
        if attributes:
            found["attributes"] = {key: masked(text, secret, by_name, key) for key, text in attributes.items()}
        if "text" in value:
            found["text"] = masked(value["text"], secret, by_name, attributes.get("name", value["tag"]))
        if "children" in value:
            found["children"] = [masked(child, secret, by_name) for child in value["children"]]
        return found
    if isinstance(value, Mapping):
        return {key: masked(part, secret, by_name, str(key)) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(part, secret, by_name, name) for part in value]
    return HIDDEN if secret and value not in (None, "") else value


def compact(value: Any) -> str:
    """A value in one line: XML as XML without layout, structures as JSON, texts as they are."""
    if isinstance(value, list) and value and all(isinstance(part, Mapping) and "tag" in part for part in value):
        return "".join(map(_xml, value))
    if isinstance(value, Mapping) and "tag" in value:
        return _xml(value)
    if isinstance(value, (Mapping, list, bool)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _xml(element: Mapping[str, Any]) -> str:
    attributes = "".join(
        f' {key}="{html.escape(compact(text))}"' for key, text in element.get("attributes", {}).items()
    )
    inside = html.escape(compact(element["text"]), quote=False) if element.get("text") not in (None, "") else ""
    inside += "".join(map(_xml, element.get("children", ())))
    head = f"<{element['tag']}{attributes}"
    return f"{head}>{inside}</{element['tag']}>" if inside else f"{head}/>"


def code(text: str) -> str:
    """A text as code in a cell of a Markdown table: one line, bars and backticks as they are, cut where it is long."""
    line = re.sub(r"\s*[\r\n]+\s*", " \u23ce ", text.strip("\r\n"))
    if len(line) > LONGEST:
        line = f"{line[:LONGEST].rstrip()} \u2026"
    if not line.strip():
        return f"`{line}`" if line else "(empty)"
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    # A code span takes one space at each end away; it needs them where a backtick would touch the fence.
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    return (fence + pad + line + pad + fence).replace("|", "\\|")


def prose(text: str) -> str:
    """A text in a cell of a Markdown table, as it reads."""
    line = " ".join(text.split())
    return re.sub(r"([\\`*_<>|\[\]])", r"\\\1", line)


def cells(row: Mapping[str, Any]) -> list[str]:
    """The cells of a row's line, under TITLES."""
    nothing = "-" if row["kind"] == "create" else "(not there)"
    shipped = nothing if row["shipped"] is None else code(compact(row["shipped"]))
    value = "(taken out)" if row["value"] is None else code(compact(row["value"]))
    if row["kind"] == "add" and row["value"] is not None:
        value = f"{value} (added)"
    place = code(row["place"]) if row["place"] else "(the whole file)" if row["kind"] == "create" else "(top)"
    return [code(row["file"]), place, shipped, value, prose(row["why"]), prose(row["source"])]


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = ["| " + " | ".join(line) + " |" for line in (TITLES, *map(cells, rows))]
    return [lines[0], "|" + " --- |" * len(TITLES), *lines[1:]]


def explained_host(deployment: Mapping[str, Any], host: str) -> dict[str, Any]:
    """What becomes of the packs' files on one host.

    Returns:
        `host`, `release`, and for each of `servers` its `kind`, `name`, `carbon_home`, `settings` (the rows) and
        `files`, what it gets beside the pack: `file`, `source` and `sha256` each.

    Raises:
        SettingError: a setting cannot be applied.
        PackError: a pack or a file that comes with it is not on the control node.
    """
    servers = [
        {
            "kind": kind,
            "name": server["description"],
            "carbon_home": server["home"],
            "settings": explained(rendered(deployment, host, kind), fields_of(deployment, server)),
            "files": brought_files(deployment, server),
        }
        for kind, server in deployment["hosts"][host]["servers"].items()
    ]
    return {"host": host, "release": deployment["release"], "servers": servers}


def brought_files(deployment: Mapping[str, Any], server: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a server gets beside the pack: the JDBC driver and overlays. Raises PackError."""
    source, digest = driver_file(deployment)
    driver = {"file": driver_path(deployment, server), "source": source, "sha256": digest}
    return [
        driver,
        *({"file": item["dest"], "source": item["source"], "sha256": item["sha256"]} for item in brought(server, "")),
    ]


def page(found: Mapping[str, Any]) -> str:
    """The Markdown page of a host, from what explained_host returns."""
    lines = [f"# Settings of {prose(found['host'])}", "", f"Release {found['release']}. Secrets are hidden.", ""]
    for server in found["servers"]:
        rows = server["settings"]
        files = len({row["file"] for row in rows})
        lines += [f"## {server['name']}", ""]
        lines += [f"{len(rows)} settings in {files} files below {code(server['carbon_home'])}.", "", *table(rows), ""]
        lines += ["Files beside those of the pack:", "", "| File | From | SHA-256 |", "| --- | --- | --- |"]
        lines += ["| " + " | ".join(map(code, item.values())) + " |" for item in server["files"]]
        lines += [""]
    return "\n".join(lines)


def explained_everywhere(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """The page and the data of every host with a server: `host`, `path` and `content` (base64) each."""
    written = []
    for host, entry in deployment["hosts"].items():
        if entry["servers"]:
            found = explained_host(deployment, host)
            data = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
            for path, text in (("settings.md", page(found)), ("settings.json", data)):
                written.append({"host": host, "path": path, "content": base64.b64encode(text.encode()).decode()})
    return written
