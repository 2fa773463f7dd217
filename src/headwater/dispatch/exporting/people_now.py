"""Who holds an event's identifier now: in the lake stands who it was when the event went there."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from headwater.dispatch.people import PeopleOverActors
from headwater.dispatch.population import Shards
from headwater.dispatch.questions import asked_of
from headwater.exports.events import Row

AT_ONCE = 1_000
"""People that shards are asked about in one call."""

_SIDE_BY_SIDE = 16

_HELD = (
    "SELECT person, identifiers FROM person"
    " WHERE gone = 0 AND person IN (SELECT value FROM json_each(?))"
)
_PERSON = re.compile(r"\bperson\b", re.IGNORECASE)


def names_person(where: str | None) -> bool:
    """Tell whether a condition may ask who an event's person is."""
    return where is not None and _PERSON.search(where) is not None


class PeopleNow:
    """Tells it after every merge and split.

    Most people still hold what they held then, which the population's shards know by a few calls;
    of the others each identifier's own actor is asked.
    """

    def __init__(self, shards: Shards, people: PeopleOverActors) -> None:
        self._shards = shards
        self._people = people

    async def rename(self, workspace: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Answer rows of events under who holds their `via` now; `then` is who it was.

        Raises:
            Unavailable: somebody does not answer; it is to be done again.
        """
        holders: dict[str, str] = {}
        named = sorted({row["person"] for row in rows})
        for start in range(0, len(named), AT_ONCE):
            some = json.dumps(named[start : start + AT_ONCE])
            for part in await asked_of(self._shards, workspace, _HELD, (some,)):
                for person, identifiers in part:
                    holders |= dict.fromkeys(json.loads(identifiers), person)
        others = sorted({row["via"] for row in rows} - holders.keys())
        limit = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def root(via: str) -> str | None:
            async with limit:
                return await self._people.root(workspace, via)

        for via, found in zip(others, await asyncio.gather(*map(root, others)), strict=True):
            if found is not None:
                holders[via] = found
        return [
            {**row, "person": holders.get(row["via"], row["person"]), "then": row["person"]}
            for row in rows
        ]
