"""Destinations over HTTP: which there could be, which are switched on, and a test of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from headwater.actors.workspace import WorkspaceActor
from headwater.api.access import Admin, Reader, Writer
from headwater.api.destination_test import TestResult, send_test
from headwater.api.fields import IdPath, Json, Name, Order, Text, View
from headwater.api.services import Services
from headwater.destinations import DESTINATIONS, configuration
from headwater.destinations.destination import Destination
from headwater.destinations.setting import SettingType
from headwater.workspace import DestinationConfig, EventType

Settings = Annotated[dict[Text, Json], Field(max_length=100)]
Types = Annotated[list[EventType], Field(max_length=6, description="Empty: all.")]
Events = Annotated[list[Text], Field(max_length=1000, description="`track` names; empty: all.")]
AudienceIds = Annotated[list[Text], Field(min_length=1, max_length=50)]
OnlyOf = Annotated[
    dict[Text, AudienceIds],
    Field(
        max_length=100,
        description="An event's name, or `*`, to ids of audiences: only of their members.",
    ),
]
Filter = Annotated[str, Field(max_length=10_000, min_length=1, description="In Segment's FQL.")]


class SettingView(View):
    """A setting that a type of destination has."""

    key: str
    label: str
    description: str
    type: SettingType
    required: bool
    secret: bool
    default: Any
    choices: list[str]


class DestinationTypeView(View):
    """A type of destination."""

    type: str
    title: str
    settings: list[SettingView]


class DestinationTypesView(View):
    """All types of destinations."""

    destination_types: list[DestinationTypeView]


class DestinationView(View):
    """A destination. Secrets are shown as `********`; sent back so, they stay as they are."""

    id: str
    type: str
    name: str
    settings: dict[str, Any]
    enabled: bool
    types: list[EventType]
    events: list[str]
    filter: str | None
    people: dict[str, list[str]]


class DestinationsView(View):
    """All destinations of the workspace."""

    destinations: list[DestinationView]


class DestinationOrder(Order):
    """A new destination; GET /v1/destination-types lists the types and their settings."""

    type: Text
    name: Name
    settings: Settings = Field(default_factory=dict)
    enabled: bool = True
    types: Types = Field(default_factory=list)
    events: Events = Field(default_factory=list)
    filter: Filter | None = None
    people: OnlyOf = Field(default_factory=dict)


class DestinationChange(Order):
    """What to change of a destination; what is left out stays, and so does each setting."""

    name: Name = ""
    settings: Settings = Field(default_factory=dict)
    enabled: bool = True
    types: Types = Field(default_factory=list)
    events: Events = Field(default_factory=list)
    filter: Filter | None = None
    people: OnlyOf = Field(default_factory=dict)


class TestView(View):
    """What became of the test event."""

    outcome: Literal["delivered", "retry_after", "rejected", "credentials_refused"]
    reason: str | None
    status: int | None
    response: str
    message_id: str


def destination_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/destinations`, and `/v1/destination-types`."""
    routes = APIRouter(prefix="/v1", tags=["destinations"])
    _lists(routes, services)
    _settings(routes, services)
    _orders(routes, services)
    return routes


def _lists(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.get("/destination-types")
    async def destination_types(caller: Reader) -> DestinationTypesView:  # noqa: ARG001 - a key is needed
        """List the types of destinations, and the settings of each."""
        return DestinationTypesView(
            destination_types=[_type_view(one) for one in DESTINATIONS.values()]
        )

    @routes.get("/destinations")
    async def destinations(caller: Reader) -> DestinationsView:
        """List the destinations."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.destinations)
        return DestinationsView(destinations=[_view(one) for one in found])


def _settings(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.post("/destinations", status_code=201)
    async def create_destination(caller: Admin, order: DestinationOrder) -> DestinationView:
        """Switch a destination on; a secret that was made for it is told in this answer only."""
        made = await workspaces.write(
            caller.workspace,
            WorkspaceActor.create_destination,
            destination_type=order.type,
            name=order.name,
            now=services.clock.now(),
            changes=order.model_dump(exclude={"type", "name"}),
        )
        return _made_view(made, given=order.settings)

    @routes.get("/destinations/{destination}")
    async def destination(caller: Reader, destination: IdPath) -> DestinationView:
        """Show one destination."""
        return _view(
            await workspaces.read(caller.workspace, WorkspaceActor.destination, destination)
        )

    @routes.patch("/destinations/{destination}")
    async def update_destination(
        caller: Admin, destination: IdPath, change: DestinationChange
    ) -> DestinationView:
        """Change a destination."""
        changed = await workspaces.write(
            caller.workspace,
            WorkspaceActor.update_destination,
            destination,
            change.model_dump(exclude_unset=True),
        )
        return _view(changed)


def _orders(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.delete("/destinations/{destination}")
    async def delete_destination(caller: Admin, destination: IdPath) -> DestinationView:
        """Remove a destination, and what waits for it."""
        return _view(
            await workspaces.write(caller.workspace, WorkspaceActor.delete_destination, destination)
        )

    @routes.post("/destinations/{destination}/test")
    async def test_destination(caller: Writer, destination: IdPath) -> TestView:
        """Send one test event now, past the lane, and tell what became of it."""
        config = await workspaces.read(caller.workspace, WorkspaceActor.destination, destination)
        return _test_view(await send_test(config, services))


def _view(config: DestinationConfig) -> DestinationView:
    return DestinationView.model_validate(configuration.hidden(config))


def _made_view(config: DestinationConfig, *, given: Mapping[str, Any]) -> DestinationView:
    view = _view(config)
    for setting in DESTINATIONS[config.type].settings:
        # Whoever made the destination has to tell the receiver what nobody else has seen yet.
        if setting.generate is not None and given.get(setting.key) is None:
            view.settings[setting.key] = config.settings[setting.key]
    return view


def _type_view(destination: Destination) -> DestinationTypeView:
    return DestinationTypeView(
        type=destination.key,
        title=destination.title,
        settings=[SettingView.model_validate(one) for one in destination.settings],
    )


def _test_view(result: TestResult) -> TestView:
    return TestView.model_validate(result)
