# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter fidelity_rows."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fidelity_rows
short_description: Whether servers behave as the collection assumes
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Compares what running servers show with the facts of the release.
positional: evidence
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  evidence:
    description:
      - By inventory name and kind of the server with a blank between, what
        P(identityops.wso2is.server_evidence#module) returned in
        RV(identityops.wso2is.server_evidence#module:evidence).
    type: dict
    required: true
notes:
  - Fails when the deployment has no such server.
seealso:
  - module: identityops.wso2is.server_evidence
  - plugin: identityops.wso2is.fidelity_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what does not hold
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.fidelity_rows({}) | selectattr('holds', 'equalto', 'no') }}"
"""

RETURN = r"""
_value:
  description: One row for each assumption and server.
  type: list
  elements: dict
  contains:
    server:
      description: Inventory name and kind.
      type: str
    assumption:
      description: What the collection assumes.
      type: str
    expected:
      description: What the server should show.
      type: str
    found:
      description: What it shows.
      type: str
    holds:
      description: V(yes), V(no) or V(unknown).
      type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def fidelity_rows(value: Any, evidence: Mapping[str, Any]) -> list[dict[str, str]]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import fidelity
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"fidelity_rows takes a mapping, not {type(value).__name__}")
    try:
        return fidelity.rows(plain(value), plain(evidence))
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"fidelity_rows: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"fidelity_rows": fidelity_rows}
