# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node answered, by the access log of the role load_balancer."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import access_log

ROLE = Path(__file__).parents[4] / "roles" / "load_balancer"


def line(upstream: str, agent: str = "me", path: str = "/x", status: str = "200") -> str:
    """A line as the role's log_format makes it, so that a changed format fails here."""
    template = (ROLE / "templates" / "nginx.conf.j2").read_text(encoding="utf-8")
    found = re.search(r"log_format wso2is (.*?);", template, re.DOTALL)
    assert found
    values = {
        "remote_addr": "192.0.2.1",
        "time_iso8601": "2026-01-01T00:00:00+00:00",
        "request_method": "POST",
        "uri": path,
        "server_protocol": "HTTP/1.1",
        "status": status,
        "body_bytes_sent": "10",
        "request_time": "0.010",
        "upstream_addr": upstream,
        "upstream_status": ", ".join("200" for _one in upstream.split(", ")),
        "upstream_response_time": "0.010",
        "request_id": "abc",
        "http_user_agent": agent,
    }
    text = "".join(re.findall(r"'([^']*)'", found.group(1)))
    return re.sub(r"\$(\w+)", lambda name: values[name.group(1)], text) + "\n"


@pytest.mark.parametrize(
    ("upstream", "served_by"),
    [
        ("192.0.2.21:9443", "192.0.2.21:9443"),
        ("[2001:db8::21]:9443", "[2001:db8::21]:9443"),
        ("192.0.2.21:9443, 192.0.2.22:9443", "192.0.2.22:9443"),
        ("192.0.2.21:9443 : 192.0.2.22:9443", "192.0.2.22:9443"),
        ("-", ""),
    ],
)
def test_upstreams(upstream: str, served_by: str) -> None:
    assert access_log.parse_lines(line(upstream), "me") == [access_log.Served("POST", "/x", 200, served_by)]


def test_only_the_own_requests() -> None:
    text = (
        line("192.0.2.21:9443", "me") + line("192.0.2.21:9443", "someone else me") + "nonsense\n" + line("-", 'me" me')
    )
    assert len(access_log.parse_lines(text, "me")) == 1


def test_only_what_came_after_the_mark(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(line("192.0.2.21:9443"))
    mark = access_log.mark(str(path))
    with path.open("a") as stream:
        stream.write(line("192.0.2.22:9443"))
    assert [one.upstream for one in access_log.served(mark, "me", 1, str(path))] == ["192.0.2.22:9443"]


def test_a_rotated_log_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(line("192.0.2.21:9443"))
    mark = access_log.mark(str(path))
    path.rename(tmp_path / "access.log.1")
    path.write_text(line("192.0.2.22:9443") * 3)
    assert len(access_log.served(mark, "me", 1, str(path))) == 3


def test_waits_for_lines_that_come_late(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("")
    mark = access_log.mark(str(path))
    threading.Timer(0.1, lambda: path.write_text(line("192.0.2.22:9443"))).start()
    assert len(access_log.served(mark, "me", 1, str(path), wait=5)) == 1
    assert access_log.served(mark, "nobody", 1, str(path), wait=0.05) == []


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    path = str(tmp_path / "none")
    assert access_log.mark(path) == access_log.Mark(0, 0)
    with pytest.raises(FileNotFoundError):
        access_log.served(access_log.Mark(0, 0), "me", 1, path)
