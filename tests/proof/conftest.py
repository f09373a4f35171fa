# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh lab for every proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from converged import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Empty nodes, removed afterwards."""
    made = Lab("proof")
    made.script("lab/down.sh")
    made.script("lab/up.sh")
    yield made
    made.script("lab/down.sh")
