# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter memory_findings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: memory_findings
short_description: Check heaps, memory and disks against what a release needs
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Adds up the heaps of a host and the share of the operating system, and compares the sum with the memory of the host
    or the limit of its container.
  - A machine reports less memory than it is sold with, so 7 percent less are accepted. The limit of a container is
    taken as it is.
  - Finds an Identity Server heap and file systems that are smaller than the release asks for.
positional: release, minimum
options:
  _input:
    description:
      - Per host V(heaps_mb), the heap by product in MB (or as the JVM writes it, V(2g)), and where the host was asked
        V(memory_mb), V(container_limit_mb) and V(disks), a list of V(path), V(total_mb), V(free_mb), V(needed_mb) and
        V(mount).
    type: dict
    required: true
  release:
    description: The number of the release, or its facts as in C(roles/preflight/files/releases).
    type: raw
    required: true
  minimum:
    description:
      - What a test lab asks for instead. A number is memory in MB; a dictionary has V(memory_mb), V(heap_mb), V(os_mb)
        and V(disk_gb).
      - Less memory lowers heap and operating system in proportion. What was lowered is a warning among the findings.
    type: raw
notes:
  - Fails when the input has another shape, or the release is not known; the error says where.
seealso:
  - plugin: identityops.wso2is.port_findings
    plugin_type: filter
  - plugin: identityops.wso2is.topology_findings
    plugin_type: filter
  - plugin: identityops.wso2is.findings_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Collect what is wrong with memory and disks
  ansible.builtin.set_fact:
    findings: "{{ machines | identityops.wso2is.memory_findings('5.8.0') }}"
  vars:
    machines:
      is1:
        heaps_mb: {identity_server: 2048}
        memory_mb: 3072
        disks:
          - {path: /opt/wso2, total_mb: 20480, free_mb: 9000, needed_mb: 2000}
"""

RETURN = r"""
_value:
  description:
    - The findings, errors first, then by host and check. An empty list means that nothing was found.
    - Each has the keys V(severity) (V(error) or V(warning)), V(host), V(check), V(found), V(required) and V(remedy),
      all text.
  type: list
  elements: dict
  contains:
    severity:
      description: V(error), V(warning) or V(info).
      type: str
    host:
      description: Inventory name of the host, or what the finding is about.
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
      description: What to do, with the name of the variable to change.
      type: str
  sample:
    - severity: error
      host: is1
      check: memory
      found: "3072 MB"
      required: "4096 MB: heap of identity_server 2048, operating system 2048"
      remedy: "Give the host more memory; a test lab may lower the requirement with wso2is_minimum_memory_mb."
"""

from typing import Any

from ansible.errors import AnsibleFilterError


def memory_findings(hosts: Any, release: Any, minimum: Any = None) -> list[dict[str, str]]:
    """Check the heaps, the memory and the disks of every host."""
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.findings import InputError
    from ansible_collections.identityops.wso2is.plugins.plugin_utils.memory import memory_findings as _memory_findings

    try:
        return _memory_findings(hosts, release, minimum)
    except InputError as exc:
        raise AnsibleFilterError(f"identityops.wso2is.memory_findings: {exc}") from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"memory_findings": memory_findings}
