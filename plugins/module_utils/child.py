# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in a child process: with a time limit, or as another user.

A call on a network file system that is gone can block for ever, and no thread can be stopped. A child can be killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from typing import Any, Callable, NamedTuple


class User(NamedTuple):
    """A user to work as, by numbers."""

    uid: int
    gid: int


class ChildTimeout(Exception):
    """The child did not answer in time and was killed."""


class ChildDied(Exception):
    """The child ended without an answer."""


def run_in_child(work: Callable[[], Any], seconds: float | None = None, user: User | None = None) -> Any:
    """Call a function in a forked child and return what it returned.

    :param work: The function; its result must be something that JSON can hold.
    :param seconds: Time limit; none means no limit.
    :param user: Who the child works as (no supplementary groups). None means as the parent.
    :returns: The result of the function.
    :raises ChildTimeout: if the limit passed.
    :raises ChildDied: if the child was killed or failed with another error than OSError.
    :raises OSError: what the function raised.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _answer(writer, work, user)
    os.close(writer)
    chunks = []
    deadline = None if seconds is None else time.monotonic() + seconds
    try:
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([reader], [], [], left)[0]:
                os.kill(pid, signal.SIGKILL)
                raise ChildTimeout("no answer within %g seconds" % (seconds or 0))
            chunk = os.read(reader, 65536)
            if not chunk:
                break
            chunks.append(chunk)
    finally:
        os.close(reader)
        _reap(pid, block=deadline is None or time.monotonic() < deadline)
    try:
        failure, value = json.loads(b"".join(chunks).decode("utf-8"))
    except ValueError as error:
        raise ChildDied("the child process ended without an answer") from error
    if failure is not None:
        raise OSError(*failure)
    return value


def _answer(writer: int, work: Callable[[], Any], user: User | None) -> None:
    """Do the work, send the answer and end the process; never returns."""
    try:
        try:
            if user is not None and (os.getuid(), os.getgid()) != user:
                os.setgroups([])
                os.setgid(user.gid)
                os.setuid(user.uid)
            answer = json.dumps([None, work()])
        except OSError as error:
            answer = json.dumps([[error.errno, error.strerror, error.filename], None])
        with os.fdopen(writer, "wb") as stream:
            stream.write(answer.encode("utf-8"))
    finally:
        os._exit(0)


def _reap(pid: int, block: bool) -> None:
    # a killed child that hangs in the kernel is left to init: waiting for it would hang as well
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0 if block else os.WNOHANG)
