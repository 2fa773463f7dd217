"""Workspaces over HTTP: each with its own sources, destinations, people and keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints

from headwater.actors.registry import WORKSPACE_PATTERN, Registry
from headwater.api.access import Admin, Reader
from headwater.api.fields import Instant, Name, Order, View
from headwater.api.services import Services
from headwater.errors import Forbidden


class WorkspaceView(View):
    """A workspace; `id` is what the header `Headwater-Workspace` names."""

    id: str
    name: str
    created_at: Instant


class WorkspacesView(View):
    """The workspaces that the key opens."""

    workspaces: list[WorkspaceView]


class WorkspaceOrder(Order):
    """A new workspace."""

    id: Annotated[str, StringConstraints(pattern=WORKSPACE_PATTERN)]
    name: Name | None = None


def workspace_routes(services: Services) -> APIRouter:
    """Answer the routes of `/v1/workspaces`."""
    routes = APIRouter(prefix="/v1/workspaces", tags=["workspaces"])
    registry = services.registry

    @routes.get("")
    async def workspaces(caller: Reader) -> WorkspacesView:
        """List the workspaces that the key opens."""
        found = await registry.read(Registry.workspaces)
        return WorkspacesView(
            workspaces=[
                WorkspaceView.model_validate(one)
                for one in found
                if caller.may_see_all or one.id == caller.workspace
            ]
        )

    @routes.post("", status_code=201)
    async def create_workspace(caller: Admin, order: WorkspaceOrder) -> WorkspaceView:
        """Make a workspace; needs an admin key for all workspaces."""
        if not caller.may_see_all:
            raise Forbidden("Only an admin key for all workspaces may make one.")
        made = await registry.write(
            Registry.create_workspace, order.id, name=order.name, now=services.clock.now()
        )
        return WorkspaceView.model_validate(made)

    return routes
