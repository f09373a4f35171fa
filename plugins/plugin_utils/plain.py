# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain Python data out of what Ansible hands to a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def plain(value: Any) -> Any:
    """The value with every mapping a dict and every sequence a list.

    Ansible's own containers are lazy, and their views can be read only once.
    """
    # A vaulted text of ansible-core 2.18 is a sequence, but no str.
    if getattr(type(value), "__ENCRYPTED__", False):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(value[key]) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(item) for item in value]
    return value
