# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML elements as the settings engine takes them."""

from __future__ import annotations

from typing import Any


def element(tag: str, *children: Any, **attributes: str) -> dict[str, Any]:
    """An XML element as the settings engine takes it; a single string child is its text."""
    element: dict[str, Any] = {"tag": tag}
    if attributes:
        element["attributes"] = attributes
    if len(children) == 1 and isinstance(children[0], str):
        element["text"] = children[0]
    elif children:
        element["children"] = list(children)
    return element


def secret_element(tag: str, text: str, **attributes: str) -> dict[str, Any]:
    """The same, with a text that is never shown."""
    return {**element(tag, text, **attributes), "text": {"text": text, "secret": True}}
