#!/usr/bin/env bash
# Gate: the collection works the same with the oldest and the newest ansible-core of meta/runtime.yml. For each, in an environment of
# its own: the syntax of all playbooks, every node's files rendered without a warning and equal in all, the documentation of all
# plugins, and their unit tests. The rest of the tests runs with the ansible-core of requirements.txt, which is the third here.
set -euo pipefail
# shellcheck source=lab/gate.sh
. "$(dirname "$0")/gate.sh"
one_at_a_time cores
work=$LAB_DIR/cores
mkdir -p "$work"
names=$work/names
: >"$names"

# python_of VERSION...: an interpreter of one of these versions, in the PATH or of pyenv; fails if there is none
python_of() {
  local version candidate root=${PYENV_ROOT:-$HOME/.pyenv}
  for version; do
    for candidate in "python$version" "$root"/versions/"$version".*/bin/python"$version"; do
      if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$candidate"
        return
      fi
    done
  done
  return 1
}

# core_venv CORE PYTHON: .lab/cores/CORE with the locked packages
core_venv() {
  local lock=$LAB_ROOT/lab/cores/requirements-$1.txt venv=$work/$1 inputs
  inputs=$("$2" -c 'import sys; print(sys.version)'; sha256sum <"$lock")
  if [ "$(cat "$venv/.made-from" 2>/dev/null)" != "$inputs" ]; then
    "$2" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install -q --require-hashes -r "$lock"
    printf '%s\n' "$inputs" >"$venv/.made-from"
  fi
}

# quiet COMMAND...: runs it; a warning or an error of Ansible fails. Its output is in the log.
quiet() {
  "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; die "gate cores: failed: $*"; }
  if grep -E -A4 '^\[?(DEPRECATION WARNING|WARNING|ERROR)\]?:' "$work/log"; then die "gate cores: warnings: $*"; fi
}

# checks CORE BIN: everything with one ansible-core
checks() {
  local core=$1 bin=$2 type plugins
  export ANSIBLE_DEPRECATION_WARNINGS=true PATH=$bin:$PATH
  quiet ansible-playbook -i inventories/demo --syntax-check playbooks/*.yml
  printf "$core syntax of %s\n" playbooks/*.yml >>"$names"
  rm -rf "$work/rendered-$core"
  quiet ansible-playbook -i inventories/demo playbooks/render.yml -e render_dir="$work/rendered-$core"
  find "$work/rendered-$core" -type f -printf "$core rendered %P\n" >>"$names"
  for type in filter lookup module; do
    mapfile -t plugins < <(find "plugins/$type" "plugins/${type}s" -name '*.py' -not -name '_*' -printf '%f\n' 2>/dev/null | sed 's/\.py$//' | sort)
    if [ "${#plugins[@]}" -gt 0 ]; then
      quiet ansible-doc --type "$type" --json "${plugins[@]/#/identityops.wso2is.}"
      printf "$core documentation of %s\n" "${plugins[@]}" >>"$names"
    fi
  done
  say "cores: $(ansible --version | sed -n 1p), $(python --version)"
}

# units CORE BIN: the unit tests of what Ansible calls, with one ansible-core
units() {
  local core=$1
  export PATH=$2:$PATH PYTHONPATH=.collections
  python -m pytest -q -n auto --no-header -p no:cacheprovider --junitxml="$work/unit-$core.xml" tests/unit/plugins/filter \
    tests/unit/plugins/modules/test_as_ansible_runs_them.py tests/unit/interfaces/test_plugins.py >"$work/log" 2>&1 ||
    { tail -n 40 "$work/log"; die "gate cores: unit tests with ansible-core $core failed"; }
  sed 's/<testcase/\n&/g' "$work/unit-$core.xml" |
    sed -n "s/^<testcase classname=\"\([^\"]*\)\" name=\"\([^\"]*\)\".*/$core unit test \1 \2/p" >>"$names"
}

core_venv 2.18 "$(python_of 3.11 3.12 3.13)"
cores=(2.18)
# ansible-core 2.20 and later need Python 3.12.
if newest=$(python_of 3.13 3.12); then
  core_venv 2.21 "$newest"
  cores+=(2.21)
else
  say "cores: no Python 3.12 or 3.13 here for ansible-core 2.21; the newest is the one of requirements.txt"
fi
(checks locked "$LAB_ROOT/.venv/bin")
for core in "${cores[@]}"; do
  (checks "$core" "$work/$core/bin")
  (units "$core" "$work/$core/bin")
  diff -r "$work/rendered-locked" "$work/rendered-$core" || die "gate cores: ansible-core $core renders other files"
done
passed cores "checks (ansible-core ${cores[*]} and that of requirements.txt)" <"$names"
