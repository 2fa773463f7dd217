"""Makes an export: a part for each few days, each whole before the next, then one file of them.

After a crash the parts that were whole stay, and the next is begun anew. What was received after
the export began is not in it, so that its parts go together.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from headwater.lake import keys
from headwater.local.exports.files import settle
from headwater.local.jobs.runner import RunningJob
from headwater.local.sandbox.orders import Extract, Join, Scene, Selection, Written
from headwater.local.sandbox.sandbox import Sandbox
from headwater.ports import Clock

PART = 2_000_000
"""Events of a part, about: what is done again after a crash, at most."""

_EVERY = 1.0  # seconds between notes within a part


class Part(msgspec.Struct, frozen=True):
    """Days whose events are written together: the first, and the one behind the last."""

    first: int
    end: int
    events: int


class File(msgspec.Struct, frozen=True):
    """A file that is whole; the name is within the export."""

    name: str
    rows: int
    bytes: int


class Cursor(msgspec.Struct, frozen=True):
    """How far an export is.

    Attributes:
        received_before: what was received later (ms) is not part of it.
        files: those that are whole.
    """

    received_before: int
    parts: list[Part]
    files: list[File] = []


class Exporting:
    """The work of jobs of the kind `export`."""

    def __init__(self, sandbox: Sandbox, folder: Path, *, clock: Clock) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._clock = clock

    async def __call__(self, job: RunningJob) -> Mapping[str, Any]:
        """Write the files that a job asks for; see `Work`."""
        form, by_day = job.parameters["format"], job.parameters["partition_by"] == "day"
        where = job.parameters["where"]
        folder = self._folder / job.job.id
        self._folder.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        async with self._sandbox.scene(job.job.workspace, f"events {where or ''}") as scene:
            cursor = await self._begun(job, scene, by_day=by_day)
            for number in range(len(cursor.files), len(cursor.parts)):
                name = _name(cursor.parts[number], number, form, by_day=by_day)
                written = await self._part(job, scene, cursor, name=name)
                files = [*cursor.files, File(name, written.rows, written.bytes)]
                cursor = msgspec.structs.replace(cursor, files=files)
                done = sum(one.rows for one in files)
                await job.note(done, cursor=msgspec.to_builtins(cursor))
            files = cursor.files if by_day else [await self._whole(form, cursor, folder, scene)]
        settle(folder)
        return {
            "rows": sum(one.rows for one in files),
            "files": [msgspec.to_builtins(one) for one in files],
        }

    async def _begun(self, job: RunningJob, scene: Scene, *, by_day: bool) -> Cursor:
        """Answer how far the job is; a new one is looked over first."""
        if job.cursor is not None:
            return msgspec.convert(job.cursor, Cursor)
        now = self._clock.now() + 1
        counted = await self._sandbox.days(scene, _selection(job.parameters, None, now))
        days = [(day, events) for day, events, _, _ in counted.days]
        parts = [Part(day, day + 1, events) for day, events in days] if by_day else _parts(days)
        cursor = Cursor(now, parts)
        await job.note(
            0, total=sum(events for _, events in days), cursor=msgspec.to_builtins(cursor)
        )
        return cursor

    async def _part(self, job: RunningJob, scene: Scene, cursor: Cursor, *, name: str) -> Written:
        """Write the next part, whole or not at all."""
        number = len(cursor.files)
        path = self._folder / job.job.id / name
        staged = path.with_name(f"{path.name}.part")
        path.parent.mkdir(exist_ok=True)
        staged.unlink(missing_ok=True)
        order = Extract(
            scene,
            _selection(job.parameters, cursor.parts[number], cursor.received_before),
            form=job.parameters["format"],
            path=str(staged),
            header=number == 0 or job.parameters["partition_by"] == "day",
        )
        before = sum(one.rows for one in cursor.files)
        events, seen = cursor.parts[number].events, [0.0]

        async def note_progress() -> None:
            while True:
                await asyncio.sleep(_EVERY)
                await job.note(before + int(events * seen[0]))

        noting = asyncio.get_running_loop().create_task(note_progress())
        try:
            written = await self._sandbox.ask(
                order, Written, tell=lambda fraction: seen.__setitem__(0, fraction)
            )
        finally:
            noting.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await noting
        staged.replace(path)
        settle(path.parent)
        return written

    async def _whole(self, form: str, cursor: Cursor, folder: Path, scene: Scene) -> File:
        """Answer the one file that all parts together are."""
        rows = sum(one.rows for one in cursor.files)
        path = folder / f"events.{form}"
        parts = [folder / one.name for one in cursor.files]
        if path.exists():  # a crash came between the last step and the note of the end
            return File(path.name, rows, path.stat().st_size)
        staged = folder / f"events.{form}.part"
        staged.unlink(missing_ok=True)
        if len(parts) == 1:
            parts[0].replace(path)
        elif form == "parquet":
            await self._sandbox.ask(
                Join(scene, [str(part) for part in parts], str(staged)), Written
            )
            staged.replace(path)
        else:
            await asyncio.to_thread(_put_together, parts, staged)
            staged.replace(path)
        for part in parts:
            part.unlink(missing_ok=True)
        return File(path.name, rows, path.stat().st_size)


def _selection(parameters: Mapping[str, Any], part: Part | None, received_before: int) -> Selection:
    return Selection(
        where=parameters["where"],
        since=parameters["since"],
        until=parameters["until"],
        received_from=None if part is None else part.first * keys.DAY,
        received_before=received_before
        if part is None
        else min(part.end * keys.DAY, received_before),
    )


def _parts(days: Sequence[tuple[int, int]]) -> list[Part]:
    """Answer days put together until they have events enough; one part where there is nothing."""
    parts: list[Part] = []
    for day, events in days:
        if parts and parts[-1].events + events <= PART:
            parts[-1] = Part(parts[-1].first, day + 1, parts[-1].events + events)
        else:
            parts.append(Part(day, day + 1, events))
    return parts or [Part(0, 1, 0)]


def _name(part: Part, number: int, form: str, *, by_day: bool) -> str:
    if by_day:
        return f"day={keys.day_text(part.first)}/events.{form}"
    return f"part-{number:05}.{form}"


def _put_together(parts: Iterable[Path], whole: Path) -> None:
    with whole.open("wb") as file:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, file, 1024 * 1024)
        file.flush()
        os.fsync(file.fileno())
