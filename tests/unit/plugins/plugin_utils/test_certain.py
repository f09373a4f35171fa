# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be there."""

from __future__ import annotations

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.certain import certain


def test_what_is_there_is_returned() -> None:
    assert certain(0) == 0


def test_what_is_not_there_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError):
        certain(None)
