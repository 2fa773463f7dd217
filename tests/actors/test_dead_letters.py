"""Dead letters: listed, replayed, discarded."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.actors import dead_letters, deliveries
from headwater.actors.dead_letters import DeadLetterFilter
from headwater.commands import Deliver
from headwater.destinations.outcome import Rejected
from headwater.destinations.settlement import Death, Settlement
from tests.actors.test_deliveries import lane, messages, read, sql
from tests.databases import Database

__all__ = ["sql"]

BURIED = [
    # name, type, destination, reason, status, died at
    ("Order Completed", "track", "d1", "the destination answered 400", 400, 10),
    (None, "identify", "d1", "Not delivered within 72 hours", None, 20),
    ("Order Refunded", "track", "d2", "the destination answered 422", 422, 30),
    ("Order Completed", "track", "d2", "no response: it broke", None, 40),
]


@pytest.fixture
def buried(sql: Database) -> Database:
    """Four dead letters of workspace w and one of another."""
    for number, (name, type_, destination, reason, status, died_at) in enumerate(BURIED):
        event = f',"event":"{name}"' if name else ""
        body = f'{{"type":"{type_}"{event}}}'
        _bury(
            sql,
            Deliver("w", destination, f"w/{number}", f"m{number}", body),
            died_at,
            reason,
            status,
        )
    _bury(sql, Deliver("x", "d9", "x/1", "other", "{}"), 50, "400", 400)
    return sql


def _bury(
    sql: Database,
    command: Deliver,
    died_at: int,
    reason: str,
    status: int | None,
) -> None:
    deliveries.enqueue(sql, [command], died_at - 5)
    number = lane(sql, command.destination, command.workspace)
    (row,) = deliveries.read(sql, number, after=0, limit=9, last_merge=0).rows
    death = Death(row.id, reason, status, "oh no")
    deliveries.settle(sql, number, Settlement(Rejected(reason), deaths=(death,)), died_at)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, ["m3", "m2", "m1", "m0"]),
        ({"destination": "d1"}, ["m1", "m0"]),
        ({"reason": "ANSWERED"}, ["m2", "m0"]),
        ({"reason": "not delivered"}, ["m1"]),
        ({"reason": "100%"}, []),
        ({"event": "Order Completed"}, ["m3", "m0"]),
        ({"since": 20, "until": 30}, ["m2", "m1"]),
        ({"event": "Order Completed", "destination": "d2"}, ["m3"]),
        ({"ids": (1, 3, 5)}, ["m2", "m0"]),
        ({"ids": ()}, []),
        ({"before": 3}, ["m1", "m0"]),
        ({"destination": "none"}, []),
    ],
)
def test_list_by_filter(buried: Database, fields: dict[str, Any], found: list[str]) -> None:
    """The latest come first, of one workspace only; every condition given must hold."""
    which = DeadLetterFilter("w", **fields)

    listed = dead_letters.dead_letters(buried, which, limit=10)

    assert [one.message_id for one in listed] == found
    assert dead_letters.count(buried, which) == len(found)


def test_says_all_there_is_to_know(buried: Database) -> None:
    """A dead letter has the event, the answer, and the times."""
    (first,) = dead_letters.dead_letters(buried, DeadLetterFilter("w", ids=(1,)), limit=1)

    assert first == dead_letters.DeadLetter(
        id=1,
        workspace="w",
        destination="d1",
        message_id="m0",
        person="w/0",
        type="track",
        event="Order Completed",
        reason="the destination answered 400",
        status=400,
        response="oh no",
        attempts=1,
        enqueued_at=5,
        died_at=10,
        body='{"type":"track","event":"Order Completed"}',
    )


def test_replay_puts_them_back_as_new(buried: Database) -> None:
    """They go to the end of their own lanes, oldest first, with no attempt on record."""
    deliveries.enqueue(buried, [Deliver("w", "d2", "w/9", "waiting", "{}")], 60)

    replayed = dead_letters.replay(buried, DeadLetterFilter("w"), 100)

    assert replayed == {"d1": 2, "d2": 2}
    assert messages(read(buried, "d1")) == ["m0", "m1"]
    reading = read(buried, "d2")
    assert messages(reading) == ["waiting", "m2", "m3"]
    assert [(row.attempts, row.enqueued_at) for row in reading.rows] == [
        (0, 60),
        (0, 100),
        (0, 100),
    ]
    assert dead_letters.dead_letters(buried, DeadLetterFilter("w"), limit=9) == []
    assert dead_letters.count(buried, DeadLetterFilter("x")) == 1
    figures = {one.destination: one for one in deliveries.statistics(buried)}
    assert (figures["d2"].waiting, figures["d2"].dead_letters) == (3, 0)


def test_replay_in_pages_loses_and_doubles_none(buried: Database) -> None:
    """Called until nothing is left, it replays each once."""
    which = DeadLetterFilter("w", before=dead_letters.newest(buried) + 1)
    total = 0
    while replayed := dead_letters.replay(buried, which, 100, limit=1):
        total += sum(replayed.values())

    assert total == 4
    assert messages(read(buried, "d1")) + messages(read(buried, "d2")) == ["m0", "m1", "m2", "m3"]


def test_discard(buried: Database) -> None:
    """What is discarded is gone, and nothing else."""
    which = DeadLetterFilter("w", destination="d1")

    assert dead_letters.discard(buried, which) == 2
    assert dead_letters.discard(buried, which) == 0
    assert dead_letters.count(buried, DeadLetterFilter("w")) == 2


def test_newest_of_none(sql: Database) -> None:
    """Without dead letters there is no id."""
    assert dead_letters.newest(sql) == 0
