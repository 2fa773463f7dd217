"""Rejected events over HTTP: what was refused and why, sent through again after a fix."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from headwater.actors.rejected_events import RejectedEvent, RejectedFilter
from headwater.actors.workspace import WorkspaceActor
from headwater.api import patterns
from headwater.api.access import Reader, Writer
from headwater.api.deliveries import CountView
from headwater.api.fields import (
    Instant,
    Json,
    Limit,
    Order,
    Since,
    Text,
    Time,
    Until,
    View,
    require_choice,
)
from headwater.api.replay import Replay
from headwater.api.services import Services
from headwater.errors import BadRequest
from headwater.workspace import EventType

_AT_ONCE = 1000

EventId = Annotated[str, StringConstraints(pattern=patterns.NUMBER)]


class RejectedView(View):
    """One refused event. `body` is what was sent, as text; cut at 64 KB."""

    id: str
    source: str
    received_at: Instant
    message_id: str | None
    code: str
    message: str
    body: str
    replayed_at: Instant | None


class RejectedListView(View):
    """Refused events, newest first; `next` is the cursor of the next page, null on the last."""

    rejected: list[RejectedView]
    next: str | None


class RejectedOrder(Order):
    """Which refused events; what is left out does not count. `dry_run` only counts.

    To mean every one that was not replayed yet, say so: `{"all": true}`.
    """

    ids: Annotated[list[EventId], Field(max_length=_AT_ONCE)] | None = None
    source: Text | None = None
    code: Text | None = None
    message_id: Text | None = None
    since: Time | None = None
    until: Time | None = None
    all: bool = False
    dry_run: bool = False

    def filter(self) -> RejectedFilter | None:
        """Answer what it means, None for nobody; raise `BadRequest` where it names nothing."""
        require_choice(self)
        if self.ids is not None and not self.ids:
            return None
        return RejectedFilter(
            ids=frozenset(self.ids or ()),
            source=self.source,
            code=self.code,
            message_id=self.message_id,
            since=self.since,
            until=self.until,
            replayed=None if self.ids else False,
        )


class ReplayOrder(RejectedOrder):
    """Which to send through again; for a single one, with a corrected body.

    `type` is the call that it came by, where the body itself does not say.
    """

    body: Json | None = None
    type: EventType | None = None


class FailureView(View):
    """Why an event was refused again."""

    id: str
    code: str
    message: str


class ReplayView(View):
    """What became of a replay: how many were accepted, and which were refused again."""

    count: int
    dry_run: bool
    accepted: int
    failed: list[FailureView]


def rejected_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/rejected`."""
    routes = APIRouter(prefix="/v1/rejected", tags=["rejected events"])
    _reading(routes, services)
    _ordering(routes, services)
    return routes


def _reading(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.get("")
    async def rejected(
        caller: Reader,
        *,
        source: Text | None = None,
        code: Text | None = None,
        message_id: Text | None = None,
        replayed: bool | None = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = 100,
        cursor: Annotated[
            EventId | None, Query(description="The `next` of the page before.")
        ] = None,
    ) -> RejectedListView:
        """List refused events, newest first."""
        which = RejectedFilter(
            source=source,
            code=code,
            message_id=message_id,
            since=since,
            until=until,
            replayed=replayed,
        )
        page, after = await workspaces.read(
            caller.workspace, WorkspaceActor.rejected, which=which, limit=limit, cursor=cursor
        )
        return RejectedListView(rejected=[_view(one) for one in page], next=after)

    @routes.get("/{event}")
    async def rejected_event(caller: Reader, event: EventId) -> RejectedView:
        """Show one refused event."""
        return _view(await workspaces.read(caller.workspace, WorkspaceActor.rejected_event, event))


def _ordering(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces
    replay = Replay(services)

    @routes.post("/replay")
    async def replay_rejected(caller: Writer, order: ReplayOrder) -> ReplayView:
        """Send refused events through collect again, at most 1,000 at once, oldest first."""
        events = await _meant(services, caller.workspace, order)
        corrected = _corrected(order, events)
        accepted, failed = 0, []
        for event in reversed(events) if not order.dry_run else ():
            refusal = await replay.send(caller.workspace, event, body=corrected, call=order.type)
            if refusal is None:
                accepted += 1
            else:
                failed.append(FailureView(id=event.id, code=refusal.code, message=refusal.message))
        return ReplayView(
            count=len(events), dry_run=order.dry_run, accepted=accepted, failed=failed
        )

    @routes.post("/discard")
    async def discard_rejected(caller: Writer, order: RejectedOrder) -> CountView:
        """Delete refused events for good."""
        which = order.filter()
        if which is None:
            return CountView(count=0, dry_run=order.dry_run)
        if order.dry_run:
            count = await workspaces.read(
                caller.workspace, WorkspaceActor.count_rejected, which=which
            )
        else:
            count = await workspaces.write(
                caller.workspace, WorkspaceActor.delete_rejected, which=which
            )
        return CountView(count=count, dry_run=order.dry_run)


async def _meant(
    services: Services, workspace: str, order: RejectedOrder
) -> tuple[RejectedEvent, ...]:
    which = order.filter()
    if which is None:
        return ()
    page, _ = await services.workspaces.read(
        workspace, WorkspaceActor.rejected, which=which, limit=_AT_ONCE
    )
    return page


def _corrected(order: ReplayOrder, events: tuple[RejectedEvent, ...]) -> bytes | None:
    if order.body is None:
        return None
    if len(events) != 1:
        raise BadRequest(
            f"body: a corrected body is for one event, but {len(events)} are meant; name one in "
            "ids."
        )
    return json.dumps(order.body).encode()


def _view(event: RejectedEvent) -> RejectedView:
    fields: dict[str, Any] = {name: getattr(event, name) for name in RejectedView.model_fields}
    return RejectedView.model_validate(
        fields | {"body": event.body.decode("utf-8", "replace")}, from_attributes=True
    )
