"""One turn of an actor that has its database to itself, and knows how far the lake has it.

Locally one position tells of all actors what the lake has. Here each actor has its own, and its
rows say where they were born once they leave it: so whoever holds them next can tell the lake
which rows they are, and none goes there twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from headwater.actors import identity_changes
from headwater.actors.identity_changes import Changes
from headwater.actors.identity_messages import EventRow
from headwater.actors.identity_storage import PAGE, Turn
from headwater.lake import births
from headwater.ports import Sql

_PAGE = """
SELECT message_id, timestamp, via, type, body,
       origin IS 0 OR (id <= ? AND actor = ?), coalesce(born, id || ' ' || ?)
FROM event WHERE actor = ? AND message_id > ? ORDER BY message_id LIMIT ?
"""
_ADD = """
INSERT INTO event (actor, message_id, timestamp, via, type, body, origin, born)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
# From here on the position does not speak for them.
_MARK = """
UPDATE event SET origin = CASE WHEN id <= ?1 THEN 0 ELSE origin END,
                 born = CASE WHEN id <= ?1 THEN born ELSE coalesce(born, id || ' ' || ?2) END
WHERE actor = ?2 AND origin IS NOT 0 AND via IN (SELECT value FROM json_each(?3))
"""
_MET = """
UPDATE event SET origin = 0 WHERE actor = ? AND id > ? AND origin IS NOT 0
AND message_id IN (SELECT value FROM json_each(?))
"""
_TWINS = """
SELECT event.id, coalesce(event.born, event.id || ' ' || ?), wanted.value ->> 2
FROM json_each(?) AS wanted
JOIN event ON event.actor = ? AND event.message_id = wanted.value ->> 0
WHERE event.via = wanted.value ->> 1 AND event.id > ? AND event.origin IS NOT 0
"""
_BORN = """
UPDATE event SET born = (SELECT value ->> 1 FROM json_each(?1) WHERE value ->> 0 = event.id)
WHERE id IN (SELECT value ->> 0 FROM json_each(?1))
"""
_NOTE = """
INSERT INTO lake_reached (only_one, position, change, since, changed) VALUES (1, 0, ?, ?, ?)
ON CONFLICT (only_one) DO UPDATE
SET change = excluded.change, since = excluded.since, changed = excluded.changed
"""

_encoder = msgspec.json.Encoder()


class Reached(msgspec.Struct, frozen=True):
    """See identity_reached.sql."""

    position: int = 0
    change: int = 0
    since: int | None = None
    changed: Changes = msgspec.field(default_factory=Changes)


def reached(sql: Sql) -> Reached:
    """Answer how far the lake has this actor."""
    rows = sql.execute("SELECT position, change, since, changed FROM lake_reached")
    if not rows:
        return Reached()
    ((position, change, since, changed),) = rows
    return Reached(position, change, since, msgspec.json.decode(changed, type=Changes))


class OwnTurn(Turn):
    """A turn of one actor; see `Turn`.

    Args:
        sql: the actor's own database, inside a transaction.
        name: the actor's.
        now: milliseconds; changes are numbered by it.
    """

    def __init__(self, sql: Sql, name: str, *, now: int) -> None:
        super().__init__(sql, journal=True)
        self._name = name
        self._now = now

    def page(self, actor: str, cursor: str) -> list[EventRow]:
        """Answer the next events of an actor by messageId, each with where it was born."""
        position = reached(self.sql).position
        rows = self.sql.execute(_PAGE, (position, self._name, self._name, actor, cursor, PAGE))
        return [
            (row[0], row[1], row[2], row[3], row[4], 0 if row[5] else str(row[6])) for row in rows
        ]

    def add_moved(self, actor: str, rows: Sequence[EventRow]) -> None:
        """Store events that come from another actor, with what is known of them and the lake."""
        if rows:
            self.sql.execute_many(_ADD, [(actor, *row[:5], *_marks(row[5])) for row in rows])

    def meet(self, actor: str, rows: Sequence[EventRow]) -> None:
        """Learn of events that came to two actors; what the lake has of one it has of both.

        Of one that the lake was not known to have, the other copy may be on its way there. The
        copy here then bears the names of both, so that the lake takes only one of them.
        """
        position = reached(self.sql).position
        there = [row[0] for row in rows if row[5] == 0]
        if there:
            wanted = _encoder.encode(there).decode()
            self.sql.execute(_MET, (actor, position, wanted))
        twins = [(row[0], row[2], row[5]) for row in rows if isinstance(row[5], str)]
        if twins:
            wanted = _encoder.encode(twins).decode()
            found = self.sql.execute(_TWINS, (self._name, wanted, actor, position))
            both = [
                (id_, births.write([*births.read(own), *births.read(other)]))
                for id_, own, other in found
            ]
            self.sql.execute(_BORN, (_encoder.encode(both).decode(),))

    def relabel(self, actor: str, parcel: str, identifiers: Iterable[str]) -> None:
        """Move rows into a parcel; see `Turn.relabel`."""
        identifiers = list(identifiers)
        wanted = _encoder.encode(identifiers).decode()
        self.sql.execute(_MARK, (reached(self.sql).position, actor, wanted))
        super().relabel(actor, parcel, identifiers)

    def _note(self, changes: Changes) -> None:
        if not changes:
            return
        held = reached(self.sql)
        self.sql.execute(
            _NOTE,
            (
                max(self._now, held.change + 1),
                self._now if held.since is None else held.since,
                _encoder.encode(identity_changes.together([held.changed, changes])).decode(),
            ),
        )


def _marks(origin: int | str) -> tuple[int | None, str | None]:
    # A number other than 0 comes from an actor that had no lake: the row is as if born here.
    return (None, origin) if isinstance(origin, str) else (None if origin else 0, None)
