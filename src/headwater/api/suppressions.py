"""Suppressions over HTTP: of whom nothing is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from headwater.actors.workspace import WorkspaceActor
from headwater.api.access import Admin, Reader
from headwater.api.fields import Cursor, Identifier, Instant, Limit, Order, View
from headwater.api.services import Services
from headwater.errors import NotFound
from headwater.profiles.identifiers import IdentifierReader


class SuppressedView(View):
    """A suppressed identifier: its salted hash, as the value itself is not kept."""

    hash: str
    type: str
    reason: str
    created_at: Instant


class SuppressionsView(View):
    """Suppressions in no order that says anything; `next` is the next page's cursor, or null."""

    suppressions: list[SuppressedView]
    next: str | None


class SuppressOrder(Order):
    """Identifiers of whom nothing is to be kept.

    With `whole_person`, all other identifiers that their people hold now are meant, too.
    """

    identifiers: Annotated[list[Identifier], Field(min_length=1, max_length=5000)]
    whole_person: bool = True


class OutcomeView(View):
    """Which identifiers were meant, normalised, and of how many that changed anything."""

    identifiers: list[str]
    changed: int


def suppression_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/suppressions`."""
    routes = APIRouter(prefix="/v1/suppressions", tags=["suppressions"])
    workspaces = services.workspaces

    @routes.get("")
    async def suppressions(
        caller: Reader,
        *,
        identifier: Annotated[
            list[Identifier], Query(description="Only these, where they are suppressed.")
        ] = [],  # noqa: B006 - FastAPI copies it
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> SuppressionsView:
        """List suppressions, or tell whether an identifier is suppressed."""
        found = await workspaces.read(
            caller.workspace,
            WorkspaceActor.suppressed,
            limit=limit + 1,
            after=cursor or "",
            only=normalised(services, caller.workspace, identifier) if identifier else None,
        )
        return SuppressionsView(
            suppressions=[SuppressedView.model_validate(one) for one in found[:limit]],
            next=found[limit - 1].hash if len(found) > limit else None,
        )

    @routes.post("")
    async def suppress(caller: Admin, order: SuppressOrder) -> OutcomeView:
        """Keep nothing of people from now on; what is held of them stays as it is."""
        meant = await _meant(services, caller.workspace, order)
        changed = await workspaces.write(
            caller.workspace, WorkspaceActor.suppress, meant, now=services.clock.now()
        )
        return OutcomeView(identifiers=meant, changed=changed)

    @routes.post("/lift")
    async def lift(caller: Admin, order: SuppressOrder) -> OutcomeView:
        """Keep events of people again, from now on."""
        meant = await _meant(services, caller.workspace, order)
        changed = await workspaces.write(caller.workspace, WorkspaceActor.unsuppress, meant)
        return OutcomeView(identifiers=meant, changed=changed)

    return routes


def normalised(services: Services, workspace: str, identifiers: list[str]) -> list[str]:
    """Answer identifiers as events' are written, each once; raise `BadRequest` for what is none."""
    config = services.config(workspace)
    if config is None:
        raise NotFound(f"There is no workspace {workspace[:80]!r}.")
    reader = IdentifierReader(config.identity)
    return list(dict.fromkeys(reader.parse(one) for one in identifiers))


async def _meant(services: Services, workspace: str, order: SuppressOrder) -> list[str]:
    named = normalised(services, workspace, order.identifiers)
    return await meant_with(services, workspace, named) if order.whole_person else named


async def meant_with(services: Services, workspace: str, named: list[str]) -> list[str]:
    """Answer normalised identifiers, and all others that their people hold now."""
    meant = dict.fromkeys(named)
    for one in named:
        person = await services.people.person(workspace, one)
        for held in person.identifiers if person else ():
            meant[f"{held.type}:{held.value}"] = None
    return list(meant)
