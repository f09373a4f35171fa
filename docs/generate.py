#!/usr/bin/env python3
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the generated pages of this folder; with --check only say which of them are out of date.

Run with the folder of `ansible_collections` in PYTHONPATH, as `make docs` does.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable

from ansible_collections.identityops.wso2is.plugins.plugin_utils.ports import ports_markdown
from ansible_collections.identityops.wso2is.plugins.plugin_utils.releases import known_releases

DOCS = pathlib.Path(__file__).resolve().parent
PAGES: dict[str, Callable[[], str]] = {
    "ports.md": lambda: ports_markdown(known_releases()[-1]),
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
    for name in stale:
        sys.stdout.write(f"docs/{name}: {'out of date, run make docs' if '--check' in arguments else 'written'}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
