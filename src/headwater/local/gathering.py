"""When a turn of the writer begins: soon, but with all who were just answered and come back.

A client that sends one request after the other has its next one under way when it is answered.
Were the turn begun with whoever is there first, two halves of the clients would take turns for
ever, with twice the commits and nearly twice the pages to log. So a turn waits for as many callers
as were answered last, for as long as they keep coming.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_QUIET_ROUNDS = 2
"""Rounds of the loop that bring nothing, after which only those who come back are waited for."""

_IDLE = 0.002
"""Seconds of doing nothing that a turn may cost, and after which whoever comes back has come."""

_LONGEST = 0.02
"""Seconds for which a turn waits at most, while requests are read."""


class Gathering:
    """Lets callers come together, and begins their turn."""

    def __init__(
        self,
        *,
        waiting: Callable[[], int],
        is_full: Callable[[], bool],
        begin: Callable[[], None],
    ) -> None:
        """Prepare; nothing is begun before `open`.

        Args:
            waiting: answers how many callers wait.
            is_full: tells whether they are as much as one turn takes.
            begin: begins the turn; called once for each `open`.
        """
        self._waiting = waiting
        self._is_full = is_full
        self._begin = begin
        self._expected = 0
        self._answered_at = 0.0
        self._latest = 0.0
        self._idle = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a turn once the requests that are coming in have been read."""
        now = loop.time()
        self._latest, self._idle = now + _LONGEST, _IDLE
        if now > self._answered_at + _IDLE:  # whoever was answered then has nothing more to send
            self._expected = 0
        loop.call_soon(self._round, loop, 0, 0)

    def arrived(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look again, as one more waits."""
        if self._timer is not None:
            self._idle = self._timer.when() - loop.time()
            self._timer.cancel()
            self._timer = None
            loop.call_soon(self._round, loop, 0, 0)

    def answered(self, loop: asyncio.AbstractEventLoop, callers: int) -> None:
        """Note that so many were answered, who may come back at once."""
        self._expected = callers + self._waiting()
        self._answered_at = loop.time()

    def _round(self, loop: asyncio.AbstractEventLoop, seen: int, quiet: int) -> None:
        """Let rounds of the loop pass for as long as they bring something."""
        waiting, now = self._waiting(), loop.time()
        quiet = 0 if waiting > seen else quiet + 1
        if self._is_full() or now >= self._latest:
            self._begin()
        elif quiet <= _QUIET_ROUNDS:
            loop.call_soon(self._round, loop, waiting, quiet)
        elif waiting < self._expected and self._idle > 0:
            self._timer = loop.call_at(now + self._idle, self._run_out)
        else:
            self._begin()

    def _run_out(self) -> None:
        self._timer = None
        self._begin()
