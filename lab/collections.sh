#!/usr/bin/env bash
# Make .collections: a link to this collection, and the collections of requirements.yml, from Galaxy where it answers,
# else out of PyPI's ansible wheel (checksum below).
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
wheel_version=12.3.0
wheel_sha256=cd156f82fa87f7a899212b0efa9f7ca3a24d609212de9f78428a572eb01e5414
wanted=$LAB_ROOT/requirements.yml
tree=$LAB_ROOT/.collections/ansible_collections
stamp=$LAB_ROOT/.collections/.made-from

mkdir -p "$tree/identityops"
ln -sfn ../../.. "$tree/identityops/wso2is"
inputs=$(sha256sum <"$wanted")
if [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ]; then say "collections: unchanged"; exit 0; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if "$LAB_ROOT/.venv/bin/ansible-galaxy" collection install --no-deps --timeout 20 -r "$wanted" -p "$work" >"$work/log" 2>&1; then
  say "collections: from Galaxy"
else
  say "collections: Galaxy does not answer; from the ansible wheel $wheel_version"
  "$LAB_ROOT/.venv/bin/python" -m pip download -q --disable-pip-version-check --no-deps -d "$work" "ansible==$wheel_version"
  echo "$wheel_sha256  $(echo "$work"/ansible-*.whl)" | sha256sum --quiet -c -
  "$LAB_ROOT/.venv/bin/python" - "$work" "$wanted" <<'PYTHON'
import json
import pathlib
import sys
import zipfile

import yaml

work, wanted = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(next(work.glob("ansible-*.whl"))) as wheel:
    for collection in yaml.safe_load(wanted.read_text())["collections"]:
        prefix = "ansible_collections/" + collection["name"].replace(".", "/") + "/"
        found = json.loads(wheel.read(prefix + "MANIFEST.json"))["collection_info"]["version"]
        if found != collection["version"]:
            sys.exit(f"the wheel has {collection['name']} {found}; requirements.yml asks for {collection['version']}")
        for name in wheel.namelist():
            if name.startswith(prefix) and not name.startswith((prefix + "tests/", prefix + "changelogs/")):
                wheel.extract(name, work)
PYTHON
fi
for namespace in "$work"/ansible_collections/*/; do
  mkdir -p "$tree/$(basename "$namespace")"
  for collection in "$namespace"*/; do
    rm -rf "${tree:?}/$(basename "$namespace")/$(basename "$collection")"
    mv "$collection" "$tree/$(basename "$namespace")/"
  done
done
printf '%s\n' "$inputs" >"$stamp"
