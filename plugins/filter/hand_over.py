# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter hand_over."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hand_over
short_description: Whether an Analytics worker may be stopped for a change
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Of two workers one receives events. It may be stopped when the other one is ready to take over, and the change goes
    on when that one did.
positional: turn, workers, sync_port
options:
  _input:
    description:
      - By inventory name, what P(identityops.wso2is.cluster_view#module) returned in
        RV(identityops.wso2is.cluster_view#module:view) for the workers of this run.
    type: dict
    required: true
  turn:
    description: Inventory name of the worker that is to be stopped.
    type: str
    required: true
  workers:
    description: Inventory names of the workers of the deployment.
    type: list
    elements: str
    required: true
  sync_port:
    description: Port on which a passive worker is sent what the active one receives. It must be among the ports that
      P(identityops.wso2is.cluster_view#module) was asked for.
    type: int
    required: true
  stopped:
    description:
      - How many seconds were waited for the other worker since O(turn) was stopped. Empty when it was not stopped yet.
    type: int
notes:
  - Fails when the input is not a mapping of views.
seealso:
  - module: identityops.wso2is.cluster_view
  - plugin: identityops.wso2is.cluster_verdicts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Require that the other worker can take over
  ansible.builtin.assert:
    that: not (worker_views | identityops.wso2is.hand_over('an1', ['an1', 'an2'], 9893))['refusal']
    fail_msg: "{{ (worker_views | identityops.wso2is.hand_over('an1', ['an1', 'an2'], 9893))['refusal'] }}"
"""

RETURN = r"""
_value:
  description: What was judged.
  type: dict
  contains:
    to:
      description: Inventory name of the worker that has to take over; empty when none has to.
      type: str
    refusal:
      description: What was found and what to change; empty when the change may go on.
      type: str
    note:
      description: What does not hinder the change but should be known; empty when there is nothing.
      type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def hand_over(
    value: Any, turn: str, workers: Sequence[str], sync_port: int, stopped: int | None = None
) -> dict[str, str]:
    """See DOCUMENTATION. Raises AnsibleFilterError for input that is not what it takes."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils import pair
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain

    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"hand_over takes a mapping, not {type(value).__name__}")
    try:
        views, names = plain(value), plain(list(workers))
        if stopped is None:
            return pair.hand_over(views, str(turn), names, int(sync_port))
        other = next(worker for worker in names if worker != turn)
        return {"to": other, "refusal": pair.takeover_failure(views[other], turn, other, int(stopped)), "note": ""}
    except (KeyError, TypeError, ValueError, StopIteration) as exc:
        raise AnsibleFilterError(f"hand_over: {exc!r}") from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Names and functions."""
        return {"hand_over": hand_over}
