"""Segment's Profile API on the wire, so that its clients work by changing the host.

GET /v1/spaces/{space}/collections/{users|accounts}/profiles/{id_type}:{id}/
    {traits|external_ids|events|metadata|links}

The space is the workspace. Shapes: https://segment.com/docs/unify/profile-api/ (read 2026-11)
and PROTOCOLS.md, section 4.1. Where Segment shows the last 14 days of events, all are shown.
An external id has no `source_id`, as only the event that said it first is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from headwater.api import segment_shapes as shapes
from headwater.api.access import Reader
from headwater.api.fields import IdentifierPath, LongText, Text, Time
from headwater.api.segment_pages import PageQuery, cursor_of, page_of
from headwater.api.segment_traits import Class, audiences_of, memberships, of_class, sources_of
from headwater.api.services import Services
from headwater.audiences.audience import Audience
from headwater.errors import NotFound
from headwater.profiles.people import Account, People, Person, TimelineFilter, TimelinePage

Collection = Annotated[Literal["users", "accounts"], Path()]
Include = Annotated[LongText | None, Query(description="Comma-separated; only these.")]
Exclude = Annotated[LongText | None, Query(description="Comma-separated; all but these.")]
Verbose = Annotated[bool, Query(description="With where each value came from.")]
# A trait's name, where traits are paged, and that may be as long as an event.
Next = Annotated[str | None, Query(max_length=40_000, description="The `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=100)]
TraitLimit = Annotated[int, Query(ge=1, le=200)]

_GROUP_ID = "group_id:"


class Profiles:
    """Finds the profiles that paths name."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def find(self, workspace: str, collection: str, profile: str) -> Person | Account:
        """Answer a person or an account; raise `NotFound`, as Segment words it."""
        found: Person | Account | None
        if collection == "users":
            found = await self._people.person(workspace, profile)
        elif profile.startswith(_GROUP_ID):
            found = await self._people.account(workspace, profile.removeprefix(_GROUP_ID))
        else:
            found = None
        if found is None:
            raise NotFound("Profile was not found.")
        return found

    async def timeline(
        self,
        workspace: str,
        collection: str,
        profile: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None = None,
    ) -> TimelinePage:
        """Answer a page of a profile's events; raise `NotFound`, as Segment words it."""
        if collection == "users":
            page = await self._people.timeline(
                workspace, profile, which=which, limit=limit, cursor=cursor
            )
        else:
            group_id = profile.removeprefix(_GROUP_ID)
            page = await self._people.account_timeline(
                workspace, group_id, which=which, limit=limit, cursor=cursor
            )
        if page is None:
            raise NotFound("Profile was not found.")
        return page


def segment_profile_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/spaces`."""
    routes = APIRouter(
        prefix="/v1/spaces/{space}/collections/{collection}/profiles/{profile}",
        tags=["Segment's Profile API"],
    )
    _trait_routes(routes, services)
    _external_id_routes(routes, services)
    _event_routes(routes, services)
    _metadata_routes(routes, services)
    _link_routes(routes, services)
    return routes


def _trait_routes(routes: APIRouter, services: Services) -> None:
    profiles = Profiles(services.people)

    @routes.get("/traits")
    async def traits(
        request: Request,
        caller: Reader,
        space: Text,  # noqa: ARG001 - the caller's workspace is read from it
        collection: Collection,
        profile: IdentifierPath,
        *,
        kind: Annotated[Class | None, Query(alias="class")] = None,
        include: Include = None,
        verbose: Verbose = False,
        limit: TraitLimit = 10,
        after: Annotated[Next, Query(alias="next")] = None,
    ) -> shapes.Traits:
        """Show traits by name; of a class, what was computed, or which audiences are joined."""
        found = await profiles.find(caller.workspace, collection, profile)
        wanted = _listed(include)
        query = PageQuery(request, limit, after)
        audiences: Mapping[str, Audience] = {}
        if kind == "audience":
            audiences = await audiences_of(services, caller.workspace, found)
        named = {} if kind == "audience" else of_class(found.traits, kind)
        names = [name for name in sorted(audiences or named) if wanted is None or name in wanted]
        page, cursor = page_of(names, query, key=lambda name: name)
        if kind == "audience":
            chosen = [audiences[name] for name in page]
            shown = await memberships(services, caller.workspace, found.id, chosen, verbose=verbose)
            return shapes.Traits(traits=shown, cursor=cursor)
        of_page = [named[name] for name in page]
        sources = None
        if verbose:
            sources = await sources_of(services, caller.workspace, found, of_page)
        return shapes.Traits(
            traits={name: shapes.trait(named[name], sources) for name in page}, cursor=cursor
        )


def _external_id_routes(routes: APIRouter, services: Services) -> None:
    profiles = Profiles(services.people)

    @routes.get("/external_ids")
    async def external_ids(
        request: Request,
        caller: Reader,
        space: Text,  # noqa: ARG001 - the caller's workspace is read from it
        collection: Collection,
        profile: IdentifierPath,
        *,
        include: Include = None,
        verbose: Verbose = False,  # noqa: ARG001 - Segment takes it, and answers the same
        limit: Limit = 25,
        after: Annotated[Next, Query(alias="next")] = None,
    ) -> shapes.ExternalIds:
        """Show the external ids, by type and value."""
        found = await profiles.find(caller.workspace, collection, profile)
        wanted = _listed(include)
        ids = [one for one in shapes.external_ids(found) if wanted is None or one["type"] in wanted]
        query = PageQuery(request, limit, after)
        page, cursor = page_of(ids, query, key=lambda one: f"{one['type']}:{one['id']}")
        return shapes.ExternalIds(data=list(page), cursor=cursor)


def _event_routes(routes: APIRouter, services: Services) -> None:
    profiles = Profiles(services.people)

    @routes.get("/events")
    async def events(
        request: Request,
        caller: Reader,
        space: Text,  # noqa: ARG001 - the caller's workspace is read from it
        collection: Collection,
        profile: IdentifierPath,
        *,
        start: Time | None = None,
        end: Time | None = None,
        include: Include = None,
        exclude: Exclude = None,
        sort: Literal["asc", "desc"] = "desc",
        limit: Limit = 10,
        after: Annotated[Next, Query(alias="next")] = None,
    ) -> shapes.Events:
        """Show events, newest first; `start` is included, `end` is not."""
        found = await profiles.find(caller.workspace, collection, profile)
        which = TimelineFilter(
            events=_listed(include) or frozenset(),
            exclude_events=_listed(exclude) or frozenset(),
            since=start,
            until=None if end is None else end - 1,
            oldest_first=sort == "asc",
        )
        page = await profiles.timeline(
            caller.workspace, collection, profile, which=which, limit=limit, cursor=after or None
        )
        return shapes.Events(
            data=[shapes.event(one, found) for one in page.events],
            cursor=cursor_of(PageQuery(request, limit, after), page.next),
        )


def _metadata_routes(routes: APIRouter, services: Services) -> None:
    profiles = Profiles(services.people)

    @routes.get("/metadata")
    async def metadata(
        caller: Reader,
        space: Text,  # noqa: ARG001 - the caller's workspace is read from it
        collection: Collection,
        profile: IdentifierPath,
        *,
        verbose: Verbose = False,  # noqa: ARG001 - Segment takes it, and answers the same
    ) -> shapes.Metadata:
        """Show when a profile was made and last changed, and by which event and source."""
        found = await profiles.find(caller.workspace, collection, profile)
        ends: list[Sequence[Any]] = []
        for oldest_first in (True, False):
            page = await profiles.timeline(
                caller.workspace,
                collection,
                profile,
                which=TimelineFilter(oldest_first=oldest_first),
                limit=1,
            )
            ends.append(page.events)
        return shapes.metadata(found, first=ends[0], last=ends[1])


def _link_routes(routes: APIRouter, services: Services) -> None:
    people, profiles = services.people, Profiles(services.people)

    @routes.get("/links")
    async def links(
        request: Request,
        caller: Reader,
        space: Text,  # noqa: ARG001 - the caller's workspace is read from it
        collection: Collection,
        profile: IdentifierPath,
        *,
        limit: Limit = 20,
        after: Annotated[Next, Query(alias="next")] = None,
    ) -> shapes.Links:
        """Show a user's accounts, or an account's users."""
        found = await profiles.find(caller.workspace, collection, profile)
        query = PageQuery(request, limit, after)
        if isinstance(found, Person):
            groups, cursor = page_of(sorted(found.groups), query, key=lambda group: group)
            data = [shapes.account_link(group, found.groups[group]) for group in groups]
            return shapes.Links(data=data, cursor=cursor)
        members, following = await people.account_members(
            caller.workspace, found.id, limit=limit, cursor=after or None
        )
        persons = [await people.person(caller.workspace, one) for one in members]
        return shapes.Links(
            data=[shapes.user_link(one) for one in persons if one is not None],
            cursor=cursor_of(query, following),
        )


def _listed(text: str | None) -> frozenset[str] | None:
    if text is None or not text.strip():
        return None
    return frozenset(part.strip() for part in text.split(",") if part.strip())
