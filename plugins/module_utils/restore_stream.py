# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump of PostgreSQL as SQL, from pg_restore to psql, in one transaction of ours."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
from functools import partial
from itertools import islice
from typing import IO, Iterable, Iterator, Mapping, NamedTuple, Sequence, cast

# Entries of a dump that the administrator of the database server made: our account may neither drop nor create them.
# pg_dump 10 and older says "ACL - public" for the schema's.
FOREIGN_ENTRY = re.compile(
    r"\d+; \d+ \d+ ((COMMENT - EXTENSION|EXTENSION -) |(SCHEMA -|COMMENT - SCHEMA|ACL - SCHEMA|ACL -) public )"
)
# Without a limit, a session that holds a table keeps the restore waiting, and the servers stopped, for ever.
LOCK_TIMEOUT = "60s"
# The first release of the server that knows transaction_timeout.
TRANSACTION_TIMEOUT = 17
# The settings come first in pg_restore's script; this one is the last of those that matter here.
LAST_SETTING = b"SELECT pg_catalog.set_config"
SETTINGS_LINES = 60
COMMIT = b"\nCOMMIT;\n"
# More than what pg_restore writes from its COMMIT on.
END_SIZE = 4096
CHUNK_SIZE = 1 << 20


class Outcome(NamedTuple):
    """How pg_restore (reader) and psql (writer) ended, what they said, and whether all was sent."""

    reader_code: int
    reader_said: bytes
    writer_code: int
    writer_said: bytes
    whole: bool


def kept_entries(listing: str) -> str:
    """The table of contents of a dump, without what belongs to the administrator of the database server."""
    return "\n".join(line for line in listing.split("\n") if not FOREIGN_ENTRY.match(line))


def opening(script: Iterable[bytes], major: int) -> Iterator[bytes]:
    """What psql gets first: our transaction and the settings of pg_restore's script, fit for a server.

    Takes no line from the script after those of the settings.
    """
    left_out = [b"BEGIN;", b"SET lock_timeout = 0;"]
    if major < TRANSACTION_TIMEOUT:
        left_out.append(b"SET transaction_timeout = 0;")
    yield b"BEGIN;\nSET lock_timeout = '%s';\n" % LOCK_TIMEOUT.encode("ascii")
    for line in islice(script, SETTINGS_LINES):
        if line.strip() not in left_out:
            yield line
        if line.startswith(LAST_SETTING):
            return


def send(script: IO[bytes], sink: IO[bytes], major: int) -> bytes:
    """Send a script except for its end, which is returned: the COMMIT is in it."""
    end = b"".join(opening(script, major))
    for chunk in iter(partial(script.read, CHUNK_SIZE), b""):
        end += chunk
        sink.write(end[:-END_SIZE])
        end = end[-END_SIZE:]
    return end


def stream(
    reading: Sequence[str],
    dump: str,
    listing: bytes,
    writing: Sequence[str],
    variables: Mapping[str, str],
    major: int,
) -> Outcome:
    """Restore a dump. Its directory takes temporary files.

    :param reading: pg_restore with its options, except the list of entries and the dump.
    :param dump: the dump.
    :param listing: its table of contents, as pg_restore writes it.
    :param writing: psql with its options, reading its standard input.
    :param variables: the environment of psql.
    :param major: major version of the server.
    :returns: What came of it. Nothing is changed in the database unless psql ended with 0 and all was sent.
    """
    directory = os.path.dirname(dump)
    whole = False
    # Files take what the programs say: nobody has to read it while they run.
    with tempfile.NamedTemporaryFile(dir=directory) as entries, tempfile.TemporaryFile(
        dir=directory
    ) as reader_said, tempfile.TemporaryFile(dir=directory) as writer_said:
        entries.write(kept_entries(listing.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"))
        entries.flush()
        with subprocess.Popen(
            [*reading, "-L", entries.name, dump],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=reader_said,
            env=dict(os.environ, LC_ALL="C"),
        ) as source, subprocess.Popen(
            writing, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=writer_said, env=variables
        ) as target:
            script, sink = cast("IO[bytes]", source.stdout), cast("IO[bytes]", target.stdin)
            # A broken pipe is psql's end; it says why itself.
            with contextlib.suppress(BrokenPipeError):
                end = send(script, sink, major)
                # Without COMMIT the server rolls back. What pg_restore did not write to its end must never be kept.
                if source.wait() == 0 and COMMIT in end:
                    sink.write(end)
                    sink.flush()
                    whole = True
            with contextlib.suppress(BrokenPipeError):
                sink.close()
        reader_said.seek(0)
        writer_said.seek(0)
        said, answered = reader_said.read(), writer_said.read()
    return Outcome(source.returncode, said, target.returncode, answered, whole)
