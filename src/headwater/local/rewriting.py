"""Puts a fresh copy in the place of a database's file, so that no freed byte of it is left.

`VACUUM` writes every page three times (a copy, the log, the file) while all writes wait; a copy
that takes the file's place is written once. `PRAGMA secure_delete` instead of either would not do:
where SQLite moves rows from one page to another, what they were on stays as it was, and is not
found again when they are deleted.

The files change places only while nobody but the writer has the database open: to leave WAL mode
SQLite needs that, whoever and in whichever process they are, and then there is no log that could be
taken for the new file's. Who opens the old file in the moment before reads what is in the new one.
A kill at any moment leaves the one or the other whole, and perhaps a copy, which the next start or
the next rewriting deletes.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from headwater.local.readers import Readers
from headwater.local.sql import Database, open_writer

_ENDING = ".rewritten"
_PATIENCE = 5.0  # seconds, for others to close the database
_LOOK_EVERY = 0.02  # seconds


def rewrite(database: Database, path: Path, readers: Readers) -> bool:
    """Replace the file; answer False where others kept it open, and nothing changed.

    Args:
        database: the writer's, in no transaction; it goes on with the new file.
        path: of the file.
        readers: they wait for the moment of the change, and go on with the new file.

    Raises:
        sqlite3.Error: the copy could not be made; nothing changed.
        OSError: likewise.
    """
    remove_copies(path)
    copy = path.with_name(path.name + _ENDING)
    try:
        database.execute("VACUUM INTO ?", (str(copy),))
        with closing(open_writer(copy)):  # in WAL mode from the beginning
            pass
        _sync(copy)
        return _changed_places(database, path, copy, readers)
    finally:
        remove_copies(path)


def remove_copies(path: Path) -> None:
    """Delete what a rewriting that was cut short has left beside a database."""
    for one in path.parent.glob(f"{path.name}{_ENDING}*"):
        one.unlink(missing_ok=True)


def _changed_places(database: Database, path: Path, copy: Path, readers: Readers) -> bool:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with readers.closed(patience=_LOOK_EVERY) as closed:
            if closed and _alone(database):
                try:
                    copy.replace(path)
                    _sync(path.parent)
                finally:
                    database.reopen(lambda: open_writer(path))
                return True
        time.sleep(_LOOK_EVERY)
    return False


def _alone(database: Database) -> bool:
    """Fold the log and leave WAL mode; answer False where somebody else has the database open."""
    try:
        return database.execute("PRAGMA journal_mode = DELETE") == [("delete",)]
    except sqlite3.OperationalError:
        return False


def _sync(path: Path) -> None:
    """Return once a file, or which files a folder has, is on the disk.

    Never of a database that this process has open: to close it here lets go of SQLite's locks
    (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
