# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter findings_table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: findings_table
short_description: Show findings as a text table
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Returns a line that counts the findings, and below it a table with one row for each, errors first. Long cells wrap.
positional: width
options:
  _input:
    description: Findings, as the filters P(identityops.wso2is.port_findings#filter) and its like return them.
    type: list
    elements: dict
    required: true
  width:
    description: Characters in a line, 60 or more.
    type: int
    default: 120
notes:
  - Fails when the input is not a list of findings or the width is no number of 60 or more.
seealso:
  - plugin: identityops.wso2is.inventory_findings
    plugin_type: filter
  - plugin: identityops.wso2is.host_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Stop with everything that is wrong
  ansible.builtin.fail:
    msg: "{{ findings | identityops.wso2is.findings_table(100) }}"
  when: findings | selectattr('severity', 'equalto', 'error') | length > 0
"""

RETURN = r"""
_value:
  description: The lines of the table.
  type: str
  sample: No findings.
"""

from typing import Any

from ansible.errors import AnsibleFilterError


def findings_table(findings_list: Any, width: Any = 120) -> str:
    """Return findings as a text table."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import InputError
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import findings_table as _findings_table

    try:
        return _findings_table(findings_list, width)
    except InputError as exc:
        raise AnsibleFilterError(f"identityops.wso2is.findings_table: {exc}") from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"findings_table": findings_table}
