# shellcheck shell=bash
# Prints what is on this host: a key, then values, separated by tabs. Changes nothing.
# Arguments: status port, directory of the role, nginx.conf, file with the nodes.
port=$1 folder=$2 main=$3 nodes=$4
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

if command -v nginx >/dev/null; then
  nginx -V 2>&1 | sed 's/^/nginx\t/'
fi

if [ -d "$folder" ]; then
  printf 'directory\n'
fi
for file in "$main" "$folder"/*; do
  if [ -f "$file" ]; then
    digest=$(sha256sum <"$file")
    printf 'file\t%s\t%s\n' "${digest%% *}" "$(stat -L -c $'%a\t%U:%G\t%n' "$file")"
  fi
done
if grep -qsF "include $nodes;" "$main"; then
  printf 'included\n'
fi

printf 'enabled\t%s\n' "$(systemctl is-enabled nginx 2>/dev/null)"
printf 'active\t%s\n' "$(systemctl is-active nginx 2>/dev/null)"

# The running nginx answers itself: files on disk do not tell what it has read.
if { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; then
  printf 'GET /config HTTP/1.0\r\n\r\n' >&3
  while IFS= read -r -t 5 line <&3; do
    case $line in
      'wso2is '*) printf 'running\t%s\n' "${line#wso2is }" ;;
    esac
  done
fi

if [ "$(getenforce 2>/dev/null)" = Enforcing ]; then
  case $(getsebool httpd_can_network_connect 2>/dev/null) in
    *off) printf 'selinux\n' ;;
  esac
fi
exit 0
