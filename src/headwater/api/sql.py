"""SQL over HTTP: one statement that reads, over all of a workspace's events and people."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from headwater.api.access import Admin
from headwater.api.csv_text import csv_text
from headwater.api.fields import Order, View
from headwater.api.listening import while_listened
from headwater.api.questions import wants_csv
from headwater.api.services import Services, SqlAnswer

MOST_ROWS = 100_000
"""Rows that one query may answer."""

_CSV = {"text/csv": {"schema": {"type": "string"}}}


class SqlOrder(Order):
    """One statement that reads: SELECT, WITH … SELECT, FROM, VALUES, DESCRIBE, SUMMARIZE."""

    sql: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100_000,
            examples=["SELECT name, count(*) FROM events GROUP BY name"],
        ),
    ]
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 1000


class SqlColumnView(View):
    """A column: its name and its type in SQL."""

    name: str
    type: str


class SqlView(View):
    """What was found. `truncated`: there was more than `limit` rows, or than an answer holds."""

    columns: list[SqlColumnView]
    rows: list[list[object]]
    truncated: bool


def sql_routes(services: Services) -> APIRouter:
    """Answer the route `/v1/sql`."""
    routes = APIRouter(prefix="/v1/sql", tags=["lake"])

    @routes.post("", response_model=SqlView, responses={200: {"content": _CSV}})
    async def query(caller: Admin, request: Request, order: SqlOrder) -> Response:
        """Run SQL over the tables `events`, `people` and `identifiers`, up to this moment.

        With `Accept: text/csv` the answer is the rows alone. Who hangs up ends the query.
        """
        running = services.sql.query(caller.workspace, order.sql, limit=order.limit)
        answer = await while_listened(request.receive, running)
        if wants_csv(request.headers.get("accept")):
            names = [name for name, _ in answer.columns]
            text = csv_text(names, json.loads(answer.rows))
            return Response(text, media_type="text/csv; charset=utf-8")
        return Response(_text(answer), media_type="application/json")

    return routes


def _text(answer: SqlAnswer) -> bytes:
    """Answer the JSON text; the rows, which may be many, are not read for it."""
    columns = [{"name": name, "type": kind} for name, kind in answer.columns]
    head = json.dumps({"columns": columns, "truncated": answer.truncated}, ensure_ascii=False)
    return head[:-1].encode() + b', "rows": ' + answer.rows + b"}"
