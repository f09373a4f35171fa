# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh lab for every proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from converged import Lab


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Empty nodes, removed afterwards: those of the module's LAB_HOSTS, with LAB_IMAGES, or all."""
    made = Lab("proof")
    made.script("lab/down.sh")
    images = getattr(request.module, "LAB_IMAGES", {})
    for image in images.values():
        # Few need a second Debian, so make images does not make it.
        name, release = image.rpartition("/")[2].split(":")
        made.script("lab/images.sh", release if name == "node" else name)
    made.script(
        "env",
        *(f"LAB_IMAGE_{node}={image}" for node, image in images.items()),
        "lab/up.sh",
        *getattr(request.module, "LAB_HOSTS", ()),
    )
    yield made
    made.script("lab/down.sh")
