"""Plans about events and where they go, and questions about them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from headwater.language.plan_parts import Effect, EventsOf, People, PlanBase, Words
from headwater.questions.question import read_question, write_question
from headwater.questions.ranges import Range


def _question(given: Any) -> Any:
    return read_question(given) if isinstance(given, dict) else given


QuestionOf = Annotated[
    Any,
    BeforeValidator(_question),
    PlainSerializer(write_question),
    WithJsonSchema({"type": "object", "description": "A question (docs/questions.md)."}),
]
"""A question about populations."""

Destination = Annotated[str, Field(min_length=1, max_length=200)]
"""A destination by its id, its name, or its kind, as the phrase names it."""

Every = Literal["minute", "hour", "day", "week", "month"]


class Ask(PlanBase):
    """Answer a question about populations with a table."""

    do: Literal["ask"] = "ask"
    question: QuestionOf


class RouteEvents(PlanBase):
    """Have destinations get these events from now on."""

    effect: ClassVar[Effect] = "routes"
    do: Literal["route_events"] = "route_events"
    events: EventsOf = EventsOf()
    destinations: Annotated[tuple[Destination, ...], Field(min_length=1, max_length=50)]


class StopRouting(PlanBase):
    """Have destinations no longer get these events; all of them switches a destination off."""

    effect: ClassVar[Effect] = "routes"
    do: Literal["stop_routing"] = "stop_routing"
    events: EventsOf = EventsOf()
    destinations: Annotated[tuple[Destination, ...], Field(min_length=1, max_length=50)]


class ListRoutes(PlanBase):
    """Say where events go: all of them, or some kind of event."""

    do: Literal["list_routes"] = "list_routes"
    events: EventsOf | None = None


class SyncAudience(PlanBase):
    """Tell a destination who enters and leaves a population, so that its list is the same.

    It is told at once, which is sooner than any `every`.
    """

    effect: ClassVar[Effect] = "routes"
    do: Literal["sync_audience"] = "sync_audience"
    people: People
    destination: Destination
    every: Every | None = None


class StopSync(PlanBase):
    """Tell a destination no longer who enters and leaves a population."""

    effect: ClassVar[Effect] = "routes"
    do: Literal["stop_sync"] = "stop_sync"
    people: People
    destination: Destination


class SyncEvents(PlanBase):
    """Have a destination get events as they come, which is sooner than any `every`."""

    effect: ClassVar[Effect] = "routes"
    do: Literal["sync_events"] = "sync_events"
    events: EventsOf = EventsOf()
    destination: Destination
    every: Every | None = None


class ExportEvents(PlanBase):
    """Write events to a file."""

    do: Literal["export_events"] = "export_events"
    events: EventsOf = EventsOf()
    format: Literal["parquet", "csv", "json"] = "parquet"
    over: Range | None = None


class ExportPeople(PlanBase):
    """Write the people whom a condition is true of to a file."""

    do: Literal["export_people"] = "export_people"
    people: People
    format: Literal["parquet", "csv", "json"] = "csv"


class Replay(PlanBase):
    """Send events of the past to a destination once more."""

    effect: ClassVar[Effect] = "sends"
    do: Literal["replay"] = "replay"
    events: EventsOf = EventsOf()
    destination: Destination
    over: Range | None = None


class DeliveryStatus(PlanBase):
    """Say how deliveries go: of a destination, or of what was sent to somebody."""

    do: Literal["delivery_status"] = "delivery_status"
    destination: Destination | None = None
    of: Words | None = None
