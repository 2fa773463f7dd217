"""A lane's rows in its database: what its driver reads, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from headwater.actors import deliveries
from headwater.actors.deliveries import Reading
from headwater.destinations.settlement import Settlement
from headwater.dispatch.lane_surroundings import Runs
from headwater.ports import Sql


class Rows(Protocol):
    """The rows of one lane, wherever they are."""

    async def read(self, *, after: int, limit: int, last_merge: int) -> Reading | None:
        """Answer rows behind an id, and merges; None where nothing was ever put into the lane."""
        ...

    async def bodies(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Answer the events' JSON texts by row id; rows that are gone are left out."""
        ...

    async def settle(self, settlement: Settlement, now: int) -> None:
        """Return once what an attempt's outcome changed is durable."""
        ...


class StoredRows:
    """Rows that are all in a database.

    Args:
        writer: where the database is written.
        readers: where it is read.
        workspace: whose lane it is.
        destination: the lane's destination.
    """

    def __init__(self, writer: Runs, readers: Runs, workspace: str, destination: str) -> None:
        self._writer = writer
        self._readers = readers
        self._workspace = workspace
        self._destination = destination
        self._number: int | None = None

    async def read(self, *, after: int, limit: int, last_merge: int) -> Reading | None:
        """Answer rows behind an id; see `Rows.read`."""
        return await self._readers.run(
            lambda sql: self._read(sql, after=after, limit=limit, last_merge=last_merge)
        )

    async def bodies(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Answer the events by row id; see `Rows.bodies`."""
        return await self._readers.run(lambda sql: deliveries.bodies(sql, ids))

    async def settle(self, settlement: Settlement, now: int) -> None:
        """Write it; see `Rows.settle`."""
        await self._writer.run(lambda sql: self._settle(sql, settlement, now))

    def _read(self, sql: Sql, *, after: int, limit: int, last_merge: int) -> Reading | None:
        number = self._found(sql)
        if number is None:
            return None
        return deliveries.read(sql, number, after=after, limit=limit, last_merge=last_merge)

    def _settle(self, sql: Sql, settlement: Settlement, now: int) -> None:
        number = self._found(sql)
        if number is not None:
            deliveries.settle(sql, number, settlement, now)

    def _found(self, sql: Sql) -> int | None:
        """Answer the lane's number; None while nothing was ever enqueued."""
        if self._number is None:
            self._number = deliveries.lane_number(sql, self._workspace, self._destination)
        return self._number
