# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation names exists: variables, messages, playbooks."""

from __future__ import annotations

import ast
import configparser
import functools
import re
from typing import Any

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils.databases import ANALYTICS_DATABASES
from documents import ROOT, blocks, inline_code, pages, read

ROLES = sorted(path.parent.name for path in (ROOT / "roles").glob("*/meta") if path.is_dir())
PLACEHOLDER = re.compile(r"<[^<>]*>")


@functools.cache
def variables() -> frozenset[str]:
    """Every variable that a spec of the collection has."""
    found: set[str] = set()
    for path in (ROOT / "roles/preflight/files").glob("variables*.yml"):
        found |= set(yaml.safe_load(path.read_text(encoding="utf-8")))
    for role in ROLES:
        specs = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
        for entry in specs["argument_specs"].values():
            found |= set(entry.get("options", {}))
    return frozenset(found)


@functools.cache
def groups() -> frozenset[str]:
    """The groups of the sample inventory, and those that playbooks name."""
    hosts = yaml.safe_load((ROOT / "playbooks/files/site/prod/hosts.yml").read_text(encoding="utf-8"))
    named = re.findall(r"default\('(wso2is_\w+)'\)", "".join(p.read_text() for p in (ROOT / "playbooks").glob("*.yml")))
    return frozenset(hosts["all"]["children"]) | frozenset(named)


@pytest.mark.parametrize("document", pages())
def test_variables_that_are_named_exist(document: str) -> None:
    prefixes = ("wso2is", *ROLES)
    unknown = set()
    for text in inline_code(document):
        for name in re.findall(r"(?<![\w./-])(?:vault_)?((?:%s)_\w+)(?![\w/.(-])" % "|".join(prefixes), text):
            if name not in variables() | groups() | {*ROLES, *ANALYTICS_DATABASES}:
                unknown.add(name)
    assert unknown == set()


@pytest.mark.parametrize("document", pages())
def test_yaml_that_is_shown_is_yaml_with_known_variables(document: str) -> None:
    for block in blocks(document):
        if block.language != "yaml":
            continue
        data = yaml.safe_load(block.text)
        prefixes = ("wso2is_", *(f"{role}_" for role in ROLES))
        named = {key for key in keys_of(data) if key.startswith(prefixes)}
        assert named <= variables() | groups(), f"{document}:{block.line}"


def keys_of(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [*map(str, data), *(key for value in data.values() for key in keys_of(value))]
    return [key for item in data for key in keys_of(item)] if isinstance(data, list) else []


@functools.cache
def said() -> str:
    """Every text that the collection can print: of its Python code (parts of one text joined) and of its tasks."""
    found = []
    for path in [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "roles").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.sub(r"%[srd]", "<>", node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "<>" for part in node.values]
                found.append("".join(map(str, parts)))
    for folder in ("roles", "playbooks"):
        for path in (ROOT / folder).rglob("*.yml"):
            for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
                found += texts_of(document)
    return "\0".join(" ".join(text.split()) for text in found)


def texts_of(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in texts_of(value)]
    if isinstance(data, list):
        return [text for value in data for text in texts_of(value)]
    if not isinstance(data, str):
        return []
    templates = re.findall(r"\{\{.*?\}\}|\{%.*?%\}", data, re.DOTALL)
    # A template is a value in the text around it, and has texts of its own.
    return [
        re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "<>", data, flags=re.DOTALL),
        *(text for template in templates for text in re.findall(r"'([^']+)'", template)),
    ]


def settings(text: str) -> dict[tuple[str, str], str]:
    """The settings of an ansible.cfg by section and name."""
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(text)
    return {(section, name): value for section in config.sections() for name, value in config[section].items()}


def test_connection_settings_are_those_of_new_site_and_of_the_project() -> None:
    (block,) = [block for block in blocks("docs/guide.md") if block.language == "ini"]
    shown = settings(block.text)
    assert set(shown) == {("defaults", "forks"), ("connection", "pipelining"), ("ssh_connection", "ssh_args")}
    assert shown.items() <= settings((ROOT / "playbooks/templates/site/ansible.cfg.j2").read_text()).items()
    own = settings((ROOT / "ansible.cfg").read_text())
    assert shown.keys() <= own.keys() and own["connection", "pipelining"] == "true"
    assert "ControlMaster=auto" in own["ssh_connection", "ssh_args"]
    assert "ControlPersist=" in own["ssh_connection", "ssh_args"]


@pytest.mark.parametrize("document", pages())
def test_messages_that_are_quoted_are_the_ones_that_are_printed(document: str) -> None:
    unknown = []
    for block in blocks(document):
        if block.language == "text":
            for line in filter(None, map(str.strip, block.text.splitlines())):
                pieces = [" ".join(piece.split()).strip(": ") for piece in PLACEHOLDER.split(line)]
                unknown += [f"{line}: {piece!r}" for piece in pieces if len(piece) > 3 and piece not in said()]
    assert unknown == []


def test_checks_that_troubleshooting_lists_exist() -> None:
    section = read("docs/troubleshooting.md").split("\n## ")[1]
    rows = re.findall(r"^\| ((?:`[a-z A-Z]+`(?:, )?)+) \|", section, re.MULTILINE)
    checks = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert len(checks) > 12
    assert {name for name in checks if f"\0{name}\0" not in f"\0{said()}\0"} == set()


@pytest.mark.parametrize("document", pages())
def test_playbooks_that_are_named_exist(document: str) -> None:
    named = set(re.findall(r"ansible-playbook identityops\.wso2is\.(\w+)", read(document)))
    named |= set(re.findall(r"import_playbook: identityops\.wso2is\.(\w+)", read(document)))
    assert {name for name in named if not (ROOT / f"playbooks/{name}.yml").exists()} == set()


def test_databases_of_the_guide_are_those_of_the_sample_inventory() -> None:
    sql = next(block.text for block in blocks("docs/guide.md") if block.language == "sql")
    sample = yaml.safe_load((ROOT / "playbooks/files/site/prod/group_vars/all/wso2is.yml").read_text(encoding="utf-8"))
    wanted = [(entry["name"], entry["username"]) for entry in sample["wso2is_databases"].values()]
    assert re.findall(r"CREATE DATABASE (\w+) OWNER (\w+);", sql) == wanted
    assert re.findall(r"CREATE ROLE (\w+) LOGIN PASSWORD", sql) == [user for _name, user in wanted]


def test_support_table_says_what_scenarios_run_on() -> None:
    rows = dict(re.findall(r"^\| (Debian \d+|ansible-core) \| (.*?) \|", read("README.md"), re.MULTILINE))
    scenarios = {path.parent.name: path.read_text(encoding="utf-8") for path in ROOT.glob("molecule/*/molecule.yml")}
    older = {name for name, text in scenarios.items() if "/node:bookworm" in text}
    assert set(re.findall(r"`(\w+)`", rows["Debian 12"])) == older
    # carbon_server is what is_node and analytics share.
    assert set(ROLES) - {"carbon_server"} <= set(scenarios)
    assert {"pattern1", "pattern2"} <= set(scenarios)
    required = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    numbers = [tuple(map(int, text.split("."))) for text in re.findall(r"\d+\.\d+", rows["ansible-core"])]
    oldest, newest = min(numbers), max(numbers)
    assert required == f">={oldest[0]}.{oldest[1]}.0,<{newest[0]}.{newest[1] + 1}.0"
    tested = {path.stem.rpartition("-")[2] for path in ROOT.glob("lab/cores/requirements-*.in")}
    assert tested == {f"{oldest[0]}.{oldest[1]}", f"{newest[0]}.{newest[1]}"}
