# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter fidelity_questions."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fidelity_questions
short_description: What to ask a server about the assumptions of the collection
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Makes the arguments of P(identityops.wso2is.server_evidence#module) from the facts of the release.
positional: host, kind
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  host:
    description: Inventory name of the host.
    type: str
    required: true
  kind:
    description: V(is), V(worker) or V(dashboard).
    type: str
    required: true
notes:
  - Fails when the deployment has no such server.
seealso:
  - module: identityops.wso2is.server_evidence
  - plugin: identityops.wso2is.fidelity_rows
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the questions
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.fidelity_questions('is1', 'is') }}"
"""

RETURN = r"""
_value:
  description: Arguments of the module.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def fidelity_questions(value: Any, host: str, kind: str) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import fidelity
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"fidelity_questions takes a mapping, not {type(value).__name__}")
    try:
        return fidelity.questions(plain(value), str(host), str(kind))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"fidelity_questions: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"fidelity_questions": fidelity_questions}
