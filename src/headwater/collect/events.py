"""One event at the boundary: parsed, its fields checked, and refused with a reason that helps.

The fields are those of Segment's specification
(https://segment.com/docs/connections/spec/common/). As the SDKs need it, null is the same as
absent, numbers are accepted as ids, and unknown keys are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from headwater.collect import json_text
from headwater.errors import BadRequest

# What a messageId or groupId may be long; Segment drops longer ones without a word.
MAX_MESSAGE_ID = 255
MAX_GROUP_ID = 500
_SHOWN = 80


@with_config(ConfigDict(coerce_numbers_to_str=True))
class Event(TypedDict, total=False):
    """The fields of an event that a client may say; the six calls share them."""

    type: str | None
    messageId: str | None
    userId: str | None
    anonymousId: str | None
    event: str | None
    name: str | None
    category: str | None
    groupId: str | None
    previousId: str | None
    timestamp: Any
    originalTimestamp: Any
    sentAt: Any
    properties: dict[str, Any] | None
    traits: dict[str, Any] | None
    context: dict[str, Any] | None
    integrations: dict[str, Any] | None


class Fields(msgspec.Struct, omit_defaults=True):
    """The fields of one event, in the order in which they are written; None is absent.

    What the collector completes is this very value: to read it, change it and write it costs half
    of what going through a dictionary does. `receivedAt` and `sourceId` are the server's to say.
    """

    type: str | None = None
    messageId: str | None = None  # noqa: N815 - the names on the wire, here and below
    timestamp: Any = None
    originalTimestamp: Any = None  # noqa: N815
    sentAt: Any = None  # noqa: N815
    receivedAt: Any = None  # noqa: N815
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    event: str | None = None
    name: str | None = None
    category: str | None = None
    groupId: str | None = None  # noqa: N815
    previousId: str | None = None  # noqa: N815
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None
    sourceId: Any = None  # noqa: N815


# Which fields a call cannot do without, besides somebody whom it is about.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "track": ("event",),
    "identify": (),
    "page": (),
    "screen": (),
    "group": ("groupId",),
    "alias": ("userId", "previousId"),
}

_WHY_REQUIRED = {
    "event": ("missing_event", "say what happened, such as 'Order Completed'"),
    "groupId": ("missing_group_id", "say which account the user belongs to"),
    "userId": ("missing_user_id", "say which id the user has from now on"),
    "previousId": ("missing_previous_id", "say which id the user had until now"),
}

_OBJECTS = ("properties", "traits", "context", "integrations")

# The schema validator itself: an adapter's own method costs as much again as the check.
_validator = TypeAdapter(Event).validator

# Reads an event that is plainly right. The validator is asked only about the rest, since asking it
# is as dear as parsing the event.
_decode = msgspec.json.Decoder(Fields).decode


def read_event(
    raw: bytes | msgspec.Raw, call: str | None = None, *, may_hold_oddities: bool = True
) -> tuple[str, Fields]:
    """Answer an event's type and its fields.

    Args:
        raw: the event's JSON text, already within its limits.
        call: its type, where the address says it; it wins over what the event says.
        may_hold_oddities: False where `json_text.may_hold_oddities` is known to answer no.

    Raises:
        BadRequest: the code and message say what is wrong with which field.
    """
    if may_hold_oddities and json_text.may_hold_oddities(bytes(raw)):
        event = _forgiven(raw, settle=True)
    else:
        try:
            event = _decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            event = _forgiven(raw, settle=False)
    kind = call or event.type
    required = REQUIRED.get(kind) if kind else None
    if kind is None or required is None:
        raise _unknown_type(kind)
    for field in required:
        given: str | None = getattr(event, field)
        if not given or not given.strip():
            code, fix = _WHY_REQUIRED[field]
            raise BadRequest(f"{field} is missing in a {kind} call; {fix}.", code=code)
    if len(event.messageId or "") > MAX_MESSAGE_ID:
        raise BadRequest(
            f"messageId is longer than {MAX_MESSAGE_ID} characters; send a UUID.",
            code="invalid_message_id",
        )
    if len(event.groupId or "") > MAX_GROUP_ID:
        raise BadRequest(
            f"groupId is longer than {MAX_GROUP_ID} characters; send the account's id.",
            code="invalid_group_id",
        )
    return kind, event


def _forgiven(raw: bytes | msgspec.Raw, *, settle: bool) -> Fields:
    """Answer the fields of an event that is not plainly right; what is wrong is named."""
    event = _validated(json_text.decode(bytes(raw)))
    return msgspec.convert(json_text.settle(event) if settle else event, Fields)


def _validated(value: Any) -> Event:
    try:
        return cast("Event", _validator.validate_python(value))
    except ValidationError as error:
        return _read_again(value, error)


def message_id(raw: bytes) -> str | None:
    """Answer the messageId that a refused event carries, if that much can be read."""
    try:
        value = json_text.decode(raw)
    except BadRequest:
        return None
    found = value.get("messageId") if isinstance(value, dict) else None
    return found[:MAX_MESSAGE_ID] if isinstance(found, str) and found else None


def _read_again(value: Any, error: ValidationError) -> Event:
    """Forgive empty lists for empty objects, which is how PHP's `json_encode` writes them."""
    if isinstance(value, dict):
        lists = [name for name in _OBJECTS if value.get(name) == []]
        if lists:
            try:
                forgiven = {**value, **{name: {} for name in lists}}
                return cast("Event", _validator.validate_python(forgiven))
            except ValidationError as again:
                raise _invalid_field(again) from again
    raise _invalid_field(error) from error


def _invalid_field(error: ValidationError) -> BadRequest:
    first = error.errors(include_url=False, include_context=False)[0]
    given = _shorten(first["input"])
    if not first["loc"]:
        return BadRequest(
            f"An event must be a JSON object, but this is {given}.", code="invalid_event"
        )
    field = ".".join(str(part) for part in first["loc"])
    expected = "an object" if first["loc"][0] in _OBJECTS else "a text"
    return BadRequest(
        f"{field} must be {expected}, but is {given}; correct it or leave it out.",
        code="invalid_field",
    )


def _unknown_type(kind: str | None) -> BadRequest:
    names = ", ".join(REQUIRED)
    if not kind:
        return BadRequest(f"type is missing; in a batch it is one of {names}.", code="unknown_type")
    return BadRequest(f"type {_shorten(kind)} is none of {names}.", code="unknown_type")


def _shorten(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
