#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The worker runtime of the pack: ./worker.sh [start | stop | restart | version]; without a word it stays in the foreground.
link=$0
while [ -L "$link" ]; do
  target=$(readlink "$link")
  case $target in
    /*) link=$target ;;
    *) link=$(dirname "$link")/$target ;;
  esac
done
CARBON_HOME=$(cd "$(dirname "$link")/.." && pwd)
export CARBON_HOME
exec bash "$CARBON_HOME/wso2/worker/bin/carbon.sh" "$@"
