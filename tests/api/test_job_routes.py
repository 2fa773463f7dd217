"""Jobs over HTTP."""

from __future__ import annotations

import httpx

from headwater.actors import jobs
from tests.api.memory_people import NOW
from tests.api.twins import World


async def test_jobs_are_listed_shown_and_cancelled(
    world: World, reader: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    """With how far they are; a page at a time, the latest first."""
    made = [await world.jobs.start("default", kind, {"where": "x"}) for kind in ("a", "b", "a")]
    jobs.begin(world.jobs.sql, made[1].id, now=NOW)
    jobs.note(world.jobs.sql, made[1].id, now=NOW, done=3, total=9, cursor={"secret": 1})

    page = (await reader.get("/v1/jobs?limit=2")).json()
    rest = (await reader.get(f"/v1/jobs?limit=2&cursor={page['next']}")).json()
    one = (await reader.get(f"/v1/jobs/{made[1].id}")).json()

    assert [job["id"] for job in page["jobs"]] == [made[2].id, made[1].id]
    assert [job["id"] for job in rest["jobs"]] == [made[0].id]
    assert rest["next"] is None
    assert one == {
        "id": made[1].id,
        "workspace": "default",
        "kind": "b",
        "state": "running",
        "parameters": {"where": "x"},
        "done": 3,
        "total": 9,
        "unit": "events",
        "result": None,
        "error": None,
        "created_at": "2025-11-24T16:00:00.000Z",
        "started_at": "2025-11-24T16:00:00.000Z",
        "updated_at": "2025-11-24T16:00:00.000Z",
        "ended_at": None,
    }
    assert [
        job["id"] for job in (await reader.get("/v1/jobs?kind=a&state=waiting")).json()["jobs"]
    ] == [made[2].id, made[0].id]
    assert (await admin.post(f"/v1/jobs/{made[1].id}/cancel")).json()["state"] == "cancelled"


async def test_a_cursor_that_is_none_is_refused(reader: httpx.AsyncClient) -> None:
    """As everywhere."""
    answer = await reader.get("/v1/jobs?cursor=x")

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_cursor"
