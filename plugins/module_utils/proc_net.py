# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP sockets of the host, from the kernel's tables; works without any tool installed."""

from __future__ import annotations

import ipaddress
import os
import struct
import sys
from typing import Iterable, NamedTuple

ESTABLISHED = 1
LISTEN = 10


class Socket(NamedTuple):
    """One line of /proc/net/tcp or tcp6. Addresses are text; an IPv4 address in an IPv6 socket is given as IPv4.

    `unread` are bytes that arrived and that the program has not taken yet.
    """

    family: str
    local_address: str
    local_port: int
    remote_address: str
    remote_port: int
    state: int
    uid: int
    inode: int
    unread: int = 0


def parse_address(text: str, byteorder: str = sys.byteorder) -> str:
    """Turn the kernel's hexadecimal form (32-bit words in host order) into the usual one.

    :param text: 8 or 32 hexadecimal digits.
    :param byteorder: `little` or `big`.
    :raises ValueError: if the text is neither.
    """
    raw = bytes.fromhex(text)
    count = len(raw) // 4
    if len(raw) not in (4, 16):
        raise ValueError("not an address: %r" % text)
    if byteorder == "little":
        raw = struct.pack(">%dI" % count, *struct.unpack("<%dI" % count, raw))
    address = ipaddress.ip_address(raw)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def parse_sockets(text: str, family: str, byteorder: str = sys.byteorder) -> list[Socket]:
    """Read a table; lines that are not sockets are left out.

    :param text: Content of /proc/net/tcp or /proc/net/tcp6.
    :param family: `ipv4` or `ipv6`, passed on.
    :param byteorder: `little` or `big`.
    """
    sockets = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 10 or ":" not in fields[1]:
            continue
        try:
            local, local_port = fields[1].split(":")
            remote, remote_port = fields[2].split(":")
            sockets.append(
                Socket(
                    family,
                    parse_address(local, byteorder),
                    int(local_port, 16),
                    parse_address(remote, byteorder),
                    int(remote_port, 16),
                    int(fields[3], 16),
                    int(fields[7]),
                    int(fields[9]),
                    int(fields[4].partition(":")[2] or "0", 16),
                )
            )
        except ValueError:
            continue
    return sockets


def read_sockets(proc: str = "/proc") -> list[Socket]:
    """All TCP sockets of this network namespace; an absent table (IPv6 off) counts as empty."""
    sockets = []
    for name, family in (("tcp", "ipv4"), ("tcp6", "ipv6")):
        try:
            with open(os.path.join(proc, "net", name), encoding="ascii") as stream:
                sockets.extend(parse_sockets(stream.read(), family))
        except OSError:
            continue
    return sockets


def listening_ports(sockets: Iterable[Socket]) -> set[int]:
    """Port numbers on which something listens, at any address."""
    return {entry.local_port for entry in sockets if entry.state == LISTEN}


def socket_owners(inodes: Iterable[int], proc: str = "/proc") -> dict[int, int]:
    """Find the processes that hold sockets open.

    :param inodes: Inode numbers of the sockets.
    :param proc: Where proc is mounted.
    :returns: Inode to process id, the lowest when several share it (the master of its workers). What is not readable
        is absent.
    """
    wanted = {"socket:[%d]" % inode: inode for inode in inodes}
    owners: dict[int, int] = {}
    if not wanted:
        return owners
    for pid in sorted(int(name) for name in _names(proc) if name.isdigit()):
        folder = os.path.join(proc, str(pid), "fd")
        for name in _names(folder):
            try:
                inode = wanted.get(os.readlink(os.path.join(folder, name)))
            except OSError:
                continue
            if inode is not None:
                owners.setdefault(inode, pid)
    return owners


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def parse_port_ranges(text: str) -> list[list[int]]:
    """Read the kernel's list of reserved ports, for example ``9443,9763-9770``.

    :returns: Pairs of first and last port.
    """
    ranges = []
    for part in text.strip().split(","):
        first, _dash, last = part.strip().partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            ranges.append([int(first), int(last or first)])
    return ranges
