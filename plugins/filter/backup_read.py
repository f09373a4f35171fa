# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter backup_read."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_read
short_description: Read a backup, and check that it is whole and of this deployment
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads the manifest of a backup on the control node, and compares every file with it. The paths in the archives are
    checked as well.
  - With a deployment, also says what is to be put where, and why the backup does not belong to the deployment.
options:
  _input:
    description: Directory of the backup on the control node.
    type: path
    required: true
  deployment:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    default: {}
notes:
  - Never fails for a backup that is wrong; RV(_value) says it.
seealso:
  - plugin: identityops.wso2is.backup_manifest
    plugin_type: filter
  - module: identityops.wso2is.server_archive
"""

EXAMPLES = r"""
- name: Require a whole backup
  ansible.builtin.debug:
    msg: "{{ ('/srv/backups/2026-01-31T030000Z' | identityops.wso2is.backup_read)['problems'] }}"
"""

RETURN = r"""
_value:
  description: What is in the backup.
  type: dict
  contains:
    problems:
      description: What is wrong with it; empty when nothing is.
      type: list
      elements: str
    plan:
      description:
        - What is put where, C(hosts), C(share), C(databases) and C(lines) for people. Empty without a deployment or
          when something is wrong.
      type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def backup_read(value: Any, deployment: Any = None) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for a deployment that is none."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import backup
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if deployment is not None and not isinstance(deployment, Mapping):
        raise AnsibleFilterError(f"backup_read takes a deployment, a mapping, not {type(deployment).__name__}")
    try:
        about = backup.read_backup(str(value))
    except backup.BackupError as exc:
        return {"problems": str(exc).splitlines(), "plan": {}}
    if not deployment:
        return {"problems": [], "plan": {}}
    model = plain(deployment)
    try:
        problems = backup.foreign(about, model)
        return {"problems": problems, "plan": {} if problems else backup.restore_plan(about, model)}
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"backup_read: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"backup_read": backup_read}
