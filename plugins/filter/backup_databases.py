# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter backup_databases."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_databases
short_description: Pack what it takes to log into the databases of a deployment
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Packs the PostgreSQL databases of a deployment, each once, with their passwords into one opaque string for
    P(identityops.wso2is.postgresql_dumps#module).
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
notes:
  - Fails when the input is not a deployment, or its databases are not PostgreSQL.
seealso:
  - module: identityops.wso2is.postgresql_dumps
"""

EXAMPLES = r"""
- name: Show how long the packed text is
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.backup_databases | length }}"
"""

RETURN = r"""
_value:
  description: The packed databases.
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def backup_databases(value: Any) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import backup
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"backup_databases takes a deployment, a mapping, not {type(value).__name__}")
    try:
        return pack(backup.databases(plain(value)))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"backup_databases: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"backup_databases": backup_databases}
