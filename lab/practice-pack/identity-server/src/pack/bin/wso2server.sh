#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Starts the practice pack of WSO2 Identity Server 5.8.0. Commands, exit codes and environment variables are the product's.

link=$0
while [ -h "$link" ]; do
  to=$(readlink "$link")
  case $to in
    /*) link=$to ;;
    *) link=$(dirname "$link")/$to ;;
  esac
done
here=$(cd "$(dirname "$link")/.." && pwd)
[ -n "$CARBON_HOME" ] || CARBON_HOME=$here
export CARBON_HOME

if [ -n "$JAVA_HOME" ]; then
  java=$JAVA_HOME/bin/java
else
  java=java
fi
if ! command -v "$java" >/dev/null 2>&1; then
  echo "Error: JAVA_HOME is not defined correctly."
  echo " CARBON cannot execute $java"
  exit 1
fi
if [ -z "$JAVA_HOME" ]; then
  echo "You must set the JAVA_HOME variable before running CARBON."
  exit 1
fi

pid=
[ -e "$CARBON_HOME/wso2carbon.pid" ] && pid=$(head -n 1 "$CARBON_HOME/wso2carbon.pid" | tr -d '\000')

usage() {
  cat <<'TEXT'
Usage: wso2server.sh [command] [system properties]
  start | stop | restart   run in the background, end it, both
  version                  what this is
  --debug PORT             wait for a debugger on the port
  (no command)             run in the foreground
  -DportOffset=N and other -D properties are handed to the server
TEXT
}

command=
arguments=
debug=
for argument in "$@"; do
  if [ "$command" = debug ] && [ -z "$debug" ]; then
    debug=$argument
    continue
  fi
  case $argument in
    --debug | -debug | debug) command=debug ;;
    --stop | -stop | stop) command=stop ;;
    --start | -start | start) command=start ;;
    --restart | -restart | restart) command=restart ;;
    --run | -run | run) command=run ;;
    --version | -version | version) command=version ;;
    --help | -help | help) command=help ;;
    *) arguments="$arguments $argument" ;;
  esac
done

alive() {
  [ -n "$pid" ] && ps -p "$pid" >/dev/null 2>&1
}

# Comes back at once, whatever becomes of the server.
background() {
  for argument in $arguments; do set -- "$@" "$argument"; done
  nohup sh "$CARBON_HOME/bin/wso2server.sh" "$@" >/dev/null 2>&1 &
}

case $command in
  help)
    usage
    exit 0
    ;;
  version)
    cat "$CARBON_HOME/bin/version.txt" "$CARBON_HOME/bin/wso2carbon-version.txt"
    exit 0
    ;;
  start)
    if alive; then
      echo "Process is already running"
      exit 0
    fi
    background
    exit 0
    ;;
  stop)
    # Does not wait.
    kill -TERM "$pid"
    exit 0
    ;;
  restart)
    kill -TERM "$pid"
    while alive; do
      sleep 1
    done
    background
    exit 0
    ;;
  debug)
    if [ -z "$debug" ]; then
      echo " Please specify the debug port after the --debug option"
      exit 1
    fi
    JAVA_OPTS="-Xdebug -Xrunjdwp:transport=dt_socket,server=y,suspend=y,address=$debug $JAVA_OPTS"
    ;;
esac

if ! "$java" -version 2>&1 | grep -q '1\.[78]'; then
  echo " Starting WSO2 Carbon (in unsupported JDK)"
  echo " [ERROR] CARBON is supported only on JDK 1.7 and 1.8"
fi

# Our classes first: two of them stand in for classes of Axis2.
classpath=$CARBON_HOME/repository/components/plugins/identity-server-practice.jar
for jar in "$CARBON_HOME"/repository/components/plugins/*.jar "$CARBON_HOME"/repository/components/lib/*.jar "$CARBON_HOME"/repository/components/dropins/*.jar; do
  [ -e "$jar" ] && classpath=$classpath:$jar
done

[ -n "$JVM_MEM_OPTS" ] || JVM_MEM_OPTS="-Xms256m -Xmx1024m"
rm -rf "$CARBON_HOME"/tmp/*
mkdir -p "$CARBON_HOME/tmp" "$CARBON_HOME/repository/logs"
cd "$CARBON_HOME" || exit 1
echo "JAVA_HOME environment variable is set to $JAVA_HOME"
echo "CARBON_HOME environment variable is set to $CARBON_HOME"
echo "Practice pack of WSO2 Identity Server 5.8.0: for the lab only, not WSO2's product"

# The variables hold several options, separated by blanks.
set --
for option in $JVM_MEM_OPTS -XX:+UseSerialGC -XX:TieredStopAtLevel=1; do set -- "$@" "$option"; done
set -- "$@" -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath="$CARBON_HOME/repository/logs/heap-dump.hprof"
for option in $JAVA_OPTS; do set -- "$@" "$option"; done
set -- "$@" \
  -classpath "$classpath" \
  -Djava.endorsed.dirs="$CARBON_HOME/lib/endorsed" \
  -Djava.io.tmpdir="$CARBON_HOME/tmp" \
  -Dcarbon.registry.root=/ \
  -Dcarbon.home="$CARBON_HOME" \
  -Dcarbon.config.dir.path="$CARBON_HOME/repository/conf" \
  -Dcarbon.repository.dir.path="$CARBON_HOME/repository" \
  -Djava.util.logging.config.file="$CARBON_HOME/repository/conf/etc/logging-bridge.properties" \
  -Dhttpclient.hostnameVerifier=DefaultAndLocalhost \
  -Djava.security.egd=file:/dev/./urandom \
  -Dfile.encoding=UTF8 \
  -Djava.net.preferIPv4Stack=true
for argument in $arguments; do set -- "$@" "$argument"; done

status=121
while [ "$status" = 121 ]; do
  "$java" "$@" identityops.practice.is.Main
  status=$?
done
exit "$status"
