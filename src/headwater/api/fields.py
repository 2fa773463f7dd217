"""The types that fields of requests and answers share: times, names, pages, free JSON."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from headwater.api.encoded_path import decoded
from headwater.collect.times import read_time, write_time
from headwater.errors import BadRequest

MAX_LIMIT = 1000

_TIME_SCHEMA = {"type": "string", "format": "date-time", "examples": ["2026-11-23T10:11:12.345Z"]}


class View(BaseModel):
    """An answer, read off a value of the core field by field."""

    model_config = ConfigDict(from_attributes=True)


class Order(BaseModel):
    """A request's body; a field that it does not know is a mistake, not noise."""

    model_config = ConfigDict(extra="forbid")


def written(milliseconds: int) -> str:
    """Answer a time in ISO 8601; one outside of the calendar at its edge."""
    try:
        return write_time(milliseconds)
    except ValueError:
        return write_time(0 if milliseconds < 0 else 253_402_300_799_999)


def _read(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError("should be a time in ISO 8601, such as 2026-11-23T10:11:12.345Z")  # noqa: TRY004 - pydantic wants ValueError
    try:
        return read_time(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            "should be a time in ISO 8601, such as 2026-11-23T10:11:12.345Z"
        ) from error


def _is_finite(value: Any) -> Any:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, float) and not math.isfinite(one):
            raise ValueError("holds NaN or Infinity, which JSON does not have")
        if isinstance(one, str):
            _is_text(one)
        elif isinstance(one, dict):
            pending += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            pending += one
    return value


def _is_text(value: str) -> str:
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError("holds half of a surrogate pair, which is no character")
    return value


def identifier_text(value: str) -> str:
    """Answer an identifier; raise ValueError where it is not `type:value`."""
    type_, colon, rest = value.partition(":")
    if not (type_ and colon and rest):
        raise ValueError(
            "should be written as type:value, such as user_id:42 or email:ann@example.com"
        )
    return value


Instant = Annotated[int, PlainSerializer(written), WithJsonSchema(_TIME_SCHEMA)]
"""A time in an answer: milliseconds inside, ISO 8601 in UTC outside."""

Time = Annotated[int, BeforeValidator(_read), WithJsonSchema(_TIME_SCHEMA)]
"""A time in a request: ISO 8601 outside (without zone: UTC), milliseconds inside."""

Json = Annotated[Any, AfterValidator(_is_finite)]
"""Any JSON value that JSON can hold."""

Text = Annotated[str, AfterValidator(_is_text), StringConstraints(max_length=500)]
"""A text of at most 500 characters."""

LongText = Annotated[str, AfterValidator(_is_text), StringConstraints(max_length=4000)]
"""A text of at most 4,000 characters: what holds identifiers and message ids of any length."""

Name = Annotated[str, AfterValidator(_is_text), StringConstraints(min_length=1, max_length=200)]
"""A name for people, 1 to 200 characters."""

Identifier = Annotated[
    str,
    AfterValidator(_is_text),
    AfterValidator(identifier_text),
    Field(max_length=1000, examples=["user_id:42"]),
]
"""An identifier in a body, `type:value`."""

IdentifierPath = Annotated[
    str,
    Path(
        description="`type:value`, percent-encoded, such as `user_id:42`.",
        examples=["user_id:42"],
        max_length=3000,
    ),
    BeforeValidator(decoded),
    AfterValidator(identifier_text),
]
"""An identifier in a path."""

IdPath = Annotated[str, Path(max_length=3000, min_length=1), BeforeValidator(decoded)]
"""An id in a path."""

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many to answer at most.")]

Cursor = Annotated[
    LongText | None, Query(description="The `next` of the page before; leave it out for the first.")
]

Since = Annotated[Time | None, Query(description="From this time on, in ISO 8601.")]
Until = Annotated[Time | None, Query(description="Up to this time, in ISO 8601.")]


def require_choice(order: BaseModel) -> None:
    """Raise `BadRequest` where an order on many things names none of them, nor `all`."""
    named = {name for name in order.model_fields_set if getattr(order, name) is not None}
    if not getattr(order, "all", False) and not named - _NO_CHOICE:
        raise BadRequest(
            'Say which are meant, such as {"ids": ["1"]}, or {"all": true} for every one.'
        )


_NO_CHOICE = frozenset({"all", "dry_run", "body", "type"})

SortOrder = Literal["newest", "oldest"]
