"""Tests of `headwater.local.lake.join`: small files of the present day put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headwater.actors.identity_reading import holding
from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.schema import EVENTS, IDENTITY
from headwater.lake.tending import PILE
from headwater.local.folder_bucket import FolderBucket
from headwater.local.lake import join as joining
from headwater.local.lake.arrow import python_rows
from headwater.local.lake.join import join
from headwater.local.lake.orders import Compact, Compacted
from headwater.local.lake.past import PastEvents
from headwater.local.lake.tender import TARGET
from headwater.local.lake.worker import carry_out
from tests.local.lake.harness import NOW, Shop, shop
from tests.simulation.world import WORKSPACE, arrival


async def flushed(one: Shop, *, files: int = PILE, people: int = 7) -> Sequence[LakeFile]:
    """Flush so many files with an event of each person in each; answer the files of events."""
    for number in range(files):
        events = [
            arrival(f"m{number:02}x{who}", "track", (f"user_id:u{who}",), event="Seen", at=NOW)
            for who in range(people)
        ]
        await one.receive(*events)
        await one.lake.flush()
    return one.lake.manifest_now(WORKSPACE).of("events")


def an_order(
    files: Sequence[LakeFile],
    *,
    tier: Tier = Tier.MICRO,
    target: int = TARGET,
    address: str = "",
    join_from: int = 7,
) -> Compact:
    """Answer the order to compact files."""
    return Compact(
        address=address,
        workspace=WORKSPACE,
        files=list(files),
        target=target,
        level=1,
        tier=tier,
        join_from=join_from,
        now=NOW,
        unique="0123456789abcdef",
        memory=1024**3,
    )


def rows_of(bucket: FolderBucket, files: Sequence[LakeFile]) -> list[dict[str, object]]:
    """Answer all rows of files, in their order."""
    return [
        row
        for one in files
        for row in python_rows(pq.read_table(bucket.path(one.key), partitioning=None))
    ]


def place(row: dict[str, object]) -> list[tuple[bool, str]]:
    """Answer where a row of either table stands; what is not there comes last."""
    order = EVENTS.order if "person" in row else IDENTITY.order
    values = [row[name] for name in order]
    return [(one is None, f"{one:020}" if isinstance(one, int) else str(one)) for one in values]


async def test_files_are_joined_row_by_row_as_they_are(tmp_path: Path) -> None:
    """The manifest says of the whole what it said of the parts; its row groups are the flushes'."""
    async with shop(tmp_path) as one:
        files = await flushed(one)
        bucket = FolderBucket(tmp_path / "lake")
        done = await join(an_order(files), bucket)
        assert done is not None
        (new,) = done.files
        assert rows_of(bucket, [new]) == rows_of(bucket, files)
        assert new.bytes == bucket.path(new.key).stat().st_size
        assert (new.rows, new.tier, new.day) == (7 * PILE, Tier.MICRO, files[0].day)
        assert (new.first, new.last) == ("user_id:u0", "user_id:u6")
        assert new.since == min(each.since for each in files)
        assert new.until == max(each.until for each in files)
        assert pq.ParquetFile(bucket.path(new.key)).num_row_groups == PILE


async def test_no_file_becomes_larger_than_was_asked_for(tmp_path: Path) -> None:
    """Where all would be too much for one, they become several, each of its own name."""
    async with shop(tmp_path) as one:
        files = await flushed(one, files=6)
        bucket = FolderBucket(tmp_path / "lake")
        target = files[0].bytes * 5 // 2
        done = await join(an_order(files, target=target), bucket)
        assert done is not None
        assert [each.rows for each in done.files] == [14, 14, 14]
        assert rows_of(bucket, done.files) == rows_of(bucket, files)


async def test_what_is_large_or_damaged_or_of_a_day_that_is_over_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB sorts it, or says what is wrong with it."""
    async with shop(tmp_path) as one:
        files = await flushed(one, files=3)
        bucket = FolderBucket(tmp_path / "lake")
        assert await join(an_order(files, join_from=8), bucket) is not None
        monkeypatch.setattr(joining, "SMALL", 10)
        assert await join(an_order(files, join_from=8), bucket) is None
        assert await join(an_order(files, tier=Tier.WARM), bucket) is None
        damaged = bucket.get_now(files[1].key)[:-9]
        bucket.put_now(files[1].key, damaged)
        assert await join(an_order(files), bucket) is None


async def test_rows_of_tiny_files_are_sorted(tmp_path: Path) -> None:
    """Row groups of a few rows each would be mostly headers; identity facts are sorted too."""
    async with shop(tmp_path) as one:
        files = await flushed(one, files=5)
        bucket = FolderBucket(tmp_path / "lake")
        for some in (files, one.lake.manifest_now(WORKSPACE).of("identity")):
            done = await join(an_order(some, join_from=1_000), bucket)
            assert done is not None
            (new,) = done.files
            assert rows_of(bucket, [new]) == sorted(rows_of(bucket, some), key=place)
            assert new.rows == sum(each.rows for each in some)
            assert (new.first, new.tier, new.day) == (some[0].first, Tier.MICRO, some[0].day)


@pytest.mark.parametrize("rows", [7, 8], ids=["joined", "sorted"])
async def test_what_piled_up_is_found_whole_and_by_person(tmp_path: Path, rows: int) -> None:
    """By questions, and by who looks for one person's rows, whichever way it was compacted."""
    async with shop(tmp_path) as one:
        files = await flushed(one)
        before = one.messages()
        done = await carry_out(an_order(files, address=str(tmp_path / "lake"), join_from=rows))
        assert isinstance(done, Compacted)
        assert await one.lake.replace(WORKSPACE, files, done.files, reason="compact")

        assert one.messages() == before
        (new,) = one.lake.manifest_now(WORKSPACE).of("events")
        assert (new.rows, new.day) == (7 * PILE, files[0].day)
        groups = pq.ParquetFile(tmp_path / "lake" / new.key).num_row_groups
        assert groups == (PILE if rows == 7 else 1)
        who = await one.readers.run(lambda sql: holding(sql, WORKSPACE, "user_id:u3"))
        assert who is not None
        found, _ = PastEvents(one.lake).rows(WORKSPACE, files[0].day or 0, who=who)
        assert sorted(str(row["message_id"]) for row in found) == [
            name for name in before if name.endswith("x3")
        ]
