"""What may be short in a condition's JSON, written out: filters' types, events, lengths of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.audiences.comparisons import DURATION_VALUE
from headwater.audiences.periods import compact

_LASTING = [*DURATION_VALUE]  # a list, as what is looked for in it may be of any kind


def written_out(value: Any) -> Any:
    """Answer a condition's JSON with what may be left out, or be a mere text, as it is kept."""
    if isinstance(value, Mapping):
        completed = {key: _written_out_at(key, held) for key, held in value.items()}
        if completed.get("operator") in _LASTING and isinstance(completed.get("value"), str):
            completed["value"] = compact(completed["value"])
        return completed
    return [written_out(one) for one in value] if isinstance(value, list) else value


def _written_out_at(key: str, held: Any) -> Any:
    if key == "value":
        return held
    short = _SHORT.get(key)
    if short is not None:
        held = [short(one) for one in held] if isinstance(held, list) else short(held)
    return written_out(held)


def _filter(value: Any) -> Any:
    if isinstance(value, Mapping) and "type" not in value:
        return {"type": "comparison", **value}
    return value


def _events(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _step(value: Any) -> Any:
    return {"event": value} if isinstance(value, str) else value


def _window(value: Any) -> Any:
    return {"type": "rolling", "last": value} if isinstance(value, str) else value


def _length(value: Any) -> Any:
    return compact(value) if isinstance(value, str) else value


_SHORT: Mapping[str, Callable[[Any], Any]] = {
    "where": _filter,
    "filters": _filter,
    "event": _events,
    "without": _events,
    "steps": _step,
    "window": _window,
    **dict.fromkeys(("last", "skip", "within"), _length),
}
"""What is written short under which key, and how it is written out."""
