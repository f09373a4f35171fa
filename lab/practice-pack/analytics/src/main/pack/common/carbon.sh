#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Practice pack: starts and stops one runtime. Words, exit statuses and fixed options are those of the real script.
RUNTIME_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
RUNTIME=$(basename "$RUNTIME_HOME")
[ -n "$CARBON_HOME" ] || CARBON_HOME=$(cd "$RUNTIME_HOME/../.." && pwd)
PID_FILE=$RUNTIME_HOME/runtime.pid

if [ -z "$JAVA_HOME" ]; then
  echo "JAVA_HOME is not set; this server needs it."
  exit 1
fi
JAVACMD=$JAVA_HOME/bin/java
if [ ! -x "$JAVACMD" ]; then
  echo "JAVA_HOME is wrong: $JAVACMD cannot be run."
  exit 1
fi

pid=
[ ! -e "$PID_FILE" ] || pid=$(head -n 1 "$PID_FILE")

word=
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    start|--start|-start) word=start ;;
    stop|--stop|-stop) word=stop ;;
    restart|--restart|-restart) word=restart ;;
    version|--version|-version) word=version ;;
    debug|--debug|-debug) word=debug; port=$2; shift ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

running() { [ -n "$pid" ] && ps -p "$pid" > /dev/null; }
background() { nohup bash "${BASH_SOURCE[0]}" "${arguments[@]}" > /dev/null 2>&1 & }

case $word in
  start)
    if running; then
      echo "Process is already running"
    else
      background
    fi
    exit 0
    ;;
  stop)
    kill -TERM "$pid"
    exit 0
    ;;
  restart)
    kill -TERM "$pid"
    while running; do sleep 1; done
    background
    exit 0
    ;;
  version)
    cat "$CARBON_HOME/bin/version.txt"
    exit 0
    ;;
  debug)
    if [ -z "$port" ]; then
      echo "--debug needs a port after it."
      exit 1
    fi
    JAVA_OPTS="-Xdebug -Xnoagent -Djava.compiler=NONE -Xrunjdwp:transport=dt_socket,server=y,suspend=y,address=$port"
    ;;
esac

if ! "$JAVACMD" -version 2>&1 | grep -q '1\.[8]'; then
  echo "[ERROR] This server supports JDK 1.8 only; going on all the same."
fi

mkdir -p "$RUNTIME_HOME/logs"
cd "$CARBON_HOME" || exit 1
# Status 121 asks for a new start.
status=121
# JAVA_OPTS holds several options, separated by blanks. What stands after them on the line wins over them.
options=()
for option in $JAVA_OPTS; do options+=("$option"); done
while [ $status -eq 121 ]; do
  "$JAVACMD" -Xms256m -Xmx1024m \
    -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath="$RUNTIME_HOME/logs/heap-dump.hprof" \
    "${options[@]}" \
    -Dcarbon.home="$CARBON_HOME" -Dwso2.runtime="$RUNTIME" -Dwso2.runtime.path="$RUNTIME_HOME" \
    -Djavax.net.ssl.keyStore="$CARBON_HOME/resources/security/wso2carbon.jks" -Djavax.net.ssl.keyStorePassword=wso2carbon \
    -Djavax.net.ssl.trustStore="$CARBON_HOME/resources/security/client-truststore.jks" -Djavax.net.ssl.trustStorePassword=wso2carbon \
    -Dlog4j.configurationFile="$CARBON_HOME/conf/$RUNTIME/log4j2.xml" -Dlog4j.shutdownHookEnabled=false \
    -Dfile.encoding=UTF8 -Djava.net.preferIPv4Stack=true \
    -classpath "$CARBON_HOME/wso2/lib/plugins/*:$CARBON_HOME/lib/*" \
    identityops.practice.analytics.Main "${arguments[@]}"
  status=$?
done
exit $status
