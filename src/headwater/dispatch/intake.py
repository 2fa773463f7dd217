"""Brings events to the actors of their people: the `Intake` port over the `Actors` port."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from headwater.actors.identity_calls import (
    Continue,
    Receive,
    Received,
    Revisit,
    arrival_of,
    event_of,
)
from headwater.actors.outbox import Parcel
from headwater.collect.arrival import Arrival
from headwater.dispatch import parcels
from headwater.dispatch.conversation import Conversation
from headwater.dispatch.exchange import Exchange
from headwater.errors import HeadwaterError, Unavailable
from headwater.ports import Actors, CallFailed, Queue
from headwater.workspace import WorkspaceConfig

Later = Callable[[Coroutine[Any, Any, None]], None]
"""Sees that something is run to its end, though the request that began it is answered already."""

_logger = logging.getLogger(__name__)

_CONTINUE = Continue()
_HOPS = 100
_AT_ONCE = 32
"""Calls that one request has open at a time."""


class Whereabouts:
    """Which actor answered for which before: a guess that saves a hop, for one isolate.

    A wrong guess costs one: whoever gave an identifier away knows to whom.
    """

    def __init__(self, *, most: int = 10_000) -> None:
        self._found: dict[str, str] = {}
        self._most = most

    def guess(self, actor: str) -> str:
        """Answer where to go first."""
        return self._found.get(actor, actor)

    def learn(self, actor: str, at: str) -> None:
        """Remember where an actor's person is."""
        self._found.pop(actor, None)
        if actor != at:
            self._found[actor] = at
            if len(self._found) > self._most:
                del self._found[next(iter(self._found))]


class Dispatcher:
    """Stores events with their people, and settles who is who, for one request."""

    def __init__(
        self, actors: Actors, queue: Queue, *, whereabouts: Whereabouts, later: Later
    ) -> None:
        """Make it; `whereabouts` is shared, and `later` outlives the request."""
        self._actors = actors
        self._queue = queue
        self._whereabouts = whereabouts
        self._later = later

    async def receive(self, config: WorkspaceConfig, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Return once every arrival is committed; answer what is new.

        That is the arrivals that were not known, and the events that tell of audiences which
        people entered or left by them.

        Raises:
            Unavailable: an actor did not answer; what is stored already is known as such when it
                is sent again.
        """
        exchange = Exchange(self._actors, config)
        conversation = Conversation(exchange)
        people: dict[str, list[Arrival]] = {}
        for arrival in arrivals:
            actor = f"{arrival.workspace}/{arrival.identifiers[0]}"
            people.setdefault(actor, []).append(arrival)
        gate = asyncio.Semaphore(_AT_ONCE)
        outcomes = await asyncio.gather(
            *(
                self._receive_at(exchange, conversation, gate, actor, calls)
                for actor, calls in people.items()
            ),
            return_exceptions=True,
        )
        await self._converse(conversation)
        if conversation.parcels:
            self._later(self._send(exchange, conversation.parcels))
        stored: list[Arrival] = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise _unavailable(outcome) from outcome
            stored += outcome
        return stored + conversation.told

    async def wake(
        self, config: WorkspaceConfig, actor: str, call: Continue | Revisit = _CONTINUE
    ) -> list[Arrival]:
        """Carry on what an actor has left undone, as its alarm orders; or do what `call` says.

        Answers the events that were stored meanwhile, to tell of memberships in audiences.

        Raises:
            CallFailed: what is left is left to the next alarm.
        """
        exchange = Exchange(self._actors, config)
        conversation = Conversation(exchange)
        try:
            await conversation.resume(actor, call)
        finally:
            await parcels.send(exchange, self._queue, conversation.parcels)
        return conversation.told

    async def _receive_at(
        self,
        exchange: Exchange,
        conversation: Conversation,
        gate: asyncio.Semaphore,
        actor: str,
        arrivals: list[Arrival],
    ) -> list[Arrival]:
        """Bring one identifier's events to wherever its person is, in their order."""
        stored: list[Arrival] = []
        at, waiting = self._whereabouts.guess(actor), arrivals
        for _ in range(_HOPS):
            call = Receive([event_of(arrival) for arrival in waiting])
            async with gate:
                received = await exchange.ask(at, call, Received)
            stored += [waiting[place] for place in received.stored]
            conversation.note(at, received.asks)
            if received.parcel is not None:
                conversation.parcels.append(received.parcel)
            conversation.told += [arrival_of(exchange.workspace, one) for one in received.told]
            if not received.moved:
                self._whereabouts.learn(actor, at)
                return stored
            # All came by one identifier, so all move to one place.
            waiting = [waiting[place] for place, _ in received.moved]
            at = received.moved[0][1]
            if received.asks:  # a split may have to be handed over before they are there
                await self._converse(conversation)
        raise Unavailable("Identifiers forward to each other; it will be settled in a moment.")

    async def _converse(self, conversation: Conversation) -> None:
        try:
            if not await conversation.run():
                _logger.info("Much is to be settled; the actors' alarms carry it on.")
        except (CallFailed, HeadwaterError) as error:
            _logger.warning("A merge is left to the actors' alarms: %s", error)

    async def _send(self, exchange: Exchange, waiting: Sequence[Parcel]) -> None:
        try:
            await parcels.send(exchange, self._queue, waiting)
        except (CallFailed, HeadwaterError) as error:
            _logger.warning("Deliveries are left to the actors' alarms: %s", error)


def _unavailable(error: BaseException) -> BaseException:
    if isinstance(error, CallFailed):
        return Unavailable("The actor of a person did not answer; send the same again.")
    return error
