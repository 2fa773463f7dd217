"""Tests of `headwater.local.lake.person_then`: it equals what the server answered then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from msgspec import structs

from headwater.collect.arrival import Arrival
from headwater.collect.times import write_time
from headwater.lake.keys import DAY
from headwater.local.lake.past import PastEvents
from headwater.local.lake.person_then import PeopleThen
from headwater.profiles.people import Person
from tests.local.lake.harness import Shop, disturb, shop, tale
from tests.simulation.world import WORKSPACE, arrival

Seen = list[tuple[int, str, Person | None]]


def told(one: Shop, made: Arrival, chance: Random) -> Arrival:
    """Answer an event as collected: received now, and it happened at some time before."""
    event = dict(made.event)
    kind = event.pop("type")
    message = event.pop("messageId")
    happened = one.clock.time - chance.choice([0, 0, 5_000, 40 * 86_400_000])
    if kind == "identify":
        event["traits"] = {chance.choice("pq"): chance.choice([1, 2, None])}
    elif chance.random() < 0.2:
        kind, event["groupId"] = "group", chance.choice(["acme", "zeta"])
    event |= {"receivedAt": write_time(one.clock.time), "timestamp": write_time(happened)}
    again = arrival(message, kind, made.identifiers, at=happened, **event)
    return structs.replace(again, received_at=one.clock.time)


async def let_go(one: Shop) -> bool:
    """Tell whether the database has let go of any event."""
    return bool(await one.readers.run(lambda sql: sql.execute("SELECT 1 FROM history")))


async def look(one: Shop, names: set[str], seen: Seen) -> None:
    """Write down what the server answers now, of everybody."""
    for name in sorted(names):
        seen.append((one.clock.time, name, await one.identities.person(WORKSPACE, name)))


@pytest.mark.parametrize("seed", range(4))
async def test_a_person_then_is_as_the_server_answered_then(tmp_path: Path, seed: int) -> None:
    """Over merges, splits, late events, compaction and events that the database has let go."""
    chance, story = Random(seed), tale(seed)
    async with shop(tmp_path) as one:
        await one.lake.open()
        names, seen = {"user_id:never"}, Seen()
        for number in range(40):
            if number == 25:  # what is older is from here on in the lake alone
                one.clock.time += 40 * DAY
                await one.lake.flush()
                await one.tender.tend()
            one.clock.time += chance.randrange(1, 50_000)
            made = told(one, story.event(), chance)
            names |= set(made.identifiers)
            await one.receive(made)
            one.clock.time += 1
            if chance.random() < 0.4:
                await disturb(one, chance)
            await look(one, names, seen)
        then = PeopleThen(one.readers, PastEvents(one.lake))

        assert await let_go(one)
        assert any(person is None for _, _, person in seen)
        for at, name, person in chance.sample(seen, 100):
            assert await then.person(WORKSPACE, name, at) == person, (at, name)


async def test_nobody_is_known_before_their_first_event(tmp_path: Path) -> None:
    """An instant before anything was received of somebody answers nobody, not an empty person."""
    async with shop(tmp_path) as one:
        made = told(one, arrival("m1", "track", ("user_id:1", "email:a@x.org")), Random(1))
        await one.receive(made)
        then = PeopleThen(one.readers, None)

        assert await then.person(WORKSPACE, "user_id:1", one.clock.time - 1) is None
        assert await then.person(WORKSPACE, "email:b@x.org", one.clock.time) is None
        person = await then.person(WORKSPACE, "email:a@x.org", one.clock.time)
        assert person is not None
        assert person.id == "user_id:1"
        assert replace(person) == await one.identities.person(WORKSPACE, "user_id:1")
