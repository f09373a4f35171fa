# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the regular expression for a path."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_path
short_description: Regular expression with which nginx recognizes a path as the Tomcat behind it does
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - The expression matches the path and everything below it, also below C(/t/TENANT), and also where path parameters
    hide it from nginx but not from Tomcat, as in C(/;a/carbon) or C(/carbon;a/admin).
options:
  _input:
    description: A path from the root, V(/services) for example.
    type: str
    required: true
notes:
  - Fails when the path does not begin with a slash, or has a character that no path needs.
seealso:
  - plugin: identityops.wso2is.nginx_features
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the expression
  ansible.builtin.debug:
    msg: "{{ '/carbon' | identityops.wso2is.nginx_path }}"
"""

RETURN = r"""
_value:
  description: The expression (PCRE), without delimiters.
  type: str
"""

from ansible.errors import AnsibleFilterError


def nginx_path(path: str) -> str:
    """Make the regular expression for a path, see ``DOCUMENTATION``.

    Raises:
        AnsibleFilterError: the input is not a path.
    """
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.nginx_paths import path_pattern

    try:
        return path_pattern(path)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"nginx_path: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, object]:
        """Return the filters by name."""
        return {"nginx_path": nginx_path}
