#!/usr/bin/env bash
# Gate: every test of ansible-test sanity, without an ignore file, in a copy of the collection; the modules compile and import on every
# Python found here that ansible-core supports on hosts. Needs no network but the package index, and leaves the home directory alone.
set -euo pipefail
# shellcheck source=lab/gate.sh
. "$(dirname "$0")/gate.sh"
one_at_a_time sanity
work=$LAB_DIR/sanity
pip_version=24.2
pip_sha256=2cd581cf58ab7fcfca4ce8efa6dcacd0de5bf8d0a3eb9ec927e07405f4d9e2a2

ignores=$(project_files . | grep -z '^tests/sanity/ignore' | tr '\0' ' ' || true)
[ -z "$ignores" ] || die "sanity has no exceptions; remove $ignores"

# ansible-test makes its environments with a script that it downloads; this one does the same with pip's own wheel.
mkdir -p "$work/home/.ansible/test/cache" "$work/home/.config/pip"
wheel=$work/pip-$pip_version-py3-none-any.whl
if ! echo "$pip_sha256  $wheel" | sha256sum --status -c - 2>/dev/null; then
  python -m pip download -q --no-deps --only-binary :all: -d "$work" "pip==$pip_version"
  echo "$pip_sha256  $wheel" | sha256sum --quiet -c -
fi
cat >"$work/home/.ansible/test/cache/get_pip_${pip_version/./_}.py" <<PYTHON
import sys

sys.path.insert(0, "$wheel")
from pip._internal.cli.main import main

sys.exit(main(["install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))]))
PYTHON
# ansible-test passes no settings of the environment to pip.
python -m pip config list | sed -n "s/^\(global\|:env:\)\.\([a-z-]*\)='\(.*\)'$/\2 = \3/p" | sort -u | { echo '[global]'; cat; } >"$work/home/.config/pip/pip.conf"

copy_of_collection "$work"
cd "$work/ansible_collections/identityops/wso2is"
export HOME=$work/home
unset ANSIBLE_CONFIG ANSIBLE_COLLECTIONS_PATH

# sanity_on PYTHON ARGUMENT...: the tests on one Python; adds their names to the list
names=$work/names
log=$work/log
: >"$names"
sanity_on() {
  local version=$1
  shift
  ansible-test sanity --local --color no --python "$version" "$@" 2>&1 | tee "$log" | sed -n '/^Running sanity test/!p'
  if grep -Ei '^WARNING|skipp' "$log" | grep -vE '^WARNING: (Using locale|Reviewing previous)'; then die "gate sanity: ansible-test skipped or warned"; fi
  sed -n "s/^Running sanity test \"\(.*\)\"\( on Python .*\)\?$/\1 (Python $version)/p" "$log" >>"$names"
}

own=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
sanity_on "$own"
others=$(python -c 'from ansible_test._util.target.common.constants import CONTROLLER_PYTHON_VERSIONS, REMOTE_ONLY_PYTHON_VERSIONS
print(*REMOTE_ONLY_PYTHON_VERSIONS, *CONTROLLER_PYTHON_VERSIONS)')
for version in $others; do
  # A name in the PATH is not enough: pyenv has names for what is not selected.
  if [ "$version" != "$own" ] && "python$version" -c '' 2>/dev/null; then
    sanity_on "$version" --test compile --test import
  fi
done
passed sanity "tests (ansible-test sanity)" <"$names"
