# shellcheck shell=bash
# Sourced by the scripts of this folder: names, addresses and small functions of the lab.
# Every value can be set in the environment; two labs differ in LAB_PREFIX, LAB_SUBNET, the ports and LAB_DIR. lab/identity.sh chooses
# them for this clone; a script that needs them calls lab_identity first.

LAB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${LAB_DIR:=$LAB_ROOT/.lab}"                  # scratch: certificates, packs, logs
: "${LAB_IMAGE_PREFIX:=wso2is-lab}"             # of images: shared by all labs of this machine
: "${LAB_PUBLIC_HOST:=login.wso2is.test}"
export LAB_ROOT LAB_DIR LAB_IMAGE_PREFIX LAB_PUBLIC_HOST

LAB_NODES=(lb1 is1 is2 analytics1 analytics2 db1)
LAB_NODE_IMAGE=$LAB_IMAGE_PREFIX/node:trixie
LAB_DB_IMAGE=$LAB_IMAGE_PREFIX/db:trixie
export LAB_BUILDER_IMAGE=$LAB_IMAGE_PREFIX/builder:trixie

say() { printf 'lab: %s\n' "$*"; }
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }

# lab_identity: LAB_PREFIX (of containers, network and volumes), LAB_SUBNET (a /24), LAB_PUBLIC_PORT, LAB_PUBLIC_HTTP_PORT
lab_identity() {
  local values
  values=$("$LAB_ROOT/lab/identity.sh")
  { IFS='=' read -r _ LAB_PREFIX; IFS='=' read -r _ LAB_SUBNET; IFS='=' read -r _ LAB_PUBLIC_PORT; IFS='=' read -r _ LAB_PUBLIC_HTTP_PORT; } <<<"$values"
  export LAB_PREFIX LAB_SUBNET LAB_PUBLIC_PORT LAB_PUBLIC_HTTP_PORT
}

# one_at_a_time WHAT: what clones share is made by one of them at a time
one_at_a_time() {
  local folder=${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/wso2is-lab
  mkdir -p "$folder"
  exec 8>"$folder/$1.lock"
  flock -n 8 || { say "$1: another lab makes them; waiting"; flock 8; }
}

# lab_address NODE: the fixed address of a node
lab_address() {
  local last
  case $1 in
    lb[1-9]) last=1${1#lb} ;;
    is[1-9]) last=2${1#is} ;;
    # make bench has that many.
    is1[0-9]) last=6${1#is1} ;;
    analytics[1-9]) last=3${1#analytics} ;;
    db[1-9]) last=4${1#db} ;;
    *) die "no address for node '$1'; known: ${LAB_NODES[*]}" ;;
  esac
  [[ $LAB_SUBNET == *.0/24 ]] || die "LAB_SUBNET is $LAB_SUBNET; it must be a /24 such as 172.30.58.0/24"
  printf '%s.%s\n' "${LAB_SUBNET%.0/24}" "$last"
}

# lab_image NODE: LAB_IMAGE_<node> if set, else the image of the node's kind
lab_image() {
  local chosen=LAB_IMAGE_$1
  case $1 in
    db*) printf '%s\n' "${!chosen:-$LAB_DB_IMAGE}" ;;
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
