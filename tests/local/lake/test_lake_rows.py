"""Tests of `headwater.local.lake.lake_rows`: rows in their order, by day, whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.collect import json_text
from headwater.collect.times import write_time
from headwater.lake.event_rows import join_body
from headwater.lake.keys import DAY
from headwater.lake.schema import EVENTS
from headwater.local.folder_bucket import FolderBucket
from headwater.local.lake.arrow import arrow_schema, in_order, python_rows
from headwater.local.lake.flush import put_file
from headwater.local.lake.lake_rows import Rows
from headwater.local.lake.tail import events_behind
from headwater.local.migrations import open_database
from headwater.local.sql import Database

NOW = 1_795_428_672_345  # 2026-11-23
INSERT = (
    "INSERT INTO event (actor, message_id, timestamp, via, type, body) VALUES (?, ?, ?, ?, ?, ?)"
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An empty one; what a test stores is rolled back."""
    one = open_database(tmp_path_factory.mktemp("rows") / "headwater.sqlite3")
    yield one
    one.close()


def body(message_id: str, at: int, received: int, **fields: Any) -> str:
    """Answer a track as it is stored."""
    event = {
        "type": "track",
        "messageId": message_id,
        "timestamp": write_time(at),
        "receivedAt": write_time(received),
        "event": "Seen",
        "properties": {"message": message_id},
        "context": {},
        "integrations": {},
        "sourceId": "web",
    }
    return json_text.encode({**event, **fields})


def store(sql: Database, events: Sequence[tuple[str, int, str]]) -> None:
    """Store events: of whom, when, and the text."""
    for number, (person, at, text) in enumerate(events):
        sql.execute(INSERT, (f"w/{person}", f"m{number}", at, person, "track", text))


def rows_of(sql: Database) -> Rows:
    """Answer all that is stored, as rows of the lake."""
    return Rows(sql, events_behind(sql, 0, limit=1_000).rows)


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Answer a table's rows, whatever its columns come as."""
    return list(python_rows(table.cast(arrow_schema(EVENTS))))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user_id:ä", "user_id:z", "email:b", "user_id:1"]),
            st.integers(0, 3),
            st.integers(0, 2),
            st.sampled_from(["", "é", "b", "B", "m" * 100]),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([0, 1]),
)
def test_each_days_rows_are_in_the_order_of_a_compacted_file(
    database: Database, events: list[tuple[str, int, int, str]], odd: int
) -> None:
    """By person, time and message id, as `in_order` sorts them; an unusual text among them too."""
    stored = [
        (person, NOW + at, body(f"{id_}{number}", NOW + at, NOW + day * DAY))
        for number, (person, at, day, id_) in enumerate(events)
    ]
    if odd:
        stored.append(("email:b", NOW, body("odd", NOW, NOW, unknown=1)))
    database.execute("BEGIN")
    try:
        store(database, stored)
        found = rows_of(database)
        whole, days = found.table(), dict(found.days())
    finally:
        database.execute("ROLLBACK")

    on = pc.divide(whole.column("received_at").cast(pa.int64()), DAY)
    assert {day: plain(table) for day, table in days.items()} == {
        day: plain(in_order(EVENTS, whole.filter(pc.equal(on, day))))
        for day in pc.unique(on).to_pylist()
    }
    assert [join_body(row) for row in plain(whole)] == [text for _, _, text in stored]
    assert [row["person"] for row in plain(whole)] == [person for person, _, _ in stored]


def test_what_a_text_does_not_tell_the_columns_beside_it_do(database: Database) -> None:
    """No required column is null, whatever an event's text is; its neighbours stay as they are."""
    usual = body("m", NOW, NOW)
    database.execute("BEGIN")
    try:
        store(database, [("user_id:1", NOW + 1, usual), ("user_id:2", NOW + 2, '{"a":1}')])
        rows = plain(rows_of(database).table())
    finally:
        database.execute("ROLLBACK")

    assert [row["message_id"] for row in rows] == ["m", "m1"]
    assert [row["timestamp"] for row in rows] == [NOW, NOW + 2]
    assert [row["received_at"] for row in rows] == [NOW, NOW + 2]
    assert [join_body(row) for row in rows] == [usual, '{"a":1}']


def test_a_file_tells_of_the_people_that_are_in_it_only(database: Database, tmp_path: Path) -> None:
    """People of another day do not widen its statistics, by which readers find their files."""
    stored = [
        (f"user_id:{number}", NOW, body(f"m{number}", NOW, NOW + (number % 2) * DAY))
        for number in range(6)
    ]
    database.execute("BEGIN")
    try:
        store(database, stored)
        (first, _), (day, table) = rows_of(database).days()
    finally:
        database.execute("ROLLBACK")
    bucket = FolderBucket(tmp_path / "lake")
    written = asyncio.run(put_file(bucket, EVENTS, "file", table, day=day))
    group = pq.ParquetFile(bucket.path("file")).metadata.row_group(0)

    assert day == first + 1
    assert (written.first, written.last, written.rows) == ("user_id:1", "user_id:5", 3)
    statistics = group.column(0).statistics
    assert (statistics.min, statistics.max) == ("user_id:1", "user_id:5")
    assert plain(pq.read_table(bucket.path("file"))) == plain(table)
