# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and names that are reserved for documentation."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.example_values import is_example


@pytest.mark.parametrize(
    "value",
    [
        "192.0.2.1",
        "198.51.100.255",
        "203.0.113.7",
        "2001:db8::21",
        "[2001:DB8:0::1]",
        "3fff::1",
        "example.com",
        "Login.Example.ORG.",
        "a.b.example",
    ],
)
def test_reserved(value: str) -> None:
    assert is_example(value)


@pytest.mark.parametrize(
    "value", ["192.0.3.1", "10.0.0.1", "2001:db9::1", "myexample.com", "example.com.test", "login", "", None, 5]
)
def test_not_reserved(value: Any) -> None:
    assert not is_example(value)
