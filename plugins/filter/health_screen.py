# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter health_screen."""

from __future__ import annotations

DOCUMENTATION = r"""
name: health_screen
short_description: Show the report on the health of a deployment as one screen
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Returns a headline, a table of the Identity Server nodes, of the servers of Analytics and of the load balancers, and
    the problems and warnings with their remedies. Columns of which nothing is known are left out.
options:
  _input:
    description: The report, as P(identityops.wso2is.health_report#filter) makes it.
    type: dict
    required: true
notes:
  - Fails when the input is not a report.
seealso:
  - plugin: identityops.wso2is.health_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show it
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.health_report({}) | identityops.wso2is.health_screen }}"
"""

RETURN = r"""
_value:
  description: The lines of the screen. The first begins with C(HEALTHY) or C(NOT HEALTHY).
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def health_screen(value: Any) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import health_screen as screen
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"health_screen takes a mapping, not {type(value).__name__}")
    try:
        return screen.health_screen(plain(value))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"health_screen: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"health_screen": health_screen}
