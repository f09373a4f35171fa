# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the settings of a load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_findings
short_description: What is wrong with the settings of a load balancer
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Checks the settings of the role P(identityops.wso2is.load_balancer#role) against each other and against what the
    nginx of the host can do.
options:
  _input:
    description: The answer of P(identityops.wso2is.nginx_features#filter).
    type: dict
    required: true
  settings:
    description:
      - The role's variables without their prefix. All of C(public_host), C(public_port), C(public_http_port),
        C(status_port), C(management_host), C(management_certificate), C(management_certificate_key), C(nodes),
        C(drained), C(sticky_cookie), C(console_allowed_from), C(trusted_proxies).
    type: dict
    required: true
  host:
    description: The host that the findings are about.
    type: str
    default: ''
notes:
  - Fails when the input is not what the filter takes.
seealso:
  - plugin: identityops.wso2is.nginx_features
    plugin_type: filter
  - plugin: identityops.wso2is.findings_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Stop if there is a finding
  ansible.builtin.assert:
    that: found | length == 0
  vars:
    able: "{{ text | identityops.wso2is.nginx_features }}"
    found: "{{ able | identityops.wso2is.nginx_findings(settings, inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The findings, empty if all is well.
  type: list
  elements: dict
  contains:
    severity:
      description: Always V(error).
      type: str
    host:
      description: The host.
      type: str
    check:
      description: What was checked.
      type: str
    found:
      description: What was found.
      type: str
    required:
      description: What is required.
      type: str
    remedy:
      description: Which variable to change.
      type: str
"""

from ansible.errors import AnsibleFilterError


def nginx_findings(able: dict[str, object], settings: dict[str, object], host: str = "") -> list[dict[str, str]]:
    """Check the settings of a load balancer, see ``DOCUMENTATION``.

    Raises:
        AnsibleFilterError: a setting is missing or has the wrong type.
    """
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.nginx import findings

    try:
        return findings(able, settings, host)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"nginx_findings: a setting is missing or of the wrong type: {error!r}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, object]:
        """Return the filters by name."""
        return {"nginx_findings": nginx_findings}
