"""Tests of `headwater.lake.catalogue` and `headwater.lake.manifest`, over a bucket in memory."""

from __future__ import annotations

import random

import pytest

from headwater.lake import keys
from headwater.lake.catalogue import Catalogue, CatalogueBroken, workspaces
from headwater.lake.manifest import Entry, Flushed, LakeFile, OutOfDate, Tier
from headwater.ports import BucketFailure
from tests.lake.memory_bucket import MemoryBucket


def lake_file(name: str, *, rows: int = 1) -> LakeFile:
    """Answer a file of one day."""
    return LakeFile(
        key=f"w/events/day=2026-11-23/{name}.parquet",
        table="events",
        tier=Tier.MICRO,
        rows=rows,
        bytes=100,
        first="user_id:1",
        last="user_id:9",
        since=1,
        until=2,
        day=20_780,
    )


def entry(name: str, *, remove: tuple[str, ...] = (), position: int = 0) -> Entry:
    """Answer an entry that adds a file, and may say how far a database was flushed."""
    one = lake_file(name)
    return Entry(
        id=f"id-{name}",
        at=1_000,
        reason="flush",
        add=(one,),
        remove=remove,
        lineage="db" if position else None,
        flushed=Flushed(position, 0) if position else None,
    )


async def test_what_one_writer_adds_another_reads() -> None:
    """Entries make versions; a reader that comes later, or reads on, sees them all."""
    bucket = MemoryBucket()
    writer, reader = Catalogue(bucket, "w"), Catalogue(bucket, "w")
    await writer.add(entry("a", position=10))
    await reader.refresh()
    await writer.add(entry("b", position=20))

    assert await reader.refresh() == writer.manifest
    assert reader.manifest.version == 2
    assert set(reader.manifest.files) == {lake_file("a").key, lake_file("b").key}
    assert reader.manifest.flushed == {"db": Flushed(20, 0)}
    assert await workspaces(bucket) == ["w"]


async def test_two_writers_do_not_overwrite_each_other() -> None:
    """Who comes second follows the log and adds the next version."""
    bucket = MemoryBucket()
    first, second = Catalogue(bucket, "w"), Catalogue(bucket, "w")
    await first.refresh()
    await second.refresh()
    await first.add(entry("a"))
    await second.add(entry("b"))

    assert second.manifest.version == 2
    assert len((await first.refresh()).files) == 2


async def test_a_compaction_of_what_is_gone_is_refused() -> None:
    """Two that compact the same files: the second is told, and its files never count."""
    bucket = MemoryBucket()
    first, second = Catalogue(bucket, "w"), Catalogue(bucket, "w")
    await first.add(entry("a"))
    await second.refresh()
    await first.add(entry("b", remove=(lake_file("a").key,)))

    with pytest.raises(OutOfDate):
        await second.add(entry("c", remove=(lake_file("a").key,)))
    assert set((await second.refresh()).files) == {lake_file("b").key}
    assert second.manifest.gone == {lake_file("a").key: 1_000}


async def test_a_long_log_is_read_from_a_checkpoint() -> None:
    """A reader from nothing and one from an old version see the same as the writer."""
    bucket = MemoryBucket()
    writer, old = Catalogue(bucket, "w"), Catalogue(bucket, "w")
    await writer.add(entry("first"))
    await old.refresh()
    for number in range(130):
        await writer.add(entry(f"n{number}", position=number + 1))
    for key in [key for key in bucket.objects if "/log/" in key]:
        if keys.version_of(key)[0] < 100:
            del bucket.objects[key]

    assert await old.refresh() == writer.manifest
    assert await Catalogue(bucket, "w").refresh() == writer.manifest


async def test_the_log_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the checkpoints cover is deleted, and the lake is still read whole."""
    monkeypatch.setattr("headwater.lake.catalogue.KEPT_VERSIONS", 100)
    bucket = MemoryBucket()
    writer = Catalogue(bucket, "w")
    for number in range(260):
        await writer.add(entry(f"n{number}"))
    await writer.forget([])

    left = [keys.version_of(key) for key in bucket.objects if "/log/" in key]
    assert min(left) == (150, False) or min(left) == (150, True)
    assert await Catalogue(bucket, "w").refresh() == writer.manifest


async def test_a_gap_in_the_log_is_told() -> None:
    """A lake that lacks an entry is not read as if it were whole."""
    bucket = MemoryBucket()
    writer = Catalogue(bucket, "w")
    for name in "abc":
        await writer.add(entry(name))
    del bucket.objects[keys.entry_key("w", 2)]

    with pytest.raises(CatalogueBroken, match="lacks version 2"):
        await Catalogue(bucket, "w").refresh()


@pytest.mark.parametrize("seed", range(20))
async def test_each_entry_counts_once_whatever_fails(seed: int) -> None:
    """Writers that try again after each failure add each of their entries exactly once."""
    bucket = MemoryBucket(seed)
    bucket.failing = 30
    order = random.Random(seed)
    writers = [Catalogue(bucket, "w"), Catalogue(bucket, "w")]
    for number in range(30):
        one = entry(f"n{number}")
        writer = order.choice(writers)
        for _ in range(100):
            try:
                await writer.add(one)
                break
            except BucketFailure:
                continue
    bucket.failing = 0
    manifest = await Catalogue(bucket, "w").refresh()

    assert manifest.version == 30
    assert len(manifest.files) == 30


async def test_a_closed_past_is_forgotten_and_nobody_adds_to_it() -> None:
    """Who read the manifest before is out of date, and then reads on from the checkpoint."""
    bucket = MemoryBucket()
    writer, late, reader = (Catalogue(bucket, "w") for _ in range(3))
    await writer.add(entry("a"))
    await late.refresh()
    await reader.refresh()
    await writer.add(entry("b", remove=(lake_file("a").key,)))

    await writer.close_past()

    entries = [
        data for key, data in bucket.objects.items() if "/log/" in key and "check" not in key
    ]
    assert not [one for one in entries if b"parquet" in one]
    with pytest.raises(OutOfDate):
        await late.add(entry("c"))
    assert set((await reader.refresh()).files) == {lake_file("b").key}
    await late.refresh()
    await late.add(entry("c"))
    assert await reader.refresh() == late.manifest
    assert reader.manifest.version == 3
    assert (await Catalogue(bucket, "w").refresh()) == late.manifest


async def test_a_past_that_is_closed_twice_is_closed() -> None:
    """As after a crash; what was added between stays."""
    bucket = MemoryBucket()
    writer = Catalogue(bucket, "w")
    for name in "abc":
        await writer.add(entry(name))
        await writer.close_past()

    assert len((await Catalogue(bucket, "w").refresh()).files) == 3


async def test_who_was_barred_adds_nothing_even_to_an_open_past() -> None:
    """Whoever read the manifest before is out of date at once; whoever reads it then may add."""
    bucket = MemoryBucket()
    writer, late, early = (Catalogue(bucket, "w") for _ in range(3))
    await writer.add(entry("a"))
    await late.refresh()
    await early.refresh()

    await writer.add(Entry(id="bar", at=7_000, reason="erase", bars_earlier=True))

    with pytest.raises(OutOfDate, match="erased"):
        await late.add(entry("b"))
    await early.refresh()
    await early.add(entry("c"))
    manifest = await writer.refresh()
    assert set(manifest.files) == {lake_file("a").key, lake_file("c").key}
    assert manifest.barred_at == 7_000


async def test_who_bars_others_may_try_again() -> None:
    """An entry whose answer was lost is known again, and bars not even its own writer."""
    bucket = MemoryBucket()
    writer, again = Catalogue(bucket, "w"), Catalogue(bucket, "w")
    await again.refresh()
    bar = Entry(id="bar", at=7_000, reason="erase", bars_earlier=True)
    await writer.add(bar)

    assert (await again.add(bar)).version == 1


async def test_however_many_entries_were_added_nobody_adds_behind_the_closed_past() -> None:
    """Who read the manifest before all of them finds none of their places free."""
    bucket = MemoryBucket()
    writer, late = Catalogue(bucket, "w"), Catalogue(bucket, "w")
    await writer.add(entry("a"))
    await late.refresh()
    since = writer.manifest.version
    for number in range(300):
        await writer.add(entry(f"n{number}"))

    await writer.close_past(since=since)

    with pytest.raises(OutOfDate):
        await late.add(entry("b"))
    assert len((await Catalogue(bucket, "w").refresh()).files) == 301
