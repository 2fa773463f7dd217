"""Features' states made from the events that are stored: for audiences that are newer than these.

Events that have left the database are read by whoever can read the lake; see audience_gaps.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any

from headwater.actors.audience_part import Part
from headwater.audiences.features import Seen, Step
from headwater.audiences.feeding import FeatureStep
from headwater.audiences.program import OWN_MESSAGES, Program
from headwater.ports import Sql

_EVENTS = """
SELECT event.actor, event.via, event.timestamp, event.message_id, event.body
FROM json_each(?) AS wanted
JOIN event ON event.actor = wanted.value ->> 0 AND event.via = wanted.value ->> 1
"""


def see_alone(part: Part, steps: Iterable[Step], seen: Seen) -> Sequence[int] | None:
    """Let one event into the states of a person's only identifier; see `see`."""
    held = part.features
    found = [step(held, seen) for step in steps]
    flipped = [*chain.from_iterable(filter(None, found))]
    return flipped if flipped or found.count(None) < len(found) else None


def see(
    part: Part,
    steps: Iterable[FeatureStep],
    seen: Seen,
    others: Sequence[Mapping[str, Any]] = (),
) -> Sequence[int] | None:
    """Let one event into the states of its identifier.

    Answers whom that may have flipped, None where it has changed nothing. Of a feature that the
    person's `others` (the states of their other identifiers) hold, too, it is all that look at it.
    """
    found: Sequence[int] | None = None
    held = part.features
    for id_, step, every in steps:
        flipped = step(held, seen)
        if flipped is None:
            continue
        for other in others:
            if id_ in other:
                flipped = every
                break
        if flipped:
            found = (*found, *flipped) if found else flipped
        elif found is None:
            found = ()
    return found


def missing(program: Program, part: Part | None) -> frozenset[str]:
    """Answer the features that a part has not been kept for from their beginning."""
    return program.newer_than(0 if part is None else part.version)


def build(
    sql: Sql,
    program: Program,
    parts: Mapping[tuple[str, str], Part],
    now: int,
    *,
    past: Mapping[tuple[str, str], Sequence[tuple[int, str, str]]] = MappingProxyType({}),
) -> set[tuple[str, str]]:
    """Make what is missing in these parts from the events stored; answer which hold anything.

    The parts are changed in place, and are of the program's version afterwards. `past` has events
    of the lake: timestamp, messageId, body. Those that are stored here, too, count once.
    """
    wanted = {key: missing(program, part) for key, part in parts.items()}
    held: set[tuple[str, str]] = set()
    for key, part in parts.items():
        part.features = {
            id_: state
            for id_, state in part.features.items()
            if id_ in program.features and id_ not in wanted[key]
        }
        part.version = program.version
        if part.features:
            held.add(key)
    here = _events(sql, [key for key in parts if wanted[key]])
    known = {(row[0], row[1], row[3]) for row in here} if past else set()
    gone = [
        (*key, at, message_id, body)
        for key in parts
        for at, message_id, body in past.get(key, ())
        if (*key, message_id) not in known
    ]
    for actor, via, at, message_id, body in [*here, *gone]:
        key = (actor, via)
        if message_id.startswith(OWN_MESSAGES):
            continue
        event = json.loads(body)
        steps = [one for one in program.feeds.steps(event, at).each if one[0] in wanted[key]]
        if see(parts[key], steps, Seen(at, message_id, event, now)) is not None:
            held.add(key)
    return held


def _events(sql: Sql, keys: Sequence[tuple[str, str]]) -> Sequence[tuple[Any, ...]]:
    return sql.execute(_EVENTS, (json.dumps(keys),)) if keys else []
