# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in a text, hidden by where they stand and not by their value."""

from __future__ import annotations

import re
from typing import Pattern, Sequence

HIDDEN = "********"

_OUTSIDE = r"[^\x00-\x7f]"
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
# Words that a name or an address with a secret is likely to have.
_SUSPECT = r"passw|passphrase|pwd|secret|credential|keypass|storepass"
_XML_COMPLETE = re.compile(r"(?:</[^<>]*>|/>|=\s*(?:\"[^\"]*\"|'[^']*'))\s*(?:<!--[^<>]*-->\s*)*$")


def _patterns(masks: Sequence[Sequence[str]]) -> list[Pattern[str]]:
    # The encoding of the text is not known here, so whatever is not ASCII matches whatever is not ASCII.
    sides = [[re.sub(_OUTSIDE + "+", lambda _run: _OUTSIDE + "+", re.escape(side)) for side in mask] for mask in masks]
    ends = r"(?:\s|%s)*" % _OUTSIDE
    return [
        re.compile("%s(.*)%s$" % (before and ends + before, after and after + ends), re.DOTALL)
        for before, after in sides
    ]


def _hide_line(line: str, patterns: Sequence[Pattern[str]]) -> str | None:
    """The line with its secrets hidden; None when no mask fits."""
    spans = [found.span(1) for found in (pattern.match(line) for pattern in patterns) if found]
    if not spans or not line.strip():
        return None
    left, right = min(span[0] for span in spans), max(span[1] for span in spans)
    secret = line[left:right]
    start = secret[: len(secret) - len(secret.lstrip())] if secret.strip() else ""
    end = secret[len(secret.rstrip()) :] if secret.strip() else ""
    return line[:left] + start + HIDDEN + end + line[right:]


def hide(text: str, masks: Sequence[Sequence[str]]) -> str:
    """Hide every secret of a text that was written by settings.

    Masking by value would show the old password and hide innocent text, so a mask is a pair of strings: what stands
    left and right of a secret on its line, without the white space at both ends of the line. Both empty means a secret
    alone on its line; such a mask covers every line that says something.

    Args:
        text: the text, str.
        masks: pairs of str.

    Returns:
        The text with HIDDEN between the two sides of every mask, str.
    """
    patterns = _patterns(masks)
    lines = text.split("\n")
    hidden = [_hide_line(line, patterns) for line in lines]
    return "\n".join(line if now is None else now for line, now in zip(lines, hidden))


def hide_found(text: str, masks: Sequence[Sequence[str]], wanted: str, xml: bool) -> str:
    """Hide every secret of a text that somebody else may have changed.

    There the sides of a secret may differ, or it may go on in the next lines. So a line that is not one of the wanted
    text is hidden as a whole when it names what a mask names or what sounds like a secret, and so are the lines after
    it that may belong to it.

    Args:
        text: what was found, str.
        masks: pairs of str.
        wanted: the text that is to replace it, as hide() returned it, str.
        xml: whether it is XML, bool.

    Returns:
        str
    """
    patterns = _patterns(masks)
    names = [_NAME.findall(before)[-1:] for before, _after in masks]
    words = ["(?<!\\w)%s(?!\\w)" % re.escape(name) for each in names for name in each]
    suspect = re.compile("|".join([_SUSPECT, *words]), re.IGNORECASE)
    known = {line.strip() for line in wanted.split("\n")}
    shown = []
    goes_on = False
    for line in text.split("\n"):
        now = _hide_line(line, patterns)
        if now is None and line.strip() in known:
            goes_on = goes_on and not line.strip()
        elif now is not None or goes_on or suspect.search(line):
            now = now if now is not None and (not goes_on or now.strip() in known) else _whole(line)
            goes_on = not _XML_COMPLETE.search(line) if xml else True
        shown.append(line if now is None else now)
    return "\n".join(shown)


def _whole(line: str) -> str:
    """A hidden line with its indentation."""
    if not line.strip():
        return line
    return line[: len(line) - len(line.lstrip())] + HIDDEN + ("\r" if line.endswith("\r") else "")
