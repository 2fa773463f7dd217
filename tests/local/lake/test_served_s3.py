"""A real server whose lake is in a real S3 bucket, at the end of a rough road."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headwater.lake.catalogue import Catalogue
from headwater.local.lake.arrow import python_rows, read
from headwater.local.s3_bucket import S3Bucket
from tests.s3_server import BUCKET, RoughRoad, S3Server
from tests.server import Server

HEADWATER = str(Path(sys.executable).with_name("headwater"))


async def test_events_reach_a_bucket_once_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that get lost and a SIGKILL between: the bucket has each event once."""
    address = f"s3://{BUCKET}/shop"
    with S3Server(tmp_path / "s3") as s3:
        road = RoughRoad(s3.url, seed=7, hang=0.2)
        road.failing = 15
        environment = {
            "HEADWATER_LAKE": address,
            "HEADWATER_LAKE_FLUSH_SECONDS": "0.3",
            **s3.environment(road.url),
        }
        server = Server(tmp_path / "data", environment=environment)
        with server:
            for number in range(30):
                server.send("/v1/track", {"userId": "1", "messageId": f"m{number}", "event": "E"})
            server.kill()
            server.start()
            server.send("/v1/track", {"userId": "1", "messageId": "last", "event": "E"})
        road.failing = 0
        with server:
            pass
        road.close()
        for name, value in s3.environment().items():
            monkeypatch.setenv(name, value)
        bucket = S3Bucket(address)
        manifest = await Catalogue(bucket, "default").refresh()
        rows = [
            row["message_id"]
            for one in manifest.of("events")
            for row in python_rows(read(await bucket.get(one.key)))
        ]
    assert sorted(rows) == sorted([*(f"m{number}" for number in range(30)), "last"])
    assert sum(road.seen.values()) > 0


def test_a_bucket_that_was_never_reached_is_told_of(tmp_path: Path) -> None:
    """By `headwater status` with the reason, and by the metrics that alerts go by."""
    with socket.socket() as deaf:  # bound and not listening: whoever calls is refused
        deaf.bind(("127.0.0.1", 0))
        environment = {
            "HEADWATER_LAKE": f"s3://{BUCKET}/shop",
            "HEADWATER_LAKE_FLUSH_SECONDS": "0.2",
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{deaf.getsockname()[1]}",
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        server = Server(tmp_path / "data", environment=environment)
        with server:
            server.send("/v1/track", {"userId": "1", "event": "E"})
            deadline = time.monotonic() + 120
            while not (found := server.admin.get("/v1/status").json())["troubles"]:
                assert time.monotonic() < deadline, found
                time.sleep(0.1)
            assert "Could not connect" in found["troubles"]["lake"]
            assert found["figures"]["lake_waiting"] == 1
            assert "lake_files" not in found["figures"]
            command = [HEADWATER, "status", "--data", str(server.directory)]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            assert "lake: " in said
            metrics = server.admin.get("/metrics").text
            assert 'headwater_lake_waiting{workspace="default"} 1.0' in metrics
            assert 'headwater_lake_files{workspace="default"}' not in metrics
