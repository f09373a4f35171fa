# shellcheck shell=bash
# Sourced by vm.sh and vm-image.sh: names, addresses and ports of the lab's virtual machines.
# Two labs side by side differ in LAB_VM_PORT (made of the lab's LAB_PUBLIC_PORT) and LAB_DIR.

# shellcheck source=lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
lab_identity
# ssh of the first machine on 127.0.0.1, the others follow; 9 further it is their network. Below the range of outgoing connections.
: "${LAB_VM_PORT:=$((LAB_PUBLIC_PORT + 20000))}"
: "${LAB_VM_MEMORY_MB:=512}"
LAB_VM_DIR=$LAB_DIR/vm
LAB_VM_IMAGE=$LAB_VM_DIR/image
LAB_VM_NODES=(nfs1 is1 is2)
export LAB_VM_PORT LAB_VM_MEMORY_MB LAB_VM_DIR LAB_VM_IMAGE

# vm_number NODE
vm_number() {
  local number
  for number in "${!LAB_VM_NODES[@]}"; do
    [ "${LAB_VM_NODES[$number]}" != "$1" ] || { echo "$number"; return; }
  done
  die "no virtual machine '$1'; known: ${LAB_VM_NODES[*]}"
}

vm_port() { echo "$((LAB_VM_PORT + $(vm_number "$1")))"; }
vm_address() { echo "192.168.77.$((11 + $(vm_number "$1")))"; }
vm_mac() { echo "52:54:00:77:00:0$(vm_number "$1")"; }
