"""Identity rules over HTTP: how a workspace tells people apart."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from headwater.actors.workspace import WorkspaceActor
from headwater.api import patterns
from headwater.api.access import Admin, Reader
from headwater.api.fields import Order, Text, View
from headwater.api.services import Services
from headwater.workspace import IdentifierType, IdentityRules

Number = Annotated[int, Field(ge=1, le=1_000_000)]


class TypeView(View):
    """One kind of external id."""

    name: str
    limit: int
    paths: list[str]
    blocked: list[str]


class RulesView(View):
    """How the workspace tells people apart; `types` strongest first."""

    types: list[TypeView]
    custom_limit: int
    phone_region: str | None
    max_identifiers: int
    max_merges: int


class TypeOrder(Order):
    """One kind of external id: how many values one person may hold, and where they are found."""

    name: Annotated[Text, Field(pattern=patterns.IDENTIFIER_TYPE)]
    limit: Number = 5
    paths: Annotated[list[Text], Field(max_length=20, default_factory=list)]
    blocked: Annotated[list[Text], Field(max_length=10_000, default_factory=list)]


class RulesOrder(Order):
    """All rules, replacing the present ones; they hold for events from now on."""

    types: Annotated[list[TypeOrder], Field(min_length=1, max_length=50)]
    custom_limit: Number = 5
    phone_region: Annotated[str, Field(pattern=patterns.COUNTRY)] | None = None
    max_identifiers: Number = 1000
    max_merges: Number = 100


def identity_rule_routes(services: Services) -> APIRouter:
    """Answer the routes of `/v1/identity-rules`."""
    routes = APIRouter(prefix="/v1/identity-rules", tags=["identity rules"])
    workspaces = services.workspaces

    @routes.get("")
    async def identity_rules(caller: Reader) -> RulesView:
        """Show the identity rules."""
        return _view(await workspaces.read(caller.workspace, WorkspaceActor.identity_rules))

    @routes.put("")
    async def set_identity_rules(caller: Admin, order: RulesOrder) -> RulesView:
        """Replace the identity rules; people that are known stay as they are."""
        rules = IdentityRules(
            types=tuple(
                IdentifierType(
                    one.name,
                    limit=one.limit,
                    paths=tuple(one.paths),
                    blocked=frozenset(value.lower() for value in one.blocked),
                )
                for one in order.types
            ),
            custom_limit=order.custom_limit,
            phone_region=order.phone_region,
            max_identifiers=order.max_identifiers,
            max_merges=order.max_merges,
        )
        return _view(
            await workspaces.write(caller.workspace, WorkspaceActor.set_identity_rules, rules)
        )

    return routes


def _view(rules: IdentityRules) -> RulesView:
    return RulesView(
        types=[
            TypeView(
                name=one.name,
                limit=one.limit,
                paths=list(one.paths),
                blocked=sorted(one.blocked),
            )
            for one in rules.types
        ],
        custom_limit=rules.custom_limit,
        phone_region=rules.phone_region,
        max_identifiers=rules.max_identifiers,
        max_merges=rules.max_merges,
    )
