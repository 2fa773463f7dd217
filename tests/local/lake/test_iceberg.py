"""The lake of a running server as Iceberg tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyiceberg.table import StaticTable

from headwater.lake.keys import DAY
from headwater.lake.tending import SETTLING, TRAVEL
from tests.local.lake.harness import NOW, shop
from tests.server import Server
from tests.simulation.world import WORKSPACE, arrival


def open_table(folder: Path, name: str = "events") -> StaticTable:
    """Answer a table as pyiceberg opens it, of the lake in that folder."""
    return StaticTable.from_metadata(str(folder / "lake" / WORKSPACE / "iceberg" / name))


def messages(table: StaticTable, **options: Any) -> list[str]:
    """Answer the message ids that a scan finds."""
    found: list[str] = table.scan(**options).to_arrow().column("message_id").to_pylist()
    return sorted(found)


async def test_tending_shows_the_lake_as_tables(tmp_path: Path) -> None:
    """All that was flushed is there, through compaction, and as of before it."""
    async with shop(tmp_path) as one:
        await one.lake.open()
        for number in range(1, 4):
            one.clock.time += 60_000
            await one.receive(
                arrival(f"m{number}", "identify", (f"user_id:{number}",), at=NOW, traits={"n": 1})
            )
            await one.lake.flush()
            await one.tender.tend()
        table = open_table(tmp_path)
        assert messages(table) == ["m1", "m2", "m3"]
        assert messages(table, row_filter="person = 'user_id:2'") == ["m2"]
        assert open_table(tmp_path, "identity").scan().to_arrow().num_rows > 0
        before = table.current_snapshot()
        assert before is not None

        one.clock.time += DAY + SETTLING
        await one.tender.tend()
        compacted = open_table(tmp_path)
        assert messages(compacted) == ["m1", "m2", "m3"]
        assert len(list(compacted.scan().plan_files())) == 1
        assert messages(compacted, snapshot_id=before.snapshot_id) == ["m1", "m2", "m3"]

        one.clock.time += TRAVEL
        await one.tender.tend()
        later = open_table(tmp_path)
        for snapshot in later.snapshots():
            assert messages(later, snapshot_id=snapshot.snapshot_id) == ["m1", "m2", "m3"]
        assert later.snapshot_by_id(before.snapshot_id) is None


def test_a_server_that_ends_leaves_its_tables_up_to_date(tmp_path: Path) -> None:
    """Whoever opens them after it sees everything that was answered."""
    server = Server(tmp_path / "data", environment={"HEADWATER_LAKE": "auto"})
    with server:
        for number in range(1, 4):
            server.send(
                "/v1/track", {"userId": str(number), "event": "Seen", "messageId": f"m{number}"}
            )

    location = server.directory / "lake" / "default" / "iceberg" / "events"

    assert messages(StaticTable.from_metadata(str(location))) == ["m1", "m2", "m3"]
