# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter explained_bundle."""

from __future__ import annotations

DOCUMENTATION = r"""
name: explained_bundle
short_description: What becomes of the vendor's files of a deployment and why, packed for the module that writes it
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Says of every setting of every server which file and place it is about, what the pack has there, what stands there
    now, why, and from which source we know.
  - There is a table (C(settings.md)) and the same as data (C(settings.json)) for each host.
  - Secrets are hidden by their place, the shipped ones too; P(identityops.wso2is.rendered_files#module) takes the
    result.
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
notes:
  - Fails when a setting cannot be applied; the error names the file, the place and the release.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - plugin: identityops.wso2is.rendered_bundle
    plugin_type: filter
  - module: identityops.wso2is.rendered_files
"""

EXAMPLES = r"""
- name: Write the tables
  identityops.wso2is.rendered_files:
    bundle: "{{ deployment | identityops.wso2is.explained_bundle }}"
    dest: /tmp/explained
"""

RETURN = r"""
_value:
  description: The packed files.
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def explained_bundle(deployment: Any) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError when a setting cannot be applied."""
    from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import explanation
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(deployment, Mapping):
        raise AnsibleFilterError(f"explained_bundle takes a deployment, a mapping, not {type(deployment).__name__}")
    try:
        return pack(explanation.explained_everywhere(plain(deployment)))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"explained_bundle: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"explained_bundle": explained_bundle}
