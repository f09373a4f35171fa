# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format-preserving edits of configuration files, chosen by format.

``xml``, ``yaml``, ``properties``, ``json``, ``shell`` (scripts) or ``text`` (anything with lines).

Places are resolved in the file as it is given, so the edits of one call do not see each other's results.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Protocol

from ansible_collections.identityops.wso2is.plugins.plugin_utils import (
    json_edit,
    properties_edit,
    text_edit,
    xml_edit,
    yaml_edit,
)
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Edit, EditError, EditResult, Mask

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Edit",
    "EditError",
    "EditResult",
    "Mask",
    "apply_edits",
    "format_of",
    "read_structure",
    "read_value",
]


class Editor(Protocol):
    """What every editor can do, with the meaning of the functions of this module."""

    def apply_edits(self, data: bytes, edits: Sequence[Edit]) -> EditResult:
        """See the function ``apply_edits``."""

    def read_value(self, data: bytes, place: str) -> str | None:
        """See the function ``read_value``."""

    def read_structure(self, data: bytes, place: str) -> Any:
        """See the function ``read_structure``."""


FORMATS: dict[str, Editor] = {
    "xml": xml_edit,
    "yaml": yaml_edit,
    "properties": properties_edit,
    "json": json_edit,
    "shell": text_edit.SHELL,
    "text": text_edit.TEXT,
}
SUFFIXES = {
    ".xml": "xml",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".properties": "properties",
    ".json": "json",
    ".sh": "shell",
    ".conf": "text",
    ".config": "text",
    ".ini": "text",
    ".txt": "text",
}
# Files whose name says less than their content.
NAMES = {"jaggery.conf": "json"}


def format_of(path: str) -> str:
    """The format of the file ``path``, by its name or the end of it.

    Raises:
        EditError: when no editor is for such files.
    """
    name = os.path.basename(path)
    if name in NAMES:
        return NAMES[name]
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in SUFFIXES:
        raise EditError("", f"files like this are not edited, only those that end with {', '.join(SUFFIXES)}")
    return SUFFIXES[suffix]


def _editor(fmt: str) -> Editor:
    if fmt not in FORMATS:
        raise EditError("", f"unknown format '{fmt}', known are {', '.join(FORMATS)}")
    return FORMATS[fmt]


def apply_edits(data: bytes, edits: Sequence[Edit], fmt: str) -> EditResult:
    """Apply ``edits`` to the file ``data``; every byte that no edit touches stays.

    Args:
        data: the file.
        edits: all edits of the file; their order matters only for what is added at the same anchor.
        fmt: one of ``FORMATS``.

    Returns:
        The edited file and the masks for the secrets in it.

    Raises:
        EditError: when a place is not there exactly once, a value cannot be written, or edits overlap.
    """
    return _editor(fmt).apply_edits(data, edits)


def read_value(data: bytes, place: str, fmt: str) -> str | None:
    """The value at ``place``.

    Returns:
        The text, or None when the place is absent but could be added: an XML attribute, a key
        of YAML or JSON, a property.

    Raises:
        EditError: when what holds the place is not there exactly once, or no single value stands there.
    """
    return _editor(fmt).read_value(data, place)


def read_structure(data: bytes, place: str, fmt: str) -> Any:
    """What stands at ``place``, in the language of ``add`` and ``replace``.

    Returns:
        A text where a single value stands; for XML what ``replace`` takes, without namespaces; mappings and lists of
        texts for YAML and JSON. None where ``read_value`` says None.

    Raises:
        EditError: when what holds the place is not there exactly once.
    """
    return _editor(fmt).read_structure(data, place)
