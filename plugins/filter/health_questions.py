# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter health_questions."""

from __future__ import annotations

DOCUMENTATION = r"""
name: health_questions
short_description: What a host is asked to tell how it is
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Gives the options of P(identityops.wso2is.host_info#module) for one host of a deployment. One execution tells how
    its servers, databases, certificates and disks are.
positional: host
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  host:
    description: Inventory name of the host.
    type: str
    required: true
notes:
  - Fails when the input is not a deployment, or the host is none of its hosts.
seealso:
  - module: identityops.wso2is.host_info
  - plugin: identityops.wso2is.health_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what a host is asked
  ansible.builtin.debug:
    msg: "{{ (deployment | identityops.wso2is.health_questions('is1'))['units'] }}"
"""

RETURN = r"""
_value:
  description: Options of the module. Passwords are only in C(services), which is one packed text.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def health_questions(value: Any, host: str) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import health_questions as questions
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"health_questions takes a mapping, not {type(value).__name__}")
    try:
        return questions.health_questions(plain(value), host)
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"health_questions: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"health_questions": health_questions}
