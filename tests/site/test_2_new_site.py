# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What new_site makes, what it leaves alone, and how a site that is not filled in fails."""

from __future__ import annotations

import configparser
import hashlib
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, User

FILES = {
    ".gitignore": 0o644,
    ".vault_pass": 0o600,
    "README.md": 0o644,
    "ansible.cfg": 0o644,
    "pattern1.yml": 0o644,
    "pattern2.yml": 0o644,
    "prod/group_vars/all/vault.yml": 0o600,
    "prod/group_vars/all/wso2is.yml": 0o644,
    "prod/hosts.yml": 0o644,
    "requirements.yml": 0o644,
}
KEY, VAULT, VARIABLES = ".vault_pass", "prod/group_vars/all/vault.yml", "prod/group_vars/all/wso2is.yml"


def digests(site: Path) -> dict[str, tuple[str, int]]:
    """Content and time of every file."""
    return {
        str(path.relative_to(site)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in site.rglob("*")
        if path.is_file()
    }


def made(user: User, name: str) -> Path:
    """A site of its own."""
    done = user.new_site("-e", f"site_dir={user.base / name}")
    assert done.code == 0, done.output
    return user.base / name


@pytest.fixture(scope="module")
def site(user: User) -> Path:
    """A site, made with as much output as there is, in a directory that is named relative to the user's."""
    assert not (user.base / "site").exists()
    done = user.new_site("-e", "site_dir=site", "-vvvv", "--diff")
    assert done.code == 0, done.output
    return user.base / "site"


def test_files_and_modes(site: Path) -> None:
    found = {str(path.relative_to(site)): path.stat().st_mode & 0o777 for path in site.rglob("*") if path.is_file()}
    assert found == FILES


def test_no_secret_is_shown_or_left_behind(site: Path, user: User) -> None:
    secrets = user.secrets(site)
    assert len(secrets) == 12
    assert all("TASK [Generate the passwords, encrypted]" in output for output in user.outputs[-1:])
    for name, secret in secrets.items():
        assert not [output for output in user.outputs if secret in output], name
    for path in (*user.base.rglob("*"), *(Path.home() / ".ansible/tmp").rglob("*")):
        if path.is_file() and path.name != KEY:
            assert not [name for name, secret in secrets.items() if secret.encode() in path.read_bytes()], path


def test_passwords(site: Path, user: User) -> None:
    key, *passwords = user.secrets(site).values()
    assert re.fullmatch("[A-Za-z0-9]{64}", key)
    assert len(set(passwords)) == len(passwords)
    for password in passwords:
        # What user-mgt.xml takes is ^[\S]{5,30}$.
        assert re.fullmatch("[A-Z][a-z][0-9][A-Za-z0-9]{21}", password)


def test_the_vault_is_encrypted(site: Path) -> None:
    assert (site / VAULT).read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")


def test_the_vault_has_what_the_variables_ask_for(site: Path, user: User) -> None:
    asked = set(re.findall(r"\{\{ (vault_\w+)(?:\['(\w+)'\])? \}\}", (site / VARIABLES).read_text()))
    assert {".".join(filter(None, names)) for names in asked} == set(user.secrets(site)) - {"key"}


def test_every_required_variable_is_explained(site: Path) -> None:
    text = (site / VARIABLES).read_text()
    required = {
        name
        for name, spec in yaml.safe_load((ROOT / "roles/preflight/files/variables.yml").read_text()).items()
        if spec.get("required")
    }
    options = yaml.safe_load((ROOT / "roles/load_balancer/meta/argument_specs.yml").read_text())
    # What the playbooks do not give.
    required |= {
        name
        for name, spec in options["argument_specs"]["main"]["options"].items()
        if spec.get("required") and name not in ("load_balancer_public_host", "load_balancer_nodes")
    }
    required |= {"wso2is_analytics_pack", "wso2is_database_host", "artifact_sync_path"}
    required |= {"analytics_admin_password", "analytics_keystore", "analytics_truststore"}
    assert len(required) > 15
    blocks = [block for block in text.split("\n\n") if block.strip().removeprefix("---").strip().startswith("#")]
    for name in required:
        assert [block for block in blocks if re.search(f"^{name}:", block, re.MULTILINE)], name


def test_the_repositorys_example_is_the_same(site: Path) -> None:
    for name in ("hosts.yml", "group_vars/all/wso2is.yml"):
        assert (ROOT / "playbooks/files/site/prod" / name).read_bytes() == (site / "prod" / name).read_bytes()


def test_every_setting_has_its_reason(site: Path) -> None:
    lines = (site / "ansible.cfg").read_text().splitlines()
    for number, line in enumerate(lines):
        if " = " in line and not line.startswith("#"):
            assert lines[number - 1].startswith("# "), line
    config = configparser.ConfigParser()
    config.read(site / "ansible.cfg")
    assert config["connection"]["pipelining"] == "true"
    assert config["defaults"]["vault_password_file"] == ".vault_pass"
    assert "ControlPersist" in config["ssh_connection"]["ssh_args"]


def test_ansible_finds_the_collection_where_it_was(site: Path, user: User) -> None:
    listed = user.run("ansible-galaxy", "collection", "list", "identityops.wso2is", cwd=site)
    assert str(user.collections) in listed.output
    assert "1.0.0" in listed.output


def test_git_leaves_the_key_out(site: Path) -> None:
    subprocess.run(["git", "init", "-q", str(site)], check=True, capture_output=True)
    status = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=site, check=True, capture_output=True, text=True
    ).stdout
    assert {line[3:] for line in status.splitlines()} == set(FILES) - {KEY}


def test_a_second_run_changes_nothing(site: Path, user: User) -> None:
    with (site / "prod/hosts.yml").open("a") as hosts:
        hosts.write("# changed by the operator\n")
    (site / "notes.txt").write_text("mine")
    before = digests(site)
    done = user.new_site("-e", f"site_dir={site}/")
    assert done.code == 0, done.output
    assert done.recap["localhost"]["changed"] == 0
    assert digests(site) == before


def test_a_run_that_was_cut_off_is_completed(user: User) -> None:
    site = made(user, "other")
    before = digests(site)
    for name in ("pattern2.yml", "prod/hosts.yml", VAULT):
        (site / name).unlink()
    said = user.new_site("-e", f"site_dir={site}", "--check")
    done = user.new_site("-e", f"site_dir={site}")
    assert (said.code, done.code) == (0, 0), done.output
    for run in (said, done):
        assert run.recap["localhost"]["changed"] > 0
    after = digests(site)
    assert set(after) == set(FILES)
    assert {name for name in FILES if after[name] != before[name]} == {"pattern2.yml", "prod/hosts.yml", VAULT}
    # With the key that was there.
    assert len(user.secrets(site)) == 12


def test_two_sites_have_nothing_in_common(site: Path, user: User) -> None:
    assert not set(user.secrets(site).values()) & set(user.secrets(made(user, "other")).values())


def test_check_mode_says_what_it_would_make(user: User) -> None:
    done = user.new_site("-e", f"site_dir={user.base}/never/there", "--check")
    assert done.code == 0, done.output
    assert not (user.base / "never").exists()
    for name in FILES:
        assert f"{user.base}/never/there/{name}" in done.output
    assert done.recap["localhost"]["changed"] == 1


def test_git_init_and_an_installed_collection_do_no_harm(user: User) -> None:
    site = user.base / "prepared"
    (site / ".git").mkdir(parents=True)
    (site / "collections").mkdir()
    made(user, "prepared")
    assert (site / VAULT).exists()


def refused(user: User, *arguments: str) -> str:
    """What a run says that must fail without a change."""
    before = sorted(map(str, user.base.rglob("*")))
    done = user.new_site(*arguments)
    assert done.code not in (0, 4), done.output
    assert done.recap["localhost"]["changed"] == 0
    assert sorted(map(str, user.base.rglob("*"))) == before
    return done.text


@pytest.mark.parametrize("arguments", [(), ("-e", "site_dir=")])
def test_without_a_directory(user: User, arguments: tuple[str, ...]) -> None:
    assert "say where the site shall be with -e site_dir=DIR" in refused(user, *arguments)


def test_a_directory_of_something_else(user: User) -> None:
    project = user.base / "project"
    project.mkdir()
    for name in ("a.txt", "b.txt", "requirements.yml"):
        (project / name).write_text("of something else")
    said = refused(user, "-e", f"site_dir={project}")
    assert f"{project} is neither empty nor a site: it has a.txt, b.txt, requirements.yml" in said
    assert "Name another directory in site_dir. Nothing was changed." in said


def test_a_file(user: User) -> None:
    (user.base / "file").write_text("")
    assert f"{user.base}/file is not a directory." in refused(user, "-e", f"site_dir={user.base}/file")


@pytest.fixture
def clone(site: Path, user: User) -> Path:
    """A site as a colleague gets it: without its key."""
    clone = user.base / "clone"
    if not clone.exists():
        subprocess.run(["git", "add", "-A"], cwd=site, check=True, capture_output=True)
        identity = ["-c", "user.name=operator", "-c", "user.email=operator@example.com"]
        subprocess.run(["git", *identity, "commit", "-qm", "Site"], cwd=site, check=True, capture_output=True)
        subprocess.run(["git", "clone", "-q", str(site), str(clone)], check=True, capture_output=True)
    return clone


def test_a_clone_gets_no_other_key(user: User, clone: Path) -> None:
    assert "Bring the key from where the site was made" in refused(user, "-e", f"site_dir={clone}")


def test_a_key_that_is_a_program_is_not_read(user: User) -> None:
    site = made(user, "prepared")
    (site / VAULT).unlink()
    (site / KEY).write_text("#!/bin/sh\necho secret\n")
    (site / KEY).chmod(0o700)
    assert f"ansible-vault create {site}/{VAULT}" in refused(user, "-e", f"site_dir={site}")


# How a site fails that is not ready


def stopped(user: User, site: Path) -> str:
    """What the deployment says when it must stop before any host was asked."""
    done = user.run("ansible-playbook", "pattern2.yml", "-i", "prod", cwd=site)
    assert done.code != 0, done.output
    assert done.seconds < 60
    assert "UNREACHABLE" not in done.output
    return done.text


def test_untouched_example_values(user: User, site: Path) -> None:
    said = stopped(user, site)
    for value in ("login.example.com", "db.example.com", "192.0.2.11", "192.0.2.21", "192.0.2.32"):
        assert value in said
    for variable in ("wso2is_public_host", "wso2is_database_host", "ansible_host", "wso2is_keystore"):
        assert variable in said
    assert "Nothing was changed." in said


def test_missing_key(user: User, clone: Path) -> None:
    said = stopped(user, clone)
    assert re.search(r"vault password file \S*/clone/.vault_pass was not found", said)


def test_wrong_key(user: User, clone: Path) -> None:
    (clone / KEY).write_text("wrong\n")
    assert "Decryption failed" in stopped(user, clone)
