#!/usr/bin/env bash
# Say where the lab answers and how to log in.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
lab_identity
url=https://$LAB_PUBLIC_HOST:$LAB_PUBLIC_PORT
cat <<TEXT

  Identity Server, through lb1     $url/carbon/     admin / Lab-admin-1
  OpenID discovery                 $url/oauth2/oidcdiscovery/.well-known/openid-configuration
TEXT
if docker ps --format '{{.Names}}' | grep -qx "$LAB_PREFIX-analytics1"; then
  echo "  Analytics dashboards             https://$(lab_address analytics1):9643/portal and https://$(lab_address analytics2):9643/portal     admin / Lab-an-1"
fi
cat <<TEXT

  The name is the lab's own. To use it on this machine:
    a browser     chromium --host-resolver-rules="MAP $LAB_PUBLIC_HOST 127.0.0.1" $url/carbon/   (as root with --no-sandbox; trust $LAB_DIR/ca/ca.crt)
    curl          curl -L -c /dev/null --cacert $LAB_DIR/ca/ca.crt --resolve $LAB_PUBLIC_HOST:$LAB_PUBLIC_PORT:127.0.0.1 $url/carbon/
  A shell on a node: docker exec -it $LAB_PREFIX-is1 bash. The end: make demo-down.

TEXT
