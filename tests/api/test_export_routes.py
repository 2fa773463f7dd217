"""Exports over HTTP."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from headwater.exports.stored import StoredFile
from tests.api.twins import World
from tests.lake.memory_bucket import MemoryBucket

FILE = "/v1/exports/job_done/files/day%3D1/a"


async def test_an_order_is_a_job(admin: httpx.AsyncClient) -> None:
    """Twice with the same key it is the same one; a condition is checked before."""
    order = {"format": "csv", "where": "true", "since": "2026-11-01", "key": "k"}
    made = await admin.post("/v1/exports", json=order)
    again = await admin.post("/v1/exports", json=order)
    refused = await admin.post("/v1/exports", json={"where": "error"})

    assert made.status_code == 202
    assert made.json()["kind"] == "export"
    assert made.json()["parameters"] == {
        "format": "csv",
        "where": "true",
        "since": 1_793_491_200_000,
        "until": None,
        "partition_by": None,
    }
    assert again.json()["id"] == made.json()["id"]
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_sql")
    deleted = await admin.delete(f"/v1/exports/{made.json()['id']}")
    assert deleted.json()["state"] == "cancelled"


@pytest.mark.parametrize("path", ["/v1/exports", "/v1/replays"])
async def test_times_the_wrong_way_round_are_refused(admin: httpx.AsyncClient, path: str) -> None:
    """An export of nothing would look as if nothing had happened; the same time twice is one."""
    order = {"destination": "dst_1"} if path == "/v1/replays" else {}
    turned = {"since": "2026-11-02", "until": "2026-11-01"}
    refused = await admin.post(path, json=order | turned)
    same = await admin.post(path, json=order | {"since": "2026-11-02", "until": "2026-11-02"})

    assert refused.status_code == 422
    assert "until: '2026-11-01' is not valid: it is before 'since'" in refused.json()["message"]
    assert same.status_code != 422


async def test_a_file_is_fetched_whole_or_in_part(
    world: World, admin: httpx.AsyncClient, tmp_path: Path
) -> None:
    """By `Range`, so that a fetch that was cut short goes on."""
    world.exports.stored = tmp_path / "a"
    world.exports.stored.write_bytes(b"0123456789")

    whole = await admin.get(FILE)
    rest = await admin.get(FILE, headers={"range": "bytes=4-"})
    other = await admin.get("/v1/exports/job_done/files/day%3D1/b")

    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert (rest.status_code, rest.content) == (206, b"456789")
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        (None, 200, b"0123456789"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=2-6", 206, b"23456"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=-3", 206, b"789"),
        ("bytes=10-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=5-4", 416, b""),
        ("bytes=0-1,4-5", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
async def test_one_that_lies_in_pieces_is_fetched_alike(
    world: World, admin: httpx.AsyncClient, asked: str | None, status: int, body: bytes
) -> None:
    """Out of a bucket; a range that is not understood is answered with all of it (RFC 9110)."""
    bucket = MemoryBucket()
    for key, data in (("a/0", b"0123"), ("a/1", b""), ("a/2", b"45678"), ("a/3", b"9")):
        await bucket.put(key, data)
    world.exports.stored = StoredFile(bucket, 10, await bucket.list("a/"))

    answer = await admin.get(FILE, headers={} if asked is None else {"range": asked})

    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers["content-length"] == str(len(body))
    if status == 206:
        start = b"0123456789".index(body)
        said = answer.headers["content-range"]
        assert said == f"bytes {start}-{start + len(body) - 1}/10"
