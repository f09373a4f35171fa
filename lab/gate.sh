# shellcheck shell=bash
# Sourced by the gates (lab/gates.sh and beside it): what they share. A gate has no exceptions; it says how much it checked.
# shellcheck source=lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$LAB_ROOT" || exit 1
export PATH=$LAB_ROOT/.venv/bin:$PATH ANSIBLE_CONFIG=$LAB_ROOT/ansible.cfg ANSIBLE_COLLECTIONS_PATH=$LAB_ROOT/.collections
export ANSIBLE_DEVEL_WARNING=false PIP_DISABLE_PIP_VERSION_CHECK=1

# project_files PATTERN...: the files of the project, new ones too, each ended by NUL
project_files() {
  LC_ALL=C comm -z -23 <(git ls-files -z --cached --others --exclude-standard -- "$@" | LC_ALL=C sort -zu) \
    <(git diff --name-only -z --no-renames --diff-filter=D -- "$@" | LC_ALL=C sort -zu)
}

# passed GATE WHAT: the names of what was checked are on stdin, one a line. Prints their number and writes them as a junit file,
# which CI counts.
passed() {
  local gate=$1 what=$2 names count
  names=$(LC_ALL=C sort -u)
  [ -n "$names" ] || die "gate $gate: nothing was checked"
  count=$(wc -l <<<"$names")
  mkdir -p "$LAB_DIR/results"
  {
    printf '<testsuite name="gate-%s" tests="%s" failures="0" errors="0" skipped="0" time="%s">\n' "$gate" "$count" "$SECONDS"
    sed -e 's/&/\&amp;/g; s/</\&lt;/g; s/"/\&quot;/g' -e "s|.*|  <testcase classname=\"gate.$gate\" name=\"&\"/>|" <<<"$names"
    printf '</testsuite>\n'
  } >"$LAB_DIR/results/gate-$gate.xml"
  printf 'gate %s: %s %s, %s s\n' "$gate" "$count" "$what" "$SECONDS"
}

# copy_of_collection DIR: the files of the project in DIR/ansible_collections/identityops/wso2is, a git repository as tools expect
copy_of_collection() {
  local copy=$1/ansible_collections/identityops/wso2is
  rm -rf "$1/ansible_collections"
  mkdir -p "$copy"
  project_files . | xargs -0 cp --parents -P -p -t "$copy"
  git -C "$copy" init -q
  git -C "$copy" add --all
}
