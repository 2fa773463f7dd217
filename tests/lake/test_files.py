"""Files by our own writer: what DuckDB reads of them is what the actors stored."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from headwater.lake import files
from headwater.lake.event_rows import join_body
from headwater.lake.files import EventLine
from headwater.lake.manifest import Tier
from headwater.lake.parquet.reader import read
from headwater.lake.schema import EVENTS, IDENTITY

DAY = 20_000
NOON = DAY * 86_400_000 + 43_200_000


def line(person: str, number: int, **event: object) -> EventLine:
    """Answer an event as its actor has it."""
    body = {"type": "track", "messageId": f"m{number}", **event}
    return EventLine(person, person, number, "track", NOON, f"m{number}", json.dumps(body))


def test_a_file_holds_rows_in_order_and_is_described(tmp_path: Path) -> None:
    """Sorted by person, with bounds for the manifest; the text comes back byte by byte."""
    lines = [line("user_id:b", 1), line("user_id:ä", 2), line("user_id:a", 3, event="E")]
    days = files.by_day(map(files.event_row, lines))
    assert list(days) == [DAY]

    rows = files.in_order(EVENTS, days[DAY])
    one, data = files.written(EVENTS, "w/events/x.parquet", rows, day=DAY)

    assert (one.first, one.last, one.rows, one.bytes) == ("user_id:a", "user_id:ä", 3, len(data))
    assert (one.since, one.until, one.day, one.tier) == (NOON, NOON, DAY, Tier.MICRO)
    table = read(data)
    assert table["person"] == ["user_id:a", "user_id:b", "user_id:ä"]
    bodies = {
        row["message_id"]: join_body(row)
        for row in (
            dict(zip(table, some, strict=True)) for some in zip(*table.values(), strict=True)
        )
    }
    assert bodies == {one.message_id: one.body for one in lines}
    path = tmp_path / "x.parquet"
    path.write_bytes(data)
    found = duckdb.execute("SELECT message_id, position FROM read_parquet(?)", [str(path)])
    assert found.fetchall() == [("m3", 3), ("m1", 1), ("m2", 2)]


def test_a_time_that_the_text_does_not_tell_is_the_actors() -> None:
    """An event without `receivedAt` lies in the day of its own time."""
    row = files.event_row(line("user_id:a", 1))

    assert row["received_at"] == row["timestamp"] == NOON


def test_identity_facts_have_their_keys_in_order() -> None:
    """A state has no key, and comes first."""
    rows = [
        files.identity_row("traits", "user_id:a", "email:a@b.org", "{}", change=2, changed_at=5),
        files.identity_row("state", "user_id:a", None, None, change=1, changed_at=5),
        files.identity_row("traits", "user_id:a", None, "{}", change=1, changed_at=4),
    ]
    one, data = files.written(IDENTITY, "w/identity/x", files.in_order(IDENTITY, rows), day=None)

    assert read(data)["kind"] == ["state", "traits", "traits"]
    assert read(data)["key"] == [None, None, "email:a@b.org"]
    assert (one.since, one.until) == (4, 5)
