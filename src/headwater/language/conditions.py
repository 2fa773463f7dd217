"""Conditions on people as JSON, in the short form that audiences read (docs/audiences.md).

A condition that a stretch of time may still be said for carries `"window": {"said": default}`;
`with_window` puts in what was said, and `settled` what is left to the default.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from headwater.language.happenings import Happening
from headwater.language.phrase import names_of
from headwater.language.tokens import Token
from headwater.language.windows import Window

Condition = dict[str, Any]

EVERYONE: Condition = {"type": "everyone"}

_SHORT = {"second": "s", "minute": "m", "hour": "h", "day": "d"}
_DAYS = {"week": 7, "month": 30, "quarter": 91, "year": 365}


def window_json(window: Window) -> Condition:
    """Answer a stretch of time as audiences have them."""
    unit, number = window.unit, window.number
    if window.kind == "between":
        found = {"type": "between", "since": window.since, "until": window.until}
        return {name: value for name, value in found.items() if value is not None}
    if window.kind == "last":
        return {"type": "rolling", "last": _length(unit, number)}
    if unit in {"hour", "minute", "second"}:
        ago = number if window.kind in {"ago", "previous"} else 0
        rolling = {"type": "rolling", "last": _length(unit, ago + 1)}
        return rolling | ({"skip": _length(unit, ago)} if ago else {})
    calendar: Condition = {"type": "calendar", "unit": unit}
    if window.kind in {"ago", "previous"}:
        calendar["ago"] = number
    return calendar


def _length(unit: str, number: int) -> str:
    if unit in _DAYS:
        return f"{number * _DAYS[unit]}d"
    return f"{number}{_SHORT[unit]}"


def did(
    name: str | None,
    *,
    call: str = "track",
    where: Sequence[Condition] = (),
    times: tuple[str, int] | None = None,
    window: Any = None,
) -> Condition:
    """Answer the condition that an event happened; `times` is a comparison and a count."""
    event: Condition = {} if name is None else {"name": name}
    if call != "track":
        event["call"] = call
    if where:
        event["where"] = list(where)
    condition: Condition = {"type": "event", "event": event}
    if times is not None and times != ("at_least", 1):
        condition["comparison"], condition["count"] = times
    condition["window"] = {"said": window}
    return condition


def never(name: str | None, *, call: str = "track", window: Any = None) -> Condition:
    """Answer the condition that an event did not happen."""
    return did(name, call=call, times=("exactly", 0), window=window)


def since(name: str) -> Condition:
    """Answer the time after the last event of a name."""
    return {"type": "since_event", "event": {"name": name}}


def trait(path: str, operator: str, value: Any = None) -> Condition:
    """Answer a question about a trait."""
    condition = {"type": "trait", "path": path, "operator": operator}
    return condition if value is None else {**condition, "value": value}


def on_plan(tokens: Sequence[Token]) -> Condition:
    """Answer the condition to be on a plan, however it is written."""
    return trait("plan", *names_of(tokens))


def happened(said: Happening, *, times: tuple[str, int] | None, window: Any) -> Condition:
    """Answer the condition that what was said happened."""
    where = [
        {"path": f"properties.{key}", "operator": "equals", "value": value}
        for key, value in said.properties.items()
        if said.call == "track" and not isinstance(value, (list, dict))
    ]
    where += [
        {"path": f"context.campaign.{key}", "operator": "equals", "value": value}
        for key, value in said.campaign.items()
    ]
    if said.call == "group":
        return {"type": "account", "group": said.name}
    return did(said.name, call=said.call, where=where, times=times, window=window)


def all_of(conditions: Sequence[Condition]) -> Condition:
    """Answer the condition that all of these are true."""
    flat: list[Condition] = []
    for one in conditions:
        flat += one["and"] if set(one) == {"and"} else [one]
    kept = [one for one in flat if one != EVERYONE]
    if not kept:
        return dict(EVERYONE)
    return kept[0] if len(kept) == 1 else {"and": kept}


def any_of(conditions: Sequence[Condition]) -> Condition:
    """Answer the condition that at least one of these is true."""
    return conditions[0] if len(conditions) == 1 else {"or": list(conditions)}


def not_(condition: Condition) -> Condition:
    """Answer the opposite; of an event that happened, that it did not."""
    if condition.get("type") == "event" and "comparison" not in condition:
        window = condition["window"]
        return {**condition, "comparison": "exactly", "count": 0, "window": window}
    if set(condition) == {"not"}:
        inner: Condition = condition["not"]
        return inner
    return {"not": condition}


def later(first: Condition, second: Condition) -> Condition | None:
    """Answer the condition that one event came after another; None where they are not that."""
    steps = [*first["steps"]] if first.get("type") == "sequence" else _step(first)
    following = _step(second)
    if not steps or not following:
        return None
    windows = [one["window"] for one in (second, first) if not _waits(one) and one.get("window")]
    window = windows[0] if windows else {"said": None}
    return {"type": "sequence", "steps": [*steps, *following], "window": window}


def _step(condition: Condition) -> list[Condition]:
    is_one = condition.get("type") == "event" and set(condition) <= {"type", "event", "window"}
    return [{"event": condition["event"]}] if is_one else []


def is_open(condition: Condition) -> bool:
    """Tell whether a stretch of time may still be said for something in a condition."""
    return any(_waits(one) for one in _walk(condition))


def with_window(condition: Condition, window: Window) -> Condition:
    """Answer the condition with a stretch of time where it is open for one."""
    changed: Condition = _changed(condition, window_json(window))
    return changed


def opened(condition: Any) -> Any:
    """Answer a condition that is open for a stretch of time wherever it says none."""
    if isinstance(condition, list):
        return [opened(one) for one in condition]
    if not isinstance(condition, dict):
        return condition
    kept = {
        key: opened(value) if key in {"and", "or", "not", "conditions", "condition"} else value
        for key, value in condition.items()
    }
    if kept.get("type") in {"event", "aggregate"} and "window" not in kept:
        kept["window"] = {"said": None}
    return kept


def settled(condition: Condition) -> Condition:
    """Answer the condition with defaults where no stretch of time was said.

    What is true of all or any is put in an order of its own, so that saying the same in another
    order is the same plan.
    """
    changed: Condition = _ordered(_changed(condition, None))
    return changed


_RANKS = {"trait": 0, "audience": 1, "account": 2}


def _ordered(condition: Any) -> Any:
    if condition.get("type") == "not":
        condition = {"not": condition["condition"]}
    if set(condition) == {"not"}:
        return {"not": _ordered(condition["not"])}
    for joint in ("and", "or"):
        if condition.get("type") == joint:
            condition = {joint: condition["conditions"]}
        if set(condition) == {joint}:
            parts = [_ordered(one) for one in condition[joint]]
            return {joint: sorted(parts, key=_place)}
    return condition


def _place(condition: Condition) -> tuple[int, str]:
    return _RANKS.get(str(condition.get("type")), 3), json.dumps(condition, sort_keys=True)


def _waits(one: Condition) -> bool:
    window = one.get("window")
    return isinstance(window, dict) and "said" in window


def _walk(condition: Any) -> list[Condition]:
    if isinstance(condition, list):
        return [inner for one in condition for inner in _walk(one)]
    if not isinstance(condition, dict):
        return []
    keys = ("and", "or", "not", "conditions", "condition")
    inner = [found for key in keys for found in _walk(condition.get(key))]
    return [condition, *inner]


def _changed(condition: Any, said: Condition | None) -> Any:
    if isinstance(condition, list):
        return [_changed(one, said) for one in condition]
    if not isinstance(condition, dict):
        return condition
    changed = {key: _changed(value, said) for key, value in condition.items() if key != "window"}
    if "window" in condition:
        window = condition["window"]
        if _waits(condition):
            window = said if said is not None else window["said"]
        if window is not None:
            changed["window"] = window
    return changed
