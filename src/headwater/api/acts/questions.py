"""Populations listed and counted, and questions answered: all of them are questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.api.acts.asked import Asked
from headwater.audiences.conditions_reading import to_json
from headwater.collect.times import write_time
from headwater.language.plan_events import Ask
from headwater.language.plan_people import CountPeople, ListPeople
from headwater.questions.question import read_question, write_question

_LISTED = 100


async def ask(plan: Ask, asked: Asked) -> dict[str, Any]:
    """Answer a question with a table."""
    return await _answer(write_question(plan.question), asked)


async def list_people(plan: ListPeople, asked: Asked) -> dict[str, Any]:
    """Answer the people whom a condition is true of, the most active first."""
    question = {
        "question": "list",
        "over": {"ever": True},
        "people": to_json(plan.people),
        "traits": ["name", "email", "plan"],
        "limit": _LISTED,
    }
    return await _answer(question, asked)


async def count_people(plan: CountPeople, asked: Asked) -> dict[str, Any]:
    """Answer how many people a condition is true of."""
    return {"count": await count_of(to_json(plan.people), asked)}


async def count_of(people: Mapping[str, Any], asked: Asked) -> int:
    """Answer how many people a condition (as JSON) is true of."""
    question = {
        "question": "trend",
        "over": {"ever": True},
        "interval": None,
        "people": people,
        "series": [{"measure": "people", "events": {"call": "any"}}],
    }
    answer = await _answer(question, asked)
    figures = [cell for row in answer["rows"] for cell in row if isinstance(cell, (int, float))]
    return int(figures[-1]) if figures else 0


async def _answer(question: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    typed = read_question(dict(question))
    table = await asked.services.questions.answer(asked.workspace, typed)
    return {
        "question": write_question(typed),
        "columns": [{"name": one.name, "kind": one.kind} for one in table.columns],
        "rows": [list(row) for row in table.rows],
        "exact": table.exact,
        "as_of": write_time(table.as_of),
        "notes": list(table.notes),
    }
