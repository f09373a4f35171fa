# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail server through which the Identity Server nodes send notifications."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .elements import element, secret_element
from .findings import finding, join, shown
from .releases import LAST_PORT
from .topology_findings import address_problem

# From here on TLS is spoken from the first byte, which the adapter does not.
_IMPLICIT_TLS = 465
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def mail_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The mail server: `enabled`, `host`, `port`, and `adapter`, what the product's file says of it.

    Args:
        values: the variables of the deployment.
    """
    user = values["wso2is_smtp_user"]
    # Without an account the product's file must have neither: mail servers that trust the nodes ask for none.
    account = {"mail.smtp.user": user, "mail.smtp.password": values["wso2is_smtp_password"]} if user else {}
    properties = {
        "mail.smtp.from": values["wso2is_smtp_from"],
        **account,
        "mail.smtp.host": values["wso2is_smtp_host"],
        "mail.smtp.port": str(values["wso2is_smtp_port"]),
        "mail.smtp.starttls.enable": "true" if values["wso2is_smtp_starttls"] else "false",
        "mail.smtp.auth": "true" if user else "false",
        # The shipped sizes of the adapter's thread pool.
        "minThread": "8",
        "maxThread": "100",
        "keepAliveTimeInMillis": "20000",
        "jobQueueSize": "10000",
    }
    return {
        "enabled": bool(values["wso2is_smtp_host"]),
        "host": values["wso2is_smtp_host"],
        "port": values["wso2is_smtp_port"],
        "adapter": element(
            "adapterConfig",
            *[
                (secret_element if key == "mail.smtp.password" else element)("property", value, key=key)
                for key, value in properties.items()
            ],
            type="email",
        ),
    }


def mail_findings(values: Mapping[str, Any], spoilt: set[str]) -> list[dict[str, str]]:
    """Findings on `wso2is_smtp_*`.

    Args:
        values: the variables of the deployment.
        spoilt: variables that have a finding already.
    """
    names = [f"wso2is_smtp_{name}" for name in ("host", "from", "user", "password", "port", "starttls")]
    if not spoilt.isdisjoint(names):
        return []
    host, sender, user, password, port, starttls = (values[name] for name in names)
    if not host:
        said = [name for name, value in zip(names[1:4], (sender, user, password), strict=True) if value]
        required = "the mail server that they are for"
        remedy = f"Set wso2is_smtp_host, or remove {join(said)}."
        return [_mail(f"{join(said)} without wso2is_smtp_host", required, remedy)] if said else []
    found = []
    problem = address_problem(host)
    if problem:
        found.append(_mail(f"wso2is_smtp_host: {problem}", "a mail server", "Change wso2is_smtp_host."))
    if not _ADDRESS.fullmatch(sender):
        text = f"wso2is_smtp_from is {shown(sender)}"
        found.append(_mail(text, "the address from which mail is sent", "Change wso2is_smtp_from."))
    if bool(user) != bool(password):
        one, other = ("user", "password") if user else ("password", "user")
        remedy = f"Set wso2is_smtp_{other}, or remove wso2is_smtp_{one} where the mail server asks for no account."
        found.append(_mail(f"wso2is_smtp_{one} without wso2is_smtp_{other}", "both or none", remedy))
    if port > LAST_PORT:
        found.append(_mail(f"wso2is_smtp_port is {port}", f"a number up to {LAST_PORT}", "Change wso2is_smtp_port."))
    if port == _IMPLICIT_TLS:
        required = "a port that begins in plain text and goes on with STARTTLS, such as 587"
        found.append(_mail(f"wso2is_smtp_port is {port}", required, "Change wso2is_smtp_port."))
    if user and not starttls and not values["wso2is_test_lab"]:
        found.append(
            finding(
                "inventory",
                "mail",
                "wso2is_smtp_password crosses the network in plain text",
                "STARTTLS where there is an account; a test lab says so with wso2is_test_lab",
                "Set wso2is_smtp_starttls to true.",
                severity="warning",
            )
        )
    return found


def _mail(found: str, required: str, remedy: str) -> dict[str, str]:
    return finding("inventory", "mail", found, required, remedy)
