"""Destinations that are told who enters and leaves a population, and that get events as they come.

Each sync has an audience of its own, named by the destination and the condition: so that everybody
who is in it already is told to have entered, and the same order twice is one sync. Of that audience
no other destination is told.
"""

from __future__ import annotations

import hashlib
from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked
from headwater.api.acts.memberships import TOLD, telling, told_of
from headwater.api.acts.routes import named, route_events, shown
from headwater.audiences.audience import Audience, text_of
from headwater.audiences.conditions_reading import to_json
from headwater.errors import NotFound
from headwater.language.condition_words import people_in_words
from headwater.language.plan_events import RouteEvents, StopSync, SyncAudience, SyncEvents
from headwater.workspace import DestinationConfig


async def sync_audience(plan: SyncAudience, asked: Asked) -> dict[str, Any]:
    """Tell a destination who is in a population, and who enters and leaves it from now on.

    Raises:
        NotFound: no destination of that name is set up.
    """
    calls = asked.services.workspaces
    destination = named(
        await calls.read(asked.workspace, WorkspaceActor.destinations), plan.destination
    )
    key = _key(plan.people, destination)
    audience = await _audience(key, asked)
    if audience is None:
        # Off until the destination gets what it tells: so nobody's entering is missed.
        audience = await calls.write(
            asked.workspace,
            WorkspaceActor.create_audience,
            now=asked.now,
            name=f"{people_in_words(to_json(plan.people))} to {destination.name}"[:200],
            key=key,
            definition=text_of(plan.people),
            enabled=False,
            destinations=[destination.id],
        )
    changes = _changes_to_tell(destination, key)
    if changes:
        destination = await calls.write(
            asked.workspace, WorkspaceActor.update_destination, destination.id, changes
        )
    was_there = audience.enabled and audience.destinations == (destination.id,) and not changes
    if not audience.enabled or audience.destinations != (destination.id,):
        await calls.write(
            asked.workspace,
            WorkspaceActor.update_audience,
            audience.id,
            {"enabled": True, "destinations": [destination.id]},
        )
    told = {"id": audience.id, "key": key, "name": audience.name}
    return {"synced": {"audience": told, **shown(destination), "changed": not was_there}}


async def stop_sync(plan: StopSync, asked: Asked) -> dict[str, Any]:
    """Tell a destination no longer who enters and leaves; it keeps whom it has.

    Raises:
        NotFound: there is no such destination, or no such sync.
    """
    calls = asked.services.workspaces
    destination = named(
        await calls.read(asked.workspace, WorkspaceActor.destinations), plan.destination
    )
    key = _key(plan.people, destination)
    audience = await _audience(key, asked)
    if audience is None:
        raise NotFound(
            f"{destination.name} is not kept in sync with {people_in_words(to_json(plan.people))}; "
            "'list audiences' shows what is."
        )
    await calls.write(asked.workspace, WorkspaceActor.delete_audience, audience.id)
    changes = _changes_to_forget(destination, key)
    if changes:
        destination = await calls.write(
            asked.workspace, WorkspaceActor.update_destination, destination.id, changes
        )
    return {"stopped": [{**shown(destination), "changed": True}]}


async def sync_events(plan: SyncEvents, asked: Asked) -> dict[str, Any]:
    """Have a destination get events as they come; see `route_events`."""
    return await route_events(
        RouteEvents(events=plan.events, destinations=(plan.destination,)), asked
    )


def _key(people: Any, destination: DestinationConfig) -> str:
    text = f"{destination.id} {text_of(people)}"
    return f"sync_{hashlib.sha256(text.encode()).hexdigest()[:16]}"


async def _audience(key: str, asked: Asked) -> Audience | None:
    found = await asked.services.workspaces.read(asked.workspace, WorkspaceActor.audiences)
    return next((one for one in found if one.key == key), None)


def _changes_to_tell(one: DestinationConfig, key: str) -> dict[str, Any]:
    """Answer what has to change for a destination to be told of an audience, and no other."""
    if not one.enabled:
        # What it got before it was switched off was not asked for now.
        filter_ = telling(one.filter, [key])
        return {"enabled": True, "types": ["track"], "events": list(TOLD), "filter": filter_}
    changes: dict[str, Any] = {}
    present = told_of(one.filter)
    had_tracks = not one.types or "track" in one.types
    if not had_tracks:
        changes["types"] = [*one.types, "track"]
        changes["events"] = list(TOLD)
    elif one.events and not set(TOLD) <= set(one.events):
        changes["events"] = list(dict.fromkeys([*one.events, *TOLD]))
    # Without a condition, and with the events, it is told of every audience already.
    if present is not None or changes:
        filter_ = telling(one.filter, [*(present or ()), key])
        if filter_ != one.filter:
            changes["filter"] = filter_
    return changes


def _changes_to_forget(one: DestinationConfig, key: str) -> dict[str, Any]:
    present = told_of(one.filter)
    if present is None or key not in present:
        return {}
    left = [other for other in present if other != key]
    changes: dict[str, Any] = {"filter": telling(one.filter, left)}
    if left:
        return changes
    events = [name for name in one.events if name not in TOLD]
    if one.events and not events:
        kinds = [kind for kind in one.types if kind != "track"]
        return {**changes, **({"types": kinds, "events": []} if kinds else {"enabled": False})}
    return {**changes, "events": events}
