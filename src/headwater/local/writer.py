"""The one thread that writes: jobs that wait together share one transaction and one fsync.

A turn takes what is waiting, runs each job inside its own savepoint, commits, and only then
answers. A job that raises is undone alone. Where the commit itself fails (disk full, I/O error)
nothing of the turn is promised: every caller gets `Unavailable`, and the next turn tries again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from headwater.errors import Unavailable
from headwater.local.sql import Database
from headwater.local.turns import Turn, Waiting, give_up
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


class Writer:
    """Runs jobs on its own thread, in order, many to a commit."""

    def __init__(
        self,
        database: Database,
        *,
        bound: int = 50_000,
        turn: int = 5_000,
        observe: Callable[[TurnReport], None] = lambda _report: None,
    ) -> None:
        """Start the thread.

        Args:
            database: used by that thread alone from now on, and closed by `close`.
            bound: the weight that may wait; over it callers get `Unavailable`.
            turn: the weight after which a turn stops taking more, so that the first caller
                does not wait for the last.
            observe: called on the writer's thread after each turn.
        """
        self._turn = Turn(database)
        self._bound = bound
        self._turn_weight = turn
        self._observe = observe
        self._callbacks: list[tuple[asyncio.AbstractEventLoop, Callable[[list[Any]], None]]] = []
        self._waiting: deque[Waiting] = deque()
        self._weight = 0
        self._closing = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="headwater-writer", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """The weight that is not on the disk yet."""
        return self._weight

    async def run(self, job: Callable[[Sql], T], *, weight: int = 1) -> T:
        """Answer the job's result once what it wrote is on the disk.

        Raises:
            Unavailable: the queue is full, the writer is closing, or the disk failed.
            Exception: what the job raised; what it wrote is then undone.
        """
        loop = asyncio.get_running_loop()
        waiting = Waiting(loop.create_future(), loop, weight, job=job)
        self.enqueue(waiting)
        result: T = await waiting.future
        return result

    def coalesce(
        self, handler: Callable[[Sql, list[Item]], Sequence[Result]]
    ) -> Lane[Item, Result]:
        """Make a lane: its handler gets the items of all who wait, and answers as many results."""
        return Lane(self, handler)

    def publish(self, note: Any) -> None:
        """Tell the `after_commit` hooks, should the job that calls this be committed."""
        self._turn.notes.append(note)

    def after_commit(self, callback: Callable[[list[Any]], None]) -> None:
        """Have `callback` called on the running loop after each commit that published something.

        It is called before the callers of that turn go on.
        """
        self._callbacks.append((asyncio.get_running_loop(), callback))

    async def close(self) -> None:
        """Finish what waits, then close the database; new work is refused from now on."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def enqueue(self, waiting: Waiting) -> None:
        """Add to the queue; `run` and `Lane.submit` are the ways in.

        Raises:
            Unavailable: the queue is full, or the writer is closing.
        """
        with self._wake:
            if self._closing:
                raise Unavailable("The server is shutting down; try again shortly.")
            # What is heavier than the bound itself must get in some time: when nothing waits.
            if self._weight and self._weight + waiting.weight > self._bound:
                raise Unavailable(
                    f"{self._weight} events wait for the disk, and no more may; try again."
                )
            self._weight += waiting.weight
            self._waiting.append(waiting)
            self._wake.notify()

    def _work(self) -> None:
        while taken := self._take():
            started = time.perf_counter()
            committed = self._committed(taken)
            seconds = time.perf_counter() - started
            weight = sum(one.weight for one in taken)
            with self._wake:
                self._weight -= weight
            notes, self._turn.notes = self._turn.notes, []
            self._answer(taken, notes)
            self._report(TurnReport(len(taken), weight, seconds, failed=not committed))
        self._turn.database.close()

    def _take(self) -> list[Waiting]:
        """Wait for work; answer what one turn takes, or nothing when closed and drained."""
        taken: list[Waiting] = []
        weight = 0
        with self._wake:
            while not self._waiting and not self._closing:
                self._wake.wait()
            while self._waiting and weight < self._turn_weight:
                taken.append(self._waiting.popleft())
                weight += taken[-1].weight
        return taken

    def _committed(self, taken: list[Waiting]) -> bool:
        try:
            self._turn.write(taken)
        except Exception:
            # Whatever it was, the thread must live and the callers must not be told 200.
            _logger.exception("A commit failed; its callers were told to try again.")
            give_up(taken)
            return False
        return True

    def _report(self, report: TurnReport) -> None:
        try:
            self._observe(report)
        except Exception:
            _logger.exception("The observer of the writer failed.")

    def _answer(self, taken: list[Waiting], notes: list[Any]) -> None:
        """Wake each loop once, however many of its callers waited."""
        by_loop: dict[asyncio.AbstractEventLoop, list[Callable[[], None]]] = {}
        if notes:
            for loop, callback in self._callbacks:
                by_loop.setdefault(loop, []).append(_told(callback, notes))
        for one in taken:
            by_loop.setdefault(one.loop, []).append(one.resolve)
        for loop, calls in by_loop.items():
            with suppress(RuntimeError):  # the loop was closed: nobody waits there any more
                loop.call_soon_threadsafe(_call_all, calls)


class Lane(Generic[Item, Result]):
    """Gathers the items of all who wait into one call of its handler a turn."""

    def __init__(
        self, writer: Writer, handler: Callable[[Sql, list[Item]], Sequence[Result]]
    ) -> None:
        self._writer = writer
        self._handler = handler

    async def submit(self, item: Item, *, weight: int = 1) -> Result:
        """Answer the handler's result for this item once it is on the disk.

        Where the combined call raises, each item is tried alone, so that one that cannot be
        handled fails only itself.

        Raises:
            Unavailable: the queue is full, the writer is closing, or the disk failed.
            Exception: what the handler raised for this item alone.
        """
        loop = asyncio.get_running_loop()
        waiting = Waiting(loop.create_future(), loop, weight, handler=self._handler, item=item)
        self._writer.enqueue(waiting)
        result: Result = await waiting.future
        return result


def _told(callback: Callable[[list[Any]], None], notes: list[Any]) -> Callable[[], None]:
    return lambda: callback(notes)


def _call_all(calls: Iterable[Callable[[], None]]) -> None:
    for call in calls:
        try:
            call()
        except Exception:
            _logger.exception("A hook after a commit failed.")
