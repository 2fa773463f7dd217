"""Computed traits over HTTP, and the time zone that they and audiences go by."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from headwater.actors.workspace import WorkspaceActor
from headwater.api.access import Admin, Reader
from headwater.api.audience_views import (
    ComputedTraitChange,
    ComputedTraitOrder,
    ComputedTraitsView,
    ComputedTraitView,
    TimeZoneOrder,
    TimeZoneView,
    computed_trait_view,
)
from headwater.api.fields import IdPath
from headwater.api.services import Services
from headwater.audiences.audience import computation_of, text_of


def computed_trait_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/computed-traits`."""
    routes = APIRouter(prefix="/v1/computed-traits", tags=["computed traits"])
    workspaces = services.workspaces

    @routes.get("")
    async def computed_traits(caller: Reader) -> ComputedTraitsView:
        """List the computed traits."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.computed_traits)
        return ComputedTraitsView(computed_traits=[computed_trait_view(one) for one in found])

    @routes.post("", status_code=201)
    async def create_computed_trait(caller: Admin, order: ComputedTraitOrder) -> ComputedTraitView:
        """Make a computed trait; everybody's is computed from now on, whoever is active at once."""
        made = await workspaces.write(
            caller.workspace,
            WorkspaceActor.create_computed_trait,
            now=services.clock.now(),
            key=order.key,
            name=order.name or order.key,
            description=order.description,
            definition=text_of(computation_of(order.computation, is_new=True)),
            enabled=order.enabled,
        )
        return computed_trait_view(made)

    @routes.get("/{trait}")
    async def computed_trait(caller: Reader, trait: IdPath) -> ComputedTraitView:
        """Show one computed trait, by its id or its key."""
        return computed_trait_view(
            await workspaces.read(caller.workspace, WorkspaceActor.computed_trait, trait)
        )

    @routes.patch("/{trait}")
    async def update_computed_trait(
        caller: Admin, trait: IdPath, change: ComputedTraitChange
    ) -> ComputedTraitView:
        """Change a computed trait; with another computation, everybody's is computed anew."""
        changes: dict[str, Any] = change.model_dump(exclude_unset=True)
        if "computation" in changes:
            changes["definition"] = text_of(computation_of(changes.pop("computation"), is_new=True))
        return computed_trait_view(
            await workspaces.write(
                caller.workspace, WorkspaceActor.update_computed_trait, trait, changes
            )
        )

    @routes.delete("/{trait}")
    async def delete_computed_trait(caller: Admin, trait: IdPath) -> ComputedTraitView:
        """Remove a computed trait; it is gone from profiles at once."""
        return computed_trait_view(
            await workspaces.write(caller.workspace, WorkspaceActor.delete_computed_trait, trait)
        )

    return routes


def time_zone_routes(services: Services) -> APIRouter:
    """Answer the routes of `/v1/time-zone`."""
    routes = APIRouter(prefix="/v1/time-zone", tags=["audiences"])
    workspaces = services.workspaces

    @routes.get("")
    async def time_zone(caller: Reader) -> TimeZoneView:
        """Show the zone whose days, weeks and months conditions mean."""
        zone = await workspaces.read(caller.workspace, WorkspaceActor.time_zone)
        return TimeZoneView(time_zone=zone)

    @routes.put("")
    async def set_time_zone(caller: Admin, order: TimeZoneOrder) -> TimeZoneView:
        """Set the zone; everybody is looked at anew."""
        zone = await workspaces.write(
            caller.workspace, WorkspaceActor.set_time_zone, order.time_zone
        )
        return TimeZoneView(time_zone=zone)

    return routes
