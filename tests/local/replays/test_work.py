"""Replays: each selected event once, in order, by the destination's rules, beside what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from headwater.actors import deliveries
from headwater.actors.jobs import Job
from headwater.audiences.program import OWN_MESSAGES
from headwater.commands import Deliver
from headwater.lake.keys import DAY
from headwater.local.jobs import runner
from headwater.local.jobs.runner import JobRunner
from headwater.local.random import SystemRandom
from headwater.local.replays import work
from headwater.local.replays.work import Replaying
from headwater.ports import Sql
from headwater.workspace import DestinationConfig, WorkspaceConfig
from tests.local.lake.harness import NOW, Shop, shop
from tests.local.sandbox.here import HereSandbox
from tests.simulation.world import WORKSPACE, arrival

HOOK = DestinationConfig("dst_1", "webhook", "Hook")
ASKED: dict[str, Any] = {
    "destination": "dst_1",
    "where": None,
    "since": None,
    "until": None,
    "rate": 100_000,
    "dry_run": False,
    "with_audiences": False,
}


@dataclass
class Post:
    """A shop with replays; `config` is what the workspace has set."""

    shop: Shop
    jobs: JobRunner
    config: WorkspaceConfig
    woken: list[str] = field(default_factory=list)

    async def replay(self, **asked: Any) -> Job:
        """Answer a replay that has ended."""
        return await self.ended(await self.jobs.start(WORKSPACE, "replay", {**ASKED, **asked}))

    async def ended(self, job: Job) -> Job:
        """Answer a job once it has ended."""
        async with asyncio.timeout(60):
            while not job.has_ended:
                await asyncio.sleep(0.01)
                job = await self.jobs.job(WORKSPACE, job.id)
        return job

    async def lane(self) -> list[tuple[str, str, str]]:
        """Answer what waits in the lane, in order: person, message id, body."""
        return await self.shop.readers.run(_waiting)

    async def deliver(self) -> list[tuple[str, str, str]]:
        """Take everything out of the lane, as its destination would, and answer it."""

        def drop(sql: Sql) -> list[tuple[str, str, str]]:
            taken = _waiting(sql)
            deliveries.drop(sql, WORKSPACE, "dst_1")
            return taken

        return await self.shop.writer.run(drop)


def _waiting(sql: Sql) -> list[tuple[str, str, str]]:
    rows = sql.execute("SELECT person, message_id, body FROM delivery ORDER BY id")
    return [(row[0], row[1], row[2]) for row in rows]


@asynccontextmanager
async def post(folder: Path, **set_: Any) -> AsyncIterator[Post]:
    """Give a shop with five events on each of two days, some not flushed, and a replayer."""
    async with shop(folder) as one:
        if not await one.readers.run(lambda sql: sql.execute("SELECT 1 FROM event LIMIT 1")):
            await one.receive(*(event(0, number) for number in range(5)))
            await one.lake.flush()
            await one.receive(*(event(1, number) for number in range(5)))
        await one.lake.open()
        made = Post(one, None, WorkspaceConfig(WORKSPACE, destinations=(replace(HOOK, **set_),)))  # type: ignore[arg-type] # set below
        replaying = Replaying(
            HereSandbox(lambda _: one.connection(), folder / "scratch", seconds=30),
            one.readers,
            config=lambda _: made.config,
            clock=one.clock,
            wake=made.woken.extend,
        )
        made.jobs = JobRunner(
            {"replay": replaying},
            writer=one.writer,
            readers=one.readers,
            clock=one.clock,
            random=SystemRandom(),
            at_once={"replay": 2},
        )
        try:
            yield made
        finally:
            await made.jobs.stop()


def event(day: int, number: int) -> Any:
    """An event of some days ago."""
    return arrival(
        f"m{day}{number}",
        "track",
        (f"user_id:u{number % 2}",),
        event="Ordered" if number % 2 else "Viewed",
        at=NOW - (2 - day) * DAY + number,
    )


ALL = [f"m{day}{number}" for day in range(2) for number in range(5)]


async def test_events_go_to_the_lane_as_they_were_stored(tmp_path: Path) -> None:
    """With their message ids, in the order of their receipt, under the person of now."""
    async with post(tmp_path) as one:
        await one.shop.identities.merge(WORKSPACE, "user_id:u0", "user_id:u1")
        job = await one.replay()
        assert job.result == {
            "sent": 10,
            "left_out": 0,
            "first": NOW - 2 * DAY,
            "last": NOW - DAY + 4,
            "dry_run": False,
        }
        assert (job.done, job.total) == (10, 10)
        lane = await one.lane()
        assert [message for _, message, _ in lane] == ALL
        assert {person for person, _, _ in lane} == {f"{WORKSPACE}/user_id:u0"}
        assert json.loads(lane[0][2]) == json.loads(event(0, 0).body)
        assert set(one.woken) == {"dst_1"}
        assert await one.shop.readers.run(
            lambda sql: sql.execute("SELECT count(*) FROM event WHERE actor <> ''")
        ) == [(10,)]


async def test_a_dry_run_counts_what_would_be_sent(tmp_path: Path) -> None:
    """And sends nothing; conditions, times and the destination's own rules select."""
    async with post(tmp_path, events=("Ordered",)) as one:
        dry = await one.replay(dry_run=True, since=NOW - DAY)
        assert dry.result is not None
        assert (dry.result["sent"], dry.result["left_out"]) == (2, 3)
        assert await one.lane() == []
        sent = await one.replay(since=NOW - DAY, where="person = 'user_id:u1'")
        assert sent.result is not None
        assert (sent.result["sent"], sent.result["left_out"]) == (2, 0)
        assert [message for _, message, _ in await one.lane()] == ["m11", "m13"]


async def test_what_headwater_made_itself_is_sent_only_where_asked(tmp_path: Path) -> None:
    """A membership that is told again would be entered again at the other side."""
    told = arrival(f"{OWN_MESSAGES}a:entered:1", "track", ("user_id:u1",), at=NOW - 5)
    async with post(tmp_path) as one:
        await one.shop.receive(told)
        assert ((await one.replay(dry_run=True)).result or {})["sent"] == 10
        assert ((await one.replay(dry_run=True, with_audiences=True)).result or {})["sent"] == 11


async def test_a_lane_that_is_full_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that what happens now has a bounded number of events before it."""
    monkeypatch.setattr(work, "MOST_WAITING", 3)
    monkeypatch.setattr(work, "PORTION", 2)
    most = 0
    async with post(tmp_path) as one:
        job = await one.jobs.start(WORKSPACE, "replay", ASKED)
        seen: list[str] = []
        async with asyncio.timeout(30):
            while len(seen) < 10:
                await asyncio.sleep(0.15)
                taken = await one.deliver()
                most = max(most, len(taken))
                seen += [message for _, message, _ in taken]
        assert seen == ALL
        assert most <= 5
        assert (await one.ended(job)).state == "done"


async def test_it_is_no_faster_than_asked(tmp_path: Path) -> None:
    """Ten events at twenty a second take about half a second."""
    async with post(tmp_path) as one:
        began = asyncio.get_running_loop().time()
        await one.replay(rate=20)
        assert asyncio.get_running_loop().time() - began > 0.45


@pytest.mark.parametrize("page", [1, 3, 5, 10_000])
async def test_a_replay_that_was_cut_short_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Wherever it was: no event is missing, none comes twice, what came later is left out."""
    monkeypatch.setattr(work, "PAGE", page)
    monkeypatch.setattr(work, "PORTION", 2)
    job: Job | None = None
    for cut in (1, 2, 4, None):
        puts = 0
        real = Replaying._put

        reached = asyncio.Event()

        async def put(
            self: Replaying,
            *given: Any,
            real: Any = real,
            cut: int | None = cut,
            reached: asyncio.Event = reached,
        ) -> None:
            nonlocal puts
            await real(self, *given)
            puts += 1
            if puts == cut:
                reached.set()
                await asyncio.Event().wait()

        with monkeypatch.context() as patched:
            patched.setattr(Replaying, "_put", put)
            async with post(tmp_path) as one:
                job = job or await one.jobs.start(WORKSPACE, "replay", ASKED)
                if cut is None:
                    await one.shop.receive(arrival("late", "track", ("user_id:u1",), at=NOW + 50))
                    ended = await one.ended(job)
                    messages = [message for _, message, _ in await one.lane()]
                elif not job.has_ended:
                    done = asyncio.create_task(one.ended(job))
                    cut_short = asyncio.create_task(reached.wait())
                    await asyncio.wait({done, cut_short}, return_when="FIRST_COMPLETED")
                    done.cancel()
                    cut_short.cancel()
    assert messages == ALL
    assert ended.result is not None
    assert ended.result["sent"] == 10


async def test_a_destination_that_is_gone_ends_it_and_one_at_rest_holds_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither loses anything."""
    monkeypatch.setattr(runner, "_FIRST_PAUSE", 0.05)
    async with post(tmp_path, enabled=False) as one:
        job = await one.jobs.start(WORKSPACE, "replay", ASKED)
        async with asyncio.timeout(10):
            while not (await one.jobs.job(WORKSPACE, job.id)).error:  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.01)
        other = await one.replay(dry_run=True, destination="dst_2")
        assert (other.state, other.error) == ("failed", "The destination dst_2 was removed.")
        one.config = WorkspaceConfig(WORKSPACE, destinations=(HOOK,))
        assert (await one.ended(job)).state == "done"
        assert len(await one.lane()) == 10


async def test_a_lane_tells_how_many_wait(tmp_path: Path) -> None:
    """None where nothing was ever enqueued."""
    async with shop(tmp_path) as one:

        def work_(sql: Sql) -> tuple[int, int]:
            before = deliveries.waiting(sql, "w", "d")
            deliveries.enqueue(sql, [Deliver("w", "d", "w/user_id:1", "m", "{}")] * 3, NOW)
            return before, deliveries.waiting(sql, "w", "d")

        assert await one.writer.run(work_) == (0, 3)
