"""People's events out of the lake's files, and what reaches from the database into it."""

from __future__ import annotations

import asyncio
import json
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.actors.identity_reading import Holding, holding
from headwater.actors.identity_timeline import events_after, parse_cursor
from headwater.errors import Unavailable
from headwater.lake.event_rows import join_body
from headwater.lake.manifest import LakeFile, Manifest, Tier
from headwater.lake.schema import EVENTS
from headwater.lake.timeline import Found, TieredPage
from headwater.local.lake.lake import Lake
from headwater.local.lake.person_then import PeopleThen
from headwater.local.readers import Readers
from headwater.ports import BucketFailure, ObjectMissing, Sql
from headwater.profiles.people import Person, TimelineFilter, TimelinePage

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_FOOTERS_KEPT = 512


@dataclass(frozen=True, slots=True)
class _Footer:
    """What is kept of a file: its metadata, and the least and greatest person of each row group.

    Row groups of a file that was joined of several (join.py) are not in order of each other.
    """

    metadata: pq.FileMetaData
    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    are_in_order: bool

    def groups(self, people: Sequence[str]) -> list[int]:
        """Answer the row groups that may have rows of these people, who are in order."""
        if not self.are_in_order:
            bounds = zip(self.firsts, self.lasts, strict=True)
            return [place for place, ends in enumerate(bounds) if _any_within(people, *ends)]
        found: set[int] = set()
        for person in people:
            group = bisect_left(self.lasts, person)
            while group < len(self.lasts) and self.firsts[group] <= person:
                found.add(group)
                group += 1
        return sorted(found)


class PastEvents:
    """Reads the events of people out of files; from threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._footers: OrderedDict[str, _Footer] = OrderedDict()
        self._lock = threading.Lock()

    def read(
        self, workspace: str, day: int, *, who: Holding
    ) -> tuple[list[Found], tuple[str, ...]]:
        """Answer a person's events that were received on a day, in any order, and their tiers.

        Raises:
            BucketFailure: a file could not be read.
        """
        rows, tiers = self.rows(workspace, day, who=who)
        return [
            ((row["timestamp"], row["message_id"]), json.loads(join_body(row))) for row in rows
        ], tiers

    def rows(
        self, workspace: str, day: int, *, who: Holding
    ) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
        """Answer the same as rows of the lake; see `lake.schema.EVENTS`."""
        found: list[Mapping[str, Any]] = []
        tiers: list[str] = []
        people = sorted(who.known_as)
        for one in _files(self._lake.manifest_now(workspace), day, people):
            try:
                rows = self._rows(one, people, who.identifiers)
            except ObjectMissing as error:
                raise BucketFailure(f"{one.key} is not there.") from error
            tier = Tier.WARM if one.tier is Tier.MICRO else one.tier
            if rows and tier not in tiers:
                tiers.append(tier)
            found += rows
        return found, tuple(tiers)

    def _rows(
        self, one: LakeFile, people: Sequence[str], identifiers: frozenset[str]
    ) -> list[Mapping[str, Any]]:
        # Imported here: a server that never looks back need not have Arrow in memory.
        import pyarrow as pa  # noqa: PLC0415 - see above
        import pyarrow.compute as pc  # noqa: PLC0415 - see above
        import pyarrow.parquet as pq  # noqa: PLC0415 - see above

        from headwater.local.lake.arrow import python_rows  # noqa: PLC0415 - see above

        with self._lake.open_file(one) as source:
            footer = self._footer(one, source)
            groups = footer.groups(people)
            if not groups:
                return []
            file = pq.ParquetFile(source, metadata=footer.metadata)
            rows = file.read_row_groups(groups, use_threads=False)
        mask = pc.is_in(rows.column("via"), pa.array(sorted(identifiers), pa.string()))
        return list(python_rows(rows.filter(mask)))

    def _footer(self, one: LakeFile, source: Any) -> _Footer:
        import pyarrow.parquet as pq  # noqa: PLC0415 - as above

        with self._lock:
            if found := self._footers.get(one.key):
                self._footers.move_to_end(one.key)
                return found
        metadata = pq.read_metadata(source)
        place = [column.name for column in EVENTS.columns].index("person")
        bounds = [
            metadata.row_group(number).column(place).statistics
            for number in range(metadata.num_row_groups)
        ]
        firsts, lasts = [one.min for one in bounds], [one.max for one in bounds]
        in_order = all(last <= first for last, first in zip(lasts, firsts[1:], strict=False))
        footer = _Footer(metadata, tuple(firsts), tuple(lasts), in_order)
        with self._lock:
            self._footers[one.key] = footer
            while len(self._footers) > _FOOTERS_KEPT:
                self._footers.popitem(last=False)
        return footer


def _files(manifest: Manifest, day: int, people: Sequence[str]) -> list[LakeFile]:
    """Answer the files of a day that may have rows of these people, who are in order."""
    return [
        one
        for one in manifest.of(EVENTS.name)
        if one.day == day and _any_within(people, one.first, one.last)
    ]


def _any_within(people: Sequence[str], first: str, last: str) -> bool:
    """Tell whether one of these people, who are in order, comes between two, or is one of them."""
    place = bisect_left(people, first)
    return place < len(people) and people[place] <= last


class TieredPast:
    """Timelines, and people as they were, from the database and, for what it let go, the lake."""

    def __init__(self, readers: Readers, lake: Lake) -> None:
        self._readers = readers
        self._past = PastEvents(lake)
        self._then = PeopleThen(readers, self._past)

    async def person(self, workspace: str, name: str, at: int) -> Person | None:
        """Answer who held an identifier at an instant; see `PeopleThen.person`."""
        return await self._then.person(workspace, name, at)

    async def timeline(
        self,
        workspace: str,
        name: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None,
    ) -> TimelinePage | None:
        """Answer one page; `name` is a normalised identifier. See `People.timeline`.

        Raises:
            Unavailable: the lake is needed for it, and does not answer.
        """

        def read(sql: Sql) -> tuple[Holding, list[Found]] | None:
            who = holding(sql, workspace, name)
            if who is None:
                return None
            return who, events_after(sql, who.actor, which=which, limit=limit, cursor=cursor)

        found = await self._readers.run(read)
        if found is None:
            return None
        who, hot = found
        after = parse_cursor(cursor) if cursor else None
        page = TieredPage(hot, days=who.days, which=which, limit=limit, after=after)
        try:
            while days := page.wants():
                reading = [
                    asyncio.to_thread(self._past.read, workspace, day, who=who) for day in days
                ]
                for day, (events, tiers) in zip(days, await asyncio.gather(*reading), strict=True):
                    page.give(day, events, tiers=tiers)
        except BucketFailure as error:
            raise Unavailable(
                f"Older events are in the lake, which does not answer: {error}"
            ) from error
        return page.page()
