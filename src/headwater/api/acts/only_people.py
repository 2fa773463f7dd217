"""Events of some people alone: which people, as an audience that a destination's rules name."""

from __future__ import annotations

import hashlib
from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked
from headwater.audiences.audience import text_of
from headwater.audiences.conditions import AudienceCondition
from headwater.audiences.conditions_reading import to_json
from headwater.destinations.routing import EVERY
from headwater.errors import BadRequest
from headwater.language.condition_words import people_in_words
from headwater.language.plan_parts import EventsOf
from headwater.workspace import DestinationConfig


async def audience_of(people: Any, asked: Asked) -> str:
    """Answer the id of the audience that people are: one that is named, else one made for them."""
    calls = asked.services.workspaces
    if isinstance(people, AudienceCondition) and people.member:
        found = await calls.read(asked.workspace, WorkspaceActor.audience, people.audience)
        return found.id
    key = f"only_{hashlib.sha256(text_of(people).encode()).hexdigest()[:16]}"
    present = await calls.read(asked.workspace, WorkspaceActor.audiences)
    made = next((one for one in present if one.key == key), None)
    if made is None:
        made = await calls.write(
            asked.workspace,
            WorkspaceActor.create_audience,
            now=asked.now,
            name=people_in_words(to_json(people))[:200],
            key=key,
            definition=text_of(people),
        )
    return made.id


def key_of(events: EventsOf) -> str:
    """Answer what events are called in a destination's `people`.

    Raises:
        BadRequest: they are of a call that is told apart by no name there.
    """
    call = events.call or ("track" if events.name else None)
    if call not in {None, "track"} or (call == "track" and events.name is None):
        raise BadRequest(
            "Of some people alone a destination gets track events by their name, or all events; "
            "leave the people out, or name such events."
        )
    return events.name or EVERY


def narrowed(one: DestinationConfig, key: str, audience: str, *, got: bool) -> dict[str, Any]:
    """Answer what has to change in `people` for a destination to get events of an audience.

    `got`: it got these events before, of everybody where nothing is said of them.
    """
    present = one.people.get(key)
    if present is None and got:
        return {}
    listed = list(dict.fromkeys([*(present or ()), audience]))
    if present is not None and listed == list(present):
        return {}
    return {"people": {**{name: list(ids) for name, ids in one.people.items()}, key: listed}}


def widened(one: DestinationConfig, key: str) -> dict[str, Any]:
    """Answer what has to change in `people` for a destination to get events of everybody.

    Raises:
        BadRequest: all that it gets is of some people alone.
    """
    if key == EVERY:
        return {"people": {}} if one.people else {}
    if key in one.people:
        kept = {name: list(ids) for name, ids in one.people.items() if name != key}
        return {"people": kept}
    if EVERY in one.people:
        raise BadRequest(
            f"{one.name} gets events only of people in {', '.join(one.people[EVERY])}; change its "
            "'people' first, or say whose events it is to get."
        )
    return {}
