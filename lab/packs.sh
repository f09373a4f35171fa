#!/usr/bin/env bash
# Build the practice packs (lab/practice-pack) and fetch the PostgreSQL JDBC driver, in the builder image, into .lab/packs.
# Sources that did not change are not built again. LAB_PACK_SOURCE names another source folder.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
one_at_a_time packs
source=${LAB_PACK_SOURCE:-$LAB_ROOT/lab/practice-pack}
packs=$LAB_DIR/packs
log=$LAB_DIR/packs.log
jdbc=org.postgresql:postgresql:42.7.8   # runs on Java 8
jdbc_sha256=2a32a9dcbc42d67a50ad3a0de5efd102c8d2be46720045f2cbd6689f160ab7c7
zips=(wso2is-5.8.0.zip wso2is-analytics-5.8.0.zip)

in_builder() {
  docker run --rm -i -v "$LAB_IMAGE_PREFIX-maven:/maven" -e MAVEN_ARGS=-Dmaven.repo.local=/maven/repository -v "$packs:/packs" \
    "$LAB_BUILDER_IMAGE" bash -euo pipefail -c "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; die "not built; the log: $log"; }
}
sources() { tar -C "$source" --exclude=./dist --exclude=target --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -c .; }

mkdir -p "$packs"
if ! echo "$jdbc_sha256  $packs/postgresql-jdbc.jar" | sha256sum --status -c - 2>/dev/null; then
  fetch=$(cat <<'SH'
    mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dartifact="$1" -DoutputDirectory=/tmp/jdbc
    echo "$2  $(echo /tmp/jdbc/*.jar)" | sha256sum -c -
    install -m 0644 -o "$3" -g "$4" /tmp/jdbc/*.jar /packs/postgresql-jdbc.jar
SH
  )
  in_builder "$fetch" - "$jdbc" "$jdbc_sha256" "$(id -u)" "$(id -g)"
  say "packs: $jdbc fetched"
fi

inputs=$(sources | sha256sum | cut -d' ' -f1)
if [ "$(cat "$packs/.made-from" 2>/dev/null)" = "$inputs" ] && (cd "$packs" && sha256sum --status -c SHA256SUMS); then
  say "packs: unchanged"
  exit 0
fi
rm -f "$packs/.made-from"
start=$SECONDS
build=$(cat <<'SH'
  mkdir /build && cd /build && tar -x
  mvn -q -B package
  uid=$1 gid=$2; shift 2
  for zip; do install -m 0644 -o "$uid" -g "$gid" "dist/$zip" "/packs/$zip.new" && mv "/packs/$zip.new" "/packs/$zip"; done
SH
)
sources | in_builder "$build" - "$(id -u)" "$(id -g)" "${zips[@]}"
(cd "$packs" && sha256sum "${zips[@]}" postgresql-jdbc.jar >SHA256SUMS)
printf '%s\n' "$inputs" >"$packs/.made-from"
say "packs: built in $((SECONDS - start)) s"
