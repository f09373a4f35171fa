# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter host_questions."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_questions
short_description: What the checks ask of a host
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Gives the options of P(identityops.wso2is.host_info#module) for one host of a deployment.
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  host:
    description: Inventory name of the host.
    type: str
    required: true
  services:
    description: Whether the host is asked for databases and directories of users too, with their passwords.
    type: bool
    default: false
notes:
  - Fails when the input is not a deployment, or the host is none of its hosts.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - plugin: identityops.wso2is.host_findings
    plugin_type: filter
  - module: identityops.wso2is.host_info
"""

EXAMPLES = r"""
- name: Show what a host is asked
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.host_questions('is1') }}"
"""

RETURN = r"""
_value:
  description: Options of the module.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def host_questions(value: Any, host: str, services: bool = False) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"host_questions takes a mapping, not {type(value).__name__}")
    try:
        return checks.host_questions(plain(value), host, services)
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"host_questions: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"host_questions": host_questions}
