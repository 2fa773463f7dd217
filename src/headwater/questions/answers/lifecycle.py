"""Lifecycle: people by what they are in each period. All of it adds up."""

from __future__ import annotations

from headwater.questions import calendar
from headwater.questions.asking import Asking, Circumstances, Query, all_rows, stretch_asked
from headwater.questions.calendar import Stretch
from headwater.questions.lifecycle import Lifecycle
from headwater.questions.sql.presence import Presence, numbers
from headwater.questions.sql.scan import is_one_of, period_number, scan
from headwater.questions.table import Cell, Column, Table

_KINDS = ("new", "returning", "resurrected", "dormant")


def ask_lifecycle(question: Lifecycle, circumstances: Circumstances) -> Asking:
    """Ask a lifecycle; see `headwater.questions.lifecycle.Lifecycle`."""
    zone = circumstances.zone_of(question)
    stretch = yield from stretch_asked(question, circumstances)
    shown = calendar.periods_of(stretch, question.interval, zone)
    before = calendar.moved(calendar.local(shown.starts[0], zone), question.interval, -1)
    begin = calendar.instant(before, zone)
    periods = calendar.periods_of(Stretch(begin, stretch.until), question.interval, zone)
    dialect = circumstances.dialect
    test = is_one_of(question.events.selector, circumstances, zone.key)
    active = Presence("y", len(periods.starts))
    columns = ["person", f"min({dialect.milliseconds('timestamp')}) AS f"]
    since = f"timestamp >= {dialect.instant(begin)}"
    columns += active.columns(period_number(periods, circumstances), since, circumstances)
    ever = Stretch(-(10**13), stretch.until)
    people = scan(columns, question, circumstances, stretch=ever, events=[test])
    is_new = f"f >= {begin} AND ({period_number(periods, circumstances, time='f')}) = n + 1"
    is_there, was_there = active.has("n + 1"), active.has("n")
    tests = (
        f"{is_there} AND {is_new}",
        f"{is_there} AND {was_there}",
        f"{is_there} AND NOT {was_there} AND NOT ({is_new})",
        f"NOT {is_there} AND {was_there}",
    )
    cells = ", ".join(f"count(*) FILTER (WHERE {one})" for one in tests)
    answers = yield Query(
        f"WITH {numbers(len(shown.starts))}, g AS ({people} GROUP BY person) "  # noqa: S608 - literals are quoted
        f"SELECT n, {cells} FROM g JOIN c ON {is_there} OR {was_there} GROUP BY n"
    )
    counts = [[0] * len(_KINDS) for _ in shown.starts]
    for number, *row in all_rows(answers):
        counts[number] = [one + other for one, other in zip(counts[number], row, strict=True)]
    notes: tuple[str, ...] = ()
    last = len(shown.starts) - 1
    whole = Stretch(shown.starts[0], stretch.until)
    if not calendar.is_whole(shown, last, whole, zone):
        notes = (f"The {question.interval} of {shown.names[last]} has not ended yet.",)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, *row) for name, row in zip(shown.names, counts, strict=True)
    )
    kinds = (Column(name, "number") for name in _KINDS)
    return Table((Column(question.interval, "time"), *kinds), rows, circumstances.now, notes=notes)
