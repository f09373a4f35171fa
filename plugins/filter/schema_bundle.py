# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter schema_bundle."""

from __future__ import annotations

DOCUMENTATION = r"""
name: schema_bundle
short_description: The databases and schema scripts of a deployment, packed for the module that creates them
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads the scripts from the Identity Server pack on the control node.
  - The string holds passwords; P(identityops.wso2is.postgresql_schemas#module) takes it.
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
notes:
  - Fails when the pack cannot be read or lacks a script; the error names it.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - module: identityops.wso2is.postgresql_schemas
"""

EXAMPLES = r"""
- name: Create the schemas
  identityops.wso2is.postgresql_schemas:
    bundle: "{{ deployment | identityops.wso2is.schema_bundle }}"
"""

RETURN = r"""
_value:
  description: The packed databases and scripts.
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def schema_bundle(deployment: Any) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError when the pack lacks a script."""
    from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(deployment, Mapping):
        raise AnsibleFilterError(f"schema_bundle takes a deployment, a mapping, not {type(deployment).__name__}")
    try:
        return pack(servers.schemas(plain(deployment)))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"schema_bundle: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"schema_bundle": schema_bundle}
