# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the hosts' JDK comes from, as far as that can be judged on the control node."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from jinja2 import UndefinedError

from .findings import finding
from .pack import PackError, local_file
from .plain import plain

VARIABLES = ("jdk_home", "jdk_archive", "jdk_archive_checksum")
CHECKSUM = r"sha256:[0-9A-Fa-f]{64}"
_TAR = re.compile(r"\.(tar|tar\.(gz|xz|bz2)|tgz)(\?|\Z)")
# Directories that systemd hides from the servers (ProtectHome, PrivateTmp).
_HIDDEN = re.compile(r"/(home|root|run/user|tmp|var/tmp)(/|\Z)")


def jdks_of(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> list[dict[str, str]]:
    """What the hosts say of their JDK. What cannot be resolved or is no text is a finding of the variables."""
    found = []
    for host in hosts:
        said = {"host": host}
        for name in VARIABLES:
            try:
                value = plain(hostvars.get(host, {}).get(name))
            except (AnsibleError, UndefinedError):
                value = None
            said[name] = value if isinstance(value, str) and "{{" not in value else ""
        if any(said[name] for name in VARIABLES):
            found.append(said)
    return found


def jdk_source_findings(deployment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Findings on `jdk_home`, `jdk_archive` and `jdk_archive_checksum`.

    Args:
        deployment: the model.
    """
    outcomes: dict[tuple[str, ...], tuple[str, str, str] | None] = {}
    found = []
    for said in deployment["jdks"]:
        key = tuple(said[name] for name in VARIABLES)
        if key not in outcomes:
            outcomes[key] = _problem(*key)
        if problem := outcomes[key]:
            found.append(finding(said["host"], "JDK", *problem))
    return found


def _problem(home: str, archive: str, checksum: str) -> tuple[str, str, str] | None:
    """What was found, what is required and the remedy, or None."""
    if home and archive:
        return "jdk_home and jdk_archive are set", "one of them", "Remove jdk_home or jdk_archive."
    if home:
        if not os.path.isabs(home):
            return f"jdk_home is {home}", "an absolute path", "Change jdk_home."
        if _HIDDEN.match(os.path.normpath(home)):
            return (
                f"jdk_home is {home}",
                "outside of the homes and of /tmp, which servers cannot see",
                "Change jdk_home.",
            )
        return None
    if not archive:
        return "jdk_archive_checksum is set alone", "jdk_archive with it", "Set jdk_archive, or remove it."
    if not re.fullmatch(CHECKSUM, checksum):
        text = f"jdk_archive_checksum is {checksum}" if checksum else "jdk_archive_checksum is not set"
        return text, "sha256: and 64 hexadecimal digits", "Set jdk_archive_checksum to what the JDK's publisher says."
    if not _TAR.search(archive):
        return f"jdk_archive is {archive}", "a tar archive (.tar.gz, .tgz, .tar.xz)", "Change jdk_archive."
    if "://" in archive:
        # The hosts fetch it.
        return None
    try:
        local_file(archive, checksum)
    except PackError as exc:
        return str(exc), "the archive of a JDK on the control node", "Change jdk_archive or jdk_archive_checksum."
    return None
