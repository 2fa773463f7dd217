"""The lake beside a running server: flushed every so often, tended, read, flushed at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from headwater.errors import HeadwaterError, Unavailable
from headwater.local.lake.lake import Lake
from headwater.local.lake.replaced import FilesReplaced
from headwater.local.lake.status import LakeStatus
from headwater.local.lake.tender import Tender
from headwater.ports import BucketFailure

if TYPE_CHECKING:
    import duckdb

    from headwater.local.lake.relation import Relation

_logger = logging.getLogger(__name__)

_TEND_EVERY = 300.0  # seconds
_RETRY_AT_MOST = 300.0  # seconds
_IDLE_FLUSHES = 5  # flushes that found nothing, after which the process is let go


class LakeKeeper:
    """Looks after the lake while the server runs.

    Attributes:
        lake: what it looks after.
    """

    def __init__(
        self,
        lake: Lake,
        tender: Tender,
        database: Path,
        *,
        flush_seconds: float,
        flush_events: int,
    ) -> None:
        """Begin to keep it: a flush each `flush_seconds`, or after so many events."""
        self._tender = tender
        self.lake = lake
        self._database = database
        self._flush_seconds = flush_seconds
        self._flush_events = flush_events
        self._stored = 0
        self._due = asyncio.Event()
        self._piled = asyncio.Event()
        self._relations: dict[str, Relation] = {}
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._keep_flushed()),
            loop.create_task(self._keep_tended()),
        ]
        self.failing: str | None = None

    def stored(self, events: int) -> None:
        """Count what was committed, so that many events are not left waiting."""
        self._stored += events
        if self._stored >= self._flush_events:
            self._due.set()

    @contextmanager
    def relation(self, workspace: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a DuckDB connection with the views `events`, `people` and `identifiers`.

        For use in one thread, not the event loop's. It sees every event whose answer came before
        this call. What it changes in memory nobody else sees the worth of: run only statements
        that read.

        Raises:
            Unavailable: the lake's bucket does not answer.
            FilesReplaced: files were deleted while they were read; those that took their place
                are read by the next.
        """
        import duckdb  # noqa: PLC0415 - see below

        relation = self._relations.get(workspace)
        if relation is None:
            # Imported here: DuckDB and Arrow take memory that a server without questions can spare.
            from headwater.local.lake.relation import Relation  # noqa: PLC0415 - see above

            fresh = Relation(workspace, self._database)
            relation = self._relations.setdefault(workspace, fresh)
        try:
            with relation.connection(lambda: self.lake.files(workspace)) as connection:
                yield connection
        except BucketFailure as error:
            raise Unavailable(f"The lake cannot be read at the moment: {error}") from error
        except duckdb.IOException as error:
            _logger.warning("Files of the lake could not be read: %s", error)
            raise FilesReplaced from error

    def forget(self, workspace: str) -> None:
        """Let go of what memory holds of a workspace's people; the next question reads anew."""
        self._relations.pop(workspace, None)

    async def statuses(self) -> Mapping[str, LakeStatus]:
        """Answer how the lake is, by workspace."""
        return await self.lake.statuses()

    async def stop(self, grace: float) -> None:
        """Flush what is left, within `grace` seconds, and end."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        try:
            async with asyncio.timeout(grace):
                await self.lake.flush()
                await self.lake.publish()
        except (TimeoutError, BucketFailure, HeadwaterError) as error:
            _logger.warning(
                "Not everything is in the lake; the next start goes on from there: %s.",
                str(error).removesuffix(".") or "the time was up",
            )
        await self.lake.close()
        for relation in self._relations.values():
            relation.close()

    async def _keep_flushed(self) -> None:
        failures = idle = 0
        while True:
            wait = min(_RETRY_AT_MOST, self._flush_seconds * 2**failures)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._due.wait()
            self._due.clear()
            self._stored = 0
            try:
                idle = 0 if await self.lake.flush() else idle + 1
                failures, self.failing = 0, None
                if self._tender.piled():
                    self._piled.set()
            except (BucketFailure, HeadwaterError) as error:
                failures = min(failures + 1, 10)
                self.failing = str(error)
                _logger.warning("The lake was not flushed; it is tried again: %s", error)
            if idle == _IDLE_FLUSHES:
                await self.lake.rest()

    async def _keep_tended(self) -> None:
        cleaned = False
        while True:
            try:
                await self._tender.tend()
                if not cleaned:
                    await self._tender.remove_orphans()
                    cleaned = True
            except (BucketFailure, HeadwaterError) as error:
                _logger.warning("The lake was not tended; it is tried again: %s", error)
                await asyncio.sleep(_TEND_EVERY / 10)
            with suppress(TimeoutError):
                async with asyncio.timeout(_TEND_EVERY):
                    await self._piled.wait()
            self._piled.clear()
