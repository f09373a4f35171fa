# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a JDK says about itself, and judges whether the server may run on it."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import finding

_VERSION = re.compile(r'^(?P<product>\S+) version "(?P<version>[^"]+)"', re.MULTILINE)


def parse_version(text: str) -> str:
    """Reads the version out of what ``java -version`` prints.

    Args:
        text: its output, such as ``openjdk version "1.8.0_504"`` or ``java version "17.0.1" 2021-10-19 LTS`` and more
            lines. Lines before that (``Picked up JAVA_TOOL_OPTIONS``) do not matter.

    Returns:
        The version as it stands there, such as ``1.8.0_504``; empty if there is none.
    """
    match = _VERSION.search(text)
    return match.group("version") if match else ""


def major(version: str) -> str:
    """Names the feature release of a version.

    Args:
        version: ``1.8.0_151``, ``8``, ``17.0.1``, ``21-ea``.

    Returns:
        ``8``, ``8``, ``17``, ``21``; empty if the version has no number.
    """
    numbers: list[str] = re.findall(r"\d+", version)
    if not numbers:
        return ""
    if numbers[0] == "1" and len(numbers) > 1:
        return numbers[1]
    return numbers[0]


def satisfies(version: str, required: str) -> bool:
    """Whether a version is of the required line.

    Args:
        version: the version found, such as ``1.8.0_504``.
        required: a feature release (``1.8``, ``8``, ``17``) or a longer beginning of a version (``17.0``).

    Returns:
        True if the version is the required one or begins with it at a whole number.
    """
    if not version or not required:
        return False
    if required in (major(required), "1." + major(required)):
        return major(version) == major(required)
    wanted = re.findall(r"\d+", required)
    return re.findall(r"\d+", version)[: len(wanted)] == wanted


def read_probe(text: str) -> list[dict[str, Any]]:
    """Reads the probe's lines: a key, then values, separated by tabs.

    Args:
        text: what the probe printed: for each JDK ``home`` (the path asked for and the real one), then lines ``java``
            (one of ``java -version``) and ``keytool`` (if it is there).

    Returns:
        The JDKs in that order: ``home``, ``real_home``, ``text`` (of ``java -version``), ``version``, ``keytool``.
    """
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        key, *values = line.split("\t")
        if key == "home" and len(values) == 2:
            found.append({"home": values[0], "real_home": values[1], "text": "", "version": "", "keytool": False})
        elif found and key == "java":
            found[-1]["text"] += "\t".join(values) + "\n"
        elif found and key == "keytool":
            found[-1]["keytool"] = True
    for jdk in found:
        jdk["version"] = parse_version(jdk["text"])
    return found


def refusal(jdk: dict[str, Any], required: str, refused: list[str]) -> tuple[str, str, str] | None:
    """Says why the server must not run on a JDK.

    Args:
        jdk: one entry of :func:`read_probe`.
        required: the version line, see :func:`satisfies`.
        refused: versions that must not be used although they are of that line.

    Returns:
        What was checked, what was found and what is required; None if the JDK is good.
    """
    wanted = f"Java {required}"
    if not jdk["version"]:
        said = " ".join(jdk["text"].split()) or "no bin/java"
        return "java", f"{jdk['home']}: {said}"[:300], wanted
    if not satisfies(jdk["version"], required):
        return "java version", f"{jdk['version']} in {jdk['home']}", wanted
    if jdk["version"] in refused:
        return "java version", f"{jdk['version']} in {jdk['home']}", f"{wanted}, but none of: {', '.join(refused)}"
    if not jdk["keytool"]:
        return "keytool", f"no bin/keytool in {jdk['home']}", f"a JDK of {wanted} (not a bare runtime)"
    return None


def choose(jdks: list[dict[str, Any]], required: str, refused: list[str]) -> dict[str, Any]:
    """Takes the first JDK that is good.

    Args:
        jdks: the answer of :func:`read_probe`.
        required: the version line, see :func:`satisfies`.
        refused: versions that must not be used.

    Returns:
        The entry of that JDK, or an empty mapping.
    """
    return next((jdk for jdk in jdks if refusal(jdk, required, refused) is None), {})


def findings(
    jdks: list[dict[str, Any]],
    required: str,
    refused: list[str],
    host: str = "",
    given: str = "",
    package: str = "",
    archive: str = "",
) -> list[dict[str, str]]:
    """Reports why none of the JDKs is good.

    Args:
        jdks: the answer of :func:`read_probe`.
        required: the version line, see :func:`satisfies`.
        refused: versions that must not be used.
        host: the host that the findings are about.
        given: the value of ``jdk_home``.
        package: the package that the role installs, if it does.
        archive: the value of ``jdk_archive``.

    Returns:
        Findings with ``severity``, ``host``, ``check``, ``found``, ``required``, ``remedy``; empty if one JDK is good.
    """
    if choose(jdks, required, refused):
        return []
    if given:
        remedy = "let jdk_home name a JDK of that version, or leave it empty and let the role install one"
    elif archive:
        remedy = f"let jdk_archive (now {archive}) and jdk_archive_checksum name the archive of a JDK of that version"
    else:
        now = package or "empty"
        remedy = f"let jdk_package (now {now}) name a package of that version, or jdk_home a JDK that is there"
    reasons = [refusal(jdk, required, refused) for jdk in jdks]
    told = [reason for reason in reasons if reason is not None and reason[0] != "java"] or reasons
    if not told:
        told = [("java", "none", f"Java {required}")]
    return [finding(host, *reason, remedy) for reason in told[:1] if reason is not None]
