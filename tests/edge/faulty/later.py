"""Headwater's Worker with a clock that can be put forward: the main module of tests of old events.

`/later?days=40` lets forty more days have passed; alarms are still set by the real clock.
"""

from __future__ import annotations

from typing import Any

import headwater_entry  # type: ignore[import-not-found]  # src/entry.py; see test_worker_lake.py
from workers import Response

from durable_objects import alarm, identity
from edge.runtime import EdgeClock

_shift = [0]
_now = EdgeClock.now


class _Storage:
    """A Durable Object's storage, as its alarm uses it."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def setAlarm(self, at: int) -> None:  # noqa: N802 - JavaScript's name
        self._storage.setAlarm(at - _shift[0])

    async def getAlarm(self) -> Any:  # noqa: N802 - JavaScript's name
        return None  # set it again, at the time that it is now


class _Alarm(alarm.Alarm):
    def __init__(self, storage: Any) -> None:
        super().__init__(_Storage(storage))


EdgeClock.now = lambda self: _now(self) + _shift[0]  # type: ignore[method-assign]  # that is the point
setattr(identity, "Alarm", _Alarm)  # noqa: B010 - a name that it has imported for itself

globals().update({name: getattr(headwater_entry, name) for name in headwater_entry.__all__})


class Default(headwater_entry.Default):  # type: ignore[misc]  # it is seen in the Worker only
    """Puts the clock forward, and answers as the Worker does."""

    async def fetch(self, request: Any) -> Any:
        """Answer one request."""
        _, is_later, days = str(request.url).partition("/later?days=")
        if not is_later:
            return await super().fetch(request)
        _shift[0] += int(days) * 86_400_000
        return Response("later")
