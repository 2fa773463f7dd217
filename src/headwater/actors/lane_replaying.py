"""Events of the past put into a lane, each once, beside what happens now."""

from __future__ import annotations

import json

import msgspec

from headwater.actors import deliveries
from headwater.actors.lane_calls import Place, Replay, Replayed
from headwater.ports import Sql

MOST_WAITING = 500
"""While more wait in the lane, nothing is added: so few does what happens now wait behind."""

_KEPT = 100
"""Replays of which it is known how far they came."""


def replay(sql: Sql, workspace: str, destination: str, call: Replay, *, now: int) -> Replayed:
    """Append what is not in the lane yet, and note how far the replay is."""
    if deliveries.waiting(sql, workspace, destination) > MOST_WAITING:
        return Replayed(is_taken=False)
    if not call.events:
        return Replayed(is_taken=True)
    known = _place(sql, call.job)
    new = [command for place, command in call.events if known is None or place > known]
    deliveries.enqueue(sql, new, now)
    if known is None or call.until > known:
        sql.execute(
            "INSERT INTO replayed (job, place) VALUES (?, ?)"
            " ON CONFLICT (job) DO UPDATE SET place = excluded.place",
            (call.job, json.dumps(call.until, ensure_ascii=False)),
        )
        sql.execute(
            "DELETE FROM replayed WHERE rowid <= (SELECT max(rowid) FROM replayed) - ?", (_KEPT,)
        )
    return Replayed(is_taken=True)


def _place(sql: Sql, job: str) -> Place | None:
    rows = sql.execute("SELECT place FROM replayed WHERE job = ?", (job,))
    return msgspec.json.decode(rows[0][0], type=Place) if rows else None
