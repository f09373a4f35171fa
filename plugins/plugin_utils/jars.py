# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a jar says of itself: whether it is a JDBC driver that a JVM can load, and whether it is an OSGi bundle."""

from __future__ import annotations

import zipfile
import zlib

_MANIFEST = "META-INF/MANIFEST.MF"
# Java 8 reads class files up to version 52, Java 11 up to 55.
_BEFORE_JAVA_1 = 44
_DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, KeyError, RuntimeError, NotImplementedError, EOFError)


def driver_problem(path: str, driver: str, java: str) -> str:
    """Why a JVM cannot load a JDBC driver from a file, or nothing.

    Args:
        path: the file.
        driver: name of the driver's class.
        java: version of the JVM, as `1.8` or `11`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if f"{driver.replace('.', '/')}.class" not in archive.namelist():
                return f"{path} has no class {driver}"
            with archive.open(f"{driver.replace('.', '/')}.class") as content:
                head = content.read(8)
    except _DAMAGED:
        return f"{path} is not a jar"
    built = int.from_bytes(head[6:8], "big") - _BEFORE_JAVA_1
    runs = int(java.removeprefix("1."))
    return f"{path} is for Java {built} and later" if built > runs else ""


def is_bundle(path: str) -> bool:
    """Whether a jar is an OSGi bundle."""
    try:
        with zipfile.ZipFile(path) as archive:
            return b"\nBundle-SymbolicName:" in b"\n" + archive.read(_MANIFEST)
    except _DAMAGED:
        return False
