#!/usr/bin/env python3
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the generated pages of this folder; with --check only say which of them are out of date.

Run with the folder of `ansible_collections` in PYTHONPATH, as `make docs` does.
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
import sys
from collections.abc import Callable

import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils.ports import markdown_table, ports_markdown
from ansible_collections.identityops.wso2is.plugins.plugin_utils.releases import known_releases

# Roles whose page is made from their argument specs; the others have pages of their own.
ROLES = ("preflight", "database", "artifact_sync", "hazelcast", "is_node", "analytics", "carbon_server")
DOCS = pathlib.Path(__file__).resolve().parent


def role_page(role: str) -> str:
    """The README of a role: what its entry points do, and their options."""
    path = DOCS.parent / "roles" / role
    entries = yaml.safe_load((path / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    lines = [f"# Role {role}", ""]
    example = path / "meta" / "example.md"
    for name, entry in entries.items():
        lines += [f"## Entry point `{name}`", "", *(markup(text) for text in entry["description"]), ""]
        rows = [
            [f"`{option}`", kind(spec), default(spec), markup(spec["description"])]
            for option, spec in entry.get("options", {}).items()
        ]
        lines += [*markdown_table(["Option", "Type", "Default", "What it is"], rows), ""] if rows else []
    if example.exists():
        lines += ["## Example", "", example.read_text(encoding="utf-8").rstrip(), ""]
    return "\n".join(lines)


def kind(spec: dict[str, object]) -> str:
    """The type of an option, with its choices."""
    choices = spec.get("choices")
    return f"{spec['type']}: {', '.join(map(str, choices))}" if isinstance(choices, list) else str(spec["type"])


def default(spec: dict[str, object]) -> str:
    """The default of an option as YAML."""
    if spec.get("required"):
        return "required"
    return f"`{json.dumps(spec['default'])}`" if "default" in spec else ""


def markup(text: str) -> str:
    """Ansible's markup as Markdown."""
    return re.sub(r"[A-Z]\(([^)#]+)(?:#\w+)?\)", r"`\1`", text).replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "ports.md": lambda: ports_markdown(known_releases()[-1]),
    **{f"../roles/{role}/README.md": functools.partial(role_page, role) for role in ROLES},
}


def main(arguments: list[str]) -> int:
    """Write or check the pages; return the exit status."""
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
    said = "out of date, run make docs" if "--check" in arguments else "written"
    for name in stale:
        sys.stdout.write(f"{(DOCS / name).resolve().relative_to(DOCS.parent)}: {said}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
