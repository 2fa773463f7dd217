"""Files merged in slices: the same rows, in order, however often it is begun anew."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import msgspec
import pytest

from headwater.lake import files, merging
from headwater.lake.files import EventLine
from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.merging import Progress, Slice, depth
from headwater.lake.parquet.reader import read
from headwater.lake.schema import EVENTS, IDENTITY
from tests.lake.memory_bucket import MemoryBucket

DAY = 20_000
NOON = DAY * 86_400_000 + 43_200_000


def event_file(bucket: MemoryBucket, key: str, numbers: list[int], rng: random.Random) -> LakeFile:
    """Store a sorted file of events of a few people."""
    lines = [
        EventLine(
            f"user_id:{rng.randrange(12):02}",
            "user_id:x",
            number,
            "track",
            NOON + rng.randrange(1000),
            f"m{number}",
            json.dumps({"type": "track", "properties": {"text": "x" * rng.randrange(300)}}),
        )
        for number in numbers
    ]
    rows = files.in_order(EVENTS, map(files.event_row, lines))
    one, data = files.written(EVENTS, key, rows, day=DAY)
    bucket.objects[key] = data
    return one


def lines_of(bucket: MemoryBucket, some: list[LakeFile]) -> list[tuple[Any, ...]]:
    """Answer the rows of files, one file after the other."""
    return [
        line for one in some for line in zip(*read(bucket.objects[one.key]).values(), strict=True)
    ]


def merge(bucket: MemoryBucket, progress: Progress) -> Progress:
    """Merge, each slice by a process that knows only what was kept."""
    for number in range(1000):
        if progress.is_complete:
            return progress
        asyncio.run(Slice(bucket, progress).write(f"out-{len(bucket.objects)}-{number}"))
        progress = msgspec.json.decode(msgspec.json.encode(progress), type=Progress)
    raise AssertionError("it does not end")


@pytest.mark.parametrize("seed", range(4))
def test_slices_give_the_rows_in_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the slices' and groups' sizes: all rows, each once, sorted, in described files."""
    rng = random.Random(seed)
    monkeypatch.setattr(merging, "SLICE_ROWS", rng.choice([5, 17, 40, 10_000]))
    monkeypatch.setattr(files, "GROUP_ROWS", rng.choice([2, 5, 30]))
    monkeypatch.setattr(files, "GROUP_BYTES", rng.choice([100, 3000, 1 << 20]))
    bucket = MemoryBucket()
    numbers = list(range(rng.randint(1, 90)))
    rng.shuffle(numbers)
    count = rng.randint(1, 9)
    parts = [numbers[start::count] for start in range(count)]
    inputs = [
        event_file(bucket, f"in-{place}", part, rng) for place, part in enumerate(parts) if part
    ]

    done = merge(bucket, Progress(inputs, Tier.WARM, [0] * len(inputs))).done

    found = lines_of(bucket, done)
    key = merging._place(EVENTS)
    assert found == sorted(found, key=key)
    assert sorted(found, key=str) == sorted(lines_of(bucket, inputs), key=str)
    for one in done:
        table = read(bucket.objects[one.key])
        assert (one.rows, one.bytes) == (len(table["person"]), len(bucket.objects[one.key]))
        assert (one.first, one.last) == (min(table["person"]), max(table["person"]))
        assert (one.since, one.until) == (min(table["timestamp"]), max(table["timestamp"]))
        assert (one.tier, one.day) == (Tier.WARM, DAY)
    again = merge(bucket, Progress(done, Tier.WARM, [0] * len(done))).done
    assert lines_of(bucket, again) == found


def test_identity_facts_are_merged_by_kind() -> None:
    """Their order is not by person alone, which the manifest knows."""
    bucket = MemoryBucket()
    inputs = []
    for number in range(3):
        rows = [
            files.identity_row(kind, f"user_id:{who}", key, "{}", change=number, changed_at=5)
            for who in "abc"
            for kind, key in (("traits", "email:x"), ("state", None))
        ]
        key = f"in-{number}"
        one, data = files.written(IDENTITY, key, files.in_order(IDENTITY, rows), day=None)
        bucket.objects[key] = data
        inputs.append(one)

    done = merge(bucket, Progress(inputs, Tier.MICRO, [0, 0, 0])).done

    found = lines_of(bucket, done)
    assert [(line[0], line[1], line[3]) for line in found] == [
        (kind, f"user_id:{who}", number)
        for kind in ("state", "traits")
        for who in "abc"
        for number in range(3)
    ]


def test_files_that_follow_each_other_are_read_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a run of files no more is fetched at a time than of one."""
    rng = random.Random(1)
    bucket = MemoryBucket()
    everything = event_file(bucket, "in", list(range(200)), rng)
    monkeypatch.setattr(merging, "SLICE_ROWS", 40)
    monkeypatch.setattr(files, "GROUP_ROWS", 20)
    run = merge(bucket, Progress([everything], Tier.MICRO, [0])).done
    monkeypatch.undo()
    opened: list[str] = []

    class Watched(MemoryBucket):
        async def range(self, key: str, start: int, length: int) -> bytes:
            opened.append(key)
            return await super().range(key, start, length)

    watched = Watched()
    watched.objects = bucket.objects
    halves = [
        event_file(bucket, f"half-{n}", list(range(100 * n, 100 * n + 100)), rng) for n in (0, 1)
    ]
    assert len(run) > 3
    assert depth(run)[0] == 1
    assert depth([*run, *halves])[0] == 3
    asyncio.run(Slice(watched, Progress(run, Tier.WARM, [0] * len(run))).write("out"))
    assert opened == [one.key for one in run]
