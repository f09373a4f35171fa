# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The practice packs have every place that the vendor's packs have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import checks, is_server, servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils import settings as engine
from settings import expected, places
from settings.test_vendor_files import SHIPPED_SO


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


def shows(deployment: Mapping[str, Any], name: str) -> bool:
    """Whether an expectation of a server with these settings fails."""
    for (host, kind), expectations in expected.SERVERS.items():
        if name not in servers.server_of(deployment, host, kind)["settings"]:
            continue
        files = {item.path: item.content for item in servers.rendered(deployment, host, kind)}
        for path, place, wanted in expectations:
            if path not in files:
                return True
            if places.values(path, files[path], place) != (wanted if isinstance(wanted, list) else [wanted]):
                return True
    return False


def test_settings_that_only_the_vendors_files_test(
    practice_deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each setting taken away in turn: the practice pack shows all but those that it ships as they are wanted.

    With the vendor's files those are changed first (SHIPPED_SO of test_vendor_files.py), so that they show, too.
    """
    original, count = engine.load_settings, 0
    unseen: list[tuple[str, str]] = []
    for name in (*is_server.SETTINGS, "analytics/worker", "analytics/dashboard"):
        settings = original(name)
        for index, setting in enumerate(settings):
            rest = settings[:index] + settings[index + 1 :]
            with monkeypatch.context() as without:
                without.setattr(
                    engine,
                    "load_settings",
                    lambda asked, name=name, rest=rest: rest if asked == name else original(asked),
                )
                count += 1
                if not shows(practice_deployment, name):
                    unseen.append((setting["file"], setting["place"]))
    print(f"{count} settings, each taken away; only with the vendor's files seen:", *map(" ".join, unseen), sep="\n  ")
    assert count > 150
    assert {file for file, _place in unseen} == set(SHIPPED_SO)
