#!/usr/bin/env bash
# Make .venv from requirements-lock.txt (exact versions with checksums) and .collections. Nothing is done when both are current.
# PYTHON chooses the interpreter; without it python3.11, else the newest of 3.13, 3.12.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
venv=$LAB_ROOT/.venv
stamp=$venv/.made-from

supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
  local candidate
  if [ -n "${PYTHON:-}" ]; then
    supported "$PYTHON" || die "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13"
    echo "$PYTHON"
    return
  fi
  for candidate in python3.11 python3.13 python3.12 python3; do
    if supported "$candidate"; then echo "$candidate"; return; fi
  done
  die "no Python 3.11, 3.12 or 3.13 found; install one (Debian 12 and later: apt-get install python3 python3-venv) or set PYTHON"
}

python=$(find_python)
# The base, because inside make the venv's own python comes first in the PATH.
inputs=$("$python" -c 'import sys; print(sys.version, sys.base_prefix)'; sha256sum <"$LAB_ROOT/requirements-lock.txt")
if [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ]; then
  say "venv: unchanged"
else
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
      die "$python has no venv module; install it (Debian/Ubuntu: apt-get install python3-venv)"
    fi
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv >/dev/null
  fi
  say "venv: installing ($("$python" --version))"
  "$python" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$LAB_ROOT/requirements-lock.txt"
  printf '%s\n' "$inputs" >"$stamp"
fi
exec "$LAB_ROOT/lab/collections.sh"
