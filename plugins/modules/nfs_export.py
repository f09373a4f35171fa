#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Export one directory by NFS 4.2."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nfs_export
short_description: Export one directory by NFS 4.2 to named clients
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Makes the directory, writes its exports and the versions that the NFS server speaks, and has the exports read again.
  - What the kernel exports now is compared as well, so that an execution that was killed in between is completed by
    the next one.
  - The root of a client is nobody on the share (C(root_squash)). Writes are on disk when they are answered (C(sync)).
  - Fails when the directory is something else, or when the kernel refuses to export it.
  - The whole host serves NFS 4.2 only; other exports of it are reached by that version too.
options:
  directory:
    description:
      - The directory. Missing parents are made with mode 0755.
    type: path
    required: true
  clients:
    description:
      - Addresses of the hosts that may mount it. All others are refused.
    type: list
    elements: str
    required: true
  name:
    description:
      - Name of the file below C(/etc/exports.d), without its ending.
    type: str
    required: true
  uid:
    description:
      - Number of the user who owns the directory; the server of the share need not know the user.
    type: int
    required: true
  gid:
    description:
      - Number of the group of the directory.
    type: int
    required: true
  mode:
    description:
      - Mode of the directory.
    type: str
    default: '0750'
  lease_seconds:
    description:
      - Seconds for which the server, after its start, waits for clients to claim again what they held, and after which
        it forgets a client that is gone.
    type: int
    default: 90
seealso:
  - module: identityops.wso2is.shared_artifacts
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: full
"""

EXAMPLES = r"""
- name: Export the shared directory to two nodes
  identityops.wso2is.nfs_export:
    directory: /srv/wso2is
    clients: [192.0.2.21, 192.0.2.22]
    name: login.example.org
    uid: 802
    gid: 802
  register: export
"""

RETURN = r"""
messages:
  description: What was changed, or would be.
  returned: always
  type: list
  elements: str
restart:
  description: Whether a server that runs must be started again to speak other versions or to wait for another time.
  returned: always
  type: bool
"""

import os
import re
import stat
import subprocess
from typing import Any, Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.linked_dir import TEMPORARY

OPTIONS = "rw,sync,root_squash,no_subtree_check,sec=sys"
VERSIONS = {"2": False, "3": False, "4": True, "4.0": False, "4.1": False, "4.2": True}
HEADER = "# Managed by Ansible, identityops.wso2is.nfs_export\n"


class ExportError(Exception):
    """The directory can not be exported. The text is for the operator."""


def exports_text(directory: str, clients: Sequence[str]) -> str:
    """The file below /etc/exports.d."""
    return HEADER + "%s %s\n" % (directory, " ".join("%s(%s)" % (client, OPTIONS) for client in clients))


def conf_text(lease_seconds: int) -> str:
    """The file below /etc/nfs.conf.d."""
    versions = "".join(
        "vers%s=%s\n" % (version, "y" if on else "n") for version, on in VERSIONS.items() if version != "2"
    )
    return HEADER + "[nfsd]\n%sgrace-time=%d\nlease-time=%d\n" % (versions, lease_seconds, lease_seconds)


def exported(etab: str, directory: str) -> dict[str, set[str]]:
    """Who the kernel exports a directory to, with the options; from the content of the table of exports."""
    found = {}
    for line in etab.splitlines():
        match = re.match(r"(\S+)\t(.+)\(([^()]*)\)$", line)
        if match and match[1] == directory:
            found[match[2]] = set(match[3].split(","))
    return found


def is_exported(etab: str, directory: str, clients: Sequence[str]) -> bool:
    """Whether the directory is exported to just these clients, as it is to be."""
    found = exported(etab, directory)
    return set(found) == set(clients) and all({"rw", "sync", "root_squash"} <= options for options in found.values())


def speaks(versions: str) -> bool:
    """Whether a server with this content of /proc/fs/nfsd/versions speaks what it is to."""
    found = {word[1:]: word[0] == "+" for word in versions.split()}
    return all(found.get(version, False) == on for version, on in VERSIONS.items())


def read(path: str) -> str | None:
    """The content of a file, or None when it can not be read."""
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return None


class Export:
    """The export on this host."""

    # The kernel and exportfs keep their state below the root too.
    def __init__(self, options: dict[str, Any], check: bool, root: str = "/") -> None:
        """Take over the options."""
        self.options = options
        self.check = check
        self.root = root.rstrip("/")
        self.messages: list[str] = []
        self.diff: list[dict[str, str]] = []

    def run(self) -> dict[str, Any]:
        """Do it all.

        :returns: What the module returns.
        :raises ExportError: if it can not be done.
        """
        options = self.options
        self._directory(os.path.normpath(options["directory"]))
        exports = exports_text(os.path.normpath(options["directory"]), options["clients"])
        conf = conf_text(options["lease_seconds"])
        self._file("/etc/nfs.conf.d/wso2is.conf", conf)
        written = self._file("/etc/exports.d/%s.exports" % options["name"], exports)
        self._exports(written)
        return {
            "changed": bool(self.messages),
            "messages": self.messages,
            "diff": self.diff,
            "restart": self._must_restart(),
        }

    def _directory(self, directory: str) -> None:
        path = self.root + directory
        uid, gid, mode = self.options["uid"], self.options["gid"], int(self.options["mode"], 8)
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            self.messages.append("make %s" % directory)
            if not self.check:
                os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
                os.mkdir(path, 0o700)
                os.chown(path, uid, gid)
                os.chmod(path, mode)
            return
        if not stat.S_ISDIR(found.st_mode):
            raise ExportError("%s is not a directory; remove it or change artifact_sync_nfs_directory" % directory)
        if (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) != (uid, gid, mode):
            self.messages.append("give %s to %d:%d, mode %04o" % (directory, uid, gid, mode))
            if not self.check:
                os.chown(path, uid, gid)
                os.chmod(path, mode)

    def _file(self, path: str, text: str) -> bool:
        found = read(self.root + path)
        if found == text:
            return False
        self.messages.append("write %s" % path)
        self.diff.append({"before_header": path, "after_header": path, "before": found or "", "after": text})
        if not self.check:
            os.makedirs(os.path.dirname(self.root + path), mode=0o755, exist_ok=True)
            temporary = os.path.join(os.path.dirname(self.root + path), TEMPORARY + os.path.basename(path))
            with open(temporary, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.chmod(temporary, 0o644)
            os.rename(temporary, self.root + path)
        return True

    def _exports(self, written: bool) -> None:
        etab = read(self.root + "/var/lib/nfs/etab") or ""
        directory = os.path.normpath(self.options["directory"])
        if not written and is_exported(etab, directory, self.options["clients"]):
            return
        self.messages.append("export %s to %s" % (directory, ", ".join(self.options["clients"])))
        if not self.check:
            done = subprocess.run(
                ["exportfs", "-ra"],
                env=dict(os.environ, LC_ALL="C"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode != 0:
                raise ExportError("exportfs -ra: %s" % done.stdout.decode("utf-8", "replace").strip())

    def _must_restart(self) -> bool:
        versions, threads, lease = (
            (read(self.root + "/proc/fs/nfsd/" + name) or "").strip()
            for name in ("versions", "threads", "nfsv4leasetime")
        )
        if not versions or threads in ("", "0"):
            # It does not run.
            return False
        return not speaks(versions) or lease != str(self.options["lease_seconds"])


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "clients": {"type": "list", "elements": "str", "required": True},
            "name": {"type": "str", "required": True},
            "uid": {"type": "int", "required": True},
            "gid": {"type": "int", "required": True},
            "mode": {"type": "str", "default": "0750"},
            "lease_seconds": {"type": "int", "default": 90},
        },
        supports_check_mode=True,
    )
    os.umask(0o022)
    try:
        result = Export(module.params, module.check_mode).run()
    except ExportError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="the directory can not be exported: %s" % error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
