"""A shard of people, and what questions find in it."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.actors.migrations import migrate
from headwater.actors.population import Population, shard_of
from headwater.actors.schemas import POPULATION, migrations
from headwater.collect import json_text
from headwater.collect.times import write_time
from headwater.questions.answers.ask import ask
from headwater.questions.asking import Circumstances
from headwater.questions.question import read_question
from headwater.questions.sql.sqlite import SQLite
from tests.databases import driven, empty_database

NOW = 1_790_000_000_000


@pytest.fixture
def population() -> Any:
    """An empty shard."""
    database = empty_database()
    migrate(database, migrations(POPULATION))
    return driven(Population(database), database)


def event(message_id: str, name: str = "A", **fields: Any) -> str:
    """Answer an event's JSON text, as identity actors keep it."""
    return json_text.encode(
        {
            "type": "track",
            "messageId": message_id,
            "timestamp": write_time(NOW - 1000),
            "receivedAt": write_time(NOW - 900),
            "event": name,
            "properties": {"total": 5},
            "context": {},
            **fields,
        }
    )


def asked(population: Population, question: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Answer the rows of a question that this shard alone is asked."""
    asking = ask(read_question(question), Circumstances(SQLite(), NOW, is_whole=False))
    try:
        query = next(asking)
        while True:
            query = asking.send([population.answer(query.sql)])
    except StopIteration as done:
        return list(done.value.rows)


LIST = {"question": "list", "by": {"events": "A", "measure": "sum", "property": "properties.total"}}


def test_what_is_told_again_changes_nothing(population: Population) -> None:
    """Queues may say a thing twice."""
    for _ in range(2):
        population.index([("user_id:1", event("m1")), ("user_id:2", event("m1"))])
        population.index([("user_id:1", event("m2"))])

    assert asked(population, LIST) == [("user_id:1", 10), ("user_id:2", 5)]


def test_bots_are_known(population: Population) -> None:
    """By their context, as in the lake."""
    population.index([("user_id:1", event("m1", context={"bot": True}))])

    assert asked(population, LIST) == []
    assert asked(population, {**LIST, "include_bots": True}) == [("user_id:1", 5)]


def test_people_are_found_by_what_they_are(population: Population) -> None:
    """Traits, audiences and accounts; the last that was said counts."""
    population.index([(f"user_id:{number}", event("m1")) for number in range(3)])
    for plan in ("free", "pro"):
        population.describe("user_id:0", traits={"plan": plan}, first_seen=1, last_seen=2)
    population.describe("user_id:1", traits={}, first_seen=1, last_seen=2)
    population.describe("user_id:2", traits={}, first_seen=1, last_seen=2)
    population.enter("vip", "user_id:1", NOW)
    population.enter("vip", "user_id:2", NOW)
    population.leave("vip", "user_id:2")
    population.join("user_id:2", "acme", {"seats": 7})

    def who(condition: dict[str, Any]) -> list[str]:
        return [row[0] for row in asked(population, {**LIST, "people": condition})]

    assert who({"attribute": "plan", "operator": "equals", "value": "pro"}) == ["user_id:0"]
    assert who({"type": "audience", "audience": "vip"}) == ["user_id:1"]
    seats = {"path": "seats", "operator": "at_least", "value": 5}
    assert who({"type": "account", "where": [seats]}) == ["user_id:2"]


def test_people_move_with_all_that_is_theirs(population: Population) -> None:
    """Under another name, once however often it is said; what was there stays."""
    population.index([("anonymous_id:a", event("m1")), ("anonymous_id:a", event("m2"))])
    population.index([("user_id:1", event("m2")), ("user_id:1", event("m3"))])
    population.describe("anonymous_id:a", traits={"plan": "free"}, first_seen=1, last_seen=2)
    population.describe("user_id:1", traits={"plan": "pro"}, first_seen=1, last_seen=2)
    population.enter("vip", "anonymous_id:a", NOW)

    parcel = population.hand_over("anonymous_id:a")
    population.take(parcel, "user_id:1")
    population.take(parcel, "user_id:1")
    population.forget("anonymous_id:a")

    assert asked(population, LIST) == [("user_id:1", 15)]
    assert asked(population, {**LIST, "traits": ["plan"]}) == [("user_id:1", 15, "pro")]
    assert asked(population, {**LIST, "people": {"type": "audience", "audience": "vip"}}) == [
        ("user_id:1", 15)
    ]
    assert population.hand_over("anonymous_id:a").rows == {
        "events": [],
        "people": [],
        "memberships": [],
        "accounts": [],
    }


def test_people_are_spread_over_shards() -> None:
    """Each always into the same one, and about as many into each."""
    counts = [0] * 8
    for number in range(8000):
        counts[shard_of(f"user_id:{number}", 8)] += 1

    assert shard_of("user_id:42", 8) == shard_of("user_id:42", 8)
    assert min(counts) > 800
