"""From a row to an event: which column is what."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headwater.client.errors import InvalidEvent
from headwater.client.event import encode

CALLS = ("track", "identify", "page", "screen", "group", "alias")

# Segment's own names, and the ones that tables have.
_TOP = {
    "type": "type",
    "event": "event",
    "name": "name",
    "category": "category",
    "userId": "userId",
    "user_id": "userId",
    "anonymousId": "anonymousId",
    "anonymous_id": "anonymousId",
    "groupId": "groupId",
    "group_id": "groupId",
    "previousId": "previousId",
    "previous_id": "previousId",
    "messageId": "messageId",
    "message_id": "messageId",
    "timestamp": "timestamp",
    "originalTimestamp": "timestamp",
    "sentAt": "sentAt",
    "properties": "properties",
    "traits": "traits",
    "context": "context",
    "integrations": "integrations",
}
_OBJECTS = ("properties", "traits", "context", "integrations")
_TEXTS = frozenset({"userId", "anonymousId", "groupId", "previousId", "messageId", "event", "name"})


class UnusableRow(Exception):
    """A row is no event; the message says why."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How columns become fields.

    Attributes:
        named: column to field: `customer` to `userId`, `amount` to `properties.revenue`.
        call: what rows are that do not say so in a column `type`.
        event: the name of track events that do not say it in a column `event`.
        is_text: values are text already and stay so; else what looks like a number is one.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    call: str = "track"
    event: str | None = None
    is_text: bool = False

    def event_of(self, row: Mapping[str, Any], *, message_id: str) -> bytes:
        """Answer a row as the JSON text of an event.

        Args:
            row: column to value.
            message_id: the event's id where the row does not bring one.

        Raises:
            UnusableRow: what it says is no event.
        """
        event: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for column, value in row.items():
            self._place(event, rest, self.named.get(column, column), value)
        event.setdefault("type", self.call)
        call = event["type"]
        if call not in CALLS:
            raise UnusableRow(f"its type is {call!r}; it can be one of {', '.join(CALLS)}")
        if call == "track" and not event.get("event"):
            if self.event is None:
                raise UnusableRow("it has no event: name a column with --map, or give --event")
            event["event"] = self.event
        if rest:
            own = "traits" if call in {"identify", "group"} else "properties"
            event[own] = {**rest, **event.get(own, {})}
        event.setdefault("messageId", message_id)
        _check(event)
        try:
            return encode(event)
        except InvalidEvent as error:
            raise UnusableRow(str(error)) from error

    def _place(self, event: dict[str, Any], rest: dict[str, Any], name: str, value: Any) -> None:
        top = _TOP.get(name)
        if top in _OBJECTS:
            event[top] = {**_parsed(top, value), **event.get(top, {})}
        elif top is not None:
            event[top] = str(value) if top in _TEXTS and isinstance(value, (int, float)) else value
        else:
            head, _, below = name.partition(".")
            if below and head in _OBJECTS:
                target, path = event.setdefault(head, {}), below.split(".")
            else:
                target, path = rest, [name]
            for step in path[:-1]:
                target = target.setdefault(step, {})
                if not isinstance(target, dict):
                    raise UnusableRow(f"column {name!r} goes below a column that is a value")
            target[path[-1]] = self._value(value)

    def _value(self, value: Any) -> Any:
        if self.is_text or not isinstance(value, str):
            return value
        return _number(value)


def _number(text: str) -> Any:
    """Answer a number or a truth where the text is how JSON writes one: `007` stays text."""
    if text in {"true", "false"}:
        return text == "true"
    if not text or text[0] not in "-0123456789" or len(text) > 17:
        return text
    try:
        number = json.loads(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _parsed(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise UnusableRow(f"its {name} are not JSON: {error}") from error
    if not isinstance(value, dict):
        raise UnusableRow(f"its {name} are a {type(value).__name__}, not an object")
    return value


def _check(event: Mapping[str, Any]) -> None:
    if not event.get("userId") and not event.get("anonymousId"):
        raise UnusableRow("it has neither userId nor anonymousId: name a column with --map")
    if event["type"] == "group" and not event.get("groupId"):
        raise UnusableRow("it has no groupId: name a column with --map")
    if event["type"] == "alias" and not event.get("previousId"):
        raise UnusableRow("it has no previousId: name a column with --map")
