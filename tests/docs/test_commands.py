# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of the documentation: each has one entry in table.py, and what can be run here is run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from documents import ROOT, commands, pages
from table import COMMANDS, RUN_PAGES, Here, There

PACKS = {"wso2is-5.8.0": "identity-server/src/pack", "wso2is-analytics-5.8.0": "analytics/src/main/pack"}
BY_COMMAND = {entry.command: entry for entry in COMMANDS}
MARK = "documented command ended: "


def shown() -> dict[str, list[str]]:
    """The commands of each page."""
    return {document: commands(document) for document in pages()}


def test_every_command_has_one_entry() -> None:
    assert {command for found in shown().values() for command in found} - set(BY_COMMAND) == set()


def test_every_entry_has_a_command() -> None:
    assert set(BY_COMMAND) - {command for found in shown().values() for command in found} == set()
    assert [command for command, count in Counter(entry.command for entry in COMMANDS).items() if count > 1] == []


@pytest.mark.parametrize("entry", [entry for entry in COMMANDS if isinstance(entry, There)], ids=lambda e: e.command)
def test_what_runs_an_expensive_command_exists(entry: There) -> None:
    for name, holds in entry.where:
        assert re.search(holds, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE), f"{name}: {holds}"


@pytest.mark.parametrize("document", [page for page, found in shown().items() if "make" in " ".join(found)])
def test_make_targets_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {c.split()[1] for c in shown()[document] if c.startswith("make ")} <= targets


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, so that commands that write do not write into ours."""
    copy = tmp_path_factory.mktemp("docs") / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists() or (ROOT / name).is_symlink():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    subprocess.run(["git", "init", "-q"], cwd=copy, check=True)
    subprocess.run(["git", "add", "--all"], cwd=copy, check=True)
    (copy / ".venv").symlink_to(Path(sys.prefix))
    tree = copy / ".collections/ansible_collections"
    (tree / "identityops").mkdir(parents=True)
    (tree / "identityops/wso2is").symlink_to("../../..")
    for namespace in ("ansible", "community"):
        (tree / namespace).symlink_to(ROOT / ".collections/ansible_collections" / namespace)
    shutil.copy2(ROOT / ".collections/.made-from", copy / ".collections/.made-from")
    return copy


@pytest.fixture(scope="module")
def artifact(checkout: Path) -> Path:
    """The collection as Galaxy has it."""
    out = checkout.parent / "artifact"
    subprocess.run(
        [Path(sys.prefix) / "bin/ansible-galaxy", "collection", "build", "--output-path", out],
        cwd=checkout,
        capture_output=True,
        check=True,
    )
    return next(out.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an operator fills in: packs (configuration files only), a driver, and the guide's paths of the stores."""
    folder = tmp_path_factory.mktemp("packs")
    lines = ["---"]
    for variable, name in zip(("wso2is_pack", "wso2is_analytics_pack"), PACKS, strict=True):
        shutil.make_archive(str(folder / name), "zip", folder_of(folder, name), name)
        lines.append(f"{variable}: {folder / name}.zip")
    with zipfile.ZipFile(folder / "driver.jar", "w") as driver:
        driver.writestr("org/postgresql/Driver.class", b"")
    lines.append(f"wso2is_jdbc_driver: {folder / 'driver.jar'}")
    # The public certificate comes from a CA; the test's own has signed itself.
    lines.append('load_balancer_certificate: "{{ inventory_dir }}/../keys/public-ca.crt"')
    lines.append('load_balancer_certificate_key: "{{ inventory_dir }}/../keys/public.key"')
    guide = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
    lines += [block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if "wso2is_keystore" in block]
    (folder / "filled.yml").write_text("\n".join(lines), encoding="utf-8")
    return folder / "filled.yml"


def folder_of(folder: Path, name: str) -> Path:
    """The files of a practice pack below a folder with the pack's name."""
    shutil.copytree(ROOT / "lab/practice-pack" / PACKS[name], folder / f"of-{name}" / name)
    return folder / f"of-{name}"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with keytool: this machine's, else the one of the lab's builder image."""
    folder = tmp_path_factory.mktemp("programs")
    found = shutil.which("keytool")
    if found:
        (folder / "keytool").symlink_to(found)
        return folder
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    subprocess.run(["make", "images"], cwd=ROOT, env=clean, check=True)
    image = subprocess.run(
        ["bash", "-c", '. lab/lib.sh; echo "$LAB_BUILDER_IMAGE"'], cwd=ROOT, capture_output=True, text=True, check=True
    )
    passed = " ".join(f"--env {name}" for name in ("STORE_PASSWORD", "TRUST_PASSWORD", "ANALYTICS_PASSWORD"))
    (folder / "keytool").write_text(
        "#!/bin/sh\n"
        'exec docker run --rm --user "$(id -u):$(id -g)" --network none --volume "$PWD:$PWD" --workdir "$PWD" '
        f'--env HOME=/tmp {passed} {image.stdout.strip()} keytool "$@"\n',
        encoding="utf-8",
    )
    (folder / "keytool").chmod(0o755)
    return folder


def script(document: str) -> str:
    """The page's commands as one shell script; each one's exit status stands behind its output."""
    lines = ["exec 2>&1"]
    for shown_command in shown()[document]:
        entry = BY_COMMAND[shown_command]
        if isinstance(entry, Here):
            command = shown_command
            for old, new in entry.instead:
                assert old in command, f"{command}: {old}"
                command = command.replace(old, new, 1)
            end = f"printf '\\n%s%s %s\\n' {shlex.quote(MARK)} $? {shlex.quote(shown_command)}"
            lines += [entry.before or ":", command, end]
    return "\n".join(lines) + "\n"


def test_every_command_that_is_run_here_is_on_a_page_that_is_run() -> None:
    on_pages = {command for page in RUN_PAGES for command in shown()[page]}
    assert {entry.command for entry in COMMANDS if isinstance(entry, Here)} - on_pages == set()


@pytest.mark.parametrize("document", RUN_PAGES)
def test_commands_do_what_the_page_says(
    document: str, checkout: Path, artifact: Path, filled: Path, programs: Path, tmp_path: Path
) -> None:
    expected = [entry for entry in map(BY_COMMAND.__getitem__, shown()[document]) if isinstance(entry, Here)]
    inherited = ("ANSIBLE_", "MAKE", "MFLAGS", "PYTEST", "PYTHONPATH", "COV", "XDG_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(inherited)},
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join([str(programs), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
        "DOCS_CHECKOUT": str(checkout),
        "DOCS_ARTIFACT": str(artifact),
        "DOCS_FILLED": str(filled),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
    if document == "docs/guide.md":
        # It says that the collection is installed as the README has it.
        install = ["ansible-galaxy", "collection", "install", str(artifact)]
        subprocess.run(install, cwd=tmp_path, env=environment, capture_output=True, check=True)
    run = subprocess.run(
        ["bash"], input=script(document), cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    parts = re.split(rf"^{re.escape(MARK)}(\d+) (.*)\n", run.stdout, flags=re.MULTILINE)
    answers = list(zip(parts[2::3], map(int, parts[1::3]), parts[0::3], strict=False))
    assert [answer[0] for answer in answers] == [entry.command for entry in expected], run.stdout[-3000:]
    for entry, (command, code, output) in zip(expected, answers, strict=True):
        assert code == entry.code, f"{document}: {command}\n{output[-5000:]}"
        assert re.search(entry.says, output, re.MULTILINE), f"{document}: {command}\n{output[-5000:]}"
