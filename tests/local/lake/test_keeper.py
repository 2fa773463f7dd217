"""Tests of `headwater.local.lake.keeper`: what readers of a lake are told while it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.local.lake.keeper import LakeKeeper
from headwater.local.lake.replaced import FilesReplaced
from tests.local.lake.harness import shop
from tests.simulation.world import WORKSPACE, arrival


async def test_who_reads_a_file_that_is_deleted_is_told_so(tmp_path: Path) -> None:
    """Not with a path and a statement, but with what to do."""
    async with shop(tmp_path) as one:
        await one.receive(arrival("m1", "track", ("user_id:1",), event="E"))
        await one.lake.flush()
        keeper = LakeKeeper(
            one.lake,
            one.tender,
            tmp_path / "headwater.sqlite3",
            flush_seconds=3600,
            flush_events=1_000_000,
        )
        with keeper.relation(WORKSPACE) as connection:
            assert connection.execute("SELECT count(*) FROM events").fetchall() == [(1,)]

        for path in (tmp_path / "lake").rglob("*/events/*/*.parquet"):
            path.unlink()
        with (
            pytest.raises(FilesReplaced, match="ask again") as told,
            keeper.relation(WORKSPACE) as connection,
        ):
            connection.execute("SELECT count(name) FROM events").fetchall()
        assert str(tmp_path) not in told.value.message
        await keeper.stop(60)
