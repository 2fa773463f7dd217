"""Jobs at work: resumed, held up, failed, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from headwater.actors.jobs import Job
from headwater.errors import BadRequest, NotFound
from headwater.local.clock import SystemClock
from headwater.local.jobs import runner
from headwater.local.jobs.runner import JobRunner, RunningJob, Work
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.writer import Writer
from headwater.ports import BucketFailure


@asynccontextmanager
async def at_work(folder: Path, **kinds: Work) -> AsyncIterator[JobRunner]:
    """Give a runner over a database in a folder, as a server of its own would have it."""
    path = folder / "headwater.sqlite3"
    writer = Writer(open_database(path))
    readers = Readers(path)
    made = JobRunner(
        kinds, writer=writer, readers=readers, clock=SystemClock(), random=SystemRandom()
    )
    try:
        yield made
    finally:
        await made.stop()
        await readers.close()
        await writer.close()


async def ended(jobs: JobRunner, job: Job) -> Job:
    """Answer a job once it has ended."""
    async with asyncio.timeout(10):
        while not job.has_ended:
            await asyncio.sleep(0.005)
            job = await jobs.job(job.workspace, job.id)
    return job


class Counting:
    """Counts to ten, a note at a time; `stop_at` is where it waits for ever."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at = stop_at
        self.began_at: list[int] = []
        self.stuck = asyncio.Event()
        self.tidied = False

    async def __call__(self, job: RunningJob) -> Mapping[str, Any]:
        count = job.cursor or 0
        self.began_at.append(count)
        try:
            while count < 10:
                if count == self.stop_at:
                    self.stuck.set()
                    await asyncio.Event().wait()
                count += 1
                await job.note(count, total=10, cursor=count)
        finally:
            self.tidied = True
        return {"counted": count, "by": job.parameters["by"]}


async def test_a_job_is_done(tmp_path: Path) -> None:
    """Its result and its progress are there afterwards."""
    async with at_work(tmp_path, count=Counting()) as jobs:
        job = await ended(jobs, await jobs.start("shop", "count", {"by": "one"}))
        assert (job.state, job.done, job.total) == ("done", 10, 10)
        assert job.result == {"counted": 10, "by": "one"}
        assert [one.id for one in await jobs.jobs("shop", kinds=["count"])] == [job.id]


async def test_a_job_goes_on_after_the_server_ended(tmp_path: Path) -> None:
    """At the cursor noted last; it is not begun again from the start."""
    first = Counting(stop_at=4)
    async with at_work(tmp_path, count=first) as jobs:
        job = await jobs.start("shop", "count", {"by": "one"})
        await first.stuck.wait()
    assert first.tidied
    second = Counting()
    async with at_work(tmp_path, count=second) as jobs:
        job = await ended(jobs, job)
    assert second.began_at == [4]
    assert job.result == {"counted": 10, "by": "one"}


async def test_a_kind_does_one_job_at_a_time_and_kinds_do_not_wait(tmp_path: Path) -> None:
    """What waits behind a long one comes when that is cancelled."""
    slow, quick = Counting(stop_at=2), Counting()
    async with at_work(tmp_path, slow=slow, quick=quick) as jobs:
        first = await jobs.start("shop", "slow", {"by": "one"})
        behind = await jobs.start("shop", "slow", {"by": "two"})
        await slow.stuck.wait()
        assert (await ended(jobs, await jobs.start("shop", "quick", {"by": "x"}))).state == "done"
        assert (await jobs.job("shop", behind.id)).state == "waiting"
        slow.stop_at = None
        assert (await jobs.cancel("shop", first.id)).state == "cancelled"
        assert slow.tidied
        assert (await ended(jobs, behind)).state == "done"
        assert (await jobs.job("shop", first.id)).state == "cancelled"


async def test_a_waiting_job_can_be_cancelled(tmp_path: Path) -> None:
    """It is never begun."""
    slow = Counting(stop_at=0)
    async with at_work(tmp_path, slow=slow) as jobs:
        first = await jobs.start("shop", "slow", {"by": "one"})
        second = await jobs.start("shop", "slow", {"by": "two"})
        await slow.stuck.wait()
        assert (await jobs.cancel("shop", second.id)).state == "cancelled"
        await jobs.cancel("shop", first.id)
        await ended(jobs, first)
    assert slow.began_at == [0]


async def test_a_job_that_cannot_be_done_says_why(tmp_path: Path) -> None:
    """The message of an error for callers; of a mistake only its kind, as it may quote data."""

    async def refuse(_: RunningJob) -> Mapping[str, Any]:
        raise BadRequest("where: no such column.")

    async def break_down(_: RunningJob) -> Mapping[str, Any]:
        raise ZeroDivisionError("ada@example.com")

    async with at_work(tmp_path, refuse=refuse, broken=break_down) as jobs:
        refused = await ended(jobs, await jobs.start("shop", "refuse", {}))
        broken = await ended(jobs, await jobs.start("shop", "broken", {}))
    assert (refused.state, refused.error) == ("failed", "where: no such column.")
    assert broken.state == "failed"
    assert broken.error is not None
    assert "ZeroDivisionError" in broken.error
    assert "ada" not in broken.error


async def test_trouble_that_passes_only_holds_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said while it lasts, and the job goes on at its cursor."""
    monkeypatch.setattr(runner, "_FIRST_PAUSE", 0.5)
    seen: list[Any] = []

    async def flaky(job: RunningJob) -> Mapping[str, Any]:
        seen.append(job.cursor)
        if len(seen) == 1:
            await job.note(1, cursor="half")
            raise BucketFailure("the bucket is away")
        return {}

    async with at_work(tmp_path, flaky=flaky) as jobs:
        job = await jobs.start("shop", "flaky", {})
        await asyncio.sleep(0.2)
        assert (await jobs.job("shop", job.id)).error == "the bucket is away"
        job = await ended(jobs, job)
    assert (job.state, job.error, seen) == ("done", None, [None, "half"])


async def test_there_are_no_jobs_of_unknown_kinds(tmp_path: Path) -> None:
    """An order for one is refused."""
    async with at_work(tmp_path) as jobs:
        with pytest.raises(NotFound):
            await jobs.start("shop", "dance", {})
