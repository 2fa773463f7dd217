"""Databases and lakes that do not belong together, or not as they were left."""

from __future__ import annotations

import shutil
from pathlib import Path

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
