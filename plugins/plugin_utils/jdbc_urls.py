# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a JDBC URL says: the servers that it names and the database on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import zip_longest
from urllib.parse import unquote

# A server's name and its port; 0 where the URL leaves the port to the driver.
Server = tuple[str, int]
_Parsed = tuple[list[Server], str]

_SECRET = re.compile(r"[?&;,(]\s*(password|pwd|sslpassword|trustStorePassword|keyStorePassword)\s*=", re.IGNORECASE)
_ACCOUNT = re.compile(r"//[^/@]*:[^/@]*@")
_ALIAS = re.compile(r"[A-Za-z0-9_.-]+\Z|ldaps?:")


def parse_url(url: str) -> _Parsed:
    """The servers of a JDBC URL in their order, and the database's name; nothing of what the URL does not say."""
    part = url.split(":", 2)
    return _PARSERS[part[1]](part[2]) if len(part) == 3 and part[1] in _PARSERS else ([], "")


def url_problem(url: str, prefix: str) -> tuple[str, str]:
    """What is wrong with a URL and what is required, or two empty texts. The URL itself is never repeated.

    Args:
        url: the JDBC URL.
        prefix: how the URLs of the database type begin.
    """
    if not url.isprintable() or url != url.strip():
        return "has a line end, a tab or a space around it", "one line"
    if not url.startswith(prefix):
        return f"does not begin with {prefix}", f"a URL that begins with {prefix}"
    if _SECRET.search(url) or _ACCOUNT.search(url):
        return "holds a password, which would be shown", "a URL without account and password"
    servers, name = parse_url(url)
    # An alias is looked up by the driver, in a file or directory of the host.
    if url.startswith("jdbc:oracle:") and _ALIAS.match(url[len(prefix) :]):
        return "", ""
    if not servers or not all(server for server, _port in servers):
        return "names no server", "the server in the URL"
    return ("", "") if name else ("names no database", "the database in the URL")


def _server(text: str) -> Server:
    """A server as `name`, `name:port` or `[IPv6]:port`."""
    match = re.fullmatch(r"(\[[^]]*\]|[^:]*)(?::([0-9]{1,5}))?", text.strip())
    return (match[1].strip("[]"), int(match[2] or 0)) if match else ("", 0)


def _listed(text: str) -> list[Server]:
    """Servers separated by commas, or as `(host=name)(port=number)`."""
    hosts = re.findall(r"\bhost\s*=\s*([^,()\s]+)", text, re.IGNORECASE)
    if not hosts:
        return [_server(each) for each in text.split(",")] if text else []
    ports = re.findall(r"\bport\s*=\s*([0-9]{1,5})\b", text, re.IGNORECASE)
    return [(host, int(port)) for host, port in zip_longest(hosts, ports[: len(hosts)], fillvalue="0")]


def _with_path(text: str) -> _Parsed:
    match = re.fullmatch(r"[a-z:+]*//([^/?]*)/([^?]*)(?:\?.*)?", text)
    return (_listed(match[1]), unquote(match[2])) if match else ([], "")


def _oracle(text: str) -> _Parsed:
    text = text.partition("@")[2]
    if text.startswith("("):
        name = re.search(r"\b(?:service_name|sid)\s*=\s*([^()\s]+)", text, re.IGNORECASE)
        return _listed(text), name[1] if name else ""
    match = re.fullmatch(r"(?:tcps?:)?(?://)?([^/?]*?)(?:/([^/:?]+)|:([A-Za-z][^/:?]*))(?:[/:?].*)?", text)
    return (_listed(match[1]), match[2] or match[3]) if match else ([], "")


def _sql_server(text: str) -> _Parsed:
    first, *properties = text.removeprefix("//").split(";")
    pairs = (part.partition("=") for part in properties)
    given = {key.strip().lower(): value.strip().strip("{}") for key, _equals, value in pairs}
    server, port = _server(re.sub(r"\\[^:]*", "", first))
    named = given.get("servername") or given.get("server") or ""
    servers = [(server or named.split("\\")[0], port or _server(f":{given.get('portnumber', '0')}")[1])]
    if given.get("failoverpartner"):
        servers.append(_server(given["failoverpartner"].split("\\")[0]))
    return [each for each in servers if each[0]], given.get("databasename") or given.get("database") or ""


_PARSERS: dict[str, Callable[[str], _Parsed]] = {
    "postgresql": _with_path,
    "mysql": _with_path,
    "oracle": _oracle,
    "sqlserver": _sql_server,
}
