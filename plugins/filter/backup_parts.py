# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter backup_parts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_parts
short_description: What of a host belongs into a backup
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Names the directories that hold what neither the inventory nor the pack gives back, for
    P(identityops.wso2is.server_archive#module).
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  host:
    description: Inventory name of the host. Empty means the shared file system, which belongs to no host.
    type: str
    default: ""
  releases:
    description:
      - Releases that a backup was taken of, by name of the root, as its manifest says. They must be selected where it
        is put back.
    type: dict
    default: {}
notes:
  - Fails when the input is not a deployment or has no such host.
seealso:
  - module: identityops.wso2is.server_archive
  - plugin: identityops.wso2is.backup_manifest
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what is backed up of a node
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.backup_parts('is1') }}"
"""

RETURN = r"""
_value:
  description: What belongs into the archive.
  type: dict
  contains:
    roots:
      description: The directories, as the module takes them.
      type: list
      elements: dict
    units:
      description: Units of the host's servers.
      type: list
      elements: str
      returned: with a host
    uid:
      description: Number of the user who reads and writes there.
      type: int
      returned: without a host
    gid:
      description: Number of that user's group.
      type: int
      returned: without a host
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def backup_parts(value: Any, host: str = "", releases: Any = None) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import backup
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"backup_parts takes a deployment, a mapping, not {type(value).__name__}")
    deployment = plain(value)
    try:
        return backup.backup_parts(deployment, host, plain(releases)) if host else backup.shared_parts(deployment)
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"backup_parts: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"backup_parts": backup_parts}
