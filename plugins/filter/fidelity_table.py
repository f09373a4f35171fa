# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter fidelity_table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fidelity_table
short_description: Show assumptions and whether they hold as a text table
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Returns a line that counts them, and below it a table with one row for each; those that do not hold come first.
options:
  _input:
    description: What P(identityops.wso2is.fidelity_rows#filter) returned.
    type: list
    elements: dict
    required: true
notes:
  - Fails when the input is not a list of such rows.
seealso:
  - plugin: identityops.wso2is.fidelity_rows
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show them
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.fidelity_rows({}) | identityops.wso2is.fidelity_table }}"
"""

RETURN = r"""
_value:
  description: The lines of the table.
  type: str
"""

from typing import Any

from ansible.errors import AnsibleFilterError


def fidelity_table(value: Any) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import fidelity
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, list):
        raise AnsibleFilterError(f"fidelity_table takes a list, not {type(value).__name__}")
    try:
        return fidelity.table(plain(value))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"fidelity_table: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"fidelity_table": fidelity_table}
