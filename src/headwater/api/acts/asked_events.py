"""Events of a plan as a condition in SQL on the table `events` (docs/lake.md)."""

from __future__ import annotations

from headwater.api.acts.asked import Asked
from headwater.audiences.conditions_reading import to_json
from headwater.errors import BadRequest
from headwater.language.plan_parts import EventsOf
from headwater.questions.calendar import stretch_of
from headwater.questions.question import read_question
from headwater.questions.ranges import Ever, Range
from headwater.questions.sql.text import quoted

MOST = 5_000
"""People whose events can be told apart in one condition."""


async def condition_on(events: EventsOf, asked: Asked) -> str | None:
    """Answer the condition that is true of these events; None is all of them.

    Raises:
        BadRequest: they are of more people than one condition holds.
    """
    tests = []
    call = events.call or ("track" if events.name else None)
    if call is not None:
        tests.append(f"type = {quoted(call)}")
    if events.name is not None:
        tests.append(f"name = {quoted(events.name)}")
    if events.people is not None:
        tests.append(await _of_people(events, asked))
    return " AND ".join(tests) or None


async def _of_people(events: EventsOf, asked: Asked) -> str:
    question = {
        "question": "list",
        "over": {"ever": True},
        "people": to_json(events.people),
        "limit": MOST + 1,
    }
    table = await asked.services.questions.answer(asked.workspace, read_question(question))
    people = sorted(str(row[0]) for row in table.rows)
    if len(people) > MOST:
        raise BadRequest(
            f"These are events of more than {MOST:,} people, more than one order holds; leave the "
            "people out, or name fewer."
        )
    return f"person IN ({', '.join(map(quoted, people))})" if people else "FALSE"


def limits_of(over: Range | None, asked: Asked) -> tuple[int | None, int | None]:
    """Answer the first and the last millisecond of a stretch of time; None where it has none."""
    if over is None or isinstance(over, Ever):
        return None, None
    stretch = stretch_of(over, asked.zone, asked.now)
    return stretch.since, stretch.until - 1
