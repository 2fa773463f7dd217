"""Timelines that go on in the lake's files, out of a bucket that is read in ranges."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from headwater.actors.identity_looking_calls import (
    Past,
)
from headwater.actors.identity_timeline import parse_cursor
from headwater.errors import Unavailable
from headwater.lake.catalogue import Catalogue
from headwater.lake.event_rows import join_body
from headwater.lake.fetching import fetched, opened
from headwater.lake.manifest import LakeFile, Manifest, Tier
from headwater.lake.parquet.errors import ParquetError
from headwater.lake.parquet.reader import read_where
from headwater.lake.schema import EVENTS
from headwater.lake.timeline import Found, TieredPage
from headwater.ports import Bucket, BucketFailure, ObjectMissing
from headwater.profiles.people import TimelineFilter, TimelinePage

_DAYS_AT_ONCE = 6
"""Days that are read side by side; a Worker has six connections open at a time."""

FarOnes = Callable[[str], Awaitable[Past | None]]
"""Answers what a person is called that an identifier leads to; None if there is nobody."""


class PastEvents:
    """Reads people's events out of files; what it remembers of manifests may be forgotten."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._manifests: dict[str, Manifest] = {}

    async def timeline(
        self,
        workspace: str,
        past: Past,
        *,
        far: FarOnes,
        which: TimelineFilter,
        limit: int,
        cursor: str | None,
    ) -> TimelinePage:
        """Answer one page of a person's events, those that the actor has among them.

        Raises:
            Unavailable: the lake is needed for it, and does not answer.
        """
        after = parse_cursor(cursor) if cursor else None
        page = TieredPage(past.hot, days=past.days, which=which, limit=limit, after=after)
        if not page.wants():
            return page.page()
        people = sorted(await _ever_together(past, far))
        try:
            manifest = await self._manifest(workspace)
            while days := page.wants():
                for day in days:
                    events, tiers = await self._read(manifest, day, people, past.identifiers)
                    page.give(day, events, tiers=tiers)
        except (BucketFailure, ObjectMissing, ParquetError) as error:
            raise Unavailable(
                f"Older events are in the lake, which does not answer: {error}"
            ) from error
        return page.page()

    async def rows(
        self, workspace: str, past: Past, *, far: FarOnes, days: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Answer a person's events that were received on these days (since 1970), as rows.

        Raises:
            Unavailable: the lake does not answer.
        """
        people = sorted(await _ever_together(past, far))
        waiting, found = sorted(days), list[dict[str, Any]]()
        try:
            manifest = await self._manifest(workspace)
            while waiting:
                some, waiting = waiting[:_DAYS_AT_ONCE], waiting[_DAYS_AT_ONCE:]
                own = [one for one in manifest.of(EVENTS.name) if one.day in some]
                parts = await asyncio.gather(
                    *(self._rows(one, people, past.identifiers) for one in own if _may(one, people))
                )
                found += [row for part in parts for row in part]
        except (BucketFailure, ObjectMissing, ParquetError) as error:
            raise Unavailable(
                f"Older events are in the lake, which does not answer: {error}"
            ) from error
        return found

    async def _manifest(self, workspace: str) -> Manifest:
        # Its own: requests of one isolate may not wait for each other.
        catalogue = Catalogue(self._bucket, workspace, known=self._manifests.get(workspace))
        found = await catalogue.refresh()
        self._manifests[workspace] = found
        return found

    async def _read(
        self, manifest: Manifest, day: int, people: Sequence[str], identifiers: Sequence[str]
    ) -> tuple[list[Found], list[str]]:
        """Answer a person's events that were received on a day, and the tiers they are in."""
        own = [one for one in manifest.of(EVENTS.name) if one.day == day and _may(one, people)]
        parts = await asyncio.gather(*(self._rows(one, people, identifiers) for one in own))
        tiers = [
            Tier.WARM if one.tier is Tier.MICRO else one.tier
            for one, part in zip(own, parts, strict=True)
            if part
        ]
        found = [
            ((row["timestamp"], row["message_id"]), json.loads(join_body(row)))
            for part in parts
            for row in part
        ]
        return found, [str(tier) for tier in tiers]

    async def _rows(
        self, one: LakeFile, people: Sequence[str], identifiers: Sequence[str]
    ) -> list[dict[str, Any]]:
        file = await opened(self._bucket, one)
        table = await fetched(read_where(file, "person", frozenset(people)), self._bucket, one.key)
        held = frozenset(identifiers)
        return [
            {name: values[place] for name, values in table.items()}
            for place, via in enumerate(table["via"])
            if via in held
        ]


def _may(one: LakeFile, people: Sequence[str]) -> bool:
    return any(one.first <= person <= one.last for person in people)


async def _ever_together(past: Past, far: FarOnes) -> set[str]:
    """Answer the identifiers that were ever one person with these, as far as splits tell."""
    found = set(past.identifiers)
    waiting, seen = list(past.others), set(past.others)
    while waiting:
        other = await far(waiting.pop())
        if other is not None:
            found |= set(other.identifiers)
            new = [name for name in other.others if name not in seen and name not in found]
            seen.update(new)
            waiting += new
    return found
