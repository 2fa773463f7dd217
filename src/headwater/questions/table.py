"""Answers: a table, whether it is exact, and as of when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["time", "text", "number", "percent", "seconds", "yes"]
"""What a column holds: `time` is a day or an instant, `percent` of 100, `yes` true or false."""

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, and what it holds."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a question.

    Attributes:
        exact: whether each figure is what a count of all events would give.
        as_of: every event stored before this moment is counted; in milliseconds.
        notes: what a reader should know: periods that are not whole, events left out.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    as_of: int
    exact: bool = True
    notes: tuple[str, ...] = ()


def figure(value: Any) -> int | float | None:
    """Answer a number as answers show it: whole ones as integers, others to six decimals."""
    if value is None:
        return None
    rounded = round(float(value), 6)
    if isinstance(value, int):
        return value
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded


def percent(part: float | None, whole: float | None) -> float | None:
    """Answer how many percent of the whole a part is; None of nothing."""
    if part is None or not whole:
        return None
    return round(100 * float(part) / float(whole), 2)
