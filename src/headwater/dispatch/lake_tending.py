"""Looks after a lake where no process stays: each cron trigger does a few slices of what is due.

What to do is told by the manifest alone (lake/tending.py). A merge that a slice has begun is in an
object of its own until it is done, so the next trigger goes on with it, and whatever dies has only
to be repeated from the last slice on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from headwater.lake import keys, tending
from headwater.lake.catalogue import Catalogue, LogBusy, workspaces
from headwater.lake.manifest import Entry, LakeFile, Manifest, OutOfDate, Tier
from headwater.lake.merging import SLICE_BYTES, SLICE_ROWS, Progress, Slice, depth
from headwater.lake.schema import EVENTS
from headwater.lake.tending import PILE
from headwater.ports import Bucket, BucketFailure, Clock, ObjectMissing, Random

SLICES = 4
"""Slices of merges that one trigger does: Cloudflare gives it 30 s of a processor."""

MOVES = 10
"""Files that one trigger moves to where what is seldom read lies."""

ORPHANS = 3600 * 1000
"""For how long (ms) after midnight UTC triggers look for files that a crash left behind.

They do, too, for as long an hour after somebody was erased: the file may be of them.
"""

_logger = logging.getLogger(__name__)


class LakeTending:
    """Compacts, ages and cleans up the lakes of all workspaces.

    Args:
        bucket: where they are.
        clock: tells which days are over.
        random: for names.
        settling: milliseconds by which events may come later to the lake than locally.
        cold_days: after which a day's files become cold.
    """

    def __init__(
        self, bucket: Bucket, *, clock: Clock, random: Random, settling: int, cold_days: int
    ) -> None:
        self._bucket = bucket
        self._clock = clock
        self._random = random
        self._settling = settling
        self._cold_days = cold_days

    async def tend(self, *, slices: int = SLICES) -> int:
        """Do some of what is due; answer how many slices of merges were done.

        A workspace that fails is told in the log, and left to the next trigger.
        """
        done = 0
        for workspace in await workspaces(self._bucket):
            catalogue = Catalogue(self._bucket, workspace)
            try:
                await catalogue.refresh()
                while done < slices and await self._slice(catalogue):
                    done += 1
                await self._age(catalogue)
                await self._clean(catalogue)
                if self._is_for_orphans(catalogue.manifest):
                    await self._remove_orphans(catalogue)
            except OutOfDate:
                _logger.info("Files were replaced by somebody else meanwhile.")
            except (BucketFailure, ObjectMissing) as error:
                _logger.warning("A lake could not be tended, it is tried again: %s", error)
        return done

    async def _slice(self, catalogue: Catalogue) -> bool:
        """Do the next slice of a merge; tell whether one was due."""
        progress = await self._begun(catalogue)
        if progress is None:
            progress = _next(catalogue.manifest, now=self._clock.now() - self._settling)
        if progress is None:
            return False
        key = self._key(catalogue.workspace, progress.files[0])
        try:
            await Slice(self._bucket, progress).write(key)
        except BucketFailure:
            await self._take_back([key])
            raise
        kept = keys.merging_key(catalogue.workspace)
        try:
            if not progress.is_complete:
                await self._check(catalogue, progress)
                await self._bucket.put(kept, msgspec.json.encode(progress))
                return True
            await self._replace(catalogue, progress.files, progress.done, reason="compact")
        except (OutOfDate, LogBusy):
            await self._take_back([key])
            raise
        if len(progress.done) > 1:
            await self._bucket.delete([kept])
        return True

    async def _check(self, catalogue: Catalogue, progress: Progress) -> None:
        """Raise `OutOfDate` where a file that is merged is not part of the lake any more."""
        manifest = await catalogue.refresh()
        if any(one.key not in manifest.files for one in progress.files):
            raise OutOfDate("A file was replaced while it was merged.")

    async def _take_back(self, new: Iterable[str]) -> None:
        """Delete files that nobody will count: somebody in them may have been erased meanwhile."""
        with suppress(BucketFailure):  # else they go with what a crash leaves behind
            await self._bucket.delete(list(new))

    async def _begun(self, catalogue: Catalogue) -> Progress | None:
        """Answer the merge that is under way, if its files are all there still."""
        try:
            data = await self._bucket.get(keys.merging_key(catalogue.workspace))
            progress = msgspec.json.decode(data, type=Progress)
        except (ObjectMissing, msgspec.DecodeError):
            return None
        is_there = all(one.key in catalogue.manifest.files for one in progress.files)
        return progress if is_there else None

    def _key(self, workspace: str, like: LakeFile, *, cold: bool = False) -> str:
        name = keys.file_name(self._clock.now(), self._random.uuid())
        if like.table == EVENTS.name and like.day is not None:
            return keys.events_key(workspace, like.day, name, cold=cold)
        return keys.identity_key(workspace, name)

    async def _replace(
        self, catalogue: Catalogue, old: list[LakeFile], new: list[LakeFile], *, reason: str
    ) -> None:
        entry = Entry(
            id=self._random.uuid(),
            at=self._clock.now(),
            reason=reason,
            add=tuple(new),
            remove=tuple(one.key for one in old),
        )
        await catalogue.add(entry)

    async def _age(self, catalogue: Catalogue) -> None:
        """Copy some files to the cold prefix, in the bucket's class for what is seldom read."""
        now = self._clock.now()
        due = tending.moves(catalogue.manifest, now=now, cold_after=self._cold_days, most=MOVES)
        if not due:
            return
        # Names of their own: by its name an erasure tells that a file is new.
        moved = [
            msgspec.structs.replace(
                one, key=self._key(catalogue.workspace, one, cold=True), tier=Tier.COLD
            )
            for one in due
        ]
        try:
            for old, new in zip(due, moved, strict=True):
                await self._bucket.put(new.key, await self._bucket.get(old.key), cold=True)
        except (BucketFailure, ObjectMissing):
            await self._take_back(one.key for one in moved)
            raise
        try:
            await self._replace(catalogue, due, moved, reason="age")
        except (OutOfDate, LogBusy):
            await self._take_back(one.key for one in moved)
            raise

    async def _clean(self, catalogue: Catalogue) -> None:
        due = tending.deletions(catalogue.manifest, now=self._clock.now())
        if due:
            await self._bucket.delete(due)
            entry = Entry(
                id=self._random.uuid(), at=self._clock.now(), reason="clean", deleted=tuple(due)
            )
            await catalogue.add(entry)  # no process stays that would remember it
            await catalogue.forget(due)  # and the log need not go back so far

    def _is_for_orphans(self, manifest: Manifest) -> bool:
        now = self._clock.now()
        return now % keys.DAY < ORPHANS or ORPHANS <= now - manifest.barred_at < 2 * ORPHANS

    async def _remove_orphans(self, catalogue: Catalogue) -> None:
        """Delete data files that a crash left behind: no manifest names them, and none will."""
        progress = await self._begun(catalogue)
        kept = {one.key for one in progress.done} if progress else set()
        for folder in keys.data_folders(catalogue.workspace):
            listed = [one.key for one in await self._bucket.list(folder)]
            lost = tending.orphans(catalogue.manifest, listed, now=self._clock.now())
            if lost := [key for key in lost if key not in kept]:
                _logger.info("Files that a crash left behind are deleted.")
                await self._bucket.delete(lost)


def _next(manifest: Manifest, *, now: int) -> Progress | None:
    """Answer the merge to begin with, if any is due: no deeper than memory holds a part of each."""
    for due in tending.rewrites(manifest, now=now):
        some = list(due.files)
        if due.tier is Tier.MICRO:
            # A file as large as a slice makes would come out as it went in.
            some = [one for one in some if one.rows < SLICE_ROWS and one.bytes < SLICE_BYTES]
            if len(some) >= PILE:
                return _of(some[:PILE], Tier.MICRO)
            continue
        deep, files = depth(some)
        return _of(some, Tier.WARM) if deep <= PILE else _of(files[:PILE], Tier.MICRO)
    return None


def _of(files: list[LakeFile], tier: Tier) -> Progress:
    return Progress(files, tier, [0] * len(files))
