"""Tests of `headwater.local.lake.trim` and of timelines that reach into the lake."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headwater.lake.keys import DAY
from headwater.profiles.people import TimelineFilter
from tests.local.lake.harness import NOW, Shop, disturb, shop, tale
from tests.simulation.world import WORKSPACE, arrival

EVERYTHING = TimelineFilter()


async def pages(
    one: Shop, person: str, which: TimelineFilter, *, limit: int
) -> tuple[list[Any], set[str]]:
    """Answer a whole timeline, read page by page, and where it was read."""
    events: list[Any] = []
    tiers: set[str] = set()
    cursor: str | None = None
    while True:
        page = await one.identities.timeline(
            WORKSPACE, person, which=which, limit=limit, cursor=cursor
        )
        assert page is not None
        assert len(page.events) == limit or page.next is None
        events += page.events
        tiers.update(page.tiers)
        if (cursor := page.next) is None:
            return events, tiers


async def hot(one: Shop) -> int:
    """Answer how many events the database has."""
    found = await one.readers.run(
        lambda sql: sql.execute("SELECT count(*) FROM event WHERE actor <> ''")
    )
    count: int = found[0][0]
    return count


async def test_what_is_let_go_is_still_counted_and_read(tmp_path: Path) -> None:
    """A person and their timeline are the same before and after; the page says where it looked."""
    async with shop(tmp_path) as one:
        old = [
            arrival(
                f"m{n}", "track", ("user_id:1",), event=f"E{n}", at=NOW - (50 - n) // 3 * 3 * DAY
            )
            for n in range(1, 50)
        ]
        await one.receive(*old)
        before = await one.identities.person(WORKSPACE, "user_id:1")
        timeline, tiers = await pages(one, "user_id:1", EVERYTHING, limit=10)
        assert tiers == {"hot"}
        await one.lake.flush()
        await one.tender.tend()
        assert await hot(one) in {32, 33}  # the row of the highest number keeps its place
        assert await one.identities.person(WORKSPACE, "user_id:1") == before
        assert await pages(one, "user_id:1", EVERYTHING, limit=10) == (timeline, {"hot", "warm"})
        newest = await one.identities.timeline(
            WORKSPACE, "user_id:1", which=EVERYTHING, limit=20, cursor=None
        )
        assert newest is not None
        assert newest.tiers == ("hot",)
        one.clock.time += 366 * DAY
        await one.tender.tend()
        assert await hot(one) == 1
        assert await pages(one, "user_id:1", EVERYTHING, limit=7) == (
            timeline,
            {"hot", "cold"},
        )
        assert len(one.messages()) == 49


async def test_nothing_is_let_go_before_it_is_safe(tmp_path: Path) -> None:
    """Events that are not flushed, or whose day is not compacted, stay however old they are."""
    async with shop(tmp_path) as one:
        await one.receive(*(arrival(f"m{n}", "track", ("user_id:1",)) for n in range(1, 10)))
        assert await one.tender.trim() == 0
        await one.lake.flush()
        assert await one.tender.trim() == 0
        await one.tender.tend()
        assert await hot(one) == 1


async def test_a_message_is_known_for_as_long_as_it_is_hot(tmp_path: Path) -> None:
    """The window in which the same messageId is the same event; docs/lake.md promises it."""
    async with shop(tmp_path) as one:
        await one.receive(
            arrival("m1", "track", ("user_id:1",), at=NOW),
            arrival("m2", "track", ("user_id:1",), at=NOW),
        )
        await one.lake.flush()
        one.clock.time += 30 * DAY
        await one.tender.tend()
        await one.receive(arrival("m1", "track", ("user_id:1",), at=NOW))
        assert await one.lake.flush() == 0
        one.clock.time += DAY
        await one.tender.tend()
        await one.receive(arrival("m1", "track", ("user_id:1",), at=NOW))
        assert await one.lake.flush() == 1


async def test_filters_hold_in_every_tier(tmp_path: Path) -> None:
    """A filtered timeline is the same before and after most of it went to the lake."""
    filters = (
        TimelineFilter(oldest_first=True),
        TimelineFilter(types=frozenset({"page"})),
        TimelineFilter(since=NOW - 40 * DAY, until=NOW - 5 * DAY),
        TimelineFilter(events=frozenset({"E3", "E33"})),
        TimelineFilter(exclude_events=frozenset({"E3"}), oldest_first=True, since=NOW - 45 * DAY),
    )
    events = []
    for number in range(1, 50):
        kind = "page" if number % 7 == 0 else "track"
        at = NOW - (50 - number) // 6 * 6 * DAY + number
        name = {"name": f"P{number}"} if kind == "page" else {"event": f"E{number}"}
        events.append(arrival(f"m{number}", kind, ("user_id:1",), at=at, **name))
    async with shop(tmp_path) as one:
        await one.receive(*events)
        before = [(await pages(one, "user_id:1", which, limit=4))[0] for which in filters]
        await one.lake.flush()
        await one.tender.tend()
        after = [(await pages(one, "user_id:1", which, limit=4))[0] for which in filters]
    assert all(before)
    assert after == before


@pytest.mark.parametrize("seed", range(2))
async def test_people_are_as_if_nothing_had_been_let_go(tmp_path: Path, seed: int) -> None:
    """Through random merges and splits, before and after: profiles and timelines of a twin."""
    story = tale(seed)
    (tmp_path / "twin").mkdir()
    async with shop(tmp_path, flush_events=7) as one, shop(tmp_path / "twin") as twin:
        await one.lake.open()
        for _ in range(10):
            batch = [story.event() for _ in range(story.random.randint(1, 8))]
            for each in (one, twin):
                await each.receive(*batch)
            await disturb(one, story.random, twin=twin)
        await one.lake.flush()
        await one.tender.tend()
        assert await hot(one) < await hot(twin)
        for (person,) in one.rows("SELECT person FROM people"):
            found = await one.identities.person(WORKSPACE, person)
            expected = await twin.identities.person(WORKSPACE, person)
            assert found is not None
            assert expected is not None
            assert replace(found, identifiers=()) == replace(expected, identifiers=())
            assert found.identifiers == expected.identifiers
            timeline, _ = await pages(one, person, EVERYTHING, limit=5)
            assert timeline == (await pages(twin, person, EVERYTHING, limit=100))[0]


async def test_events_may_arrive_while_others_go(tmp_path: Path) -> None:
    """Letting go takes turns with storing, and nothing is lost between them."""
    async with shop(tmp_path) as one:
        people = [f"user_id:{number}" for number in range(1, 6)]
        await one.receive(*(arrival(f"m{n}", "track", (people[n % 5],)) for n in range(2000)))
        await one.lake.flush()

        async def more() -> None:
            for number in range(2000, 2100):
                await one.receive(arrival(f"m{number}", "track", ("user_id:1",), at=NOW))

        await asyncio.gather(one.tender.tend(), more())
        await one.lake.flush()
        assert len(set(one.messages())) == len(one.messages()) == 2100
        counts = 0
        for name in people:
            person = await one.identities.person(WORKSPACE, name)
            assert person is not None
            counts += person.counts["track"]
        assert counts == 2100
