# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads when a server does not start: one sentence, of the release's facts and the server's log."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers, variables
from test_server_control import control

SERVERS = {"is": ("is1", "is"), "worker": ("an1", "worker"), "dashboard": ("an1", "dashboard")}
# What practice packs wrote when a start failed, without stack frames. First line: the server, and whether the log or
# the console has it (lines of the start script and of Java are in the journal only); second line: the sentence.
RECORDED = {path.stem: path for path in sorted((Path(__file__).parent / "failures").glob("*.txt"))}


def config_of(deployment: dict[str, Any], kind: str) -> dict[str, Any]:
    """What the control script of a server knows."""
    read: dict[str, Any] = json.loads(servers.control_config(servers.server_of(deployment, *SERVERS[kind]), deployment))
    return read


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_failure(practice_deployment: dict[str, Any], name: str) -> None:
    about, sentence, _blank, *lines = RECORDED[name].read_text().splitlines()
    kind, where = about.split()
    found = control.first_failure(config_of(practice_deployment, kind), lines)
    assert found, "no line of it counts as a failure"
    failure, number = found
    entry = control.entry_of(lines, number) if where == "log" else [lines[number]]
    assert control.judge(failure, entry, control.Ports(1)) == sentence


@pytest.mark.parametrize("kind", SERVERS)
def test_every_sentence_says_what_to_change(practice_deployment: dict[str, Any], kind: str) -> None:
    config = config_of(practice_deployment, kind)
    known = set(variables.specifications()) | {"wso2is_analytics"}
    for specs in (Path(__file__).parents[3] / "roles").glob("*/meta/argument_specs.yml"):
        for point in yaml.safe_load(specs.read_text())["argument_specs"].values():
            known |= set(point.get("options", {}))
    said = [*config["failures"], *config["waiting"], *config["ports"]]
    said += [cause for failure in config["failures"] for cause in failure["causes"]]
    for entry in said:
        assert not re.search(r"[.;:]$", entry["meaning"])
        assert not re.search(r"[.;:]$", entry["remedy"])
        named = re.findall(
            r"\b(?:wso2is|is_node|hazelcast|analytics|jdk|database|artifact_sync)_[a-z_]*[a-z]\b", entry["remedy"]
        )
        assert set(named) <= known, entry["remedy"]


@pytest.mark.parametrize("kind", SERVERS)
def test_a_harmless_start_is_no_failure(practice_deployment: dict[str, Any], kind: str) -> None:
    lines = [
        "TID: [-1234] [] [2026-11-22 21:00:00,000]  INFO {HazelcastClusteringAgent} -  Cluster domain: d",
        "[2026-11-22 21:00:00,000]  WARN {com.zaxxer.hikari.HikariConfig} - a harmless warning",
        "java.sql.SQLException: of a warning",
    ]
    assert control.first_failure(config_of(practice_deployment, kind), lines) is None
