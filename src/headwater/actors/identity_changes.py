"""Which rows a turn has changed, written down with the turn, for the lake to take them over.

It costs one short row for each turn that changed who is who or a trait; a turn whose events only
add themselves costs nothing. The lake reads the rows that are named as they are when it looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from headwater.ports import Sql

Key = tuple[str, str]
Name = TypeVar("Name", str, Key)


class Changes(msgspec.Struct, omit_defaults=True):
    """Names of changed rows.

    Attributes:
        states: actors.
        traits: actor and the identifier that the traits came by.
        members: account's actor and who is in it.
        history: actor and the identifier that the events came by.
        suppressions: workspace and the hash of an identifier that nothing is kept of, or is again.
    """

    states: list[str] = []
    traits: list[Key] = []
    members: list[Key] = []
    history: list[Key] = []
    suppressions: list[Key] = []

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.states or self.traits or self.members or self.history or self.suppressions)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Changes)


def note(sql: Sql, changes: Changes) -> None:
    """Write down what changed, in the transaction that changed it."""
    if changes:
        sql.execute("INSERT INTO change (body) VALUES (?)", (_encoder.encode(changes).decode(),))


def noted(sql: Sql, *, after: int) -> tuple[int, Changes]:
    """Answer the last change there is and what changed since the one numbered `after`."""
    rows = sql.execute("SELECT id, body FROM change WHERE id > ? ORDER BY id", (after,))
    found = [_decoder.decode(body) for _, body in rows]
    return rows[-1][0] if rows else after, together(found)


def together(some: Sequence[Changes]) -> Changes:
    """Answer all of these changes, each name once."""
    return Changes(
        states=_distinct(key for one in some for key in one.states),
        traits=_distinct(key for one in some for key in one.traits),
        members=_distinct(key for one in some for key in one.members),
        history=_distinct(key for one in some for key in one.history),
        suppressions=_distinct(key for one in some for key in one.suppressions),
    )


def forget(sql: Sql, *, until: int) -> None:
    """Remove the changes up to this one; their numbers are never given out again."""
    sql.execute("DELETE FROM change WHERE id <= ?", (until,))


def _distinct(keys: Iterable[Name]) -> list[Name]:
    return list(dict.fromkeys(keys))
