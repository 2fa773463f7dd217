"""Tests of `headwater.local.lake`: what is stored is in the views, once, wherever it lies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.local.lake.harness import Shop, disturb, shop, tale
from tests.simulation.world import WORKSPACE, arrival


async def test_an_event_is_in_the_view_once_it_is_answered(tmp_path: Path) -> None:
    """Before any flush, after it, and while one is half way."""
    async with shop(tmp_path) as one:
        await one.lake.open()
        await one.receive(arrival("m1", "track", ("user_id:1",), event="Signed Up"))
        assert one.rows("SELECT person, via, name, type FROM events") == [
            ("user_id:1", "user_id:1", "Signed Up", "track")
        ]
        assert await one.lake.flush() == 1
        assert one.messages() == ["m1"]
        await one.receive(arrival("m2", "track", ("user_id:1",)))
        assert one.messages() == ["m1", "m2"]
        assert await one.lake.flush() == 1
        assert await one.lake.flush() == 0
        assert one.messages() == ["m1", "m2"]


async def test_people_and_their_identifiers_follow_merges_and_splits(tmp_path: Path) -> None:
    """An event's person is who holds its identifier now, also where its file says otherwise."""
    async with shop(tmp_path) as one:
        await one.lake.open()
        await one.receive(
            arrival("m1", "page", ("anonymous_id:a",)),
            arrival("m2", "identify", ("user_id:1",), traits={"plan": "pro", "n": 1}),
        )
        assert one.rows("SELECT identifier, person FROM identifiers ORDER BY 1") == [
            ("anonymous_id:a", "anonymous_id:a"),
            ("user_id:1", "user_id:1"),
        ]
        await one.lake.flush()
        await one.receive(
            arrival("m3", "identify", ("user_id:1", "anonymous_id:a"), traits={"plan": None})
        )
        people = "SELECT person, traits, epoch_ms(first_seen), epoch_ms(last_seen) FROM people"
        by_person = "SELECT message_id, person FROM events ORDER BY 1"
        assert one.rows(people) == [("user_id:1", '{"n":1}', 1000, 3000)]
        assert {person for _, person in one.rows(by_person)} == {"user_id:1"}
        await one.lake.flush()
        assert {person for _, person in one.rows(by_person)} == {"user_id:1"}
        explained = await one.identities.explain(WORKSPACE, "user_id:1")
        assert explained is not None
        await one.identities.split(WORKSPACE, "user_id:1", explained.links[0].id)
        split = [("m1", "anonymous_id:a"), ("m2", "user_id:1"), ("m3", "user_id:1")]
        assert one.rows(by_person) == split
        await one.lake.flush()
        assert one.rows(by_person) == split
        assert one.rows(people + " ORDER BY 1") == [
            ("anonymous_id:a", "{}", 1000, 1000),
            ("user_id:1", '{"n":1}', 2000, 3000),
        ]


async def test_a_merge_of_flushed_people_flushes_no_event_again(tmp_path: Path) -> None:
    """Their rows move within the database, and stay what they were in the lake."""
    async with shop(tmp_path) as one:
        await one.receive(
            *(arrival(f"m{n}", "track", (f"user_id:{n % 2 + 5}",)) for n in range(1, 20))
        )
        await one.lake.flush()
        await one.identities.merge(WORKSPACE, "user_id:5", "user_id:6")
        assert await one.lake.flush() == 0
        assert len(one.messages()) == len(set(one.messages())) == 19


async def test_a_merge_before_a_small_flush_loses_nothing(tmp_path: Path) -> None:
    """Rows that moved behind others count from where they stood at first."""
    async with shop(tmp_path, flush_events=3) as one:
        await one.receive(
            *(arrival(f"m{n}", "track", (f"user_id:{n % 3 + 5}",)) for n in range(1, 11))
        )
        await one.identities.merge(WORKSPACE, "user_id:5", "user_id:6")
        assert await one.lake.flush() == 10
        await one.identities.merge(WORKSPACE, "user_id:5", "user_id:7")
        assert await one.lake.flush() == 0
        assert len(one.messages()) == len(set(one.messages())) == 10


@pytest.mark.parametrize("seed", range(3))
async def test_the_view_is_what_was_stored(tmp_path: Path, seed: int) -> None:
    """Random people, merged, split, flushed, compacted, let go: events, owners, traits agree."""
    story = tale(seed)
    events: list[tuple[str, str]] = []
    async with shop(tmp_path, flush_events=7) as one:
        await one.lake.open()
        for _ in range(9):
            batch = [story.event() for _ in range(story.random.randint(1, 8))]
            events += [(each.message_id, each.identifiers[0]) for each in batch]
            await one.receive(*batch)
            await disturb(one, story.random)
            await _agrees(one, events)


async def _agrees(one: Shop, events: Sequence[tuple[str, str]]) -> None:
    owners = {}
    for person, traits in one.rows("SELECT person, traits FROM people"):
        found = await one.identities.person(WORKSPACE, person)
        assert found is not None
        assert json.loads(traits) == {name: one.value for name, one in found.traits.items()}
        held = [f"{each.type}:{each.value}" for each in found.identifiers]
        owners.update(dict.fromkeys(held, person))
        assert one.rows(
            f"SELECT identifier FROM identifiers WHERE person = '{person}' ORDER BY 1"
        ) == [(name,) for name in held]
    assert one.rows("SELECT message_id, via, person FROM events ORDER BY 1") == sorted(
        (message, via, owners[via]) for message, via in events
    )
