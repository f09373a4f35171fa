# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter start_plan."""

from __future__ import annotations

DOCUMENTATION = r"""
name: start_plan
short_description: Which servers to start and which to restart
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Decides from what is on disk and what runs. Where none runs, one starts first.
options:
  _input:
    description: By inventory name C(running) and C(restart), as P(identityops.wso2is.carbon_files#module) returns them.
    type: dict
    required: true
notes:
  - Fails when the input is not a mapping of mappings.
seealso:
  - plugin: identityops.wso2is.server_bundle
    plugin_type: filter
  - module: identityops.wso2is.carbon_files
"""

EXAMPLES = r"""
- name: Plan
  ansible.builtin.debug:
    msg: "{{ {'is1': {'running': true, 'restart': ['axis2.xml']}} | identityops.wso2is.start_plan }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    first:
      description: Inventory name of the server that starts before the others; empty where one runs.
      type: list
      elements: str
    start:
      description: Inventory names of the others that do not run.
      type: list
      elements: str
    restart:
      description: Inventory names of servers that run with something else than what is on disk.
      type: list
      elements: str
    lines:
      description: A sentence for each host.
      type: list
      elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def start_plan(value: Any) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"start_plan takes a mapping, not {type(value).__name__}")
    try:
        return checks.start_plan(plain(value))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"start_plan: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"start_plan": start_plan}
