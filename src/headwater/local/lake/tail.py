"""Which events of the database are to go to the lake: those behind a position."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.actors.identity_network import follow
from headwater.actors.identity_storage import Turn
from headwater.local.lake.joined_texts import JoinedTexts
from headwater.local.lake.position import last_event
from headwater.local.lake.text_arrays import Marks, Numbers, lines
from headwater.ports import Sql


class Tail(NamedTuple):
    """Rows of `event`, a column each.

    Attributes:
        ids: of the rows.
        positions: where each stands in the order of commits.
        actors: whose each is, with the workspace.
        vias: the identifier that each arrived under.
        bodies: JSON texts.
    """

    ids: Numbers
    positions: Numbers
    actors: pa.StringArray
    vias: pa.StringArray
    bodies: JoinedTexts

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(len(self.ids))

    def some(self, wanted: Marks) -> Tail:
        """Answer those rows that are wanted; all of them cost nothing."""
        if wanted.all():
            return self
        return Tail(
            self.ids[wanted],
            self.positions[wanted],
            self.actors.filter(pa.array(wanted)),
            self.vias.filter(pa.array(wanted)),
            self.bodies.some(wanted.tolist()),
        )

    def behind(self, position: int) -> Tail:
        """Answer those that were committed after a position."""
        return self.some(self.positions > position)

    def by_workspace(self) -> dict[str, Tail]:
        """Answer those of each workspace, by its name."""
        if not self:
            return {}
        ends = pc.min_max(self.actors).as_py()
        first, last = (ends[which].partition("/")[0] for which in ("min", "max"))
        if first == last:  # those between begin so too
            return {first: self}
        names = [actor.partition("/")[0] for actor in self.actors.to_pylist()]
        owners = np.array(names)
        return {name: self.some(owners == name) for name in sorted(set(names))}


class Behind(NamedTuple):
    """What the lake does not have.

    Attributes:
        rows: events.
        until: the position up to which these are all of them.
        more: whether there may be some behind it.
    """

    rows: Tail
    until: int
    more: bool


class Told(NamedTuple):
    """What is told of an event beside its text; the text of one of ours tells the same."""

    message_id: str
    type: str
    timestamp: int

    @property
    def received_at(self) -> int:
        """Answer when it was received, as far as can be told."""
        return self.timestamp


# One row comes back, of columns joined: a Python value for each would take half as long again.
# Whose rows are none of the lake's is looked at later: for SQLite it would be a third of its work.
_JOINED = """
SELECT count(*), group_concat(id),
  group_concat(CASE WHEN origin IS NOT NULL THEN id END), group_concat(origin),
  CAST(group_concat(actor, char(10)) AS BLOB), CAST(group_concat(via, char(10)) AS BLOB),
  group_concat(length(CAST(body AS BLOB))), CAST(group_concat(body, char(10)) AS BLOB)
FROM event WHERE {place} > ? AND {place} <= ? AND {but}
"""
_NEXT = "SELECT min({place}) FROM event WHERE {place} > ?"


class _Walk(NamedTuple):
    """Two statements: one reads rows between two numbers, the other finds the next number."""

    read: str
    find: str


_BY_ID = _Walk(_JOINED.format(place="id", but="coalesce(origin, id) > ?"), _NEXT.format(place="id"))
# Moved rows stand at the end by their id, but count from where they were at first.
_MOVED = _Walk(_JOINED.format(place="origin", but="id > ?"), _NEXT.format(place="origin"))
_AT_A_TIME = 2_000
"""Rows that are joined: of the largest events 64 MB, and all of them stay near the processor."""

# Rows of accounts are copies of their members' events.
_ACCOUNT = "/=account:"
_NAMES = """
SELECT actor, via FROM json_each(?) AS wanted JOIN event ON event.id = wanted.value
ORDER BY wanted.key
"""
_TOLD = """
SELECT id, message_id, type, timestamp FROM event WHERE id IN (SELECT value FROM json_each(?))
"""


def events_behind(sql: Sql, position: int, *, limit: int, after: int | None = None) -> Behind:
    """Answer events that the lake does not have.

    Args:
        sql: a snapshot of the database.
        position: what the lake has.
        limit: about how many rows to look at, at most.
        after: an id from which on to look, where those before are known already.
    """
    highest = last_event(sql)
    after = position if after is None else after
    parts, reached = _parts(sql, _BY_ID, (after, highest), position, limit=limit)
    more = reached < highest
    if more:
        moved, _ = _parts(sql, _MOVED, (position, reached), reached, limit=None)
        parts += moved
    until = reached if more else max(highest, after)
    return Behind(_together([_of_people(one) for one in parts]), until, more)


def _parts(
    sql: Sql, walk: _Walk, between: tuple[int, int], than: int, *, limit: int | None
) -> tuple[list[Tail], int]:
    """Answer the rows behind one number and up to another, or `limit` of them, and how far."""
    parts: list[Tail] = []
    after, last = between
    left = last if limit is None else limit
    while after < last and left > 0:
        end = min(after + min(_AT_A_TIME, left), last)
        if part := _part(sql, walk.read, (after, end, than)):
            parts.append(part)
            left -= len(part.ids)
        else:  # perhaps there are many numbers that no row has any more
            following = sql.execute(walk.find, (end,))[0][0]
            end = last if following is None else min(following - 1, last)
        after = end
    return parts, after


def _part(sql: Sql, statement: str, wanted: tuple[int, int, int]) -> Tail | None:
    """Answer some rows, in the order of their ids or, of those that moved, their positions."""
    ((count, ids, moved, origins, actors, vias, sizes, bodies),) = sql.execute(statement, wanted)
    if not count:
        return None
    numbers = _numbers(ids)
    positions = numbers
    if moved:
        positions = numbers.copy()
        positions[np.isin(numbers, _numbers(moved))] = _numbers(origins)
    texts = JoinedTexts([bodies], _numbers(sizes))
    owners, under = lines(actors, count), lines(vias, count)
    if owners is None or under is None:  # some name has a line feed in it
        found = sql.execute(_NAMES, (json.dumps(numbers.tolist()),))
        owners, under = (pa.array(one, pa.string()) for one in zip(*found, strict=True))
    return Tail(numbers, positions, owners, under, texts)


def _of_people(rows: Tail) -> Tail:
    """Answer the rows that are some person's: those of accounts and of nobody (actor '') go."""
    actors = rows.actors
    others = pc.or_(pc.match_substring(actors, _ACCOUNT), pc.equal(actors, ""))
    return rows.some(~others.to_numpy(zero_copy_only=False))


def _numbers(text: str) -> Numbers:
    return np.fromstring(text, np.int64, sep=",")


def _together(parts: Sequence[Tail]) -> Tail:
    parts = [one for one in parts if one]
    if not parts:
        nothing = np.zeros(0, np.int64)
        texts = pa.array([], pa.string())
        return Tail(nothing, nothing, texts, texts, JoinedTexts.of([]))
    ids, positions, actors, vias, bodies = zip(*parts, strict=True)
    return Tail(
        np.concatenate(ids),
        np.concatenate(positions),
        pa.concat_arrays(actors),
        pa.concat_arrays(vias),
        reduce(JoinedTexts.and_more, bodies),
    )


def told(sql: Sql, ids: Sequence[int]) -> list[Told]:
    """Answer what the columns beside their texts tell of some events."""
    found = sql.execute(_TOLD, (json.dumps(ids),))
    by_id = {row[0]: Told(*row[1:]) for row in found}
    return [by_id[id_] for id_ in ids]


def people_of(sql: Sql, rows: Tail) -> pa.DictionaryArray:
    """Answer whose each of a workspace's rows is now, by root identifiers; those are in order."""
    found = rows.actors.dictionary_encode()
    actors, places = found.dictionary, found.indices.to_numpy()
    if pc.any(pc.match_substring(actors, "#")).as_py():
        names = _people(sql, rows, actors).dictionary_encode()
        people, places = names.dictionary, names.indices.to_numpy()[places]
    else:
        workspace = actors[0].as_py().partition("/")[0]
        people = pc.utf8_slice_codeunits(actors, len(workspace) + 1)
    order = pc.sort_indices(people).to_numpy()
    ranks = np.empty(len(order), np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(ranks[places]), people.take(pa.array(order)))


def _people(sql: Sql, rows: Tail, actors: pa.StringArray) -> pa.StringArray:
    """Answer the root identifiers of actors, some of which are on the move."""
    vias = dict(zip(rows.actors.to_pylist(), rows.vias.to_pylist(), strict=True))
    return pa.array([_person(sql, one, vias[one]) for one in actors.to_pylist()], pa.string())


def _person(sql: Sql, actor: str, via: str) -> str:
    """Answer the root identifier of an actor; rows that are on the move lie under another name."""
    workspace, _, name = actor.partition("/")
    if "#" not in name:
        return name
    return follow(Turn(sql), f"{workspace}/{via}").partition("/")[2]
