"""An outbox: commands leave in order, in parcels that fit, and go when they are acknowledged."""

from __future__ import annotations

import pytest

from headwater.actors import outbox
from headwater.commands import Command, Deliver, Rekey
from tests.databases import Database, database_with


@pytest.fixture
def sql() -> Database:
    """An empty outbox."""
    return database_with(outbox.schema())


def deliver(number: int, body: str = "{}") -> Deliver:
    """Answer a delivery."""
    return Deliver("w", "d", "w/user_id:1", f"m{number}", body)


def drained(sql: Database) -> list[list[Command]]:
    """Take everything out, parcel by parcel."""
    taken = []
    while parcel := outbox.oldest(sql, "w/user_id:1"):
        taken.append(parcel.commands)
        assert outbox.acknowledge(sql, parcel.id, parcel.token)
    return taken


def test_commands_come_out_as_they_went_in(sql: Database) -> None:
    """What several calls decided while a parcel was under way is one parcel, in their order."""
    outbox.put(sql, [deliver(1), deliver(2)], now=5)
    outbox.put(sql, [deliver(3)], now=6)

    assert outbox.waiting_since(sql) == 5
    assert drained(sql) == [[deliver(1), deliver(2), deliver(3)]]
    assert outbox.waiting_since(sql) is None


def test_nothing_makes_no_row(sql: Database) -> None:
    """An event that nobody is to hear of costs no write."""
    outbox.put(sql, [], now=5)

    assert outbox.oldest(sql, "w/user_id:1") is None


def test_a_merge_is_a_parcel_of_its_own(sql: Database) -> None:
    """It may have to wait for the loser's parcels, and nothing else should."""
    merge = Rekey(loser="w/anonymous_id:a", winner="w/user_id:1")
    outbox.put(sql, [deliver(1), merge, deliver(2), deliver(3)], now=5)

    assert drained(sql) == [[deliver(1)], [merge], [deliver(2), deliver(3)]]


def test_a_parcel_fits_into_a_message(sql: Database) -> None:
    """Large events are cut into several rows; escaped once more they still fit."""
    large = [deliver(number, '{"x":"' + '\\"' * 10_000 + '"}') for number in range(6)]
    outbox.put(sql, large, now=5)

    parts = drained(sql)

    assert [one for part in parts for one in part] == large
    assert len(parts) > 1

    for one in large:
        outbox.put(sql, [one], now=6)
    assert drained(sql) == parts
    for part in parts:
        assert len(outbox._encoder.encode(part)) < 120_000


def test_an_acknowledgement_forgets_what_was_in_the_parcel(sql: Database) -> None:
    """What was decided after it was handed out stays, and so does what a lost one held."""
    outbox.put(sql, [deliver(1)], now=5)
    first = outbox.oldest(sql, "w/user_id:1")
    outbox.put(sql, [deliver(2)], now=6)
    second = outbox.oldest(sql, "w/user_id:1")
    outbox.put(sql, [deliver(3)], now=7)
    assert first is not None
    assert second is not None

    assert outbox.acknowledge(sql, first.id, first.token)
    assert outbox.acknowledge(sql, second.id, second.token)
    assert not outbox.acknowledge(sql, first.id, first.token)
    assert drained(sql) == [[deliver(3)]]


def test_an_acknowledgement_that_comes_twice_forgets_nothing_else(sql: Database) -> None:
    """Row ids are given out again; the token tells an old parcel from a new one."""
    outbox.put(sql, [deliver(1)], now=5)
    first = outbox.oldest(sql, "w/user_id:1")
    assert first is not None
    outbox.acknowledge(sql, first.id, first.token)
    outbox.put(sql, [deliver(2)], now=6)

    assert not outbox.acknowledge(sql, first.id, first.token)
    assert drained(sql) == [[deliver(2)]]
