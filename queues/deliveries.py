"""Consumes the queue of deliveries: parcels go to the lanes; see dispatch/parcels.py."""

from __future__ import annotations

from typing import Any

from headwater.dispatch.parcels import Deliveries


async def consume(batch: Any, deliveries: Deliveries) -> None:
    """Carry out a batch; what could not be comes again, after a while that grows.

    Args:
        batch: JavaScript's `MessageBatch`.
        deliveries: carries parcels out.
    """
    messages = list(batch.messages)
    done = await deliveries.consume([message.body for message in messages])
    for message, is_done in zip(messages, done, strict=True):
        if is_done:
            message.ack()
        else:
            message.retry()
