# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular expressions with which nginx recognizes a path the way the Tomcat behind it will.

nginx decodes a path, merges its slashes and resolves ``.`` and ``..``. Tomcat first cuts path parameters (from a
semicolon to the next slash), then decodes, then resolves. So ``/;a/carbon``, ``/x/..;/carbon``, ``/carbon;a/admin`` and
``/carbon;%2f..%2fx/admin`` are ``/carbon`` for Tomcat only, and a plain location for ``/carbon`` would let them pass.
"""

from __future__ import annotations

import re

#: A dot-dot segment with path parameters (in the path as nginx reads it): resolved by Tomcat only.
CLIMBING = r"/\.\.;"
#: In the path as it was sent: an encoded slash in a path parameter (cut by Tomcat, a slash for nginx), and an encoded
#: semicolon (begins no parameter for Tomcat, but for the expressions here). No path of the server has either.
DISGUISED = r"^[^?]*(?:;[^/?]*%2f|%3b)"

_PARAMETERS = "(?:;[^/]*)?"
# Segments that Tomcat drops: nothing but path parameters, or a dot with path parameters. Possessive (*+), and each one
# followed by a slash: the time to match stays proportional to the length of the path, whatever a client sends.
_VOID = rf"(?:/\.?{_PARAMETERS}(?=/))*+"
# Every path can be asked for in the name of a tenant.
_TENANT = f"(?:/t{_PARAMETERS}{_VOID}/[^/]+)?"


def path_pattern(path: str) -> str:
    """Makes the regular expression (PCRE, without delimiters) for a path and everything below it.

    Args:
        path: a path from the root, such as ``/services`` or ``/api/health-check``.

    Returns:
        The expression. It also covers the path below ``/t/<tenant>`` and with path parameters in it. CLIMBING and
        DISGUISED cover the rest of what Tomcat reads differently.

    Raises:
        ValueError: the path does not begin with a slash, is only a slash, or holds a character that no path of the
            server has.
    """
    if not re.fullmatch(r"(?:/[A-Za-z0-9._~-]+)+/?", path):
        raise ValueError(f"{path!r} is not a path such as /services or /api/health-check")
    segments = path.strip("/").split("/")
    body = "".join(f"{_VOID}/{re.escape(segment)}{_PARAMETERS}" for segment in segments)
    return f"^{_VOID}{_TENANT}{body}(?:/|$)"
