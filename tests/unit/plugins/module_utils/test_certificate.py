# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate ends, also one that has ended, read by hand and compared with the library of the control node."""

from __future__ import annotations

import calendar
import contextlib
import datetime
import socket
import ssl
import threading
from pathlib import Path

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils import services
from ansible_collections.identityops.wso2is.plugins.module_utils.certificate import (
    GENERALIZED_TIME,
    UTC_TIME,
    last_day,
    parse_time,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from settings import certificates


@pytest.mark.parametrize("days", [-400, -1, 1, 90, 20000])
def test_as_the_library_reads_it(days: int) -> None:
    data = certificates.certificate("login.example.org", days=days, since=-500)
    certificate = x509.load_pem_x509_certificate(data)
    ends = getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after.replace(tzinfo=datetime.UTC)
    assert last_day(certificate.public_bytes(Encoding.DER)) == int(ends.timestamp())


def test_times() -> None:
    assert parse_time(UTC_TIME, "491231235959Z") == calendar.timegm((2049, 12, 31, 23, 59, 59))
    assert parse_time(UTC_TIME, "500101000000Z") == calendar.timegm((1950, 1, 1, 0, 0, 0))
    assert parse_time(GENERALIZED_TIME, "20600101000000Z") == calendar.timegm((2060, 1, 1, 0, 0, 0))
    for tag, text in ((2, "491231235959Z"), (UTC_TIME, "49"), (UTC_TIME, "491331235959Z"), (UTC_TIME, "x")):
        with pytest.raises(ValueError, match=r"no time|does not match|unconverted"):
            parse_time(tag, text)


@given(data=st.binary(max_size=80), cut=st.integers(0, 400))
def test_wild_certificates(data: bytes, cut: int) -> None:
    whole = x509.load_pem_x509_certificate(certificates.certificate("a.example")).public_bytes(Encoding.DER)
    for wild in (data, b"\x30" + data, whole[:cut], whole[:cut] + data):
        with contextlib.suppress(ValueError):
            assert isinstance(last_day(wild), int)


def test_asked_of_a_server_that_nobody_trusts(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(certificates.certificate("a.example", days=-3, since=-9))
    (tmp_path / "a.key").write_bytes(certificates.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "a.crt", tmp_path / "a.key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked: list[str | None] = []
        context.sni_callback = lambda _socket, name, _context: asked.append(name)

        def serve() -> None:
            connection, _address = server.accept()
            with connection, context.wrap_socket(connection, server_side=True):
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        service = {"id": "c", "kind": "tls", "places": [server.getsockname()[:2]], "server_name": "a.example"}
        found = services.ask_all([service], 5)["c"]
        thread.join(10)
    assert found["unreachable"] == ""
    assert asked == ["a.example"]
    assert (
        datetime.timedelta(days=-4)
        < datetime.timedelta(seconds=found["certificate_ends"] - datetime.datetime.now(datetime.UTC).timestamp())
        < datetime.timedelta(days=-2)
    )


def test_asked_of_something_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                connection.sendall(b"220 mail\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        found = services.ask({"kind": "tls", "places": [server.getsockname()[:2]], "server_name": ""}, 5)
        thread.join(10)
    assert found["unreachable"]
