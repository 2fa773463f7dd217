"""One writer: work that waits together shares one transaction, one commit and one fsync.

A turn takes what is waiting, runs each part inside its own savepoint, commits, and only then
answers. What raises is undone alone. Where the commit itself fails (disk full, I/O error) nothing
of the turn is promised: every caller gets `Unavailable`, and the next turn tries again.

Two threads take turns with the database, never both at once. Items of lanes, which are many and
short, are handled on the event loop's thread; jobs, which may be long, and every commit, which
waits for the disk, run on the writer's own. Handling items there too would hand the interpreter's
lock to and fro at each row that SQLite is given, which costs more than the rows do.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from headwater.errors import Unavailable
from headwater.local.gathering import Gathering
from headwater.local.sql import Database
from headwater.local.turns import DiskFailure, Turn, Waiting, give_up, grouped
from headwater.ports import Sql

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TurnReport:
    """What one turn did, for metrics. `weight` is the sum of what callers said they weigh."""

    jobs: int
    weight: int
    seconds: float
    failed: bool


@dataclass(frozen=True, slots=True)
class _Begun:
    """A turn whose lanes are done: what is left is its jobs and its commit."""

    taken: list[Waiting[Any]]
    jobs: list[list[Waiting[Any]]]
    started: float


class Writer:
    """Runs work in order, much of it to a commit. All callers are of one event loop."""

    def __init__(
        self,
        database: Database,
        *,
        bound: int = 50_000,
        turn: int = 1_000,
        observe: Callable[[TurnReport], None] = lambda _report: None,
    ) -> None:
        """Start the thread.

        Args:
            database: used by the writer alone from now on, and closed by `close`.
            bound: the weight that may wait; over it callers get `Unavailable`.
            turn: the weight after which a turn stops taking more, so that the first caller
                does not wait for the last, and the event loop is not held up for long.
            observe: called on the event loop's thread after each turn.
        """
        self._turn = Turn(database)
        self._bound = bound
        self._turn_weight = turn
        self._observe = observe
        self._callbacks: list[Callable[[list[Any]], None]] = []
        self._waiting: deque[Waiting[Any]] = deque()
        self._weight = 0
        self._busy = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._between: list[Callable[[], None]] = []
        self._gathering = Gathering(
            waiting=self._waiting.__len__,
            is_full=lambda: self._weight >= self._turn_weight,
            begin=self._begin,
        )
        self._begun: queue.SimpleQueue[_Begun | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="headwater-writer", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """The weight that is not on the disk yet."""
        return self._weight

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of all callers, asked for once: `get_running_loop` makes a system call."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    async def run(self, job: Callable[[Sql], T], *, weight: int = 1) -> T:
        """Answer the job's result once what it wrote is on the disk.

        Raises:
            Unavailable: the queue is full, the writer is closing, or the disk failed.
            Exception: what the job raised; what it wrote is then undone.
        """
        waiting = Waiting(self.loop, weight, job=job)
        self.enqueue(waiting)
        return await waiting

    async def between(self, work: Callable[[Database], T]) -> T:
        """Answer what `work` answers; it has the database to itself, in no transaction.

        All else waits meanwhile, so this is for what SQLite does in no transaction alone.

        Raises:
            Unavailable: it could not be begun.
            Exception: what the work raised.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def tell(set_: Callable[[Any], None], value: Any) -> None:
            if not future.done():
                set_(value)

        def carry_out() -> None:
            try:
                result = work(self._turn.database)
            except Exception as error:  # noqa: BLE001 - whatever it was, it is the caller's
                loop.call_soon_threadsafe(tell, future.set_exception, error)
            else:
                loop.call_soon_threadsafe(tell, future.set_result, result)

        await self.run(lambda _sql: self._between.append(carry_out))
        return await future

    def coalesce(
        self, handler: Callable[[Sql, list[Item]], Sequence[Result]]
    ) -> Lane[Item, Result]:
        """Make a lane: its handler gets the items of all who wait, and answers as many results.

        It runs on the event loop's thread, so it must be quick.
        """
        return Lane(self, handler)

    def publish(self, note: Any) -> None:
        """Tell the `after_commit` hooks, should the work that calls this be committed."""
        self._turn.notes.append(note)

    def after_commit(self, callback: Callable[[list[Any]], None]) -> None:
        """Have `callback` called on the event loop after each commit that published something.

        It is called before the callers of that turn go on.
        """
        self._callbacks.append(callback)

    async def close(self) -> None:
        """Finish what waits, then close the database; new work is refused from now on."""
        self._closing = asyncio.Event()
        if not self._busy:
            self._closing.set()
        await self._closing.wait()
        self._begun.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def enqueue(self, waiting: Waiting[Any]) -> None:
        """Add to the queue; `run` and `Lane.submit` are the ways in.

        Raises:
            Unavailable: the queue is full, or the writer is closing.
        """
        if self._closing is not None:
            raise Unavailable("The server is shutting down; try again shortly.")
        # What is heavier than the bound itself must get in some time: when nothing waits.
        if self._weight and self._weight + waiting.weight > self._bound:
            raise Unavailable(
                f"{self._weight} events wait for the disk, and no more may; try again."
            )
        self._weight += waiting.weight
        self._waiting.append(waiting)
        if self._busy:
            self._gathering.arrived(waiting.loop)
        else:
            self._busy = True
            self._gathering.open(waiting.loop)

    def _begin(self) -> None:
        """Take what waits, do what lanes have, and leave jobs and commit to the thread."""
        taken = self._take()
        groups = grouped(taken)
        begun = _Begun(
            taken, [one for one in groups if one[0].handler is None], time.perf_counter()
        )
        try:
            self._turn.begin()
            first = True
            for group in groups:
                if group[0].handler is not None:
                    self._turn.run(group, first=first)
                    first = False
        except Exception as error:  # noqa: BLE001 - logged, and the callers are told
            # Whatever it was, the writer must live and the callers must not be told 200.
            _log("A turn", error)
            self._give_up(taken)
            taken[0].loop.call_soon(self._end, begun, False, [])  # noqa: FBT003 - call_soon's
        else:
            self._begun.put(begun)

    def _take(self) -> list[Waiting[Any]]:
        taken: list[Waiting[Any]] = []
        weight = 0
        while self._waiting and weight < self._turn_weight:
            taken.append(self._waiting.popleft())
            weight += taken[-1].weight
        return taken

    def _work(self) -> None:
        """Do jobs and commit, on the writer's own thread."""
        while (begun := self._begun.get()) is not None:
            committed = self._committed(begun)
            apart, self._between = self._between, []
            if committed:
                for carry_out in apart:
                    carry_out()
            notes, self._turn.notes = self._turn.notes, []
            with suppress(RuntimeError):  # the loop was closed: nobody waits there any more
                begun.taken[0].loop.call_soon_threadsafe(self._end, begun, committed, notes)
        self._turn.database.close()

    def _committed(self, begun: _Begun) -> bool:
        try:
            for group in begun.jobs:
                self._turn.run(group)
            self._turn.commit()
        except Exception as error:  # noqa: BLE001 - logged, and the callers are told
            _log("A commit", error)
            self._give_up(begun.taken)
            return False
        return True

    def _give_up(self, taken: list[Waiting[Any]]) -> None:
        give_up(taken)
        try:
            self._turn.roll_back()
        except Exception:
            # It stays open; the next turn cannot begin, and tries to roll it back again.
            _logger.exception("A turn could not be rolled back.")

    def _end(self, begun: _Begun, committed: bool, notes: list[Any]) -> None:  # noqa: FBT001 - called by the loop
        """Answer a turn's callers and go on with the next."""
        weight = sum(one.weight for one in begun.taken)
        self._weight -= weight
        if notes:
            for callback in self._callbacks:
                _call("A hook after a commit", callback, notes)
        for one in begun.taken:
            _call("What waited for a commit", Waiting.resolve, one)
        seconds = time.perf_counter() - begun.started
        report = TurnReport(len(begun.taken), weight, seconds, failed=not committed)
        _call("The observer of the writer", self._observe, report)
        loop = begun.taken[0].loop
        self._gathering.answered(loop, len(begun.taken))
        if self._waiting:
            self._gathering.open(loop)
        else:
            self._busy = False
            if self._closing is not None:
                self._closing.set()


class Lane(Generic[Item, Result]):
    """Gathers the items of all who wait into one call of its handler a turn."""

    def __init__(
        self, writer: Writer, handler: Callable[[Sql, list[Item]], Sequence[Result]]
    ) -> None:
        self._writer = writer
        self._handler = handler

    def submit(self, item: Item, *, weight: int = 1) -> Waiting[Result]:
        """Answer what will have the handler's result for this item once it is on the disk.

        Where the combined call raises, each item is tried alone, so that one that cannot be
        handled fails only itself.

        Raises:
            Unavailable: the queue is full, the writer is closing, or the disk failed.
            Exception: what the handler raised for this item alone.
        """
        waiting: Waiting[Result] = Waiting(
            self._writer.loop, weight, handler=self._handler, item=item
        )
        self._writer.enqueue(waiting)
        return waiting


def _log(what: str, error: Exception) -> None:
    """Say what failed: of the disk in a line, as it may fail all day; of ourselves from where."""
    trace = None if isinstance(error, DiskFailure) else error
    _logger.error(
        "%s failed (%s); its callers were told to try again.", what, error, exc_info=trace
    )


def _call(what: str, call: Callable[[Any], None], value: Any) -> None:
    try:
        call(value)
    except Exception:
        _logger.exception("%s failed.", what)
