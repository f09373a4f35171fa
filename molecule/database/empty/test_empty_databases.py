# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The databases before anything is created, and after check mode."""

from __future__ import annotations

from scenario import Scenario


def test_check_mode_creates_no_table(scenario: Scenario) -> None:
    assert scenario.on("is1", "sh", "-c", "command -v psql || echo absent") == "absent"
    assert scenario.converge("--check", log="check-databases").code == 0
    for database in ("is_user", "is_identity", "is_workflow"):
        assert scenario.sql(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"
