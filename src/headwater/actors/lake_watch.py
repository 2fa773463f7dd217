"""When an actor with a database of its own has to let the lake know that something waits."""

from __future__ import annotations

from headwater.actors import lake_offers
from headwater.ports import Sql


class LakeWatch:
    """Remembers what one object knows of it; all of that can be found out again.

    Args:
        after: milliseconds after which what is new is to go to the lake; None: there is no lake.
    """

    def __init__(self, after: int | None) -> None:
        self.after = after
        self._due: int | None = None
        self._is_told = False

    def due_at(self, sql: Sql, name: str | None, *, now: int) -> int | None:
        """Answer when (ms) the lake is to be told of this actor; None: nothing waits, or it was.

        Asked for after each call, so what is found is kept: the oldest stays the oldest.
        """
        if self.after is None or self._is_told or name is None:
            return None
        if self._due is None:
            since = lake_offers.waits_since(sql, name, now=now)
            self._due = None if since is None else since + self.after
        return self._due

    def told(self) -> None:
        """Note that the lake was told: it will ask, however often it is sent back."""
        self._is_told = True

    def forget(self) -> None:
        """Look anew: something was taken, or it is time to tell again."""
        self._due, self._is_told = None, False
