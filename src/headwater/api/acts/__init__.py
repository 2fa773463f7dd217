"""Plans carried out: one table from a plan's type to what does it.

What an act answers is JSON for programs and for the command line to show. A plan whose machinery
this server does not have is refused with `NotYet`, which says what is missing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from headwater.api.acts import (
    audiences,
    definitions,
    deliveries,
    erasing,
    exports,
    facts,
    people,
    questions,
    replaying,
    routes,
    stopping,
    syncs,
)
from headwater.api.acts.asked import Asked, NotYet
from headwater.language.plan import Chain, kinds

Act = Callable[[Any, Asked], Awaitable[dict[str, Any]]]

ACTS: Mapping[str, Act] = {
    "record": facts.record,
    "identify": facts.identify,
    "link": people.link,
    "merge": people.merge,
    "show_person": people.show_person,
    "export_person": exports.export_person,
    "define_audience": audiences.define_audience,
    "define_word": audiences.define_word,
    "define_trait": definitions.define_trait,
    "list_definitions": definitions.list_definitions,
    "route_events": routes.route_events,
    "stop_routing": stopping.stop_routing,
    "list_routes": routes.list_routes,
    "sync_audience": syncs.sync_audience,
    "stop_sync": syncs.stop_sync,
    "sync_events": syncs.sync_events,
    "export_events": exports.export_events,
    "export_people": exports.export_people,
    "erase": erasing.erase,
    "suppress": erasing.suppress,
    "unsuppress": erasing.unsuppress,
    "replay": replaying.replay,
    "delivery_status": deliveries.delivery_status,
    "list_people": questions.list_people,
    "count_people": questions.count_people,
    "ask": questions.ask,
}


def missing_for(plan: Any) -> str | None:
    """Answer what this server lacks to carry out a plan; None where it can."""
    if plan.do in ACTS:
        return None
    if isinstance(plan, Chain):
        return "journeys"
    needs: str | None = kinds()[plan.do].needs
    return needs or plan.do.replace("_", " ")


async def carry_out(plan: Any, asked: Asked) -> dict[str, Any]:
    """Do what a plan says, and answer what came of it.

    Raises:
        NotYet: this server cannot do that yet.
        HeadwaterError: it could not be done.
    """
    missing = missing_for(plan)
    if missing is not None:
        raise NotYet(missing, plan)
    return await ACTS[plan.do](plan, asked)
