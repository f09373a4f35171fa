# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables there are, and what a host says for them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible_collections.identityops.wso2is.plugins.plugin_utils import variables
from ansible_collections.identityops.wso2is.plugins.plugin_utils.variables import effective, missing, specifications
from jinja2 import ChainableUndefined, StrictUndefined

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
    values, findings, _given, _wrong = effective("is1", REQUIRED)

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
    values, findings, _given, _wrong = effective(
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
@pytest.mark.parametrize("value", ["absent", None, ""])
def test_a_required_variable(name: str, value: Any) -> None:
    hostvars: dict[str, Any] = {**REQUIRED, name: value}
    if value == "absent":
        del hostvars[name]

    values, findings, given, _wrong = effective("is1", hostvars)

    assert findings == [], "another host may give it"
    assert given == set(REQUIRED) - {name}
    assert values[name] is None
    (found,) = missing(given)
    assert found["found"] == f"{name} is not set"
    assert found["remedy"] == f"Set {name}."
    assert (found["host"], found["check"], found["severity"]) == ("inventory", "variables", "error")


def test_required_variables_that_are_there() -> None:
    assert {name for name, spec in specifications().items() if spec.get("required")} == set(REQUIRED)
    assert missing(set(REQUIRED)) == []


def test_names_that_a_host_gives() -> None:
    hostvars = {"is_node_heap_mb": 1024, "wso2is_log_dir": None, "hazelcast_port": "many", "is_node_java_options": ""}

    # A wrong value is a value: nobody is to be told to set what is set.
    assert effective("is1", hostvars)[2] == {"is_node_heap_mb", "hazelcast_port", "is_node_java_options"}


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
    values, findings, _given, _wrong = effective("is1", {**REQUIRED, name: value})

    assert not findings
    assert values[name] == expected
    assert type(values[name]) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "found", "remedy"),
    [
        ("is_node_heap_mb", "two", "is_node_heap_mb is 'two' of type str", "Change is_node_heap_mb."),
        ("is_node_heap_mb", True, "is_node_heap_mb is True of type bool", "Change is_node_heap_mb."),
        (
            "artifact_sync_must_be_mount",
            "maybe",
            "artifact_sync_must_be_mount is 'maybe' of type str",
            "Change artifact_sync_must_be_mount.",
        ),
        (
            "artifact_sync_must_be_mount",
            1,
            "artifact_sync_must_be_mount is 1 of type int",
            "Change artifact_sync_must_be_mount.",
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
    values, findings, _given, _wrong = effective("is1", {**REQUIRED, name: value})

    assert [(item["found"], item["remedy"]) for item in findings] == [(found, remedy)]
    assert values[name] == specifications()[name].get("default")


@pytest.mark.parametrize(
    ("name", "value", "required"),
    [
        ("is_node_heap_mb", 0, "1 or more"),
        ("is_node_heap_mb", "-5", "1 or more"),
        ("wso2is_public_port", -1, "1 or more"),
        ("is_node_port_offset", -1, "0 or more"),
    ],
)
def test_a_number_out_of_range(name: str, value: Any, required: str) -> None:
    values, (found,), _given, _wrong = effective("is1", {**REQUIRED, name: value})

    assert (found["found"], found["required"]) == (f"{name} is {value}", required)
    assert found["remedy"] == f"Change {name}."
    assert values[name] == specifications()[name].get("default")


def test_numbers_of_which_nought_is_one() -> None:
    values, findings, _given, _wrong = effective("is1", {**REQUIRED, "is_node_port_offset": "0"})

    assert not findings
    assert values["is_node_port_offset"] == 0


def test_defaults_are_in_their_range() -> None:
    numbers = {name: spec["default"] for name, spec in specifications().items() if spec["type"] == "int"}

    assert effective("is1", {**REQUIRED, **numbers})[1] == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("wso2is_public_host", "{{ absent }}", "wso2is_public_host cannot be resolved: {{ absent }}"),
        ("is_node_heap_mb", "{{ absent }}", "is_node_heap_mb cannot be resolved: {{ absent }}"),
        ("artifact_sync_directories", {"a": ["{{ x }}"]}, "artifact_sync_directories cannot be resolved: {{ x }}"),
        ("wso2is_public_host", StrictUndefined(name="x"), "wso2is_public_host cannot be resolved: 'x' is undefined"),
        ("is_node_heap_mb", StrictUndefined(name="x"), "is_node_heap_mb cannot be resolved: 'x' is undefined"),
        (
            "wso2is_databases",
            {"user": {"password": StrictUndefined(name="x")}},
            "wso2is_databases cannot be resolved: 'x' is undefined",
        ),
        ("wso2is_public_host", ChainableUndefined(), "wso2is_public_host cannot be resolved: it is undefined"),
        # What stands around a template may be a secret.
        ("wso2is_admin_password", "s3cr3t{{ x }}", "wso2is_admin_password cannot be resolved: a template is left"),
        (
            "wso2is_databases",
            {"user": {"password": "s3cr3t{{ x }}"}},
            "wso2is_databases cannot be resolved: a template is left",
        ),
    ],
)
def test_a_template_that_is_left(name: str, value: Any, found: str) -> None:
    values, (finding,), given, _wrong = effective("is1", {**REQUIRED, name: value})

    assert finding["found"] == found
    assert finding["remedy"] == f"Define what {name} refers to, or unlock its vault."
    assert values[name] == specifications()[name].get("default")
    assert name in given


class Locked(dict[str, Any]):
    """Variables of which one cannot be read, as Ansible does it."""

    def __getitem__(self, name: str) -> Any:
        if name == "wso2is_admin_password":
            raise AnsibleError("no vault secrets found\nmore lines")
        return super().__getitem__(name)


def test_a_value_that_cannot_be_read() -> None:
    _values, (found,), given, _wrong = effective("is1", Locked(REQUIRED))

    assert found["found"] == "wso2is_admin_password cannot be resolved: no vault secrets found"
    assert "wso2is_admin_password" in given


def test_a_value_outside_of_the_choices() -> None:
    values, (found,), _given, _wrong = effective("is1", {**REQUIRED, "wso2is_database_type": "db2"})

    assert found["found"] == "wso2is_database_type is 'db2'"
    assert found["required"] == "one of postgresql, mysql, mariadb, oracle, mssql"
    assert values["wso2is_database_type"] == "postgresql"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("wso2is_admin_pasword", "Rename it to wso2is_admin_password, or remove it."),
        ("is_node_heap", "Rename it to is_node_heap_mb, or remove it."),
        ("hazelcast_domains", "Rename it to hazelcast_domain, or remove it."),
        ("wso2is_zzz", "Remove it; the README of each role lists its variables."),
    ],
)
def test_a_name_that_does_not_exist(name: str, remedy: str) -> None:
    (found,) = findings_of(**{name: "secret-value"})

    assert found["found"] == f"{name} is set"
    assert found["remedy"] == remedy
    assert "secret-value" not in str(found)


def test_names_of_others_are_theirs() -> None:
    given: dict[Any, Any] = {"database_backup_target": 1, "analytics_x": 2, "unrelated": 3, 7: 8}
    given |= {name: {} for name in variables.INTERNAL}
    for name, spec in variables.playbook_variables().items():
        given[name] = spec["choices"][0] if "choices" in spec else spec.get("default", "x")

    assert effective("is1", {**REQUIRED, **given})[1] == []


def test_mappings_become_plain() -> None:
    values, _findings, _given, _wrong = effective("is1", {**REQUIRED, "artifact_sync_directories": {"a": ("b",)}})

    assert values["artifact_sync_directories"] == {"a": ["b"]}


def test_a_wrong_type_is_named_as_its_writer_knows_it() -> None:
    # As Ansible's own type of text.
    tagged = type("Tagged", (str,), {})("two")

    _values, findings, _given, _wrong = effective("is1", {**REQUIRED, "is_node_heap_mb": tagged})

    assert [item["found"] for item in findings] == ["is_node_heap_mb is 'two' of type str"]
