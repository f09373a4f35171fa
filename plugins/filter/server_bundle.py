# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter server_bundle."""

from __future__ import annotations

DOCUMENTATION = r"""
name: server_bundle
short_description: Render all files of one server and pack them for the module that writes them
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Applies every setting of a server to the vendor's files and packs the result into one opaque string.
  - The string holds secrets; P(identityops.wso2is.carbon_files#module) takes it.
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
    description: Which server of the host.
    type: str
    choices: [is, worker, dashboard]
    required: true
  java_home:
    description: Home of the JDK on the host.
    type: str
    default: ""
  unit:
    description: Text of the systemd unit.
    type: str
    default: ""
  control:
    description: Text of the script that the unit runs around a start.
    type: str
    default: ""
  shipped:
    description: Whether to add the pack's own files, for a diff where no release is installed yet.
    type: bool
    default: false
notes:
  - Fails when a setting cannot be applied; the error names the file, the place and the release.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - plugin: identityops.wso2is.rendered_bundle
    plugin_type: filter
  - module: identityops.wso2is.carbon_files
"""

EXAMPLES = r"""
- name: Write the files of a node
  identityops.wso2is.carbon_files:
    bundle: >-
      {{ deployment
         | identityops.wso2is.server_bundle('is1', 'is', java_home='/usr/lib/jvm/java-8', unit=unit, control=control) }}
    state: /var/lib/wso2/is/state
    unit: wso2is
"""

RETURN = r"""
_value:
  description: The packed files.
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def server_bundle(
    deployment: Any, host: str, kind: str, java_home: str = "", unit: str = "", control: str = "", shipped: bool = False
) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError when a setting cannot be applied."""
    from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(deployment, Mapping):
        raise AnsibleFilterError(f"server_bundle takes a deployment, a mapping, not {type(deployment).__name__}")
    try:
        return pack(servers.server_bundle(plain(deployment), host, kind, java_home, unit, control, shipped))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"server_bundle: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"server_bundle": server_bundle}
