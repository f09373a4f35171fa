#!/usr/bin/env bash
# Make the lab's images: base, node, db, builder. An image whose inputs did not change is not built again.
# The base is pulled where an image registry answers (LAB_BASE_IMAGE, a digest is welcome), else made by mmdebstrap from the
# host's Debian mirror (LAB_DEBIAN_MIRROR). Only node and db: lab/images.sh node db. Only when asked for: bookworm, a node with Debian 12
# (LAB_BOOKWORM_BASE_IMAGE), and olderdb, its PostgreSQL.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
one_at_a_time images
: "${LAB_BASE_IMAGE:=debian:trixie-slim}"
: "${LAB_BOOKWORM_BASE_IMAGE:=debian:bookworm-slim}"
label=identityops.wso2is.lab.inputs
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

is_current() { [ "$(docker image inspect -f "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null)" = "$2" ]; }
digest() { sha256sum | cut -d' ' -f1; }

# stages STAGE: the text of a stage and of those below it
stages() {
  local below
  below=$(sed -n "s/^FROM \([a-z]*\) AS $1\$/\1/p" "$context/build/Dockerfile")
  [ -z "$below" ] || stages "$below"
  sed -n "/^FROM .* AS $1\$/,/^FROM /p" "$context/build/Dockerfile" | sed '1!{/^FROM /d}'
}

# make_base RELEASE IMAGE
make_base() {
  local release=$1 image=$2 base=$LAB_IMAGE_PREFIX/base:$1 inputs mirror
  inputs=$(printf '%s %s' "$release" "$image" | digest)
  if is_current "$base" "$inputs"; then say "image $base: unchanged"; return; fi
  if docker pull -q "$image" >/dev/null 2>&1; then
    printf 'FROM %s\n' "$image" | docker build -q -t "$base" --label "$label=$inputs" - >/dev/null
    say "image $base: from $image"
    return
  fi
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] ||
    die "no image registry answers for $image, and making a base image needs Debian and root; set LAB_BASE_IMAGE (Debian 13) or LAB_BOOKWORM_BASE_IMAGE (Debian 12) to an image that can be pulled"
  if ! command -v mmdebstrap >/dev/null; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends mmdebstrap >/dev/null
  fi
  mirror=${LAB_DEBIAN_MIRROR:-$(apt-get indextargets --format "\$(REPO_URI) \$(ORIGIN)" 'Created-By: Packages' | awk '$2 == "Debian" {print $1}' | head -n 1)}
  [ -n "$mirror" ] || die "no image registry answers and this host has no Debian mirror; set LAB_DEBIAN_MIRROR"
  say "no image registry answers: making the base image from $mirror"
  mmdebstrap --quiet --mode=root --variant=minbase \
    --include=ca-certificates \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$release" - "deb $mirror $release main" |
    docker import -c "LABEL $label=$inputs" - "$base" >/dev/null
  say "image $base: made"
}

# build STAGE IMAGE RELEASE: a stage of images/Dockerfile
build() {
  local stage=$1 image=$LAB_IMAGE_PREFIX/$2:$3 base=$LAB_IMAGE_PREFIX/base:$3 inputs
  inputs=$({ docker image inspect -f '{{.Id}}' "$base"; stages "$stage"
             [[ $stage = bare || $stage = olderdb ]] || cat "$context/build/sid.pref"
             [ "$stage" != builder ] || find "$context/build/ca" -type f | sort | xargs -r cat; } | digest)
  if is_current "$image" "$inputs"; then say "image $image: unchanged"; return; fi
  docker build -q --target "$stage" --build-arg "BASE=$base" --label "$label=$inputs" -t "$image" "$context/build" >"$context/$stage.log" 2>&1 ||
    { tail -n 40 "$context/$stage.log" >&2; die "image $image: not built"; }
  say "image $image: built"
}

# Engines without the buildx plugin still have the classic builder.
docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0
mkdir -p "$context/build/ca"
cp "$LAB_ROOT"/lab/images/{Dockerfile,sid.pref} "$context/build/"
touch "$context/build/ca/.none"
find /usr/local/share/ca-certificates /etc/pki/ca-trust/source/anchors -name '*.crt' -exec cp -L {} "$context/build/ca/" \; 2>/dev/null || true

if [ $# = 0 ]; then set -- node db builder; fi
trixie=() bookworm=()
for image in "$@"; do
  case $image in
    node | db | builder) trixie+=("$image") ;;
    bookworm) bookworm+=(bare:node) ;;
    olderdb) bookworm+=(olderdb:olderdb) ;;
    *) die "no image '$image'; known: node db builder bookworm olderdb" ;;
  esac
done
jobs=()
if [ ${#trixie[@]} -gt 0 ]; then
  make_base trixie "$LAB_BASE_IMAGE"
  build node node trixie
  for image in "${trixie[@]}"; do
    [ "$image" = node ] || { build "$image" "$image" trixie & jobs+=($!); }
  done
fi
if [ ${#bookworm[@]} -gt 0 ]; then
  make_base bookworm "$LAB_BOOKWORM_BASE_IMAGE"
  for image in "${bookworm[@]}"; do build "${image%:*}" "${image#*:}" bookworm; done
fi
for job in "${jobs[@]}"; do wait "$job"; done
