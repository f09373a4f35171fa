# shellcheck shell=bash
# Sourced by the scripts of this folder: names, addresses and small functions of the lab.
# Every value can be set in the environment; two labs differ in LAB_PREFIX, LAB_SUBNET, the ports and LAB_DIR.

LAB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${LAB_DIR:=$LAB_ROOT/.lab}"                  # scratch: certificates, packs, logs
: "${LAB_PREFIX:=wso2is-lab}"                   # of containers, network and volumes
: "${LAB_IMAGE_PREFIX:=wso2is-lab}"             # of images: shared by all labs of this machine
: "${LAB_SUBNET:=172.30.58.0/24}"               # a /24
: "${LAB_PUBLIC_HOST:=login.wso2is.test}"
: "${LAB_PUBLIC_PORT:=8443}"
: "${LAB_PUBLIC_HTTP_PORT:=8080}"
export LAB_ROOT LAB_DIR LAB_PREFIX LAB_IMAGE_PREFIX LAB_SUBNET LAB_PUBLIC_HOST LAB_PUBLIC_PORT LAB_PUBLIC_HTTP_PORT

LAB_NODES=(lb1 is1 is2 analytics1 analytics2 db1)
LAB_NODE_IMAGE=$LAB_IMAGE_PREFIX/node:trixie
LAB_DB_IMAGE=$LAB_IMAGE_PREFIX/db:trixie
export LAB_BUILDER_IMAGE=$LAB_IMAGE_PREFIX/builder:trixie

say() { printf 'lab: %s\n' "$*"; }
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }

# lab_address NODE: the fixed address of a node
lab_address() {
  local last
  case $1 in
    lb1) last=11 ;;
    is[1-9]) last=2${1#is} ;;
    analytics[1-9]) last=3${1#analytics} ;;
    db1) last=41 ;;
    *) die "no address for node '$1'; known: ${LAB_NODES[*]}" ;;
  esac
  [[ $LAB_SUBNET == *.0/24 ]] || die "LAB_SUBNET is $LAB_SUBNET; it must be a /24 such as 172.30.58.0/24"
  printf '%s.%s\n' "${LAB_SUBNET%.0/24}" "$last"
}

# lab_image NODE: LAB_IMAGE_<node> if set, else the image of the node's kind
lab_image() {
  local chosen=LAB_IMAGE_$1
  case $1 in
    db1) printf '%s\n' "${!chosen:-$LAB_DB_IMAGE}" ;;
    *) printf '%s\n' "${!chosen:-$LAB_NODE_IMAGE}" ;;
  esac
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds
wait_for() {
  local limit=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || { printf 'lab: %s: not within %s s\n' "$what" "$limit" >&2; return 1; }
    sleep 0.2
  done
}
