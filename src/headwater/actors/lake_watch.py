"""When an actor with a database of its own has to let the lake know that something waits."""

from __future__ import annotations

from headwater.actors import lake_offers
from headwater.ports import Sql

AGAIN = 3_600_000
"""Milliseconds after which a lake that was told and did not ask is told again."""


class LakeWatch:
    """Remembers what one object knows of it; all of that can be found out again.

    Args:
        after: milliseconds after which what is new is to go to the lake; None: there is no lake.
    """

    def __init__(self, after: int | None) -> None:
        self.after = after
        self._due: int | None = None
        self._told_at: int | None = None

    def due_at(self, sql: Sql, name: str | None, *, now: int) -> int | None:
        """Answer when (ms) the lake is to be told of this actor; None: nothing waits, or it was.

        Asked for after each call, so what is found is kept: the oldest stays the oldest.
        """
        if self.after is None or name is None:
            return None
        if self._told_at is not None and now < self._told_at + AGAIN:
            return None
        if self._due is None:
            since = lake_offers.waits_since(sql, name, now=now)
            self._due = None if since is None else since + self.after
        return self._due

    def told(self, *, now: int) -> None:
        """Note that the lake was told: it will ask, however long its queue has to try again."""
        self._told_at = now

    def look_anew(self) -> None:
        """Look again what is due; whether the lake was told is remembered.

        Alarms go off for much else. If each told again, an object would put one message more into
        the queue every time while the lake cannot take what it has.
        """
        self._due = None

    def forget(self) -> None:
        """Begin anew: the lake has asked, and was answered."""
        self._due, self._told_at = None, None
