"""Two shapes of conditions that people already have, turned into the tree's JSON.

Customer.io's (https://docs.customer.io/api/app/#tag/customers, "filter"): `{"segment": {"id": 4}}`,
`{"attribute": {"field": "plan", "operator": "eq", "value": "pro"}}`, `{"object_attribute": {…}}`.

The small form: `{"attribute": "plan", "operator": "equals", "value": "pro"}` and
`{"event": "Order Completed", "operator": "did", "timeframe": "7d"}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

_OPERATORS = {
    "=": "equals",
    "==": "equals",
    "is": "equals",
    "eq": "equals",
    "equal": "equals",
    "!=": "not_equals",
    "is_not": "not_equals",
    "ne": "not_equals",
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
    raise ShapeError(
        'has no "type". A condition is such as {"type": "trait", "path": "plan", "operator": '
        '"equals", "value": "pro"}, {"event": "Order Completed", "operator": "did", '
        '"timeframe": "7d"} or {"and": [...]}.'
    )


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
    path = field.replace("\\", "\\\\").replace(".", "\\.")
    if operator == "exists":
        return path, "exists", None
    if operator != "eq":
        raise ShapeError(f"{name}.operator should be eq or exists, not {operator!r}.")
    if "value" not in attribute:
        raise ShapeError(f"{name}.value is missing; the operator eq needs it.")
    return path, "one_of", _as_texts(attribute["value"])


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
    return {
        "type": "event",
        "event": {"name": value["event"], "where": value.get("where", [])},
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
