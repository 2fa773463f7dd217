"""People shown, linked, merged and handed over."""

from __future__ import annotations

from typing import Any

from headwater.api.acts.asked import Asked, nobody
from headwater.api.acts.facts import send, who_fields
from headwater.api.people import PersonView, person_view
from headwater.collect.times import write_time
from headwater.language.plan_people import Link, Merge, ShowPerson
from headwater.profiles.people import TimelineFilter
from headwater.questions.calendar import stretch_of

_SHOWN = 20
_PAGE = 1000
_ALIASED = frozenset({"user_id", "anonymous_id"})


async def show_person(plan: ShowPerson, asked: Asked) -> dict[str, Any]:
    """Answer a person and their newest events, or their activity in a stretch of time."""
    who = asked.who(plan.who)
    people = asked.services.people
    found = await people.person(asked.workspace, who)
    if found is None:
        raise nobody(who)
    since = until = None
    if plan.over is not None:
        stretch = stretch_of(plan.over, asked.zone, asked.now, first=found.first_seen)
        since, until = stretch.since, stretch.until - 1
    limit = _SHOWN if plan.part == "profile" else 5 * _SHOWN
    which = TimelineFilter(since=since, until=until)
    page = await people.timeline(asked.workspace, who, which=which, limit=limit)
    events = [] if page is None else [dict(event) for event in page.events]
    answer: dict[str, Any] = {"events": events, "more": page is not None and page.next is not None}
    return {"person": _shown(person_view(found)), **answer}


def _shown(view: PersonView) -> dict[str, Any]:
    return view.model_dump(mode="json", exclude_none=True)


async def link(plan: Link, asked: Asked) -> dict[str, Any]:
    """Record that two ids are one person's; answer the person that they are now."""
    first, second = asked.who(plan.first), asked.who(plan.second)
    types = {first.partition(":")[0], second.partition(":")[0]}
    known = [await asked.services.people.person(asked.workspace, one) for one in (first, second)]
    if types == {"user_id"} and None not in known:
        merged = await asked.services.people.merge(asked.workspace, first, second)
        return {"person": _shown(person_view(merged))}
    if types <= _ALIASED and "user_id" in types:
        turned = second.startswith("anonymous_id:")
        previous, user = (second, first) if turned else (first, second)
        event = {
            "type": "alias",
            "userId": user.partition(":")[2],
            "previousId": previous.partition(":")[2],
        }
    else:
        event = {"type": "identify", **_both(first, second)}
    recorded = await send([{**event, "timestamp": write_time(asked.now)}], asked)
    found = await asked.services.people.person(asked.workspace, second)
    return {"recorded": recorded, "person": None if found is None else _shown(person_view(found))}


def _both(first: str, second: str) -> dict[str, Any]:
    one, other = who_fields(first), who_fields(second)
    external = [
        *one.get("context", {}).get("externalIds", ()),
        *other.get("context", {}).get("externalIds", ()),
    ]
    if not external and one.keys() == other.keys():  # two anonymous ids
        type_, _, value = first.partition(":")
        external = [{"id": value, "type": type_, "collection": "users", "encoding": "none"}]
    return {**one, **other, "context": {"externalIds": external}}


async def merge(plan: Merge, asked: Asked) -> dict[str, Any]:
    """Make two people one; answer the one that they are now."""
    merged = await asked.services.people.merge(asked.workspace, plan.first, plan.second)
    return {"person": _shown(person_view(merged))}
