# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the JDKs of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: jdk_findings
short_description: Why no JDK of a host is good enough
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads what the probe of the role P(identityops.wso2is.jdk#role) printed and reports why the server may not run on
    any JDK found there. Empty if one of them is good.
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
  host:
    description: The host that the finding is about.
    type: str
    default: ''
  given:
    description: The value of C(jdk_home), empty if the role looks for a JDK itself.
    type: str
    default: ''
  package:
    description: The package that the role installs.
    type: str
    default: ''
  archive:
    description: The value of C(jdk_archive), empty if the role installs none.
    type: str
    default: ''
notes:
  - Fails when the input is not a text.
seealso:
  - plugin: identityops.wso2is.jdk_choose
    plugin_type: filter
  - plugin: identityops.wso2is.findings_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Stop if no JDK is good
  ansible.builtin.assert:
    that: found | length == 0
  vars:
    found: "{{ probe.stdout | identityops.wso2is.jdk_findings('1.8', ['1.8.0_151'], inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The findings, empty if a JDK is good.
  type: list
  elements: dict
  contains:
    severity:
      description: Always V(error).
      type: str
    host:
      description: The host.
      type: str
    check:
      description: What was checked.
      type: str
    found:
      description: What was found.
      type: str
    required:
      description: What is required.
      type: str
    remedy:
      description: Which variable to change.
      type: str
"""

from ansible.errors import AnsibleFilterError


def jdk_findings(
    text: str,
    required: str,
    refused: list[str] | None = None,
    host: str = "",
    given: str = "",
    package: str = "",
    archive: str = "",
) -> list[dict[str, str]]:
    """Judge the JDKs of a host, see ``DOCUMENTATION``.

    Raises:
        AnsibleFilterError: the input is not a text.
    """
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.jdk import findings, read_probe

    if not isinstance(text, str):
        raise AnsibleFilterError(f"jdk_findings expects what the probe printed as text, not {type(text).__name__}")
    return findings(read_probe(text), str(required), refused or [], host, given, package, archive)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, object]:
        """Return the filters by name."""
        return {"jdk_findings": jdk_findings}
