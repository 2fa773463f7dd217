"""Trends as tables: a row for each period and value, a column for each series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from headwater.questions.answers.measuring import Cells, Measuring
from headwater.questions.calendar import Periods, Stretch, is_whole
from headwater.questions.table import Cell, Column, Table, percent
from headwater.questions.trend import Trend

Figures = dict[tuple[int, str | None], list[Cells]]
"""For a period's number and a breakdown's value, the cells of each series."""


@dataclass(slots=True)
class Trends:
    """All that is known about a trend's answer."""

    question: Trend
    zone: ZoneInfo
    stretch: Stretch
    periods: Periods | None
    figures: Figures
    values: list[str] | None
    is_exact: bool
    earlier: Figures | None = None


def table_of(trends: Trends, measuring: Sequence[Measuring], now: int) -> Table:
    """Answer the table."""
    values: list[str | None] = [None] if trends.values is None else [*trends.values]
    rows = [
        tuple(_row(trends, measuring, number, value))
        for number in range(len(trends.periods.starts) if trends.periods else 1)
        for value in values
    ]
    notes = (*_partial_periods(trends), *_left_out(trends, measuring))
    return Table(tuple(_columns(trends)), tuple(rows), now, trends.is_exact, notes)


def _columns(trends: Trends) -> list[Column]:
    question = trends.question
    columns = [Column(question.interval, "time")] if question.interval else []
    if question.breakdown is not None:
        columns.append(Column(question.breakdown.called, "text"))
    for series in question.series:
        columns.append(Column(series.called, "number"))
        if trends.earlier is not None:
            columns.append(Column(f"{series.called}, before", "number"))
            columns.append(Column(f"{series.called}, change", "percent"))
    return columns


def _row(
    trends: Trends, measuring: Sequence[Measuring], number: int, value: str | None
) -> list[Cell]:
    row: list[Cell] = [] if trends.periods is None else [trends.periods.names[number]]
    if value is not None:
        row.append(value)
    for at, one in enumerate(measuring):
        present = _figure(trends.figures, one, at, (number, value))
        row.append(present)
        if trends.earlier is not None:
            earlier = _figure(trends.earlier, one, at, (number, value))
            change = None if present is None or earlier is None else present - earlier
            row += [earlier, percent(change, earlier)]
    return row


def _figure(
    figures: Figures, measuring: Measuring, at: int, key: tuple[int, str | None]
) -> int | float | None:
    cells = figures.get(key)
    return measuring.finish(measuring.nothing() if cells is None else cells[at])


def _partial_periods(trends: Trends) -> list[str]:
    periods = trends.periods
    if periods is None:
        return []
    ends = sorted({0, len(periods.starts) - 1})
    cut = [
        periods.names[at] for at in ends if not is_whole(periods, at, trends.stretch, trends.zone)
    ]
    if not cut:
        return []
    what = f"The {periods.interval} of {cut[0]} is"
    if len(cut) == 2:
        what = f"The {periods.interval}s of {cut[0]} and {cut[1]} are"
    return [f"{what} not whole in this range."]


def _left_out(trends: Trends, measuring: Sequence[Measuring]) -> list[str]:
    notes = []
    for at, (series, one) in enumerate(zip(trends.question.series, measuring, strict=True)):
        missing = sum(one.missing(cells[at]) for cells in trends.figures.values())
        if missing:
            events = sum(cells[at][0] for cells in trends.figures.values())
            what = "value" if series.measure == "distinct" else "number"
            notes.append(
                f"{series.called}: {missing:,} of {events:,} events have no {what} in "
                f"{series.property} and are left out."
            )
    return notes
