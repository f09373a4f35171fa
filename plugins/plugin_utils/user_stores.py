# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The primary user store of the Identity Server nodes."""

from __future__ import annotations

from typing import Any

from .elements import element


def user_store() -> dict[str, Any]:
    """The element of the primary user store."""
    properties = {
        "TenantManager": "org.wso2.carbon.user.core.tenant.JDBCTenantManager",
        "ReadOnly": "false",
        "ReadGroups": "true",
        "WriteGroups": "true",
        "PasswordDigest": "SHA-256",
        "StoreSaltedPassword": "true",
        # SCIM answers nothing for users of a store without it; the shipped LDAP store has it on.
        "SCIMEnabled": "true",
        "UsernameJavaRegEx": r"^[\S]{3,30}$",
        "UsernameJavaScriptRegEx": r"^[\S]{3,30}$",
        "RolenameJavaRegEx": r"^[\S]{3,30}$",
        "RolenameJavaScriptRegEx": r"^[\S]{3,30}$",
        "PasswordJavaRegEx": r"^[\S]{5,30}$",
        "PasswordJavaScriptRegEx": r"^[\S]{5,30}$",
        "CaseInsensitiveUsername": "false",
        "MultiAttributeSeparator": ",",
        "MaxUserNameListLength": "100",
        "MaxRoleNameListLength": "100",
        "UserRolesCacheEnabled": "true",
        "UserNameUniqueAcrossTenants": "false",
        "IsBulkImportSupported": "false",
    }
    children = [element("Property", value, name=name) for name, value in properties.items()]
    return {
        "tag": "UserStoreManager",
        "attributes": {"class": "org.wso2.carbon.user.core.jdbc.JDBCUserStoreManager"},
        "children": children,
    }
