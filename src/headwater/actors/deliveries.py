"""The queue of deliveries, in the database of the actors that decide them.

A delivery is a row from the transaction that decided it until the one that settles it, so a crash
loses none. Each function runs inside its caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from headwater.commands import Deliver
from headwater.destinations.settlement import Death, Retry, Row, Settlement
from headwater.ports import Sql

_PLACES = 1 << 40
_HOUR = 3_600_000

# Takes as many places as there are new rows, and makes the lane where it is new.
_RESERVE = """
INSERT INTO delivery_lane (workspace, destination, last, waiting) VALUES (?, ?, ?, ?)
ON CONFLICT (workspace, destination)
DO UPDATE SET last = last + excluded.last, waiting = waiting + excluded.waiting
RETURNING number, last
"""
_ENQUEUE = """
INSERT INTO delivery (id, person, message_id, size, enqueued_at, body) VALUES (?, ?, ?, ?, ?, ?)
"""
_READ = """
SELECT delivery.id, coalesce(delivery_order.winner, delivery.person), message_id, size,
       enqueued_at, attempts, next_at, batch
FROM delivery LEFT JOIN delivery_order ON delivery_order.loser = delivery.person
WHERE delivery.id > ? AND delivery.id < ?
ORDER BY delivery.id LIMIT ?
"""
_BODIES = """
SELECT delivery.id, body FROM json_each(?) AS wanted JOIN delivery ON delivery.id = wanted.value
"""
_DELETE = "DELETE FROM delivery WHERE id IN (SELECT value FROM json_each(?)) RETURNING id"
_RETRY = """
UPDATE delivery SET attempts = attempts + 1, next_at = ?, batch = ?
WHERE id IN (SELECT value FROM json_each(?))
"""
_BURY = """
INSERT INTO dead_letter
    (lane, message_id, person, type, event, reason, status, response,
     attempts, enqueued_at, died_at, size, body)
SELECT ?, message_id, person, body ->> '$.type', body ->> '$.event', dead.value ->> 1,
       dead.value ->> 2, dead.value ->> 3, attempts + 1, enqueued_at, ?, size, body
FROM json_each(?) AS dead JOIN delivery ON delivery.id = dead.value ->> 0
ORDER BY delivery.id
"""
_COUNT = """
UPDATE delivery_lane
SET waiting = waiting - ?, delivered = delivered + ?, failed = failed + ? WHERE number = ?
"""
_WAIT = "UPDATE delivery_lane SET waiting = waiting + ? WHERE number = ?"
# When the last of the rows that wait in a workspace was enqueued.
_NEWEST = """
SELECT max((SELECT enqueued_at FROM delivery
            WHERE id > number * 1099511627776 AND id < (number + 1) * 1099511627776
            ORDER BY id DESC LIMIT 1))
FROM delivery_lane WHERE workspace = ? AND waiting > 0
"""
_STATISTICS = """
SELECT number, workspace, destination, waiting, delivered, failed,
       (SELECT enqueued_at FROM delivery
        WHERE id > number * 1099511627776 AND id < (number + 1) * 1099511627776
        ORDER BY id LIMIT 1),
       (SELECT count(*) FROM delivery INDEXED BY delivery_retry WHERE attempts > 0
        AND id > number * 1099511627776 AND id < (number + 1) * 1099511627776),
       (SELECT count(*) FROM dead_letter WHERE lane = number)
FROM delivery_lane
"""


def schema() -> str:
    """Answer the statements that make the tables, where they are not there yet."""
    return resources.files(__package__).joinpath("deliveries.sql").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class LaneStatistics:
    """What storage knows of a lane. Times in milliseconds; `oldest` is None where none waits."""

    number: int
    workspace: str
    destination: str
    waiting: int
    delivered: int
    failed: int
    oldest: int | None
    retrying: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows of a lane, and whose events wait for each other since an earlier reading.

    Attributes:
        merges: (loser, winner), in the order in which they happened.
        last_merge: what to ask with next time.
    """

    rows: tuple[Row, ...]
    merges: tuple[tuple[str, str], ...]
    last_merge: int


def enqueue(sql: Sql, commands: Sequence[Deliver], now: int) -> None:
    """Append deliveries to their lanes, in this order; call it where they were decided."""
    counts: dict[tuple[str, str], int] = {}
    for command in commands:
        key = (command.workspace, command.destination)
        counts[key] = counts.get(key, 0) + 1
    places = {key: _reserve(sql, key, count) for key, count in counts.items()}
    rows = []
    for command in commands:
        key = (command.workspace, command.destination)
        places[key] = place = places[key] + 1
        size = size_of(command.body)
        rows.append((place, command.person, command.message_id, size, now, command.body))
    if rows:
        sql.execute_many(_ENQUEUE, rows)


def size_of(body: str) -> int:
    """Answer a body's size in bytes."""
    return len(body) if body.isascii() else len(body.encode("utf-8", "surrogatepass"))


def _reserve(sql: Sql, key: tuple[str, str], count: int) -> int:
    """Answer the id before the first of so many that are now taken."""
    ((number, last),) = sql.execute(_RESERVE, (*key, count, count))
    return int(number) * _PLACES + int(last) - count


def reserve(sql: Sql, workspace: str, destination: str, count: int) -> tuple[int, int]:
    """Take ids for rows that may never be stored; answer the lane's number and the first id."""
    ((number, last),) = sql.execute(_RESERVE, (workspace, destination, count, 0))
    return int(number), int(number) * _PLACES + int(last) - count + 1


def store(sql: Sql, lane: int, rows: Sequence[tuple[Row, str]]) -> None:
    """Write rows with their bodies under ids that were reserved."""
    values = [
        (row.id, row.person, row.message_id, row.size, row.enqueued_at, body) for row, body in rows
    ]
    if values:
        sql.execute_many(_ENQUEUE, values)
        sql.execute(_WAIT, (len(values), lane))


def count_delivered(sql: Sql, lane: int, delivered: int) -> None:
    """Count what was delivered without ever having been stored."""
    sql.execute(_COUNT, (0, delivered, 0, lane))


def rekey(sql: Sql, loser: str, winner: str) -> None:
    """Have the events of two people of one workspace wait for each other from now on.

    Call it after `enqueue` of what was decided before the merge, in the same transaction. It is
    one short read while the workspace has nothing that waits.

    Args:
        sql: the lanes' database.
        loser: the actor that ceases, as the commands name it, `{workspace}/{type}:{value}`.
        winner: the actor that it is part of now.
    """
    ((newest,),) = sql.execute(_NEWEST, (loser.partition("/")[0],))
    first, second = _ordered_as(sql, loser), _ordered_as(sql, winner)
    if newest is None or first == second:
        return
    sql.execute("UPDATE delivery_order SET winner = ? WHERE winner = ?", (second, first))
    sql.execute(
        "INSERT INTO delivery_order (loser, winner, newest) VALUES (?, ?, ?)",
        (first, second, newest),
    )


def _ordered_as(sql: Sql, person: str) -> str:
    rows = sql.execute("SELECT winner FROM delivery_order WHERE loser = ?", (person,))
    return str(rows[0][0]) if rows else person


def trim_merges(sql: Sql) -> None:
    """Forget the merges before which nothing was enqueued that still waits."""
    oldest = min((lane.oldest for lane in statistics(sql) if lane.oldest is not None), default=None)
    if oldest is None:
        sql.execute("DELETE FROM delivery_order")
    else:
        # The hour allows for a clock that was set back.
        sql.execute("DELETE FROM delivery_order WHERE newest < ?", (oldest - _HOUR,))


def waiting(sql: Sql, workspace: str, destination: str) -> int:
    """Answer how many deliveries wait for a destination."""
    rows = sql.execute(
        "SELECT waiting FROM delivery_lane WHERE workspace = ? AND destination = ?",
        (workspace, destination),
    )
    return int(rows[0][0]) if rows else 0


def lane_number(sql: Sql, workspace: str, destination: str) -> int | None:
    """Answer a lane's number; None where nothing was ever enqueued for it."""
    rows = sql.execute(
        "SELECT number FROM delivery_lane WHERE workspace = ? AND destination = ?",
        (workspace, destination),
    )
    return int(rows[0][0]) if rows else None


def read(sql: Sql, lane: int, *, after: int, limit: int, last_merge: int) -> Reading:
    """Answer a lane's rows by id, after one, and the merges since one; 0 begins either.

    Both are of one moment if the caller's connection reads in one transaction.
    """
    merges = sql.execute(
        "SELECT id, loser, winner FROM delivery_order WHERE id > ? ORDER BY id", (last_merge,)
    )
    start = max(after, lane * _PLACES)
    rows = sql.execute(_READ, (start, (lane + 1) * _PLACES, limit)) if limit else []
    return Reading(
        rows=tuple(Row(*row) for row in rows),
        merges=tuple((loser, winner) for _, loser, winner in merges),
        last_merge=merges[-1][0] if merges else last_merge,
    )


def bodies(sql: Sql, ids: Sequence[int]) -> Mapping[int, str]:
    """Answer the events' JSON texts by row id; rows that are gone are left out."""
    return dict(sql.execute(_BODIES, (json.dumps(ids),)))


def settle(sql: Sql, lane: int, settlement: Settlement, now: int) -> None:
    """Write what an attempt's outcome changed; a row that is gone is passed over."""
    delivered = len(_delete(sql, settlement.delivered))
    for retry in settlement.retries:
        _mark(sql, retry)
    failed = _bury(sql, lane, settlement.deaths, now)
    if delivered or failed:
        sql.execute(_COUNT, (delivered + failed, delivered, failed, lane))


def _mark(sql: Sql, retry: Retry) -> None:
    sql.execute(_RETRY, (retry.next_at, retry.batch, json.dumps(retry.ids)))


def _bury(sql: Sql, lane: int, deaths: Sequence[Death], now: int) -> int:
    if not deaths:
        return 0
    graves = [(death.id, death.reason, death.status, death.response) for death in deaths]
    sql.execute(_BURY, (lane, now, json.dumps(graves)))
    return len(_delete(sql, [death.id for death in deaths]))


def _delete(sql: Sql, ids: Sequence[int]) -> Sequence[object]:
    return sql.execute(_DELETE, (json.dumps(ids),)) if ids else ()


def statistics(sql: Sql) -> list[LaneStatistics]:
    """Answer every lane's figures."""
    return [LaneStatistics(*row) for row in sql.execute(_STATISTICS)]


def drop(sql: Sql, workspace: str, destination: str) -> int:
    """Delete all that waits for a destination, as when it is deleted; answer how many rows."""
    number = lane_number(sql, workspace, destination)
    if number is None:
        return 0
    gone = sql.execute(
        "DELETE FROM delivery WHERE id > ? AND id < ? RETURNING id",
        (number * _PLACES, (number + 1) * _PLACES),
    )
    sql.execute("UPDATE delivery_lane SET waiting = 0 WHERE number = ?", (number,))
    return len(gone)
