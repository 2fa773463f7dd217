"""Consumes the queue of actors that have something for the lake; see dispatch/lake_flush.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from js import Object
from pyodide.ffi import to_js

if TYPE_CHECKING:
    from headwater.dispatch.lake_flush import LakeFlush

_LONGEST_PAUSE = 600  # seconds


async def consume(batch: Any, lake: LakeFlush | None) -> None:
    """Bring what these actors have to the lake; who could not be served comes again, later.

    Args:
        batch: JavaScript's `MessageBatch`.
        lake: brings it; None where there is no lake any more, and nobody to serve.
    """
    if lake is None:
        batch.ackAll()
        return
    messages = list(batch.messages)
    done = await lake.consume([message.body for message in messages])
    for message, is_done in zip(messages, done, strict=True):
        if is_done:
            message.ack()
        else:
            pause = min(_LONGEST_PAUSE, 2**message.attempts)
            message.retry(to_js({"delaySeconds": pause}, dict_converter=Object.fromEntries))
