"""The queue of deliveries in the database."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from headwater.actors import deliveries
from headwater.actors.deliveries import Reading
from headwater.commands import Deliver
from headwater.destinations.outcome import Delivered, Rejected, RetryAfter
from headwater.destinations.settlement import Death, Retry, Settlement
from tests.databases import Database, database_with


@pytest.fixture
def sql() -> Iterator[Database]:
    """A database in memory with the schema."""
    database = database_with(deliveries.schema())
    yield database
    database.close()


def deliver(
    message: str, person: str = "w/user_id:1", destination: str = "d1", workspace: str = "w"
) -> Deliver:
    """A command with an event of that id."""
    body = f'{{"type":"track","event":"Order é","messageId":"{message}"}}'
    return Deliver(workspace, destination, person, message, body)


def lane(sql: Database, destination: str = "d1", workspace: str = "w") -> int:
    """The lane's number."""
    number = deliveries.lane_number(sql, workspace, destination)
    assert number is not None
    return number


def read(sql: Database, destination: str = "d1", **fields: Any) -> Reading:
    """All of a lane."""
    asked = {"after": 0, "limit": 1000, "last_merge": 0, **fields}
    return deliveries.read(sql, lane(sql, destination), **asked)


def messages(reading: Reading) -> list[str]:
    """Their message ids."""
    return [row.message_id for row in reading.rows]


def test_lane_holds_its_own_in_order_of_commits(sql: Database) -> None:
    """Each lane gives back what was put in it, first in first."""
    deliveries.enqueue(sql, [deliver("a"), deliver("b", destination="d2"), deliver("c")], 10)
    deliveries.enqueue(sql, [deliver("d"), deliver("e", workspace="x")], 20)

    assert messages(read(sql)) == ["a", "c", "d"]
    assert messages(read(sql, "d2")) == ["b"]
    row = read(sql).rows[2]
    assert (row.person, row.enqueued_at, row.attempts, row.next_at, row.batch) == (
        "w/user_id:1",
        20,
        0,
        0,
        None,
    )
    assert row.size == len(deliver("d").body.encode())
    assert deliveries.bodies(sql, [row.id]) == {row.id: deliver("d").body}


def test_nothing_to_enqueue(sql: Database) -> None:
    """No command makes no lane."""
    deliveries.enqueue(sql, [], 0)

    assert deliveries.statistics(sql) == []
    assert deliveries.lane_number(sql, "w", "d1") is None


def test_reading_goes_on_behind_a_row(sql: Database) -> None:
    """A page ends at its limit, and the next begins behind its last row."""
    deliveries.enqueue(sql, [deliver(str(number)) for number in range(5)], 0)

    first = read(sql, limit=3)

    assert messages(first) == ["0", "1", "2"]
    assert messages(read(sql, after=first.rows[-1].id)) == ["3", "4"]
    assert messages(read(sql, limit=0)) == []


def test_places_are_never_given_out_again(sql: Database) -> None:
    """A reader's cursor misses nothing after the lane was empty."""
    deliveries.enqueue(sql, [deliver("a")], 0)
    (row,) = read(sql).rows
    deliveries.settle(sql, lane(sql), Settlement(Delivered(), delivered=(row.id,)), 0)
    deliveries.enqueue(sql, [deliver("b")], 0)

    assert messages(read(sql, after=row.id)) == ["b"]


def test_settling_writes_what_the_lane_decided(sql: Database) -> None:
    """Delivered rows go, failed ones are marked, and dead ones become dead letters."""
    deliveries.enqueue(sql, [deliver(name) for name in "abcd"], 5)
    ids = [row.id for row in read(sql).rows]
    deliveries.settle(
        sql,
        lane(sql),
        Settlement(
            RetryAfter(None, "503"),
            delivered=(ids[0],),
            retries=(Retry((ids[1], ids[2]), 900, ids[1]),),
            deaths=(Death(ids[3], "400", 400, "bad"),),
        ),
        50,
    )

    left = read(sql).rows
    assert [(row.message_id, row.attempts, row.next_at, row.batch) for row in left] == [
        ("b", 1, 900, ids[1]),
        ("c", 1, 900, ids[1]),
    ]
    (statistics,) = deliveries.statistics(sql)
    assert (statistics.waiting, statistics.retrying, statistics.oldest) == (2, 2, 5)
    assert (statistics.delivered, statistics.failed, statistics.dead_letters) == (1, 1, 1)


def test_settling_again_changes_nothing(sql: Database) -> None:
    """A row that is gone is passed over, and the counts stay true."""
    deliveries.enqueue(sql, [deliver("a"), deliver("b")], 5)
    ids = tuple(row.id for row in read(sql).rows)
    settled = Settlement(Rejected("x"), (ids[0],), deaths=(Death(ids[1], "400", None, ""),))

    for _ in range(2):
        deliveries.settle(sql, lane(sql), settled, 0)

    (statistics,) = deliveries.statistics(sql)
    assert (statistics.waiting, statistics.delivered, statistics.failed) == (0, 1, 1)
    assert statistics.oldest is None


def test_dropping_a_lane(sql: Database) -> None:
    """A destination that is deleted takes what waits with it, and nothing else."""
    deliveries.enqueue(sql, [deliver("a"), deliver("b", destination="d2")], 5)

    assert deliveries.drop(sql, "w", "d1") == 1
    assert deliveries.drop(sql, "w", "never") == 0
    assert messages(read(sql)) == []
    assert messages(read(sql, "d2")) == ["b"]
    assert [one.waiting for one in deliveries.statistics(sql)] == [0, 1]


def test_merged_people_share_an_order(sql: Database) -> None:
    """Rows of the loser are read as the winner's, from the moment of the merge."""
    deliveries.enqueue(sql, [deliver("a", "w/x"), deliver("b", "w/y")], 5)
    before = read(sql)
    deliveries.rekey(sql, "w/x", "w/y")

    after = read(sql, last_merge=before.last_merge)

    assert before.merges == ()
    assert after.merges == (("w/x", "w/y"),)
    assert [row.person for row in after.rows] == ["w/y", "w/y"]
    assert read(sql, last_merge=after.last_merge).merges == ()


def test_merge_costs_nothing_while_nothing_waits(sql: Database) -> None:
    """No record is kept of it, not even where another workspace waits."""
    deliveries.enqueue(sql, [deliver("a", "x/1", workspace="x")], 5)

    deliveries.rekey(sql, "w/x", "w/y")

    assert sql.execute("SELECT * FROM delivery_order") == []


def test_old_merges_are_trimmed(sql: Database) -> None:
    """A merge is forgotten when all that waited at it is gone."""
    deliveries.enqueue(sql, [deliver("a", "w/x")], 0)
    deliveries.rekey(sql, "w/x", "w/y")
    deliveries.enqueue(sql, [deliver("b", "w/y")], 4_000_000)
    deliveries.trim_merges(sql)
    assert len(sql.execute("SELECT * FROM delivery_order")) == 1

    first = read(sql).rows[0].id
    deliveries.settle(sql, lane(sql), Settlement(Delivered(), delivered=(first,)), 0)
    deliveries.trim_merges(sql)

    assert sql.execute("SELECT * FROM delivery_order") == []


@pytest.mark.parametrize("seed", range(50))
def test_any_merges_give_one_order_per_merged_person(seed: int) -> None:
    """Chains, cycles and repeated merges come to the connected people; incremental reading too."""
    draw = random.Random(seed)
    database = database_with(deliveries.schema())
    people = [f"w/{number}" for number in range(6)]
    deliveries.enqueue(database, [deliver(person, person) for person in people], 0)
    groups = {person: {person} for person in people}
    names = {row.message_id: row.person for row in read(database).rows}
    last_merge = 0
    for _ in range(draw.randint(1, 8)):
        loser, winner = draw.sample(people, 2)
        deliveries.rekey(database, loser, winner)
        union = groups[loser] | groups[winner]
        groups.update(dict.fromkeys(union, union))
        if draw.random() < 0.5:
            reading = read(database, last_merge=last_merge)
            last_merge = reading.last_merge
            names = _renamed(names, reading)
    reading = read(database, last_merge=last_merge)
    names = _renamed(names, reading)

    fresh = {row.message_id: row.person for row in reading.rows}
    assert names == fresh
    for one in people:
        for other in people:
            assert (fresh[one] == fresh[other]) is (other in groups[one])
    database.close()


def _renamed(names: dict[str, str], reading: Reading) -> dict[str, str]:
    for loser, winner in reading.merges:
        names = {one: winner if name == loser else name for one, name in names.items()}
    return names


def test_lane_is_read_without_a_scan_or_a_sort(sql: Database) -> None:
    """Reading a lane costs what it answers, however much waits in others."""
    deliveries.enqueue(sql, [deliver("a")], 0)
    plan = sql.execute(f"EXPLAIN QUERY PLAN {deliveries._READ}", (0, 1, 1))

    told = " / ".join(str(row[3]) for row in plan)
    assert "SEARCH delivery USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in told
    assert "SCAN" not in told
    assert "TEMP B-TREE" not in told


def test_figures_cost_the_same_with_a_backlog(sql: Database) -> None:
    """A lane's figures come without counting what waits."""
    deliveries.enqueue(sql, [deliver(str(number)) for number in range(50_000)], 0)
    started = time.perf_counter()

    (statistics,) = deliveries.statistics(sql)

    assert statistics.waiting == 50_000
    assert time.perf_counter() - started < 0.05
