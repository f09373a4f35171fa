# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate ends. Python says it only of certificates that it accepts, so not of one that has ended."""

from __future__ import annotations

import calendar
import re
import time

SEQUENCE, UTC_TIME, GENERALIZED_TIME, EXPLICIT_VERSION = 0x30, 0x17, 0x18, 0xA0


def element(data: bytes, offset: int) -> tuple[int, int, int]:
    """Tag, start of the content and end of the DER element at an offset.

    :raises ValueError: if there is none.
    """
    head = data[offset : offset + 2]
    if len(head) < 2:
        raise ValueError("the certificate is cut short")
    start, length = offset + 2, head[1]
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if start + length > len(data):
        raise ValueError("the certificate is cut short")
    return head[0], start, start + length


def last_day(data: bytes) -> int:
    """When a certificate (DER) ends, in seconds since 1970.

    :raises ValueError: if it is none.
    """
    outer, start, _end = element(data, 0)
    inner, position, _end = element(data, start)
    if (outer, inner) != (SEQUENCE, SEQUENCE):
        raise ValueError("no certificate")
    if element(data, position)[0] == EXPLICIT_VERSION:
        position = element(data, position)[2]
    # serial number, algorithm, issuer
    for _field in range(3):
        position = element(data, position)[2]
    _tag, start, _end = element(data, position)
    _first, _start, after = element(data, start)
    tag, start, end = element(data, after)
    return parse_time(tag, data[start:end].decode("ascii", "replace"))


def parse_time(tag: int, text: str) -> int:
    """A time of a certificate in seconds since 1970.

    :raises ValueError: if it is none.
    """
    if tag not in (UTC_TIME, GENERALIZED_TIME) or not re.match(r"(\d\d)?\d{12}Z$", text):
        raise ValueError("no time in the certificate: %r" % text)
    if len(text) == 13:
        # Two digits are 1950 to 2049.
        text = ("20" if text < "5" else "19") + text
    return calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ"))
