#!/usr/bin/env bash
# Make headless Chromium, its driver and certutil available: installs them on Debian as root, else says what to install.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
packages=(chromium chromium-driver libnss3-tools fonts-dejavu-core)

missing=()
for tool in chromium chromedriver certutil; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if [ ${#missing[@]} -eq 0 ]; then say "browser: there"; exit 0; fi
if ! grep -q '^ID=debian$' /etc/os-release 2>/dev/null || [ "$(id -u)" != 0 ]; then
  die "missing: ${missing[*]}; install Chromium, ChromeDriver and NSS's certutil (Debian: apt-get install ${packages[*]})"
fi
say "browser: installing ${packages[*]}"
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
