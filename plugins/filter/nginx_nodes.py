# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Complete the nodes of an upstream."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_nodes
short_description: The nodes of an upstream, completed for the templates
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Adds to each node its port, its address as nginx writes it, and whether it is drained.
options:
  _input:
    description: The nodes, each with C(name), C(address) and perhaps C(port).
    type: list
    elements: dict
    required: true
  drained:
    description: Names of nodes that take no new clients.
    type: list
    elements: str
    default: []
  down:
    description: Names of nodes that get no request at all; clients that are bound to them go to another one.
    type: list
    elements: str
    default: []
notes:
  - Fails when the input is not a list of nodes.
seealso:
  - plugin: identityops.wso2is.nginx_findings
    plugin_type: filter
  - plugin: identityops.wso2is.nginx_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the endpoints
  ansible.builtin.debug:
    msg: "{{ [{'name': 'is1', 'address': '192.0.2.21'}] | identityops.wso2is.nginx_nodes | map(attribute='endpoint') }}"
"""

RETURN = r"""
_value:
  description: The nodes.
  type: list
  elements: dict
  contains:
    name:
      description: The name of the node.
      type: str
    address:
      description: The address as it was given.
      type: str
    port:
      description: The port, 9443 unless given.
      type: int
    endpoint:
      description: Address and port, an IPv6 address in brackets.
      type: str
    drained:
      description: Whether the node takes no new clients.
      type: bool
    down:
      description: Whether the node gets no request at all.
      type: bool
"""

from ansible.errors import AnsibleFilterError


def nginx_nodes(
    nodes: list[dict[str, object]], drained: list[str] | None = None, down: list[str] | None = None
) -> list[dict[str, object]]:
    """Complete the nodes of an upstream, see ``DOCUMENTATION``.

    Raises:
        AnsibleFilterError: a node has no name or address, or its port is not a number.
    """
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.nginx import normalize_nodes

    try:
        return normalize_nodes(nodes, drained or [], down)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"nginx_nodes expects nodes with name, address and perhaps port: {error!r}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, object]:
        """Return the filters by name."""
        return {"nginx_nodes": nginx_nodes}
