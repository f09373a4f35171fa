#!/usr/bin/env bash
# Run molecule for scenarios, one after another, in the lab of LAB_PREFIX: lab/molecule.sh test jdk is_node. At the end: how long each took.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
lab_identity
command=$1
shift
cd "$LAB_ROOT"
export LAB_NETWORK=${LAB_SUBNET%.0/24}
# What .config/molecule/config.yml takes for granted is cgroup v2. With v1 systemd has to be told to use it, and sees the host's hierarchy.
if [ "$(docker info -f '{{.CgroupVersion}}')" = 1 ]; then
  export LAB_INIT='/usr/local/sbin/lab-init systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'
  export LAB_CGROUP_NAMESPACE=host LAB_CGROUP_VOLUMES='["/sys/fs/cgroup:/sys/fs/cgroup:rw"]'
fi

# Whatever an earlier run has left of this lab, and the volumes on which nodes share files: the docker driver leaves them.
clean() {
  case $command in test | destroy) ;; *) return ;; esac
  "$LAB_ROOT/lab/down.sh" >/dev/null
  docker volume ls -q --filter "name=^$LAB_PREFIX-shared" | xargs -r docker volume rm >/dev/null
}

table=$(printf '%-16s %8s' scenario seconds)
for scenario; do
  start=$SECONDS
  clean
  # Few need a second Debian, so make images does not make it.
  if grep -q ':bookworm$' "molecule/$scenario/molecule.yml"; then "$LAB_ROOT/lab/images.sh" bookworm; fi
  status=0
  molecule "$command" --scenario-name "$scenario" || status=$?
  clean
  [ "$status" = 0 ] || die "molecule $command of $scenario failed ($status) after $((SECONDS - start)) s"
  table+=$(printf '\n%-16s %8s' "$scenario" $((SECONDS - start)))
done
printf '%s\n' "$table"
