"""What an actor with a database of its own offers to the lake, and how it notes what was taken.

Nothing is written for the lake when an event arrives: events behind the actor's position are what
the lake lacks. Whoever carries them there asks for them, stores them, and then tells the actor,
which notes the new position: one row for all events of that time. If that word is lost, the
actor offers the same again, and the lake's manifest knows them by where they were born.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from headwater.actors.identity_changes import Changes
from headwater.actors.identity_own_storage import reached
from headwater.actors.identity_rows import IdentityRow, changed_rows
from headwater.actors.identity_state import Root, State
from headwater.actors.identity_storage import Turn
from headwater.collect.times import read_time
from headwater.lake import births
from headwater.lake.births import Births
from headwater.ports import Sql

MOST_ROWS = 500
MOST_BYTES = 256_000
"""Of events in one offer, unless the first alone is larger; more come with the next."""

_OLDEST = """
SELECT (SELECT since FROM lake_reached), (
    SELECT coalesce(body ->> '$.receivedAt', '') FROM event
    WHERE id > coalesce((SELECT position FROM lake_reached), 0)
      AND actor = ? AND origin IS NOT 0 ORDER BY id LIMIT 1)
"""
_EVENTS = """
SELECT id, coalesce(born, id || ' ' || ?1), via, type, timestamp, message_id, body
FROM (SELECT *, sum(length(body)) OVER (ORDER BY id) AS size FROM (
    SELECT id, born, via, type, timestamp, message_id, body FROM event
    WHERE id > ?2 AND actor = ?1 AND origin IS NOT 0 ORDER BY id LIMIT ?3))
WHERE size - length(body) < ?4 ORDER BY id
"""
_HERE = """
SELECT count(*) FILTER (WHERE born IS NULL OR born NOT LIKE '[%'),
    json_group_array(born) FILTER (WHERE born LIKE '[%')
FROM event WHERE actor = ? AND (
    (born IS NULL AND id IN (SELECT value FROM json_each(?)))
    OR born IN (SELECT value FROM json_each(?)) OR born LIKE '[%')
"""
_REACH = """
INSERT INTO lake_reached (only_one, position, change, since, changed) VALUES (1, ?, ?, ?, ?)
ON CONFLICT (only_one) DO UPDATE SET position = excluded.position, change = excluded.change,
    since = excluded.since, changed = excluded.changed
"""

_encoder = msgspec.json.Encoder()


class OfferedEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event that the lake may lack; it was stored first at `actor`, under `number`.

    `also` is where copies of it were born that the lake may have got instead.
    """

    actor: str
    number: int
    via: str
    type: str
    timestamp: int
    message_id: str
    body: str
    also: list[tuple[str, int]] = []

    @property
    def births(self) -> list[tuple[str, int]]:
        """Answer where it and its copies were born."""
        return [(self.actor, self.number), *self.also]


class LakeOffer(msgspec.Struct, frozen=True, tag=True):
    """What an actor has for the lake.

    Attributes:
        events: in their order; all are of the person whose root the actor is.
        until: the id here of the last one; with `change` the actor is told it once they are there.
        rows: of the identity tables, as they are now.
        change: the number of the latest change that `rows` tell of.
        is_settling: the person is taking over another, and offers events once that is done:
            until then nobody knows which of them has come to both.
        life: differs from earlier offers where the actor was emptied since: its ids began anew.
    """

    events: list[OfferedEvent]
    until: int
    rows: list[IdentityRow]
    change: int
    is_settling: bool = False
    life: int = 0

    @property
    def births(self) -> Births:
        """Answer where the events were born."""
        return births.born(birth for one in self.events for birth in one.births)


class LakeNoted(msgspec.Struct, frozen=True, tag=True):
    """The actor has noted what the lake has.

    Attributes:
        is_settled: all of those events are here still, so nobody else will offer them.
        more: there is more to offer, and it is time for it.
    """

    is_settled: bool
    more: bool


def waits_since(sql: Sql, name: str, *, now: int) -> int | None:
    """Answer since when (ms) something waits to be taken to the lake; None where nothing does.

    Nothing of a person who is settling does: the lake would be sent away. Whatever ends that has
    the actor asked for this again, as each call does.
    """
    ((changed, received),) = sql.execute(_OLDEST, (name,))
    since = [] if changed is None else [int(changed)]
    if received is not None and not _is_account(name):
        try:
            since.append(read_time(received))
        except (ValueError, OverflowError):
            since.append(now)  # it was not written by us
    if since and _is_settling(Turn(sql).state(name)):
        return None
    return min(since, default=None)


def offer(turn: Turn, name: str, *, life: int = 0) -> LakeOffer:
    """Answer what the lake may lack of an actor: events only of a root, whose they are."""
    sql, held = turn.sql, reached(turn.sql)
    events: list[OfferedEvent] = []
    until = held.position
    state = turn.state(name)
    is_settling = _is_settling(state)
    if isinstance(state, Root) and not is_settling:
        found = sql.execute(_EVENTS, (name, held.position, MOST_ROWS, MOST_BYTES))
        for until, born, via, kind, timestamp, message_id, body in found:  # noqa: B007 - the last
            (actor, number), *also = births.read(born)
            events.append(OfferedEvent(actor, number, via, kind, timestamp, message_id, body, also))
    rows = list(changed_rows(sql, held.changed))
    return LakeOffer(events, until, rows, held.change, is_settling, life)


def _is_settling(state: State | None) -> bool:
    """Tell whether a person may have events that were stored at another actor too.

    From when it asks for another until all pages of that one are here, calls that come by the other
    one's identifiers are stored here, whether or not they were known there.
    """
    return isinstance(state, Root) and (state.talk is not None or state.is_pulling)


def note(turn: Turn, name: str, *, until: int, change: int, taken: Births) -> bool:
    """Note that the lake has events up to an id and changes up to a number.

    Answers whether all of the events in `taken` are here still, so that nobody else offers them.
    """
    sql, held = turn.sql, reached(turn.sql)
    is_done = change >= held.change
    if until > held.position or (is_done and held.since is not None):
        sql.execute(
            _REACH,
            (
                max(until, held.position),
                held.change,
                None if is_done else held.since,
                _encoder.encode(Changes() if is_done else held.changed).decode(),
            ),
        )
    return isinstance(turn.state(name), Root) and _all_here(sql, name, births.rows(taken))


def _all_here(sql: Sql, name: str, rows: Sequence[tuple[str, int]]) -> bool:
    own = [number for actor, number in rows if actor == name]
    others = [f"{number} {actor}" for actor, number in rows if actor != name]
    values = (name, *(_encoder.encode(some).decode() for some in (own, others)))
    ((single, several),) = sql.execute(_HERE, values)
    copies = {birth for text in msgspec.json.decode(several) for birth in births.read(text)}
    return int(single) + len(copies.intersection(rows)) == len(rows)


def _is_account(name: str) -> bool:
    return "/=account:" in name
