"""Stickiness: people by the number of periods in which they did something. All of it adds up."""

from __future__ import annotations

from headwater.questions import calendar
from headwater.questions.asking import Asking, Circumstances, Query, all_rows, stretch_asked
from headwater.questions.sql.scan import is_one_of, period_number, scan
from headwater.questions.stickiness import Stickiness
from headwater.questions.table import Column, Table, percent


def ask_stickiness(question: Stickiness, circumstances: Circumstances) -> Asking:
    """Ask stickiness; see `headwater.questions.stickiness.Stickiness`."""
    zone = circumstances.zone_of(question)
    stretch = yield from stretch_asked(question, circumstances)
    periods = calendar.periods_of(stretch, question.interval, zone)
    test = is_one_of(question.events.selector, circumstances, zone.key)
    number = period_number(periods, circumstances)
    columns = ["person", f"count(DISTINCT {number}) AS n"]
    people = scan(columns, question, circumstances, stretch=stretch, events=[test])
    answers = yield Query(f"SELECT n, count(*) FROM ({people} GROUP BY person) GROUP BY n")  # noqa: S608 - literals are quoted
    counts: dict[int, int] = {}
    for active, count in all_rows(answers):
        counts[active] = counts.get(active, 0) + count
    total, left, rows = sum(counts.values()), sum(counts.values()), []
    for active in range(1, max(counts, default=0) + 1):
        count = counts.get(active, 0)
        rows.append((active, count, percent(count, total), left))
        left -= count
    columns_ = (
        Column(f"{question.interval}s", "number"),
        Column("people", "number"),
        Column("of all", "percent"),
        Column("so many or more", "number"),
    )
    return Table(columns_, tuple(rows), circumstances.now)
