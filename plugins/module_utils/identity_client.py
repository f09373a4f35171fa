# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of WSO2 Identity Server that speaks to one chosen address under the public host name.

A browser resolves the public name; a proof has to choose which node or load balancer answers. The TLS certificate is
verified against the public name all the same, because every node carries it.
"""

from __future__ import annotations

import base64
import html
import http.client
import json
import re
import secrets
import socket
import ssl
import time
from typing import Any, Mapping, NamedTuple
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

SCIM = "application/scim+json"
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
HEALTH = "/api/health-check/v1.0/health"
DISCOVERY = "/oauth2/oidcdiscovery/.well-known/openid-configuration"
REGISTER = "/api/identity/oauth2/dcr/v1.1/register"
# Nobody follows it: the proof reads the code from the redirect itself.
REDIRECT_URI = "https://localhost/wso2is-proof"
REDIRECTS = (301, 302, 303, 307)
# Seconds after which a kept connection may have been closed by the other side.
IDLE = 2


class ProductError(Exception):
    """The server answered other than it should. The text is for the operator and holds no secret."""


class LoginRequired(ProductError):
    """The server asked for a login where a session should have been enough."""


class Site(NamedTuple):
    """The public name and port of the deployment."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Base URL, without the port where it is that of HTTPS."""
        return "https://" + self.netloc

    @property
    def netloc(self) -> str:
        """What browsers send as Host."""
        return self.host if self.port == 443 else "%s:%d" % (self.host, self.port)


class Target(NamedTuple):
    """Where to connect: a node or a load balancer."""

    name: str
    address: str
    port: int


class Application(NamedTuple):
    """A registered OAuth application."""

    client_id: str
    client_secret: str


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of a name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        :raises ProductError: if it is none.
        """
        try:
            return json.loads(self.text())
        except ValueError:
            raise ProductError("the answer is not JSON: %s" % excerpt(self.text())) from None


def excerpt(text: str, limit: int = 120) -> str:
    """The beginning of a text on one line, without HTML."""
    plain = " ".join(html.unescape(re.sub(r"(?s)<(script|style|title).*?</\1>|<[^>]*>", " ", text)).split())
    return plain if len(plain) <= limit else plain[: limit - 3] + "..."


def make_context(ca: str, system: bool = False) -> ssl.SSLContext:
    """A TLS context that verifies certificate and name, TLS 1.2 or later.

    :param ca: Certificates (PEM) to trust.
    :param system: Trust those of the operating system as well.
    :raises ValueError: if `ca` is not empty and holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if system:
        context.load_default_certs()
    if ca.strip():
        try:
            context.load_verify_locations(cadata=ca)
        except (ssl.SSLError, ValueError) as error:
            raise ValueError("not certificates in PEM form: %s" % error) from None
    return context


class Cookies:
    """The cookies of one browser at one site."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def take(self, path: str, header: str) -> None:
        """Keep what a Set-Cookie header says.

        :param path: Path of the request, for a cookie that names none.
        :param header: Value of the header.
        """
        first, *rest = header.split(";")
        name, _equals, value = first.strip().partition("=")
        options = {key.strip().lower(): content.strip() for key, _eq, content in (item.partition("=") for item in rest)}
        where = options.get("path", "")
        if not where.startswith("/"):
            where = path[: path.rfind("/")] or "/"
        gone = options.get("max-age", "1").lstrip("-").strip("0") == "" or options.get("max-age", "").startswith("-")
        if gone or "01-Jan-1970" in options.get("expires", "") or "01 Jan 1970" in options.get("expires", ""):
            self.kept.pop((name, where), None)
        else:
            self.kept[(name, where)] = value

    def header(self, path: str) -> str:
        """The Cookie header for a path; the longest cookie path comes first."""
        sent = [
            (where, name, value)
            for (name, where), value in self.kept.items()
            if path == where or path.startswith(where if where.endswith("/") else where + "/")
        ]
        return "; ".join("%s=%s" % (name, value) for where, name, value in sorted(sent, key=lambda item: -len(item[0])))

    def value(self, name: str) -> str | None:
        """The value of a cookie at any path."""
        return next((value for (known, _where), value in self.kept.items() if known == name), None)

    def dump(self) -> list[list[str]]:
        """Plain data."""
        return [[name, where, value] for (name, where), value in sorted(self.kept.items())]

    def load(self, data: list[list[str]]) -> None:
        """Undo :meth:`dump`."""
        self.kept = {(name, where): value for name, where, value in data}


class Client:
    """One browser, or one application, at one target."""

    def __init__(
        self, target: Target, site: Site, context: ssl.SSLContext, agent: str = "wso2is-proof", timeout: float = 30
    ) -> None:
        """Prepare; nothing is connected yet.

        :param target: Where to connect.
        :param site: The name under which the target is asked, which its certificate must carry.
        :param context: What :func:`make_context` returned.
        :param agent: User-Agent.
        :param timeout: Seconds for connecting and for each answer.
        """
        self.target = target
        self.site = site
        self.context = context
        self.agent = agent
        self.timeout = timeout
        self.cookies = Cookies()
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        plain = socket.create_connection((self.target.address, self.target.port), self.timeout)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secure = self.context.wrap_socket(plain, server_hostname=self.site.host)
        except BaseException:
            plain.close()
            raise
        connection = http.client.HTTPConnection(self.target.address, self.target.port, timeout=self.timeout)
        connection.sock = secure
        # A lost connection must not come back without TLS.
        connection.auto_open = 0
        return connection

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask once; a kept connection that the server closed meanwhile is opened again.

        :param path: Path and query.
        :raises ProductError: if there is no answer.
        """
        sent = {"Host": self.site.netloc, "User-Agent": self.agent, "Accept": "*/*", **(headers or {})}
        cookies = self.cookies.header(urlsplit(path).path)
        if cookies:
            sent["Cookie"] = cookies
        if method != "GET":
            sent["Content-Length"] = str(len(body or b""))
        # A server closes idle connections; what must not be sent twice goes over one that is surely open.
        if method != "GET" and time.monotonic() - self._used > IDLE:
            self.close()
        for kept in (self._connection is not None, False):
            try:
                if self._connection is None:
                    self._connection = self._connect()
                self._connection.request(method, path, body, sent)
                got = self._connection.getresponse()
                answer = Answer(got.status, got.getheaders(), got.read())
                self._used = time.monotonic()
                if got.will_close:
                    self.close()
                break
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # Only what surely was not done may be asked again.
                if kept and method == "GET":
                    continue
                raise ProductError(
                    "%s %s at %s (%s:%d): %s"
                    % (method, bare(path), self.target.name, self.target.address, self.target.port, reason(error))
                ) from error
        for key, value in answer.headers:
            if key.lower() == "set-cookie":
                self.cookies.take(urlsplit(path).path, value)
        return answer

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        return self.send("GET", path, headers=headers)

    def form(self, path: str, values: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """POST a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(values).encode("ascii"), {**kind, **(headers or {})})

    def data(self, method: str, path: str, value: Any, headers: Mapping[str, str], kind: str = SCIM) -> Answer:
        """Send JSON."""
        body = json.dumps(value).encode("utf-8")
        return self.send(method, path, body, {"Content-Type": kind, "Accept": kind, **headers})

    def wrong(self, what: str, answer: Answer, wanted: str) -> ProductError:
        """The error for an answer that is not as wanted."""
        return ProductError(
            "%s at %s: status %d instead of %s%s"
            % (what, self.target.name, answer.status, wanted, ": " + excerpt(answer.text()) if answer.body else "")
        )


def bare(path: str) -> str:
    """A path without its query, which may hold keys and codes."""
    return path.partition("?")[0]


def reason(error: Exception) -> str:
    """Why a connection failed, for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the certificate is not accepted: %s" % error.verify_message
    if isinstance(error, socket.timeout):
        return "no answer in time"
    return str(error) or type(error).__name__


def basic(user: str, password: str) -> dict[str, str]:
    """The header of basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode("utf-8")).decode("ascii")}


def new_password() -> str:
    """A random password that the product's password patterns accept."""
    return "Pv1-" + secrets.token_hex(10)


# --- users ---


def create_user(client: Client, admin: Mapping[str, str], name: str, password: str, first_name: str) -> str:
    """Create a user through SCIM 2; returns its id."""
    names = {"givenName": first_name, "familyName": "Proof"}
    user = {"schemas": [], "userName": name, "password": password, "name": names}
    answer = client.data("POST", "/scim2/Users", user, admin)
    if answer.status != 201:
        raise client.wrong("creating the user %s" % name, answer, "201")
    return str(answer.json()["id"])


def given_name(client: Client, admin: Mapping[str, str], user_id: str) -> str:
    """A user's given name as this target sees it."""
    answer = client.get("/scim2/Users/" + quote(user_id), {"Accept": SCIM, **admin})
    if answer.status != 200:
        raise client.wrong("reading a user", answer, "200")
    return str(answer.json().get("name", {}).get("givenName", ""))


def change_given_name(client: Client, admin: Mapping[str, str], user_id: str, value: str) -> None:
    """Patch a user's given name."""
    operation = {"op": "replace", "path": "name.givenName", "value": value}
    patch = {"schemas": [PATCH_SCHEMA], "Operations": [operation]}
    answer = client.data("PATCH", "/scim2/Users/" + quote(user_id), patch, admin)
    if answer.status != 200:
        raise client.wrong("patching a user", answer, "200")


def delete_user(client: Client, admin: Mapping[str, str], user_id: str) -> None:
    """Delete a user; one that is gone is no error."""
    answer = client.send("DELETE", "/scim2/Users/" + quote(user_id), headers=admin)
    if answer.status not in (204, 404):
        raise client.wrong("deleting a user", answer, "204")


# --- applications ---


def register_application(client: Client, admin: Mapping[str, str], name: str) -> Application:
    """Register an OAuth application for the authorization code grant."""
    wanted = {"client_name": name, "redirect_uris": [REDIRECT_URI], "grant_types": ["authorization_code"]}
    answer = client.data("POST", REGISTER, wanted, admin, "application/json")
    if answer.status not in (200, 201):
        raise client.wrong("registering the application %s" % name, answer, "201")
    found = answer.json()
    return Application(found["client_id"], found["client_secret"])


def delete_application(client: Client, admin: Mapping[str, str], client_id: str) -> None:
    """Delete an application; one that is gone is no error. 5.8.0 answers 401 for an unknown id."""
    answer = client.send("DELETE", REGISTER + "/" + quote(client_id), headers=admin)
    if answer.status not in (204, 401, 404):
        raise client.wrong("deleting an application", answer, "204")


class Authorization(NamedTuple):
    """How an authorization request ended."""

    code: str
    asked_to_log_in: bool


def authorize(client: Client, application: Application, login: tuple[str, str] | None = None) -> Authorization:
    """Ask for an authorization code as a browser does: follow redirects, fill in the login form, consent.

    :param client: The browser; its cookies may hold an SSO session.
    :param application: Who asks.
    :param login: Name and password for the login form. None means that the session must be enough.
    :raises LoginRequired: if the form comes and `login` is None.
    :raises ProductError: if it ends otherwise than with a code.
    """
    state = secrets.token_hex(8)
    query = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid",
        "state": state,
    }
    path = "/oauth2/authorize?" + urlencode(query)
    answer = client.get(path)
    asked = False
    for _step in range(12):
        if answer.status not in REDIRECTS:
            raise client.wrong(bare(path), answer, "a redirect")
        location = urljoin(client.site.url + path, answer.header("location") or "")
        found = {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}
        if location.startswith(REDIRECT_URI):
            return Authorization(_code(client, found, state), asked)
        path = _local(client, location)
        page = bare(path)
        if page.endswith("/login.do") and found.get("sessionDataKey"):
            if login is None:
                raise LoginRequired("%s asks for a login" % client.target.name)
            if asked:
                raise ProductError("%s refuses the login of %s" % (client.target.name, login[0]))
            asked = True
            shown = client.get(path)
            if shown.status != 200:
                raise client.wrong("the login page", shown, "200")
            path = "/commonauth"
            answer = client.form(
                path, {"username": login[0], "password": login[1], "sessionDataKey": found["sessionDataKey"]}
            )
        elif found.get("sessionDataKeyConsent"):
            path = "/oauth2/authorize"
            answer = client.form(
                path,
                {
                    "sessionDataKeyConsent": found["sessionDataKeyConsent"],
                    "consent": "approveAlways",
                    "hasApprovedAlways": "true",
                },
            )
        elif page.endswith(("/oauth2_error.do", "/retry.do")):
            said = found.get("oauthErrorCode") or found.get("statusMsg") or found.get("status") or "no reason given"
            raise ProductError("%s ends on %s: %s" % (client.target.name, page, said))
        else:
            answer = client.get(path)
    raise ProductError("%s redirects without end, last to %s" % (client.target.name, bare(path)))


def _code(client: Client, found: Mapping[str, str], state: str) -> str:
    if found.get("error"):
        said = found["error"]
        if said == "login_required":
            raise LoginRequired("%s wants a login" % client.target.name)
        raise ProductError("%s answers with the error %s" % (client.target.name, said))
    if found.get("state") != state or not found.get("code"):
        raise ProductError("%s redirects back without a code or with another state" % client.target.name)
    return found["code"]


def _local(client: Client, location: str) -> str:
    """Path and query of a URL of this site.

    :raises ProductError: if it leads elsewhere, which a browser outside could not follow.
    """
    parts = urlsplit(location)
    if (parts.scheme, parts.hostname, parts.port or 443) != ("https", client.site.host.lower(), client.site.port):
        raise ProductError(
            "%s redirects to %s://%s, which is not the public URL %s"
            % (client.target.name, parts.scheme, parts.netloc, client.site.url)
        )
    return parts.path + ("?" + parts.query if parts.query else "")


def redeem(client: Client, application: Application, code: str) -> str:
    """Exchange a code; returns the access token."""
    values = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    answer = client.form("/oauth2/token", values, basic(*application))
    if answer.status != 200 or "access_token" not in answer.json():
        raise client.wrong("exchanging the code for a token", answer, "200 with a token")
    return str(answer.json()["access_token"])


def token_user(client: Client, token: str) -> str:
    """Whom an access token names."""
    answer = client.get("/oauth2/userinfo?schema=openid", {"Authorization": "Bearer " + token})
    if answer.status != 200:
        raise client.wrong("/oauth2/userinfo", answer, "200")
    return str(answer.json().get("sub", ""))


# --- console ---


def open_console(client: Client, user: str, password: str) -> bool:
    """Log into the management console.

    :returns: False when the console is closed to this host.
    :raises ProductError: if the login fails.
    """
    page = client.get("/carbon/admin/login.jsp")
    if page.status == 403:
        return False
    if page.status != 200:
        raise client.wrong("the console's login page", page, "200")
    answer = client.form("/carbon/admin/login_action.jsp", {"username": user, "password": password})
    if answer.status not in REDIRECTS or "loginStatus=true" not in (answer.header("location") or ""):
        raise ProductError(
            "%s refuses the console login of the administrator; wso2is_admin_user and wso2is_admin_password "
            "count at the first start on an empty database only" % client.target.name
        )
    return True


def close_console(client: Client) -> None:
    """Log out of the management console."""
    client.get("/carbon/admin/logout_action.jsp")


# --- reads ---


def foreign_urls(document: Mapping[str, Any], site: Site) -> list[str]:
    """What in a discovery document leads to another place than the public host: `name: scheme://host:port` texts."""
    wrong = []
    for name, value in sorted(document.items()):
        if not isinstance(value, str) or "://" not in value:
            continue
        parts = urlsplit(value)
        if (parts.scheme, parts.hostname, parts.port or 443) != ("https", site.host.lower(), site.port):
            wrong.append("%s: %s://%s" % (name, parts.scheme, parts.netloc))
    return wrong


def health_problem(answer: Answer) -> str | None:
    """What is wrong with an answer of the health API; none when all is well."""
    try:
        body = answer.json()
    except ProductError as error:
        return str(error)
    if answer.status != 200:
        errors = body.get("errors") if isinstance(body, dict) else None
        said = [
            "%s %s" % (item.get("code", ""), item.get("description") or item.get("message") or "")
            for item in errors or []
            if isinstance(item, dict)
        ]
        return "status %d%s" % (answer.status, ": " + "; ".join(said) if said else "")
    if not isinstance(body, dict) or not body.get("health"):
        return (
            "status 200 without figures: the checks are switched off in repository/conf/health-check-config.xml and "
            "this answer proves nothing; run the playbook, which switches them on"
        )
    return None
