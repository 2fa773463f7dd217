"""Retention: people by cohort, and how many of them came back in each period. All of it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from headwater.audiences.conditions import EventSelector
from headwater.errors import BadRequest
from headwater.questions import calendar
from headwater.questions.answers.breakdowns import NONE, OTHER, largest, named
from headwater.questions.asking import Asking, Circumstances, Query, all_rows, stretch_asked
from headwater.questions.calendar import Periods, Stretch
from headwater.questions.retention import Retention
from headwater.questions.sql.filters import OWN_EVENTS
from headwater.questions.sql.presence import Presence, numbers
from headwater.questions.sql.scan import is_one_of, period_number, scan, value_of_person
from headwater.questions.sql.text import all_of, quoted
from headwater.questions.table import Cell, Column, Table

Counts = dict[tuple[str, int], list[int]]
"""For a value and a cohort: its size, and who came back in period 0, 1, ….

People never lie in two databases, so all of these are added up.
"""


@dataclass(frozen=True, slots=True)
class _Times:
    """The cohorts of a question, and the periods in which people may come back."""

    stretch: Stretch
    cohorts: int
    periods: Periods
    until: int


def ask_retention(question: Retention, circumstances: Circumstances) -> Asking:
    """Ask retention; see `headwater.questions.retention.Retention`."""
    if question.breakdown is not None and not question.breakdown.is_of_person:
        # A person in several cohorts would have several values.
        raise BadRequest("breakdown: retention is told apart by a trait or an audience.")
    zone = circumstances.zone_of(question)
    stretch = yield from stretch_asked(question, circumstances)
    times = _times(question, stretch, zone, circumstances.now)
    answers = yield Query(_sql(question, circumstances, times))
    counts: Counts = {}
    for value, cohort, *cells in all_rows(answers):
        held = counts.setdefault((named(value), cohort), [0] * len(cells))
        for at, cell in enumerate(cells):
            held[at] += cell
    values = _values(question, counts)
    rows = [
        tuple(_row(question, times, counts, value, cohort))
        for value in values
        for cohort in range(times.cohorts)
    ]
    return Table(
        tuple(_columns(question)), tuple(rows), circumstances.now, notes=_notes(times, zone)
    )


def _times(question: Retention, stretch: Stretch, zone: ZoneInfo, now: int) -> _Times:
    cohorts = calendar.periods_of(stretch, question.interval, zone)
    last = calendar.local(cohorts.starts[-1], zone)
    after = calendar.moved(last, question.interval, question.periods + 1)
    until = max(min(calendar.instant(after, zone), now + 1), stretch.until)
    whole = Stretch(cohorts.starts[0], until)
    periods = calendar.periods_of(whole, question.interval, zone)
    return _Times(stretch, len(cohorts.starts), periods, until)


def _sql(question: Retention, circumstances: Circumstances, times: _Times) -> str:
    people, came, is_in = _people(question, circumstances, times)
    cells = [
        f"count(*) FILTER (WHERE {came.has(f'n + {at}')})" for at in range(question.periods + 1)
    ]
    value = "NULL"
    if question.breakdown is not None:
        value = value_of_person(question.breakdown, circumstances).replace("events.", "g.")
        value = f"coalesce({value}, {quoted(NONE)})"
    return (
        f"WITH {numbers(times.cohorts)}, g AS ({people} GROUP BY person), "  # noqa: S608 - literals are quoted
        f"h AS (SELECT g.*, {value} AS v FROM g) "
        f"SELECT v, n, count(*), {', '.join(cells)} FROM h JOIN c ON {is_in} GROUP BY 1, 2"
    )


def _people(
    question: Retention, circumstances: Circumstances, times: _Times
) -> tuple[str, Presence, str]:
    """Answer a SELECT of people's periods, the bits of when they came, who is in cohort n."""
    dialect, period = circumstances.dialect, period_number(times.periods, circumstances)
    start, back = _tests(question, circumstances)
    came = Presence("y", times.cohorts + question.periods)
    begin = times.periods.starts[0]
    events = [start, back]
    if question.first_time:
        time = dialect.milliseconds("timestamp")
        columns = ["person", f"min(CASE WHEN {start} THEN {time} END) AS f"]
        columns += came.columns(
            period, f"({back}) AND timestamp >= {dialect.instant(begin)}", circumstances
        )
        first = period_number(times.periods, circumstances, time="f")
        is_in = f"f >= {times.stretch.since} AND f < {times.stretch.until} AND n = ({first})"
        ever = Stretch(-(10**13), times.until)
        return scan(columns, question, circumstances, stretch=ever, events=events), came, is_in
    begun, whole = Presence("x", times.cohorts), Stretch(begin, times.until)
    in_range = [start]
    if times.stretch.since > begin:
        in_range.append(f"timestamp >= {dialect.instant(times.stretch.since)}")
    if times.stretch.until < times.until:
        in_range.append(f"timestamp < {dialect.instant(times.stretch.until)}")
    is_any = question.back is not None and question.back.selector == EventSelector(call="any")
    if is_any and question.start.name not in OWN_EVENTS:
        # Whoever did anything came: what is looked at at all need not be asked again.
        events, back = [back], "TRUE"
    columns = ["person", *begun.columns(period, all_of(in_range), circumstances)]
    columns += came.columns(period, back, circumstances)
    return (
        scan(columns, question, circumstances, stretch=whole, events=events),
        came,
        begun.has("n"),
    )


def _tests(question: Retention, circumstances: Circumstances) -> tuple[str, str]:
    zone = question.zone or circumstances.zone
    start = is_one_of(question.start.selector, circumstances, zone)
    if question.back is None:
        return start, start
    return start, is_one_of(question.back.selector, circumstances, zone)


def _values(question: Retention, counts: Counts) -> list[str]:
    if question.breakdown is None:
        return [named(None)]
    sizes: dict[str, float] = {}
    for (value, _), cells in counts.items():
        sizes[value] = sizes.get(value, 0) + cells[0]
    values = largest(sizes, question.breakdown.limit)
    if len(values) == len(sizes):
        return values
    for (value, cohort), cells in list(counts.items()):
        if value not in values:
            held = counts.setdefault((OTHER, cohort), [0] * len(cells))
            for at, cell in enumerate(cells):
                held[at] += cell
    return [*values, OTHER]


def _columns(question: Retention) -> list[Column]:
    columns = [] if question.breakdown is None else [Column(question.breakdown.called, "text")]
    columns += [Column("cohort", "time"), Column("people", "number")]
    columns += [
        Column(f"{question.interval} {number}", "number") for number in range(question.periods + 1)
    ]
    return columns


def _row(
    question: Retention, times: _Times, counts: Counts, value: str, cohort: int
) -> Sequence[Cell]:
    size, *cells = counts.get((value, cohort)) or [0] * (question.periods + 2)
    row: list[Cell] = [] if question.breakdown is None else [value]
    row += [times.periods.names[cohort], size]
    begun = len(times.periods.starts)
    return row + [cell if cohort + at < begun else None for at, cell in enumerate(cells)]


def _notes(times: _Times, zone: ZoneInfo) -> tuple[str, ...]:
    last = len(times.periods.starts) - 1
    whole = Stretch(times.periods.starts[0], times.until)
    if calendar.is_whole(times.periods, last, whole, zone):
        return ()
    return (f"The {times.periods.interval} of {times.periods.names[last]} has not ended yet.",)
