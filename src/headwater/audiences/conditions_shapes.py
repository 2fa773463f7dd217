"""Two shapes of conditions that people already have, turned into the tree's JSON.

Customer.io's (https://docs.customer.io/api/app/#tag/customers, "filter"): `{"segment": {"id": 4}}`,
`{"attribute": {"field": "plan", "operator": "eq", "value": "pro"}}`, `{"object_attribute": {…}}`.
Beyond `eq` and `exists`, which are all that it documents, every operator is read by its name here.

The small form: `{"attribute": "plan", "operator": "equals", "value": "pro"}` and
`{"event": "Order Completed", "operator": "did", "timeframe": "7d"}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, get_args

from headwater.audiences.comparisons import NO_VALUE, NUMBER_VALUE, Operator, is_number, step
from headwater.audiences.mistakes import nearest

_OPERATORS = {
    "=": "equals",
    "==": "equals",
    "is": "equals",
    "eq": "equals",
    "equal": "equals",
    "!=": "not_equals",
    "is_not": "not_equals",
    "ne": "not_equals",
    "not_eq": "not_equals",
    "neq": "not_equals",
    "not_equal": "not_equals",
    ">": "greater_than",
    "gt": "greater_than",
    ">=": "at_least",
    "gte": "at_least",
    "<": "less_than",
    "lt": "less_than",
    "<=": "at_most",
    "lte": "at_most",
    "in": "one_of",
    "not_in": "none_of",
    "is_set": "exists",
    "not_exists": "absent",
    "is_not_set": "absent",
}
_EQUAL = {"equals": "one_of", "one_of": "one_of", "not_equals": "none_of", "none_of": "none_of"}
_TOGETHER = ("and", "or", "not", "all", "any")
_SMALL_EVENT = frozenset({"event", "operator", "timeframe", "count", "where"})


class ShapeError(ValueError):
    """A value in neither of the shapes."""


def read_shape(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer a leaf of the tree, as JSON, for one in another shape.

    Raises:
        ShapeError: it is in none of them; says what is wrong with it.
    """
    for key, reader in _READERS.items():
        if key in value:
            return reader(value)
    joined = next((key for key in _TOGETHER if key in value), None)
    if joined is not None and len(value) > 1:
        other = next(key for key in value if key != joined)
        raise ShapeError(
            f"{joined!r} stands alone in its object; put {other!r} inside of it, or both into one"
            ' {"and": [...]}.'
        )
    raise ShapeError(
        'has no "type". A condition is such as {"type": "trait", "path": "plan", "operator": '
        '"equals", "value": "pro"}, {"event": "Order Completed", "operator": "did", '
        '"timeframe": "7d"} or {"and": [...]}.'
    )


def without_inverse(value: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Answer a leaf without its `inverse`, and whether that says that it must not be true."""
    for key in ("segment", "attribute", "object_attribute"):
        inner = value.get(key)
        if isinstance(inner, Mapping) and isinstance(inner.get("inverse"), bool):
            rest = {name: held for name, held in inner.items() if name != "inverse"}
            return {**value, key: rest}, inner["inverse"]
    if "type" not in value and isinstance(value.get("inverse"), bool):
        return {name: held for name, held in value.items() if name != "inverse"}, value["inverse"]
    return value, False


def _segment(value: Mapping[str, Any]) -> Mapping[str, Any]:
    segment = value["segment"]
    if not isinstance(segment, Mapping) or set(segment) != {"id"} or len(value) != 1:
        raise ShapeError('segment should be such as {"segment": {"id": "aud_1"}}.')
    return {"type": "audience", "audience": str(segment["id"])}


def _attribute(value: Mapping[str, Any]) -> Mapping[str, Any]:
    attribute = value["attribute"]
    if isinstance(attribute, Mapping):
        path, operator, wanted = _customer_io(attribute, "attribute")
        return {"type": "trait", "path": path, "operator": operator, "value": wanted}
    _expect(value, {"attribute", "operator", "value"})
    if not isinstance(attribute, str):
        raise ShapeError('attribute should be a text, such as "plan".')
    operator = value.get("operator", "equals")
    return {
        "type": "trait",
        "path": attribute,
        "operator": _OPERATORS.get(operator, operator) if isinstance(operator, str) else operator,
        "value": value.get("value"),
    }


def _object_attribute(value: Mapping[str, Any]) -> Mapping[str, Any]:
    attribute = value["object_attribute"]
    if not isinstance(attribute, Mapping):
        raise ShapeError("object_attribute should be an object with field, operator and value.")
    path, operator, wanted = _customer_io(attribute, "object_attribute")
    return {"type": "account", "where": [{"path": path, "operator": operator, "value": wanted}]}


def _customer_io(attribute: Mapping[str, Any], name: str) -> tuple[str, str, Any]:
    """Answer path, operator and value; `eq` compares as text, so 42 is meant by "42" too."""
    unknown = sorted(set(attribute) - {"field", "operator", "value", "type_id"})
    if unknown:
        raise ShapeError(f"{name} has no {unknown[0]!r}; it has field, operator and value.")
    field, operator = attribute.get("field"), attribute.get("operator", "eq")
    if not isinstance(field, str) or not field:
        raise ShapeError(f'{name}.field should be a text, such as "plan".')
    path = step(field)
    meant = _OPERATORS.get(operator, operator) if isinstance(operator, str) else ""
    if meant not in get_args(Operator):
        near = nearest(operator, [*_OPERATORS, *get_args(Operator)])
        raise ShapeError(f"{name}.operator should be such as eq or exists, not {operator!r}{near}.")
    if meant in NO_VALUE:
        return path, meant, None
    value = attribute.get("value")
    if value is None:
        raise ShapeError(
            f"{name}.value is missing; the operator {operator} needs it. People without any are"
            f' {{"not": {{"{name}": {{"field": …, "operator": "exists"}}}}}}.'
        )
    if meant in _EQUAL:
        every = value if isinstance(value, list) else [value]
        return path, _EQUAL[meant], [text for one in every for text in _as_texts(one)]
    return path, meant, _as_number(value) if meant in NUMBER_VALUE else value


def _as_number(value: Any) -> Any:
    """Answer the number that a text is; another value as it is."""
    if not isinstance(value, str):
        return value
    try:
        meant = json.loads(value)
    except ValueError:
        return value
    return meant if is_number(meant) else value


def _as_texts(value: Any) -> list[Any]:
    """Answer the values that are written the same as this one."""
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        meant = json.loads(text)
    except ValueError:
        return [text]
    same = isinstance(meant, (bool, int, float)) and json.dumps(meant) == text
    return [text, meant] if same else [text]


def _event(value: Mapping[str, Any]) -> Mapping[str, Any]:
    _expect(value, _SMALL_EVENT)
    operator = value.get("operator", "did")
    comparisons = {
        "did": ("at_least", value.get("count", 1)),
        "did_not": ("exactly", 0),
        "at_least": ("at_least", value.get("count", 1)),
        "at_most": ("at_most", value.get("count", 1)),
        "exactly": ("exactly", value.get("count", 1)),
    }
    if not isinstance(operator, str) or operator not in comparisons:
        raise ShapeError(f"operator should be one of {', '.join(comparisons)}, not {operator!r}.")
    comparison, count = comparisons[operator]
    window = {"type": "rolling", "last": value["timeframe"]} if value.get("timeframe") else None
    event = value["event"]
    if not isinstance(event, Mapping):
        event = {"name": event}
    if "where" in value:
        event = {**event, "where": value["where"]}
    return {
        "type": "event",
        "event": event,
        "comparison": comparison,
        "count": count,
        "window": window,
    }


def _expect(value: Mapping[str, Any], known: set[str] | frozenset[str]) -> None:
    unknown = sorted(set(value) - known)
    if unknown:
        raise ShapeError(f"has no field {unknown[0]!r}; it has {', '.join(sorted(known))}.")


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "segment": _segment,
    "attribute": _attribute,
    "object_attribute": _object_attribute,
    "event": _event,
}
