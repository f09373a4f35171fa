# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe of the load balancer prints."""

from __future__ import annotations

from ansible_collections.identityops.wso2is.plugins.plugin_utils import nginx_state


def test_lines_of_another_probe_are_left_alone() -> None:
    found = nginx_state.read_probe("weather\tfine\nfile\tshort\nenabled\tdisabled\nactive\tactive\n")
    assert (found["files"], found["enabled"], found["active"]) == ({}, False, True)
