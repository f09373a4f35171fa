# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with overlays, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .findings import finding
from .overlays import entry_problems
from .pack import PackError, local_file
from .servers import fields_of
from .settings import active_settings
from .shares import within

CHECK = "overlays"


def overlay_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on the overlays of all hosts, in the order of the entries."""
    found = []
    for host, entry in deployment["hosts"].items():
        packs = set()
        for server in entry["servers"].values():
            # A worker and a dashboard of one host have one release, and so one list.
            if server["pack"] not in packs:
                packs.add(server["pack"])
                found += list(_of_server(deployment, host, server))
    return found


def _of_server(deployment: Mapping[str, Any], host: str, server: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    variable = server["overlays"]["variable"]
    edited = {
        setting["file"]
        for other in deployment["hosts"][host]["servers"].values()
        if other["pack"] == server["pack"]
        for setting in active_settings(other["settings"], fields_of(deployment, other))
    }
    outside = dict.fromkeys(server["links"], "it is kept outside of the release")
    if server["kind"] == "is":
        # What is no path has a finding of its own.
        shared = [path for path in deployment["artifacts"]["directories"].values() if isinstance(path, str)]
        outside |= dict.fromkeys(shared, "it is shared by the nodes")
    earlier: dict[str, int] = {}
    for number, entry in enumerate(server["overlays"]["entries"], start=1):
        problems = entry_problems(entry)
        if not problems:
            problems = [*_place_problems(entry["dest"], earlier, edited, outside), *_file_problems(entry)]
            earlier.setdefault(entry["dest"], number)
        for text, required in problems:
            yield finding(
                host, CHECK, f"{variable}, entry {number}: {text}", required, f"Correct entry {number} of {variable}."
            )


def _place_problems(
    dest: str, earlier: Mapping[str, int], edited: set[str], outside: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for other, number in earlier.items():
        if within(dest, other) or within(other, dest):
            yield f"dest is {dest}, that of entry {number} is {other}", "a dest of its own, not below another file"
    if dest in edited:
        yield (
            f"dest is {dest}, a file that settings edit",
            "a file that no setting edits; what a file says is changed by variables and extra settings",
        )
    for directory, why in outside.items():
        if within(dest, directory):
            yield f"dest is {dest}; of {directory}, {why}", "a path inside of the release; put the file there yourself"


def _file_problems(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    try:
        local_file(entry["src"], entry["checksum"])
    except PackError as exc:
        yield str(exc), "a file on the control node with the checksum of the entry"
