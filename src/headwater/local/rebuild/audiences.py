"""What audiences keep with people, of a restored database: moved with them, and decided anew."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from hashlib import sha256
from operator import attrgetter
from typing import NamedTuple

from headwater.actors.audience_rows import PURPOSE, AudienceRows
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.audiences.program import OWN_MESSAGES
from headwater.local.rebuild.placing import Placing
from headwater.ports import Sql

_SLICE = 2_000
_NEXT = "SELECT actor FROM audience_state WHERE actor > ? ORDER BY actor LIMIT ?"
_WOKEN = "SELECT actor FROM timer WHERE actor > ? AND purpose = ? ORDER BY actor LIMIT ?"
_TOLD = """
SELECT event.actor, event.message_id FROM json_each(?) AS wanted
JOIN event ON event.actor = wanted.value AND event.message_id >= ? AND event.message_id < ?
"""
_BEHIND = f"{OWN_MESSAGES[:-1]};"  # the sign after a colon
_HAVE_AUDIENCES = "SELECT workspace FROM audiences UNION SELECT workspace FROM computed_traits"


def move_audiences(sql: Sql, *, now: int) -> None:
    """Put what is kept of an identifier's events with who has the identifier now.

    Who has gained or lost something is to be decided anew. What has become nobody's is deleted.
    """
    placings: dict[str, Placing] = {}
    last, changed = "", set[str]()
    while actors := [row[0] for row in sql.execute(_NEXT, (last, _SLICE))]:
        last = actors[-1]
        turn = Turn(sql)
        turn.load(actors)
        turn.audiences.load(actors)
        for actor in actors:
            workspace = actor.partition("/")[0]
            placing = placings.setdefault(workspace, Placing(sql, workspace))
            changed |= _move(turn, actor, placing)
        turn.audiences.flush()
    _have_decided(sql, changed, now=now)


def _move(turn: Turn, actor: str, placing: Placing) -> set[str]:
    """Move an actor's parts; answer whose have changed."""
    rows, changed = turn.audiences, set[str]()
    for via in list(rows.parts(actor)):
        to = placing.actor(via)
        if to is None:
            del rows.parts(actor)[via]
            rows.put_decided(actor)
            changed.add(actor)
        elif to != actor:
            rows.relabel(actor, to, [via])
            changed |= {actor, to}
    if isinstance(turn.state(actor), Root):
        return changed
    members = rows.decided(actor).members
    rows.drop(actor)
    winner = placing.actor(actor.partition("/")[2].partition("#")[0])
    if winner is not None and members:
        decided = rows.decided(winner)
        decided.inherited = sorted({*decided.inherited, *members})
        rows.put_decided(winner)
        changed.add(winner)
    return changed - {actor}


def look_again(sql: Sql, kept: Iterable[tuple[str, str]], *, now: int) -> None:
    """Have everything decided anew of people who have events that came out of the lake.

    Args:
        sql: the database.
        kept: actors, each with an identifier of such an event: what is kept of that one is made
            anew from the events that are stored.
        now: milliseconds.
    """
    having = {row[0] for row in sql.execute(_HAVE_AUDIENCES)}
    pairs = {pair for pair in kept if pair[0].partition("/")[0] in having}
    rows = Turn(sql).audiences
    rows.load(actor for actor, _ in pairs)
    for actor, via in pairs:
        part = rows.parts(actor).get(via)
        if part is not None:
            part.version = 0
            rows.put_decided(actor)
    rows.flush()
    _have_decided(sql, {actor for actor, _ in pairs}, now=now)


def remember_told(sql: Sql) -> None:
    """Take over what people were told of memberships since the backup: it is not told again.

    Call it once all events are in. What tells of a membership is an event too, so the lake has it.
    """
    known = {row[0] for row in sql.execute("SELECT id FROM audiences")}
    last = ""
    while actors := [row[0] for row in sql.execute(_WOKEN, (last, PURPOSE, _SLICE))]:
        last = actors[-1]
        rows = Turn(sql).audiences
        rows.load(actors)
        told: dict[str, list[_Message]] = {}
        for actor, message_id in sql.execute(_TOLD, (json.dumps(actors), OWN_MESSAGES, _BEHIND)):
            message = _Message.read(message_id)
            if message is not None and message.is_of(actor):
                told.setdefault(actor, []).append(message)
        for actor, messages in told.items():
            _remember(rows, actor, messages, known)
        rows.flush()


def _remember(
    rows: AudienceRows, actor: str, messages: Sequence[_Message], known: AbstractSet[str]
) -> None:
    decided = rows.decided(actor)
    for one in sorted(messages, key=attrgetter("number")):
        if one.number < decided.told:
            continue
        decided.told = one.number + 1
        if one.audience in known and one.entered:
            decided.members[one.audience] = one.at
            rows.join(one.audience, actor, one.at)
        elif one.audience in known:
            decided.members.pop(one.audience, None)
            rows.leave(one.audience, actor)
        rows.put_decided(actor)


class _Message(NamedTuple):
    """What the id of a message says that tells of a membership; see audience_events.py."""

    audience: str
    entered: bool
    at: int
    number: int
    digest: str

    @classmethod
    def read(cls, message_id: str) -> _Message | None:
        """Answer it; None where it is none of ours."""
        try:
            audience, word, at, number, digest = message_id.removeprefix(OWN_MESSAGES).split(":")
            return cls(audience, word == "entered", int(at), int(number), digest)
        except ValueError:
            return None

    def is_of(self, actor: str) -> bool:
        """Tell whether this very person was told, and nobody whom it has absorbed."""
        return sha256(actor.encode()).hexdigest().startswith(self.digest)


def _have_decided(sql: Sql, actors: Iterable[str], *, now: int) -> None:
    names = json.dumps(sorted(actors))
    sql.execute(
        "UPDATE audience_state SET body = json_set(body, '$.again', json('true'))"
        " WHERE actor IN (SELECT value FROM json_each(?))",
        (names,),
    )
    sql.execute(
        "INSERT OR REPLACE INTO timer (actor, purpose, at) SELECT value, ?, ? FROM json_each(?)",
        (PURPOSE, now, names),
    )
