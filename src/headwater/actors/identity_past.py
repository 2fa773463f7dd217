"""Who somebody was at an instant, over the actors' shared database; see profiles/past.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from headwater.actors.identity_network import follow
from headwater.actors.identity_reading import Holding, holding
from headwater.actors.identity_state import Root, Standing
from headwater.actors.identity_storage import Turn
from headwater.collect.times import read_time
from headwater.ports import Sql
from headwater.profiles.past import PastEvent, Then, Tie, identifiers_at

_PAGE = 1_000


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
    ties, standings, actors = _neighbourhood(turn, workspace, name)
    held = identifiers_at(name, ties, at)
    if not held:
        if name not in standings or standings[name][1] > at:
            return None
        held = {name: standings[name][1]}
    root = min((standings[one], one) for one in held if one in standings)[1]
    # As for the present: where there is no link, an identifier is as old as its person.
    then = Then(workspace, root, held)
    return Found(then, tuple(_holdings(sql, workspace, held, actors)))


def _neighbourhood(
    turn: Turn, workspace: str, name: str
) -> tuple[list[Tie], dict[str, Standing], dict[str, str]]:
    """Answer the links, of all times, that may lead anywhere from an identifier.

    With the standing of every identifier that ever was a root, and each identifier's actor now.
    """
    ties: dict[Tie, None] = {}
    standings: dict[str, Standing] = {}
    actors: dict[str, str] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in actors:
            continue
        actor = follow(turn, f"{workspace}/{one}")
        root = turn.state(actor)
        if not isinstance(root, Root):
            continue
        actors |= dict.fromkeys(root.ids, actor)
        standings |= {**root.former, actor.partition("/")[2]: root.standing}
        ties |= dict.fromkeys(Tie(edge.first, edge.second, edge.at) for edge in root.edges)
        for parted in root.parted:
            edge = parted.edge
            ties[Tie(edge.first, edge.second, edge.at, parted.at)] = None
            waiting += [edge.first, edge.second]
    return list(ties), standings, actors


def _holdings(
    sql: Sql, workspace: str, held: Iterable[str], actors: dict[str, str]
) -> Iterator[Holding]:
    by_actor: dict[str, set[str]] = {}
    for one in held:
        if one in actors:
            by_actor.setdefault(actors[one], set()).add(one)
    for actor, names in sorted(by_actor.items()):
        found = holding(sql, workspace, actor.partition("/")[2])
        if found is not None:
            yield Holding(found.actor, frozenset(names), found.known_as, found.days)


class _Body(msgspec.Struct):
    """What of an event's text shapes a person, beside what has a column."""

    receivedAt: str | None = None  # noqa: N815 - Segment's name
    traits: object = None
    groupId: object = None  # noqa: N815 - Segment's name


_body = msgspec.json.Decoder(_Body)

_EVENTS = """
SELECT id, message_id, timestamp, via, type, body FROM event
WHERE actor = ? AND via IN (SELECT value FROM json_each(?)) AND id > ?
ORDER BY id LIMIT ?
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


def hot_events(sql: Sql, found: Found) -> list[PastEvent]:
    """Answer those of a past person's events that the database has, in any order."""
    events = []
    for one in found.holdings:
        names, after = msgspec.json.encode(sorted(one.identifiers)).decode(), 0
        while rows := sql.execute(_EVENTS, (one.actor, names, after, _PAGE)):
            after = rows[-1][0]
            events += [
                past_event(via, kind, timestamp, message_id, body)
                for _, message_id, timestamp, via, kind, body in rows
            ]
    return events
