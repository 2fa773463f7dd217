"""Live events: each follower gets them as they are stored, and slows nobody down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from headwater.collect.arrival import Arrival

# What a slow reader may be behind by; older events than that it misses.
_BEHIND = 1000


class LiveTail:
    """The `Tail` port. Used on the event loop's thread alone."""

    def __init__(self) -> None:
        self._followers: set[Follower] = set()
        self._closed = False

    def follow(self, workspace: str) -> Follower:
        """Answer a workspace's events from now on; see `Tail.follow`."""
        follower = Follower(self._followers, workspace)
        if self._closed:
            follower.end()
        return follower

    def show(self, arrivals: Iterable[Arrival]) -> None:
        """Hand events that were stored to those who follow their workspace."""
        if not self._followers:
            return
        for arrival in arrivals:
            for follower in self._followers:
                if follower.workspace == arrival.workspace:
                    follower.offer(arrival)

    def close(self) -> None:
        """End all followers' iterations, because the server drains."""
        self._closed = True
        for follower in tuple(self._followers):
            follower.end()


class Follower(AsyncIterator[Arrival]):
    """One reader's view; close it with `aclose`."""

    def __init__(self, followers: set[Follower], workspace: str) -> None:
        self.workspace = workspace
        self._followers = followers
        self._events: asyncio.Queue[Arrival | None] = asyncio.Queue(_BEHIND)
        self._ended = False
        followers.add(self)

    def offer(self, arrival: Arrival) -> None:
        """Add an event, in place of the oldest where this reader is too far behind."""
        if self._events.full():
            self._events.get_nowait()
        self._events.put_nowait(arrival)

    def end(self) -> None:
        """Let the reader have what is left, and then end."""
        self._followers.discard(self)
        if not self._ended:
            self._ended = True
            if self._events.full():
                self._events.get_nowait()
            self._events.put_nowait(None)

    async def begun(self) -> None:
        """Return: whatever is stored from now on is shown."""

    async def aclose(self) -> None:
        """Follow no longer."""
        self.end()

    async def __anext__(self) -> Arrival:
        """Answer the next event, when there is one."""
        if self._ended and self._events.empty():
            raise StopAsyncIteration
        arrival = await self._events.get()
        if arrival is None:
            raise StopAsyncIteration
        return arrival
