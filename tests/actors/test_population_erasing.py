"""Erased people taken out of a shard: their own rows, and their events in others' rows."""

from __future__ import annotations

import msgspec

from headwater.actors import population_erasing
from headwater.actors.migrations import migrate
from headwater.actors.population import Population
from headwater.actors.population_calls import Described, Event, Portion, Sift
from headwater.actors.population_erasing import sift
from headwater.actors.schemas import POPULATION, migrations
from tests.databases import Database, driven, empty_database


def told(people: dict[str, list[tuple[str, str]]]) -> Database:
    """Answer a shard that knows these people: message ids, and by which identifier they came."""
    sql = empty_database()
    migrate(sql, migrations(POPULATION))
    population: Population = driven(Population(sql), sql)
    for person, messages in people.items():
        raw = msgspec.Raw(b"null")
        events = [
            Event((number, message, "track", "A", raw), (raw, raw, raw, via))
            for number, (message, via) in enumerate(messages)
        ]
        described = Described({"note": person}, [person], {"aud": 1}, [])
        population.take(Portion("w", person, 1, described, until=len(events), events=events))
    return sql


def sifted(sql: Database, *identifiers: str) -> int:
    """Take people out; answer how much went."""
    removed, after = 0, ""
    while True:
        done = sql.run(lambda: sift(sql, Sift(list(identifiers), after)))  # noqa: B023 - run at once
        removed += done.rows
        if done.until is None:
            return removed
        after = done.until


def test_rows_of_their_own_go() -> None:
    """Person, events and memberships; those of others stay."""
    sql = told({"user_id:1": [("m1", "user_id:1")], "user_id:2": [("m2", "user_id:2")]})

    assert sifted(sql, "user_id:1", "anonymous_id:9") == 3

    for table in ("person", "bundle", "memberships"):
        assert sql.execute(f"SELECT person FROM {table}") == [("user_id:2",)]
    assert sifted(sql, "user_id:1", "anonymous_id:9") == 0


def test_events_that_lie_with_others_go_alone() -> None:
    """By the identifier that they came by, whatever it is made of; times are of what stays."""
    odd = 'anonymous_id:q"uö\\te'
    sql = told({"user_id:2": [("m1", odd), ("m2", "user_id:2"), ("m3", odd)]})

    assert sifted(sql, odd) == 2

    ((first, last),) = sql.execute("SELECT first, last FROM bundle")
    assert (first, last) == (1, 1)
    assert sql.execute("SELECT message_id FROM events") == [("m2",)]


def test_a_bundle_of_theirs_alone_goes_whole() -> None:
    """Where somebody else's row has no event of their own."""
    sql = told({"user_id:2": [("m1", "user_id:1")]})

    assert sifted(sql, "user_id:1") == 1

    assert sql.execute("SELECT * FROM bundle") == []
    assert sql.execute("SELECT person FROM person") == [("user_id:2",)]


def test_all_are_looked_through_slice_by_slice() -> None:
    """However many people a shard has."""
    people = population_erasing.PEOPLE + 3
    sql = told({f"user_id:{n:05}": [("m", "user_id:gone")] for n in range(people)})

    assert sifted(sql, "user_id:gone") == people
