# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in for the Identity Server in an emulated machine, where Java would take minutes to start.

It opens the ports, says the start line, and deploys and undeploys the files of the artifact directories as the practice
pack's deployer does: what it does not find is undeployed, and a publisher's password is encrypted in place. It looks
every second; the product looks every 15 seconds.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import os
import re
import socket
import sys
import time

HOME = os.path.dirname(os.path.dirname(os.path.realpath(sys.argv[0])))
DEPLOYMENT = os.path.join(HOME, "repository/deployment/server")
FOLDERS = ("eventstreams", "eventpublishers", "userstores", "bpel", "humantasks")
PORTS = (9443, 9763)


def say(text: str) -> None:
    """A line of the server's log."""
    now = datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    with open(os.path.join(HOME, "repository/logs/wso2carbon.log"), "a", encoding="utf-8") as log:
        log.write("TID: [-1234] [] [%s]  INFO {stand-in} -  %s\n" % (now, text))


def encrypt(path: str) -> None:
    """Write a publisher anew when its password is not encrypted; as with the product, every node may do it."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    pattern = r'(<property [^>]*name="password"[^>]*?) *encrypted="false"([^>]*)>([^<]*)<'
    pattern_before = r'(<property) *encrypted="false"( [^>]*name="password"[^>]*)>([^<]*)<'
    for expression in (pattern, pattern_before):
        text, count = re.subn(
            expression,
            lambda match: (
                '%s encrypted="true"%s>%s<' % (match[1], match[2], base64.b64encode(match[3].encode()).decode())
            ),
            text,
        )
        if count:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)


def found() -> dict[str, str]:
    """The artifacts that are there, with what tells a changed one."""
    artifacts = {}
    for folder in FOLDERS:
        path = os.path.join(DEPLOYMENT, folder)
        # The product takes a folder that it cannot list for an empty one.
        with contextlib.suppress(OSError):
            for name in os.listdir(path):
                if not name.startswith("."):
                    status = os.stat(os.path.join(path, name))
                    artifacts[os.path.join(folder, name)] = "%d/%d" % (status.st_mtime_ns, status.st_size)
    return artifacts


def main() -> None:
    """Run until it is ended."""
    began = time.monotonic()
    sockets = []
    for port in PORTS:
        listener = socket.create_server(("", port))
        sockets.append(listener)
    deployed: dict[str, str] = {}
    while True:
        now = found()
        for name in sorted(set(deployed) - set(now)):
            say("Undeployed: %s" % name)
        for name in sorted(now):
            if deployed.get(name) != now[name]:
                say("Deployed: %s" % name)
                if name.startswith("eventpublishers/"):
                    encrypt(os.path.join(DEPLOYMENT, name))
        if not deployed:
            say("WSO2 Carbon started in %d sec" % (time.monotonic() - began))
        deployed = found()
        time.sleep(1)


if __name__ == "__main__":
    main()
