# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter pack_findings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pack_findings
short_description: Check the packs of a deployment and every place that a setting needs in them
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Finds a pack that is not there, has another checksum or is of another release, and every setting whose place is not
    in it exactly once.
  - Does so by rendering all servers of the deployment on the control node.
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
notes:
  - Fails with the name of what is missing when the input is not a deployment. A pack that cannot be read is a finding,
    not an error.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - plugin: identityops.wso2is.inventory_findings
    plugin_type: filter
  - plugin: identityops.wso2is.findings_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Check the packs
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.pack_findings }}"
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


def pack_findings(deployment: Any) -> list[dict[str, str]]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(deployment, Mapping):
        raise AnsibleFilterError(f"pack_findings takes a deployment, a mapping, not {type(deployment).__name__}")
    try:
        return servers.pack_findings(plain(deployment))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"pack_findings: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"pack_findings": pack_findings}
