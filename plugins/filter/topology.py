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
  nfs_servers:
    description: Inventory names of the NFS servers. Used where P(identityops.wso2is.artifact_sync#role) shares by NFS.
    type: list
    elements: str
    default: []
notes:
  - Fails when the input is no mapping of hosts. A mistake in a variable is one of the C(findings) of the result.
seealso:
  - plugin: identityops.wso2is.inventory_findings
    plugin_type: filter
  - plugin: identityops.wso2is.server_bundle
    plugin_type: filter
  - plugin: identityops.wso2is.installation
    plugin_type: filter
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
  description: The deployment. It holds secrets; keep it out of logs.
  type: dict
  contains:
    pattern:
      description: V(1) or V(2).
      type: int
    public:
      description: C(host), C(port), C(http_port) and C(url) under which users reach it.
      type: dict
    hosts:
      description: By inventory name the C(address), and C(servers), by C(is), C(worker) and C(dashboard), with
        directories, ports, heap, settings and the values of their fields.
      type: dict
    is_nodes:
      description: The Identity Server nodes, each with C(host) and C(address).
      type: list
      elements: dict
    workers:
      description: The Analytics workers, each with C(host) and C(address).
      type: list
      elements: dict
    upstreams:
      description: The nodes as a load balancer needs them, each with C(name), C(address) and C(port).
      type: list
      elements: dict
    findings:
      description: What is wrong with the variables, as P(identityops.wso2is.inventory_findings#filter) returns it.
      type: list
      elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def topology(
    hostvars: Any,
    nodes: Sequence[str],
    workers: Sequence[str] = (),
    dashboards: Sequence[str] = (),
    load_balancers: Sequence[str] = (),
    pattern: int = 0,
    nfs_servers: Sequence[str] = (),
) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input of another type."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology as compute

    if not isinstance(hostvars, Mapping):
        raise AnsibleFilterError(f"topology takes the variables of all hosts, a mapping, not {type(hostvars).__name__}")
    return compute(
        hostvars,
        list(nodes),
        list(workers),
        list(dashboards),
        list(load_balancers),
        int(pattern),
        list(nfs_servers),
    )


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"topology": topology}
