"""What to say where a disk is full: which, and what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from headwater.local.command_line.trouble import REFUSED, Trouble

_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def telling_of_room(advice: str) -> Iterator[None]:
    """Say this where a disk is full, or a quota used up; other errors pass."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if not _is_full(error):
            raise
        raise Trouble(advice, exit_code=REFUSED) from error


def _is_full(error: OSError | sqlite3.Error) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    # Not there where the module itself raised it, and not SQLite.
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
