# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter rollback_plan."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollback_plan
short_description: Which servers go back to the release before
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Chooses the servers that go back, so that all of a kind run one release afterwards. A server that already runs the
    release that others go back to, after a change that was refused half-way, stays.
options:
  _input:
    description:
      - By inventory name, the results of P(identityops.wso2is.carbon_files#module) with
        O(identityops.wso2is.carbon_files#module:restore=release) in check mode, in a loop over the servers of a host
        of the deployment (C(key) and C(value)).
    type: dict
    required: true
notes:
  - Fails when the input is not such a mapping.
seealso:
  - module: identityops.wso2is.carbon_files
"""

EXAMPLES = r"""
- name: Show what would happen
  ansible.builtin.debug:
    msg: "{{ {'is1': ways['results']} | identityops.wso2is.rollback_plan }}"
  vars:
    ways:
      results:
        - {item: {key: is, value: {unit: wso2is}}, before: /r/2, after: /r/1, changed_files: [conf/carbon.xml]}
"""

RETURN = r"""
_value:
  description: What was decided.
  type: dict
  contains:
    wanted:
      description: By inventory name, the kinds of servers that go back.
      type: dict
    lines:
      description: What happens to each server, for the operator.
      type: list
      elements: str
    problem:
      description: Why nothing may be changed; empty when it may be.
      type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def rollback_plan(value: Any) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import way_back
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"rollback_plan takes a mapping, not {type(value).__name__}")
    try:
        return way_back.rollback_plan(plain(value))
    except (AttributeError, KeyError, TypeError) as exc:
        raise AnsibleFilterError(f"rollback_plan: {exc!r}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"rollback_plan": rollback_plan}
