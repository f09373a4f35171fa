#!/usr/bin/env bash
# Make the lab's certificates and stores in .lab/ca: a certificate authority, one key for all Identity Server nodes (with the public
# name), one for the Analytics nodes, one for the load balancer, and truststores. Renewed when the public name changes and 30 days before they end.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
ca=$LAB_DIR/ca
days=820
recipe=1   # raise it when what is made changes
inputs="$recipe $LAB_PUBLIC_HOST"

if [ -f "$ca/.made-from" ] && { read -r renew_after made_from <"$ca/.made-from"; } &&
  [ "$made_from" = "$inputs" ] && [ "$(date +%s)" -lt "$renew_after" ]; then
  say "certificates: unchanged"
  exit 0
fi
mkdir -p "$ca"
chmod 0700 "$ca"
rm -f "$ca/.made-from"
# In the builder image, which has keytool. Passwords are the lab's own, known to everybody.
docker run --rm -i --user "$(id -u):$(id -g)" --network none -v "$ca:/ca" -w /ca \
  -e HOME=/tmp -e DAYS="$days" -e PUBLIC_HOST="$LAB_PUBLIC_HOST" "$LAB_BUILDER_IMAGE" bash -euo pipefail -s <<'CONTAINER'
umask 077
quiet() { "$@" >/tmp/log 2>&1 || { cat /tmp/log >&2; exit 1; }; }

# certificate FILE NAMES...: FILE.key and FILE.crt, signed by the lab's authority
certificate() {
  local file=$1 names
  shift
  names=$(printf ',DNS:%s' "$@")
  quiet openssl req -new -newkey rsa:2048 -noenc -keyout "$file.key" -subj "/O=WSO2 lab/CN=$1" -out "/tmp/$file.csr"
  quiet openssl x509 -req -in "/tmp/$file.csr" -CA ca.crt -CAkey ca.key -days "$DAYS" -out "$file.crt" -extfile <(
    printf '%s\n' "subjectAltName=${names#,}" basicConstraints=critical,CA:false keyUsage=critical,digitalSignature,keyEncipherment \
      extendedKeyUsage=serverAuth,clientAuth subjectKeyIdentifier=hash authorityKeyIdentifier=keyid)
}

# keystore FILE PASSWORD CERTIFICATE: the certificate's key as alias wso2carbon, type JKS
keystore() {
  rm -f "$1"
  STORE_PASSWORD=$2 quiet openssl pkcs12 -export -inkey "$3.key" -in "$3.crt" -certfile ca.crt -name wso2carbon -passout env:STORE_PASSWORD -out /tmp/store.p12
  STORE_PASSWORD=$2 quiet keytool -importkeystore -noprompt -srckeystore /tmp/store.p12 -srcstoretype PKCS12 -srcstorepass:env STORE_PASSWORD \
    -destkeystore "$1" -deststoretype JKS -deststorepass:env STORE_PASSWORD
}

truststore() {
  rm -f "$1"
  STORE_PASSWORD=$2 quiet keytool -importcert -noprompt -alias lab-ca -file ca.crt -keystore "$1" -storetype JKS -storepass:env STORE_PASSWORD
}

if ! [ -f ca.key ] || ! openssl x509 -in ca.crt -noout -checkend $((DAYS * 86400)) >/dev/null; then
  quiet openssl req -x509 -newkey rsa:2048 -noenc -keyout ca.key -out ca.crt -days 3650 -subj "/O=WSO2 lab/CN=WSO2 lab CA" \
    -addext basicConstraints=critical,CA:true,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign
fi
certificate lb "$PUBLIC_HOST"
certificate wso2carbon "$PUBLIC_HOST" localhost is1 is2 is3
certificate analytics localhost analytics1 analytics2
keystore wso2carbon.jks lab-is-store wso2carbon
truststore client-truststore.jks lab-is-store
keystore analytics.jks wso2carbon analytics
truststore analytics-truststore.jks wso2carbon
chmod 0644 ./*.crt
CONTAINER
printf '%s %s\n' "$(($(date +%s) + (days - 30) * 86400))" "$inputs" >"$ca/.made-from"
say "certificates: made for $LAB_PUBLIC_HOST in $ca"
