"""Audiences over HTTP: made and changed, who is in them and why, how many there would be."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter

from headwater.actors.workspace import WorkspaceActor
from headwater.api.access import Admin, Reader
from headwater.api.audience_views import (
    AudienceChange,
    AudienceOrder,
    AudiencesView,
    AudienceView,
    BackfillView,
    ConditionOrder,
    CountView,
    MembershipView,
    MembersView,
    PreviewView,
    audience_view,
    membership_view,
)
from headwater.api.fields import Cursor, IdentifierPath, IdPath, Limit
from headwater.api.people import nobody
from headwater.api.services import Services
from headwater.audiences.audience import text_of
from headwater.audiences.conditions_reading import read

_NO_KEY = re.compile(r"[^a-z0-9]+")


def audience_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/audiences`."""
    routes = APIRouter(prefix="/v1/audiences", tags=["audiences"])
    _listing(routes, services)
    _trying(routes, services)
    _changing(routes, services)
    _members(routes, services)
    return routes


def key_for(name: str) -> str:
    """Answer the key that a name stands for: `Big Spenders` is `big_spenders`."""
    return _NO_KEY.sub("_", name.lower()).strip("_")[:100] or "unnamed"


def _listing(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.get("")
    async def audiences(caller: Reader) -> AudiencesView:
        """List the audiences."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.audiences)
        return AudiencesView(audiences=[audience_view(one) for one in found])

    @routes.post("", status_code=201)
    async def create_audience(caller: Admin, order: AudienceOrder) -> AudienceView:
        """Make an audience; everybody is looked at from now on, who is active at once."""
        made = await workspaces.write(
            caller.workspace,
            WorkspaceActor.create_audience,
            now=services.clock.now(),
            name=order.name,
            key=order.key or key_for(order.name),
            description=order.description,
            definition=text_of(read(order.condition, is_new=True)),
            enabled=order.enabled,
            destinations=order.destinations,
        )
        return audience_view(made)


def _trying(routes: APIRouter, services: Services) -> None:
    @routes.post("/preview")
    async def preview(caller: Reader, order: ConditionOrder) -> PreviewView:
        """Tell how many a condition is true of now, and some of them; nothing is saved."""
        condition = read(order.condition, is_new=True)
        found = await services.audiences.preview(caller.workspace, condition)
        return PreviewView.model_validate(found)

    @routes.get("/backfill")
    async def backfill(caller: Reader) -> BackfillView:
        """Tell how far everybody has been looked at since audiences last changed."""
        return BackfillView.of(await services.audiences.backfill(caller.workspace))


def _changing(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.get("/{audience}")
    async def audience(caller: Reader, audience: IdPath) -> AudienceView:
        """Show one audience, by its id or its key."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.audience, audience)
        return audience_view(found)

    @routes.patch("/{audience}")
    async def update_audience(
        caller: Admin, audience: IdPath, change: AudienceChange
    ) -> AudienceView:
        """Change an audience; with another condition, everybody is looked at anew."""
        changes: dict[str, Any] = change.model_dump(exclude_unset=True)
        if "condition" in changes:
            changes["definition"] = text_of(read(changes.pop("condition"), is_new=True))
        changed = await workspaces.write(
            caller.workspace, WorkspaceActor.update_audience, audience, changes
        )
        return audience_view(changed)

    @routes.delete("/{audience}")
    async def delete_audience(caller: Admin, audience: IdPath) -> AudienceView:
        """Remove an audience; nobody is told that they left it."""
        removed = await workspaces.write(caller.workspace, WorkspaceActor.delete_audience, audience)
        return audience_view(removed)


def _members(routes: APIRouter, services: Services) -> None:
    audiences = services.audiences

    @routes.get("/{audience}/members")
    async def members(
        caller: Reader, audience: IdPath, *, limit: Limit = 100, cursor: Cursor = None
    ) -> MembersView:
        """List who is in an audience, in order of their names."""
        page, following = await audiences.members(
            caller.workspace, audience, limit=limit, cursor=cursor
        )
        return MembersView.model_validate({"members": page, "next": following})

    @routes.get("/{audience}/count")
    async def count(caller: Reader, audience: IdPath) -> CountView:
        """Tell how many people are in an audience."""
        return CountView(count=await audiences.count(caller.workspace, audience))

    @routes.get("/{audience}/check/{identifier}")
    async def check(caller: Reader, audience: IdPath, identifier: IdentifierPath) -> MembershipView:
        """Tell whether a person is in an audience."""
        found = await audiences.check(caller.workspace, audience, identifier)
        if found is None:
            raise nobody(identifier)
        return membership_view(found)

    @routes.get("/{audience}/explain/{identifier}")
    async def explain(
        caller: Reader, audience: IdPath, identifier: IdentifierPath
    ) -> MembershipView:
        """Tell why a person is in an audience, or not: each clause, and the events it looks at."""
        found = await audiences.check(caller.workspace, audience, identifier, explain=True)
        if found is None:
            raise nobody(identifier)
        return membership_view(found)
