"""Dead letters for people: listed by filter, put back into their lanes, or discarded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from headwater.actors import dead_letters
from headwater.actors.dead_letters import DeadLetter, DeadLetterFilter
from headwater.dispatch.lane_surroundings import Runs
from headwater.ports import Clock


class DeadLetters:
    """Reads and orders about dead letters; what it wrote is on the disk when it answers."""

    def __init__(
        self,
        *,
        writer: Runs,
        readers: Runs,
        clock: Clock,
        wake: Callable[[Iterable[str]], None],
    ) -> None:
        """Make it; `wake` is told the destinations whose lanes have something again."""
        self._writer = writer
        self._readers = readers
        self._clock = clock
        self._wake = wake

    async def list(self, which: DeadLetterFilter, *, limit: int = 100) -> list[DeadLetter]:
        """Answer dead letters, the latest first; `before` the last one's id gives the next page."""
        return await self._readers.run(
            lambda sql: dead_letters.dead_letters(sql, which, limit=limit)
        )

    async def count(self, which: DeadLetterFilter) -> int:
        """Answer how many there are."""
        return await self._readers.run(lambda sql: dead_letters.count(sql, which))

    async def replay(self, which: DeadLetterFilter) -> int:
        """Send all of them again, as if just decided; answer how many.

        Those that die after this was called are left out.
        """
        which = await self._until_now(which)
        total = 0
        while replayed := await self._writer.run(
            lambda sql: dead_letters.replay(sql, which, self._clock.now())
        ):
            self._wake(replayed)
            total += sum(replayed.values())
        return total

    async def discard(self, which: DeadLetterFilter) -> int:
        """Delete all of them for good; answer how many."""
        which = await self._until_now(which)
        total = 0
        while gone := await self._writer.run(lambda sql: dead_letters.discard(sql, which)):
            total += gone
        return total

    async def _until_now(self, which: DeadLetterFilter) -> DeadLetterFilter:
        newest = await self._readers.run(dead_letters.newest)
        before = newest + 1 if which.before is None else min(which.before, newest + 1)
        return replace(which, before=before)
