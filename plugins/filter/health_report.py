# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter health_report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: health_report
short_description: How a deployment is, from what its hosts said
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Puts the answers of all hosts together. A cluster that is split, a node that is alone, two workers that receive or
    none are seen only so.
  - A host that was not reached or could not answer is a row that says so, and a problem.
positional: answers, probes, now
options:
  _input:
    description: The deployment, as P(identityops.wso2is.topology#filter) computes it.
    type: dict
    required: true
  answers:
    description: By inventory name, the result of P(identityops.wso2is.host_info#module) with the options of
      P(identityops.wso2is.health_questions#filter), or what a task that failed left. Of hosts that are not in it
      nothing is said.
    type: dict
    required: true
  probes:
    description: By inventory name of the load balancers, the result of P(identityops.wso2is.identity_probe#module).
    type: dict
    default: {}
  now:
    description: The time that certificates are judged by, in seconds since 1970. Default is the control node's.
    type: float
notes:
  - Fails when the input is not a deployment, or the answers are no mappings.
seealso:
  - module: identityops.wso2is.host_info
  - plugin: identityops.wso2is.health_questions
    plugin_type: filter
  - plugin: identityops.wso2is.health_screen
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Tell whether nothing is wrong
  ansible.builtin.debug:
    msg: "{{ (deployment | identityops.wso2is.health_report({'is1': {'unreachable': true}})).healthy }}"
"""

RETURN = r"""
_value:
  description: The report, plain data for programs.
  type: dict
  contains:
    healthy:
      description: Whether there is no problem. Warnings do not count.
      type: bool
    checked_at:
      description: When, in UTC. All times of the report have this form.
      type: str
      sample: '2026-11-23T01:05:00Z'
    url:
      description: The public URL.
      type: str
    pattern:
      description: The pattern, 1 or 2.
      type: int
    problems:
      description: What is wrong, C(severity), C(host) (may be empty), C(check), and C(text), which says what to do.
      type: list
      elements: dict
    warnings:
      description: The same for what does not make a deployment unhealthy.
      type: list
      elements: dict
    nodes:
      description: One row for each Identity Server node.
      type: list
      elements: dict
    analytics:
      description: One row for each server of Analytics.
      type: list
      elements: dict
    load_balancers:
      description: One row for each load balancer.
      type: list
      elements: dict
    others:
      description: One row for each other host.
      type: list
      elements: dict
    not_asked:
      description: Hosts of the deployment of which there is no answer.
      type: list
      elements: str
"""

import time
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def health_report(
    value: Any, answers: Mapping[str, Any], probes: Mapping[str, Any] | None = None, now: float | None = None
) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import health
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    for given in (value, answers, {} if probes is None else probes):
        if not isinstance(given, Mapping):
            raise AnsibleFilterError(f"health_report takes a mapping, not {type(given).__name__}")
    try:
        return health.health_report(
            plain(value), plain(answers), plain(probes or {}), time.time() if now is None else float(now)
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"health_report: {exc}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"health_report": health_report}
