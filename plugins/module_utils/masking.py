# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in a text, hidden by where they stand and not by their value."""

from __future__ import annotations

from typing import Sequence

HIDDEN = "********"


def hide(text: str, masks: Sequence[Sequence[str]]) -> str:
    """Hide every secret of a text.

    Masking by value would show the old password and hide innocent text, so a mask is a pair of strings: what stands
    left and right of a secret on its line, without the white space at both ends of the line.

    Args:
        text: the text, str.
        masks: pairs of str.

    Returns:
        The text with HIDDEN between the two sides of every mask, str.
    """
    lines = text.splitlines(True)
    for number, line in enumerate(lines):
        body = line.strip()
        for before, after in masks:
            # A mask without sides stands for a secret alone on its line, so it covers every line that says something.
            if body and len(body) >= len(before) + len(after) and body.startswith(before) and body.endswith(after):
                secret = body[len(before) : len(body) - len(after)]
                left, right = len(secret) - len(secret.lstrip()), len(secret) - len(secret.rstrip())
                hidden = secret[:left] + HIDDEN + secret[len(secret) - right :]
                lines[number] = line.replace(body, before + hidden + after, 1)
                break
    return "".join(lines)
