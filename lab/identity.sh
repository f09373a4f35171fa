#!/usr/bin/env bash
# The names, subnets and ports of this clone's labs: lab/identity.sh [demo|test] prints them, with a command it runs the command with
# them in its environment. LAB_* variables of the environment win.
# They are chosen once and kept in .lab/identity.yml (the lab) and .lab/identity-test.yml (of the tests): the first clone of a machine has
# those of the documentation, every further one the next that are free, so that their labs run side by side.
set -euo pipefail
: "${LAB_DIR:=$(cd "$(dirname "$0")/.." && pwd)/.lab}"
export LAB_DIR
names=(LAB_PREFIX LAB_SUBNET LAB_PUBLIC_PORT LAB_PUBLIC_HTTP_PORT)
# Which clone of this user has which number. Other users' labs show in what the engine and the machine already use.
registry=${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/wso2is-lab
last=19

die() { printf 'lab: %s\n' "$*" >&2; exit 1; }

# values KIND NUMBER: the four values, in the order of names
values() {
  local prefix=wso2is-lab third=58 https=8443 http=8080
  if [ "$1" = test ]; then prefix=wso2is-test third=60 https=8643 http=8680; fi
  [ "$2" = 0 ] || prefix=$prefix$(($2 + 1))
  printf '%s\n' "$prefix" "172.30.$((third + 4 * $2)).0/24" $((https + 10 * $2)) $((http + 10 * $2))
}

number() { local a b c d; IFS=. read -r a b c d <<<"$1"; echo $(((a << 24) + (b << 16) + (c << 8) + d)); }

# overlap NETWORK NETWORK: whether two networks (address/bits) share addresses
overlap() {
  local bits=${1#*/} mask
  [ "${2#*/}" -ge "$bits" ] || bits=${2#*/}
  mask=$(((0xffffffff << (32 - bits)) & 0xffffffff))
  [ $(($(number "${1%/*}") & mask)) = $(($(number "${2%/*}") & mask)) ]
}

# What the machine uses: "name NAME", "subnet NETWORK", "port PORT".
in_use() {
  if docker info >/dev/null 2>&1; then
    docker network ls -q | xargs -r docker network inspect -f '{{"name"}} {{.Name}}{{range .IPAM.Config}}{{"\n"}}subnet {{.Subnet}}{{end}}'
    docker ps -a --format '{{"name"}} {{.Label "identityops.wso2is.lab"}}'
  fi
  # Other networks: a VPN's for example.
  ip -4 route 2>/dev/null | awk '$1 ~ /\// {print "subnet", $1}'
  ss -Htln 2>/dev/null | awk '{sub(/.*:/, "", $4); print "port", $4}'
}

owner() { cat "$registry/$1" 2>/dev/null || true; }

# is_free NUMBER: whether no clone has it and nothing of it is in use
is_free() {
  local owner kind prefix subnet https http what value
  owner=$(owner "$1")
  # What a clone had that is not there any more may be taken.
  if [ -n "$owner" ] && [ -e "$owner/identity.yml" ]; then return 1; fi
  for kind in demo test; do
    { read -r prefix; read -r subnet; read -r https; read -r http; } < <(values "$kind" "$1")
    while read -r what value; do
      case $what in
        name) [ "$value" != "$prefix" ] || return 1 ;;
        subnet) ! [[ $value =~ ^[0-9.]+/[0-9]+$ ]] || ! overlap "$value" "$subnet" || return 1 ;;
        # Those of the virtual machines too (lab/vm-lib.sh).
        port) case $value in "$https" | "$http" | $((https + 20000)) | $((https + 20001)) | $((https + 20002))) return 1 ;; esac ;;
      esac
    done <<<"$used"
  done
}

# write FILE KIND NUMBER
write() {
  local name value
  { echo "# Made by lab/identity.sh, which says what it is."
    for name in "${names[@]}"; do read -r value; printf '%s: %s\n' "$name" "$value"; done < <(values "$2" "$3")
  } >"$1.new"
  mv "$1.new" "$1"
}

# take NUMBER: and let the next clone choose
take() {
  printf '%s\n' "$LAB_DIR" >"$registry/$1"
  write "$LAB_DIR/identity-test.yml" test "$1"
  write "$LAB_DIR/identity.yml" demo "$1"
  exec 9>&-
}

choose() {
  local candidate used
  mkdir -p "$LAB_DIR" "$registry"
  exec 9>"$registry/lock"
  flock -w 60 9 || die "another clone has chosen its identity for a minute; the lock is $registry/lock"
  # The scratch folder may have been emptied: a clone keeps its number, under which its lab may be up.
  for ((candidate = 0; candidate <= last; candidate++)); do
    if [ "$(owner "$candidate")" = "$LAB_DIR" ]; then take "$candidate"; return; fi
  done
  used=$(in_use)
  for ((candidate = 0; candidate <= last; candidate++)); do
    if is_free "$candidate"; then take "$candidate"; return; fi
  done
  die "no free names, subnets and ports for another lab (1 to $((last + 1)) are taken); remove a lab (make demo-down) and its clone, or set ${names[*]}"
}

kind=demo
case ${1:-} in demo | test) kind=$1; shift ;; esac
file=$LAB_DIR/identity.yml
[ "$kind" = demo ] || file=$LAB_DIR/identity-test.yml

missing=()
for name in "${names[@]}"; do [ -n "${!name:-}" ] || missing+=("$name"); done
if [ ${#missing[@]} -gt 0 ]; then
  LAB_DIR=$(mkdir -p "$LAB_DIR" && cd "$LAB_DIR" && pwd)
  [ -e "$LAB_DIR/identity.yml" ] && [ -e "$file" ] || choose
  while IFS=': ' read -r name value; do
    case " ${missing[*]} " in *" $name "*) printf -v "$name" %s "$value" ;; esac
  done <"$file"
fi
export "${names[@]}"
if [ $# -gt 0 ]; then exec "$@"; fi
for name in "${names[@]}"; do printf '%s=%s\n' "$name" "${!name}"; done
