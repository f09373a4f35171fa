# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter inventory_findings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_findings
short_description: Check an inventory without asking a host
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Finds mistakes in variables, topology, ports, packs and settings of a deployment.
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  schema_scripts:
    description: Whether the pack must have the scripts that create the schemas. Rendering does without.
    type: bool
    default: true
  example_values:
    description: Whether addresses and names that are reserved for documentation are allowed. Nothing answers there.
    type: bool
    default: true
notes:
  - Fails with the name of what is missing when the input is not a deployment. A mistake in the inventory is a finding,
    not an error.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - plugin: identityops.wso2is.pack_findings
    plugin_type: filter
  - plugin: identityops.wso2is.findings_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Check the inventory
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.inventory_findings | identityops.wso2is.findings_table }}"
"""

RETURN = r"""
_value:
  description: Findings with C(severity), C(host), C(check), C(found), C(required) and C(remedy).
  type: list
  elements: dict
  contains:
    severity:
      description: V(error), V(warning) or V(info).
      type: str
    host:
      description: Inventory name of the host, or what the finding is about.
      type: str
    check:
      description: What was checked.
      type: str
    found:
      description: What was found.
      type: str
    required:
      description: What is required.
      type: str
    remedy:
      description: What to do, with the name of the variable to change.
      type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def inventory_findings(value: Any, schema_scripts: bool = True, example_values: bool = True) -> list[dict[str, str]]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"inventory_findings takes a mapping, not {type(value).__name__}")
    try:
        return checks.inventory_findings(plain(value), schema_scripts, example_values)
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"inventory_findings: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"inventory_findings": inventory_findings}
