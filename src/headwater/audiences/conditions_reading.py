"""Conditions from JSON and back to it; what is wrong is told with its place.

Three shapes are read, and may be mixed at any depth: the tree itself, whose nodes have a `type`;
Customer.io's segment conditions; and the small form (see `conditions_shapes`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError

from headwater.audiences.comparisons import AllOf, AnyOf, Comparison, NoneOf
from headwater.audiences.conditions import And, Condition, Leaf, Not, Or, Step
from headwater.audiences.conditions_shapes import ShapeError, read_shape, without_inverse
from headwater.audiences.conditions_short import written_out
from headwater.audiences.mistakes import described, in_words, nearest, no_such_field
from headwater.audiences.selection import Between, Calendar, EventSelector, Rolling, SinceEvent
from headwater.audiences.sense import nonsense
from headwater.errors import BadRequest

DEEPEST = 20
"""Conditions inside of conditions, at most."""

MOST = 500
"""Conditions in one tree, at most."""

_FILTERS: Mapping[int | str, type[Any]] = {
    "comparison": Comparison,
    "all_of": AllOf,
    "any_of": AnyOf,
    "none_of": NoneOf,
}
_WINDOWS: Mapping[int | str, type[Any]] = {
    "rolling": Rolling,
    "between": Between,
    "calendar": Calendar,
    "since_event": SinceEvent,
}
_PARTS: Mapping[int | str, type[Any]] = {
    "event": EventSelector,
    "without": EventSelector,
    "steps": Step,
    **_FILTERS,
    **_WINDOWS,
}
_LEAVES = {one.__dataclass_fields__["type"].default: one for one in get_args(Leaf)}


class ConditionError(BadRequest):
    """A condition that cannot be meant; the message begins with the place of what is wrong."""

    code = "invalid_condition"


def read(value: Any, *, place: str = "condition", is_new: bool = False) -> Condition:
    """Answer the condition that a JSON value describes.

    Args:
        value: parsed JSON.
        place: what the value is called where it was found; error messages begin with it.
        is_new: somebody has just written it: what can be read and would never be true, such as a
            path that leads to nowhere in an event, is a mistake, too.

    Raises:
        ConditionError: it describes none.
    """
    return _Reading(is_new=is_new).condition(value, place, 1)


def to_json(value: Any) -> Any:
    """Answer the JSON value of a condition, or of any part of one; what is not set is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        # A type that is the only one possible at its place says nothing.
        return {
            field.name: to_json(held)
            for field in sorted(fields(value), key=lambda field: field.name != "type")
            if (held := getattr(value, field.name)) not in (None, ())
        }
    if isinstance(value, (tuple, list)):
        return [to_json(one) for one in value]
    return value


class _Reading:
    """One read of one tree; counts what it has seen."""

    def __init__(self, *, is_new: bool) -> None:
        self.seen = 0
        self._is_new = is_new

    def condition(self, value: Any, place: str, depth: int) -> Condition:
        self.seen += 1
        if depth > DEEPEST:
            raise ConditionError(f"{place}: conditions are nested more than {DEEPEST} deep.")
        if self.seen > MOST:
            raise ConditionError(f"{place}: there are more than {MOST} conditions in one tree.")
        if not isinstance(value, Mapping):
            raise ConditionError(f"{place}: should be an object, not {_kind(value)}.")
        for name, make in (("and", And), ("or", Or)):
            key = _key_of_many(value, name, place)
            if key is not None:
                inner = self._several(value[key], f"{place}.{key}", depth)
                return cast("Condition", _made(make, inner, f"{place}.{key}"))
        key = _key_of_one(value, place)
        if key is not None:
            return Not(self.condition(value[key], f"{place}.{key}", depth + 1))
        value, is_inverse = without_inverse(value)
        if is_inverse:
            return Not(self.condition(value, place, depth + 1))
        leaf = _leaf(value, place)
        if self._is_new:
            require_sense(leaf, place)
        return leaf

    def _several(self, value: Any, place: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(value, list):
            raise ConditionError(f"{place}: should be a list of conditions, not {_kind(value)}.")
        return tuple(
            self.condition(one, f"{place}[{number}]", depth + 1) for number, one in enumerate(value)
        )


def _key_of_many(value: Mapping[str, Any], name: str, place: str) -> str | None:
    """Answer under which key a node's conditions are: `conditions`, or `and` and `or` itself."""
    if value.get("type") == name:
        return _only(value, "conditions", place)
    for key in (name, {"and": "all", "or": "any"}[name]):
        if set(value) == {key}:
            return key
    return None


def _key_of_one(value: Mapping[str, Any], place: str) -> str | None:
    if value.get("type") == "not":
        return _only(value, "condition", place)
    return "not" if set(value) == {"not"} else None


def _only(value: Mapping[str, Any], key: str, place: str) -> str:
    """Answer the one key that a node may have besides its type, and must have."""
    unknown = sorted(set(value) - {"type", key})
    if unknown:
        raise ConditionError(f"{place}.{unknown[0]}: there is no such field.")
    if key not in value:
        raise ConditionError(f"{place}.{key}: is missing.")
    return key


def _made(make: type[And | Or], inner: tuple[Condition, ...], place: str) -> And | Or:
    try:
        return make(inner)
    except ValueError as error:
        raise ConditionError(f"{place}: {_after_name(str(error))}") from error


def _leaf(value: Mapping[str, Any], place: str) -> Leaf:
    if "type" not in value:
        try:
            value = read_shape(value)
        except ShapeError as error:
            raise ConditionError(f"{place}: {error}") from error
    type_ = value.get("type")
    if not isinstance(type_, str) or type_ not in _LEAVES:
        known = ["and", "or", "not", *_LEAVES]
        near = nearest(type_, known)
        raise ConditionError(
            f"{place}.type: {described(type_)} is no type of condition; there are"
            f" {', '.join(known)}{near}."
        )
    return cast("Leaf", read_as(_LEAVES[type_], value, place))


def require_sense(value: Any, place: str) -> None:
    """Raise `ConditionError` where a leaf, or a computation, cannot have been meant."""
    for told in nonsense(value, place):
        raise ConditionError(told)


def read_as(kind: type[Any], value: Any, place: str) -> Any:
    """Answer a dataclass of audiences that a JSON value describes.

    Raises:
        ConditionError: it describes none.
    """
    completed = written_out(value)
    try:
        return _adapters(kind).validate_python(completed)
    except ValidationError as error:
        raise ConditionError(_told(kind, error, completed, place)) from error


def _adapters(kind: type[Any]) -> TypeAdapter[Any]:
    """Made at the first use: nothing is made at import."""
    return _adapter(cast("Hashable", kind))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _told(kind: type[Any], error: ValidationError, value: Any, place: str) -> str:
    """Answer the first mistake of a leaf, as place, what is wrong and how to mend it."""
    every = error.errors(include_url=False)
    # A name that is not known often stands for the one that is missing, and tells more.
    unknown = (one for one in every if one["type"] == "unexpected_keyword_argument")
    first = next(unknown, every[0])
    steps = first["loc"]
    if first["type"] == "missing":
        return f"{place}{_place_in(value, steps[:-1])}.{steps[-1]}: is missing."
    where = place + _place_in(value, steps)
    if first["type"] == "unexpected_keyword_argument":
        names = [field.name for field in fields(_kind_at(kind, steps[:-1]))]
        return f"{where}: {no_such_field(str(steps[-1]), names)}."
    message = in_words(first)
    if first["type"] == "value_error" and (named := message.partition(": "))[1]:
        return f"{where}.{named[0]}: {named[2]}."
    if first["type"].startswith("union_tag"):
        where += ".type"
        if first["type"] == "union_tag_not_found":
            return f"{where}: is missing; there are {', '.join(map(str, _WINDOWS))}."
    return f"{where}: {message}."


def _kind_at(kind: type[Any], steps: Sequence[int | str]) -> type[Any]:
    """Answer what is read at a place; pydantic names the variants in it by their types."""
    return next((_PARTS[one] for one in reversed(steps) if one in _PARTS), kind)


def _place_in(value: Any, steps: Sequence[int | str]) -> str:
    """Answer where an error is; pydantic's names of variants, which are no keys, are left out."""
    place = ""
    for step in steps:
        if isinstance(step, int) and isinstance(value, list) and step < len(value):
            place += f"[{step}]"
            value = value[step]
        elif isinstance(value, Mapping) and step in value:
            place += f".{step}"
            value = value[step]
    return place


def _after_name(message: str) -> str:
    return message.partition(": ")[2] or message


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")
