# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell what an nginx can do."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_features
short_description: What an nginx can do, from the output of nginx -V
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads the version and the compiled modules of an nginx and tells which features the role
    P(identityops.wso2is.load_balancer#role) may use.
  - Without a version in the text (check mode on a host without nginx) a current nginx with all modules is assumed.
options:
  _input:
    description: The output of C(nginx -V).
    type: str
    required: true
notes:
  - Fails when the input is not a text.
seealso:
  - plugin: identityops.wso2is.nginx_findings
    plugin_type: filter
  - plugin: identityops.wso2is.nginx_state
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Choose the way of sticky sessions
  ansible.builtin.debug:
    msg: "{{ 'directive' if (text | identityops.wso2is.nginx_features).sticky_cookie else 'map' }}"
  vars:
    text: "nginx version: nginx/1.26.3 (Debian)"
"""

RETURN = r"""
_value:
  description: The version and one boolean for each feature.
  type: dict
  contains:
    installed:
      description: Whether the text has a version.
      type: bool
    version:
      description: The version, V(1.30.6) for example, or an empty text.
      type: str
    sticky_cookie:
      description:
        - Whether the C(sticky) directive and the server parameters C(route) and C(drain) are there (1.29.6 or nginx
          Plus).
      type: bool
    http2_directive:
      description: Whether HTTP/2 is switched on by C(http2 on) instead of by C(listen).
      type: bool
    keepalive_min_timeout:
      description: Whether idle connections can be kept for a while when workers are replaced.
      type: bool
    http2:
      description: Whether the HTTP/2 module is compiled in.
      type: bool
    realip:
      description: Whether the realip module is compiled in.
      type: bool
    ssl:
      description: Whether TLS is compiled in.
      type: bool
    stub_status:
      description: Whether the stub_status module is compiled in.
      type: bool
"""

from ansible.errors import AnsibleFilterError


def nginx_features(text: str) -> dict[str, object]:
    """Tell what an nginx can do, see ``DOCUMENTATION``.

    Raises:
        AnsibleFilterError: the input is not a text.
    """
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.nginx import features

    if not isinstance(text, str):
        raise AnsibleFilterError(f"nginx_features expects the output of nginx -V as text, not {type(text).__name__}")
    return features(text)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, object]:
        """Return the filters by name."""
        return {"nginx_features": nginx_features}
