"""Where events go: shown, and changed on destinations that are set up already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked
from headwater.api.acts.exclusions import excludes, including
from headwater.api.acts.only_people import audience_of, key_of, narrowed, widened
from headwater.destinations import DESTINATIONS
from headwater.destinations.routing import EVERY
from headwater.errors import NotFound
from headwater.language.plan_events import ListRoutes, RouteEvents
from headwater.language.plan_parts import EventsOf
from headwater.workspace import DestinationConfig


async def list_routes(plan: ListRoutes, asked: Asked) -> dict[str, Any]:
    """Answer the destinations that are on, of an event those that get it."""
    found = await asked.services.workspaces.read(asked.workspace, WorkspaceActor.destinations)
    return {
        "destinations": [
            {
                "id": one.id,
                "type": one.type,
                "name": one.name,
                "events": list(one.events),
                "types": list(one.types),
                "filter": one.filter,
                "people": {name: list(ids) for name, ids in one.people.items()},
            }
            for one in found
            if one.enabled and (plan.events is None or may_get(one, plan.events))
        ]
    }


def shown(one: DestinationConfig) -> dict[str, Any]:
    """Answer what a destination gets, for people."""
    return {
        "id": one.id,
        "name": one.name,
        "enabled": one.enabled,
        "events": list(one.events) or "all",
        "types": list(one.types) or "all",
        "filter": one.filter,
        "people": {name: list(ids) for name, ids in one.people.items()},
    }


def may_get(destination: DestinationConfig, events: EventsOf) -> bool:
    """Tell whether a destination gets such events, as far as their type and name say."""
    call = events.call or ("track" if events.name else None)
    if call is not None and destination.types and call not in destination.types:
        return False
    if events.name is None or call is None:
        return True
    if excludes(destination.filter, call, events.name):
        return False
    return call != "track" or not destination.events or events.name in destination.events


async def route_events(plan: RouteEvents, asked: Asked) -> dict[str, Any]:
    """Have destinations get events; answer what each gets from now on.

    Raises:
        NotFound: no destination of that name is set up, or no audience that is named.
        BadRequest: events of some people alone, which have no name.
    """
    people = plan.events.people
    key = None if people is None else key_of(plan.events)
    present = await asked.services.workspaces.read(asked.workspace, WorkspaceActor.destinations)
    chosen = [named(present, name) for name in plan.destinations]
    audience = None if people is None else await audience_of(people, asked)
    routed = []
    for one in chosen:
        changes = changes_to_route(one, plan.events)
        if key is not None and audience is not None:
            changes |= narrowed(one, key, audience, got=one.enabled and not changes)
        elif plan.events.call in {None, "track"}:
            changes |= widened(one, plan.events.name or EVERY)
        changed = one
        if changes:
            changed = await asked.services.workspaces.write(
                asked.workspace, WorkspaceActor.update_destination, one.id, changes
            )
        routed.append({**shown(changed), "changed": bool(changes)})
    return {"routed": routed}


def named(present: Sequence[DestinationConfig], name: str) -> DestinationConfig:
    """Answer the destination that a name means: its id, its name, or its type if it is the only.

    Raises:
        NotFound: none is meant, or more than one.
    """
    wanted = name.lower()
    for names_of in (_id, _name, _titles):
        found = [one for one in present if wanted in names_of(one)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{one.name} ({one.id})" for one in found)
            raise NotFound(f"{name!r} is several destinations: {names}; name one by its id.")
    there = ", ".join(one.name for one in present) or "none"
    raise NotFound(
        f"No destination {name!r} is set up here (there are: {there}). Set it up first, with "
        "'headwater destination create' or POST /v1/destinations."
    )


def _id(one: DestinationConfig) -> set[str]:
    return {one.id.lower()}


def _name(one: DestinationConfig) -> set[str]:
    return {one.name.lower()}


def _titles(one: DestinationConfig) -> set[str]:
    destination = DESTINATIONS.get(one.type)
    return {one.type.lower()} | ({destination.title.lower()} if destination else set())


def changes_to_route(one: DestinationConfig, events: EventsOf) -> dict[str, Any]:
    """Answer what has to change for a destination to get events, and no others besides."""
    if may_get(one, events) and one.enabled and (events.name or not (one.types or one.events)):
        return {}
    if not one.enabled:
        # What it got before it was switched off was not asked for now.
        call = events.call or ("track" if events.name else None)
        return {
            "enabled": True,
            "types": [call] if call else [],
            "events": [events.name] if events.name and call == "track" else [],
        }
    if events.name is None and events.call is None:
        return {"types": [], "events": []}
    call = events.call or "track"
    changes: dict[str, Any] = {}
    if one.types and call not in one.types:
        changes["types"] = [*one.types, call]
        changes["events"] = [events.name] if events.name and call == "track" else list(one.events)
    elif events.name and one.events and events.name not in one.events and call == "track":
        changes["events"] = [*one.events, events.name]
    if events.name and excludes(one.filter, call, events.name):
        changes["filter"] = including(one.filter, call, events.name)
    return changes
