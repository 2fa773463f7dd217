"""Jobs over HTTP: long work, how far it is, how it ended; and its end before that."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from headwater.actors.jobs import Job
from headwater.api.access import Admin, Reader
from headwater.api.fields import Cursor, IdPath, Instant, Limit, Text, View
from headwater.api.services import Services
from headwater.errors import BadRequest

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]


class JobView(View):
    """A job. `done` of `total` units; `total` is null until it is known.

    `error` says why it failed or, while it runs, what holds it up.
    """

    id: str
    workspace: str
    kind: str
    state: JobState
    parameters: dict[str, Any]
    done: int
    total: int | None
    unit: str
    result: dict[str, Any] | None
    error: str | None
    created_at: Instant
    started_at: Instant | None
    updated_at: Instant
    ended_at: Instant | None


class JobsView(View):
    """Jobs, the latest first; `next` is the cursor of the next page, null on the last."""

    jobs: list[JobView]
    next: str | None


def job_view(job: Job) -> JobView:
    """Answer a job as it is shown."""
    return JobView.model_validate(job)


def job_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/jobs`."""
    routes = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    @routes.get("")
    async def jobs(
        caller: Reader,
        *,
        kind: Annotated[list[Text], Query(description="Only of these kinds.")] = [],  # noqa: B006 - FastAPI copies it
        state: Annotated[list[JobState], Query(description="Only in these states.")] = [],  # noqa: B006 - FastAPI copies it
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JobsView:
        """List jobs, the latest first; those that ended more than 30 days ago are gone."""
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise BadRequest(
                "cursor: not one that a page ended with; leave it out to start at the first page.",
                code="invalid_cursor",
            )
        found = await services.jobs.jobs(
            caller.workspace,
            kinds=kind,
            states=state,
            limit=limit + 1,
            before=None if cursor is None else int(cursor),
        )
        page = found[:limit]
        return JobsView(
            jobs=[job_view(one) for one in page],
            next=str(page[-1].number) if len(found) > limit else None,
        )

    @routes.get("/{job}")
    async def show(caller: Reader, job: IdPath) -> JobView:
        """Show a job."""
        return job_view(await services.jobs.job(caller.workspace, job))

    @routes.post("/{job}/cancel")
    async def cancel(caller: Admin, job: IdPath) -> JobView:
        """Have nothing more done about a job; what it has done already stays done."""
        return job_view(await services.jobs.cancel(caller.workspace, job))

    return routes
