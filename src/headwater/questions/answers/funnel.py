"""Funnels: how far each person gets, counted by step.

People never lie in two databases, so their numbers add up. The median of the times to a step is
worked out by the database that knows all, else of how often there was each time; both exactly.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.questions.answers.breakdowns import OTHER, kept, largest, named
from headwater.questions.answers.measuring import quantile
from headwater.questions.asking import Asking, Circumstances, Query, Rows, all_rows, stretch_asked
from headwater.questions.calendar import Stretch
from headwater.questions.funnel import Funnel
from headwater.questions.sql.funnel import FunnelSql, reaching
from headwater.questions.table import Cell, Column, Table, figure, percent


@dataclass(slots=True)
class _Reached:
    """What is known of one value: people by step, and their times in milliseconds."""

    people: list[int]
    sums: list[float]
    medians: list[float | None]
    times: list[dict[float, int]] = field(default_factory=list)


def ask_funnel(question: Funnel, circumstances: Circumstances) -> Asking:
    """Ask a funnel; see `headwater.questions.funnel.Funnel`."""
    stretch = yield from stretch_asked(question, circumstances)
    asked = _counted if circumstances.is_whole else _listed
    found = yield from asked(question, circumstances, stretch, None)
    values = largest(
        {value: one.people[0] for value, one in found.items()},
        question.breakdown.limit if question.breakdown else 1,
    )
    if len(values) < len(found):
        found = yield from asked(question, circumstances, stretch, values)
        values.append(OTHER)
    rows = [row for value in values or [named(None)] for row in _rows(question, found, value)]
    return Table(tuple(_columns(question)), tuple(rows), circumstances.now)


def _counted(
    question: Funnel, circumstances: Circumstances, stretch: Stretch, shown: Sequence[str] | None
) -> Generator[Query, Sequence[Rows], dict[str, _Reached]]:
    """Have the one database work out all figures."""
    steps = len(question.steps)
    columns = [kept("v", shown), *reaching(question.steps)]
    for step in range(2, steps + 1):
        got = f"FILTER (WHERE d{step} >= 0)"
        columns += [f"sum(d{step}) {got}", f"quantile_cont(d{step}, 0.5) {got}"]
    people = FunnelSql(question, circumstances, stretch).people()
    answers = yield Query(f"SELECT {', '.join(columns)} FROM ({people}) GROUP BY 1")  # noqa: S608 - literals are quoted
    found = {}
    for value, *cells in all_rows(answers):
        found[named(value)] = _Reached(
            cells[:steps], [0, *cells[steps::2]], [None, *cells[steps + 1 :: 2]]
        )
    return found


def _listed(
    question: Funnel, circumstances: Circumstances, stretch: Stretch, shown: Sequence[str] | None
) -> Generator[Query, Sequence[Rows], dict[str, _Reached]]:
    """Ask how many people got to which step in which time, and work the figures out."""
    steps = len(question.steps)
    times = [f"d{step}" for step in range(2, steps + 1)]
    people = FunnelSql(question, circumstances, stretch).people()
    keys = ", ".join(str(number + 1) for number in range(len(times) + 1))
    answers = yield Query(
        f"SELECT {kept('v', shown)}, {', '.join(times)}, count(*) FROM ({people}) GROUP BY {keys}"  # noqa: S608 - literals are quoted
    )
    found: dict[str, _Reached] = {}
    for value, *durations, count in all_rows(answers):
        one = found.setdefault(
            named(value), _Reached([0] * steps, [0.0] * steps, [], [{} for _ in range(steps)])
        )
        one.people[0] += count
        for step, duration in enumerate(durations, start=1):
            if duration >= 0:
                one.people[step] += count
                one.sums[step] += duration * count
                one.times[step][duration] = one.times[step].get(duration, 0) + count
    for one in found.values():
        one.medians = [quantile(counts, 0.5) for counts in one.times]
    return found


def _columns(question: Funnel) -> list[Column]:
    columns = [] if question.breakdown is None else [Column(question.breakdown.called, "text")]
    return [
        *columns,
        Column("step", "number"),
        Column("events", "text"),
        Column("people", "number"),
        Column("of the first", "percent"),
        Column("of the one before", "percent"),
        Column("median time", "seconds"),
        Column("average time", "seconds"),
    ]


def _rows(question: Funnel, found: dict[str, _Reached], value: str) -> list[tuple[Cell, ...]]:
    steps = len(question.steps)
    one = found.get(value) or _Reached([0] * steps, [0] * steps, [None] * steps)
    rows = []
    for at, events in enumerate(question.steps):
        people = one.people[at]
        row: list[Any] = [] if question.breakdown is None else [value]
        row += [at + 1, events.called, people, percent(people, one.people[0])]
        row.append(percent(people, one.people[at - 1]) if at else None)
        average = one.sums[at] / people if at and people else None
        row += [_seconds(one.medians[at]), _seconds(average)] if at else [None, None]
        rows.append(tuple(row))
    return rows


def _seconds(milliseconds: float | None) -> int | float | None:
    return None if milliseconds is None else figure(round(milliseconds / 1000, 3))
