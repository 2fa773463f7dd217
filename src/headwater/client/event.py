"""One event in Segment's shape, checked and encoded at the call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from headwater import __version__
from headwater.client.errors import InvalidEvent
from headwater.client.values import instant, plain

MAX_EVENT_BYTES = 32 * 1024
"""What the server takes for one event (PROTOCOLS section 1.5)."""

MAX_MESSAGE_ID = 100

Identifier = str | int | UUID


def encode(event: Mapping[str, Any]) -> bytes:
    """Answer the event as compact JSON in UTF-8, on one line.

    Raises:
        InvalidEvent: it takes more than 32 KB.
    """
    body = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    if len(body) > MAX_EVENT_BYTES:
        sizes = {
            name: len(json.dumps(value, ensure_ascii=False).encode())
            for name, value in event.items()
        }
        largest = max(sizes, key=sizes.__getitem__)
        raise InvalidEvent(
            f"{event['type']}: the event takes {len(body):,} bytes as JSON and the limit is "
            f"{MAX_EVENT_BYTES:,}; the largest part is {largest} ({sizes[largest]:,} bytes): "
            "send less of it, or a link to it"
        )
    return body


def build(
    call: str,
    *,
    now: datetime,
    message_id: str,
    timestamp: datetime | str | None = None,
    context: Mapping[str, Any] | None = None,
    integrations: Mapping[str, Any] | None = None,
    identifiers: Mapping[str, object],
    fields: Mapping[str, object],
) -> dict[str, Any]:
    """Answer one event, with only the keys that were given.

    Args:
        call: one of the six, as in `track`.
        now: the time of the call, for events that bring no `timestamp` of their own.
        message_id: what the server knows this event by, however often it is sent.
        timestamp: when it happened, if that was not now.
        context: added to, and winning over, what the client says about itself.
        integrations: which destinations may have it (PROTOCOLS section 1.10).
        identifiers: `userId` and its kin; None means not given.
        fields: the call's own keys (`event`, `properties`, …); None means not given.

    Raises:
        InvalidEvent: a value is of the wrong type, or has no JSON form.
    """
    event: dict[str, Any] = {"type": call, "messageId": _message_id(call, message_id)}
    for name, value in identifiers.items():
        if value is not None:
            event[name] = identifier(call, _ARGUMENTS.get(name, name), value)
    for name, value in fields.items():
        if isinstance(value, Mapping):
            event[name] = plain(value, f"{call}: {name}")
        elif value is not None:
            event[name] = value
    event["timestamp"] = _timestamp(call, timestamp, now)
    event["context"] = {
        "library": {"name": "headwater-python", "version": __version__},
        **plain(context or {}, f"{call}: context"),
    }
    if integrations is not None:
        event["integrations"] = plain(integrations, f"{call}: integrations")
    return event


_ARGUMENTS = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "previousId": "previous_id",
}


def identifier(call: str, name: str, value: object) -> str:
    """Answer an identifier as text; `name` is its argument, for messages.

    Raises:
        InvalidEvent: it is empty, or something other than text, a whole number or a UUID.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, UUID)):
        raise InvalidEvent(
            f"{call}: {name} is of type {type(value).__name__}: give text, a whole number or a UUID"
        )
    text = str(plain(value, f"{call}: {name}"))
    if not text.strip():
        raise InvalidEvent(f"{call}: {name} is empty: give the person's id, or leave {name} out")
    return text


def _message_id(call: str, value: object) -> str:
    text = identifier(call, "message_id", value)
    if len(text) > MAX_MESSAGE_ID:
        raise InvalidEvent(
            f"{call}: message_id has {len(text)} characters and the limit is {MAX_MESSAGE_ID}"
        )
    return text


def _moment(call: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    # A Unix time, such as 1712013000123, would be a date of the year 1712.
    is_number = text.isdecimal() and len(text) != len("20261122")
    if moment is None or is_number:
        raise InvalidEvent(f"{call}: timestamp is not ISO 8601 text such as 2026-11-22T09:30:00Z")
    return moment


def _timestamp(call: str, value: object, now: datetime) -> str:
    if value is None:
        return instant(now)
    if isinstance(value, str):
        value = _moment(call, value)
    if not isinstance(value, datetime):
        raise InvalidEvent(
            f"{call}: timestamp is of type {type(value).__name__}: give a datetime with a time "
            "zone, such as datetime.now(UTC), or ISO 8601 text"
        )
    try:
        return instant(value)
    except (OverflowError, ValueError):
        raise InvalidEvent(f"{call}: timestamp is out of the range of dates") from None
