# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter backup_manifest."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_manifest
short_description: What a backup says of itself
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Gives the manifest of a backup, which P(identityops.wso2is.backup_read#filter) reads before anything is put back.
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  taken:
    description: When the backup was taken.
    type: str
    required: true
  files:
    description:
      - The files of the backup, each with C(file), C(kind) (V(host), V(share) or V(database)), C(host), C(size) and
        C(sha256).
    type: list
    elements: dict
    required: true
notes:
  - Fails when the input is not a deployment.
seealso:
  - plugin: identityops.wso2is.backup_read
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show a manifest
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.backup_manifest('2026-01-31T030000Z', []) }}"
"""

RETURN = r"""
_value:
  description: The manifest. It holds no secret.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def backup_manifest(value: Any, taken: str, files: Any) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import backup
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"backup_manifest takes a deployment, a mapping, not {type(value).__name__}")
    try:
        return backup.manifest(plain(value), str(taken), plain(files))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"backup_manifest: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"backup_manifest": backup_manifest}
