"""Live events over HTTP, as server-sent events (https://html.spec.whatwg.org/#server-sent-events).

event: stored            each event as it is stored: {"identifiers": […], "event": {…}}
event: end               the server drains, or the asked number is reached
: heartbeat              at the beginning, and where nothing happened for a while
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator

from headwater.api.access import Reader
from headwater.api.fields import LongText, identifier_text
from headwater.api.people import EventNames, EventTypes
from headwater.api.services import Following, Services
from headwater.collect.arrival import Arrival

_HEARTBEAT = b": heartbeat\n\n"
_NOT_YET = b": not yet following everywhere\n\n"


@dataclass(frozen=True, slots=True)
class TailFilter:
    """Which live events; what is empty or None does not count."""

    types: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    identifier: str | None = None

    def admits(self, arrival: Arrival) -> bool:
        """Tell whether an event is wanted."""
        if self.types and arrival.type not in self.types:
            return False
        if self.events and arrival.event.get("event") not in self.events:
            return False
        return self.identifier is None or self.identifier in arrival.identifiers


def tail_routes(services: Services) -> APIRouter:
    """Answer the route `/v1/tail`."""
    routes = APIRouter(prefix="/v1/tail", tags=["tail"])

    @routes.get(
        "",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def tail(
        caller: Reader,
        *,
        types: EventTypes = [],  # noqa: B006 - FastAPI copies it
        names: EventNames = [],  # noqa: B006 - FastAPI copies it
        identifier: Annotated[
            LongText | None,
            AfterValidator(lambda one: None if one is None else identifier_text(one)),
            Query(description="Only of events that carry it, as `type:value`, normalised."),
        ] = None,
        limit: Annotated[
            int | None, Query(ge=1, le=1_000_000, description="End after so many events.")
        ] = None,
    ) -> StreamingResponse:
        """Follow events as they are stored, until the server drains."""
        which = TailFilter(frozenset(types), frozenset(names), identifier)
        stream = live(
            services.tail.follow(caller.workspace),
            which,
            limit=limit,
            heartbeat_seconds=services.heartbeat_seconds,
        )
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    return routes


async def live(
    arrivals: Following,
    which: TailFilter,
    *,
    limit: int | None,
    heartbeat_seconds: float,
) -> AsyncGenerator[bytes]:
    """Answer the stream's parts; `arrivals` is closed when the stream is.

    The first heartbeat says that everything that is stored from then on will be shown.
    """
    shown = 0
    beginning: asyncio.Task[None] | None = asyncio.create_task(_begun(arrivals))
    following: asyncio.Task[Arrival] | None = None
    try:
        while limit is None or shown < limit:
            following = following or asyncio.create_task(_next(arrivals))
            # Not wait_for: it would cancel the iterator, and lose the event that just came.
            done, _ = await asyncio.wait(
                [following, beginning] if beginning else [following],
                timeout=heartbeat_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if beginning is not None and beginning in done:
                beginning.result()
                beginning = None
            if following not in done:
                yield _HEARTBEAT if beginning is None else _NOT_YET
                continue
            try:
                arrival = following.result()
            except StopAsyncIteration:
                break
            finally:
                following = None
            if which.admits(arrival):
                shown += 1
                yield _message("stored", _shown(arrival))
        yield _message("end", {"shown": shown})
    finally:
        await _close(arrivals, following, beginning)


async def _begun(arrivals: Following) -> None:
    await arrivals.begun()


async def _next(arrivals: Following) -> Arrival:
    return await anext(arrivals)


async def _close(arrivals: Following, *waiting: asyncio.Task[Any] | None) -> None:
    for task in waiting:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await task
    await arrivals.aclose()


def _shown(arrival: Arrival) -> dict[str, Any]:
    return {"identifiers": list(arrival.identifiers), "event": dict(arrival.event)}


def _message(name: str, content: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()
