#!/usr/bin/env bash
# Start the lab: network, shared volume, containers with systemd, PostgreSQL with its databases. All nodes, or the ones named:
# lab/up.sh lb1 is1 is2 db1. LAB_IMAGE_<node> gives a node another image, LAB_SHARE_<node> another shared volume (default: shared),
# LAB_DATABASES names further databases. What is up already stays as it is; a container whose settings (image name, address, ports)
# changed is made anew, and what was installed in it is gone.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
lab_identity
label=identityops.wso2is.lab
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

# share NODE: the volume on which it shares files
share() {
  local chosen=LAB_SHARE_$1
  printf '%s-%s\n' "$LAB_PREFIX" "${!chosen:-shared}"
}

# start NODE CURRENT: CURRENT is "state hash" of the container that is there, or empty
start() {
  local node=$1 state=${2%% *} name=$LAB_PREFIX-$1 hash flags
  flags=(--name "$name" --hostname "$node" --network "$LAB_PREFIX" --ip "$(lab_address "$node")" --network-alias "$node"
    --add-host "$LAB_PUBLIC_HOST:$(lab_address lb1)" "${system_flags[@]}")
  case $node in
    lb1) flags+=(-p "127.0.0.1:$LAB_PUBLIC_PORT:$LAB_PUBLIC_PORT" -p "127.0.0.1:$LAB_PUBLIC_HTTP_PORT:$LAB_PUBLIC_HTTP_PORT") ;;
    is*) flags+=(-v "$(share "$node"):/mnt/wso2is-shared") ;;
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

docker network inspect "$LAB_PREFIX" >/dev/null 2>&1 ||
  docker network create --subnet "$LAB_SUBNET" --label "$label=$LAB_PREFIX" "$LAB_PREFIX" >/dev/null ||
  die "no network $LAB_SUBNET; if the address is taken, set LAB_SUBNET to another /24"
for node in "${nodes[@]}"; do
  [[ $node != is* ]] || docker volume inspect "$(share "$node")" >/dev/null 2>&1 ||
    docker volume create --label "$label=$LAB_PREFIX" "$(share "$node")" >/dev/null
done
present=$(docker ps -a --filter "label=$label=$LAB_PREFIX" --format "{{.Names}} {{.State}} {{.Label \"$label.config\"}}")

jobs=()
for node in "${nodes[@]}"; do bring_up "$node" & jobs+=($!); done
for job in "${jobs[@]}"; do wait "$job"; done
for node in "${nodes[@]}"; do
  [[ $node != db* ]] || "$LAB_ROOT/lab/databases.sh" "$node"
done
say "up: ${nodes[*]} ($LAB_PREFIX, $LAB_SUBNET)"
