# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every filter: it loads, and refuses what it does not take."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack
from settings import sample

ROOT = Path(__file__).resolve().parents[4]
NAMES = sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.py"))
# Those whose input is a deployment or built from one, and the arguments that they need.
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "host_findings": ({},),
    "host_questions": ("is1",),
    "installation": ("is1", "is"),
    "inventory_findings": (),
    "pack_findings": (),
    "explained_bundle": (),
    "rendered_bundle": (),
    "schema_bundle": (),
    "server_bundle": ("is1", "is"),
    "start_plan": (),
    "topology": (["is1"],),
}


def load(name: str) -> Any:
    module = importlib.import_module(f"ansible_collections.identityops.wso2is.plugins.filter.{name}")
    filters = module.FilterModule().filters()
    assert set(filters) == {name}
    return module, filters[name]


@pytest.mark.parametrize("name", NAMES)
def test_documentation(name: str) -> None:
    module, function = load(name)
    documentation = yaml.safe_load(module.DOCUMENTATION)

    assert documentation["name"] == name
    assert yaml.safe_load(module.RETURN)["_value"]["type"]
    options = documentation["options"]
    assert "_input" in options
    _first, *parameters = inspect.signature(function).parameters.values()
    assert [parameter.name for parameter in parameters] == [option for option in options if option != "_input"]
    for parameter in parameters:
        option = options[parameter.name]
        if parameter.default is inspect.Parameter.empty:
            assert option["required"] is True, parameter.name
        else:
            default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
            assert not option.get("required"), parameter.name
            assert option.get("default") == default or not (option["default"] or default), parameter.name


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
@pytest.mark.parametrize("value", [None, "text", 7, ["a"]], ids=repr)
def test_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=f"{name} takes .*mapping, not {type(value).__name__}"):
        load(name)[1](value, *ARGUMENTS[name])


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - {"topology"}))
def test_something_else_than_a_deployment_is_refused(name: str) -> None:
    with pytest.raises(AnsibleFilterError):
        load(name)[1]({"a": {}}, *ARGUMENTS[name])


def test_what_a_setting_cannot_do_is_said(practice_deployment: dict[str, Any]) -> None:
    fields = practice_deployment["hosts"]["is1"]["servers"]["is"]["fields"]
    broken = {
        **practice_deployment,
        "hosts": {
            "is1": {
                "servers": {
                    "is": {
                        **practice_deployment["hosts"]["is1"]["servers"]["is"],
                        "fields": {**fields, "truststore": {"file": "/absent.jks", "password": "x"}},
                    }
                }
            }
        },
    }

    for name, arguments in (("server_bundle", ("is1", "is")), ("rendered_bundle", ())):
        with pytest.raises(AnsibleFilterError, match=r"client-truststore\.jks.*/absent\.jks"):
            load(name)[1](broken, *arguments)


def test_topology_and_what_takes_it(practice: Path) -> None:
    deployment = load("topology")[1](
        sample.hostvars(practice), sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS
    )

    assert [item for item in load("inventory_findings")[1](deployment) if item["severity"] == "error"] == []
    assert [item for item in load("pack_findings")[1](deployment) if item["severity"] == "error"] == []
    assert load("host_questions")[1](deployment, "is1")["listening"]
    assert load("host_findings")[1](deployment, {}) == []
    assert load("installation")[1](deployment, "is1", "is")["release"].startswith("/opt/wso2/is/releases/wso2is-5.8.0-")
    bundle = unpack(load("server_bundle")[1](deployment, "is1", "is", java_home="/j", unit="u", control="c"))
    assert (bundle["java_home"], len(bundle["files"])) == ("/j", 40)
    masked, plain = (unpack(load("rendered_bundle")[1](deployment, secrets)) for secrets in (False, True))
    assert len(masked) == len(plain)
    assert masked != plain
    targets = unpack(load("schema_bundle")[1](deployment))
    assert {target["database"]["name"] for target in targets} == {
        "user_db",
        "identity_db",
        "workflow_db",
    }
    assert load("start_plan")[1]({"is1": {"running": True, "restart": ["axis2.xml"]}})["restart"] == ["is1"]


def test_loading_all_filters_loads_nothing_else_of_the_collection() -> None:
    """Ansible loads all of them in each of its processes that uses one: they import when they are called."""
    package = "ansible_collections.identityops.wso2is.plugins"
    lines = [f"importlib.import_module('{package}.filter.{name}')" for name in NAMES]
    own = f"[name for name in sys.modules if name.startswith(('{package}.plugin_utils', '{package}.module_utils'))]"
    program = "\n".join(["import importlib, sys", *lines, f"print({own})"])
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
