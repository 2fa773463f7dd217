"""The row that audiences keep with a person, as one turn of identity actors works on it.

Whole batches go through each statement: however many events of a person a turn has, their row is
read once and written once. It is parsed when it is first asked for; and where all that a turn does
is to let events into states, it is text again as soon as they are in. So what a turn holds of many
people at a time is texts, and the memory that one was parsed into is still near for the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from headwater.actors.audience_part import Part
from headwater.audiences.program import Program
from headwater.ports import Sql

PURPOSE = "audiences"
"""What audiences' timers are for."""

_STATES = """
SELECT audience_state.id, audience_state.actor, audience_state.body
FROM json_each(?) AS wanted JOIN audience_state ON audience_state.actor = wanted.value
"""
# Of a row that was read the id is known, which is the shorter way to it.
_SAVE_STATE = """
INSERT INTO audience_state (id, actor, body) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET body = excluded.body
ON CONFLICT (actor) DO UPDATE SET body = excluded.body
"""
_SAVE_MEMBER = """
INSERT INTO audience_member (audience, actor, since) VALUES (?, ?, ?)
ON CONFLICT (audience, actor) DO UPDATE SET since = excluded.since
"""
_SAVE_TIMER = """
INSERT INTO timer (actor, purpose, at) VALUES (?, 'audiences', ?)
ON CONFLICT (actor, purpose) DO UPDATE SET at = excluded.at
"""


_IN_LAKE = """
SELECT history.actor, history.via FROM json_each(?) AS wanted
JOIN history ON history.actor = wanted.value ->> 0 AND history.via = wanted.value ->> 1
"""
_OPEN_GAP = "INSERT INTO audience_gap (actor) VALUES (?) ON CONFLICT DO NOTHING"
_CLOSE_GAP = "DELETE FROM audience_gap WHERE actor = ?"


class Decided(msgspec.Struct, omit_defaults=True):
    """What was decided of a person.

    Attributes:
        version: of the program by which all audiences were decided; 0: none were yet.
        members: ids of audiences to since when (ms) the person is in them.
        inherited: ids of audiences of which a person that this one absorbed, or was split from,
            was a member: leaving them is to be told, too.
        computed: ids of computed traits to value and when (ms) it last changed.
        next: ids to the instant (ms) at which to look again; it may be early, never late.
        armed: when the timer is set for.
        told: number of memberships that were ever told.
        again: look at everything at the next chance.
        parts: states of features, by the identifier that their events arrived under.
    """

    version: int = 0
    members: dict[str, int] = {}
    inherited: list[str] = []
    computed: dict[str, tuple[Any, int]] = {}
    next: dict[str, int] = {}
    armed: int | None = None
    told: int = 0
    again: bool = False
    parts: dict[str, Part] = {}


_encoder = msgspec.json.Encoder()
_decode_decided = msgspec.json.Decoder(Decided).decode


class AudienceRows:
    """What one turn has read and changed of audiences.

    Attributes:
        touched: actors to the places in the program of what their events may have changed.
        fresh: actors that became persons in this turn.
        accounts: actors of accounts whose traits changed.
        armed: the earliest timer that was set, in milliseconds.
    """

    def __init__(self, sql: Sql, *, past: bool = False) -> None:
        """Begin; `past` is whether this runtime lets events of the lake in, see audience_gaps."""
        self._sql = sql
        self._past = past
        self._programs: dict[str, Program] = {}
        self.touched: dict[str, set[int]] = {}
        self.fresh: set[str] = set()
        self.accounts: dict[str, None] = {}
        self.armed: int | None = None
        self._decided: dict[str, Decided] = {}
        self._texts: dict[str, str] = {}
        self._released: set[str] = set()
        self._stored: dict[str, int | None] = {}
        self._dirty: dict[str, None] = {}
        self._joined: dict[tuple[str, str], int] = {}
        self._left: dict[tuple[str, str], None] = {}
        self._gaps: dict[str, bool] = {}

    def use(self, workspace: str, program: Program | None) -> None:
        """Work with the audiences of a workspace; without any, nothing is kept of its actors."""
        if program is not None:
            self._programs[workspace] = program

    def program(self, actor: str) -> Program | None:
        """Answer the audiences of an actor's workspace; None where it has none."""
        return self._programs.get(actor.partition("/")[0]) if self._programs else None

    def unsettled(self, actors: Iterable[str]) -> list[str]:
        """Answer whom this turn has touched, and those of these actors who wait to be decided."""
        waiting = dict.fromkeys(self.touched)
        others = [actor for actor in actors if self.program(actor) is not None]
        self.load(others)
        for one in others:
            if one not in self._released and self.decided(one).again:
                waiting[one] = None
        return list(waiting)

    def load(self, actors: Iterable[str]) -> None:
        """Read the rows of all these actors that are not read yet, in one statement."""
        known, texts = self._decided, self._texts
        wanted = [
            actor for actor in dict.fromkeys(actors) if actor not in known and actor not in texts
        ]
        if not wanted:
            return
        for actor in wanted:
            known[actor] = Decided()
        old = [actor for actor in wanted if actor not in self.fresh]
        if old:
            for id_, actor, body in self._sql.execute(_STATES, (_encoder.encode(old).decode(),)):
                del known[actor]
                texts[actor] = body
                self._stored[actor] = id_

    def note_gaps(
        self, made: Mapping[tuple[str, str], Part], before: Mapping[tuple[str, str], int]
    ) -> None:
        """Mark those parts, just made of the database alone, of which the lake has more.

        `before`: the versions that they had.
        """
        if not (made and self._past):
            return
        for actor, via in self._sql.execute(_IN_LAKE, (json.dumps(list(made)),)):
            part, since = made[actor, via], before[actor, via]
            part.hot = since if part.hot is None else min(part.hot, since)
            self.put_part(actor, via, part)
            self._gaps[actor] = True

    def lacking(self, actor: str) -> int | None:
        """Answer since which version features lack events of the lake; None: none do."""
        if not self._past:
            return None
        found = [part.hot for part in self.parts(actor).values() if part.hot is not None]
        return min(found, default=None)

    def open_gap(self, actor: str) -> None:
        """List an actor among those that lack events of the lake."""
        self._gaps[actor] = True

    def close_gap(self, actor: str) -> None:
        """List an actor among them no more."""
        self._gaps[actor] = False

    def forget_parts(self, actors: Iterable[str]) -> None:
        """Go on as if these actors had no parts: for conditions that nothing is kept for."""
        for actor in actors:
            self.decided(actor).parts = {}

    def parts(self, actor: str) -> dict[str, Part]:
        """Answer an actor's parts by identifier."""
        return self.decided(actor).parts

    def put_part(self, actor: str, via: str, part: Part) -> None:
        """Give an identifier a part, or note that the one it has was changed."""
        self.decided(actor).parts[via] = part
        self._dirty[actor] = None

    def decided(self, actor: str) -> Decided:
        """Answer what was decided of an actor's person, to be changed in place."""
        held = self._decided.get(actor)
        if held is not None:
            return held
        if actor not in self._texts:
            self.load((actor,))
        text = self._texts.pop(actor, None)
        if text is None:
            return self._decided[actor]
        self._released.discard(actor)
        held = self._decided[actor] = _decode_decided(text)
        for part in held.parts.values():
            if part.older:
                part.renew()
        return held

    def release(self, actor: str) -> None:
        """Note that nothing but states has changed, and that they are not asked for soon."""
        decided = self._decided.get(actor)
        self._dirty[actor] = None
        if decided is not None and not decided.again and actor not in self.fresh:
            self._texts[actor] = _encoder.encode(decided).decode()
            self._released.add(actor)
            del self._decided[actor]

    def is_stored(self, actor: str) -> bool:
        """Tell whether anything of an actor is stored already."""
        self.load((actor,))
        return actor in self._stored

    def put_decided(self, actor: str) -> None:
        """Note that what was decided has changed."""
        self._dirty[actor] = None

    def join(self, audience: str, actor: str, since: int) -> None:
        """List an actor among the members."""
        self._left.pop((audience, actor), None)
        self._joined[audience, actor] = since

    def leave(self, audience: str, actor: str) -> None:
        """List an actor among the members no more."""
        self._joined.pop((audience, actor), None)
        self._left[audience, actor] = None

    def relabel(self, actor: str, parcel: str, identifiers: Iterable[str]) -> None:
        """Move the parts of these identifiers out of a person, into a parcel."""
        parts = self.parts(actor)
        moved = {via: parts.pop(via) for via in identifiers if via in parts}
        if moved:
            self.parts(parcel).update(moved)
            self._dirty[actor] = self._dirty[parcel] = None

    def drop(self, parcel: str) -> None:
        """Delete the rows of a parcel, or of a person that is one no more."""
        for audience in self.decided(parcel).members:
            self.leave(audience, parcel)
        self._dirty.pop(parcel, None)
        self._gaps.pop(parcel, None)
        if parcel in self._stored:  # there is no gap and no timer of whom nothing is kept
            for table in ("audience_state", "audience_gap", "timer"):
                self._sql.execute(f"DELETE FROM {table} WHERE actor = ?", (parcel,))  # noqa: S608 - names above
        self._decided.pop(parcel, None)
        self._texts.pop(parcel, None)
        self._released.discard(parcel)
        self._stored.pop(parcel, None)

    def flush(self) -> None:
        """Write everything that was changed."""
        if self._dirty:
            self._flush_decided()
        if self._joined:
            members = [(*key, since) for key, since in self._joined.items()]
            self._joined.clear()
            self._sql.execute_many(_SAVE_MEMBER, members)
        for key in self._left:
            self._sql.execute("DELETE FROM audience_member WHERE audience = ? AND actor = ?", key)
        self._left.clear()
        for actor, is_open in self._gaps.items():
            self._sql.execute(_OPEN_GAP if is_open else _CLOSE_GAP, (actor,))
        self._gaps.clear()

    def _flush_decided(self) -> None:
        rows: list[tuple[int | None, str, str]] = []
        timers = []
        for actor in self._dirty:
            id_, text = self._stored.setdefault(actor, None), self._texts.get(actor)
            if text is not None:  # of its next instant nothing has changed
                rows.append((id_, actor, text))
                continue
            decided = self._decided[actor]
            first = min(decided.next.values(), default=None)
            # A timer that is too early wakes the actor for nothing, once; setting it anew for
            # each event would be another row for each.
            if first is not None and (decided.armed is None or first < decided.armed):
                decided.armed = first
                timers.append((actor, first))
            rows.append((id_, actor, _encoder.encode(decided).decode()))
        self._dirty.clear()
        self._sql.execute_many(_SAVE_STATE, rows)
        if timers:
            first_timer = min(at for _, at in timers)
            self.armed = first_timer if self.armed is None else min(self.armed, first_timer)
            self._sql.execute_many(_SAVE_TIMER, timers)

    def disarm(self, actor: str) -> None:
        """Take an actor's timer away: it went off."""
        self.decided(actor).armed = None
        self._sql.execute("DELETE FROM timer WHERE actor = ? AND purpose = ?", (actor, PURPOSE))
