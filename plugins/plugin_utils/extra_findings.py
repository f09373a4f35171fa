# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the operator's own settings, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .edit_error import EditError
from .editors import apply_edits, format_of
from .extra_settings import KEYS, entry_problems
from .findings import finding
from .pack import PackError
from .servers import alike, fields_of, pack_of
from .settings import active_settings, edit_of
from .suggestions import did_you_mean

CHECK = "extra settings"


def entry_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on entries by themselves, which need no pack."""
    found = []
    for host, _kind, server in _servers(deployment):
        extra = server["extra_settings"]
        for number, entry in enumerate(extra["entries"], start=1):
            for text, required in entry_problems(entry):
                remedy = f"Correct entry {number} of {extra['variable']}."
                if text.startswith("unknown key "):
                    near = did_you_mean(text.removeprefix("unknown key "), KEYS)
                    remedy = f"{near[0].upper()}{near[1:]} {remedy}" if near else remedy
                found.append(finding(host, CHECK, f"{extra['variable']}, entry {number}: {text}", required, remedy))
    return found


def place_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on what entries do to the files of the pack and to the settings of the collection.

    A pack that cannot be used, and a setting of the collection that cannot be applied, are findings of others.
    """
    found = []
    outcomes: dict[Any, list[dict[str, str]]] = {}
    for host, kind, server in _servers(deployment):
        if not server["extra_settings"]["settings"]:
            continue
        try:
            pack = pack_of(deployment, server)
        except PackError:
            continue
        if pack.top != deployment["packs"][server["pack"]]["top"]:
            continue
        # Servers whose values are alike need one look.
        key = (kind, alike(server["fields"]), repr(server["extra_settings"]["settings"]))
        if key not in outcomes:
            outcomes[key] = list(_place_findings(host, server, fields_of(deployment, server), pack.read))
        found += [{**row, "host": host} for row in outcomes[key]]
    return found


def _servers(deployment: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for host, entry in deployment["hosts"].items():
        for kind, server in entry["servers"].items():
            yield host, kind, server


def _place_findings(
    host: str, server: Mapping[str, Any], fields: Mapping[str, Any], read: Callable[[str], bytes]
) -> Iterator[dict[str, str]]:
    ours: dict[str, list[Mapping[str, Any]]] = {}
    for setting in active_settings(server["settings"], {**fields, "extra_settings": []}):
        ours.setdefault(setting["file"], []).append(setting)
    earlier: dict[str, list[Mapping[str, Any]]] = {}
    for setting in server["extra_settings"]["settings"]:
        path, mine = setting["file"], ours.get(setting["file"], [])
        before = earlier.setdefault(path, [])
        problem = _problem(setting, mine, before, fields, read)
        if problem:
            text, required = problem
            remedy = f"Change or remove {_entry(setting)}."
            place = f" {setting['place']}" if setting["place"] else ""
            yield finding(host, CHECK, f"{setting['source']}: {path}{place}: {text}", required, remedy)
        else:
            before.append(setting)


def _entry(setting: Mapping[str, Any]) -> str:
    variable, _comma, entry = setting["source"].partition(", ")
    return f"{entry} of {variable}"


def _problem(
    setting: Mapping[str, Any],
    ours: Sequence[Mapping[str, Any]],
    earlier: Sequence[Mapping[str, Any]],
    fields: Mapping[str, Any],
    read: Callable[[str], bytes],
) -> tuple[str, str] | None:
    """What is wrong with a setting in its file, and what is required."""
    if any(each.get("kind") == "create" for each in ours):
        return "the collection writes this file itself", "a file of the pack"
    try:
        shipped = read(setting["file"])
        format_name = format_of(setting["file"])
    except PackError:
        return "it is not in the pack", "a file of the pack"
    except EditError as exc:
        return exc.reason, "a file that can be edited; bring another whole, as an overlay"

    def refused(*settings: Mapping[str, Any]) -> str:
        try:
            apply_edits(shipped, [edit_of(each, fields) for each in settings], format_name)
        except EditError as exc:
            return exc.reason
        return ""

    if refused(*ours):
        return None
    reason = refused(setting)
    if reason:
        return reason, "a place that is there exactly once, and a value that fits"
    for each in ours:
        if refused(each, setting):
            return (
                f"the collection itself sets {each['place']}: {each['why']}",
                "a place that the collection leaves alone",
            )
    for each in earlier:
        if refused(each, setting):
            return f"{_entry(each)} already sets {each['place']}", "one setting for a place"
    reason = refused(*ours, *earlier, setting)
    return (reason, "a place that no other setting changes") if reason else None
