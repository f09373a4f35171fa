#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take what a host has beyond inventory and pack into an archive, or put it back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_archive
short_description: Make an archive of directories of a WSO2 server, or put one back
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Makes an archive of the directories that the filter P(identityops.wso2is.backup_parts#filter) names, or makes them
    what they were when an archive was made.
  - The archive holds directories and plain files, with mode, owner (by number) and time of change. The same content
    gives the same archive. Symbolic links are not followed; they belong to the installation and are left alone.
  - A file that changes while it is read is read again.
  - Putting back writes what differs and removes what the archive does not have. Everything that can be refused is
    refused before the first change, such as a path that leads out of its directory. Each file is replaced at once or
    not at all.
options:
  path:
    description:
      - The archive on this host.
    type: path
    required: true
  state:
    description:
      - Whether to make the archive (V(made)) or to put it back (V(put_back)).
    type: str
    choices: [made, put_back]
    required: true
  roots:
    description:
      - The directories.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What the paths of the directory begin with in the archive.
        type: str
        required: true
      path:
        description:
          - The directory.
        type: path
        required: true
      only:
        description:
          - Names in the directory that belong into the archive. Empty means all.
        type: list
        elements: str
        default: []
      leave:
        description:
          - Paths in the directory that are left alone.
        type: list
        elements: str
        default: []
      release:
        description:
          - Name that the directory must have where its links lead. Empty means any.
        type: str
        default: ""
      required:
        description:
          - Whether the directory must be there.
        type: bool
        default: false
      mount:
        description:
          - Whether the directory must be a mount point.
        type: bool
        default: false
      marker:
        description:
          - Name of a JSON file in the directory that says C(cluster), which cluster it belongs to. It must be there for
            V(made); where it is, it must name O(roots[].cluster).
        type: str
        default: ""
      cluster:
        description:
          - That cluster.
        type: str
        default: ""
  sha256:
    description:
      - What the archive must be, for V(put_back).
    type: str
    default: ""
  uid:
    description:
      - Number of the user who reads and writes the directories, because a server of NFS may refuse root. What that user
        may not do is tried as root. Without it, and not as root, the module works as who runs it.
    type: int
  gid:
    description:
      - Number of that user's group.
    type: int
  units:
    description:
      - systemd units that must not run while an archive is put back. Not required in check mode.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Says what would be put back; makes no archive.
  diff_mode:
    support: full
    description: Names the files that are put back and removed. What they hold is not shown.
notes:
  - Fails when a directory is missing or another release, when the archive is not the one of O(sha256) or holds what is
    not allowed, and when a file cannot be read or written; the error names it.
seealso:
  - plugin: identityops.wso2is.backup_parts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Make an archive
  identityops.wso2is.server_archive:
    path: /var/tmp/is1.tar.gz
    state: made
    roots: "{{ (deployment | identityops.wso2is.backup_parts('is1'))['roots'] }}"
"""

RETURN = r"""
sha256:
  description: SHA-256 of the archive.
  type: str
  returned: when it was made
size:
  description: Size of the archive in bytes.
  type: int
  returned: when it was made
files:
  description: Number of files in it.
  type: int
  returned: when it was made
releases:
  description: For each root where its links lead, the directory's own name.
  type: dict
  returned: when it was made
links:
  description: Symbolic links that are not in the archive, by path.
  type: dict
  returned: when it was made
written:
  description: Files and directories that were put back or would be.
  type: list
  elements: str
  returned: when it was put back
removed:
  description: Files and directories that were removed or would be.
  type: list
  elements: str
  returned: when it was put back
ignored:
  description: Paths of the archive that belong to none of the directories any more.
  type: list
  elements: str
  returned: when it was put back
"""

import functools
import os
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.backup_archive import (
    ArchiveError,
    Root,
    file_sha256,
    make,
    put_back,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.child import (
    ChildDied,
    ChildTimeout,
    User,
    run_in_child,
)
from ansible_collections.identityops.wso2is.plugins.module_utils.systemd_units import show_units

ANSWER_SECONDS = 30
RUNS = ("active", "activating", "reloading", "deactivating")


def as_user(work: Callable[[], dict[str, Any]], user: User | None) -> dict[str, Any]:
    """Do the work as the user that the directories belong to, and what that user may not do as root.

    Raises:
        ArchiveError: what the work raised, or it did not end.
        OSError: what the work raised.
    """
    if user is None or os.geteuid() != 0:
        return work()

    def guarded() -> dict[str, Any]:
        # A child hands over no other exception than OSError.
        try:
            return work()
        except ArchiveError as error:
            return {"refused": str(error)}

    try:
        done: dict[str, Any] = run_in_child(guarded, user=user)
    except PermissionError:
        return work()
    except ChildDied as error:
        raise ArchiveError("the work on the directories ended without an answer") from error
    if "refused" in done:
        raise ArchiveError(done["refused"])
    return done


def probe(roots: list[Root]) -> None:
    """Make sure that the file systems answer.

    Raises:
        ArchiveError: one does not.
    """
    for root in roots:
        try:
            run_in_child(functools.partial(os.path.isdir, root.path), ANSWER_SECONDS)
        except (ChildTimeout, ChildDied) as error:
            raise ArchiveError(
                "%s does not answer within %d seconds: its file system is mounted but the server of it is not "
                "reachable" % (root.path, ANSWER_SECONDS)
            ) from error


def make_archive(path: str, roots: list[Root], user: User | None) -> dict[str, Any]:
    """Make an archive; see the return values of the module."""

    def work() -> dict[str, Any]:
        stream.seek(0)
        stream.truncate()
        return make(stream, roots)

    # Opened here: the user need not be able to reach it.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with open(handle, "w+b") as stream:
        done = as_user(work, user)
        stream.seek(0)
        done["sha256"] = file_sha256(stream)
        # Who fetches it has made the directory.
        above = os.stat(os.path.dirname(path))
        if os.geteuid() == 0:
            os.fchown(stream.fileno(), above.st_uid, above.st_gid)
        done["size"] = os.fstat(stream.fileno()).st_size
    done["releases"] = {
        root.name: os.path.basename(os.path.realpath(root.path)) for root in roots if os.path.isdir(root.path)
    }
    return done


def put_archive_back(path: str, roots: list[Root], user: User | None, sha256: str, check: bool) -> dict[str, Any]:
    """Put an archive back; see the return values of the module."""
    with open(path, "rb") as stream:
        found = file_sha256(stream)
        if found != sha256:
            raise ArchiveError("%s has the SHA-256 %s, required is %s" % (path, found, sha256))
        return as_user(lambda: put_back(stream, roots, check), user)


def still_running(units: list[str]) -> list[str]:
    """Those of the units that run."""
    names = ["%s.service" % unit for unit in units]
    about = show_units(names) if names else {}
    return [name for name in names if (about.get(name) or {}).get("active_state") in RUNS]


def roots_of(options: list[dict[str, Any]]) -> list[Root]:
    """The directories that were asked for."""
    return [
        Root(
            name=item["name"],
            path=os.path.normpath(item["path"]),
            only=tuple(item.get("only") or ()),
            leave=tuple(item.get("leave") or ()),
            release=item.get("release") or "",
            required=bool(item.get("required")),
            mount=bool(item.get("mount")),
            marker=item.get("marker") or "",
            cluster=item.get("cluster") or "",
        )
        for item in options
    ]


def shown(path: str, names: list[str]) -> dict[str, str]:
    """A diff that names files and shows nothing of them."""
    return {
        "before": "",
        "after": "".join("%s\n" % name for name in names),
        "before_header": path,
        "after_header": path,
    }


def run(module: AnsibleModule) -> dict[str, Any]:
    """Do what is asked for; the result of the module. Raises ArchiveError and OSError."""
    options = module.params
    roots = roots_of(options["roots"])
    user = None
    if options["uid"] is not None and options["gid"] is not None:
        user = User(options["uid"], options["gid"])
    probe(roots)
    if options["state"] == "made":
        if module.check_mode:
            return {"changed": True}
        return dict(make_archive(options["path"], roots, user), changed=True)
    running = [] if module.check_mode else still_running(options["units"])
    if running:
        raise ArchiveError("%s runs; stop it before its files are put back" % ", ".join(running))
    done = put_archive_back(options["path"], roots, user, options["sha256"], module.check_mode)
    names = done["written"] + ["%s (removed)" % name for name in done["removed"]]
    return dict(done, changed=bool(names), diff=shown(options["path"], names))


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["made", "put_back"], "required": True},
            "roots": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "path": {"type": "path", "required": True},
                    "only": {"type": "list", "elements": "str", "default": []},
                    "leave": {"type": "list", "elements": "str", "default": []},
                    "release": {"type": "str", "default": ""},
                    "required": {"type": "bool", "default": False},
                    "mount": {"type": "bool", "default": False},
                    "marker": {"type": "str", "default": ""},
                    "cluster": {"type": "str", "default": ""},
                },
            },
            "sha256": {"type": "str", "default": ""},
            "uid": {"type": "int"},
            "gid": {"type": "int"},
            "units": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    os.umask(0o077)
    try:
        result = run(module)
    except ArchiveError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="%s: %s" % (error.filename or module.params["path"], error.strerror or error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
