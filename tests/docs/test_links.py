# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links in the documentation lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import ROOT, anchors, links, pages


@pytest.mark.parametrize("document", pages())
def test_links_lead_to_files_and_headings(document: str) -> None:
    broken = []
    for link in links(document):
        if re.match(r"[a-z]+:", link):
            continue
        target, _sharp, anchor = link.partition("#")
        path = Path(document).parent / target if target else Path(document)
        if not (ROOT / path).exists():
            broken.append(link)
        elif anchor and anchor not in anchors(str(path)):
            broken.append(f"{link} (no such heading)")
    assert broken == []


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (ROOT / document).parent.joinpath(link.partition("#")[0]).resolve()
        for document in pages()
        for link in links(document)
        if not re.match(r"[a-z]+:|#", link)
    }
    lonely = [page for page in sorted((ROOT / "docs").glob("*.md")) if page.resolve() not in linked]
    assert lonely == []
