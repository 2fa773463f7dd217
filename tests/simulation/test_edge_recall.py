"""Shards of the population are told of events that only the lake has, when they change hands."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from headwater.actors import lake_trimming
from headwater.dispatch import population_recalling
from headwater.errors import Conflict, Unavailable
from tests.simulation.test_edge_past import Years, held
from tests.simulation.world import WORKSPACE, arrival

ADA, BOB = "user_id:u0", "anonymous_id:a0"


async def days(years: Years, number: int, *names: str) -> None:
    """Let people do something on each of so many days, which their actors then let go."""
    for day in range(number):
        for name in names:
            at = years.day * 86_400_000 + 5
            message = f"m{name[-2:]}{years.day}{day}"
            await years.send(arrival(message, "track", (name,), at=at))
        await years.tend()


def told(years: Years) -> dict[str, list[str]]:
    """Answer the messages that shards have of each person, in order."""
    found: dict[str, list[str]] = {}
    for sql in years.world.shards.values():
        for person, message in sql.execute("SELECT person, message_id FROM events"):
            found.setdefault(person, []).append(message)
    return {person: sorted(messages) for person, messages in found.items()}


async def shown(years: Years, *names: str) -> dict[str, list[str]]:
    """Answer the messages of people's timelines, in order."""
    return {name: sorted(await years.timeline(name, limit=50)) for name in names}


async def alarms(years: Years) -> None:
    """Let all alarms go off that are set, and what follows come to rest."""
    for _ in range(3):
        await years.settled(asyncio.sleep(0))


async def merged(years: Years) -> None:
    """Make the two one."""
    await years.settled(years.people.merge(WORKSPACE, ADA, BOB))


async def parted(years: Years) -> None:
    """Make the one two."""
    why = await years.settled(years.people.explain(WORKSPACE, ADA))
    link = next(one.id for one in why.links if one.merged)
    with suppress(Unavailable, Conflict):
        await years.settled(years.people.split(WORKSPACE, ADA, link))


def test_what_changes_hands_is_told_out_of_the_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a merge and after its split each person has all of their events in one shard."""
    monkeypatch.setattr(lake_trimming, "LEAST", 1)
    monkeypatch.setattr(population_recalling, "DAYS", 2)

    async def story() -> None:
        years = Years(1, hot_days=2)
        await days(years, 7, ADA, BOB)
        assert held(years) < len(years.run.sent)
        assert told(years) == await shown(years, ADA, BOB)

        await merged(years)
        await alarms(years)
        together = await shown(years, ADA)
        assert len(together[ADA]) == 14
        assert told(years) == together

        await days(years, 1, ADA, BOB)
        await parted(years)
        await alarms(years)
        apart = await shown(years, ADA, BOB)
        assert [len(messages) for messages in apart.values()] == [8, 8]
        assert told(years) == apart
        assert not any(sql.execute("SELECT 1 FROM lacking") for sql in years.world.shards.values())

    asyncio.run(story())


def test_a_lake_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shard remembers what it lacks, and the actor's alarm goes off until it has it."""
    monkeypatch.setattr(lake_trimming, "LEAST", 1)

    async def story() -> None:
        years = Years(2, hot_days=2)
        await days(years, 6, ADA, BOB)
        years.bucket.failing = 2
        await merged(years)
        await alarms(years)

        assert years.bucket.failing == 0
        assert told(years) == await shown(years, ADA)

    asyncio.run(story())
