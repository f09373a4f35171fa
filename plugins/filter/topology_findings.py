# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter topology_findings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: topology_findings
short_description: Check that the hosts of a deployment make up one of the two patterns
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Finds fewer than two Identity Server nodes, and in pattern 2 any number of workers but two, and no dashboard.
  - Finds empty, loopback, malformed and duplicate addresses, and IPv6 addresses where the product cannot take one.
  - Finds a member list that lacks a node, names a member twice or at another port, and workers with the same carbon id.
  - Finds a public host that is empty, no host name, or the name or address of a node.
  - A deployment without a load balancer of its own is a warning.
options:
  _input:
    description:
      - V(pattern) (V(1) or V(2)), and the lists V(is_nodes), V(workers), V(dashboards) and V(load_balancers) with
        V(host), V(address), V(port) (of the cluster) and V(carbon_id).
      - V(public_host) (or V(public) with V(host)), and optionally V(members), a list of V(host) and V(port) or of texts
        C(host:port).
      - V(variables) optionally replaces the names that the remedies use.
    type: dict
    required: true
notes:
  - Fails when the input has another shape; the error says where.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - plugin: identityops.wso2is.port_findings
    plugin_type: filter
  - plugin: identityops.wso2is.findings_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Collect what is wrong with the topology
  ansible.builtin.set_fact:
    findings: "{{ deployment | identityops.wso2is.topology_findings }}"
  vars:
    deployment:
      pattern: 1
      public_host: login.example.com
      is_nodes:
        - {host: is1, address: 192.0.2.21, port: 4000}
        - {host: is2, address: 127.0.0.1, port: 4000}
      load_balancers:
        - {host: lb1, address: 192.0.2.11}
"""

RETURN = r"""
_value:
  description:
    - The findings, errors first, then by host and check. An empty list means that nothing was found.
    - Each has the keys V(severity) (V(error) or V(warning)), V(host), V(check), V(found), V(required) and V(remedy),
      all text.
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
  sample:
    - severity: error
      host: is2
      check: address
      found: "127.0.0.1 is the loopback"
      required: "an address under which the other hosts reach this host"
      remedy: "Set wso2is_address of is2."
"""

from typing import Any

from ansible.errors import AnsibleFilterError


def topology_findings(deployment: Any) -> list[dict[str, str]]:
    """Check that a deployment is one of the two patterns."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import InputError
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology_findings import (
        topology_findings as _topology_findings,
    )

    try:
        return _topology_findings(deployment)
    except InputError as exc:
        raise AnsibleFilterError(f"identityops.wso2is.topology_findings: {exc}") from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"topology_findings": topology_findings}
