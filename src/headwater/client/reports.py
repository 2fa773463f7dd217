"""Tells the program about events that were given up, through `on_error` or the log."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from headwater.client.errands import Report
from headwater.client.errors import ClientError, QueueFull, Undelivered
from headwater.client.settings import Settings
from headwater.quantities import counted

logger = logging.getLogger("headwater.client")

OnError = Callable[[ClientError, Sequence[dict[str, Any]]], object]
"""`on_error(error, events)`: why, and the events as they would have been sent."""


def report(given_up: Report, on_error: OnError | None) -> Awaitable[object] | None:
    """Call `on_error`; answer what is to be awaited, if it is a coroutine function.

    Without `on_error` the log has the reason and the messageIds, and nothing else of the events.
    """
    events = [json.loads(event) for event in given_up.events]
    if on_error is None:
        ids = ", ".join(str(event.get("messageId")) for event in events[:3])
        more = f" and {len(events) - 3} more" if len(events) > 3 else ""
        logger.error("%s [messageId %s%s]", given_up.error, ids, more)
        return None
    try:
        answer = on_error(given_up.error, events)
    except Exception:
        logger.exception("on_error failed on %s", type(given_up.error).__name__)
        return None
    return answer if inspect.isawaitable(answer) else None


def dropped(event: bytes, settings: Settings) -> Report:
    """Answer what is said of an event that found the queue full."""
    error = QueueFull(
        f"{settings.max_queue:,} events are queued already, so this one was dropped: "
        "raise max_queue, or set when_full to 'block'"
    )
    return Report(error, (event,))


def lost_at_close(events: tuple[bytes, ...]) -> Report:
    """Answer what is said of events that a closing client could neither send nor keep."""
    error = Undelivered(
        f"neither sent nor spooled before the client closed: {counted(len(events), 'event')}; "
        "give it a spool, or more close_timeout"
    )
    return Report(error, events)
