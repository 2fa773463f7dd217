"""Sources over HTTP: where events come from, and their write keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from headwater.actors.sources import MAX_OVERLAP_SECONDS
from headwater.actors.workspace import WorkspaceActor
from headwater.api.access import Admin, Reader
from headwater.api.authentication import Caller
from headwater.api.fields import IdPath, Instant, Name, Order, Text, View
from headwater.api.services import Services
from headwater.workspace import Source

RateLimit = Annotated[int, Field(ge=0, le=1_000_000, description="Events a second; 0: no limit.")]


class WriteKeyView(View):
    """A write key; after `expires_at` it stops working. A `read` key sees its end only."""

    key: str
    expires_at: Instant | None


class SourceView(View):
    """A source; the first of its write keys is the present one."""

    id: str
    name: str
    enabled: bool
    rate_limit: int
    write_keys: list[WriteKeyView]


class SourcesView(View):
    """All sources of the workspace."""

    sources: list[SourceView]


class SourceOrder(Order):
    """A new source. `write_key` may be brought along, so that clients need no change."""

    name: Name
    rate_limit: RateLimit = 0
    write_key: Annotated[Text, Field(min_length=1)] | None = None


class SourceChange(Order):
    """What to change of a source; what is left out stays."""

    name: Name = ""
    enabled: bool = True
    rate_limit: RateLimit = 0


class RotateOrder(Order):
    """How long the present write key goes on working, in seconds."""

    overlap_seconds: Annotated[int, Field(ge=0, le=MAX_OVERLAP_SECONDS)] = 86_400


def source_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/sources`."""
    routes = APIRouter(prefix="/v1/sources", tags=["sources"])
    _reading(routes, services)
    _changing(routes, services)
    return routes


def _reading(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.get("")
    async def sources(caller: Reader) -> SourcesView:
        """List the sources with their write keys."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.sources)
        return SourcesView(sources=[_view(one, caller) for one in found])

    @routes.post("", status_code=201)
    async def create_source(caller: Admin, order: SourceOrder) -> SourceView:
        """Make a source with a write key."""
        made = await workspaces.write(
            caller.workspace,
            WorkspaceActor.create_source,
            name=order.name,
            rate_limit=order.rate_limit,
            write_key=order.write_key,
            now=services.clock.now(),
        )
        return _view(made, caller)

    @routes.get("/{source}")
    async def source(caller: Reader, source: IdPath) -> SourceView:
        """Show one source."""
        return _view(await workspaces.read(caller.workspace, WorkspaceActor.source, source), caller)


def _changing(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.patch("/{source}")
    async def update_source(caller: Admin, source: IdPath, change: SourceChange) -> SourceView:
        """Rename a source, switch it on or off, or limit its rate."""
        changed = await workspaces.write(
            caller.workspace,
            WorkspaceActor.update_source,
            source,
            change.model_dump(exclude_unset=True),
        )
        return _view(changed, caller)

    @routes.delete("/{source}")
    async def delete_source(caller: Admin, source: IdPath) -> SourceView:
        """Remove a source; its write keys stop working at once."""
        return _view(
            await workspaces.write(caller.workspace, WorkspaceActor.delete_source, source), caller
        )

    @routes.post("/{source}/rotate")
    async def rotate_source(caller: Admin, source: IdPath, order: RotateOrder) -> SourceView:
        """Give a source a new write key, and the old one an end."""
        rotated = await workspaces.write(
            caller.workspace,
            WorkspaceActor.rotate_source,
            source,
            overlap_seconds=order.overlap_seconds,
            now=services.clock.now(),
        )
        return _view(rotated, caller)


def _view(source: Source, caller: Caller) -> SourceView:
    view = SourceView.model_validate(source)
    if caller.key.role == "read":  # with the whole key it could send events
        for one in view.write_keys:
            one.key = f"…{one.key[-4:]}"
    return view
