# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter installation."""

from __future__ import annotations

DOCUMENTATION = r"""
name: installation
short_description: What installing a server takes
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Gives the options of P(identityops.wso2is.carbon_release#module) and the files that have to be brought to the host
    first.
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
    description: Which server of the host, V(is), V(worker) or V(dashboard).
    type: str
    required: true
  units:
    description:
      - What P(identityops.wso2is.host_info#module) says of the units of the host. The links to the selected release of
        servers that run are left alone then. Without it the server counts as stopped.
    type: dict
notes:
  - Fails when the input is not a deployment, or has no such host or server.
seealso:
  - plugin: identityops.wso2is.topology
    plugin_type: filter
  - module: identityops.wso2is.carbon_release
"""

EXAMPLES = r"""
- name: Show what an installation takes
  ansible.builtin.debug:
    msg: "{{ deployment | identityops.wso2is.installation('is1', 'is') }}"
"""

RETURN = r"""
_value:
  description: What it takes.
  type: dict
  contains:
    release:
      description: Directory of the release on the host.
      type: str
    staging:
      description: Directory on the host for the files that are brought.
      type: str
    needs:
      description: Paths that an installed release has. Where one is missing, the files have to be brought.
      type: list
      elements: str
    digests:
      description:
        - SHA-256 by path of the files in the release that may become others. One that differs has to be brought.
      type: dict
    bring:
      description:
        - The files, each with C(src) (on the control node), C(dest) (on the host) and C(path), the path in the release
          that it is brought for.
      type: list
      elements: dict
    options:
      description: Options of the module, of which those with a default may be missing.
      type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def installation(value: Any, host: str, kind: str, units: Any = None) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"installation takes a mapping, not {type(value).__name__}")
    try:
        return servers.installation(plain(value), host, kind, plain(units))
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"installation: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"installation": installation}
