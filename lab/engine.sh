#!/usr/bin/env bash
# Make a Docker engine available: lab/engine.sh [start]; lab/engine.sh stop ends only one that this script started by hand.
# Already answering: nothing is done. With systemd: its unit. Bare Debian or Ubuntu as root: installed and started by hand.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
pid_file=$LAB_DIR/dockerd.pid
log_file=$LAB_DIR/dockerd.log

engine_up() { docker info >/dev/null 2>&1; }
is_dockerd() { [ -n "$1" ] && [ "$(cat "/proc/$1/comm" 2>/dev/null)" = dockerd ]; }
describe() { docker info -f 'Docker {{.ServerVersion}}, {{.Driver}}, cgroup v{{.CgroupVersion}}'; }

# Names of running containers, without those of this clone's labs
others_containers() {
  local own
  own=$({ "$LAB_ROOT/lab/identity.sh" demo; "$LAB_ROOT/lab/identity.sh" test; } | sed -n 's/^LAB_PREFIX=//p')
  { docker ps --format '{{.Names}}' 2>/dev/null || true; } |
    awk -v own="$own" '{for (i = split(own, names); i && index($1, names[i] "-") != 1;) i--; if (!i) printf "%s%s", n++ ? " " : "", $1}'
}

stop_engine() {
  local pid others
  pid=$(cat "$pid_file" 2>/dev/null || true)
  others=$(others_containers)
  if is_dockerd "$pid" && [ -n "$others" ]; then
    say "engine: goes on, for containers that are not of this clone's labs: $others"
    return
  elif is_dockerd "$pid"; then
    kill "$pid"
    wait_for 60 "dockerd ($pid) ends" bash -c "! [ -d /proc/$pid ]"
    say "engine stopped"
  else
    say "no engine here that this script started by hand"
  fi
  rm -f "$pid_file"
}

install_engine() {
  local help="install a Docker engine (Debian/Ubuntu: apt-get install docker.io; others: your distribution's documentation) and start it, then run this again"
  [ "$(id -u)" = 0 ] || die "no Docker engine is installed and this is not root: $help; your user must be in the group docker"
  command -v apt-get >/dev/null || die "no Docker engine is installed: $help"
  local packages=(docker.io iptables)
  say "installing Docker (docker.io)"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  # Debian 13 and later have the client in a package of its own.
  [ -z "$(apt-cache madison docker-cli)" ] || packages+=(docker-cli)
  apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
  command -v docker >/dev/null || die "installed ${packages[*]}, but there is no docker command; install Docker's client"
}

start_by_hand() {
  mkdir -p "$LAB_DIR"
  # The pid file of an engine that was killed keeps the next one from starting.
  is_dockerd "$(cat /var/run/docker.pid 2>/dev/null || true)" || rm -f /var/run/docker.pid
  setsid nohup dockerd --log-level=warn >"$log_file" 2>&1 </dev/null &
  echo $! >"$pid_file"
  wait_for 60 "dockerd answers" engine_up || { tail -n 20 "$log_file" >&2; die "dockerd did not start; its log: $log_file"; }
}

case ${1:-start} in
  start)
    if engine_up; then say "engine: $(describe)"; exit 0; fi
    [ -z "${DOCKER_HOST:-}" ] || die "DOCKER_HOST=$DOCKER_HOST does not answer"
    PATH=$PATH:/usr/sbin:/sbin
    if ! command -v docker >/dev/null || ! command -v dockerd >/dev/null; then install_engine; fi
    if engine_up; then
      : # the package started it
    elif [ -d /run/systemd/system ]; then
      [ "$(id -u)" = 0 ] || die "the Docker engine does not answer; start it (sudo systemctl start docker) or join the group docker"
      systemctl start docker
      wait_for 60 "docker.service answers" engine_up
    else
      [ "$(id -u)" = 0 ] || die "the Docker engine does not answer; start it, or run this as root"
      start_by_hand
    fi
    say "engine started: $(describe)"
    ;;
  stop) stop_engine ;;
  *) die "usage: lab/engine.sh [start|stop]" ;;
esac
