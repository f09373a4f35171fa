# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be there."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def certain(found: T | None) -> T:
    """What the code before has made sure of, such as a match at a place that a parser has named.

    Args:
        found: what was looked for.

    Returns:
        The same.

    Raises:
        AssertionError: it is not there: a mistake in this collection.
    """
    if found is None:
        raise AssertionError("a place that was there is not there any more")
    return found
