"""Dead letters: deliveries that were given up, kept with the reason until replayed or discarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headwater.ports import Sql, SqlValue

_PLACES = 1 << 40

_COLUMNS = """
dead_letter.id, workspace, destination, message_id, person, type, event, reason, status, response,
attempts, enqueued_at, died_at, body
"""
_FROM = "FROM dead_letter JOIN delivery_lane ON delivery_lane.number = dead_letter.lane"
_REVIVE = """
INSERT INTO delivery (id, person, message_id, size, enqueued_at, body)
SELECT revived.value ->> 0, person, message_id, size, ?, body
FROM json_each(?) AS revived JOIN dead_letter ON dead_letter.id = revived.value ->> 1
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event that was given up for one destination. Times in milliseconds.

    Attributes:
        person: whose event it is, `{workspace}/{type}:{value}`.
        type: the event's; `event` is a track call's name, else None.
        reason: why it was given up, for people.
        status: of the last response; None where there was none.
        response: how its body began.
        attempts: how often it was sent.
        body: the event as JSON text.
    """

    id: int
    workspace: str
    destination: str
    message_id: str
    person: str
    type: str | None
    event: str | None
    reason: str
    status: int | None
    response: str
    attempts: int
    enqueued_at: int
    died_at: int
    body: str


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Which dead letters; what is None does not count.

    Attributes:
        reason: a text that the reason contains, upper or lower case.
        event: a track call's name.
        since: died at or after, in milliseconds.
        until: died at or before, in milliseconds.
        ids: these alone.
        before: ids less than this: the page after one that ended there.
    """

    workspace: str
    destination: str | None = None
    reason: str | None = None
    event: str | None = None
    since: int | None = None
    until: int | None = None
    ids: tuple[int, ...] | None = None
    before: int | None = None


def dead_letters(sql: Sql, which: DeadLetterFilter, *, limit: int) -> list[DeadLetter]:
    """Answer dead letters, the latest first; `before` the last one's id leads to the next page."""
    where, params = _where(which)
    # What varies in the statement are constants of this file; what callers give is bound.
    sql_text = f"SELECT {_COLUMNS} {_FROM} WHERE {where} ORDER BY dead_letter.id DESC LIMIT ?"
    return [DeadLetter(*row) for row in sql.execute(sql_text, (*params, limit))]


def count(sql: Sql, which: DeadLetterFilter) -> int:
    """Answer how many there are."""
    where, params = _where(which)
    ((number,),) = sql.execute(f"SELECT count(*) {_FROM} WHERE {where}", params)
    return int(number)


def newest(sql: Sql) -> int:
    """Answer the id of the newest dead letter; 0 where there is none."""
    ((number,),) = sql.execute("SELECT coalesce(max(id), 0) FROM dead_letter")
    return int(number)


def replay(sql: Sql, which: DeadLetterFilter, now: int, *, limit: int = 1000) -> dict[str, int]:
    """Put dead letters back at the end of their lanes, the oldest first, as if just decided.

    Call it until it answers `{}`, with `before` set to one more than `newest` at the start, so
    that what dies again meanwhile is not replayed again.

    Returns:
        How many, by destination.
    """
    chosen = _chosen(sql, which, limit)
    replayed: dict[str, int] = {}
    for lane in dict.fromkeys(lane for _, lane, _ in chosen):
        ids = [id_ for id_, of, _ in chosen if of == lane]
        ((last,),) = sql.execute(
            "UPDATE delivery_lane SET last = last + ?, waiting = waiting + ? "
            "WHERE number = ? RETURNING last",
            (len(ids), len(ids), lane),
        )
        first = lane * _PLACES + int(last) - len(ids) + 1
        places = "[" + ",".join(f"[{first + at},{id_}]" for at, id_ in enumerate(ids)) + "]"
        sql.execute(_REVIVE, (now, places))
        destination = next(name for _, of, name in chosen if of == lane)
        replayed[destination] = len(ids)
    _delete(sql, [id_ for id_, _, _ in chosen])
    return replayed


def discard(sql: Sql, which: DeadLetterFilter, *, limit: int = 1000) -> int:
    """Delete dead letters for good; answer how many. Call it until it answers 0."""
    chosen = _chosen(sql, which, limit)
    _delete(sql, [id_ for id_, _, _ in chosen])
    return len(chosen)


def _chosen(sql: Sql, which: DeadLetterFilter, limit: int) -> list[tuple[int, int, str]]:
    where, params = _where(which)
    sql_text = (
        f"SELECT dead_letter.id, lane, destination {_FROM} "
        f"WHERE {where} ORDER BY dead_letter.id LIMIT ?"
    )
    return [(row[0], row[1], row[2]) for row in sql.execute(sql_text, (*params, limit))]


def _delete(sql: Sql, ids: Sequence[int]) -> None:
    sql.execute(
        "DELETE FROM dead_letter WHERE id IN (SELECT value FROM json_each(?))",
        (_json(ids),),
    )


def _where(which: DeadLetterFilter) -> tuple[str, list[SqlValue]]:
    conditions: list[tuple[str, SqlValue]] = [("workspace = ?", which.workspace)]
    optional: list[tuple[str, SqlValue]] = [
        ("destination = ?", which.destination),
        ("instr(lower(reason), lower(?)) > 0", which.reason),
        ("event = ?", which.event),
        ("died_at >= ?", which.since),
        ("died_at <= ?", which.until),
        ("dead_letter.id < ?", which.before),
        (
            "dead_letter.id IN (SELECT value FROM json_each(?))",
            None if which.ids is None else _json(which.ids),
        ),
    ]
    conditions += [(text, value) for text, value in optional if value is not None]
    return " AND ".join(text for text, _ in conditions), [value for _, value in conditions]


def _json(ids: Sequence[int]) -> str:
    return "[" + ",".join(map(str, ids)) + "]"
