"""Questions over HTTP: a question in, a table out, as JSON or as CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response

from headwater.api.access import Reader
from headwater.api.csv_text import csv_text
from headwater.api.fields import Instant, View
from headwater.api.services import Services
from headwater.questions.question import read_question, write_question

_EXAMPLE = {
    "summary": "Revenue by day and campaign",
    "value": {
        "question": "trend",
        "series": [
            {"events": "Order Completed", "measure": "sum", "property": "properties.revenue"}
        ],
        "over": "last 30 days",
        "breakdown": {"by": "campaign", "name": "source"},
    },
}
_CSV = {"text/csv": {"schema": {"type": "string"}}}


class ColumnView(View):
    """A column: its name, and what it holds.

    `kind` is `time` (a day, or an instant), `text`, `number`, `percent`, `seconds` or `yes`.
    """

    name: str
    kind: str


class AnswerView(View):
    """The answer to a question, and the question as it was understood."""

    question: dict[str, Any]
    columns: list[ColumnView]
    rows: list[list[str | int | float | bool | None]]
    exact: bool
    as_of: Instant
    notes: list[str]


def question_routes(services: Services) -> APIRouter:
    """Answer the route `/v1/questions`."""
    routes = APIRouter(prefix="/v1/questions", tags=["questions"])

    @routes.post("", response_model=AnswerView, responses={200: {"content": _CSV}})
    async def ask(
        caller: Reader,
        request: Request,
        question: Annotated[
            dict[str, Any],
            Body(
                description="A question, as docs/questions.md has them.",
                openapi_examples={"trend": _EXAMPLE},
            ),
        ],
    ) -> Any:
        """Answer a question about the workspace's people and events.

        With `Accept: text/csv` the answer is the table alone.
        """
        asked = read_question(question)
        table = await services.questions.answer(caller.workspace, asked)
        if wants_csv(request.headers.get("accept")):
            names = [one.name for one in table.columns]
            return Response(csv_text(names, table.rows), media_type="text/csv; charset=utf-8")
        return AnswerView(
            question=write_question(asked),
            columns=[ColumnView.model_validate(one) for one in table.columns],
            rows=[list(row) for row in table.rows],
            exact=table.exact,
            as_of=table.as_of,
            notes=list(table.notes),
        )

    return routes


def wants_csv(accept: str | None) -> bool:
    """Tell whether a request names CSV before JSON."""
    kinds = [part.partition(";")[0].strip().lower() for part in (accept or "").split(",")]
    return next((kind for kind in kinds if kind in {"text/csv", "application/json"}), "") == (
        "text/csv"
    )
