"""The `Sql` port over the standard library's sqlite3, set up so that a commit is on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from headwater.ports import SqlValue

Answer = TypeVar("Answer")

FILE_NAME = "headwater.sqlite3"

_MEBIBYTE = 1024 * 1024

# synchronous=FULL: in WAL mode every COMMIT waits for an fsync of the log, so that an answer of
# 200 survives a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous). fullfsync is
# the same promise on macOS, whose plain fsync does not reach the platter.
# foreign_keys: the actors' tables declare none; the check would only cost.
# page_size: of 4, 8 and 16 KiB, rows of about 1 KiB with a random key cost the least processor time
# at 8 and up, and a page that changes is logged whole; it holds for files made from now on.
# wal_autocheckpoint: pages are copied back 64 MiB at a time, because a page that many commits
# touch is then copied once; journal_size_limit gives the disk back after a burst.
# mmap_size: mapping made writing slower, and turns a failing disk into a killed process.
_WRITER_PRAGMAS = (
    "PRAGMA page_size = 8192",
    "PRAGMA mmap_size = 0",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA wal_autocheckpoint = 8192",
    "PRAGMA journal_size_limit = 134217728",
    "PRAGMA temp_store = MEMORY",
)
_READER_PRAGMAS = (
    "PRAGMA query_only = ON",
    "PRAGMA temp_store = MEMORY",
)
_MAPPED = 256 * _MEBIBYTE


class Database:
    """`Sql` over one connection. Use it from one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._depth = 0

    @property
    def in_transaction(self) -> bool:
        """Whether SQLite has a transaction open; it ends one by itself on some disk errors."""
        return self._connection.in_transaction

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and answer all its rows, in order; `[]` where it has none."""
        return self._connection.execute(sql, params).fetchall()

    def execute_many(self, sql: str, rows: Sequence[Sequence[SqlValue]]) -> None:
        """Run an `INSERT … VALUES (?, …)` for each row; all or none inside a transaction."""
        self._connection.executemany(sql, rows)

    def run(self, work: Callable[[], Answer]) -> Answer:
        """Run one unit of work: what it writes is kept when it returns, nothing if it raises."""
        with self.transaction():
            return work()

    def transaction(self) -> AbstractContextManager[None]:
        """Commit on leaving, roll back on an exception. A nested one is part of the outer."""
        return _Transaction(self)

    def close(self) -> None:
        """Close the connection; the last one of a database folds its log into the file."""
        self._connection.close()

    def reopen(self, opened: Callable[[], Database]) -> None:
        """Close the connection, and go on with that of another, which is nobody else's."""
        self._connection.close()
        self._connection = opened()._connection  # noqa: SLF001 - of this very class

    def enter(self) -> None:
        """Begin a transaction, or go one deeper into the one that is open."""
        if self._depth == 0 and not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
        elif self._depth:
            self._depth += 1

    def leave(self, *, failed: bool) -> None:
        """Come one up; the outermost commits, or rolls back where it failed."""
        if self._depth == 0:  # somebody else's transaction, such as the writer's turn
            return
        self._depth -= 1
        if self._depth:
            return
        if not failed:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


class _Transaction(AbstractContextManager[None]):
    """A class, as the generator form costs a microsecond on the hot path."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.enter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.leave(failed=kind is not None)


def open_writer(path: Path, *, cache_bytes: int = 64 * _MEBIBYTE) -> Database:
    """Open the database file for the one thread that writes; make it where there is none.

    Raises:
        sqlite3.Error: the file cannot be opened, or is not a database.
    """
    connection = _connect(f"file:{_quoted(path)}", pragmas=_WRITER_PRAGMAS, cache=cache_bytes)
    return Database(connection)


def open_reader(
    path: Path, *, cache_bytes: int = 16 * _MEBIBYTE, is_for_once: bool = False
) -> Database:
    """Open the database file for reading only; a statement that writes raises.

    For reading once what was just written the file is not mapped: most of that is in the log, and
    to be given pages that are soon taken back costs more than to have them copied.

    Raises:
        sqlite3.Error: there is no such file, or it is not a database.
    """
    address = f"file:{_quoted(path)}?mode=ro"
    mapping = f"PRAGMA mmap_size = {0 if is_for_once else _MAPPED}"
    return Database(_connect(address, pragmas=(*_READER_PRAGMAS, mapping), cache=cache_bytes))


def _connect(address: str, *, pragmas: Sequence[str], cache: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address,
        uri=True,
        timeout=5.0,
        isolation_level=None,  # transactions begin where we say, not where the driver guesses
        check_same_thread=False,  # opened by one thread and handed to another, never shared
        cached_statements=1024,
    )
    try:
        connection.execute(f"PRAGMA cache_size = -{cache // 1024}")
        for pragma in pragmas:
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise
    return connection


def _quoted(path: Path) -> str:
    """Escape what has a meaning in a URI file name (https://www.sqlite.org/uri.html)."""
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
