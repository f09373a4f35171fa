# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command that the documentation shows, and how it is tested: run here, or run by something else."""

from __future__ import annotations

from dataclasses import dataclass

from documents import commands, pages


@dataclass(frozen=True)
class Here:
    """A command that test_commands.py runs for real, in the order of the page, in one shell for each of RUN_PAGES.

    Attributes:
        command: as the page shows it.
        instead: replacements in it, for what a page cannot know.
        before: what the operator does before it, shell.
        says: a regular expression that its output must match.
        code: its exit status.
    """

    command: str
    instead: tuple[tuple[str, str], ...] = ()
    before: str = ""
    says: str = ""
    code: int = 0


@dataclass(frozen=True)
class There:
    """A command that is too expensive here, and where it is run.

    Attributes:
        command: as the page shows it.
        where: files from the root, each with a regular expression that it must match.
        runs: what runs them.
    """

    command: str
    where: tuple[tuple[str, str], ...]
    runs: str


# The other pages show commands that these show as well.
RUN_PAGES = ("README.md", "CONTRIBUTING.md", "docs/guide.md")
CI = (".ci/run", r"^make test\b")
SITE = ("Makefile", r"^test:.*\bsite-test\b")
USER_PATH = "tests/site/test_3_deployment.py"
MOLECULE = ("Makefile", r"^test:.*\bmolecule\b")
# The filled in inventory: small packs, the stores of the guide, the pages' own block for their paths.
FILL_IN = 'cp "$DOCS_FILLED" prod/group_vars/all/zz.yml'
OF_THE_VAULT = "$(ansible-vault view prod/group_vars/all/vault.yml | sed -n 's/^vault_wso2is_{}_password: //p')"

COMMANDS: tuple[Here | There, ...] = (
    # The checkout
    Here("make help", before='cd "$DOCS_CHECKOUT"', says=r"make demo .*\n(.*\n)*  make test "),
    There(
        "make demo",
        (
            CI,
            MOLECULE,
            ("Makefile", r"^demo:(.*\n\t.*)*playbooks/pattern2\.yml(.*\n\t.*)*\bprove browser urls"),
            ("molecule/pattern2/converge.yml", r"playbooks/pattern2\.yml"),
            ("molecule/pattern2/tests/test_5_proofs.py", r"prove"),
        ),
        "by hand, before a release; its playbooks by CI: the molecule scenario pattern2",
    ),
    There("make demo-down", (("lab/down.sh", r"docker"), ("Makefile", r"^demo-down:")), "by hand, after make demo"),
    There("make test", (CI,), "CI"),
    There("make lint", (CI, ("Makefile", r"^test: lint\b")), "CI, as a part of make test"),
    There("make unit", (CI, ("Makefile", r"^test:.*\bunit\b")), "CI, as a part of make test"),
    There(
        "make unit VENDOR_CONFIG=/srv/vendor-config",
        (CI, (".ci/run", r"export VENDOR_CONFIG")),
        "CI, which has the vendor's files",
    ),
    There("make proof", (("Makefile", r"^proof:(.*\n\t.*)*tests/proof"),), "by hand, before a release"),
    There("make bench", (("Makefile", r"^bench:(.*\n\t.*)*tests/bench"),), "by hand, before a release"),
    There("make molecule", (CI, MOLECULE), "CI, as a part of make test"),
    There(
        "make molecule SCENARIO=jdk",
        (
            CI,
            MOLECULE,
            ("Makefile", r"^SCENARIOS .*wildcard molecule"),
            ("molecule/jdk/molecule.yml", r"SCENARIO=jdk|platforms:"),
        ),
        "CI, with the others",
    ),
    There("make site-test", (CI, ("Makefile", r"^test:.*\bsite-test\b")), "CI, as a part of make test"),
    There("make nfs", (CI, ("Makefile", r"^test:.*\bnfs\b")), "CI, as a part of make test"),
    Here("make unit ARGS='--no-cov -k test_memory'", says=r"\d+ passed"),
    Here("make format", says=r"unchanged|reformatted"),
    Here("make docs"),
    *(
        There(
            f"make molecule SCENARIO=pattern2 MOLECULE_COMMAND={step}",
            (CI, MOLECULE, ("molecule/pattern2/molecule.yml", rf"test_sequence:(\n\s+- .*)*\n\s+- {step}\b")),
            "CI: a step of the molecule scenario pattern2",
        )
        for step in ("converge", "verify", "destroy")
    ),
    # Installation
    Here(
        "ansible-galaxy collection install identityops.wso2is",
        instead=(("identityops.wso2is", '"$DOCS_ARTIFACT"'),),
        before='cd "$HOME"',
        says=r"identityops\.wso2is:[\d.]+ was installed successfully",
    ),
    Here(
        "ansible-galaxy collection build --output-path ~",
        before='cd "$DOCS_CHECKOUT"',
        says=r"Created collection for identityops\.wso2is at .*tar\.gz",
    ),
    Here("cd"),
    Here(
        "ansible-galaxy collection install identityops-wso2is-1.0.0.tar.gz",
        before='rm -r "$HOME/.ansible/collections"',
        says=r"identityops\.wso2is:1\.0\.0 was installed successfully",
    ),
    Here("ansible-doc -t filter -l identityops.wso2is", says=r"identityops\.wso2is\.findings_table"),
    Here("ansible-doc -t filter identityops.wso2is.topology", says=r"FILTER identityops\.wso2is\.topology"),
    # The site
    Here(
        "ansible-playbook identityops.wso2is.new_site -e site_dir=login-site",
        before='cd "$HOME"',
        says=r"failed=0",
    ),
    Here("cd login-site"),
    Here(
        "ansible-galaxy collection install -r requirements.yml",
        instead=(("install", "install --offline"),),
        says=r"already installed|installed successfully",
    ),
    Here("ansible-vault view prod/group_vars/all/vault.yml", says=r"^vault_wso2is_admin_password: \w{20}"),
    Here("ansible-vault edit prod/group_vars/all/vault.yml", before="export EDITOR=true"),
    # Keys and stores
    Here("mkdir -m 0700 keys"),
    Here("echo /keys/ >> .gitignore"),
    Here(
        "openssl req -x509 -newkey rsa:3072 -noenc -keyout keys/ca.key -out keys/ca.crt -days 3650"
        ' -subj "/CN=login.example.com inside CA"'
        " -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign"
    ),
    *(
        Here(
            f"openssl req -new -newkey rsa:3072 -noenc -keyout keys/{name}.key -out keys/{name}.csr"
            f' -subj "/CN={names[0]}" -addext "subjectAltName={",".join(f"DNS:{item}" for item in names)}"'
        )
        for name, names in (
            ("wso2carbon", ("login.example.com", "localhost")),
            ("analytics", ("analytics1.example.com", "analytics2.example.com", "localhost")),
        )
    ),
    *(
        Here(
            f"openssl x509 -req -in keys/{name}.csr -CA keys/ca.crt -CAkey keys/ca.key -CAcreateserial -days 820"
            f" -copy_extensions copyall -out keys/{name}.crt"
        )
        for name in ("wso2carbon", "analytics")
    ),
    Here(
        "read -rs STORE_PASSWORD && export STORE_PASSWORD",
        instead=(("read -rs STORE_PASSWORD", f"STORE_PASSWORD={OF_THE_VAULT.format('keystore')}"),),
    ),
    Here("export ANALYTICS_PASSWORD=wso2carbon"),
    *(
        Here(
            f"openssl pkcs12 -export -in keys/{name}.crt -inkey keys/{name}.key -certfile keys/ca.crt"
            f" -name wso2carbon -passout env:{password} -out keys/{name}.p12"
        )
        for name, password in (("wso2carbon", "STORE_PASSWORD"), ("analytics", "ANALYTICS_PASSWORD"))
    ),
    *(
        Here(
            f"keytool -importkeystore -noprompt -srckeystore keys/{name}.p12 -srcstoretype PKCS12"
            f" -srcstorepass:env {password} -destkeystore keys/{name}.jks -deststoretype JKS"
            f" -deststorepass:env {password}"
        )
        for name, password in (("wso2carbon", "STORE_PASSWORD"), ("analytics", "ANALYTICS_PASSWORD"))
    ),
    Here(
        "read -rs TRUST_PASSWORD && export TRUST_PASSWORD",
        instead=(("read -rs TRUST_PASSWORD", f"TRUST_PASSWORD={OF_THE_VAULT.format('truststore')}"),),
    ),
    *(
        Here(
            f"keytool -importcert -noprompt -alias {alias} -file keys/{certificate} -keystore keys/{store}.jks"
            f" -storetype JKS -storepass:env {password}",
            before="[ -f keys/public-ca.crt ] || openssl req -x509 -newkey rsa:2048 -noenc -keyout keys/public.key"
            ' -out keys/public-ca.crt -days 90 -subj "/CN=login.example.com"'
            " -addext subjectAltName=DNS:login.example.com 2>/dev/null",
        )
        for alias, certificate, store, password in (
            ("inside-ca", "ca.crt", "client-truststore", "TRUST_PASSWORD"),
            ("public-ca", "public-ca.crt", "client-truststore", "TRUST_PASSWORD"),
            ("inside-ca", "ca.crt", "analytics-truststore", "ANALYTICS_PASSWORD"),
        )
    ),
    Here(
        "keytool -list -v -keystore keys/wso2carbon.jks -storepass:env STORE_PASSWORD",
        says=r"(?s)PrivateKeyEntry.*login\.example\.com",
    ),
    Here(
        "keytool -list -v -keystore keys/wso2carbon.jks -storepass:env STORE_PASSWORD | grep 'Valid from'",
        says=r"Valid from: .* until: ",
    ),
    # What the site does
    Here(
        "ansible-playbook identityops.wso2is.preflight -i prod",
        # As new_site made it: nobody has changed the examples yet.
        says=r"(?s)error .*example.*Nothing was changed\.",
        code=2,
    ),
    Here(
        "ansible-playbook identityops.wso2is.render -i prod -e render_dir=rendered",
        before=FILL_IN,
        says=r"(?s)failed=0",
    ),
    Here(
        "ansible-playbook identityops.wso2is.explain -i prod -e explain_dir=explained",
        before=FILL_IN,
        says=r"(?s)failed=0",
    ),
    There(
        "ansible-playbook pattern2.yml -i prod --check --diff",
        (CI, SITE, (USER_PATH, r'"pattern2.yml", "-i", "prod", "--check", "--diff"')),
        "CI: make site-test, in a site made by new_site",
    ),
    There(
        "ansible-playbook pattern2.yml -i prod",
        (CI, SITE, (USER_PATH, r'"pattern2.yml", "-i", "prod"\)')),
        "CI: make site-test, in a site made by new_site",
    ),
    There(
        "ansible-playbook identityops.wso2is.verify -i prod",
        (CI, SITE, (USER_PATH, r'"identityops.wso2is.verify", "-i", "prod"')),
        "CI: make site-test, in a site made by new_site",
    ),
    *(
        There(
            f"ansible-playbook identityops.wso2is.{command}",
            (CI, MOLECULE, (f"molecule/operations/tests/{test}", pattern)),
            "CI: the molecule scenario operations",
        )
        for command, test, pattern in (
            (
                "backup -i prod -e backup_dir=backups -e backup_databases=true",
                "test_5_backup.py",
                r'play\("backup".*backup_databases=true',
            ),
            (
                "restore -i prod -e restore_from=backups/2026-01-31T030000Z -e restore_databases=true",
                "test_5_backup.py",
                r'play\("restore", \*arguments, log="restore"',
            ),
            ("add_node -i prod", "test_3_nodes.py", r'play\("add_node"'),
            ("remove_node -i prod -e wso2is_removed=is3", "test_3_nodes.py", r'"remove_node".*wso2is_removed=is3'),
            ("restart -i prod", "test_2_restart.py", r'play\("restart"\)'),
            ("rollback -i prod", "test_4_release.py", r'play\("rollback"\)'),
        )
    ),
    *(
        There(
            f"ansible-playbook identityops.wso2is.health -i prod{arguments}",
            (CI, MOLECULE, ("molecule/operations/tests/test_1_health.py", rf'play\("health"{call}')),
            "CI: the molecule scenario operations",
        )
        for arguments, call in (("", r".*log="), (" -e health_report=health.json", r', "-e", f"health_report='))
    ),
    There(
        "ansible-playbook identityops.wso2is.fidelity -i prod",
        (CI, MOLECULE, ("molecule/pattern2/tests/test_5_proofs.py", r'play\("fidelity"')),
        "CI: the molecule scenario pattern2",
    ),
    There(
        "ansible-playbook identityops.wso2is.prove -i prod -e wso2is_prove=true",
        (CI, MOLECULE, ("molecule/pattern2/tests/test_5_proofs.py", r'play\("prove"')),
        "CI: the molecule scenario pattern2",
    ),
)


def main() -> None:
    """Print every documented command with what runs it."""
    for entry in COMMANDS:
        on = [page for page in pages() if entry.command in commands(page)]
        by = "tests/docs/test_commands.py" if isinstance(entry, Here) else f"{entry.runs} ({entry.where[-1][0]})"
        print(f"{entry.command}\n    on {', '.join(on)}\n    run: {by}")


if __name__ == "__main__":
    main()
