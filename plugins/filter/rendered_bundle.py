# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter rendered_bundle."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rendered_bundle
short_description: The files of all servers of a deployment, packed for the module that writes them to look at
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Renders every server of a deployment on the control node.
  - Secrets are hidden by their place unless they are asked for; P(identityops.wso2is.rendered_files#module) takes the
    result.
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  secrets:
    description: Whether to leave secrets as they are.
    type: bool
    default: false
notes:
  - Fails when a setting cannot be applied; the error names the file, the place and the release.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - plugin: identityops.wso2is.server_bundle
    plugin_type: filter
  - module: identityops.wso2is.rendered_files
"""

EXAMPLES = r"""
- name: Write the files
  identityops.wso2is.rendered_files:
    bundle: "{{ deployment | identityops.wso2is.rendered_bundle }}"
    dest: /tmp/rendered
"""

RETURN = r"""
_value:
  description: The packed files.
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def rendered_bundle(deployment: Any, secrets: bool = False) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError when a setting cannot be applied."""
    from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(deployment, Mapping):
        raise AnsibleFilterError(f"rendered_bundle takes a deployment, a mapping, not {type(deployment).__name__}")
    try:
        return pack(servers.rendered_everywhere(plain(deployment), secrets))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"rendered_bundle: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"rendered_bundle": rendered_bundle}
