# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates: whether they carry the public name, for how long they hold, and whether their keys fit."""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .findings import finding
from .jks import entries

if TYPE_CHECKING:
    from cryptography import x509

SOON = datetime.timedelta(days=30)
_VAULT = b"$ANSIBLE_VAULT"
_PUBLIC, _MANAGEMENT = "load_balancer_certificate", "load_balancer_management_certificate"


def certificate_findings(
    deployment: Mapping[str, Any], now: datetime.datetime | None = None, doubted: Collection[str] = ()
) -> list[dict[str, str]]:
    """Findings on the certificates of load balancers and in keystores. Missing files are left to others.

    Args:
        deployment: the model.
        now: the time to compare with; the clock's when it is not given.
        doubted: `public` or `management`, of which the name itself has a finding.
    """
    pairs = list(dict.fromkeys(_balancers(deployment)))
    stores = list(dict.fromkeys(_keystores(deployment)))
    if not pairs and not stores:
        return []
    try:
        from cryptography import x509
    except ImportError:
        return [
            finding(
                "all hosts",
                "certificate",
                "load_balancer_certificate and keystores were not looked into: no Python package cryptography",
                "the package, on the control node",
                "Install it, or make sure of names, dates and key of load_balancer_certificate yourself.",
                severity="warning",
            )
        ]
    now = now or datetime.datetime.now(datetime.UTC)
    found = []
    for variable, path, key, names in pairs:
        data = _read(path)
        try:
            certificate = x509.load_pem_x509_certificate(data)
        except ValueError:
            found.append(
                _wrong(
                    f"{path} holds no certificate",
                    "a certificate (PEM), its intermediate ones after it",
                    f"Change {variable}.",
                )
            )
            continue
        found += _validity(certificate, variable, path, now)
        for name in set(names).difference(doubted):
            found += _names(certificate, variable, path, name, deployment[name]["host"], "error")
        found += _key(certificate, variable, path, key) if key else []
    for variable, path, alias in stores:
        found += _keystore(variable, path, alias, deployment, now)
    return found


def _wrong(found: str, required: str, remedy: str, severity: str = "error") -> dict[str, str]:
    return finding("all hosts", "certificate", found, required, remedy, severity=severity)


def _read(path: str) -> bytes:
    """Content of a file, nothing where it cannot be read."""
    path = os.path.expanduser(path)
    if not os.path.isfile(path):
        return b""
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except OSError:
        return b""


def _balancers(deployment: Mapping[str, Any]) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Certificates of the load balancers: variable, path, path of the key, and which names it is for.

    A path is empty where there is no file, or where it is locked in a vault.
    """
    hosts: dict[str, dict[str, str]] = {}
    for entry in deployment["balancer_files"]:
        data = _read(entry["path"])
        if data and not data.startswith(_VAULT):
            hosts.setdefault(entry["host"], {})[entry["variable"]] = entry["path"]
    own = deployment["management"]["own"]
    separate = {entry["host"] for entry in deployment["balancer_files"] if own and entry["variable"] == _MANAGEMENT}
    for host, files in hosts.items():
        both = own and host not in separate
        wanted = {_PUBLIC: ("public", "management") if both else ("public",)}
        if host in separate:
            wanted[_MANAGEMENT] = ("management",)
        for variable, names in wanted.items():
            if variable in files:
                yield variable, files[variable], files.get(f"{variable}_key", ""), names


def _keystores(deployment: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Variable, path and alias of the keystores that are JKS files; the alias of Analytics is fixed."""
    for entry in deployment["hosts"].values():
        for kind, server in entry["servers"].items():
            fields = server["fields"]["keystore"]
            variable = "wso2is_keystore" if kind == "is" else "analytics_keystore"
            path = os.path.expanduser(fields["file"] or "")
            if entries(_read(path)) is not None:
                yield variable, path, fields.get("alias", "")


def _keystore(
    variable: str, path: str, alias: str, deployment: Mapping[str, Any], now: datetime.datetime
) -> list[dict[str, str]]:
    from cryptography import x509

    keys = [entry for entry in entries(_read(path)) or [] if entry.is_key]
    chosen = [entry for entry in keys if not alias or entry.alias == alias.lower()]
    if not chosen:
        there = ", ".join(entry.alias for entry in keys) or "none"
        return [
            _wrong(
                f"{path} has no key with the alias {alias or 'wso2carbon'}; its keys: {there}",
                "the key of the servers",
                f"Change {'wso2is_key_alias or ' if alias else ''}{variable}.",
            )
        ]
    if not chosen[0].chain:
        return []
    try:
        certificate = x509.load_der_x509_certificate(chosen[0].chain[0])
    except ValueError:
        return [_wrong(f"{path}: the certificate of {chosen[0].alias} is none", "a certificate", f"Change {variable}.")]
    found = _validity(certificate, variable, path, now)
    if variable == "wso2is_keystore":
        # The load balancer asks every node for the public name.
        severity = "error" if deployment["load_balancers"] else "warning"
        found += _names(certificate, variable, path, "public", deployment["public"]["host"], severity)
    return found


def _validity(certificate: x509.Certificate, variable: str, path: str, now: datetime.datetime) -> list[dict[str, str]]:
    first, last = _when(certificate, "not_valid_before"), _when(certificate, "not_valid_after")
    remedy = f"Renew it, and change {variable} where the file is another."
    if now < first:
        return [_wrong(f"{path} is valid from {first:%Y-%m-%d} only", "a certificate that is valid now", remedy)]
    if now > last:
        return [_wrong(f"{path} expired on {last:%Y-%m-%d}", "a certificate that is valid now", remedy)]
    if now + SOON > last:
        required = f"valid for {SOON.days} days or longer"
        return [_wrong(f"{path} expires on {last:%Y-%m-%d}", required, remedy, "warning")]
    return []


def _when(certificate: x509.Certificate, name: str) -> datetime.datetime:
    """A date of the certificate; older releases of cryptography have it without its time zone only."""
    found = getattr(certificate, f"{name}_utc", None) or getattr(certificate, name)
    when: datetime.datetime = found
    return when if when.tzinfo else when.replace(tzinfo=datetime.UTC)


def _names(
    certificate: x509.Certificate, variable: str, path: str, name: str, host: str, severity: str
) -> list[dict[str, str]]:
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [str(name).lower() for name in extension.get_values_for_type(x509.DNSName)]
        names += [str(address) for address in extension.get_values_for_type(x509.IPAddress)]
    except (x509.ExtensionNotFound, ValueError):
        names = []
    if not host or carries(names, host):
        return []
    return [
        _wrong(
            f"{path} is for {', '.join(names) or 'no name'}",
            f"the {name} name {host} among its alternative names",
            f"Change {variable}, or wso2is_{name}_host.",
            severity,
        )
    ]


def carries(names: Sequence[str], host: str) -> bool:
    """Return whether a certificate with these alternative names is for the host; a wildcard stands for one label."""
    text = host.lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(text)) in names
    except ValueError:
        _first, dot, rest = text.partition(".")
        return text in names or bool(dot and f"*.{rest}" in names)


def _key(certificate: x509.Certificate, variable: str, path: str, key_path: str) -> list[dict[str, str]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    change = f"Change {variable}_key."
    try:
        key = load_pem_private_key(_read(key_path), None)
    except TypeError:
        return [_wrong(f"{key_path} asks for a passphrase", "a private key (PEM) without one", change)]
    except (ValueError, UnsupportedAlgorithm):
        return [_wrong(f"{key_path} holds no private key", "a private key (PEM)", change)]
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) == certificate.public_key().public_bytes(*form):
        return []
    return [
        _wrong(
            f"{key_path} is not the key of {path}",
            "the private key that the certificate was made for",
            f"Change {variable}_key, or {variable}.",
        )
    ]
