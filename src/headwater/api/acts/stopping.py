"""Events that destinations no longer get.

Their types and names say so where they can, else a condition at the end of their filter.
"""

from __future__ import annotations

from typing import Any, get_args

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked
from headwater.api.acts.exclusions import excludes, excluding
from headwater.api.acts.routes import named, shown
from headwater.errors import BadRequest
from headwater.language.plan_events import StopRouting
from headwater.language.plan_parts import EventsOf
from headwater.workspace import DestinationConfig, EventType


async def stop_routing(plan: StopRouting, asked: Asked) -> dict[str, Any]:
    """Have destinations no longer get events; answer what each gets from now on.

    Raises:
        NotFound: no destination of that name is set up.
        BadRequest: only events of some people are to be kept from it.
    """
    if plan.events.people is not None:
        raise BadRequest(
            "Events can be kept from a destination by their kind, not by who did them; leave the "
            "people out, or give the destination a filter."
        )
    present = await asked.services.workspaces.read(asked.workspace, WorkspaceActor.destinations)
    chosen = [named(present, name) for name in plan.destinations]
    stopped = []
    for one in chosen:
        changes = changes_to_stop(one, plan.events)
        changed = one
        if changes:
            changed = await asked.services.workspaces.write(
                asked.workspace, WorkspaceActor.update_destination, one.id, changes
            )
        stopped.append({**shown(changed), "changed": bool(changes)})
    return {"stopped": stopped}


def changes_to_stop(one: DestinationConfig, events: EventsOf) -> dict[str, Any]:
    """Answer what has to change for a destination to get these events no longer."""
    if not one.enabled:
        return {}
    call = events.call or ("track" if events.name else None)
    if call is None:
        return {"enabled": False}
    if one.types and call not in one.types:
        return {}
    if events.name is None:
        return _without_call(one, call)
    if call == "track" and one.events:
        left = tuple(name for name in one.events if name != events.name)
        if left == one.events:
            return {}
        return {"events": left} if left else _without_call(one, call)
    if excludes(one.filter, call, events.name):
        return {}
    return {"filter": excluding(one.filter, call, events.name)}


def _without_call(one: DestinationConfig, call: str) -> dict[str, Any]:
    left = [kind for kind in one.types or get_args(EventType) if kind != call]
    changes: dict[str, Any] = {"types": left} if left else {"enabled": False}
    return changes | ({"events": []} if call == "track" and left else {})
