"""Exports over HTTP."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.api.twins import World

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


async def test_a_file_is_fetched_whole_or_in_part(
    world: World, admin: httpx.AsyncClient, tmp_path: Path
) -> None:
    """By `Range`, so that a fetch that was cut short goes on."""
    world.exports.file = tmp_path / "a"
    world.exports.file.write_bytes(b"0123456789")

    whole = await admin.get(FILE)
    rest = await admin.get(FILE, headers={"range": "bytes=4-"})
    other = await admin.get("/v1/exports/job_done/files/day%3D1/b")

    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert (rest.status_code, rest.content) == (206, b"456789")
    assert other.status_code == 404
