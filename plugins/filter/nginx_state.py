# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the probe of the load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_state
short_description: What the probe of the role load_balancer found on the host
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads the lines that the probe of the role P(identityops.wso2is.load_balancer#role) printed.
options:
  _input:
    description: What the probe printed.
    type: str
    required: true
notes:
  - Fails when the input is not a text.
seealso:
  - plugin: identityops.wso2is.nginx_features
    plugin_type: filter
  - plugin: identityops.wso2is.nginx_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Tell whether nginx runs
  ansible.builtin.debug:
    msg: "{{ (probe.stdout | identityops.wso2is.nginx_state).active }}"
"""

RETURN = r"""
_value:
  description: The state of the host.
  type: dict
  contains:
    nginx:
      description: The output of C(nginx -V), empty if nginx is not there.
      type: str
    files:
      description: For each file its C(sha256), C(mode) and C(owner).
      type: dict
    directory:
      description: Whether the directory of the role is there.
      type: bool
    included:
      description: Whether nginx.conf includes the file with the nodes.
      type: bool
    enabled:
      description: Whether the unit is enabled.
      type: bool
    active:
      description: Whether the unit is active.
      type: bool
    running:
      description: The configuration that the running nginx says it has read.
      type: str
    selinux:
      description: Whether SELinux keeps nginx from connecting to the nodes.
      type: bool
"""

from ansible.errors import AnsibleFilterError


def nginx_state(text: str) -> dict[str, object]:
    """Read the probe of the load balancer, see ``DOCUMENTATION``.

    Raises:
        AnsibleFilterError: the input is not a text.
    """
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.nginx_state import read_probe

    if not isinstance(text, str):
        raise AnsibleFilterError(f"nginx_state expects what the probe printed as text, not {type(text).__name__}")
    return read_probe(text)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, object]:
        """Return the filters by name."""
        return {"nginx_state": nginx_state}
