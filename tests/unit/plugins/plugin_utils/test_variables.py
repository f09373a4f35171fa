# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables there are, and what a host says for them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils import variables
from ansible_collections.identityops.wso2is.plugins.plugin_utils.variables import effective, specifications

REQUIRED = {
    "wso2is_pack": "p.zip",
    "wso2is_public_host": "login.example.org",
    "wso2is_admin_password": "x",
    "wso2is_databases": {"user": {}},
    "wso2is_jdbc_driver": "d.jar",
    "wso2is_keystore": "k",
    "wso2is_keystore_password": "x",
    "wso2is_truststore": "t",
    "wso2is_truststore_password": "x",
}


def findings_of(**given: Any) -> list[dict[str, str]]:
    return effective("is1", {**REQUIRED, **given})[1]


def test_every_variable_has_a_type_that_is_checked_and_a_description() -> None:
    for name, spec in specifications().items():
        assert spec["type"] in variables._TYPES, name
        assert str(spec["description"][0] if isinstance(spec["description"], list) else spec["description"]).strip(), (
            name
        )
        assert not (spec.get("required") and "default" in spec), name


def test_defaults_have_their_type() -> None:
    values, findings = effective("is1", REQUIRED)

    assert not findings
    assert set(values) == set(specifications())
    for name, spec in specifications().items():
        assert isinstance(values[name], variables._TYPES[spec["type"]]), name


def test_role_defaults_are_those_of_the_argument_specs() -> None:
    for role in variables.ROLES:
        with open(f"{variables.COLLECTION_ROOT}/roles/{role}/defaults/main.yml", encoding="utf-8") as handle:
            defaults = yaml.safe_load(handle)
        public = {name: value for name, value in defaults.items() if name not in variables.INTERNAL}
        assert public == {name: specifications()[name].get("default") for name in public}
        documented = {
            name
            for name in specifications()
            if name.startswith(role + "_") and not specifications()[name].get("required")
        }
        assert documented == set(public), role


def test_secrets_are_marked() -> None:
    secret = {name for name, spec in specifications().items() if spec.get("secret")}

    assert {name for name in specifications() if "password" in name} <= secret
    assert "wso2is_databases" in secret


def test_what_a_host_says_wins() -> None:
    values, findings = effective(
        "is1", {**REQUIRED, "is_node_heap_mb": 1024, "wso2is_public_port": 8443, "ansible_host": "x", "other": object()}
    )

    assert not findings
    assert (values["is_node_heap_mb"], values["wso2is_public_port"], values["wso2is_public_http_port"]) == (
        1024,
        8443,
        80,
    )
    assert "other" not in values


@pytest.mark.parametrize("name", sorted(REQUIRED))
@pytest.mark.parametrize("missing", ["absent", "null"])
def test_a_required_variable(name: str, missing: str) -> None:
    given: dict[str, Any] = {**REQUIRED, name: None}
    if missing == "absent":
        del given[name]

    (found,) = effective("is1", given)[1]

    assert found["found"] == f"{name} is not set"
    assert found["remedy"] == f"Set {name}."
    assert (found["host"], found["check"], found["severity"]) == ("is1", "variables", "error")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("is_node_heap_mb", "2048", 2048),
        ("is_node_heap_mb", 2048, 2048),
        ("artifact_sync_must_be_mount", "false", False),
        ("artifact_sync_must_be_mount", "Yes", True),
        ("artifact_sync_must_be_mount", "True", True),
        ("artifact_sync_must_be_mount", False, False),
        ("is_node_java_options", "", ""),
        ("wso2is_log_dir", None, "/var/log/wso2"),
    ],
)
def test_values_that_count(name: str, value: Any, expected: Any) -> None:
    values, findings = effective("is1", {**REQUIRED, name: value})

    assert not findings
    assert values[name] == expected
    assert type(values[name]) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "found", "remedy"),
    [
        ("is_node_heap_mb", "two", "is_node_heap_mb is 'two' of type str", "Write is_node_heap_mb without quotes."),
        ("is_node_heap_mb", True, "is_node_heap_mb is True of type bool", "Write is_node_heap_mb without quotes."),
        (
            "artifact_sync_must_be_mount",
            "maybe",
            "artifact_sync_must_be_mount is 'maybe' of type str",
            "Write artifact_sync_must_be_mount without quotes.",
        ),
        (
            "artifact_sync_must_be_mount",
            1,
            "artifact_sync_must_be_mount is 1 of type int",
            "Write artifact_sync_must_be_mount without quotes.",
        ),
        ("wso2is_public_host", ["a"], "wso2is_public_host is ['a'] of type list", "Change wso2is_public_host."),
        (
            "artifact_sync_directories",
            "all",
            "artifact_sync_directories is 'all' of type str",
            "Change artifact_sync_directories.",
        ),
        # A secret is not shown.
        (
            "wso2is_admin_password",
            12345,
            "wso2is_admin_password is a value of type int",
            "Change wso2is_admin_password.",
        ),
        (
            "wso2is_databases",
            "postgresql://u:pw@h",
            "wso2is_databases is a value of type str",
            "Change wso2is_databases.",
        ),
    ],
)
def test_a_wrong_type_is_a_finding_and_the_default_stands_in(name: str, value: Any, found: str, remedy: str) -> None:
    values, findings = effective("is1", {**REQUIRED, name: value})

    assert [(item["found"], item["remedy"]) for item in findings] == [(found, remedy)]
    assert values[name] == specifications()[name].get("default")


def test_a_value_outside_of_the_choices() -> None:
    values, (found,) = effective("is1", {**REQUIRED, "wso2is_database_type": "mysql"})

    assert found["found"] == "wso2is_database_type is mysql"
    assert found["required"] == "one of postgresql"
    assert values["wso2is_database_type"] == "postgresql"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("wso2is_admin_pasword", "Rename it to wso2is_admin_password, or remove it."),
        ("is_node_heap", "Rename it to is_node_heap_mb, or remove it."),
        ("hazelcast_domains", "Rename it to hazelcast_domain, or remove it."),
        ("wso2is_zzz", "Remove it; docs/variables lists the names that exist."),
    ],
)
def test_a_name_that_does_not_exist(name: str, remedy: str) -> None:
    (found,) = findings_of(**{name: "secret-value"})

    assert found["found"] == f"{name} is set"
    assert found["remedy"] == remedy
    assert "secret-value" not in str(found)


def test_names_of_others_are_theirs() -> None:
    given: dict[Any, Any] = {"database_backup_target": 1, "analytics_x": 2, "unrelated": 3, 7: 8}
    given |= dict.fromkeys(variables.PLAYBOOK, "x") | {name: {} for name in variables.INTERNAL}

    assert effective("is1", {**REQUIRED, **given})[1] == []


def test_mappings_become_plain() -> None:
    values, _findings = effective("is1", {**REQUIRED, "artifact_sync_directories": {"a": ("b",)}})

    assert values["artifact_sync_directories"] == {"a": ["b"]}
