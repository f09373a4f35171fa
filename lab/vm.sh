#!/usr/bin/env bash
# Three small virtual machines (nfs1, is1, is2) for what needs a kernel: lab/vm.sh up|boot|down|start|stop|ended|ssh|ssh-config
#   up          all three, empty, from a saved state where there is one; else booted, and their state saved
#   boot        all three, empty, really booted
#   down        end them and remove their disks
#   start NODE  boot one again that ended     stop NODE  pull its plug     ended NODE  wait until it has ended by itself
#   ssh NODE COMMAND...     ssh-config  what ssh needs to reach them
# Emulated in software: that works everywhere, and a /dev/kvm that is there need not work (LAB_VM_ACCEL=kvm where it does).
# They see each other only; ssh comes in on 127.0.0.1:LAB_VM_PORT and the two above.
set -euo pipefail
# shellcheck source=lab/vm-lib.sh
. "$(dirname "$0")/vm-lib.sh"
run=$LAB_VM_DIR/run
config=$LAB_VM_DIR/ssh_config
accelerate=(-accel "tcg,thread=multi,tb-size=192" -cpu "qemu64,-cx16")
[ "${LAB_VM_ACCEL:-tcg}" = tcg ] || accelerate=(-accel "$LAB_VM_ACCEL" -cpu host)

pid_of() {
  local pid
  pid=$(cat "$run/$1.pid" 2>/dev/null) || return 1
  # Only a machine of this lab: the number may be another process's by now.
  grep -qsF "$run/$1.qcow2" "/proc/$pid/cmdline" && echo "$pid"
}

ended() { ! pid_of "$1" >/dev/null; }

# launch NODE [STATE]: start the machine, from the beginning or from a saved state
launch() {
  local node=$1 state=${2:-} append="root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 fsck.mode=skip systemd.show_status=0 mitigations=off"
  ! pid_of "$node" >/dev/null || die "$node runs already"
  setsid nohup qemu-system-x86_64 -name "$node" "${accelerate[@]}" -smp 1 -m "$LAB_VM_MEMORY_MB" -nodefaults -display none -no-reboot \
    -kernel "$LAB_VM_IMAGE/vmlinuz" -initrd "$LAB_VM_IMAGE/initrd" -append "$append systemd.hostname=$node" \
    -drive "file=$run/$node.qcow2,if=virtio,format=qcow2,cache=unsafe" -device virtio-rng-pci \
    -netdev "user,id=host,restrict=on,hostfwd=tcp:127.0.0.1:$(vm_port "$node")-:22" -device "virtio-net-pci,netdev=host,mac=52:54:00:00:00:0$(vm_number "$node")" \
    -netdev "socket,id=lab,mcast=230.77.0.1:$((LAB_VM_PORT + 9)),localaddr=127.0.0.1" -device "virtio-net-pci,netdev=lab,mac=$(vm_mac "$node")" \
    ${state:+-loadvm "$state"} -monitor "unix:$run/$node.monitor,server,nowait" -serial "file:$run/$node.console" </dev/null >"$run/$node.log" 2>&1 &
  echo $! >"$run/$node.pid"
  wait_for 10 "$node starts" pid_of "$node" >/dev/null || { cat "$run/$node.log" >&2; die "$node did not start"; }
}

write_ssh_config() {
  local node
  {
    for node in "${LAB_VM_NODES[@]}"; do printf 'Host %s\n  Port %s\n' "$node" "$(vm_port "$node")"; done
    printf 'Host *\n  HostName 127.0.0.1\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n' "$LAB_VM_DIR/id_ed25519"
    # The machines are made anew all the time and can be reached from this host only.
    printf '  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n  ConnectTimeout 60\n'
    printf '  ServerAliveInterval 10\n  ServerAliveCountMax 6\n'
  } >"$config"
}

on() { local node=$1; shift; ssh -F "$config" "$node" "$@"; }
# A machine that ended never answers.
answers_or_ended() { on "$1" true 2>/dev/null || ended "$1"; }
wait_for_ssh() {
  wait_for 240 "$1 answers (console: $run/$1.console)" answers_or_ended "$1"
  ! ended "$1" || { cat "$run/$1.log" >&2; die "$1 ended"; }
}
# What comes from a saved state has that state's time.
set_clock() { wait_for_ssh "$1" && on "$1" "date -us @$(date +%s)" >/dev/null; }

# monitor NODE COMMAND: a command of the machine's monitor, until it is done
monitor() {
  python3 - "$run/$1.monitor" "$2" <<'PYTHON'
import socket
import sys

with socket.socket(socket.AF_UNIX) as monitor:
    monitor.settimeout(120)
    monitor.connect(sys.argv[1])
    for command in ("", sys.argv[2]):
        monitor.sendall(command.encode() + b"\n" if command else b"")
        answer = b""
        while not answer.endswith(b"(qemu) "):
            answer += monitor.recv(4096)
PYTHON
}

each() {
  local jobs=() node job
  for node in "${LAB_VM_NODES[@]}"; do "$@" "$node" & jobs+=($!); done
  for job in "${jobs[@]}"; do wait "$job"; done
}

down() {
  local node pid
  for node in "${LAB_VM_NODES[@]}"; do
    if pid=$(pid_of "$node"); then
      kill "$pid"
      wait_for 20 "$node ends" bash -c "! [ -d /proc/$pid ]"
    fi
  done
  rm -rf "$run"
}

fresh_disk() { qemu-img create -q -f qcow2 -F raw -b "$LAB_VM_IMAGE/disk.raw" "$run/$1.qcow2"; }
boot_all() {
  each fresh_disk
  local node
  for node in "${LAB_VM_NODES[@]}"; do launch "$node"; done
  each wait_for_ssh
}
save() { on "$1" 'systemctl is-system-running --wait >/dev/null; sync'; monitor "$1" "savevm booted"; cp --reflink=auto "$run/$1.qcow2" "$state/$1.qcow2"; }
load() { cp --reflink=auto "$state/$1.qcow2" "$run/$1.qcow2"; }

case ${1:-up} in
  up | boot)
    "$LAB_ROOT/lab/vm-image.sh"
    down
    mkdir -p "$run"
    write_ssh_config
    # The saved state is one of this image and these arguments.
    state=$LAB_VM_DIR/state-$({ cat "$0" "$LAB_VM_IMAGE/inputs"; echo "${accelerate[*]} $LAB_VM_MEMORY_MB $LAB_VM_PORT $LAB_VM_DIR"; qemu-system-x86_64 --version; } | sha256sum | cut -c1-12)
    if [ "${1:-up}" = up ] && [ -f "$state/complete" ]; then
      each load
      for node in "${LAB_VM_NODES[@]}"; do launch "$node" booted; done
      each set_clock
      say "virtual machines: ${LAB_VM_NODES[*]} from their saved state after $SECONDS s"
    else
      boot_all
      say "virtual machines: ${LAB_VM_NODES[*]} booted after $SECONDS s"
      if [ "${1:-up}" = up ]; then
        rm -rf "$LAB_VM_DIR"/state-*
        mkdir -p "$state"
        each save
        touch "$state/complete"
        say "virtual machines: state saved after $SECONDS s"
      fi
    fi
    ;;
  down) down ;;
  start) vm_number "$2" >/dev/null; launch "$2"; wait_for_ssh "$2" ;;
  stop)
    if pid=$(pid_of "$2"); then kill "$pid"; wait_for 20 "$2 ends" bash -c "! [ -d /proc/$pid ]"; fi
    ;;
  ended) wait_for 240 "$2 ends by itself" ended "$2" ;;
  ssh) shift; on "$@" ;;
  ssh-config) echo "$config" ;;
  *) die "usage: lab/vm.sh up|boot|down|start NODE|stop NODE|ended NODE|ssh NODE COMMAND...|ssh-config" ;;
esac
