"""What of the database is to go to the lake: events behind a position, and changed identities."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any, NamedTuple

from headwater.actors.identity_changes import Changes, noted
from headwater.actors.identity_network import follow
from headwater.actors.identity_rows import IdentityRow, changed_rows
from headwater.actors.identity_storage import Turn
from headwater.ports import Sql


class Tail(NamedTuple):
    """Rows of `event`, a column each.

    Attributes:
        ids: of the rows.
        positions: where each stands in the order of commits.
        actors: whose each is, with the workspace.
        vias: the identifier that each arrived under.
        bodies: JSON texts, as bytes.
    """

    ids: Sequence[int]
    positions: Sequence[int]
    actors: Sequence[str]
    vias: Sequence[str]
    bodies: Sequence[bytes]

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.ids)

    def some(self, wanted: Sequence[bool]) -> Tail:
        """Answer those rows that are wanted; all of them cost nothing."""
        if all(wanted):
            return self
        columns: Iterator[tuple[Any, ...]] = (tuple(compress(one, wanted)) for one in self)
        return Tail(*columns)

    def behind(self, position: int) -> Tail:
        """Answer those that were committed after a position."""
        if min(self.positions, default=0) > position:
            return self
        return self.some([one > position for one in self.positions])

    def by_workspace(self) -> dict[str, Tail]:
        """Answer those of each workspace, by its name."""
        if not self.actors:
            return {}
        first, last = (one.partition("/")[0] for one in (min(self.actors), max(self.actors)))
        if first == last:  # those between begin so too
            return {first: self}
        of_actor = {actor: actor.partition("/")[0] for actor in set(self.actors)}
        names = sorted(set(of_actor.values()))
        owners = [of_actor[actor] for actor in self.actors]
        return {name: self.some([owner == name for owner in owners]) for name in names}


class Told(NamedTuple):
    """What is told of an event beside its text; the text of one of ours tells the same."""

    message_id: str
    type: str
    timestamp: int

    @property
    def received_at(self) -> int:
        """Answer when it was received, as far as can be told."""
        return self.timestamp


# Rows of accounts are copies of their members' events. A buried row (actor '') is nobody's.
_EVENTS = """
SELECT id, coalesce(origin, id), actor, via, CAST(body AS BLOB)
FROM event
WHERE id > ? AND id <= ? AND coalesce(origin, id) > ?
  AND actor <> '' AND instr(actor, '/=account:') = 0
ORDER BY id LIMIT ?
"""
# Moved rows stand at the end by their id, but count from where they were at first.
_MOVED_FROM_AMONG_THEM = """
SELECT id, origin, actor, via, CAST(body AS BLOB)
FROM event
WHERE origin > ? AND origin <= ? AND id > ?
  AND actor <> '' AND instr(actor, '/=account:') = 0
"""
_TOLD = """
SELECT id, message_id, type, timestamp FROM event WHERE id IN (SELECT value FROM json_each(?))
"""
_EMPTY = Tail((), (), (), (), ())


def last_event(sql: Sql) -> int:
    """Answer the highest `event.id` there is; 0 where there is none."""
    highest: int = sql.execute("SELECT coalesce(max(id), 0) FROM event")[0][0]
    return highest


def events_behind(
    sql: Sql, position: int, *, limit: int, after: int | None = None
) -> tuple[Tail, int]:
    """Answer events that the lake does not have, and up to which position these are all of them.

    Args:
        sql: a snapshot of the database.
        position: what the lake has.
        limit: about how many events to answer at most.
        after: an id from which on to look, where those before are known already.
    """
    highest = last_event(sql)
    after = position if after is None else after
    found = sql.execute(_EVENTS, (after, highest, position, limit))
    until = max(highest, after)
    if len(found) == limit:
        until = found[-1][0]
        found += sql.execute(_MOVED_FROM_AMONG_THEM, (position, until, until))
    return Tail(*zip(*found, strict=True)) if found else _EMPTY, until


def told(sql: Sql, ids: Sequence[int]) -> list[Told]:
    """Answer what the columns beside their texts tell of some events."""
    found = sql.execute(_TOLD, (json.dumps(ids),))
    by_id = {row[0]: Told(*row[1:]) for row in found}
    return [by_id[id_] for id_ in ids]


def people_of(sql: Sql, rows: Tail) -> dict[str, str]:
    """Answer for each actor that has events here the root identifier that they are of now."""
    arrived = dict(zip(rows.actors, rows.vias, strict=True))
    return {
        actor: _person(sql, actor, via) if "#" in actor else actor.partition("/")[2]
        for actor, via in arrived.items()
    }


def _person(sql: Sql, actor: str, via: str) -> str:
    """Answer the root identifier of an actor; rows that are on the move lie under another name."""
    workspace, _, name = actor.partition("/")
    if "#" not in name:
        return name
    return follow(Turn(sql), f"{workspace}/{via}").partition("/")[2]


def changed(sql: Sql, *, after: int) -> tuple[int, list[IdentityRow]]:
    """Answer the number of the last change, and the rows that changed since, as they are now."""
    last, changes = noted(sql, after=after)
    return last, [*changed_rows(sql, changes), *_suppressions(sql, changes)]


def _suppressions(sql: Sql, changes: Changes) -> Iterator[IdentityRow]:
    found = {
        (workspace, hash_): body
        for workspace, hash_, body in sql.execute(
            f"SELECT workspace, hash, {_SUPPRESSION} FROM json_each(?) AS wanted"  # noqa: S608 - below
            " JOIN suppressions ON workspace = wanted.value ->> 0 AND hash = wanted.value ->> 1"
            " JOIN suppression_salts USING (workspace)",
            (json.dumps(changes.suppressions),),
        )
    }
    for workspace, hash_ in changes.suppressions:
        yield "suppression", f"{workspace}/{hash_}", None, found.get((workspace, hash_))


_SUPPRESSION = (
    "json_object('type', suppressions.type, 'reason', reason, 'created_at', created_at,"
    " 'salt', salt)"
)


_PAGES = (
    ("state", "SELECT id, actor, NULL, body FROM identity WHERE id > ? ORDER BY id LIMIT ?"),
    ("traits", "SELECT id, actor, via, body FROM traits WHERE id > ? ORDER BY id LIMIT ?"),
    ("history", "SELECT id, actor, via, body FROM history WHERE id > ? ORDER BY id LIMIT ?"),
)
_MEMBERS = """
SELECT actor, member, CAST(timestamp AS TEXT) FROM member
WHERE (actor, member) > (?, ?) ORDER BY actor, member LIMIT ?
"""


_SUPPRESSED = f"""
SELECT workspace, hash, {_SUPPRESSION} FROM suppressions JOIN suppression_salts USING (workspace)
WHERE (workspace, hash) > (?, ?) ORDER BY workspace, hash LIMIT ?
"""  # noqa: S608 - texts of this file


def everything(sql: Sql, *, page: int) -> Iterator[list[IdentityRow]]:
    """Answer all rows of the identity tables and suppressions, so many at a time."""
    for kind, statement in _PAGES:
        after = 0
        while rows := sql.execute(statement, (after, page)):
            after = rows[-1][0]
            yield [(kind, actor, key, body) for _, actor, key, body in rows]
    last = ("", "")
    while rows := sql.execute(_MEMBERS, (*last, page)):
        last = (rows[-1][0], rows[-1][1])
        yield [("member", actor, member, body) for actor, member, body in rows]
    last = ("", "")
    while rows := sql.execute(_SUPPRESSED, (*last, page)):
        last = (rows[-1][0], rows[-1][1])
        yield [("suppression", f"{name}/{hash_}", None, body) for name, hash_, body in rows]


def last_change(sql: Sql) -> int:
    """Answer the number of the last change there is; 0 where there is none."""
    highest: int = sql.execute("SELECT coalesce(max(id), 0) FROM change")[0][0]
    return highest
