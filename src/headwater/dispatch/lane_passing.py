"""Rows that pass through a lane without being written down, while all goes well.

Whoever hands events to the lane keeps them until it is answered (a queue does), so a lane that
delivers them before it answers need not write them: on the edge rows written are most of the
price. What fails, or takes long, is stored then, and from there on is a row like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from headwater.actors import deliveries
from headwater.actors.deliveries import Reading
from headwater.commands import Deliver
from headwater.destinations.settlement import Row, Settlement
from headwater.dispatch.lane_rows import StoredRows
from headwater.ports import Sql

MOST = 2_000
"""Rows that are in memory alone at a time."""

_BLOCK = 4_096
"""Ids that are reserved at once, as each reservation is a row written."""


class PassingRows:
    """A lane's rows, of which some are in memory alone.

    Args:
        sql: the lane's database; each write is a unit of work.
        stored: the rows that are in it.
        workspace: whose lane it is.
        destination: the lane's destination.
    """

    def __init__(self, sql: Sql, stored: StoredRows, workspace: str, destination: str) -> None:
        self._sql = sql
        self._stored = stored
        self._workspace = workspace
        self._destination = destination
        self._passing: dict[int, tuple[Row, str]] = {}
        self._lane = 0
        self._next, self._end = 0, 0
        self._changed = asyncio.Event()

    @property
    def count(self) -> int:
        """How many are in memory alone."""
        return len(self._passing)

    def take(self, commands: Sequence[Deliver], now: int) -> list[Row]:
        """Answer rows for these, to be handed to the lane in this order."""
        rows = []
        for command in commands:
            if self._next == self._end:
                self._lane, self._next = self._sql.run(
                    lambda: deliveries.reserve(
                        self._sql, self._workspace, self._destination, _BLOCK
                    )
                )
                self._end = self._next + _BLOCK
            size = deliveries.size_of(command.body)
            row = Row(self._next, command.person, command.message_id, size, now)
            self._passing[row.id] = (row, command.body)
            self._next += 1
            rows.append(row)
        return rows

    def store(self) -> None:
        """Write what is in memory alone; what is in flight is settled as usual later on."""
        if self._passing:
            self._sql.run(lambda: deliveries.store(self._sql, self._lane, self._in_order()))
            self._gone(list(self._passing))

    def renew(self) -> None:
        """Let ids from here on be greater than those of rows that others have stored."""
        self._next = self._end

    async def settled(self, ids: Collection[int], *, patience: float) -> bool:
        """Return once these are delivered or stored; tell whether it took less than `patience` s.

        What is in memory alone after that is stored.
        """
        try:
            async with asyncio.timeout(patience):
                while not self._passing.keys().isdisjoint(ids):
                    await self._changed.wait()
        except TimeoutError:
            self.store()
            return False
        return True

    async def read(self, *, after: int, limit: int, last_merge: int) -> Reading | None:
        """Answer stored rows; see `Rows.read`."""
        return await self._stored.read(after=after, limit=limit, last_merge=last_merge)

    async def bodies(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Answer the events by row id; see `Rows.bodies`."""
        passing = {id_: self._passing[id_][1] for id_ in ids if id_ in self._passing}
        others = [id_ for id_ in ids if id_ not in passing]
        return {**passing, **await self._stored.bodies(others)} if others else passing

    async def settle(self, settlement: Settlement, now: int) -> None:
        """Write what an outcome changed; once one failed, all that is in memory is stored.

        What comes later for the same people must wait behind it, and for how long nobody knows.
        """
        passed = [id_ for id_ in settlement.delivered if id_ in self._passing]
        if passed:
            self._sql.run(lambda: deliveries.count_delivered(self._sql, self._lane, len(passed)))
            self._gone(passed)
        if settlement.retries or settlement.deaths:
            self.store()
        elif len(passed) == len(settlement.delivered):
            return
        await self._stored.settle(settlement, now)

    def _in_order(self) -> list[tuple[Row, str]]:
        return [self._passing[id_] for id_ in sorted(self._passing)]

    def _gone(self, ids: Collection[int]) -> None:
        for id_ in ids:
            del self._passing[id_]
        self._changed.set()
        self._changed = asyncio.Event()
