"""The events that a question looks at, in one pass over them."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.audiences.comparisons import steps
from headwater.audiences.conditions import Condition, EventSelector
from headwater.questions.asking import Circumstances
from headwater.questions.calendar import Periods, Stretch
from headwater.questions.common import Common
from headwater.questions.selection import Breakdown
from headwater.questions.sql.conditions import people_who
from headwater.questions.sql.filters import Filtering
from headwater.questions.sql.text import all_of, any_of, quoted


def is_one_of(events: EventSelector, circumstances: Circumstances, zone: str) -> str:
    """Answer SQL that is true of the events that a selector means."""
    return Filtering(circumstances.dialect, zone).selects(events)


def scan(
    columns: Sequence[str],
    question: Common,
    circumstances: Circumstances,
    *,
    stretch: Stretch | None,
    events: Sequence[str] = (),
) -> str:
    """Answer a SELECT over the events that count, without a GROUP BY.

    Args:
        columns: what to select, `expression AS name`.
        question: whose people and bots count.
        circumstances: where it is asked.
        stretch: from when to when; None is ever.
        events: SQL that is true of events wanted, any of it; none is all.
    """
    conditions = []
    if not question.include_bots:
        conditions.append("bot IS NULL")
    if stretch is not None:
        conditions += during(stretch, circumstances)
    if events and "TRUE" not in events:
        conditions.append(any_of(list(dict.fromkeys(events))))
    if question.people is not None:
        conditions.append(f"person IN ({people(question.people, question, circumstances)})")
    return f"SELECT {', '.join(columns)} FROM events WHERE {all_of(conditions)}"  # noqa: S608 - literals are quoted


def during(stretch: Stretch, circumstances: Circumstances) -> list[str]:
    """Answer conditions on `timestamp`."""
    dialect = circumstances.dialect
    return [
        f"timestamp >= {dialect.instant(stretch.since)}",
        f"timestamp < {dialect.instant(stretch.until)}",
    ]


def people(condition: Condition, question: Common, circumstances: Circumstances) -> str:
    """Answer a SELECT of the people of whom a condition is true now."""
    return people_who(condition, circumstances, zone=question.zone or circumstances.zone)


def period_number(
    periods: Periods, circumstances: Circumstances, *, time: str | None = None
) -> str:
    """Answer SQL for which of the periods an event is in, from 0.

    Args:
        periods: which; earlier events are in none of them, and must not be asked.
        circumstances: where it is asked.
        time: SQL for the milliseconds, where it is not the event's `timestamp`.
    """
    dialect = circumstances.dialect
    time = time or dialect.milliseconds("timestamp")
    if periods.interval == "hour":
        return dialect.divided(f"{time} - {periods.base}", 3_600_000)
    clock = f"{time} + {_offset(periods, time)}"
    if periods.interval in {"day", "week"}:
        length = 86_400_000 if periods.interval == "day" else 7 * 86_400_000
        return dialect.divided(f"{clock} - {periods.base}", length)
    months = {"month": 1, "quarter": 3, "year": 12}[periods.interval]
    year, month = (int(part) for part in periods.names[0].split("-")[:2])
    number = f"{dialect.month_number(clock)} - {year * 12 + month}"
    return number if months == 1 else dialect.divided(number, months)


def _offset(periods: Periods, time: str) -> str:
    *changes, (_, last) = periods.offsets
    if not changes:
        return f"({last})"
    cases = " ".join(f"WHEN {time} < {until} THEN {offset}" for until, offset in changes)
    return f"CASE {cases} ELSE {last} END"


def value_of_event(breakdown: Breakdown, circumstances: Circumstances) -> str:
    """Answer SQL for the text that an event is told apart by; null where it has none."""
    dialect = circumstances.dialect
    if breakdown.by == "event":
        return "coalesce(name, type)"
    name = breakdown.name or ""
    if breakdown.by == "campaign":
        return dialect.label("context", ("campaign", *steps(name)))
    if breakdown.by == "property":
        column, *names = steps(name)
        return dialect.label(column, names)
    return value_of_person(breakdown, circumstances)


def value_of_person(breakdown: Breakdown, circumstances: Circumstances) -> str:
    """Answer SQL for the text that the person in `person` is told apart by."""
    name = breakdown.name or ""
    if breakdown.by == "audience":
        audience = quoted(circumstances.audience(name))
        members = f"SELECT person FROM memberships WHERE audience = {audience}"  # noqa: S608 - quoted
        return f"CASE WHEN person IN ({members}) THEN 'member' ELSE 'not a member' END"
    label = circumstances.dialect.label("people.traits", steps(name))
    return f"(SELECT {label} FROM people WHERE people.person = events.person)"  # noqa: S608 - quoted
