# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter topology."""

from __future__ import annotations

DOCUMENTATION = r"""
name: topology
short_description: Compute the model of a deployment
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Computes one plain description of the whole deployment from the variables of all its hosts.
  - The other filters of this collection and its roles take it as their input.
options:
  _input:
    description: The variables of all hosts.
    type: dict
    required: true
  nodes:
    description: Inventory names of the Identity Server nodes. The first one does what only one may do.
    type: list
    elements: str
    required: true
  workers:
    description: Inventory names of the Analytics workers. Empty means pattern 1.
    type: list
    elements: str
    default: []
  dashboards:
    description: Inventory names of the Analytics dashboards.
    type: list
    elements: str
    default: []
  load_balancers:
    description: Inventory names of the load balancers.
    type: list
    elements: str
    default: []
  pattern:
    description: The pattern that is wanted. 0 takes what the lists say.
    type: int
    choices: [0, 1, 2]
    default: 0
"""

EXAMPLES = r"""
- name: Compute the model of a deployment
  ansible.builtin.set_fact:
    deployment: >-
      {{ hostvars
         | identityops.wso2is.topology(groups['wso2is_nodes'], load_balancers=groups['wso2is_load_balancers']) }}
"""

RETURN = r"""
_value:
  description: The deployment. RV(_value) contains C(findings) on the variables.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology as compute


def topology(
    hostvars: Any,
    nodes: Sequence[str],
    workers: Sequence[str] = (),
    dashboards: Sequence[str] = (),
    load_balancers: Sequence[str] = (),
    pattern: int = 0,
) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input of another type."""
    if not isinstance(hostvars, Mapping):
        raise AnsibleFilterError(f"topology takes the variables of all hosts, a mapping, not {type(hostvars).__name__}")
    return compute(hostvars, list(nodes), list(workers), list(dashboards), list(load_balancers), int(pattern))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"topology": topology}
