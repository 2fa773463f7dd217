"""Exports over HTTP: ordered as jobs, fetched as files, in pieces if need be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse
from pydantic import Field, ValidationInfo, field_validator

from headwater.api.access import Admin
from headwater.api.fields import Identifier, IdPath, LongText, Order, Text, Time
from headwater.api.jobs import JobView, job_view
from headwater.api.services import Services
from headwater.api.stored_files import MEDIA_TYPE, stored_response
from headwater.api.suppressions import normalised

Condition = Annotated[
    LongText | None,
    Field(
        description="A condition in SQL on the table `events`, as docs/lake.md has it.",
        examples=["name = 'Order Completed' AND properties->>'plan' = 'pro'"],
    ),
]


class SelectingOrder(Order):
    """Which events an order is about."""

    where: Condition = None
    since: Time | None = None
    until: Time | None = None

    @field_validator("until")
    @classmethod
    def _is_not_before_since(cls, until: int | None, info: ValidationInfo) -> int | None:
        since = info.data.get("since")
        if until is not None and since is not None and until < since:
            raise ValueError("it is before 'since', so there is no event between them")
        return until


class ExportOrder(SelectingOrder):
    """Which events, and as what. With the same `key`, an order that still counts is not doubled.

    `since` and `until` are of events' own times, and inclusive. With `partition_by` there is a
    file for each day (UTC) on which events were received, else one for all.
    """

    format: Literal["parquet", "csv", "jsonl"] = "parquet"
    partition_by: Literal["day"] | None = None
    key: Annotated[Text | None, Field(min_length=1)] = None


class PersonExportOrder(Order):
    """Whom to export everything of. With the same `key`, an order that still counts is not doubled.

    Any of their identifiers will do; where nobody is known by it, what else names it is exported.
    """

    identifier: Identifier
    key: Annotated[Text | None, Field(min_length=1)] = None


def export_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/exports`."""
    routes = APIRouter(prefix="/v1/exports", tags=["lake"])

    @routes.post("", status_code=202)
    async def export(caller: Admin, order: ExportOrder) -> JobView:
        """Order an export. Its files are there once the job is done, for a day."""
        await services.sql.check(caller.workspace, order.where)
        parameters = order.model_dump(exclude={"key"})
        job = await services.jobs.start(caller.workspace, "export", parameters, key=order.key)
        return job_view(job)

    @routes.post("/people", status_code=202)
    async def export_person(caller: Admin, order: PersonExportOrder) -> JobView:
        """Order everything held on a person: one archive, `person.zip`, there for a day."""
        (name,) = normalised(services, caller.workspace, [order.identifier])
        job = await services.jobs.start(
            caller.workspace, "export-person", {"identifier": name}, key=order.key
        )
        return job_view(job)

    @routes.get("/{job}/files/{name:path}", response_class=FileResponse)
    async def file(
        request: Request,
        caller: Admin,
        job: IdPath,
        name: Annotated[str, PathParameter(max_length=1000)],
    ) -> Response:
        """Fetch a file of a finished export; `Range` fetches a piece of it."""
        found = await services.exports.file(caller.workspace, job, name)
        if isinstance(found, Path):
            return FileResponse(found, media_type=MEDIA_TYPE)
        return stored_response(found, request.headers.get("range"))

    @routes.delete("/{job}")
    async def delete(caller: Admin, job: IdPath) -> JobView:
        """Delete an export's files; one that is not finished is cancelled."""
        return job_view(await services.exports.delete(caller.workspace, job))

    return routes
