"""`/health`, `/ready` and `/metrics`, over the app itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.api.operations import MetricsApp, OperationsApp
from headwater.errors import Unavailable
from headwater.figures import Family
from headwater.local.clock import SystemClock
from headwater.local.metrics import MeasuredApp, Metrics, database_bytes, gauges
from headwater.local.migrations import open_database
from headwater.local.readiness import Readiness
from headwater.local.sql import Database
from headwater.local.writer import Writer
from headwater.ports import SqlValue


class Breakable(Database):
    """A database whose commits can be made to fail, and are counted."""

    broken = False
    commits = 0

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Run a statement, unless it is the commit of a broken disk."""
        if sql == "COMMIT":
            self.commits += 1
            if self.broken:
                raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, params)


class Operated:
    """The app over a real writer, and a client of it."""

    def __init__(self, path: Path) -> None:
        self.database = Breakable(open_database(path)._connection)
        self.metrics = Metrics()
        self.writer = Writer(self.database, observe=self.metrics.turn)
        self.readiness = Readiness(self.writer, SystemClock(), self.metrics)

        async def read(_scope: Any) -> bytes:
            return self.metrics.text()

        async def elsewhere(scope: Any, _receive: Any, send: Any) -> None:
            if scope["path"] == "/broken":
                raise KeyError
            await send({"type": "http.response.start", "status": 418, "headers": []})
            await send({"type": "http.response.body", "body": b"elsewhere"})

        app = OperationsApp(
            problem=self.readiness.problem,
            metrics=MetricsApp(read),
            next_app=elsewhere,
        )
        measured = MeasuredApp(app, self.metrics, lambda path: path.strip("/"))
        transport = httpx.ASGITransport(app=measured)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
async def operated(tmp_path: Path) -> AsyncIterator[Operated]:
    """The app, ready."""
    operated = Operated(tmp_path / "test.sqlite3")
    yield operated
    await operated.client.aclose()
    await operated.writer.close()


async def test_health_says_alive(operated: Operated) -> None:
    """It answers whatever the disk does."""
    operated.database.broken = True
    response = await operated.client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})


async def test_ready_means_that_a_commit_works(operated: Operated) -> None:
    """It is 200 after a real commit, which is good for a second of further probes."""
    answers = await asyncio.gather(*(operated.client.get("/ready") for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert operated.database.commits == 1


async def test_a_broken_disk_is_not_ready(operated: Operated) -> None:
    """503 with a reason and when to come back."""
    operated.database.broken = True
    response = await operated.client.get("/ready")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert "cannot be written" in response.json()["message"]


async def test_a_commit_that_failed_lately_is_remembered(operated: Operated) -> None:
    """A disk that is full for events may have room for a probe."""
    operated.database.broken = True
    with pytest.raises(Unavailable):
        await operated.writer.run(lambda sql: sql.execute("SELECT 1"))
    operated.database.broken = False

    response = await operated.client.get("/ready")

    assert response.status_code == 503
    assert "A commit failed" in response.json()["message"]
    assert operated.metrics.failed_at is not None
    operated.metrics.failed_at -= 11
    assert (await operated.client.get("/ready")).status_code == 200


async def test_a_draining_server_is_not_ready(operated: Operated) -> None:
    """Balancers are told to send requests elsewhere at once."""
    assert (await operated.client.get("/ready")).status_code == 200
    operated.readiness.drain()

    assert (await operated.client.get("/ready")).status_code == 503
    assert (await operated.client.get("/health")).status_code == 200


async def test_other_methods_and_paths(operated: Operated) -> None:
    """A POST is refused here; other paths are the next app's."""
    assert (await operated.client.post("/health")).status_code == 405
    assert (await operated.client.get("/v1/people/x")).text == "elsewhere"


async def test_metrics_tell_requests_events_and_commits(operated: Operated) -> None:
    """Counts by route and status, what was watched, and what was watched."""
    operated.metrics.count("accepted", 3)
    operated.metrics.watch("headwater_queue_depth", "Depth.", lambda: 7)
    operated.metrics.watch_families(
        lambda: gauges(
            [Family("headwater_lane_lag_seconds", "Lag.", ("destination",), [(("dst_1",), 2.5)])]
        )
    )
    await operated.client.get("/ready")
    with pytest.raises(KeyError):
        await operated.client.get("/broken")
    text = (await operated.client.get("/metrics")).text

    assert 'headwater_requests_total{route="ready",status="200"} 1.0' in text
    assert 'headwater_requests_total{route="broken",status="499"} 1.0' in text
    assert 'headwater_events_total{outcome="accepted"} 3.0' in text
    assert "headwater_commit_seconds_count 1.0" in text
    assert "headwater_failed_commits_total 0.0" in text
    assert "headwater_queue_depth 7.0" in text
    assert 'headwater_lane_lag_seconds{destination="dst_1"} 2.5' in text


def test_the_size_of_a_database_counts_its_log(tmp_path: Path) -> None:
    """Both files are on the disk; none is no error."""
    path = tmp_path / "x.sqlite3"
    assert database_bytes(path) == 0
    path.write_bytes(b"12")
    (tmp_path / "x.sqlite3-wal").write_bytes(b"345")

    assert database_bytes(path) == 5
