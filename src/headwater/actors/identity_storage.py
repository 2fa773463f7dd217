"""One turn of identity actors over their database: read what is needed, write what changed.

Whole batches go through each statement, so the cost of a call to SQL is shared by all actors of
the turn. States that a turn has read stay in memory until `flush`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources
from operator import itemgetter
from typing import Any

import msgspec

from headwater.actors import identity_history
from headwater.actors.audience_rows import AudienceRows
from headwater.actors.identity_changes import Changes, note
from headwater.actors.identity_history import History
from headwater.actors.identity_messages import EventRow
from headwater.actors.identity_state import (
    Account,
    Forward,
    Root,
    State,
    Traits,
    decode,
    decode_traits,
    encode,
    encode_traits,
)
from headwater.ports import Sql

SCHEMAS = (
    "identity.sql",
    "identity_lake.sql",
    "audiences.sql",
    "audience_state.sql",
    "audience_gaps.sql",
)
"""The files with the tables, oldest first."""

PAGE = 200
"""Events in one page of a parcel."""

_LOAD = """
SELECT identity.actor, identity.body
FROM json_each(?) AS wanted JOIN identity ON identity.actor = wanted.value
"""
_SAVE = """
INSERT INTO identity (actor, pending, body) VALUES (?, ?, ?)
ON CONFLICT (actor) DO UPDATE SET pending = excluded.pending, body = excluded.body
"""
_KNOWN = """
SELECT event.actor, event.message_id
FROM json_each(?) AS wanted
JOIN event ON event.actor = wanted.value ->> 0 AND event.message_id = wanted.value ->> 1
"""
_KNOWN_BY_ID = """
SELECT event.actor, event.message_id
FROM json_each(?) AS wanted
JOIN event ON event.actor = wanted.value AND event.message_id = wanted.key
"""
_ADD = """
INSERT INTO event (actor, message_id, timestamp, via, type, body) VALUES (?, ?, ?, ?, ?, ?)
"""
_LOAD_TRAITS = """
SELECT traits.actor, traits.via, traits.body
FROM json_each(?) AS wanted
JOIN traits ON traits.actor = wanted.value ->> 0 AND traits.via = wanted.value ->> 1
"""
_SAVE_TRAITS = """
INSERT INTO traits (actor, via, body) VALUES (?, ?, ?)
ON CONFLICT (actor, via) DO UPDATE SET body = excluded.body
"""
_ADD_MOVED = """
INSERT INTO event (actor, message_id, timestamp, via, type, body, origin)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_SAVE_HISTORY = """
INSERT INTO history (actor, via, body) VALUES (?, ?, ?)
ON CONFLICT (actor, via) DO UPDATE SET body = excluded.body
"""
_LEFT = """
SELECT EXISTS (SELECT 1 FROM event WHERE actor = ?1),
       (SELECT json_group_array(via) FROM traits WHERE actor = ?1),
       (SELECT json_group_array(via) FROM history WHERE actor = ?1)
"""
# A row of the highest id must stay: the next event would else get an id that the lake has passed.
_DROP = "DELETE FROM event WHERE actor = ? AND id <> (SELECT max(id) FROM event)"
# Nothing but its id, so that it is not given out again.
_BURY = """
UPDATE event SET actor = '', message_id = '', timestamp = 0, via = '', type = '', body = ''
WHERE actor = ?
"""
_PAGE = """
SELECT message_id, timestamp, via, type, body, coalesce(origin, id) FROM event
WHERE actor = ? AND message_id > ? ORDER BY message_id LIMIT ?
"""


_encoder = msgspec.json.Encoder()
_decode_names = msgspec.json.Decoder(list[str]).decode


def _text(value: Any) -> str:
    return _encoder.encode(value).decode()


def schema() -> str:
    """Answer the statements that make the tables in a database that has none of them.

    Where there may be older ones, `migrate` brings each file of `SCHEMAS` in once.
    """
    files = resources.files(__package__)
    return "\n".join(files.joinpath(name).read_text() for name in SCHEMAS)


class Turn:
    """The states that one turn works on.

    Args:
        sql: the actors' database, inside a transaction.
        journal: whether to write down what changed, for the lake; see identity_changes.py.
        past: whether audiences are told of events that only the lake has; see audience_gaps.py.

    Attributes:
        audiences: what audiences keep with these actors.
    """

    def __init__(self, sql: Sql, *, journal: bool = False, past: bool = False) -> None:
        self._sql = sql
        self.audiences = AudienceRows(sql, past=past)
        self._changes = Changes() if journal else None
        self._states: dict[str, State | None] = {}
        self._dirty: dict[str, None] = {}
        self._traits: dict[tuple[str, str], Traits] = {}
        self._dirty_traits: dict[tuple[str, str], None] = {}

    @property
    def sql(self) -> Sql:
        """The actors' database."""
        return self._sql

    def load(self, actors: Iterable[str]) -> None:
        """Read the states of all these actors that are not read yet, in one statement."""
        wanted = [actor for actor in dict.fromkeys(actors) if actor not in self._states]
        if not wanted:
            return
        self._states.update(dict.fromkeys(wanted))
        for actor, body in self._sql.execute(_LOAD, (_text(wanted),)):
            self._states[actor] = decode(body)

    def state(self, actor: str) -> State | None:
        """Answer an actor's state; None if it is fresh."""
        if actor not in self._states:
            self.load((actor,))
        return self._states[actor]

    def root(self, actor: str) -> Root:
        """Answer the person at an actor that is known to be a root."""
        state = self.state(actor)
        if not isinstance(state, Root):
            kind = type(state).__name__
            raise TypeError(f"{kind} where a root was expected")
        return state

    def put(self, actor: str, state: State) -> None:
        """Give an actor a state, or note that the one it has was changed."""
        self._states[actor] = state
        self._dirty[actor] = None

    def roots(self) -> list[str]:
        """Answer the actors of this turn that have something to ask of others."""
        return [
            actor
            for actor in self._dirty
            if isinstance(state := self._states[actor], Root) and state.pending
        ]

    def known(self, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Answer which of these (actor, messageId) are stored already."""
        if not keys:
            return set()
        # As an object, half the time: its keys and values need not be picked out of pairs. Two
        # people's events may have the same messageId, though, and then it has not room for both.
        by_id = {message_id: actor for actor, message_id in keys}
        if len(by_id) == len(keys):
            rows = self._sql.execute(_KNOWN_BY_ID, (_text(by_id),))
        else:
            rows = self._sql.execute(_KNOWN, (_text(keys),))
        return {(row[0], row[1]) for row in rows}

    def add(self, rows: Sequence[tuple[str, str, int, str, str, str]]) -> None:
        """Store events: actor, messageId, timestamp, via, type, body. None of them may be known."""
        if rows:
            # A person's events side by side: fewer pages to log, and fewer to read them back.
            self._sql.execute_many(_ADD, sorted(rows, key=itemgetter(0)))

    def add_moved(self, actor: str, rows: Sequence[EventRow]) -> None:
        """Store events that come from another actor; they keep their place in the lake's order."""
        if rows:
            self._sql.execute_many(_ADD_MOVED, [(actor, *row) for row in rows])

    def meet(self, actor: str, rows: Sequence[EventRow]) -> None:
        """Learn of events that come from another actor and are here already."""

    def load_traits(self, keys: Iterable[tuple[str, str]]) -> None:
        """Read the traits of all these (actor, via) that are not read yet, in one statement."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._traits]
        if not wanted:
            return
        for key in wanted:
            self._traits[key] = {}
        for actor, via, body in self._sql.execute(_LOAD_TRAITS, (_text(wanted),)):
            self._traits[actor, via] = decode_traits(body)

    def traits(self, actor: str, via: str) -> Traits:
        """Answer the traits that arrived under one identifier, to be changed in place."""
        self.load_traits([(actor, via)])
        return self._traits[actor, via]

    def put_traits(self, actor: str, via: str) -> None:
        """Note that traits were changed."""
        self._dirty_traits[actor, via] = None

    def page(self, actor: str, cursor: str) -> list[EventRow]:
        """Answer the next events of an actor by messageId, `PAGE` at most."""
        return [
            (row[0], row[1], row[2], row[3], row[4], row[5])
            for row in self._sql.execute(_PAGE, (actor, cursor, PAGE))
        ]

    def all_traits(self, actor: str) -> list[tuple[str, Traits]]:
        """Answer all traits of an actor by identifier."""
        self.flush_traits()
        rows = self._sql.execute("SELECT via, body FROM traits WHERE actor = ?", (actor,))
        return [(via, decode_traits(body)) for via, body in rows]

    def history(self, actor: str) -> list[tuple[str, History]]:
        """Answer what is known of an actor's events in the lake alone, by identifier."""
        rows = self._sql.execute("SELECT via, body FROM history WHERE actor = ?", (actor,))
        return [(via, identity_history.decode(body)) for via, body in rows]

    def add_history(self, actor: str, via: str, history: History) -> None:
        """Add to what is known of an actor's events in the lake alone."""
        held = dict(self.history(actor)).get(via)
        both = held.with_all(history) if held else history
        self._sql.execute(_SAVE_HISTORY, (actor, via, identity_history.encode(both)))
        if self._changes is not None:
            self._changes.history.append((actor, via))

    def relabel(self, actor: str, parcel: str, identifiers: Iterable[str]) -> None:
        """Move the rows that arrived under these identifiers out of a person, into a parcel."""
        self.flush_traits()
        identifiers = list(identifiers)
        self._note_moved(actor, identifiers)
        for table in ("event", "traits", "history"):
            self._sql.execute(
                f"UPDATE {table} SET actor = ? WHERE actor = ?"  # noqa: S608 - names above
                " AND via IN (SELECT value FROM json_each(?))",
                (parcel, actor, _text(identifiers)),
            )
        self._note_moved(parcel, identifiers)
        self._forget_traits(actor)
        self.audiences.relabel(actor, parcel, identifiers)

    def drop(self, parcel: str) -> None:
        """Delete the rows of a parcel."""
        self.flush_traits()
        ((has_events, *vias),) = self._sql.execute(_LEFT, (parcel,))
        traits, history = (_decode_names(one) for one in vias)
        if has_events:
            self._sql.execute(_DROP, (parcel,))
            self._sql.execute(_BURY, (parcel,))
        if traits:
            self._sql.execute("DELETE FROM traits WHERE actor = ?", (parcel,))
        if history:
            self._sql.execute("DELETE FROM history WHERE actor = ?", (parcel,))
        self._note_moved(parcel, [*dict.fromkeys([*traits, *history])])
        self._forget_traits(parcel)
        self.audiences.drop(parcel)

    def _note_moved(self, actor: str, identifiers: Sequence[str]) -> None:
        if self._changes is not None:
            moved = [(actor, via) for via in identifiers]
            self._changes.traits += moved
            self._changes.history += moved

    def _forget_traits(self, actor: str) -> None:
        for key in [key for key in self._traits if key[0] == actor]:
            del self._traits[key]

    def members(self, account: str, after: str, limit: int) -> list[str]:
        """Answer the identifiers of an account's members in order, after the one named."""
        rows = self._sql.execute(
            "SELECT member FROM member WHERE actor = ? AND member > ? ORDER BY member LIMIT ?",
            (account, after, limit),
        )
        return [row[0] for row in rows]

    def add_member(self, actor: str, member: str, timestamp: int) -> None:
        """Note that an identifier is in an account, and since when it was last said."""
        self._sql.execute(
            "INSERT INTO member (actor, member, timestamp) VALUES (?, ?, ?)"
            " ON CONFLICT (actor, member)"
            " DO UPDATE SET timestamp = max(timestamp, excluded.timestamp)",
            (actor, member, timestamp),
        )
        if self._changes is not None:
            self._changes.members.append((actor, member))

    def flush_traits(self) -> None:
        """Write the traits that were changed."""
        rows = [(*key, encode_traits(self._traits[key])) for key in self._dirty_traits]
        if self._changes is not None:
            self._changes.traits += self._dirty_traits
        self._dirty_traits.clear()
        if rows:
            self._sql.execute_many(_SAVE_TRAITS, rows)

    def flush(self) -> None:
        """Write everything that was changed."""
        self.flush_traits()
        self.audiences.flush()
        rows = []
        for actor in self._dirty:
            state = self._states[actor]
            if isinstance(state, (Root, Forward, Account)):
                rows.append((actor, int(state.pending), encode(state)))
        if self._changes is not None:
            self._changes.states += self._dirty
            self._note(self._changes)
            self._changes = Changes()
        self._dirty.clear()
        if rows:
            self._sql.execute_many(_SAVE, rows)

    def _note(self, changes: Changes) -> None:
        note(self._sql, changes)
