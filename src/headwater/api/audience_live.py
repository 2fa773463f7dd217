"""An audience's size as it changes, as server-sent events (WHATWG HTML, section 9.2).

event: count             {"count": 42}: now, and whenever it changes
event: end               the server drains
: heartbeat              nothing happened for a while
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from headwater.api.access import Reader
from headwater.api.fields import IdPath
from headwater.api.services import Services

_HEARTBEAT = b": heartbeat\n\n"


def audience_live_routes(services: Services) -> APIRouter:
    """Answer the route `/v1/audiences/{audience}/live`."""
    routes = APIRouter(prefix="/v1/audiences", tags=["audiences"])

    @routes.get(
        "/{audience}/live",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "object"}}}}},
    )
    async def live(caller: Reader, audience: IdPath) -> StreamingResponse:
        """Follow the size of an audience, until the server drains."""
        await services.audiences.count(caller.workspace, audience)  # raises where there is none
        stream = counted(
            services.audiences.follow(caller.workspace, audience),
            heartbeat_seconds=services.heartbeat_seconds,
        )
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    return routes


async def counted(counts: AsyncIterator[int], *, heartbeat_seconds: float) -> AsyncGenerator[bytes]:
    """Answer the stream's parts; `counts` is closed when the stream is."""
    following: asyncio.Task[int] | None = None
    try:
        while True:
            following = following or asyncio.ensure_future(_next(counts))
            # Not wait_for: it would cancel the iterator, and lose the count that just came.
            done, _ = await asyncio.wait({following}, timeout=heartbeat_seconds)
            if not done:
                yield _HEARTBEAT
                continue
            try:
                yield _message("count", {"count": following.result()})
            except StopAsyncIteration:
                break
            finally:
                following = None
        yield _message("end", {})
    finally:
        await _close(counts, following)


async def _next(counts: AsyncIterator[int]) -> int:
    return await anext(counts)


async def _close(counts: Any, following: asyncio.Task[int] | None) -> None:
    if following is not None:
        following.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration):
            await following
    await counts.aclose()


def _message(name: str, content: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()
