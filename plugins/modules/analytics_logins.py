#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether logins were counted in the analytics database."""

from __future__ import annotations

DOCUMENTATION = r"""
module: analytics_logins
short_description: Whether logins were counted in the analytics database
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Reads the table C(IS_ANALYTICS_LOGINS) of a PostgreSQL database until it counts a login of every user, or the time
    is up.
  - Only reads, and does not fail when a login is not counted; RV(counted.ok) says whether all are.
  - Needs C(psql) 10 or later on this host.
options:
  database:
    description:
      - The analytics database.
    type: dict
    required: true
    suboptions:
      host:
        description:
          - Its server.
        type: str
        required: true
      port:
        description:
          - The server's port.
        type: int
        default: 5432
      name:
        description:
          - Its name.
        type: str
        required: true
      username:
        description:
          - A user that may read it.
        type: str
        required: true
      password:
        description:
          - The user's password. It is given to C(psql) in its environment only.
        type: str
        required: true
  users:
    description:
      - Users whose logins are expected.
    type: list
    elements: str
    required: true
  wait:
    description:
      - Seconds to wait until all are counted. The result is what was seen last.
    type: int
    default: 0
  psql:
    description:
      - The program, as a path or a name to be searched in the PATH.
    type: str
    default: psql
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: none
    details: It changes nothing.
notes:
  - Fails when C(psql) is not on the host. A database that does not answer is RV(counted.problem).
seealso:
  - module: identityops.wso2is.identity_proof
"""

EXAMPLES = r"""
- name: Wait until the logins are counted
  identityops.wso2is.analytics_logins:
    database:
      host: db.example.com
      name: is_analytics
      username: is_analytics
      password: "{{ vault_analytics_password }}"
    users: [alice, bob]
    wait: 60
"""

RETURN = r"""
counted:
  description: What was seen.
  returned: success
  type: dict
  contains:
    ok:
      description: Whether a login of every user is counted.
      type: bool
      returned: always
    rows:
      description: Counts of the users by node and by the worker that received the events.
      type: list
      elements: dict
      returned: always
      sample: [{username: alice, node: 192.0.2.21, worker: analytics1-worker, logins: 1}]
    missing:
      description: Users of whom no login is counted.
      type: list
      elements: str
      returned: always
    problem:
      description: Why the table could not be read; null when it could.
      type: str
      returned: always
    seconds:
      description: How long the module waited.
      type: float
      returned: always
"""

import json
import os
import shutil
import subprocess
import time
from typing import Any, Callable, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule

# The names come as a psql variable, so psql does the quoting.
QUERY = (
    "SELECT coalesce(json_agg(t), '[]') FROM (SELECT username, node, worker, logins FROM is_analytics_logins"
    " WHERE logins > 0 AND username IN (SELECT json_array_elements_text(:'users'::json)) ORDER BY 1, 2, 3) t;\n"
)


class ReadError(Exception):
    """The table can not be read. The text is for the operator."""


def read_rows(program: str, database: Mapping[str, Any], users: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the users.

    :raises ReadError: if there are none to read.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment.update(
        PGHOST=str(database["host"]),
        PGPORT=str(database["port"]),
        PGDATABASE=str(database["name"]),
        PGUSER=str(database["username"]),
        PGPASSWORD=str(database["password"]),
        PGPASSFILE="/dev/null",
        PGCONNECT_TIMEOUT="10",
        PGCLIENTENCODING="UTF8",
        PGAPPNAME="wso2is-proof",
        LC_ALL="C",
        LANGUAGE="C",
    )
    names = "users=" + json.dumps(list(users))
    command = [program, "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-v", names, "-f", "-"]
    done = subprocess.run(command, input=QUERY.encode("ascii"), capture_output=True, env=environment, check=False)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").replace(str(database["password"]), "********").strip()
        raise ReadError(said.splitlines()[0] if said else "psql failed without a word")
    rows: list[dict[str, Any]] = json.loads(done.stdout.decode("utf-8"))
    return rows


def look(users: Sequence[str], read: Callable[[], list[dict[str, Any]]]) -> dict[str, Any]:
    """What is counted now; see the documentation of the result."""
    problem = None
    try:
        rows = read()
    except ReadError as error:
        rows, problem = [], str(error)
    missing = sorted(set(users) - {row["username"] for row in rows})
    return {"ok": not missing and problem is None, "rows": rows, "missing": missing, "problem": problem}


def wait_for(seen: Callable[[], dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Look until all is counted or the time is up."""
    begin = time.monotonic()
    found = seen()
    while not found["ok"] and time.monotonic() - begin < seconds:
        time.sleep(0.5)
        found = seen()
    return {**found, "seconds": round(time.monotonic() - begin, 1)}


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "database": {
                "type": "dict",
                "required": True,
                "options": {
                    "host": {"type": "str", "required": True},
                    "port": {"type": "int", "default": 5432},
                    "name": {"type": "str", "required": True},
                    "username": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                },
            },
            "users": {"type": "list", "elements": "str", "required": True},
            "wait": {"type": "int", "default": 0},
            "psql": {"type": "str", "default": "psql"},
        },
        supports_check_mode=True,
    )
    given = module.params
    program = shutil.which(given["psql"])
    if program is None:
        module.fail_json(
            msg="%s is not installed on this host; install PostgreSQL's client programs or correct the option psql"
            % given["psql"]
        )
    path = str(program)
    found = wait_for(
        lambda: look(given["users"], lambda: read_rows(path, given["database"], given["users"])),
        0 if module.check_mode else given["wait"],
    )
    module.exit_json(changed=False, counted=found)


if __name__ == "__main__":
    main()
