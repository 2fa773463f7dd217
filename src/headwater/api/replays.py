"""Replays over HTTP: events of the past, sent to a destination once more, as a job."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from headwater.api.access import Writer
from headwater.api.exports import SelectingOrder
from headwater.api.fields import Text
from headwater.api.jobs import JobView, job_view
from headwater.api.services import Services
from headwater.errors import Conflict, NotFound


class ReplayOrder(SelectingOrder):
    """Which events to send to which destination.

    `since` and `until` are of events' own times, and inclusive. `rate` is in events a second. A
    `dry_run` only counts. `with_audiences` sends `Audience Entered` and `Audience Exited` too.
    """

    destination: Annotated[Text, Field(min_length=1, examples=["dst_1"])]
    rate: Annotated[int, Field(ge=1, le=100_000)] = 500
    dry_run: bool = False
    with_audiences: bool = False
    key: Annotated[Text | None, Field(min_length=1)] = None


def replay_routes(services: Services) -> APIRouter:
    """Answer the route `/v1/replays`."""
    routes = APIRouter(prefix="/v1/replays", tags=["lake"])

    @routes.post("", status_code=202)
    async def replay(caller: Writer, order: ReplayOrder) -> JobView:
        """Order a replay. It goes by the destination's own rules, and beside what happens now."""
        config = services.config(caller.workspace)
        found = {one.id: one for one in config.destinations} if config else {}
        if order.destination not in found:
            raise NotFound(f"There is no destination {order.destination[:80]!r}.")
        if not found[order.destination].enabled:
            raise Conflict(f"{order.destination} is switched off; switch it on first.")
        await services.sql.check(caller.workspace, order.where)
        parameters = order.model_dump(exclude={"key"})
        job = await services.jobs.start(caller.workspace, "replay", parameters, key=order.key)
        return job_view(job)

    return routes
