# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of the role jdk: which Java is good, and what an operator is told about one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter.jdk_choose import jdk_choose
from ansible_collections.identityops.wso2is.plugins.filter.jdk_findings import jdk_findings
from ansible_collections.identityops.wso2is.plugins.plugin_utils.jdk import major, parse_version, satisfies

ROLE = Path(__file__).parents[3] / "roles" / "jdk"
OPENJDK_8 = 'openjdk version "1.8.0_504"\nOpenJDK Runtime Environment (build 1.8.0_504-8u504-ga-1-b08)\n'
ORACLE_8 = 'java version "1.8.0_151"\nJava(TM) SE Runtime Environment (build 1.8.0_151-b12)\n'
ORACLE_17 = 'java version "17.0.1" 2021-10-19 LTS\nJava(TM) SE Runtime Environment (build 17.0.1+12-LTS-39)\n'


def probe(*jdks: tuple[str, str, bool]) -> str:
    """What the probe prints: for each JDK its home, what it says, and whether keytool is there."""
    lines = ["expected\t/usr/lib/jvm/java-8-openjdk-amd64"]
    for home, text, keytool in jdks:
        lines.append(f"home\t{home}\t/real{home}")
        lines += [f"java\t{line}" for line in text.splitlines()]
        if keytool:
            lines.append("keytool")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (OPENJDK_8, "1.8.0_504"),
        (ORACLE_8, "1.8.0_151"),
        ('openjdk version "17.0.1" 2021-10-19\n', "17.0.1"),
        (ORACLE_17, "17.0.1"),
        ('openjdk version "21-ea" 2023-09-19\n', "21-ea"),
        ('Picked up JAVA_TOOL_OPTIONS: -Dversion "9"\n' + OPENJDK_8, "1.8.0_504"),
        ("Error: could not find libjava.so\n", ""),
        ("", ""),
    ],
)
def test_version_of_java(text: str, version: str) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "feature"), [("1.8.0_504", "8"), ("8", "8"), ("17.0.1", "17"), ("21-ea", "21"), ("1", "1"), ("", "")]
)
def test_feature_release(version: str, feature: str) -> None:
    assert major(version) == feature


@pytest.mark.parametrize(
    ("version", "required", "good"),
    [
        ("1.8.0_504", "1.8", True),
        ("1.8.0_504", "8", True),
        ("1.8.0_504", "1.8.0_504", True),
        ("1.8.0_504", "1.8.0_50", False),
        ("17.0.1", "17", True),
        ("17.0.1", "17.0", True),
        ("17.0.1", "17.1", False),
        ("17.0.1", "1.8", False),
        ("17.0.1", "1", False),
        ("11.0.2", "1.8", False),
        ("", "1.8", False),
        ("1.8.0_504", "", False),
    ],
)
def test_required_line(version: str, required: str, good: bool) -> None:
    assert satisfies(version, required) is good


def test_a_good_jdk_has_no_finding() -> None:
    text = probe(("/usr/lib/jvm/java-8-openjdk-amd64", OPENJDK_8, True))
    assert jdk_findings(text, "1.8", ["1.8.0_151"], "is1") == []
    chosen = jdk_choose(text, "1.8", ["1.8.0_151"])
    assert chosen["home"] == "/usr/lib/jvm/java-8-openjdk-amd64"
    assert chosen["real_home"] == "/real/usr/lib/jvm/java-8-openjdk-amd64"
    assert chosen["version"] == "1.8.0_504"


def test_the_first_good_one_is_chosen() -> None:
    text = probe(("/a", ORACLE_17, True), ("/b", ORACLE_8, True), ("/c", OPENJDK_8, False), ("/d", OPENJDK_8, True))
    assert jdk_choose(text, "1.8", ["1.8.0_151"])["home"] == "/d"
    assert jdk_findings(text, "1.8", ["1.8.0_151"], "is1") == []


@pytest.mark.parametrize(
    ("text", "check", "found", "required"),
    [
        (probe(), "java", "none", "Java 1.8"),
        (probe(("/jdk", "", False)), "java", "/jdk: no bin/java", "Java 1.8"),
        (
            probe(("/jdk", "cannot execute: required file not found\n", True)),
            "java",
            "/jdk: cannot execute",
            "Java 1.8",
        ),
        (probe(("/jdk", ORACLE_17, True)), "java version", "17.0.1 in /jdk", "Java 1.8"),
        (probe(("/jdk", ORACLE_8, True)), "java version", "1.8.0_151 in /jdk", "Java 1.8, but none of: 1.8.0_151"),
        (probe(("/jdk", OPENJDK_8, False)), "keytool", "no bin/keytool in /jdk", "a JDK of Java 1.8"),
        (probe(("/a", "", False), ("/b", ORACLE_17, True)), "java version", "17.0.1 in /b", "Java 1.8"),
    ],
)
def test_a_refusal_tells_what_was_found_and_what_is_required(text: str, check: str, found: str, required: str) -> None:
    (row,) = jdk_findings(text, "1.8", ["1.8.0_151"], "is1", package="openjdk-8-jdk-headless")
    assert (row["severity"], row["host"], row["check"]) == ("error", "is1", check)
    assert row["found"].startswith(found)
    assert row["required"].startswith(required)
    assert "jdk_package" in row["remedy"] and "openjdk-8-jdk-headless" in row["remedy"]
    assert jdk_choose(text, "1.8", ["1.8.0_151"]) == {}


def test_the_remedy_for_a_given_home_is_that_variable() -> None:
    (row,) = jdk_findings(probe(("/opt/java", ORACLE_17, True)), "1.8", [], "is1", given="/opt/java")
    assert "jdk_home" in row["remedy"] and "jdk_package" not in row["remedy"]


def test_the_remedy_for_an_archive_is_that_variable() -> None:
    text = probe(("/usr/local/lib/jvm/jdk-0123456789ab", ORACLE_17, True))
    (row,) = jdk_findings(text, "1.8", [], "is1", package="openjdk-8-jdk-headless", archive="files/jdk.tar.gz")
    assert "jdk_archive (now files/jdk.tar.gz)" in row["remedy"] and "jdk_archive_checksum" in row["remedy"]
    assert "jdk_package" not in row["remedy"]


def test_input_that_is_no_text() -> None:
    with pytest.raises(AnsibleFilterError, match="not NoneType"):
        jdk_findings(None, "1.8")
    with pytest.raises(AnsibleFilterError, match="not NoneType"):
        jdk_choose(None, "1.8")


def test_defaults_and_argument_specs_agree() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    options = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    assert {name: option["default"] for name, option in options.items()} == defaults
    assert all(option["description"] for option in options.values())


def test_the_readme_names_every_variable() -> None:
    readme = (ROLE / "README.md").read_text()
    assert [
        name for name in yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()) if f"`{name}`" not in readme
    ] == []
