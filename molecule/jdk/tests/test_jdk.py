# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JDK that is there, and those that are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scenario import Scenario

HOME = "/usr/lib/jvm/java-8-openjdk-amd64"


def test_package(scenario: Scenario) -> None:
    host = scenario.host("is1")
    assert host.package("openjdk-8-jdk-headless").is_installed
    version = host.run(f"{HOME}/bin/java -version")
    assert version.rc == 0 and 'version "1.8.0_' in version.stderr
    assert host.file(f"{HOME}/bin/keytool").exists


def test_a_java_program_runs(scenario: Scenario) -> None:
    scenario.on(
        "is1",
        "sh",
        "-c",
        "cd /tmp && echo 'class A { public static void main(String[] a) { System.out.print(6 * 7); } }' >A.java",
    )
    scenario.on("is1", "sh", "-c", f"cd /tmp && {HOME}/bin/javac A.java")
    assert scenario.on("is1", f"{HOME}/bin/java", "-cp", "/tmp", "A") == "42"


def test_cost_of_an_unchanged_run(scenario: Scenario) -> None:
    """One execution asks the JDK; the other gathers the family of the system, which the play has not."""
    run = scenario.unchanged_run
    modules = [item["module"] for item in run.executions if item["task"] != "Use it"]
    assert len(modules) == 2, run.executions


@pytest.fixture
def fake(scenario: Scenario, request: Any) -> str:
    """A JDK that says that it is the version of the test's parameter; its home."""
    script = f"#!/bin/sh\necho 'java version \"{request.param}\"' >&2\n"
    scenario.on("is1", "mkdir", "-p", "/opt/fake/bin")
    for program in ("java", "keytool"):
        scenario.on("is1", "sh", "-c", f'printf %s "$1" >/opt/fake/bin/{program}', "sh", script)
        scenario.on("is1", "chmod", "0755", f"/opt/fake/bin/{program}")
    return "/opt/fake"


@pytest.mark.parametrize("fake", ["1.8.0_151"], indirect=True)
def test_a_version_that_breaks_the_console_is_refused(scenario: Scenario, fake: str) -> None:
    scenario.refuse("-e", f"jdk_home={fake}", log="refused-151", words=("jdk_home", "1.8.0_151", "1.8"))


@pytest.mark.parametrize("fake", ["11.0.25"], indirect=True)
def test_another_version_line_is_refused(scenario: Scenario, fake: str) -> None:
    scenario.refuse("-e", f"jdk_home={fake}", log="refused-11", words=("jdk_home", "11.0.25", "1.8"))


@pytest.mark.parametrize("fake", ["1.8.0_504"], indirect=True)
def test_a_jdk_of_ones_own_is_taken(scenario: Scenario, fake: str) -> None:
    run = scenario.converge("-e", f"jdk_home={fake}", log="own")
    assert run.code == 0, run.output[-5000:]
    assert run.changed == {}


def test_a_home_without_a_jdk_is_refused(scenario: Scenario) -> None:
    scenario.refuse("-e", "jdk_home=/opt/nothing", log="refused-nothing", words=("jdk_home", "/opt/nothing", "1.8"))


def test_an_argument_of_another_type_is_refused(scenario: Scenario) -> None:
    bad = json.dumps({"jdk_versions_refused": {"1.8.0_151": True}})
    scenario.refuse("-e", bad, log="refused-type", words=("jdk_versions_refused", "dict", "list"))
