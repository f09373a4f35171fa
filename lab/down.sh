#!/usr/bin/env bash
# Remove the lab's containers, network and shared volume (of this LAB_PREFIX only); or only the containers of the nodes named.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
lab_identity
filter=(--filter "label=identityops.wso2is.lab=$LAB_PREFIX")
docker info >/dev/null 2>&1 || { say "no Docker engine answers: nothing to remove"; exit 0; }

if [ $# -gt 0 ]; then
  for node in "$@"; do
    docker ps -aq "${filter[@]}" --filter "name=^/?$LAB_PREFIX-$node\$" | xargs -r docker rm -fv >/dev/null
  done
  say "removed: $*"
else
  docker ps -aq "${filter[@]}" | xargs -r docker rm -fv >/dev/null
  docker network ls -q "${filter[@]}" | xargs -r docker network rm >/dev/null
  docker volume ls -q "${filter[@]}" | xargs -r docker volume rm >/dev/null
  say "removed: $LAB_PREFIX"
fi
