"""The job that exports events out of the lake where no process stays: by steps, into the bucket.

The first step finds the lake's files as they are then; the others read some row groups each, pick
the rows that were asked for, and put them down as one piece of the file that is being made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from headwater.dispatch.exporting.events_state import EventsState, Groups, MadeFile, Plan, opened
from headwater.dispatch.exporting.files import PIECE, folder_of, found_key, piece_key
from headwater.dispatch.exporting.people_now import PeopleNow, names_person
from headwater.dispatch.job_keeper import Stage
from headwater.errors import BadRequest, Conflict
from headwater.exports import events
from headwater.exports.condition import read_condition
from headwater.exports.events import Row
from headwater.lake import fetching, keys
from headwater.lake.catalogue import Catalogue
from headwater.lake.manifest import LakeFile
from headwater.lake.parquet.reader import ParquetFile, read_columns
from headwater.lake.parquet.writer import ParquetWriter, WrittenGroup
from headwater.lake.schema import EVENTS
from headwater.ports import Bucket, ObjectMissing

ROWS = 8_000
"""Rows that one step reads, about, each of which may have its actor asked: in 30 s."""

MOST = 10_000_000
"""Rows of one file of Parquet, whose end one step has to hold."""


class EventsExportWork:
    """Makes exports of events, as `job_keeper.Work`."""

    def __init__(self, bucket: Bucket, people: PeopleNow) -> None:
        """Make it; files go to the bucket that the lake is in."""
        self._bucket = bucket
        self._people = people

    def opening(self, parameters: Mapping[str, Any]) -> str:
        """Answer what the first step is told; see `Work.opening`."""
        return _encoded(opened(parameters))

    async def step(self, workspace: str, job: str, body: str) -> Stage:
        """Do the next step; see `Work.step`."""
        state = msgspec.json.decode(body, type=EventsState)
        order = _Order(self._bucket, self._people, workspace, job, state)
        match state.step:
            case "plan":
                await order.plan()
            case "read":
                await order.read()
            case "end":
                await order.end()
        return Stage(_encoded(state), state.looked_at, state.total, result=order.result)

    async def give_up(self, workspace: str, job: str) -> None:
        """Remove what the job has made; see `Work.give_up`."""
        there = await self._bucket.list(folder_of(workspace, job))
        await self._bucket.delete([one.key for one in there])


class _Order:
    """One go of a step.

    Attributes:
        result: of the job, once all is done.
    """

    def __init__(
        self, bucket: Bucket, people: PeopleNow, workspace: str, job: str, state: EventsState
    ) -> None:
        self.result: dict[str, Any] | None = None
        self._bucket = bucket
        self._people = people
        self._workspace = workspace
        self._job = job
        self._state = state
        self._last: tuple[str, ParquetFile] | None = None

    async def plan(self) -> None:
        """Find the lake's files that may have what was asked for."""
        state = self._state
        manifest = await Catalogue(self._bucket, self._workspace).refresh()
        found = [one for one in manifest.of(EVENTS.name) if self._may(one)]
        files = sorted(found, key=lambda one: (one.day or 0, one.key))
        state.files, state.total = len(files), sum(one.rows for one in files)
        if state.form == "parquet" and not state.by_day and state.total > MOST:
            raise BadRequest(
                f"These are {state.total:,} events, more than one Parquet file holds here"
                f" ({MOST:,}); order a file for each day, or a shorter time."
            )
        await self._note(Plan(files))
        state.noted = state.found
        state.step = "read" if files else "end"

    async def read(self) -> None:
        """Read some row groups, and write what was asked for of them as one piece."""
        state, files = self._state, await self._files()
        wanted = _Wanted(state)
        if not state.group and not state.pieces:
            state.day = files[state.place].day or 0
        rows: list[Row] = []
        looked_at = size = 0
        has_ended = False
        while not has_ended and looked_at < ROWS and size < PIECE:
            read = await self._next_group(files[state.place])
            looked_at += len(read)
            some = await self._picked(read, wanted)
            size += sum(_length(row) for row in some)
            rows += some
            is_last = state.place == len(files)
            has_ended = is_last or (state.by_day and files[state.place].day != state.day)
        state.looked_at += looked_at
        if rows:
            data, groups = _written(state, rows)
            await self._put(data)
            state.rows += len(rows)
            if groups:
                await self._note(Groups(groups))
        if has_ended:
            state.step = "end"

    async def _picked(self, rows: list[Row], wanted: _Wanted) -> Sequence[Row]:
        """Answer the rows that were asked for, under who their people are now."""
        some = [row for row in rows if wanted.is_in_time(row)]
        if names_person(self._state.where):
            return list(filter(wanted, await self._people.rename(self._workspace, some)))
        return await self._people.rename(self._workspace, list(filter(wanted, some)))

    async def end(self) -> None:
        """End a file, unless it is of a day of which there is nothing."""
        state = self._state
        if state.rows or not state.by_day:
            await self._put(await self._ending())
            state.made.append(MadeFile(self._name(), state.rows, state.size))
        state.pieces = state.size = state.rows = 0
        state.noted = state.found
        state.step = "read"
        if state.place == state.files:
            made = [msgspec.to_builtins(one) for one in state.made]
            self.result = {"rows": sum(one.rows for one in state.made), "files": made}

    async def _ending(self) -> bytes:
        """Answer what a file ends with; with what it begins, if there is nothing in it."""
        state = self._state
        if state.form != "parquet":
            return events.header() if state.form == "csv" and not state.pieces else b""
        writer = ParquetWriter(events.parquet_columns_exported())
        groups: list[WrittenGroup] = []
        for number in range(state.noted, state.found):
            groups += msgspec.json.decode(await self._found(number), type=Groups).groups
        writer.go_on(state.size, groups)
        start = b"" if state.size else writer.start()
        return start + writer.finish()

    def _name(self) -> str:
        state = self._state
        return f"day={keys.day_text(state.day)}/{state.file}" if state.by_day else state.file

    def _may(self, one: LakeFile) -> bool:
        since, until = self._state.since, self._state.until
        return (since is None or one.until >= since) and (until is None or one.since <= until)

    async def _files(self) -> list[LakeFile]:
        return msgspec.json.decode(await self._found(0), type=Plan).files

    async def _next_group(self, one: LakeFile) -> list[Row]:
        """Answer the rows of the next row group, and be behind it."""
        state = self._state
        try:
            file = await self._opened(one)
            rows = await self._rows(file, one)
        except ObjectMissing as error:
            raise Conflict(
                "The lake's files were replaced while this was made, and are gone; order it again."
            ) from error
        state.group += 1
        if state.group >= len(file.metadata.row_groups):
            state.place, state.group = state.place + 1, 0
        return rows

    async def _opened(self, one: LakeFile) -> ParquetFile:
        if self._last is None or self._last[0] != one.key:
            self._last = (one.key, await fetching.opened(self._bucket, one))
        return self._last[1]

    async def _rows(self, file: ParquetFile, one: LakeFile) -> list[Row]:
        group = self._state.group
        if group >= len(file.metadata.row_groups):
            return []
        there = {column.name for column in file.metadata.columns}
        names = [name for name in events.COLUMNS if name in there]
        reading = read_columns(file, names, row_groups={group})
        table = await fetching.fetched(reading, self._bucket, one.key)
        count = file.metadata.row_groups[group].rows
        columns = [table.get(name, [None] * count) for name in events.COLUMNS]
        return [dict(zip(events.COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]

    async def _put(self, data: bytes) -> None:
        """Store the next piece of the file that is being made."""
        state = self._state
        key = piece_key(self._workspace, self._job, self._name(), state.pieces)
        await self._bucket.put(key, data)
        state.pieces += 1
        state.size += len(data)

    async def _found(self, number: int) -> bytes:
        return await self._bucket.get(found_key(self._workspace, self._job, number))

    async def _note(self, found: Plan | Groups) -> None:
        key = found_key(self._workspace, self._job, self._state.found)
        await self._bucket.put(key, msgspec.json.encode(found))
        self._state.found += 1


class _Wanted:
    """Tells whether a row was asked for."""

    def __init__(self, state: EventsState) -> None:
        self._since = -(2**63) if state.since is None else state.since
        self._until = 2**63 if state.until is None else state.until
        self._test = None if state.where is None else read_condition(state.where)

    def is_in_time(self, row: Row) -> bool:
        """Tell whether it happened when it was asked for."""
        return bool(self._since <= row["timestamp"] <= self._until)

    def __call__(self, row: Row) -> bool:
        """Tell whether the condition is true of it."""
        return self._test is None or self._test(row) is True


def _written(state: EventsState, rows: list[Row]) -> tuple[bytes, list[WrittenGroup]]:
    """Answer the next piece of a file, and the row groups that it has if it is of Parquet."""
    if state.form == "jsonl":
        return events.json_lines(rows), []
    if state.form == "csv":
        return (b"" if state.pieces else events.header()) + events.csv_lines(rows), []
    writer = ParquetWriter(events.parquet_columns_exported())
    writer.go_on(state.size)
    start = b"" if state.size else writer.start()
    data = writer.add({name: [row[name] for row in rows] for name in events.COLUMNS})
    return start + data, writer.taken()


def _length(row: Row) -> int:
    return sum(len(row[name] or "") for name in events.OBJECTS)


def _encoded(state: EventsState) -> str:
    return msgspec.json.encode(state).decode()
