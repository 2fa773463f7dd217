"""Live events over actors: who stores events shows them, while somebody follows."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Protocol

from headwater.actors.identity_calls import Event, arrival_of, event_of
from headwater.actors.tail_calls import Follow, Followed, Show, decode_answer, encode
from headwater.collect.arrival import Arrival
from headwater.dispatch.intake import Later
from headwater.dispatch.settings import FRESH
from headwater.errors import HeadwaterError
from headwater.ports import Actors, CallFailed, Clock

AT_ONCE = 100
"""Events of one call."""

BEHIND = 1_000
"""Events that wait for the call before; what is more is not shown."""

LONGEST_TEXT = 1_000_000
"""Characters of one call, unless its first event alone is longer."""

PAUSE = 1.0
"""Seconds between two answers with events: a request may make so many calls and no more."""

RETRY = 1.0
"""Seconds after which a call that failed is made again."""

_STUCK = 10_000
"""Milliseconds after which whoever was sending is taken for dead."""

_LOOKING = 0.05
_LOOKS = 60

_logger = logging.getLogger(__name__)


class Watched(Protocol):
    """Knows whose events are followed."""

    @property
    def followed(self) -> frozenset[str]:
        """Workspaces whose events somebody follows, as far as is known."""
        ...

    @property
    def is_looking(self) -> bool:
        """Whether that is being looked after right now."""
        ...

    async def refresh(self) -> None:
        """Look after it; raise `HeadwaterError` where that fails."""
        ...


class TailTeller:
    """Shows what one isolate stores to those who follow it; costs nothing where nobody does."""

    def __init__(self, actors: Actors, watched: Watched, *, clock: Clock, later: Later) -> None:
        """Make it; `later` outlives the request that stored something."""
        self._actors = actors
        self._watched = watched
        self._clock = clock
        self._later = later
        self._waiting: dict[str, deque[Event]] = {}
        self._busy_until: dict[str, int] = {}

    def stored(self, workspace: str, arrivals: Sequence[Arrival]) -> None:
        """Take events that were stored; what is to be done for it is done later."""
        if arrivals and (self._watched.is_looking or workspace in self._watched.followed):
            self._later(self.show(workspace, arrivals))

    async def show(self, workspace: str, arrivals: Sequence[Arrival]) -> None:
        """Show events that were stored, if anybody follows them; return once that is done."""
        if not arrivals:
            return
        for _ in range(_LOOKS):
            if not self._watched.is_looking:
                break
            # Not awaited: another request's work may not be.
            await asyncio.sleep(_LOOKING)
        if workspace not in self._watched.followed:
            return
        waiting = self._waiting.setdefault(workspace, deque(maxlen=BEHIND))
        waiting.extend(map(event_of, arrivals))
        if self._clock.now() >= self._busy_until.get(workspace, 0):
            await self._send(workspace, waiting)

    async def _send(self, workspace: str, waiting: deque[Event]) -> None:
        """Send all that waits, that of other requests too, one call at a time."""
        actor = self._actors.tail(workspace)
        try:
            while waiting:
                self._busy_until[workspace] = self._clock.now() + _STUCK
                await actor.call(encode(Show(_next(waiting))))
        except CallFailed as error:
            _logger.info("Some events are not shown to those who follow: %s", error)
        finally:
            self._busy_until.pop(workspace, None)


def _next(waiting: deque[Event]) -> list[Event]:
    """Take from what waits as much as one call carries."""
    some: list[Event] = []
    size = 0
    while waiting and len(some) < AT_ONCE:
        size += len(waiting[0].body)
        if some and size > LONGEST_TEXT:
            break
        some.append(waiting.popleft())
    return some


class TailOverActors:
    """The `Tail` port."""

    def __init__(self, actors: Actors, watched: Watched, *, clock: Clock) -> None:
        self._actors = actors
        self._watched = watched
        self._clock = clock

    def follow(self, workspace: str) -> Following:
        """Answer a workspace's events from now on; see `Tail.follow`."""
        return Following(self._actors, self._watched, workspace, clock=self._clock)


class Following(AsyncIterator[Arrival]):
    """One reader's view; all of it runs in one request."""

    def __init__(self, actors: Actors, watched: Watched, workspace: str, *, clock: Clock) -> None:
        self._actor = actors.tail(workspace)
        self._watched = watched
        self._workspace = workspace
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._position: int | None = None
        self._since: int | None = None
        self._ready: deque[Arrival] = deque()
        self._pause = 0.0

    async def begun(self) -> None:
        """Return once whatever is stored from now on will be shown; see `Following.begun`."""
        while True:
            await self._begin()
            # Whoever looked just before it was made known looks again after that long.
            if self._since is not None and self._clock.now() >= self._since + FRESH:
                return
            await asyncio.sleep(0.2)

    async def aclose(self) -> None:
        """Follow no longer: nobody asks any more."""

    async def __anext__(self) -> Arrival:
        """Answer the next event, when there is one."""
        await self._begin()
        while not self._ready:
            await asyncio.sleep(self._pause)
            found = await self._ask(self._position)
            self._take(found)
            self._pause = PAUSE if found.events else 0.0
        return self._ready.popleft()

    async def _begin(self) -> None:
        async with self._one_at_a_time:
            if self._position is None:
                self._take(await self._ask(None))
                with suppress(HeadwaterError):  # else it learns with all the others
                    await self._watched.refresh()

    def _take(self, found: Followed) -> None:
        self._position, self._since = found.position, found.since
        self._ready.extend(arrival_of(self._workspace, event) for event in found.events)

    async def _ask(self, after: int | None) -> Followed:
        while True:
            try:
                answer = decode_answer(
                    await self._actor.call(encode(Follow(self._workspace, after)))
                )
            except CallFailed as error:
                _logger.info("The live events do not answer, they are asked again: %s", error)
                await asyncio.sleep(RETRY)
                continue
            assert isinstance(answer, Followed)  # noqa: S101 - what a Follow is answered
            return answer
