"""Erasures over HTTP: people deleted everywhere, and the certificates of it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import Field

from headwater.actors.workspace import WorkspaceActor
from headwater.api.access import Admin, Reader
from headwater.api.certificate_page import page
from headwater.api.fields import Identifier, IdPath, Instant, Order, View
from headwater.api.jobs import JobView, job_view
from headwater.api.services import Services
from headwater.api.suppressions import normalised

KIND = "erase"


class EraseOrder(Order):
    """Identifiers of the people to erase; all others that the same people hold are meant, too.

    With `suppress` (the default) nothing of them is kept afterwards either.
    """

    identifiers: Annotated[list[Identifier], Field(min_length=1, max_length=5000)]
    suppress: bool = True


class ErasureView(View):
    """An erasure that is done."""

    id: str
    done_at: Instant


class ErasuresView(View):
    """Erasures that are done, the latest first."""

    erasures: list[ErasureView]


def erasure_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/erasures`."""
    routes = APIRouter(prefix="/v1/erasures", tags=["erasures"])
    workspaces = services.workspaces

    @routes.post("", status_code=202)
    async def erase(caller: Admin, order: EraseOrder) -> JobView:
        """Erase people: a job, whose id is also that of the certificate."""
        meant = normalised(services, caller.workspace, order.identifiers)
        started = await services.jobs.start(
            caller.workspace, KIND, {"identifiers": meant, "suppress": order.suppress}, unit="steps"
        )
        return job_view(started)

    @routes.get("")
    async def erasures(caller: Reader) -> ErasuresView:
        """List erasures that are done; those under way are among the jobs."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.certificates)
        return ErasuresView(erasures=[ErasureView(id=id_, done_at=at) for id_, at in found])

    @routes.get("/{erasure}", response_model=dict[str, Any])
    async def certificate(caller: Reader, erasure: IdPath, request: Request) -> Response:
        """Show a certificate, signed JSON; as a page for who accepts `text/html`."""
        found = json.loads(
            await workspaces.read(caller.workspace, WorkspaceActor.certificate, erasure)
        )
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(page(found))
        return JSONResponse(found)

    return routes
