# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compared with what."""

from __future__ import annotations

import pytest
from idle_runs import can_be_templated, nodes_inventory, stock_play
from jinja2 import Environment

MARKS = "{{ x }} {# y #} {% z %} $\n"


@pytest.mark.parametrize("text", ["a\n", "", "a", MARKS, "\u00e9\n"])
def test_a_template_writes_the_same_text(text: str) -> None:
    assert can_be_templated(text.encode())
    # As the template module of ansible-core sets it.
    jinja = Environment(trim_blocks=True, keep_trailing_newline=True, autoescape=False)
    assert jinja.from_string("{% raw %}" + text + "{% endraw %}").render() == text


@pytest.mark.parametrize("content", [b"a\r\n", b"\xfe\xed\xfe\xed", b"a\0b", b"{% endraw %}", b"\na\n", b"\xe9"])
def test_what_a_template_cannot_write(content: bytes) -> None:
    assert not can_be_templated(content)


def test_twenty_tasks_and_nothing_else() -> None:
    (play,) = stock_play(20)
    assert play["gather_facts"] is False
    assert [next(name for name in task if "." in name) for task in play["tasks"]] == ["ansible.builtin.template"] * 20
    assert play["tasks"][19]["ansible.builtin.template"]["src"] == "{{ stock_files[19]['src'] }}"


def test_more_nodes_fit_one_database_server() -> None:
    databases = {name: {"name": name} for name in ("user", "identity", "workflow", "analytics")}
    about = nodes_inventory(16, lambda node: f"address of {node}", databases)["all"]
    nodes = about["children"]["wso2is_nodes"]["hosts"]
    assert list(nodes) == [f"is{number}" for number in range(1, 17)]
    assert nodes["is1"] == {} and nodes["is16"]["wso2is_address"] == "address of is16"
    pools = [
        pool["max_active"] * 16
        for name, pool in ((key, item.get("pool")) for key, item in about["vars"]["wso2is_databases"].items())
        if pool
    ]
    assert len(pools) == 3 and sum(pools) < 250
    assert "pool" not in about["vars"]["wso2is_databases"]["analytics"]
