"""The actor of a workspace's live events: it holds the latest of them, in memory alone.

Whoever follows asks it again and again, and each question waits until there is something to
answer. While anybody asks, it lets the settings' actor know, from which all isolates learn within
seconds that what they store is to be shown. When nobody asks any more that lapses by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from headwater.actors import settings_calls
from headwater.actors.identity_calls import Event
from headwater.actors.settings_calls import Watch
from headwater.actors.tail_calls import Follow, Followed, Show, Shown, decode_call, encode
from headwater.ports import Actors, CallFailed, Clock

MOST = 1_000
"""Events that are held; who is further behind misses the oldest."""

LARGEST = 8_000_000
"""Characters of events that are held, unless the latest alone is larger."""

WAIT = 20_000
"""Milliseconds for which a question waits for something to answer."""

RENEW = 5_000
"""Milliseconds after which it is made known again that somebody follows."""

LEASE = 15_000
"""Milliseconds for which that is believed."""

_logger = logging.getLogger(__name__)


class TailKeeper:
    """Answers calls. What it forgets in a crash is not shown, and is stored all the same."""

    def __init__(self, actors: Actors, *, clock: Clock) -> None:
        self._actors = actors
        self._clock = clock
        self._events: deque[tuple[int, Event]] = deque()
        self._size = 0
        # From the time on, so that positions rise over a new beginning.
        self._last = clock.now()
        self._news = asyncio.Event()
        self._since: int | None = None
        self._known_until = 0

    async def respond(self, request: str) -> str:
        """Answer a call, both as JSON texts; see actors/tail_calls.py."""
        call = decode_call(request)
        if isinstance(call, Show):
            self._show(call.events)
            return encode(Shown())
        return encode(await self._follow(call))

    def _show(self, events: list[Event]) -> None:
        for event in events:
            self._last += 1
            self._events.append((self._last, event))
            self._size += len(event.body)
        while len(self._events) > MOST or (self._size > LARGEST and len(self._events) > 1):
            self._size -= len(self._events.popleft()[1].body)
        self._news.set()
        self._news = asyncio.Event()

    async def _follow(self, call: Follow) -> Followed:
        await self._make_known(call.workspace)
        if call.after is None:
            return Followed([], self._last, self._since)
        end = self._clock.now() + WAIT
        while self._last <= call.after and (left := end - self._clock.now()) > 0:
            news = self._news
            try:
                await asyncio.wait_for(news.wait(), min(left, RENEW) / 1000)
            except TimeoutError:
                await self._make_known(call.workspace)
        found = [event for number, event in self._events if number > call.after]
        return Followed(found, self._last, self._since)

    async def _make_known(self, workspace: str) -> None:
        """Let the settings' actor know that somebody follows, unless that was done just now."""
        now = self._clock.now()
        if self._since is not None and now < self._known_until - LEASE + RENEW:
            return
        call = settings_calls.encode(Watch(workspace, now + LEASE))
        try:
            await self._actors.workspace(workspace).call(call)
        except CallFailed as error:
            _logger.warning("Nobody learns that a workspace's events are followed: %s", error)
            if now >= self._known_until:
                self._since = None
            return
        if self._since is None or now >= self._known_until:
            self._since = self._clock.now()
        self._known_until = max(self._known_until, now + LEASE)
