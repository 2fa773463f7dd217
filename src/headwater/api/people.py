"""People over HTTP: who they are, their timelines, why they are one, merge and split."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from headwater.api.access import Reader, Writer
from headwater.api.fields import (
    Cursor,
    Identifier,
    IdentifierPath,
    Instant,
    Limit,
    LongText,
    Order,
    Since,
    SortOrder,
    Text,
    Time,
    Until,
    View,
    written,
)
from headwater.api.services import Services
from headwater.errors import BadRequest, NotFound
from headwater.profiles.people import Account, Person, TimelineFilter, TimelinePage
from headwater.workspace import EventType


class IdentifierView(View):
    """An external id that a person holds, and how many events came with it."""

    type: str
    value: str
    first_seen: Instant
    last_seen: Instant
    events: int


class TraitView(View):
    """A trait's present value, and the event that set it."""

    value: Any
    timestamp: Instant
    message_id: str
    identifier: str


class PersonView(View):
    """One person. `id` is the identifier that stands for all; it changes with merges.

    `trait_details` is there with `?verbose=true` only.
    """

    id: str
    workspace: str
    identifiers: list[IdentifierView]
    traits: dict[str, Any]
    trait_details: dict[str, TraitView] | None = None
    groups: dict[str, Instant]
    counts: dict[str, int]
    first_seen: Instant
    last_seen: Instant
    first_message_id: str
    last_message_id: str


class AccountView(View):
    """A group's own profile."""

    id: str
    workspace: str
    traits: dict[str, Any]
    trait_details: dict[str, TraitView] | None = None
    first_seen: Instant
    last_seen: Instant


class TimelineView(View):
    """Events in Segment's shape; `next` is the cursor of the next page, null on the last.

    `tiers` says where they were read: `hot` is the database, `warm` and `cold` are the lake.
    """

    events: list[dict[str, Any]]
    next: str | None
    tiers: list[str]


class LinkView(View):
    """Why two identifiers are one person. Undo a merge by naming its `id` to `split`."""

    id: str
    identifiers: tuple[str, str]
    merged: str | None
    reason: str
    message_id: str
    at: Instant


class RefusalView(View):
    """Two identifiers that were kept apart, and why."""

    identifiers: tuple[str, str]
    reason: str
    message_id: str
    at: Instant


class ExplanationView(View):
    """Why a person's identifiers are one person, and what was kept apart."""

    person: str
    links: list[LinkView]
    refused: list[RefusalView]


class MergeOrder(Order):
    """Two identifiers of the people to make one."""

    first: Identifier
    second: Identifier


class SplitOrder(Order):
    """The merge to undo, as `links` names it."""

    link: Annotated[LongText, Field(min_length=1)]


class SplitView(View):
    """The person that stays, and the one restored."""

    kept: PersonView
    restored: PersonView


def person_view(person: Person, *, verbose: bool = False) -> PersonView:
    """Answer a person as it is shown."""
    return PersonView.model_validate(
        _shown(person, PersonView) | _traits(person, verbose=verbose), from_attributes=True
    )


def account_view(account: Account, *, verbose: bool = False) -> AccountView:
    """Answer an account as it is shown."""
    return AccountView.model_validate(
        _shown(account, AccountView) | _traits(account, verbose=verbose), from_attributes=True
    )


def _shown(profile: Person | Account, view: type[View]) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in view.model_fields if name != "trait_details"}


def _traits(profile: Person | Account, *, verbose: bool) -> dict[str, Any]:
    return {
        "traits": {name: trait.value for name, trait in profile.traits.items()},
        "trait_details": dict(profile.traits) if verbose else None,
    }


def timeline_filter(
    types: list[EventType],
    events: list[str],
    *,
    since: int | None,
    until: int | None,
    order: SortOrder,
) -> TimelineFilter:
    """Answer the filter that query parameters describe."""
    return TimelineFilter(
        types=frozenset(types),
        events=frozenset(events),
        since=since,
        until=until,
        oldest_first=order == "oldest",
    )


def timeline_view(page: TimelinePage) -> TimelineView:
    """Answer a page of a timeline as it is shown."""
    return TimelineView(
        events=[dict(event) for event in page.events], next=page.next, tiers=list(page.tiers)
    )


def nobody(identifier: str, *, at: int | None = None) -> NotFound:
    """Answer the error for an identifier that nobody has, or had."""
    if at is not None:
        return NotFound(f"Nobody was known by {identifier[:200]!r} at {written(at)}.")
    return NotFound(f"Nobody is known by {identifier[:200]!r} in this workspace.")


_CLOCKS_DIFFER = 60_000  # milliseconds

EventTypes = Annotated[list[EventType], Query(alias="type", description="Only these event types.")]
EventNames = Annotated[
    list[Text], Query(alias="event", description="Only `track` events of these names.")
]


def people_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/people`."""
    routes = APIRouter(prefix="/v1/people", tags=["people"])
    _reading(routes, services)
    _linked(routes, services)
    _ordering(routes, services)
    return routes


def _reading(routes: APIRouter, services: Services) -> None:
    people = services.people

    @routes.get("/{identifier}")
    async def person(
        caller: Reader,
        identifier: IdentifierPath,
        *,
        verbose: Annotated[bool, Query(description="With the event that set each trait.")] = False,
        at: Annotated[
            Time | None,
            Query(
                description="As they were shown at this time, in ISO 8601; without computed traits."
            ),
        ] = None,
    ) -> PersonView:
        """Show a person, whichever of their identifiers is named; now, or as of then."""
        if at is None:
            found = await people.person(caller.workspace, identifier)
        elif at > services.clock.now() + _CLOCKS_DIFFER:
            raise BadRequest(
                f"at: {written(at)} is to come, and nobody is known as of then. Leave it out for "
                "the person as of now."
            )
        else:
            found = await people.person_at(caller.workspace, identifier, at)
        if found is None:
            raise nobody(identifier, at=at)
        return person_view(found, verbose=verbose)

    @routes.get("/{identifier}/events")
    async def events(
        caller: Reader,
        identifier: IdentifierPath,
        *,
        limit: Limit = 100,
        cursor: Cursor = None,
        types: EventTypes = [],  # noqa: B006 - FastAPI copies it
        names: EventNames = [],  # noqa: B006 - FastAPI copies it
        since: Since = None,
        until: Until = None,
        order: SortOrder = "newest",
    ) -> TimelineView:
        """Show a person's timeline, newest first unless asked otherwise."""
        which = timeline_filter(types, names, since=since, until=until, order=order)
        page = await people.timeline(
            caller.workspace, identifier, which=which, limit=limit, cursor=cursor
        )
        if page is None:
            raise nobody(identifier)
        return timeline_view(page)


def _linked(routes: APIRouter, services: Services) -> None:
    people = services.people

    @routes.get("/{identifier}/links")
    async def links(caller: Reader, identifier: IdentifierPath) -> ExplanationView:
        """Show why a person's identifiers are one person, and which were kept apart."""
        found = await people.explain(caller.workspace, identifier)
        if found is None:
            raise nobody(identifier)
        return ExplanationView.model_validate(found)


def _ordering(routes: APIRouter, services: Services) -> None:
    people = services.people

    @routes.post("/merge")
    async def merge(caller: Writer, order: MergeOrder) -> PersonView:
        """Make two people one, whatever the limits; `split` undoes it."""
        return person_view(await people.merge(caller.workspace, order.first, order.second))

    @routes.post("/{identifier}/split")
    async def split(caller: Writer, identifier: IdentifierPath, order: SplitOrder) -> SplitView:
        """Undo one merge exactly, and keep its evidence from joining the two again."""
        kept, restored = await people.split(caller.workspace, identifier, order.link)
        return SplitView(kept=person_view(kept), restored=person_view(restored))
