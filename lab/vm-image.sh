#!/usr/bin/env bash
# Make the image of the lab's virtual machines, for what needs a kernel of its own (NFS): Debian 13 as a file system without
# partitions, its kernel and its initrd, in .lab/vm/image. An image whose inputs did not change is not made again.
# The packages of NFS are not installed but lie in the image as a small repository: the roles install them, without a network.
set -euo pipefail
# shellcheck source=lab/vm-lib.sh
. "$(dirname "$0")/vm-lib.sh"

install_tools() {
  local packages=() help="install qemu-system-x86, qemu-utils, mmdebstrap, e2fsprogs and openssh-client, then run this again"
  command -v qemu-system-x86_64 >/dev/null || packages+=(qemu-system-x86)
  command -v qemu-img >/dev/null || packages+=(qemu-utils)
  command -v mmdebstrap >/dev/null || packages+=(mmdebstrap)
  command -v mkfs.ext4 >/dev/null || packages+=(e2fsprogs)
  command -v ssh-keygen >/dev/null || packages+=(openssh-client)
  [ ${#packages[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || die "for virtual machines: $help (found neither them nor apt as root)"
  say "installing ${packages[*]}"
  apt-get -qq -o DPkg::Lock::Timeout=300 update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${packages[@]}" >/dev/null
}

PATH=$PATH:/usr/sbin:/sbin
[ "$(uname -m)" = x86_64 ] || die "virtual machines need an x86_64 host, this is $(uname -m)"
install_tools
mkdir -p "$LAB_VM_DIR"
[ -f "$LAB_VM_DIR/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C wso2is-lab -f "$LAB_VM_DIR/id_ed25519"

inputs=$(cat "$0" "$(dirname "$0")/vm-lib.sh" "$LAB_VM_DIR/id_ed25519.pub" | sha256sum | cut -c1-16)
if [ "$(cat "$LAB_VM_IMAGE/inputs" 2>/dev/null)" = "$inputs" ]; then say "VM image: unchanged"; exit 0; fi
[ "$(id -u)" = 0 ] || die "making the image of the virtual machines needs root"
mirror=${LAB_DEBIAN_MIRROR:-$(apt-get indextargets --format "\$(REPO_URI) \$(ORIGIN)" 'Created-By: Packages' | awk '$2 == "Debian" {print $1}' | head -n 1)}
[ -n "$mirror" ] || die "this host has no Debian mirror; set LAB_DEBIAN_MIRROR"
work=$(mktemp -d "$LAB_VM_DIR/making.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

# What the roles install: in the image as packages, not installed.
cat >"$work/prepare" <<'SH'
#!/bin/sh
set -eu
cd "$1"
rm -f var/cache/apt/archives/*.deb
chroot . apt-get -qq install --download-only -y --no-install-recommends nfs-kernel-server nfs-common >/dev/null
mkdir -p srv/packages
mv var/cache/apt/archives/*.deb srv/packages/
for package in srv/packages/*.deb; do
  dpkg-deb -f "$package"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${package##*/}" "$(stat -c %s "$package")" "$(sha256sum "$package" | cut -d' ' -f1)"
done >srv/packages/Packages
printf 'deb [trusted=yes] file:/srv/packages ./\n' >etc/apt/sources.list
printf 'virtio_blk\nvirtio_pci\nvirtio_net\next4\n' >>etc/initramfs-tools/modules
sed -i s/^MODULES=.*/MODULES=list/ etc/initramfs-tools/initramfs.conf
chroot . update-initramfs -u -k all
SH
chmod +x "$work/prepare"
say "making the VM image from $mirror"
mmdebstrap --quiet --mode=root --variant=minbase --format=directory \
  --include=systemd,systemd-sysv,systemd-resolved,dbus,udev,python3,python3-apt,iproute2,procps,util-linux,ca-certificates,openssh-server \
  --include=linux-image-cloud-amd64,initramfs-tools,kmod,zstd,nftables \
  --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --customize-hook="$work/prepare" \
  trixie "$root" "deb $mirror trixie main" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "the VM image was not made"; }

echo '/dev/vda / ext4 rw,noatime 0 0' >"$root/etc/fstab"
{
  printf '127.0.0.1 localhost\n%s %s\n' "$(vm_address is1)" "$LAB_PUBLIC_HOST"
  for node in "${LAB_VM_NODES[@]}"; do printf '%s %s\n' "$(vm_address "$node")" "$node"; done
} >"$root/etc/hosts"
install -d -m 0700 "$root/root/.ssh"
install -m 0600 "$LAB_VM_DIR/id_ed25519.pub" "$root/root/.ssh/authorized_keys"
# The first interface leads to the host (ssh comes in there), the second one to the other machines: addresses by MAC.
printf '[Match]\nDriver=virtio_net\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/90-host.network"
for node in "${LAB_VM_NODES[@]}"; do
  printf '[Match]\nMACAddress=%s\n[Network]\nAddress=%s/24\nLinkLocalAddressing=no\n' "$(vm_mac "$node")" "$(vm_address "$node")" \
    >"$root/etc/systemd/network/20-$node.network"
done
chroot "$root" systemctl -q enable systemd-networkd ssh
chroot "$root" systemctl -q disable systemd-resolved
chroot "$root" systemctl -q mask systemd-networkd-wait-online apt-daily.timer apt-daily-upgrade.timer systemd-pstore tmp.mount \
  dev-hugepages.mount dev-mqueue.mount e2scrub_reap.service e2scrub_all.timer fstrim.timer
# Each of them is run by every reload of systemd, which emulation makes slow, and none is needed here.
for generator in "$root"/usr/lib/systemd/system-generators/*; do
  case ${generator##*/} in systemd-fstab-generator | systemd-getty-generator | systemd-system-update-generator | systemd-debug-generator | nfs-* | rpc-*) ;;
    *) mkdir -p "$root/etc/systemd/system-generators"; ln -sf /dev/null "$root/etc/systemd/system-generators/${generator##*/}" ;;
  esac
done
# Emulated machines need no keys of their own, and making them takes long.
chroot "$root" ssh-keygen -q -A
mkdir -p "$work/image"
cp "$root"/boot/vmlinuz-* "$work/image/vmlinuz"
cp "$root"/boot/initrd.img-* "$work/image/initrd"
truncate -s 2G "$work/image/disk.raw"
mkfs.ext4 -q -F -L root -d "$root" "$work/image/disk.raw"
echo "$inputs" >"$work/image/inputs"
rm -rf "$LAB_VM_IMAGE"
mv "$work/image" "$LAB_VM_IMAGE"
say "VM image: made"
