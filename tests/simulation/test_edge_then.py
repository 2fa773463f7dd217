"""People as of then, on the simulated edge: what was shown at an instant is shown of it later."""

from __future__ import annotations

import asyncio
import random

import pytest
from msgspec import structs

from headwater.actors import lake_trimming
from headwater.collect.arrival import Arrival
from headwater.collect.times import write_time
from headwater.profiles.people import Person
from tests.simulation.test_edge_past import Years, held, split
from tests.simulation.world import WORKSPACE, Story, arrival

NAMES = ("user_id:u0", "user_id:u1", "anonymous_id:a0", "anonymous_id:a1", "email:0@example.org")

Seen = list[tuple[int, str, Person | None]]


def told(years: Years, made: Arrival, rng: random.Random) -> Arrival:
    """Answer an event as collected: received now, and it happened at some time before."""
    event = dict(made.event)
    kind, message = event.pop("type"), event.pop("messageId")
    now = years.world.now
    happened = now - rng.choice([0, 0, 5_000, 40 * 86_400_000])
    if kind == "identify":
        event["traits"] = {rng.choice("pq"): rng.choice([1, 2, None])}
    elif rng.random() < 0.2:
        kind, event["groupId"] = "group", rng.choice(["acme", "zeta"])
    event |= {"receivedAt": write_time(now), "timestamp": write_time(happened)}
    return structs.replace(
        arrival(message, kind, made.identifiers, at=happened, **event), received_at=now
    )


async def lived(seed: int) -> tuple[Years, Seen]:
    """Let a story go on for days, with splits, and actors that let go; answer what was shown."""
    years, rng = Years(seed, hot_days=2), random.Random(seed)
    tale = Story(
        rng,
        {
            "user_id": ["u0", "u1"],
            "email": ["0@example.org", "1@example.org"],
            "anonymous_id": ["a0", "a1", "a2"],
        },
    )
    seen = Seen()
    for _ in range(6):
        for _ in range(4):
            years.world.now += rng.randrange(1, 50_000)
            await years.send(told(years, tale.event(), rng))
            if rng.random() < 0.3:
                years.world.now += 1
                await split(years, rng)
            years.world.now += 1
            at = years.world.now
            seen += [(at, name, await years.person(name)) for name in NAMES]
            years.world.now += 1
        await years.tend()
    return years, seen


@pytest.mark.parametrize("seed", range(3))
def test_a_person_then_is_as_was_answered_then(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over merges, splits, late events, and events that their actors have let go."""
    monkeypatch.setattr(lake_trimming, "LEAST", 1)

    async def story() -> None:
        years, seen = await lived(seed)
        sent = len(years.run.sent)
        assert held(years) < sent, "no actor has let go of anything"
        assert any(person is None for _, _, person in seen)
        for at, name, person in random.Random(seed).sample(seen, 60):
            then = await years.settled(years.people.person_at(WORKSPACE, name, at))
            assert then == person, (at, name)

    asyncio.run(story())
