# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a JDK of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: jdk_choose
short_description: The first JDK of a host that is good enough
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads what the probe of the role P(identityops.wso2is.jdk#role) printed and returns the first JDK that is of the
    required line, not refused, and has keytool.
options:
  _input:
    description:
      - "What the probe printed: lines with a key and values, separated by tabs. C(home) with the path and the real
        path of a JDK, then C(java) for each line of C(java -version), and C(keytool) if it is there."
    type: str
    required: true
  required:
    description: The version line, V(1.8) or V(17) for example, or a longer beginning of a version.
    type: str
    required: true
  refused:
    description: Versions that must not be used although they are of that line.
    type: list
    elements: str
    default: []
notes:
  - Fails when the input is not a text.
seealso:
  - plugin: identityops.wso2is.jdk_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Tell the home
  ansible.builtin.debug:
    msg: "{{ (probe.stdout | identityops.wso2is.jdk_choose('1.8', ['1.8.0_151'])).home | default('none') }}"
"""

RETURN = r"""
_value:
  description: The JDK, or an empty mapping.
  type: dict
  contains:
    home:
      description: The path as it was asked for.
      type: str
    real_home:
      description: The path with links resolved.
      type: str
    version:
      description: The version, V(1.8.0_504) for example.
      type: str
    text:
      description: The output of C(java -version).
      type: str
    keytool:
      description: Whether keytool is there.
      type: bool
"""

from ansible.errors import AnsibleFilterError


def jdk_choose(text: str, required: str, refused: list[str] | None = None) -> dict[str, object]:
    """Choose a JDK of a host, see ``DOCUMENTATION``.

    Raises:
        AnsibleFilterError: the input is not a text.
    """
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.jdk import choose, read_probe

    if not isinstance(text, str):
        raise AnsibleFilterError(f"jdk_choose expects what the probe printed as text, not {type(text).__name__}")
    return choose(read_probe(text), str(required), refused or [])


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, object]:
        """Return the filters by name."""
        return {"jdk_choose": jdk_choose}
