"""How far a plan reaches: how many people, which destinations."""

from __future__ import annotations

from typing import Any

from headwater.api.acts import questions
from headwater.api.acts.asked import Asked
from headwater.api.suppressions import normalised
from headwater.audiences.conditions_reading import to_json
from headwater.errors import HeadwaterError
from headwater.language.plan import Chain, effect_of


async def reach_of(plan: Any, asked: Asked) -> dict[str, Any]:
    """Answer `people`, how many (None where this server cannot tell), and `destinations`.

    Of somebody who would be erased or exported, also all `identifiers` and how many `events`.
    """
    reach: dict[str, Any] = {}
    destinations = getattr(plan, "destinations", None) or getattr(plan, "destination", None)
    if destinations is not None:
        one = isinstance(destinations, str)
        reach["destinations"] = [destinations] if one else list(destinations)
    is_one = plan.do == "export_person" or effect_of(plan) == "erases"
    if is_one and not isinstance(plan, Chain):
        reach |= await _whole_person(asked.who(plan.who), asked)
    elif effect_of(plan) in {"sends", "erases", "merges"} or plan.do in _OF_PEOPLE:
        reach["people"] = await _people(plan, asked)
    elif effect_of(plan) == "records":
        reach["people"] = len({one.who for one in getattr(plan, "facts", [plan])})
    return reach


async def _whole_person(who: str, asked: Asked) -> dict[str, Any]:
    """Answer every identifier that one person holds, and how many events they have."""
    (meant,) = normalised(asked.services, asked.workspace, [who])
    person = await asked.services.people.person(asked.workspace, meant)
    if person is None:
        return {"people": 0, "identifiers": []}
    held = [f"{one.type}:{one.value}" for one in person.identifiers]
    return {"people": 1, "identifiers": held, "events": sum(person.counts.values())}


_OF_PEOPLE = frozenset({"sync_audience", "export_people"})


async def _people(plan: Any, asked: Asked) -> int | None:
    if effect_of(plan) == "merges":
        return 2
    to = getattr(plan, "to", plan)
    if getattr(to, "who", None) is not None:
        return 1
    people = getattr(to, "people", None)
    if people is None:
        return None
    try:
        return await questions.count_of(to_json(people), asked)
    except HeadwaterError:
        return None  # an audience that is named may not exist; carrying out will say so
