"""Erased people taken out of a destination's lane: what waits for it, and what was given up."""

from __future__ import annotations

import json

from headwater.actors import erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.lane_calls import Sift, Sifted
from headwater.ports import Sql
from headwater.workspace import WorkspaceConfig

_DONE = 2**62


def sift(sql: Sql, workspace: str, call: Sift) -> Sifted:
    """Delete what there is of them among some of the rows."""
    people = ErasedPeople(workspace, call.identifiers)
    config = WorkspaceConfig(workspace, identity=call.rules)
    removed: list[int] = []
    until: list[int] = []
    for table, after in zip(("delivery", "dead_letter"), call.after, strict=True):
        theirs, renamed, last = erasing.some_deliveries_of(sql, table, people, config, after=after)
        erasing.delete_deliveries(sql, table, theirs, renamed)
        removed.append(len(theirs))
        until.append(_DONE if last is None else last)
    actors = json.dumps(sorted(people.actors))
    sql.execute(
        "DELETE FROM delivery_order WHERE loser IN (SELECT value FROM json_each(?1))"
        " OR winner IN (SELECT value FROM json_each(?1))",
        (actors,),
    )
    is_done = until == [_DONE, _DONE]
    return Sifted(removed[0], removed[1], None if is_done else (until[0], until[1]))
