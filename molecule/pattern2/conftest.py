# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab of this scenario."""

from __future__ import annotations

import pytest
from converged import Lab


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The lab, with the logs of its runs in results/pattern2."""
    return Lab("pattern2")
