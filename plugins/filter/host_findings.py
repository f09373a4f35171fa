# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter host_findings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_findings
short_description: Check what the hosts of a deployment say
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Finds too little memory or disk, ports and user numbers that something else holds, names that do not resolve,
    databases and directories that are not reached, refuse the login or are not fit, a JDK, an nginx or a shared
    directory that does not serve, and clocks that differ.
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  hosts:
    description:
      - By inventory name, what P(identityops.wso2is.host_info#module) returned in
        RV(identityops.wso2is.host_info#module:host).
    type: dict
    required: true
notes:
  - Fails with the name of what is missing when the input is not a deployment.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - plugin: identityops.wso2is.host_questions
    plugin_type: filter
  - plugin: identityops.wso2is.findings_table
    plugin_type: filter
  - module: identityops.wso2is.host_info
"""

EXAMPLES = r"""
- name: Check a host
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.host_findings({'is1': info.host}) }}"
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


def host_findings(value: Any, hosts: Mapping[str, Any]) -> list[dict[str, str]]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"host_findings takes a mapping, not {type(value).__name__}")
    try:
        return checks.host_findings(plain(value), plain(hosts))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"host_findings: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"host_findings": host_findings}
