"""People and accounts over HTTP."""

from __future__ import annotations

import httpx
import pytest

from headwater.profiles.people import TimelineFilter
from tests.api.conftest import Clients
from tests.api.memory_people import ACME, ADA, BOB
from tests.api.twins import World

PATH = "/v1/people/user_id:ada%2Fl%2B1"


async def test_a_person_is_shown(reader: httpx.AsyncClient) -> None:
    """Times are ISO 8601, traits are plain values; whichever identifier is named."""
    shown = (await reader.get(PATH)).json()

    assert shown == (await reader.get("/v1/people/email:ada@example.com")).json()
    assert shown == {
        "id": "user_id:ada/l+1",
        "workspace": "default",
        "identifiers": [
            {
                "type": "user_id",
                "value": "ada/l+1",
                "first_seen": "2025-11-24T15:59:51.000Z",
                "last_seen": "2025-11-24T15:59:59.000Z",
                "events": 3,
            },
            {
                "type": "email",
                "value": "ada@example.com",
                "first_seen": "2025-11-24T15:59:52.000Z",
                "last_seen": "2025-11-24T15:59:52.000Z",
                "events": 1,
            },
        ],
        "traits": {
            "email": "ada@example.com",
            "name": "Ada",
            "plan": {"name": "pro", "seats": 3},
        },
        "trait_details": None,
        "groups": {
            "acme/eu": "2025-11-24T15:59:55.000Z",
            "zeta": "2025-11-24T15:59:56.000Z",
        },
        "counts": {"identify": 2, "track": 1},
        "first_seen": "2025-11-24T15:59:51.000Z",
        "last_seen": "2025-11-24T15:59:59.000Z",
        "first_message_id": "m0",
        "last_message_id": "m3",
    }


async def test_a_person_is_shown_as_of_then(reader: httpx.AsyncClient) -> None:
    """`at` is ISO 8601; before anybody was known it is a 404 that says so."""
    then = await reader.get(PATH, params={"at": "2025-11-24T15:59:59+00:00"})
    before = await reader.get(PATH, params={"at": "2025-11-24T15:59Z"})
    wrong = await reader.get(PATH, params={"at": "yesterday"})

    assert then.json() == (await reader.get(PATH)).json()
    assert before.status_code == 404
    assert "Nobody was known by 'user_id:ada/l+1' at 2025-11-24T15:59:00.000Z" in before.text
    assert wrong.status_code == 422


async def test_nobody_is_shown_as_of_a_time_to_come(reader: httpx.AsyncClient) -> None:
    """What is known now would pass for what will be; a clock that is a little fast does no harm."""
    ahead = await reader.get(PATH, params={"at": "2025-11-24T16:00:59Z"})
    to_come = await reader.get(PATH, params={"at": "2025-11-24T16:01:01Z"})

    assert ahead.status_code == 200
    assert to_come.status_code == 400
    assert "2025-11-24T16:01:01.000Z is to come" in to_come.json()["message"]


async def test_traits_say_where_they_came_from(reader: httpx.AsyncClient) -> None:
    """With `verbose`: the event that set each."""
    shown = (await reader.get(PATH, params={"verbose": "true"})).json()

    assert shown["trait_details"]["plan"] == {
        "value": {"name": "pro", "seats": 3},
        "timestamp": "2025-11-24T15:59:59.000Z",
        "message_id": "m3",
        "identifier": "user_id:ada/l+1",
    }


async def test_a_timeline_is_paged(reader: httpx.AsyncClient) -> None:
    """Newest first, until `next` is null."""
    first = (await reader.get(f"{PATH}/events", params={"limit": 2})).json()
    second = (
        await reader.get(f"{PATH}/events", params={"limit": 2, "cursor": first["next"]})
    ).json()

    ids = [event["messageId"] for event in first["events"] + second["events"]]
    assert ids == ["m3", "m2", "m0"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ("", TimelineFilter()),
        ("type=track&type=page", TimelineFilter(types=frozenset({"track", "page"}))),
        ("event=A%20b&event=c", TimelineFilter(events=frozenset({"A b", "c"}))),
        ("since=1970-01-01T00:00:01Z", TimelineFilter(since=1000)),
        ("until=1970-01-01T01:00:01%2B01:00", TimelineFilter(until=1000)),
        ("since=1970-01-02", TimelineFilter(since=86_400_000)),
        ("order=oldest", TimelineFilter(oldest_first=True)),
    ],
)
async def test_a_timeline_is_filtered(
    world: World, clients: Clients, query: str, which: TimelineFilter
) -> None:
    """By type, name and time, in either order."""
    response = await clients("default:read").get(f"{PATH}/events?{query}")

    assert response.status_code == 200, response.text
    assert world.people.asked == [which]


async def test_links_say_why(reader: httpx.AsyncClient) -> None:
    """What joined whom, and what was kept apart."""
    shown = (await reader.get(f"{PATH}/links")).json()

    assert shown["person"] == ADA.id
    assert shown["links"] == [
        {
            "id": "link-1",
            "identifiers": ["user_id:ada/l+1", "email:ada@example.com"],
            "merged": "email:ada@example.com",
            "reason": "event",
            "message_id": "m1",
            "at": "2025-11-24T15:59:52.000Z",
        }
    ]
    assert [one["reason"] for one in shown["refused"]] == ["limit"]


async def test_people_are_merged_and_split(world: World, clients: Clients) -> None:
    """The orders reach the people of the key's workspace; errors come back as they are."""
    client = clients("default:write")

    merged = await client.post("/v1/people/merge", json={"first": ADA.id, "second": BOB.id})
    split = await client.post(f"{PATH}/split", json={"link": "link-1"})
    wrong = await client.post(f"{PATH}/split", json={"link": "link-2"})

    assert merged.json()["id"] == ADA.id
    assert (split.json()["kept"]["id"], split.json()["restored"]["id"]) == (ADA.id, BOB.id)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "conflict")
    assert world.people.orders == [
        ("merge", "default", ADA.id, BOB.id),
        ("split", "default", ADA.id, "link-1"),
        ("split", "default", ADA.id, "link-2"),
    ]


async def test_an_account_is_shown(reader: httpx.AsyncClient) -> None:
    """With its traits, the calls that shaped it, and its members page by page."""
    path = "/v1/accounts/acme%2Feu"
    shown = (await reader.get(path, params={"verbose": "true"})).json()
    events = (await reader.get(f"{path}/events")).json()
    first = (await reader.get(f"{path}/members", params={"limit": 1})).json()
    rest = (
        await reader.get(f"{path}/members", params={"limit": 1, "cursor": first["next"]})
    ).json()

    assert (shown["id"], shown["traits"]) == (ACME.id, {"seats": 5})
    assert shown["trait_details"]["seats"]["message_id"] == "g1"
    assert [one["messageId"] for one in events["events"]] == ["g1"]
    assert first["members"] + rest["members"] == [ADA.id, BOB.id]
    assert rest["next"] is None


async def test_what_is_unknown_is_not_found(reader: httpx.AsyncClient) -> None:
    """On every path that names it."""
    paths = [
        *(f"/v1/people/user_id:x{rest}" for rest in ("", "/events", "/links")),
        *(f"/v1/accounts/x{rest}" for rest in ("", "/events", "/members")),
    ]
    for path in paths:
        response = await reader.get(path)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), path
