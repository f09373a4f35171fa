# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the project's Markdown: fenced blocks, commands, inline code, links and the anchors of headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE_README = "playbooks/templates/site/README.md.j2"
FENCE = re.compile(r"^[ ]{0,3}(?:`{3,})(\w*)[ ]*$")
# Inline code that begins with one of these is a command as well.
PROGRAMS = ("make", "ansible-playbook", "ansible-galaxy", "ansible-doc", "ansible-vault", "ansible-builder")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the line it begins in, and its text."""

    document: str
    language: str
    line: int
    text: str


def pages() -> list[str]:
    """Every page that the project shows, by its path from the root."""
    found = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", SITE_README)]
    return [str(path.relative_to(ROOT)) for path in [*found, *sorted((ROOT / "docs").glob("*.md"))]]


def read(document: str) -> str:
    """The text of a page."""
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str) -> list[Block]:
    """The fenced blocks of a page, those of lists included."""
    found: list[Block] = []
    language, start, lines = None, 0, list[str]()
    for number, line in enumerate(read(document).splitlines(), 1):
        fence = FENCE.match(line)
        if language is None and fence:
            language, start, lines = fence[1], number, []
        elif language is not None and fence:
            found.append(Block(document, language, start, "\n".join(lines)))
            language = None
        elif language is not None:
            lines.append(line.strip() if language == "sh" else line)
    assert language is None, f"{document}: the block of line {start} does not end"
    return found


def prose(document: str) -> str:
    """The text of a page without its fenced blocks; lines keep their numbers."""
    kept, inside = [], False
    for line in read(document).splitlines():
        fence = bool(FENCE.match(line))
        kept.append("" if inside or fence else line)
        inside ^= fence
    assert not inside, f"{document}: a block does not end"
    return "\n".join(kept)


def inline_code(document: str) -> list[str]:
    """Code within the text of a page."""
    return [match[2] for match in re.finditer(r"(`+)(.+?)\1(?!`)", prose(document))]


def commands(document: str) -> list[str]:
    """The commands that a page shows, without comments: lines of `sh` blocks in their order, then those in the text."""
    found = []
    for block in blocks(document):
        if block.language == "sh":
            for line in re.sub(r"\\\n\s*", " ", block.text).splitlines():
                command = re.sub(r"(^|\s+)# .*$", "", line).strip()
                if command:
                    found.append(command)
    found += [text for text in inline_code(document) if text.split(" ")[0] in PROGRAMS and " " in text]
    return list(dict.fromkeys(found))


def links(document: str) -> list[str]:
    """Targets of the links and pictures of a page."""
    text = re.sub(r"(`+).+?\1", "", prose(document))
    return [match[1] for match in re.finditer(r"\]\(([^)\s]+)\)", text)]


def anchors(document: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for line in prose(document).splitlines():
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            base = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading[1]).lower()).replace(" ", "-")
            count, anchor = 0, base
            while anchor in found:
                count += 1
                anchor = f"{base}-{count}"
            found.add(anchor)
    return found
