"""Events that only the lake holds, let into the states of conditions that are newer than these.

Features are made of the events in the database. Where an identifier has more of them in the lake,
its part says so (`Part.hot`), its person is listed, and whatever looks at those features is left
undecided. Who can read the lake asks `wanted` what to read there, and hands it to `fill`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from headwater.actors.audience_deciding import Deciding, Told
from headwater.actors.audience_history import build
from headwater.actors.audience_part import Part
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.audiences.program import Program
from headwater.ports import Sql

Event = tuple[str, int, str, str]
"""An event of the lake: via, timestamp (ms), messageId, body."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the lake has of a person.

    Attributes:
        actor: the person's.
        histories: what the actor knew of its events in the lake when they were read, as stored.
        events: those events, in any order; some of them may be in the database, too.
    """

    actor: str
    histories: Mapping[str, str]
    events: Sequence[Event]


def wanted(sql: Sql, *, after: str, limit: int) -> list[str]:
    """Answer actors of whom the lake has events that are not let in yet, in order."""
    rows = sql.execute(
        "SELECT actor FROM audience_gap WHERE actor > ? ORDER BY actor LIMIT ?", (after, limit)
    )
    return [row[0] for row in rows]


def any_wanted(sql: Sql, workspace: str) -> bool:
    """Tell whether anybody of a workspace is still without what the lake has of them."""
    rows = sql.execute(
        "SELECT 1 FROM audience_gap WHERE actor > ? AND actor < ? LIMIT 1",
        (f"{workspace}/", f"{workspace}0"),
    )
    return bool(rows)


def histories(sql: Sql, actors: Iterable[str]) -> dict[str, dict[str, str]]:
    """Answer what actors know of their events in the lake, by identifier, as it is stored."""
    found: dict[str, dict[str, str]] = {actor: {} for actor in actors}
    rows = sql.execute(
        "SELECT history.actor, history.via, history.body FROM json_each(?) AS wanted"
        " JOIN history ON history.actor = wanted.value",
        (json.dumps(list(found)),),
    )
    for actor, via, body in rows:
        found[actor][via] = body
    return found


def fill(turn: Turn, program: Program, past: Past, now: int) -> list[Told]:
    """Let a person's events of the lake in, and decide everything of them.

    Does nothing where more has gone to the lake since these were read, or where the person is
    being merged or split: they are then still listed, to be read again.
    """
    rows, actor = turn.audiences, past.actor
    root = turn.state(actor)
    if not isinstance(root, Root):
        rows.close_gap(actor)
        return []
    if root.pending or histories(turn.sql, [actor])[actor] != past.histories:
        return []
    parts = rows.parts(actor)
    building = {
        (actor, via): Part(part.hot, dict(part.features))
        for via, part in parts.items()
        if part.hot is not None
    }
    events: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    for via, at, message_id, body in past.events:
        events.setdefault((actor, via), []).append((at, message_id, body))
    build(turn.sql, program, building, now, past=events)
    for (_, via), part in building.items():
        rows.put_part(actor, via, part)
    rows.close_gap(actor)
    decided = rows.decided(actor)
    decided.again = True
    rows.put_decided(actor)
    return Deciding(turn, program, actor, root, now).touched(())
