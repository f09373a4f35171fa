# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemas that are there, that no run destroys data, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from converged import ROOT
from scenario import Scenario

DATABASES = ("is_user", "is_identity", "is_workflow")
# A table of each schema, by the database in which it is: registry with users, consents with identities.
TABLES = {
    "is_user": {"um_user", "um_tenant", "reg_resource", "reg_cluster_lock"},
    "is_identity": {"idn_oauth_consumer_apps", "idn_auth_session_store", "cm_purpose", "cm_receipt"},
    "is_workflow": {"ode_process"},
}
OWN_TABLES = "SELECT oid, relfilenode, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
TENANT = "SELECT um_domain_name FROM um_tenant ORDER BY 1"


def databases(**changes: object) -> str:
    """Extra variables: the databases of inventories/demo, the user database with changes."""
    given = yaml.safe_load((ROOT / "inventories/demo/group_vars/all.yml").read_text())["wso2is_databases"]
    return json.dumps({"wso2is_databases": {**given, "user": {**given["user"], **changes}}})


@pytest.mark.parametrize("database", DATABASES)
def test_schemas_belong_to_the_accounts(scenario: Scenario, database: str) -> None:
    found = scenario.sql(database, "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'")
    tables = dict(line.split("|") for line in found.splitlines())
    assert TABLES[database] <= set(tables)
    assert set(tables.values()) == {database}


def test_psql_came_with_the_role(scenario: Scenario) -> None:
    assert scenario.host("is1").package("postgresql-client").is_installed


def test_cost_of_an_unchanged_run(scenario: Scenario) -> None:
    """One execution of preflight, one that asks the databases; the container has no facts to gather."""
    assert len(scenario.unchanged_run.executions) == 2, scenario.unchanged_run.executions


@pytest.fixture
def tenant(scenario: Scenario) -> Iterator[str]:
    """A row in the database of users, as a site that is in use has."""
    scenario.sql("is_user", "INSERT INTO um_tenant (um_domain_name, um_created_date) VALUES ('example.com', now())")
    yield "example.com"
    scenario.sql("is_user", "DELETE FROM um_tenant")


def test_a_further_run_destroys_nothing(scenario: Scenario, tenant: str) -> None:
    """The product's own scripts drop every table first."""
    before = {database: scenario.sql(database, OWN_TABLES) for database in DATABASES}
    run = scenario.converge(log="further")
    assert (run.code, run.changed) == (0, {}), run.output[-5000:]
    assert scenario.sql("is_user", TENANT) == tenant
    assert {database: scenario.sql(database, OWN_TABLES) for database in DATABASES} == before


def test_only_the_schema_that_is_missing_is_created(scenario: Scenario, tenant: str) -> None:
    scenario.sql("is_workflow", "DROP OWNED BY is_workflow CASCADE; GRANT ALL ON SCHEMA public TO is_workflow")
    before = {database: scenario.sql(database, OWN_TABLES) for database in ("is_user", "is_identity")}
    run = scenario.converge(log="missing-schema")
    assert (run.code, run.changed) == (0, {"is1": 1}), run.output[-5000:]
    assert "ode_process" in scenario.sql("is_workflow", OWN_TABLES)
    assert scenario.sql("is_user", TENANT) == tenant
    assert {database: scenario.sql(database, OWN_TABLES) for database in before} == before


def test_a_wrong_password_is_refused(scenario: Scenario) -> None:
    wrong = ("-e", databases(password="another-pw"))
    words = ("a login as is_user", "Nothing was changed.")
    assert "another-pw" not in scenario.refuse(*wrong, log="refused-password", words=words).output
    # Where preflight does not ask, the role says it.
    by_the_role = ("(wso2is_databases.user)", "user or password is wrong", "correct username and password")
    run = scenario.refuse(*wrong, "-e", '{"preflight_services": false}', log="refused-by-the-role", words=by_the_role)
    assert "another-pw" not in run.output


def test_a_database_without_a_name_is_refused(scenario: Scenario) -> None:
    words = ("wso2is_databases.user lacks", "name, username and password", "Nothing was changed.")
    scenario.refuse("-e", databases(name=""), log="refused-name", words=words)


def test_an_argument_of_another_type_is_refused(scenario: Scenario) -> None:
    words = ("database_create_schemas", "'perhaps'", "type bool", "Nothing was changed.")
    scenario.refuse("-e", "database_create_schemas=perhaps", log="refused-type", words=words)


def test_without_preflight_the_role_says_what_it_needs(scenario: Scenario, tmp_path: Path) -> None:
    play = {"hosts": "wso2is_nodes[0]", "gather_facts": False, "roles": ["identityops.wso2is.database"]}
    (tmp_path / "alone.yml").write_text(yaml.safe_dump([play]))
    words = ("database_deployment is empty", "run the role preflight before")
    scenario.refuse(log="refused-alone", words=words, playbook=tmp_path / "alone.yml")
