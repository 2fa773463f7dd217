"""Carries requests and replies between identity actors until none has anything to ask."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from headwater.actors.identity_calls import (
    Carried,
    Carry,
    Continue,
    Revisit,
    Settle,
    Standing,
    arrival_of,
)
from headwater.actors.identity_messages import JoinAnswer, Request
from headwater.actors.outbox import Parcel
from headwater.collect.arrival import Arrival
from headwater.dispatch.exchange import Exchange
from headwater.profiles.resolution import Verdict

STEPS = 200
"""Calls that one request makes at most for who is who; the rest is left to the actors' alarms."""


class Conversation:
    """The talk that follows from some calls. What it leaves, the actors' alarms carry on.

    Attributes:
        parcels: what actors had to send when they were spoken to.
        told: events that they stored meanwhile, to tell of memberships in audiences.
    """

    def __init__(self, exchange: Exchange, *, steps: int = STEPS) -> None:
        self._exchange = exchange
        self._steps = steps
        self._wanted: dict[str, list[Request]] = {}
        self._waiting: deque[str] = deque()
        self.parcels: list[Parcel] = []
        self.told: list[Arrival] = []

    def note(self, actor: str, asks: Sequence[Request]) -> None:
        """Take what an actor wants of others, as of its latest answer."""
        if not asks:
            self._wanted.pop(actor, None)
        elif actor not in self._wanted:
            self._waiting.append(actor)
        if asks:
            self._wanted[actor] = list(asks)

    async def run(self) -> bool:
        """Carry everything to its end; tell whether it came there within its steps.

        Raises:
            CallFailed: an actor did not answer; what it was asked is asked again another time.
        """
        while self._waiting and self._steps > 0:
            actor = self._waiting.popleft()
            asks = self._wanted.pop(actor, [])
            last: Standing | None = None
            for request in asks:
                last = await self._carry(actor, request) or last
            if last is None and asks:  # busy: what it asked before is what it asks still
                self.note(actor, asks)
        return not self._waiting

    async def _carry(self, actor: str, request: Request) -> Standing | None:
        """Bring one request there and its reply back; answer how its asker stands then."""
        self._steps -= 2
        carried = await self._exchange.ask(request.to, Carry(request), Carried)
        self.note(request.to, carried.asks)
        reply = carried.reply
        if isinstance(reply, JoinAnswer) and reply.verdict == Verdict.BUSY:
            return None
        standing = await self._exchange.ask(actor, Settle(reply), Standing)
        self._hear(actor, standing)
        return standing

    def _hear(self, actor: str, standing: Standing) -> None:
        self.note(actor, standing.asks)
        if standing.parcel is not None:
            self.parcels.append(standing.parcel)
        self.told += [arrival_of(self._exchange.workspace, event) for event in standing.told]

    async def resume(self, actor: str, call: Continue | Revisit) -> None:
        """Carry on what an actor has left undone, as its alarm orders, or what it is told to."""
        self._hear(actor, await self._exchange.ask(actor, call, Standing))
        await self.run()
