# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all unit tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.topology import topology
from hypothesis import settings as hypothesis_settings
from settings import expected, sample

# The same examples in every run; the proof (--hypothesis-profile=proof) looks for new ones, twenty times as many.
hypothesis_settings.register_profile("test", derandomize=True, database=None, deadline=None, max_examples=50)
hypothesis_settings.register_profile("proof", deadline=None, max_examples=1000, print_blob=True)
hypothesis_settings.load_profile("test")

PRACTICE = Path(__file__).resolve().parents[2] / "lab/practice-pack"
# The build gives these files the product's line ends.
DOS_FILES = ("repository/conf/axis2/axis2.xml", "repository/conf/registry.xml")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Packs are cached in the test's own directory, never in the user's."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the practice packs' own files (no programs) as packs, and the small files of the sample."""
    found = tmp_path_factory.mktemp("practice")
    for name, source in (
        ("wso2is-5.8.0", "identity-server/src/pack"),
        ("wso2is-analytics-5.8.0", "analytics/src/main/pack"),
    ):
        shutil.copytree(PRACTICE / source, found / name)
        for file in DOS_FILES:
            if (path := found / name / file).exists():
                path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        sample.zip_folder(found / name, found / f"{name}.zip")
    return found


@pytest.fixture(scope="session")
def practice_deployment(practice: Path) -> dict[str, Any]:
    """Pattern 2 on the practice packs. Not to be changed."""
    return topology(
        sample.hostvars(practice, **expected.CHANGES), sample.NODES, sample.WORKERS, sample.DASHBOARDS, sample.BALANCERS
    )
