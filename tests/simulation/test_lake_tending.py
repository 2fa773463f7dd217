"""Tending a lake by triggers that may die at any step: days are compacted, aged and cleaned up."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from typing import Any

import pytest

from headwater.dispatch.lake_tending import LakeTending
from headwater.lake import files, keys, merging
from headwater.lake.catalogue import Catalogue
from headwater.lake.files import EventLine
from headwater.lake.manifest import Entry, Manifest, Tier
from headwater.lake.parquet.reader import read
from headwater.lake.schema import EVENTS
from headwater.ports import BucketFailure
from tests.lake.memory_bucket import MemoryBucket
from tests.simulation.pipeline import SeededRandom

DAY = 86_400_000
TODAY = 20_000


class SetClock:
    """The `Clock` port, set by hand."""

    def __init__(self) -> None:
        self.at = TODAY * DAY

    def now(self) -> int:
        """Answer the milliseconds."""
        return self.at


class Lake:
    """A workspace's lake, filled as consumers of the queue do."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = random.Random(seed)
        self.bucket = MemoryBucket(seed)
        self.clock = SetClock()
        self.random = SeededRandom(self.rng)
        self.sent: list[str] = []

    def flush(self, events: int, *, day: int = TODAY) -> None:
        """Add a small file of events of that day."""
        lines = []
        for _ in range(events):
            message = f"m{len(self.sent)}"
            self.sent.append(message)
            who = f"user_id:{self.rng.randrange(9)}"
            at = day * DAY + self.rng.randrange(DAY)
            body = json.dumps({"type": "track", "messageId": message})
            lines.append(EventLine(who, who, 1, "track", at, message, body))
        rows = files.in_order(EVENTS, map(files.event_row, lines))
        key = keys.events_key("w", day, keys.file_name(self.clock.at, self.random.uuid()))
        one, data = files.written(EVENTS, key, rows, day=day)
        self.bucket.objects[key] = data
        entry = Entry(id=self.random.uuid(), at=self.clock.at, reason="flush", add=(one,))
        asyncio.run(Catalogue(self.bucket, "w").add(entry))

    def trigger(self, slices: int = 4) -> int:
        """Let cron fire in a new process; answer the slices that it did."""
        tending = LakeTending(
            self.bucket, clock=self.clock, random=self.random, settling=0, cold_days=365
        )
        return asyncio.run(tending.tend(slices=slices))

    def manifest(self) -> Manifest:
        """Answer the manifest as it is now."""
        failing, self.bucket.failing = self.bucket.failing, 0
        found = asyncio.run(Catalogue(self.bucket, "w").refresh())
        self.bucket.failing = failing
        return found

    def rows(self) -> list[dict[str, Any]]:
        """Answer the rows that readers see."""
        found: list[dict[str, Any]] = []
        for one in self.manifest().of("events"):
            columns = read(self.bucket.objects[one.key])
            found += [
                dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
            ]
        return found

    def check(self) -> None:
        """Check that every event is there once."""
        assert sorted(row["message_id"] for row in self.rows()) == sorted(self.sent)


def test_small_files_are_merged_as_they_pile_up() -> None:
    """Sixteen of a day become one, and their bytes stay for whoever reads them now."""
    lake = Lake()
    for _ in range(15):
        lake.flush(3)
    assert lake.trigger() == 0
    lake.flush(3)

    assert lake.trigger() == 1

    (one,) = lake.manifest().of("events")
    assert (one.tier, one.rows) == (Tier.MICRO, 48)
    assert len(lake.manifest().gone) == 16
    lake.check()


def test_a_day_that_is_over_is_sorted_and_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    """It becomes warm in slices over several triggers, cold after a year, and what it was goes."""
    monkeypatch.setattr(merging, "SLICE_ROWS", 25)
    monkeypatch.setattr(files, "GROUP_ROWS", 10)
    lake = Lake()
    for _ in range(20):
        lake.flush(6)
    lake.clock.at += DAY + 3_600_000

    rounds = 0
    while lake.trigger(slices=1):
        rounds += 1
        lake.check()
        assert rounds < 100
    warm = lake.manifest().of("events")

    assert rounds > 5
    assert {one.tier for one in warm} == {Tier.WARM}
    assert merging.depth(warm)[0] <= 2
    assert keys.merging_key("w") not in lake.bucket.objects
    lake.clock.at += 2 * DAY
    lake.trigger()
    assert lake.manifest().gone == {}
    assert {key for key in lake.bucket.objects if key.endswith(".parquet")} == {
        one.key for one in warm
    }
    lake.clock.at += 366 * DAY
    while any(one.tier is Tier.WARM for one in lake.manifest().of("events")):
        lake.trigger()
    cold = lake.manifest().of("events")
    assert {one.key for one in cold} <= lake.bucket.cold
    lake.check()


def test_what_a_crash_left_behind_goes_after_midnight() -> None:
    """A file that no entry names is deleted; what a merge under way has done stays."""
    lake = Lake()
    lake.flush(3)
    stray = keys.events_key("w", TODAY, keys.file_name(lake.clock.at, "dead"))
    lake.bucket.objects[stray] = b"half a flush"
    lake.clock.at += 12 * 3_600_000
    lake.trigger()
    assert stray in lake.bucket.objects

    lake.clock.at += 12 * 3_600_000
    lake.trigger()

    assert stray not in lake.bucket.objects
    lake.check()


def test_it_goes_sooner_where_somebody_was_erased() -> None:
    """It may be of them; an hour after that nobody is about to count it any more."""
    lake = Lake()
    lake.clock.at += 6 * 3_600_000
    lake.flush(3)
    stray = keys.events_key("w", TODAY, keys.file_name(lake.clock.at + 1000, "dead"))
    lake.bucket.objects[stray] = b"half a flush"
    bar = Entry(id="bar", at=lake.clock.at, reason="erase", bars_earlier=True)
    asyncio.run(Catalogue(lake.bucket, "w").add(bar))
    lake.clock.at += 50 * 60_000
    lake.trigger()
    assert stray in lake.bucket.objects

    lake.clock.at += 20 * 60_000
    lake.trigger()

    assert stray not in lake.bucket.objects
    lake.check()


class Barring(MemoryBucket):
    """A bucket in which somebody is erased just before an entry of the given reason arrives."""

    def __init__(self, objects: dict[str, bytes], reason: str) -> None:
        super().__init__()
        self.objects = objects
        self._reason = f'"reason":"{reason}"'.encode()
        self._is_done = False

    async def put(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        """Store an object, at times after somebody else has."""
        if self._reason in data and not self._is_done:
            self._is_done = True
            bar = Entry(id="bar", at=1, reason="erase", bars_earlier=True)
            await Catalogue(self, "w").add(bar)
        return await super().put(key, data, only_if_absent=only_if_absent, cold=cold)


def test_what_it_was_about_to_put_in_place_is_taken_back() -> None:
    """Where somebody was erased meanwhile: it may be of them, and nobody would look there."""
    lake = Lake()
    for _ in range(16):
        lake.flush(3)
    lake.bucket = Barring(lake.bucket.objects, "compact")
    before = set(lake.bucket.objects)
    assert lake.trigger() == 0
    assert {key for key in set(lake.bucket.objects) - before if key.endswith(".parquet")} == set()
    lake.check()

    assert lake.trigger() == 1
    lake.clock.at += 2 * DAY
    lake.trigger()
    lake.clock.at += 366 * DAY
    lake.bucket = Barring(lake.bucket.objects, "age")
    before = set(lake.bucket.objects)
    lake.trigger()
    assert {key for key in set(lake.bucket.objects) - before if key.endswith(".parquet")} == set()
    lake.check()

    lake.trigger()

    assert {one.tier for one in lake.manifest().of("events")} == {Tier.COLD}
    lake.check()


@pytest.mark.parametrize("seed", range(2))
def test_whatever_fails_no_row_is_lost_or_doubled(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bucket fails in a third of the calls, flushes come in between: it comes to its end."""
    monkeypatch.setattr(merging, "SLICE_ROWS", 25)
    monkeypatch.setattr(files, "GROUP_ROWS", 10)
    lake = Lake(seed)
    for _ in range(25):
        lake.flush(5)
    lake.clock.at += DAY + 3_600_000
    lake.bucket.failing = 15
    for number in range(40):
        with suppress(BucketFailure):
            lake.trigger(slices=2)
        if number in {5, 11}:
            lake.bucket.failing = 0
            lake.flush(4)
            lake.bucket.failing = 15
        lake.check()
    lake.bucket.failing = 0
    while lake.trigger():
        pass

    assert {one.tier for one in lake.manifest().of("events")} == {Tier.WARM}
    lake.check()
