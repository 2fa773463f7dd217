"""Taking over a parcel that lies in the same database: its events change hands where they lie.

What a `Pull` and a `Drop` do between databases by copying and deleting, as one step of the one
transaction that both actors are in. An event keeps its row, and so its place in the lake's order.
"""

from __future__ import annotations

import json

from headwater.actors import audience_moving
from headwater.actors.identity_messages import Page, Pull
from headwater.actors.identity_moving import name_of_rows, take_traits, thaw
from headwater.actors.identity_storage import PAGE, Turn

_KEYS = """
SELECT message_id, via FROM event
WHERE actor = ? AND message_id > ? ORDER BY message_id LIMIT ?
"""
_TAKE = "UPDATE event SET actor = ? WHERE actor = ? AND message_id > ? AND message_id <= ?"
_BUT = " AND message_id NOT IN (SELECT value FROM json_each(?))"


def take_here(turn: Turn, actor: str, request: Pull) -> int:
    """Take over the next page of a parcel, and with the last one close it; answer its events.

    An event that is at the actor too came twice: the parcel's is dropped with the parcel.
    """
    root = turn.root(actor)
    rows = name_of_rows(turn.state(request.to), request.parcel, request.to)
    keys = turn.sql.execute(_KEYS, (rows, request.cursor, PAGE))
    twice = _take_events(turn, actor, rows, request.cursor, keys) if keys else []
    is_first = request.cursor == ""
    page = Page(
        parcel=request.parcel,
        cursor=request.cursor,
        events=[],
        traits=turn.all_traits(rows) if is_first else [],
        next=keys[-1][0] if len(keys) == PAGE else None,
        history=turn.history(rows) if is_first else [],
        parts=audience_moving.parts(turn, rows) if is_first else [],
        members=audience_moving.members(turn, rows) if is_first else [],
    )
    take_traits(turn, actor, page)
    audience_moving.take_over(turn, actor, page, twice)
    if page.next is not None:
        root.imports[page.parcel] = page.next
    else:
        turn.drop(rows)
        thaw(turn, request.to, rows)
        del root.imports[page.parcel]
    turn.put(actor, root)
    return len(keys)


def _take_events(
    turn: Turn, actor: str, rows: str, cursor: str, keys: list[tuple[str, str]]
) -> list[str]:
    """Give a page of events to the actor; answer the identifiers of those that it has already."""
    known = {key[1] for key in turn.known([(actor, message_id) for message_id, _ in keys])}
    page = (actor, rows, cursor, keys[-1][0])
    if known:
        turn.sql.execute(_TAKE + _BUT, (*page, json.dumps(sorted(known))))
    else:
        turn.sql.execute(_TAKE, page)
    return [via for message_id, via in keys if message_id in known]
