# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format-preserving edits of configuration files, chosen by format: ``xml``, ``yaml`` or ``properties``.

Places are resolved in the file as it is given, so the edits of one call do not see each other's results.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from ansible_collections.identityops.wso2is.plugins.plugin_utils import properties_edit, xml_edit, yaml_edit
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Edit, EditError, EditResult, Mask

__all__ = ["FORMATS", "Edit", "EditError", "EditResult", "Mask", "apply_edits", "read_value"]

FORMATS: dict[str, ModuleType] = {"xml": xml_edit, "yaml": yaml_edit, "properties": properties_edit}


def _editor(fmt: str) -> ModuleType:
    if fmt not in FORMATS:
        raise EditError("", f"unknown format '{fmt}', known are {', '.join(FORMATS)}")
    return FORMATS[fmt]


def apply_edits(data: bytes, edits: Sequence[Edit], fmt: str) -> EditResult:
    """Apply ``edits`` to the file ``data``; every byte that no edit touches stays.

    Args:
        data: the file.
        edits: all edits of the file; their order matters only for what is added at the same anchor.
        fmt: ``xml``, ``yaml`` or ``properties``.

    Returns:
        The edited file and the masks for the secrets in it.

    Raises:
        EditError: when a place is not there exactly once, a value cannot be written, or edits overlap.
    """
    result: EditResult = _editor(fmt).apply_edits(data, edits)
    return result


def read_value(data: bytes, place: str, fmt: str) -> str | None:
    """The value at ``place``.

    Returns:
        The text, or None when the place is absent but could be added: an XML attribute, a YAML key, a property.

    Raises:
        EditError: when what holds the place is not there exactly once, or no single value stands there.
    """
    value: str | None = _editor(fmt).read_value(data, place)
    return value
