# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One opaque string for structured data with secrets.

A module option that is a string can be ``no_log`` as a whole. A list of dictionaries can not: Ansible would mask every
scalar in it wherever it appears, table names and host names included.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any


def pack(data: Any) -> str:
    """Pack plain data.

    :param data: Anything that JSON can hold.
    :returns: ASCII text; the same data always gives the same text.
    :raises TypeError: if the data holds something that JSON can not.
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def unpack(text: str) -> Any:
    """Undo :func:`pack`.

    :param text: What :func:`pack` returned.
    :returns: The data.
    :raises ValueError: if the text is not a bundle. The message never quotes the text.
    """
    try:
        return json.loads(zlib.decompress(base64.b64decode(text.encode("ascii"), validate=True)).decode("utf-8"))
    except (binascii.Error, zlib.error, UnicodeError, ValueError):
        pass
    raise ValueError("the text is not a bundle: it was cut, or not made by the filter that packs bundles")
