"""The lake of a running server: kept up with the database, compacted, aged, and told about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from headwater.lake import keys, tending
from headwater.lake.catalogue import Catalogue, workspaces
from headwater.lake.iceberg.publish import Publisher
from headwater.lake.manifest import Entry, Flushed, LakeFile, Manifest, OutOfDate, Tier
from headwater.local.lake import position as positions
from headwater.local.lake.nearby import Nearby
from headwater.local.lake.orders import Compact, Compacted, Flush, Move, Written
from headwater.local.lake.position import Position
from headwater.local.lake.process import LakeProcess
from headwater.local.lake.tail import last_event
from headwater.local.readers import Readers
from headwater.local.writer import Writer
from headwater.ports import Bucket, BucketFailure, Clock, Random, Sql

_logger = logging.getLogger(__name__)

TARGET = 128 * 1024 * 1024
"""Bytes of a compacted file, about."""

LEVEL = 6
"""Of zstd, for compacted files: they are written once and read for years."""

_MEMORY = 512 * 1024 * 1024  # bytes that sorting may use before it goes to the disk


LAKE_FIGURES = {
    "waiting": "Events of all workspaces that are not in the lake yet, at most.",
    "lag_seconds": "Seconds since the last flush that brought the lake up to date.",
    "files": "Files of the lake.",
    "events": "Events in the lake.",
    "bytes": "Size of the lake's files.",
}
"""What is told of the lake, by the names that metrics and `headwater status` have for it."""


@dataclass(frozen=True, slots=True)
class LakeStatus:
    """A workspace's part of the lake. `since` is the last flush in milliseconds, or the start."""

    waiting: int
    since: int
    files: int
    events: int
    bytes: int

    def figures(self, now: int) -> dict[str, int | float]:
        """Answer the figures by their names, `lake_files` and so on."""
        lag = (now - self.since) / 1000 if self.waiting else 0.0
        return {
            "lake_waiting": self.waiting,
            "lake_lag_seconds": max(0.0, lag),
            "lake_files": self.files,
            "lake_events": self.events,
            "lake_bytes": self.bytes,
        }


class Lake:
    """Takes what is in the database to the bucket, and looks after what is there.

    Args:
        bucket: where the lake is.
        nearby: tells where its files can be read by path.
        address: the same, for the lake's process to open.
        database: path of the database.
        flush_events: how many events a flush writes at most.
    """

    def __init__(
        self,
        *,
        bucket: Bucket,
        nearby: Nearby,
        address: str,
        database: Path,
        writer: Writer,
        readers: Readers,
        clock: Clock,
        random: Random,
        flush_events: int = 50_000,
        cold_days: int = 365,
    ) -> None:
        self.bucket = bucket
        self._nearby = nearby
        self._address = address
        self._database = database
        self._writer = writer
        self._readers = readers
        self._clock = clock
        self._random = random
        self._publisher = Publisher(bucket, root=_root(address), random=random)
        self._flush_events = flush_events
        self._cold_days = cold_days
        self._catalogues: dict[str, Catalogue] = {}
        self._opened = False
        self._process = LakeProcess()
        self._lock = asyncio.Lock()
        self._flushed_at = clock.now()

    async def open(self) -> Position:
        """Read the manifests, and answer how far the database has reached the lake.

        Raises:
            BucketFailure: the bucket did not answer.
        """
        now = self._clock.now()
        found = await self._writer.run(
            lambda sql: positions.begin(sql, random=self._random, now=now)
        )
        if self._opened:
            return found
        for workspace in await workspaces(self.bucket):
            await self.catalogue(workspace)
        reached = max(
            (
                one.manifest.flushed.get(found.lineage, Flushed()).position
                for one in self._catalogues.values()
            ),
            default=0,
        )
        if reached > await self._readers.run(last_event):
            # The lake has seen numbers that this database has not given out: it is an older copy.
            _logger.warning("The database is older than the lake; it gets numbers of its own.")
            found = await self._writer.run(
                lambda sql: positions.begin_anew(sql, random=self._random, now=now)
            )
        self._opened = True
        return found

    async def catalogue(self, workspace: str) -> Catalogue:
        """Answer a workspace's manifest; read from the bucket at the first time."""
        found = self._catalogues.get(workspace)
        if found is None:
            fresh = Catalogue(self.bucket, workspace)
            await fresh.refresh()
            found = self._catalogues.setdefault(workspace, fresh)
        return found

    async def manifest(self, workspace: str) -> Manifest:
        """Answer a workspace's manifest as it is now."""
        return (await self.catalogue(workspace)).manifest

    def files(self, workspace: str) -> tuple[Manifest, Mapping[str, str]]:
        """Answer a workspace's manifest as it is now, and a path for each of its files.

        For threads; what is needed of a bucket elsewhere is fetched first.

        Raises:
            BucketFailure: the lake was not read yet, or a file cannot be had.
        """
        if not self._opened:
            raise BucketFailure("The lake has not been read yet.")
        catalogue = self._catalogues.get(workspace)
        manifest = catalogue.manifest if catalogue else Manifest()
        return manifest, self._nearby.paths(manifest.files.values())

    async def flush(self) -> int:
        """Bring the lake up to the database as it is now; answer the number of events written.

        Raises:
            BucketFailure: not all of it could be; the next flush goes on from there.
        """
        events = 0
        async with self._lock:
            more = True
            while more:
                written = await self._flush_some(await self.open())
                more = written.more
                events += sum(
                    one.rows
                    for files in written.files.values()
                    for one in files
                    if one.table == "events"
                )
            self._flushed_at = self._clock.now()
        return events

    async def _flush_some(self, at: Position) -> Written:
        now = self._clock.now()
        written = await self._process.run(
            Flush(
                database=str(self._database),
                address=self._address,
                position=at.position,
                change=at.change,
                workspaces={
                    name: one.manifest.flushed[at.lineage]
                    for name, one in self._catalogues.items()
                    if at.lineage in one.manifest.flushed
                },
                limit=self._flush_events,
                now=now,
                unique=self._unique(),
            )
        )
        assert isinstance(written, Written)  # noqa: S101 - the answer to this order
        for workspace, files in sorted(written.files.items()):
            entry = Entry(
                id=self._random.uuid(),
                at=now,
                reason="flush",
                add=tuple(files),
                lineage=at.lineage,
                flushed=Flushed(written.position, written.change),
            )
            await (await self.catalogue(workspace)).add(entry)
        if (written.position, written.change) != (at.position, at.change):
            await self._writer.run(
                lambda sql: positions.advance(sql, to=written.position, change=written.change)
            )
        return written

    async def tend(self) -> None:
        """Compact, age, show by Iceberg and clean up whatever is due, in all workspaces.

        Raises:
            BucketFailure: not all of it could be done; the next time goes on from there.
        """
        await self.open()
        for workspace in sorted(self._catalogues):
            catalogue = self._catalogues[workspace]
            await self._compact(catalogue)
            await self._age(catalogue)
            await self._clean(catalogue)

    async def _compact(self, catalogue: Catalogue) -> None:
        for due in tending.rewrites(catalogue.manifest, now=self._clock.now()):
            order = Compact(
                address=self._address,
                workspace=catalogue.workspace,
                files=list(due.files),
                target=TARGET,
                level=LEVEL if due.tier is Tier.WARM else 1,
                tier=due.tier,
                now=self._clock.now(),
                unique=self._unique(),
                memory=_MEMORY,
            )
            result = await self._process.run(order)
            assert isinstance(result, Compacted)  # noqa: S101 - the answer to this order
            await self._replace(catalogue, due.files, result.files, reason="compact")

    async def _age(self, catalogue: Catalogue) -> None:
        while due := tending.moves(
            catalogue.manifest, now=self._clock.now(), cold_after=self._cold_days
        ):
            result = await self._process.run(Move(self._address, catalogue.workspace, due))
            assert isinstance(result, Compacted)  # noqa: S101 - the answer to this order
            await self._replace(catalogue, due, result.files, reason="age")

    async def _replace(
        self,
        catalogue: Catalogue,
        old: tuple[LakeFile, ...] | list[LakeFile],
        new: list[LakeFile],
        *,
        reason: str,
    ) -> None:
        if sum(one.rows for one in new) != sum(one.rows for one in old) and old[0].table != (
            "identity"
        ):
            raise BucketFailure(f"A rewrite of {old[0].key} would lose rows; it was left alone.")
        entry = Entry(
            id=self._random.uuid(),
            at=self._clock.now(),
            reason=reason,
            add=tuple(new),
            remove=tuple(one.key for one in old),
        )
        try:
            async with self._lock:
                await catalogue.add(entry)
        except OutOfDate:
            # Somebody else replaced them meanwhile; what was written is an orphan, and goes later.
            _logger.info("Files were replaced while they were being compacted.")

    async def _clean(self, catalogue: Catalogue) -> None:
        due = tending.deletions(catalogue.manifest, now=self._clock.now())
        # Before the bytes go: no snapshot may name what is not there.
        await self._publisher.publish(catalogue.workspace, catalogue.manifest, deleting=due)
        if due:
            await self.bucket.delete(due)
            async with self._lock:
                await catalogue.forget(due)

    async def publish(self) -> None:
        """Bring the Iceberg tables up to the manifests; `tend` does so too.

        Raises:
            BucketFailure: not all of it could be done; the next time goes on from there.
        """
        for workspace, catalogue in sorted(self._catalogues.items()):
            await self._publisher.publish(workspace, catalogue.manifest)

    async def remove_orphans(self) -> None:
        """Delete data files that no manifest names, and none will."""
        await self.open()
        for workspace, catalogue in sorted(self._catalogues.items()):
            folders = (f"{workspace}/events/", f"{workspace}/identity/", f"{keys.COLD}{workspace}/")
            for folder in folders:
                listed = [one.key for one in await self.bucket.list(folder)]
                lost = tending.orphans(await catalogue.refresh(), listed, now=self._clock.now())
                if lost:
                    await self.bucket.delete(lost)

    async def statuses(self) -> dict[str, LakeStatus]:
        """Answer how the lake is, by workspace."""

        def waiting(sql: Sql) -> int:
            found = positions.position(sql)
            return last_event(sql) - (found.position if found else 0)

        behind = max(0, await self._readers.run(waiting))
        answer = {}
        for workspace, catalogue in sorted(self._catalogues.items()):
            files = catalogue.manifest.files.values()
            answer[workspace] = LakeStatus(
                waiting=behind,
                since=self._flushed_at,
                files=len(files),
                events=sum(one.rows for one in files if one.table == "events"),
                bytes=sum(one.bytes for one in files),
            )
        return answer

    async def rest(self) -> None:
        """Let the lake's process go for as long as there is nothing for it to do."""
        await self._process.rest()

    async def close(self) -> None:
        """End what runs."""
        await self._process.close()

    def _unique(self) -> str:
        return self._random.uuid().replace("-", "")


def _root(address: str) -> str:
    """Answer the lake's address as Iceberg has it in its paths: whole."""
    return address if "://" in address else str(Path(address).resolve())
