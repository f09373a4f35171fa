# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The practice packs have every place that the vendor's packs have."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks, servers
from settings import expected, places


@pytest.mark.parametrize("server", expected.SERVERS, ids="-".join)
def test_values(practice_deployment: dict[str, Any], server: tuple[str, str]) -> None:
    files = {item.path: item.content for item in servers.rendered(practice_deployment, *server)}
    for path, place, wanted in expected.SERVERS[server]:
        assert places.values(path, files[path], place) == (wanted if isinstance(wanted, list) else [wanted]), (
            path,
            place,
        )


def test_nothing_is_missing(practice_deployment: dict[str, Any]) -> None:
    found = checks.inventory_findings(practice_deployment)

    assert [item for item in found if item["severity"] == "error"] == []
