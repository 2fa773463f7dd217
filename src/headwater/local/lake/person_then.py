"""A person as they were at an instant, out of the database and the lake."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from headwater.actors.identity_past import Found, find, hot_events, past_event
from headwater.actors.identity_reading import Holding
from headwater.errors import Unavailable
from headwater.lake.event_rows import join_body
from headwater.lake.keys import DAY
from headwater.local.readers import Readers
from headwater.ports import BucketFailure, Sql
from headwater.profiles.past import PastEvent, person_of
from headwater.profiles.people import Person


class PastRows(Protocol):
    """Reads the events of people out of files."""

    def rows(
        self, workspace: str, day: int, *, who: Holding
    ) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
        """Answer a person's events that were received on a day as rows, and their tiers."""
        ...


class PeopleThen:
    """Answers who people were."""

    def __init__(self, readers: Readers, past: PastRows | None) -> None:
        """Prepare; `past` is None where there is no lake, and so nothing is let go."""
        self._readers = readers
        self._past = past

    async def person(self, workspace: str, name: str, at: int) -> Person | None:
        """Answer the person who held an identifier, normalised, at an instant in milliseconds.

        None where nobody did. Computed traits are left out: what they were is not kept.

        Raises:
            Unavailable: the lake is needed for it, and does not answer.
        """

        def read(sql: Sql) -> tuple[Found, list[PastEvent]] | None:
            found = find(sql, workspace, name, at)
            return None if found is None else (found, hot_events(sql, found))

        answer = await self._readers.run(read)
        if answer is None:
            return None
        found, events = answer
        if self._past is not None:
            try:
                events += await self._let_go(workspace, found, at)
            except BucketFailure as error:
                raise Unavailable(
                    f"Older events are in the lake, which does not answer: {error}"
                ) from error
        # Of a day that was let go the database may still have some.
        once = {(one.message_id, one.timestamp, one.via): one for one in events}
        return person_of(found.then, once.values(), at)

    async def _let_go(self, workspace: str, found: Found, at: int) -> list[PastEvent]:
        assert self._past is not None  # noqa: S101 - the caller has looked
        events: list[PastEvent] = []
        for one in found.holdings:
            for day in sorted(day for day in one.days if day * DAY <= at):
                rows, _ = await asyncio.to_thread(self._past.rows, workspace, day, who=one)
                events += map(_event, rows)
        return events


def _event(row: Mapping[str, Any]) -> PastEvent:
    return past_event(row["via"], row["type"], row["timestamp"], row["message_id"], join_body(row))
