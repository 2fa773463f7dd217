"""What a destination's lane holds on people: what waits for it, and what was given up."""

from __future__ import annotations

import json
from collections.abc import Sequence

from headwater.actors import erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.everything_held import dead_letters_held, deliveries_held
from headwater.actors.lane_calls import ShowTheirs, TheirsShown
from headwater.ports import Sql
from headwater.workspace import WorkspaceConfig

MOST = 4_000_000
"""Bytes of events in one answer, but for a last one: two calls of Durable Objects carry 32 MB."""

_DONE = 2**62


def show_theirs(sql: Sql, workspace: str, call: ShowTheirs) -> TheirsShown:
    """Answer what there is of them among some of the rows."""
    people = ErasedPeople(workspace, call.identifiers)
    config = WorkspaceConfig(workspace, identity=call.rules)
    found: list[list[int]] = []
    until: list[int] = []
    for table, after in zip(("delivery", "dead_letter"), call.after, strict=True):
        theirs, _, last = erasing.some_deliveries_of(sql, table, people, config, after=after)
        some = _fitting(sql, table, theirs)
        found.append(some)
        if len(some) < len(theirs):
            until.append(some[-1])
        else:
            until.append(_DONE if last is None else last)
    lanes = dict(sql.execute("SELECT number, destination FROM delivery_lane"))
    return TheirsShown(
        deliveries=list(deliveries_held(sql, found[0], lanes)),
        dead_letters=list(dead_letters_held(sql, found[1], lanes)),
        until=None if until == [_DONE, _DONE] else (until[0], until[1]),
    )


def _fitting(sql: Sql, table: str, ids: Sequence[int]) -> list[int]:
    """Answer as many of these rows, in order, as one answer takes."""
    taken, size = list[int](), 0
    for id_, length in sql.execute(
        f"SELECT id, length(body) FROM {table}"  # noqa: S608 - `delivery` or `dead_letter`
        " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(ids),),
    ):
        size += length
        if taken and size > MOST:
            break
        taken.append(id_)
    return taken
