"""Erased people taken out of a lake where no process stays: file by file, in steps.

Their actors are empty by then and offer nothing more. Each file is looked through, and written anew
where it holds any; files that others write meanwhile are looked through as well, until there is
none that was not. At last an entry bars whoever was about to add what an actor had offered before,
or what they had read in a file: they are out of date, ask anew, and get nothing. The log is closed,
as its entries name people, and what the barred have written goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from headwater.actors.erased_people import ErasedPeople
from headwater.dispatch.lake_tending import SLICES
from headwater.lake import erasing, keys, tending
from headwater.lake.births import Births
from headwater.lake.catalogue import Catalogue, LogBusy
from headwater.lake.event_rows import Row
from headwater.lake.fetching import fetched, opened
from headwater.lake.manifest import Entry, LakeFile, Manifest, OutOfDate, Tier
from headwater.lake.merging import SLICE_ROWS, Progress
from headwater.lake.parquet.errors import ParquetError
from headwater.lake.parquet.reader import ParquetFile, read_columns, read_where
from headwater.lake.rewriting import Rewritten, table_of
from headwater.lake.schema import EVENTS, IDENTITY
from headwater.ports import Bucket, Clock, ObjectMissing, Random

FILES = 16
"""Files that one step looks through at most."""

ROWS = SLICES * SLICE_ROWS
"""Rows that one step writes anew at most, but for one file: a processor's time is 30 s."""


class LakeProgress(msgspec.Struct):
    """How far it is.

    Attributes:
        began_at: when the first step was, in milliseconds; 0 before it.
        version: of the manifest, then.
        until: the last key, in order, of those files of before that were looked through.
        seen: keys of newer files that were.
        files: written anew.
        rows: that went.
        looked_at: files that were looked through.
        actors: those of others whose states named the erased.
    """

    began_at: int = 0
    version: int = 0
    until: str = ""
    seen: list[str] = []
    files: int = 0
    rows: int = 0
    looked_at: int = 0
    actors: list[str] = []


class LakeErasing:
    """Takes people out of one workspace's lake.

    Args:
        bucket: where it is.
        people: who is erased.
    """

    def __init__(
        self, bucket: Bucket, people: ErasedPeople, *, clock: Clock, random: Random
    ) -> None:
        self._bucket = bucket
        self._people = people
        self._clock = clock
        self._random = random
        self._catalogue = Catalogue(bucket, people.workspace)

    async def step(self, progress: LakeProgress) -> bool:
        """Look through the next files, and write anew what holds them; tell whether there is more.

        Raises:
            BucketFailure, ObjectMissing, OutOfDate: the step is to be done again.
        """
        manifest = await self._catalogue.refresh()
        if not progress.began_at:
            progress.began_at, progress.version = self._clock.now(), manifest.version
        rows = 0
        for one in _waiting(manifest, progress)[:FILES]:
            if await self._holds(one, progress):
                rows += one.rows
                await self._rewrite(one, progress)
            progress.looked_at += 1
            _note(progress, one.key)
            if rows >= ROWS:
                break
        return bool(_waiting(self._catalogue.manifest, progress))

    async def finish(self, progress: LakeProgress) -> int | None:
        """Delete what was replaced, and what nobody counts; forget the past of the manifest.

        Answers how many data files went. None: files came that were not looked through, so it is
        to be done again, from `step` on.

        Raises:
            BucketFailure, OutOfDate: it is to be done again.
        """
        manifest = await self._catalogue.refresh()
        if _waiting(manifest, progress):
            return None
        gone = list(manifest.gone)
        await self._bucket.delete(gone)
        told = {one: of for one, of in manifest.taken.items() if one in self._people.actors}
        # From here on nobody adds what they took from an actor, or out of a file, before.
        await self._add("erase", told=told, deleted=tuple(gone), bars_earlier=True)
        if _waiting(self._catalogue.manifest, progress):
            return None
        await self._catalogue.close_past(since=progress.version)
        lost = await self._lost(self._catalogue.manifest)
        await self._bucket.delete(lost)
        return len(gone) + len(lost)

    async def _lost(self, manifest: Manifest) -> list[str]:
        """Answer the data files that nobody counts: old ones, and newer ones that hold any of them.

        Others are being written, by somebody who has read the manifest since.
        """
        workspace, now = self._people.workspace, self._clock.now()
        kept = await self._merging(manifest)
        lost: list[str] = []
        for folder in keys.data_folders(workspace):
            listed = {one.key: one.size for one in await self._bucket.list(folder)}
            old = tending.orphans(manifest, listed.keys() - kept, now=now)
            lost += old
            for key in sorted(listed.keys() - kept - manifest.files.keys() - set(old)):
                if await self._holds_unnamed(key, listed[key]):
                    lost.append(key)
        return lost

    async def _holds_unnamed(self, key: str, size: int) -> bool:
        """Tell whether a file that no manifest tells of has anything of theirs."""
        table = IDENTITY if key.startswith(keys.data_folders(self._people.workspace)[1]) else EVENTS
        one = LakeFile(key, table.name, Tier.MICRO, 1, size, "", "", 0, 0)
        try:
            return await self._holds(one, LakeProgress())
        except ObjectMissing:
            return False  # whoever wrote it has taken it back
        except ParquetError:
            return True  # none of ours, whole; nobody will count it

    async def _merging(self, manifest: Manifest) -> set[str]:
        """Answer the files of a merge that is under way; one whose files are gone is given up."""
        key = keys.merging_key(self._people.workspace)
        try:
            progress = msgspec.json.decode(await self._bucket.get(key), type=Progress)
        except (ObjectMissing, msgspec.DecodeError):
            return set()
        if all(one.key in manifest.files for one in progress.files):
            return {one.key for one in progress.done}
        await self._bucket.delete([key])
        return set()

    async def _holds(self, one: LakeFile, progress: LakeProgress) -> bool:
        """Tell whether a file has anything of theirs, or names them."""
        file = await opened(self._bucket, one)
        if one.table == EVENTS.name:
            for name in ("person", "via"):
                reading = read_where(file, name, self._people.identifiers, [name])
                if (await fetched(reading, self._bucket, one.key))[name]:
                    return True
            return False
        names = ["kind", *erasing.LOOKED_AT[IDENTITY.name]]
        columns = await fetched(read_columns(file, names), self._bucket, one.key)
        found = False
        for row in _rows(columns):
            left = erasing.identity_left(self._people, row)
            found = found or left is not row
            if left is not None and left is not row and row["actor"] not in progress.actors:
                progress.actors.append(row["actor"])
        return found

    async def _rewrite(self, one: LakeFile, progress: LakeProgress) -> None:
        """Put files without them in the place of one, with one entry."""
        file = await opened(self._bucket, one)
        new: list[LakeFile] = []
        writing, renamed = Rewritten(one), Rewritten(one)
        for number in range(len(file.metadata.row_groups)):
            kept, moved = await self._left(file, one, number)
            writing.add(kept)
            renamed.add(moved)  # they do not belong where they were
            new += [await self._put(part) for part in (writing, renamed) if part.is_full]
        new += [await self._put(part) for part in (writing, renamed) if part.rows]
        try:
            await self._add("erase", add=tuple(new), remove=(one.key,))
        except (OutOfDate, LogBusy):  # who merged it meanwhile wrote what is looked through
            await self._bucket.delete([written.key for written in new])
            raise
        await self._bucket.delete([one.key])
        progress.files += 1
        progress.rows += one.rows - sum(written.rows for written in new)
        progress.seen += [written.key for written in new]

    async def _left(
        self, file: ParquetFile, one: LakeFile, group: int
    ) -> tuple[list[Row], list[Row]]:
        """Answer what is left of a row group, and what of it lies under another person now."""
        table = table_of(one)
        there = [column.name for column in file.metadata.columns]
        names = [column.name for column in table.columns if column.name in there]
        reading = read_columns(file, names, row_groups={group})
        columns = await fetched(reading, self._bucket, one.key)
        lacking = {column.name: None for column in table.columns if column.name not in there}
        kept: list[Row] = []
        moved: list[Row] = []
        for held in _rows(columns):
            row = {**held, **lacking}
            left = erasing.left(self._people, one, row)
            if left is not None:
                is_elsewhere = table is EVENTS and left is not row
                (moved if is_elsewhere else kept).append(left)
        return kept, moved

    async def _put(self, part: Rewritten) -> LakeFile:
        old, workspace = part.old, self._people.workspace
        name = keys.file_name(self._clock.now(), self._random.uuid())
        is_cold = old.tier is Tier.COLD
        if old.table == EVENTS.name and old.day is not None:
            key = keys.events_key(workspace, old.day, name, cold=is_cold)
        else:
            key = keys.identity_key(workspace, name)
        one, data = part.finish(key)
        await self._bucket.put(key, data, cold=is_cold)
        return one

    async def _add(
        self,
        reason: str,
        *,
        add: tuple[LakeFile, ...] = (),
        remove: tuple[str, ...] = (),
        told: Births | None = None,
        deleted: tuple[str, ...] = (),
        bars_earlier: bool = False,
    ) -> None:
        entry = Entry(
            id=self._random.uuid(),
            at=self._clock.now(),
            reason=reason,
            add=add,
            remove=remove,
            told=told or {},
            deleted=deleted,
            bars_earlier=bars_earlier,
        )
        await self._catalogue.add(entry)


def _waiting(manifest: Manifest, progress: LakeProgress) -> list[LakeFile]:
    """Answer the files that were not looked through: of before, in order, and newer ones."""
    seen = set(progress.seen)
    return [
        one
        for key, one in sorted(manifest.files.items())
        if key not in seen and (key > progress.until or _is_newer(key, progress))
    ]


def _is_newer(key: str, progress: LakeProgress) -> bool:
    # A name tells the second only.
    return keys.written_at(key) >= progress.began_at - progress.began_at % 1000


def _note(progress: LakeProgress, key: str) -> None:
    if _is_newer(key, progress):
        progress.seen.append(key)
    else:
        progress.until = max(progress.until, key)


def _rows(columns: Mapping[str, list[object]]) -> Iterable[Row]:
    names = list(columns)
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(names, values, strict=True))
