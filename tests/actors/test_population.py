"""A shard of people: what it takes, and what questions find in it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from headwater.actors import population_backfill
from headwater.actors.migrations import migrate
from headwater.actors.population import FULL, Population, shard_of
from headwater.actors.population_calls import (
    AccountPortion,
    Described,
    Event,
    Held,
    Portion,
    Taken,
)
from headwater.actors.schemas import POPULATION, migrations
from headwater.questions.answers.ask import ask
from headwater.questions.asking import Circumstances
from headwater.questions.question import read_question
from headwater.questions.sql.sqlite import SQLite
from tests.databases import Database, driven, empty_database

NOW = 1_790_000_000_000
LIST = {"question": "list", "by": {"events": "A", "measure": "sum", "property": "properties.total"}}


class Shard:
    """A shard, and what was told to it last of each person."""

    def __init__(self, database: Database) -> None:
        migrate(database, migrations(POPULATION))
        self.sql = database
        self.population: Population = driven(Population(database), database)
        self.held: dict[str, Held] = {}

    def tell(self, person: str, *message_ids: str, after: Held | None = None, **what: Any) -> Taken:
        """Tell it of events, one position each, and of what the person is like."""
        held = after or self.held.get(person, Held())
        via = what.pop("via", person)
        context = what.pop("context", {})
        portion = Portion(
            workspace="w",
            person=person,
            stamp=held.stamp + 1,
            described=None if what.pop("gone", False) else described(person, **what),
            after=held.position,
            until=held.position + len(message_ids),
            events=[event(message_id, via, context) for message_id in message_ids],
            overlaps=True,
        )
        taken = self.population.take(portion)
        if after is None:
            self.held[person] = taken.held
        return taken

    def asked(self, question: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Answer the rows of a question that this shard alone is asked."""
        asking = ask(read_question(question), Circumstances(SQLite(), NOW, is_whole=False))
        try:
            query = next(asking)
            while True:
                query = asking.send([self.population.answer(query.sql)])
        except StopIteration as done:
            return list(done.value.rows)

    def who(self, condition: dict[str, Any]) -> list[str]:
        """Answer the people of whom a condition is true."""
        return sorted(row[0] for row in self.asked({**LIST, "people": condition}))


def described(person: str, **what: Any) -> Described:
    """Answer what a person is like."""
    return Described(
        traits=what.get("traits", {}),
        identifiers=what.get("identifiers", [person]),
        members=what.get("members", {}),
        accounts=what.get("accounts", []),
    )


def event(message_id: str, via: str, context: dict[str, Any]) -> Event:
    """Answer an event as a person's actor tells it."""
    null, total = msgspec.Raw(b"null"), msgspec.Raw(b'{"total":5}')
    text = msgspec.Raw(json.dumps(context).encode())
    bot = msgspec.Raw(json.dumps(context["bot"]).encode()) if "bot" in context else null
    return Event((NOW - 1000, message_id, "track", "A", bot), (total, null, text, via))


@pytest.fixture
def shard() -> Shard:
    """An empty shard."""
    return Shard(empty_database())


def test_events_are_counted_once_however_often_they_are_told(shard: Shard) -> None:
    """A word that comes again, or late, changes nothing, and tells how far the shard is."""
    shard.tell("user_id:1", "m1")
    first = shard.held["user_id:1"]
    shard.tell("user_id:1", "m2")
    shard.tell("user_id:2", "m1")
    again = shard.tell("user_id:1", "m2", after=first)

    assert not again.is_taken
    assert again.held == shard.held["user_id:1"] == shard.population.held("user_id:1")
    assert shard.asked(LIST) == [("user_id:1", 10), ("user_id:2", 5)]


def test_a_word_with_something_missing_before_it_is_not_taken(shard: Shard) -> None:
    """The actor is told where the shard is, and goes on from there."""
    taken = shard.tell("user_id:1", "m3", after=Held(2, 7))

    assert taken == Taken(Held(0, 0), is_taken=False)
    assert shard.asked(LIST) == []


def test_bots_are_known(shard: Shard) -> None:
    """By their context, as in the lake."""
    shard.tell("user_id:1", "m1", context={"bot": True})

    assert shard.asked(LIST) == []
    assert shard.asked({**LIST, "include_bots": True}) == [("user_id:1", 5)]


def test_people_are_found_by_what_they_are(shard: Shard) -> None:
    """Traits, audiences and accounts; the last that was said counts."""
    for plan in ("free", "pro"):
        shard.tell("user_id:0", f"m-{plan}", traits={"plan": plan})
    shard.tell("user_id:1", "m1", members={"vip": NOW})
    shard.tell("user_id:2", "m1", members={"vip": NOW}, accounts=["acme"])
    shard.tell("user_id:2", "m2", accounts=["acme"])
    shard.population.take_account(AccountPortion("acme", 5, {"seats": 7}))
    late = shard.population.take_account(AccountPortion("acme", 4, {"seats": 1}))

    assert not late.is_taken
    assert shard.who({"attribute": "plan", "operator": "equals", "value": "pro"}) == ["user_id:0"]
    assert shard.who({"type": "audience", "audience": "vip"}) == ["user_id:1"]
    seats = {"path": "seats", "operator": "at_least", "value": 5}
    assert shard.who({"type": "account", "where": [seats]}) == ["user_id:2"]


def test_who_becomes_part_of_somebody_is_nobody_any_more(shard: Shard) -> None:
    """What they did is told by the winner; a late word does not bring them back."""
    shard.tell("anonymous_id:a", "m1", "m2", traits={"plan": "free"}, members={"vip": NOW})
    late = Held()
    shard.tell("user_id:1", "m2", "m3", identifiers=["user_id:1"])
    shard.tell("anonymous_id:a", gone=True)
    shard.tell(
        "user_id:1", "m1", "m2", identifiers=["anonymous_id:a", "user_id:1"], via="anonymous_id:a"
    )

    assert not shard.tell("anonymous_id:a", "m1", "m2", after=late).is_taken
    assert shard.asked(LIST) == [("user_id:1", 15)]
    assert shard.who({"type": "audience", "audience": "vip"}) == []
    people = shard.population.answer("SELECT person, first_seen FROM people")
    assert people == [("user_id:1", NOW - 1000)]


def test_a_split_takes_events_away_by_the_identifier_they_came_by(shard: Shard) -> None:
    """Both halves are told of anew; a merge after that brings the events back."""
    both = ["anonymous_id:a", "user_id:1"]
    shard.tell("user_id:1", "m1", identifiers=both)
    shard.tell("user_id:1", "m2", "m3", identifiers=both, via="anonymous_id:a")
    shard.tell("user_id:1", identifiers=["user_id:1"])
    shard.tell("anonymous_id:a", "m2", "m3")

    assert sorted(shard.asked(LIST)) == [("anonymous_id:a", 10), ("user_id:1", 5)]

    shard.tell("anonymous_id:a", gone=True)
    shard.tell("user_id:1", "m2", "m3", identifiers=both, via="anonymous_id:a")

    assert shard.asked(LIST) == [("user_id:1", 15)]


def test_many_events_lie_in_few_rows(shard: Shard) -> None:
    """Rows written are what is charged for; a row that is full is followed by another."""
    names = [f"m{number}" for number in range(800)]
    for start in range(0, len(names), 10):
        shard.tell("user_id:1", *names[start : start + 10])

    rows = shard.sql.execute("SELECT length(bodies) FROM bundle ORDER BY number")
    assert len(rows) > 1
    assert all(length >= FULL for (length,) in rows[:-1])
    assert all(length < 2 * FULL for (length,) in rows)
    assert shard.asked(LIST) == [("user_id:1", 4000)]


def test_an_unchanged_person_costs_no_row(shard: Shard) -> None:
    """What is told again of somebody is compared, not written."""
    shard.tell("user_id:1", "m1", traits={"plan": "pro"}, members={"vip": 1})
    before = shard.sql.execute("SELECT * FROM person")
    shard.tell("user_id:1", "m2", traits={"plan": "pro"}, members={"vip": 1})

    assert shard.sql.execute("SELECT * FROM person") == before


def test_everybody_is_looked_at_once_for_each_change_of_audiences(shard: Shard) -> None:
    """In slices; a change that is known, or older, begins nothing."""
    for number in range(5):
        shard.tell(f"user_id:{number}", "m1")
    shard.tell("user_id:4", gone=True)
    sql = shard.sql

    def looked_through() -> list[list[str]]:
        slices = []
        while people := population_backfill.next_people(sql, limit=3, now=NOW + 9):
            population_backfill.looked_at(sql, people, population_backfill.newest(sql))
            slices.append(people)
        return slices

    population_backfill.begin(sql, "w", 7, now=NOW)
    assert looked_through() == [["user_id:0", "user_id:1", "user_id:2"], ["user_id:3"]]
    found = population_backfill.present(sql)
    assert found == population_backfill.Backfill("w", 7, "user_id:3", 4, 4, NOW, NOW + 9)

    population_backfill.begin(sql, "w", 6, now=NOW)
    population_backfill.begin(sql, "w", 7, now=NOW)
    assert looked_through() == []
    population_backfill.begin(sql, "w", 8, now=NOW)
    assert len(looked_through()) == 2


def test_people_are_spread_over_shards() -> None:
    """Each always into the same one, and about as many into each."""
    counts = [0] * 8
    for number in range(8000):
        counts[shard_of(f"user_id:{number}", 8)] += 1

    assert shard_of("user_id:42", 8) == shard_of("user_id:42", 8)
    assert min(counts) > 800
