"""What an identity actor with a database of its own tells its shard of the population.

Nothing is written here for it: the shard knows how far it has heard, and the actor's alarm is
what tells that there may be more to say. A word is the person as they are, and their events
behind a position; a shard that is elsewhere answers where it is, and is told from there.
"""

from __future__ import annotations

from typing import Any

import msgspec

from headwater.actors.identity_state import Account, Forward, Root
from headwater.actors.identity_storage import Turn
from headwater.actors.population_calls import (
    AccountPortion,
    Described,
    Event,
    Held,
    Portion,
    Taken,
    Where,
)
from headwater.audiences.program import Program
from headwater.lake.event_rows import bot
from headwater.ports import Sql
from headwater.profiles import traits

AFTER = 5_000
"""Milliseconds after which what has changed is told, together with what changes meanwhile."""

_MOST_EVENTS = 200
_LARGEST = 1_000_000
"""Bytes of events in one word, beyond which the next begins."""

# Read by position alone: the other index would have all of a person's events sorted.
_NEW = """
SELECT id, timestamp, message_id, type, via, body FROM event
WHERE id > ? AND +actor = ? ORDER BY id LIMIT ?
"""
_NULL = msgspec.Raw(b"null")

Word = Where | Portion | AccountPortion


class _Body(msgspec.Struct):
    event: Any = None
    name: Any = None
    properties: msgspec.Raw = _NULL
    traits: msgspec.Raw = _NULL
    context: msgspec.Raw = _NULL


_bodies: msgspec.json.Decoder[_Body] = msgspec.json.Decoder(_Body)
_encoder = msgspec.json.Encoder()
_NAMED = {"track": "event", "page": "name", "screen": "name"}


class Feed:
    """What one actor remembers of what it has told; it may forget it at any time.

    Attributes:
        at: when to tell what has changed, in milliseconds; None where nothing has.
        lacks: what the shard is to be told of out of the lake; see `Taken.lacks`.
    """

    def __init__(self) -> None:
        self.at: int | None = None
        self.lacks: dict[str, int] = {}
        self._held: Held | None = None
        self._described: bytes | None = None
        self._saying: bytes | None = None
        self._decided: int | None = None

    def changed(self, *, now: int, version: int) -> None:
        """Note that something was stored, under the configuration of this version."""
        self._decided = version if self._decided is None else min(version, self._decided)
        if self.at is None:
            self.at = now + AFTER

    def begin(self, *, now: int) -> None:
        """Reckon that there is something to tell until it is known that there is not."""
        if self.at is None:
            self.at = now

    def word(
        self, sql: Sql, name: str, program: Program | None, *, version: int, now: int
    ) -> Word | None:
        """Answer what to tell next; None where the shard has heard everything.

        Args:
            sql: the actor's database.
            name: the actor's.
            program: the workspace's audiences.
            version: of the configuration that they are from.
            now: in milliseconds.
        """
        turn = Turn(sql)
        state = turn.state(name)
        workspace, _, own = name.partition("/")
        if isinstance(state, Account):
            return self._account(state, own, now)
        if not isinstance(state, Root) and not (isinstance(state, Forward) and state.parcels):
            self.at = None  # it never was anybody
            return None
        if isinstance(state, Root) and state.is_pulling:
            return None  # until all is here nobody knows what the shard will lack
        if self._held is None:
            return Where(own)
        described = _described(turn, name, state, program) if isinstance(state, Root) else None
        encoded = _encoder.encode(described)
        after = self._held.position
        until, events = _events(sql, name, after) if described else (after, [])
        if not events and encoded == self._described:
            self.at = None
            return None
        self._saying = encoded
        return Portion(
            workspace=workspace,
            person=own,
            stamp=max(now, self._held.stamp + 1),
            described=described,
            after=after,
            until=until,
            events=events,
            overlaps=isinstance(state, Root) and _was_another(state),
            decided=self._decided_by(turn, name, program, version),
            audiences=program.newest if program else 0,
            let_go=self._let_go(turn, name, state),
        )

    def _let_go(self, turn: Turn, name: str, state: Root | Forward) -> list[str]:
        assert self._held is not None  # noqa: S101 - the caller has looked
        is_new = self._held.position == 0
        if not isinstance(state, Root) or not (is_new or _was_another(state)):
            return []
        return [via for via, _ in turn.history(name)]

    def heard(self, word: Word, answer: Taken) -> None:
        """Take note of what the shard has, and lacks; of an account, what all of them have."""
        self.lacks = dict(answer.lacks)
        if answer.is_taken and not isinstance(word, Where):
            self._described = self._saying
        self._held = answer.held

    def _decided_by(self, turn: Turn, name: str, program: Program | None, version: int) -> int:
        """Answer the version by which all audiences of a person are decided, if that is known."""
        if program is None:
            return version  # there is nothing to decide
        if turn.audiences.is_stored(name):
            return turn.audiences.decided(name).version
        return self._decided or 0

    def _account(self, state: Account, own: str, now: int) -> AccountPortion | None:
        held = {name: stamped[0] for name, stamped in state.traits.items()}
        encoded = _encoder.encode(held)
        if encoded == self._described:
            self.at = None
            return None
        self._saying = encoded
        stamp = max(now, self._held.stamp + 1 if self._held else 0)
        present = {name: value for name, value in held.items() if value is not None}
        return AccountPortion(own.removeprefix("=account:"), stamp, present)


def _described(turn: Turn, name: str, root: Root, program: Program | None) -> Described:
    written = traits.fold(part for _, part in turn.all_traits(name))
    held = {key: stamped[0] for key, stamped in written.items() if stamped[0] is not None}
    decided = turn.audiences.decided(name)
    for key, id_ in program.computed.items() if program else ():
        value = decided.computed.get(id_, (None, 0))[0]
        held.pop(key, None)
        if value is not None:
            held[key] = value
    return Described(
        traits=dict(sorted(held.items())),
        identifiers=sorted(root.ids),
        members=dict(sorted(decided.members.items())),
        accounts=sorted({group for groups in root.ids.values() for group in groups}),
    )


def _was_another(root: Root) -> bool:
    """Tell whether events may have come from other actors, which may be known of here already."""
    return bool(root.former or root.blocked or root.imports)


def _events(sql: Sql, name: str, after: int) -> tuple[int, list[Event]]:
    """Answer the next events, and up to which position they are."""
    until, size = after, 0
    events: list[Event] = []
    for id_, timestamp, message_id, kind, via, body in sql.execute(
        _NEW, (after, name, _MOST_EVENTS)
    ):
        size += len(body)
        if events and size > _LARGEST:
            break
        events.append(event_of(timestamp, message_id, kind, via, body))
        until = id_
    return until, events


def event_of(timestamp: int, message_id: str, kind: str, via: str, body: str) -> Event:
    """Answer an event as a shard has it; `body` is its text as it is stored."""
    read = _bodies.decode(body)
    named = getattr(read, _NAMED[kind]) if kind in _NAMED else None
    mark = bot(bytes(read.context).decode())
    marks = _NULL if mark is None else msgspec.Raw(mark.encode())
    head = (timestamp, message_id, kind, named if isinstance(named, str) else None, marks)
    return Event(head, (read.properties, read.traits, read.context, via))
