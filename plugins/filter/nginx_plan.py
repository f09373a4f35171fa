# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a load balancer with what it should be."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_plan
short_description: What is left to do on a load balancer
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Compares the state that P(identityops.wso2is.nginx_state#filter) read with the files that should be there.
options:
  _input:
    description: The state.
    type: dict
    required: true
  wanted:
    description: The files that should be there, each with C(path), C(sha256) and C(mode).
    type: list
    elements: dict
    required: true
  running:
    description: What the running nginx should say that it has read. V(*) stands for anything.
    type: str
    required: true
  folder:
    description: The directory of the role. Other files in it are stale.
    type: path
    required: true
notes:
  - Fails when the state is not what P(identityops.wso2is.nginx_state#filter) returns.
seealso:
  - plugin: identityops.wso2is.nginx_state
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the files that differ
  ansible.builtin.debug:
    msg: "{{ (state | identityops.wso2is.nginx_plan(wanted, 'abc', '/etc/nginx/wso2is')).files }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    files:
      description: Paths of files to write.
      type: list
      elements: str
    stale:
      description: Paths of files to remove.
      type: list
      elements: str
    reload:
      description: Whether nginx runs with another configuration than the wanted one, or a file is to be written.
      type: bool
    start:
      description: Whether the unit is to be started or enabled.
      type: bool
"""

from ansible.errors import AnsibleFilterError


def nginx_plan(state: dict[str, object], wanted: list[dict[str, str]], running: str, folder: str) -> dict[str, object]:
    """Compare a load balancer with what it should be, see ``DOCUMENTATION``.

    Raises:
        AnsibleFilterError: the state or a wanted file lacks a key.
    """
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.nginx_state import plan

    try:
        return plan(state, wanted, running, folder)
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(f"nginx_plan: the state or a wanted file lacks a key: {error!r}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, object]:
        """Return the filters by name."""
        return {"nginx_plan": nginx_plan}
