"""Actors that let go of events: what people are shown is what it was, out of the lake."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

import pytest

from headwater.actors import lake_trimming
from headwater.dispatch.lake_tending import LakeTending
from headwater.dispatch.past_events import PastEvents
from headwater.dispatch.people import PeopleOverActors
from headwater.errors import Conflict, NotFound, Unavailable
from headwater.ports import BucketFailure
from headwater.profiles.people import Person, TimelineFilter
from tests.lake.memory_bucket import MemoryBucket
from tests.simulation.edge_twins import Now
from tests.simulation.network import Faults
from tests.simulation.pipeline import SeededRandom
from tests.simulation.test_edge_world import Run
from tests.simulation.test_identity_network import TIGHT
from tests.simulation.world import WORKSPACE, Story, arrival

DAY = 86_400_000
START = 20_000


class Near(MemoryBucket):
    """The same objects, at once."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        super().__init__()
        self.objects = objects
        self.ranges = 0
        self.failing = 0

    async def range(self, key: str, start: int, length: int) -> bytes:
        self.ranges += 1
        if self.failing:
            self.failing -= 1
            raise BucketFailure("no answer")
        return await super().range(key, start, length)


class Years:
    """A workspace in which days pass; nothing fails."""

    def __init__(self, seed: int, *, hot_days: int | None) -> None:
        self.run = Run(seed, TIGHT.rules, lake_after=0)
        self.world = self.run.world
        self.world.faults = Faults(0, 0, 0, 0)
        self.world.hot_days = hot_days
        self.day = START
        self.world.now = self.day * DAY
        self.bucket = Near(self.world.bucket.objects)
        self.people = PeopleOverActors(
            self.world,
            self.world,
            self.world,
            clock=Now(self.world),
            random=SeededRandom(random.Random(seed)),
            past=PastEvents(self.bucket),
        )
        self.world.rows = self.people.let_go

    async def settled(self, work: Any) -> Any:
        """Answer what something answers, once everything has come to rest."""
        task = asyncio.get_running_loop().create_task(work)
        while not task.done():
            await self.run.step()
        await self.run.calm()
        return task.result()

    async def send(self, *events: Any) -> None:
        """Have events received, and taken to the lake."""
        for event in events:
            self.run.sent[event.message_id] = event
        await self.settled(self.world.dispatcher().receive(self.world.current, list(events)))

    async def tend(self) -> None:
        """Let a day pass, and cron do all that is due."""
        self.day += 1
        self.world.now = self.day * DAY + 3_600_000
        tending = LakeTending(
            self.bucket,
            clock=Now(self.world),
            random=SeededRandom(self.world.random),
            settling=0,
            cold_days=20,
        )
        while await tending.tend(slices=100):
            pass

    async def timeline(self, name: str, *, limit: int, **which: Any) -> list[str]:
        """Answer the messages of all pages, one cursor after the other."""
        found: list[str] = []
        cursor = None
        while True:
            page = await self.settled(
                self.people.timeline(
                    WORKSPACE, name, which=TimelineFilter(**which), limit=limit, cursor=cursor
                )
            )
            if page is None:
                return found
            found += [event["messageId"] for event in page.events]
            assert len(page.events) <= limit
            if page.next is None:
                return found
            cursor = page.next

    async def person(self, name: str) -> Person | None:
        """Answer a person."""
        found: Person | None = await self.settled(self.people.person(WORKSPACE, name))
        return found


def held(years: Years) -> int:
    """Answer how many events the actors have."""
    return sum(
        int(sql.execute("SELECT count(*) FROM event WHERE actor <> ''")[0][0])
        for sql in years.world.databases.values()
    )


async def live(seed: int, *, hot_days: int | None) -> tuple[list[Any], Years]:
    """Let a story go on for some days, with splits; answer what is shown at its end."""
    years = Years(seed, hot_days=hot_days)
    rng = random.Random(seed)
    tale = Story(
        rng,
        {
            "user_id": ["u0", "u1"],
            "email": ["0@example.org", "1@example.org"],
            "anonymous_id": ["a0", "a1", "a2"],
        },
    )
    for _ in range(6):
        events = []
        for _ in range(rng.randint(2, 6)):
            one = tale.event()
            at = years.day * DAY + rng.randrange(DAY)
            events.append(arrival(one.message_id, one.type, one.identifiers, **_rest(one), at=at))
        await years.send(*events)
        if rng.random() < 0.5:
            await split(years, rng)
        await years.tend()
    shown: list[Any] = []
    for name in ("user_id:u0", "user_id:u1", "anonymous_id:a0", "anonymous_id:a1"):
        shown.append(await years.person(name))
        shown.append(await years.timeline(name, limit=3))
        shown.append(await years.timeline(name, limit=4, oldest_first=True, types=("track",)))
    return shown, years


def _rest(one: Any) -> dict[str, Any]:
    return {name: value for name, value in one.event.items() if name not in {"type", "messageId"}}


async def split(years: Years, rng: random.Random) -> None:
    """Undo some merge, if there is one."""
    name = rng.choice(["user_id:u0", "user_id:u1", "anonymous_id:a0"])
    with suppress(Unavailable, NotFound, Conflict):
        why = await years.settled(years.people.explain(WORKSPACE, name))
        merges = sorted(link.id for link in why.links if link.merged) if why else []
        if merges:
            await years.settled(years.people.split(WORKSPACE, name, rng.choice(merges)))


@pytest.mark.parametrize("seed", range(2))
def test_people_are_shown_as_if_nothing_had_gone(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles and timelines, page by page, are those of a world whose actors keep everything."""
    monkeypatch.setattr(lake_trimming, "LEAST", 1)

    expected, keeping = asyncio.run(live(seed, hot_days=None))
    shown, letting_go = asyncio.run(live(seed, hot_days=2))

    assert shown == expected
    assert held(letting_go) < held(keeping)
    assert letting_go.bucket.ranges > 0


def test_a_page_that_is_here_needs_no_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest events come from the actor; the lake is read for what lies behind them."""
    monkeypatch.setattr(lake_trimming, "LEAST", 1)

    async def story() -> None:
        years = Years(1, hot_days=2)
        for number in range(8):
            at = years.day * DAY + 5
            await years.send(arrival(f"m{number}", "track", ("user_id:u0",), at=at))
            await years.tend()
        before = years.bucket.ranges

        newest = await years.settled(
            years.people.timeline(WORKSPACE, "user_id:u0", which=TimelineFilter(), limit=2)
        )

        assert [event["messageId"] for event in newest.events] == ["m7", "m6"]
        assert newest.tiers == ("hot",)
        assert years.bucket.ranges == before
        whole = await years.settled(
            years.people.timeline(WORKSPACE, "user_id:u0", which=TimelineFilter(), limit=50)
        )
        assert [event["messageId"] for event in whole.events] == [f"m{n}" for n in range(7, -1, -1)]
        assert set(whole.tiers) == {"hot", "warm"}

    asyncio.run(story())
