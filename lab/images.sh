#!/usr/bin/env bash
# Make the lab's images: base, node, db, builder. An image whose inputs did not change is not built again.
# The base is pulled where an image registry answers (LAB_BASE_IMAGE, a digest is welcome), else made by mmdebstrap from the
# host's Debian mirror (LAB_DEBIAN_MIRROR). Only node and db: lab/images.sh node db.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
: "${LAB_BASE_IMAGE:=debian:trixie-slim}"
label=identityops.wso2is.lab.inputs
base=$LAB_IMAGE_PREFIX/base:trixie
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

is_current() { [ "$(docker image inspect -f "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null)" = "$2" ]; }
digest() { sha256sum | cut -d' ' -f1; }

make_base() {
  local inputs mirror
  inputs=$(printf 'trixie %s' "$LAB_BASE_IMAGE" | digest)
  if is_current "$base" "$inputs"; then say "image $base: unchanged"; return; fi
  if docker pull -q "$LAB_BASE_IMAGE" >/dev/null 2>&1; then
    printf 'FROM %s\n' "$LAB_BASE_IMAGE" | docker build -q -t "$base" --label "$label=$inputs" - >/dev/null
    say "image $base: from $LAB_BASE_IMAGE"
    return
  fi
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] ||
    die "no image registry answers for $LAB_BASE_IMAGE, and making a base image needs Debian and root; set LAB_BASE_IMAGE to a Debian 13 image that can be pulled"
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
    trixie - "deb $mirror trixie main" |
    docker import -c "LABEL $label=$inputs" - "$base" >/dev/null
  say "image $base: made"
}

# build STAGE: a stage of images/Dockerfile
build() {
  local stage=$1 image=$LAB_IMAGE_PREFIX/$1:trixie inputs
  inputs=$({ docker image inspect -f '{{.Id}}' "$base"; sed '/^FROM .* AS '"$stage"'$/,/^FROM /b; /^FROM .* AS node$/,/^FROM /b; d' "$context/build/Dockerfile"
             cat "$context/build/sid.pref"; [ "$stage" != builder ] || find "$context/build/ca" -type f | sort | xargs -r cat; } | digest)
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

make_base
build node
others=()
for stage in "${@:-}"; do
  case $stage in
    '') others+=(db builder) ;;
    node) ;;
    db | builder) others+=("$stage") ;;
    *) die "no image '$stage'; known: node db builder" ;;
  esac
done
jobs=()
for stage in "${others[@]}"; do build "$stage" & jobs+=($!); done
for job in "${jobs[@]}"; do wait "$job"; done
