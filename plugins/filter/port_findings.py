# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter port_findings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: port_findings
short_description: Check the ports of every service of every host
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Finds two services that want the same port of a host, across products and with the load balancer, with the port
    offset counted in.
  - Finds ports that are not a number or outside 1 to 65535, and ports below 1024 for services that do not run as root.
  - Finds ports that are no longer at the distance from another port that clients rely on.
  - With facts of the hosts, finds ports in the range of outgoing connections and ports that another process holds.
  - A check stays silent about a port that another check has found already.
positional: release, host_facts
options:
  _input:
    description:
      - Per host the list of its services. Each has V(product), V(name), V(port), and optionally V(protocol) (V(tcp)),
        V(address) (absent means every address) and V(variable), the variable that moves the port.
    type: dict
    required: true
  release:
    description: The number of the release, or its facts as in C(roles/preflight/files/releases).
    type: raw
    required: true
  host_facts:
    description:
      - Per host V(ephemeral_range) and V(reserved_ports) (numbers, or the text of the sysctl of that name),
        V(unprivileged_start), and V(taken), a list of V(port), V(protocol) and V(process).
    type: dict
notes:
  - Fails when the input has another shape, or the release is not known; the error says where.
seealso:
  - plugin: identityops.wso2is.memory_findings
    plugin_type: filter
  - plugin: identityops.wso2is.topology_findings
    plugin_type: filter
  - plugin: identityops.wso2is.ports_table
    plugin_type: filter
  - plugin: identityops.wso2is.findings_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Collect what is wrong with the ports
  ansible.builtin.set_fact:
    findings: "{{ services | identityops.wso2is.port_findings('5.8.0') }}"
  vars:
    services:
      is1:
        - {product: identity_server, name: https, port: 9443, variable: is_node_port_offset}
        - {product: load_balancer, name: https, port: 9443, variable: wso2is_public_port}
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
      host: is1
      check: port conflict
      found: "tcp 9443 is wanted by identity_server https and load_balancer https"
      required: "one service for each port of a host"
      remedy: "Change is_node_port_offset or wso2is_public_port, or put the services on different hosts."
"""

from typing import Any

from ansible.errors import AnsibleFilterError


def port_findings(hosts: Any, release: Any, host_facts: Any = None) -> list[dict[str, str]]:
    """Check the ports of every service of every host."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import InputError
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.ports import port_findings as _port_findings

    try:
        return _port_findings(hosts, release, host_facts)
    except InputError as exc:
        raise AnsibleFilterError(f"identityops.wso2is.port_findings: {exc}") from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"port_findings": port_findings}
