# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change of two workers of which one receives: whether it may be stopped, and whether the other one took over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

RECEIVER_PORT = 7612
DATABASE = "wso2is_databases.analytics_cluster"


def hand_over(
    views: Mapping[str, Mapping[str, Any]], turn: str, workers: Sequence[str], sync_port: int
) -> dict[str, str]:
    """Judge whether a worker may be stopped.

    Args:
        views: by inventory name, what the module cluster_view returned for the workers of this run.
        turn: the worker that is to be stopped.
        workers: the workers of the deployment.
        sync_port: port on which a passive worker is sent what the active one receives.

    Returns:
        `to`: the worker that has to take over, empty when none has to; `refusal`: why the worker must not be stopped,
        empty when it may be; `note`: what does not hinder but should be known.
    """
    others = [worker for worker in workers if worker != turn]
    # Whoever does not receive is missed by nobody, and a restart is what mends a pair of which none receives.
    if not views[turn]["receiving"]:
        return {"to": "", "refusal": "", "note": ""}
    if not others:
        return {"to": "", "refusal": "", "note": f"{turn} is the only worker: nobody receives events while it changes."}
    other = others[0]
    why = _hindrance(views.get(other), other, sync_port)
    if why:
        return {"to": other, "refusal": f"{turn} receives events and was not stopped: {why}", "note": ""}
    view, note = views[other], ""
    if not view["receiving"] and not view["connections"][str(sync_port)]:
        note = (
            f"{turn} has no connection to port {sync_port} of {other}: so it is before the first event, and where "
            f"{turn} has lost the other one. What it received since it last saved its state may not be counted."
        )
    return {"to": other, "refusal": "", "note": note}


def _hindrance(view: Mapping[str, Any] | None, other: str, sync_port: int) -> str:
    """Why a worker could not take over; empty when it could, or receives already."""
    if view is None:
        return (
            f"{other}, which would have to take over, is not part of this run; run it without --limit, or with both "
            "workers in it"
        )
    log = f"(log: {view['log']})"
    if not view["ok"]:
        return f"{other} could not take over: {', '.join(view['reasons'])}; start it, its unit says why it cannot {log}"
    if view["receiving"]:
        return ""
    if view["ha"] == "active":
        return (
            f"{other} is active too by its log but port {RECEIVER_PORT} is closed; look there for the receiver's "
            f"error, and restart it {log}"
        )
    if view["ha"] != "passive":
        return f"{other} did not say in its log that it is passive; restart it and look there {log}"
    if not view["listening"][str(sync_port)]:
        return (
            f"{other} is passive but port {sync_port} is closed, where it is sent what the active worker receives; "
            f"restart it, and look at analytics_event_sync_port and its log {log}"
        )
    return ""


def takeover_failure(view: Mapping[str, Any], turn: str, other: str, seconds: int) -> str:
    """Why the run ends when a worker did not take over.

    Args:
        view: what the module cluster_view returned for it.
        turn: the worker that was stopped.
        other: the one that was to take over.
        seconds: how long it was waited for.

    Returns:
        What was found and what to change; empty when it did take over.
    """
    if view["ok"] and view["receiving"]:
        return ""
    if not view["ok"]:
        found = ", ".join(view["reasons"])
    elif view["ha"] == "active":
        found = f"it is active by its log but port {RECEIVER_PORT} is closed"
    else:
        found = "it is still passive"
    return (
        f"{other} did not take over within {seconds} seconds after {turn} was stopped: {found}. Look into its log "
        f"{view['log']} and whether both reach {DATABASE}; a takeover takes analytics_heartbeat_interval times "
        "analytics_heartbeat_max_retry and the start of the receiver, and analytics_takeover_timeout allows more."
    )
