"""Who somebody was at an instant, over the actors' shared database; see profiles/past.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from headwater.actors.identity_bonds import Neighbourhood, bonds
from headwater.actors.identity_network import follow
from headwater.actors.identity_reading import Holding, holding
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.collect.times import read_time
from headwater.ports import Sql
from headwater.profiles.past import PastEvent, Then

_PAGE = 1_000
_LARGEST_PAGE = 4_000_000  # characters, unless the first event alone is larger


@dataclass(frozen=True, slots=True)
class Found:
    """A person at an instant, and where what was known of them lies now.

    Attributes:
        holdings: of each person of today who has some of those identifiers, and those only.
    """

    then: Then
    holdings: tuple[Holding, ...]


def find(sql: Sql, workspace: str, name: str, at: int) -> Found | None:
    """Answer who held an identifier, normalised, at an instant in ms; None where nobody did."""
    turn = Turn(sql)
    neighbourhood = Neighbourhood(name)
    while (one := neighbourhood.wanted()) is not None:
        actor = follow(turn, f"{workspace}/{one}")
        root = turn.state(actor)
        neighbourhood.give(bonds(actor, root) if isinstance(root, Root) else None)
    then = neighbourhood.then(workspace, at)
    if then is None:
        return None
    holdings = []
    for actor, names in neighbourhood.holders(then).items():
        found = holding(sql, workspace, actor.partition("/")[2])
        if found is not None:
            holdings.append(Holding(found.actor, frozenset(names), found.known_as, found.days))
    return Found(then, tuple(holdings))


class _Body(msgspec.Struct):
    """What of an event's text shapes a person, beside what has a column."""

    receivedAt: str | None = None  # noqa: N815 - Segment's name
    traits: object = None
    groupId: object = None  # noqa: N815 - Segment's name


_body = msgspec.json.Decoder(_Body)

_EVENTS = """
SELECT id, message_id, timestamp, via, type, body
FROM (SELECT *, sum(length(body)) OVER (ORDER BY id) AS size FROM (
    SELECT id, message_id, timestamp, via, type, body FROM event
    WHERE actor = ? AND via IN (SELECT value FROM json_each(?)) AND id > ? ORDER BY id LIMIT ?))
WHERE size - length(body) < ? ORDER BY id
"""


def past_event(via: str, kind: str, timestamp: int, message_id: str, body: str) -> PastEvent:
    """Answer what shapes a person of an event, as it is stored."""
    read = _body.decode(body)
    return PastEvent(
        via,
        kind,
        timestamp,
        message_id,
        timestamp if read.receivedAt is None else read_time(read.receivedAt),
        read.traits if isinstance(read.traits, dict) else {},
        str(read.groupId) if kind == "group" else None,
    )


def hot_page(
    sql: Sql, actor: str, names: Iterable[str], *, after: int, most: int = _PAGE
) -> tuple[list[PastEvent], int | None]:
    """Answer the next of an actor's events that arrived under these identifiers.

    With the id of the last one, which the next page begins after; None where there is no more.
    """
    wanted = msgspec.json.encode(sorted(names)).decode()
    rows = sql.execute(_EVENTS, (actor, wanted, after, most, _LARGEST_PAGE))
    events = [
        past_event(via, kind, timestamp, message_id, body)
        for _, message_id, timestamp, via, kind, body in rows
    ]
    return events, rows[-1][0] if rows else None


def hot_events(sql: Sql, found: Found) -> list[PastEvent]:
    """Answer those of a past person's events that the database has, in any order."""
    events: list[PastEvent] = []
    for one in found.holdings:
        after: int | None = 0
        while after is not None:
            page, after = hot_page(sql, one.actor, one.identifiers, after=after)
            events += page
    return events
