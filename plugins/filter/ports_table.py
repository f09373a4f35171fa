# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter ports_table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ports_table
short_description: Show all ports of a release as Markdown
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Returns the reference of C(docs/ports.md) for a release, with port, purpose, who may talk to it, whether the offset
    shifts it, when it is open, and its number in the product's own documentation.
options:
  _input:
    description: The number of the release, or its facts as in C(roles/preflight/files/releases).
    type: raw
    required: true
notes:
  - Fails when the release is not known; the error names those that are.
seealso:
  - plugin: identityops.wso2is.port_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the reference of the ports
  ansible.builtin.copy:
    content: "{{ '5.8.0' | identityops.wso2is.ports_table }}"
    dest: ports.md
    mode: "0644"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The Markdown text.
  type: str
"""

from typing import Any

from ansible.errors import AnsibleFilterError


def ports_table(release: Any) -> str:
    """Return all ports of a release as Markdown."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import InputError
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.ports import ports_markdown as _ports_markdown

    try:
        return _ports_markdown(release)
    except InputError as exc:
        raise AnsibleFilterError(f"identityops.wso2is.ports_table: {exc}") from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"ports_table": ports_table}
