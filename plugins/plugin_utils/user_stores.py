# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The primary user store of the Identity Server nodes: the user database, an LDAP directory or Active Directory.

The keys of `wso2is_user_store` are the names that later releases of the product use in their `deployment.toml`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .elements import element, secret_element
from .findings import finding, join, kind, shown, whole_number
from .releases import LAST_PORT

DATABASE = "database"
READ_ONLY = "read_only_ldap"
_CORE = "org.wso2.carbon.user.core"
CLASSES = {
    DATABASE: f"{_CORE}.jdbc.JDBCUserStoreManager",
    "read_write_ldap": f"{_CORE}.ldap.ReadWriteLDAPUserStoreManager",
    READ_ONLY: f"{_CORE}.ldap.ReadOnlyLDAPUserStoreManager",
    "active_directory": f"{_CORE}.ldap.ActiveDirectoryUserStoreManager",
}

# The key, the product's name of the property, and what the value is.
_PROPERTIES = {
    "connection_name": ("ConnectionName", "text"),
    "connection_password": ("ConnectionPassword", "text"),
    "user_search_base": ("UserSearchBase", "dn"),
    "user_entry_object_class": ("UserEntryObjectClass", "text"),
    "user_name_attribute": ("UserNameAttribute", "text"),
    "user_name_search_filter": ("UserNameSearchFilter", "search filter"),
    "user_name_list_filter": ("UserNameListFilter", "filter"),
    "read_groups": ("ReadGroups", "boolean"),
    "write_groups": ("WriteGroups", "boolean"),
    "group_search_base": ("GroupSearchBase", "dn"),
    "group_entry_object_class": ("GroupEntryObjectClass", "text"),
    "group_name_attribute": ("GroupNameAttribute", "text"),
    "group_name_search_filter": ("GroupNameSearchFilter", "search filter"),
    "group_name_list_filter": ("GroupNameListFilter", "filter"),
    "membership_attribute": ("MembershipAttribute", "text"),
    "member_of_attribute": ("MemberOfAttribute", "text"),
    "referral": ("Referral", "referral"),
    "scim_enabled": ("SCIMEnabled", "boolean"),
    "connection_pooling_enabled": ("ConnectionPoolingEnabled", "boolean"),
    "ldap_connection_timeout": ("LDAPConnectionTimeout", "number"),
    "read_timeout": ("ReadTimeout", "number"),
    "starttls_enabled": ("StartTLSEnabled", "boolean"),
}
_REFERRALS = ("follow", "ignore", "throw")
_REQUIRED = ("connection_url", "connection_name", "connection_password", "user_search_base")
_FOR_ALL = ("type", "admin_role", "scim_enabled", "properties")
_ONLY = {"member_of_attribute": ("active_directory",), "write_groups": ("read_write_ldap", "active_directory")}
KEYS = (*_FOR_ALL, "connection_url", *(key for key in _PROPERTIES if key not in _FOR_ALL))

# Properties that no key names; wso2is_user_store.properties may. Their values are the shipped ones.
_LIMITS = {
    "MultiAttributeSeparator": ",",
    "MaxUserNameListLength": "100",
    "MaxRoleNameListLength": "100",
    "UserRolesCacheEnabled": "true",
}
_DIRECTORY = {
    # Tenants, permissions and the product's own roles stay in the user database.
    "TenantManager": f"{_CORE}.tenant.CommonHybridLDAPTenantManager",
    "AnonymousBind": "false",
    "DisplayNameAttribute": "",
    "UsernameJavaRegEx": r"[a-zA-Z0-9._\-|//]{3,30}$",
    "RolenameJavaRegEx": r"[a-zA-Z0-9._\-|//]{3,30}$",
    "PasswordJavaRegEx": r"^[\S]{5,30}$",
    # The directory hashes what it is given.
    "PasswordHashMethod": "PLAIN_TEXT",
    **_LIMITS,
}
_WRITABLE = {
    **_DIRECTORY,
    "UsernameJavaScriptRegEx": r"^[\S]{3,30}$",
    "RolenameJavaScriptRegEx": r"^[\S]{3,30}$",
    "PasswordJavaScriptRegEx": r"^[\S]{5,30}$",
    "IsBulkImportSupported": "false",
    "EmptyRolesAllowed": "true",
    "kdcEnabled": "false",
}
_FIXED: dict[str, dict[str, str]] = {
    DATABASE: {
        "TenantManager": f"{_CORE}.tenant.JDBCTenantManager",
        "ReadOnly": "false",
        "ReadGroups": "true",
        "WriteGroups": "true",
        "PasswordDigest": "SHA-256",
        "StoreSaltedPassword": "true",
        "SCIMEnabled": "true",
        "UsernameJavaRegEx": r"^[\S]{3,30}$",
        "UsernameJavaScriptRegEx": r"^[\S]{3,30}$",
        "RolenameJavaRegEx": r"^[\S]{3,30}$",
        "RolenameJavaScriptRegEx": r"^[\S]{3,30}$",
        "PasswordJavaRegEx": r"^[\S]{5,30}$",
        "PasswordJavaScriptRegEx": r"^[\S]{5,30}$",
        "CaseInsensitiveUsername": "false",
        **_LIMITS,
        "UserNameUniqueAcrossTenants": "false",
        "IsBulkImportSupported": "false",
    },
    "read_write_ldap": {**_WRITABLE, "BackLinksEnabled": "false"},
    READ_ONLY: {**_DIRECTORY, "BackLinksEnabled": "false", "ReplaceEscapeCharactersAtUserLogin": "true"},
    "active_directory": {
        **_WRITABLE,
        "BackLinksEnabled": "true",
        "isADLDSRole": "false",
        # An ordinary account that is enabled.
        "userAccountControl": "512",
        "MembershipAttributeRange": "1500",
    },
}
_DEFAULTS: dict[str, Any] = {
    "user_name_attribute": "uid",
    "read_groups": True,
    "group_entry_object_class": "groupOfNames",
    "group_name_attribute": "cn",
    "membership_attribute": "member",
    # SCIM answers nothing for users of a store without it.
    "scim_enabled": True,
    "ldap_connection_timeout": 5000,
    # Without one a directory that hangs takes the server's threads, one login after the other.
    "read_timeout": 5000,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    DATABASE: {"scim_enabled": True},
    "read_write_ldap": {**_DEFAULTS, "user_entry_object_class": "identityPerson", "write_groups": True},
    READ_ONLY: _DEFAULTS,
    "active_directory": {
        **_DEFAULTS,
        "user_name_attribute": "cn",
        "user_entry_object_class": "user",
        "write_groups": True,
        "group_entry_object_class": "group",
        "member_of_attribute": "memberOf",
        "referral": "follow",
    },
}
# The vendor's entry of this class has no property for these: they only shape the filters.
_NOT_WRITTEN = {READ_ONLY: ("user_entry_object_class", "group_entry_object_class")}
_URL = re.compile(r"(ldaps?)://([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):([0-9]{1,5})/?\Z")
_DN = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9.-]*\s*=\s*\S")


class Address(NamedTuple):
    """Where a directory listens.

    Attributes:
        scheme: `ldap` or `ldaps`.
        host: name or IPv4 address.
        port: TCP port.
    """

    scheme: str
    host: str
    port: int


def parse_url(url: Any) -> Address | None:
    """Return the parts of an LDAP URL with a port; None where it is none.

    The product takes what stands behind the second colon for the port, and fails at start where there is none.
    """
    match = _URL.match(url) if isinstance(url, str) else None
    if not match or not 1 <= int(match[3]) <= LAST_PORT:
        return None
    return Address(match[1], match[2], int(match[3]))


def user_store_of(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The user store, and findings on `wso2is_user_store`.

    Args:
        values: the variables of the deployment.

    Returns:
        A mapping: `type`, `urls` (of the directory, in the order in which they are tried), `hosts` (of these URLs),
        `bind_name`, `password`, `tls` (whether the connection is encrypted), `read_only`, `add_admin` and `admin_role`
        (text for the product's file), `java_options`, and `element`, what the product's file says of it. And the
        findings.
    """
    given = values["wso2is_user_store"] or {}
    found = given.get("type", DATABASE)
    if not isinstance(found, str) or found not in CLASSES:
        row = _finding(f"wso2is_user_store.type is {shown(found)}", f"one of {', '.join(CLASSES)}", "type")
        return _store(DATABASE, {}), [row]
    store = str(found)
    findings = _unknown([key for key in given if not _is_known(key, store)], store)
    said, wrong = {}, set()
    for key, value in given.items():
        # What is empty is as if it was left out.
        if _is_known(key, store) and value not in (None, ""):
            rows = _value(key, value, store)
            findings += rows
            if rows:
                wrong.add(key)
            else:
                said[key] = value
    if store != DATABASE:
        findings += _together(said, wrong)
    return _store(store, said), findings


def _is_known(key: Any, store: str) -> bool:
    if key not in KEYS:
        return False
    return key in _FOR_ALL or (store != DATABASE and store in _ONLY.get(key, CLASSES))


def _unknown(keys: Sequence[Any], store: str) -> list[dict[str, str]]:
    """Findings on keys that the type does not have."""
    others = [key for key in keys if key in KEYS]
    findings = []
    if others:
        types = [name for name in CLASSES if all(_is_known(key, name) for key in others)]
        findings.append(
            finding(
                "inventory",
                "user store",
                f"wso2is_user_store has {join(others)} with the type {store}",
                f"keys of the type {store}",
                f"Remove {join(others)} from wso2is_user_store, or set wso2is_user_store.type to {join(types, 'or')}.",
            )
        )
    for key in keys:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, n=1, cutoff=0.7)
            remedy = f"Rename it to {near[0]}, or remove it." if near else "Remove it; a property goes into properties."
            found = f"wso2is_user_store has {shown(key)}"
            findings.append(finding("inventory", "user store", found, f"a key of the type {store}", remedy))
    return findings


def _finding(found: str, required: str, *keys: str) -> dict[str, str]:
    """A finding with the remedy to change the keys."""
    names = join([f"wso2is_user_store.{key}" for key in keys], "or")
    return finding("inventory", "user store", found, required, f"Change {names}.")


def _value(key: str, value: Any, store: str) -> list[dict[str, str]]:
    """Findings on the value of one key."""
    place = f"wso2is_user_store.{key}"
    if key == "connection_url":
        return _url_findings(value)
    if key == "properties":
        return _property_findings(value, store)
    what = _PROPERTIES[key][1] if key in _PROPERTIES else "text"
    # A password that YAML took for a number must not be shown.
    text = f"a {kind(value)}" if key == "connection_password" else shown(value)
    problem = ""
    if what == "boolean":
        problem = "" if _boolean(value) is not None else "true or false"
    elif what == "number":
        number = whole_number(value)
        problem = "" if number is not None and 0 < number < 10**9 else "milliseconds, 1 or more"
    elif not isinstance(value, str):
        problem = "a text; quote it"
    elif what == "referral":
        problem = "" if value in _REFERRALS else f"one of {', '.join(_REFERRALS)}"
    elif what == "dn":
        problem = "" if _DN.match(value) else "a distinguished name, such as ou=people,dc=example,dc=org"
    elif what in ("filter", "search filter"):
        problem = _filter_problem(value, "?" in value or what == "filter")
    return [_finding(f"{place} is {text}", problem, key)] if problem else []


def _filter_problem(value: str, has_name: bool) -> str:
    """What an LDAP filter must be and is not; empty when nothing is wrong."""
    if not (value.startswith("(") and value.endswith(")") and value.count("(") == value.count(")")):
        return "an LDAP filter in balanced parentheses"
    return "" if has_name else "a filter with a ? where the name goes"


def _boolean(value: Any) -> bool | None:
    """The value as a boolean; `-e` gives text."""
    if isinstance(value, str):
        return {"true": True, "false": False, "yes": True, "no": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _url_findings(value: Any) -> list[dict[str, str]]:
    urls = _urls(value)
    # Before an @ there may be a password.
    bad = [shown(re.sub("//.*@", "//...@", url) if isinstance(url, str) else url) for url in urls if not parse_url(url)]
    required = "ldap:// or ldaps:// with host and port, such as ldaps://ldap.example.org:636"
    if bad or not urls:
        found = f"wso2is_user_store.connection_url is {', '.join(bad) or shown(value)}"
        return [_finding(found, required, "connection_url")]
    schemes = {str(url).partition(":")[0] for url in urls}
    if len(schemes) > 1:
        found = "wso2is_user_store.connection_url mixes ldap:// and ldaps://"
        return [_finding(found, "one of both in all URLs", "connection_url")]
    return []


def _urls(value: Any) -> Sequence[Any]:
    """The URLs: a list, or one text as the product takes it, with spaces between."""
    if isinstance(value, str):
        return value.split()
    return value if isinstance(value, (list, tuple)) else [value]


def _property_findings(value: Any, store: str) -> list[dict[str, str]]:
    place = "wso2is_user_store.properties"
    if not isinstance(value, Mapping):
        return [_finding(f"{place} is {shown(value)}", "a mapping of names and values", "properties")]
    # Of the password always: elsewhere it would not be hidden.
    own = {
        name: key for key, (name, _what) in _PROPERTIES.items() if _is_known(key, store) or key == "connection_password"
    }
    rows = []
    for name, item in value.items():
        if name in own:
            required = f"wso2is_user_store.{own[name]}, which hides what is secret and checks the rest"
            remedy = f"Remove {name} from wso2is_user_store.properties, and set wso2is_user_store.{own[name]}."
            rows.append(finding("inventory", "user store", f"{place} has {name}", required, remedy))
        elif not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", name):
            rows.append(_finding(f"{place} has {shown(name)}", "a name of letters and digits", "properties"))
        elif not isinstance(item, (str, int)) or (isinstance(item, int) and abs(item) >= 10**18):
            rows.append(_finding(f"{place}.{name} is {shown(item)}", "a text", "properties"))
    return rows


def _together(said: Mapping[str, Any], wrong: set[str]) -> list[dict[str, str]]:
    """Findings on what the keys of a directory say together. A key with a finding is asked nothing more."""
    findings = []
    reads = _boolean(said.get("read_groups", True)) is not False
    needed = (*_REQUIRED, *(("group_search_base",) if reads else ()))
    lacking = [key for key in needed if key not in said and key not in wrong]
    if lacking:
        findings.append(
            finding(
                "inventory",
                "user store",
                f"wso2is_user_store lacks {join(lacking)}",
                "where the directory is, the account that the servers log in with, and where users and groups are",
                f"Set {join([f'wso2is_user_store.{key}' for key in lacking])}"
                + (", or wso2is_user_store.read_groups to false." if "group_search_base" in lacking else "."),
            )
        )
    name = said.get("connection_name", "")
    if name and not (_DN.match(name) or "@" in name or "\\" in name):
        required = "a distinguished name; Active Directory also takes name@domain"
        findings.append(_finding(f"wso2is_user_store.connection_name is {shown(name)}", required, "connection_name"))
    if _boolean(said.get("starttls_enabled")):
        if any(str(url).startswith("ldaps:") for url in _urls(said.get("connection_url", ""))):
            found = "wso2is_user_store has ldaps:// and starttls_enabled"
            findings.append(_finding(found, "one of both", "connection_url", "starttls_enabled"))
        if _boolean(said.get("connection_pooling_enabled")):
            found = "wso2is_user_store has starttls_enabled and connection_pooling_enabled"
            required = "no pool with StartTLS, Java has none for it; ldaps:// has one"
            findings.append(_finding(found, required, "connection_pooling_enabled", "starttls_enabled"))
    return findings


def _store(store: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The user store of a type with what was said for it, all of it sound."""
    values = {**DEFAULTS[store], **said}
    urls = [str(url) for url in _urls(values.get("connection_url", ""))]
    starttls = _boolean(values.get("starttls_enabled")) is True
    ldaps = bool(urls) and all(url.startswith("ldaps:") for url in urls)
    # A group of the directory that administrates is there already; without one the server makes a role of its own.
    add_admin = not (store == READ_ONLY and "admin_role" in said)
    properties = dict(_FIXED[store])
    if store != DATABASE:
        values = {**_filters(store, values), "connection_pooling_enabled": not starttls, **values}
        properties = {"TenantManager": properties["TenantManager"], "ConnectionURL": " ".join(urls)}
    for key, (name, what) in _PROPERTIES.items():
        if key in values and key not in _NOT_WRITTEN.get(store, ()):
            properties[name] = _text(values[key], what)
    properties = {**properties, **{name: text for name, text in _FIXED[store].items() if name not in properties}}
    properties.update({name: _text(value, "") for name, value in values.get("properties", {}).items()})
    pooled = _boolean(values.get("connection_pooling_enabled")) is True
    return {
        "type": store,
        "urls": urls,
        "hosts": [address.host for address in map(parse_url, urls) if address],
        "bind_name": values.get("connection_name", ""),
        "password": values.get("connection_password", ""),
        "tls": ldaps or starttls,
        "read_only": store == READ_ONLY,
        "add_admin": "true" if add_admin else "false",
        "admin_role": values.get("admin_role", "admin"),
        # By default Java keeps no pool of LDAPS connections: every login would shake hands anew.
        "java_options": "-Dcom.sun.jndi.ldap.connect.pool.protocol=ssl" if ldaps and pooled else "",
        "element": element(
            "UserStoreManager",
            *[
                (secret_element if name == "ConnectionPassword" else element)("Property", value, name=name)
                for name, value in properties.items()
            ],
            **{"class": CLASSES[store]},
        ),
    }


def _filters(store: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The filters that follow from classes and attributes."""
    active = store == "active_directory"
    # Every class of persons derives from this one, the product's own and others.
    user = "person" if store == "read_write_ldap" else values.get("user_entry_object_class", "person")
    group = values["group_entry_object_class"]
    return {
        "user_name_search_filter": f"(&(objectClass={user})({values['user_name_attribute']}=?))",
        # In Active Directory computers are of the class user, too.
        "user_name_list_filter": f"(&(objectCategory=person)(objectClass={user}))"
        if active
        else f"(objectClass={user})",
        "group_name_search_filter": f"(&(objectClass={group})({values['group_name_attribute']}=?))",
        "group_name_list_filter": f"(objectClass={group})",
    }


def _text(value: Any, what: str) -> str:
    """A value as the product's file has it."""
    boolean = _boolean(value) if what == "boolean" or isinstance(value, bool) else None
    return str(value) if boolean is None else str(boolean).lower()
