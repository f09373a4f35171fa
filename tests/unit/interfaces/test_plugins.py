# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of every filter, lookup and module: complete for ansible-doc, and its examples run.

The examples run as they stand, in a play on this machine in check mode, with the fixtures below for the variables that
they leave to the reader. Examples of modules whose work needs a whole deployment are only read by the module's own
argument parser.
"""

from __future__ import annotations

import copy
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from settings import sample

ROOT = Path(__file__).resolve().parents[3]
KINDS = {"filter": "filter", "lookup": "lookup", "module": "modules"}
PLUGINS = [
    (kind, path.stem)
    for kind, folder in KINDS.items()
    for path in sorted((ROOT / "plugins" / folder).glob("*.py"))
    if path.stem != "__init__"
]
MODULES = [name for kind, name in PLUGINS if kind == "module"]
# They speak to a deployment that the example cannot bring along.
NEEDS_A_DEPLOYMENT = ("identity_probe", "identity_proof", "postgresql_dumps")
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())

JDK_PROBE = 'home\t/opt/jdk8\t/opt/jdk8u504\njava\topenjdk version "1.8.0_504"\nkeytool\n'
# Has every schema, and counted no login.
PSQL = """case $(cat) in
*json_agg*) echo '[]' ;;
*) echo '17.5 (Debian)'; for schema in 1 2 3 4 5; do echo t; done ;;
esac"""
# The variables that examples leave to the reader.
VARIABLES: dict[str, Any] = {
    "findings": [],
    "views": {},
    "worker_views": {"an1": {"receiving": False}, "an2": {"receiving": True}},
    "unit": "the unit",
    "control": "the script",
    "info": {
        "host": {
            "memory": {"total_mb": 8192, "limit_mb": None},
            "paths": {},
            "units": {},
            "listening": [],
            "names": {},
            "uids": {},
            "gids": {},
            "users": {},
            "groups": {},
        }
    },
    "probe": {"stdout": JDK_PROBE},
    "text": "nginx version: nginx/1.30.0\nconfigure arguments: --with-http_ssl_module --with-http_v2_module"
    " --with-http_realip_module --with-http_stub_status_module",
    "settings": {
        "public_host": "login.example.com",
        "management_host": "",
        "management_certificate": "",
        "management_certificate_key": "",
        "public_port": 443,
        "public_http_port": 80,
        "status_port": 8008,
        "nodes": [{"name": "is1", "address": "192.0.2.21"}],
        "drained": [],
        "sticky_cookie": "WSO2IS_NODE",
        "console_allowed_from": [],
        "trusted_proxies": [],
    },
    "state": {
        "files": {},
        "directory": True,
        "included": True,
        "enabled": True,
        "active": True,
        "running": "abc",
        "nginx": "",
        "selinux": False,
    },
    "wanted": [{"path": "/etc/nginx/nginx.conf", "sha256": "0" * 64, "mode": "0644"}],
    "first_node": "localhost",
    "pack_sha256": "0" * 64,
    "driver_sha256": "0" * 64,
    "server_runs": False,
    "vault_admin_password": "secret",
    "vault_analytics_password": "secret",
}


def ansible(tmp_path: Path, program: str, *arguments: str) -> str:
    """What an Ansible program prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment.update(
        ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
        ANSIBLE_HOME=str(tmp_path / "home"),
        # psql and systemctl are stood in for: the examples name hosts and services that are not here.
        PATH=f"{tmp_path / 'bin'}:{environment['PATH']}",
    )
    result = subprocess.run(
        [sys.executable, "-m", "ansible", program, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def parts(documentation: Mapping[str, Any], at: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every option or return value, also those inside others."""
    for name, spec in documentation.items():
        yield f"{at}.{name}", spec
        for inside in ("suboptions", "contains"):
            yield from parts(spec.get(inside) or {}, f"{at}.{name}")


def texts(description: Any) -> list[str]:
    return [description] if isinstance(description, str) else list(description)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if any(kind == known for known, _name in PLUGINS)])
def test_ansible_doc(kind: str, tmp_path: Path) -> None:
    names = [name for known, name in PLUGINS if known == kind]
    full_names = [f"identityops.wso2is.{name}" for name in names]
    said = json.loads(ansible(tmp_path, "doc", "-t", kind, "--json", *full_names))
    assert sorted(said) == sorted(full_names)
    for full, page in said.items():
        doc, returned = page["doc"], page["return"]
        assert doc["author"] == ["identityops.wso2is contributors (@identityops)"], full
        assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", doc["version_added"]), full
        assert not doc["short_description"].endswith("."), full
        assert re.search(
            r"\b[Ff]ails?\b|not fail", " ".join(texts(doc["description"]) + texts(doc.get("notes", [])))
        ), f"{full} does not say when it fails"
        assert doc["seealso"], full
        known = {f"identityops.wso2is.{name}" for _kind, name in PLUGINS}
        assert {item.get("plugin") or item["module"] for item in doc["seealso"]} <= known - {full}, full
        assert page["examples"].strip(), full
        assert returned, full
        for name, spec in [*parts(doc.get("options", {}), full), *parts(returned, full)]:
            assert spec.get("type"), name
            described = texts(spec["description"])
            assert described, name
            for text in described:
                assert len(text) > 3, name
                assert text.endswith((".", ":", ")")), f"{name}: {text}"
            assert spec["type"] != "list" or spec.get("elements"), name
            if "options" in str(name) and spec["type"] in ("int", "float"):
                assert " " in described[0], name
        if kind == "module":
            assert {"check_mode", "diff_mode"} <= set(doc["attributes"]), full
            for name, spec in parts(returned, full):
                assert spec.get("returned"), name


def test_ansible_doc_of_roles(tmp_path: Path) -> None:
    said = json.loads(
        ansible(tmp_path, "doc", "-t", "role", "--json", *(f"identityops.wso2is.{role}" for role in ROLES))
    )
    for role in ROLES:
        spec = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]
        page = said[f"identityops.wso2is.{role}"]["entry_points"]
        assert set(page) == set(spec)
        assert all(point["short_description"] and point["description"] for point in page.values()), role


class _Told(Exception):
    """The arguments that a module gives to AnsibleModule."""

    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.given = given


def told(name: str) -> dict[str, Any]:
    """What a module says of its arguments."""
    module = importlib.import_module(f"ansible_collections.identityops.wso2is.plugins.modules.{name}")
    real = module.AnsibleModule
    module.AnsibleModule = _raise
    try:
        module.main()
    except _Told as caught:
        return caught.given
    finally:
        module.AnsibleModule = real
    raise AssertionError(f"{name} makes no AnsibleModule")


def _raise(**given: Any) -> None:
    raise _Told(**given)


def documented(name: str, kind: str = "modules") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    module = importlib.import_module(f"ansible_collections.identityops.wso2is.plugins.{kind}.{name}")
    return yaml.safe_load(module.DOCUMENTATION), yaml.safe_load(module.EXAMPLES)


@pytest.mark.parametrize("name", MODULES)
def test_options_are_those_of_the_module(name: str) -> None:
    def compare(spec: Mapping[str, Any], options: Mapping[str, Any], at: str) -> None:
        assert set(spec) == set(options), at
        for option, given in spec.items():
            said = options[option]
            for key in ("type", "required", "default", "choices", "elements"):
                assert said.get(key) == given.get(key), f"{at}.{option}: {key}"
            if "options" in given:
                compare(given["options"], said["suboptions"], f"{at}.{option}")

    given = told(name)
    documentation = documented(name)[0]
    compare(given["argument_spec"], documentation["options"], name)
    check = {True: "full", False: "none"}[given.get("supports_check_mode", False)]
    assert documentation["attributes"]["check_mode"]["support"] == check


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_modules_are_accepted(name: str) -> None:
    """By the argument parser that the module uses; a template stands for a value of the option's type."""
    given = told(name)
    examples = documented(name)[1]
    assert examples
    values = {"bool": True, "int": 1, "float": 1.0, "dict": {}, "list": []}
    for task in examples:
        options = copy.deepcopy(task[f"identityops.wso2is.{name}"])
        for option, value in options.items():
            if isinstance(value, str) and "{{" in value:
                options[option] = values.get(given["argument_spec"][option]["type"], "text")
        rules = {key: given[key] for key in ("required_if", "mutually_exclusive") if key in given}
        result = ArgumentSpecValidator(given["argument_spec"], **rules).validate(options)
        assert result.error_messages == [], task["name"]


def tasks() -> Iterator[dict[str, Any]]:
    """Every example that runs, in the order of the plugins."""
    for kind, name in PLUGINS:
        if name in NEEDS_A_DEPLOYMENT:
            continue
        for number, example in enumerate(documented(name, KINDS[kind])[1]):
            assert example["name"], name
            assert f"identityops.wso2is.{name}" in str(example), f"an example of {name} does not use it"
            task = {**example, "name": f"{kind} {name} {number}: {example['name']}"}
            # One example must not feed the next.
            if "register" in task:
                task["register"] = f"example_{name}_{number}"
            yield task


def test_examples_run(practice: Path, tmp_path: Path) -> None:
    hosts: dict[str, dict[str, Any]] = sample.hostvars(practice)
    groups = {
        "wso2is_nodes": sample.NODES,
        "wso2is_analytics": sample.WORKERS,
        "wso2is_dashboards": sample.DASHBOARDS,
        "wso2is_load_balancers": sample.BALANCERS,
    }
    children = {name: {"hosts": {host: {} for host in members}} for name, members in groups.items()}
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "children": children}}))
    (tmp_path / "bin").mkdir()
    for name, text in (("psql", PSQL), ("systemctl", "exit 0")):
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    model = (
        "{{ hostvars | identityops.wso2is.topology(groups['wso2is_nodes'], groups['wso2is_analytics'],"
        " groups['wso2is_dashboards'], groups['wso2is_load_balancers']) }}"
    )
    first = {"name": "The deployment", "ansible.builtin.set_fact": {"deployment": model}, "no_log": True}
    examples = list(tasks())
    play = {
        "name": "Examples",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "check_mode": True,
        "vars": VARIABLES,
        "tasks": [first, *examples],
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    said = ansible(tmp_path, "playbook", "-i", str(tmp_path / "inventory.json"), str(tmp_path / "play.yml"))
    recap = re.search(r"localhost +: ok=(\d+) .* failed=0 +skipped=(\d+)", said)
    assert recap, said
    # A condition that does not hold leaves a task out; its condition was still evaluated.
    assert int(recap.group(1)) + int(recap.group(2)) == len(examples) + 1, said
    assert int(recap.group(2)) <= 1, said
