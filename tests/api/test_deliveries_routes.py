"""Deliveries and dead letters over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from headwater.actors import deliveries
from headwater.commands import Deliver
from headwater.destinations.outcome import Rejected
from headwater.destinations.settlement import Death, Settlement
from tests.api.conftest import Clients
from tests.api.memory_people import NOW
from tests.api.twins import World


@pytest.fixture
def dead(world: World) -> World:
    """Three dead letters of `default` at two destinations, and one of `other`."""
    bury(world, "default", "dst_1", "m1", event="Order Completed", reason="answered 400")
    bury(world, "default", "dst_1", "m2", event="Signed Up", reason="answered 404")
    bury(world, "default", "dst_2", "m3", event="Signed Up", reason="answered 400")
    bury(world, "other", "dst_1", "m4", event="Signed Up", reason="answered 400")
    return world


def bury(
    world: World, workspace: str, destination: str, message_id: str, *, event: str, reason: str
) -> None:
    """Enqueue a delivery and give it up."""
    body = json.dumps({"type": "track", "event": event, "messageId": message_id})
    command = Deliver(workspace, destination, f"{workspace}/user_id:a", message_id, body)
    deliveries.enqueue(world.database, [command], NOW)
    lane = deliveries.lane_number(world.database, workspace, destination)
    assert lane is not None
    read = deliveries.read(world.database, lane, after=0, limit=10, last_merge=0)
    deaths = [Death(row.id, reason, 400, "no") for row in read.rows]
    deliveries.settle(world.database, lane, Settlement(Rejected(reason), deaths=tuple(deaths)), NOW)


async def test_lanes_are_shown(reader: httpx.AsyncClient, clients: Clients) -> None:
    """Those of the workspace: what waits, how late, and why."""
    (lane,) = (await reader.get("/v1/deliveries")).json()["deliveries"]

    assert (lane["destination"], lane["breaker"], lane["waiting"]) == ("dst_1", "open", 4)
    assert lane["lag"] == 1.5
    assert lane["next_attempt_at"] == "2025-11-24T16:00:05.000Z"
    assert (await clients("other:read").get("/v1/deliveries")).json() == {"deliveries": []}


async def test_dead_letters_are_listed(dead: World, clients: Clients) -> None:
    """Newest first, page by page, with reason and body, and only the workspace's own."""
    client = clients("default:read")
    first = (await client.get("/v1/dead-letters", params={"limit": 2})).json()
    rest = (await client.get("/v1/dead-letters", params={"cursor": first["next"]})).json()

    letters = first["dead_letters"] + rest["dead_letters"]
    assert [one["message_id"] for one in letters] == ["m3", "m2", "m1"]
    assert rest["next"] is None
    one = letters[2]
    assert (one["reason"], one["status"], one["response"]) == ("answered 400", 400, "no")
    assert json.loads(one["body"])["event"] == "Order Completed"
    assert one["died_at"] == "2025-11-24T16:00:00.000Z"
    assert (await client.get(f"/v1/dead-letters/{one['id']}")).json() == one


async def test_another_workspaces_letter_is_not_found(dead: World, clients: Clients) -> None:
    """Even by its id."""
    (letter,) = (await clients("other:read").get("/v1/dead-letters")).json()["dead_letters"]

    assert (
        await clients("default:read").get(f"/v1/dead-letters/{letter['id']}")
    ).status_code == 404


FILTERS: list[tuple[dict[str, Any], int]] = [
    ({"destination": "dst_1"}, 2),
    ({"reason": "ANSWERED 400"}, 2),
    ({"event": "Signed Up"}, 2),
    ({"since": "2025-11-24T16:00:00Z"}, 3),
    ({"until": "2025-11-24T15:00:00Z"}, 0),
    ({"destination": "dst_2", "event": "Order Completed"}, 0),
]


async def test_a_filter_means_the_same_everywhere(dead: World, clients: Clients) -> None:
    """In the list and in a dry run, which changes nothing."""
    client = clients("default:write")
    for which, count in FILTERS:
        listed = (await client.get("/v1/dead-letters", params=which)).json()["dead_letters"]
        for act in ("replay", "discard"):
            order = {**which, "dry_run": True}
            counted = (await client.post(f"/v1/dead-letters/{act}", json=order)).json()
            assert counted == {"count": count, "dry_run": True}, (which, act)
        assert len(listed) == count, which

    everything = (await client.get("/v1/dead-letters")).json()["dead_letters"]
    assert len(everything) == 3


async def test_dead_letters_are_replayed(dead: World, clients: Clients) -> None:
    """Back into their lanes, and out of the list; another workspace's stay."""
    client = clients("default:write")
    replayed = (await client.post("/v1/dead-letters/replay", json={"event": "Signed Up"})).json()

    assert replayed == {"count": 2, "dry_run": False}
    left = (await client.get("/v1/dead-letters")).json()["dead_letters"]
    assert [one["message_id"] for one in left] == ["m1"]
    waiting = {
        (one.workspace, one.destination): one.waiting
        for one in deliveries.statistics(dead.database)
    }
    assert waiting == {("default", "dst_1"): 1, ("default", "dst_2"): 1, ("other", "dst_1"): 0}


async def test_dead_letters_are_discarded(dead: World, clients: Clients) -> None:
    """By id, or all of the workspace; no ids are none."""
    client = clients("default:write")
    (letter, *_) = (await client.get("/v1/dead-letters")).json()["dead_letters"]

    none = await client.post("/v1/dead-letters/discard", json={"ids": []})
    one = await client.post("/v1/dead-letters/discard", json={"ids": [letter["id"]]})
    rest = await client.post("/v1/dead-letters/discard", json={"all": True})

    assert [each.json()["count"] for each in (none, one, rest)] == [0, 1, 2]
    others = (await clients("other:read").get("/v1/dead-letters")).json()["dead_letters"]
    assert len(others) == 1
