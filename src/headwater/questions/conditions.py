"""Audiences' conditions and filters as parts of questions: read from JSON, and written to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from headwater.audiences import conditions_reading
from headwater.audiences.comparisons import Filter
from headwater.audiences.conditions import Condition, EventCondition, EventSelector
from headwater.errors import BadRequest

_PLACE = "people"
_WHERE = f"{_PLACE}.event."


def _read(given: Any, place: str = _PLACE) -> Condition:
    """Answer a condition; pydantic wants a ValueError, without the place, which it knows."""
    try:
        return conditions_reading.read(given, place=_PLACE, is_new=True)
    except BadRequest as error:
        message = error.message.removeprefix(place).lstrip(".: ")
        raise ValueError(message.rstrip(".")) from error


def _condition(given: Any) -> Any:
    return given if is_dataclass(given) else _read(given)


def _filters(given: Any) -> tuple[Filter, ...]:
    if isinstance(given, tuple):
        return EventSelector(call="any", where=given).where
    condition = _read({"type": "event", "event": {"call": "any", "where": given}}, _WHERE)
    assert isinstance(condition, EventCondition)  # noqa: S101 - that is the type asked for
    return condition.event.where


@dataclass(frozen=True, slots=True)
class _Read:
    """Tells pydantic what reads a type of audiences, and nothing of its inside.

    PlainValidator does the same, but looks through the whole type each time that it is named, for
    a serializer that is then not used: that took a fifth of the imports' time.
    """

    by: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, _kind: Any, _inner: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(conditions_reading.to_json)
        return core_schema.no_info_plain_validator_function(self.by, serialization=written)


People = Annotated[
    Condition,
    _Read(_condition),
    WithJsonSchema({"type": "object", "description": "A condition, as audiences have it."}),
]
"""A condition on people, in any of the shapes that audiences read."""

Filters = Annotated[
    tuple[Filter, ...],
    _Read(_filters),
    WithJsonSchema({"type": "array", "items": {"type": "object"}}),
]
"""Questions about one event, all of which it must answer with yes; paths from its root."""
