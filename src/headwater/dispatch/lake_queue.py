"""The queue of actors that have something for the lake; lake_flush.py consumes it.

It is a file of its own because every isolate writes into the queue, and few read from it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from headwater.ports import Queue

LAKE = "lake"


class Waiting(msgspec.Struct, frozen=True):
    """The queue's message: something of this actor waits for the lake."""

    actor: str


_encoder = msgspec.json.Encoder()


async def tell(queue: Queue, actors: Iterable[str]) -> None:
    """Let the lake know that something of these actors waits for it.

    Raises:
        CallFailed: the queue did not take it.
    """
    messages = [_encoder.encode(Waiting(one)).decode() for one in actors]
    if messages:
        await queue.send(LAKE, messages)
