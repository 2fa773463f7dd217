"""An actor with a database of its own lets go of events that are not hot, and safe in the lake.

What people are shown of them stays, folded into the history (identity_history.py), as locally
(local/lake/trim.py). On Cloudflare to delete a row costs as much as to write it, so it is done
for many at a time, when the actor is told anyway what the lake has of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from headwater.actors.identity_history import History
from headwater.actors.identity_own_storage import reached
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.collect.times import read_time
from headwater.lake import keys

MOST = 400
"""Events that are looked at a time, the oldest."""

LEAST = 40
"""Events that go at least: fewer wait for others."""

_OLDEST = """
SELECT id, via, type, timestamp, message_id, body ->> '$.receivedAt' FROM event
WHERE actor = ? AND (id <= ? OR origin = 0) AND id <> (SELECT max(id) FROM event)
ORDER BY id LIMIT ?
"""


def trim(turn: Turn, name: str, *, first_hot: int, unsettled: Collection[int]) -> int:
    """Let go of events received before a day (since 1970), but for days not compacted yet.

    Answers how many went. Call `turn.flush` then.
    """
    if not isinstance(turn.state(name), Root):
        return 0
    sql = turn.sql
    found = sql.execute(_OLDEST, (name, reached(sql).position, MOST))
    due: list[int] = []
    parts: dict[str, list[tuple[str, int, tuple[int, str]]]] = {}
    for id_, via, kind, timestamp, message_id, received_at in found:
        day = _day(received_at, timestamp)
        if day < first_hot and day not in unsettled:
            due.append(id_)
            parts.setdefault(via, []).append((kind, day, (timestamp, message_id)))
    if len(due) < LEAST:
        return 0
    for via, part in parts.items():
        turn.add_history(name, via, History.of(part))
    sql.execute(
        "DELETE FROM event WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(due),)
    )
    return len(due)


def _day(received_at: str | None, timestamp: int) -> int:
    try:
        return keys.day_number(read_time(received_at))
    except (ValueError, OverflowError):
        return keys.day_number(timestamp)  # as the lake has it
