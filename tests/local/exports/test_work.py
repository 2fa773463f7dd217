"""Exports: all that was selected, in every form, also where they were cut short."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from headwater.actors.jobs import Job
from headwater.errors import Conflict, NotFound
from headwater.exports.events import COLUMNS
from headwater.exports.keeping import KEPT
from headwater.lake.keys import DAY, day_text
from headwater.local.exports import work
from headwater.local.exports.files import ExportFiles
from headwater.local.exports.work import Exporting
from headwater.local.jobs.runner import JobRunner
from headwater.local.random import SystemRandom
from tests.local.lake.harness import NOW, Shop, shop
from tests.local.sandbox.here import HereSandbox
from tests.simulation.world import WORKSPACE, arrival

ASKED = {"format": "jsonl", "where": None, "since": None, "until": None, "partition_by": None}


@dataclass
class Desk:
    """A shop with exports."""

    shop: Shop
    jobs: JobRunner
    files: ExportFiles

    async def export(self, **asked: Any) -> Job:
        """Answer an export that has ended."""
        return await self.ended(await self.jobs.start(WORKSPACE, "export", {**ASKED, **asked}))

    async def ended(self, job: Job) -> Job:
        """Answer a job once it has ended."""
        async with asyncio.timeout(60):
            while not job.has_ended:
                await asyncio.sleep(0.02)
                job = await self.jobs.job(WORKSPACE, job.id)
        return job

    async def text(self, job: Job, name: str) -> str:
        """Answer a file of an export."""
        return (await self.files.file(WORKSPACE, job.id, name)).read_text("utf-8")


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """Give a shop with six events on each of three days, the last of them not flushed yet."""
    async with shop(folder) as one:
        if not await one.readers.run(lambda sql: sql.execute("SELECT 1 FROM event LIMIT 1")):
            for day in range(3):
                if day == 2:
                    await one.lake.flush()
                await one.receive(*(event(day, number) for number in range(6)))
        await one.lake.open()
        sandbox = HereSandbox(lambda _: one.connection(), folder / "scratch", seconds=30)
        jobs = JobRunner(
            {"export": Exporting(sandbox, folder / "exports", clock=one.clock)},
            writer=one.writer,
            readers=one.readers,
            clock=one.clock,
            random=SystemRandom(),
        )
        try:
            yield Desk(one, jobs, ExportFiles(folder / "exports", jobs, clock=one.clock))
        finally:
            await jobs.stop()


def event(day: int, number: int) -> Any:
    """An event of some days ago."""
    at = NOW - (3 - day) * DAY + number
    return arrival(
        f"m{day}{number}",
        "track",
        (f"user_id:u{number % 2}",),
        event='Ordered, "twice"\nü' if number % 3 else "Viewed",
        properties={"n": number, "deep": {"a": [1, None]}},
        at=at,
    )


ALL = sorted(f"m{day}{number}" for day in range(3) for number in range(6))


@pytest.mark.parametrize("part", [1, 10, 1000])
async def test_every_form_has_all_events_and_their_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """Whether it was made of one part or of many; the header of a CSV stands once."""
    monkeypatch.setattr(work, "PART", part)
    async with desk(tmp_path) as one:
        lines, table, rows = [await one.export(format=form) for form in ("jsonl", "csv", "parquet")]
        assert lines.result is not None
        assert (lines.result["rows"], lines.done, lines.total) == (18, 18, 18)
        said = [json.loads(line) for line in (await one.text(lines, "events.jsonl")).splitlines()]
        with (await one.files.file(WORKSPACE, table.id, "events.csv")).open(newline="") as file:
            cells = list(csv.DictReader(file))
        kept = pq.read_table(await one.files.file(WORKSPACE, rows.id, "events.parquet")).to_pylist()
        for found in (said, cells, kept):
            assert sorted(one["message_id"] for one in found) == ALL
            assert tuple(found[0]) == COLUMNS
            assert {one["name"] for one in found} == {"Viewed", 'Ordered, "twice"\nü'}
        assert said[0]["properties"]["deep"] == {"a": [1, None]}
        assert json.loads(cells[0]["properties"])["deep"] == {"a": [1, None]}
        assert json.loads(kept[0]["properties"])["deep"] == {"a": [1, None]}
        assert {one["timestamp"] for one in said} == {one["timestamp"] for one in cells}
        assert not list((tmp_path / "exports").rglob("*part*"))


async def test_days_have_a_file_each(tmp_path: Path) -> None:
    """In folders that DuckDB and others read as one table."""
    async with desk(tmp_path) as one:
        job = await one.export(format="csv", partition_by="day")
        assert job.result is not None
        days = [day_text((NOW - (3 - day) * DAY) // DAY) for day in range(3)]
        assert [file["name"] for file in job.result["files"]] == [
            f"day={day}/events.csv" for day in days
        ]
        assert [file["rows"] for file in job.result["files"]] == [6, 6, 6]
        for file in job.result["files"]:
            assert (await one.text(job, file["name"])).startswith("person,via,")


async def test_conditions_and_times_select(tmp_path: Path) -> None:
    """Both bounds are inclusive; where nothing is selected there is an empty file."""
    async with desk(tmp_path) as one:
        for asked, expected in (
            ({"where": "name = 'Viewed'"}, [name for name in ALL if name[2] in "03"]),
            ({"since": NOW - 2 * DAY, "until": NOW - 2 * DAY + 1}, ["m10", "m11"]),
            ({"where": "(properties->>'n')::INT > 4 OR false"}, ["m05", "m15", "m25"]),
            ({"where": "false"}, []),
        ):
            job = await one.export(**asked)
            lines = (await one.text(job, "events.jsonl")).splitlines()
            assert sorted(json.loads(line)["message_id"] for line in lines) == expected
        empty = await one.text(await one.export(format="csv", where="false"), "events.csv")
        assert empty.split() == [",".join(COLUMNS)]


async def test_an_export_that_was_cut_short_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts that were whole are not made again; what came later is not in it, nothing twice."""
    monkeypatch.setattr(work, "PART", 1)
    made: list[str] = []
    reached = asyncio.Event()
    real = Exporting._part

    async def cut(self: Exporting, *given: Any, name: str) -> Any:
        made.append(name)
        if len(made) == 2:
            reached.set()
            await asyncio.Event().wait()
        return await real(self, *given, name=name)

    monkeypatch.setattr(Exporting, "_part", cut)
    async with desk(tmp_path) as one:
        job = await one.jobs.start(WORKSPACE, "export", ASKED)
        async with asyncio.timeout(30):
            await reached.wait()
    (tmp_path / "exports" / job.id / "part-00001.jsonl.part").write_text("half a li")
    async with desk(tmp_path) as one:
        one.shop.clock.time += 1000
        await one.shop.receive(arrival("late", "track", ("user_id:u1",), at=NOW + 500))
        job = await one.ended(job)
        lines = (await one.text(job, "events.jsonl")).splitlines()
    assert made == [f"part-0000{number}.jsonl" for number in (0, 1, 1, 2)]
    assert sorted(json.loads(line)["message_id"] for line in lines) == ALL


async def test_files_are_for_whoever_ordered_them_for_a_day(tmp_path: Path) -> None:
    """Not before the end, not for another workspace, no other file; then they are deleted."""
    async with desk(tmp_path) as one:
        job = await one.jobs.start(WORKSPACE, "export", ASKED, key="k")
        with pytest.raises(Conflict):
            await one.files.file(WORKSPACE, job.id, "events.jsonl")
        job = await one.ended(job)
        for workspace, id_, name in (
            ("other", job.id, "events.jsonl"),
            (WORKSPACE, "job_x", "events.jsonl"),
            (WORKSPACE, job.id, "../../headwater.sqlite3"),
        ):
            with pytest.raises(NotFound):
                await one.files.file(workspace, id_, name)
        await one.files.sweep()
        assert await one.text(job, "events.jsonl")
        assert (await one.jobs.start(WORKSPACE, "export", ASKED, key="k")).id == job.id
        one.shop.clock.time += KEPT
        await one.files.sweep()
        with pytest.raises(NotFound):
            await one.files.file(WORKSPACE, job.id, "events.jsonl")
        again = await one.jobs.start(WORKSPACE, "export", ASKED, key="k")
        assert again.id != job.id
        assert (await one.files.delete(WORKSPACE, (await one.ended(again)).id)).id == again.id
        assert list((tmp_path / "exports").iterdir()) == []


async def test_a_cancelled_export_leaves_no_file(tmp_path: Path) -> None:
    """Once somebody looks; deleting one that is at work cancels it."""
    async with desk(tmp_path) as one:
        job = await one.jobs.start(WORKSPACE, "export", ASKED)
        assert (await one.files.delete(WORKSPACE, job.id)).state == "cancelled"
        assert not (tmp_path / "exports" / job.id).exists()
        job = await one.jobs.start(WORKSPACE, "export", ASKED)
        await one.jobs.cancel(WORKSPACE, job.id)
        await one.files.sweep()
        assert not (tmp_path / "exports" / job.id).exists()


async def test_a_condition_that_is_none_fails_the_job(tmp_path: Path) -> None:
    """Should one get that far."""
    async with desk(tmp_path) as one:
        job = await one.export(where="true) ORDER BY (1")
        assert job.state == "failed"
        assert "condition" in (job.error or "")
