#!/usr/bin/env bash
# Start the lab: network, shared volume, containers with systemd, PostgreSQL with its databases. All nodes, or the ones named:
# lab/up.sh lb1 is1 is2 db1. LAB_IMAGE_<node> gives a node another image. What is up already stays as it is; a container whose
# settings (image name, address, ports) changed is made anew, and what was installed in it is gone.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
label=identityops.wso2is.lab
databases=(is_user is_identity is_workflow an_stats an_cluster an_persistence)   # owner: a user of that name, password <name>-pw
nodes=("$@")
[ $# -gt 0 ] || nodes=("${LAB_NODES[@]}")
for node in "${nodes[@]}"; do lab_address "$node" >/dev/null; done

# systemd in a container without --privileged. With cgroup v1 it has to be told to use it, and sees the host's hierarchy.
# With cgroup v2 it has a hierarchy of its own, which lab-init makes writable.
system_flags=(
  --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined
  --tmpfs /run --tmpfs /run/lock --tmpfs '/tmp:exec,mode=1777' --stop-signal SIGRTMIN+3 -e container=docker)
command=(/usr/local/sbin/lab-init)
if [ "$(docker info -f '{{.CgroupVersion}}')" = 1 ]; then
  system_flags+=(--cgroupns=host -v /sys/fs/cgroup:/sys/fs/cgroup:rw -e SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1)
  command+=(systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1)
else
  system_flags+=(--cgroupns=private)
fi

# start NODE CURRENT: CURRENT is "state hash" of the container that is there, or empty
start() {
  local node=$1 state=${2%% *} name=$LAB_PREFIX-$1 hash flags
  flags=(--name "$name" --hostname "$node" --network "$LAB_PREFIX" --ip "$(lab_address "$node")" --network-alias "$node"
    --add-host "$LAB_PUBLIC_HOST:$(lab_address lb1)" "${system_flags[@]}")
  case $node in
    lb1) flags+=(-p "127.0.0.1:$LAB_PUBLIC_PORT:$LAB_PUBLIC_PORT" -p "127.0.0.1:$LAB_PUBLIC_HTTP_PORT:$LAB_PUBLIC_HTTP_PORT") ;;
    is*) flags+=(-v "$LAB_PREFIX-shared:/mnt/wso2is-shared") ;;
  esac
  hash=$(printf '%s\n' "${flags[@]}" "$(lab_image "$node")" "${command[@]}" | sha256sum | cut -c1-16)
  case $2 in
    "running $hash") return ;;
    "exited $hash" | "created $hash") docker start "$name" >/dev/null; return ;;
    "paused $hash") docker unpause "$name" >/dev/null; return ;;
    '') ;;
    *) say "$name is $state and not as wanted: made anew"; docker rm -f "$name" >/dev/null ;;
  esac
  docker run -d "${flags[@]}" --label "$label=$LAB_PREFIX" --label "$label.config=$hash" "$(lab_image "$node")" "${command[@]}" >/dev/null
}

booted() {
  case $(docker exec "$LAB_PREFIX-$1" systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) return 1 ;; esac
}

bring_up() {
  start "$1" "$(awk -v name="$LAB_PREFIX-$1" '$1 == name {print $2, $3}' <<<"$present")" &&
    wait_for 120 "$1 boots (docker logs $LAB_PREFIX-$1)" booted "$1"
}

postgresql_answers() { docker exec "$1" pg_isready -q -h "$(lab_address db1)"; }

make_databases() {
  docker exec -i -u postgres "$1" psql -qAtX -v ON_ERROR_STOP=1 -v names="${databases[*]}" >/dev/null <<'SQL'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', n, n || '-pw') FROM string_to_table(:'names', ' ') n
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = n) \gexec
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8''', n, n) FROM string_to_table(:'names', ' ') n
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = n) \gexec
SQL
}

docker network inspect "$LAB_PREFIX" >/dev/null 2>&1 ||
  docker network create --subnet "$LAB_SUBNET" --label "$label=$LAB_PREFIX" "$LAB_PREFIX" >/dev/null ||
  die "no network $LAB_SUBNET; if the address is taken, set LAB_SUBNET to another /24"
docker volume inspect "$LAB_PREFIX-shared" >/dev/null 2>&1 ||
  docker volume create --label "$label=$LAB_PREFIX" "$LAB_PREFIX-shared" >/dev/null
present=$(docker ps -a --filter "label=$label=$LAB_PREFIX" --format "{{.Names}} {{.State}} {{.Label \"$label.config\"}}")

jobs=()
for node in "${nodes[@]}"; do bring_up "$node" & jobs+=($!); done
for job in "${jobs[@]}"; do wait "$job"; done
for node in "${nodes[@]}"; do
  case $node in db*)
    wait_for 60 "PostgreSQL answers on $node" postgresql_answers "$LAB_PREFIX-$node"
    make_databases "$LAB_PREFIX-$node"
    ;;
  esac
done
say "up: ${nodes[*]} ($LAB_PREFIX, $LAB_SUBNET)"
