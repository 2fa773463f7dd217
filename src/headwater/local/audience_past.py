"""What the lake has of people whose audiences are to be told of it, a page of people at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from headwater.actors import audience_gaps
from headwater.actors.audience_gaps import Event, Past
from headwater.actors.identity_reading import Holding, holding
from headwater.errors import Unavailable
from headwater.lake.event_rows import join_body
from headwater.local.lake.past import PastEvents
from headwater.local.readers import Readers
from headwater.ports import BucketFailure, Sql


class AudiencePast:
    """Reads people's events out of the lake."""

    def __init__(self, readers: Readers, events: PastEvents) -> None:
        self._readers = readers
        self._events = events

    async def read(self, actors: Sequence[str]) -> list[Past]:
        """Answer what the lake has of these people now.

        Raises:
            Unavailable: the lake does not answer.
        """

        def look(sql: Sql) -> list[tuple[str, dict[str, str], Holding | None]]:
            histories = audience_gaps.histories(sql, actors)
            return [
                (actor, histories[actor], holding(sql, *actor.split("/", 1))) for actor in actors
            ]

        found = await self._readers.run(look)
        try:
            return await asyncio.to_thread(self._read, found)
        except BucketFailure as error:
            raise Unavailable(
                f"Older events are in the lake, which does not answer: {error}"
            ) from error

    def _read(self, people: Sequence[tuple[str, dict[str, str], Holding | None]]) -> list[Past]:
        """Read each day once for all who have something of it."""
        of_workspace: dict[str, dict[int, list[Holding]]] = {}
        for actor, _, who in people:
            if who is not None and who.actor == actor:
                days = of_workspace.setdefault(actor.partition("/")[0], {})
                for day in who.days:
                    days.setdefault(day, []).append(who)
        events: dict[str, dict[tuple[str, str], Event]] = {actor: {} for actor, _, _ in people}
        for workspace, days in of_workspace.items():
            for day, holders in days.items():
                held_by = {name: one.actor for one in holders for name in one.identifiers}
                rows, _ = self._events.rows(workspace, day, who=_together(holders))
                for row in rows:
                    via, message_id = row["via"], row["message_id"]
                    event = (via, row["timestamp"], message_id, join_body(row))
                    # The lake may have a message twice that was sent again much later.
                    events[held_by[via]].setdefault((via, message_id), event)
        return [
            Past(actor, histories, list(events[actor].values())) for actor, histories, _ in people
        ]


def _together(holders: Sequence[Holding]) -> Holding:
    """Answer several people's holdings as one, to be read in one go."""
    return Holding(
        actor="",
        identifiers=frozenset(name for one in holders for name in one.identifiers),
        known_as=frozenset(name for one in holders for name in one.known_as),
        days={},
    )
