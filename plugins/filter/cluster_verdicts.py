# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter cluster_verdicts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_verdicts
short_description: Say what is wrong with a cluster, from the views of its servers
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Puts the views of several servers together. A cluster that is split, a node that is alone, two workers that receive
    or none are seen only so.
positional: expected
options:
  _input:
    description:
      - By inventory name, what P(identityops.wso2is.cluster_view#module) returned in
        RV(identityops.wso2is.cluster_view#module:view), for servers of one kind.
    type: dict
    required: true
  expected:
    description: Inventory names of the two Analytics workers. Nothing is said of the pair unless both were looked at.
    type: list
    elements: str
    default: []
notes:
  - Fails when the input is not a mapping of views.
seealso:
  - module: identityops.wso2is.cluster_view
"""

EXAMPLES = r"""
- name: Require a whole cluster
  ansible.builtin.assert:
    that: (views | identityops.wso2is.cluster_verdicts) | length == 0
    fail_msg: "{{ views | identityops.wso2is.cluster_verdicts | join('\n') }}"
"""

RETURN = r"""
_value:
  description: One sentence for each fault, with what is wrong, where, and what to change. Empty when all is well.
  type: list
  elements: str
  sample: ["is2: the server does not run; start it, the unit says why it cannot (log: /var/log/wso2/is/wso2carbon.log)"]
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def cluster_verdicts(value: Any, expected: Sequence[str] = ()) -> list[str]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import verdicts
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"cluster_verdicts takes a mapping, not {type(value).__name__}")
    try:
        return verdicts.verdicts(plain(value), plain(list(expected)))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"cluster_verdicts: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"cluster_verdicts": cluster_verdicts}
