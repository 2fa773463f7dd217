"""Databases and lakes that do not belong together, or not as they were left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headwater.lake.manifest import Flushed, LakeFile, Manifest, Tier
from headwater.local.lake.lineage import renewed
from headwater.local.lake.position import KnownBy, Position
from headwater.local.sql import FILE_NAME
from tests.local.lake.harness import Shop, shop
from tests.simulation.world import arrival


async def receive(one: Shop, *numbers: int) -> None:
    """Store events."""
    await one.receive(
        *(arrival(f"m{number}", "track", (f"user_id:{number % 3}",)) for number in numbers)
    )


async def test_an_older_copy_of_the_database_loses_no_event_that_comes_before_the_lake_is_read(
    tmp_path: Path,
) -> None:
    """Its numbers are those of other events in the lake; all are in the lake once."""
    async with shop(tmp_path) as one:
        await receive(one, 1, 2, 3)
        await one.lake.flush()
    shutil.copyfile(tmp_path / FILE_NAME, tmp_path / "copy")
    async with shop(tmp_path) as one:
        await receive(one, 4, 5, 6)
        await one.lake.flush()
    shutil.copyfile(tmp_path / "copy", tmp_path / FILE_NAME)
    for after in ((11, 12, 13, 14, 15), ()):
        async with shop(tmp_path) as one:
            await receive(one, *after)
            await one.lake.flush()
            assert one.messages() == sorted(
                f"m{number}" for number in (1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15)
            )


async def test_another_lake_gets_all_that_the_database_has(tmp_path: Path) -> None:
    """What the lake before it had is in both; each event once."""
    async with shop(tmp_path) as one:
        await receive(one, 1, 2, 3)
        await one.lake.flush()
    (tmp_path / "lake").rename(tmp_path / "lake before")
    for after in ((4,), ()):
        async with shop(tmp_path) as one:
            await receive(one, *after)
            await one.lake.flush()
            assert one.messages() == ["m1", "m2", "m3", "m4"]
            assert sum(file.rows for file in one.lake.manifest_now("w").of("events")) == 4


async def test_a_lake_that_the_database_comes_back_to_gets_what_has_come_since(
    tmp_path: Path,
) -> None:
    """Each event is in either lake once, however often the server is pointed from one to the other.

    Also where it did not stay long enough to flush anything.
    """
    there = {"lake a": tmp_path / "lake a", "lake b": tmp_path / "lake b"}
    received = 0
    for place in ("lake a", "lake b", "lake a", "lake b", "lake a"):
        if there[place].exists():
            there[place].rename(tmp_path / "lake")
        async with shop(tmp_path) as one:
            for _ in range(2):
                received += 1
                await receive(one, received)
                await one.lake.flush()
                known = sorted(f"m{number}" for number in range(1, received + 1))
                assert sum(each.rows for each in one.lake.manifest_now("w").of("events")) == len(
                    known
                )
                assert one.messages() == known
        (tmp_path / "lake").rename(there[place])
        async with shop(tmp_path) as one:  # an empty one, for a moment
            await one.lake.open()
        shutil.rmtree(tmp_path / "lake", ignore_errors=True)


FILE = LakeFile("k", "events", Tier.MICRO, 1, 1, "a", "a", 0, 0, 0)
OF_A_WORKER = Manifest(files={"k": FILE})
"""It knows no lineages: each of its people has a database of their own."""
EMPTY = Manifest()
OWN, FORMER = KnownBy("L0", 7, is_own=True), KnownBy("L1", 5, is_own=True)
SOURCE = KnownBy("s3://a-worker", 6, is_own=False)


def knowing(**positions: int) -> Manifest:
    """Answer a manifest that knows lineages."""
    return Manifest(files={"k": FILE}, flushed={one: Flushed(n) for one, n in positions.items()})


@pytest.mark.parametrize(
    ("lake", "address", "expected"),
    [
        (knowing(L0=7), "x", None),
        (knowing(L0=7, L1=9), "x", None),
        (knowing(L1=5), "x", ("L1", 5, True)),
        (knowing(L1=6), "x", ("L1", 5, True)),
        (knowing(L0=9), "x", ("new", 8, False)),
        (knowing(L1=9), "x", ("new", 8, False)),
        (knowing(other=9), "x", ("new", 0, True)),
        (EMPTY, "x", ("new", 0, True)),
        (OF_A_WORKER, "s3://a-worker", ("new", 6, False)),
        (OF_A_WORKER, "s3://another", ("new", 0, True)),
        (EMPTY, "s3://a-worker", ("new", 0, True)),
    ],
)
def test_what_a_database_goes_by_in_a_lake(
    lake: Manifest, address: str, expected: tuple[str, int, bool] | None
) -> None:
    """By the name that the lake knows; by a new one where its numbers mean something else there."""
    found = renewed(
        Position(OWN.name, OWN.position, None),
        [EMPTY, lake],
        address=address,
        names=[FORMER, SOURCE],
        last=8,
        name="new",
    )
    assert (found and (found.lineage, found.position, found.is_known)) == expected
