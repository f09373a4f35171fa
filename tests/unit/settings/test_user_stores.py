# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each type of user store, written to the vendor's own file and to the practice pack's."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils import settings as engine
from ansible_collections.identityops.wso2is.plugins.plugin_utils.directory_findings import directory_services
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from settings import expected, places, sample

VENDOR = os.environ.get("VENDOR_CONFIG", "")
PRACTICE = Path(__file__).resolve().parents[3] / "lab/practice-pack/identity-server/src/pack"
FILE = "repository/conf/user-mgt.xml"
CORE = "org.wso2.carbon.user.core"
PACKS = [
    pytest.param(PRACTICE, id="practice"),
    pytest.param(
        Path(VENDOR) / "wso2is-5.8.0",
        id="vendor",
        marks=pytest.mark.skipif(not VENDOR, reason="VENDOR_CONFIG does not name the vendor's files"),
    ),
]
ACCOUNT = {
    "connection_url": "ldaps://ldap.example.org:636",
    "connection_name": "cn=wso2,dc=example,dc=org",
    "connection_password": "b<nd&1",
    "user_search_base": "ou=people,dc=example,dc=org",
    "group_search_base": "ou=groups,dc=example,dc=org",
}
# What a directory of any type must be told.
COMMON = {
    "TenantManager": f"{CORE}.tenant.CommonHybridLDAPTenantManager",
    "ConnectionName": "cn=wso2,dc=example,dc=org",
    "ConnectionPassword": "b<nd&1",
    "AnonymousBind": "false",
    "UserSearchBase": "ou=people,dc=example,dc=org",
    "GroupSearchBase": "ou=groups,dc=example,dc=org",
    "ReadGroups": "true",
    "SCIMEnabled": "true",
    "DisplayNameAttribute": "",
    "PasswordHashMethod": "PLAIN_TEXT",
    "MultiAttributeSeparator": ",",
    "MaxUserNameListLength": "100",
    "MaxRoleNameListLength": "100",
    "UserRolesCacheEnabled": "true",
    "UsernameJavaRegEx": r"[a-zA-Z0-9._\-|//]{3,30}$",
    "RolenameJavaRegEx": r"[a-zA-Z0-9._\-|//]{3,30}$",
    "PasswordJavaRegEx": r"^[\S]{5,30}$",
}
WRITABLE = {
    "WriteGroups": "true",
    "UsernameJavaScriptRegEx": r"^[\S]{3,30}$",
    "RolenameJavaScriptRegEx": r"^[\S]{3,30}$",
    "PasswordJavaScriptRegEx": r"^[\S]{5,30}$",
    "IsBulkImportSupported": "false",
    "EmptyRolesAllowed": "true",
    "kdcEnabled": "false",
}
# What is said, the class that the product knows, and every property.
STORES: dict[str, tuple[dict[str, Any], str, dict[str, str]]] = {
    "read-write LDAP": (
        {"type": "read_write_ldap", **ACCOUNT, "user_entry_object_class": "inetOrgPerson"},
        f"{CORE}.ldap.ReadWriteLDAPUserStoreManager",
        {
            **COMMON,
            **WRITABLE,
            "ConnectionURL": "ldaps://ldap.example.org:636",
            "UserEntryObjectClass": "inetOrgPerson",
            "UserNameAttribute": "uid",
            "UserNameSearchFilter": "(&(objectClass=person)(uid=?))",
            "UserNameListFilter": "(objectClass=person)",
            "GroupEntryObjectClass": "groupOfNames",
            "GroupNameAttribute": "cn",
            "GroupNameSearchFilter": "(&(objectClass=groupOfNames)(cn=?))",
            "GroupNameListFilter": "(objectClass=groupOfNames)",
            "MembershipAttribute": "member",
            "BackLinksEnabled": "false",
            "ConnectionPoolingEnabled": "true",
            "LDAPConnectionTimeout": "5000",
            "ReadTimeout": "5000",
        },
    ),
    "read-only LDAP": (
        {
            "type": "read_only_ldap",
            **ACCOUNT,
            "connection_url": ["ldap://ldap1.example.org:389", "ldap://ldap2.example.org:1389"],
            "starttls_enabled": True,
            "user_name_attribute": "mail",
            "user_name_list_filter": "(&(objectClass=person)(!(locked=TRUE)))",
            "group_entry_object_class": "groupOfUniqueNames",
            "group_name_attribute": "ou",
            "membership_attribute": "uniqueMember",
            "ldap_connection_timeout": 3000,
            "read_timeout": 20000,
            "referral": "ignore",
            "scim_enabled": False,
            "admin_role": "operators",
            "properties": {"UserRolesCacheEnabled": False, "MaxUserNameListLength": 500, "UserDNPattern": "uid={0},x"},
        },
        f"{CORE}.ldap.ReadOnlyLDAPUserStoreManager",
        {
            **COMMON,
            "ConnectionURL": "ldap://ldap1.example.org:389 ldap://ldap2.example.org:1389",
            "UserNameAttribute": "mail",
            "UserNameSearchFilter": "(&(objectClass=person)(mail=?))",
            "UserNameListFilter": "(&(objectClass=person)(!(locked=TRUE)))",
            "GroupNameAttribute": "ou",
            "GroupNameSearchFilter": "(&(objectClass=groupOfUniqueNames)(ou=?))",
            "GroupNameListFilter": "(objectClass=groupOfUniqueNames)",
            "MembershipAttribute": "uniqueMember",
            "BackLinksEnabled": "false",
            "ReplaceEscapeCharactersAtUserLogin": "true",
            "Referral": "ignore",
            "SCIMEnabled": "false",
            "StartTLSEnabled": "true",
            # Java keeps no pool of StartTLS connections.
            "ConnectionPoolingEnabled": "false",
            "LDAPConnectionTimeout": "3000",
            "ReadTimeout": "20000",
            "UserRolesCacheEnabled": "false",
            "MaxUserNameListLength": "500",
            "UserDNPattern": "uid={0},x",
        },
    ),
    "Active Directory": (
        {"type": "active_directory", **ACCOUNT, "user_name_attribute": "sAMAccountName", "write_groups": "no"},
        f"{CORE}.ldap.ActiveDirectoryUserStoreManager",
        {
            **COMMON,
            **WRITABLE,
            "WriteGroups": "false",
            "ConnectionURL": "ldaps://ldap.example.org:636",
            "UserEntryObjectClass": "user",
            "UserNameAttribute": "sAMAccountName",
            "UserNameSearchFilter": "(&(objectClass=user)(sAMAccountName=?))",
            "UserNameListFilter": "(&(objectCategory=person)(objectClass=user))",
            "GroupEntryObjectClass": "group",
            "GroupNameAttribute": "cn",
            "GroupNameSearchFilter": "(&(objectClass=group)(cn=?))",
            "GroupNameListFilter": "(objectClass=group)",
            "MembershipAttribute": "member",
            "MemberOfAttribute": "memberOf",
            "MembershipAttributeRange": "1500",
            "BackLinksEnabled": "true",
            "Referral": "follow",
            "isADLDSRole": "false",
            "userAccountControl": "512",
            "ConnectionPoolingEnabled": "true",
            "LDAPConnectionTimeout": "5000",
            "ReadTimeout": "5000",
        },
    ),
}
POOL = "-Dcom.sun.jndi.ldap.connect.pool.protocol=ssl"


def compute(folder: Path, **changes: Any) -> dict[str, Any]:
    hostvars = sample.hostvars(folder, **{**expected.CHANGES, **changes})
    return topology(hostvars, sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS)


def render(pack: Path, deployment: Mapping[str, Any], host: str = "is1") -> dict[str, engine.RenderedFile]:
    server = servers.server_of(deployment, host, "is")
    names = ["is_node/user_store", "is_node/mail"]

    def read(path: str) -> bytes:
        return (pack / path).read_bytes()

    files = engine.render(names, servers.fields_of(deployment, server), read, servers.read_control_file)
    return {item.path: item for item in files}


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("store", STORES)
def test_every_property(pack: Path, tmp_path: Path, store: str) -> None:
    said, java_class, properties = STORES[store]
    deployment = compute(tmp_path, wso2is_user_store=said)

    assert [row for row in deployment["findings"] if row["severity"] == "error"] == []
    data = render(pack, deployment)[FILE].content
    assert places.values(FILE, data, "Realm/UserStoreManager/@class") == [java_class]
    (element,) = ElementTree.fromstring(data).findall("Realm/UserStoreManager")
    written = [(child.get("name"), child.text or "") for child in element]
    assert dict(written) == properties
    assert len(written) == len(properties)
    # The datasource stays: tenants, permissions and the product's own roles are in it.
    assert places.values(FILE, data, "Realm/Configuration/Property[@name='dataSource']") == ["jdbc/WSO2CarbonDB"]
    # No node has a directory of its own.
    ldap = "repository/conf/identity/embedded-ldap.xml"
    embedded = render(pack, deployment)[ldap].content
    assert places.values(ldap, embedded, "EmbeddedLDAP/Property[@name='enable']") == ["false"]


@pytest.mark.parametrize("store", STORES)
def test_the_account_of_the_directory_is_hidden(tmp_path: Path, store: str) -> None:
    item = render(PRACTICE, compute(tmp_path, wso2is_user_store=STORES[store][0]))[FILE]

    assert b"b&lt;nd&amp;1" in item.content
    assert b"b&lt;nd" not in servers.shown(item)
    assert b"cn=wso2,dc=example,dc=org" in servers.shown(item)


@pytest.mark.skipif(not VENDOR, reason="VENDOR_CONFIG does not name the vendor's files")
@pytest.mark.parametrize("store", STORES)
def test_around_the_store_nothing_changes(tmp_path: Path, store: str) -> None:
    pack = Path(VENDOR) / "wso2is-5.8.0"
    data = render(pack, compute(tmp_path, wso2is_user_store=STORES[store][0]))[FILE].content
    shipped = (pack / FILE).read_bytes()

    # Text that stands there by mistake.
    assert data.count(b"            !-- Enable username claim retrieve") == 1
    start, end = b"        <UserStoreManager ", b"        </UserStoreManager>"
    head, tail = shipped[shipped.index(b"</Configuration>") : shipped.index(start)], shipped[shipped.index(end) :]
    assert data[data.index(b"</Configuration>") : data.index(start)] == head
    assert data[data.index(end) :] == tail


@pytest.mark.skipif(not VENDOR, reason="VENDOR_CONFIG does not name the vendor's files")
@pytest.mark.parametrize("store", STORES)
def test_the_vendor_knows_every_property_of_the_class(store: str) -> None:
    said, java_class, properties = STORES[store]
    text = (Path(VENDOR) / "wso2is-5.8.0" / FILE).read_text(encoding="utf-8")
    entries = re.findall(rf'UserStoreManager class="{re.escape(java_class)}">(.*?)</UserStoreManager', text, re.DOTALL)
    known = set(re.findall(r'<Property name="(\w+)"', "".join(entries)))

    # Read for every class of directory, although the entry for one that is only read leaves them out.
    generic = {"Referral", "StartTLSEnabled"} if said["type"] == "read_only_ldap" else set()
    assert set(properties) - known - generic <= set(said.get("properties", {}))


@pytest.mark.parametrize(
    ("said", "add", "role"),
    [
        ({}, "true", "admin"),
        ({"type": "database", "admin_role": "operators"}, "true", "operators"),
        ({"type": "read_write_ldap", **ACCOUNT}, "true", "admin"),
        ({"type": "active_directory", **ACCOUNT, "admin_role": "operators"}, "true", "operators"),
        # A role of the product's own, beside a directory that it may not write.
        ({"type": "read_only_ldap", **ACCOUNT}, "true", "admin"),
        # A group of the directory.
        ({"type": "read_only_ldap", **ACCOUNT, "admin_role": "operators"}, "false", "operators"),
    ],
)
@pytest.mark.parametrize("host", ["is1", "is2"])
def test_who_creates_the_administrator(tmp_path: Path, host: str, said: dict[str, Any], add: str, role: str) -> None:
    data = render(PRACTICE, compute(tmp_path, wso2is_user_store=said), host)[FILE].content

    assert places.values(FILE, data, "Realm/Configuration/AddAdmin") == [add]
    assert places.values(FILE, data, "Realm/Configuration/AdminRole") == [role]


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ({}, "-Xlog"),
        ({"type": "read_only_ldap", **ACCOUNT}, f"{POOL} -Xlog"),
        ({"type": "read_only_ldap", **ACCOUNT, "connection_pooling_enabled": "false"}, "-Xlog"),
        ({"type": "read_only_ldap", **ACCOUNT, "connection_url": "ldap://ldap.example.org:389"}, "-Xlog"),
    ],
)
def test_ldaps_connections_are_pooled(tmp_path: Path, said: dict[str, Any], options: str) -> None:
    found = compute(tmp_path, wso2is_user_store=said, is_node_java_options="-Xlog")
    server = found["hosts"]["is2"]["servers"]["is"]

    assert server["java_options"] == options


def test_what_others_read(tmp_path: Path) -> None:
    store = compute(tmp_path, wso2is_user_store=STORES["read-only LDAP"][0])["user_store"]

    assert {name: store[name] for name in ("type", "urls", "hosts", "bind_name", "password", "tls", "read_only")} == {
        "type": "read_only_ldap",
        "urls": ["ldap://ldap1.example.org:389", "ldap://ldap2.example.org:1389"],
        "hosts": ["ldap1.example.org", "ldap2.example.org"],
        "bind_name": "cn=wso2,dc=example,dc=org",
        "password": "b<nd&1",
        "tls": True,
        "read_only": True,
    }


def test_an_account_that_is_encrypted_crosses_the_network_so_to_ask_a_directory(tmp_path: Path) -> None:
    """By StartTLS as well; that nothing is sent where it is refused stands in test_services.py."""
    for store, kinds in (("read-only LDAP", ["start", "start"]), ("Active Directory", ["first"])):
        asked = directory_services(compute(tmp_path, wso2is_user_store=STORES[store][0]), "is1")
        assert [(service["kind"], service["tls"]) for service in asked] == [("ldap", kind) for kind in kinds]
        assert {service["password"] for service in asked} == {"b<nd&1"}


# Mail


@pytest.mark.parametrize("pack", PACKS)
def test_mail_without_an_account(pack: Path, tmp_path: Path) -> None:
    found = compute(tmp_path, wso2is_smtp_user="", wso2is_smtp_password="", wso2is_smtp_starttls=True)
    path = "repository/conf/output-event-adapters.xml"
    data = render(pack, found)[path].content

    adapter = "adapterConfig[@type='email']/property"
    assert places.values(path, data, f"{adapter}[@key='mail.smtp.auth']") == ["false"]
    assert places.values(path, data, f"{adapter}[@key='mail.smtp.starttls.enable']") == ["true"]
    assert places.values(path, data, f"{adapter}[@key='mail.smtp.user']") == []
    assert places.values(path, data, f"{adapter}[@key='mail.smtp.password']") == []


def test_without_a_mail_server_the_file_stays_as_shipped(tmp_path: Path) -> None:
    names = ("host", "from", "user", "password")
    found = compute(tmp_path, **{f"wso2is_smtp_{name}": "" for name in names})

    assert found["findings"] == []
    assert "repository/conf/output-event-adapters.xml" not in render(PRACTICE, found)


def test_a_job_in_the_database_cleans_up_the_sessions(tmp_path: Path) -> None:
    for job, cleans in ((False, ["true", "false"]), (True, ["false", "false"])):
        found = compute(tmp_path, wso2is_session_cleanup=not job)
        nodes = [found["hosts"][host]["servers"]["is"]["fields"]["node"] for host in sample.NODES]
        assert [node["cleans_sessions"] for node in nodes] == cleans
