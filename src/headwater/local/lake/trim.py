"""Letting go of events in the database that the lake holds, once they are no longer hot.

What people are shown of them stays: counts, first and last times, and on which days to look them
up, folded into their person's history in the transaction that deletes them. An event goes only
from a person at rest: of whoever is just being merged or split it stays, and is looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from headwater.actors.identity_history import History
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.collect.times import read_time
from headwater.lake import keys
from headwater.lake.manifest import Manifest, Tier
from headwater.lake.schema import EVENTS
from headwater.local.lake import position as positions
from headwater.ports import Sql

ROWS_A_TURN = 500
"""Rows that are looked at in one turn of the writer, so that events do not wait long for it."""

_ROWS = """
SELECT id, coalesce(origin, id), actor, via, type, timestamp, message_id,
       body ->> '$.receivedAt'
FROM event WHERE id > ? AND actor <> '' AND instr(actor, '/=account:') = 0 ORDER BY id LIMIT ?
"""
_DELETE = """
DELETE FROM event WHERE id IN (SELECT value FROM json_each(?))
"""


class _Row(NamedTuple):
    id: int
    position: int
    actor: str
    via: str
    type: str
    timestamp: int
    message_id: str
    received_at: str | None

    @property
    def day(self) -> int:
        try:
            return keys.day_number(read_time(self.received_at))
        except (ValueError, OverflowError):
            return keys.day_number(self.timestamp)  # as the lake has it; see tail.py


@dataclass(frozen=True, slots=True)
class Order:
    """What may go.

    Attributes:
        first_hot: the first day whose events stay.
        settled: by workspace, the days that are compacted in the lake.
    """

    first_hot: int
    settled: Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What one turn did.

    Attributes:
        reached: the id up to which it looked.
        more: whether there may be more to let go behind it.
        events: how many went.
        kept: how many of those that it looked at stay for now.
    """

    reached: int
    more: bool
    events: int
    kept: int


def settled_days(manifest: Manifest) -> frozenset[int]:
    """Answer the days whose files are compacted: events of others stay in the database."""
    days: dict[int, bool] = {}
    for one in manifest.of(EVENTS.name):
        if one.day is not None:
            days[one.day] = days.get(one.day, True) and one.tier is not Tier.MICRO
    return frozenset(day for day, settled in days.items() if settled)


def trim(sql: Sql, order: Order, *, after: int) -> Trimmed:
    """Let go of some of the events whose id is behind `after`; in a transaction."""
    at = positions.position(sql)
    highest = sql.execute("SELECT max(id) FROM event")[0][0]
    rows = [_Row(*row) for row in sql.execute(_ROWS, (after, ROWS_A_TURN))]
    old = [row for row in rows if row.day < order.first_hot]
    turn = Turn(sql, journal=True)
    turn.load(row.actor for row in old)
    due = [
        row
        for row in old
        if at is not None
        and row.position <= at.position
        and row.id != highest
        and isinstance(turn.state(row.actor), Root)
        and row.day in order.settled.get(row.actor.partition("/")[0], ())
    ]
    _let_go(sql, turn, due)
    turn.flush()
    return Trimmed(
        reached=rows[-1].id if rows else after,
        more=len(rows) == ROWS_A_TURN and bool(old),
        events=len(due),
        kept=len(rows) - len(due),
    )


def _let_go(sql: Sql, turn: Turn, rows: Sequence[_Row]) -> None:
    parts: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        parts.setdefault((row.actor, row.via), []).append(row)
    for (actor, via), part in parts.items():
        turn.add_history(
            actor,
            via,
            History.of((row.type, row.day, (row.timestamp, row.message_id)) for row in part),
        )
    sql.execute(_DELETE, ("[" + ",".join(str(row.id) for row in rows) + "]",))
