"""Batches: how many events go together, when, and the request body they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from headwater.client.values import instant

MAX_BATCH_EVENTS = 2500
"""What the server takes in one batch (PROTOCOLS section 1.5)."""

MAX_BATCH_BYTES = 475_000
"""Below the server's 500 KB, as Segment's own Python library has it."""

_OPENING = b'{"batch":['
_CLOSING = b'],"sentAt":"%s"}'
ENVELOPE_BYTES = len(_OPENING) + len(_CLOSING % b"2026-11-22T09:30:00.000Z")


def how_many(sizes: Iterable[int], *, max_events: int, max_bytes: int) -> int:
    """Answer how many events from the front make the next batch; 0 only where there are none.

    An event that is over the limit by itself goes alone: the server then says what is wrong
    with it.

    Args:
        sizes: the events' sizes in bytes, first to last.
        max_events: the most events in a batch.
        max_bytes: the most bytes in a request body, its envelope and commas counted.
    """
    total = ENVELOPE_BYTES
    count = 0
    for size in sizes:
        total += size + (1 if count else 0)
        if count and (count == max_events or total > max_bytes):
            break
        count += 1
    return count


def request_body(events: Sequence[bytes], *, sent_at: datetime | None) -> bytes:
    """Answer the JSON body of `POST /v1/batch`.

    `sent_at` is the moment of this very attempt, by which the server corrects times that this
    clock made; None where the events' times are not of this clock.
    """
    if sent_at is None:
        return _OPENING + b",".join(events) + b"]}"
    return _OPENING + b",".join(events) + _CLOSING % instant(sent_at).encode("ascii")
