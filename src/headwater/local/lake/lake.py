"""The lake of a running server: kept up with the database, compacted, aged, and told about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from headwater.lake import keys
from headwater.lake.catalogue import Catalogue, workspaces
from headwater.lake.iceberg.publish import Publisher
from headwater.lake.manifest import Entry, Flushed, LakeFile, Manifest, OutOfDate
from headwater.local.lake import position as positions
from headwater.local.lake.buckets import whole
from headwater.local.lake.lineage import own_numbers
from headwater.local.lake.nearby import Nearby
from headwater.local.lake.orders import Compacted, Erased, Flush, Order, Written
from headwater.local.lake.position import Position, last_event
from headwater.local.lake.process import LakeProcess
from headwater.local.lake.status import LakeStatus
from headwater.local.readers import Readers
from headwater.local.writer import Writer
from headwater.ports import Bucket, BucketFailure, Clock, Random, Sql

_logger = logging.getLogger(__name__)


class Lake:
    """Takes what is in the database to the bucket, and looks after what is there.

    Args:
        bucket: where the lake is.
        nearby: tells where its files can be read by path.
        address: the same, for the lake's process to open.
        database: path of the database.
        last_at_start: the last event of the database before it was given new ones.
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
        last_at_start: int,
        flush_events: int = 50_000,
    ) -> None:
        self.bucket = bucket
        self._nearby = nearby
        self.address = address
        self._database = database
        self._writer = writer
        self._readers = readers
        self.clock = clock
        self._random = random
        self._publisher = Publisher(bucket, root=whole(address), random=random)
        self._last_at_start = last_at_start
        self._flush_events = flush_events
        self._catalogues: dict[str, Catalogue] = {}
        self._opened = False
        self._process = LakeProcess()
        self._lock = asyncio.Lock()
        self.rewriting = asyncio.Lock()
        self._flushed_at = clock.now()

    async def open(self) -> Position:
        """Read the manifests, and answer how far the database has reached the lake.

        Raises:
            BucketFailure: the bucket did not answer.
        """
        now = self.clock.now()
        found = await self._readers.run(positions.position)
        if found is None:
            found = await self._writer.run(
                lambda sql: positions.begin(sql, random=self._random, now=now)
            )
        if self._opened:
            return found
        for workspace in await workspaces(self.bucket):
            await self.catalogue(workspace)
        found = await own_numbers(
            found,
            list(self._catalogues.values()),
            address=whole(self.address),
            names=await self._readers.run(positions.known_by),
            last=self._last_at_start,
            writer=self._writer,
            random=self._random,
            now=now,
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
        manifest = self.manifest_now(workspace)
        return manifest, self._nearby.paths(manifest.files.values())

    def manifest_now(self, workspace: str) -> Manifest:
        """Answer a workspace's manifest as it is now; for threads.

        Raises:
            BucketFailure: the lake was not read yet.
        """
        if not self._opened:
            raise BucketFailure("The lake has not been read yet.")
        catalogue = self._catalogues.get(workspace)
        return catalogue.manifest if catalogue else Manifest()

    def open_file(self, one: LakeFile) -> AbstractContextManager[Any]:
        """Open a file to be read in parts, as Arrow takes it; for threads."""
        return self._nearby.open(one)

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
            self._flushed_at = self.clock.now()
        return events

    async def _flush_some(self, at: Position) -> Written:
        now = self.clock.now()
        written = await self.run(
            Flush(
                database=str(self._database),
                address=self.address,
                position=at.position,
                change=at.change,
                workspaces={
                    name: one.manifest.flushed[at.lineage]
                    for name, one in self._catalogues.items()
                    if at.lineage in one.manifest.flushed
                },
                limit=self._flush_events,
                now=now,
                unique=self.unique(),
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

    async def publish(self) -> None:
        """Bring the Iceberg tables up to the manifests; whoever tends the lake does so too.

        Raises:
            BucketFailure: not all of it could be done; the next time goes on from there.
        """
        for workspace in self.workspaces:
            await self.publish_one(workspace)

    async def publish_one(self, workspace: str, *, deleting: Sequence[str] = ()) -> None:
        """Bring a workspace's Iceberg tables up to its manifest.

        Args:
            workspace: one that the lake has.
            deleting: files whose bytes go next: no snapshot may name them any more.
        """
        manifest = self.manifest_now(workspace)
        await self._publisher.publish(workspace, manifest, deleting=deleting)

    async def statuses(self) -> dict[str, LakeStatus]:
        """Answer how the lake is, by workspace, also of those that are not in it yet."""

        def waiting(sql: Sql) -> tuple[int, list[str]]:
            found = positions.position(sql)
            known = [str(row[0]) for row in sql.execute("SELECT workspace FROM workspaces")]
            return last_event(sql) - (found.position if found else 0), known

        behind, known = await self._readers.run(waiting)
        behind = max(0, behind)
        answer = {one: LakeStatus(waiting=behind, since=self._flushed_at) for one in known}
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

    async def run(self, order: Order) -> Written | Compacted | Erased:
        """Have the lake's own process carry out an order, and answer what it wrote.

        Raises:
            BucketFailure: it could not; nothing of it counts.
        """
        return await self._process.run(order)

    async def replace(
        self, workspace: str, old: Sequence[LakeFile], new: Sequence[LakeFile], *, reason: str
    ) -> bool:
        """Let files take the place of others; answer False where some of those are gone already.

        Readers see all of it or nothing. The bytes of the old files are deleted later.

        Raises:
            BucketFailure: whether it counts, the manifest shows once the bucket answers.
        """
        entry = Entry(
            id=self._random.uuid(),
            at=self.clock.now(),
            reason=reason,
            add=tuple(new),
            remove=tuple(one.key for one in old),
        )
        try:
            async with self._lock:
                await (await self.catalogue(workspace)).add(entry)
        except OutOfDate:
            _logger.info("Files were replaced by somebody else meanwhile.")
            return False
        return True

    async def clear(self, workspace: str) -> int:
        """Delete whatever the manifest does not name: replaced files, lost ones, its own past.

        Answers how many data files went. The caller holds `rewriting`; no flush runs meanwhile.

        Raises:
            BucketFailure: not all of it is done; it may be done again.
        """
        async with self._lock:
            catalogue = await self.catalogue(workspace)
            manifest = await catalogue.refresh()
            await self.publish_one(workspace, deleting=list(manifest.gone))
            listed = [
                one.key
                for folder in keys.data_folders(workspace)
                for one in await self.bucket.list(folder)
            ]
            lost = [key for key in listed if key not in manifest.files]
            if lost:
                await self.bucket.delete(lost)
            self._nearby.forget(lost)
            await catalogue.begin_anew()
        return len(lost)

    @property
    def workspaces(self) -> list[str]:
        """Answer the workspaces that the lake has, as far as it was read."""
        return sorted(self._catalogues)

    def unique(self) -> str:
        """Answer what begins the names of files of one order."""
        return self._random.uuid().replace("-", "")
