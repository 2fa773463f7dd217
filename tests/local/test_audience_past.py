"""Tests of audiences over events that only the lake has any more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headwater.actors import audience_gaps
from headwater.actors.audience_gaps import Past
from headwater.actors.audience_rows import AudienceRows
from headwater.audiences.audience import Audience
from headwater.audiences.conditions_reading import read
from headwater.audiences.program import features_of
from headwater.collect.arrival import Arrival
from headwater.lake.keys import DAY
from headwater.local.audience_counts import Counts
from headwater.local.audience_past import AudiencePast
from headwater.local.audiences import LocalAudiences
from headwater.local.lake.past import PastEvents
from tests.audiences.naive import History, truth
from tests.local.lake.harness import NOW, Shop, disturb, shop, tale
from tests.simulation.world import WORKSPACE, arrival

LONG = {"type": "rolling", "last": "90d"}
CONDITIONS: list[dict[str, Any]] = [
    {"type": "event", "event": {"call": "track"}, "count": 4},
    {"type": "event", "event": {"call": "page"}, "comparison": "exactly", "count": 0},
    {"type": "event", "event": {"call": "any"}, "count": 12, "window": LONG},
    {
        "type": "event",
        "event": {"call": "track"},
        "comparison": "at_most",
        "count": 2,
        "window": {"type": "since_event", "event": {"call": "identify"}, "which": "first"},
    },
    {
        "type": "sequence",
        "steps": [{"event": {"call": "page"}}, {"event": {"call": "track"}, "within": "1h"}],
    },
    {
        "type": "and",
        "conditions": [
            {"type": "audience", "audience": "a0", "member": False},
            {"type": "event", "event": {"call": "any"}},
        ],
    },
]


def audiences_of(one: Shop) -> LocalAudiences:
    """Answer the audiences of a shop, whose tasks do not run."""
    return LocalAudiences(
        one.writer,
        one.readers,
        one.identities,
        config=one.config,
        clock=one.clock,
        counts=Counts(),
        past=AudiencePast(one.readers, PastEvents(one.lake)),
    )


def make(one: Shop, *conditions: dict[str, Any]) -> None:
    """Make audiences, as the workspace's actor would."""
    config = one.config.config
    version = config.version + 1
    made = [
        Audience(f"a{number}", f"a{number}", "A", json.dumps(condition), since=version)
        for number, condition in enumerate(conditions, start=len(config.audiences))
    ]
    every = (*config.audiences, *made)
    features = dict.fromkeys(features_of(every, (), "UTC"), version) | dict(config.features)
    one.config.config = replace(config, version=version, audiences=every, features=features)


async def look_at_everybody(one: Shop, audiences: LocalAudiences) -> None:
    """Back-fill, until nobody lacks anything."""
    people = [f"{WORKSPACE}/{row[0]}" for row in one.rows("SELECT person FROM people")]
    await one.identities.run(
        lambda network, sql, now: network.revisit(sql, sorted(people), now=now)
    )
    await audiences.let_in()
    assert not await one.readers.run(lambda sql: audience_gaps.any_wanted(sql, WORKSPACE))


async def members(one: Shop) -> dict[str, set[str]]:
    """Answer everybody's audiences."""
    people = [row[0] for row in one.rows("SELECT person FROM people")]
    return await one.readers.run(
        lambda sql: {
            name: set(AudienceRows(sql).decided(f"{WORKSPACE}/{name}").members) for name in people
        }
    )


def expected(one: Shop, sent: list[Arrival]) -> dict[str, set[str]]:
    """Answer whom the conditions mean, by the events that were sent."""
    held = dict(one.rows("SELECT identifier, person FROM identifiers"))
    histories = {person: History("UTC") for person in held.values()}
    for event in sent:
        histories[held[event.identifiers[0]]].events.append((event.timestamp, event.event))
    for history in histories.values():
        for audience in one.config.config.audiences:
            if truth(history, read(json.loads(audience.definition)), one.clock.time):
                history.members.add(audience.id)
    return {person: history.members for person, history in histories.items()}


async def test_a_new_audience_sees_what_only_the_lake_has(tmp_path: Path) -> None:
    """Bought twice, once long ago: counted as two, and nobody is told of anything else before."""
    async with shop(tmp_path) as one:
        audiences = audiences_of(one)
        sent = [
            arrival("m1", "track", ("user_id:1",), event="Bought", at=NOW - 80 * DAY),
            arrival("m2", "track", ("user_id:1",), event="Bought", at=NOW - 1 * DAY),
            arrival("m3", "page", ("user_id:2",), at=NOW),
        ]
        await one.receive(*sent)
        await one.lake.flush()
        await one.tender.tend()
        bought: dict[str, Any] = {"type": "event", "event": {"name": "Bought"}}
        make(one, {**bought, "count": 2}, {**bought, "comparison": "exactly"})
        # Their own event comes before they are looked at: it must not make them what they are not.
        sent.append(arrival("m4", "track", ("user_id:1",), event="Other", at=NOW))
        await one.receive(sent[-1])
        assert (await members(one))["user_id:1"] == set()

        await look_at_everybody(one, audiences)

        assert await members(one) == expected(one, sent)
        assert (await members(one))["user_id:1"] == {"a0"}
        told = one.rows("SELECT name FROM events WHERE message_id LIKE 'audience:%'")
        assert told == [("Audience Entered",)]


@pytest.mark.parametrize(
    "seed", [1, 3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 12))]
)
async def test_members_are_whom_conditions_mean_wherever_events_are(
    tmp_path: Path, seed: int
) -> None:
    """Events come and go to the lake, people are merged and split, and audiences are new."""
    chance = Random(seed)
    async with shop(tmp_path) as one:
        audiences, story = audiences_of(one), tale(seed)
        sent: list[Arrival] = []
        await one.lake.open()
        for step in range(60):
            told = story.event()
            at = one.clock.time - chance.choice([0, 1, 40]) * DAY // 2
            event = json.dumps({**told.event, "timestamp": at})
            sent.append(
                Arrival(told.workspace, told.identifiers, told.message_id, told.type, at, at, event)
            )
            await one.receive(sent[-1])
            one.clock.time += chance.choice([0, DAY // 24, 5 * DAY])
            if step % 4 == 3:
                await disturb(one, chance)
            if step in {25, 45}:
                await one.lake.flush()
                await one.tender.tend()
                make(one, *CONDITIONS[:3] if step == 25 else CONDITIONS[3:])
        await one.identities.run(lambda network, sql, now: network.wake(sql, now, 1000))
        await look_at_everybody(one, audiences)
        assert await members(one) == expected(one, sent)


async def let_in(one: Shop, found: list[Past]) -> None:
    """Have what was read in the lake let in."""
    await one.identities.run(lambda network, sql, now: network.fill(sql, found, now=now))


async def test_what_goes_to_the_lake_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    """What was read is not let in if by then the lake has more of the person."""
    async with shop(tmp_path) as one:
        past = AudiencePast(one.readers, PastEvents(one.lake))
        sent = [
            arrival(f"m{n}", "track", ("user_id:1",), at=NOW - 60 * DAY + n * 7 * DAY)
            for n in range(1, 8)
        ]
        await one.receive(*sent, arrival("m9", "page", ("user_id:2",), at=NOW))
        await one.lake.flush()
        await one.tender.tend()
        make(one, {"type": "event", "event": {"call": "track"}, "count": 7})
        await one.identities.run(
            lambda network, sql, now: network.revisit(sql, ["w/user_id:1"], now=now)
        )
        read_before = await past.read(["w/user_id:1"])
        one.clock.time += 20 * DAY
        await one.tender.tend()
        await let_in(one, read_before)
        assert (await members(one))["user_id:1"] == set()
        await let_in(one, await past.read(["w/user_id:1"]))
        assert (await members(one))["user_id:1"] == {"a0"}
