"""Files of an older version of the schema, where none of the newest is there yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from headwater.actors.erased_people import ErasedPeople
from headwater.lake.event_rows import join_body
from headwater.lake.keys import DAY
from headwater.lake.schema import EVENTS, IDENTITY, VERSION_KEY
from headwater.lake.tending import SETTLING
from headwater.local.lake.arrow import arrow_schema, arrow_table, completed
from headwater.local.lake.eraser import LakeEraser
from headwater.local.sandbox.sandbox import Sandbox
from tests.local.lake.harness import Shop, shop
from tests.simulation.world import WORKSPACE, arrival

NEWER = "bot"
"""Stands for a column that a newer version has; it may be null."""


def make_older(folder: Path) -> int:
    """Take the column out of all files of events, as if it had not been known; answer how many."""
    files = sorted((folder / "lake").glob(f"{WORKSPACE}/events/*/*.parquet"))
    for path in files:
        rows = pq.read_table(path, partitioning=None).drop_columns([NEWER])
        with pq.ParquetWriter(path, rows.schema, store_schema=False) as writer:
            writer.write_table(rows)
            writer.add_key_value_metadata({VERSION_KEY: "events/0"})
    return len(files)


async def filled(one: Shop, folder: Path) -> None:
    """Have six events of two people, in two older files."""
    for number in range(6):
        who = f"user_id:u{number % 2}"
        await one.receive(arrival(f"m{number}", "track", (who,), event="E"))
        if number % 3 == 2:
            await one.lake.flush()
    assert make_older(folder) == 2


async def test_they_are_asked_compacted_and_erased_like_others(tmp_path: Path) -> None:
    """What is newer than they are is null in them."""
    async with shop(tmp_path) as one:
        await filled(one, tmp_path)
        sandbox = Sandbox(lambda _: one.connection(), tmp_path / "scratch", seconds=60)

        async def counted() -> list[int]:
            sql = f"SELECT count(*), count({NEWER}), count(DISTINCT message_id) FROM events"
            (row,) = json.loads((await sandbox.query(WORKSPACE, sql, limit=1)).rows)
            return list(row)

        assert one.rows(f"SELECT count(*), count({NEWER}) FROM events") == [(6, 0)]
        assert await counted() == [6, 0, 6]

        await LakeEraser(one.lake).erase(ErasedPeople(WORKSPACE, {"user_id:u1"}))
        assert await counted() == [3, 0, 3]

        make_older(tmp_path)
        one.clock.time += DAY + SETTLING
        await one.tender.tend()
        manifest, paths = one.lake.files(WORKSPACE)
        (compacted,) = manifest.of(EVENTS.name)
        names = pq.read_schema(paths[compacted.key]).names
        assert names == [column.name for column in EVENTS.columns]
        assert await counted() == [3, 0, 3]


def test_a_file_is_completed_to_the_newest_version() -> None:
    """Each column in its place, of its type."""
    values: dict[str, list[Any]] = {
        "kind": ["state"],
        "actor": ["user_id:1"],
        "key": [None],
        "change": [1],
        "changed_at": [0],
        "body": ["{}"],
    }
    rows = arrow_table(IDENTITY, values)

    done = completed(IDENTITY, rows.drop_columns(["body"]))

    assert done.schema == arrow_schema(IDENTITY)
    assert done.column("body").to_pylist() == [None]
    assert completed(IDENTITY, rows) == rows


def test_an_event_of_theirs_is_as_it_was_stored() -> None:
    """A field that has a column in a newer version only stands in `rest`."""
    row = {"type": "track", "rest": '{"type":null,"context":null,"n":1}'}

    assert json.loads(join_body(row)) == {"type": "track", "context": None, "n": 1}
