#!/usr/bin/env bash
# Gate: what Galaxy does with an upload. Builds the artifact and imports it with galaxy-importer, required tags checked; a warning fails.
set -euo pipefail
# shellcheck source=lab/gate.sh
. "$(dirname "$0")/gate.sh"
one_at_a_time importer
work=$LAB_DIR/importer
rm -rf "$work/artifact"
mkdir -p "$work/artifact" "$work/home"
copy_of_collection "$work"
ansible-galaxy collection build --output-path "$work/artifact" "$work/ansible_collections/identityops/wso2is" >"$work/build.log"
artifact=$(echo "$work"/artifact/*.tar.gz)
cat >"$work/galaxy-importer.cfg" <<CFG
[galaxy-importer]
CHECK_REQUIRED_TAGS=True
RUN_ANSIBLE_TEST=False
LOG_LEVEL_MAIN=INFO
CFG
# Everything that the import reads is in the artifact: no settings, home or collections of this checkout.
unset ANSIBLE_CONFIG ANSIBLE_COLLECTIONS_PATH
log=$work/log
(cd "$work" && HOME=$work/home GALAXY_IMPORTER_CONFIG=$work/galaxy-importer.cfg python -m galaxy_importer.main "$artifact") >"$log" 2>&1 ||
  { cat "$log"; die "gate importer: refused"; }
if grep -E 'WARNING|ERROR' "$log"; then die "gate importer: warnings, see above"; fi
grep -q 'Importer processing completed successfully' "$log" || { cat "$log"; die "gate importer: not completed"; }
say "artifact: $(stat -c %s "$artifact") bytes, $(tar -tzf "$artifact" | wc -l) files"
sed -n 's/^Loading //p' "$log" | passed importer "plugins, playbooks and roles (galaxy-importer)"
