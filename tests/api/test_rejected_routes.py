"""Rejected events over HTTP: seen, corrected, sent through again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from headwater.collect.intake import Rejection
from tests.api.conftest import Clients
from tests.api.memory_people import NOW
from tests.api.twins import World

GOOD = b'{"type":"track","event":"Seen","userId":"ada","messageId":"m1"}'
NO_NAME = b'{"type":"track","userId":"bob","messageId":"m2"}'
NO_TYPE = b'{"event":"Seen","userId":"cid","messageId":"m3"}'
NOT_JSON = b"{\xff"
BATCH = b'{"batch":[{"type":"identify","userId":"eve"},{"type":"page","userId":"eve"}]}'


@pytest.fixture
def refused(world: World) -> World:
    """Refused events 1 to 5 of `default`, and one of `other`."""
    for workspace, bodies in (
        ("default", (GOOD, NO_NAME, NO_TYPE, NOT_JSON, BATCH)),
        ("other", (GOOD,)),
    ):
        world.workspaces.actor(workspace).keep_rejected(
            "src_1",
            [Rejection(i, f"m{i + 1}", f"code_{i}", "no", body) for i, body in enumerate(bodies)],
            now=NOW - 5000,
        )
    return world


async def replayed(client: httpx.AsyncClient, **order: Any) -> dict[str, Any]:
    """Answer what became of a replay."""
    response = await client.post("/v1/rejected/replay", json=order)
    assert response.status_code == 200, response.text
    content: dict[str, Any] = response.json()
    return content


async def test_refused_events_are_listed(refused: World, clients: Clients) -> None:
    """Newest first, page by page, with reason and body, and only the workspace's own."""
    client = clients("default:read")
    first = (await client.get("/v1/rejected", params={"limit": 3})).json()
    rest = (await client.get("/v1/rejected", params={"cursor": first["next"]})).json()
    coded = (await client.get("/v1/rejected", params={"code": "code_1"})).json()

    assert [one["id"] for one in first["rejected"] + rest["rejected"]] == ["5", "4", "3", "2", "1"]
    assert rest["next"] is None
    assert coded["rejected"] == [
        {
            "id": "2",
            "source": "src_1",
            "received_at": "2025-11-24T15:59:55.000Z",
            "message_id": "m2",
            "code": "code_1",
            "message": "no",
            "body": NO_NAME.decode(),
            "replayed_at": None,
        }
    ]
    assert (await client.get("/v1/rejected/2")).json() == coded["rejected"][0]
    assert (await client.get("/v1/rejected/4")).json()["body"] == "{\ufffd"
    assert (await clients("other:read").get("/v1/rejected/2")).status_code == 404


async def test_an_event_is_replayed_once_it_would_be_taken(
    refused: World, clients: Clients
) -> None:
    """It keeps its source and the time at which it came first, and is marked."""
    client = clients("default:write")
    result = await replayed(client, ids=["1"])

    assert result == {"count": 1, "dry_run": False, "accepted": 1, "failed": []}
    (arrival,) = refused.intake.arrivals
    assert (arrival.workspace, arrival.message_id) == ("default", "m1")
    assert arrival.identifiers == ("user_id:ada",)
    assert arrival.received_at == NOW - 5000
    assert arrival.event["sourceId"] == "src_1"
    shown = (await client.get("/v1/rejected/1")).json()
    assert shown["replayed_at"] == "2025-11-24T16:00:00.000Z"


async def test_replaying_again_is_the_same_event(refused: World, clients: Clients) -> None:
    """Also where the event has no messageId: what a crash cut short can be repeated."""
    body = {"type": "track", "event": "Seen", "userId": "bob"}
    for _ in range(2):
        await replayed(clients("default:write"), ids=["2"], body=body)
    await replayed(clients("default:write"), ids=["3"], body=body)

    ids = [one.message_id for one in refused.intake.arrivals]
    assert ids[0] == ids[1] != ids[2]


async def test_one_that_is_still_wrong_says_why(refused: World, clients: Clients) -> None:
    """It stays as it was, and makes no second rejected event."""
    client = clients("default:write")
    result = await replayed(client, ids=["2", "4"])

    assert (result["count"], result["accepted"]) == (2, 0)
    assert {one["id"]: one["code"] for one in result["failed"]}["2"] == "missing_event"
    assert all(one["message"] for one in result["failed"])
    assert refused.intake.arrivals == []
    assert (await client.get("/v1/rejected/2")).json()["replayed_at"] is None


async def test_a_corrected_body_is_taken(refused: World, clients: Clients) -> None:
    """For one event at a time."""
    body = {"type": "track", "event": "Seen", "userId": "bob", "messageId": "m2"}
    result = await replayed(clients("default:write"), ids=["2"], body=body)
    two = await clients("default:write").post(
        "/v1/rejected/replay", json={"ids": ["2", "3"], "body": body}
    )

    assert result["accepted"] == 1
    assert refused.intake.arrivals[0].event["event"] == "Seen"
    assert two.status_code == 400
    assert "for one event, but 2 are meant" in two.json()["message"]


async def test_the_call_may_be_named(refused: World, clients: Clients) -> None:
    """A single call says its type in its path only."""
    without = await replayed(clients("default:write"), ids=["3"])
    named = await replayed(clients("default:write"), ids=["3"], type="track")

    assert (without["accepted"], named["accepted"]) == (0, 1)


async def test_a_whole_batch_is_replayed(refused: World, clients: Clients) -> None:
    """One that was refused as a whole is cut into its events."""
    result = await replayed(clients("default:write"), ids=["5"])

    assert result["accepted"] == 1
    assert [one.type for one in refused.intake.arrivals] == ["identify", "page"]


async def test_all_means_those_not_replayed_yet(refused: World, clients: Clients) -> None:
    """A dry run counts; oldest first; another workspace's stay."""
    client = clients("default:write")
    await replayed(client, ids=["1"])
    refused.intake.arrivals.clear()

    counted = await replayed(client, all=True, dry_run=True)
    assert (counted["count"], counted["accepted"]) == (4, 0)
    assert refused.intake.arrivals == []

    result = await replayed(client, all=True, type="track")
    assert (result["count"], result["accepted"]) == (4, 2)
    assert [one.workspace for one in refused.intake.arrivals] == ["default"] * 3
    assert await replayed(client, ids=[]) == {
        "count": 0,
        "dry_run": False,
        "accepted": 0,
        "failed": [],
    }


async def test_refused_events_are_discarded(refused: World, clients: Clients) -> None:
    """By filter, after a dry run; another workspace's stay."""
    client = clients("default:write")

    async def discard(**order: Any) -> int:
        response = await client.post("/v1/rejected/discard", json=order)
        count: int = response.json()["count"]
        return count

    assert await discard(code="code_0", dry_run=True) == 1
    assert await discard(code="code_0") == 1
    assert await discard(ids=[]) == 0
    assert await discard(all=True) == 4
    assert len((await clients("other:read").get("/v1/rejected")).json()["rejected"]) == 1
