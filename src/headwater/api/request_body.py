"""A request's body, read no further than is sensible."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from headwater.collect.limits import body_too_large

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# A client that is still writing sees our answer only when it is done; so of a body that is too
# large this much is read and thrown away before the refusal.
_THROWN_AWAY = 8 * 1024 * 1024  # bytes


class ClientGone(Exception):
    """The client went away while it was sending; there is nobody to answer."""


async def read_body(receive: Receive, *, limit: int) -> bytes:
    """Answer the whole body of an ASGI request.

    Raises:
        TooLarge: `body_too_large`, for over `limit` bytes; never more than those are kept.
        ClientGone: the connection ended before the body did.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > limit:
            raise body_too_large(limit)
        return body
    parts = [body]
    size = len(body)
    while message.get("more_body") and size <= _THROWN_AWAY:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
    if size > limit:
        raise body_too_large(limit)
    return b"".join(parts)
