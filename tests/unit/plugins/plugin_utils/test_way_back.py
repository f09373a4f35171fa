# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers go back to the release before."""

from __future__ import annotations

from typing import Any

from ansible_collections.identityops.wso2is.plugins.plugin_utils.way_back import rollback_plan
from hypothesis import given
from hypothesis import strategies as st


def way(before: str, after: str = "", kind: str = "is") -> dict[str, Any]:
    """A server that goes back, or one that has nothing to go back to."""
    return {
        "item": {"key": kind, "value": {"unit": f"wso2-{kind}"}},
        "before": f"/r/{before}",
        "after": f"/r/{after or before}",
        "changed_files": ["conf/carbon.xml"] if after else [],
    }


def test_all_go_back() -> None:
    plan = rollback_plan({"is1": [way("B", "A")], "is2": [way("B", "A")]})
    assert plan == {
        "wanted": {"is1": ["is"], "is2": ["is"]},
        "lines": ["is1, wso2-is: B back to A", "is2, wso2-is: B back to A"],
        "problem": "",
    }


def test_after_a_change_that_was_refused_half_way() -> None:
    """is1 went to C; is2 was put back to B and is3 was not touched. Both keep A, which nobody wants."""
    plan = rollback_plan({"is1": [way("C", "B")], "is2": [way("B", "A")], "is3": [way("B", "A")]})
    assert plan["wanted"] == {"is1": ["is"], "is2": [], "is3": []}
    assert plan["lines"][1] == "is2, wso2-is: B stays, others go back to it"
    assert plan["problem"] == ""


def test_a_server_that_is_newer_than_the_release_before() -> None:
    plan = rollback_plan({"is1": [way("B", "A")], "is2": [way("B", "A")], "is3": [way("B")]})
    assert plan["problem"] == "wso2-is would run different releases: is1, is2 on A; is3 on B"


def test_one_kind_has_nothing_to_go_back_to() -> None:
    plan = rollback_plan({"an1": [way("B", "A", "worker")], "is1": [way("B")], "is2": [way("B")]})
    assert plan["wanted"] == {"an1": ["worker"], "is1": [], "is2": []}
    assert plan["lines"] == [
        "is1, wso2-is: B stays, there is no release to go back to",
        "is2, wso2-is: B stays, there is no release to go back to",
        "an1, wso2-worker: B back to A",
    ]
    assert plan["problem"] == ""


def test_nothing_to_go_back_to() -> None:
    assert (
        rollback_plan({"is1": [way("B")]})["problem"] == "No server keeps a release that it ran before the present one"
    )


def test_a_rollback_that_was_killed_is_finished() -> None:
    """is1 is back, and keeps nothing to go back to; the others follow."""
    plan = rollback_plan({"is1": [way("A")], "is2": [way("B", "A")], "is3": [way("B", "A")]})
    assert plan["wanted"] == {"is1": [], "is2": ["is"], "is3": ["is"]}
    assert plan["problem"] == ""


@given(
    st.dictionaries(
        st.sampled_from(["is1", "is2", "is3", "is4"]),
        st.tuples(st.sampled_from("ABC"), st.sampled_from(["", "A", "B", "C"])).filter(lambda pair: pair[0] != pair[1]),
        min_size=1,
    )
)
def test_whoever_may_go_ends_on_one_release(servers: dict[str, tuple[str, str]]) -> None:
    plan = rollback_plan({host: [way(before, after)] for host, (before, after) in servers.items()})
    ends = {after if plan["wanted"][host] else before for host, (before, after) in servers.items()}
    assert plan["problem"] or (len(ends) == 1 and any(plan["wanted"].values()))
