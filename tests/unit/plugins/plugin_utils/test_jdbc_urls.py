# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What JDBC URLs say, and which are refused."""

from __future__ import annotations

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.jdbc_urls import Server, parse_url, url_problem
from hypothesis import given
from hypothesis import strategies as st

RAC = (
    "jdbc:oracle:thin:@(DESCRIPTION=(LOAD_BALANCE=on)(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCP)(HOST=r1.test)(PORT=1521))"
    "(ADDRESS=(PROTOCOL=TCP)(HOST = r2.test)(PORT = 1522)))(CONNECT_DATA=(SERVICE_NAME=is.test)))"
)


@pytest.mark.parametrize(
    ("url", "servers", "name"),
    [
        ("jdbc:postgresql://db.test:5432/is", [("db.test", 5432)], "is"),
        ("jdbc:postgresql://a,b:6432/is?targetServerType=primary&ssl=true", [("a", 0), ("b", 6432)], "is"),
        ("jdbc:postgresql://[2001:db8::1]:5432/is", [("2001:db8::1", 5432)], "is"),
        ("jdbc:postgresql://db/is%20db", [("db", 0)], "is db"),
        ("jdbc:mysql://db.test/is?useSSL=true", [("db.test", 0)], "is"),
        ("jdbc:mysql:replication://a:3306,b:3307/is", [("a", 3306), ("b", 3307)], "is"),
        ("jdbc:mysql:loadbalance://a,b/is?x=/y", [("a", 0), ("b", 0)], "is"),
        ("jdbc:mysql://(host=a,port=3306),(host=b,port=3307)/is", [("a", 3306), ("b", 3307)], "is"),
        ("jdbc:mysql://address=(host=a)(port=3306)/is", [("a", 3306)], "is"),
        ("jdbc:oracle:thin:@//db.test:1521/is.test", [("db.test", 1521)], "is.test"),
        ("jdbc:oracle:thin:@db.test:1521/is", [("db.test", 1521)], "is"),
        ("jdbc:oracle:thin:@db.test:1521:IS", [("db.test", 1521)], "IS"),
        ("jdbc:oracle:thin:@tcps://db.test:2484/is?wallet_location=/w", [("db.test", 2484)], "is"),
        (RAC, [("r1.test", 1521), ("r2.test", 1522)], "is.test"),
        (
            "jdbc:sqlserver://db.test:1433;databaseName=is;SendStringParametersAsUnicode=false",
            [("db.test", 1433)],
            "is",
        ),
        ("jdbc:sqlserver://a\\one;DatabaseName=is;failoverPartner=b\\one", [("a", 0), ("b", 0)], "is"),
        ("jdbc:sqlserver://;serverName=a;portNumber=1444;database={is}", [("a", 1444)], "is"),
        ("jdbc:sqlserver://db.test", [("db.test", 0)], ""),
        ("jdbc:postgresql:is", [], ""),
        ("jdbc:oracle:thin:@identity_db", [], ""),
        ("jdbc:h2:./database", [], ""),
        ("postgresql", [], ""),
    ],
)
def test_what_a_url_says(url: str, servers: list[Server], name: str) -> None:
    assert parse_url(url) == (servers, name)


@pytest.mark.parametrize(
    ("url", "prefix", "problem"),
    [
        ("jdbc:postgresql://db/is", "jdbc:postgresql://", ""),
        (RAC, "jdbc:oracle:thin:@", ""),
        ("jdbc:oracle:thin:@identity_db", "jdbc:oracle:thin:@", ""),
        ("jdbc:oracle:thin:@ldap://d.test:389/is,cn=x", "jdbc:oracle:thin:@", ""),
        ("jdbc:oracle:thin:me/Plain-1@db:1521/is", "jdbc:oracle:thin:@", "does not begin with jdbc:oracle:thin:@"),
        ("jdbc:postgresql:is", "jdbc:postgresql://", "does not begin with jdbc:postgresql://"),
        ("jdbc:mysql://me:Plain-1@db/is", "jdbc:mysql:", "holds a password"),
        ("jdbc:sqlserver://db;databaseName=is;PassWord = Plain-1", "jdbc:sqlserver://", "holds a password"),
        ("jdbc:sqlserver://db;encrypt=true", "jdbc:sqlserver://", "names no database"),
        ("jdbc:postgresql://a,,b/is", "jdbc:postgresql://", "names no server"),
        ("jdbc:postgresql://a:x/is", "jdbc:postgresql://", "names no server"),
        ("jdbc:mysql:db/is", "jdbc:mysql:", "names no server"),
        (" jdbc:mysql://db/is", "jdbc:mysql:", "has a line end"),
        ("jdbc:mysql://db/is\n", "jdbc:mysql:", "has a line end"),
    ],
)
def test_urls_that_are_refused(url: str, prefix: str, problem: str) -> None:
    found, required = url_problem(url, prefix)

    assert found.startswith(problem)
    assert bool(found) is bool(required) is bool(problem)
    assert "Plain-1" not in found + required


@given(
    st.sampled_from(["jdbc:postgresql://", "jdbc:mysql:", "jdbc:oracle:thin:@", "jdbc:sqlserver://"]),
    st.text("aB1:,/?=;&@()[]{}\\. \n", max_size=30),
)
def test_any_text_has_an_answer(prefix: str, rest: str) -> None:
    servers, name = parse_url(prefix + rest)

    assert all(isinstance(host, str) and port >= 0 for host, port in servers)
    assert isinstance(name, str)
    assert len(url_problem(prefix + rest, prefix)) == 2
