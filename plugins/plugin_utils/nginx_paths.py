# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular expressions with which nginx recognizes a path the way the Tomcat behind it will.

nginx decodes a path, resolves ``.`` and ``..`` and merges slashes; Tomcat then also cuts path parameters (from a
semicolon to the next slash) and does the same again. So ``/;a/carbon``, ``/x/..;/carbon`` and ``/carbon;a/admin`` are
``/carbon`` for Tomcat only, and a plain location for ``/carbon`` would let them pass.
"""

from __future__ import annotations

import re

_PARAMETERS = "(?:;[^/]*)?"
#: segments that Tomcat drops: nothing but path parameters, or a dot with path parameters
_VOID = r"(?:/\.?(?:;[^/]*)?)*"
#: every path can be asked for in the name of a tenant
_TENANT = f"(?:/t{_PARAMETERS}{_VOID}/[^/]+{_VOID})?"

#: A dot-dot segment with path parameters: resolved by Tomcat, not by nginx. No client needs one.
CLIMBING = r"/\.\.;"


def path_pattern(path: str) -> str:
    """Makes the regular expression (PCRE, without delimiters) for a path and everything below it.

    Args:
        path: a path from the root, such as ``/services`` or ``/api/health-check``.

    Returns:
        The expression. It also covers the path below ``/t/<tenant>`` and with path parameters in it.

    Raises:
        ValueError: the path does not begin with a slash, is only a slash, or holds a character that no path of the
            server has.
    """
    if not re.fullmatch(r"(?:/[A-Za-z0-9._~-]+)+/?", path):
        raise ValueError(f"{path!r} is not a path such as /services or /api/health-check")
    segments = path.strip("/").split("/")
    body = "".join(f"{_VOID}/{re.escape(segment)}{_PARAMETERS}" for segment in segments)
    return f"^{_VOID}{_TENANT}{body}(?:/|$)"
