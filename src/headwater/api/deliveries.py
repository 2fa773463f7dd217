"""Deliveries over HTTP: each destination's lane, and the dead letters."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from headwater.actors.dead_letters import DeadLetter, DeadLetterFilter
from headwater.api import patterns
from headwater.api.access import Reader, Writer
from headwater.api.fields import (
    Instant,
    Limit,
    Order,
    Since,
    Text,
    Time,
    Until,
    View,
    require_choice,
)
from headwater.api.services import Services
from headwater.destinations.breaker import BreakerState
from headwater.errors import NotFound

LetterId = Annotated[str, StringConstraints(pattern=patterns.NUMBER)]


class LaneView(View):
    """One destination's lane. `lag`, `response_…` and `delay_…` are in seconds."""

    destination: str
    type: str
    name: str
    enabled: bool
    breaker: BreakerState
    problem: str | None
    in_flight: int
    waiting: int
    retrying: int
    lag: float
    dead_letters: int
    delivered: int
    failed: int
    last_outcome: str | None
    last_reason: str | None
    last_outcome_at: Instant | None
    next_attempt_at: Instant | None
    response_p50: float | None
    response_p99: float | None
    delay_p50: float | None
    delay_p99: float | None


class LanesView(View):
    """All lanes of the workspace."""

    deliveries: list[LaneView]


class DeadLetterView(View):
    """A delivery that was given up: why, what the destination last answered, and the event."""

    id: Annotated[str, Field(coerce_numbers_to_str=True)]
    destination: str
    message_id: str
    person: str
    type: str | None
    event: str | None
    reason: str
    status: int | None
    response: str
    attempts: int
    enqueued_at: Instant
    died_at: Instant
    body: str


class DeadLettersView(View):
    """Dead letters, newest first; `next` is the cursor of the next page, null on the last."""

    dead_letters: list[DeadLetterView]
    next: str | None


class DeadLetterOrder(Order):
    """Which dead letters; what is left out does not count. `dry_run` only counts.

    To mean every dead letter of the workspace, say so: `{"all": true}`.
    """

    ids: Annotated[list[LetterId], Field(max_length=1000)] | None = None
    destination: Text | None = None
    reason: Annotated[Text | None, Field(description="A text that the reason contains.")] = None
    event: Text | None = None
    since: Time | None = None
    until: Time | None = None
    all: bool = False
    dry_run: bool = False

    def filter(self, workspace: str) -> DeadLetterFilter:
        """Answer what it means; raise `BadRequest` where it names nothing."""
        require_choice(self)
        ids = None if self.ids is None else tuple(int(one) for one in self.ids)
        return DeadLetterFilter(
            workspace,
            destination=self.destination,
            reason=self.reason,
            event=self.event,
            since=self.since,
            until=self.until,
            ids=ids,
        )


class CountView(View):
    """How many were meant; with `dry_run` nothing happened to them."""

    count: int
    dry_run: bool


def delivery_routes(services: Services) -> APIRouter:
    """Answer the routes of `/v1/deliveries` and under `/v1/dead-letters`."""
    routes = APIRouter(prefix="/v1", tags=["deliveries"])
    _lists(routes, services)
    _letter(routes, services)
    _orders(routes, services)
    return routes


def _lists(routes: APIRouter, services: Services) -> None:
    letters = services.dead_letters

    @routes.get("/deliveries")
    async def lanes(caller: Reader) -> LanesView:
        """Show each destination's lane: what waits, since when, and its breaker."""
        found = await services.lanes.status(caller.workspace)
        return LanesView(deliveries=[LaneView.model_validate(one) for one in found])

    @routes.get("/dead-letters")
    async def dead_letters(
        caller: Reader,
        *,
        destination: Text | None = None,
        reason: Annotated[Text | None, Query(description="A text it contains.")] = None,
        event: Text | None = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = 100,
        cursor: Annotated[
            LetterId | None, Query(description="The `next` of the page before.")
        ] = None,
    ) -> DeadLettersView:
        """List what was given up, newest first."""
        which = DeadLetterFilter(
            caller.workspace,
            destination=destination,
            reason=reason,
            event=event,
            since=since,
            until=until,
            before=None if cursor is None else int(cursor),
        )
        found = await letters.list(which, limit=limit + 1)
        page = [_view(one) for one in found[:limit]]
        after = page[-1].id if len(found) > limit else None
        return DeadLettersView(dead_letters=page, next=after)


def _letter(routes: APIRouter, services: Services) -> None:
    letters = services.dead_letters

    @routes.get("/dead-letters/{letter}")
    async def dead_letter(caller: Reader, letter: LetterId) -> DeadLetterView:
        """Show one dead letter."""
        which = DeadLetterFilter(caller.workspace, ids=(int(letter),))
        found = await letters.list(which, limit=1)
        if not found:
            raise NotFound(f"There is no dead letter {letter}; GET /v1/dead-letters lists them.")
        return _view(found[0])


def _orders(routes: APIRouter, services: Services) -> None:
    letters = services.dead_letters

    @routes.post("/dead-letters/replay")
    async def replay(caller: Writer, order: DeadLetterOrder) -> CountView:
        """Put dead letters back at the end of their lanes."""
        which = order.filter(caller.workspace)
        act = letters.count if order.dry_run else letters.replay
        return CountView(count=await act(which), dry_run=order.dry_run)

    @routes.post("/dead-letters/discard")
    async def discard(caller: Writer, order: DeadLetterOrder) -> CountView:
        """Delete dead letters for good."""
        which = order.filter(caller.workspace)
        act = letters.count if order.dry_run else letters.discard
        return CountView(count=await act(which), dry_run=order.dry_run)


def _view(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView.model_validate(letter)
