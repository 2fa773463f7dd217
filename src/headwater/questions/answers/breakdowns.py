"""The values that a breakdown shows: the largest ones, and what the others are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headwater.questions.sql.text import quoted

OTHER = "(other)"
NONE = "(none)"


def named(value: object) -> str:
    """Answer how a value is shown."""
    return NONE if value is None else str(value)


def largest(weights: Mapping[str, float], limit: int) -> list[str]:
    """Answer so many values of the largest weight, in order; those of one weight by name."""
    return sorted(weights, key=lambda value: (-weights[value], value))[:limit]


def kept(value: str, shown: Sequence[str] | None) -> str:
    """Answer SQL for a value that is among those shown, and for all others `(other)`."""
    if shown is None:
        return value
    cases = " ".join(f"WHEN {quoted(one)} THEN {quoted(one)}" for one in shown)
    if not cases:
        return quoted(OTHER)
    return f"CASE coalesce({value}, {quoted(NONE)}) {cases} ELSE {quoted(OTHER)} END"
