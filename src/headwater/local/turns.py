"""One turn of the writer: many jobs, one transaction, each job undone alone if it raises."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from headwater.errors import Unavailable
from headwater.local.sql import Database
from headwater.ports import Sql

Result = TypeVar("Result")
Handler = Callable[[Sql, list[Any]], Sequence[Any]]

# After these the disk is at fault, not the job, and SQLite has given up the whole transaction
# (https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction").
_DISK_ERRORS = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM})


class DiskFailure(Exception):
    """The turn as a whole cannot be committed."""


class Waiting(msgspec.Struct, Generic[Result], eq=False):
    """A job, or an item for a lane's handler, and who waits for its result.

    Await it, or have a function called; a future is made only where it is awaited, as there is
    one of these for each request. A struct, since a dataclass takes longer to make.

    Attributes:
        told: called on the loop's thread when the outcome is known, with the error if there is one.
    """

    loop: asyncio.AbstractEventLoop
    weight: int
    job: Callable[[Sql], Result] | None = None
    handler: Handler | None = None
    item: Any = None
    told: Callable[[BaseException | None], None] | None = None
    result: Any = None
    error: BaseException | None = None
    is_settled: bool = False
    future: asyncio.Future[Result] | None = None

    def __await__(self) -> Generator[Any, None, Result]:
        """Answer the result, or raise the error, once it is known; on the loop's thread."""
        if self.future is None:
            self.future = self.loop.create_future()
            if self.is_settled:
                self._settle(self.future)
        return self.future.__await__()

    def resolve(self) -> None:
        """Hand the outcome to the caller, unless the caller has gone; on the loop's thread."""
        self.is_settled = True
        if self.told is not None:
            self.told(self.error)
        if self.future is not None:
            self._settle(self.future)

    def _settle(self, future: asyncio.Future[Result]) -> None:
        if future.done():
            return
        if self.error is None:
            future.set_result(self.result)
        else:
            future.set_exception(self.error)


@dataclass(slots=True)
class Turn:
    """Runs what one turn took.

    Attributes:
        notes: what the jobs that stand have published, in order.
    """

    database: Database
    notes: list[Any] = field(default_factory=list)

    def begin(self) -> None:
        """Begin the turn's transaction.

        Raises:
            DiskFailure: it cannot be.
        """
        try:
            self.database.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise DiskFailure(str(error)) from error

    def run(self, group: list[Waiting[Any]], *, first: bool = False) -> None:
        """Run one job, or a handler on its items; each one's result or error is then in it.

        Args:
            group: what is run together.
            first: nothing was written in this turn yet, so the turn itself can be undone. For a
                savepoint SQLite copies every page before it changes it; only a group that has
                others before it needs one.

        Raises:
            DiskFailure: the turn as a whole cannot be committed any more.
        """
        attempted = self._attempted_first(group) if first else self._attempted(group)
        if attempted or len(group) == 1:
            return
        for one in group:  # one of them is poison: each alone, so that it sinks only itself
            self._attempted([one])

    def commit(self) -> None:
        """Commit, and return when it is on the disk.

        Raises:
            DiskFailure: nothing was committed.
        """
        try:
            self.database.execute("COMMIT")
        except sqlite3.Error as error:
            raise DiskFailure(str(error)) from error

    def _attempted_first(self, group: list[Waiting[Any]]) -> bool:
        """Answer whether what a group wrote stands; if not, the turn is as it was begun."""
        try:
            results = self._results(group)
        except Exception as error:  # noqa: BLE001 - whatever a job raises is its caller's
            self._check_disk(error)
            self.roll_back()
            self.begin()
            _fail(group, error)
            return False
        _succeed(group, results)
        return True

    def _attempted(self, group: list[Waiting[Any]]) -> bool:
        """Answer whether what a group wrote stands; if not, what came before it does."""
        published = len(self.notes)
        self.database.execute("SAVEPOINT job")
        try:
            results = self._results(group)
        except Exception as error:  # noqa: BLE001 - whatever a job raises is its caller's
            self._check_disk(error)
            self.database.execute("ROLLBACK TO job")
            self.database.execute("RELEASE job")
            del self.notes[published:]
            _fail(group, error)
            return False
        self.database.execute("RELEASE job")
        _succeed(group, results)
        return True

    def _results(self, group: list[Waiting[Any]]) -> Sequence[Any]:
        first = group[0]
        if first.job is not None:
            return [first.job(self.database)]
        assert first.handler is not None  # noqa: S101 - either is set, by the writer
        results = first.handler(self.database, [one.item for one in group])
        if len(results) != len(group):
            raise RuntimeError(f"A handler answered {len(results)} results for {len(group)} items.")
        return results

    def _check_disk(self, error: Exception) -> None:
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary result code
            if code in _DISK_ERRORS:
                raise DiskFailure(str(error)) from error
        if not self.database.in_transaction:
            raise DiskFailure(f"The transaction was lost: {error}") from error

    def roll_back(self) -> None:
        """Undo the turn, as far as SQLite has not done so by itself."""
        self.notes.clear()
        if self.database.in_transaction:
            self.database.execute("ROLLBACK")


def _succeed(group: list[Waiting[Any]], results: Sequence[Any]) -> None:
    for one, result in zip(group, results, strict=True):
        one.result, one.error = result, None


def _fail(group: list[Waiting[Any]], error: Exception) -> None:
    for one in group:
        one.error = error


def give_up(taken: Sequence[Waiting[Any]]) -> None:
    """Tell every caller of a turn that nothing of it is promised."""
    for one in taken:
        one.result = None
        one.error = Unavailable("The database cannot be written at the moment; try again.")


def grouped(taken: Sequence[Waiting[Any]]) -> list[list[Waiting[Any]]]:
    """Put all items of one handler together, where its first one stood; jobs stay alone."""
    groups: list[list[Waiting[Any]]] = []
    of_handler: dict[Handler, list[Waiting[Any]]] = {}
    for one in taken:
        if one.handler is None:
            groups.append([one])
        elif (group := of_handler.get(one.handler)) is not None:
            group.append(one)
        else:
            of_handler[one.handler] = group = [one]
            groups.append(group)
    return groups
