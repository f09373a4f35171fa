#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write rendered files into a directory, to look at."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rendered_files
short_description: Write the files of all servers of a deployment into a directory, to look at
version_added: 1.0.0
description:
  - Writes what the servers of a deployment would get, readable by the user only.
author:
  - identityops.wso2is contributors (@identityops)
attributes:
  check_mode:
    support: full
    description: Says which files would be written.
  diff_mode:
    support: none
    description: Returns no differences.
options:
  bundle:
    description: The files, as the filter P(identityops.wso2is.rendered_bundle#filter) packs them.
    type: str
    required: true
  dest:
    description: The directory. Each host has a directory of its own in it.
    type: path
    required: true
notes:
  - Fails when a file cannot be written; the error names it.
seealso:
  - plugin: identityops.wso2is.rendered_bundle
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the files
  identityops.wso2is.rendered_files:
    bundle: "{{ deployment | identityops.wso2is.rendered_bundle }}"
    dest: /tmp/rendered
"""

RETURN = r"""
files:
  description: Paths of all files.
  type: list
  elements: str
  returned: always
"""

import base64
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import unpack


def differs(path: str, data: bytes) -> bool:
    """Whether a file has another content, or could be read by others."""
    if not os.path.isfile(path) or os.stat(path).st_mode & 0o777 != 0o600:
        return True
    with open(path, "rb") as handle:
        return handle.read() != data


def write(path: str, data: bytes) -> None:
    """Write a file that only the user can read; what stands there, also a link, is taken away first."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(data)


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "bundle": {"type": "str", "required": True, "no_log": True},
            "dest": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        items = unpack(module.params["bundle"])
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    files, changed = [], False
    try:
        for item in items:
            path = os.path.join(module.params["dest"], item["host"], item["path"])
            files.append(path)
            if differs(path, base64.b64decode(item["content"])):
                changed = True
                if not module.check_mode:
                    write(path, base64.b64decode(item["content"]))
    except OSError as exc:
        module.fail_json(msg="cannot write %s: %s; choose another dest" % (exc.filename, exc.strerror))
    module.exit_json(changed=changed, files=sorted(files))


if __name__ == "__main__":
    main()
