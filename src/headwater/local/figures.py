"""The figures of a running server: for `/metrics`, and for `headwater status`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prometheus_client.core import Metric

from headwater.destinations.lane_status import LaneStatus
from headwater.figures import RuntimeStatus, lake_families, lane_families, people_family
from headwater.local.lake.keeper import LakeKeeper
from headwater.local.lake.status import LakeStatus
from headwater.local.lanes import Lanes
from headwater.local.metrics import Metrics, database_bytes, gauges
from headwater.local.readers import Readers
from headwater.local.writer import Writer
from headwater.ports import Clock, Sql

# A root holds a person; msgspec writes the tag first (actors/identity_state.py).
_COUNT_PEOPLE = """
SELECT substr(actor, 1, instr(actor, '/') - 1), count(*) FROM identity
WHERE body LIKE '{"type":"root"%' GROUP BY 1
"""


class PeopleCount:
    """How many people there are, counted seldom enough that counting costs nothing to speak of."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._by_workspace: dict[str, int] = {}
        self._due = 0.0
        self._counting = asyncio.Lock()

    async def by_workspace(self) -> dict[str, int]:
        """Answer the people of each workspace, at most as old as 50 countings take, or 5 s."""
        async with self._counting:
            started = time.monotonic()
            if started >= self._due:
                self._by_workspace = dict(await self._readers.run(_count))
                took = time.monotonic() - started
                self._due = time.monotonic() + max(5.0, 50 * took)
        return self._by_workspace


def _count(sql: Sql) -> list[tuple[str, int]]:
    return [(workspace, number) for workspace, number in sql.execute(_COUNT_PEOPLE)]


class Figures:
    """The `Status` port, and what `/metrics` has to read first."""

    def __init__(
        self,
        *,
        metrics: Metrics,
        lanes: Lanes,
        writer: Writer,
        readers: Readers,
        database: Path,
        clock: Clock,
        lake: LakeKeeper | None = None,
    ) -> None:
        self._metrics = metrics
        self._lanes = lanes
        self._writer = writer
        self._database = database
        self._people = PeopleCount(readers)
        self._clock = clock
        self._started_at = clock.now()
        self._draining = False
        self._lake = lake
        self._last_lanes: Sequence[LaneStatus] = ()
        self._last_people: dict[str, int] = {}
        self._last_lake: Mapping[str, LakeStatus] = {}
        metrics.watch(
            "headwater_queue_depth", "Events that wait for the disk.", lambda: writer.depth
        )
        metrics.watch(
            "headwater_database_bytes",
            "Size of the database on the disk, its log included.",
            lambda: database_bytes(database),
        )
        metrics.watch_families(self._families)

    def drain(self) -> None:
        """From now on the state is `draining`."""
        self._draining = True

    async def metrics(self) -> bytes:
        """Answer what `/metrics` prints, of all workspaces."""
        self._last_lanes = await self._lanes.status()
        self._last_people = await self._people.by_workspace()
        if self._lake is not None:
            self._last_lake = await self._lake.statuses()
        return self._metrics.text()

    async def status(self, workspace: str) -> RuntimeStatus:
        """Answer how the server is, with the figures of one workspace."""
        people = await self._people.by_workspace()
        lake = (await self._lake.statuses()).get(workspace) if self._lake else None
        events = {f"events_{name}": number for name, number in self._metrics.events.items()}
        return RuntimeStatus(
            state="draining" if self._draining else "ready",
            started_at=self._started_at,
            figures={
                "people": people.get(workspace, 0),
                **events,
                "queue_depth": self._writer.depth,
                "database_bytes": database_bytes(self._database),
                **(lake.figures(self._clock.now()) if lake else {}),
            },
            troubles={"lake": self._lake.failing} if self._lake and self._lake.failing else {},
        )

    def _families(self) -> Iterable[Metric]:
        now = self._clock.now()
        lakes = {workspace: one.figures(now) for workspace, one in self._last_lake.items()}
        yield from gauges(
            [
                people_family(self._last_people),
                *lake_families(lakes),
                *lane_families(self._last_lanes),
            ]
        )
