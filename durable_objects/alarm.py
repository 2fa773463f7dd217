"""The one alarm that a Durable Object has, set only where that brings it forward.

Setting it is a row written, which is what the edge costs; so one that is already set for earlier
is left, and one that fires with nothing left to do does nothing.
"""

from __future__ import annotations

from typing import Any

from pyodide.ffi import jsnull

LATER = 600_000
"""Milliseconds after which an alarm is tried again that Cloudflare may have given up."""

_MANY = 4


class Alarm:
    """An object's alarm.

    Args:
        storage: JavaScript's `DurableObjectStorage`.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self._at: int | None = None
        self._is_known = False

    async def learn(self) -> None:
        """Find out, once, what was set by the object that was here before."""
        if not self._is_known:
            at = await self._storage.getAlarm()
            if not self._is_known:  # else it was set or has gone off meanwhile
                self._at = None if at is jsnull or at is None else int(at)
                self._is_known = True

    def bring_forward(self, at: int | None, *, now: int) -> None:
        """Have the object woken at a time, in milliseconds, or earlier; None asks for nothing.

        Call it in the event that wrote what there is to do: both are kept, or neither.
        """
        if at is not None and (self._at is None or at < self._at or self._at <= now):
            self._storage.setAlarm(at)
            self._at = at
            self._is_known = True

    def went_off(self, info: Any, *, now: int) -> None:
        """Note that it has gone off, as Cloudflare tells it; call it before anything else.

        After six retries Cloudflare calls no more, and where the object itself dies of its work
        nobody is left to set the alarm again. So from the fourth on it is set for later at once:
        what is due is late then, and never forgotten.

        Args:
            info: JavaScript's `AlarmInvocationInfo`, or None.
            now: milliseconds.
        """
        self.fired()
        if (getattr(info, "retryCount", None) or 0) >= _MANY:
            self.bring_forward(now + LATER, now=now)

    def fired(self) -> None:
        """Note that it has gone off: none is set."""
        self._at = None
        self._is_known = True
