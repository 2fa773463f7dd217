"""Files of a lake written anew without somebody, as large as they come, in whichever tier."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from headwater.actors.erased_people import ErasedPeople
from headwater.dispatch.lake_erasing import LakeErasing, LakeProgress
from headwater.lake import files, keys, rewriting
from headwater.lake.catalogue import Catalogue
from headwater.lake.event_rows import Row
from headwater.lake.files import EventLine
from headwater.lake.manifest import Entry, LakeFile, OutOfDate, Tier
from headwater.lake.parquet.reader import read
from headwater.lake.schema import EVENTS, IDENTITY
from tests.lake.memory_bucket import MemoryBucket
from tests.simulation.pipeline import SeededRandom

NOW = 1_790_000_000_000
DAY = keys.day_number(NOW)


class Lake:
    """A workspace's lake, and an erasure of user 1 in it."""

    def __init__(self) -> None:
        self.bucket = MemoryBucket()
        self.random = SeededRandom(random.Random(1))
        self.at = NOW

    def now(self) -> int:
        """Answer the milliseconds."""
        return self.at

    async def put(self, rows: list[Row], *, tier: Tier = Tier.MICRO) -> LakeFile:
        """Add a file."""
        table = EVENTS if "via" in rows[0] else IDENTITY
        name = keys.file_name(self.at, self.random.uuid())
        cold, day = tier is Tier.COLD, DAY if table is EVENTS else None
        key = keys.identity_key("w", name)
        if table is EVENTS:
            key = keys.events_key("w", DAY, name, cold=cold)
        one, data = files.written(table, key, files.in_order(table, rows), day=day, tier=tier)
        await self.bucket.put(key, data, cold=cold)
        await Catalogue(self.bucket, "w").add(
            Entry(id=self.random.uuid(), at=self.at, reason="flush", add=(one,))
        )
        return one

    def erasing(self) -> LakeErasing:
        """Answer what takes user 1 out."""
        people = ErasedPeople("w", ["user_id:1", "anonymous_id:1"])
        return LakeErasing(self.bucket, people, clock=self, random=self.random)

    async def erase(self) -> LakeProgress:
        """Take user 1 out of all files."""
        self.at += 60_000
        progress = LakeProgress()
        while await self.erasing().step(progress):
            pass
        await self.erasing().finish(progress)
        return progress

    async def rows(self) -> list[dict[str, Any]]:
        """Answer all rows that the manifest counts; what it does not is not there."""
        manifest = await Catalogue(self.bucket, "w").refresh()
        data = {key for key in self.bucket.objects if key.endswith(".parquet")}
        assert data == set(manifest.files)
        found = []
        for key, one in manifest.files.items():
            columns = read(self.bucket.objects[key])
            rows = [
                dict(zip(columns, values, strict=True))
                for values in zip(*columns.values(), strict=True)
            ]
            assert (one.rows, one.bytes) == (len(rows), len(self.bucket.objects[key]))
            who = [row["person" if "person" in row else "actor"] for row in rows]
            assert (one.first, one.last) == (min(who), max(who))
            found += rows
        return found


def row(message: str, person: str, via: str | None = None) -> Row:
    """Answer an event's row."""
    at = NOW + int(message)
    body = json.dumps({"type": "track", "messageId": message})
    return files.event_row(EventLine(person, via or person, 1, "track", at, message, body))


@pytest.mark.parametrize("tier", list(Tier))
def test_their_rows_go_and_the_tier_stays(tier: Tier) -> None:
    """Cold files stay where what is seldom read lies; others' files are not touched."""

    async def tell() -> None:
        lake = Lake()
        await lake.put([row("1", "user_id:1"), row("2", "user_id:2")], tier=tier)
        whole = await lake.put([row("3", "user_id:2")], tier=tier)
        await lake.put([row("4", "user_id:1", "anonymous_id:1")], tier=tier)

        progress = await lake.erase()

        assert (progress.files, progress.rows) == (2, 2)
        assert sorted(one["message_id"] for one in await lake.rows()) == ["2", "3"]
        manifest = await Catalogue(lake.bucket, "w").refresh()
        assert {one.tier for one in manifest.files.values()} == {tier}
        assert whole.key in manifest.files
        if tier is Tier.COLD:
            assert lake.bucket.cold >= set(manifest.files)

    asyncio.run(tell())


def test_who_was_one_with_them_lies_under_their_own_name() -> None:
    """What came by another identifier is somebody else's since a split."""

    async def tell() -> None:
        lake = Lake()
        events = [row("1", "user_id:1", "user_id:9"), row("2", "user_id:1"), row("3", "user_id:5")]
        await lake.put(events)

        await lake.erase()

        found = {one["message_id"]: one["person"] for one in await lake.rows()}
        assert found == {"1": "user_id:9", "3": "user_id:5"}

    asyncio.run(tell())


def test_a_large_file_is_written_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """In files as large as they are to be, each sorted."""
    monkeypatch.setattr(files, "GROUP_ROWS", 10)
    monkeypatch.setattr(rewriting, "SLICE_ROWS", 30)

    async def tell() -> None:
        lake = Lake()
        await lake.put([row(str(n), f"user_id:{n % 7}") for n in range(100)], tier=Tier.WARM)

        await lake.erase()

        rows = await lake.rows()
        assert {one["message_id"] for one in rows} == {str(n) for n in range(100) if n % 7 != 1}
        manifest = await Catalogue(lake.bucket, "w").refresh()
        assert len(manifest.files) > 1
        for key in manifest.files:
            people = read(lake.bucket.objects[key])["person"]
            assert people == sorted(people)

    asyncio.run(tell())


def test_identity_is_scrubbed_and_says_who_knew_them() -> None:
    """Their rows go; the state of others is written without them, and named."""

    async def tell() -> None:
        lake = Lake()
        body = json.dumps({"type": "root", "blocked": {"user_id:1": "user_id:2"}, "ids": {}})
        facts = [
            files.identity_row("state", "user_id:1", None, "{}", change=1, changed_at=NOW),
            files.identity_row("state", "user_id:2", None, body, change=1, changed_at=NOW),
            files.identity_row("member", "=account:a", "user_id:1", "1", change=1, changed_at=NOW),
        ]
        await lake.put(facts)

        progress = await lake.erase()

        (left,) = await lake.rows()
        assert json.loads(left["body"]) == {"type": "root", "blocked": {}, "ids": {}}
        assert progress.actors == ["user_id:2"]

    asyncio.run(tell())


def test_a_file_that_comes_before_the_end_is_looked_through() -> None:
    """The end says that it is not the end yet, and forgets nothing of the past."""

    async def tell() -> None:
        lake = Lake()
        await lake.put([row("1", "user_id:1"), row("2", "user_id:2")])
        lake.at += 60_000
        progress = LakeProgress()
        while await lake.erasing().step(progress):
            pass
        await lake.put([row("3", "user_id:1"), row("4", "user_id:2")])

        assert await lake.erasing().finish(progress) is None
        while await lake.erasing().step(progress):
            pass
        assert await lake.erasing().finish(progress) is not None

        assert sorted(one["message_id"] for one in await lake.rows()) == ["2", "4"]

    asyncio.run(tell())


def test_what_was_written_and_never_counted_goes_where_it_is_theirs() -> None:
    """By a flush or a merge that died or came too late; what others are writing stays."""

    async def tell() -> None:
        lake = Lake()
        await lake.put([row("1", "user_id:2")])
        lake.at += 30_000
        theirs, whole = await lake.put([row("2", "user_id:1")]), await lake.put([row("3", "x:1")])
        broken = keys.events_key("w", DAY, keys.file_name(lake.at, "broken"))
        lake.bucket.objects[broken] = b"half a file"
        for key in [key for key in lake.bucket.objects if keys.log_folder("w") in key]:
            if keys.version_of(key)[0] > 1:
                del lake.bucket.objects[key]
        lake.at += 30_000

        erasing, progress = lake.erasing(), LakeProgress()
        while await erasing.step(progress):
            pass
        assert await erasing.finish(progress) == 2

        assert theirs.key not in lake.bucket.objects
        assert broken not in lake.bucket.objects
        assert whole.key in lake.bucket.objects

    asyncio.run(tell())


def test_who_was_about_to_add_is_out_of_date() -> None:
    """It had read the manifest before, and may hold what an actor offered when it was full."""

    async def tell() -> None:
        lake = Lake()
        await lake.put([row("1", "user_id:1")])
        late = Catalogue(lake.bucket, "w")
        await late.refresh()

        await lake.erase()

        with pytest.raises(OutOfDate):
            await late.add(Entry(id="late", at=NOW, reason="flush"))
        log = [one for key, one in lake.bucket.objects.items() if "/log/" in key]
        assert not [one for one in log if b"user_id:1" in one]

    asyncio.run(tell())
