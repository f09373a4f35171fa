# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a worker may be stopped, and whether the other one took over."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter.hand_over import hand_over
from ansible_collections.identityops.wso2is.plugins.plugin_utils import pair

WORKERS = ["an1", "an2"]


def view(ha: str | None, receiving: bool, **changes: Any) -> dict[str, Any]:
    """What the module says of a worker that runs."""
    return {
        "ok": True,
        "receiving": receiving,
        "ha": ha,
        "listening": {"9091": True, "7612": receiving, "9893": not receiving},
        "connections": {"9091": 0, "7612": 0, "9893": 0 if receiving else 1},
        "reasons": [],
        "log": "/logs/carbon.log",
        **changes,
    }


ACTIVE = view("active", True)
PASSIVE = view("passive", False)
DOWN = view(None, False, ok=False, reasons=["the server does not run"])


def test_a_passive_worker_may_be_stopped_whatever_the_other_does() -> None:
    for other in (ACTIVE, PASSIVE, DOWN):
        assert pair.hand_over({"an1": PASSIVE, "an2": other}, "an1", WORKERS, 9893) == {
            "to": "",
            "refusal": "",
            "note": "",
        }
    assert pair.hand_over({"an1": PASSIVE}, "an1", WORKERS, 9893)["refusal"] == ""


def test_the_one_that_receives_hands_over() -> None:
    assert pair.hand_over({"an1": PASSIVE, "an2": ACTIVE}, "an2", WORKERS, 9893) == {
        "to": "an1",
        "refusal": "",
        "note": "",
    }


def test_a_group_that_was_changed_leaves_two_that_receive() -> None:
    found = pair.hand_over({"an1": ACTIVE, "an2": ACTIVE}, "an2", WORKERS, 9893)
    assert found == {"to": "an1", "refusal": "", "note": ""}


def test_a_worker_without_another() -> None:
    found = pair.hand_over({"an1": ACTIVE}, "an1", ["an1"], 9893)
    assert (found["to"], found["refusal"]) == ("", "")
    assert found["note"] == "an1 is the only worker: nobody receives events while it changes."


def test_a_connection_that_was_not_seen_is_said() -> None:
    other = view("passive", False, connections={"9893": 0})
    found = pair.hand_over({"an1": ACTIVE, "an2": other}, "an1", WORKERS, 9893)
    assert (found["to"], found["refusal"]) == ("an2", "")
    assert found["note"].startswith("an1 has no connection to port 9893 of an2: so it is before the first event, and ")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (None, "an2, which would have to take over, is not part of this run; run it without --limit"),
        (DOWN, "an2 could not take over: the server does not run; start it, its unit says why it cannot (log: /logs/"),
        (view("active", False), "an2 is active too by its log but port 7612 is closed; look there for the receiver's"),
        (view(None, False), "an2 did not say in its log that it is passive; restart it and look there (log: /logs/"),
        (view("passive", False, listening={"9893": False}), "an2 is passive but port 9893 is closed, where it is sent"),
    ],
)
def test_what_keeps_the_one_that_receives_running(other: dict[str, Any] | None, why: str) -> None:
    views = {"an1": ACTIVE, **({"an2": other} if other else {})}
    found = hand_over(views, "an1", WORKERS, 9893)
    assert found["refusal"].startswith(f"an1 receives events and was not stopped: {why}")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (PASSIVE, "it is still passive"),
        (view("active", False), "it is active by its log but port 7612 is closed"),
        (DOWN, "the server does not run"),
    ],
)
def test_a_takeover_that_does_not_come(other: dict[str, Any], found: str) -> None:
    judged = hand_over({"an1": DOWN, "an2": other}, "an1", WORKERS, 9893, stopped=120)
    assert judged["to"] == "an2"
    said = (
        f"an2 did not take over within 120 seconds after an1 was stopped: {found}. Look into its log /logs/carbon.log"
    )
    assert judged["refusal"].startswith(said)
    assert "analytics_takeover_timeout" in judged["refusal"]


def test_a_takeover() -> None:
    judged = hand_over({"an1": DOWN, "an2": ACTIVE}, "an1", WORKERS, 9893, stopped=120)
    assert judged == {"to": "an2", "refusal": "", "note": ""}


def test_what_is_no_view() -> None:
    with pytest.raises(AnsibleFilterError, match="takes a mapping, not list"):
        hand_over([], "an1", WORKERS, 9893)
    with pytest.raises(AnsibleFilterError, match="hand_over: "):
        hand_over({"an2": ACTIVE}, "an1", WORKERS, 9893)
