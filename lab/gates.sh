#!/usr/bin/env bash
# The gates that take one command each: lab/gates.sh NAME... (python types yaml shell ansible changelog docs).
set -euo pipefail
# shellcheck source=lab/gate.sh
. "$(dirname "$0")/gate.sh"
lines() { tr '\0' '\n'; }

gate_python() {
  ruff check --quiet .
  # Where no documentation stands before the imports, they come first.
  ruff check --quiet --select E402 docs lab molecule plugins/module_utils plugins/plugin_utils roles tests
  ruff format --quiet --check .
  ruff check --show-files . | sed "s|^$LAB_ROOT/||" | passed python "files (ruff check, ruff format)"
}

gate_types() {
  local checked=()
  mapfile -d '' -t checked < <(project_files 'plugins/*.py')
  # By the names that Ansible imports them under.
  (cd .collections && mypy --no-error-summary --config-file ../pyproject.toml -p ansible_collections.identityops.wso2is.plugins)
  local folder files
  # One run a folder: files of several folders have the same name.
  for folder in docs lab molecule/*/ roles tests/bench tests/lab tests/proof; do
    mapfile -d '' -t files < <(project_files "${folder%/}/*.py")
    if [ "${#files[@]}" -gt 0 ]; then
      mypy --no-error-summary "${files[@]}"
      checked+=("${files[@]}")
    fi
  done
  printf '%s\n' "${checked[@]}" | passed types "files (mypy --strict)"
}

gate_yaml() {
  local files
  mapfile -d '' -t files < <(project_files '*.yml' '*.yaml' .ansible-lint .yamllint)
  yamllint --strict "${files[@]}"
  printf '%s\n' "${files[@]}" | passed yaml "files (yamllint)"
}

gate_shell() {
  local scripts=() file first
  while IFS= read -r -d '' file; do
    first=''
    IFS= read -r first <"$file" 2>/dev/null || true
    case $file:${first//$'\r'/} in
      *.sh:* | *:'#!'*/sh | *:'#!'*/sh\ * | *:'#!'*/bash | *:'#!'*/bash\ * | *:'#!'*env\ sh | *:'#!'*env\ bash) scripts+=("$file") ;;
    esac
  done < <(project_files .)
  shellcheck --external-sources "${scripts[@]}"
  printf '%s\n' "${scripts[@]}" | passed shell "scripts (shellcheck)"
}

gate_ansible() {
  ansible-lint --nocolor
  project_files 'roles/*.yml' 'playbooks/*.yml' 'molecule/*.yml' 'inventories/*.yml' 'meta/*.yml' '*.j2' galaxy.yml requirements.yml |
    lines | passed ansible "files (ansible-lint, profile production and opt-in rules)"
}

# changelog_of COPY: makes the release's CHANGELOG.md in a copy of the collection; the fragments of the project stay
changelog_of() {
  local version
  copy_of_collection "$1"
  version=$(sed -n 's/^version: //p' galaxy.yml)
  (
    cd "$1/ansible_collections/identityops/wso2is"
    export ANSIBLE_COLLECTIONS_PATH=$1
    if grep -qs "^  $version:" changelogs/changelog.yaml; then antsibull-changelog generate; else antsibull-changelog release; fi
    antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml
  )
}

gate_changelog() {
  local copy=$LAB_DIR/changelog
  antsibull-changelog lint
  changelog_of "$copy"
  diff -u CHANGELOG.md "$copy/ansible_collections/identityops/wso2is/CHANGELOG.md" || die "CHANGELOG.md is out of date; run make changelog"
  rm -rf "$copy"
  project_files 'changelogs/*.y*ml' CHANGELOG.md | lines | passed changelog "files (antsibull-changelog: lint, release)"
}

# No gate: writes CHANGELOG.md, from changelogs/fragments.
gate_write_changelog() {
  local copy=$LAB_DIR/changelog
  changelog_of "$copy"
  cp "$copy/ansible_collections/identityops/wso2is/CHANGELOG.md" CHANGELOG.md
  rm -rf "$copy"
}

gate_docs() {
  local copy=$LAB_DIR/docs-lint
  copy_of_collection "$copy"
  ANSIBLE_COLLECTIONS_PATH=$copy antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self \
    --disallow-unknown-collection-refs --check-extra-docs-refs "$copy/ansible_collections/identityops/wso2is"
  rm -rf "$copy"
  project_files 'plugins/filter/*' 'plugins/lookup/*' 'plugins/modules/*' 'roles/*/meta/argument_specs.yml' 'docs/docsite/*' |
    lines | passed docs "plugins and roles (antsibull-docs lint)"
}

for gate; do
  declare -F "gate_$gate" >/dev/null || die "there is no gate $gate here"
  SECONDS=0
  "gate_$gate"
done
