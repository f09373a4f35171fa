# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a password opens a Java keystore."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.jks import opens

# An empty store that keytool 1.8 left behind, password "changeit".
BY_KEYTOOL = "feedfeed0000000200000000e2686e45fb43dfa4d992dd41ceb6b21c6330d792"


def jks_store(password: str) -> bytes:
    """A JKS file without entries."""
    content = b"\xfe\xed\xfe\xed" + (2).to_bytes(4, "big") + (0).to_bytes(4, "big")
    return content + hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + content).digest()


def test_a_store_of_java() -> None:
    assert opens(bytes.fromhex(BY_KEYTOOL), "changeit") is True
    assert opens(bytes.fromhex(BY_KEYTOOL), "Changeit") is False


@pytest.mark.parametrize("password", ["p\u00e4ss", "x", ""])
def test_any_password(password: str) -> None:
    store = jks_store(password)
    assert opens(store, password) is True
    assert opens(store, password + "x") is False
    assert opens(b"\xce\xce\xce\xce" + store[4:], password) is False


@pytest.mark.parametrize("store", [b"", b"content of a store", b"\x30\x82\x0a\x2c PKCS12"])
def test_another_kind_is_not_judged(store: bytes) -> None:
    assert opens(store, "changeit") is None
