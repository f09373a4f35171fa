# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of every role: argument specs, defaults and README agree, and what tasks use is in one of them."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.identityops.wso2is.plugins.plugin_utils import variables

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
# What a number counts. A port, an id or an offset counts nothing.
UNITS = re.compile(
    r"\b(seconds?|milliseconds?|MB|GB|days?|files?|connections?|heartbeats?|attempts?|port|uid|gid|pattern|nought|offset|digits)\b",
    re.I,
)
TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "path": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "dict": (dict,),
    "list": (list,),
    "raw": (object,),
}
PLAYBOOKS = sorted((ROOT / "playbooks").rglob("*.yml"))


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def entries(role: str) -> dict[str, Any]:
    return dict(load(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"])


def defaults(role: str) -> dict[str, Any]:
    path = ROOT / "roles" / role / "defaults/main.yml"
    return load(path) or {} if path.exists() else {}


def yaml_files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.yml"))


def mappings(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a YAML document."""
    if isinstance(node, Mapping):
        yield node
        for value in node.values():
            yield from mappings(value)
    elif isinstance(node, list):
        for value in node:
            yield from mappings(value)


def called() -> set[tuple[str, str]]:
    """Role and entry point of every call in the project."""
    found = set()
    for path in yaml_files(ROOT / "playbooks", ROOT / "roles", ROOT / "molecule"):
        for mapping in mappings(load(path)):
            for action in ("ansible.builtin.import_role", "ansible.builtin.include_role"):
                call = mapping.get(action)
                if isinstance(call, Mapping) and str(call["name"]).startswith("identityops.wso2is."):
                    found.add(
                        (call["name"].rsplit(".", 1)[1], str(call.get("tasks_from", "main")).removesuffix(".yml"))
                    )
    return found


CALLED = called()
ENTRY_POINTS = [(role, name) for role in ROLES for name in entries(role)]


def options_below(options: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, spec in options.items():
        yield f"{at}{name}", spec
        yield from options_below(spec.get("options", {}), f"{at}{name}.")


def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_has_a_spec(role: str) -> None:
    files = {path.stem for path in (ROOT / "roles" / role / "tasks").glob("*.yml")}
    points = set(entries(role))
    assert "main" in points
    assert points <= files, "an entry point without a task file"
    named = {name for called_role, name in CALLED if called_role == role and "{{" not in name}
    assert named <= points, "tasks_from without a spec"
    used = set()
    for path in yaml_files(ROOT / "roles" / role):
        for mapping in mappings(load(path)):
            for action in ("ansible.builtin.import_tasks", "ansible.builtin.include_tasks"):
                file = mapping.get(action, "")
                used.add(file.get("file", "") if isinstance(file, Mapping) else str(file))
    for name in files - points:
        # A name that is made of a fact stands for each file that it can become.
        patterns = [re.sub(r"\\{\\{.*?\\}\\}", ".+", re.escape(file).replace("\\ ", " ")) for file in used if file]
        assert any(re.fullmatch(pattern, f"{name}.yml") for pattern in patterns), f"tasks/{name}.yml is used by nothing"


def test_what_the_rolling_change_does_is_an_entry_point() -> None:
    texts = [path.read_text(encoding="utf-8") for path in PLAYBOOKS]
    named = {name for text in texts for name in re.findall(r"^ +rolling_how: (\w+)$", text, re.MULTILINE)}
    assert {"change", "restart", "rollback"} == named <= set(entries("is_node"))


@pytest.mark.parametrize(("role", "point"), ENTRY_POINTS)
def test_every_option_is_described(role: str, point: str) -> None:
    entry = entries(role)[point]
    assert entry["short_description"]
    assert all(entry["description"])
    assert entry["author"] == ["identityops.wso2is contributors"]
    for name, spec in options_below(entry["options"]):
        description = " ".join([spec["description"]] if isinstance(spec["description"], str) else spec["description"])
        assert len(description) > 10, name
        assert description.endswith("."), f"{name}: {description}"
        assert spec["type"] in TYPES, name
        assert spec["type"] != "list" or spec["elements"], name
        assert spec["type"] != "int" or UNITS.search(description), f"{name}: what does it count? {description}"
        assert not (spec.get("required") and "default" in spec), name
        assert bool(spec.get("no_log")) == name.endswith(("_password", "_key_passphrase", "_token")), name


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_spec(role: str) -> None:
    given = defaults(role)
    specified: dict[str, Mapping[str, Any]] = {}
    for point, entry in entries(role).items():
        for name, spec in entry["options"].items():
            assert specified.setdefault(name, spec) == spec, f"{name} is not the same in {point} as before"
    for name, spec in specified.items():
        if spec.get("required"):
            assert name not in given, f"{name} is required and has a default"
        else:
            assert "default" in spec, f"{name} is neither required nor has it a default in the spec"
            assert name in given, f"{name} is not in defaults/main.yml"
            assert given[name] == spec["default"], name
            assert type(given[name]) is type(spec["default"]), name
            assert isinstance(given[name], TYPES[spec["type"]]), name
            assert spec["type"] == "bool" or not isinstance(given[name], bool), name
            assert "{{" not in str(given[name]), (
                f"{name}: defaults are literals, the model reads them without templates"
            )
        choices = spec.get("choices")
        if choices and "default" in spec:
            chosen = spec["default"] if isinstance(spec["default"], list) else [spec["default"]]
            assert set(chosen) <= set(choices), name
    assert set(given) <= set(specified), "defaults that no entry point has"


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_explained(role: str) -> None:
    path = ROOT / "roles" / role / "defaults/main.yml"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    blocks = "\n".join(lines).split("\n\n")
    for name in defaults(role):
        (block,) = (text for text in blocks if re.search(rf"^{name}:", text, re.M))
        assert re.search(rf"(?s)(^|\n)#.*\n{name}:", block), f"{name} has no comment above it"


@pytest.mark.parametrize("role", ROLES)
def test_names_begin_with_the_role(role: str) -> None:
    names = set(defaults(role)) | {name for entry in entries(role).values() for name in entry["options"]}
    assert {name for name in names if not name.startswith(f"{role}_")} == set()
    for path in yaml_files(ROOT / "roles" / role / "vars"):
        assert {name for name in load(path) or {} if not name.startswith(f"__{role}_")} == set(), path.name


@pytest.mark.parametrize("role", ROLES)
def test_everything_that_tasks_use_is_declared(role: str) -> None:
    folder = ROOT / "roles" / role
    files = yaml_files(folder / "tasks", folder / "handlers", folder / "vars")
    declared = set(defaults(role)) | {name for entry in entries(role).values() for name in entry["options"]}
    for path in files:
        for mapping in mappings(load(path)):
            declared |= {str(mapping[key]) for key in ("register", "loop_var", "index_var") if key in mapping}
            for key in ("vars", "ansible.builtin.set_fact"):
                declared |= set(mapping[key]) if isinstance(mapping.get(key), Mapping) else set()
        if path.parent.name == "vars":
            declared |= set(load(path) or {})
    templates = sorted(path for path in (folder / "templates").rglob("*") if path.is_file())
    for path in [*files, *templates]:
        text = path.read_text(encoding="utf-8")
        if path in templates:
            declared |= set(re.findall(rf"\{{%-? *(?:set|for|macro) +(__{role}_\w+)", text))
        # Comments and file names are no variables, nor are names that another one contains.
        text = re.sub(r"(?m)(^|\s)#.*$", "", text)
        used = set(re.findall(rf"(?<![\w./$-])((?:__)?{role}_\w+)\b(?!\.(?:yml|py|sh|j2))", text))
        foreign = {
            name for other in ROLES if other.startswith(f"{role}_") for name in used if name.startswith(f"{other}_")
        }
        assert used - foreign <= declared, f"{path.relative_to(ROOT)} uses what nothing declares"


@pytest.mark.parametrize("role", ROLES)
def test_readme_is_generated_and_complete(role: str) -> None:
    page = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert page == generate().role_page(role), "out of date, run make docs"
    for heading in ("Requirements", "What it does to a host", "Options of `main`"):
        assert f"\n## {heading}\n" in page
    assert role == "carbon_server" or "\n## Example\n" in page
    for row in ("Idempotent", "Check mode", "Atomic", "Rollback", "Files", "Tried on"):
        assert f"\n| {row} | " in page
    for entry in entries(role).values():
        for name in entry["options"]:
            assert f"`{name}`" in page
    assert not re.search(r"\b[BCEIMOPV]\([^)]", page), "Ansible's markup is left"


@pytest.mark.parametrize("role", ROLES)
def test_readme_parts_are_known(role: str) -> None:
    said = load(ROOT / "roles" / role / "meta/readme.yml")
    assert set(said) <= {"requirements", "notes", *generate().BEHAVIOUR}


@pytest.mark.parametrize("role", ROLES)
def test_example_calls_the_role_with_what_it_requires(role: str) -> None:
    example = generate().example_of(role)
    if role == "carbon_server":
        assert not example
        return
    plays = yaml.safe_load(example)
    calls = [
        (mapping, call)
        for mapping in mappings(plays)
        for action in ("ansible.builtin.import_role", "ansible.builtin.include_role")
        if isinstance(call := mapping.get(action), Mapping) and call["name"] == f"identityops.wso2is.{role}"
    ]
    short = [
        item for play in plays for item in play.get("roles") or [] if item.get("role") == f"identityops.wso2is.{role}"
    ]
    assert calls or short, "the example does not use the role"
    known = {name for entry in entries(role).values() for name in entry["options"]}
    elsewhere = {name for play in plays for name in play.get("vars") or {}}
    for mapping, call in [*calls, *((item, {}) for item in short)]:
        point = entries(role)[str(call.get("tasks_from", "main"))]
        given = set(mapping.get("vars", {}))
        assert {name for name in given if name.startswith(f"{role}_")} <= known
        required = {name for name, spec in point["options"].items() if spec.get("required")}
        # What the inventory of the scenario gives, a comment of the play names.
        assert all(name in given | elsewhere or name in example for name in required), required - given


def test_pages_are_current() -> None:
    module = generate()
    stale = [
        name for name, page in module.PAGES.items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != page()
    ]
    assert stale == [], "run make docs"


def test_collection_wide_variables() -> None:
    """Each is described, and something uses it."""
    known = load(ROOT / "roles/preflight/files/variables.yml")
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [*(ROOT / "plugins").rglob("*.py"), *yaml_files(ROOT / "playbooks", ROOT / "roles")]
        if path.name not in ("variables.yml", "variables_of_plays.yml")
    )
    for name, spec in known.items():
        assert name.startswith("wso2is_")
        assert set(spec) <= {"type", "default", "required", "choices", "elements", "description", "secret", "host"}, (
            name
        )
        assert spec["type"] in TYPES, name
        assert spec["description"].strip().endswith("."), name
        assert bool(spec.get("required")) != ("default" in spec), name
        assert spec.get("required") or isinstance(spec["default"], TYPES[spec["type"]]), name
        assert spec["type"] != "int" or UNITS.search(spec["description"]), name
        assert not name.endswith("_password") or spec["secret"] is True, name
        assert re.search(rf"\b{name}\b", code), f"{name} is used by nothing"


def test_playbook_variables() -> None:
    """The reference names every variable of the playbooks, and the playbooks that read it."""
    known = load(ROOT / "roles/preflight/files/variables_of_plays.yml")
    names = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    texts = {path: path.read_text(encoding="utf-8") for path in PLAYBOOKS}
    for name, spec in known.items():
        assert set(spec) <= {"type", "default", "required", "choices", "description", "playbooks"}, name
        assert spec["type"] in TYPES, name
        assert spec["description"].strip().endswith("."), name
        assert any(re.search(rf"\b{name}\b", text) for text in texts.values()), f"{name} is used by no playbook"
        assert set(spec["playbooks"]) <= {"all", *names}, name
        for playbook in set(spec["playbooks"]) - {"all"}:
            text = texts[ROOT / "playbooks" / f"{playbook}.yml"]
            imported = re.findall(r"import_playbook: (\S+)\.yml", text)
            texts_of = [text, *(texts[ROOT / "playbooks" / f"{item}.yml"] for item in imported)]
            assert any(re.search(rf"\b{name}\b", item) for item in texts_of), f"{playbook} does not read {name}"
    # Every name with the collection's prefix is one or the other; and so is what is checked to be defined.
    for path, text in texts.items():
        plain = re.sub(r"(?m)(^|\s)#.*$", "", text)
        used = set(re.findall(r"(?<![\w./-])(wso2is_\w+)\b(?!\.service)", plain))
        used |= set(re.findall(r"(?<![\w.'\[])((?:render|site|support|migrate)_\w+) (?:is defined|\| default)", plain))
        groups = {spec["default"] for name, spec in known.items() if name.endswith("_group")}
        assert used - set(variables.specifications()) - set(known) - groups == set(), path.name
