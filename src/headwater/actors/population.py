"""A shard of a workspace's people, as questions about populations read them.

Identity actors tell it what happened (population_feed.py), and may say a thing twice or late;
what is told again changes nothing. A person's rows lie in the shard that `shard_of` names, all of
them, so that what shards answer adds up. When two people become one, the winner tells what it has
taken over, and the loser that it is nobody any more; when one becomes two, each tells what it has.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from headwater.actors import population_recall
from headwater.actors.population_calls import (
    AccountPortion,
    Body,
    Described,
    Event,
    Head,
    Held,
    Portion,
    Recalled,
    Taken,
)
from headwater.ports import Sql, SqlValue

SHARDS = 8
"""How many a workspace has. It is part of their names: with another number all begin empty."""

FULL = 16_000
"""Characters from which on a bundle takes no more events."""

_HELD = """
SELECT coalesce(max(position), 0), coalesce(max(stamp), 0) FROM (
    SELECT position, stamp FROM person WHERE person = ?1
    UNION ALL SELECT position, stamp FROM bundle WHERE person = ?1
)
"""
_SAVE = """
INSERT INTO person (person, gone, stamp, position, traits, identifiers, members, accounts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (person) DO UPDATE SET gone = excluded.gone, stamp = excluded.stamp,
    position = excluded.position, traits = excluded.traits, identifiers = excluded.identifiers,
    members = excluded.members, accounts = excluded.accounts
"""
_ADD_TO = """
UPDATE bundle SET stamp = ?, position = ?, first = min(first, ?), last = max(last, ?),
    heads = substr(heads, 1, length(heads) - 1) || ',' || substr(?, 2),
    bodies = substr(bodies, 1, length(bodies) - 1) || ',' || substr(?, 2)
WHERE person = ? AND number = ?
"""
_ADD = """
INSERT INTO bundle (person, number, stamp, position, first, last, heads, bodies)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_ENTER = """
INSERT INTO memberships (audience, person, since) VALUES (?, ?, ?)
ON CONFLICT (audience, person) DO UPDATE SET since = excluded.since
"""
_SAVE_ACCOUNT = """
INSERT INTO account (account, stamp, traits) VALUES (?, ?, ?)
ON CONFLICT (account) DO UPDATE SET stamp = excluded.stamp, traits = excluded.traits
"""

_json = msgspec.json.Encoder()
_members: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])
_names: msgspec.json.Decoder[list[str]] = msgspec.json.Decoder(list[str])
_heads: msgspec.json.Decoder[list[Head]] = msgspec.json.Decoder(list[Head])
_bodies: msgspec.json.Decoder[list[Body]] = msgspec.json.Decoder(list[Body])


def shard_of(person: str, shards: int) -> int:
    """Answer which of so many shards a person, named by their root identifier, lies in."""
    return zlib.crc32(person.encode()) % shards


class Population:
    """One shard, over its own database (population.sql)."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def held(self, person: str) -> Held:
        """Answer how much there is of a person."""
        ((position, stamp),) = self._sql.execute(_HELD, (person,))
        return Held(position, stamp)

    def take(self, portion: Portion) -> Taken:
        """Take what a person's actor tells, unless it is late or something before it is missing."""
        person = portion.person
        held = self.held(person)
        if portion.stamp <= held.stamp or portion.after != held.position:
            return Taken(held, is_taken=False)
        rows = self._sql.execute(
            "SELECT gone, traits, identifiers, members, accounts FROM person WHERE person = ?",
            (person,),
        )
        before: Sequence[Any] | None = rows[0] if rows else None
        if portion.described is None:
            if before is not None:
                self._let_go(portion, before)
        else:
            self._describe(portion, portion.described, before)
            if portion.events:
                self._add(portion)
        return Taken(Held(portion.until, portion.stamp))

    def take_recalled(self, call: Recalled) -> Taken:
        """Take events out of the lake, unless they are known to be here, or nobody's any more."""
        held = self.held(call.person)
        is_taken = population_recall.told(self._sql, call.person, call.via, until=call.until)
        if is_taken and call.events:
            self._add(
                Portion(
                    "",
                    call.person,
                    held.stamp,
                    None,
                    held.position,
                    held.position,
                    call.events,
                    overlaps=True,
                )
            )
        return Taken(held, is_taken)

    def take_account(self, portion: AccountPortion) -> Taken:
        """Take what an account's actor tells, unless it is late."""
        rows = self._sql.execute(
            "SELECT stamp, traits FROM account WHERE account = ?", (portion.account,)
        )
        traits = _text(portion.traits)
        if rows and rows[0][0] >= portion.stamp:
            return Taken(Held(0, rows[0][0]), is_taken=False)
        if not rows or rows[0][1] != traits:
            self._sql.execute(_SAVE_ACCOUNT, (portion.account, portion.stamp, traits))
        return Taken(Held(0, portion.stamp))

    def answer(self, query: str, parameters: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Answer the rows of a query, such as a `headwater.questions.asking.Query`."""
        return self._sql.execute(query, parameters)

    def _let_go(self, portion: Portion, before: Sequence[Any]) -> None:
        """Forget somebody who is nobody any more, but how far was heard of them."""
        person = portion.person
        if before[0]:
            return
        self._sql.execute("DELETE FROM bundle WHERE person = ?", (person,))
        self._sql.execute("DELETE FROM lacking WHERE person = ?", (person,))
        self._move(person, _members.decode(before[3]), {})
        self._sql.execute(_SAVE, (person, 1, portion.stamp, portion.until, "{}", "[]", "{}", "[]"))

    def _describe(
        self, portion: Portion, described: Described, before: Sequence[Any] | None
    ) -> None:
        """Write what a person is like, where that has changed."""
        held = (described.traits, described.identifiers, described.members, described.accounts)
        texts = tuple(map(_text, held))
        if before is not None and tuple(before) == (0, *texts):
            return
        names = _names.decode(before[2]) if before is not None else []
        if set(names) - set(described.identifiers):
            self._keep_only(portion, described.identifiers)
        population_recall.note(
            self._sql,
            portion.person,
            before=names,
            after=described.identifiers,
            let_go=portion.let_go,
        )
        members = _members.decode(before[3]) if before is not None else {}
        self._move(portion.person, members, described.members)
        self._sql.execute(_SAVE, (portion.person, 0, portion.stamp, portion.after, *texts))

    def _move(self, person: str, before: dict[str, int], after: dict[str, int]) -> None:
        """Have a person leave audiences, and enter others."""
        for audience in before.keys() - after.keys():
            self._sql.execute(
                "DELETE FROM memberships WHERE audience = ? AND person = ?", (audience, person)
            )
        entered = [
            (audience, person, since)
            for audience, since in after.items()
            if before.get(audience) != since
        ]
        if entered:
            self._sql.execute_many(_ENTER, entered)

    def _add(self, portion: Portion) -> None:
        """Add events to the last bundle, or to a new one."""
        person, events = portion.person, portion.events
        if portion.overlaps:
            known = {head[1] for _, heads, _ in self._bundles(person) for head in heads}
            events = [event for event in events if event.head[1] not in known]
        if not events:
            # Else the same would be told again.
            self._sql.execute(
                "UPDATE person SET stamp = ?, position = ? WHERE person = ?",
                (portion.stamp, portion.until, person),
            )
            return
        heads, bodies = _columns(events)
        rows = self._sql.execute(
            "SELECT number, length(bodies) FROM bundle WHERE person = ?"
            " ORDER BY number DESC LIMIT 1",
            (person,),
        )
        number, length = rows[0] if rows else (0, FULL)
        word = (portion.stamp, portion.until, *_span(heads), _text(heads), _text(bodies))
        if length < FULL:
            self._sql.execute(_ADD_TO, (*word, person, number))
        else:
            self._sql.execute(_ADD, (person, number + 1, *word))

    def _bundles(self, person: str) -> Iterable[tuple[int, list[Head], list[Body]]]:
        rows = self._sql.execute(
            "SELECT number, heads, bodies FROM bundle WHERE person = ?", (person,)
        )
        return [
            (number, _heads.decode(heads), _bodies.decode(bodies)) for number, heads, bodies in rows
        ]

    def _keep_only(self, portion: Portion, identifiers: Collection[str]) -> None:
        """Forget the events that came by other identifiers, which a split has taken away."""
        person, kept = portion.person, set(identifiers)
        for number, heads, bodies in self._bundles(person):
            own = [
                Event(head, body)
                for head, body in zip(heads, bodies, strict=True)
                if body[3] in kept
            ]
            if not own:
                self._sql.execute(
                    "DELETE FROM bundle WHERE person = ? AND number = ?", (person, number)
                )
            elif len(own) < len(heads):
                left, rest = _columns(own)
                self._sql.execute(
                    "UPDATE bundle SET first = ?, last = ?, heads = ?, bodies = ?"
                    " WHERE person = ? AND number = ?",
                    (*_span(left), _text(left), _text(rest), person, number),
                )


def _columns(events: Sequence[Event]) -> tuple[list[Head], list[Body]]:
    return [event.head for event in events], [event.body for event in events]


def _span(heads: Sequence[Head]) -> tuple[int, int]:
    times = [head[0] for head in heads]
    return min(times), max(times)


def _text(value: Any) -> str:
    return _json.encode(value).decode()
