"""Conditions in plain words, as plans show them to people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from headwater.quantities import counted

_OPERATORS = {
    "equals": "is", "not_equals": "is not", "one_of": "is", "none_of": "is none of",
    "greater_than": "is over", "at_least": "is at least", "less_than": "is under",
    "at_most": "is at most", "contains": "contains", "starts_with": "starts with",
    "ends_with": "ends with", "exists": "is known", "absent": "is not known",
    "between": "is between",
}  # fmt: skip
_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}


def people_in_words(condition: Mapping[str, Any]) -> str:
    """Answer who is meant: `people who …`."""
    if condition.get("type") == "everyone":
        return "everyone"
    return f"people {_said(condition)}"


def _said(one: Mapping[str, Any]) -> str:
    for key, joint in (("and", " and "), ("or", " or ")):
        inner = one.get("conditions") if one.get("type") == key else one.get(key)
        if inner is not None:
            parts = [_nested(part) for part in inner]
            return joint.join(parts)
    if one.get("type") == "not" or set(one) == {"not"}:
        return f"not ({_said(one.get('condition') or one['not'])})"
    return _LEAVES.get(str(one.get("type")), _unknown)(one)


def _nested(one: Mapping[str, Any]) -> str:
    said = _said(one)
    is_group = one.get("type") in {"and", "or"} or set(one) in ({"and"}, {"or"})
    return f"({said})" if is_group else said


def _everyone(_: Mapping[str, Any]) -> str:
    return "of any kind"


def _trait(one: Mapping[str, Any]) -> str:
    return f"whose {one['path']} {_asked(one)}"


def _asked(one: Mapping[str, Any]) -> str:
    operator = str(_OPERATORS.get(one["operator"], one["operator"].replace("_", " ")))
    value = one.get("value")
    if value is None:
        return operator
    if one["operator"] == "one_of" and isinstance(value, (list, tuple)):
        # Usually the same name, written in several ways.
        names = {str(each).lower().replace("_", " ").replace("-", " ") for each in value}
        shown = json.dumps(value[0], ensure_ascii=False) if len(names) == 1 else _listed(value)
        return f"{operator} {shown}"
    return f"{operator} {json.dumps(value, ensure_ascii=False)}"


def _listed(values: Any) -> str:
    return " or ".join(json.dumps(each, ensure_ascii=False) for each in values)


def _event(one: Mapping[str, Any]) -> str:
    what = _named(one["event"])
    count = one.get("count", 1)
    comparison = one.get("comparison", "at_least")
    if comparison == "exactly" and count == 0:
        return f"who did not do {what}{_when(one.get('window'))}"
    often = (
        ""
        if (comparison, count) == ("at_least", 1)
        else f" {comparison.replace('_', ' ')} {counted(count, 'time')}"
    )
    return f"who did {what}{often}{_when(one.get('window'))}"


def _named(event: Mapping[str, Any]) -> str:
    call = event.get("call", "track")
    name = event.get("name")
    what = f"'{name}'" if name else ("anything" if call == "any" else f"any {call}")
    if name and call not in {"track", "any"}:
        what = f"{call} {what}"
    where = event.get("where") or ()
    asked = " and ".join(_filter(each) for each in where)
    return f"{what} where {asked}" if asked else what


def _filter(one: Mapping[str, Any]) -> str:
    joints = {"all_of": " and ", "any_of": " or ", "none_of": " nor "}
    if one.get("type") in joints:
        inner = joints[one["type"]].join(_filter(each) for each in one["filters"])
        return f"({inner})"
    path = one["path"].removeprefix("properties.").removeprefix("context.").replace(".", " ")
    return f"{path} {_asked(one)}"


def _when(window: Mapping[str, Any] | None) -> str:
    if window is None:
        return ""
    kind = window["type"]
    if kind == "rolling":
        skipped = f", up to {_span(window['skip'])} ago" if window.get("skip") else ""
        return f" in the last {_length(window['last'])}{skipped}"
    if kind == "between":
        since, until = window.get("since"), window.get("until")
        return (f" from {since}" if since else "") + (f" to {until}" if until else "")
    if kind == "calendar":
        ago, unit, span = window.get("ago", 0), window["unit"], window.get("span", 1)
        if span > 1:
            newest = f"this {unit}" if ago == 0 else f"that of {counted(ago, unit)} ago"
            return f" in the {counted(span, unit)} up to {newest}"
        if unit == "day" and ago < 2:
            return " yesterday" if ago else " today"
        return f" this {unit}" if ago == 0 else f" {counted(ago, unit)} ago"
    return f" since the {window.get('which', 'last')} {_named(window['event'])}"


def _span(text: str) -> str:
    return counted(int(text[:-1]), _UNITS[text[-1]])


def _length(text: str) -> str:
    return _span(text).removeprefix("1 ")


def _aggregate(one: Mapping[str, Any]) -> str:
    figure = f"{one['function']} of {one['property'].removeprefix('properties.')}"
    return f"whose {figure} over {_named(one['event'])} {_asked(one)}{_when(one.get('window'))}"


def _account(one: Mapping[str, Any]) -> str:
    if one.get("group"):
        return f"in account '{one['group']}'"
    where = " and ".join(_filter(each) for each in one.get("where", ()))
    return f"in an account where {where}" if where else "in an account"


def _audience(one: Mapping[str, Any]) -> str:
    return f"{'in' if one.get('member', True) else 'not in'} audience '{one['audience']}'"


def _sequence(one: Mapping[str, Any]) -> str:
    return f"who did {', then '.join(map(_step, one['steps']))}{_when(one.get('window'))}"


def _step(one: Mapping[str, Any]) -> str:
    within = f" within {_span(one['within'])}" if one.get("within") else ""
    without = " or ".join(_named(each) for each in one.get("without") or ())
    return _named(one["event"]) + within + (f" without {without} in between" if without else "")


def _occurrence(one: Mapping[str, Any]) -> str:
    where = " and ".join(_filter(each) for each in one.get("where") or ())
    when = _when(one.get("window"))
    if not where and not when:
        return f"who did {_named(one['event'])}"
    such = f" one where {where}" if where else ""
    return f"whose {one['which']} {_named(one['event'])} was{such}{when}"


def _consent(one: Mapping[str, Any]) -> str:
    return f"whose consent to '{one['category']}' is {one.get('state', 'granted')}"


def _unknown(one: Mapping[str, Any]) -> str:
    return json.dumps(one, ensure_ascii=False)


_LEAVES = {
    "everyone": _everyone,
    "trait": _trait,
    "event": _event,
    "aggregate": _aggregate,
    "account": _account,
    "audience": _audience,
    "sequence": _sequence,
    "occurrence": _occurrence,
    "consent": _consent,
}
