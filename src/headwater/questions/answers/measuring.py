"""Measures: what is asked of each database, how it is added up, and the figure in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from headwater.audiences.comparisons import steps
from headwater.questions.asking import Circumstances
from headwater.questions.selection import Measure
from headwater.questions.table import figure

Merge = Literal["+", "min", "max", "values"]
Cells = list[Any]

_SHARES = {"median": 0.5}


@dataclass(frozen=True, slots=True)
class Measuring:
    """How one measure is worked out.

    Attributes:
        aggregates: SQL for each cell of a partial answer; the first one counts the events.
        merges: how the cells of two partial answers become one.
        finish: makes the figure out of the cells.
        values: SQL for what is grouped by as well, where the figure needs to know how often each
            value occurs; the last cell is then such a count for each.
        adds_up: whether the figures of several values of a breakdown can be put together.
        weight: which cell tells how large a value of a breakdown is.
    """

    aggregates: tuple[str, ...]
    merges: tuple[Merge, ...]
    finish: Callable[[Sequence[Any]], int | float | None]
    values: str | None = None
    adds_up: bool = True
    weight: int = 0

    @property
    def counts_people(self) -> bool:
        """Whether one of the cells is a number of different people."""
        return _DIFFERENT in self.aggregates

    @property
    def is_of_people(self) -> bool:
        """Whether it can be worked out of what the same measure is for each person."""
        return self.values is None and (self.adds_up or self.counts_people)

    def of_people(self, at: int) -> tuple[list[str], list[str]]:
        """Answer aggregates for each person, and those that put these together.

        That is faster than counting different people: a person's row is made once, not looked
        up for each event. `at` tells the names apart of several measures in one statement.
        """
        own, together = [], []
        for cell, (aggregate, merge) in enumerate(zip(self.aggregates, self.merges, strict=True)):
            if aggregate == _DIFFERENT:
                together.append(f"count(*) FILTER (WHERE c{at}_0 > 0)")
                continue
            own.append(f"{aggregate} AS c{at}_{cell}")
            together.append(f"{'sum' if merge == '+' else merge}(c{at}_{cell})")
        return own, together

    def nothing(self) -> Cells:
        """Answer the cells of no events."""
        return [_NOTHING[merge]() for merge in self.merges]

    def read(self, value: Any, cells: Sequence[Any]) -> Cells:
        """Answer a row's cells; `value` is what it is grouped by, where there are `values`."""
        if self.values is None:
            return list(cells)
        return [cells[0], {} if value is None else {value: cells[0]}]

    def add(self, cells: Cells, more: Sequence[Any]) -> None:
        """Put more cells to those that there are."""
        for at, (merge, one) in enumerate(zip(self.merges, more, strict=True)):
            cells[at] = _MERGING[merge](cells[at], one)

    def missing(self, cells: Sequence[Any]) -> int:
        """Answer how many of the events had nothing to measure."""
        if self.values is not None:
            return int(cells[0] - sum(cells[1].values()))
        return int(cells[0] - cells[2]) if len(cells) == 3 else 0


def measuring_of(measure: Measure, circumstances: Circumstances) -> Measuring:
    """Answer how a measure is worked out where it is asked."""
    if measure.property is None:
        return _COUNTING[measure.measure]
    dialect = circumstances.dialect
    column, *names = steps(measure.property)
    if measure.measure == "distinct":
        return _distinct(dialect.label(column, names), is_whole=circumstances.is_whole)
    number = dialect.number(column, names)
    if measure.measure in {"median", "percentile"}:
        share = _SHARES.get(measure.measure, (measure.percentile or 0) / 100)
        own = dialect.quantile(number, share) if circumstances.is_whole else None
        return _quantile(number, share, own)
    return _of_numbers(measure.measure, number)


def quantile(counts: Mapping[float, int], share: float) -> float | None:
    """Answer a quantile out of how often each value occurs, interpolated between neighbours."""
    total = sum(counts.values())
    if total == 0:
        return None
    place = share * (total - 1)
    low, seen = int(place), 0
    below: float | None = None
    for value in sorted(counts):
        seen += counts[value]
        if below is None and seen > low:
            below = value
        if below is not None and (seen > low + 1 or seen == total):
            return below + (value - below) * (place - low)
    return below


def _distinct(label: str, *, is_whole: bool) -> Measuring:
    if is_whole:
        aggregates = ("count(*)", f"count(DISTINCT {label})")
        return Measuring(aggregates, ("+", "+"), lambda cells: cells[1], adds_up=False)
    return Measuring(("count(*)",), ("+", "values"), lambda cells: len(cells[1]), values=label)


def _quantile(number: str, share: float, own: str | None) -> Measuring:
    if own is not None:
        return Measuring(
            ("count(*)", own, f"count({number})"),
            ("+", "max", "+"),
            lambda cells: figure(cells[1]),
            adds_up=False,
        )
    return Measuring(
        ("count(*)",),
        ("+", "values"),
        lambda cells: figure(quantile(cells[1], share)),
        values=number,
    )


def _of_numbers(measure: str, number: str) -> Measuring:
    function = {"min": "min", "max": "max"}.get(measure, "sum")
    merge: Merge = "min" if measure == "min" else "max" if measure == "max" else "+"
    return Measuring(
        ("count(*)", f"{function}({number})", f"count({number})"),
        ("+", merge, "+"),
        _mean if measure == "average" else _sum if measure == "sum" else _extreme,
        weight=1 if measure == "sum" else 0,
    )


def _mean(cells: Sequence[Any]) -> int | float | None:
    return figure(cells[1] / cells[2]) if cells[2] else None


def _sum(cells: Sequence[Any]) -> int | float | None:
    return figure(cells[1] or 0)


def _extreme(cells: Sequence[Any]) -> int | float | None:
    return figure(cells[1])


def _per_person(cells: Sequence[Any]) -> int | float | None:
    return figure(cells[0] / cells[1]) if cells[1] else 0


def _add(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


def _least(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else min(one, other)


def _greatest(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else max(one, other)


def _together(one: dict[Any, int], other: Mapping[Any, int]) -> dict[Any, int]:
    for value, count in other.items():
        one[value] = one.get(value, 0) + count
    return one


_NOTHING: Mapping[Merge, Callable[[], Any]] = {
    "+": lambda: 0,
    "min": lambda: None,
    "max": lambda: None,
    "values": dict,
}
_MERGING: Mapping[Merge, Callable[[Any, Any], Any]] = {
    "+": _add,
    "min": _least,
    "max": _greatest,
    "values": _together,
}
_DIFFERENT = "count(DISTINCT person)"
_PEOPLE = ("count(*)", _DIFFERENT)
_COUNTING: Mapping[str, Measuring] = {
    "count": Measuring(("count(*)",), ("+",), lambda cells: cells[0]),
    "people": Measuring(_PEOPLE, ("+", "+"), lambda cells: cells[1], adds_up=False),
    "per_person": Measuring(_PEOPLE, ("+", "+"), _per_person, adds_up=False),
}
