"""The one alarm that a Durable Object has, set only where that brings it forward.

Setting it is a row written, which is what the edge costs; so one that is already set for earlier
is left, and one that fires with nothing left to do does nothing.
"""

from __future__ import annotations

from typing import Any


class Alarm:
    """An object's alarm.

    Args:
        storage: JavaScript's `DurableObjectStorage`.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self._at: int | None = None

    def bring_forward(self, at: int | None, *, now: int) -> None:
        """Have the object woken at a time, in milliseconds, or earlier; None asks for nothing.

        Call it in the event that wrote what there is to do: both are kept, or neither.
        """
        if at is not None and (self._at is None or at < self._at or self._at <= now):
            self._storage.setAlarm(at)
            self._at = at

    def fired(self) -> None:
        """Note that it has gone off: none is set."""
        self._at = None
