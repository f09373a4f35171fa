#!/usr/bin/env bash
# Gate: the documentation site builds without a warning. It is in .lab/site/html: the pages of docs/, and the reference of all
# plugins and roles.
set -euo pipefail
# shellcheck source=lab/gate.sh
. "$(dirname "$0")/gate.sh"
one_at_a_time site
work=$LAB_DIR/site
rm -rf "$work/rst" "$work/html"
install -d -m 0755 "$work/rst" "$work/rst/pages" "$work/rst/collection"
copy_of_collection "$work"
SITE_REPOSITORY=$(sed -n 's/^repository: //p' galaxy.yml)
export SITE_REPOSITORY ANSIBLE_COLLECTIONS_PATH=$work
cp docs/site/conf.py docs/site/*.rst "$work/rst/"
cp docs/*.md docs/*.svg "$work/rst/pages/"
antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --no-add-antsibull-docs-version \
  --dest-dir "$work/rst/collection" identityops.wso2is >"$work/log" 2>&1 || { cat "$work/log"; die "gate site: antsibull-docs failed"; }
sphinx-build --quiet --fail-on-warning --keep-going --jobs 2 -d "$work/doctrees" -b html "$work/rst" "$work/html"
(cd "$work/html" && find . -name '*.html' -printf '%P\n') | passed site "pages (sphinx, in ${work#"$LAB_ROOT"/}/html)"
