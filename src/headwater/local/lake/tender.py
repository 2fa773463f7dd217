"""Looking after the lake's files, and letting go of what the database need not have any more."""

from __future__ import annotations

import logging

from headwater.lake import keys, tending
from headwater.lake.catalogue import Catalogue
from headwater.lake.manifest import Tier
from headwater.lake.tending import Rewrite
from headwater.local.lake import trim as trimming
from headwater.local.lake.lake import Lake
from headwater.local.lake.orders import Compact, Compacted, Move
from headwater.local.writer import Writer
from headwater.ports import BucketFailure
from headwater.quantities import counted

_logger = logging.getLogger(__name__)

TARGET = 128 * 1024 * 1024
"""Bytes of a compacted file, about."""

LEVEL = 6
"""Of zstd, for compacted files: they are written once and read for years."""

JOIN_FROM = 1_024
"""Rows that small files have, on average, where they are put together without being sorted."""

_MEMORY = 512 * 1024 * 1024  # bytes that sorting may use before it goes to the disk


class Tender:
    """Compacts, ages and cleans up a lake.

    Args:
        cold_days: after which a day's files become cold.
        hot_days: after which the database lets go of an event.
        join_from: see `JOIN_FROM`.
    """

    def __init__(
        self,
        lake: Lake,
        writer: Writer,
        *,
        cold_days: int = 365,
        hot_days: int = 30,
        join_from: int = JOIN_FROM,
    ) -> None:
        self._lake = lake
        self._writer = writer
        self._cold_days = cold_days
        self._hot_days = hot_days
        self._join_from = join_from
        self._trimmed_to = 0

    async def tend(self) -> None:
        """Do whatever is due, in all workspaces.

        Raises:
            BucketFailure: not all of it could be done; the next time goes on from there.
        """
        await self._lake.open()
        for workspace in self._lake.workspaces:
            catalogue = await self._lake.catalogue(workspace)
            async with self._lake.rewriting:
                await self._compact(catalogue)
                await self._age(catalogue)
                await self._clean(catalogue)
        await self.trim()

    def piled(self) -> bool:
        """Tell whether small files have piled up somewhere, so that it is time to tend."""
        now = self._lake.clock.now()
        return any(
            tending.rewrites(self._lake.manifest_now(workspace), now=now)
            for workspace in self._lake.workspaces
        )

    async def _compact(self, catalogue: Catalogue) -> None:
        for due in tending.rewrites(catalogue.manifest, now=self._lake.clock.now()):
            await self._rewrite(catalogue.workspace, due)

    async def _rewrite(self, workspace: str, due: Rewrite) -> None:
        result = await self._lake.run(
            Compact(
                address=self._lake.address,
                workspace=workspace,
                files=list(due.files),
                target=TARGET,
                level=LEVEL if due.tier is Tier.WARM else 1,
                tier=due.tier,
                join_from=self._join_from,
                now=self._lake.clock.now(),
                unique=self._lake.unique(),
                memory=_MEMORY,
            )
        )
        assert isinstance(result, Compacted)  # noqa: S101 - the answer to this order
        rows = sum(one.rows for one in due.files)
        if sum(one.rows for one in result.files) != rows:
            raise BucketFailure(
                f"Rewriting {counted(len(due.files), 'file')}, {due.files[0].key} first, "
                "would lose rows; they were left as they are."
            )
        await self._lake.replace(workspace, due.files, result.files, reason="compact")

    async def _age(self, catalogue: Catalogue) -> None:
        while due := tending.moves(
            catalogue.manifest, now=self._lake.clock.now(), cold_after=self._cold_days
        ):
            order = Move(self._lake.address, catalogue.workspace, due)
            result = await self._lake.run(order)
            assert isinstance(result, Compacted)  # noqa: S101 - the answer to this order
            await self._lake.replace(catalogue.workspace, due, result.files, reason="age")

    async def _clean(self, catalogue: Catalogue) -> None:
        due = tending.deletions(catalogue.manifest, now=self._lake.clock.now())
        # Before the bytes go: no snapshot may name what is not there.
        await self._lake.publish_one(catalogue.workspace, deleting=due)
        if due:
            await self._lake.bucket.delete(due)
            await catalogue.forget(due)

    async def trim(self) -> int:
        """Let go of events in the database that are not hot, and safe here; answer how many.

        Raises:
            BucketFailure: the lake cannot be read.
        """
        await self._lake.open()
        first_hot = keys.day_number(self._lake.clock.now()) - self._hot_days
        settled = {
            name: trimming.settled_days(self._lake.manifest_now(name))
            for name in self._lake.workspaces
        }
        order = trimming.Order(first_hot=first_hot, settled=settled)
        events, after, all_gone = 0, self._trimmed_to, True
        while True:
            start = after
            done = await self._writer.run(
                lambda sql, start=start: trimming.trim(sql, order, after=start),  # type: ignore[misc]  # bound now, as the loop goes on
                weight=trimming.ROWS_A_TURN,
            )
            events += done.events
            all_gone = all_gone and done.kept == 0
            if all_gone:
                self._trimmed_to = done.reached
            if not done.more:
                return events
            after = done.reached

    async def remove_orphans(self) -> None:
        """Delete data files that a crash left behind: no manifest names them, and none will."""
        await self._lake.open()
        for workspace in self._lake.workspaces:
            catalogue = await self._lake.catalogue(workspace)
            folders = (f"{workspace}/events/", f"{workspace}/identity/", f"{keys.COLD}{workspace}/")
            for folder in folders:
                listed = [one.key for one in await self._lake.bucket.list(folder)]
                lost = tending.orphans(
                    await catalogue.refresh(), listed, now=self._lake.clock.now()
                )
                if lost:
                    _logger.info("Files that a crash left behind are deleted.")
                    await self._lake.bucket.delete(lost)
