"""Work that is done for one caller alone, and ends when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from headwater.api.request_body import ClientGone, Receive

T = TypeVar("T")


async def while_listened(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Answer what work answers; cancel it once the client has gone.

    Args:
        receive: of the request, whose body was read.
        work: what to await.

    Raises:
        ClientGone: the connection ended first; what the work had begun has been ended.
    """
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((doing, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientGone
        return doing.result()
    finally:
        for task in (doing, leaving):
            task.cancel()
        # Until the work has let go of what it holds, such as its place among so many at a time.
        await asyncio.wait((doing, leaving))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
