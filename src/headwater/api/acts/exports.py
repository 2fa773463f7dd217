"""Events and people as files."""

from __future__ import annotations

import json
from typing import Any, Literal

from headwater.api.acts.asked import Asked
from headwater.api.acts.asked_events import condition_on, limits_of
from headwater.api.acts.erasing import identifiers_of
from headwater.api.csv_text import csv_text
from headwater.api.exports import ExportOrder
from headwater.api.jobs import job_view
from headwater.audiences.conditions_reading import to_json
from headwater.errors import BadRequest
from headwater.exports.keeping import PERSON
from headwater.exports.person import FILE
from headwater.language.plan_events import ExportEvents, ExportPeople
from headwater.language.plan_people import ExportPerson
from headwater.questions.question import read_question

MOST = 10_000
"""People that one answer holds; more are exported as an audience's members, page by page."""

_FORMS: dict[str, Literal["parquet", "csv", "jsonl"]] = {
    "parquet": "parquet", "csv": "csv", "json": "jsonl",
}  # fmt: skip


async def export_events(plan: ExportEvents, asked: Asked) -> dict[str, Any]:
    """Order the file; answer the job, which has the file's name once it is done."""
    since, until = limits_of(plan.over, asked)
    where = await condition_on(plan.events, asked)
    order = ExportOrder(format=_FORMS[plan.format])
    await asked.services.sql.check(asked.workspace, where)
    chosen = {"where": where, "since": since, "until": until}
    parameters = {**order.model_dump(exclude={"key"}), **chosen}
    # The order's own name: sent again, it is the same export.
    job = await asked.services.jobs.start(asked.workspace, "export", parameters, key=asked.id)
    return {
        "job": job_view(job).model_dump(mode="json"),
        "files": f"/v1/exports/{job.id}/files/",
    }


async def export_person(plan: ExportPerson, asked: Asked) -> dict[str, Any]:
    """Order the archive of everything held on a person; answer the job, whose it is, and where.

    Raises:
        NotFound: nobody is known by the identifier.
    """
    held = await identifiers_of(asked.who(plan.who), asked)
    job = await asked.services.jobs.start(
        asked.workspace, PERSON, {"identifier": held[0]}, key=asked.id
    )
    shown = job_view(job).model_dump(mode="json")
    return {"job": shown, "identifiers": held, "archive": f"/v1/exports/{job.id}/files/{FILE}"}


async def export_people(plan: ExportPeople, asked: Asked) -> dict[str, Any]:
    """Answer people with their ids and traits, as the text of a CSV or JSON file.

    Raises:
        BadRequest: there are more than one answer holds, or the format is not one of a text.
    """
    if plan.format == "parquet":
        raise BadRequest("People are exported as csv or json; parquet is for events. Say 'to csv'.")
    people = await _found(plan, asked)
    rows = [await _row(person, asked) for person in people]
    names = sorted({name for row in rows for name in row} - {"id"})
    if plan.format == "json":
        text = json.dumps(rows, ensure_ascii=False)
    else:
        text = csv_text(
            ["id", *names],
            ([row["id"], *(_cell(row.get(name)) for name in names)] for row in rows),
        )
    return {"exported": len(rows), "format": plan.format, "text": text}


async def _found(plan: ExportPeople, asked: Asked) -> list[str]:
    question = {
        "question": "list",
        "over": {"ever": True},
        "people": to_json(plan.people),
        "limit": MOST,
    }
    table = await asked.services.questions.answer(asked.workspace, read_question(question))
    found = sorted(str(row[0]) for row in table.rows)
    if len(found) == MOST:
        raise BadRequest(
            f"These are {MOST:,} people or more, more than one answer holds. Make an audience of "
            "them ('create audience NAME: …') and read its members page by page, or name fewer."
        )
    return found


async def _row(identifier: str, asked: Asked) -> dict[str, Any]:
    person = await asked.services.people.person(asked.workspace, identifier)
    if person is None:  # erased, or merged, since they were counted
        return {"id": identifier}
    ids: dict[str, list[str]] = {}
    for one in person.identifiers:
        ids.setdefault(one.type, []).append(one.value)
    own = {name: "; ".join(values) for name, values in ids.items()}
    return {**{name: one.value for name, one in person.traits.items()}, **own, "id": identifier}


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
