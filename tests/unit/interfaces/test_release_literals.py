# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No code knows a release: what is true of one stands in roles/preflight/files/releases."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
# Releases of the product: 5.8.0, 5.8, v5.10.0. Numbers of other things have more or fewer parts, or another beginning.
RELEASE = re.compile(r"(?<![\w.])v?5\.(?:[0-9]|1[0-9])(?:\.[0-9]+)?(?![\w.]*[0-9])")
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
FOR_READERS = {"why", "source", "description"}


def python_literals(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of every constant of a program, documentation left out."""
    tree = ast.parse(text)
    documentation = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            documentation.add(id(body[0].value))
        if isinstance(node, ast.Assign) and {getattr(target, "id", "") for target in node.targets} & DOCUMENTATION:
            documentation.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documentation and not isinstance(node.value, bool):
            yield node.lineno, str(node.value)


def yaml_literals(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of every key and value of a YAML file, texts for readers left out."""
    for document in yaml.compose_all(text):
        yield from yaml_scalars(document)


def yaml_scalars(node: Any) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.ScalarNode):
        yield node.start_mark.line + 1, node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from yaml_scalars(key)
            if key.value not in FOR_READERS:
                yield from yaml_scalars(value)
    else:
        for item in getattr(node, "value", ()):
            yield from yaml_scalars(item)


def template_lines(text: str) -> Iterator[tuple[int, str]]:
    """Every line without its comment."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield number, re.sub(r"(^|\s)#.*", "", line)


READERS: dict[str, Any] = {".py": python_literals, ".yml": yaml_literals, ".j2": template_lines, ".sh": template_lines}


def code() -> list[Path]:
    """Programs, tasks, templates and what they read; not the data of releases and the sites that new_site makes."""
    files = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "playbooks").glob("*.yml")]
    files += [*(ROOT / "playbooks/tasks").rglob("*.*"), *(ROOT / "playbooks/templates").rglob("*.*")]
    for folder in ("tasks", "templates", "vars", "handlers", "files"):
        files += (ROOT / "roles").glob(f"*/{folder}/**/*.*")
    # The default release stands in variables.yml.
    return sorted(
        path
        for path in files
        if path.suffix in READERS and "releases" not in path.parts and path.name != "variables.yml"
    )


def found(path: Path, text: str) -> list[str]:
    literals = sorted(READERS[path.suffix](text))
    return [f"{path}:{line}: {value}" for line, value in literals if RELEASE.search(value)]


def test_no_code_knows_a_release() -> None:
    files = code()
    assert len(files) > 150
    assert [line for path in files for line in found(path.relative_to(ROOT), path.read_text(encoding="utf-8"))] == []


def test_only_one_default_names_a_release() -> None:
    named = [
        line
        for path in sorted((ROOT / "roles").glob("*/defaults/main.yml"))
        for line in found(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
    ]
    variables = yaml.safe_load((ROOT / "roles/preflight/files/variables.yml").read_text(encoding="utf-8"))

    assert named == []
    assert [name for name, spec in variables.items() if RELEASE.search(str(spec.get("default", "")))] == [
        "wso2is_release"
    ]


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        ("a.py", 'x = "5.8.0"', [1]),
        ("a.py", 'x = f"wso2is-{1}-5.7"\ny = 5.10', [1, 2]),
        ("a.py", '"""About 5.8.0."""\nDOCUMENTATION = r"""5.8.0"""\n# 5.8.0\ny = "15.8.0, 5.8.0.1.2, 1.5.8, 5"', []),
        ("a.py", 'def f():\n    """Of 5.8."""\n    return "is 5.8?"', [3]),
        ("a.yml", "# 5.8.0\na: {b: wso2is-5.8.0.zip}\n5.7: c\nwhy: shipped so in 5.8.0\nd: [x, 5.8]", [2, 3, 5]),
        ("a.sh", "# 5.8\nx=5.8 # 5.8", [2]),
    ],
)
def test_what_is_found(path: str, text: str, lines: list[int]) -> None:
    assert [int(line.split(":")[1]) for line in found(Path(path), text)] == lines
