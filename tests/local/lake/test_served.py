"""The lake of a real server: kept up, shown, and there after the end."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from headwater.lake.event_rows import join_body
from headwater.lake.schema import EVENTS, VERSION_KEY
from headwater.local.lake.arrow import python_rows
from tests.server import Server


def events_in(folder: Path) -> list[dict[str, Any]]:
    """Answer the rows of all files of events under a lake's folder."""
    rows: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*/events/*/*.parquet")):
        assert pq.read_metadata(path).metadata[VERSION_KEY.encode()] == EVENTS.label.encode()
        rows += python_rows(pq.read_table(path, partitioning=None))
    return rows


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A server with a lake that is flushed every second."""
    environment = {"HEADWATER_LAKE": "auto", "HEADWATER_LAKE_FLUSH_SECONDS": "1"}
    return Server(tmp_path / "data", environment=environment)


def test_events_reach_the_lake_and_are_whole_there(server: Server) -> None:
    """Within seconds, and what is left at the end of the server."""
    lake = server.directory / "lake"
    with server:
        server.send("/v1/track", {"userId": "1", "event": "First", "messageId": "m1"})
        deadline = time.monotonic() + 20
        while not events_in(lake) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert [row["message_id"] for row in events_in(lake)] == ["m1"]
        figures = server.read("/v1/status").json()["figures"]
        assert figures["lake_events"] == 1
        assert figures["lake_bytes"] > 0
        metrics = server.admin.get("/metrics").text
        assert 'headwater_lake_events{workspace="default"} 1.0' in metrics
        server.send("/v1/track", {"userId": "1", "event": "Last", "messageId": "m2"})
        stored = {event["messageId"]: event for event in server.timeline("user_id:1")}
    rows = {row["message_id"]: row for row in events_in(lake)}
    assert set(rows) == {"m1", "m2"}
    assert {name: json.loads(join_body(row)) for name, row in rows.items()} == stored
    assert server.last_words().count("Traceback") == 0


def test_a_killed_server_catches_up(server: Server) -> None:
    """What was answered before a SIGKILL is in the lake, once, after the next start and end."""
    for number in range(2):
        server.start()
        for event in range(5):
            server.send(
                "/v1/track", {"userId": "1", "messageId": f"m{number}{event}", "event": "E"}
            )
        server.kill()
    with server:
        pass
    assert sorted(row["message_id"] for row in events_in(server.directory / "lake")) == sorted(
        f"m{number}{event}" for number in range(2) for event in range(5)
    )
