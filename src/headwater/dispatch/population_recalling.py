"""Tells a shard of the population of events that their actor has let go, out of the lake."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from headwater.actors.identity_looking_calls import (
    Past,
)
from headwater.actors.identity_object import IdentityObject
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.actors.population_calls import Recalled, Taken
from headwater.actors.population_feed import event_of
from headwater.errors import HeadwaterError
from headwater.lake.event_rows import join_body
from headwater.ports import CallFailed, Sql

LakeRows = Callable[[str, Past, Sequence[int]], Awaitable[Sequence[Mapping[str, Any]]]]
"""Answers a person's events of some days out of the lake, as rows: workspace, who, days."""

Tell = Callable[[str, str, Recalled], Awaitable[Taken]]
"""Tells the shard in which a person lies: workspace, person, what."""

DAYS = 20
"""Days of which a shard is told at a time; what is cut short goes on behind them."""

_logger = logging.getLogger(__name__)


async def recall(actor: IdentityObject, sql: Sql, name: str, *, rows: LakeRows, tell: Tell) -> bool:
    """Tell the shard what it lacks; tell whether that is done, or is to be tried again."""
    state = Turn(sql).state(name)
    if isinstance(state, Root):
        past = Past(sorted(state.ids), sorted(state.blocked), {})
        days = {via: sorted(history.days) for via, history in Turn(sql).history(name)}
        try:
            for via, after in actor.feed.lacks.items():
                later = [day for day in days.get(via, ()) if day > after]
                await _recall(name, past, (via, later), rows=rows, tell=tell)
        except (CallFailed, HeadwaterError) as error:
            _logger.warning("A shard waits for old events, it is tried again: %s", error)
            return False
    actor.feed.lacks = {}
    return True


async def _recall(
    name: str, past: Past, lacking: tuple[str, Sequence[int]], *, rows: LakeRows, tell: Tell
) -> None:
    workspace, _, person = name.partition("/")
    via, days = lacking
    for start in range(0, max(len(days), 1), DAYS):
        some = days[start : start + DAYS]
        found = [row for row in await rows(workspace, past, some) if row["via"] == via]
        events = [
            event_of(row["timestamp"], row["message_id"], row["type"], via, join_body(row))
            for row in found
        ]
        until = some[-1] if start + DAYS < len(days) else None
        taken = await tell(workspace, person, Recalled(person, via, until, events))
        if not taken.is_taken:
            return  # somebody else's by now, or told already
