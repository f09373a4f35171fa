# shellcheck shell=bash
# Returns when nginx answers with the wanted configuration; fails with the last lines of its log if it does not.
# Arguments: status port, wanted configuration: the digests of nginx.conf and of the nodes; * stands for any.
port=$1 wanted=$2
read -r wanted_main wanted_nodes <<<"$wanted"
export LC_ALL=C
for _ in {1..100}; do
  answer=
  if { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; then
    printf 'GET /config HTTP/1.0\r\n\r\n' >&3
    while IFS= read -r -t 5 line <&3; do
      answer=$line
    done
    exec 3>&-
  fi
  read -r product main nodes <<<"$answer"
  if [ "$product" = wso2is ] && [ "${wanted_main/'*'/$main}" = "$main" ] && [ "$nodes" = "$wanted_nodes" ]; then
    exit 0
  fi
  sleep 0.1
done
printf 'nginx did not take over the configuration within 10 s (it says "%s", wanted "wso2is %s").\n' "$answer" "$wanted"
tail -n 5 /var/log/nginx/error.log
printf '%s\n' 'nginx goes on with the old configuration. If an address is in use: free the port or change the variable, and run again.' \
  'If it is in use by nginx itself (load_balancer_listen changed), only a restart helps: systemctl restart nginx'
exit 1
